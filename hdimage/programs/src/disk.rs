// SPDX-License-Identifier: GPL-2.0-or-later
//! Disks as such, for the programs that make and check file systems.

use abi::Errno;
use abi::sys::stat::{S_ISBLK, Stat};
use abi::sys::types::{Device, major};
use abi::unistd::{SEEK_SET, W_OK};
use user::calls::{self, File};

use crate::files::mounts;

/// Bytes of a block.
pub const BLOCK: u32 = 1024;
/// Zone numbers have 16 bits.
pub const MOST_BLOCKS: u32 = 0xFFFF;
/// What a minor number of a floppy can say of the drive.
const FLOPPY_DRIVES: u8 = 4;

/// The next byte read or written is the first one of a block.
pub fn seek(file: &File, block: u32) -> abi::Result<()> {
    calls::lseek(file.fd(), (block * BLOCK) as i32, SEEK_SET).map(drop)
}

/// How many blocks there are, up to [`MOST_BLOCKS`] and one: the first that can't be
/// read, by halving.
pub fn blocks(file: &File) -> u32 {
    let (mut low, mut high) = (0, MOST_BLOCKS + 1);
    while low < high {
        let middle = (low + high) / 2;
        let mut byte = [0; 1];
        match seek(file, middle).and_then(|()| calls::read_on(file.fd(), &mut byte)) {
            Ok(1..) => low = middle + 1,
            _ => high = middle,
        }
    }
    low
}

/// What is done with a device at the moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Nothing is mounted from it.
    Free,
    /// It is mounted for reading only.
    Read,
    /// It is mounted, and may be written; or it can't be told.
    Written,
}

/// What is done with the block device that `stat` is of.
pub fn use_of(stat: &Stat) -> Use {
    let device = Device(stat.st_rdev);
    if !S_ISBLK(stat.st_mode) || !is_mounted(device) {
        return Use::Free;
    }
    let mounts = mounts();
    let mount = mounts.iter().find(|mount| mount.device == device);
    let answer = mount.map(|mount| calls::access(&mount.directory, W_OK));
    match answer {
        Some(Err(Errno::EROFS)) => Use::Read,
        _ => Use::Written,
    }
}

/// Whether something is mounted from a device.
pub fn is_mounted(device: Device) -> bool {
    // One floppy has a minor for each kind of disk.
    let same = |minor: u8| match device.major() {
        major::FLOPPY => minor % FLOPPY_DRIVES == device.minor() % FLOPPY_DRIVES,
        _ => minor == device.minor(),
    };
    let mut minors = (0..=u8::MAX).filter(|&minor| same(minor));
    minors.any(|minor| calls::ustat(Device::new(device.major(), minor)).is_ok())
}
