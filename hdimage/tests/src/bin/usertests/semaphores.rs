// SPDX-License-Identifier: GPL-2.0-or-later
//! Semaphores that processes share by name.

use crate::helper;
use crate::support::{
    HOLE, Outcome, all_well, as_user, child, fate, in_child, kill_and_wait, read_file,
    wait_for_state, wait_until_asleep,
};
use abi::Errno;
use abi::signal::Signal;
use alloc::ffi::CString;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use user::calls::{
    self, File, Pid, Semaphore, sem_close, sem_open, sem_post, sem_unlink, sem_wait,
};
use user::signal::{Handler, sigaction};

tests! {
    sem_counts "as many waits return as there are permits, and a post lets one more";
    sem_excludes "one permit keeps all but one process out";
    sem_signal "a signal ends a wait, and takes no permit; so does the end of a waiter";
    sem_inherited "a child has the semaphores of its parent, a new program none";
    sem_names "names have 1 to 14 bytes; a name that is taken away is free";
    sem_numbers "a number that is not open is refused, whatever it is";
    sem_most "there are no more permits than the largest int";
    sem_usage "/dev/usage tells of each name whose it is and how many permits there are";
    sem_rights "who may open a semaphore and take its name away";
    sem_limit "a user does not get the last semaphores; those of an ended process are free";
}

/// A semaphore whose name is gone.
fn nameless(permits: u32) -> abi::Result<Semaphore> {
    let semaphore = sem_open(c"test", permits)?;
    sem_unlink(c"test")?;
    Ok(semaphore)
}

/// Checks that there is no permit: whoever waits sleeps.
fn check_empty(semaphore: Semaphore) -> Outcome {
    let waiter = must!(child(|| {
        must!(sem_wait(semaphore));
        Ok(())
    }));
    must!(wait_until_asleep(waiter));
    check_eq!(
        must!(kill_and_wait(waiter)).term_signal(),
        Some(Signal::SIGKILL)
    );
    Ok(())
}

fn sem_counts() -> Outcome {
    let semaphore = must!(nameless(2));
    must!(sem_wait(semaphore));
    must!(sem_wait(semaphore));
    check_empty(semaphore)?;
    let waiters: Vec<Pid> = must!(
        (0..2)
            .map(|_| child(|| {
                must!(sem_wait(semaphore));
                Ok(())
            }))
            .collect()
    );
    for &waiter in &waiters {
        must!(wait_until_asleep(waiter));
    }
    must!(sem_post(semaphore));
    let first = must!(calls::waitpid(-1, 0)).map(|(pid, _)| pid);
    let other = waiters.into_iter().find(|&pid| Some(pid) != first);
    let other = must!(other.ok_or("a waiter"));
    must!(wait_until_asleep(other));
    must!(sem_post(semaphore));
    all_well(&[other])?;
    check_empty(semaphore)
}

fn sem_excludes() -> Outcome {
    const TIMES: u32 = 15;
    let semaphore = must!(nameless(1));
    let file = must!(File::create(c"f"));
    must!(calls::write_all(file.fd(), &0u32.to_le_bytes()));
    let children: Vec<Pid> = must!(
        (0..4)
            .map(|_| child(|| {
                for _ in 0..TIMES {
                    must!(sem_wait(semaphore));
                    let number = must!(read_number());
                    // Gives the others time to come in.
                    must!(calls::stat(c"/bin/sh"));
                    calls::sync();
                    must!(write_number(number + 1));
                    must!(sem_post(semaphore));
                }
                Ok(())
            }))
            .collect()
    );
    all_well(&children)?;
    check_eq!(must!(read_number()), 4 * TIMES);
    Ok(())
}

