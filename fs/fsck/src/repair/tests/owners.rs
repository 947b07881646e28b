// SPDX-License-Identifier: GPL-2.0-or-later
//! Whose data is kept: what is in each file after a repair, byte for byte.

use super::limits::mark_zones;
use super::*;
use crate::tests::{entries, inode};
use fs::layout::{DIRECT_ZONES, ZONES_PER_BLOCK};

const FILE: u16 = S_IFREG | 0o644;
const DIRECTORY: u16 = S_IFDIR | 0o755;

/// Blocks of a file before what its list and its list of lists lead to.
const LIST: usize = DIRECT_ZONES as usize;
const DOUBLE: usize = LIST + ZONES_PER_BLOCK as usize;

/// The sample, whose root has these names too.
fn with_names(names: &[(u16, &str)]) -> Vec<u8> {
    let mut image = sample_with_contents();
    let all = [&[(1, "."), (1, ".."), (2, "d")], names].concat();
    inode(&mut image, 1, DIRECTORY, 16 * all.len() as u32, 3, [5]);
    entries(&mut image, 5, &all);
    for (number, _) in names {
        image[2 * BLOCK_SIZE + usize::from(number / 8)] |= 1 << (number % 8);
    }
    image
}

fn text(image: &mut [u8], zone: u16, text: &str) {
    image[usize::from(zone) * BLOCK_SIZE..][..text.len()].copy_from_slice(text.as_bytes());
}

fn list(image: &mut [u8], zone: u16, numbers: &[u16]) {
    for (slot, number) in numbers.iter().enumerate() {
        let place = usize::from(zone) * BLOCK_SIZE + 2 * slot;
        put_at(image, place, number.to_le_bytes());
    }
}

/// The text at the start of each block of a file that has one.
fn blocks(image: &[u8], path: &str) -> Vec<(usize, String)> {
    let bytes = contents(image).remove(path).unwrap().1;
    let blocks = bytes.chunks(BLOCK_SIZE).enumerate();
    let texts = blocks.map(|(index, block)| {
        let end = block.iter().position(|&byte| byte == 0);
        let text = &block[..end.unwrap_or(block.len())];
        (index, String::from_utf8_lossy(text).into_owned())
    });
    texts.filter(|(_, text)| !text.is_empty()).collect()
}

fn texts(all: &[(usize, &str)]) -> Vec<(usize, String)> {
    let all = all.iter();
    all.map(|&(index, text)| (index, text.to_owned())).collect()
}

/// A file of the one zone, and of the other and all behind it; all are in use.
fn fill_up(image: &mut [u8], number: u16, [first, rest]: [u16; 2]) {
    let listed: Vec<u16> = (rest + 1..64).collect();
    let size = (LIST + listed.len()) * BLOCK_SIZE;
    let zones = [first, 0, 0, 0, 0, 0, 0, rest];
    inode(image, number, FILE, size as u32, 1, zones);
    list(image, rest, &listed);
    mark_zones(image, 5..=63);
}

fn repaired(image: &mut [u8]) -> Vec<String> {
    let lines = lines(image);
    assert_eq!(check(&image.to_vec()).unwrap().problems, []);
    lines
}

/// A zone that a file has, but the bitmap does not know, is not given away before
/// the file is met.
#[test]
fn a_zone_that_is_marked_free() {
    let mut image = with_names(&[(4, "g"), (5, "h")]);
    inode(&mut image, 4, FILE, 3, 1, [7]);
    inode(&mut image, 5, FILE, 5, 1, [8]);
    text(&mut image, 8, "hello");
    let said = repaired(&mut image);
    assert_eq!(said[0], "/g: made copies of zones that another file has: 7");
    assert_eq!(blocks(&image, "/h"), texts(&[(0, "hello")]));
    assert_eq!(blocks(&image, "/g"), texts(&[(0, "abc")]));
    assert_eq!(blocks(&image, "/d/f"), texts(&[(0, "abc")]));

    // The disk is full but for a zone with nothing in it, and a directory needs one.
    let mut image = with_names(&[(4, "g"), (5, "e")]);
    fill_up(&mut image, 4, [0, 9]);
    inode(&mut image, 5, DIRECTORY, 32, 2, []);
    image[3 * BLOCK_SIZE] &= !(1 << 3);
    entries(
        &mut image,
        5,
        &[(1, "."), (1, ".."), (5, "e"), (4, "g"), (2, "d")],
    );
    repaired(&mut image);
    let made = UntrustedVolume::open(&image).unwrap().inode(InodeNumber(5));
    assert_eq!(made.zones[0], Zone(8));
    assert_eq!(blocks(&image, "/d/f"), texts(&[(0, "abc")]));
}

