// SPDX-License-Identifier: GPL-2.0-or-later
//! What is known of a drive, and how it wants its sectors named
//! (0.11: `struct hd_i_struct`).
//!
//! A drive describes itself in a sector of data (IDENTIFY DEVICE: ATA/ATAPI-6,
//! 8.15). One that is older than that is described by the table that the BIOS
//! has of it (IBM PC/AT Technical Reference, "fixed disk parameter table").
#![forbid(unsafe_code)]

use super::SECTOR_SIZE;

/// How many sectors 28 bits can name.
const LBA28_SECTORS: u32 = 1 << 28;
/// The most sectors that one interrupt moves by words. Meanwhile no other interrupt is
/// taken: a page takes about a millisecond.
pub const MOST_MULTIPLE: u8 = 8;
/// The bit of the head register that says that the address is a plain number.
const LBA: u8 = 0x40;

/// How the drive says that its surface is divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Geometry {
    /// Cylinders, at most 65535.
    pub cylinders: u32,
    /// Heads, at most 16.
    pub heads: u32,
    /// Sectors of a track, at most 255.
    pub sectors: u32,
}

impl Geometry {
    fn new(cylinders: u16, heads: u16, sectors: u16) -> Option<Geometry> {
        let usable = cylinders != 0 && (1..=16).contains(&heads) && (1..=255).contains(&sectors);
        let (cylinders, heads, sectors) = (cylinders.into(), heads.into(), sectors.into());
        usable.then_some(Geometry {
            cylinders,
            heads,
            sectors,
        })
    }

    fn total(self) -> u32 {
        self.cylinders * self.heads * self.sectors
    }
}

/// The address of a sector, as the registers take it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Address {
    /// Sector of the track from 1 on, or bits 0..8 of the number.
    pub sector: u8,
    /// Cylinder, or bits 8..24.
    pub cylinder: u16,
    /// Head, or bits 24..28 and the bit that says so.
    pub head: u8,
}

/// How much the data register takes at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// It takes 16 bits, as all drives do.
    Words,
    /// It takes 32 bits, so that the same bytes need half as many steps.
    Doublewords,
}

/// A drive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Drive {
    /// What it is divided into.
    pub geometry: Geometry,
    /// Whether it takes plain sector numbers.
    pub lba: bool,
    /// How many sectors it has.
    pub sectors: u32,
    /// How many sectors it moves by one interrupt; 1 if it cannot move more.
    pub multiple: u8,
    /// Whether it can be told to empty its cache.
    pub flushes: bool,
    /// Whether its data can be moved by DMA.
    pub dma: bool,
    /// How its data is moved. Doublewords also need a controller that passes
    /// them on whole, which the drive can't know.
    pub width: Width,
}

impl Drive {
    /// Makes a drive from its own description; `None` if that makes no sense.
    pub fn from_identify(data: &[u8; SECTOR_SIZE]) -> Option<Drive> {
        let (words, _) = data.as_chunks::<2>();
        let word = |number: usize| u16::from_le_bytes(words[number]);
        const NO_ATA: u16 = 1 << 15;
        const TRANSLATION_IS_VALID: u16 = 1 << 0;
        const LBA_SUPPORTED: u16 = 1 << 9;
        const DMA_SUPPORTED: u16 = 1 << 8;
        if word(0) & NO_ATA != 0 {
            return None;
        }
        let default = Geometry::new(word(1), word(3), word(6));
        let translation = Geometry::new(word(54), word(55), word(56));
        let geometry = match translation {
            Some(geometry) if word(53) & TRANSLATION_IS_VALID != 0 => geometry,
            _ => default?,
        };
        let counted = u32::from(word(60)) | u32::from(word(61)) << 16;
        let lba = word(49) & LBA_SUPPORTED != 0 && counted != 0;
        let sectors = match lba {
            true => counted.min(LBA28_SECTORS),
            false => geometry.total(),
        };
        // ANSI X3.221 (ATA-1), "identify drive". Later standards use the word
        // for other things, with other values.
        const DOUBLEWORDS: u16 = 1;
        let (width, most) = match word(48) {
            DOUBLEWORDS => (Width::Doublewords, 2 * MOST_MULTIPLE),
            _ => (Width::Words, MOST_MULTIPLE),
        };
        let multiple = (word(47) as u8).min(most);
        // A block size is a power of two in all drives.
        let multiple = match multiple.is_power_of_two() {
            true => multiple,
            false => 1,
        };
        // ATA/ATAPI-6, 8.15.41: the word says something if its upper bits are
        // 01. Before ATA-4 the command did not exist.
        const FLUSH_CACHE: u16 = 1 << 12;
        let flushes = word(83) >> 14 == 1 && word(83) & FLUSH_CACHE != 0;
        Some(Drive {
            geometry,
            lba,
            sectors,
            multiple,
            flushes,
            dma: word(49) & DMA_SUPPORTED != 0,
            width,
        })
    }

