// SPDX-License-Identifier: GPL-2.0-or-later
//! Handles on inodes, and the fields behind them.

use super::{InodeSlot, InodeState};
use crate::buffer::Rank;
use crate::layout::{BLOCK_SIZE, DiskInode, InodeNumber, MAX_FILE_SIZE, Zone};
use crate::pipe::Pipe;
use crate::{Fs, printk};
use abi::sys::stat::{S_IFMT, S_ISBLK, S_ISCHR, S_ISDIR};
use abi::sys::types::Device;
use abi::{Errno, Result};
use core::ops::Deref;
use sync::LockGuard;

/// A handle on an inode. Dropping it is `iput`, which may sleep.
pub struct Inode<'fs> {
    pub(crate) fs: &'fs Fs<'fs>,
    pub(crate) slot: &'fs InodeSlot,
}

/// An inode whose operation lock is held until this is dropped.
pub struct LockedInode<'a, 'fs>(&'a Inode<'fs>);

impl<'fs> Deref for LockedInode<'_, 'fs> {
    type Target = Inode<'fs>;
    fn deref(&self) -> &Inode<'fs> {
        self.0
    }
}

impl Drop for LockedInode<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        self.slot.lock.unlock(self.fs.platform);
    }
}

impl Clone for Inode<'_> {
    #[inline]
    fn clone(&self) -> Self {
        let Inode { fs, slot } = *self;
        fs.tables.inodes.with(|table| fs.count_slot(table, slot))
    }
}

impl Drop for Inode<'_> {
    #[inline]
    fn drop(&mut self) {
        Fs::iput(self);
    }
}

/// Two handles are equal if they are on the same inode.
impl PartialEq for Inode<'_> {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self.slot, other.slot)
    }
}

impl<'fs> Inode<'fs> {
    /// The device it is on; [`Device::NONE`] for a pipe.
    #[inline(always)]
    pub fn device(&self) -> Device {
        self.slot.device()
    }

    /// Its number on the device.
    #[inline(always)]
    pub fn number(&self) -> InodeNumber {
        self.slot.number()
    }

    /// Type and permissions (`abi::sys::stat`).
    #[inline]
    pub fn mode(&self) -> u16 {
        self.slot.disk().mode
    }

    /// Bytes.
    #[inline]
    pub fn size(&self) -> u32 {
        self.slot.disk().size
    }

    /// The owner.
    pub fn uid(&self) -> u16 {
        self.slot.disk().uid
    }

    /// The group.
    pub fn gid(&self) -> u8 {
        self.slot.disk().gid
    }

    /// How many names it has.
    pub fn nlinks(&self) -> u8 {
        self.slot.disk().nlinks
    }

    /// The device that a device node stands for (0.11: `i_zone[0]`).
    pub fn rdev(&self) -> Device {
        let disk = self.slot.disk();
        match S_ISBLK(disk.mode) || S_ISCHR(disk.mode) {
            true => Device(disk.zones[0].0),
            false => Device::NONE,
        }
    }

    /// Whether its file system may not be written.
    pub fn is_read_only(&self) -> bool {
        let block = self.fs.super_block(self.super_index());
        block.is_none_or(|block| block.is_read_only())
    }

    /// Takes its operation lock. May sleep.
    #[inline]
    pub fn lock(&self) -> LockedInode<'_, 'fs> {
        self.slot.lock.lock(self.fs.platform);
        LockedInode(self)
    }

