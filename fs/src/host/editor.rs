// SPDX-License-Identifier: GPL-2.0-or-later
//! Putting files on a file system in a few words, as the super-user does.

use crate::layout::{BLOCK_SIZE, InodeNumber};
use crate::seam::{ReadInto, UserBuffer, WriteFrom};
use crate::{Fs, FsTask};
use lib::fcntl::{O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY};
use lib::sys::stat::{S_IFMT, S_ISDIR};
use lib::sys::types::{Device, Time};
use lib::unistd::SEEK_SET;
use lib::utime::Utimbuf;
use lib::{Errno, Result};
use std::vec::Vec;

/// What a new file gets beside its contents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attributes {
    /// Permissions; for [`Editor::mknod`] also the type.
    pub mode: u16,
    /// Owner.
    pub uid: u16,
    /// Group.
    pub gid: u8,
    /// When it was last changed; `None` for now ([`Host::set_time`]).
    pub mtime: Option<Time>,
}

impl Attributes {
    /// The super-user's, changed now.
    pub const fn new(mode: u16) -> Attributes {
        Attributes {
            mode,
            uid: 0,
            gid: 0,
            mtime: None,
        }
    }
}

/// An entry of a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryEntry {
    /// Which inode it refers to.
    pub inode: InodeNumber,
    /// The name.
    pub name: Vec<u8>,
}

/// Changes a file system as the super-user does, with umask 0. Paths begin at
/// its root.
pub struct Editor<'fs> {
    fs: &'fs Fs<'fs>,
    device: Device,
    task: FsTask<'fs>,
}

impl<'fs> Editor<'fs> {
    /// Mounts a device. `EINVAL` if there is no Minix file system on it; the
    /// messages say more.
    pub fn mount(fs: &'fs Fs<'fs>, device: Device) -> Result<Editor<'fs>> {
        let task = FsTask::new();
        task.umask.set(0);
        fs.mount_root(device, &task)?;
        Ok(Editor { fs, device, task })
    }

    /// The task that does it all.
    pub fn task(&self) -> &FsTask<'fs> {
        &self.task
    }

    /// The file system.
    pub fn fs(&self) -> &'fs Fs<'fs> {
        self.fs
    }

    /// Writes everything and unmounts. `EBUSY` if another task has a file open.
    pub fn unmount(self) -> Result<()> {
        self.task.release();
        self.fs.umount_root(self.device)
    }

    /// Makes a directory.
    pub fn mkdir(&self, path: &[u8], attributes: &Attributes) -> Result<()> {
        self.fs.sys_mkdir(&self.task, path, 0o700)?;
        self.set_attributes(path, attributes)
    }

    /// Makes a device node or a named pipe: `attributes.mode` has the type.
    pub fn mknod(&self, path: &[u8], attributes: &Attributes, device: Device) -> Result<()> {
        self.fs
            .sys_mknod(&self.task, path, attributes.mode, device)?;
        self.set_attributes(path, attributes)
    }

    /// Makes a file, or replaces the contents of one.
    pub fn write_file(&self, path: &[u8], attributes: &Attributes, bytes: &[u8]) -> Result<()> {
        self.write_blocks(path, attributes, bytes, false)
    }

    /// As [`Editor::write_file`], but blocks of nothing but zeros take no room
    /// on the disk. The last block is always written.
    pub fn write_file_with_holes(
        &self,
        path: &[u8],
        attributes: &Attributes,
        bytes: &[u8],
    ) -> Result<()> {
        self.write_blocks(path, attributes, bytes, true)
    }

    fn write_blocks(
        &self,
        path: &[u8],
        attributes: &Attributes,
        bytes: &[u8],
        with_holes: bool,
    ) -> Result<()> {
        let flags = O_CREAT | O_TRUNC | O_WRONLY;
        let fd = self.fs.sys_open(&self.task, path, flags, 0o600)? as u32;
        let result = self.fill(fd, bytes, with_holes);
        self.fs.sys_close(&self.task, fd).and(result)?;
        self.set_attributes(path, attributes)
    }

    fn fill(&self, fd: u32, bytes: &[u8], with_holes: bool) -> Result<()> {
        if !with_holes {
            return self.write_all(fd, bytes);
        }
        let last = bytes.len().saturating_sub(1) / BLOCK_SIZE;
        for (n, block) in bytes.chunks(BLOCK_SIZE).enumerate() {
            if n == last || block.iter().any(|byte| *byte != 0) {
                let position = i32::try_from(n * BLOCK_SIZE).map_err(|_| Errno::EFBIG)?;
                self.fs.sys_lseek(&self.task, fd, position, SEEK_SET)?;
                self.write_all(fd, block)?;
            }
        }
        Ok(())
    }

    fn write_all(&self, fd: u32, bytes: &[u8]) -> Result<()> {
        let mut rest = WriteFrom(bytes);
        while rest.remaining() != 0 {
            self.fs.sys_write(&self.task, fd, &mut rest)?;
        }
        Ok(())
    }

    /// Makes another name for a file.
    pub fn link(&self, old: &[u8], new: &[u8]) -> Result<()> {
        self.fs.sys_link(&self.task, old, new)
    }

    /// Makes a symbolic link.
    pub fn symlink(&self, target: &[u8], path: &[u8]) -> Result<()> {
        self.fs.sys_symlink(&self.task, target, path)
    }

    /// Sets owner, permissions and time of what is there.
    pub fn set_attributes(&self, path: &[u8], attributes: &Attributes) -> Result<()> {
        self.fs
            .sys_chown(&self.task, path, attributes.uid, attributes.gid)?;
        self.fs
            .sys_chmod(&self.task, path, attributes.mode & !S_IFMT)?;
        match attributes.mtime {
            Some(time) => {
                let times = Utimbuf {
                    actime: time,
                    modtime: time,
                };
                self.fs.sys_utime(&self.task, path, Some(times))
            }
            None => Ok(()),
        }
    }

    /// The whole contents of a file. They fit into memory: a file has at most
    /// 256 MB. Holes are zeros.
    pub fn read_file(&self, path: &[u8]) -> Result<Vec<u8>> {
        let fd = self.fs.sys_open(&self.task, path, O_RDONLY, 0)? as u32;
        let result = self.read_all(fd);
        self.fs.sys_close(&self.task, fd).and(result)
    }

    fn read_all(&self, fd: u32) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut piece = std::vec![0; 1 << 16];
        loop {
            let count = self
                .fs
                .sys_read(&self.task, fd, &mut ReadInto(&mut piece))?;
            if count == 0 {
                return Ok(bytes);
            }
            bytes.extend_from_slice(&piece[..count]);
        }
    }

    /// The entries of a directory that are in use, in their order on the disk;
    /// `.` and `..` are among them.
    pub fn read_dir(&self, path: &[u8]) -> Result<Vec<DirectoryEntry>> {
        if !S_ISDIR(self.fs.sys_stat(&self.task, path)?.st_mode) {
            return Err(Errno::ENOTDIR);
        }
        let fd = self.fs.sys_open(&self.task, path, O_RDONLY, 0)? as u32;
        let next = || self.fs.sys_readdir(&self.task, fd).transpose();
        let entries = core::iter::from_fn(next).map(|entry| {
            entry.map(|entry| DirectoryEntry {
                inode: InodeNumber(entry.ino as u16),
                name: entry.name().to_vec(),
            })
        });
        let entries = entries.collect();
        self.fs.sys_close(&self.task, fd).and(entries)
    }
}
