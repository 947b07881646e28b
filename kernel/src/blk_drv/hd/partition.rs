// SPDX-License-Identifier: GPL-2.0-or-later
//! The partition table (0.11: `struct partition` in `include/linux/hdreg.h`).
//!
//! It lies at byte 446 of a disk's first sector: four entries of 16 bytes,
//! then 55h AAh. Of an entry only type, first sector and length are looked at;
//! its cylinders and heads say the same in the BIOS's terms. (IBM PC/AT
//! Technical Reference; PC-DOS's FDISK.)
#![forbid(unsafe_code)]

use super::SECTOR_SIZE;

/// Entries of a table.
pub const PARTITIONS: usize = 4;

const TABLE: usize = 446;
const ENTRY_SIZE: usize = 16;
const SIGNATURE: [u8; 2] = [0x55, 0xAA];

/// A stretch of a disk (0.11: `struct hd_struct`).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Partition {
    /// Its first sector on the disk.
    pub start_sect: u32,
    /// Its sectors; 0 if there is no such partition.
    pub nr_sects: u32,
}

impl Partition {
    /// Where on the disk `count` sectors from `sector` of the partition on
    /// are; `None` unless they are all inside.
    pub fn locate(&self, sector: u32, count: u32) -> Option<u32> {
        let end = sector.checked_add(count)?;
        if end <= self.nr_sects {
            self.start_sect.checked_add(sector)
        } else {
            None
        }
    }

    fn from_entry(entry: &[u8; ENTRY_SIZE], disk_sectors: u32) -> Partition {
        let [_, _, _, _, kind, _, _, _, s0, s1, s2, s3, n0, n1, n2, n3] = *entry;
        let start_sect = u32::from_le_bytes([s0, s1, s2, s3]);
        let length = u32::from_le_bytes([n0, n1, n2, n3]);
        let nr_sects = length.min(disk_sectors.saturating_sub(start_sect));
        if kind == 0 || nr_sects == 0 {
            Partition::default()
        } else {
            Partition {
                start_sect,
                nr_sects,
            }
        }
    }
}

/// The partitions of a disk of `disk_sectors` sectors, out of its first
/// sector; `None` if there is no table. What lies behind the end of the disk
/// is cut off.
pub fn parse(sector: &[u8; SECTOR_SIZE], disk_sectors: u32) -> Option<[Partition; PARTITIONS]> {
    let (entries, signature) = sector[TABLE..].as_chunks::<ENTRY_SIZE>();
    if signature != SIGNATURE {
        return None;
    }
    let entries: &[[u8; ENTRY_SIZE]; PARTITIONS] = entries.try_into().ok()?;
    Some(entries.map(|entry| Partition::from_entry(&entry, disk_sectors)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISK: u32 = 65520;

    fn sector(entries: &[(u8, u32, u32)]) -> [u8; 512] {
        let mut sector = [0; 512];
        for (number, (kind, start, length)) in entries.iter().enumerate() {
            let at = 446 + 16 * number;
            sector[at + 4] = *kind;
            sector[at + 8..at + 12].copy_from_slice(&start.to_le_bytes());
            sector[at + 12..at + 16].copy_from_slice(&length.to_le_bytes());
        }
        sector[510] = 0x55;
        sector[511] = 0xAA;
        sector
    }

    #[test]
    fn entries_are_read() {
        let table = parse(&sector(&[(0xDA, 2048, 8032), (0x81, 10080, 55440)]), DISK).unwrap();
        assert_eq!(
            table[0],
            Partition {
                start_sect: 2048,
                nr_sects: 8032
            }
        );
        assert_eq!(
            table[1],
            Partition {
                start_sect: 10080,
                nr_sects: 55440
            }
        );
        assert_eq!(table[2..], [Partition::default(); 2]);
    }

    #[test]
    fn without_the_signature_there_is_no_table() {
        let mut sector = sector(&[(0x81, 1, 2)]);
        sector[511] = 0;
        assert_eq!(parse(&sector, DISK), None);
    }

    #[test]
    fn what_lies_behind_the_disk_is_cut_off() {
        let entries = [
            (0x81, DISK - 10, u32::MAX),
            (0x81, DISK, 5),
            (0x81, u32::MAX, u32::MAX),
            (0, 1, 2),
        ];
        let table = parse(&sector(&entries), DISK).unwrap();
        assert_eq!(
            table[0],
            Partition {
                start_sect: DISK - 10,
                nr_sects: 10
            }
        );
        assert_eq!(table[1..], [Partition::default(); 3]);
    }

    #[test]
    fn nothing_outside_the_partition_is_located() {
        let partition = Partition {
            start_sect: 2048,
            nr_sects: 11,
        };
        assert_eq!(partition.locate(0, 11), Some(2048));
        assert_eq!(partition.locate(9, 2), Some(2057));
        assert_eq!(partition.locate(10, 2), None);
        assert_eq!(partition.locate(u32::MAX, 2), None);
        assert_eq!(Partition::default().locate(0, 2), None);
    }
}
