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
