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
    /// Another descriptor of the same open file, the lowest free one.
    pub fn sys_dup(&self, task: &FsTask<'fs>, fd: u32) -> Result<usize> {
        self.dupfd(task, fd, 0)
    }

    /// As [`Fs::sys_dup`], not below `from`. The new one is not closed by
    /// `execve`.
    fn dupfd(&self, task: &FsTask<'fs>, fd: u32, from: u32) -> Result<usize> {
        let file = task.file(fd)?;
        if from >= task.open_limit.get().min(NR_OPEN as u32) {
            return Err(Errno::EINVAL);
        }
        task.install(file, from).map(|fd| fd as usize)
    }

    /// Lets `new` be another descriptor of the file that `old` is one of. What
    /// `new` was before is closed.
    pub fn sys_dup2(&self, task: &FsTask<'fs>, old: u32, new: u32) -> Result<usize> {
        let file = task.file(old)?;
        if old != new {
            task.replace(new, file)?;
        }
        Ok(new as usize)
    }

    /// Asks and changes what a descriptor or its open file has. File locks are
    /// not implemented, as in 0.11.
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
