// SPDX-License-Identifier: GPL-2.0-or-later
//! What counts for a super block and against it, number by number.

use super::*;
use crate::tests::{entries, inode, sample};
use abi::sys::stat::{S_IFDIR, S_IFREG};
use fs::layout::BLOCK_SIZE;

/// The super block of `image`, tried on what `change` makes of it.
fn tried<R>(mut image: Vec<u8>, change: impl FnOnce(&mut [u8]), ask: fn(&Trial<'_>) -> R) -> R {
    change(&mut image);
    let recorded = super_block(&image).unwrap();
    ask(&Trial::of(&image, recorded).unwrap_or_else(|bad| panic!("{bad}")))
}

/// The sample, in whose bitmaps all bits that stand for nothing are set.
fn with_set_ends() -> Vec<u8> {
    let mut image = sample();
    for (map, used) in [(2, 33), (3, 60)] {
        for bit in used..8 * BLOCK_SIZE {
            image[map * BLOCK_SIZE + bit / 8] |= 1 << (bit % 8);
        }
    }
    image
}

#[test]
fn far_fewer_are_less_than_a_quarter() {
    assert!(are_far_fewer(0, 1));
    assert!(!are_far_fewer(0, 0));
    for (few, quarter) in [(1, 4), (2, 8), (9, 36)] {
        assert!(!are_far_fewer(few, quarter));
        assert!(are_far_fewer(few, quarter + 1));
    }
}

#[test]
fn clear_bits_that_stand_for_nothing() {
    let stray = |image, change: fn(&mut [u8])| tried(image, change, |trial| trial.stray);
    assert_eq!(stray(with_set_ends(), |_| {}), 0);
    // Some `mkfs` set none of them.
    assert_eq!(stray(sample(), |_| {}), 0);
    let some = |image: &mut [u8]| {
        image[2 * BLOCK_SIZE + 9] = 0b0001_1111;
        image[3 * BLOCK_SIZE + 99] = 0b1001_1111;
    };
    assert_eq!(stray(with_set_ends(), some), 3 + 2);
}

#[test]
fn a_root_begins_with_its_two_entries() {
    let has_root = |change: fn(&mut [u8])| {
        tried(with_set_ends(), change, |trial| {
            assert_ne!(trial.is_contradicted(), has_root(&trial.volume));
            has_root(&trial.volume)
        })
    };
    assert!(has_root(|_| {}));
    for bad in [
        |image: &mut [u8]| entries(image, 5, &[(2, "."), (1, ".."), (2, "d")]),
        |image: &mut [u8]| entries(image, 5, &[(1, "x"), (1, ".."), (2, "d")]),
        |image: &mut [u8]| entries(image, 5, &[(1, "."), (2, ".."), (2, "d")]),
        |image: &mut [u8]| entries(image, 5, &[(1, "."), (1, "d"), (2, "d")]),
        |image: &mut [u8]| inode(image, 1, S_IFREG | 0o644, 48, 3, [5]),
        |image: &mut [u8]| inode(image, 1, S_IFDIR | 0o755, 48, 3, [60_000]),
    ] {
        assert!(!has_root(bad));
    }
}

/// The sample has three inodes and three zones.
#[test]
fn what_is_in_use_speaks_for_a_super_block() {
    let is_convincing = |links: [u8; 2]| {
        let change = |image: &mut [u8]| {
            inode(image, 2, S_IFDIR | 0o755, 48, links[0], [6]);
            inode(image, 3, S_IFREG | 0o644, 3, links[1], [7]);
        };
        tried(with_set_ends(), change, |trial| trial.is_convincing())
    };
    assert!(is_convincing([2, 1]));
    assert!(is_convincing([2, 9]));
    assert!(!is_convincing([9, 9]));
}

#[test]
fn inodes_for_which_a_bitmap_has_room() {
    for (ninodes, blocks) in [(1, 1), (8191, 1), (8192, 2), (16_383, 2), (16_384, 3)] {
        assert_eq!(imap_needed(ninodes), blocks, "{ninodes}");
    }
}

#[test]
fn the_last_clear_bit_of_a_bitmap() {
    let mut image = vec![0xff; 5 * BLOCK_SIZE];
    let last = |image: &[u8]| last_clear_bit(&image, 2, 2);
    assert_eq!(last(&image), None);
    image[4 * BLOCK_SIZE..].fill(0);
    image[..2 * BLOCK_SIZE].fill(0);
    assert_eq!(last(&image), None);
    image[2 * BLOCK_SIZE + 7] = 0b1101_1011;
    assert_eq!(last(&image), Some(7 * 8 + 5));
    image[3 * BLOCK_SIZE] = 0b1111_1110;
    assert_eq!(last(&image), Some(BITS_PER_BLOCK));
    image[3 * BLOCK_SIZE + 1023] = 0b0111_1111;
    assert_eq!(last(&image), Some(2 * BITS_PER_BLOCK - 1));
}
