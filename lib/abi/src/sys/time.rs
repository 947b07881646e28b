// SPDX-License-Identifier: GPL-2.0-or-later
//! Time in microseconds (0.12: `include/sys/time.h`; 0.11 has none).

use crate::abi_struct;
use crate::limits::HZ;
use crate::sys::types::UserAddress;

abi_struct! {
    /// A time or a span of time (`struct timeval`).
    pub struct Timeval, 8 bytes {
        /// Seconds, since 1970 if it is a time.
        0 => tv_sec: i32,
        /// Microseconds, 0..=999_999.
        4 => tv_usec: i32,
    }
}

impl Timeval {
    /// From ticks of [`HZ`].
    pub const fn from_ticks(ticks: u32) -> Timeval {
        Timeval {
            tv_sec: (ticks / HZ) as i32,
            tv_usec: (ticks % HZ * (1_000_000 / HZ)) as i32,
        }
    }
}

abi_struct! {
    /// What `select` is called with: a pointer to this (0.12: the `buffer` of
    /// `sys_select`).
    pub struct SelectArguments, 20 bytes {
        /// Descriptors from 0 up to this, not included, are looked at.
        0 => nfds: u32,
        /// Address of the set to read from, or null: bit `n` of a word is
        /// descriptor `n`.
        4 => readfds: UserAddress,
        /// Address of the set to write to, or null.
        8 => writefds: UserAddress,
        /// Address of the set for what is exceptional, or null.
        12 => exceptfds: UserAddress,
        /// Address of the longest time to wait, a [`Timeval`], or null.
        16 => timeout: UserAddress,
    }
}

abi_struct! {
    /// Where on earth the machine is (`struct timezone`).
    pub struct Timezone, 8 bytes {
        /// Minutes west of Greenwich.
        0 => tz_minuteswest: i32,
        /// Which rule for summer time.
        4 => tz_dsttime: i32,
    }
}
