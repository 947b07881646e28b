// SPDX-License-Identifier: GPL-2.0-or-later
//! Several threads in one file system at once.

mod common;

use abi::Errno;
use abi::fcntl::{O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY};
use common::{Machine, Random, check, mount, pattern, read, touch, unmount, write};
use fs::host::{ReadInto, WriteFrom};
use fs::mkfs::Options;
use fs::{Fs, FsTask};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

const THREADS: u32 = 4;
const FIGHTERS: u32 = 8;

/// Runs `work` in several threads, each with a task of its own, and checks the
/// image after that.
fn together(
    machine: &Machine,
    threads: u32,
    work: impl for<'a> Fn(&'a Fs<'a>, &FsTask<'a>, u32) + Sync,
) {
    let fs = machine.host.fs();
    let fs = &fs;
    let parent = &mount(fs).unwrap();
    let work = &work;
    thread::scope(|scope| {
        for number in 0..threads {
            scope.spawn(move || {
                let task = FsTask::new();
                task.copy_from(parent);
                work(fs, &task, number);
                task.clear();
            });
        }
    });
    unmount(fs, parent).unwrap();
    assert_eq!(
        (fs.inodes_in_use(), fs.files_in_use(), fs.buffers_in_use()),
        (0, 0, 0)
    );
    let messages = machine.host.take_messages().concat();
    assert!(!messages.contains("error"), "{messages}");
    check::check(&machine.disk.to_bytes()).unwrap();
}

