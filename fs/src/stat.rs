// SPDX-License-Identifier: GPL-2.0-or-later
//! `stat`, `lstat` and `fstat` (0.11: `fs/stat.c`).

use crate::inode::Inode;
use crate::{Fs, FsTask};
use abi::Result;
use abi::sys::stat::{S_IFDIR, S_IFIFO, S_IFMT, S_ISBLK, S_ISCHR, Stat};

impl Inode<'_> {
    /// Fills in a [`Stat`] (0.11: `cp_stat`).
    #[inline(always)]
    pub fn stat(&self) -> Stat {
        let state = self.slot.state.get();
        let disk = state.disk;
        let is_device = S_ISCHR(disk.mode) || S_ISBLK(disk.mode);
        let size = match disk.mode & S_IFMT {
            S_IFIFO => self.pipe().length() as u32,
            S_IFDIR => self.shown_directory_size(disk.size),
            _ => disk.size,
        };
        Stat {
            st_dev: self.device().0,
            st_ino: self.number().0,
            st_mode: disk.mode,
            st_nlink: disk.nlinks,
            st_uid: disk.uid,
            st_gid: disk.gid,
            st_rdev: if is_device { disk.zones[0].0 } else { 0 },
            st_size: size as i32,
            st_atime: state.atime,
            st_mtime: disk.time,
            st_ctime: state.ctime,
            ..Stat::default()
        }
    }
}

impl<'fs> Fs<'fs> {
    /// `stat` of the file that a path names.
    pub fn sys_stat(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<Stat> {
        self.look_at(task, path, true, |inode| inode.stat())
    }

    /// As [`Fs::sys_stat`], but for a symbolic link itself.
    pub fn sys_lstat(&'fs self, task: &FsTask<'fs>, path: &[u8]) -> Result<Stat> {
        self.look_at(task, path, false, |inode| inode.stat())
    }

    /// `stat` of an open file.
    pub fn sys_fstat(&self, task: &FsTask<'fs>, fd: u32) -> Result<Stat> {
        task.file(fd).map(|file| file.inode().stat())
    }
}