    /// Makes a drive from the BIOS's table; `None` if that is empty.
    pub fn from_bios(table: &[u8; 16]) -> Option<Drive> {
        let cylinders = u16::from_le_bytes([table[0], table[1]]);
        let geometry = Geometry::new(cylinders, table[2].into(), table[14].into())?;
        Some(Drive {
            geometry,
            lba: false,
            sectors: geometry.total(),
            multiple: 1,
            flushes: false,
            dma: false,
            width: Width::Words,
        })
    }

    /// The address of sector `number`, which is on the drive.
    pub fn address(&self, number: u32) -> Address {
        if self.lba {
            let [sector, low, high, head] = number.to_le_bytes();
            return Address {
                sector,
                cylinder: u16::from_le_bytes([low, high]),
                head: head | LBA,
            };
        }
        let track = number / self.geometry.sectors;
        Address {
            sector: (number % self.geometry.sectors + 1) as u8,
            cylinder: (track / self.geometry.heads) as u16,
            head: (track % self.geometry.heads) as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identify(words: &[(usize, u16)]) -> [u8; SECTOR_SIZE] {
        let mut data = [0; SECTOR_SIZE];
        for (number, word) in words {
            data[2 * number..2 * number + 2].copy_from_slice(&word.to_le_bytes());
        }
        data
    }

    const OLD: [(usize, u16); 3] = [(1, 65), (3, 16), (6, 63)];

    #[test]
    fn a_drive_of_today_is_addressed_by_number() {
        let words = [
            &OLD[..],
            &[(47, 0x8010), (49, 0x0200), (60, 0xFFF0), (61, 0x0001)],
        ]
        .concat();
        let drive = Drive::from_identify(&identify(&words)).unwrap();
        assert!(drive.lba);
        assert_eq!((drive.sectors, drive.multiple), (0x1_FFF0, 8));
        let expected = Address {
            sector: 0x78,
            cylinder: 0x3456,
            head: 0x42,
        };
        assert_eq!(drive.address(0x0234_5678), expected);
    }

    #[test]
    fn a_drive_that_cannot_move_blocks_of_sectors_moves_single_ones() {
        for word in [0x8000, 0x8003] {
            let words = [&OLD[..], &[(47, word)]].concat();
            assert_eq!(Drive::from_identify(&identify(&words)).unwrap().multiple, 1);
        }
    }

    #[test]
    fn a_drive_says_that_its_cache_can_be_emptied() {
        for (word, flushes) in [
            (0, false),
            (0x5000, true),
            (0x4000, false),
            (0x1000, false),
            (0xFFFF, false),
        ] {
            let words = [&OLD[..], &[(83, word)]].concat();
            let drive = Drive::from_identify(&identify(&words)).unwrap();
            assert_eq!(drive.flushes, flushes, "{word:#x}");
        }
    }

    #[test]
    fn a_drive_says_that_its_data_can_be_moved_by_dma() {
        for (word, dma) in [(0x0300, true), (0x0100, true), (0x0200, false), (0, false)] {
            let words = [&OLD[..], &[(49, word)]].concat();
            let drive = Drive::from_identify(&identify(&words)).unwrap();
            assert_eq!(drive.dma, dma, "{word:#x}");
        }
        let mut table = [0; 16];
        (table[0], table[2], table[14]) = (65, 4, 17);
        assert!(!Drive::from_bios(&table).unwrap().dma);
    }

    #[test]
    fn only_a_drive_of_the_first_standard_says_that_it_takes_doublewords() {
        for (word, width) in [
            (0, Width::Words),
            (1, Width::Doublewords),
            (0x4001, Width::Words),
        ] {
            let words = [&OLD[..], &[(48, word)]].concat();
            let drive = Drive::from_identify(&identify(&words)).unwrap();
            assert_eq!(drive.width, width);
        }
    }

    #[test]
    fn doublewords_move_twice_as_many_sectors_by_one_interrupt() {
        let words = [&OLD[..], &[(47, 0x8010), (48, 1)]].concat();
        let drive = Drive::from_identify(&identify(&words)).unwrap();
        assert_eq!(drive.multiple, 16);
    }

    #[test]
    fn more_than_28_bits_cannot_be_addressed() {
        let words = [&OLD[..], &[(49, 0x0200), (60, 0xFFFF), (61, 0xFFFF)]].concat();
        assert_eq!(
            Drive::from_identify(&identify(&words)).unwrap().sectors,
            1 << 28
        );
    }

    #[test]
    fn an_old_drive_is_addressed_by_cylinder_head_and_sector() {
        let drive = Drive::from_identify(&identify(&OLD)).unwrap();
        assert_eq!(
            (drive.lba, drive.sectors, drive.multiple),
            (false, 65520, 1)
        );
        assert_eq!(
            drive.address(0),
            Address {
                sector: 1,
                cylinder: 0,
                head: 0
            }
        );
        assert_eq!(
            drive.address(63),
            Address {
                sector: 1,
                cylinder: 0,
                head: 1
            }
        );
        assert_eq!(
            drive.address(65519),
            Address {
                sector: 63,
                cylinder: 64,
                head: 15
            }
        );
    }

    #[test]
    fn a_translation_in_force_counts_more_than_the_default() {
        let words = [&OLD[..], &[(53, 1), (54, 130), (55, 8), (56, 62)]].concat();
        let drive = Drive::from_identify(&identify(&words)).unwrap();
        assert_eq!(
            drive.geometry,
            Geometry {
                cylinders: 130,
                heads: 8,
                sectors: 62
            }
        );
        let words = [&OLD[..], &[(53, 0), (54, 130), (55, 8), (56, 62)]].concat();
        assert_eq!(
            Drive::from_identify(&identify(&words))
                .unwrap()
                .geometry
                .heads,
            16
        );
    }

    #[test]
    fn what_makes_no_sense_is_no_drive() {
        assert_eq!(Drive::from_identify(&identify(&[])), None);
        assert_eq!(
            Drive::from_identify(&identify(&[(0, 0x8580), (1, 65), (3, 16), (6, 63)])),
            None
        );
        assert_eq!(Drive::from_identify(&[0xFF; SECTOR_SIZE]), None);
        assert_eq!(Drive::from_bios(&[0; 16]), None);
    }

    #[test]
    fn the_bios_table_describes_a_drive() {
        let mut table = [0; 16];
        (table[0], table[1], table[2], table[14]) = (0x67, 0x02, 4, 17);
        let drive = Drive::from_bios(&table).unwrap();
        assert_eq!(
            drive.geometry,
            Geometry {
                cylinders: 615,
                heads: 4,
                sectors: 17
            }
        );
        assert_eq!((drive.lba, drive.sectors), (false, 615 * 4 * 17));
    }
}
