// SPDX-License-Identifier: GPL-2.0-or-later
//! What is just allowed, and what is just not any more.

use super::*;
use core::cell::RefCell;

/// The sample with a directory `/d` of two blocks, zones 6 and 8; `/d/f` stands first
/// in the second one, and the directory ends behind it.
fn two_blocks() -> Vec<u8> {
    let mut image = sample();
    image[3 * BLOCK_SIZE] |= 1 << 4;
    let size = BLOCK_SIZE as u32 + 16;
    inode(&mut image, 2, S_IFDIR | 0o755, size, 2, [6, 8]);
    entries(&mut image, 6, &[(2, "."), (1, ".."), (0, "f")]);
    entries(&mut image, 8, &[(3, "f"), (40, "behind the end")]);
    image
}

/// What is found in `image`, one line each.
fn said(image: &[u8]) -> Vec<String> {
    let report = check(&image).unwrap();
    assert_eq!(report.count, report.problems.len());
    report.problems.iter().map(Problem::to_string).collect()
}

#[test]
fn the_state_of_the_super_block() {
    let of = |state: u16| {
        let mut image = sample();
        put_at(&mut image, BLOCK_SIZE + 18, state.to_le_bytes());
        said(&image)
    };
    let errors = ["the super block says that errors were found"];
    let in_use = ["the super block says that it was not unmounted"];
    assert_eq!(of(0), [""; 0]);
    assert_eq!(of(STATE_VALID), [""; 0]);
    assert_eq!(of(STATE_IN_USE | STATE_VALID), [""; 0]);
    assert_eq!(of(STATE_IN_USE), in_use);
    for others in [0, STATE_VALID, STATE_IN_USE] {
        assert_eq!(of(STATE_ERRORS | others), errors);
    }
}

/// A number of the super block that is wrong is one problem, beside the others.
#[test]
fn a_wrong_number_is_counted() {
    let mut image = sample();
    put_at(&mut image, BLOCK_SIZE, 2u16.to_le_bytes());
    // The bits behind the last inode, as `mkfs` leaves them.
    image[2 * BLOCK_SIZE + 4] = !1;
    image[2 * BLOCK_SIZE + 5..3 * BLOCK_SIZE].fill(0xff);
    image[2 * BLOCK_SIZE] = 0b0111;
    assert_eq!(
        said(&image),
        [
            "super block: ninodes is 2, but all the rest agrees on 32",
            "inode 3 is in use, but marked free"
        ]
    );
}

#[test]
fn a_device_node_has_no_zones() {
    for kind in [S_IFCHR, S_IFBLK] {
        let mut image = sample();
        // Where a file has its first zone; the last is anybody's.
        inode(&mut image, 3, kind | 0o644, 0, 1, [6, 99]);
        image[3 * BLOCK_SIZE] = 0b0111;
        assert_eq!(said(&image), [""; 0]);
        let report = check(&image).unwrap();
        assert_eq!((report.inodes_used, report.zones_used), (3, 2));
    }
    let mut image = sample();
    inode(&mut image, 3, S_IFIFO | 0o644, 0, 1, []);
    image[3 * BLOCK_SIZE] = 0b0111;
    assert_eq!(said(&image), [""; 0]);
}

#[test]
fn the_largest_file() {
    assert_eq!(
        found(|image| inode(image, 3, S_IFREG, MAX_FILE_SIZE, 1, [7])),
        [""; 0]
    );
    // The super block may say less.
    let less = |size: u32| {
        found(|image| {
            put_at(image, BLOCK_SIZE + 12, 5000u32.to_le_bytes());
            inode(image, 3, S_IFREG, size, 1, [7]);
        })
    };
    assert_eq!(less(5000), [""; 0]);
    assert_eq!(less(5001), ["/d/f: 5001 bytes, more than a file can have"]);
}

#[test]
fn a_directory_of_two_blocks() {
    assert_eq!(said(&two_blocks()), [""; 0]);
    let mut image = two_blocks();
    inode(&mut image, 2, S_IFDIR, BLOCK_SIZE as u32 + 32, 2, [6, 8]);
    assert_eq!(
        said(&image),
        ["/d/behind the end: leads to inode 40, which does not exist"]
    );
    // The first place of the second block is not that of `.`, nor the second of `..`.
    let mut image = two_blocks();
    inode(&mut image, 2, S_IFDIR, BLOCK_SIZE as u32 + 48, 2, [6, 8]);
    entries(&mut image, 6, &[(0, "."), (0, ".."), (3, "f")]);
    entries(&mut image, 8, &[(2, "."), (1, ".."), (0, "")]);
    assert_eq!(
        said(&image),
        [
            "/d/.: the name is not in the first place",
            "/d/..: the name is not in the second place"
        ]
    );
    // A hole in it is no block that is missing.
    let mut image = two_blocks();
    inode(
        &mut image,
        2,
        S_IFDIR,
        2 * BLOCK_SIZE as u32 + 16,
        2,
        [6, 0, 8],
    );
    assert_eq!(said(&image), [""; 0]);
}

