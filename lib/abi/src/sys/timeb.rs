// SPDX-License-Identifier: GPL-2.0-or-later
//! Time in milliseconds, as `ftime` tells it (System V: `sys/timeb.h`).
//!
//! 0.11 has the call's number but answers -ENOSYS.

use crate::abi_struct;

abi_struct! {
    /// What `ftime` tells (`struct timeb`).
    pub struct Timeb, 12 bytes {
        /// Seconds since 1970.
        0 => time: u32,
        /// Milliseconds, 0..=999.
        4 => millitm: u16,
        /// Minutes west of Greenwich.
        6 => timezone: i16,
        /// Whether summer time is in use.
        8 => dstflag: i16,
        /// Padding of C's.
        10 => pad: u16,
    }
}
