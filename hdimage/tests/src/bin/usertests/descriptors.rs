// SPDX-License-Identifier: GPL-2.0-or-later
//! Descriptors: `dup`, `dup2`, `fcntl`, full tables.

use crate::support::{Outcome, Pipe, child, create, in_child, kill_and_wait};
use abi::Errno;
use abi::fcntl::{
    F_DUPFD, F_GETFD, F_GETFL, F_GETLK, F_SETFD, F_SETFL, FD_CLOEXEC, O_ACCMODE, O_APPEND,
    O_NONBLOCK, O_RDONLY, O_RDWR,
};
use abi::limits::NR_OPEN;
use abi::unistd::{SEEK_CUR, SEEK_SET};
use alloc::vec::Vec;
use user::calls::{self, Fd, File};

tests! {
    fd_lowest "open and dup give the lowest free descriptor";
    fd_bad "every call with a descriptor that is not open is EBADF";
    fd_dup_shares "dup shares position and flags";
    fd_dup2 "dup2 closes what was there; onto itself it does nothing";
    fd_dup2_bad "dup2 to or from bad descriptors";
    fd_dupfd "F_DUPFD counts from its argument";
    fd_cloexec "F_SETFD belongs to the descriptor, not to the file";
    fd_getfl "F_GETFL and F_SETFL change appending and waiting, nothing else";
    fd_locks "there are no file locks";
    fd_full "the twenty-first descriptor is EMFILE";
    fd_full_no_file "open with a full table makes no file";
    fd_system_full "when the system's table is full open is ENFILE, and goes on later";
    fd_close_twice "closing twice is EBADF";
    fd_dup_after_close "a file stays open while a descriptor of it is";
}

fn fd_lowest() -> Outcome {
    let (first, second) = (must!(create(c"a")), must!(create(c"b")));
    check_eq!(second.fd().0, first.fd().0 + 1);
    let third = must!(calls::dup(second.fd()));
    check_eq!(third.0, second.fd().0 + 1);
    let place = first.fd();
    drop(first);
    check_eq!(calls::dup(third), Ok(place));
    must!(calls::close(place));
    must!(calls::close(third));
    Ok(())
}

fn fd_bad() -> Outcome {
    for fd in [
        15,
        19,
        20,
        21,
        63,
        64,
        255,
        256,
        0x7fff_ffff,
        0x8000_0000,
        u32::MAX,
    ] {
        let buffer = [0u8; 64];
        let at = crate::support::address(&buffer);
        let bad = Err(Errno::EBADF);
        check_eq!(system_call!(read(fd, at, 1)), bad);
        check_eq!(system_call!(read(fd, at, 0)), bad);
        check_eq!(system_call!(write(fd, at, 1)), bad);
        check_eq!(system_call!(close(fd)), bad);
        check_eq!(system_call!(lseek(fd, 0, 0)), bad);
        check_eq!(system_call!(dup(fd)), bad);
        check_eq!(system_call!(dup2(fd, 5)), bad);
        check_eq!(system_call!(fstat(fd, at)), bad);
        check_eq!(system_call!(ioctl(fd, 0x5401, at)), bad);
        for command in 0..8 {
            check_eq!(system_call!(fcntl(fd, command, 0)), bad);
        }
    }
    Ok(())
}

fn fd_dup_shares() -> Outcome {
    let file = must!(create(c"f"));
    let other = must!(calls::dup(file.fd()));
    must!(calls::write_all(file.fd(), b"12345"));
    check_eq!(calls::lseek(other, 0, SEEK_CUR), Ok(5));
    must!(calls::fcntl(other, F_SETFL, O_APPEND));
    check_eq!(
        must!(calls::fcntl(file.fd(), F_GETFL, 0)) & O_APPEND,
        O_APPEND
    );
    must!(calls::close(other));
    Ok(())
}

fn fd_dup2() -> Outcome {
    let (first, second) = (must!(create(c"a")), must!(create(c"b")));
    check_eq!(calls::dup2(first.fd(), second.fd()), Ok(second.fd()));
    must!(calls::write_all(second.fd(), b"x"));
    check_eq!(must!(calls::fstat(first.fd())).st_size, 1);
    check_eq!(must!(calls::stat(c"b")).st_size, 0);
    must!(calls::fcntl(first.fd(), F_SETFD, FD_CLOEXEC));
    check_eq!(calls::dup2(first.fd(), first.fd()), Ok(first.fd()));
    check_eq!(calls::fcntl(first.fd(), F_GETFD, 0), Ok(FD_CLOEXEC));
    check_eq!(calls::dup2(first.fd(), Fd(19)), Ok(Fd(19)));
    check_eq!(calls::fcntl(Fd(19), F_GETFD, 0), Ok(0));
    must!(calls::close(Fd(19)));
    Ok(())
}

fn fd_dup2_bad() -> Outcome {
    let file = must!(create(c"f"));
    for new in [20, 21, 64, 0x8000_0000, u32::MAX] {
        check!(matches!(
            calls::dup2(file.fd(), Fd(new)),
            Err(Errno::EBADF | Errno::EINVAL)
        ));
        check_eq!(calls::dup2(Fd(new), file.fd()), Err(Errno::EBADF));
    }
    check_eq!(calls::write(file.fd(), b"x"), Ok(1));
    Ok(())
}

