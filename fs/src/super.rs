// SPDX-License-Identifier: GPL-2.0-or-later
//! Mounted file systems (0.11: `fs/super.c`).
//!
//! [`Fs::mount_root`] mounts the first device and gives a task its root.
//! [`Fs::sys_mount`] covers a directory with the root of another device: a path
//! that leads to the directory gets to that root ([`Fs::cross_mount`]), and `..` of
//! that root leads to the directory's parent ([`Fs::uncross_mount`]).
//! [`Fs::sys_umount`] undoes this when nobody uses the device. [`Fs::sys_remount`]
//! makes a read-only file system writable, and back.
//!
//! The super block and the bitmaps of a mounted device stay in their buffers. Only one
//! word of the super block is ever written, the state of the file system: [`state`]. If
//! the disk has something impossible, the file system reports it and goes on without
//! writing ([`Fs::fs_error`]).

#[path = "super/remount.rs"]
mod remount;
#[path = "super/state.rs"]
mod state;

use crate::bitmap::{Freed, Spare};
use crate::buffer::{Buffer, Scope};
use crate::inode::{Inode, InodeSlot};
use crate::layout::{BadSuper, DiskSuper, Geometry, MAP_SLOTS, ROOT_INODE, SUPER_BLOCK};
use crate::{Fs, FsTask, printk};
use abi::sys::stat::{S_ISBLK, S_ISDIR};
use abi::sys::types::Device;
use abi::{Errno, Result};
use core::fmt;
use sync::{Lock, TaskCell};

/// Stands for no inode in a field that has an index in the inode table.
const NO_INODE: u32 = u32::MAX;

/// A mounted file system (0.11: `struct super_block`).
pub struct SuperBlock {
    /// Its device, 0 for a free slot. Changes under the mount lock and the
    /// inode table's lock.
    device: TaskCell<u32>,
    read_only: TaskCell<bool>,
    /// It was writable since it was mounted, or since everything was written.
    was_writable: TaskCell<bool>,
    /// Another medium is in its drive now.
    is_gone: TaskCell<bool>,
    /// This system may change the state on the disk.
    keeps_state: TaskCell<bool>,
    /// It was valid when it was mounted, and nothing has been left to `fsck`.
    is_valid: TaskCell<bool>,
    /// Something on the disk is impossible.
    has_damage: TaskCell<bool>,
    /// The inode of its root directory (0.11: `s_isup`), and the one that it covers
    /// (0.11: `s_imount`). Each is counted. They are guarded like `device`.
    root: TaskCell<u32>,
    covered: TaskCell<u32>,
    /// Bytes of a directory entry, as its geometry says.
    entry_size: TaskCell<u32>,
    /// Bytes of its largest file, as its geometry says.
    pub(crate) max_size: TaskCell<u32>,
    pub(crate) state: Lock<SuperState>,
}

/// How a device is mounted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading only.
    Read,
    /// Reading and writing.
    Write,
    /// Reading and writing if it was unmounted cleanly. Otherwise `fsck` has to
    /// check it before anything is written.
    WriteIfClean,
}

/// What is known of a mounted file system.
pub(crate) struct SuperState {
    pub(crate) geometry: Geometry,
    /// The buffer of the super block, counted.
    super_buffer: u32,
    /// The buffers of the bitmaps (0.11: `s_imap`, `s_zmap`), counted.
    pub(crate) inode_map: [u32; MAP_SLOTS],
    pub(crate) zone_map: [u32; MAP_SLOTS],
    /// Where the search for a free bit begins.
    pub(crate) inode_hint: u32,
    pub(crate) zone_hint: u32,
    pub(crate) spare: Spare,
    pub(crate) freed: Freed,
}

impl SuperBlock {
    /// A free slot.
    pub(crate) const fn new() -> SuperBlock {
        SuperBlock {
            device: TaskCell::new(0),
            read_only: TaskCell::new(false),
            was_writable: TaskCell::new(false),
            is_gone: TaskCell::new(false),
            keeps_state: TaskCell::new(false),
            is_valid: TaskCell::new(false),
            has_damage: TaskCell::new(false),
            root: TaskCell::new(0),
            covered: TaskCell::new(0),
            entry_size: TaskCell::new(0),
            max_size: TaskCell::new(0),
            state: Lock::new(SuperState {
                geometry: Geometry::NONE,
                super_buffer: 0,
                inode_map: [0; MAP_SLOTS],
                zone_map: [0; MAP_SLOTS],
                inode_hint: 0,
                zone_hint: 0,
                spare: Spare::NONE,
                freed: Freed::new(),
            }),
        }
    }

    pub(crate) fn device(&self) -> Device {
        Device(self.device.get() as u16)
    }

