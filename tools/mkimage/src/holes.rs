// SPDX-License-Identifier: GPL-2.0-or-later
//! Where a file of the host has no holes.

use nix::errno::Errno;
use nix::unistd::{Whence, lseek};
use std::fs::File;
use std::ops::Range;

/// The next stretch of a file of `length` bytes that is no hole, from `position` on.
/// All the rest, where the host's file system knows no holes.
pub fn next_data(file: &File, position: u64, length: u64) -> Option<Range<u64>> {
    if position >= length {
        return None;
    }
    let start = match lseek(file, position as i64, Whence::SeekData) {
        Ok(start) => start as u64,
        // Behind it there are only holes.
        Err(Errno::ENXIO) => return None,
        Err(_) => position,
    };
    let end = match lseek(file, start as i64, Whence::SeekHole) {
        Ok(end) => end as u64,
        Err(_) => length,
    };
    (start < length).then_some(start..end.min(length))
}
