// SPDX-License-Identifier: GPL-2.0-or-later
//! The system calls that the file system serves: arguments in, results out.
//!
//! The calls themselves are methods of [`fs::Fs`], named as in 0.11. Here
//! paths and structures are copied from and to the program; nothing is
//! decided.
#![deny(unsafe_code)]

mod mount_root;
mod select;

pub use select::sys_select;

use crate::file_system::fs;
use crate::sched::current;
use crate::segment::{self, Access, PathBuffer, UserSlice, copy_to_user, get_user, put_user};
use crate::setup_data;
use abi::Result;
use abi::pod::Pod;
use abi::sgtty::{TIOCGETP, TIOCSETP};
use abi::sys::dirent::Dirent;
use abi::sys::mount::{MS_RDONLY, MS_REMOUNT};
use abi::sys::types::{Device, Gid, Mode, Uid, UserAddress};
use abi::utime::Utimbuf;
use fs::FsTask;

fn task() -> &'static FsTask<'static> {
    &current().fs
}

/// Copies a path and hands it to `call`.
fn with_path<R>(path: UserAddress, call: impl FnOnce(&[u8]) -> Result<R>) -> Result<R> {
    call(PathBuffer::new().get_string(path)?)
}

fn with_two_paths<R>(
    first: UserAddress,
    second: UserAddress,
    call: impl FnOnce(&[u8], &[u8]) -> Result<R>,
) -> Result<R> {
    with_path(first, |first| {
        with_path(second, |second| call(first, second))
    })
}

/// What calls without a result of their own answer.
fn zero(_: ()) -> u32 {
    0
}

/// `setup`: finds the disks and mounts root; tells the caller the command
/// line. Works once, for task 1 (0.11: `sys_setup` in `kernel/blk_drv/hd.c`).
pub fn sys_setup(command_line: UserAddress) -> Result<u32> {
    mount_root::mount_root()?;
    let line = setup_data::command_line().as_bytes();
    segment::copy_to_user(command_line, line)?;
    put_user(
        UserAddress(command_line.0.saturating_add(line.len() as u32)),
        &0u8,
    )?;
    Ok(0)
}

/// `read`.
pub fn sys_read(fd: u32, buffer: UserAddress, count: u32) -> Result<u32> {
    let mut buffer = UserSlice::new(Access::Write, buffer, count);
    fs().sys_read(task(), fd, &mut buffer)
        .map(|count| count as u32)
}

/// `write`.
pub fn sys_write(fd: u32, buffer: UserAddress, count: u32) -> Result<u32> {
    let mut buffer = UserSlice::new(Access::Read, buffer, count);
    fs().sys_write(task(), fd, &mut buffer)
        .map(|count| count as u32)
}

/// `open`.
pub fn sys_open(path: UserAddress, flags: u32, mode: Mode) -> Result<u32> {
    with_path(path, |path| fs().sys_open(task(), path, flags, mode.0)).map(|fd| fd as u32)
}

/// `creat`.
pub fn sys_creat(path: UserAddress, mode: Mode) -> Result<u32> {
    with_path(path, |path| fs().sys_creat(task(), path, mode.0)).map(|fd| fd as u32)
}

/// `close`.
pub fn sys_close(fd: u32) -> Result<u32> {
    fs().sys_close(task(), fd).map(zero)
}

/// `lseek`.
pub fn sys_lseek(fd: u32, offset: i32, origin: u32) -> Result<u32> {
    fs().sys_lseek(task(), fd, offset, origin)
        .map(|position| position as u32)
}

/// `dup`.
pub fn sys_dup(fd: u32) -> Result<u32> {
    fs().sys_dup(task(), fd).map(|fd| fd as u32)
}

/// `dup2`.
pub fn sys_dup2(old: u32, new: u32) -> Result<u32> {
    fs().sys_dup2(task(), old, new).map(|fd| fd as u32)
}

/// `fcntl`.
pub fn sys_fcntl(fd: u32, command: u32, argument: u32) -> Result<u32> {
    fs().sys_fcntl(task(), fd, command, argument)
        .map(|result| result as u32)
}

/// `ioctl`.
pub fn sys_ioctl(fd: u32, command: u32, argument: u32) -> Result<u32> {
    fs().sys_ioctl(task(), fd, command, argument)
}

/// `stty`: sets the terminal as Version 7 says.
pub fn sys_stty(fd: u32, sgttyb: u32) -> Result<u32> {
    sys_ioctl(fd, TIOCSETP, sgttyb)
}

/// `gtty`: tells what Version 7 knows of the terminal.
pub fn sys_gtty(fd: u32, sgttyb: u32) -> Result<u32> {
    sys_ioctl(fd, TIOCGETP, sgttyb)
}

/// `pipe`: stores the two descriptors. If that fails, they are closed again.
pub fn sys_pipe(fds: UserAddress) -> Result<u32> {
    let pair = fs().sys_pipe(task())?;
    put_user(fds, &pair).inspect_err(|_| {
        for fd in pair {
            let _ = fs().sys_close(task(), fd);
        }
    })?;
    Ok(0)
}

/// `link`.
pub fn sys_link(old: UserAddress, new: UserAddress) -> Result<u32> {
    with_two_paths(old, new, |old, new| fs().sys_link(task(), old, new)).map(zero)
}

