// SPDX-License-Identifier: GPL-2.0-or-later
//! `read`, `write` and `lseek` (0.11: `fs/read_write.c`).

use crate::file_table::File;
use crate::platform::{Direction, UserBuffer, moved};
use crate::{Fs, FsTask};
use abi::fcntl::O_APPEND;
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFREG};
use abi::unistd::{SEEK_CUR, SEEK_END, SEEK_SET};
use abi::{Errno, Result};

impl<'fs> Fs<'fs> {
    /// Reads into the caller's memory. Returns how many bytes; 0 at the end of
    /// the file. Reading a directory gives entries of 16 bytes: [`crate::readdir`].
    pub fn sys_read(
        &'fs self,
        task: &FsTask<'fs>,
        fd: u32,
        mut buffer: impl UserBuffer,
    ) -> Result<usize> {
        let file = task.file(fd)?;
        if !file.is_readable() {
            return Err(Errno::EBADF);
        }
        let count = buffer.remaining();
        if !is_positive(count) {
            return no_count(count);
        }
        match file.file_type() {
            S_IFREG => transfer(&file, buffer, |position, buffer| {
                file.inode_in(self).file_read(position, buffer)
            }),
            S_IFBLK => transfer(&file, buffer, |position, buffer| {
                self.block_read(file.open_device().device, position, buffer)
            }),
            S_IFIFO => {
                let result = file.inode().pipe().read(&file, &mut buffer);
                moved(count - buffer.remaining(), result)
            }
            _ => self.read_special(&file, &mut { buffer }),
        }
    }

    /// As [`Fs::sys_read`], of a directory or a character device.
    fn read_special(&'fs self, file: &File<'fs>, buffer: &mut dyn UserBuffer) -> Result<usize> {
        match file.file_type() {
            S_IFDIR => transfer(file, buffer, |position, buffer| {
                file.inode().directory_read(position, buffer)
            }),
            S_IFCHR => self.rw_char(Direction::Read, file, buffer),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Writes from the caller's memory. Returns how many bytes.
    pub fn sys_write(
        &'fs self,
        task: &FsTask<'fs>,
        fd: u32,
        mut buffer: impl UserBuffer,
    ) -> Result<usize> {
        let file = task.file(fd)?;
        if !file.is_writable() {
            return Err(Errno::EBADF);
        }
        let count = buffer.remaining();
        if !is_positive(count) {
            return no_count(count);
        }
        let result = match file.file_type() {
            S_IFREG => {
                let append = file.flags() & O_APPEND != 0;
                at_position(&file, |position| {
                    (file.inode()).file_write(task, append, position, &mut buffer)
                })
            }
            S_IFIFO => file.inode().pipe().write(&file, &mut buffer),
            _ => return self.write_special(&file, &mut { buffer }),
        };
        moved(count - buffer.remaining(), result).inspect_err(|error| {
            if *error == Errno::EFBIG && file.position() >= task.file_size_limit.get() {
                self.platform.file_too_large();
            }
        })
    }

    /// As [`Fs::sys_write`], to a device.
    fn write_special(&'fs self, file: &File<'fs>, buffer: &mut dyn UserBuffer) -> Result<usize> {
        match file.file_type() {
            S_IFCHR => self.rw_char(Direction::Write, file, buffer),
            S_IFBLK => transfer(file, buffer, |position, buffer| {
                self.block_write(file.open_device().device, position, buffer)
            }),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Moves the position of an open file and returns it. `ESPIPE` for pipes and
    /// terminals, `EINVAL` for a position that is negative or larger than a signed
    /// 32-bit number.
    pub fn sys_lseek(
        &'fs self,
        task: &FsTask<'fs>,
        fd: u32,
        offset: i32,
        origin: u32,
    ) -> Result<usize> {
        let file = task.file(fd)?;
        match file.file_type() {
            S_IFREG | S_IFDIR | S_IFBLK => {}
            S_IFCHR if self.platform.is_seekable(file.inode().rdev()) => {}
            _ => return Err(Errno::ESPIPE),
        }
        let _position = file.lock_position();
        let base = match origin {
            SEEK_SET => 0,
            SEEK_CUR => i64::from(file.position()),
            SEEK_END => i64::from(file.inode().shown_size()),
            _ => return Err(Errno::EINVAL),
        };
        let position = i32::try_from(base + i64::from(offset))
            .ok()
            .filter(|place| *place >= 0);
        let position = position.ok_or(Errno::EINVAL)? as u32;
        file.set_position(position);
        Ok(position as usize)
    }
}

/// Whether a count of bytes, which is signed, is above 0.
#[inline(always)]
fn is_positive(count: usize) -> bool {
    (count as i32) > 0
}

/// The result for a count that is not above 0: there is nothing to do for 0, and a
/// negative count is `EINVAL`.
#[cold]
fn no_count(count: usize) -> Result<usize> {
    if count == 0 {
        Ok(0)
    } else {
        Err(Errno::EINVAL)
    }
}

/// Moves as much of `buffer` as `work` does at the position of a file. Returns how many
/// bytes.
#[inline(always)]
fn transfer<B: UserBuffer>(
    file: &File<'_>,
    mut buffer: B,
    work: impl FnOnce(&mut u32, &mut B) -> Result<()>,
) -> Result<usize> {
    let count = buffer.remaining();
    let result = at_position(file, |position| work(position, &mut buffer));
    moved(count - buffer.remaining(), result)
}

/// Calls `transfer` with the position of a file, which it moves, while nobody else
/// can.
#[inline]
pub(crate) fn at_position<R>(
    file: &File<'_>,
    transfer: impl FnOnce(&mut u32) -> Result<R>,
) -> Result<R> {
    let _position = file.lock_position();
    let mut position = file.position();
    let result = transfer(&mut position);
    file.set_position(position);
    result
}
