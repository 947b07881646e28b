// SPDX-License-Identifier: GPL-2.0-or-later
//! Bad addresses in every call that takes one.

use crate::support::{HOLE, Outcome, address, create, fate};
use abi::fcntl::O_RDWR;
use abi::limits::PATH_MAX;
use abi::pod::Pod;
use abi::sys::stat::Stat;
use abi::termios::{
    TCGETA, TCGETS, TCSETA, TCSETS, TIOCGPGRP, TIOCGWINSZ, TIOCINQ, TIOCOUTQ, TIOCSPGRP, TIOCSTI,
    TIOCSWINSZ,
};
use abi::unistd::SEEK_SET;
use abi::unistd::number::{self as call, NR_SYSTEM_CALLS};
use abi::{Errno, Result};
use alloc::vec;
use core::ffi::CStr;
use user::calls::{self, File};
use user::env::task_size;

tests! {
    pointer_paths "bad addresses of paths are EFAULT in every call";
    pointer_buffers "bad addresses of buffers are EFAULT in every call";
    pointer_structures "bad addresses of structures are EFAULT in every call";
    pointer_ioctl "bad addresses in ioctls of terminals are EFAULT";
    pointer_page_border "a path that ends at the end of the segment is good, one across is not";
    pointer_path_long "a path without end is ENAMETOOLONG";
    pointer_huge_count "counts of gigabytes move what is there, or are EFAULT";
    pointer_partial "a buffer that is good at its start only";
    pointer_text "buffers in the text work and change only this process";
    pointer_all_bad "every call with every argument bad, in turns";
}

/// No page there, the gap, across the end, behind it, where there is nothing in any
/// edition, and where sums wrap.
fn bad_addresses() -> [u32; 8] {
    let end = task_size();
    let last = u32::MAX;
    [0x10, 0xfff, HOLE, end - 1, end, 0xc000_0000, last - 8, last]
}

type Call = unsafe fn(bad: u32, good: u32, fd: u32) -> Result<u32>;

/// A table of calls; `good` is the path of an existing file.
macro_rules! calls {
    (|$bad:ident, $good:ident, $fd:ident| $($call:ident($($argument:expr),*);)*) => {
        &[$((stringify!($call($($argument),*)), {
            #[allow(unused_variables)]
            unsafe fn call($bad: u32, $good: u32, $fd: u32) -> Result<u32> {
                // SAFETY: passed on to the caller.
                unsafe { user::syscall::$call($($argument),*) }
            }
            call as Call
        })),*]
    };
}

const PATHS: &[(&str, Call)] = calls! { |bad, good, fd|
    open(bad, 0, 0);
    open(bad, 0o100, 0o644);
    creat(bad, 0o644);
    link(bad, good);
    link(good, bad);
    unlink(bad);
    execve(bad, 0, 0);
    chdir(bad);
    mknod(bad, 0o100644, 0);
    chmod(bad, 0o644);
    chown(bad, 0, 0);
    stat(bad, good);
    lstat(bad, good);
    mount(bad, good, 0);
    mount(good, bad, 0);
    umount(bad);
    utime(bad, 0);
    access(bad, 0);
    rename(bad, good);
    rename(good, bad);
    mkdir(bad, 0o755);
    rmdir(bad);
    chroot(bad);
    symlink(bad, good);
    symlink(good, bad);
    readlink(bad, good, 10);
};

const BUFFERS: &[(&str, Call)] = calls! { |bad, good, fd|
    read(fd, bad, 16);
    read(fd, bad, 0x7fff_ffff);
    read(fd, bad, 0x7fff_ffff);
    write(fd, bad, 16);
    write(fd, bad, 0x7fff_ffff);
    write(fd, bad, 0x7fff_ffff);
};

const STRUCTURES: &[(&str, Call)] = calls! { |bad, good, fd|
    stat(good, bad);
    lstat(good, bad);
    fstat(fd, bad);
    utime(good, bad);
    pipe(bad);
    times(bad);
    time(bad);
    stime(bad);
    ftime(bad);
    uname(bad);
    ustat(0x302, bad);
    sigaction(10, bad, 0);
    sigaction(10, 0, bad);
    sigpending(bad);
    gettimeofday(bad, 0);
    gettimeofday(0, bad);
    settimeofday(bad, 0);
    sethostname(bad, 8);
};