#[test]
fn one_of_many_makes_the_file() {
    let machine = Machine::new(500);
    let made = AtomicUsize::new(0);
    together(&machine, THREADS, |fs, task, _| {
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
    together(&machine, THREADS, |fs, task, number| {
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
    together(&machine, THREADS, |fs, task, number| {
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
    together(&machine, THREADS, |fs, task, number| {
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
    together(&machine, THREADS, |fs, task, number| {
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
    together(&machine, THREADS, |fs, task, number| {
        for n in 0..12 {
            let path = format!("/f{number}-{}", n % 3);
            let bytes = pattern(60_000 + n * 1000, number * 100 + n as u32);
            write(fs, task, &path, 0, &bytes).unwrap();
            assert!(
                read(fs, task, &path, 0, bytes.len()).unwrap() == bytes,
                "{path}"
            );
            match n % 3 {
                0 | 1 => fs.sys_sync().unwrap(),
                _ => fs.sys_unlink(task, path.as_bytes()).unwrap(),
            }
        }
    });
}

#[test]
fn mounting_against_walking() {
    use abi::sys::stat::S_IFBLK;
    use abi::sys::types::Device;
    use fs::host::MemoryDisk;

    let machine = Machine::new(300);
    let other = Device::new(3, 6);
    machine.host.attach(other, MemoryDisk::new(200));
    machine.run(|fs, task| {
        fs.mkfs(other, &Options::new(200)).unwrap();
        fs.sys_mknod(task, b"/disk", S_IFBLK | 0o600, other)
            .unwrap();
        fs.sys_mkdir(task, b"/mnt", 0o755).unwrap();
    });
    together(&machine, THREADS, |fs, task, number| {
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

/// Ends the program if the work is not done in time: threads that wait for
/// each other for ever can't be stopped in another way.
struct Watchdog(Arc<AtomicBool>);

impl Watchdog {
    fn new(limit: Duration) -> Watchdog {
        let done = Arc::new(AtomicBool::new(false));
        let seen = done.clone();
        thread::spawn(move || {
            let start = Instant::now();
            while !seen.load(SeqCst) {
                if start.elapsed() > limit {
                    eprintln!("the threads wait for each other");
                    std::process::abort();
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        Watchdog(done)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

/// A file's contents are one byte, over and over: its writer's, while it holds
/// the only name of it.
fn stress<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>, number: u32, until: Instant) -> u32 {
    let mut random = Random::new(u64::from(number) + 77);
    let mut done = 0;
    // Keeps inodes of the table in use.
    let mut held = vec![];
    while Instant::now() < until {
        let shared = |random: &mut Random| {
            let folder = ["", "/a", "/b", "/a/c"][random.below(4) as usize];
            format!(
                "{folder}/{}",
                ["a", "b", "c", "d", "e"][random.below(5) as usize]
            )
        };
        let (one, two) = (shared(&mut random), shared(&mut random));
        let own = format!("/own{number}");
        let (first, second) = (one.as_bytes(), two.as_bytes());
        // Any of the usual errors will do; the checker has the last word.
        match random.below(16) {
            0 | 1 => drop(fs.sys_mkdir(task, first, 0o755)),
            2 => drop(fs.sys_rmdir(task, first)),
            3 | 4 => drop(fs.sys_rename(task, first, second)),
            5 => drop(fs.sys_link(task, first, second)),
            6 | 7 => drop(fs.sys_unlink(task, first)),
            8 => drop(write(
                fs,
                task,
                &one,
                random.below(20_000) as i32,
                &pattern(3000, number),
            )),
            9 => drop(read(fs, task, &one, 0, 20_000)),
            10 => drop(
                fs.sys_creat(task, first, 0o644)
                    .map(|fd| held.push(fd as u32)),
            ),
            11 => drop(
                fs.sys_open(task, first, O_RDONLY, 0)
                    .map(|fd| held.push(fd as u32)),
            ),
            12 if done % 8 == 0 => drop(fs.sys_sync()),
            13 => {
                // By way of a shared place and back: nobody else knows the name.
                let moved = format!("/a/own{number}");
                let bytes = vec![number as u8; 1 + random.below(15_000) as usize];
                let _ = fs.sys_unlink(task, own.as_bytes());
                if write(fs, task, &own, 0, &bytes) == Ok(bytes.len())
                    && fs
                        .sys_rename(task, own.as_bytes(), moved.as_bytes())
                        .is_ok()
                {
                    // /a may have been moved away, with the file.
                    if let Ok(found) = read(fs, task, &moved, 0, 15_001) {
                        let is_own = |byte: &u8| u32::from(*byte) == number;
                        assert!(found.iter().all(is_own), "the file of {number}");
                    }
                    let _ = fs.sys_unlink(task, moved.as_bytes());
                }
            }
            14 => drop(fs.sys_chmod(task, first, 0o600 | number as u16)),
            _ => {
                for fd in held.drain(..) {
                    fs.sys_close(task, fd).unwrap();
                }
            }
        }
        if held.len() > 12 {
            fs.sys_close(task, held.swap_remove(random.below(12) as usize))
                .unwrap();
        }
        done += 1;
    }
    done
}

/// As many threads as fight for everything, for a while.
fn fight(machine: &Machine, seconds: u64) {
    let _watchdog = Watchdog::new(Duration::from_secs(seconds + 60));
    let until = Instant::now() + Duration::from_secs(seconds);
    let total = AtomicUsize::new(0);
    together(machine, FIGHTERS, |fs, task, number| {
        total.fetch_add(stress(fs, task, number, until) as usize, SeqCst);
    });
    let total = total.into_inner();
    println!("{total} operations");
    assert!(total > 500, "{total} operations");
}

#[test]
fn fighting_for_everything() {
    fight(&Machine::with(256, &Options::new(1500)), 4);
}

/// Each thread holds a few buffers, so there can't be much fewer.
#[test]
fn fighting_for_buffers() {
    fight(&Machine::with(48, &Options::new(1500)), 4);
}

#[test]
fn fighting_for_zones_and_inodes() {
    let options = Options {
        inodes: Some(32),
        ..Options::new(60)
    };
    fight(&Machine::with(64, &options), 4);
}

/// All the inodes that memory has room for are wanted at once: each thread has
/// many tasks, each with a directory of its own.
#[test]
fn fighting_for_the_inode_table() {
    const TASKS: usize = fs::NR_INODE / FIGHTERS as usize + 8;
    let options = Options {
        inodes: Some(2000),
        ..Options::new(3000)
    };
    let machine = Machine::with(128, &options);
    let _watchdog = Watchdog::new(Duration::from_secs(60));
    let full = AtomicUsize::new(0);
    let everybody = Barrier::new(FIGHTERS as usize);
    together(&machine, FIGHTERS, |fs, task, number| {
        // More than one directory can have.
        let own = format!("/{number}");
        let name = |n: usize| format!("{own}/{n}");
        fs.sys_mkdir(task, own.as_bytes(), 0o755).unwrap();
        for n in 0..TASKS {
            fs.sys_mkdir(task, name(n).as_bytes(), 0o755).unwrap();
        }
        everybody.wait();
        for _ in 0..4 {
            let tasks: Vec<FsTask<'_>> = (0..TASKS).map(|_| FsTask::new()).collect();
            for (n, other) in tasks.iter().enumerate() {
                other.copy_from(task);
                match fs.sys_chdir(other, name(n).as_bytes()) {
                    Ok(()) => write(fs, other, "f", 0, &[number as u8]).map_or_else(
                        |error| assert_eq!(error, Errno::ENFILE),
                        |count| assert_eq!(count, 1),
                    ),
                    Err(error) => {
                        assert_eq!(error, Errno::ENFILE);
                        full.fetch_add(1, SeqCst);
                    }
                }
            }
            everybody.wait();
            for other in tasks {
                other.clear();
            }
            everybody.wait();
        }
        for n in 0..TASKS {
            let _ = fs.sys_unlink(task, format!("{}/f", name(n)).as_bytes());
            fs.sys_rmdir(task, name(n).as_bytes()).unwrap();
        }
    });
    assert_ne!(full.into_inner(), 0, "the table was never full");
}

#[test]
fn select_is_woken_by_either_of_two_pipes() {
    let machine = Machine::new(100);
    together(&machine, 1, |fs, task, _| {
        let pipes = [(); 2].map(|()| fs.sys_pipe(task).unwrap());
        let readers = pipes.iter().fold(0, |set, pipe| set | 1 << pipe[0]);
        for n in [1, 0, 0, 1] {
            thread::scope(|scope| {
                scope.spawn(|| {
                    thread::sleep(Duration::from_millis(20));
                    fs.sys_write(task, pipes[n][1], &mut WriteFrom(b"x"))
                        .unwrap();
                });
                let ready = fs.sys_select(task, [readers, 0, readers], None);
                assert_eq!(ready, Ok([1 << pipes[n][0], 0, 0]));
            });
            let mut byte = [0];
            fs.sys_read(task, pipes[n][0], &mut ReadInto(&mut byte))
                .unwrap();
        }
        let start = Instant::now();
        assert_eq!(fs.sys_select(task, [readers, 0, 0], Some(5)), Ok([0; 3]));
        assert!(start.elapsed() >= Duration::from_millis(50));
        assert_eq!(
            fs.sys_select(task, [1 << 19, 0, 0], None),
            Err(Errno::EBADF)
        );
    });
}

/// The list of what was freed has 64 places; they fill again while somebody
/// waits for them to become empty.
#[test]
fn what_many_free_at_once_is_not_lost() {
    let machine = Machine::new(1500);
    together(&machine, FIGHTERS, |fs, task, number| {
        for round in 0..300 {
            let paths: Vec<_> = (0..40).map(|n| format!("/{number}.{round}.{n}")).collect();
            for path in &paths {
                write(fs, task, path, 0, b"one zone, and one of a neighbour").unwrap();
            }
            for path in &paths {
                fs.sys_unlink(task, path.as_bytes()).unwrap();
            }
        }
    });
}
