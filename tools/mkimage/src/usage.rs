// SPDX-License-Identifier: GPL-2.0-or-later
//! How full a file system is, by its own account.

use crate::error::Fault;
use fs::layout::{BLOCK_SIZE, DiskSuper, Geometry, SUPER_BLOCK};

/// Totals and free counts; a zone is 1 KB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usage {
    /// Zones for files.
    pub zones: u32,
    /// Of these, free ones.
    pub free_zones: u32,
    /// Inodes.
    pub inodes: u32,
    /// Of these, free ones.
    pub free_inodes: u32,
    /// Bytes of a name.
    pub name_length: u8,
}

impl Usage {
    /// Reads super block and bitmaps of the file system at the start of
    /// `image`.
    pub fn of(image: &[u8]) -> Result<Usage, Fault> {
        let fault = |problem: String| Fault::new("super block", problem);
        let super_block = image
            .get(SUPER_BLOCK as usize * BLOCK_SIZE..)
            .and_then(|rest| rest.first_chunk())
            .ok_or_else(|| fault("the file system has less than 2 blocks".into()))?;
        let blocks = (image.len() / BLOCK_SIZE) as u32;
        let geometry = Geometry::check(&DiskSuper::parse(super_block), blocks)
            .map_err(|bad| fault(bad.to_string()))?;
        let inodes = u32::from(geometry.ninodes);
        Ok(Usage {
            zones: geometry.data_zones(),
            free_zones: clear_bits(image, geometry.zone_map(), geometry.data_zones()),
            inodes,
            free_inodes: clear_bits(image, geometry.inode_map(), inodes),
            name_length: geometry.name_len,
        })
    }
}

/// How many of the bits 1..=`last` of the bitmap at block `map` are clear.
fn clear_bits(image: &[u8], map: u32, last: u32) -> u32 {
    let bytes = image.get(map as usize * BLOCK_SIZE..).unwrap_or_default();
    let is_clear = |bit: &u32| {
        bytes
            .get(*bit as usize / 8)
            .is_some_and(|byte| byte & 1 << (bit % 8) == 0)
    };
    (1..=last).filter(is_clear).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::sample;

    #[test]
    fn what_the_bitmaps_say() {
        let mut image = sample();
        // Zones 5, 7 and 13, inodes 1 to 3 and 8; bit 0 of each counts for nothing.
        image[3 * BLOCK_SIZE..][..2].copy_from_slice(&[0b1010, 0b10]);
        image[2 * BLOCK_SIZE..][..2].copy_from_slice(&[0b1110, 0b1]);
        let usage = Usage::of(&image).unwrap();
        assert_eq!((usage.zones, usage.free_zones), (59, 56));
        assert_eq!((usage.inodes, usage.free_inodes), (32, 28));
        assert_eq!(usage.name_length, 14);
        // One block less than the super block says, and one byte less than it takes.
        let told = |length: usize| Usage::of(&image[..length]).err().unwrap().to_string();
        let more = "super block: more zones than the device";
        assert!(told(64 * BLOCK_SIZE - 1).starts_with(more));
        let none = "super block: the file system has less than 2 blocks";
        assert_eq!(told(2 * BLOCK_SIZE - 1), none);
    }
}
