// SPDX-License-Identifier: GPL-2.0-or-later
//! The system calls of the file system that move structures or buffers from or to
//! the program.
//!
//! The calls themselves are methods of [`fs::Fs`], named as in 0.11; those that take
//! paths and numbers only are called by the table of system calls at once.
#![deny(unsafe_code)]

mod mount_root;
mod select;

pub use select::sys_select;

use crate::file_system::file_system;
use crate::sched::current;
use crate::segment::{FilledSlice, PathBuffer, ReadSlice, copy_to_user, get_user, put_user};
use crate::setup_data;
use abi::Result;
use abi::pod::Pod;
use abi::sgtty::{TIOCGETP, TIOCSETP};
use abi::sys::dirent::Dirent;
use abi::sys::mount::{MS_RDONLY, MS_REMOUNT};
use abi::sys::types::{Device, UserAddress};
use fs::FsTask;

fn task() -> &'static FsTask<'static> {
    &current().fs_task
}

/// `setup`: finds the disks and mounts root; tells the caller the command
/// line. Works once, for task 1 (0.11: `sys_setup` in `kernel/blk_drv/hd.c`).
pub fn sys_setup(command_line: UserAddress) -> Result<()> {
    mount_root::mount_root()?;
    let line = setup_data::command_line().as_bytes();
    copy_to_user(command_line, line)?;
    let end = command_line.0.saturating_add(line.len() as u32);
    put_user(UserAddress(end), &0u8)
}

/// `read`.
pub fn sys_read(fd: u32, buffer: UserAddress, count: u32) -> Result<usize> {
    file_system().sys_read(task(), fd, FilledSlice::new(buffer, count))
}

/// `write`.
pub fn sys_write(fd: u32, buffer: UserAddress, count: u32) -> Result<usize> {
    file_system().sys_write(task(), fd, ReadSlice::new(buffer, count))
}

/// `stty`: sets the terminal as Version 7 says.
pub fn sys_stty(fd: u32, sgttyb: u32) -> Result<u32> {
    file_system().sys_ioctl(task(), fd, TIOCSETP, sgttyb)
}

/// `gtty`: tells what Version 7 knows of the terminal.
pub fn sys_gtty(fd: u32, sgttyb: u32) -> Result<u32> {
    file_system().sys_ioctl(task(), fd, TIOCGETP, sgttyb)
}

/// `pipe`: stores the two descriptors. If that fails, they are closed again.
pub fn sys_pipe(fds: UserAddress) -> Result<()> {
    let pair = file_system().sys_pipe(task())?;
    put_user(fds, &pair).inspect_err(|_| {
        for fd in pair {
            let _ = file_system().sys_close(task(), fd);
        }
    })
}

/// `readlink`.
pub fn sys_readlink(path: &[u8], buffer: UserAddress, size: u32) -> Result<usize> {
    file_system().sys_readlink(task(), path, &mut FilledSlice::new(buffer, size))
}

/// `utime`; a null pointer means now.
pub fn sys_utime(path: &[u8], times: UserAddress) -> Result<()> {
    let times = match times.is_null() {
        true => None,
        false => Some(get_user(times)?),
    };
    file_system().sys_utime(task(), path, times)
}

/// `stat`.
pub fn sys_stat(path: &[u8], stat: UserAddress) -> Result<()> {
    put_user(stat, &file_system().sys_stat(task(), path)?)
}

/// `lstat`.
pub fn sys_lstat(path: &[u8], stat: UserAddress) -> Result<()> {
    put_user(stat, &file_system().sys_lstat(task(), path)?)
}

/// `fstat`.
pub fn sys_fstat(fd: u32, stat: UserAddress) -> Result<()> {
    put_user(stat, &file_system().sys_fstat(task(), fd)?)
}

/// `readdir`: one entry, whatever `count` says; returns the bytes of its name, 0
/// at the end.
pub fn sys_readdir(fd: u32, entry: UserAddress, _count: u32) -> Result<u32> {
    let Some(dirent) = file_system().sys_readdir(task(), fd)? else {
        return Ok(0);
    };
    let length = Dirent::NAME + usize::from(dirent.reclen) + 1;
    copy_to_user(entry, &dirent.as_bytes()[..length])?;
    Ok(dirent.reclen.into())
}

/// `umask`; returns the old one.
pub fn sys_umask(mask: u16) -> Result<u32> {
    Ok(file_system().sys_umask(task(), mask))
}

/// `sync`: returns when everything is on the disk.
pub fn sys_sync() -> Result<()> {
    file_system().sys_sync()
}

/// `mount`. Any flags but those of a remount mean "for reading only", as in 0.11.
pub fn sys_mount(device: UserAddress, directory: &[u8], flags: u32) -> Result<()> {
    if flags & !MS_RDONLY == MS_REMOUNT {
        return file_system().sys_remount(task(), directory, flags & MS_RDONLY != 0);
    }
    let mut room = PathBuffer::new();
    file_system().sys_mount(task(), room.get_string(device)?, directory, flags != 0)
}

/// `ustat`.
pub fn sys_ustat(device: Device, ustat: UserAddress) -> Result<()> {
    put_user(ustat, &file_system().sys_ustat(device)?)
}
