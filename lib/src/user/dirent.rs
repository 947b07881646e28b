// SPDX-License-Identifier: GPL-2.0-or-later
//! Reading directories.

use super::calls::{self, File};
use crate::errno::{Errno, Result};
use crate::limits::NAME_MAX;
use crate::sys::dirent::Dirent;
use crate::sys::stat::S_ISDIR;
use alloc::vec::Vec;
use core::ffi::CStr;

/// Bytes of an entry that is read as part of a file.
const ENTRY: usize = 2 + NAME_MAX;

/// All entries in use, `.` and `..` among them, in the order of the disk.
pub fn read_directory(path: &CStr) -> Result<Vec<Dirent>> {
    let file = File::open(path)?;
    if !S_ISDIR(calls::fstat(file.fd())?.st_mode) {
        return Err(Errno::ENOTDIR);
    }
    let mut entries = Vec::new();
    loop {
        match calls::readdir(file.fd()) {
            Ok(Some(entry)) => entries.push(entry),
            Ok(None) => return Ok(entries),
            // 0.11 answers so what it does not know.
            Err(Errno::ENOSYS | Errno::EPERM) => return read_as_file(&file),
            Err(error) => return Err(error),
        }
    }
}

/// On a kernel without `readdir` a directory is read as a file of 16-byte
/// entries, an inode number and 14 bytes of name (Minix v1). Entries with
/// inode 0 are free.
fn read_as_file(file: &File) -> Result<Vec<Dirent>> {
    let mut entries = Vec::new();
    let mut buffer = [0; 64 * ENTRY];
    loop {
        let count = calls::read(file.fd(), &mut buffer)?;
        if count == 0 {
            return Ok(entries);
        }
        for entry in buffer.get(..count).unwrap_or_default().chunks_exact(ENTRY) {
            let Some((&ino, text)) = entry.split_first_chunk::<2>() else {
                continue;
            };
            let ino = u16::from_le_bytes(ino).into();
            let length = text.iter().position(|&byte| byte == 0);
            let length = length.unwrap_or(NAME_MAX);
            let mut dirent = Dirent {
                ino,
                reclen: length as u16,
                ..Dirent::default()
            };
            for (to, from) in dirent.name.iter_mut().zip(text.iter().take(length)) {
                *to = *from;
            }
            if ino != 0 {
                entries.push(dirent);
            }
        }
    }
}
