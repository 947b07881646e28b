// SPDX-License-Identifier: GPL-2.0-or-later
//! Small system calls (0.11: `kernel/sys.c`).
#![deny(unsafe_code)]

use crate::file_system::file_system;
use crate::sched::{self, HZ, Task, current, require_super_user, suser};
use crate::segment::{copy_from_user, copy_to_user, get_user, put_user};
use crate::{fault, power, printk};
use abi::limits::NGROUPS_MAX;
use abi::pod::Pod;
use abi::reboot::{
    REBOOT_CAD_OFF, REBOOT_CAD_ON, REBOOT_HALT, REBOOT_MAGIC1, REBOOT_MAGIC2, REBOOT_RESTART,
};
use abi::sys::resource::RLIMIT_DATA;
use abi::sys::time::{Timeval, Timezone};
use abi::sys::timeb::Timeb;
use abi::sys::times::Tms;
use abi::sys::types::{Gid, Uid, UserAddress};
use abi::sys::utsname::Utsname;
use abi::{Errno, Result};
use mm::memory;
use sync::{Lock, TaskCell};

macro_rules! not_implemented {
    ($($handler:ident $arguments:tt;)*) => {
        $(not_implemented! { @one $handler $arguments })*
    };
    (@one $handler:ident ($($argument:ident),*)) => {
        #[allow(missing_docs)]
        pub fn $handler($($argument: u32),*) -> Result<u32> {
            $(let _ = $argument;)*
            Err(Errno::ENOSYS)
        }
    };
}

// Calls that have a number but do nothing.
not_implemented! {
    sys_break();
    sys_prof();
    sys_acct();
    sys_phys();
    sys_lock();
    sys_mpx();
    sys_uselib(_path);
    sys_swapon(_path);
}

/// `ftime`: the time in seconds and milliseconds.
pub fn sys_ftime(timeb: UserAddress) -> Result<u32> {
    let value = Timeb {
        time: sched::current_time(),
        millitm: ((sched::jiffies() % HZ) * (1000 / HZ)) as u16,
        ..Timeb::default()
    };
    put_user(timeb, &value)?;
    Ok(0)
}

/// `time`: returns the seconds since 1970, and stores them if `time` is not null.
pub fn sys_time(time: UserAddress) -> Result<u32> {
    let now = sched::current_time();
    if !time.is_null() {
        put_user(time, &now)?;
    }
    Ok(now)
}

/// `stime`: sets the clock. `EPERM` if the caller is not the super-user.
pub fn sys_stime(time: UserAddress) -> Result<u32> {
    require_super_user()?;
    sched::set_current_time(get_user(time)?);
    Ok(0)
}

/// `gettimeofday`; either pointer may be null.
pub fn sys_gettimeofday(time: UserAddress, zone: UserAddress) -> Result<u32> {
    if !time.is_null() {
        let tv_usec = (sched::jiffies() % HZ) * (1_000_000 / HZ);
        put_user(
            time,
            &Timeval {
                tv_sec: sched::current_time() as i32,
                tv_usec: tv_usec as i32,
            },
        )?;
    }
    if !zone.is_null() {
        put_user(zone, &Timezone::default())?;
    }
    Ok(0)
}

/// `settimeofday`; the time zone is not kept.
pub fn sys_settimeofday(time: UserAddress, _zone: u32) -> Result<u32> {
    require_super_user()?;
    if !time.is_null() {
        let time: Timeval = get_user(time)?;
        sched::set_current_time(time.tv_sec as u32);
    }
    Ok(0)
}

/// `times`: ticks used by the caller and its ended children; returns ticks
/// since the start.
pub fn sys_times(tms: UserAddress) -> Result<u32> {
    if !tms.is_null() {
        let task = current();
        let value = Tms {
            tms_utime: task.utime.get(),
            tms_stime: task.stime.get(),
            tms_cutime: task.cutime.get(),
            tms_cstime: task.cstime.get(),
        };
        put_user(tms, &value)?;
    }
    Ok(sched::jiffies())
}

