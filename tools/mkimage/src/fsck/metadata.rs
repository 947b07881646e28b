// SPDX-License-Identifier: GPL-2.0-or-later
//! Reads of a file system only what a check looks at: super block, bitmaps,
//! inodes, lists of zones and directories. Files, which are most of it, stay
//! zeros.

use crate::volume::{UntrustedVolume, has_zones};
use fs::layout::{BLOCK_SIZE, SUPER_BLOCK, Zone};
use lib::sys::stat::S_ISDIR;
use std::collections::HashSet;
use std::io;

/// Fills the bytes it is given with those from an offset of the file system on.
pub type Read<'a> = dyn FnMut(&mut [u8], u64) -> io::Result<()> + 'a;

/// The metadata of a file system of `length` bytes, in its place among zeros; all
/// of the bytes if the super block makes no sense.
pub fn read_metadata(length: usize, read: &mut Read<'_>) -> io::Result<Vec<u8>> {
    // The zeros take no memory until something is written there.
    let mut image = vec![0; length];
    let start = length.min((SUPER_BLOCK as usize + 1) * BLOCK_SIZE);
    read(&mut image[..start], 0)?;
    let Ok(UntrustedVolume { geometry, .. }) = UntrustedVolume::open(&image) else {
        read(&mut image, 0)?;
        return Ok(image);
    };
    let tables = usize::from(geometry.firstdatazone) * BLOCK_SIZE;
    read(&mut image[start..tables], start as u64)?;
    let mut is_read = vec![false; usize::from(geometry.nzones)];
    // Lists of lists first: their zones are known only when they are there.
    for level in [2, 1, 0] {
        let wanted = wanted(&image, geometry, level, &mut is_read);
        for run in wanted.chunk_by(|a, b| a.0 + 1 == b.0) {
            let first = run[0].block() as usize * BLOCK_SIZE;
            let bytes = &mut image[first..first + run.len() * BLOCK_SIZE];
            read(bytes, first as u64)?;
        }
    }
    Ok(image)
}

/// The zones of one level that were not read yet: all lists, and the data of
/// directories.
fn wanted(
    image: &[u8],
    geometry: fs::layout::Geometry,
    level: u32,
    is_read: &mut [bool],
) -> Vec<Zone> {
    let volume = UntrustedVolume { image, geometry };
    let mut wanted = Vec::new();
    // Each list once, however many inodes name it.
    let mut entered = HashSet::new();
    for number in volume.inode_numbers() {
        let inode = volume.inode(number);
        if !has_zones(inode.mode) || (level == 0 && !S_ISDIR(inode.mode)) {
            continue;
        }
        volume.walk_zones(&inode, &mut |found| {
            let is_there = geometry.has_zone(found.zone);
            if is_there && found.level == level {
                let place = &mut is_read[usize::from(found.zone.0)];
                if !std::mem::replace(place, true) {
                    wanted.push(found.zone);
                }
            }
            is_there && found.level > level && entered.insert((found.zone, found.level))
        });
    }
    wanted.sort_unstable();
    wanted
}
