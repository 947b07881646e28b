// SPDX-License-Identifier: GPL-2.0-or-later
//! Small disks on which two inodes name the same zone: who has it, and why.

use super::*;
use crate::tests::{entries, inode, sample};
use abi::sys::stat::{S_IFDIR, S_IFREG};
use fs::layout::put_at;

const FILE: u16 = S_IFREG | 0o644;
const DIRECTORY: u16 = S_IFDIR | 0o755;
const BLOCK: u32 = BLOCK_SIZE as u32;

/// The zone that both name.
const ZONE: u16 = 20;

/// Blocks of a file before what its list and its list of lists lead to.
const LIST: u32 = DIRECT_ZONES;
const DOUBLE: u32 = LIST + ZONES_PER_BLOCK;

/// Of inodes 3 and 4 one is to have the zone. Both have a name in the root and no
/// zones yet; every zone is marked as used, inodes 1 to 4 too.
type Case = (
    &'static str,
    fn(image: &mut Vec<u8>, winner: u16, loser: u16),
);

fn disk() -> Vec<u8> {
    let mut image = sample();
    image[2 * BLOCK_SIZE] = 0b1_1111;
    image[3 * BLOCK_SIZE..][..8].fill(0xff);
    image[6 * BLOCK_SIZE..][..2 * BLOCK_SIZE].fill(0);
    names(&mut image, &[3, 4]);
    image
}

/// Has the root name these inodes and no others.
fn names(image: &mut [u8], numbers: &[u16]) {
    directory(image, 1, &[5], numbers);
}

/// A directory whose last block has entries of these inodes.
fn directory(image: &mut [u8], number: u16, zones: &[u16], numbers: &[u16]) {
    let mut all = [0; 9];
    all[..zones.len()].copy_from_slice(zones);
    let size = zones.len() as u32 * BLOCK;
    inode(image, number, DIRECTORY, size, 2, all);
    let last = usize::from(*zones.last().unwrap());
    image[last * BLOCK_SIZE..][..BLOCK_SIZE].fill(0);
    let letters = ["a", "b", "c"].into_iter();
    let names: Vec<_> = numbers.iter().copied().zip(letters).collect();
    entries(image, last, &names);
}

fn file(image: &mut [u8], number: u16, size: u32, zones: &[u16]) {
    let mut all = [0; 9];
    all[..zones.len()].copy_from_slice(zones);
    inode(image, number, FILE, size, 1, all);
}

/// A file with this list of zones.
fn file_of_list(image: &mut [u8], number: u16, size: u32, list: u16) {
    file(image, number, size, &[0, 0, 0, 0, 0, 0, 0, list]);
}

/// A file with these lists of zones: a plain one, and one of lists.
fn file_of_lists(image: &mut [u8], number: u16, size: u32, lists: [u16; 2]) {
    let [list, double] = lists;
    file(image, number, size, &[0, 0, 0, 0, 0, 0, 0, list, double]);
}

fn text(image: &mut [u8], zone: u16, length: usize) {
    image[usize::from(zone) * BLOCK_SIZE..][..length].fill(b'x');
}

fn list(image: &mut [u8], zone: u16, numbers: &[u16]) {
    for (slot, number) in numbers.iter().enumerate() {
        let place = usize::from(zone) * BLOCK_SIZE + 2 * slot;
        put_at(image, place, number.to_le_bytes());
    }
}

fn mark_inode_free(image: &mut [u8], number: u16) {
    image[2 * BLOCK_SIZE] &= !(1 << number);
}

fn mark_zones_free(image: &mut [u8], zones: &[u16]) {
    for bit in zones.iter().map(|zone| usize::from(zone - 4)) {
        image[3 * BLOCK_SIZE + bit / 8] &= !(1 << (bit % 8));
    }
}

fn owner(image: &Vec<u8>, zone: u16) -> Option<Claim> {
    let volume = UntrustedVolume::open(image).unwrap();
    Claims::judge(volume).of(Zone(zone))
}

