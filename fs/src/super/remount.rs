// SPDX-License-Identifier: GPL-2.0-or-later
//! What is mounted for reading becomes writable, and back (0.11 has no such call;
//! it is that of Linux 0.99).
//!
//! Root that was not left clean is mounted for reading, `fsck` repairs it through
//! the device, and [`Fs::sys_remount`] lets it be written. What is in buffers is
//! then as `fsck` has left it, since the device has the same buffers: blocks of
//! files and directories, the super block, the bitmaps. What was copied out of
//! buffers may be stale:
//!
//! * the numbers of the super block: if they changed, nothing is where it was;
//! * inodes in memory. Those that nobody uses are forgotten, those in use are read
//!   again: that of the root directory always is, and the repair may have put
//!   `lost+found` there. One that was removed, or is something else by now, can't be
//!   exchanged below those who use it.
//!
//! Where one of these changed, the answer is `EBUSY`, nothing may be written, and
//! the machine is to be started again.

use super::{Access, SuperBlock};
use crate::Fs;
use crate::FsTask;
use crate::layout::{DiskInode, DiskSuper, Geometry};
use abi::sys::stat::{S_IFDIR, S_IFLNK, S_IFMT, S_IFREG};
use abi::sys::types::Device;
use abi::{Errno, Result};
use core::sync::atomic::Ordering::{Acquire, Release};

impl<'fs> Fs<'fs> {
    /// Mounts again, for reading only or for writing, what is mounted on the
    /// directory that `path` names, or from that device. Super-user only.
    ///
    /// For reading only: `EBUSY` while a file is open for writing, or one that was
    /// removed is still open. For writing: `EBUSY` if what is in use is not what is
    /// on the disk, and `EROFS` if errors were found while it was writable.
    pub fn sys_remount(&'fs self, task: &FsTask<'fs>, path: &[u8], read_only: bool) -> Result<()> {
        let device = self.mounted_device(task, path)?;
        let _mount = self.tables.mount_lock.hold(self.platform);
        let (_, block) = self.get_super(device).ok_or(Errno::EINVAL)?;
        match (block.is_read_only(), read_only) {
            (false, true) => self.forbid_writing(block),
            (true, false) => self.allow_writing(block),
            _ => Ok(()),
        }
    }

    fn forbid_writing(&'fs self, block: &SuperBlock) -> Result<()> {
        let device = block.device();
        let is_busy = || self.is_open_for_writing(device) || self.has_nameless_inode(device);
        if is_busy() {
            return Err(Errno::EBUSY);
        }
        let stopped = self.stop_writing(block);
        // Others may have opened a file meanwhile.
        if stopped.is_err() || is_busy() || !self.is_all_freed(block) {
            let has_damage = block.has_damage.load(Acquire);
            block.read_only.store(has_damage, Release);
            return stopped.and(Err(Errno::EBUSY));
        }
        block.was_writable.store(false, Release);
        self.end_use(block)
    }

    fn allow_writing(&'fs self, block: &SuperBlock) -> Result<()> {
        let device = block.device();
        let is_lost = block.was_writable.load(Acquire) && block.has_damage.load(Acquire);
        if is_lost || block.is_gone.load(Acquire) {
            return Err(Errno::EROFS);
        }
        if !self.is_geometry_of(block) {
            return Err(Errno::EBUSY);
        }
        self.read_used_inodes(block)?;
        self.forget_unused_inodes(device);
        let mut state = block.state.lock();
        (state.inode_hint, state.zone_hint) = (1, 1);
        state.freed.clear();
        drop(state);
        block.has_damage.store(false, Release);
        self.begin_use(block, Access::Write);
        match block.is_read_only() {
            true => Err(Errno::EROFS),
            false => Ok(()),
        }
    }

    /// Whether the super block on the disk still has the numbers that were taken
    /// from it.
    fn is_geometry_of(&self, block: &SuperBlock) -> bool {
        let state = block.state.lock();
        let head = self.buffer_head(state.super_buffer);
        let disk = head.map(|head| DiskSuper::parse(&head.data()));
        let blocks = self.platform.device_blocks(block.device());
        disk.is_some_and(|disk| Geometry::check(&disk, blocks) == Ok(state.geometry))
    }

    /// Reads the inodes in use again. `EBUSY` if one was removed, or became another
    /// kind of file or another device.
    fn read_used_inodes(&'fs self, block: &SuperBlock) -> Result<()> {
        for slot in &self.tables.inode_slots {
            let Some(inode) = self.used_inode(slot, block.device()) else {
                continue;
            };
            // Not in the midst of a read or a walk.
            let inode = inode.lock();
            let (place, offset) = block.geometry().inode_place(inode.number());
            let buffer = self.bread(block.device(), place)?;
            let new = DiskInode::parse(&buffer.data(), offset);
            let mut state = inode.state();
            let kind = |disk: &DiskInode| disk.mode & S_IFMT;
            let is_device = !matches!(kind(&new), S_IFREG | S_IFDIR | S_IFLNK);
            let is_other_device = is_device && new.zones[0] != state.disk.zones[0];
            if kind(&new) != kind(&state.disk) || new.nlinks == 0 || is_other_device {
                return Err(Errno::EBUSY);
            }
            state.disk = new;
        }
        Ok(())
    }

    /// Whether a file of the device is open for writing. What a device node or a
    /// named pipe takes is not written to the device that it is on.
    fn is_open_for_writing(&self, device: Device) -> bool {
        self.tables.files.any_writable(|place| {
            let slot = self.tables.inode_slots.get(place as usize);
            slot.is_some_and(|slot| slot.device() == device)
        })
    }
}
