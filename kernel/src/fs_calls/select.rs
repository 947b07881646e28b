// SPDX-License-Identifier: GPL-2.0-or-later
//! The call `select` (0.12: `sys_select` in `fs/select.c`; 0.11 has none).
//!
//! This file fetches what the program hands over, lets `Fs::sys_select` wait, and stores
//! what that has found: in each set the descriptors that are ready, and in the timeout the
//! time that is left.
#![deny(unsafe_code)]

use crate::file_system::file_system;
use crate::sched::{self, HZ, current};
use crate::segment::{get_user, put_user};
use abi::sys::time::{SelectArguments, Timeval};
use abi::sys::types::UserAddress;
use abi::{Errno, Result};

const MICROSECONDS: u32 = 1_000_000;
const MICROSECONDS_PER_TICK: u32 = MICROSECONDS / HZ;

/// `select`: waits until a descriptor of the sets is ready, a signal comes
/// (`EINTR`) or the time is over. Returns how many bits are set in the sets
/// then. `EBADF` for a descriptor that is not open, `EINVAL` for a time that
/// makes no sense, `EFAULT`; on errors the sets stay as they are.
pub fn sys_select(arguments: UserAddress) -> Result<u32> {
    let arguments: SelectArguments = get_user(arguments)?;
    let addresses = [arguments.readfds, arguments.writefds, arguments.exceptfds];
    let mask = 1u32
        .checked_shl(arguments.nfds)
        .unwrap_or(0)
        .wrapping_sub(1);
    let mut wanted = [0; 3];
    for (set, address) in wanted.iter_mut().zip(addresses) {
        if !address.is_null() {
            *set = get_user::<u32>(address)? & mask;
        }
    }
    let ticks = match arguments.timeout {
        UserAddress(0) => None,
        address => Some(ticks(get_user(address)?)?),
    };
    let start = sched::jiffies();
    let ready = file_system().sys_select(&current().fs_task, wanted, ticks)?;
    let gone = sched::jiffies().wrapping_sub(start);
    for (set, address) in ready.iter().zip(addresses) {
        if !address.is_null() {
            put_user(address, set)?;
        }
    }
    if let Some(ticks) = ticks {
        // The tick that was under way at the start does not count.
        put_user(arguments.timeout, &time(ticks.saturating_sub(gone + 1)))?;
    }
    Ok(ready.iter().map(|set| set.count_ones()).sum())
}

/// The number of clock ticks after which a time has surely gone by: the tick that is under
/// way does not count.
fn ticks(time: Timeval) -> Result<u32> {
    let seconds = u32::try_from(time.tv_sec).map_err(|_| Errno::EINVAL)?;
    match u32::try_from(time.tv_usec) {
        Ok(0) if seconds == 0 => Ok(0),
        Ok(micros @ ..MICROSECONDS) => Ok(seconds
            .saturating_mul(HZ)
            .saturating_add(micros.div_ceil(MICROSECONDS_PER_TICK) + 1)),
        _ => Err(Errno::EINVAL),
    }
}

fn time(ticks: u32) -> Timeval {
    Timeval {
        tv_sec: (ticks / HZ) as i32,
        tv_usec: (ticks % HZ * MICROSECONDS_PER_TICK) as i32,
    }
}
