// SPDX-License-Identifier: GPL-2.0-or-later
//! The partition table of a disk (0.11: `include/linux/hdreg.h`).
//!
//! It is in the first sector, at byte 446: four entries of 16 bytes, and then the
//! signature 55h AAh. (IBM PC/AT Technical Reference; PC-DOS's FDISK.)

use crate::abi_struct;
use crate::pod::Pod;

/// Bytes of a sector.
pub const SECTOR_SIZE: usize = 512;
/// Where the table is in the sector.
pub const PARTITION_TABLE: usize = 446;
/// Entries of the table.
pub const PARTITIONS: usize = 4;
/// What is behind the table.
pub const SIGNATURE: [u8; 2] = [0x55, 0xAA];
/// The type of a Minix file system, and of Linux in 1991.
pub const MINIX: u8 = 0x81;
/// The older number of that type.
const OLD_MINIX: u8 = 0x80;

abi_struct! {
    /// An entry of the table (0.11: `struct partition`).
    pub struct Partition, 16 bytes {
        /// 80h if the machine boots from it, otherwise 0.
        0 => boot_ind: u8,
        /// Head, sector and cylinder of the first sector. Eleven reads only its number.
        1 => start_chs: [u8; 3],
        /// The type; 0 marks an unused entry.
        4 => sys_ind: u8,
        /// Head, sector and cylinder of the last sector.
        5 => end_chs: [u8; 3],
        /// The number of the first sector.
        8 => start_sect: u32,
        /// How many sectors.
        12 => nr_sects: u32,
    }
}

impl Partition {
    /// Whether the entry describes no partition.
    pub fn is_unused(&self) -> bool {
        self.sys_ind == 0 || self.nr_sects == 0
    }

    /// Whether its type is that of a Minix file system.
    pub fn is_minix(&self) -> bool {
        matches!(self.sys_ind, MINIX | OLD_MINIX)
    }
}

/// The entries in a disk's first sector; `None` if there is no table.
pub fn partition_table(sector: &[u8; SECTOR_SIZE]) -> Option<[Partition; PARTITIONS]> {
    let entries = sector[PARTITION_TABLE..].strip_suffix(&SIGNATURE)?;
    Pod::from_bytes(entries)
}
