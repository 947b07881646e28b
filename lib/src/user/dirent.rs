// SPDX-License-Identifier: GPL-2.0-or-later
//! Reading directories.
//!
//! 0.11 has no call for it: a directory is read as a file of 16-byte entries,
//! an inode number and 14 bytes of name (Minix v1). Entries with inode 0 are
//! free.

use super::calls::{self, File};
use crate::errno::{Errno, Result};
use crate::limits::NAME_MAX;
use crate::sys::stat::S_ISDIR;
use alloc::vec::Vec;
use core::ffi::CStr;

/// Bytes of an entry.
const ENTRY: usize = 2 + NAME_MAX;

/// An entry of a directory.
#[derive(Clone, Copy)]
pub struct DirectoryEntry {
    /// Number of the inode.
    pub inode: u16,
    name: [u8; NAME_MAX],
}

impl DirectoryEntry {
    /// The name, without the bytes that fill it up.
    pub fn name(&self) -> &[u8] {
        let length = self
            .name
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(NAME_MAX);
        self.name.get(..length).unwrap_or_default()
    }
}

/// All entries in use, `.` and `..` among them, in the order of the disk.
pub fn read_directory(path: &CStr) -> Result<Vec<DirectoryEntry>> {
    let file = File::open(path)?;
    if !S_ISDIR(calls::fstat(file.fd())?.st_mode) {
        return Err(Errno::ENOTDIR);
    }
    let mut entries = Vec::new();
    let mut buffer = [0; 64 * ENTRY];
    loop {
        let count = calls::read(file.fd(), &mut buffer)?;
        if count == 0 {
            return Ok(entries);
        }
        for entry in buffer.get(..count).unwrap_or_default().chunks_exact(ENTRY) {
            let Some((inode, name)) = entry.split_first_chunk::<2>() else {
                continue;
            };
            let (inode, Ok(name)) = (u16::from_le_bytes(*inode), name.try_into()) else {
                continue;
            };
            if inode != 0 {
                entries.push(DirectoryEntry { inode, name });
            }
        }
    }
}
