// SPDX-License-Identifier: GPL-2.0-or-later
//! The system calls that make and remove names.
//!
//! Each locks the directory from the look-up to the change. A new inode is complete
//! before its name is made; an inode that loses its last name is freed after the
//! name has gone.

use super::{Last, Name};
use crate::buffer::Rank;
use crate::inode::{Inode, LockedInode};
use crate::layout::Zone;
use crate::{Fs, FsTask};
use abi::limits::LINK_MAX;
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, S_ISDIR};
use abi::sys::types::Device;
use abi::{Errno, Result};

impl<'fs> Fs<'fs> {
    /// Locks the directory of a name that is to be made; `EEXIST` if the name is
    /// there.
    pub(super) fn lock_for_new<'a>(
        &self,
        task: &FsTask<'fs>,
        last: &'a Last<'_, 'fs>,
    ) -> Result<LockedInode<'a, 'fs>> {
        if last.name.is_fixed() {
            return Err(Errno::EEXIST);
        }
        let dir = last.dir.lock_directory(task)?;
        match dir.find_entry(last.name)? {
            Some(_) => Err(Errno::EEXIST),
            None => Ok(dir),
        }
    }

    /// Makes a device node (super-user only), a named pipe or an empty file.
    pub fn sys_mknod(
        &'fs self,
        task: &FsTask<'fs>,
        path: &[u8],
        mode: u16,
        device: Device,
    ) -> Result<()> {
        let file_type = match mode & S_IFMT {
            0 => S_IFREG,
            file_type => file_type,
        };
        let rdev = match file_type {
            S_IFREG | S_IFIFO => Device::NONE,
            S_IFCHR | S_IFBLK if !task.is_superuser() => return Err(Errno::EPERM),
            S_IFCHR | S_IFBLK => device,
            _ => return Err(Errno::EINVAL),
        };
        let mut name = Name::EMPTY;
        let last = self.dir_namei(task, path, &mut name)?;
        let dir = self.lock_for_new(task, &last)?;
        if last.slash {
            return Err(Errno::ENOENT);
        }
        let mode = file_type | task.masked(mode);
        let fill = |node: &Inode<'_>| {
            node.update(|state| state.disk.zones[0] = Zone(rdev.0));
            Ok(())
        };
        self.create(task, &dir, last.name, mode, &fill)?;
        Ok(())
    }

    /// Makes a directory.
    pub fn sys_mkdir(&'fs self, task: &FsTask<'fs>, path: &[u8], mode: u16) -> Result<()> {
        let mut name = Name::EMPTY;
        let last = self.dir_namei(task, path, &mut name)?;
        let dir = self.lock_for_new(task, &last)?;
        if dir.nlinks() >= LINK_MAX {
            return Err(Errno::EMLINK);
        }
        dir.may_change(task)?;
        // Its `..` counts as a link of the parent.
        dir.add_link();
        let mode = S_IFDIR | task.masked(mode & 0o777);
        let fill = |child: &Inode<'_>| child.lock().fill_directory(dir.number());
        self.create(task, &dir, last.name, mode, &fill)
            .inspect_err(|_| dir.remove_link())?;
        Ok(())
    }

    /// Removes an empty directory.
    pub fn sys_rmdir(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<()> {
        let mut name = Name::EMPTY;
        let last = self.dir_namei(task, path, &mut name)?;
        if last.name.is(Name::DOT_DOT) {
            return Err(Errno::ENOTEMPTY);
        }
        if last.name.is_fixed() {
            return Err(Errno::EINVAL);
        }
        let tree_lock = self.tables.tree_locks.of(last.dir.device().major());
        let _tree = tree_lock.hold(self.platform);
        let dir = last.dir.lock_directory(task)?;
        let Some(entry) = dir.find_entry(last.name)? else {
            return Err(Errno::ENOENT);
        };
        dir.may_change(task)?;
        let inode = self.iget(dir.device(), entry.number)?;
        if !S_ISDIR(inode.mode()) {
            return Err(Errno::ENOTDIR);
        }
        dir.may_remove(task, &inode)?;
        if inode == *dir || inode.is_covered() {
            return Err(Errno::EBUSY);
        }
        let child = inode.lock();
        child.check_empty(&dir)?;
        dir.check_links()?;
        // Files that were in it may have been moved elsewhere.
        entry.clear(Rank::Removals);
        dir.touch();
        dir.remove_link();
        child.update(|state| state.disk.nlinks = 0);
        self.forget_paths();
        Ok(())
    }

    /// Removes a name of a file. The file is freed after its last name has gone and
    /// nobody has it open any more.
    pub fn sys_unlink(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<()> {
        let mut name = Name::EMPTY;
        let last = self.dir_namei(task, path, &mut name)?;
        if last.name.is_fixed() {
            return Err(Errno::EPERM);
        }
        let dir = last.dir.lock_directory(task)?;
        let Some(entry) = dir.find_entry(last.name)? else {
            return Err(Errno::ENOENT);
        };
        dir.may_change(task)?;
        let inode = self.iget(dir.device(), entry.number)?;
        if S_ISDIR(inode.mode()) {
            return Err(Errno::EPERM);
        }
        dir.may_remove(task, &inode)?;
        if last.slash {
            return Err(Errno::ENOTDIR);
        }
        entry.clear(match inode.nlinks() {
            0 | 1 => Rank::Names,
            _ => Rank::Removals,
        });
        dir.touch();
        inode.remove_link();
        // The directory is unlocked before a large file is deleted.
        drop(entry);
        drop(dir);
        Ok(())
    }

    /// Gives a file another name.
    pub fn sys_link(&'fs self, task: &FsTask<'fs>, old: &[u8], new: &[u8]) -> Result<()> {
        let inode = self.lnamei(task, old)?;
        if S_ISDIR(inode.mode()) {
            return Err(Errno::EPERM);
        }
        let mut name = Name::EMPTY;
        let last = self.dir_namei(task, new, &mut name)?;
        let dir = self.lock_for_new(task, &last)?;
        if last.slash {
            return Err(Errno::ENOENT);
        }
        if dir.device() != inode.device() {
            return Err(Errno::EXDEV);
        }
        dir.may_change(task)?;
        // The check and the count are one step, so that nobody can unlink the last
        // name in between.
        inode.update(|state| match state.disk.nlinks {
            0 => Err(Errno::ENOENT),
            LINK_MAX.. => Err(Errno::EMLINK),
            _ => {
                state.disk.nlinks += 1;
                state.ctime = self.current_time();
                Ok(())
            }
        })?;
        inode
            .write()
            .and_then(|()| dir.add_entry(last.name, inode.number(), Rank::Arrivals))
            .inspect_err(|_| inode.remove_link())
    }
}

impl Inode<'_> {
    /// Frees a new inode that can't get its name, when its handle is dropped.
    pub(super) fn discard(&self) {
        self.update(|state| state.disk.nlinks = 0);
    }

    /// Counts one more directory entry that refers to it.
    pub(super) fn add_link(&self) {
        self.change(|state| state.disk.nlinks = state.disk.nlinks.saturating_add(1));
    }

    /// Counts one directory entry less.
    pub(super) fn remove_link(&self) {
        self.change(|state| state.disk.nlinks = state.disk.nlinks.saturating_sub(1));
    }
}
