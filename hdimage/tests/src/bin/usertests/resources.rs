// SPDX-License-Identifier: GPL-2.0-or-later
//! Limits of a process, what it has used, its supplementary groups.

use crate::support::{
    HOLE, Outcome, address, all_well, as_user, child, create, fate, in_child, killed_by, read_file,
    write_file,
};
use abi::fcntl::{F_DUPFD, F_GETFD, O_RDONLY};
use abi::limits::NGROUPS_MAX;
use abi::pod::Pod;
use abi::signal::Signal;
use abi::sys::resource::*;
use abi::sys::wait::WaitStatus;
use abi::{Errno, Result};
use alloc::vec;
use alloc::vec::Vec;
use user::calls::{self, Fd};
use user::env::task_size;
use user::signal::{Handler, sigaction};

tests! {
    limit_values "getrlimit tells what setrlimit has set";
    limit_refused "wrong resources and limits are EINVAL";
    limit_user "a user may lower a limit, not raise its highest";
    limit_inherited "limits are kept over fork and execve";
    limit_file_size "writing beyond RLIMIT_FSIZE is SIGXFSZ, or EFBIG";
    limit_ulimit "ulimit sets the same limit";
    limit_stack "the stack grows as far as RLIMIT_STACK allows";
    limit_no_stack "without a limit it may grow down to the heap";
    limit_data "the heap grows as far as RLIMIT_DATA allows";
    limit_processes "a user has as many processes as RLIMIT_NPROC says, zombies too";
    limit_open_files "no new descriptor is at or above RLIMIT_NOFILE";
    limit_cpu "SIGXCPU at the limit of processor time, SIGKILL at the highest";
    usage_times "getrusage agrees with times";
    groups_list "getgroups tells what setgroups has set";
    groups_refused "setgroups is for the superuser, and for 32 groups";
    groups_permission "supplementary groups count as the group";
}

fn get(resource: u32) -> Result<(i32, i32)> {
    let mut limit = Rlimit::zeroed();
    system_call!(getrlimit(resource, address(&raw mut limit)))?;
    Ok((limit.rlim_cur, limit.rlim_max))
}

fn set(resource: u32, rlim_cur: i32, rlim_max: i32) -> Result<u32> {
    let limit = Rlimit { rlim_cur, rlim_max };
    system_call!(setrlimit(resource, address(&raw const limit)))
}

const ALL: [u32; RLIM_NLIMITS] = [
    RLIMIT_CPU,
    RLIMIT_FSIZE,
    RLIMIT_DATA,
    RLIMIT_STACK,
    RLIMIT_CORE,
    RLIMIT_RSS,
    RLIMIT_NPROC,
    RLIMIT_NOFILE,
];

fn limit_values() -> Outcome {
    for resource in ALL {
        let limits = match resource {
            RLIMIT_STACK => (8 << 20, RLIM_INFINITY),
            RLIMIT_NPROC => (32, 32),
            RLIMIT_NOFILE => (20, 20),
            _ => (RLIM_INFINITY, RLIM_INFINITY),
        };
        check_eq!(get(resource), Ok(limits));
        must!(set(resource, 10_000_000, 20_000_000));
        check_eq!(get(resource), Ok((10_000_000, 20_000_000)));
        must!(set(resource, RLIM_INFINITY, RLIM_INFINITY));
    }
    Ok(())
}

fn limit_refused() -> Outcome {
    for resource in [8, 9, 100, 0x8000_0000, u32::MAX] {
        check_eq!(get(resource), Err(Errno::EINVAL));
        check_eq!(set(resource, 1, 1), Err(Errno::EINVAL));
    }
    check_eq!(set(RLIMIT_CPU, -1, 5), Err(Errno::EINVAL));
    check_eq!(set(RLIMIT_CPU, 5, 4), Err(Errno::EINVAL));
    check_eq!(set(RLIMIT_CPU, 5, -1), Err(Errno::EINVAL));
    for bad in [0, 1, HOLE, task_size(), u32::MAX] {
        check_eq!(system_call!(getrlimit(0, bad)), Err(Errno::EFAULT));
        check_eq!(system_call!(setrlimit(0, bad)), Err(Errno::EFAULT));
        check_eq!(system_call!(getrusage(0, bad)), Err(Errno::EFAULT));
    }
    Ok(())
}