/// The number of the inode is no reason: each case is tried both ways.
fn win(cases: &[Case]) {
    for (why, make) in cases {
        for (winner, loser) in [(3, 4), (4, 3)] {
            let mut image = disk();
            make(&mut image, winner, loser);
            let claim = owner(&image, ZONE).unwrap_or_else(|| panic!("{why}: nobody"));
            assert_eq!(claim.inode.0, winner, "{why}");
            assert!(!claim.is_idle, "{why}");
        }
    }
}

/// Two places for data, which differ in one thing.
#[test]
fn data() {
    win(&[
        ("its size ends with the contents", |image, winner, loser| {
            text(image, ZONE, 100);
            file(image, winner, 100, &[ZONE]);
            file(image, loser, 200, &[ZONE]);
        }),
        ("nothing is behind its end", |image, winner, loser| {
            text(image, ZONE, 100);
            file(image, winner, 200, &[ZONE]);
            file(image, loser, 50, &[ZONE]);
        }),
        ("its last block is full", |image, winner, loser| {
            text(image, ZONE, BLOCK_SIZE);
            file(image, winner, BLOCK, &[ZONE]);
            file(image, loser, 2 * BLOCK, &[ZONE]);
        }),
        ("its second block ends there", |image, winner, loser| {
            text(image, ZONE, 100);
            file(image, winner, BLOCK + 100, &[10, ZONE]);
            file(image, loser, 200, &[ZONE]);
        }),
        ("the block before is beside it", |image, winner, loser| {
            file(image, winner, 9 * BLOCK, &[ZONE - 1, ZONE]);
            file(image, loser, 9 * BLOCK, &[ZONE]);
        }),
        ("the block behind is beside it", |image, winner, loser| {
            file(image, winner, 9 * BLOCK, &[ZONE, ZONE + 1]);
            file(image, loser, 9 * BLOCK, &[ZONE]);
        }),
        ("both are, not one", |image, winner, loser| {
            file(image, winner, 9 * BLOCK, &[ZONE - 1, ZONE, ZONE + 1]);
            file(image, loser, 9 * BLOCK, &[ZONE - 1, ZONE]);
        }),
        ("one is; near does not count", |image, winner, loser| {
            file(image, winner, 9 * BLOCK, &[10, ZONE, ZONE + 1]);
            file(image, loser, 9 * BLOCK, &[ZONE + 1, ZONE]);
        }),
        ("the block before is nearer", |image, winner, loser| {
            file(image, winner, 9 * BLOCK, &[ZONE - 3, ZONE]);
            file(image, loser, 9 * BLOCK, &[10, ZONE]);
        }),
        ("the block behind is nearer", |image, winner, loser| {
            file(image, winner, 9 * BLOCK, &[ZONE, ZONE + 3]);
            file(image, loser, 9 * BLOCK, &[ZONE, 30]);
        }),
        ("the other is behind its end", |image, winner, loser| {
            names(image, &[loser]);
            file(image, winner, 200, &[ZONE]);
            file(image, loser, BLOCK, &[ZONE - 1, ZONE]);
        }),
    ]);
}

/// What a name and the bitmap say counts more than how well the data fits.
#[test]
fn inodes() {
    win(&[
        ("it has a name", |image, winner, loser| {
            names(image, &[winner]);
            text(image, ZONE, 100);
            file(image, winner, 200, &[ZONE]);
            file(image, loser, 100, &[ZONE]);
        }),
        ("it has a name farther down", |image, winner, loser| {
            names(image, &[2]);
            directory(image, 2, &[6], &[winner]);
            text(image, ZONE, 100);
            file(image, winner, 200, &[ZONE]);
            file(image, loser, 100, &[ZONE]);
        }),
        ("a list is no name", |image, winner, loser| {
            names(image, &[winner, 2]);
            let zones = [6, 0, 0, 0, 0, 0, 0, 12];
            inode(image, 2, DIRECTORY, 8 * BLOCK, 2, zones);
            list(image, 12, &[loser, u16::from(b'x')]);
            text(image, ZONE, 100);
            file(image, winner, 200, &[ZONE]);
            file(image, loser, 100, &[ZONE]);
        }),
        ("nor is the table of inodes", |image, winner, loser| {
            names(image, &[winner, 2]);
            // Where an entry would be, the table has the second zone of an inode.
            inode(image, 2, DIRECTORY, BLOCK, 2, [4]);
            inode(image, 8, 0, 0, 0, [0, loser]);
            text(image, ZONE, 100);
            file(image, winner, 200, &[ZONE]);
            file(image, loser, 100, &[ZONE]);
        }),
        ("the other is marked free", |image, winner, loser| {
            names(image, &[]);
            mark_inode_free(image, loser);
            text(image, ZONE, 100);
            file(image, winner, 200, &[ZONE]);
            file(image, loser, 100, &[ZONE]);
        }),
        (
            "the other was removed while open",
            |image, winner, loser| {
                names(image, &[]);
                text(image, ZONE, 100);
                file(image, winner, 200, &[ZONE]);
                inode(image, loser, FILE, 100, 0, [ZONE]);
            },
        ),
    ]);
}