/// `brk`: moves the end of the heap, and returns where it is now. If that end is
/// not possible, or there are too few free pages, nothing changes.
pub fn sys_brk(end_data: u32) -> Result<u32> {
    let task = current();
    // 0.11 keeps 16 KB free below the stack.
    const STACK_GAP: u32 = 16384;
    if end_data >= task.end_code.get()
        && end_data < task.start_stack.get().saturating_sub(STACK_GAP)
        && end_data - task.end_code.get() <= task.limits.get(RLIMIT_DATA)
        && fault::heap_growth(task, end_data) <= memory::available_pages() as u32
    {
        fault::shrink_heap(task, end_data)?;
        task.brk.set(end_data);
    }
    Ok(task.brk.get())
}

/// `setpgid`: moves a process of the caller's session (itself or a child) into a
/// group; `pid` 0 means the caller, `pgid` 0 the process's own number.
pub fn sys_setpgid(pid: u32, pgid: i32) -> Result<u32> {
    let me = current();
    let pid = if pid == 0 { me.pid.get() } else { pid };
    let pgid = match pgid {
        0 => pid,
        1.. => pgid as u32,
        _ => return Err(Errno::EINVAL),
    };
    let task = sched::find_task(pid).ok_or(Errno::ESRCH)?;
    if !core::ptr::eq(task, me) && task.father.get() != me.pid.get() {
        return Err(Errno::ESRCH);
    }
    if task.leader.get() != 0 || task.session.get() != me.session.get() {
        return Err(Errno::EPERM);
    }
    let group_exists =
        |task: &Task| task.pgrp.get() == pgid && task.session.get() == me.session.get();
    if pgid != pid && !sched::tasks().any(group_exists) {
        return Err(Errno::EPERM);
    }
    task.pgrp.set(pgid);
    Ok(0)
}

/// `getpgrp`.
pub fn sys_getpgrp() -> Result<u32> {
    Ok(current().pgrp.get())
}

/// `setsid`: makes the caller lead a new session without a terminal. `EPERM`
/// if it leads a group already.
pub fn sys_setsid() -> Result<u32> {
    let task = current();
    let pid = task.pid.get();
    if task.leader.get() != 0 || sched::tasks().any(|other| other.pgrp.get() == pid) {
        // Init leads its own group from the start, but may call this once.
        if task.leader.get() != 0 || pid != 1 {
            return Err(Errno::EPERM);
        }
    }
    task.leader.set(1);
    task.session.set(pid);
    task.pgrp.set(pid);
    task.tty.set(sched::NO_TTY);
    Ok(pid)
}

/// The host name, zero-padded.
static HOST_NAME: Lock<[u8; 9]> = Lock::new(field("eleven"));

const fn field(text: &str) -> [u8; 9] {
    let mut field = [0; 9];
    let mut index = 0;
    while index < text.len() && index < 8 {
        field[index] = text.as_bytes()[index];
        index += 1;
    }
    field
}

/// `uname`. Programs of 1991 look for Linux; `version` says that this is Eleven.
pub fn sys_uname(utsname: UserAddress) -> Result<u32> {
    let nodename = *HOST_NAME.lock();
    let value = Utsname {
        sysname: field("Linux"),
        nodename,
        release: field("0.11"),
        version: field("Eleven"),
        machine: field("i386"),
    };
    put_user(utsname, &value)?;
    Ok(0)
}

/// `sethostname`: at most eight bytes.
pub fn sys_sethostname(name: UserAddress, length: u32) -> Result<u32> {
    require_super_user()?;
    let mut new = [0; 9];
    let bytes = new[..8].get_mut(..length as usize).ok_or(Errno::EINVAL)?;
    copy_from_user(name, bytes)?;
    *HOST_NAME.lock() = new;
    Ok(0)
}

/// `setuid`: the super-user sets both ids. All others can set the effective id to
/// the real one.
pub fn sys_setuid(uid: Uid) -> Result<u32> {
    let caller = &current().fs_task;
    set_id(uid.0.into(), &caller.uid, &caller.euid)
}

/// `setgid`: the same for the group.
pub fn sys_setgid(gid: Gid) -> Result<u32> {
    let caller = &current().fs_task;
    set_id(gid.0.into(), &caller.gid, &caller.egid)
}

