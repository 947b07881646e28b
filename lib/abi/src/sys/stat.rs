// SPDX-License-Identifier: GPL-2.0-or-later
//! File modes and what `stat` tells (0.11: `include/sys/stat.h`).
//!
//! A mode is 16 bits: four of file type, then set-user-id, set-group-id and
//! sticky, then read, write, execute for owner, group and others. A Minix
//! inode holds the same 16 bits on disk.

use crate::abi_struct;

/// The bits of a mode that hold the file type.
pub const S_IFMT: u16 = 0o170000;
/// A symbolic link (0.12; 0.11 has the number but no such files).
pub const S_IFLNK: u16 = 0o120000;
/// A regular file.
pub const S_IFREG: u16 = 0o100000;
/// A block device.
pub const S_IFBLK: u16 = 0o060000;
/// A directory.
pub const S_IFDIR: u16 = 0o040000;
/// A character device.
pub const S_IFCHR: u16 = 0o020000;
/// A named pipe.
pub const S_IFIFO: u16 = 0o010000;
/// Run with the owner's user id.
pub const S_ISUID: u16 = 0o004000;
/// Run with the file's group id.
pub const S_ISGID: u16 = 0o002000;
/// In a directory: entries are removed only by their owners.
pub const S_ISVTX: u16 = 0o001000;

/// Owner: read, write and execute.
pub const S_IRWXU: u16 = 0o700;
/// Owner: read.
pub const S_IRUSR: u16 = 0o400;
/// Owner: write.
pub const S_IWUSR: u16 = 0o200;
/// Owner: execute, or search a directory.
pub const S_IXUSR: u16 = 0o100;
/// Group: read, write and execute.
pub const S_IRWXG: u16 = 0o070;
/// Group: read.
pub const S_IRGRP: u16 = 0o040;
/// Group: write.
pub const S_IWGRP: u16 = 0o020;
/// Group: execute.
pub const S_IXGRP: u16 = 0o010;
/// Others: read, write and execute.
pub const S_IRWXO: u16 = 0o007;
/// Others: read.
pub const S_IROTH: u16 = 0o004;
/// Others: write.
pub const S_IWOTH: u16 = 0o002;
/// Others: execute.
pub const S_IXOTH: u16 = 0o001;

macro_rules! type_tests {
    ($($name:ident $type:ident $text:literal;)*) => {
        $(
            #[doc = concat!("Whether `mode` is that of ", $text, ".")]
            #[allow(non_snake_case)]
            pub const fn $name(mode: u16) -> bool {
                mode & S_IFMT == $type
            }
        )*
    };
}
type_tests! {
    S_ISLNK  S_IFLNK "a symbolic link";
    S_ISREG  S_IFREG "a regular file";
    S_ISBLK  S_IFBLK "a block device";
    S_ISDIR  S_IFDIR "a directory";
    S_ISCHR  S_IFCHR "a character device";
    S_ISFIFO S_IFIFO "a named pipe";
}

abi_struct! {
    /// What `stat` and `fstat` tell of a file (0.11: `struct stat`).
    pub struct Stat, 32 bytes {
        /// The device the file is on.
        0 => st_dev: u16,
        /// The number of its inode there.
        2 => st_ino: u16,
        /// Type and permissions.
        4 => st_mode: u16,
        /// How many names it has.
        6 => st_nlink: u8,
        /// Padding of C's.
        7 => pad1: u8,
        /// Its owner.
        8 => st_uid: u16,
        /// Its group.
        10 => st_gid: u8,
        /// Padding of C's.
        11 => pad2: u8,
        /// The device it stands for, if it is a device node.
        12 => st_rdev: u16,
        /// Padding of C's.
        14 => pad3: u16,
        /// Its size in bytes.
        16 => st_size: i32,
        /// When it was last read, in seconds since 1970.
        20 => st_atime: u32,
        /// When its contents were last written.
        24 => st_mtime: u32,
        /// When its inode was last changed.
        28 => st_ctime: u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::Pod;

    #[test]
    fn stat_byte_for_byte() {
        let stat = Stat {
            st_dev: 0x0302,
            st_ino: 0x1234,
            st_mode: S_IFREG | 0o644,
            st_nlink: 5,
            st_uid: 0x0607,
            st_gid: 8,
            st_rdev: 0x090a,
            st_size: 0x0b0c_0d0e,
            st_atime: 0x1011_1213,
            st_mtime: 0x2021_2223,
            st_ctime: 0x3031_3233,
            ..Stat::default()
        };
        let expected = [
            0x02, 0x03, 0x34, 0x12, 0xa4, 0x81, 5, 0, 0x07, 0x06, 8, 0, 0x0a, 0x09, 0,
            0, // to 15
            0x0e, 0x0d, 0x0c, 0x0b, 0x13, 0x12, 0x11, 0x10, 0x23, 0x22, 0x21, 0x20, 0x33, 0x32,
            0x31, 0x30,
        ];
        assert_eq!(stat.as_bytes(), expected);
    }

    #[test]
    fn file_types() {
        assert!(S_ISDIR(0o040755) && !S_ISREG(0o040755));
        assert!(S_ISBLK(0o060600) && !S_ISDIR(0o060600) && !S_ISCHR(0o060600));
        assert!(S_ISLNK(0o120777) && !S_ISREG(0o120777) && !S_ISCHR(0o120777));
        assert!(S_ISFIFO(0o010644) && S_ISCHR(0o020600) && S_ISREG(0o104755));
    }
}
