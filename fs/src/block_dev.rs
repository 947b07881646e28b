// SPDX-License-Identifier: GPL-2.0-or-later
//! Reading and writing whole block devices (0.11: `fs/block_dev.c`).
//!
//! They go through the same buffers as the file systems on them. Reading ends at
//! the end of the device; writing there fails with `ENOSPC`.

use crate::Fs;
use crate::buffer::{Buffer, BufferHead, READ_AHEAD};
use crate::file_dev::part_of_block;
use crate::layout::BLOCK_SIZE;
use crate::platform::UserBuffer;
use abi::sys::types::Device;
use abi::{Errno, Result};

impl<'fs> Fs<'fs> {
    /// Reads from `position` on, and moves it.
    #[inline(always)]
    pub(crate) fn block_read(
        &'fs self,
        device: Device,
        position: &mut u32,
        buffer: &mut impl UserBuffer,
    ) -> Result<()> {
        while buffer.remaining() != 0 {
            let number = *position / BLOCK_SIZE as u32;
            let (offset, len) = part_of_block(*position, buffer.remaining());
            let Some(next) = position.checked_add(len as u32) else {
                break;
            };
            buffer.prepare(len)?;
            let mut put =
                |block: &BufferHead| block.with_data(|data| buffer.put(&data[offset..][..len]));
            if self.with_cached(device, number, &mut put).is_none() {
                match self.device_read_ahead(device, number)? {
                    Some(block) => put(block.head()),
                    None => break,
                }
            }
            *position = next;
        }
        Ok(())
    }

    /// Reads a block that is in no buffer, and starts to read those behind it; `None` if it
    /// is behind the end of the device.
    #[cold]
    fn device_read_ahead(&'fs self, device: Device, number: u32) -> Result<Option<Buffer<'fs>>> {
        let blocks = self.platform.device_blocks(device);
        if number >= blocks {
            return Ok(None);
        }
        let ahead = number + 1..blocks.min(number + 1 + READ_AHEAD);
        self.breada(device, number, ahead).map(Some)
    }

    /// Writes from `position` on, and moves it.
    pub(crate) fn block_write(
        &'fs self,
        device: Device,
        position: &mut u32,
        buffer: &mut dyn UserBuffer,
    ) -> Result<()> {
        let blocks = self.platform.device_blocks(device);
        while buffer.remaining() != 0 {
            let (offset, len) = part_of_block(*position, buffer.remaining());
            let number = *position / BLOCK_SIZE as u32;
            let next = position.checked_add(len as u32).filter(|_| number < blocks);
            let next = next.ok_or(Errno::ENOSPC)?;
            buffer.prepare(len)?;
            if len == BLOCK_SIZE {
                self.getblk(device, number)
                    .overwrite(|data| buffer.get(data));
            } else {
                let block = self.bread(device, number)?;
                buffer.get(&mut block.data()[offset..offset + len]);
                block.mark_dirty();
            }
            // It may have been in a program's file.
            self.tables.old_text.copy_from(&self.tables.last_text);
            // It may be a block of a directory.
            self.tables.names.with(|names| names.name_set.forget());
            *position = next;
        }
        Ok(())
    }
}
