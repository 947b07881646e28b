// SPDX-License-Identifier: GPL-2.0-or-later
//! Cylinders, heads and sectors: how a disk of the time counts.
//!
//! Nothing on a disk says them, but each entry of the partition table gives the
//! first and the last sector both ways, and partitions end where cylinders do.

use crate::disk::{PARTITIONS, Partition, SECTOR_SIZE, partition_table};
use std::fmt;
use std::str::FromStr;

/// Sectors per track that six bits can count.
const SECTORS_MAX: u32 = 63;
/// The last cylinder that ten bits can name.
const LAST_CYLINDER: u32 = 1023;

/// How a disk is divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Geometry {
    /// Cylinders: 1 to 65535.
    pub cylinders: u32,
    /// Heads: 1 to 16.
    pub heads: u32,
    /// Sectors per track: 1 to 63.
    pub sectors: u32,
}

impl Geometry {
    /// As many whole cylinders of 16 heads and 63 sectors as there is room for:
    /// our disks.
    pub const fn ours(sectors: u32) -> Geometry {
        Geometry {
            cylinders: sectors / (16 * SECTORS_MAX),
            heads: 16,
            sectors: SECTORS_MAX,
        }
    }

    /// The geometry of a disk of `sectors` sectors that begins with `start`: the
    /// one that its partition table agrees with, otherwise ours, otherwise what
    /// the table can best mean. `None` if no cylinder would be whole.
    pub fn detect(start: &[u8], sectors: u64) -> Option<Geometry> {
        let total = u32::try_from(sectors).ok()?;
        let table = partition_table(start, sectors * SECTOR_SIZE as u64);
        let guess = table.map(|table| Geometry::of_table(&table, total));
        let certain = guess.filter(|guess| table.is_some_and(|table| guess.agrees(&table)));
        [certain, Some(Geometry::ours(total)), guess]
            .into_iter()
            .flatten()
            .find(|found| found.cylinders > 0 && found.heads <= 16 && found.total() == total)
    }

    /// What a table means whose partitions reach the last head and sector.
    fn of_table(table: &[Partition; PARTITIONS], total: u32) -> Geometry {
        let (heads, sectors) = ends(table).fold((1, 1), |(heads, sectors), (chs, _)| {
            let sector = u32::from(chs[1]) & SECTORS_MAX;
            (heads.max(u32::from(chs[0]) + 1), sectors.max(sector))
        });
        Geometry {
            cylinders: total / (heads * sectors),
            heads,
            sectors,
        }
    }

    fn agrees(&self, table: &[Partition; PARTITIONS]) -> bool {
        ends(table).all(|(chs, lba)| self.chs(lba) == chs)
    }

    /// Sectors of a cylinder.
    pub fn cylinder(&self) -> u32 {
        self.heads * self.sectors
    }

    /// All sectors.
    pub fn total(&self) -> u32 {
        self.cylinders * self.cylinder()
    }

    /// The entry of a partition of at least one sector.
    pub fn entry(&self, kind: u8, bootable: bool, first: u32, sectors: u32) -> Partition {
        Partition {
            boot_ind: if bootable { 0x80 } else { 0 },
            start_chs: self.chs(first),
            sys_ind: kind,
            end_chs: self.chs(first + sectors.saturating_sub(1)),
            start_sect: first,
            nr_sects: sectors,
        }
    }

    /// A sector's cylinder, head and sector as a partition entry packs them:
    /// head; sector (counted from 1) in the low six bits, bits 8 and 9 of the
    /// cylinder above them; the low eight bits of the cylinder. What lies beyond
    /// cylinder 1023 gets the last head and sector of that cylinder.
    pub fn chs(&self, lba: u32) -> [u8; 3] {
        let cylinder = lba / self.cylinder();
        let (cylinder, head, sector) = if cylinder > LAST_CYLINDER {
            (LAST_CYLINDER, self.heads - 1, self.sectors)
        } else {
            let head = lba / self.sectors % self.heads;
            (cylinder, head, lba % self.sectors + 1)
        };
        [
            head as u8,
            (sector | (cylinder >> 8) << 6) as u8,
            cylinder as u8,
        ]
    }
}

/// First and last sector of all partitions, both ways.
fn ends(table: &[Partition; PARTITIONS]) -> impl Iterator<Item = ([u8; 3], u32)> {
    let used = table.iter().filter(|entry| !entry.is_unused());
    used.flat_map(|entry| {
        let last = entry.start_sect + (entry.nr_sects - 1);
        [(entry.start_chs, entry.start_sect), (entry.end_chs, last)]
    })
}

