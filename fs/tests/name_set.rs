// SPDX-License-Identifier: GPL-2.0-or-later
//! What a directory surely lacks is not searched for, and no name that it has is taken
//! for one of these.

mod common;

use abi::sys::stat::S_IFBLK;
use common::{MISSING, Machine, ROOT, Random, number, read, touch, write};
use fs::layout::BLOCK_SIZE;
use fs::mkfs::Options;
use fs::{Fs, FsTask};
use std::collections::BTreeSet;

const DIRECTORIES: [&str; 3] = ["/a", "/b", "/c"];

fn machine(long_names: bool) -> Machine {
    let options = Options {
        long_names,
        inodes: Some(1200),
        ..Options::new(1000)
    };
    Machine::with(100, &options)
}

/// One of some hundred paths: of short names, of those that just fit, and of those that
/// are cut.
fn path(random: &mut Random) -> String {
    let directory = DIRECTORIES[random.below(3) as usize];
    let end = ["", "-cut-at-f", "-of-sixteen-", "-cut-at-fourteen-or-not"];
    let end = end[random.below(4) as usize];
    format!("{directory}/{:05}{end}", random.below(90))
}

/// The path as the directory has it.
fn kept(path: &str, long_names: bool) -> String {
    let longest = if long_names { 30 } else { 14 };
    path[..path.len().min("/a/".len() + longest)].to_string()
}

/// A new name is looked for, in vain, before it is made.
#[test]
fn names_that_come_and_go_are_there_or_not() {
    for long_names in [false, true] {
        machine(long_names).run(|fs, task| {
            for directory in DIRECTORIES {
                fs.sys_mkdir(task, directory.as_bytes(), 0o755).unwrap();
            }
            come_and_go(fs, task, long_names);
        });
    }
}

fn come_and_go<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>, long_names: bool) {
    let random = &mut Random::new(11);
    let mut there = BTreeSet::new();
    for round in 0..6000 {
        let (one, other) = (path(random), path(random));
        let is_there = there.contains(&kept(&one, long_names));
        assert_eq!(number(fs, task, &one).is_ok(), is_there, "{round}: {one}");
        match random.below(5) {
            0 | 1 => {
                touch(fs, task, &one).unwrap();
                there.insert(kept(&one, long_names));
            }
            2 => {
                let result = fs.sys_unlink(task, one.as_bytes());
                assert_eq!(result.is_ok(), there.remove(&kept(&one, long_names)));
            }
            3 => {
                let result = fs.sys_rename(task, one.as_bytes(), other.as_bytes());
                assert_eq!(result.is_ok(), is_there);
                // Both may be names of one file.
                if is_there && number(fs, task, &one) == MISSING {
                    there.remove(&kept(&one, long_names));
                }
                if is_there {
                    there.insert(kept(&other, long_names));
                }
            }
            _ => {
                let is_new = !there.contains(&kept(&other, long_names));
                let result = fs.sys_link(task, one.as_bytes(), other.as_bytes());
                assert_eq!(result.is_ok(), is_there && is_new);
                if result.is_ok() {
                    there.insert(kept(&other, long_names));
                }
            }
        }
    }
}

/// The set begins anew when it has too many names.
#[test]
fn thousands_of_names() {
    machine(true).run(|fs, task| {
        touch(fs, task, "/kept").unwrap();
        for n in 0..6000 {
            let path = format!("/{n}");
            assert_eq!(number(fs, task, &path), MISSING);
            touch(fs, task, &path).unwrap();
            assert!(number(fs, task, &path).is_ok());
            fs.sys_unlink(task, path.as_bytes()).unwrap();
            assert!(number(fs, task, "/kept").is_ok());
        }
    });
}

/// More directories than the inode table has room for take each other's places in it.
#[test]
fn the_names_of_a_directory_are_not_those_of_the_one_before() {
    let options = Options {
        inodes: Some(2000),
        ..Options::new(2000)
    };
    Machine::with(100, &options).run(|fs, task| {
        let mkdir = |path: &str| fs.sys_mkdir(task, path.as_bytes(), 0o755).unwrap();
        // A directory has at most 250 links.
        let paths: Vec<_> = (0..900).map(|n| format!("/{}/{n}", n % 4)).collect();
        (0..4).for_each(|n| mkdir(&format!("/{n}")));
        for path in &paths {
            mkdir(path);
            touch(fs, task, &format!("{path}/there")).unwrap();
        }
        // The set begins anew: it has none of their names any more.
        for n in 0..5000 {
            let name = format!("/{n}-");
            touch(fs, task, &name).unwrap();
            fs.sys_unlink(task, name.as_bytes()).unwrap();
        }
        for path in &paths {
            assert!(number(fs, task, &format!("{path}/there")).is_ok());
            assert_eq!(number(fs, task, &format!("{path}/missing")), MISSING);
        }
    });
}

/// Who writes the device may give a directory any name.
#[test]
fn a_name_that_was_written_to_the_device() {
    machine(false).run(|fs, task| {
        fs.sys_mknod(task, b"/disk", S_IFBLK | 0o600, ROOT).unwrap();
        touch(fs, task, "/old").unwrap();
        assert_eq!(number(fs, task, "/new"), MISSING);
        assert_eq!(number(fs, task, "/new"), MISSING);
        let block = u32::from(fs.geometry(ROOT).unwrap().firstdatazone);
        let position = (block * BLOCK_SIZE as u32) as i32;
        let mut data = read(fs, task, "/disk", position, BLOCK_SIZE).unwrap();
        let at = data.windows(3).position(|name| name == b"old").unwrap();
        data[at..at + 3].copy_from_slice(b"new");
        write(fs, task, "/disk", position, &data).unwrap();
        assert!(number(fs, task, "/new").is_ok());
    });
}
