// SPDX-License-Identifier: GPL-2.0-or-later
//! A user takes all that he can get of one kind; then the super-user still
//! looks around, and ends him.

use crate::memory::with_little_memory;
use crate::support::{Outcome, Pipe, address, child, fate, number, read_file, wait_for};
use abi::fcntl::{O_RDONLY, O_WRONLY};
use abi::limits::{NR_OPEN, NR_TASKS, PAGE_SIZE};
use abi::signal::Signal;
use abi::sys::resource::{RLIM_INFINITY, RLIMIT_NPROC, Rlimit};
use abi::sys::wait::WaitStatus;
use abi::{Errno, Result};
use core::ffi::CStr;
use core::ptr::write_volatile;
use user::calls::{self, Fd, Pid};

tests! {
    reserve_of_tasks "a user has all the tasks he can get, and root still runs programs";
    reserve_of_files "a user has all the files he can get, and root still runs programs";
    reserve_of_pages "a user has all the memory he can get, and root still runs programs";
    reserve_of_pipes "a user has all the pipes he can get, and root still runs programs";
}

/// The tasks that are kept for the super-user, as in `kernel/src/fork.rs`.
const RESERVED_TASKS: usize = 8;
/// The descriptor on which the user tells that there is nothing left.
const TELL: Fd = Fd(3);

/// Lets a user take what he can get, and does something as root while he has it.
/// `take` returns in the process that finds nothing left, with the reason.
fn while_a_user_has_all(take: fn() -> Errno, reasons: &[Errno]) -> Outcome {
    let pipe = must!(Pipe::new());
    // His own limit would leave too much.
    let no_limit = Rlimit {
        rlim_cur: RLIM_INFINITY,
        rlim_max: RLIM_INFINITY,
    };
    let limit = address(&raw const no_limit);
    must!(system_call!(setrlimit(RLIMIT_NPROC, limit)));
    let user = must!(child(|| {
        must!(calls::setpgid(Pid(0), Pid(0)));
        must!(calls::setgid(10));
        must!(calls::setuid(1001));
        let tell = must!(calls::fcntl(pipe.1, abi::fcntl::F_DUPFD, 10));
        must!(calls::dup2(Fd(tell), TELL));
        close_from(TELL.0 + 1);
        let reason = take();
        must!(calls::write(TELL, &[reason.number()]));
        sleep_for_ever()
    }));
    must!(calls::close(pipe.1));
    let mut told = [0];
    check_eq!(calls::read(pipe.0, &mut told), Ok(1));
    let result = look_around();
    let killed = run(&[c"/bin/kill", c"-KILL", &numbered_group(user)]);
    let _ = calls::kill(-number(user), Signal::SIGKILL.number());
    must!(wait_for(user));
    check!(reasons.iter().any(|reason| reason.number() == told[0]));
    result?;
    killed
}

fn sleep_for_ever() -> ! {
    loop {
        calls::pause();
    }
}

fn close_from(first: u32) {
    for fd in first..NR_OPEN as u32 {
        let _ = calls::close(Fd(fd));
    }
}

/// As an argument of `kill`.
fn numbered_group(leader: Pid) -> alloc::ffi::CString {
    alloc::ffi::CString::new(alloc::format!("-{}", leader.0)).unwrap_or_default()
}

/// What the super-user does first when something is wrong with the machine.
fn look_around() -> Outcome {
    run(&[c"/bin/cat", c"/etc/rc"])?;
    run(&[c"/bin/ls", c"-l", c"/"])?;
    run(&[c"/bin/ps"])?;
    run(&[c"/bin/sh", c"-c", c"ls -l /dev | cat"])
}

/// Runs a program, which must end well; its output goes nowhere.
fn run(arguments: &[&CStr]) -> Outcome {
    let status = must!(fate(|| {
        let null = calls::open(c"/dev/null", O_WRONLY, 0).unwrap_or(Fd::STDERR);
        let _ = calls::dup2(null, Fd::STDOUT);
        calls::execve(arguments[0], arguments, &[]).number().into()
    }));
    if status == WaitStatus(0) {
        Ok(())
    } else {
        Err(failure!("{:?}: {status:?}", arguments[0]))
    }
}

fn reserve_of_tasks() -> Outcome {
    while_a_user_has_all(
        || loop {
            match calls::fork() {
                Ok(Some(_)) => {}
                Ok(None) => sleep_for_ever(),
                Err(errno) if processes() == Ok(NR_TASKS - 1 - RESERVED_TASKS) => return errno,
                Err(_) => return Errno::E2BIG,
            }
        },
        &[Errno::EAGAIN],
    )
}

/// How many processes there are. The name of what is none, a thread of the kernel,
/// is in brackets.
fn processes() -> Result<usize> {
    let text = read_file(c"/dev/ps")?;
    let lines = text.split(|&byte| byte == b'\n');
    Ok(lines
        .filter(|line| !line.is_empty() && !line.ends_with(b"]"))
        .count())
}

/// Calls `take` until the process may have no more; then another goes on.
/// Returns when there is nothing left for any.
fn take_in_many_processes(take: fn() -> Result<()>) -> Errno {
    loop {
        match take() {
            Ok(()) => continue,
            Err(Errno::EMFILE) => {}
            Err(errno) => return errno,
        }
        match calls::fork() {
            Ok(Some(_)) => sleep_for_ever(),
            Ok(None) => close_from(TELL.0 + 1),
            Err(errno) => return errno,
        }
    }
}

fn reserve_of_files() -> Outcome {
    while_a_user_has_all(
        || take_in_many_processes(|| calls::open(c"/dev/null", O_RDONLY, 0).map(drop)),
        &[Errno::ENFILE, Errno::ENOMEM],
    )
}

fn reserve_of_pipes() -> Outcome {
    while_a_user_has_all(
        || take_in_many_processes(|| calls::pipe().map(drop)),
        &[Errno::ENFILE, Errno::ENOMEM, Errno::EAGAIN],
    )
}

/// Grows the heap as far as `brk` allows, and uses it.
fn take_heap() {
    let brk = |end| system_call!(brk(end)).unwrap_or(0);
    let mut end = brk(0).next_multiple_of(PAGE_SIZE);
    for pages in [64, 1] {
        let growth = pages * PAGE_SIZE;
        while brk(end + growth) == end + growth {
            for page in (end..end + growth).step_by(PAGE_SIZE as usize) {
                touch(page);
            }
            end += growth;
        }
    }
}

fn touch(address: u32) {
    // SAFETY: a byte of the heap or the stack where nothing is.
    unsafe { write_volatile(address as *mut u8, 1) }
}

fn reserve_of_pages() -> Outcome {
    let take = || {
        // What it runs then is loaded before.
        let _ = Pipe::new();
        take_heap();
        // There is no page for a pipe either, unless the kernel keeps some for itself.
        loop {
            if let Err(errno) = calls::pipe() {
                return errno;
            }
        }
    };
    // What a machine of 64 MB has; to take gigabytes takes long.
    with_little_memory(16_000, || {
        while_a_user_has_all(take, &[Errno::ENOMEM, Errno::EMFILE])
    })
}