fn limit_user() -> Outcome {
    as_user(100, 10, || {
        must!(set(RLIMIT_CORE, 100, 200));
        must!(set(RLIMIT_CORE, 200, 200));
        check_eq!(set(RLIMIT_CORE, 100, 201), Err(Errno::EPERM));
        must!(set(RLIMIT_CORE, 0, 0));
        check_eq!(get(RLIMIT_CORE), Ok((0, 0)));
        check_eq!(set(RLIMIT_CORE, 0, 1), Err(Errno::EPERM));
        Ok(())
    })?;
    must!(set(RLIMIT_CORE, 5, 5));
    must!(set(RLIMIT_CORE, 6, 6));
    Ok(())
}

fn limit_inherited() -> Outcome {
    must!(set(RLIMIT_FSIZE, 10, 1000));
    in_child(|| {
        check_eq!(get(RLIMIT_FSIZE), Ok((10, 1000)));
        must!(set(RLIMIT_FSIZE, 5, 5));
        Ok(())
    })?;
    check_eq!(get(RLIMIT_FSIZE), Ok((10, 1000)));
    let file = must!(create(c"f"));
    let status = must!(fate(|| {
        let _ = calls::dup2(file.fd(), Fd::STDOUT);
        let text = [c"echo", c"more than ten bytes"];
        calls::execve(c"/bin/echo", &text, &[]).number().into()
    }));
    check!(status != WaitStatus(0));
    check_eq!(must!(read_file(c"f")), b"more than ");
    Ok(())
}

fn limit_file_size() -> Outcome {
    must!(set(RLIMIT_FSIZE, 1000, RLIM_INFINITY));
    let file = must!(create(c"f"));
    check_eq!(calls::write(file.fd(), &[b'x'; 1500]), Ok(1000));
    killed_by(Signal::SIGXFSZ, || {
        let _ = calls::write(file.fd(), b"y");
    })?;
    must!(sigaction(Signal::SIGXFSZ, Handler::Ignore));
    check_eq!(calls::write(file.fd(), b"y"), Err(Errno::EFBIG));
    // What is there may be written, and pipes and devices are no files.
    must!(calls::lseek(file.fd(), 998, 0));
    check_eq!(calls::write(file.fd(), b"abc"), Ok(2));
    let null = must!(calls::open(c"/dev/null", 1, 0));
    check_eq!(calls::write(null, &[0; 5000]), Ok(5000));
    must!(set(RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY));
    check_eq!(calls::write(file.fd(), b"y"), Ok(1));
    check_eq!(must!(calls::stat(c"f")).st_size, 1001);
    Ok(())
}

fn limit_ulimit() -> Outcome {
    let whole = must!(system_call!(ulimit(1, 0)));
    check_eq!(system_call!(ulimit(2, 2)), Ok(2));
    check_eq!(system_call!(ulimit(1, 0)), Ok(2));
    check_eq!(get(RLIMIT_FSIZE), Ok((1024, 1024)));
    let file = must!(create(c"f"));
    check_eq!(calls::write(file.fd(), &vec![b'x'; 2000]), Ok(1024));
    as_user(100, 10, || {
        check_eq!(system_call!(ulimit(2, 3)), Err(Errno::EPERM));
        check_eq!(system_call!(ulimit(2, u32::MAX)), Err(Errno::EPERM));
        check_eq!(system_call!(ulimit(2, 1)), Ok(1));
        Ok(())
    })?;
    check_eq!(system_call!(ulimit(2, whole)), Ok(whole));
    check_eq!(system_call!(ulimit(1, 0)), Ok(whole));
    Ok(())
}

/// Touches the stack so many bytes below its top.
fn touch_stack(depth: u32) {
    // SAFETY: nothing of the program's lies there; the processor ends it if
    // it is not the stack's.
    unsafe { ((task_size() - depth) as *mut u8).write_volatile(1) };
}

fn limit_stack() -> Outcome {
    must!(set(RLIMIT_STACK, 0x4_0000, RLIM_INFINITY));
    in_child(|| {
        touch_stack(0x3_0000);
        Ok(())
    })?;
    killed_by(Signal::SIGSEGV, || touch_stack(0x8_0000))
}

fn limit_no_stack() -> Outcome {
    killed_by(Signal::SIGSEGV, || touch_stack(20 << 20))?;
    must!(set(RLIMIT_STACK, RLIM_INFINITY, RLIM_INFINITY));
    in_child(|| {
        touch_stack(20 << 20);
        Ok(())
    })?;
    killed_by(Signal::SIGSEGV, || touch_stack(task_size()))
}

