// SPDX-License-Identifier: GPL-2.0-or-later
//! A small file system, damaged in one place at a time.

mod costs;
pub(crate) mod full_tree;
mod limits;
mod wrong_numbers;

use super::*;
use core::cell::Cell;
use fs::layout::{DiskSuper, put_at};

/// An empty file system of 64 blocks and 32 inodes: inode bitmap in block
/// 2, zone bitmap in 3, inodes in 4, data from 5 on, the root in 5.
/// On it `/d` (inode 2, zone 6) and `/d/f` (inode 3, 3 bytes in zone 7).
pub(super) fn sample() -> Vec<u8> {
    let mut image = vec![0; 64 * BLOCK_SIZE];
    let disk = DiskSuper {
        ninodes: 32,
        nzones: 64,
        imap_blocks: 1,
        zmap_blocks: 1,
        firstdatazone: 5,
        max_size: MAX_FILE_SIZE,
        magic: fs::layout::SUPER_MAGIC,
        ..DiskSuper::default()
    };
    disk.store(image[BLOCK_SIZE..].first_chunk_mut().unwrap());
    image[2 * BLOCK_SIZE] = 0b1111;
    image[3 * BLOCK_SIZE] = 0b1111;
    inode(&mut image, 1, S_IFDIR | 0o755, 48, 3, [5]);
    inode(&mut image, 2, S_IFDIR | 0o755, 48, 2, [6]);
    inode(&mut image, 3, S_IFREG | 0o644, 3, 1, [7]);
    entries(&mut image, 5, &[(1, "."), (1, ".."), (2, "d")]);
    entries(&mut image, 6, &[(2, "."), (1, ".."), (3, "f")]);
    image
}

pub(super) fn inode<const N: usize>(
    image: &mut [u8],
    number: u16,
    mode: u16,
    size: u32,
    nlinks: u8,
    zones: [u16; N],
) {
    let mut inode = DiskInode {
        mode,
        size,
        nlinks,
        ..DiskInode::NONE
    };
    for (slot, zone) in inode.zones.iter_mut().zip(zones) {
        *slot = Zone(zone);
    }
    inode.store(
        image[4 * BLOCK_SIZE..].first_chunk_mut().unwrap(),
        (usize::from(number) - 1) * 32,
    );
}

pub(super) fn entries(image: &mut [u8], zone: usize, entries: &[(u16, &str)]) {
    for (slot, (number, name)) in entries.iter().enumerate() {
        let entry = &mut image[zone * BLOCK_SIZE + slot * 16..][..16];
        put_at(entry, 0, number.to_le_bytes());
        entry[2..].fill(0);
        entry[2..2 + name.len()].copy_from_slice(name.as_bytes());
    }
}

/// As [`super::repair`], of bytes.
pub(super) fn repair(image: &mut [u8], options: &Options) -> Result<Vec<Action>, Fault> {
    let before = image.to_vec();
    let mut changed = Changed::new(&before);
    let actions = super::repair(&mut changed, options)?;
    write(image, &changed.into_changes());
    Ok(actions)
}

/// As [`super::repair_until_clean`], of bytes.
pub(super) fn repair_until_clean(image: &mut [u8], options: &Options) -> Result<Repaired, Fault> {
    let repaired = super::repair_until_clean(&&*image, options)?;
    write(image, &repaired.changes);
    Ok(repaired)
}

fn write(image: &mut [u8], changes: &Changes) {
    for (number, block) in changes {
        image[*number as usize * BLOCK_SIZE..][..BLOCK_SIZE].copy_from_slice(&**block);
    }
}

/// What is found after `change`, one line each.
fn found(change: impl FnOnce(&mut Vec<u8>)) -> Vec<String> {
    let mut image = sample();
    change(&mut image);
    check(&image)
        .unwrap()
        .problems
        .iter()
        .map(Problem::to_string)
        .collect()
}

#[test]
fn a_sound_one_is_clean() {
    let report = check(&sample()).unwrap();
    assert_eq!(report.problems, []);
    assert_eq!((report.inodes_used, report.zones_used), (3, 3));
}

#[test]
fn bitmaps_that_disagree() {
    assert_eq!(
        found(|image| image[2 * BLOCK_SIZE] = 0b0111),
        ["inode 3 is in use, but marked free"]
    );
    assert_eq!(
        found(|image| image[2 * BLOCK_SIZE] = 0b11110),
        [
            "bit 0 of the inode bitmap is clear",
            "inode 4 is marked used, but in no directory"
        ]
    );
    assert_eq!(
        found(|image| image[3 * BLOCK_SIZE] = 0b11011),
        [
            "zone 6 is in use, but marked free",
            "zone 8 is marked used, but in no file"
        ]
    );
    assert_eq!(
        found(|image| image[3 * BLOCK_SIZE] = 0b1110),
        ["bit 0 of the zone bitmap is clear"]
    );
}

