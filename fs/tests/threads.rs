// SPDX-License-Identifier: GPL-2.0-or-later
//! Several threads in one file system at once.

mod common;

use common::{Machine, ROOT, Random, check, pattern, read, touch, write};
use fs::host::{Editor, ReadInto, WriteFrom};
use fs::mkfs::Options;
use fs::{Fs, FsTask};
use lib::Errno;
use lib::fcntl::{O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

const THREADS: u32 = 4;

/// Runs `work` in several threads, each with a task of its own, and checks the
/// image after that.
fn together(machine: &Machine, work: impl for<'a> Fn(&'a Fs<'a>, &FsTask<'a>, u32) + Sync) {
    let fs = machine.host.fs();
    let fs = &fs;
    let editor = Editor::mount(fs, ROOT).unwrap();
    let parent = editor.task();
    let work = &work;
    thread::scope(|scope| {
        for number in 0..THREADS {
            scope.spawn(move || {
                let task = FsTask::new();
                task.copy_from(parent);
                work(fs, &task, number);
                task.release();
            });
        }
    });
    editor.unmount().unwrap();
    assert_eq!(
        (fs.inodes_in_use(), fs.files_in_use(), fs.buffers_in_use()),
        (0, 0, 0)
    );
    check::check(&machine.disk.to_bytes()).unwrap();
    let messages = machine.host.take_messages().concat();
    assert!(!messages.contains("error"), "{messages}");
}

#[test]
fn one_of_many_makes_the_file() {
    let machine = Machine::new(500);
    let made = AtomicUsize::new(0);
    together(&machine, |fs, task, _| {
        for n in 0..150 {
            let flags = O_CREAT | O_EXCL | O_WRONLY;
            match fs.sys_open(task, format!("/f{n}").as_bytes(), flags, 0o644) {
                Ok(fd) => {
                    made.fetch_add(1, SeqCst);
                    fs.sys_close(task, fd as u32).unwrap();
                }
                Err(error) => assert_eq!(error, Errno::EEXIST),
            }
        }
    });
    assert_eq!(made.load(SeqCst), 150);
}

#[test]
fn appending_together_loses_nothing() {
    let machine = Machine::new(1000);
    together(&machine, |fs, task, number| {
        let flags = O_CREAT | O_WRONLY | O_APPEND;
        let fd = fs.sys_open(task, b"/log", flags, 0o644).unwrap() as u32;
        for n in 0..1500 {
            let line = format!("{number} {n:04}\n");
            assert_eq!(
                fs.sys_write(task, fd, &mut WriteFrom(line.as_bytes())),
                Ok(7)
            );
        }
    });
    machine.run(|fs, task| {
        let log = String::from_utf8(read(fs, task, "/log", 0, 1 << 20).unwrap()).unwrap();
        for number in 0..THREADS {
            let own = log
                .lines()
                .filter(|line| line.starts_with(&number.to_string()));
            let expected = (0..1500).map(|n| format!("{number} {n:04}"));
            assert!(own.eq(expected), "the lines of {number}");
        }
    });
}

#[test]
fn readers_never_see_what_was_not_written() {
    let machine = Machine::new(600);
    machine.run(|fs, task| touch(fs, task, "/f").unwrap());
    together(&machine, |fs, task, number| {
        for _ in 0..200 {
            if number % 2 == 0 {
                // A zone of the file is the other writer's the next moment.
                let path = format!("/f{number}");
                write(fs, task, &path, 0, &vec![number as u8 + 1; 40_000]).unwrap();
                fs.sys_unlink(task, path.as_bytes()).unwrap();
            } else {
                let path = format!("/f{}", number - 1);
                let Ok(fd) = fs.sys_open(task, path.as_bytes(), O_RDONLY, 0) else {
                    continue;
                };
                let mut bytes = vec![0; 40_000];
                let count = fs
                    .sys_read(task, fd as u32, &mut ReadInto(&mut bytes))
                    .unwrap();
                assert!(bytes[..count].iter().all(|byte| u32::from(*byte) == number));
                fs.sys_close(task, fd as u32).unwrap();
            }
        }
    });
}

#[test]
fn truncating_against_writing() {
    let machine = Machine::new(600);
    together(&machine, |fs, task, number| {
        for n in 0..300 {
            if number == 0 {
                fs.sys_creat(task, b"/f", 0o644)
                    .and_then(|fd| fs.sys_close(task, fd as u32))
                    .unwrap();
            } else {
                write(fs, task, "/f", n * 997 % 30_000, &pattern(5000, number)).unwrap();
            }
        }
    });
}

#[test]
fn directories_made_and_removed_against_each_other() {
    let machine = Machine::new(800);
    together(&machine, |fs, task, number| {
        let mut random = Random::new(number.into());
        for _ in 0..2000 {
            let name = |random: &mut Random| {
                let depth = 1 + random.below(3);
                (0..depth)
                    .map(|_| ["/a", "/b", "/c"][random.below(3) as usize])
                    .collect::<String>()
            };
            let (one, two) = (name(&mut random), name(&mut random));
            let (one, two) = (one.as_bytes(), two.as_bytes());
            // Any of the usual errors will do; the checker has the last word.
            let _ = match random.below(7) {
                0 | 1 => fs.sys_mkdir(task, one, 0o755),
                2 => fs.sys_rmdir(task, one),
                3 => fs.sys_rename(task, one, two),
                4 => fs.sys_link(task, one, two),
                5 => fs.sys_unlink(task, one),
                _ => fs
                    .sys_open(task, one, O_CREAT | O_RDWR, 0o644)
                    .and_then(|fd| fs.sys_close(task, fd as u32)),
            };
        }
    });
}

#[test]
fn a_small_cache_and_syncs_in_between() {
    let machine = Machine::with(24, &Options::new(1500));
    together(&machine, |fs, task, number| {
        for n in 0..12 {
            let path = format!("/f{number}-{}", n % 3);
            let bytes = pattern(60_000 + n * 1000, number * 100 + n as u32);
            write(fs, task, &path, 0, &bytes).unwrap();
            assert!(
                read(fs, task, &path, 0, bytes.len()).unwrap() == bytes,
                "{path}"
            );
            match n % 3 {
                0 => fs.sys_sync().unwrap(),
                1 => drop(fs.write_some_dirty(10)),
                _ => fs.sys_unlink(task, path.as_bytes()).unwrap(),
            }
        }
    });
}

#[test]
fn mounting_against_walking() {
    use fs::host::MemoryDisk;
    use lib::sys::stat::S_IFBLK;
    use lib::sys::types::Device;

    let machine = Machine::new(300);
    let other = Device::new(3, 6);
    machine.host.attach(other, MemoryDisk::new(200));
    machine.run(|fs, task| {
        fs.mkfs(other, &Options::new(200)).unwrap();
        fs.sys_mknod(task, b"/disk", u32::from(S_IFBLK) | 0o600, other.0.into())
            .unwrap();
        fs.sys_mkdir(task, b"/mnt", 0o755).unwrap();
    });
    together(&machine, |fs, task, number| {
        for _ in 0..200 {
            if number == 0 {
                if fs.sys_mount(task, b"/disk", b"/mnt", false).is_ok() {
                    while fs.sys_umount(task, b"/disk").is_err() {
                        thread::yield_now();
                    }
                }
            } else {
                // On one device or the other, but never half way.
                let stat = fs.sys_stat(task, b"/mnt/../mnt/.").unwrap();
                assert_eq!(stat.st_dev == other.0, stat.st_ino == 1);
            }
        }
    });
}
