// SPDX-License-Identifier: GPL-2.0-or-later
//! Descriptors, open files and pipes.

mod common;

use abi::Errno;
use abi::a_out::{Exec, ZMAGIC};
use abi::fcntl::{
    F_DUPFD, F_GETFD, F_GETFL, F_SETFD, F_SETFL, O_APPEND, O_CREAT, O_NONBLOCK, O_RDONLY, O_RDWR,
    O_TRUNC, O_WRONLY,
};
use abi::pod::Pod;
use abi::sys::stat::{S_IFBLK, S_IFIFO};
use common::{Machine, ROOT, mount, pattern, touch, unmount, write};
use fs::host::{ReadInto, WriteFrom};
use fs::platform::UserBuffer;
use fs::{Fs, FsTask};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

fn open<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>) -> abi::Result<u32> {
    fs.sys_open(task, b"/f", O_CREAT | O_RDWR, 0o644)
        .map(|fd| fd as u32)
}

#[test]
fn descriptors_are_the_lowest_free() {
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        assert_eq!(
            [open(fs, task), open(fs, task), open(fs, task)],
            [Ok(0), Ok(1), Ok(2)]
        );
        fs.sys_close(task, 1).unwrap();
        assert_eq!(fs.sys_dup(task, 2), Ok(1));
        assert_eq!(fs.sys_dup2(task, 2, 19), Ok(19));
        assert_eq!(fs.sys_dup2(task, 2, 2), Ok(2));
        assert_eq!(fs.sys_dup2(task, 2, 20), Err(Errno::EBADF));
        assert_eq!(fs.sys_dup2(task, 7, 8), Err(Errno::EBADF));
        assert_eq!(fs.sys_dup(task, 7), Err(Errno::EBADF));
        assert_eq!(fs.sys_fcntl(task, 0, F_DUPFD, 10), Ok(10));
        assert_eq!(fs.sys_fcntl(task, 0, F_DUPFD, 19), Err(Errno::EMFILE));
        assert_eq!(fs.sys_fcntl(task, 0, F_DUPFD, 20), Err(Errno::EINVAL));
        assert_eq!(fs.sys_fcntl(task, 0, 99, 0), Err(Errno::EINVAL));
        while open(fs, task).is_ok() {}
        assert_eq!(
            fs.sys_open(task, b"/new", O_CREAT | O_RDWR, 0o644),
            Err(Errno::EMFILE)
        );
        assert_eq!(
            fs.sys_stat(task, b"/new"),
            Err(Errno::ENOENT),
            "made in vain"
        );
        task.close_all();
        assert_eq!(fs.files_in_use(), 0);
    });
}

/// 0.11 left the mark on a descriptor that was closed.
#[test]
fn close_on_exec_belongs_to_one_opening() {
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        let flag = |fd: u32| fs.sys_fcntl(task, fd, F_GETFD, 0).unwrap();
        for _ in 0..3 {
            open(fs, task).unwrap();
        }
        for fd in [0, 1] {
            fs.sys_fcntl(task, fd, F_SETFD, 1).unwrap();
        }
        fs.sys_close(task, 0).unwrap();
        assert_eq!((open(fs, task), flag(0), flag(1)), (Ok(0), 0, 1));
        fs.sys_fcntl(task, 2, F_SETFD, 1).unwrap();
        assert_eq!((fs.sys_dup2(task, 0, 2), flag(2)), (Ok(2), 0));
        assert_eq!(fs.sys_dup(task, 1).map(|fd| flag(fd as u32)), Ok(0));
        task.close_on_exec();
        assert_eq!(fs.sys_fcntl(task, 1, F_GETFD, 0), Err(Errno::EBADF));
        assert!(
            fs.sys_fcntl(task, 0, F_GETFD, 0).is_ok() && fs.sys_fcntl(task, 3, F_GETFD, 0).is_ok()
        );
    });
}

#[test]
fn flags_of_an_open_file() {
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        let fd = open(fs, task).unwrap();
        assert_eq!(fs.sys_fcntl(task, fd, F_GETFL, 0), Ok(O_RDWR as usize));
        fs.sys_fcntl(task, fd, F_SETFL, O_APPEND | O_CREAT | 1)
            .unwrap();
        assert_eq!(
            fs.sys_fcntl(task, fd, F_GETFL, 0),
            Ok((O_RDWR | O_APPEND) as usize)
        );
    });
}