fn refuse(table: &[(&str, Call)], refused: &[Errno]) -> Outcome {
    let file = must!(create(c"f"));
    let path = c"f".as_ptr() as u32;
    // What ends at the end of the segment must not end there with a NUL.
    // SAFETY: the topmost word of the stack is not used.
    unsafe { ((task_size() - 1) as *mut u8).write_volatile(b'x') };
    for &(name, call) in table {
        for bad in bad_addresses() {
            must!(calls::write_all(file.fd(), b"sixteen bytes ok"));
            must!(calls::lseek(file.fd(), 0, SEEK_SET));
            // SAFETY: the kernel must refuse the address.
            let result = unsafe { call(bad, path, file.fd().0) };
            if !matches!(result, Err(errno) if refused.contains(&errno)) {
                return Err(failure!("{name} with {bad:#x}: {result:?}"));
            }
        }
    }
    check_eq!(must!(calls::fstat(file.fd())).st_nlink, 1);
    Ok(())
}

fn pointer_paths() -> Outcome {
    refuse(PATHS, &[Errno::EFAULT])
}

fn pointer_buffers() -> Outcome {
    refuse(BUFFERS, &[Errno::EFAULT])
}

fn pointer_structures() -> Outcome {
    refuse(STRUCTURES, &[Errno::EFAULT])
}

fn pointer_ioctl() -> Outcome {
    // A serial line that nobody else uses; without it, the console.
    let line = must!(
        File::open_with(c"/dev/ttyS1", O_RDWR, 0).or_else(|_| File::open_with(
            c"/dev/tty0",
            O_RDWR,
            0
        ))
    );
    let commands = [
        TCGETS, TCSETS, TCGETA, TCSETA, TIOCGWINSZ, TIOCSWINSZ, TIOCSTI, TIOCOUTQ, TIOCINQ,
    ];
    for command in commands {
        for bad in [task_size(), 0x10, 0xc000_0000, u32::MAX] {
            check_eq!(
                (command, system_call!(ioctl(line.fd().0, command, bad))),
                (command, Err(Errno::EFAULT))
            );
        }
    }
    for command in [TIOCGPGRP, TIOCSPGRP] {
        for bad in bad_addresses() {
            check!(system_call!(ioctl(line.fd().0, command, bad)).is_err());
        }
    }
    for command in [0, 1, 0x5400, 0x541f, 0x54ff, 0xffff, u32::MAX] {
        check_eq!(
            system_call!(ioctl(line.fd().0, command, 0)),
            Err(Errno::EINVAL)
        );
    }
    Ok(())
}

/// Puts bytes where the topmost bytes of the stack segment are, which nothing
/// uses, and tells where they begin.
fn put_at_end(bytes: &[u8]) -> u32 {
    let start = task_size() - bytes.len() as u32;
    for (at, &byte) in (start..).zip(bytes) {
        // SAFETY: at most the four bytes that no string uses.
        unsafe { (at as *mut u8).write_volatile(byte) };
    }
    start
}

fn pointer_page_border() -> Outcome {
    must!(create(c"abc"));
    check_eq!(system_call!(access(put_at_end(b"abc\0"), 0)), Ok(0));
    check_eq!(
        system_call!(access(put_at_end(b"abcd"), 0)),
        Err(Errno::EFAULT)
    );
    // A page's last byte: what is behind it is not there.
    let end = must!(system_call!(brk(0))).next_multiple_of(4096);
    check_eq!(system_call!(brk(end)), Ok(end));
    for (at, &byte) in (end - 4..).zip(b"abc\0") {
        // SAFETY: the end of the heap, which nothing uses yet.
        unsafe { (at as *mut u8).write_volatile(byte) };
    }
    check_eq!(system_call!(access(end - 4, 0)), Ok(0));
    // SAFETY: as above.
    unsafe { ((end - 1) as *mut u8).write_volatile(b'd') };
    check_eq!(system_call!(access(end - 4, 0)), Err(Errno::EFAULT));
    Ok(())
}

fn pointer_path_long() -> Outcome {
    let mut path = vec![b'/'; 20000];
    check_eq!(
        system_call!(access(address(path.as_ptr()), 0)),
        Err(Errno::ENAMETOOLONG)
    );
    path[PATH_MAX] = 0;
    check_eq!(
        system_call!(access(address(path.as_ptr()), 0)),
        Err(Errno::ENAMETOOLONG)
    );
    path[PATH_MAX - 1] = 0;
    check_eq!(system_call!(access(address(path.as_ptr()), 0)), Ok(0));
    Ok(())
}

