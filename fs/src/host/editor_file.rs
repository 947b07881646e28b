// SPDX-License-Identifier: GPL-2.0-or-later
//! A file that an [`Editor`] has open, read and written piece by piece.

use super::Editor;
use crate::layout::{
    BLOCK_SIZE, DIRECT_ZONES, DOUBLE_INDIRECT, INDIRECT, ZONES_PER_BLOCK, Zone, u16_at,
};
use crate::seam::{ReadInto, UserBuffer, WriteFrom};
use lib::Result;
use lib::unistd::SEEK_SET;

const BLOCK: u32 = BLOCK_SIZE as u32;

/// An open file; closed when it is dropped.
pub struct EditorFile<'a, 'fs> {
    pub(super) editor: &'a Editor<'fs>,
    pub(super) fd: u32,
}

impl EditorFile<'_, '_> {
    /// Bytes of the file.
    pub fn size(&self) -> u32 {
        let file = self.editor.task.file(self.fd);
        file.map_or(0, |file| file.inode().size())
    }

    /// Where, at `position` or behind it, the next block begins that is no hole;
    /// `None` if there is none. What can't be found out counts as no hole.
    pub fn next_data(&self, position: u32) -> Option<u32> {
        let file = self.editor.task.file(self.fd).ok()?;
        let inode = file.inode();
        let end = inode.size().div_ceil(BLOCK);
        let mut block = position / BLOCK;
        while block < end {
            if !matches!(inode.bmap(block), Ok(zone) if zone.is_hole()) {
                return Some(position.max(block * BLOCK));
            }
            block = self.behind_hole(&inode.state().disk.zones, block);
        }
        None
    }

    /// How many blocks it takes, those of its lists of zones too.
    pub fn blocks(&self) -> u32 {
        let mut count = 0;
        let mut position = 0;
        while let Some(data) = self.next_data(position) {
            count += 1;
            position = (data / BLOCK + 1) * BLOCK;
        }
        let Ok(file) = self.editor.task.file(self.fd) else {
            return count;
        };
        let zones = file.inode().state().disk.zones;
        let double = zones[DOUBLE_INDIRECT];
        count += u32::from(!zones[INDIRECT].is_hole()) + u32::from(!double.is_hole());
        match self.editor.fs.bread(self.editor.device, double.block()) {
            Ok(lists) if !double.is_hole() => {
                let lists = lists.data();
                let is_there = |list: &u32| u16_at(&lists[..], 2 * *list as usize) != 0;
                count + (0..ZONES_PER_BLOCK).filter(is_there).count() as u32
            }
            _ => count,
        }
    }

    /// The next block after `block`, a hole, that may be none: the whole of a list
    /// that is not there is passed at once.
    fn behind_hole(&self, zones: &[Zone; DOUBLE_INDIRECT + 1], block: u32) -> u32 {
        const DOUBLE: u32 = DIRECT_ZONES + ZONES_PER_BLOCK;
        match block {
            ..DIRECT_ZONES => block + 1,
            DIRECT_ZONES..DOUBLE if zones[INDIRECT].is_hole() => DOUBLE,
            DIRECT_ZONES..DOUBLE => block + 1,
            _ if zones[DOUBLE_INDIRECT].is_hole() => u32::MAX,
            _ => {
                let list = (block - DOUBLE) / ZONES_PER_BLOCK;
                let lists = zones[DOUBLE_INDIRECT].block();
                match self.editor.fs.bread(self.editor.device, lists) {
                    Ok(lists) if u16_at(&lists.data()[..], 2 * list as usize) == 0 => {
                        DOUBLE + (list + 1) * ZONES_PER_BLOCK
                    }
                    _ => block + 1,
                }
            }
        }
    }

    /// Reads from `position` on; less than was asked for where the rest can't be
    /// read, and nothing at the end.
    pub fn read_at(&self, position: u32, bytes: &mut [u8]) -> Result<usize> {
        self.seek(position)?;
        let task = &self.editor.task;
        self.editor.fs.sys_read(task, self.fd, &mut ReadInto(bytes))
    }

    /// Writes all `bytes` from `position` on.
    pub fn write_at(&self, position: u32, bytes: &[u8]) -> Result<()> {
        self.seek(position)?;
        let mut rest = WriteFrom(bytes);
        while rest.remaining() != 0 {
            let task = &self.editor.task;
            self.editor.fs.sys_write(task, self.fd, &mut rest)?;
        }
        Ok(())
    }

    fn seek(&self, position: u32) -> Result<()> {
        let position = i32::try_from(position).map_err(|_| lib::Errno::EFBIG)?;
        let (fs, task) = (self.editor.fs, &self.editor.task);
        fs.sys_lseek(task, self.fd, position, SEEK_SET).map(drop)
    }
}

impl Drop for EditorFile<'_, '_> {
    fn drop(&mut self) {
        // It is open, and closing writes nothing.
        let _ = self.editor.fs.sys_close(&self.editor.task, self.fd);
    }
}