#[test]
fn link_counts() {
    assert_eq!(
        found(|image| inode(image, 3, S_IFREG, 3, 2, [7])),
        ["inode 3 counts 2 links, there are 1"]
    );
    // A second name that is not counted.
    assert_eq!(
        found(|image| {
            inode(image, 1, S_IFDIR, 64, 3, [5]);
            entries(image, 5, &[(1, "."), (1, ".."), (2, "d"), (3, "g")]);
        }),
        ["inode 3 counts 1 links, there are 2"]
    );
}

#[test]
fn zones_that_are_not_the_files_own() {
    assert_eq!(
        found(|image| inode(image, 3, S_IFREG, 3, 1, [6])),
        [
            "/d/f: zone 6 is somebody's already",
            "zone 7 is marked used, but in no file"
        ]
    );
    assert_eq!(
        found(|image| inode(image, 3, S_IFREG, 3, 1, [64, 7]))[..2],
        [
            "/d/f: has zone 64, which does not exist",
            "/d/f: zone 7 lies behind the end of the file",
        ]
    );
    assert_eq!(
        found(|image| inode(image, 3, S_IFREG, 3, 1, [4]))[0],
        "/d/f: has zone 4, which does not exist"
    );
    // An indirect block that lists itself: it must not be read for ever.
    assert_eq!(
        found(|image| {
            inode(image, 3, S_IFREG, 8 * 1024, 1, [0, 0, 0, 0, 0, 0, 0, 0, 7]);
            put_at(image, 7 * BLOCK_SIZE, 7u16.to_le_bytes());
        }),
        ["/d/f: zone 7 is somebody's already"]
    );
}

#[test]
fn sizes() {
    assert_eq!(
        found(|image| inode(image, 3, S_IFREG, MAX_FILE_SIZE + 1, 1, [7])),
        ["/d/f: 268966913 bytes, more than a file can have"]
    );
    assert_eq!(
        found(|image| inode(image, 2, S_IFDIR, 50, 2, [6])),
        ["/d: 50 bytes, which is no whole number of directory entries"]
    );
    assert_eq!(
        found(|image| inode(image, 2, S_IFDIR, 2000, 2, [6])),
        ["/d: 2000 bytes, but its last block is missing"]
    );
}

#[test]
fn directory_entries() {
    let with = |extra: &[(u16, &str)]| {
        found(|image| {
            inode(image, 2, S_IFDIR, 48 + 16 * extra.len() as u32, 2, [6]);
            entries(
                image,
                6,
                &[&[(2, "."), (1, ".."), (3, "f")], extra].concat(),
            );
        })
    };
    assert_eq!(with(&[(0, "gone")]), [""; 0]);
    assert_eq!(
        with(&[(33, "x")]),
        ["/d/x: leads to inode 33, which does not exist"]
    );
    assert_eq!(
        with(&[(3, "f")])[0],
        "/d/f: the name occurs twice in its directory"
    );
    assert_eq!(with(&[(3, "")])[0], "/d/: the name is empty");
    assert_eq!(with(&[(3, "a/b")])[0], "/d/a/b: the name holds a slash");
    assert_eq!(
        with(&[(1, "up")])[0],
        "/d/up: the directory, inode 1, has another name too"
    );
    assert_eq!(
        with(&[(9, "x")])[0],
        "/d/x: inode 9 has the mode 0o0, which is no file's"
    );
    assert_eq!(
        found(|image| entries(image, 6, &[(2, "."), (2, ".."), (3, "f")]))[0],
        "/d: `..` should lead to inode 1"
    );
    assert_eq!(
        found(|image| entries(image, 5, &[(0, "."), (1, ".."), (2, "d")]))[0],
        "/: `.` should lead to inode 1"
    );
}

#[test]
fn names_that_the_kernel_does_not_find() {
    assert_eq!(
        found(|image| entries(image, 6, &[(1, ".."), (2, "."), (3, "f")])),
        [
            "/d/..: the name is not in the second place",
            "/d/.: the name is not in the first place"
        ]
    );
    assert_eq!(
        found(|image| image[6 * BLOCK_SIZE + 2 * 16 + 2 + 5] = b'x'),
        ["/d/f: the name has bytes behind its end"]
    );
}

#[test]
fn without_a_root_or_a_super_block() {
    assert_eq!(
        found(|image| inode(image, 1, S_IFREG, 48, 1, [5]))[0],
        "inode 1, the root, is not a directory"
    );
    assert!(check(&[0; 1000]).is_err());
    assert!(check(&[0; 4096]).unwrap_err().problem.contains("magic"));
    // A device smaller than the file system says, and than its bitmap knows.
    let mut image = sample();
    image[3 * BLOCK_SIZE + 60 / 8..4 * BLOCK_SIZE].fill(0xff);
    image[3 * BLOCK_SIZE + 60 / 8] = 0xf0;
    assert!(check(&image).unwrap().is_clean());
    let fault = check(&&image[..63 * BLOCK_SIZE]).unwrap_err();
    assert!(fault.problem.contains("more zones"), "{fault}");
}