/// What the contents are.
#[test]
fn directories() {
    win(&[
        ("text is not a directory's", |image, winner, loser| {
            directory(image, loser, &[10, ZONE], &[]);
            text(image, ZONE, 100);
            file(image, winner, 200, &[ZONE]);
        }),
        (
            "entries are, even if a file fits",
            |image, winner, loser| {
                directory(image, winner, &[10, ZONE], &[3, 4]);
                file(image, loser, 35, &[ZONE - 1, ZONE]);
            },
        ),
        ("a file stays a file", |image, winner, loser| {
            text(image, ZONE - 1, BLOCK_SIZE);
            directory(image, loser, &[ZONE], &[3, 4]);
            file(image, loser, 2 * BLOCK, &[ZONE]);
            file(image, winner, 9 * BLOCK, &[ZONE - 1, ZONE]);
        }),
        (
            "a directory's list is like others",
            |image, winner, loser| {
                list(image, ZONE, &[30, 31, 32]);
                file_of_list(image, winner, (LIST + 3) * BLOCK, ZONE);
                let zones = [0, 0, 0, 0, 0, 0, 0, ZONE];
                inode(image, loser, DIRECTORY, (LIST + 5) * BLOCK, 2, zones);
            },
        ),
    ]);
}

/// Two places for a list: it is the file's that has as many blocks.
#[test]
fn lists() {
    win(&[
        ("it has as many blocks", |image, winner, loser| {
            list(image, ZONE, &[30, 31, 32]);
            file_of_list(image, winner, (LIST + 2) * BLOCK + 1, ZONE);
            file_of_list(image, loser, (LIST + 5) * BLOCK, ZONE);
        }),
        ("it has as many lists", |image, winner, loser| {
            list(image, ZONE, &[21, 22]);
            list(image, 21, &[30, 31]);
            list(image, 22, &[32, 33]);
            let size = (DOUBLE + ZONES_PER_BLOCK + 1) * BLOCK;
            file_of_lists(image, winner, size, [0, ZONE]);
            let size = (DOUBLE + 2 * ZONES_PER_BLOCK + 1) * BLOCK;
            file_of_lists(image, loser, size, [0, ZONE]);
        }),
        (
            "the block before a list of lists",
            |image, winner, loser| {
                list(image, 25, &[0; 511]);
                put_at(image, 26 * BLOCK_SIZE - 2, (ZONE - 1).to_le_bytes());
                list(image, ZONE, &[21]);
                list(image, 21, &[30, 31]);
                file_of_lists(image, winner, (DOUBLE + 1) * BLOCK, [25, ZONE]);
                file_of_lists(image, loser, (DOUBLE + 1) * BLOCK, [0, ZONE]);
            },
        ),
    ]);
}

