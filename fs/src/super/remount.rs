// SPDX-License-Identifier: GPL-2.0-or-later
//! A read-only file system becomes writable, and back (0.11 has no such call; this
//! is that of Linux 0.99).
//!
//! A root that was not unmounted cleanly is mounted read-only, `fsck` repairs it
//! through the device, and [`Fs::sys_remount`] makes it writable. All buffers are
//! then as `fsck` has left them, since the device has the same buffers: blocks of
//! files and directories, the super block, the bitmaps. But copies of what is in
//! buffers may be stale:
//!
//! * the numbers of the super block: if they changed, nothing is at its old place;
//! * inodes in memory. Those that nobody uses are forgotten, those in use are read
//!   again: that of the root directory always is, and the repair may have put
//!   `lost+found` there. One that was removed, or is something else by now, can't be
//!   exchanged below those who use it.
//!
//! If one of these changed, the result is `EBUSY`, nothing can be written, and the
//! machine has to be restarted.

use super::{Access, SuperBlock};
use crate::Fs;
use crate::FsTask;
use crate::layout::{DiskInode, DiskSuper, Geometry};
use abi::sys::stat::{S_IFDIR, S_IFLNK, S_IFMT, S_IFREG};
use abi::sys::types::Device;
use abi::{Errno, Result};

impl<'fs> Fs<'fs> {
    /// Mounts again, for reading only or for writing, what is mounted on the
    /// directory that `path` names, or from that device. Super-user only.
    ///
    /// For reading only: `EBUSY` while a file is open for writing, or a removed
    /// file is still open. For writing: `EBUSY` if an inode in use differs from the
    /// disk, and `EROFS` if errors were found while it was writable.
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
            let has_damage = block.has_damage.get();
            block.read_only.set(has_damage);
            return stopped.and(Err(Errno::EBUSY));
        }
        block.was_writable.set(false);
        self.end_use(block)
    }

    fn allow_writing(&'fs self, block: &SuperBlock) -> Result<()> {
        let device = block.device();
        let is_lost = block.was_writable.get() && block.has_damage.get();
        if is_lost || block.is_gone.get() {
            return Err(Errno::EROFS);
        }
        if !self.is_geometry_of(block) {
            return Err(Errno::EBUSY);
        }
        self.read_used_inodes(block)?;
        self.forget_unused_inodes(device);
        block.has_damage.set(false);
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
            // The lock waits for the end of a read or a path walk.
            let inode = inode.lock();
            let (table_block, offset) = block.geometry().inode_place(inode.number());
            let buffer = self.bread(block.device(), table_block)?;
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

    /// Whether a file of the device is open for writing. Device nodes and named
    /// pipes do not count: what they take is not written to their device.
    fn is_open_for_writing(&self, device: Device) -> bool {
        self.tables.files.any_writable(|index| {
            let slot = self.tables.inode_slots.get(index as usize);
            slot.is_some_and(|slot| slot.device() == device)
        })
    }
}
