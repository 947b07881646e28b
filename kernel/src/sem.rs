// SPDX-License-Identifier: GPL-2.0-or-later
//! Semaphores that programs share by name (not in 0.11; the courses on 0.11 have
//! its `kernel/sem.c` written).
//!
//! ```text
//! let filled = sem_open("filled", 0);    // makes it, or opens what is there
//! sem_wait(filled);                      // sleeps until somebody has posted
//! sem_post(filled);
//! ```
//!
//! A name stays, with the permits, until `sem_unlink`, as a file stays. Which
//! semaphores a process has open is a set of bits in its [`Task::semaphores`]:
//! children inherit the set, `execve` and the end of the process empty it. So
//! nothing is counted: a place is free when it has no name and is in no set.
//!
//! [`Task::semaphores`]: crate::sched::Task::semaphores
#![deny(unsafe_code)]

use crate::sched::{current, suser, tasks, wake_up};
use crate::sleep::interruptible_sleep_while;
use abi::{Errno, Result};
use core::fmt;
use fs::namei::{MAY_READ, MAY_WRITE, Rights};
use sync::{Lock, Semaphore};

/// Semaphores there can be: one for each bit of `Task::semaphores`.
const NR_SEMAPHORES: usize = u32::BITS as usize;
/// The last of them are for the super-user.
const RESERVED_SEMAPHORES: usize = 8;
/// Bytes of a name, as many as a file's.
const NAME_LENGTH: usize = 14;
/// What `umask` takes bits from: everybody may use a new semaphore.
const MODE: u32 = 0o666;

/// What a semaphore is called, zero-padded, and who may open it.
#[derive(Clone, Copy)]
pub struct Name {
    bytes: [u8; NAME_LENGTH],
    rights: Rights,
}

impl fmt::Display for Name {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rights { mode, uid, .. } = self.rights;
        let name = self.bytes.split(|&byte| byte == 0).next();
        let name = name.unwrap_or_default().escape_ascii();
        write!(to, "{name} uid {uid} mode {mode:o}")
    }
}

static SEMAPHORES: [Semaphore; NR_SEMAPHORES] = [const { Semaphore::new(0) }; NR_SEMAPHORES];
/// The names of the semaphores with the same index.
static NAMES: Lock<[Option<Name>; NR_SEMAPHORES]> = Lock::new([None; NR_SEMAPHORES]);

/// `sem_open`: opens the semaphore with that name, or makes one with `value`
/// permits, for those whom the umask leaves. Returns its number, from 1 on.
///
/// `EACCES` if it is not the caller's to use, `EINVAL` for no name or too many
/// permits, `ENAMETOOLONG` for a name of more than 14 bytes, `ENFILE` if there
/// are as many as there can be.
pub fn sys_sem_open(name: &[u8], value: u32) -> Result<u32> {
    let bytes = padded(name)?;
    if value > Semaphore::MAX {
        return Err(Errno::EINVAL);
    }
    let caller = &current().fs_task;
    let mut names = NAMES.lock();
    let index = match find(&names[..], &bytes) {
        Some((index, name)) => {
            let (uid, gid) = (caller.euid.get(), caller.egid.get());
            if !name.rights.allow(caller, uid, gid, MAY_READ | MAY_WRITE) {
                return Err(Errno::EACCES);
            }
            index
        }
        None => {
            let index = find_free(&names[..]).ok_or(Errno::ENFILE)?;
            let rights = Rights {
                mode: (MODE & !caller.umask.get()) as u16,
                uid: caller.euid.get() as u16,
                gid: caller.egid.get() as u16,
            };
            names[index] = Some(Name { bytes, rights });
            SEMAPHORES[index].reset(value);
            index
        }
    };
    current().semaphores.set_bits(1 << index);
    Ok(index as u32 + 1)
}

/// `sem_wait`: takes a permit, and sleeps until there is one. `EINTR` on a
/// signal, `EINVAL` for a number that the caller has not open.
pub fn sys_sem_wait(semaphore: u32) -> Result<()> {
    let index = find_open(semaphore)?;
    SEMAPHORES[index].down_interruptible(interruptible_sleep_while)
}

/// `sem_post`: gives a permit. `ERANGE` if there are as many as there can be,
/// `EINVAL` for a number that the caller has not open.
pub fn sys_sem_post(semaphore: u32) -> Result<()> {
    let index = find_open(semaphore)?;
    if SEMAPHORES[index].up(wake_up) {
        Ok(())
    } else {
        Err(Errno::ERANGE)
    }
}

/// `sem_close`: the caller has it open no more, however often it was opened.
/// `EINVAL` for a number that the caller has not open.
pub fn sys_sem_close(semaphore: u32) -> Result<()> {
    let index = find_open(semaphore)?;
    current().semaphores.clear_bits(1 << index);
    Ok(())
}

/// `sem_unlink`: takes the name away. Those who have the semaphore open keep
/// it. `ENOENT` if there is none, `EACCES` for others than owner and super-user.
pub fn sys_sem_unlink(name: &[u8]) -> Result<()> {
    let bytes = padded(name)?;
    let mut names = NAMES.lock();
    let (index, name) = find(&names[..], &bytes).ok_or(Errno::ENOENT)?;
    if u32::from(name.rights.uid) != current().fs_task.euid.get() && !suser() {
        return Err(Errno::EACCES);
    }
    names[index] = None;
    Ok(())
}

/// The semaphores that have a name, and the permits of each; for `/dev/usage`.
pub fn named() -> impl Iterator<Item = (Name, u32)> {
    let named = |index: usize| Some((NAMES.lock()[index]?, SEMAPHORES[index].permits()));
    (0..NR_SEMAPHORES).filter_map(named)
}

/// A name as it is kept.
fn padded(name: &[u8]) -> Result<[u8; NAME_LENGTH]> {
    if name.is_empty() {
        return Err(Errno::EINVAL);
    }
    let mut bytes = [0; NAME_LENGTH];
    let place = bytes.get_mut(..name.len());
    place.ok_or(Errno::ENAMETOOLONG)?.copy_from_slice(name);
    Ok(bytes)
}

fn find(names: &[Option<Name>], bytes: &[u8; NAME_LENGTH]) -> Option<(usize, Name)> {
    let mut named = names.iter().enumerate();
    named.find_map(|(index, &name)| Some((index, name.filter(|name| name.bytes == *bytes)?)))
}

/// A place that has no name and that nobody has open, if it is for the caller.
fn find_free(names: &[Option<Name>]) -> Option<usize> {
    let open = tasks().fold(0, |open, task| open | task.semaphores.get());
    let count = if current().fs_task.may_use_reserve() {
        NR_SEMAPHORES
    } else {
        NR_SEMAPHORES - RESERVED_SEMAPHORES
    };
    (0..count).find(|&index| names[index].is_none() && open & 1 << index == 0)
}

/// The index of a semaphore that the caller has open.
fn find_open(semaphore: u32) -> Result<usize> {
    let index = semaphore.wrapping_sub(1);
    if index < u32::BITS && current().semaphores.get() & 1 << index != 0 {
        Ok(index as usize)
    } else {
        Err(Errno::EINVAL)
    }
}