/// What is a list, and what is data.
#[test]
fn a_list_or_data() {
    /// One file has the zone as its list, one as data.
    fn both(image: &mut [u8], of_list: u16, of_data: u16) {
        file_of_list(image, of_list, 9 * BLOCK, ZONE);
        file(image, of_data, BLOCK, &[ZONE]);
    }
    win(&[
        ("zeros are data", |image, winner, loser| {
            both(image, loser, winner)
        }),
        (
            "so are numbers half of them wrong",
            |image, winner, loser| {
                list(image, ZONE, &[30, 31, 998, 999]);
                both(image, loser, winner);
            },
        ),
        ("a quarter may be wrong", |image, winner, loser| {
            list(image, ZONE, &[30, 31, 32, 999]);
            both(image, winner, loser);
        }),
        ("a number twice is wrong once", |image, winner, loser| {
            list(image, ZONE, &[30, 31, 32, 32]);
            both(image, winner, loser);
        }),
        ("so is its own", |image, winner, loser| {
            list(image, ZONE, &[30, 31, ZONE]);
            both(image, loser, winner);
        }),
        ("zones marked free are wrong", |image, winner, loser| {
            list(image, ZONE, &[30, 31]);
            mark_zones_free(image, &[30, 31]);
            both(image, loser, winner);
        }),
        ("but not if the list is too", |image, winner, loser| {
            list(image, ZONE, &[30, 31]);
            mark_zones_free(image, &[ZONE, 30, 31]);
            both(image, winner, loser);
        }),
        ("a list's zones are its owner's", |image, winner, loser| {
            list(image, 25, &[ZONE, ZONE + 1]);
            file_of_list(image, winner, 9 * BLOCK, 25);
            file(image, loser, 9 * BLOCK, &[10, ZONE]);
        }),
        ("zone 46 is no `.`", |image, winner, loser| {
            list(image, ZONE, &[30, u16::from(b'.'), 0, 31]);
            both(image, winner, loser);
        }),
        ("a list of text is none", |image, winner, loser| {
            list(image, ZONE, &[21]);
            text(image, 21, 100);
            file_of_lists(image, loser, (DOUBLE + 1) * BLOCK, [0, ZONE]);
            file(image, winner, BLOCK, &[ZONE]);
        }),
    ]);
}

/// What has doubts against it still gets what nobody else wants; idle is only what
/// has neither a name nor its mark.
#[test]
fn what_nobody_else_wants() {
    type Case = (&'static str, fn(&mut Vec<u8>), bool);
    let cases: &[Case] = &[
        ("behind the end", |image| file(image, 3, 0, &[ZONE]), false),
        (
            "a list that the bitmap does not know",
            |image| {
                list(image, ZONE, &[30, 31]);
                mark_zones_free(image, &[30, 31]);
                file_of_list(image, 3, 9 * BLOCK, ZONE);
            },
            false,
        ),
        (
            "a directory with text in it",
            |image| {
                directory(image, 3, &[10, ZONE], &[]);
                text(image, ZONE, 100);
            },
            false,
        ),
        (
            "an inode that is marked free",
            |image| {
                names(image, &[]);
                mark_inode_free(image, 3);
                file(image, 3, 100, &[ZONE]);
            },
            true,
        ),
    ];
    for (what, make, is_idle) in cases {
        let mut image = disk();
        make(&mut image);
        let claim = owner(&image, ZONE).unwrap_or_else(|| panic!("{what}"));
        assert_eq!((claim.inode.0, claim.is_idle), (3, *is_idle), "{what}");
    }
}

/// Of two that are alike the first has it.
#[test]
fn two_alike() {
    let mut image = disk();
    for number in [3, 4] {
        file(&mut image, number, 100, &[ZONE]);
    }
    assert_eq!(owner(&image, ZONE).unwrap().inode.0, 3);
}

/// A directory is one as long as half of its first block is entries; the root always.
#[test]
fn half_a_directory() {
    for (good, rubbish, expected) in [(4, 4, true), (4, 5, false), (1, 2, false), (0, 0, true)] {
        let mut image = disk();
        let all = [vec![(3, "a"); good], vec![(999, "b"); rubbish]].concat();
        entries(&mut image, usize::from(ZONE), &all);
        for number in [1, 3] {
            inode(&mut image, number, DIRECTORY, BLOCK, 2, [ZONE]);
        }
        let volume = UntrustedVolume::open(&image).unwrap();
        for (number, expected) in [(3, expected), (1, true)] {
            let (number, inode) = (InodeNumber(number), volume.inode(InodeNumber(number)));
            let found = is_directory(&volume, number, &inode);
            assert_eq!(found, expected, "{number}: {good} and {rubbish}");
        }
    }
}
