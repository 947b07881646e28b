// SPDX-License-Identifier: GPL-2.0-or-later
//! The system calls of `kernel/sched.c`: ids, alarm, nice.
#![deny(unsafe_code)]

use super::{current, set_alarm};
use abi::{Errno, Result};

/// `alarm`: sends SIGALRM after `seconds`, or never if that is 0. Returns the
/// seconds that were left of an earlier alarm. More than 68 years are cut, because
/// the result is an `int`.
pub fn sys_alarm(seconds: u32) -> Result<u32> {
    Ok(set_alarm(seconds.min(i32::MAX as u32)))
}

/// `getpid`.
pub fn sys_getpid() -> Result<u32> {
    Ok(current().pid.get())
}

/// `getppid`.
pub fn sys_getppid() -> Result<u32> {
    Ok(current().father.get())
}

/// `getuid`.
pub fn sys_getuid() -> Result<u32> {
    Ok(current().fs_task.uid.get())
}

/// `geteuid`.
pub fn sys_geteuid() -> Result<u32> {
    Ok(current().fs_task.euid.get())
}

/// `getgid`.
pub fn sys_getgid() -> Result<u32> {
    Ok(current().fs_task.gid.get())
}

/// `getegid`.
pub fn sys_getegid() -> Result<u32> {
    Ok(current().fs_task.egid.get())
}

/// `nice`: lowers the priority; only the super-user may raise it.
pub fn sys_nice(increment: i32) -> Result<u32> {
    let task = current();
    if increment < 0 && !task.fs_task.is_superuser() {
        return Err(Errno::EPERM);
    }
    let priority = (task.priority.get() as i32).saturating_sub(increment);
    task.priority
        .set(priority.clamp(1, super::DEFAULT_PRIORITY as i32 * 2) as u32);
    Ok(0)
}
