// SPDX-License-Identifier: GPL-2.0-or-later
//! Processor times (0.11: `include/sys/times.h`).

use crate::abi_struct;

abi_struct! {
    /// What `times` tells, in ticks of [`HZ`](crate::limits::HZ) a second
    /// (0.11: `struct tms`).
    pub struct Tms, 16 bytes {
        /// Spent in user mode by the process.
        0 => tms_utime: u32,
        /// Spent in the kernel for the process.
        4 => tms_stime: u32,
        /// Spent in user mode by children that it has waited for.
        8 => tms_cutime: u32,
        /// Spent in the kernel for those.
        12 => tms_cstime: u32,
    }
}
