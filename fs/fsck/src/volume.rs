// SPDX-License-Identifier: GPL-2.0-or-later
//! A Minix v1 file system as bytes, to be looked at without trusting it: for what
//! checks, draws and shows the structures themselves.
//!
//! [`UntrustedVolume::open`] accepts what has a super block that fits together; all
//! else may be damaged. Nothing here fails or runs for ever: what isn't there
//! reads as zeros.
//!
//! The file system's own code is no help here: it refuses what is damaged, and tells
//! nothing of blocks that no file has.

use crate::blocks::{Block, Blocks};
use crate::fault::Fault;
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG};
use alloc::string::ToString;
use alloc::vec::Vec;
use fs::layout::{
    BITS_PER_BLOCK, BLOCK_SIZE, DIRECT_ZONES, DOUBLE_INDIRECT, DiskInode, DiskSuper, ENTRY_NAME,
    Geometry, INDIRECT, InodeNumber, SUPER_BLOCK, ZONES_PER_BLOCK, Zone, u16_at,
};

/// A file system whose super block fits together.
#[derive(Clone, Copy)]
pub struct UntrustedVolume<'a> {
    /// Its blocks.
    pub blocks: &'a dyn Blocks,
    /// Where things are.
    pub geometry: Geometry,
}

/// A zone number that an inode or an indirect block holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ZoneRef {
    /// The number, as it stands there; not [`Zone::HOLE`].
    pub zone: Zone,
    /// Levels above the data: 0 data, 1 a list of zones, 2 a list of lists.
    pub level: u32,
    /// The place in the file of the first block it leads to.
    pub index: u32,
}

/// An entry of a directory, free ones too.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Which inode; 0 in a free entry.
    pub number: InodeNumber,
    /// The name, as far as a NUL.
    pub name: Vec<u8>,
}

impl Entry {
    /// Reads the bytes of one entry.
    pub fn parse(bytes: &[u8]) -> Entry {
        let name = bytes.get(ENTRY_NAME..).unwrap_or_default();
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        Entry {
            number: InodeNumber(u16_at(bytes, 0)),
            name: name.to_vec(),
        }
    }
}

/// The super block of a file system.
pub fn super_block(blocks: &dyn Blocks) -> Result<DiskSuper, Fault> {
    (blocks.block(SUPER_BLOCK).map(DiskSuper::parse))
        .ok_or_else(|| Fault::new("super block", "the file system has less than 2 blocks"))
}

/// Whether a mode's type is one that is known.
pub fn has_known_type(mode: u16) -> bool {
    has_zones(mode) || matches!(mode & S_IFMT, S_IFCHR | S_IFBLK | S_IFIFO)
}

/// Whether what has this mode has zones: other kinds have a device number, or
/// nothing, in their place.
pub fn has_zones(mode: u16) -> bool {
    matches!(mode & S_IFMT, S_IFDIR | S_IFREG | S_IFLNK)
}

impl<'a> UntrustedVolume<'a> {
    /// Fails if the super block makes no sense.
    pub fn open(blocks: &'a dyn Blocks) -> Result<UntrustedVolume<'a>, Fault> {
        let geometry = Geometry::check(&super_block(blocks)?, blocks.count())
            .map_err(|bad| Fault::new("super block", bad.to_string()))?;
        Ok(UntrustedVolume { blocks, geometry })
    }

    /// Block `number`, if there is such a block.
    pub fn block(&self, number: u32) -> Option<&'a Block> {
        self.blocks.block(number)
    }

    /// The same for a block that is looked at once.
    pub fn contents(&self, number: u32) -> Option<Block> {
        self.blocks.contents(number)
    }

    /// The inode; nothing there reads as a free one.
    pub fn inode(&self, number: InodeNumber) -> DiskInode {
        let (block, offset) = self.geometry.inode_place(number);
        self.block(block)
            .map(|block| DiskInode::parse(block, offset))
            .unwrap_or(DiskInode::NONE)
    }

    /// All inode numbers.
    pub fn inode_numbers(&self) -> impl Iterator<Item = InodeNumber> + use<> {
        (1..=self.geometry.ninodes).map(InodeNumber)
    }

