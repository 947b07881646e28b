// SPDX-License-Identifier: GPL-2.0-or-later
//! An entry of a directory, as `readdir` tells it (Linux 0.95: `dirent.h`).
//!
//! 0.11 has no such call: programs read a directory as a file.

use crate::abi_struct;

/// Bytes of the longest name that a file system may have.
pub const LONGEST_NAME: usize = 30;

abi_struct! {
    /// An entry (`struct dirent`). The kernel stores no more of it than the
    /// name takes, with a NUL behind it.
    pub struct Dirent, 44 bytes {
        /// Number of the inode.
        0 => ino: u32,
        /// Where the entry is in the directory, for `lseek`.
        4 => off: u32,
        /// Bytes of the name.
        8 => reclen: u16,
        /// The name, filled up with NULs: [`LONGEST_NAME`] bytes at most.
        10 => name: [u8; 34],
    }
}

impl Dirent {
    /// Bytes before the name.
    pub const NAME: usize = 10;

    /// The name.
    pub fn name(&self) -> &[u8] {
        self.name.get(..self.reclen.into()).unwrap_or_default()
    }
}