fn fd_dupfd() -> Outcome {
    let file = must!(create(c"f"));
    check_eq!(calls::fcntl(file.fd(), F_DUPFD, 10), Ok(10));
    check_eq!(calls::fcntl(file.fd(), F_DUPFD, 10), Ok(11));
    check_eq!(calls::fcntl(file.fd(), F_DUPFD, 19), Ok(19));
    check_eq!(calls::fcntl(file.fd(), F_DUPFD, 19), Err(Errno::EMFILE));
    for from in [20, 100, 0x8000_0000, u32::MAX] {
        check_eq!(calls::fcntl(file.fd(), F_DUPFD, from), Err(Errno::EINVAL));
    }
    for fd in [10, 11, 19] {
        must!(calls::close(Fd(fd)));
    }
    Ok(())
}

fn fd_cloexec() -> Outcome {
    let file = must!(create(c"f"));
    must!(calls::fcntl(file.fd(), F_SETFD, FD_CLOEXEC));
    let other = must!(calls::dup(file.fd()));
    check_eq!(calls::fcntl(other, F_GETFD, 0), Ok(0));
    check_eq!(calls::fcntl(file.fd(), F_GETFD, 0), Ok(FD_CLOEXEC));
    in_child(|| {
        check_eq!(calls::fcntl(file.fd(), F_GETFD, 0), Ok(FD_CLOEXEC));
        Ok(())
    })?;
    must!(calls::close(other));
    Ok(())
}

fn fd_getfl() -> Outcome {
    let file = must!(create(c"f"));
    check_eq!(
        must!(calls::fcntl(file.fd(), F_GETFL, 0)) & O_ACCMODE,
        O_RDWR
    );
    must!(calls::fcntl(file.fd(), F_SETFL, u32::MAX));
    check_eq!(
        calls::fcntl(file.fd(), F_GETFL, 0),
        Ok(O_RDWR | O_APPEND | O_NONBLOCK)
    );
    must!(calls::fcntl(file.fd(), F_SETFL, 0));
    check_eq!(calls::fcntl(file.fd(), F_GETFL, 0), Ok(O_RDWR));
    let reading = must!(File::open(c"f"));
    must!(calls::fcntl(reading.fd(), F_SETFL, u32::MAX));
    check_eq!(calls::write(reading.fd(), b"x"), Err(Errno::EBADF));
    Ok(())
}

fn fd_locks() -> Outcome {
    let file = must!(create(c"f"));
    for command in [F_GETLK, F_GETLK + 1, F_GETLK + 2] {
        check!(calls::fcntl(file.fd(), command, 0).is_err());
    }
    for command in [8, 100, u32::MAX] {
        check_eq!(calls::fcntl(file.fd(), command, 0), Err(Errno::EINVAL));
    }
    Ok(())
}

fn fd_full() -> Outcome {
    in_child(|| {
        let mut last = Fd(0);
        let error = loop {
            match calls::open(c"/dev/null", O_RDONLY, 0) {
                Ok(fd) => last = fd,
                Err(errno) => break errno,
            }
        };
        check_eq!(last, Fd(NR_OPEN as u32 - 1));
        check_eq!(error, Errno::EMFILE);
        check_eq!(calls::dup(last), Err(Errno::EMFILE));
        check_eq!(calls::pipe(), Err(Errno::EMFILE));
        check_eq!(calls::dup2(Fd(0), last), Ok(last));
        // One is too few for a pipe, and must not get lost.
        must!(calls::close(last));
        check_eq!(calls::pipe(), Err(Errno::EMFILE));
        check_eq!(calls::open(c"/dev/null", O_RDONLY, 0), Ok(last));
        Ok(())
    })
}

fn fd_full_no_file() -> Outcome {
    in_child(|| {
        while calls::open(c"/dev/null", O_RDONLY, 0).is_ok() {}
        check_eq!(create(c"f").err(), Some(Errno::EMFILE));
        check_eq!(calls::stat(c"f").err(), Some(Errno::ENOENT));
        Ok(())
    })
}

fn fd_system_full() -> Outcome {
    let pipe = must!(Pipe::new());
    let mut children = Vec::new();
    let mut full = false;
    while !full && children.len() < 50 {
        children.push(must!(child(|| {
            let error = loop {
                if let Err(errno) = calls::open(c"/dev/null", O_RDONLY, 0) {
                    break errno;
                }
            };
            must!(calls::write(pipe.1, &[error.number()]));
            loop {
                calls::pause();
            }
        })));
        let mut byte = [0];
        check_eq!(calls::read(pipe.0, &mut byte), Ok(1));
        full = byte[0] == Errno::ENFILE.number();
        check!(full || byte[0] == Errno::EMFILE.number());
    }
    check!(full);
    check_eq!(calls::open(c"/dev/null", O_RDONLY, 0), Err(Errno::ENFILE));
    check_eq!(calls::pipe(), Err(Errno::ENFILE));
    check_eq!(create(c"f").err(), Some(Errno::ENFILE));
    check_eq!(calls::stat(c"f").err(), Some(Errno::ENOENT));
    for pid in children {
        must!(kill_and_wait(pid));
    }
    check!(create(c"f").is_ok());
    Ok(())
}

fn fd_close_twice() -> Outcome {
    let fd = must!(calls::open(c"/dev/null", O_RDONLY, 0));
    check_eq!(calls::close(fd), Ok(()));
    check_eq!(calls::close(fd), Err(Errno::EBADF));
    Ok(())
}

fn fd_dup_after_close() -> Outcome {
    let fd = must!(calls::open(c"f", O_RDWR | abi::fcntl::O_CREAT, 0o600));
    let other = must!(calls::dup(fd));
    must!(calls::close(fd));
    must!(calls::unlink(c"f"));
    check_eq!(calls::write(other, b"abc"), Ok(3));
    check_eq!(calls::lseek(other, 0, SEEK_SET), Ok(0));
    check_eq!(calls::read(other, &mut [0; 8]), Ok(3));
    must!(calls::close(other));
    Ok(())
}