/// On a full disk the zone for `/lost+found` is a lost one with nothing in it, and
/// one that has something becomes a file; or it is one that only an inode wants
/// that nobody needs.
#[test]
fn the_last_zone() {
    use abi::sys::stat::S_IFIFO;
    for is_wanted in [false, true] {
        let mut image = with_names(&[]);
        fill_up(&mut image, 3, [7, 10]);
        text(&mut image, 8, "lost");
        inode(&mut image, 4, S_IFIFO | 0o644, 0, 1, []);
        image[2 * BLOCK_SIZE] |= 1 << 4;
        if is_wanted {
            inode(&mut image, 6, FILE, 5, 1, [9]);
            text(&mut image, 9, "idle");
            image[3 * BLOCK_SIZE] &= !(1 << 5);
        }
        let said = repaired(&mut image);
        assert_eq!(said[0], "/lost+found: made", "{is_wanted}: {said:?}");
        let lost = blocks(&image, "/lost+found/zone-8");
        assert_eq!(lost, texts(&[(0, "lost")]), "{is_wanted}");
        let root = find(&image, "/lost+found");
        let volume = UntrustedVolume::open(&image).unwrap();
        assert_eq!(volume.inode(root).zones[0], Zone(9));
    }
}

/// A file with two lists in its list of lists is left as it is.
#[test]
fn two_lists_of_one_file() {
    let mut image = with_names(&[]);
    let size = (DOUBLE + 513) * BLOCK_SIZE;
    let zones = [7, 0, 0, 0, 0, 0, 0, 0, 8];
    // Its count of names is wrong.
    inode(&mut image, 3, FILE, size as u32, 2, zones);
    list(&mut image, 8, &[9, 10]);
    list(&mut image, 9, &[11]);
    list(&mut image, 10, &[12]);
    text(&mut image, 11, "first");
    text(&mut image, 12, "second");
    mark_zones(&mut image, 8..=12);
    let said = repaired(&mut image);
    assert_eq!(said, ["/d/f: link count of inode 3 set from 2 to 1"]);
    let expected = [(0, "abc"), (DOUBLE, "first"), (DOUBLE + 512, "second")];
    assert_eq!(blocks(&image, "/d/f"), texts(&expected));
}

/// A directory into which a file's zone has come gets no names out of it.
#[test]
fn text_in_a_directory() {
    let mut image = with_names(&[]);
    entries(&mut image, 7, &[(3, "x"), (999, "y")]);
    inode(&mut image, 3, FILE, 32, 1, [7]);
    inode(&mut image, 2, DIRECTORY, 2048, 2, [6, 7]);
    let before = contents(&image).remove("/d/f").unwrap();
    assert_eq!(
        repaired(&mut image),
        [
            "/d: cleared zone numbers that are another's: 7",
            "/d: size set from 2048 to 1024",
        ]
    );
    assert_eq!(
        contents(&image).into_keys().collect::<Vec<_>>(),
        ["/d", "/d/f"]
    );
    assert_eq!(contents(&image)["/d/f"], before);
}

/// Two files with one list have both what it lists; one file that has it in two
/// places has it in the first.
#[test]
fn one_list_in_two_places() {
    let mut image = with_names(&[(4, "g")]);
    let size = (LIST + 2) * BLOCK_SIZE;
    for number in [3, 4] {
        let zones = [0, 0, 0, 0, 0, 0, 0, 8];
        inode(&mut image, number, FILE, size as u32, 1, zones);
    }
    list(&mut image, 8, &[9, 10]);
    text(&mut image, 9, "first");
    text(&mut image, 10, "second");
    mark_zones(&mut image, 8..=10);
    let said = repaired(&mut image);
    assert_eq!(
        said[0],
        "/g: made copies of zones that another file has: 8, 9, 10"
    );
    let expected = texts(&[(LIST, "first"), (LIST + 1, "second")]);
    assert_eq!(blocks(&image, "/d/f"), expected);
    assert_eq!(blocks(&image, "/g"), expected);

    let mut image = with_names(&[]);
    let size = (DOUBLE + 500) * BLOCK_SIZE;
    let zones = [0, 0, 0, 0, 0, 0, 0, 8, 11];
    inode(&mut image, 3, FILE, size as u32, 1, zones);
    list(&mut image, 8, &[9, 10]);
    list(&mut image, 11, &[8]);
    text(&mut image, 9, "first");
    text(&mut image, 10, "second");
    mark_zones(&mut image, 8..=11);
    let said = repaired(&mut image);
    assert_eq!(said[0], "/d/f: cleared zone numbers that are another's: 8");
    assert_eq!(blocks(&image, "/d/f"), expected);
}