impl fmt::Display for Geometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Geometry {
            cylinders,
            heads,
            sectors,
        } = self;
        write!(f, "cylinders={cylinders}, heads={heads}, spt={sectors}")
    }
}

impl FromStr for Geometry {
    type Err = &'static str;

    /// `CYLINDERS/HEADS/SECTORS`.
    fn from_str(text: &str) -> Result<Geometry, Self::Err> {
        let expected = "expected CYLINDERS/HEADS/SECTORS, up to 65535/16/63";
        let numbers: Vec<u32> = text
            .split('/')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| expected)?;
        match numbers[..] {
            [cylinders @ 1..=65535, heads @ 1..=16, sectors @ 1..=63] => Ok(Geometry {
                cylinders,
                heads,
                sectors,
            }),
            _ => Err(expected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{BOOT_SIGNATURE, BOOT_SIGNATURE_OFFSET, fill_boot_sector, partition_entry};
    use abi::sys::types::Device;

    fn sector(entries: &[Partition]) -> [u8; SECTOR_SIZE] {
        let mut table = [Partition::default(); 4];
        table[..entries.len()].copy_from_slice(entries);
        let mut sector = [0; SECTOR_SIZE];
        sector[BOOT_SIGNATURE_OFFSET..].copy_from_slice(&BOOT_SIGNATURE);
        fill_boot_sector(&mut sector, Device::NONE, &table);
        sector
    }

    #[test]
    fn chs_by_hand() {
        let chs = |lba| Geometry::ours(1008).chs(lba);
        assert_eq!(chs(0), [0, 1, 0]);
        assert_eq!(chs(62), [0, 63, 0]);
        assert_eq!(chs(63), [1, 1, 0]);
        assert_eq!(chs(1007), [15, 63, 0]);
        assert_eq!(chs(2048), [0, 33, 2]);
        // Cylinder 300 = 12Ch: the two upper bits go above the sector.
        assert_eq!(chs(300 * 1008 + 2 * 63 + 4), [2, 5 | 0x40, 0x2c]);
        assert_eq!(chs(1023 * 1008), [0, 1 | 0xc0, 0xff]);
        assert_eq!(chs(1024 * 1008 - 1), [15, 63 | 0xc0, 0xff]);
        assert_eq!(chs(1024 * 1008), [15, 63 | 0xc0, 0xff]);
    }

    #[test]
    fn the_table_tells_the_geometry_it_was_made_with() {
        let old: Geometry = "410/16/38".parse().unwrap();
        assert_eq!(old.total(), 249_280);
        // 124031 is the last sector of cylinder 203, head 15.
        let two = [
            old.entry(0x81, false, 2, 124_030),
            old.entry(0x81, false, 124_032, 124_032),
        ];
        assert_eq!(two[0].start_chs, [0, 3, 0]);
        assert_eq!(two[0].end_chs, [15, 38, 203]);
        assert_eq!(Geometry::detect(&sector(&two), 249_280), Some(old));
        // One that agrees with nothing: ours, if that divides the disk.
        let mut wrong = two;
        wrong[1].start_chs[0] = 3;
        assert_eq!(Geometry::detect(&sector(&wrong), 249_280), Some(old));
        // A disk that both geometries divide: what the table agrees with wins.
        let both = 315 * 16 * 38;
        let cylinders = |geometry: Option<Geometry>| geometry.unwrap().cylinders;
        assert_eq!(cylinders(Geometry::detect(&sector(&two[..1]), both)), 315);
        let mut none = two[0];
        none.start_chs = [1, 1, 1];
        assert_eq!(cylinders(Geometry::detect(&sector(&[none]), both)), 190);
        let ours = Geometry::ours(248 * 1008);
        assert_eq!(Geometry::detect(&sector(&wrong), 248 * 1008), Some(ours));
        assert_eq!(Geometry::detect(&sector(&two), 249_281), None);
        let one = [partition_entry(0x81, false, 63, 945)];
        assert_eq!(
            Geometry::detect(&sector(&one), 1008),
            Some(Geometry::ours(1008))
        );
        assert_eq!(Geometry::detect(&[], 1008), Some(Geometry::ours(1008)));
        assert_eq!(Geometry::detect(&[], 1007), None);
        assert_eq!(Geometry::detect(&[], 0), None);
    }

    #[test]
    fn geometries_are_read() {
        for bad in [
            "",
            "410/16",
            "410/16/38/1",
            "0/16/38",
            "410/17/38",
            "410/16/64",
            "x/1/1",
        ] {
            assert!(bad.parse::<Geometry>().is_err(), "{bad}");
        }
    }
}
