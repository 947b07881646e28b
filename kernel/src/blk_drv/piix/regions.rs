// SPDX-License-Identifier: GPL-2.0-or-later
//! The table of regions by which the bus master finds the memory of a transfer
//! (Programming Interface for Bus Master IDE Controller, revision 1.0, "physical region
//! descriptor").
//!
//! ```text
//! 31                                 0
//! address                              even; no region crosses a multiple of 64 KB
//! E  0 ...          | bytes            E: this is the last one
//! ```
#![forbid(unsafe_code)]

use fs::layout::BLOCK_SIZE;
use mm::PhysicalAddress;
use sync::AtomicWord;

/// How many regions the table has room for.
pub const MOST_REGIONS: usize = 128;
/// The bit that the last region has in its count.
const LAST: u32 = 1 << 31;

/// A stretch of memory. The device reads it, so it is stored word by word.
#[repr(C)]
struct Region {
    address: AtomicWord,
    count: AtomicWord,
}

/// The table. Since it is aligned to its size, it crosses no multiple of 64 KB.
#[repr(C, align(1024))]
pub struct Regions([Region; MOST_REGIONS]);

static_assertions::const_assert_eq!(size_of::<Region>(), 8);
static_assertions::const_assert_eq!(size_of::<Regions>(), align_of::<Regions>());

impl Regions {
    /// A table for no transfer.
    pub const fn new() -> Regions {
        Regions(
            [const {
                Region {
                    address: AtomicWord::new(0),
                    count: AtomicWord::new(LAST),
                }
            }; MOST_REGIONS],
        )
    }

    /// Makes a block the region with this index, from 0 on, and the last one so far.
    pub fn set_last(&self, index: usize, block: PhysicalAddress) {
        // So no block crosses a multiple of 64 KB.
        assert!(block.0.is_multiple_of(BLOCK_SIZE as u32));
        if let Some(before) = index.checked_sub(1) {
            self.0[before].count.set(BLOCK_SIZE as u32);
        }
        self.0[index].address.set(block.0);
        self.0[index].count.set(LAST | BLOCK_SIZE as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Describes a transfer of these blocks.
    fn describe(regions: &Regions, blocks: impl IntoIterator<Item = u32>) {
        for (index, block) in blocks.into_iter().enumerate() {
            regions.set_last(index, PhysicalAddress(block));
        }
    }

    /// Address and count of the first `count` regions.
    fn described(regions: &Regions, count: usize) -> Vec<(u32, u32)> {
        let both = |region: &Region| (region.address.get(), region.count.get());
        regions.0[..count].iter().map(both).collect()
    }

    #[test]
    fn each_block_is_a_region_and_the_last_one_says_so() {
        let regions = Regions::new();
        describe(&regions, [0x40_0000, 0x40_FC00, 0x1_0000]);
        let expected = [
            (0x40_0000, 1024),
            (0x40_FC00, 1024),
            (0x1_0000, LAST | 1024),
        ];
        assert_eq!(described(&regions, 3), expected);
    }

    #[test]
    fn nothing_is_left_of_the_transfer_before() {
        let regions = Regions::new();
        let blocks = |count: u32| (1..=count).map(|n| n * 1024);
        describe(&regions, blocks(1));
        describe(&regions, blocks(MOST_REGIONS as u32));
        let counts = described(&regions, MOST_REGIONS);
        let (last, others) = counts.split_last().unwrap();
        assert!(others.iter().all(|(_, count)| *count == 1024));
        assert_eq!(*last, (MOST_REGIONS as u32 * 1024, LAST | 1024));
        describe(&regions, blocks(2));
        assert_eq!(described(&regions, 2), [(1024, 1024), (2048, LAST | 1024)]);
    }

    #[test]
    #[should_panic]
    fn a_block_that_might_cross_a_multiple_of_64_kb_is_refused() {
        describe(&Regions::new(), [0xFE00]);
    }

    #[test]
    #[should_panic]
    fn more_blocks_than_one_command_moves_are_refused() {
        describe(&Regions::new(), std::iter::repeat_n(1024, MOST_REGIONS + 1));
    }
}
