// SPDX-License-Identifier: GPL-2.0-or-later
//! Basic types (0.11: `include/sys/types.h`), as newtypes that do not mix.

use core::fmt;

/// Seconds since 1970-01-01 00:00:00 UTC.
pub type Time = u32;

/// A device: major number in the high byte, minor in the low (0.11: `dev_t`).
///
/// Zero is no device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Device(pub u16);

impl Device {
    /// No device.
    pub const NONE: Device = Device(0);

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
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({:#06x})", self.0)
    }
}

/// As 0.11's messages have it: four hexadecimal digits.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.0)
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
