// SPDX-License-Identifier: GPL-2.0-or-later
//! Kinds of damage to the small file system: `/d` (inode 2, zone 6) and `/d/f`
//! (inode 3, "abc" in zone 7).

use crate::tests::{entries, inode};
use abi::sys::stat::{S_IFDIR, S_IFREG};
use fs::layout::{BLOCK_SIZE, put_at};

const FILE: u16 = S_IFREG | 0o644;
const DIRECTORY: u16 = S_IFDIR | 0o755;

/// Kinds of damage: what it is, what does it, what the repair says, and the
/// tree afterwards, if it isn't the old one.
pub type Damage = (
    &'static str,
    fn(&mut Vec<u8>),
    &'static [&'static str],
    &'static [&'static str],
);

const INTACT: &[&str] = &["/d/", "/d/f abc"];

pub const DAMAGES: &[Damage] = &[
    (
        "an inode marked free",
        |image| image[2 * BLOCK_SIZE] = 0b0111,
        &["inode bitmap: marked used: 3"],
        INTACT,
    ),
    (
        "zones marked free, and one used",
        |image| image[3 * BLOCK_SIZE] = 0b1_0011,
        &[
            "zone bitmap: marked used: 6-7",
            "zone bitmap: marked free: 8",
        ],
        INTACT,
    ),
    (
        "bits 0 of the bitmaps",
        |image| {
            image[2 * BLOCK_SIZE] &= !1;
            image[3 * BLOCK_SIZE] &= !1;
        },
        &[
            "inode bitmap: set 1 bits that stand for nothing",
            "zone bitmap: set 1 bits that stand for nothing",
        ],
        INTACT,
    ),
    (
        "link counts",
        |image| {
            inode(image, 2, DIRECTORY, 48, 9, [6]);
            inode(image, 3, FILE, 3, 0, [7]);
        },
        &[
            "/d: link count of inode 2 set from 9 to 2",
            "/d/f: link count of inode 3 set from 0 to 1",
        ],
        INTACT,
    ),
    (
        "a zone number that does not exist",
        |image| inode(image, 3, FILE, 3, 1, [7, 64]),
        &["/d/f: cleared zone numbers that do not exist: 64"],
        INTACT,
    ),
    (
        "two files with one zone",
        |image| {
            inode(image, 1, DIRECTORY, 64, 3, [5]);
            inode(image, 4, FILE, 2, 1, [7]);
            entries(image, 5, &[(1, "."), (1, ".."), (2, "d"), (4, "g")]);
            image[2 * BLOCK_SIZE] = 0b11111;
        },
        &[
            "/g: made copies of zones that another file has: 7",
            "zone bitmap: marked used: 8",
        ],
        &["/d/", "/d/f abc", "/g ab"],
    ),
    (
        "two files with one zone, whose contents end where the second does",
        |image| {
            inode(image, 1, DIRECTORY, 64, 3, [5]);
            inode(image, 3, FILE, 2, 1, [7]);
            inode(image, 4, FILE, 3, 1, [7]);
            entries(image, 5, &[(1, "."), (1, ".."), (2, "d"), (4, "g")]);
            image[2 * BLOCK_SIZE] = 0b11111;
        },
        &[
            "/d/f: made copies of zones that another file has: 7",
            "zone bitmap: marked used: 8",
        ],
        &["/d/", "/d/f ab", "/g abc"],
    ),
    (
        "a file with the zone of its directory",
        |image| inode(image, 3, FILE, 3, 1, [6]),
        &[
            "/d/f: made copies of zones that another file has: 6",
            "/lost+found: made",
            "zone 7 was in no file: now /lost+found/zone-7",
            "/: link count of inode 1 set from 3 to 4",
            "inode bitmap: marked used: 4-5",
            "zone bitmap: marked used: 8-9",
        ],
        &[
            "/d/",
            "/d/f \u{2}\0.",
            "/lost+found/",
            "/lost+found/zone-7 abc",
        ],
    ),
    (
        "an indirect block that lists itself and what does not exist",
        |image| {
            inode(image, 3, FILE, 8 * 1024, 1, [0, 0, 0, 0, 0, 0, 0, 7]);
            put_at(image, 7 * BLOCK_SIZE, 7u16.to_le_bytes());
            put_at(image, 7 * BLOCK_SIZE + 2, 999u16.to_le_bytes());
        },
        &[
            "/d/f: cleared numbers of lists that are none: 7",
            "/lost+found: made",
            "zone 7 was in no file: now /lost+found/zone-7",
            "/: link count of inode 1 set from 3 to 4",
            "inode bitmap: marked used: 4-5",
            "zone bitmap: marked used: 8",
        ],
        &[
            "/d/",
            "/d/f ",
            "/lost+found/",
            "/lost+found/zone-7 \u{7}\0\u{fffd}",
        ],
    ),
    (
        "a list with a number too many, and one twice",
        |image| {
            inode(image, 3, FILE, 9 * 1024, 1, [0, 0, 0, 0, 0, 0, 0, 7]);
            for (slot, zone) in [8u16, 9, 10, 999, 8].into_iter().enumerate() {
                put_at(image, 7 * BLOCK_SIZE + 2 * slot, zone.to_le_bytes());
            }
            image[3 * BLOCK_SIZE..][..2].copy_from_slice(&[0b0111_1111, 0]);
        },
        &[
            "/d/f: cleared zone numbers that do not exist: 999",
            "/d/f: cleared zone numbers that are another's: 8",
            "/d/f: gave up 1 empty zones behind the end of the file",
            "zone bitmap: marked free: 10",
        ],
        &["/d/", "/d/f "],
    ),
    (
        "a file that is called a directory",
        |image| {
            image[7 * BLOCK_SIZE..][..64].fill(b'a');
            inode(image, 3, DIRECTORY, 64, 1, [7]);
        },
        &["/d/f: inode 3 had the mode 0o40755: made a file"],
        &["/d/", "/d/f aaa"],
    ),
    (
        "a directory half of which is rubbish",
        |image| {
            inode(image, 2, DIRECTORY, 96, 2, [6]);
            let rubbish = [(99, "x"), (99, "y"), (99, "z")];
            let all = [&[(2, "."), (1, ".."), (3, "f")], &rubbish[..]].concat();
            entries(image, 6, &all);
        },
        &[
            "/d/x: inode 99 does not exist: name removed",
            "/d/y: inode 99 does not exist: name removed",
            "/d/z: inode 99 does not exist: name removed",
        ],
        INTACT,
    ),
    (
        "a root more than half of which is rubbish",
        |image| {
            inode(image, 1, DIRECTORY, 112, 3, [5]);
            let rubbish = [(99, "w"), (99, "x"), (99, "y"), (99, "z")];
            let all = [&[(1, "."), (1, ".."), (2, "d")], &rubbish[..]].concat();
            entries(image, 5, &all);
        },
        &[
            "/w: inode 99 does not exist: name removed",
            "/x: inode 99 does not exist: name removed",
            "/y: inode 99 does not exist: name removed",
            "/z: inode 99 does not exist: name removed",
        ],
        INTACT,
    ),
    (
        "a size beyond all files",
        |image| inode(image, 3, FILE, u32::MAX, 1, [7]),
        &["/d/f: size set from 4294967295 to 3"],
        INTACT,
    ),
    (
        "data behind the end of a file",
        |image| inode(image, 3, FILE, 0, 1, [7]),
        &["/d/f: size set from 0 to 3"],
        INTACT,
    ),
    (
        "zeros behind the end of a file",
        |image| {
            inode(image, 3, FILE, 3, 1, [7, 8]);
            image[3 * BLOCK_SIZE] = 0b1_1111;
        },
        &[
            "/d/f: gave up 1 empty zones behind the end of the file",
            "zone bitmap: marked free: 8",
        ],
        INTACT,
    ),
    (
        "a directory cut short",
        |image| inode(image, 2, DIRECTORY, 40, 2, [6]),
        &["/d: size set from 40 to 48"],
        INTACT,
    ),
    (
        "a directory longer than its blocks",
        |image| inode(image, 2, DIRECTORY, 5000, 2, [6]),
        &["/d: size set from 5000 to 1024"],
        INTACT,
    ),
    (
        "entries that lead nowhere",
        |image| {
            inode(image, 2, DIRECTORY, 80, 2, [6]);
            entries(
                image,
                6,
                &[(2, "."), (1, ".."), (3, "f"), (33, "x"), (9, "y")],
            );
        },
        &[
            "/d/x: inode 33 does not exist: name removed",
            "/d/y: inode 9 is not in use: name removed",
        ],
        INTACT,
    ),
    (
        "names that can't be",
        |image| {
            inode(image, 2, DIRECTORY, 96, 2, [6]);
            let bad = [(2, "."), (1, ".."), (3, "f"), (3, ""), (3, "a/b"), (3, "f")];
            entries(image, 6, &bad);
        },
        &[
            "/d/: renamed to `#3`",
            "/d/a/b: renamed to `a_b`",
            "/d/f: the same entry is there twice: name removed",
            "/d/f: link count of inode 3 set from 1 to 3",
        ],
        &["/d/", "/d/#3 abc", "/d/a_b abc", "/d/f abc"],
    ),
    (
        "one name for two files",
        |image| {
            inode(image, 2, DIRECTORY, 64, 2, [6]);
            inode(image, 4, FILE, 0, 1, []);
            entries(image, 6, &[(2, "."), (1, ".."), (3, "f"), (4, "f")]);
            image[2 * BLOCK_SIZE] = 0b11111;
        },
        &["/d/f: renamed to `f~2`"],
        &["/d/", "/d/f abc", "/d/f~2 "],
    ),
    (
        "bytes behind a name",
        |image| image[6 * BLOCK_SIZE + 2 * 16 + 2 + 5] = b'x',
        &["/d/f: bytes behind the end of the name cleared"],
        INTACT,
    ),
    (
        "a directory with two names",
        |image| {
            inode(image, 1, DIRECTORY, 64, 3, [5]);
            inode(image, 4, DIRECTORY, 48, 3, [8]);
            // `/x` comes before `/a/d`, but is the wrong one.
            entries(image, 5, &[(1, "."), (1, ".."), (2, "x"), (4, "a")]);
            entries(image, 8, &[(4, "."), (1, ".."), (2, "d")]);
            entries(image, 6, &[(2, "."), (4, ".."), (3, "f")]);
            image[2 * BLOCK_SIZE] = 0b11111;
            image[3 * BLOCK_SIZE] = 0b1_1111;
        },
        &["/x: the directory, inode 2, is /a/d already: name removed"],
        &["/a/", "/a/d/", "/a/d/f abc"],
    ),
    (
        "a loop: /d/up leads to the root",
        |image| {
            inode(image, 2, DIRECTORY, 64, 2, [6]);
            entries(image, 6, &[(2, "."), (1, ".."), (3, "f"), (1, "up")]);
        },
        &["/d/up: the directory, inode 1, is / already: name removed"],
        INTACT,
    ),
    (
        "a loop that nobody reaches",
        |image| {
            entries(image, 5, &[(1, "."), (1, ".."), (0, "d")]);
            inode(image, 2, DIRECTORY, 64, 3, [6]);
            inode(image, 4, DIRECTORY, 48, 3, [8]);
            entries(image, 6, &[(2, "."), (4, ".."), (3, "f"), (4, "e")]);
            entries(image, 8, &[(4, "."), (2, ".."), (2, "d")]);
            image[2 * BLOCK_SIZE] = 0b11111;
            image[3 * BLOCK_SIZE] = 0b1_1111;
        },
        &[
            "/lost+found: made",
            "inode 2 was in no directory: now /lost+found/#2",
            "/lost+found/#2: `..` made to lead to inode 5",
            "/lost+found/#2/e/d: the directory, inode 2, is /lost+found/#2 already: name removed",
            "/lost+found/#2/e: link count of inode 4 set from 3 to 2",
            "inode bitmap: marked used: 5",
            "zone bitmap: marked used: 9",
        ],
        &[
            "/lost+found/",
            "/lost+found/#2/",
            "/lost+found/#2/e/",
            "/lost+found/#2/f abc",
        ],
    ),
    (
        "`.` and `..` missing",
        |image| entries(image, 6, &[(3, "f"), (0, "x"), (0, "y")]),
        &[
            "/d: `.` made to lead to inode 2",
            "/d: `..` made to lead to inode 1",
            "/d: `f` moved out of the place of `.` or `..`",
        ],
        INTACT,
    ),
    (
        "`.` and `..` wrong",
        |image| entries(image, 6, &[(1, "."), (2, ".."), (3, "f")]),
        &[
            "/d: `.` made to lead to inode 2",
            "/d: `..` made to lead to inode 1",
        ],
        INTACT,
    ),
    (
        "the block of a directory is gone",
        |image| inode(image, 2, DIRECTORY, 48, 2, [0]),
        &[
            "/d: size set from 48 to 0",
            "/d: the first block was missing: a new one made",
            "/d: `.` made to lead to inode 2",
            "/d: `..` made to lead to inode 1",
            "/lost+found: made",
            "inode 3 was in no directory: now /lost+found/#3",
            "zone 6 was in no file: now /lost+found/zone-6",
            "/: link count of inode 1 set from 3 to 4",
            "inode bitmap: marked used: 4-5",
            "zone bitmap: marked used: 8-9",
        ],
        &[
            "/d/",
            "/lost+found/",
            "/lost+found/#3 abc",
            "/lost+found/zone-6 \u{2}\0.",
        ],
    ),
    (
        "a directory is in no directory",
        |image| entries(image, 5, &[(1, "."), (1, ".."), (0, "d")]),
        &[
            "/lost+found: made",
            "inode 2 was in no directory: now /lost+found/#2",
            "/lost+found/#2: `..` made to lead to inode 4",
            "inode bitmap: marked used: 4",
            "zone bitmap: marked used: 8",
        ],
        &["/lost+found/", "/lost+found/#2/", "/lost+found/#2/f abc"],
    ),
    (
        "a file is in no directory and marked free",
        |image| {
            entries(image, 6, &[(2, "."), (1, ".."), (0, "f")]);
            image[2 * BLOCK_SIZE] = 0b0111;
        },
        &[
            "/lost+found: made",
            "inode 3 was in no directory: now /lost+found/#3",
            "/: link count of inode 1 set from 3 to 4",
            "inode bitmap: marked used: 3-4",
            "zone bitmap: marked used: 8",
        ],
        &["/d/", "/lost+found/", "/lost+found/#3 abc"],
    ),
    (
        "removed while it was open",
        |image| {
            entries(image, 6, &[(2, "."), (1, ".."), (0, "f")]);
            inode(image, 3, FILE, 3, 0, [7]);
        },
        &[
            "inode 3 was removed while it was open: freed",
            "inode bitmap: marked free: 3",
            "zone bitmap: marked free: 7",
        ],
        &["/d/"],
    ),
    (
        "a zone with data is in no file",
        |image| {
            image[8 * BLOCK_SIZE] = b'!';
            image[3 * BLOCK_SIZE] = 0b1_1111;
        },
        &[
            "/lost+found: made",
            "zone 8 was in no file: now /lost+found/zone-8",
            "/: link count of inode 1 set from 3 to 4",
            "inode bitmap: marked used: 4-5",
            "zone bitmap: marked used: 9",
        ],
        &[
            "/d/",
            "/d/f abc",
            "/lost+found/",
            "/lost+found/zone-8 !\0\0",
        ],
    ),
    (
        "an inode overwritten with zeros",
        |image| inode(image, 3, 0, 0, 0, []),
        &[
            "/d/f: inode 3 is not in use: name removed",
            "inode 3 is in no directory, and empty: freed",
            "/lost+found: made",
            "zone 7 was in no file: now /lost+found/zone-7",
            "/: link count of inode 1 set from 3 to 4",
            "inode bitmap: marked used: 4",
            "zone bitmap: marked used: 8",
        ],
        &["/d/", "/lost+found/", "/lost+found/zone-7 abc"],
    ),
    (
        "types that are none",
        |image| {
            inode(image, 2, 0o755, 48, 2, [6]);
            inode(image, 3, 0o170644, 3, 1, [7]);
        },
        &[
            "/d: inode 2 had the mode 0o755: made a directory",
            "/d/f: inode 3 had the mode 0o170644: made a file",
        ],
        INTACT,
    ),
    (
        "the root is a file by its mode",
        |image| inode(image, 1, FILE, 48, 3, [5]),
        &["inode 1, the root, was not a directory: made one again"],
        INTACT,
    ),
    (
        "the root is gone",
        |image| {
            inode(image, 1, 0, 0, 0, []);
            image[5 * BLOCK_SIZE..6 * BLOCK_SIZE].fill(0);
        },
        &[
            "inode 1, the root, was lost: a new one made",
            "/: the first block was missing: a new one made",
            "/: `.` made to lead to inode 1",
            "/: `..` made to lead to inode 1",
            "/lost+found: made",
            "inode 2 was in no directory: now /lost+found/#2",
            "/lost+found/#2: `..` made to lead to inode 4",
            "/: link count of inode 1 set from 0 to 3",
            "inode bitmap: marked used: 4",
            "zone bitmap: marked used: 8-9",
            "zone bitmap: marked free: 5",
        ],
        &["/lost+found/", "/lost+found/#2/", "/lost+found/#2/f abc"],
    ),
    (
        "the limit on sizes",
        |image| put_at(image, BLOCK_SIZE + 12, 2u32.to_le_bytes()),
        &["super block: max_size set from 2 to 268966912"],
        INTACT,
    ),
    (
        "marked as having errors",
        |image| {
            put_at(image, BLOCK_SIZE + 18, 2u16.to_le_bytes());
            inode(image, 3, FILE, 3, 7, [7]);
        },
        &[
            "/d/f: link count of inode 3 set from 7 to 1",
            "super block: mark that there are errors cleared",
        ],
        INTACT,
    ),
];