fn limit_data() -> Outcome {
    let end = must!(system_call!(brk(0)));
    must!(set(RLIMIT_DATA, 0x8_0000, RLIM_INFINITY));
    check_eq!(system_call!(brk(end + 0x8_0000)), Ok(end));
    must!(set(RLIMIT_DATA, RLIM_INFINITY, RLIM_INFINITY));
    check_eq!(system_call!(brk(end + 0x8_0000)), Ok(end + 0x8_0000));
    must!(system_call!(brk(end)));
    Ok(())
}

/// Makes children that end at once until that is no longer possible; how many
/// there were, and why. They stay zombies.
fn fork_until_refused() -> (usize, Errno) {
    let mut children = 0;
    loop {
        match calls::fork() {
            Ok(Some(_)) => children += 1,
            Ok(None) => calls::_exit(0),
            Err(errno) => return (children, errno),
        }
    }
}

fn limit_processes() -> Outcome {
    must!(set(RLIMIT_NPROC, 5, 10));
    // There is no such limit for the super-user.
    let mut children = Vec::new();
    for _ in 0..12 {
        children.push(must!(child(|| Ok(()))));
    }
    all_well(&children)?;
    as_user(107, 10, || {
        check_eq!(fork_until_refused(), (4, Errno::EAGAIN));
        must!(calls::waitpid(-1, 0));
        check_eq!(fork_until_refused(), (1, Errno::EAGAIN));
        must!(set(RLIMIT_NPROC, 10, 10));
        check_eq!(fork_until_refused(), (5, Errno::EAGAIN));
        check_eq!(set(RLIMIT_NPROC, 5, 11), Err(Errno::EPERM));
        Ok(())
    })?;
    // Those of another user do not count.
    as_user(108, 10, || in_child(|| Ok(())))
}

fn limit_open_files() -> Outcome {
    let high = must!(calls::dup2(Fd::STDOUT, Fd(12)));
    must!(set(RLIMIT_NOFILE, 8, 10));
    as_user(100, 10, || {
        while calls::open(c"/dev/null", 0, 0).is_ok() {}
        check!(calls::fcntl(Fd(7), F_GETFD, 0).is_ok());
        check_eq!(calls::fcntl(Fd(8), F_GETFD, 0), Err(Errno::EBADF));
        check_eq!(calls::open(c"/dev/null", 0, 0), Err(Errno::EMFILE));
        check_eq!(calls::dup(Fd::STDOUT), Err(Errno::EMFILE));
        check_eq!(calls::pipe(), Err(Errno::EMFILE));
        check_eq!(calls::dup2(Fd::STDOUT, Fd(8)), Err(Errno::EBADF));
        check_eq!(calls::fcntl(Fd::STDOUT, F_DUPFD, 8), Err(Errno::EINVAL));
        must!(calls::dup2(Fd::STDOUT, Fd(7)));
        // What is open already stays.
        check_eq!(calls::write(high, b""), Ok(0));
        check_eq!(system_call!(ulimit(4, 0)), Ok(8));
        must!(set(RLIMIT_NOFILE, 10, 10));
        in_child(|| {
            must!(calls::dup2(Fd::STDOUT, Fd(9)));
            check_eq!(calls::dup(Fd::STDOUT), Ok(Fd(8)));
            check_eq!(calls::dup(Fd::STDOUT), Err(Errno::EMFILE));
            Ok(())
        })
    })?;
    // More than the table has room for changes nothing.
    must!(set(RLIMIT_NOFILE, RLIM_INFINITY, RLIM_INFINITY));
    check_eq!(calls::dup2(Fd::STDOUT, Fd(20)), Err(Errno::EBADF));
    check_eq!(calls::fcntl(Fd::STDOUT, F_DUPFD, 20), Err(Errno::EINVAL));
    check_eq!(system_call!(ulimit(4, 0)), Ok(20));
    Ok(())
}

fn spin() {
    loop {
        core::hint::spin_loop();
    }
}

fn limit_cpu() -> Outcome {
    killed_by(Signal::SIGXCPU, || {
        let _ = set(RLIMIT_CPU, 1, RLIM_INFINITY);
        spin();
    })?;
    killed_by(Signal::SIGKILL, || {
        let _ = sigaction(Signal::SIGXCPU, Handler::Ignore);
        let _ = set(RLIMIT_CPU, 1, 2);
        spin();
    })
}

