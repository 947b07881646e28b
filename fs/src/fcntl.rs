// SPDX-License-Identifier: GPL-2.0-or-later
//! `dup` and `fcntl` (0.11: `fs/fcntl.c`).

use crate::{Fs, FsTask};
use abi::fcntl::{
    F_DUPFD, F_GETFD, F_GETFL, F_GETLK, F_SETFD, F_SETFL, F_SETLK, F_SETLKW, FD_CLOEXEC, O_APPEND,
    O_NONBLOCK,
};
use abi::limits::NR_OPEN;
use abi::{Errno, Result};

impl<'fs> Fs<'fs> {
    /// Makes the lowest free descriptor another one of the same open file.
    pub fn sys_dup(&self, task: &FsTask<'fs>, fd: u32) -> Result<usize> {
        self.dupfd(task, fd, 0)
    }

    /// As [`Fs::sys_dup`], but not below `from`. `execve` does not close the new
    /// descriptor.
    fn dupfd(&self, task: &FsTask<'fs>, fd: u32, from: u32) -> Result<usize> {
        let file = task.file(fd)?.clone();
        if from >= task.open_limit.get().min(NR_OPEN as u32) {
            return Err(Errno::EINVAL);
        }
        task.install(file, from).map(|fd| fd as usize)
    }

    /// Makes `new` another descriptor of the file that `old` refers to, and closes
    /// what `new` was before.
    pub fn sys_dup2(&self, task: &FsTask<'fs>, old: u32, new: u32) -> Result<usize> {
        let file = task.file(old)?;
        if old != new {
            task.replace(new, file.clone())?;
        }
        Ok(new as usize)
    }

    /// Reads and changes the flags of a descriptor or of its open file. As in 0.11,
    /// there are no file locks.
    pub fn sys_fcntl(
        &self,
        task: &FsTask<'fs>,
        fd: u32,
        command: u32,
        argument: u32,
    ) -> Result<usize> {
        let file = task.file(fd)?;
        match command {
            F_DUPFD => self.dupfd(task, fd, argument),
            F_GETFD => Ok(usize::from(task.is_close_on_exec(fd))),
            F_SETFD => {
                task.set_close_on_exec(fd, argument & FD_CLOEXEC != 0);
                Ok(0)
            }
            F_GETFL => Ok(file.flags() as usize),
            F_SETFL => {
                file.set_flags(O_APPEND | O_NONBLOCK, argument);
                Ok(0)
            }
            F_GETLK | F_SETLK | F_SETLKW => Err(Errno::ENOSYS),
            _ => Err(Errno::EINVAL),
        }
    }
}
