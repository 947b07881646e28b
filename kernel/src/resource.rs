// SPDX-License-Identifier: GPL-2.0-or-later
//! What a process may use, and what it has used (0.11 has none of this; the calls
//! are those that Linux 0.12 put into `kernel/sys.c`).
//!
//! A child inherits the limits, and `execve` keeps them. The kernel enforces the
//! limits of processor time (at the end of a time slice), of the size of files and
//! of open files (the file system has copies in `FsTask`), of data, of the stack,
//! and of the processes of a user. It only remembers the other two.
#![deny(unsafe_code)]

use crate::deliver::deliver;
use crate::limits::{INFINITY, Limit, from_rlim, to_rlim};
use crate::sched::{HZ, Task, current, suser};
use crate::segment::{get_user, put_user};
use abi::limits::NR_OPEN;
use abi::signal::Signal;
use abi::sys::resource::{
    RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_NOFILE, RUSAGE_CHILDREN, RUSAGE_SELF, Rlimit, Rusage,
};
use abi::sys::time::Timeval;
use abi::sys::types::UserAddress;
use abi::{Errno, Result};
use fs::layout::MAX_FILE_SIZE;

/// The limits of a resource; `EINVAL` if there is no such resource.
fn limit_of(task: &Task, resource: u32) -> Result<&Limit> {
    task.limits.0.get(resource as usize).ok_or(Errno::EINVAL)
}

/// `getrlimit`: stores the limits of a resource.
pub fn sys_getrlimit(resource: u32, limit: UserAddress) -> Result<u32> {
    let own = limit_of(current(), resource)?;
    let value = Rlimit {
        rlim_cur: to_rlim(own.soft.get()),
        rlim_max: to_rlim(own.hard.get()),
    };
    put_user(limit, &value)?;
    Ok(0)
}

/// `setrlimit`: sets the limits of a resource. `EINVAL` if a limit is negative or
/// the soft one above the hard one; `EPERM` if anybody but the super-user raises a
/// hard limit.
pub fn sys_setrlimit(resource: u32, limit: UserAddress) -> Result<u32> {
    let own = limit_of(current(), resource)?;
    let limit: Rlimit = get_user(limit)?;
    let (Some(soft), Some(hard)) = (from_rlim(limit.rlim_cur), from_rlim(limit.rlim_max)) else {
        return Err(Errno::EINVAL);
    };
    if soft > hard {
        return Err(Errno::EINVAL);
    }
    if hard > own.hard.get() && !suser() {
        return Err(Errno::EPERM);
    }
    set_limit(resource, soft, hard)
}

fn set_limit(resource: u32, current_limit: u32, highest: u32) -> Result<u32> {
    let task = current();
    let limit = limit_of(task, resource)?;
    limit.soft.set(current_limit);
    limit.hard.set(highest);
    match resource {
        RLIMIT_FSIZE => task.fs_task.file_size_limit.set(current_limit),
        RLIMIT_NOFILE => task.fs_task.open_limit.set(current_limit),
        _ => {}
    }
    Ok(0)
}

/// `ulimit` of System V: 1 tells the largest file in 512-byte units, 2 sets it, 3 tells
/// the highest break, 4 how many files may be open; others `EINVAL`. `EPERM` if anybody
/// but the super-user raises a limit.
pub fn sys_ulimit(command: u32, limit: u32) -> Result<u32> {
    const UNIT: u32 = 512;
    let task = current();
    let largest = |bytes: u32| bytes.min(MAX_FILE_SIZE) / UNIT;
    match command {
        1 => Ok(largest(task.limits.get(RLIMIT_FSIZE))),
        2 => {
            let bytes = limit.saturating_mul(UNIT);
            let highest = limit_of(task, RLIMIT_FSIZE)?.hard.get();
            if largest(bytes) > largest(highest) && !suser() {
                return Err(Errno::EPERM);
            }
            set_limit(RLIMIT_FSIZE, bytes, bytes)?;
            Ok(largest(bytes))
        }
        3 => Ok(task.start_stack.get()),
        4 => Ok(task.limits.get(RLIMIT_NOFILE).min(NR_OPEN as u32)),
        _ => Err(Errno::EINVAL),
    }
}

/// `getrusage`: the times of the caller or of its ended children.
pub fn sys_getrusage(who: i32, usage: UserAddress) -> Result<u32> {
    let task = current();
    let (user, system) = match who {
        RUSAGE_SELF => (&task.utime, &task.stime),
        RUSAGE_CHILDREN => (&task.cutime, &task.cstime),
        _ => return Err(Errno::EINVAL),
    };
    let value = Rusage {
        ru_utime: Timeval::from_ticks(user.get()),
        ru_stime: Timeval::from_ticks(system.get()),
        ..Rusage::default()
    };
    put_user(usage, &value)?;
    Ok(0)
}

/// Sends SIGXCPU once a second to a task that has used more time than its soft
/// limit, and SIGKILL when it has reached its hard limit. The clock's interrupt
/// calls it at the end of a time slice.
pub fn check_cpu_limit(task: &Task) {
    let limit = &task.limits.0[RLIMIT_CPU as usize];
    if limit.soft.get() == INFINITY {
        return;
    }
    let seconds = task.utime.get().wrapping_add(task.stime.get()) / HZ;
    if seconds >= limit.hard.get() {
        deliver(Signal::SIGKILL, task);
    } else if seconds >= limit.soft.get() {
        limit.soft.set(seconds + 1);
        deliver(Signal::SIGXCPU, task);
    }
}
