// SPDX-License-Identifier: GPL-2.0-or-later
//! Limits of a process and what it has used (`include/sys/resource.h` of
//! Linux 0.12 to 0.96; 0.11 has none). The last two limits came with 0.99.

use super::time::Timeval;
use crate::abi_struct;

/// Seconds of processor time.
pub const RLIMIT_CPU: u32 = 0;
/// Bytes of the largest file that may be written.
pub const RLIMIT_FSIZE: u32 = 1;
/// Bytes of data and heap.
pub const RLIMIT_DATA: u32 = 2;
/// Bytes of stack.
pub const RLIMIT_STACK: u32 = 3;
/// Bytes of the largest core dump.
pub const RLIMIT_CORE: u32 = 4;
/// Bytes of memory in use.
pub const RLIMIT_RSS: u32 = 5;
/// Processes of the same real user. The super-user has no such limit.
pub const RLIMIT_NPROC: u32 = 6;
/// One more than the highest descriptor of an open file.
pub const RLIMIT_NOFILE: u32 = 7;
/// How many resources have a limit.
pub const RLIM_NLIMITS: usize = 8;
/// As limit: none.
pub const RLIM_INFINITY: i32 = i32::MAX;

/// `getrusage`: of the caller.
pub const RUSAGE_SELF: i32 = 0;
/// `getrusage`: of its children that have ended.
pub const RUSAGE_CHILDREN: i32 = -1;

abi_struct! {
    /// A limit (`struct rlimit`).
    pub struct Rlimit, 8 bytes {
        /// The limit in force; anybody may move it up to the other.
        0 => rlim_cur: i32,
        /// The highest that it may become.
        4 => rlim_max: i32,
    }
}

abi_struct! {
    /// What was used (`struct rusage`). Only the times are counted.
    pub struct Rusage, 72 bytes {
        /// Time in ring 3.
        0 => ru_utime: Timeval,
        /// Time in the kernel.
        8 => ru_stime: Timeval,
        /// Most memory used, in KB.
        16 => ru_maxrss: i32,
        /// Shared text, times ticks.
        20 => ru_ixrss: i32,
        /// Data, times ticks.
        24 => ru_idrss: i32,
        /// Stack, times ticks.
        28 => ru_isrss: i32,
        /// Page faults without a disk.
        32 => ru_minflt: i32,
        /// Page faults with one.
        36 => ru_majflt: i32,
        /// Times swapped out.
        40 => ru_nswap: i32,
        /// Blocks read.
        44 => ru_inblock: i32,
        /// Blocks written.
        48 => ru_oublock: i32,
        /// Messages sent.
        52 => ru_msgsnd: i32,
        /// Messages received.
        56 => ru_msgrcv: i32,
        /// Signals received.
        60 => ru_nsignals: i32,
        /// Task switches because it slept.
        64 => ru_nvcsw: i32,
        /// Task switches because its time was used up.
        68 => ru_nivcsw: i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::Pod;

    #[test]
    fn rlimit_and_rusage_byte_for_byte() {
        let limit = Rlimit {
            rlim_cur: 0x0102_0304,
            rlim_max: RLIM_INFINITY,
        };
        assert_eq!(limit.as_bytes(), [4, 3, 2, 1, 0xff, 0xff, 0xff, 0x7f]);
        let usage = Rusage {
            ru_stime: Timeval {
                tv_sec: 1,
                tv_usec: 2,
            },
            ru_nivcsw: 3,
            ..Rusage::default()
        };
        let bytes = usage.as_bytes();
        assert_eq!((bytes[8], bytes[12], bytes[68]), (1, 2, 3));
    }
}