    /// All zones that files may have.
    pub fn data_zones(&self) -> impl Iterator<Item = Zone> + use<> {
        (self.geometry.firstdatazone..self.geometry.nzones).map(Zone)
    }

    /// Bit `number` of the bitmap that begins at block `map`.
    pub fn bit(&self, map: u32, number: u32) -> bool {
        let bit = (number % BITS_PER_BLOCK) as usize;
        self.block(map + number / BITS_PER_BLOCK)
            .is_some_and(|block| block[bit / 8] & 1 << (bit % 8) != 0)
    }

    /// Whether the bitmap has the inode as used.
    pub fn is_inode_marked(&self, number: InodeNumber) -> bool {
        self.bit(self.geometry.inode_map(), number.0.into())
    }

    /// Whether the bitmap has the zone as used.
    pub fn is_zone_marked(&self, zone: Zone) -> bool {
        self.bit(self.geometry.zone_map(), self.zone_bit(zone))
    }

    /// Which bit of the zone bitmap stands for the data zone `zone`.
    pub fn zone_bit(&self, zone: Zone) -> u32 {
        u32::from(zone.0).saturating_sub(u32::from(self.geometry.firstdatazone)) + 1
    }

    /// Shows each zone number of `inode` to `visit`, which says of a list of
    /// zones whether to go into it. Whoever goes into each list only once
    /// comes to an end on any disk.
    pub fn walk_zones(&self, inode: &DiskInode, visit: &mut dyn FnMut(ZoneRef) -> bool) {
        for (slot, index) in (0..).zip(0..DIRECT_ZONES) {
            self.walk_zone(inode.zones[slot], 0, index, visit);
        }
        self.walk_zone(inode.zones[INDIRECT], 1, DIRECT_ZONES, visit);
        let index = DIRECT_ZONES + ZONES_PER_BLOCK;
        self.walk_zone(inode.zones[DOUBLE_INDIRECT], 2, index, visit);
    }

    fn walk_zone(
        &self,
        zone: Zone,
        level: u32,
        index: u32,
        visit: &mut dyn FnMut(ZoneRef) -> bool,
    ) {
        if zone.is_hole() || !visit(ZoneRef { zone, level, index }) || level == 0 {
            return;
        }
        let Some(list) = self.block(zone.block()) else {
            return;
        };
        let step = if level == 1 { 1 } else { ZONES_PER_BLOCK };
        for (slot, entry) in (0..).zip(list.chunks_exact(2)) {
            let zone = Zone(u16_at(entry, 0));
            self.walk_zone(zone, level - 1, index + slot * step, visit);
        }
    }

    /// The blocks of a file in order as far as its size goes and there are
    /// any; a hole, or what does not exist, is `None`. A list of zones that
    /// leads to itself is not followed.
    pub fn file_blocks(&self, inode: &DiskInode) -> Vec<Option<Zone>> {
        let mut lists = Vec::new();
        let mut blocks = Vec::new();
        let end = inode.size.div_ceil(BLOCK_SIZE as u32);
        self.walk_zones(inode, &mut |found| {
            if found.index >= end || !self.geometry.has_zone(found.zone) {
                return false;
            }
            if found.level > 0 {
                let is_new = !lists.contains(&found.zone);
                lists.push(found.zone);
                return is_new;
            }
            blocks.resize(found.index as usize, None);
            blocks.push(Some(found.zone));
            true
        });
        blocks
    }

