// SPDX-License-Identifier: GPL-2.0-or-later
//! The partitions of a disk, out of its table (`abi::hdreg`).
//!
//! Only type, first sector and length of an entry are looked at. Its cylinders and heads
//! say the same in the BIOS's terms.
#![forbid(unsafe_code)]

pub use abi::hdreg::PARTITIONS;
use abi::hdreg::{self, SECTOR_SIZE};

/// A stretch of a disk (0.11: `struct hd_struct`).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Partition {
    /// Its first sector on the disk.
    pub start_sect: u32,
    /// How many sectors it has; 0 if there is no such partition.
    pub nr_sects: u32,
}

impl Partition {
    /// The sector of the disk at which `count` sectors from `sector` of the partition on
    /// begin; `None` unless they are all inside.
    pub fn locate(&self, sector: u32, count: u32) -> Option<u32> {
        let is_inside = sector.checked_add(count)? <= self.nr_sects;
        self.start_sect.checked_add(sector).filter(|_| is_inside)
    }

    fn from_entry(entry: &hdreg::Partition, disk_sectors: u32) -> Partition {
        let start_sect = entry.start_sect;
        let nr_sects = (entry.nr_sects).min(disk_sectors.saturating_sub(start_sect));
        if entry.sys_ind == 0 || nr_sects == 0 {
            return Partition::default();
        }
        Partition {
            start_sect,
            nr_sects,
        }
    }
}

/// Takes the partitions of a disk of `disk_sectors` sectors out of its first sector;
/// `None` if there is no table. What lies behind the end of the disk is cut off.
pub fn parse(sector: &[u8; SECTOR_SIZE], disk_sectors: u32) -> Option<[Partition; PARTITIONS]> {
    let entries = hdreg::partition_table(sector)?;
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