/// A list with a third of its numbers wrong is kept as its file's, but not copied for
/// another.
#[test]
fn a_list_with_doubts() {
    let mut image = with_names(&[(4, "g")]);
    let size = (LIST + 3) * BLOCK_SIZE;
    for number in [3, 4] {
        let zones = [0, 0, 0, 0, 0, 0, 0, 8];
        inode(&mut image, number, FILE, size as u32, 1, zones);
    }
    list(&mut image, 8, &[9, 999, 10]);
    text(&mut image, 9, "first");
    text(&mut image, 10, "second");
    mark_zones(&mut image, 8..=10);
    let said = repaired(&mut image);
    assert_eq!(said[0], "/g: cleared zone numbers that are another's: 8");
    let expected = texts(&[(LIST, "first"), (LIST + 2, "second")]);
    assert_eq!(blocks(&image, "/d/f"), expected);
    assert_eq!(blocks(&image, "/g"), []);
}

/// A file's list that the bitmap has as used, but not what it lists, is a list.
#[test]
fn a_list_that_the_bitmap_half_knows() {
    let mut image = with_names(&[]);
    let size = (LIST + 2) * BLOCK_SIZE;
    inode(
        &mut image,
        3,
        FILE,
        size as u32,
        1,
        [7, 0, 0, 0, 0, 0, 0, 8],
    );
    list(&mut image, 8, &[9, 10]);
    text(&mut image, 9, "first");
    text(&mut image, 10, "second");
    mark_zones(&mut image, 8..=8);
    assert_eq!(repaired(&mut image), ["zone bitmap: marked used: 9-10"]);
    let expected = [(0, "abc"), (LIST, "first"), (LIST + 1, "second")];
    assert_eq!(blocks(&image, "/d/f"), texts(&expected));
}

/// Data in the second block behind the end makes the file that long; the largest
/// size is one.
#[test]
fn the_end_of_a_file() {
    let mut image = with_names(&[]);
    inode(&mut image, 3, FILE, 0, 1, [7, 8]);
    text(&mut image, 8, "defg");
    mark_zones(&mut image, 8..=8);
    assert_eq!(repaired(&mut image), ["/d/f: size set from 0 to 1028"]);
    assert_eq!(blocks(&image, "/d/f"), texts(&[(0, "abc"), (1, "defg")]));

    let mut image = with_names(&[]);
    inode(&mut image, 3, FILE, MAX_FILE_SIZE, 2, [7]);
    let said = repaired(&mut image);
    assert_eq!(said, ["/d/f: link count of inode 3 set from 2 to 1"]);
}

/// Zeros behind the end are cut off wherever they begin, with the lists that lead
/// to nothing else; what lies before the end stays.
#[test]
fn zeros_behind_the_end() {
    // In the file's order: data and lists of each level.
    let all: [(usize, &[u16]); 6] = [
        (0, &[7]),
        (LIST, &[8, 9]),
        (LIST + 1, &[10]),
        (DOUBLE, &[11, 12, 14]),
        (DOUBLE + 1, &[15]),
        (DOUBLE + 512, &[13, 16]),
    ];
    for kept in 1..all.len() {
        let mut image = with_names(&[]);
        let blocks_left = all[kept - 1].0 + 1;
        let size = (blocks_left * BLOCK_SIZE) as u32;
        inode(&mut image, 3, FILE, size, 1, [7, 0, 0, 0, 0, 0, 0, 8, 11]);
        list(&mut image, 8, &[9, 10]);
        list(&mut image, 11, &[12, 13]);
        list(&mut image, 12, &[14, 15]);
        list(&mut image, 13, &[16]);
        mark_zones(&mut image, 8..=16);
        let before = blocks(&image, "/d/f");
        repaired(&mut image);
        assert_eq!(blocks(&image, "/d/f"), before, "{kept}");
        let volume = UntrustedVolume::open(&image).unwrap();
        let mut zones = Vec::new();
        volume.walk_zones(&volume.inode(InodeNumber(3)), &mut |found| {
            zones.push(found.zone.0);
            true
        });
        zones.sort_unstable();
        let mut expected: Vec<_> = all[..kept].iter().flat_map(|it| it.1.to_vec()).collect();
        expected.sort_unstable();
        assert_eq!(zones, expected, "{blocks_left} blocks");
    }
}

/// What the repair makes longer has no list of lists.
#[test]
fn the_longest_that_is_appended_to() {
    let image = with_names(&[]);
    let blocks = &&image[..];
    let mut repairer = Repairer::new(blocks, &Options::default()).unwrap();
    let number = InodeNumber(3);
    let blocks = zones::MAX_APPENDED;
    assert_eq!(repairer.set_block(number, blocks - 1, Zone(40)), Some(()));
    assert_eq!(repairer.set_block(number, blocks, Zone(41)), None);
    assert!(repairer.is_owned(Zone(40)) && !repairer.is_owned(Zone(41)));
}
