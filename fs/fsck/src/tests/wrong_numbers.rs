// SPDX-License-Identifier: GPL-2.0-or-later
//! One wrong number in the super block, over a full tree: whatever it is, the
//! repair leaves what was sound.

use super::full_tree::{contents, full_tree, make_with};
use super::repair;
use crate::{Options, check};
use fs::layout::{BLOCK_SIZE, DiskSuper, SUPER_MAGIC, SUPER_MAGIC_30};

type Set = fn(&mut DiskSuper, u16);

/// Field by field: its name, and what sets it.
const NUMBERS: [(&str, Set); 7] = [
    ("ninodes", |disk, number| disk.ninodes = number),
    ("nzones", |disk, number| disk.nzones = number),
    ("imap_blocks", |disk, number| disk.imap_blocks = number),
    ("zmap_blocks", |disk, number| disk.zmap_blocks = number),
    ("firstdatazone", |disk, number| disk.firstdatazone = number),
    ("log_zone_size", |disk, number| disk.log_zone_size = number),
    ("magic", |disk, number| disk.magic = number),
];

fn super_block(image: &[u8]) -> DiskSuper {
    DiskSuper::parse(image[BLOCK_SIZE..].first_chunk().unwrap())
}

/// Has `change` spoil the super block of `sound`; the repair must bring it back,
/// but for the mark that it was checked.
fn is_rebuilt(sound: &[u8], what: &str, change: impl FnOnce(&mut DiskSuper)) {
    let right = super_block(sound);
    let mut wrong = right;
    change(&mut wrong);
    if wrong == right {
        return;
    }
    let mut image = sound.to_vec();
    wrong.store(image[BLOCK_SIZE..].first_chunk_mut().unwrap());
    let report = check(&image).unwrap_or_else(|fault| panic!("{what}: {fault}"));
    assert!(!report.is_clean(), "{what}: not noticed");
    repair(&mut image, &Options::default()).unwrap_or_else(|fault| panic!("{what}: {fault}"));
    assert_eq!(super_block(&image), right, "{what}");
    assert!(image == sound, "{what}: more than the super block changed");
}

/// Whatever number is wrong in the super block of `sound`, it is found again.
fn any_number_is_found_again(sound: &[u8]) {
    assert!(check(&sound).unwrap().is_clean());
    assert!(!contents(sound).is_empty());
    let right = super_block(sound);
    for (name, set) in NUMBERS {
        for number in [0, 1, 2, 3, 7, 9, 37, 100, 300, 999, 8192, 20_000, u16::MAX] {
            is_rebuilt(sound, &format!("{name} {number}"), |disk| set(disk, number));
        }
    }
    for (name, set) in NUMBERS {
        let near = match name {
            "ninodes" => right.ninodes,
            "nzones" => right.nzones,
            "firstdatazone" => right.firstdatazone,
            _ => continue,
        };
        let blocks = (sound.len() / BLOCK_SIZE) as u16;
        for number in (near.saturating_sub(40)..near + 40).step_by(7) {
            // Such zones would be there; marked as used, they may be lost ones.
            if name == "nzones" && number > near && number <= blocks {
                continue;
            }
            is_rebuilt(sound, &format!("{name} {number}"), |disk| set(disk, number));
        }
    }
    let other = SUPER_MAGIC ^ SUPER_MAGIC_30;
    is_rebuilt(sound, "the other magic number", |disk| disk.magic ^= other);
    for size in [0, 1, 5000] {
        is_rebuilt(sound, "max_size", |disk| disk.max_size = size);
    }
}

#[test]
fn in_one_block_for_each_bitmap() {
    any_number_is_found_again(&short());
}

/// The partition is larger than the file system.
#[test]
fn in_a_larger_partition() {
    let mut image = short();
    image.resize(image.len() + 9 * BLOCK_SIZE, 0xaa);
    any_number_is_found_again(&image);
}

#[test]
fn with_long_names() {
    let options = fs::mkfs::Options {
        long_names: true,
        ..fs::mkfs::Options::new(1400)
    };
    any_number_is_found_again(&full_tree(&options, 15));
}

fn with_inodes(inodes: u32, files: u16) -> Vec<u8> {
    let options = fs::mkfs::Options {
        inodes: Some(inodes),
        ..fs::mkfs::Options::new(400)
    };
    make_with(&options, |tree| {
        tree.write("long", &[b'x'; 6000]).unwrap();
        for n in 1..files {
            tree.write(&n.to_string(), b"text").unwrap();
        }
    })
}

/// No clear bit tells how many there are, but the table does.
#[test]
fn with_all_inodes_in_use() {
    any_number_is_found_again(&with_inodes(64, 63));
}

/// The table has room for more inodes than there are, but the bitmap tells.
#[test]
fn with_a_table_that_is_not_full() {
    let mut sound = with_inodes(64, 20);
    let mut disk = super_block(&sound);
    disk.ninodes = 40;
    disk.store(sound[BLOCK_SIZE..].first_chunk_mut().unwrap());
    for bit in 41..=64 {
        sound[2 * BLOCK_SIZE + bit / 8] |= 1 << (bit % 8);
    }
    assert!(check(&sound).unwrap().is_clean());
    for ninodes in [0, 1, 7, 20, 300, 9000] {
        is_rebuilt(&sound, "ninodes", |disk| disk.ninodes = ninodes);
    }
}

/// The bitmap has a second block for a single bit.
#[test]
fn with_one_inode_too_many_for_a_block_of_bits() {
    any_number_is_found_again(&with_inodes(8192, 20));
}

#[test]
fn two_at_once() {
    let sound = short();
    for (ninodes, max_size) in [(1, 0), (3, 5000), (300, 0)] {
        is_rebuilt(&sound, "two", |disk| {
            (disk.ninodes, disk.max_size) = (ninodes, max_size);
        });
    }
}

#[test]
fn in_two_blocks_for_each_bitmap() {
    let options = fs::mkfs::Options {
        inodes: Some(8500),
        ..fs::mkfs::Options::new(10_000)
    };
    any_number_is_found_again(&full_tree(&options, 200));
}

fn short() -> Vec<u8> {
    full_tree(&fs::mkfs::Options::new(1500), 20)
}

/// A file system of fewer zones than its partition has does no harm if the super
/// block counts some of the rest.
#[test]
fn some_zones_too_many_lose_nothing() {
    let mut image = short();
    let before = contents(&image);
    image.resize(image.len() + 9 * BLOCK_SIZE, 0);
    let mut disk = super_block(&image);
    disk.nzones += 7;
    disk.store(image[BLOCK_SIZE..].first_chunk_mut().unwrap());
    repair(&mut image, &Options::default()).unwrap();
    assert!(check(&image).unwrap().is_clean());
    assert_eq!(contents(&image), before);
}