    /// The entries of a directory as they stand there, free ones too; those in
    /// holes are left out.
    pub fn entries(&self, directory: &DiskInode) -> Vec<Entry> {
        let mut left = directory.size as usize;
        let mut entries = Vec::new();
        for zone in self.file_blocks(directory) {
            let here = left.min(BLOCK_SIZE);
            left -= here;
            if let Some(block) = zone.and_then(|zone| self.block(zone.block())) {
                let size = self.geometry.entry_size();
                entries.extend(block[..here].chunks_exact(size).map(Entry::parse));
            }
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::sample;

    #[test]
    fn a_volume_has_all_its_blocks() {
        let image = sample();
        assert!(UntrustedVolume::open(&image).is_ok());
        assert!(UntrustedVolume::open(&&image[..image.len() - 1]).is_err());
        assert!(UntrustedVolume::open(&&image[..2 * BLOCK_SIZE - 1]).is_err());
    }

    fn put(image: &mut [u8], block: usize, offset: usize, value: u16) {
        image[block * BLOCK_SIZE + offset..][..2].copy_from_slice(&value.to_le_bytes());
    }

    /// The sample, in which inode 3, `/d/f`, has these zones and KB.
    fn with_zones(zones: [u16; 9], size: u32) -> Vec<u8> {
        let mut image = sample();
        for (slot, zone) in zones.into_iter().enumerate() {
            put(&mut image, 4, 2 * 32 + 14 + 2 * slot, zone);
        }
        image[4 * BLOCK_SIZE + 2 * 32 + 4..][..4].copy_from_slice(&(size * 1024).to_le_bytes());
        image
    }

    fn blocks_of(image: &[u8]) -> Vec<Option<u16>> {
        let volume = UntrustedVolume::open(&image).unwrap();
        let blocks = volume.file_blocks(&volume.inode(InodeNumber(3)));
        blocks.into_iter().map(|zone| zone.map(|it| it.0)).collect()
    }

    #[test]
    fn lists_of_lists_are_walked() {
        let mut image = with_zones([7, 0, 0, 0, 0, 0, 0, 30, 20], 1034);
        put(&mut image, 30, 2 * 3, 31);
        put(&mut image, 20, 2, 21);
        put(&mut image, 21, 4, 22);
        let volume = UntrustedVolume::open(&image).unwrap();
        let mut found = Vec::new();
        volume.walk_zones(&volume.inode(InodeNumber(3)), &mut |it| {
            found.push((it.zone.0, it.level, it.index));
            true
        });
        let direct = [(7, 0, 0), (30, 1, 7), (31, 0, 10)];
        let indirect = [(20, 2, 519), (21, 1, 1031), (22, 0, 1033)];
        assert_eq!(found, [direct, indirect].concat());
        let blocks = blocks_of(&image);
        assert_eq!(blocks.len(), 1034);
        let there = (0..)
            .zip(&blocks)
            .filter_map(|(at, zone)| Some((at, (*zone)?)));
        let there: Vec<(usize, u16)> = there.collect();
        assert_eq!(there, [(0, 7), (10, 31), (1033, 22)]);
    }

    #[test]
    fn of_a_file_counts_what_is_there_up_to_its_size() {
        let zones = [7, 60_000, 8, 9, 0, 0, 0, 0, 0];
        assert_eq!(
            blocks_of(&with_zones(zones, 9)),
            [Some(7), None, Some(8), Some(9)]
        );
        assert_eq!(blocks_of(&with_zones(zones, 3)), [Some(7), None, Some(8)]);
        assert_eq!(blocks_of(&with_zones(zones, 0)), []);
        // A list of lists that is its own first list.
        let mut image = with_zones([7, 0, 0, 0, 0, 0, 0, 0, 20], 2000);
        put(&mut image, 20, 0, 20);
        assert_eq!(blocks_of(&image), [Some(7)]);
    }

    #[test]
    fn a_directory_ends_within_a_block() {
        let mut image = with_zones([7, 8, 0, 0, 0, 0, 0, 0, 0], 0);
        image[4 * BLOCK_SIZE + 2 * 32 + 4..][..4].copy_from_slice(&1040u32.to_le_bytes());
        put(&mut image, 8, 0, 5);
        put(&mut image, 8, 16, 6);
        let volume = UntrustedVolume::open(&image).unwrap();
        let entries = volume.entries(&volume.inode(InodeNumber(3)));
        assert_eq!(entries.len(), 65);
        assert_eq!(entries[64].number, InodeNumber(5));
    }

    #[test]
    fn types_of_files() {
        for (mode, is_known, with_zones) in [
            (0o010_644, true, false),
            (0o020_644, true, false),
            (0o040_755, true, true),
            (0o060_644, true, false),
            (0o100_644, true, true),
            (0o120_777, true, true),
            (0o140_777, false, false),
            (0o170_000, false, false),
            (0o000_777, false, false),
        ] {
            assert_eq!(has_known_type(mode), is_known, "{mode:o}");
            assert_eq!(has_zones(mode), with_zones, "{mode:o}");
        }
    }
}
