// SPDX-License-Identifier: GPL-2.0-or-later
//! Opening and closing, and the calls that change the fields of an inode (0.11:
//! `fs/open.c`).

use crate::inode::{Inode, InodeState, LockedInode};
use crate::platform::OpenDevice;
use crate::{Fs, FsTask};
use abi::fcntl::{O_ACCMODE, O_CREAT, O_EXCL, O_NOCTTY, O_RDONLY, O_TRUNC, O_WRONLY};
use abi::sys::stat::{
    S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, S_ISDIR, S_ISGID, S_ISREG, S_ISUID,
    S_IXGRP,
};
use abi::sys::types::{Device, Ustat};
use abi::unistd::{R_OK, W_OK, X_OK};
use abi::utime::Utimbuf;
use abi::{Errno, Result};

impl<'fs> Fs<'fs> {
    /// Opens a file and returns its descriptor. `flags` are those of `abi::fcntl`;
    /// `mode` are the permissions of a file that is made. `ETXTBSY` if a program
    /// that runs is opened for writing.
    #[inline(always)]
    pub fn sys_open(
        &'fs self,
        task: &FsTask<'fs>,
        path: &[u8],
        flags: u32,
        mode: u16,
    ) -> Result<usize> {
        if flags & O_ACCMODE == O_ACCMODE {
            return Err(Errno::EINVAL);
        }
        let fd = task.free_descriptor(0)?;
        if flags & (O_CREAT | O_TRUNC) != 0 {
            // This is checked before a file is made or cut for nothing.
            self.check_free_file()?;
        }
        let inode = self.open_namei(task, path, flags, mode)?;
        let file_type = inode.serves_as();
        let opened = match file_type {
            S_IFDIR => OpenDevice::NONE,
            S_IFREG if flags & O_ACCMODE == O_RDONLY => OpenDevice::NONE,
            _ => self.open_inode(&inode, file_type, flags)?,
        };
        let flags = flags & !(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
        let file = self.new_file(inode, file_type, flags, opened)?;
        task.put(fd, file);
        Ok(fd as usize)
    }

    /// Tells the driver or the pipe that it is opened, or counts one writer more.
    #[inline(never)]
    fn open_inode(&'fs self, inode: &Inode<'fs>, file_type: u16, flags: u32) -> Result<OpenDevice> {
        match file_type {
            S_IFREG => inode.begin_writing()?,
            S_IFCHR => return self.platform.open_device(inode.rdev(), false, flags),
            S_IFBLK => {
                let opened = self.platform.open_device(inode.rdev(), true, flags)?;
                self.check_disk_change(inode.rdev());
                return Ok(opened);
            }
            S_IFIFO => inode.pipe().open(self.platform, flags)?,
            _ => return Err(Errno::ENXIO),
        }
        Ok(OpenDevice::NONE)
    }

    /// Undoes what opening did: tells the driver or the pipe, or counts one writer
    /// less.
    #[inline]
    pub(crate) fn close_inode(
        &self,
        inode: &Inode<'fs>,
        file_type: u16,
        flags: u32,
        opened: impl FnOnce() -> OpenDevice,
    ) {
        match file_type {
            S_IFIFO => inode.pipe().close(self.platform, flags),
            S_IFCHR => self.platform.close_device(opened()),
            S_IFREG if flags & O_ACCMODE != O_RDONLY => inode.end_writing(),
            _ => {}
        }
    }

    /// Makes an empty file and opens it for writing.
    pub fn sys_creat(&'fs self, task: &FsTask<'fs>, path: &[u8], mode: u16) -> Result<usize> {
        self.sys_open(task, path, O_CREAT | O_TRUNC | O_WRONLY, mode)
    }

    /// Closes a descriptor.
    pub fn sys_close(&self, task: &FsTask<'fs>, fd: u32) -> Result<()> {
        task.take_file(fd).map(drop)
    }

    /// Makes a directory the caller's working directory.
    pub fn sys_chdir(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<()> {
        task.set_pwd(self.directory(task, path)?);
        Ok(())
    }

    /// Makes a directory the caller's root. Super-user only.
    pub fn sys_chroot(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<()> {
        if !task.is_superuser() {
            return Err(Errno::EPERM);
        }
        task.set_root(self.directory(task, path)?);
        Ok(())
    }

    /// A directory that the caller may search.
    fn directory(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<Inode<'fs>> {
        let inode = self.namei(task, path)?;
        if !S_ISDIR(inode.mode()) {
            return Err(Errno::ENOTDIR);
        }
        inode.permission(task, X_OK)?;
        Ok(inode)
    }

    /// Changes an inode and its time of change. `EROFS` on a read-only file system.
    fn change(&self, inode: &Inode<'fs>, change: impl FnOnce(&mut InodeState)) -> Result<()> {
        if inode.is_read_only() {
            return Err(Errno::EROFS);
        }
        inode.change(change);
        Ok(())
    }

    /// Changes the permissions of a file. Only its owner and the super-user may do
    /// this. An owner who is not in the file's group cannot set S_ISGID.
    pub fn sys_chmod(&'fs self, task: &FsTask<'fs>, path: &[u8], mode: u16) -> Result<()> {
        let inode = self.namei(task, path)?;
        // The lock waits for the end of a write, which has dropped these bits at
        // its beginning.
        let inode = inode.lock();
        check_owner(task, &inode)?;
        self.change(&inode, |state| {
            let gid = u16::from(state.disk.gid);
            let is_member = task.egid.get() == u32::from(gid) || task.is_in_group(gid);
            let may_set_gid = !S_ISREG(state.disk.mode) || is_member || task.is_superuser();
            let refused = if may_set_gid { 0 } else { S_ISGID };
            state.disk.mode = state.disk.mode & S_IFMT | mode & !S_IFMT & !refused;
        })?;
        self.forget_paths();
        Ok(())
    }

    /// Gives a file to another user and group. Both are always set, as in 0.11.
    /// Super-user only.
    pub fn sys_chown(&'fs self, task: &FsTask<'fs>, path: &[u8], uid: u16, gid: u8) -> Result<()> {
        let inode = self.namei(task, path)?;
        if !task.is_superuser() {
            return Err(Errno::EPERM);
        }
        self.change(&inode, |state| {
            (state.disk.uid, state.disk.gid) = (uid, gid);
            state.disk.mode = without_set_ids(state.disk.mode);
        })
    }

    /// Checks whether the user who started the caller may use a file. `mode` has
    /// any of `R_OK`, `W_OK`, `X_OK` of `abi::unistd`, or none to ask whether the
    /// file exists. Other bits are ignored.
    pub fn sys_access(&'fs self, task: &FsTask<'fs>, path: &[u8], mode: u16) -> Result<()> {
        let mode = u32::from(mode) & (R_OK | W_OK | X_OK);
        let inode = self.namei(task, path)?;
        if !(inode.rights()).allow(task, task.uid.get(), task.gid.get(), mode) {
            return Err(Errno::EACCES);
        }
        let can_change = matches!(inode.mode() & S_IFMT, S_IFREG | S_IFDIR);
        if mode & W_OK != 0 && can_change && inode.is_read_only() {
            return Err(Errno::EROFS);
        }
        Ok(())
    }

    /// Sets the times at which a file was read and written, or sets them to now
    /// without `times`. Its owner and the super-user may do this, and without
    /// `times` everybody who may write to it.
    pub fn sys_utime(
        &'fs self,
        task: &FsTask<'fs>,
        path: &[u8],
        times: Option<Utimbuf>,
    ) -> Result<()> {
        let inode = self.namei(task, path)?;
        if let Err(error) = check_owner(task, &inode) {
            if times.is_some() {
                return Err(error);
            }
            inode.permission(task, W_OK)?;
        }
        let now = self.current_time();
        let times = times.unwrap_or(Utimbuf {
            actime: now,
            modtime: now,
        });
        self.change(&inode, |state| {
            state.atime = times.actime;
            state.disk.time = times.modtime;
        })
    }

    /// Sets the permissions that new files do not get, and returns the old ones.
    pub fn sys_umask(&self, task: &FsTask<'fs>, mask: u16) -> u32 {
        let old = task.umask.get();
        task.umask.set(u32::from(mask) & 0o777);
        old
    }

    /// Tells how much is free on a mounted device; `EINVAL` for any other device.
    pub fn sys_ustat(&self, device: Device) -> Result<Ustat> {
        let (zones, inodes) = self.free_counts(device).ok_or(Errno::EINVAL)?;
        Ok(Ustat {
            f_tfree: zones as i32,
            f_tinode: inodes as u16,
            ..Ustat::default()
        })
    }
}

impl Inode<'_> {
    /// The type of file that it is opened as, which is that of its mode. But a disk
    /// of 1991 has `/dev/null` as a block device; this serves as the character
    /// device.
    fn serves_as(&self) -> u16 {
        match self.mode() & S_IFMT {
            S_IFBLK if self.rdev() == Device::NULL => S_IFCHR,
            file_type => file_type,
        }
    }
}

impl LockedInode<'_, '_> {
    /// Called before the file is changed. A program that anybody but the super-user
    /// changes loses its set-id bits.
    #[inline]
    pub(crate) fn drop_set_ids(&self, task: &FsTask<'_>) {
        if task.is_superuser() {
            return;
        }
        if self.mode() & (S_ISUID | S_ISGID) != 0 {
            self.update(|state| state.disk.mode = without_set_ids(state.disk.mode));
        }
    }
}

/// The mode of a regular file without its set-id bits. If the group may not execute
/// it, S_ISGID means something else and stays.
fn without_set_ids(mode: u16) -> u16 {
    match mode {
        _ if !S_ISREG(mode) => mode,
        _ if mode & S_IXGRP != 0 => mode & !(S_ISUID | S_ISGID),
        _ => mode & !S_ISUID,
    }
}

/// `EPERM` unless the caller is the super-user or owns it.
fn check_owner(task: &FsTask<'_>, inode: &Inode<'_>) -> Result<()> {
    let is_owner = task.euid.get() == u32::from(inode.uid());
    if is_owner || task.is_superuser() {
        Ok(())
    } else {
        Err(Errno::EPERM)
    }
}