#[test]
fn problems_are_counted_but_not_kept_without_end() {
    let mut image = sample();
    image[2 * BLOCK_SIZE..4 * BLOCK_SIZE].fill(0xff);
    // An indirect block of 512 bad zones, three times.
    for number in 4..7u16 {
        inode(
            &mut image,
            number,
            S_IFREG,
            1 << 20,
            1,
            [0, 0, 0, 0, 0, 0, 0, 4 + number],
        );
        image[usize::from(4 + number) * BLOCK_SIZE..][..BLOCK_SIZE].fill(0xff);
    }
    inode(&mut image, 2, S_IFDIR, 96, 2, [6]);
    entries(
        &mut image,
        6,
        &[(2, "."), (1, ".."), (3, "f"), (4, "a"), (5, "b"), (6, "c")],
    );
    let report = check(&image).unwrap();
    assert_eq!(report.problems.len(), KEPT);
    assert!(report.count > 1500);
}

/// An image, read block by block; which blocks it was asked for.
struct Counted<'a> {
    image: &'a [u8],
    asked: Cell<usize>,
    bad: Option<u32>,
}

impl Device for &Counted<'_> {
    fn count(&self) -> u32 {
        self.image.count()
    }

    fn read(&self, first: u32, blocks: &mut [Block]) -> bool {
        let numbers = first..first + blocks.len() as u32;
        for (number, block) in numbers.clone().zip(blocks) {
            *block = *self.image.block(number).unwrap();
            self.asked.set(self.asked.get() + 1);
        }
        self.bad.is_none_or(|bad| !numbers.contains(&bad))
    }
}

fn counted(image: &[u8], bad: Option<u32>) -> Counted<'_> {
    let asked = Cell::new(0);
    Counted { image, asked, bad }
}

/// A full tree with some damage that only lists and directories tell of.
fn damaged_tree() -> Vec<u8> {
    let mut image = full_tree::full_tree(&fs::mkfs::Options::new(1500), 20);
    let volume = UntrustedVolume::open(&image).unwrap();
    let zones_of = |name| volume.inode(full_tree::find(&image, name)).zones;
    let (list, directory) = (zones_of("/5")[fs::layout::INDIRECT], zones_of("/a/b")[0]);
    put_at(&mut image, usize::from(list.0) * BLOCK_SIZE + 8, [0; 2]);
    put_at(
        &mut image,
        usize::from(directory.0) * BLOCK_SIZE + 64,
        [0; 2],
    );
    image
}

/// The check of a device reads each block once, only the metadata, and finds what
/// one of all bytes does.
#[test]
fn the_metadata_will_do() {
    let image = damaged_tree();
    let device = counted(&image, None);
    let part = check(&Kept::new(&device)).unwrap();
    let all = check(&image).unwrap();
    assert!(!all.is_clean());
    assert_eq!((all.problems, all.count), (part.problems, part.count));
    let asked = device.asked.get();
    assert!(asked < image.len() / BLOCK_SIZE / 10, "{asked}");
}

/// A repair of a device changes what one of all bytes does, and reads but a part.
#[test]
fn a_device_is_repaired_as_bytes_are() {
    let image = damaged_tree();
    let device = counted(&image, None);
    let options = Options::default();
    let of_device = super::repair_until_clean(&Kept::new(&device), &options).unwrap();
    let of_bytes = super::repair_until_clean(&image, &options).unwrap();
    assert_eq!(of_device.changes, of_bytes.changes);
    assert!(of_device.after.is_clean());
    let asked = device.asked.get();
    assert!(asked < image.len() / BLOCK_SIZE / 4, "{asked}");
    // Blocks that stay as they are, are not written.
    for (&number, block) in &of_device.changes {
        assert_ne!(image.block(number), Some(&**block), "{number}");
    }
}

/// What can't be read is not taken for empty.
#[test]
fn an_unreadable_block() {
    let image = damaged_tree();
    let root = UntrustedVolume::open(&image).unwrap().inode(ROOT_INODE);
    for bad in [1, 2, 3, 4, 10, root.zones[0].block()] {
        let device = counted(&image, Some(bad));
        let blocks = Kept::new(&device);
        let checked = check(&blocks).map(|report| report.count);
        let repaired = super::repair_until_clean(&blocks, &Options::default());
        let place = format!("block {bad}");
        assert_eq!(checked.unwrap_err().place, place);
        assert_eq!(repaired.err().unwrap().place, place);
    }
    // The boot block is none of ours.
    let device = counted(&image, Some(0));
    assert!(check(&Kept::new(&device)).is_ok());
    assert!(super::repair_until_clean(&Kept::new(&device), &Options::default()).is_ok());
}
