// SPDX-License-Identifier: GPL-2.0-or-later
//! The partition table of a disk, as `fdisk` shows and changes it.
//!
//! Its layout is `abi::hdreg`. The cylinders, heads and sectors of an entry are stored as
//! FE FF FF, which stands where they are too large, because nobody looks at them.

use abi::hdreg::{self, PARTITION_TABLE, SIGNATURE};
use abi::pod::Pod;

pub use abi::hdreg::{MINIX, PARTITIONS, SECTOR_SIZE as SECTOR};

const ENTRY: usize = size_of::<hdreg::Partition>();
const ACTIVE: u8 = 0x80;
/// Cylinder, head and sector of what is not told in them.
const NOT_TOLD: [u8; 3] = [0xfe, 0xff, 0xff];

/// A partition; all zeros if there is none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Partition {
    /// Whether the machine boots from it.
    pub active: bool,
    /// What it is for; 0 for nothing.
    pub kind: u8,
    /// Its first sector.
    pub start: u32,
    /// How many sectors it has.
    pub count: u32,
}

impl Partition {
    /// The sector behind it.
    pub fn end(&self) -> u64 {
        u64::from(self.start) + u64::from(self.count)
    }
}

/// What is wrong with a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// These two have sectors in common.
    Overlap(usize, usize),
    /// It begins in the sector of the table, has no sector, or ends behind the disk.
    Outside(usize),
}

/// The four partitions.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Table(pub [Partition; PARTITIONS]);

impl Table {
    /// The table in a disk's first sector; `None` if there is none.
    pub fn parse(sector: &[u8; SECTOR]) -> Option<Table> {
        let entries = hdreg::partition_table(sector)?;
        Some(Table(entries.map(|entry| Partition {
            active: entry.boot_ind == ACTIVE,
            kind: entry.sys_ind,
            start: entry.start_sect,
            count: entry.nr_sects,
        })))
    }

    /// Stores the table. An entry that is as it was keeps its bytes.
    pub fn store(&self, sector: &mut [u8; SECTOR]) {
        let old = Table::parse(sector);
        let (_, end) = sector.split_at_mut(PARTITION_TABLE);
        let (entries, signature) = end.split_at_mut(PARTITIONS * ENTRY);
        if old.is_none() {
            entries.fill(0);
        }
        let old = old.unwrap_or_default();
        let both = self.0.iter().zip(old.0);
        for (entry, (new, old)) in entries.chunks_exact_mut(ENTRY).zip(both) {
            if *new != old {
                entry.copy_from_slice(entry_of(new).as_bytes());
            }
        }
        signature.copy_from_slice(&SIGNATURE);
    }

    /// The partitions that are there, with their numbers from 1.
    pub fn used(&self) -> impl Iterator<Item = (usize, &Partition)> {
        let numbered = (1..).zip(&self.0);
        numbered.filter(|(_, partition)| partition.kind != 0)
    }

    /// What is wrong with it on a disk of so many sectors.
    pub fn fault(&self, sectors: u64) -> Option<Fault> {
        for (number, one) in self.used() {
            if one.start == 0 || one.count == 0 || one.end() > sectors {
                return Some(Fault::Outside(number));
            }
            for (other, two) in self.used().filter(|(other, _)| *other > number) {
                if u64::from(one.start) < two.end() && u64::from(two.start) < one.end() {
                    return Some(Fault::Overlap(number, other));
                }
            }
        }
        None
    }
}

fn entry_of(partition: &Partition) -> hdreg::Partition {
    if partition.kind == 0 {
        return hdreg::Partition::default();
    }
    hdreg::Partition {
        boot_ind: if partition.active { ACTIVE } else { 0 },
        start_chs: NOT_TOLD,
        sys_ind: partition.kind,
        end_chs: NOT_TOLD,
        start_sect: partition.start,
        nr_sects: partition.count,
    }
}

#[cfg(test)]
mod tests {
    use super::{PARTITION_TABLE as TABLE, *};

    fn partition(start: u32, count: u32) -> Partition {
        Partition {
            active: false,
            kind: MINIX,
            start,
            count,
        }
    }

    #[test]
    fn what_is_stored_is_read_and_the_rest_of_the_sector_stays() {
        let mut sector = [7; SECTOR];
        assert_eq!(Table::parse(&sector), None);
        let mut table = Table::default();
        table.0[1] = Partition {
            active: true,
            ..partition(63, 0x1234_5678)
        };
        table.store(&mut sector);
        assert_eq!(Table::parse(&sector), Some(table));
        assert_eq!(sector[..TABLE], [7; TABLE]);
        let entry = TABLE + ENTRY;
        let bytes = [0x80, 0xfe, 0xff, 0xff, 0x81, 0xfe, 0xff, 0xff, 63, 0, 0, 0];
        assert_eq!(sector[entry..entry + 12], bytes);
        assert_eq!(sector[entry + 12..entry + 16], 0x1234_5678u32.to_le_bytes());
        assert_eq!(sector[510..], [0x55, 0xaa]);
    }

    #[test]
    fn an_entry_that_does_not_change_keeps_its_bytes() {
        let mut sector = [0; SECTOR];
        let mut table = Table::default();
        table.0[0] = partition(63, 100);
        table.store(&mut sector);
        sector[TABLE + 1] = 3;
        table.0[3] = partition(200, 1);
        table.store(&mut sector);
        assert_eq!(sector[TABLE + 1], 3);
        table.0[0].count = 101;
        table.store(&mut sector);
        assert_eq!(sector[TABLE + 1], 0xfe);
    }

    #[test]
    fn partitions_lie_on_the_disk_and_apart() {
        let mut table = Table::default();
        assert_eq!(table.fault(0), None);
        table.0[0] = partition(1, 99);
        table.0[2] = partition(100, 100);
        assert_eq!(table.fault(200), None);
        assert_eq!(table.fault(199), Some(Fault::Outside(3)));
        table.0[1] = partition(99, 1);
        assert_eq!(table.fault(200), Some(Fault::Overlap(1, 2)));
        table.0[1] = partition(150, 0);
        assert_eq!(table.fault(200), Some(Fault::Outside(2)));
        table.0[1] = partition(0, 1);
        assert_eq!(table.fault(200), Some(Fault::Outside(2)));
        table.0[1] = partition(u32::MAX, u32::MAX);
        assert_eq!(table.fault(200), Some(Fault::Outside(2)));
    }
}