fn pointer_huge_count() -> Outcome {
    let file = must!(create(c"f"));
    must!(calls::write_all(file.fd(), b"0123456789"));
    must!(calls::lseek(file.fd(), 0, SEEK_SET));
    let buffer = [0u8; 16];
    for count in [0x7fff_ffff, 0x8000_0000, u32::MAX] {
        must!(calls::lseek(file.fd(), 0, SEEK_SET));
        let result = system_call!(read(file.fd().0, address(&buffer), count));
        // A count is signed.
        let expected = if count > 0x7fff_ffff {
            Err(Errno::EINVAL)
        } else {
            Ok(10)
        };
        check_eq!(result, expected);
    }
    // Writing all there is behind the text's start would not end: the gap does.
    let status = must!(fate(|| {
        let result = system_call!(write(file.fd().0, task_size() - 8192, 0x7fff_ffff));
        i32::from(!matches!(result, Ok(..=8192) | Err(Errno::EFAULT)))
    }));
    check_eq!(status.exit_status(), Some(0));
    Ok(())
}

fn pointer_partial() -> Outcome {
    let file = must!(create(c"f"));
    let end = task_size() - 100;
    let result = system_call!(write(file.fd().0, end, 10_000));
    check!(matches!(result, Ok(..=100) | Err(Errno::EFAULT)));
    let result = system_call!(write(file.fd().0, task_size() - 6000, 10_000));
    check!(matches!(result, Ok(..=6000) | Err(Errno::EFAULT)));
    let size = must!(calls::fstat(file.fd())).st_size;
    check!((0..=6100).contains(&size));
    Ok(())
}

fn pointer_text() -> Outcome {
    let at = crate::helper::run as *const () as u32;
    let status = must!(fate(|| i32::from(
        system_call!(stat(c"/".as_ptr() as u32, at)) != Ok(0)
    )));
    check_eq!(status.exit_status(), Some(0));
    let mut code = [0u8; 32];
    let file = must!(create(c"f"));
    must!(system_call!(write(file.fd().0, at, 32)));
    must!(calls::lseek(file.fd(), 0, SEEK_SET));
    check_eq!(calls::read(file.fd(), &mut code), Ok(32));
    let stat = must!(calls::stat(c"/"));
    check!(code != stat.as_bytes()[..32]);
    check_eq!(size_of::<Stat>(), 32);
    Ok(())
}

fn pointer_all_bad() -> Outcome {
    let path: &CStr = c"/etc";
    let words = [
        0,
        1,
        3,
        0x10,
        path.as_ptr() as u32,
        task_size() - 2,
        task_size(),
        0x8000_0000,
        u32::MAX,
    ];
    // Those that end the process, sleep, or reach other processes. What select
    // finds at `path` is what other calls have written there: with the time of
    // day as a pointer it may wait for the terminal, for ever.
    let leave_out = [1, 2, 7, 11, 29, 36, 37, 72, 82, 88, 91];
    let status = must!(fate(|| {
        let _ = calls::chroot(c"/tmp/usertests");
        let _ = (calls::setgid(10), calls::setuid(100));
        for number in (0..NR_SYSTEM_CALLS as u32 + 8).filter(|number| !leave_out.contains(number)) {
            for a in words {
                for b in words {
                    // Of the terminal and the like nothing is read.
                    if matches!(number, 3 | 4 | 54) && a < 20 {
                        continue;
                    }
                    any_call(number, a, b, b);
                    // A name that it found stays for ever.
                    if number == call::sem_open {
                        any_call(call::sem_unlink, a, 0, 0);
                    }
                }
            }
        }
        0
    }));
    check!(status.exit_status() == Some(0) || status.term_signal().is_some());
    Ok(())
}

/// A call with any arguments.
fn any_call(number: u32, a: u32, b: u32, c: u32) {
    // SAFETY: the process has nothing to lose.
    unsafe {
        core::arch::asm!("int 0x80", inlateout("eax") number => _, in("ebx") a, in("ecx") b,
            in("edx") c);
    }
}