fn usage_times() -> Outcome {
    let mut usage = Rusage::zeroed();
    for (who, of_children) in [(0u32, false), (u32::MAX, true)] {
        let (times, _) = must!(calls::times());
        must!(system_call!(getrusage(who, address(&raw mut usage))));
        let ticks =
            |time: abi::sys::time::Timeval| (time.tv_sec * 100 + time.tv_usec / 10_000) as u32;
        let (user, system) = if of_children {
            (times.tms_cutime, times.tms_cstime)
        } else {
            (times.tms_utime, times.tms_stime)
        };
        check!(ticks(usage.ru_utime) - user <= 1);
        check!(ticks(usage.ru_stime) - system <= 1);
        check_eq!(usage.as_bytes()[16..], [0; 56]);
    }
    for who in [1, 2, 0x8000_0000, u32::MAX - 1] {
        check_eq!(
            system_call!(getrusage(who, address(&raw mut usage))),
            Err(Errno::EINVAL)
        );
    }
    Ok(())
}

fn set_groups(groups: &[u16]) -> Result<u32> {
    system_call!(setgroups(groups.len() as u32, address(groups)))
}

fn groups_list() -> Outcome {
    check_eq!(system_call!(getgroups(0, 0)), Ok(0));
    must!(set_groups(&[7, 300, 0]));
    in_child(|| {
        let mut list = [9u16; NGROUPS_MAX + 1];
        let at = address(&raw mut list);
        check_eq!(system_call!(getgroups(0, 0)), Ok(3));
        check_eq!(system_call!(getgroups(2, at)), Err(Errno::EINVAL));
        check_eq!(system_call!(getgroups(3, at)), Ok(3));
        check_eq!(list[..4], [7, 300, 0, 9]);
        check_eq!(system_call!(getgroups(33, at)), Ok(3));
        for bad in [0, 1, HOLE, task_size(), u32::MAX] {
            check_eq!(system_call!(getgroups(3, bad)), Err(Errno::EFAULT));
            check_eq!(system_call!(setgroups(3, bad)), Err(Errno::EFAULT));
        }
        check_eq!(system_call!(getgroups(0, 0)), Ok(3));
        Ok(())
    })?;
    must!(set_groups(&[1; NGROUPS_MAX]));
    check_eq!(system_call!(getgroups(0, 0)), Ok(NGROUPS_MAX as u32));
    must!(set_groups(&[]));
    check_eq!(system_call!(getgroups(0, 0)), Ok(0));
    Ok(())
}

fn groups_refused() -> Outcome {
    check_eq!(set_groups(&[1; NGROUPS_MAX + 1]), Err(Errno::EINVAL));
    check_eq!(system_call!(setgroups(u32::MAX, 0)), Err(Errno::EINVAL));
    as_user(100, 10, || {
        check_eq!(set_groups(&[]), Err(Errno::EPERM));
        check_eq!(set_groups(&[10]), Err(Errno::EPERM));
        Ok(())
    })
}

fn groups_permission() -> Outcome {
    must!(write_file(c"f", b"x"));
    must!(calls::chown(c"f", 0, 50));
    must!(calls::chmod(c"f", 0o640));
    let may_read = |expected: bool| -> Outcome {
        let opened = calls::open(c"f", O_RDONLY, 0);
        check_eq!(opened.is_ok(), expected);
        check_eq!(calls::access(c"f", 4).is_ok(), expected);
        Ok(())
    };
    as_user(100, 10, || may_read(false))?;
    must!(set_groups(&[49, 50]));
    as_user(100, 10, || {
        may_read(true)?;
        // The file's group may no more than its group may.
        check_eq!(calls::open(c"f", 1, 0), Err(Errno::EACCES));
        let status = must!(fate(|| {
            let null = calls::open(c"/dev/null", 1, 0).unwrap_or(Fd::STDERR);
            let _ = calls::dup2(null, Fd::STDOUT);
            let arguments = [c"cat", c"f"];
            calls::execve(c"/bin/cat", &arguments, &[]).number().into()
        }));
        check_eq!(status, WaitStatus(0));
        Ok(())
    })?;
    must!(calls::chmod(c"f", 0o604));
    as_user(100, 10, || may_read(false))?;
    must!(set_groups(&[]));
    as_user(100, 10, || may_read(true))
}