/// The charter's 51 files: every table that runs full answers with an errno.
#[test]
fn tables_run_full_without_harm() {
    let machine = Machine::new(400);
    machine.run(|fs, root| {
        for n in 0..100 {
            write(fs, root, &format!("/f{n}"), 0, b"x").unwrap();
        }
        let needed = fs::NR_FILE / abi::limits::NR_OPEN + 1;
        let tasks: Vec<_> = (0..needed).map(|_| FsTask::new()).collect();
        let mut opened = 0;
        let mut error = None;
        for task in &tasks {
            task.copy_from(root);
            while let None | Some(Errno::EMFILE) = error {
                let path = format!("/f{}", opened % 100);
                match fs.sys_open(task, path.as_bytes(), O_RDONLY, 0) {
                    Ok(_) => opened += 1,
                    Err(it) => {
                        error = Some(it);
                        break;
                    }
                }
            }
        }
        assert_eq!((opened, error), (fs::NR_FILE, Some(Errno::ENFILE)));
        let last = tasks.last().unwrap();
        assert_eq!(touch(fs, last, "/new"), Err(Errno::ENFILE));
        assert_eq!(fs.sys_stat(root, b"/new"), Err(Errno::ENOENT));
        tasks.iter().for_each(FsTask::clear);
        assert_eq!(fs.files_in_use(), 0);
    });
}

#[test]
fn the_last_files_are_the_super_users() {
    let machine = Machine::new(200);
    machine.run(|fs, root| {
        touch(fs, root, "/f").unwrap();
        machine.host.set_ordinary_user(true);
        // As many as there are files, each without any yet.
        let tasks: Vec<_> = (0..50).map(|_| FsTask::new()).collect();
        tasks.iter().for_each(|task| task.copy_from(root));
        let mut task = tasks.iter();
        let mut current = root;
        let mut opened = 0;
        let error = loop {
            match fs.sys_open(current, b"/f", O_RDONLY, 0) {
                Ok(_) => opened += 1,
                Err(Errno::EMFILE) => current = task.next().unwrap(),
                Err(error) => break error,
            }
        };
        let reserve = fs::RESERVED_FILES as usize;
        assert_eq!((opened, error), (fs::NR_FILE - reserve, Errno::ENFILE));
        let task = FsTask::new();
        machine.host.set_ordinary_user(false);
        assert!(fs.sys_pipe(&task).is_ok());
        task.clear();
        tasks.iter().for_each(FsTask::clear);
    });
}

#[test]
fn descriptors_stay_below_their_limit() {
    let machine = Machine::new(200);
    machine.run(|fs, root| {
        let task = FsTask::new();
        task.copy_from(root);
        let fd = open(fs, &task).unwrap();
        task.open_limit.set(2);
        assert_eq!(fs.sys_dup(&task, fd), Ok(1));
        assert_eq!(fs.sys_dup(&task, fd), Err(Errno::EMFILE));
        assert_eq!(fs.sys_dup2(&task, fd, 2), Err(Errno::EBADF));
        assert_eq!(fs.sys_pipe(&task), Err(Errno::EMFILE));
        let child = FsTask::new();
        child.copy_from(&task);
        assert_eq!(fs.sys_dup(&child, fd), Err(Errno::EMFILE));
        [task, child].iter().for_each(FsTask::clear);
    });
}

#[test]
fn more_inodes_in_use_than_memory_has() {
    let machine = Machine::with(
        256,
        &fs::mkfs::Options {
            inodes: Some(1100),
            ..fs::mkfs::Options::new(2500)
        },
    );
    machine.run(|fs, root| {
        for n in 0..60 {
            fs.sys_mkdir(root, format!("/{n}").as_bytes(), 0o755)
                .unwrap();
            for m in 0..15 {
                fs.sys_mkdir(root, format!("/{n}/{m}").as_bytes(), 0o755)
                    .unwrap();
            }
        }
        let tasks: Vec<_> = (0..900).map(|_| FsTask::new()).collect();
        // Each task keeps a directory; how many there are when no more can be.
        let fill = || {
            let chdir = |n: usize| format!("/{}/{}", n / 15, n % 15);
            let done = tasks.iter().enumerate().position(|(n, task)| {
                task.copy_from(root);
                fs.sys_chdir(task, chdir(n).as_bytes()) == Err(Errno::ENFILE)
            });
            done.unwrap()
        };
        machine.host.set_ordinary_user(true);
        // The root directory is in use, and on the way that of the next.
        let reserve = fs::RESERVED_INODES as usize;
        assert_eq!(fill(), fs::NR_INODE - reserve - 2);
        assert_eq!(fs.sys_pipe(root), Ok([0, 1]));
        assert_eq!(fs.sys_pipe(root), Err(Errno::ENFILE));
        machine.host.set_ordinary_user(false);
        assert_eq!(fs.sys_pipe(root), Ok([2, 3]));
        assert!(fs.sys_stat(root, b"/59/14").is_ok());
        root.close_all();
        tasks.iter().for_each(FsTask::clear);
        assert_eq!(fill(), fs::NR_INODE - 2);
        tasks.iter().for_each(FsTask::clear);
        assert!(fs.sys_stat(root, b"/59/14").is_ok());
    });
}

