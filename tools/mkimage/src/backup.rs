// SPDX-License-Identifier: GPL-2.0-or-later
//! What a repair changed, so that it can be taken back.
//!
//! ```text
//! 0   8 bytes   "mkimage\0"
//! 8   u32       1, the version of this format
//! 12  u32       how many sectors follow
//! 16  u64       bytes of the image
//! 24  u64       where in the image the file system begins
//! 32  u32       bytes of the image's path
//! 36  ...       the image's path
//! ... for each sector: u32, its number in the image; 512 bytes as they were;
//!     512 bytes as the repair left them
//! ```
//!
//! Numbers are little-endian. The new bytes are there so that nothing is taken
//! back from an image that has changed since.

use crate::disk::{Region, SECTOR_SIZE};
use crate::error::Fault;
use fs::layout::{BLOCK_SIZE, u32_at};
use fsck::{Blocks, Changes};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"mkimage\0";
const VERSION: u32 = 1;
const HEADER: usize = 36;
const SECTORS_PER_BLOCK: u32 = (BLOCK_SIZE / SECTOR_SIZE) as u32;
const RECORD: usize = 4 + 2 * SECTOR_SIZE;

/// A sector that the repair changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sector {
    /// Its number in the image.
    pub number: u32,
    /// As it was.
    pub old: [u8; SECTOR_SIZE],
    /// As the repair left it.
    pub new: [u8; SECTOR_SIZE],
}

impl Sector {
    /// Where in the image it is.
    pub fn offset(&self) -> u64 {
        u64::from(self.number) * SECTOR_SIZE as u64
    }
}

/// All that a repair changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Backup {
    /// The image.
    pub image: PathBuf,
    /// Its bytes.
    pub length: u64,
    /// Where in it the file system begins.
    pub start: u64,
    /// What changed.
    pub sectors: Vec<Sector>,
}

impl Backup {
    /// Of a file system that was `old`, and what is to be written to it.
    pub fn of(
        image: &Path,
        length: u64,
        region: Region,
        old: &dyn Blocks,
        changes: &Changes,
    ) -> Backup {
        let first = (region.start / SECTOR_SIZE as u64) as u32;
        let mut sectors = Vec::new();
        for (&block, new) in changes {
            let number = first + block * SECTORS_PER_BLOCK;
            let old = old.contents(block).unwrap_or([0; BLOCK_SIZE]);
            let (old, new) = (old.as_chunks().0, new.as_chunks().0);
            for (number, (&old, &new)) in (number..).zip(old.iter().zip(new)) {
                if old != new {
                    sectors.push(Sector { number, old, new });
                }
            }
        }
        Backup {
            image: image.to_owned(),
            length,
            start: region.start,
            sectors,
        }
    }

    /// As it is in a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let path = self.image.as_os_str().as_bytes();
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((self.sectors.len() as u32).to_le_bytes());
        bytes.extend(self.length.to_le_bytes());
        bytes.extend(self.start.to_le_bytes());
        bytes.extend((path.len() as u32).to_le_bytes());
        bytes.extend(path);
        for sector in &self.sectors {
            bytes.extend(sector.number.to_le_bytes());
            bytes.extend(sector.old);
            bytes.extend(sector.new);
        }
        bytes
    }

    /// Reads what [`Backup::to_bytes`] made.
    pub fn parse(bytes: &[u8]) -> Result<Backup, Fault> {
        if !bytes.starts_with(MAGIC) || u32_at(bytes, 8) != VERSION {
            let problem = "expected what `fsck --repair` keeps of an image before it";
            return Err(Fault::new("header", problem));
        }
        let (count, path_length) = (u32_at(bytes, 12) as usize, u32_at(bytes, 32) as usize);
        let records = HEADER.saturating_add(path_length);
        if bytes.len() != records.saturating_add(count.saturating_mul(RECORD)) {
            let problem = format!("{} bytes, expected {count} sectors", bytes.len());
            return Err(Fault::new("length", problem));
        }
        // What is as long as it says has a header.
        let (path, records) = bytes[HEADER..].split_at(path_length);
        let long = |offset: usize| {
            let number = bytes[offset..].first_chunk();
            number.map_or(0, |number| u64::from_le_bytes(*number))
        };
        let sector = |record: &[u8; RECORD]| {
            let (sides, _) = record[4..].as_chunks();
            Sector {
                number: u32_at(record, 0),
                old: sides[0],
                new: sides[1],
            }
        };
        Ok(Backup {
            image: OsStr::from_bytes(path).into(),
            length: long(16),
            start: long(24),
            sectors: records.as_chunks().0.iter().map(sector).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fsck::Changed;

    fn backup() -> Backup {
        let old = [1; 4 * SECTOR_SIZE];
        let mut changed = Changed::new(&old);
        changed.block_mut(0).unwrap()[SECTOR_SIZE] = 2;
        changed.block_mut(1).unwrap()[2 * SECTOR_SIZE - 1] = 3;
        let region = Region {
            start: 10 * SECTOR_SIZE as u64,
            length: 4 * SECTOR_SIZE as u64,
        };
        Backup::of(
            Path::new("/tmp/image"),
            1 << 33,
            region,
            &old,
            &changed.into_changes(),
        )
    }

    #[test]
    fn what_changed_is_kept_both_as_it_was_and_as_it_is() {
        let backup = backup();
        let numbers: Vec<u32> = backup.sectors.iter().map(|sector| sector.number).collect();
        assert_eq!(numbers, [11, 13]);
        assert_eq!(backup.sectors[0].offset(), 11 * 512);
        assert_eq!((backup.sectors[0].old[0], backup.sectors[0].new[0]), (1, 2));
        assert_eq!(backup.sectors[1].new[511], 3);
        assert_eq!(Backup::parse(&backup.to_bytes()), Ok(backup));
    }

    /// By written-down numbers.
    #[test]
    fn the_format_is_as_described() {
        let bytes = backup().to_bytes();
        assert_eq!(&bytes[..8], b"mkimage\0");
        assert_eq!(bytes[8..16], [1, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(bytes[16..24], [0, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(bytes[24..32], [0, 20, 0, 0, 0, 0, 0, 0]);
        assert_eq!(&bytes[32..46], b"\x0a\0\0\0/tmp/image");
        assert_eq!(bytes[46..50], [11, 0, 0, 0]);
        assert_eq!(bytes.len(), 46 + 2 * 1028);
    }

    #[test]
    fn what_is_none_is_refused() {
        let bytes = backup().to_bytes();
        for bad in [
            &[][..],
            &bytes[..20],
            &bytes[..bytes.len() - 1],
            &bytes[1..],
        ] {
            assert!(Backup::parse(bad).is_err());
        }
        for byte in [0, 8] {
            let mut bytes = bytes.clone();
            bytes[byte] += 1;
            let refused = Backup::parse(&bytes).unwrap_err();
            assert_eq!(refused.place, "header", "byte {byte}");
        }
        // Neither the version nor the counts are all there.
        for length in 8..HEADER {
            let mut bytes = bytes[..length].to_vec();
            bytes[12.min(length)..16.min(length)].fill(0);
            assert!(Backup::parse(&bytes).is_err(), "{length} bytes");
        }
        let mut bytes = bytes;
        bytes[12..16].fill(0xff);
        assert!(Backup::parse(&bytes).is_err());
        bytes[32..36].fill(0xff);
        assert!(Backup::parse(&bytes).is_err());
    }
}
