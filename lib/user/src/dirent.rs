// SPDX-License-Identifier: GPL-2.0-or-later
//! Reading directories.

use crate::calls::{self, File};
use abi::errno::{Errno, Result};
use abi::limits::NAME_MAX;
use abi::sys::dirent::Dirent;
use abi::sys::stat::S_ISDIR;
use alloc::vec::Vec;
use core::ffi::CStr;

/// Bytes of an entry that is read as part of a file.
const ENTRY: usize = 2 + NAME_MAX;

/// An open directory: gives its entries in use, `.` and `..` among them, in the order
/// of the disk.
///
/// ```text
/// for entry in Directory::open(c"/etc")? {
///     stdio::put(entry?.name());
/// }
/// ```
pub struct Directory {
    file: File,
    has_readdir: bool,
}

impl Directory {
    /// Opens a directory; ENOTDIR if it is none.
    pub fn open(path: &CStr) -> Result<Directory> {
        let file = File::open(path)?;
        if !S_ISDIR(calls::fstat(file.fd())?.st_mode) {
            return Err(Errno::ENOTDIR);
        }
        Ok(Directory {
            file,
            has_readdir: true,
        })
    }

    fn next_entry(&mut self) -> Result<Option<Dirent>> {
        if self.has_readdir {
            match calls::readdir(self.file.fd()) {
                // 0.11 answers so what it does not know.
                Err(Errno::ENOSYS | Errno::EPERM) => self.has_readdir = false,
                result => return result,
            }
        }
        self.next_of_file()
    }

    /// On a kernel without `readdir` a directory is read as a file of 16-byte
    /// entries, an inode number and 14 bytes of name (Minix v1). Entries with
    /// inode 0 are free.
    fn next_of_file(&mut self) -> Result<Option<Dirent>> {
        let mut buffer = [0; ENTRY];
        while calls::read(self.file.fd(), &mut buffer)? == ENTRY {
            let [low, high, text @ ..] = &buffer;
            let ino = u16::from_le_bytes([*low, *high]).into();
            if ino == 0 {
                continue;
            }
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
            return Ok(Some(dirent));
        }
        Ok(None)
    }
}

impl Iterator for Directory {
    type Item = Result<Dirent>;

    fn next(&mut self) -> Option<Result<Dirent>> {
        self.next_entry().transpose()
    }
}

/// All that [`Directory`] gives.
pub fn read_directory(path: &CStr) -> Result<Vec<Dirent>> {
    Directory::open(path)?.collect()
}