#[test]
fn fork_shares_open_files() {
    let machine = Machine::new(200);
    machine.run(|fs, parent| {
        let fd = open(fs, parent).unwrap();
        let child = FsTask::new();
        child.copy_from(parent);
        fs.sys_write(parent, fd, &mut WriteFrom(b"parent "))
            .unwrap();
        fs.sys_write(&child, fd, &mut WriteFrom(b"child")).unwrap();
        fs.sys_close(parent, fd).unwrap();
        assert_eq!(fs.sys_lseek(&child, fd, 0, 1), Ok(12));
        child.clear();
        assert_eq!(child.pwd().map(drop), Err(Errno::ENOENT));
    });
}

#[test]
fn pipe_basics() {
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        let [out, into] = fs.sys_pipe(task).unwrap();
        let mut bytes = [0; 10];
        fs.sys_write(task, into, &mut WriteFrom(b"hello")).unwrap();
        let stat = fs.sys_fstat(task, out).unwrap();
        assert_eq!((stat.st_mode, stat.st_size), (S_IFIFO | 0o600, 5));
        assert_eq!(fs.sys_read(task, out, &mut ReadInto(&mut bytes)), Ok(5));
        assert_eq!(&bytes[..5], b"hello");
        assert_eq!(
            fs.sys_read(task, into, &mut ReadInto(&mut bytes)),
            Err(Errno::EBADF)
        );
        assert_eq!(
            fs.sys_write(task, out, &mut WriteFrom(b"x")),
            Err(Errno::EBADF)
        );
        assert_eq!(fs.sys_lseek(task, out, 0, 0), Err(Errno::ESPIPE));

        for fd in [out, into] {
            fs.sys_fcntl(task, fd, F_SETFL, O_NONBLOCK).unwrap();
        }
        assert_eq!(
            fs.sys_read(task, out, &mut ReadInto(&mut bytes)),
            Err(Errno::EAGAIN)
        );
        assert_eq!(
            fs.sys_write(task, into, &mut WriteFrom(&[1; 5000])),
            Ok(4096)
        );
        assert_eq!(
            fs.sys_write(task, into, &mut WriteFrom(b"x")),
            Err(Errno::EAGAIN)
        );
        assert_eq!(fs.sys_read(task, out, &mut ReadInto(&mut bytes)), Ok(10));
        // All or nothing, for what fits into a pipe.
        assert_eq!(
            fs.sys_write(task, into, &mut WriteFrom(b"eleven char")),
            Err(Errno::EAGAIN)
        );
        assert_eq!(
            fs.sys_write(task, into, &mut WriteFrom(b"ten chars.")),
            Ok(10)
        );

        // What is in the pipe is still read, then it ends.
        fs.sys_close(task, into).unwrap();
        let mut rest = [0; 9000];
        assert_eq!(fs.sys_read(task, out, &mut ReadInto(&mut rest)), Ok(4096));
        assert_eq!(&rest[4086..4096], b"ten chars.");
        assert_eq!(fs.sys_read(task, out, &mut ReadInto(&mut rest)), Ok(0));
    });
    assert_eq!(machine.host.broken_pipes(), 0);
}

#[test]
fn writing_to_a_pipe_nobody_reads() {
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        let [out, into] = fs.sys_pipe(task).unwrap();
        fs.sys_close(task, out).unwrap();
        assert_eq!(
            fs.sys_write(task, into, &mut WriteFrom(b"x")),
            Err(Errno::EPIPE)
        );
    });
    assert_eq!(machine.host.broken_pipes(), 1);
}

#[test]
fn pipes_give_their_pages_and_descriptors_back() {
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        // More than there are inodes in memory or pages for the host.
        for _ in 0..1000 {
            let [out, into] = fs.sys_pipe(task).unwrap();
            assert_eq!([out, into], [0, 1]);
            fs.sys_write(task, into, &mut WriteFrom(b"left behind"))
                .unwrap();
            fs.sys_close(task, out).unwrap();
            fs.sys_close(task, into).unwrap();
        }
        for _ in 0..19 {
            open(fs, task).unwrap();
        }
        assert_eq!(fs.sys_pipe(task), Err(Errno::EMFILE));
        assert_eq!(fs.files_in_use(), 19);
    });
}

