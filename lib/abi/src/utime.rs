// SPDX-License-Identifier: GPL-2.0-or-later
//! The times that `utime` sets (0.11: `include/utime.h`).

use crate::abi_struct;

abi_struct! {
    /// The argument of `utime` (0.11: `struct utimbuf`).
    pub struct Utimbuf, 8 bytes {
        /// When the file was last read, in seconds since 1970.
        0 => actime: u32,
        /// When it was last written.
        4 => modtime: u32,
    }
}