fn read_number() -> abi::Result<u32> {
    let mut bytes = [0; 4];
    calls::read(File::open(c"f")?.fd(), &mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn write_number(number: u32) -> abi::Result<()> {
    calls::write_all(File::create(c"f")?.fd(), &number.to_le_bytes())
}

extern "C" fn nothing(_signal: u32) {}

fn sem_signal() -> Outcome {
    let semaphore = must!(nameless(0));
    let waiter = must!(child(|| {
        must!(sigaction(Signal::SIGUSR1, Handler::Catch(nothing)));
        check_eq!(sem_wait(semaphore), Err(Errno::EINTR));
        Ok(())
    }));
    must!(wait_until_asleep(waiter));
    must!(calls::kill(waiter.0 as i32, Signal::SIGUSR1.number()));
    all_well(&[waiter])?;
    check_empty(semaphore)?;
    // Neither of the two has taken this one.
    must!(sem_post(semaphore));
    must!(sem_wait(semaphore));
    Ok(())
}

fn sem_inherited() -> Outcome {
    let semaphore = must!(nameless(1));
    in_child(|| {
        must!(sem_wait(semaphore));
        must!(sem_close(semaphore));
        check_eq!(sem_post(semaphore), Err(Errno::EINVAL));
        Ok(())
    })?;
    // What the child closed stays open here.
    must!(sem_post(semaphore));
    let arguments = [c"usertests", c"--helper", c"semaphores"];
    let status = must!(fate(|| {
        let errno = calls::execve(helper::PROGRAM, &arguments, &[]);
        errno.number().into()
    }));
    check_eq!(status.exit_status(), Some(0));
    Ok(())
}

fn sem_names() -> Outcome {
    let fourteen = c"/a.name of--14";
    let first = must!(sem_open(fourteen, 1));
    check_eq!(sem_open(fourteen, 7), Ok(first));
    must!(sem_wait(first));
    must!(sem_unlink(fourteen));
    check_eq!(sem_unlink(fourteen), Err(Errno::ENOENT));
    let second = must!(sem_open(fourteen, 1));
    check!(second != first);
    must!(sem_wait(second));
    must!(sem_unlink(fourteen));
    check_eq!(sem_open(c"/a.name of--15.", 1), Err(Errno::ENAMETOOLONG));
    check_eq!(sem_unlink(c"/a.name of--15."), Err(Errno::ENAMETOOLONG));
    check_eq!(sem_open(c"", 1), Err(Errno::EINVAL));
    check_eq!(system_call!(sem_open(HOLE, 1)), Err(Errno::EFAULT));
    check_eq!(system_call!(sem_unlink(HOLE)), Err(Errno::EFAULT));
    check_eq!(system_call!(sem_open(u32::MAX, 1)), Err(Errno::EFAULT));
    Ok(())
}

fn sem_numbers() -> Outcome {
    let open = must!(nameless(1)).0;
    for number in [0, 32, 33, 34, 64, open + 32, 1 << 31, u32::MAX] {
        if number != open {
            let semaphore = Semaphore(number);
            check_eq!(sem_wait(semaphore), Err(Errno::EINVAL));
            check_eq!(sem_post(semaphore), Err(Errno::EINVAL));
            check_eq!(sem_close(semaphore), Err(Errno::EINVAL));
        }
    }
    must!(sem_wait(Semaphore(open)));
    Ok(())
}

fn sem_most() -> Outcome {
    let most = i32::MAX as u32;
    check_eq!(sem_open(c"most", most + 1), Err(Errno::EINVAL));
    check_eq!(sem_unlink(c"most"), Err(Errno::ENOENT));
    let semaphore = must!(nameless(most));
    check_eq!(sem_post(semaphore), Err(Errno::ERANGE));
    must!(sem_wait(semaphore));
    must!(sem_post(semaphore));
    check_eq!(sem_post(semaphore), Err(Errno::ERANGE));
    Ok(())
}

fn sem_usage() -> Outcome {
    let lines = || read_file(c"/dev/usage").map(|text| String::from_utf8_lossy(&text).into_owned());
    as_user(100, 10, || {
        calls::umask(0o027);
        let semaphore = must!(sem_open(c"a \x1b[H\n", 3));
        must!(sem_wait(semaphore));
        Ok(())
    })?;
    let line = "\nsemaphore a \\x1b[H\\n uid 100 mode 640 permits 2\n";
    check!(must!(lines()).ends_with(line));
    must!(sem_unlink(c"a \x1b[H\n"));
    check_eq!(must!(lines()).lines().count(), 1);
    Ok(())
}

fn sem_rights() -> Outcome {
    as_user(100, 10, || {
        calls::umask(0o077);
        must!(sem_open(c"private", 1));
        calls::umask(0o007);
        must!(sem_open(c"group", 1));
        Ok(())
    })?;
    as_user(101, 10, || {
        check_eq!(sem_open(c"private", 1), Err(Errno::EACCES));
        must!(sem_open(c"group", 1));
        check_eq!(sem_unlink(c"group"), Err(Errno::EACCES));
        Ok(())
    })?;
    as_user(101, 11, || {
        check_eq!(sem_open(c"group", 1), Err(Errno::EACCES));
        // The number is known, but it is not open.
        for number in 1..=32 {
            check_eq!(sem_post(Semaphore(number)), Err(Errno::EINVAL));
        }
        Ok(())
    })?;
    must!(sem_open(c"private", 1));
    must!(sem_unlink(c"private"));
    as_user(100, 11, || {
        must!(sem_unlink(c"group"));
        Ok(())
    })
}

/// Makes nameless semaphores until there are no more; tells how many.
fn take_all() -> u32 {
    (0..100).take_while(|_| nameless(1).is_ok()).count() as u32
}

fn sem_limit() -> Outcome {
    let name = |index: u32| CString::new(format!("named {index}")).unwrap_or_default();
    // One that has ended holds no place, though nobody has asked for its status yet.
    let zombie = must!(child(|| {
        must!(nameless(1));
        Ok(())
    }));
    must!(wait_for_state(zombie, b'Z'));
    for _ in 0..3 {
        as_user(100, 10, || {
            check_eq!((take_all(), nameless(1)), (24, Err(Errno::ENFILE)));
            Ok(())
        })?;
    }
    as_user(100, 10, || {
        for index in 0..24 {
            must!(sem_open(&name(index), 1));
        }
        Ok(())
    })?;
    // The names have stayed, and the super-user has room beside them.
    let left = take_all();
    for index in 0..24 {
        must!(sem_unlink(&name(index)));
    }
    check_eq!(left, 8);
    all_well(&[zombie])
}
