// SPDX-License-Identifier: GPL-2.0-or-later
//! Basic types (0.11: `include/sys/types.h`), as newtypes that do not mix.

use core::fmt;

/// Seconds since 1970-01-01 00:00:00 UTC.
pub type Time = u32;

/// A user (0.11: `uid_t`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Uid(pub u16);

/// A group, as programs name it and the disk keeps it (0.11: `gid_t`). A task
/// has 16 bits for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Gid(pub u8);

/// A device: major number in the high byte, minor in the low (0.11: `dev_t`).
///
/// Zero is no device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Device(pub u16);

impl Device {
    /// No device.
    pub const NONE: Device = Device(0);
    /// What [`Device::from_name`] takes, for messages.
    pub const NAMES: &str =
        "/dev/hd0 to /dev/hd9, /dev/fd0, /dev/fd1, /dev/ram or four hexadecimal digits";
    /// `/dev/null`.
    pub const NULL: Device = Device::new(major::MEM, 3);

    /// From major and minor number.
    pub const fn new(major: u8, minor: u8) -> Device {
        Device((major as u16) << 8 | minor as u16)
    }

    /// Which driver.
    pub const fn major(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// Which of the driver's devices.
    pub const fn minor(self) -> u8 {
        self.0 as u8
    }

    /// Whether this is [`Device::NONE`].
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// By the name that [`Display`](fmt::Display) gives it (`/dev/hd2`), or by
    /// a number of four hexadecimal digits (`0302`).
    pub fn from_name(name: &str) -> Option<Device> {
        let unit = |digits: &str| match digits.as_bytes() {
            [digit @ b'0'..=b'9'] => Some(digit - b'0'),
            _ => None,
        };
        if let Some(digits) = name.strip_prefix("/dev/hd") {
            return Some(Device::new(major::HARD_DISK, unit(digits)?));
        }
        match name {
            "/dev/fd0" => Some(Device::new(major::FLOPPY, FLOPPY_1440)),
            "/dev/fd1" => Some(Device::new(major::FLOPPY, FLOPPY_1440 + 1)),
            "/dev/ram" => Some(Device::new(major::MEM, RAM_DISK)),
            _ if name.len() != 4 || name.starts_with('+') => None,
            _ => u16::from_str_radix(name, 16).ok().map(Device),
        }
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({:#06x})", self.0)
    }
}

/// A block device by the name of its node on our disk, `/dev/hd2`; one that
/// has none by its major and minor number, `2,8`.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.major(), self.minor()) {
            (major::MEM, RAM_DISK) => write!(f, "/dev/ram"),
            (major::FLOPPY, minor @ FLOPPY_1440..FLOPPY_OTHER) => {
                write!(f, "/dev/fd{}", minor - FLOPPY_1440)
            }
            (major::HARD_DISK, minor @ 0..=9) => write!(f, "/dev/hd{minor}"),
            (major, minor) => write!(f, "{major},{minor}"),
        }
    }
}

/// The minor number of the RAM disk.
const RAM_DISK: u8 = 1;
/// That of a disk of 1.44 MB in the first floppy drive: its kind, which is 7,
/// times 4 (0.11: `TYPE` in `kernel/blk_drv/floppy.c`).
const FLOPPY_1440: u8 = 4 * 7;
/// Behind the same in the second drive.
const FLOPPY_OTHER: u8 = FLOPPY_1440 + 2;

#[cfg(test)]
mod tests {
    use super::Device;

    #[test]
    fn block_devices_are_called_as_their_nodes_are() {
        for (name, number) in [
            ("/dev/ram", 0x0101),
            ("/dev/fd0", 0x021C),
            ("/dev/fd1", 0x021D),
            ("/dev/hd0", 0x0300),
            ("/dev/hd2", 0x0302),
            ("/dev/hd9", 0x0309),
        ] {
            assert_eq!(Device(number).to_string(), name);
            assert_eq!(Device::from_name(name), Some(Device(number)));
        }
    }

    #[test]
    fn others_are_called_by_their_numbers() {
        for (name, number) in [
            ("0,0", 0),
            ("1,2", 0x0102),
            ("2,30", 0x021E),
            ("3,10", 0x030A),
            ("255,255", 0xFFFF),
        ] {
            assert_eq!(Device(number).to_string(), name);
            let hexadecimal = format!("{number:04x}");
            assert_eq!(Device::from_name(&hexadecimal), Some(Device(number)));
        }
        for nothing in [
            "",
            "/dev/hd",
            "/dev/hd10",
            "/dev/hd+1",
            "/dev/fd2",
            "/dev/tty1",
            "302",
            "+302",
            "00302",
            "bogus",
        ] {
            assert_eq!(Device::from_name(nothing), None, "{nothing}");
        }
    }
}

/// The major numbers of 0.11 (`include/linux/fs.h`, comment at its top).
pub mod major {
    /// `/dev/mem` and its kin: ram, mem, kmem, null, port, zero.
    pub const MEM: u8 = 1;
    /// Floppy disks.
    pub const FLOPPY: u8 = 2;
    /// Hard disks: minor 0 the first disk, 1..=4 its partitions, 5 the second.
    pub const HARD_DISK: u8 = 3;
    /// Terminals: minor 0 the console in front, 1.. consoles, 64.. serial lines.
    pub const TTYX: u8 = 4;
    /// `/dev/tty`: the controlling terminal of whoever opens it.
    pub const TTY: u8 = 5;
}

/// An offset in a process's data segment, as user code passes it.
///
/// Nothing but the user-memory functions may turn it into an access.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
#[repr(transparent)]
pub struct UserAddress(pub u32);

impl UserAddress {
    /// Whether this is the null pointer.
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }
}

crate::abi_struct! {
    /// What `ustat` tells of a mounted file system (0.11: `struct ustat`).
    pub struct Ustat, 20 bytes {
        /// Free zones.
        0 => f_tfree: i32,
        /// Free inodes.
        4 => f_tinode: u16,
        /// Its name.
        6 => f_fname: [u8; 6],
        /// The name of its medium.
        12 => f_fpack: [u8; 6],
        /// Padding of C's.
        18 => pad: u16,
    }
}