/// `rename`.
pub fn sys_rename(old: UserAddress, new: UserAddress) -> Result<u32> {
    with_two_paths(old, new, |old, new| fs().sys_rename(task(), old, new)).map(zero)
}

/// `unlink`.
pub fn sys_unlink(path: UserAddress) -> Result<u32> {
    with_path(path, |path| fs().sys_unlink(task(), path)).map(zero)
}

/// `mkdir`.
pub fn sys_mkdir(path: UserAddress, mode: Mode) -> Result<u32> {
    with_path(path, |path| fs().sys_mkdir(task(), path, mode.0)).map(zero)
}

/// `rmdir`.
pub fn sys_rmdir(path: UserAddress) -> Result<u32> {
    with_path(path, |path| fs().sys_rmdir(task(), path)).map(zero)
}

/// `mknod`.
pub fn sys_mknod(path: UserAddress, mode: Mode, device: Device) -> Result<u32> {
    with_path(path, |path| fs().sys_mknod(task(), path, mode.0, device)).map(zero)
}

/// `symlink`.
pub fn sys_symlink(target: UserAddress, path: UserAddress) -> Result<u32> {
    with_two_paths(target, path, |target, path| {
        fs().sys_symlink(task(), target, path)
    })
    .map(zero)
}

/// `readlink`.
pub fn sys_readlink(path: UserAddress, buffer: UserAddress, size: u32) -> Result<u32> {
    let mut buffer = UserSlice::new(Access::Write, buffer, size);
    with_path(path, |path| fs().sys_readlink(task(), path, &mut buffer)).map(|size| size as u32)
}

/// `chdir`.
pub fn sys_chdir(path: UserAddress) -> Result<u32> {
    with_path(path, |path| fs().sys_chdir(task(), path)).map(zero)
}

/// `chroot`.
pub fn sys_chroot(path: UserAddress) -> Result<u32> {
    with_path(path, |path| fs().sys_chroot(task(), path)).map(zero)
}

/// `chmod`.
pub fn sys_chmod(path: UserAddress, mode: Mode) -> Result<u32> {
    with_path(path, |path| fs().sys_chmod(task(), path, mode.0)).map(zero)
}

/// `chown`.
pub fn sys_chown(path: UserAddress, uid: Uid, gid: Gid) -> Result<u32> {
    with_path(path, |path| fs().sys_chown(task(), path, uid.0, gid.0)).map(zero)
}

/// `access`.
pub fn sys_access(path: UserAddress, mode: Mode) -> Result<u32> {
    with_path(path, |path| fs().sys_access(task(), path, mode.0)).map(zero)
}

/// `utime`; a null pointer means now.
pub fn sys_utime(path: UserAddress, times: UserAddress) -> Result<u32> {
    let times: Option<Utimbuf> = if times.is_null() {
        None
    } else {
        Some(get_user(times)?)
    };
    with_path(path, |path| fs().sys_utime(task(), path, times)).map(zero)
}

/// `stat`.
pub fn sys_stat(path: UserAddress, stat: UserAddress) -> Result<u32> {
    let value = with_path(path, |path| fs().sys_stat(task(), path))?;
    put_user(stat, &value).map(zero)
}

/// `lstat`.
pub fn sys_lstat(path: UserAddress, stat: UserAddress) -> Result<u32> {
    let value = with_path(path, |path| fs().sys_lstat(task(), path))?;
    put_user(stat, &value).map(zero)
}

/// `fstat`.
pub fn sys_fstat(fd: u32, stat: UserAddress) -> Result<u32> {
    put_user(stat, &fs().sys_fstat(task(), fd)?).map(zero)
}

/// `readdir`: one entry, whatever `count` says; returns the bytes of its name, 0
/// at the end.
pub fn sys_readdir(fd: u32, entry: UserAddress, _count: u32) -> Result<u32> {
    let Some(dirent) = fs().sys_readdir(task(), fd)? else {
        return Ok(0);
    };
    let length = Dirent::NAME + usize::from(dirent.reclen) + 1;
    copy_to_user(entry, &dirent.as_bytes()[..length])?;
    Ok(dirent.reclen.into())
}

/// `umask`; returns the old one.
pub fn sys_umask(mask: Mode) -> Result<u32> {
    Ok(fs().sys_umask(task(), mask.0))
}

/// `sync`: returns when everything is on the disk.
pub fn sys_sync() -> Result<u32> {
    fs().sys_sync().map(zero)
}

/// `mount`. Any flags but those of a remount mean "for reading only", as in 0.11.
pub fn sys_mount(device: UserAddress, directory: UserAddress, flags: u32) -> Result<u32> {
    if flags & !MS_RDONLY == MS_REMOUNT {
        let read_only = flags & MS_RDONLY != 0;
        return with_path(directory, |path| fs().sys_remount(task(), path, read_only)).map(zero);
    }
    with_two_paths(device, directory, |device, directory| {
        fs().sys_mount(task(), device, directory, flags != 0)
    })
    .map(zero)
}

/// `umount`.
pub fn sys_umount(path: UserAddress) -> Result<u32> {
    with_path(path, |path| fs().sys_umount(task(), path)).map(zero)
}

/// `ustat`.
pub fn sys_ustat(device: Device, ustat: UserAddress) -> Result<u32> {
    put_user(ustat, &fs().sys_ustat(device)?).map(zero)
}