fn set_id(id: u32, real: &TaskCell<u32>, effective: &TaskCell<u32>) -> Result<u32> {
    let real_id = if suser() { id } else { real.get() };
    if real_id != id && id != effective.get() {
        return Err(Errno::EPERM);
    }
    set_both(real, effective, (real_id, id));
    Ok(0)
}

/// Sets both ids. A process that gets other ids may know what its new user may not.
fn set_both(real: &TaskCell<u32>, effective: &TaskCell<u32>, ids: (u32, u32)) {
    if (real.get(), effective.get()) != ids {
        current().guarded.set(1);
    }
    real.set(ids.0);
    effective.set(ids.1);
}

/// `getgroups`: stores the caller's supplementary groups, 16 bits each, and returns
/// how many there are. With `size` 0 it stores nothing. `EINVAL` if there are more
/// than `size`.
pub fn sys_getgroups(size: u32, list: UserAddress) -> Result<u32> {
    let mut groups = [0; NGROUPS_MAX];
    let count = current().fs_task.supplementary_groups(&mut groups);
    if size != 0 {
        if size < count as u32 {
            return Err(Errno::EINVAL);
        }
        copy_to_user(list, &groups.as_bytes()[..count * size_of::<u16>()])?;
    }
    Ok(count as u32)
}

/// `setgroups`: sets them. `EPERM` if the caller is not the super-user, `EINVAL`
/// for more than [`NGROUPS_MAX`].
pub fn sys_setgroups(size: u32, list: UserAddress) -> Result<u32> {
    require_super_user()?;
    let size = size as usize;
    if size > NGROUPS_MAX {
        return Err(Errno::EINVAL);
    }
    let mut groups = [0; NGROUPS_MAX];
    if size != 0 {
        copy_from_user(list, &mut groups.as_bytes_mut()[..size * size_of::<u16>()])?;
    }
    current()
        .fs_task
        .set_supplementary_groups(&groups[..size])?;
    Ok(0)
}

/// `setreuid`: sets the real and the effective id; -1 leaves an id as it is. All
/// but the super-user can only exchange the two or make them the same.
///
/// 0.11 declares both as `int`, and a task keeps 16 bits of each.
pub fn sys_setreuid(ruid: u32, euid: u32) -> Result<u32> {
    let caller = &current().fs_task;
    set_two_ids(ruid, euid, &caller.uid, &caller.euid)
}

/// `setregid`: the same for the group.
pub fn sys_setregid(rgid: u32, egid: u32) -> Result<u32> {
    let caller = &current().fs_task;
    set_two_ids(rgid, egid, &caller.gid, &caller.egid)
}

fn set_two_ids(
    new_real: u32,
    new_effective: u32,
    real: &TaskCell<u32>,
    effective: &TaskCell<u32>,
) -> Result<u32> {
    const UNCHANGED: u32 = u16::MAX as u32;
    let (old_real, old_effective) = (real.get(), effective.get());
    let choose = |new: u32, old: u32| match new & UNCHANGED {
        UNCHANGED => Ok(old),
        id if id == old_real || id == old_effective || suser() => Ok(id),
        _ => Err(Errno::EPERM),
    };
    let chosen = (
        choose(new_real, old_real)?,
        choose(new_effective, old_effective)?,
    );
    set_both(real, effective, chosen);
    Ok(0)
}

fn shut_down() {
    if file_system().shut_down().is_err() {
        printk!("Not everything could be written to the disks.\n");
    }
}

/// `reboot`: writes everything and marks the file systems as unmounted, then
/// stops or restarts the machine.
pub fn sys_reboot(magic: u32, magic2: u32, flag: u32) -> Result<u32> {
    require_super_user()?;
    if magic != REBOOT_MAGIC1 || magic2 != REBOOT_MAGIC2 {
        return Err(Errno::EINVAL);
    }
    match flag {
        REBOOT_RESTART => {
            shut_down();
            power::restart()
        }
        REBOOT_HALT => {
            shut_down();
            power::halt()
        }
        REBOOT_CAD_ON | REBOOT_CAD_OFF => Ok(0),
        _ => Err(Errno::EINVAL),
    }
}
