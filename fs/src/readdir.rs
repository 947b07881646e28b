// SPDX-License-Identifier: GPL-2.0-or-later
//! How programs see a directory (Linux 0.95: `sys_readdir`; 0.11 reads it as any
//! file).
//!
//! For `read`, `lseek` and `stat` a directory is a file of entries of [`ENTRY`]
//! bytes, an inode number and 14 bytes of name, whatever the disk has: programs of
//! 1991 know nothing else. If the disk has longer names, entry `n` of 32 bytes is
//! shown at `16 * n`, with its name cut. [`Fs::sys_readdir`] gives whole names, at
//! the same positions.

use crate::inode::Inode;
use crate::layout::{ENTRY_NAME, NAME_LEN, NAME_LEN_MAX, u16_at};
use crate::platform::UserBuffer;
use crate::read_write::at_position;
use crate::{Fs, FsTask};
use abi::sys::dirent::{Dirent, LONGEST_NAME};
use abi::sys::stat::{S_IFDIR, S_ISDIR};
use abi::{Errno, Result};

/// Bytes of an entry as programs see it.
const ENTRY: usize = ENTRY_NAME + NAME_LEN;
static_assertions::const_assert_eq!(NAME_LEN_MAX, LONGEST_NAME);

/// The bytes of an entry of the disk.
type DiskEntry = [u8; ENTRY_NAME + NAME_LEN_MAX];

impl Inode<'_> {
    /// Bytes of a directory, or of another file, as programs see it.
    pub(crate) fn shown_size(&self) -> u32 {
        let size = self.size();
        if S_ISDIR(self.mode()) {
            self.shown_directory_size(size)
        } else {
            size
        }
    }

    /// As [`Inode::shown_size`], for a directory of `size` bytes on the disk.
    pub(crate) fn shown_directory_size(&self, size: u32) -> u32 {
        match self.entry_size() {
            ENTRY => size,
            long => size / long as u32 * ENTRY as u32,
        }
    }

    /// Reads a directory from `position` on, and moves it.
    pub(crate) fn directory_read(
        &self,
        position: &mut u32,
        buffer: &mut dyn UserBuffer,
    ) -> Result<()> {
        if self.entry_size() == ENTRY {
            return self.file_read(position, buffer);
        }
        while buffer.remaining() != 0 {
            let Some(entry) = self.disk_entry(*position / ENTRY as u32)? else {
                break;
            };
            let offset = *position as usize % ENTRY;
            let count = (ENTRY - offset).min(buffer.remaining());
            buffer.prepare(count)?;
            buffer.put(&entry[offset..offset + count]);
            *position += count as u32;
        }
        Ok(())
    }

    /// Entry `index` as it is on the disk, filled up with zeros; `None` at the end.
    fn disk_entry(&self, index: u32) -> Result<Option<DiskEntry>> {
        let size = self.entry_size();
        let Some(position) = index.checked_mul(size as u32) else {
            return Ok(None);
        };
        let mut entry: DiskEntry = [0; ENTRY_NAME + NAME_LEN_MAX];
        let read = self.read_at(position, &mut entry[..size])?;
        Ok((read == size).then_some(entry))
    }

    /// The next entry in use from `position` on; `position` moves behind it.
    fn next_entry(&self, position: &mut u32) -> Result<Option<Dirent>> {
        let mut index = position.div_ceil(ENTRY as u32);
        while let Some(entry) = self.disk_entry(index)? {
            let off = index * ENTRY as u32;
            index += 1;
            *position = off + ENTRY as u32;
            let ino = u16_at(&entry, 0).into();
            if ino != 0 {
                let text = &entry[ENTRY_NAME..];
                let end = text.iter().position(|byte| *byte == 0);
                let reclen = end.unwrap_or(text.len());
                let mut dirent = Dirent {
                    ino,
                    off,
                    reclen: reclen as u16,
                    ..Dirent::default()
                };
                dirent.name[..reclen].copy_from_slice(&text[..reclen]);
                return Ok(Some(dirent));
            }
        }
        Ok(None)
    }
}

impl<'fs> Fs<'fs> {
    /// The next entry of an open directory; `None` at its end.
    pub fn sys_readdir(&'fs self, task: &FsTask<'fs>, fd: u32) -> Result<Option<Dirent>> {
        let file = task.file(fd)?;
        if !file.is_readable() {
            return Err(Errno::EBADF);
        }
        if file.file_type() != S_IFDIR {
            return Err(Errno::ENOTDIR);
        }
        at_position(&file, |position| file.inode().next_entry(position))
    }
}
