// SPDX-License-Identifier: GPL-2.0-or-later
//! Directories as programs see them, on disks with short and with long names.

mod common;

use abi::Errno;
use abi::fcntl::O_RDONLY;
use abi::unistd::{SEEK_END, SEEK_SET};
use common::{Machine, read, touch};
use fs::mkfs::Options;
use fs::{Fs, FsTask};

const LONG: &str = "a-name-of-30-characters-exactly";
const NAMES: [&str; 4] = ["short", "fourteen-bytes", "a-name-of-more-than-14", LONG];

fn machine(long_names: bool) -> Machine {
    Machine::with(
        128,
        &Options {
            long_names,
            ..Options::new(300)
        },
    )
}

fn make_names<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>) {
    fs.sys_mkdir(task, b"/d", 0o755).unwrap();
    touch(fs, task, "/d/gone").unwrap();
    for name in NAMES {
        touch(fs, task, &format!("/d/{name}")).unwrap();
    }
    fs.sys_unlink(task, b"/d/gone").unwrap();
}

fn cut(name: &str, length: usize) -> &[u8] {
    &name.as_bytes()[..name.len().min(length)]
}

#[test]
fn readdir_gives_whole_names() {
    for (is_long, length) in [(false, 14), (true, 30)] {
        machine(is_long).run(|fs, task| {
            make_names(fs, task);
            let fd = fs.sys_open(task, b"/d", O_RDONLY, 0).unwrap() as u32;
            let mut found = vec![];
            while let Some(entry) = fs.sys_readdir(task, fd).unwrap() {
                let path = [b"/d/", entry.name()].concat();
                let stat = fs.sys_stat(task, &path).unwrap();
                assert_eq!(entry.ino, u32::from(stat.st_ino));
                found.push((entry.off, entry.name().to_vec()));
            }
            let names = [".", ".."].into_iter().chain(NAMES);
            let offsets = [0, 16, 48, 64, 80, 96];
            let expected: Vec<_> = offsets
                .into_iter()
                .zip(names.map(|name| cut(name, length).to_vec()))
                .collect();
            assert_eq!(found, expected);
            // A position leads back to its entry; one within an entry to the next.
            for position in [64, 49] {
                fs.sys_lseek(task, fd, position, SEEK_SET).unwrap();
                let entry = fs.sys_readdir(task, fd).unwrap().unwrap();
                assert_eq!(entry.name(), cut(NAMES[1], length));
            }
            fs.sys_lseek(task, fd, i32::MAX, SEEK_SET).unwrap();
            assert!(fs.sys_readdir(task, fd).unwrap().is_none());
            fs.sys_close(task, fd).unwrap();
        });
    }
}

#[test]
fn a_program_of_1991_reads_entries_of_16_bytes() {
    for is_long in [false, true] {
        machine(is_long).run(|fs, task| {
            make_names(fs, task);
            let size = fs.sys_stat(task, b"/d").unwrap().st_size;
            assert_eq!(size, 7 * 16);
            let whole = read(fs, task, "/d", 0, 1000).unwrap();
            assert_eq!(whole.len(), size as usize);
            let names = [".", "..", ""].into_iter().chain(NAMES);
            for (entry, name) in whole.chunks_exact(16).zip(names) {
                let is_used = entry[..2] != [0, 0];
                assert_eq!(is_used, !name.is_empty());
                let expected = cut(name, 14);
                assert!(!is_used || &entry[2..2 + expected.len()] == expected);
                assert!(!is_used || entry[2 + expected.len()..].iter().all(|byte| *byte == 0));
            }
            // In pieces of any size it is the same.
            for piece in [1, 2, 7, 16, 31] {
                let mut pieces = vec![];
                while let Ok(bytes @ [_, ..]) =
                    read(fs, task, "/d", pieces.len() as i32, piece).as_deref()
                {
                    pieces.extend_from_slice(bytes);
                }
                assert_eq!(pieces, whole);
            }
            let fd = fs.sys_open(task, b"/d", O_RDONLY, 0).unwrap() as u32;
            assert_eq!(fs.sys_lseek(task, fd, 0, SEEK_END), Ok(size as usize));
            fs.sys_close(task, fd).unwrap();
        });
    }
}

#[test]
fn what_is_no_directory_has_no_entries() {
    machine(true).run(|fs, task| {
        touch(fs, task, "/file").unwrap();
        let fd = fs.sys_open(task, b"/file", O_RDONLY, 0).unwrap() as u32;
        assert_eq!(fs.sys_readdir(task, fd).err(), Some(Errno::ENOTDIR));
        fs.sys_close(task, fd).unwrap();
        assert_eq!(fs.sys_readdir(task, fd).err(), Some(Errno::EBADF));
    });
}