    /// Its fields. Do not sleep while the guard lives.
    #[inline(always)]
    pub(crate) fn state(&self) -> LockGuard<'fs, InodeState> {
        self.slot.state()
    }

    /// Calls `work` with its fields, as [`sync::Lock::with`] does.
    #[inline(always)]
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut InodeState) -> R) -> R {
        self.slot.state.with(work)
    }

    /// Changes its fields, which will be written to the disk.
    pub(crate) fn update<R>(&self, change: impl FnOnce(&mut InodeState) -> R) -> R {
        self.with(|state| {
            let result = change(state);
            self.slot.dirty.set(true);
            result
        })
    }

    /// As [`Inode::update`], and notes that it was changed now.
    pub(crate) fn change(&self, change: impl FnOnce(&mut InodeState)) {
        let now = self.fs.current_time();
        self.update(|state| {
            state.ctime = now;
            change(state);
        });
    }

    #[inline(always)]
    pub(crate) fn super_index(&self) -> u32 {
        self.slot.super_index.get()
    }

    /// Whether a file of its device may have the zone.
    #[inline(always)]
    pub(crate) fn may_have(&self, zone: Zone) -> bool {
        (self.slot.first_zone.get()..self.slot.end_zone.get()).contains(&zone.block())
    }

    pub(crate) fn pipe(&self) -> &'fs Pipe {
        &self.slot.pipe
    }

    /// Whether the root of another device covers it.
    #[inline(always)]
    pub(crate) fn is_covered(&self) -> bool {
        self.slot.is_covered()
    }

    /// The index of the super block whose root covers it.
    pub(crate) fn mounted(&self) -> Option<u32> {
        self.slot.mounted.get().checked_sub(1)
    }

    /// Sets it; the inode table is locked.
    pub(crate) fn set_mounted(&self, index: Option<u32>) {
        self.slot.mounted.set(index.map_or(0, |index| index + 1));
        self.fs.forget_paths();
    }

    /// Keeps it counted without a handle, until [`Fs::inode_from_raw`].
    pub(crate) fn into_raw(self) -> u32 {
        let index = self.slot.index.get();
        core::mem::forget(self);
        index
    }

    /// Copies it to its block of the inode table, if it was changed (0.11: `write_inode`).
    pub(crate) fn write(&self) -> Result<()> {
        let Inode { fs, slot } = *self;
        // If it has no file system, it was freed a moment ago.
        let Some(block) = (fs.super_block(self.super_index())).filter(|_| slot.dirty.get()) else {
            return Ok(());
        };
        let (block, offset) = block.geometry().inode_place(slot.number());
        let written = fs.change_in_order(slot.device(), block, Rank::Inodes, move |head| {
            slot.state.with(|state| {
                // Another task may have freed or written it while the block was read.
                if slot.dirty.replace(false) {
                    head.with_data(|data| state.disk.store(data, offset));
                }
            });
        });
        written.inspect_err(|_| {
            printk!(fs, "{}: inode {} is lost\n", slot.device(), slot.number());
            slot.dirty.set(false);
        })
    }
}

impl<'fs> Inode<'fs> {
    /// Fills in the fields from the disk (0.11: `read_inode`).
    pub(super) fn read(&self) -> Result<()> {
        let _guard = self.slot.lock.hold(self.fs.platform);
        if self.slot.valid.get() {
            return Ok(());
        }
        let block = self.fs.super_block(self.super_index()).ok_or(Errno::EIO)?;
        let (geometry, number) = (block.geometry(), self.number());
        let (table_block, offset) = geometry.inode_place(number);
        let buffer = self.fs.bread(self.device(), table_block)?;
        let mut disk = DiskInode::parse(&buffer.data(), offset);
        drop(buffer);
        if !self.fs.inode_in_use(block, number) || disk.mode & S_IFMT == 0 {
            let what = format_args!("a directory entry for inode {number}, which is free");
            return Err(self.fs.fs_error(self.device(), what));
        }
        // A directory has no holes, so it can't be larger than its device.
        let largest = if S_ISDIR(disk.mode) {
            u32::from(geometry.nzones) * BLOCK_SIZE as u32
        } else {
            MAX_FILE_SIZE
        };
        if disk.size > largest {
            let what = format_args!("inode {number} has size {}", disk.size);
            self.fs.fs_error(self.device(), what);
            disk.size = largest;
        }
        *self.state() = InodeState::new(disk, disk.time);
        // They may be known since it was in memory before.
        self.slot.note_known_name();
        self.slot.valid.set(true);
        Ok(())
    }
}