/// What is left in a free inode means nothing.
#[test]
fn a_free_inode_with_links() {
    assert_eq!(found(|image| inode(image, 9, S_IFREG, 3, 1, [7])), [""; 0]);
}

#[test]
fn long_paths_are_cut() {
    let of = |length| join(&"x".repeat(length), b"f");
    assert_eq!(of(1024).len(), 1026);
    assert_eq!(of(1025), "/.../f");
    assert_eq!(of(2000), "/.../f");
}

/// A device that tells how it is read.
struct Told {
    count: u32,
    end_of_tables: u16,
    reads: RefCell<Vec<(u32, usize)>>,
}

impl Device for &Told {
    fn count(&self) -> u32 {
        self.count
    }

    fn read(&self, first: u32, blocks: &mut [Block]) -> bool {
        assert!(first + blocks.len() as u32 <= self.count);
        self.reads.borrow_mut().push((first, blocks.len()));
        if first == 1 {
            let disk = DiskSuper {
                firstdatazone: self.end_of_tables,
                ..DiskSuper::default()
            };
            disk.store(&mut blocks[0]);
        }
        true
    }
}

/// The tables are read many blocks at a time, all else block by block, and nothing
/// behind the end.
#[test]
fn tables_are_read_ahead() {
    let reads = |count, end_of_tables, wanted: &[u32]| {
        let device = Told {
            count,
            end_of_tables,
            reads: RefCell::default(),
        };
        let kept = Kept::new(&device);
        for &number in wanted {
            assert_eq!(kept.block(number).is_some(), number < count);
        }
        device.reads.take()
    };
    assert_eq!(reads(100, 40, &[]), [(1, 1)]);
    assert_eq!(reads(100, 40, &[0, 1, 0]), [(1, 1), (0, 1)]);
    assert_eq!(reads(100, 40, &[2, 3, 17]), [(1, 1), (2, 16)]);
    assert_eq!(reads(100, 40, &[39, 41]), [(1, 1), (39, 16)]);
    assert_eq!(reads(100, 40, &[40, 41]), [(1, 1), (40, 1), (41, 1)]);
    assert_eq!(reads(100, 99, &[90, 99, 100]), [(1, 1), (90, 10)]);
}

#[test]
fn how_a_fault_is_said() {
    let fault = Fault::new("block 7", "it cannot be read");
    assert_eq!(fault.to_string(), "block 7: it cannot be read");
}

/// The blocks of a file end with it, and what does not exist is none.
#[test]
fn blocks_of_a_file() {
    let blocks = |size, zones: &[u16]| {
        let mut image = sample();
        let mut places = [0; 9];
        places[..zones.len()].copy_from_slice(zones);
        inode(&mut image, 3, S_IFREG, size, 1, places);
        // Zone 9 lists zones 10 and 11, zone 12 lists nothing.
        put_at(&mut image, 9 * BLOCK_SIZE, [10, 0, 11, 0]);
        let volume = UntrustedVolume::open(&image).unwrap();
        let blocks = volume.file_blocks(&volume.inode(InodeNumber(3)));
        let numbers = blocks.into_iter().map(|zone| zone.map_or(0, |zone| zone.0));
        numbers.collect::<Vec<_>>()
    };
    assert_eq!(blocks(3, &[7, 8]), [7]);
    assert_eq!(blocks(1025, &[7, 8]), [7, 8]);
    assert_eq!(blocks(4096, &[64, 7, 0, 4]), [0, 7]);
    assert_eq!(
        blocks(9 * 1024, &[7, 0, 0, 0, 0, 0, 0, 9]),
        [7, 0, 0, 0, 0, 0, 0, 10, 11]
    );
    assert_eq!(
        blocks(8 * 1024, &[7, 0, 0, 0, 0, 0, 0, 9]),
        [7, 0, 0, 0, 0, 0, 0, 10]
    );
    assert_eq!(blocks(9 * 1024, &[7, 0, 0, 0, 0, 0, 0, 12]), [7]);
}

#[test]
fn entries_end_with_their_directory() {
    let image = two_blocks();
    let volume = UntrustedVolume::open(&image).unwrap();
    let entries = volume.entries(&volume.inode(InodeNumber(2)));
    assert_eq!(entries.len(), BLOCK_SIZE / 16 + 1);
    let used = entries.iter().filter(|entry| entry.number.0 != 0);
    let names: Vec<_> = used.map(|entry| entry.name.as_slice()).collect();
    assert_eq!(names, [&b"."[..], b"..", b"f"]);
}

/// Numbers that disagree, and nothing that says which of them is right.
#[test]
fn a_super_block_without_hope() {
    let mut image = sample();
    put_at(&mut image, BLOCK_SIZE + 8, 6u16.to_le_bytes());
    image[5 * BLOCK_SIZE..][..BLOCK_SIZE].fill(0);
    let fault = check(&image).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "super block: data begins at zone 6, expected 5, behind 32 inodes"
    );
    let mut options = Options::default();
    assert!(repair(&mut image.clone(), &options).is_err());
    // It is taken if one says so.
    options.trust_super_block = true;
    repair(&mut image, &options).unwrap();
}
