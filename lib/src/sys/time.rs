// SPDX-License-Identifier: GPL-2.0-or-later
//! Time in microseconds (0.12: `include/sys/time.h`; 0.11 has none).

use crate::abi_struct;

abi_struct! {
    /// A time or a span of time (`struct timeval`).
    pub struct Timeval, 8 bytes {
        /// Seconds, since 1970 if it is a time.
        0 => tv_sec: i32,
        /// Microseconds, 0..=999_999.
        4 => tv_usec: i32,
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
