// SPDX-License-Identifier: GPL-2.0-or-later
//! How files are opened, and `fcntl` (0.11: `include/fcntl.h`).

use crate::abi_struct;
use bitflags::bitflags;

/// The bits of the open flags that hold the access mode.
pub const O_ACCMODE: u32 = 0o3;
/// Open for reading only.
pub const O_RDONLY: u32 = 0o0;
/// Open for writing only.
pub const O_WRONLY: u32 = 0o1;
/// Open for reading and writing.
pub const O_RDWR: u32 = 0o2;

bitflags! {
    /// The flags of `open` beside the access mode.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct OpenFlags: u32 {
        /// Make the file if it isn't there.
        const O_CREAT = 0o100;
        /// With `O_CREAT`: fail if it is there.
        const O_EXCL = 0o200;
        /// A terminal opened does not become the controlling one.
        const O_NOCTTY = 0o400;
        /// Make it empty.
        const O_TRUNC = 0o1000;
        /// Each write goes to the end.
        const O_APPEND = 0o2000;
        /// Answer EAGAIN instead of waiting.
        const O_NONBLOCK = 0o4000;
    }
}

/// Make the file if it isn't there.
pub const O_CREAT: u32 = OpenFlags::O_CREAT.bits();
/// With [`O_CREAT`]: fail if it is there.
pub const O_EXCL: u32 = OpenFlags::O_EXCL.bits();
/// A terminal opened does not become the controlling one.
pub const O_NOCTTY: u32 = OpenFlags::O_NOCTTY.bits();
/// Make it empty.
pub const O_TRUNC: u32 = OpenFlags::O_TRUNC.bits();
/// Each write goes to the end.
pub const O_APPEND: u32 = OpenFlags::O_APPEND.bits();
/// Answer EAGAIN instead of waiting.
pub const O_NONBLOCK: u32 = OpenFlags::O_NONBLOCK.bits();
/// System V's name of [`O_NONBLOCK`].
pub const O_NDELAY: u32 = O_NONBLOCK;

/// `fcntl`: another descriptor of the same open file, not below the argument.
pub const F_DUPFD: u32 = 0;
/// `fcntl`: tell [`FD_CLOEXEC`].
pub const F_GETFD: u32 = 1;
/// `fcntl`: set [`FD_CLOEXEC`].
pub const F_SETFD: u32 = 2;
/// `fcntl`: tell the open flags.
pub const F_GETFL: u32 = 3;
/// `fcntl`: change [`O_APPEND`] and [`O_NONBLOCK`].
pub const F_SETFL: u32 = 4;
/// `fcntl`: tell of a lock in the way. 0.11 has no locks and answers -1.
pub const F_GETLK: u32 = 5;
/// `fcntl`: lock, or fail.
pub const F_SETLK: u32 = 6;
/// `fcntl`: lock, and wait for it.
pub const F_SETLKW: u32 = 7;

/// Descriptor flag: closed by `execve`.
pub const FD_CLOEXEC: u32 = 1;

/// A lock for reading.
pub const F_RDLCK: i16 = 0;
/// A lock for writing.
pub const F_WRLCK: i16 = 1;
/// No lock.
pub const F_UNLCK: i16 = 2;

abi_struct! {
    /// A lock on a piece of a file (0.11: `struct flock`).
    pub struct Flock, 16 bytes {
        /// [`F_RDLCK`], [`F_WRLCK`] or [`F_UNLCK`].
        0 => l_type: i16,
        /// What `l_start` counts from, as in `lseek`.
        2 => l_whence: i16,
        /// First byte.
        4 => l_start: i32,
        /// Bytes, 0 for all to the end.
        8 => l_len: i32,
        /// Who holds it.
        12 => l_pid: i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_0_11() {
        let numbers = [O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_APPEND, O_NONBLOCK];
        assert_eq!(numbers, [0x40, 0x80, 0x100, 0x200, 0x400, 0x800]);
    }
}
