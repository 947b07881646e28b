// SPDX-License-Identifier: GPL-2.0-or-later
//! The bitmaps as they must be.

use super::Repairer;
use crate::Action;
use alloc::vec::Vec;
use fs::layout::{BITS_PER_BLOCK, BLOCK_SIZE};

impl Repairer<'_> {
    /// Writes both bitmaps from what was met.
    pub(super) fn write_bitmaps(&mut self) {
        let volume = self.volume();
        let inodes: Vec<bool> = self.seen.iter().skip(1).map(|seen| seen.met).collect();
        let zones: Vec<bool> = volume
            .data_zones()
            .map(|zone| self.is_owned(zone))
            .collect();
        let first = u32::from(self.geometry.firstdatazone);
        let (inode_map, zone_map) = (self.geometry.inode_map(), self.geometry.zone_map());
        self.write_map("inode", inode_map, self.geometry.imap_blocks, &inodes, 1);
        self.write_map("zone", zone_map, self.geometry.zmap_blocks, &zones, first);
    }

    /// Bit 1 of the map at block `map` stands for `used[0]`, which is called
    /// `first`. Bit 0 and those behind the last stand for nothing and are set.
    fn write_map(&mut self, what: &'static str, map: u32, blocks: u16, used: &[bool], first: u32) {
        let mut freed = Vec::new();
        let mut taken = Vec::new();
        let mut without_meaning = 0;
        for bit in 0..u32::from(blocks) * BITS_PER_BLOCK {
            let entry = bit
                .checked_sub(1)
                .and_then(|index| used.get(index as usize));
            let wanted = *entry.unwrap_or(&true);
            if self.volume().bit(map, bit) == wanted {
                continue;
            }
            self.set_bit(map, bit, wanted);
            match entry {
                Some(true) => taken.push(first + bit - 1),
                Some(false) => freed.push(first + bit - 1),
                None => without_meaning += 1,
            }
        }
        for (numbers, state) in [(taken, "used"), (freed, "free")] {
            if !numbers.is_empty() {
                self.done(Action::BitsSet {
                    map: what,
                    state,
                    numbers,
                });
            }
        }
        if without_meaning > 0 {
            self.done(Action::PaddingSet {
                map: what,
                count: without_meaning,
            });
        }
    }

    fn set_bit(&mut self, map: u32, number: u32, value: bool) {
        let bit = (number % BITS_PER_BLOCK) as usize;
        if let Some(block) = self.block_mut(map + number / BITS_PER_BLOCK) {
            let mask = 1 << (bit % 8);
            match value {
                true => block[bit / 8] |= mask,
                false => block[bit / 8] &= !mask,
            }
        }
    }
}

const _: () = assert!(BITS_PER_BLOCK as usize == 8 * BLOCK_SIZE);
