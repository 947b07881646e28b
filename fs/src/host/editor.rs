// SPDX-License-Identifier: GPL-2.0-or-later
//! Putting files on a file system in a few words, as the super-user does.

use super::EditorFile;
use crate::layout::{BLOCK_SIZE, ENTRY_NAME, InodeNumber, NAME_LEN};
use crate::{Fs, FsTask};
use lib::fcntl::{O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY};
use lib::sys::stat::{S_IFMT, S_ISDIR};
use lib::sys::types::{Device, Time};
use lib::unistd::SEEK_CUR;
use lib::utime::Utimbuf;
use lib::{Errno, Result};
use std::vec::Vec;

/// After so many entries that can't be read the rest of a directory is given up.
const BAD_ENTRIES: usize = 1000;

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
    pub(super) fs: &'fs Fs<'fs>,
    pub(super) device: Device,
    pub(super) task: FsTask<'fs>,
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
        let file = self.create(path)?;
        let last = bytes.len().saturating_sub(1) / BLOCK_SIZE;
        for (n, block) in bytes.chunks(BLOCK_SIZE).enumerate() {
            if !with_holes || n == last || block.iter().any(|byte| *byte != 0) {
                let position = u32::try_from(n * BLOCK_SIZE).map_err(|_| Errno::EFBIG)?;
                file.write_at(position, block)?;
            }
        }
        drop(file);
        self.set_attributes(path, attributes)
    }

    /// Opens a file for reading.
    pub fn open(&self, path: &[u8]) -> Result<EditorFile<'_, 'fs>> {
        self.open_file(path, O_RDONLY)
    }

    /// Makes a file, or opens one and cuts it to nothing.
    pub fn create(&self, path: &[u8]) -> Result<EditorFile<'_, 'fs>> {
        self.open_file(path, O_CREAT | O_TRUNC | O_WRONLY)
    }

    fn open_file(&self, path: &[u8], flags: u32) -> Result<EditorFile<'_, 'fs>> {
        let fd = self.fs.sys_open(&self.task, path, flags, 0o600)? as u32;
        Ok(EditorFile { editor: self, fd })
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

    /// Sets owner and time of a symbolic link itself. Its permissions mean nothing.
    pub fn set_link_attributes(&self, path: &[u8], attributes: &Attributes) -> Result<()> {
        let inode = self.fs.lnamei(&self.task, path)?;
        inode.update(|state| {
            (state.disk.uid, state.disk.gid) = (attributes.uid, attributes.gid);
            state.disk.time = attributes.mtime.unwrap_or(state.disk.time);
        });
        Ok(())
    }

    /// The whole contents of a file. They fit into memory: a file has at most
    /// 256 MB. Holes are zeros.
    pub fn read_file(&self, path: &[u8]) -> Result<Vec<u8>> {
        let file = self.open(path)?;
        let mut bytes = Vec::new();
        let mut piece = std::vec![0; 1 << 16];
        loop {
            match file.read_at(bytes.len() as u32, &mut piece)? {
                0 => return Ok(bytes),
                count => bytes.extend_from_slice(&piece[..count]),
            }
        }
    }

    /// The entries of a directory that are in use, in their order on the disk;
    /// `.` and `..` are among them.
    pub fn read_dir(&self, path: &[u8]) -> Result<Vec<DirectoryEntry>> {
        match self.read_dir_partly(path)? {
            (entries, None) => Ok(entries),
            (_, Some(error)) => Err(error),
        }
    }

    /// As [`Editor::read_dir`], but goes on past what can't be read; with the first
    /// error.
    pub fn read_dir_partly(&self, path: &[u8]) -> Result<(Vec<DirectoryEntry>, Option<Errno>)> {
        let stat = self.fs.sys_stat(&self.task, path)?;
        if !S_ISDIR(stat.st_mode) {
            return Err(Errno::ENOTDIR);
        }
        let file = self.open(path)?;
        let (mut entries, mut errors) = (Vec::new(), Vec::new());
        loop {
            match self.fs.sys_readdir(&self.task, file.fd) {
                Ok(Some(entry)) => entries.push(DirectoryEntry {
                    inode: InodeNumber(entry.ino as u16),
                    name: entry.name().to_vec(),
                }),
                Ok(None) => break,
                Err(error) => {
                    errors.push(error);
                    let step = (ENTRY_NAME + NAME_LEN) as i32;
                    let position = self.fs.sys_lseek(&self.task, file.fd, step, SEEK_CUR);
                    let is_inside = position.is_ok_and(|position| position < stat.st_size as usize);
                    if !is_inside || errors.len() > BAD_ENTRIES {
                        break;
                    }
                }
            }
        }
        Ok((entries, errors.first().copied()))
    }
}
