// SPDX-License-Identifier: GPL-2.0-or-later
//! Symbolic links, as Linux 0.12 added them. A link's target is in its first
//! and only zone.

use super::Name;
use crate::buffer::Buffer;
use crate::inode::Inode;
use crate::layout::BLOCK_SIZE;
use crate::platform::UserBuffer;
use crate::{Fs, FsTask};
use abi::sys::stat::{S_IFLNK, S_ISLNK};
use abi::{Errno, Result};

impl<'fs> Fs<'fs> {
    /// Makes a symbolic link.
    pub fn sys_symlink(&'fs self, task: &FsTask<'fs>, target: &[u8], path: &[u8]) -> Result<()> {
        if target.is_empty() {
            return Err(Errno::ENOENT);
        }
        // On the disk a NUL ends the target.
        if target.len() >= BLOCK_SIZE {
            return Err(Errno::ENAMETOOLONG);
        }
        let mut name = Name::EMPTY;
        let last = self.dir_namei(task, path, &mut name)?;
        let dir = self.lock_for_new(task, &last)?;
        let fill = |link: &Inode<'_>| {
            let link = link.lock();
            link.create_block(0, |data| {
                *data = [0; BLOCK_SIZE];
                data[..target.len()].copy_from_slice(target);
            })?;
            link.update(|state| state.disk.size = target.len() as u32);
            Ok(())
        };
        self.create(task, &dir, last.name, S_IFLNK | 0o777, &fill)?;
        Ok(())
    }

    /// Reads what a symbolic link contains, without a NUL.
    pub fn sys_readlink(
        &'fs self,
        task: &FsTask<'fs>,
        path: &[u8],
        user: &mut dyn UserBuffer,
    ) -> Result<usize> {
        let link = self.lnamei(task, path)?;
        if !S_ISLNK(link.mode()) {
            return Err(Errno::EINVAL);
        }
        let (buffer, len) = link.link_text()?;
        let count = len.min(user.remaining());
        user.prepare(count)?;
        user.put(&buffer.data()[..count]);
        Ok(count)
    }
}

impl<'fs> Inode<'fs> {
    /// The contents of a symbolic link and how long they are.
    pub(super) fn link_text(&self) -> Result<(Buffer<'fs>, usize)> {
        let link = self.lock();
        let zone = link.bmap(0)?;
        let len = (link.size() as usize).min(BLOCK_SIZE);
        if zone.is_hole() || len == 0 {
            return Err(Errno::ENOENT);
        }
        let buffer = self.fs.bread(self.device(), zone.block())?;
        let nul = buffer.data()[..len].iter().position(|byte| *byte == 0);
        match nul.unwrap_or(len) {
            0 => Err(Errno::ENOENT),
            len => Ok((buffer, len)),
        }
    }
}