/// Runs `writer` and `reader` as two threads with a pipe between them.
fn with_pipe(
    machine: &Machine,
    writer: impl for<'a> Fn(&'a Fs<'a>, &FsTask<'a>, u32) + Sync,
    reader: impl for<'a> Fn(&'a Fs<'a>, &FsTask<'a>, u32),
) {
    let fs = machine.host.fs();
    let fs = &fs;
    let parent = &mount(fs).unwrap();
    let [out, into] = fs.sys_pipe(parent).unwrap();
    let child = FsTask::new();
    child.copy_from(parent);
    fs.sys_close(parent, into).unwrap();
    fs.sys_close(&child, out).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            writer(fs, &child, into);
            child.clear();
        });
        reader(fs, parent, out);
    });
    unmount(fs, parent).unwrap();
    assert_eq!((fs.inodes_in_use(), fs.files_in_use()), (0, 0));
}

#[test]
fn a_pipe_carries_everything_in_order() {
    let machine = Machine::new(200);
    const TOTAL: usize = 300_000;
    with_pipe(
        &machine,
        |fs, task, fd| {
            let bytes = pattern(TOTAL, 5);
            // Pieces of many sizes, smaller and larger than the pipe.
            let mut rest = &bytes[..];
            for size in (1..).map(|n| n * 37 % 9001 + 1) {
                let (piece, behind) = rest.split_at(size.min(rest.len()));
                assert_eq!(
                    fs.sys_write(task, fd, &mut WriteFrom(piece)),
                    Ok(piece.len())
                );
                rest = behind;
                if rest.is_empty() {
                    break;
                }
            }
        },
        |fs, task, fd| {
            let mut all = Vec::new();
            let mut piece = [0; 3000];
            loop {
                let size = all.len() % 2999 + 1;
                match fs
                    .sys_read(task, fd, &mut ReadInto(&mut piece[..size]))
                    .unwrap()
                {
                    0 => break,
                    count => all.extend_from_slice(&piece[..count]),
                }
            }
            assert!(all == pattern(TOTAL, 5));
        },
    );
}

/// The caller's memory must be paged in first.
struct Slow<'a>(WriteFrom<'a>);

impl UserBuffer for Slow<'_> {
    fn remaining(&self) -> usize {
        self.0.remaining()
    }
    fn prepare(&mut self, count: usize) -> abi::Result<()> {
        thread::sleep(Duration::from_micros(50));
        self.0.prepare(count)
    }
    fn put(&mut self, bytes: &[u8]) {
        self.0.put(bytes);
    }
    fn get(&mut self, bytes: &mut [u8]) {
        self.0.get(bytes);
    }
}

#[test]
fn small_writes_to_a_pipe_are_not_mixed() {
    let machine = Machine::new(200);
    let record = |n: u8| [n; 300];
    with_pipe(
        &machine,
        |fs, task, fd| {
            thread::scope(|scope| {
                for n in 0..3 {
                    scope.spawn(move || {
                        for _ in 0..300 {
                            assert_eq!(
                                fs.sys_write(task, fd, &mut Slow(WriteFrom(&record(n)))),
                                Ok(300)
                            );
                        }
                    });
                }
            });
        },
        |fs, task, fd| {
            let mut all = Vec::new();
            // Slower than the writers, so that the pipe is mostly full.
            let mut piece = [0; 350];
            while let Ok(count @ 1..) = fs.sys_read(task, fd, &mut ReadInto(&mut piece)) {
                thread::sleep(Duration::from_micros(50));
                all.extend_from_slice(&piece[..count]);
            }
            assert_eq!(all.len(), 900 * 300);
            assert!(all.chunks(300).all(|chunk| chunk == record(chunk[0])));
        },
    );
}

#[test]
fn the_end_of_a_pipe_wakes_the_other() {
    let machine = Machine::new(200);
    // The writer ends while the reader waits.
    with_pipe(
        &machine,
        |_, _, _| thread::sleep(Duration::from_millis(20)),
        |fs, task, fd| assert_eq!(fs.sys_read(task, fd, &mut ReadInto(&mut [0; 9])), Ok(0)),
    );
    // The reader ends while the writer waits for room.
    with_pipe(
        &machine,
        |fs, task, fd| {
            assert_eq!(fs.sys_write(task, fd, &mut WriteFrom(&[0; 9000])), Ok(4096));
        },
        |fs, task, fd| {
            // The writer has begun.
            fs.sys_select(task, [1 << fd, 0, 0], None).unwrap();
            thread::sleep(Duration::from_millis(20));
            fs.sys_close(task, fd).unwrap();
        },
    );
    assert_eq!(machine.host.broken_pipes(), 1);
}

