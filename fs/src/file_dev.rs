// SPDX-License-Identifier: GPL-2.0-or-later
//! Reading and writing regular files, and reading directories
//! (0.11: `fs/file_dev.c`).
//!
//! Transfers go in pieces of at most [`PIECE`] bytes, each in the steps
//!
//! 1. make the caller's memory present (may page in this very file);
//! 2. lock the inode;
//! 3. copy block by block;
//! 4. unlock it.
//!
//! So a write of up to [`PIECE`] bytes is not mixed with other writes, but a larger
//! one may be. Whole blocks are written without being read first.

use crate::FsTask;
use crate::buffer::{Buffer, BufferHead, READ_AHEAD};
use crate::inode::{Inode, LockedInode};
use crate::layout::{BLOCK_SIZE, Zone};
use crate::platform::{ReadInto, UserBuffer, moved};
use abi::{Errno, Result};

/// The most bytes that are copied while the inode is locked.
pub const PIECE: usize = 16 * 1024;
pub(crate) const ZEROS: [u8; BLOCK_SIZE] = [0; BLOCK_SIZE];

/// The first piece of the `left` bytes from `position` that lies in one block: its
/// offset and length.
#[inline(always)]
pub(crate) fn part_of_block(position: u32, left: usize) -> (usize, usize) {
    let offset = position as usize % BLOCK_SIZE;
    (offset, left.min(BLOCK_SIZE - offset))
}

impl Inode<'_> {
    /// Reads from `position` on, and moves it. Fewer bytes are read at the end of
    /// the file.
    #[inline(always)]
    pub(crate) fn file_read(
        &self,
        position: &mut u32,
        buffer: &mut (impl UserBuffer + ?Sized),
    ) -> Result<()> {
        while buffer.remaining() != 0 {
            let count = buffer.remaining().min(PIECE) as u32;
            let end = self.size().min(position.saturating_add(count));
            if *position >= end {
                break;
            }
            buffer.prepare((end - *position) as usize)?;
            self.lock().read_piece(position, end, buffer)?;
        }
        let now = self.fs.current_time();
        self.with(|state| state.atime = now);
        Ok(())
    }

    /// Writes from `position` on, or with `append` at the end of the file, and
    /// moves `position` (0.11: `file_write`). `EFBIG` if the file would become larger
    /// than the limit of `task`, or than any file can be.
    pub(crate) fn file_write(
        &self,
        task: &FsTask<'_>,
        append: bool,
        position: &mut u32,
        buffer: &mut (impl UserBuffer + ?Sized),
    ) -> Result<()> {
        while buffer.remaining() != 0 {
            let count = buffer.remaining().min(PIECE);
            buffer.prepare(count)?;
            let inode = self.lock();
            if append {
                *position = inode.size();
            }
            inode.write_piece(task, position, count, buffer)?;
        }
        Ok(())
    }

    /// Reads into the kernel's own memory, for `execve` and demand loading. Fewer
    /// bytes are read at the end of the file. Locks the inode.
    pub fn read_at(&self, position: u32, bytes: &mut [u8]) -> Result<usize> {
        let count = bytes.len();
        let buffer: &mut dyn UserBuffer = &mut ReadInto(bytes);
        let result = self.file_read(&mut { position }, buffer);
        moved(count - buffer.remaining(), result)
    }
}

impl<'fs> LockedInode<'_, 'fs> {
    /// Reads up to `end`, or less far: up to the end of the file or a block that can't
    /// be found.
    #[inline(always)]
    fn read_piece(
        &self,
        position: &mut u32,
        end: u32,
        buffer: &mut (impl UserBuffer + ?Sized),
    ) -> Result<()> {
        let end = self.size().min(end);
        while *position < end {
            let file_block = *position / BLOCK_SIZE as u32;
            let zone = self.zone(file_block)?;
            let (offset, len) = part_of_block(*position, (end - *position) as usize);
            let (device, number) = (self.device(), zone.block());
            let mut put =
                |block: &BufferHead| block.with_data(|data| buffer.put(&data[offset..][..len]));
            if zone.is_hole() {
                buffer.put(&ZEROS[..len]);
            } else if self.fs.with_cached(device, number, &mut put).is_none() {
                put(self.read_ahead(zone, file_block + 1)?.head());
            }
            *position += len as u32;
        }
        Ok(())
    }

    /// Reads a block of the file, and starts to read those from `next` on.
    #[cold]
    fn read_ahead(&self, zone: Zone, next: u32) -> Result<Buffer<'fs>> {
        let end = self.size().div_ceil(BLOCK_SIZE as u32);
        let ahead = (next..end.min(next + READ_AHEAD)).map_while(|n| self.zone(n).ok());
        let ahead = ahead.map(Zone::block);
        self.fs.breada(self.device(), zone.block(), ahead)
    }

    /// Writes `count` bytes. Returns how many were written before an error, too.
    fn write_piece(
        &self,
        task: &FsTask<'_>,
        position: &mut u32,
        count: usize,
        buffer: &mut (impl UserBuffer + ?Sized),
    ) -> Result<()> {
        let block = self.fs.super_block(self.super_index()).ok_or(Errno::EIO)?;
        if block.is_read_only() {
            return Err(Errno::EROFS);
        }
        self.drop_set_ids(task);
        let wanted = position.saturating_add(count as u32);
        let largest = block.max_size.get().min(task.file_size_limit.get());
        let end = wanted.min(largest);
        let before = *position;
        let result = self.write_blocks(position, end, buffer);
        if *position != before {
            self.change(|state| {
                state.disk.size = state.disk.size.max(*position);
                state.disk.time = state.ctime;
            });
        }
        result?;
        if end < wanted {
            Err(Errno::EFBIG)
        } else {
            Ok(())
        }
    }

    fn write_blocks(
        &self,
        position: &mut u32,
        end: u32,
        buffer: &mut (impl UserBuffer + ?Sized),
    ) -> Result<()> {
        while *position < end {
            let (offset, len) = part_of_block(*position, (end - *position) as usize);
            let file_block = *position / BLOCK_SIZE as u32;
            let (device, zone) = (self.device(), self.zone(file_block)?);
            if zone.is_hole() {
                self.create_block(file_block, |data| {
                    if len != BLOCK_SIZE {
                        *data = ZEROS;
                    }
                    buffer.get(&mut data[offset..][..len]);
                })?;
            } else {
                let change = |data: &mut [u8; BLOCK_SIZE]| {
                    buffer.get(&mut data[offset..][..len]);
                };
                let is_whole = len == BLOCK_SIZE;
                (self.fs).change_block(device, zone.block(), is_whole, change)?;
            }
            *position += len as u32;
        }
        Ok(())
    }
}