    /// Whether nothing may be changed on it.
    #[inline(always)]
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only.get()
    }

    pub(crate) fn geometry(&self) -> Geometry {
        self.state.lock().geometry
    }

    /// What nobody refers to stays in use on it, as it can't be written: it is not
    /// valid any more.
    pub(crate) fn leave_to_fsck(&self) {
        self.is_valid.set(false);
    }

    /// Bytes of a directory entry.
    #[inline]
    pub(crate) fn entry_size(&self) -> usize {
        self.entry_size.get() as usize
    }
}

impl<'fs> Fs<'fs> {
    /// The super block of a mounted device, and its index.
    pub(crate) fn get_super(&self, device: Device) -> Option<(u32, &'fs SuperBlock)> {
        let mut supers = (0..).zip(&self.tables.supers);
        supers.find(|(_, block)| block.device() == device && !device.is_none())
    }

    /// The numbers of a mounted device's super block.
    pub fn geometry(&self, device: Device) -> Option<Geometry> {
        self.get_super(device).map(|(_, block)| block.geometry())
    }

    /// The super block at an index of the table.
    #[inline(always)]
    pub(crate) fn super_block(&self, index: u32) -> Option<&'fs SuperBlock> {
        self.tables.supers.get(index as usize)
    }

    /// Reports something impossible on a device. From now on nobody can write to
    /// the file system, but it can still be read. Returns `EIO`, the error of the call.
    pub(crate) fn fs_error(&self, device: Device, what: fmt::Arguments<'_>) -> Errno {
        printk!(self, "file system error on {device}: {what}\n");
        if let Some((_, block)) = self.get_super(device) {
            block.has_damage.set(true);
            if !block.read_only.replace(true) {
                printk!(self, "{device} is read-only from now on; run fsck\n");
            }
        }
        Errno::EIO
    }

    /// Takes a free slot for a device and reads its super block and bitmaps.
    /// The mount lock is held.
    fn read_super(&'fs self, device: Device) -> Result<&'fs SuperBlock> {
        self.check_disk_change(device);
        if self.get_super(device).is_some() {
            return Err(Errno::EBUSY);
        }
        let (_, block) = self.get_super_slot().ok_or(Errno::ENFILE)?;
        let (buffer, geometry) = self.read_geometry(device)?;
        let inode_map = self.read_map(device, geometry.inode_map(), geometry.imap_blocks)?;
        let zone_map = match self.read_map(device, geometry.zone_map(), geometry.zmap_blocks) {
            Ok(map) => map,
            Err(error) => {
                self.release_map(&inode_map, geometry.imap_blocks);
                return Err(error);
            }
        };
        let mut state = block.state.lock();
        state.geometry = geometry;
        state.super_buffer = buffer.into_raw();
        (state.inode_map, state.zone_map) = (inode_map, zone_map);
        (state.inode_hint, state.zone_hint) = (1, 1);
        state.spare = Spare::NONE;
        state.freed.clear();
        drop(state);
        block.read_only.set(true);
        block.was_writable.set(false);
        block.keeps_state.set(false);
        block.has_damage.set(false);
        block.root.set(NO_INODE);
        block.covered.set(NO_INODE);
        block.entry_size.set(geometry.entry_size() as u32);
        block.max_size.set(geometry.max_size);
        let _table = self.tables.inodes.lock();
        block.device.set(u32::from(device.0));
        Ok(block)
    }

    fn get_super_slot(&self) -> Option<(u32, &'fs SuperBlock)> {
        (0..)
            .zip(&self.tables.supers)
            .find(|(_, block)| block.device().is_none())
    }

    fn read_geometry(&'fs self, device: Device) -> Result<(Buffer<'fs>, Geometry)> {
        let blocks = self.platform.device_blocks(device);
        if blocks == 0 {
            return Err(Errno::ENXIO);
        }
        let buffer = self.bread(device, SUPER_BLOCK)?;
        let disk = DiskSuper::parse(&buffer.data());
        let geometry = Geometry::check(&disk, blocks).map_err(|problem: BadSuper| {
            printk!(self, "{device}: {problem}\n");
            Errno::EINVAL
        })?;
        Ok((buffer, geometry))
    }

    /// Reads a bitmap; its buffers stay in use.
    fn read_map(&'fs self, device: Device, first: u32, count: u16) -> Result<[u32; MAP_SLOTS]> {
        let mut map = [0; MAP_SLOTS];
        for slot in 0..count {
            match self.bread(device, first + u32::from(slot)) {
                Ok(buffer) => map[usize::from(slot)] = buffer.into_raw(),
                Err(error) => {
                    self.release_map(&map, slot);
                    return Err(error);
                }
            }
        }
        Ok(map)
    }

    /// Gives back the first buffers of a list of numbers.
    fn release_map(&self, map: &[u32], count: u16) {
        let numbers = map.iter().take(usize::from(count));
        numbers
            .filter_map(|number| self.buffer_head(*number))
            .for_each(|head| self.brelse(head));
    }

    /// Gives up a super block. Nobody may use an inode of the device.
    fn free_super(&self, block: &SuperBlock) {
        let device = block.device();
        let table = self.tables.inodes.lock();
        block.device.set(0);
        drop(table);
        let mut state = block.state.lock();
        let (inode_map, zone_map, geometry) = (state.inode_map, state.zone_map, state.geometry);
        let super_buffer = state.super_buffer;
        state.geometry = Geometry::NONE;
        // These buffers may get other blocks.
        state.spare = Spare::NONE;
        drop(state);
        self.release_map(&[super_buffer], 1);
        self.release_map(&inode_map, geometry.imap_blocks);
        self.release_map(&zone_map, geometry.zmap_blocks);
        if block.is_gone.replace(false) {
            // These buffers were kept because they were in use.
            self.invalidate_buffers(device);
        }
    }

    /// Mounts a device without covering a directory yet. Returns its super block
    /// and root directory.
    fn mount_device(
        &'fs self,
        device: Device,
        access: Access,
    ) -> Result<(&'fs SuperBlock, Inode<'fs>)> {
        let block = self.read_super(device)?;
        match self.iget(device, ROOT_INODE) {
            Ok(root) if S_ISDIR(root.mode()) => {
                self.begin_use(block, access);
                Ok((block, root))
            }
            other => {
                // The handle of a root that is no directory is dropped first.
                let error = other.err().unwrap_or(Errno::EINVAL);
                printk!(self, "{device}: no root directory\n");
                self.invalidate_inodes(device);
                self.free_super(block);
                Err(error)
            }
        }
    }

    /// Mounts the root file system for writing and makes its root directory the
    /// root and working directory of `task`.
    pub fn mount_root(&'fs self, device: Device, task: &FsTask<'fs>) -> Result<()> {
        self.mount_root_for(device, task, Access::Write)
    }

    /// As [`Fs::mount_root`], but mounts as `access` says.
    pub fn mount_root_for(
        &'fs self,
        device: Device,
        task: &FsTask<'fs>,
        access: Access,
    ) -> Result<()> {
        let _mount = self.tables.mount_lock.hold(self.platform);
        let (block, root) = self.mount_device(device, access)?;
        task.set_root(root.clone());
        task.set_pwd(root.clone());
        block.root.set(root.into_raw());
        let geometry = block.geometry();
        let (zones, inodes) = self.count_free(block);
        printk!(self, "{zones}/{} free blocks\n", geometry.nzones);
        printk!(self, "{inodes}/{} free inodes\n", geometry.ninodes);
        Ok(())
    }

    /// Unmounts the root file system; only the host does this. `EBUSY` if a task
    /// still has one of its files or directories.
    pub fn umount_root(&'fs self, device: Device) -> Result<()> {
        let _mount = self.tables.mount_lock.hold(self.platform);
        self.umount_device(device)
    }

    /// Mounts the file system on the block device that `device_path` names
    /// over the directory that `path` names.
    pub fn sys_mount(
        &'fs self,
        task: &FsTask<'fs>,
        device_path: &[u8],
        path: &[u8],
        read_only: bool,
    ) -> Result<()> {
        let device = self.block_device(task, device_path)?;
        let _mount = self.tables.mount_lock.hold(self.platform);
        let directory = self.namei(task, path)?;
        if !S_ISDIR(directory.mode()) {
            return Err(Errno::ENOTDIR);
        }
        if directory.number() == ROOT_INODE {
            return Err(Errno::EBUSY);
        }
        let access = if read_only {
            Access::Read
        } else {
            Access::Write
        };
        let (block, root) = self.mount_device(device, access)?;
        self.cover(directory, block, root).inspect_err(|_| {
            // The first error is the one that is returned.
            let _ = self.umount_device(device);
        })
    }

    /// Covers a directory with the root of a device that was mounted just now.
    /// `EBUSY` if a task is in it, which would stay below that root; `ENOENT` if it
    /// was removed meanwhile.
    fn cover(&'fs self, directory: Inode<'fs>, block: &SuperBlock, root: Inode<'fs>) -> Result<()> {
        // The lock keeps all tasks from the directory between the check and the
        // mark.
        let table = self.tables.inodes.lock();
        let problem = match (directory.slot.count(), directory.nlinks()) {
            (_, 0) => Some(Errno::ENOENT),
            (1, _) => None,
            _ => Some(Errno::EBUSY),
        };
        if let Some(error) = problem {
            // Dropping the handles locks the table.
            drop(table);
            return Err(error);
        }
        let index = (0..)
            .zip(&self.tables.supers)
            .find(|(_, it)| core::ptr::eq(*it, block));
        directory.set_mounted(index.map(|(index, _)| index));
        block.root.set(root.into_raw());
        block.covered.set(directory.into_raw());
        Ok(())
    }

    /// Unmounts the block device that `path` names, or the one whose root
    /// directory it names. `EBUSY` while somebody uses it.
    pub fn sys_umount(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<()> {
        let device = self.mounted_device(task, path)?;
        let _mount = self.tables.mount_lock.hold(self.platform);
        let (_, block) = self.get_super(device).ok_or(Errno::EINVAL)?;
        if block.covered.get() == NO_INODE {
            return Err(Errno::EBUSY);
        }
        self.umount_device(device)
    }

    fn umount_device(&'fs self, device: Device) -> Result<()> {
        let (_, block) = self.get_super(device).ok_or(Errno::EINVAL)?;
        let (root, covered) = self.detach(block)?;
        drop(root);
        drop(covered);
        let synced = self.sync_inodes(Scope::device(device));
        self.invalidate_inodes(device);
        let mut synced = self.sync_dev(device).and(synced);
        if synced.is_ok() {
            synced = self.end_use(block);
        }
        self.free_super(block);
        synced
    }

    /// Makes the device unreachable if nobody uses it. Returns the handles that its
    /// super block kept: of its root, and of the directory that it covers.
    fn detach(&'fs self, block: &SuperBlock) -> Result<(Option<Inode<'fs>>, Option<Inode<'fs>>)> {
        let table = self.tables.inodes.lock();
        let used = |slot: &&InodeSlot| slot.device() == block.device();
        let users: u32 = self
            .tables
            .inode_slots
            .iter()
            .filter(used)
            .map(InodeSlot::count)
            .sum();
        let own = u32::from(block.root.get() != NO_INODE);
        if users > own {
            return Err(Errno::EBUSY);
        }
        let root = self.inode_from_raw(block.root.get());
        let covered = self.inode_from_raw(block.covered.get());
        if let Some(directory) = &covered {
            directory.set_mounted(None);
        }
        block.root.set(NO_INODE);
        block.covered.set(NO_INODE);
        drop(table);
        Ok((root, covered))
    }

    /// Unmounts a device whose medium is gone, even if data are lost (0.11:
    /// `put_super`). If somebody still uses it, nothing is written any more, since
    /// another medium may be there.
    pub(crate) fn put_super(&'fs self, device: Device) {
        let Some((_, block)) = self.get_super(device) else {
            return;
        };
        printk!(
            self,
            "{device}: the disk was changed while it was mounted\n"
        );
        if let Ok((root, covered)) = self.detach(block) {
            drop(root);
            drop(covered);
            self.invalidate_inodes(device);
            self.free_super(block);
        } else {
            block.is_gone.set(true);
            block.keeps_state.set(false);
            block.read_only.set(true);
        }
    }

    fn block_device(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<Device> {
        if !task.is_superuser() {
            return Err(Errno::EPERM);
        }
        block_device_of(&self.namei(task, path)?)
    }

    /// The device that `umount` of a path means. The path leads to the root
    /// directory of the mounted device, not to the directory that it covers.
    fn mounted_device(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<Device> {
        if !task.is_superuser() {
            return Err(Errno::EPERM);
        }
        let inode = self.namei(task, path)?;
        match inode.number() {
            _ if !S_ISDIR(inode.mode()) => block_device_of(&inode),
            ROOT_INODE => Ok(inode.device()),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Goes from a directory that is covered to the root that covers it.
    #[inline]
    pub(crate) fn cross_mount(&'fs self, mut inode: Inode<'fs>) -> Inode<'fs> {
        while inode.is_covered() {
            let table = self.tables.inodes.lock();
            let root = inode
                .mounted()
                .and_then(|index| self.super_block(index))
                .and_then(|block| self.share_inode(&table, block.root.get()));
            drop(table);
            match root {
                Some(root) => inode = root,
                None => break,
            }
        }
        inode
    }

    /// Goes from the root of a mounted device to the directory that it covers.
    pub(crate) fn uncross_mount(&'fs self, mut inode: Inode<'fs>) -> Inode<'fs> {
        while inode.number() == ROOT_INODE {
            let table = self.tables.inodes.lock();
            let covered = self
                .get_super(inode.device())
                .and_then(|(_, block)| self.share_inode(&table, block.covered.get()));
            drop(table);
            match covered {
                Some(directory) => inode = directory,
                None => break,
            }
        }
        inode
    }
}

/// The device that a node stands for; `ENOTBLK` if it is no block device.
fn block_device_of(inode: &Inode<'_>) -> Result<Device> {
    if S_ISBLK(inode.mode()) {
        Ok(inode.rdev())
    } else {
        Err(Errno::ENOTBLK)
    }
}