#[test]
fn a_signal_ends_the_wait_at_a_pipe() {
    let machine = Machine::new(200);
    let is_over = AtomicBool::new(false);
    with_pipe(
        &machine,
        |_, _, _| {
            thread::sleep(Duration::from_millis(20));
            machine.host.set_signal(true);
            // The end stays open while the reader waits.
            while !is_over.load(SeqCst) {
                thread::yield_now();
            }
        },
        |fs, task, fd| {
            let result = fs.sys_read(task, fd, &mut ReadInto(&mut [0; 9]));
            is_over.store(true, SeqCst);
            assert_eq!(result, Err(Errno::EINTR));
        },
    );
}

/// A program: a header, and text of zeroes.
fn program() -> Vec<u8> {
    let header = Exec {
        a_magic: ZMAGIC,
        a_text: 4096,
        ..Exec::default()
    };
    let mut program = vec![0; 1024 + 4096];
    program[..size_of::<Exec>()].copy_from_slice(header.as_bytes());
    program
}

#[test]
fn a_program_that_may_have_been_written_is_another_text() {
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        for path in ["/p", "/q"] {
            write(fs, task, path, 0, &program()).unwrap();
            fs.sys_chmod(task, path.as_bytes(), 0o755).unwrap();
        }
        let text = |path: &[u8]| fs.find_program(task, path).unwrap().executable.text();
        let (first, other) = (text(b"/p"), text(b"/q"));
        assert_ne!(first, other);
        assert_eq!(text(b"/p"), first);
        let fd = fs.sys_open(task, b"/p", O_WRONLY, 0).unwrap();
        fs.sys_close(task, fd as u32).unwrap();
        let written = text(b"/p");
        assert!(written != first && written != other);
        // A new file may have the old one's inode.
        fs.sys_unlink(task, b"/p").unwrap();
        write(fs, task, "/p", 0, &program()).unwrap();
        fs.sys_chmod(task, b"/p", 0o755).unwrap();
        assert!(![first, other, written].contains(&text(b"/p")));
        assert_eq!(text(b"/q"), other);
        // Who writes the device may write any file.
        fs.sys_mknod(task, b"/disk", S_IFBLK | 0o600, ROOT).unwrap();
        let before = [text(b"/p"), text(b"/q")];
        write(fs, task, "/disk", 0, &[0; 1024]).unwrap();
        assert!(
            ![text(b"/p"), text(b"/q")]
                .iter()
                .any(|text| before.contains(text))
        );
    });
}

#[test]
fn a_file_is_run_or_written_to() {
    const WRITING: [u32; 4] = [O_WRONLY, O_RDWR, O_TRUNC, O_CREAT | O_WRONLY | O_TRUNC];
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        write(fs, task, "/p", 0, &program()).unwrap();
        fs.sys_chmod(task, b"/p", 0o755).unwrap();
        let open = |flags| fs.sys_open(task, b"/p", flags, 0o755).map(|fd| fd as u32);
        let refused = || fs.find_program(task, b"/p").err();

        let first = fs.find_program(task, b"/p").unwrap().executable;
        let second = first.clone();
        for flags in WRITING {
            assert_eq!(open(flags), Err(Errno::ETXTBSY));
        }
        assert_eq!(fs.sys_stat(task, b"/p").unwrap().st_size, 5120);
        assert_eq!(open(O_RDONLY), Ok(0));
        drop(first);
        assert_eq!(open(O_WRONLY), Err(Errno::ETXTBSY));
        drop(second);

        assert_eq!(open(O_WRONLY), Ok(1));
        assert_eq!(fs.sys_dup(task, 1), Ok(2));
        assert_eq!(refused(), Some(Errno::ETXTBSY));
        fs.sys_close(task, 1).unwrap();
        assert_eq!(refused(), Some(Errno::ETXTBSY));
        fs.sys_close(task, 2).unwrap();
        assert_eq!(refused(), None);
        // A failure to open counts nobody.
        while open(O_WRONLY).is_ok() {}
        task.close_all();
        assert_eq!(refused(), None);
        assert_eq!(open(O_TRUNC), Ok(0));
        assert_eq!(refused(), Some(Errno::ENOEXEC));
    });
}
