// SPDX-License-Identifier: GPL-2.0-or-later
//! What a count, a name, a directory or a file has room for, and what comes behind it.

use super::*;
use crate::tests::{entries, inode};

/// Writes the entries of a directory into its zones, and its inode.
fn directory(image: &mut [u8], number: u16, zones: &[u16], all: &[(u16, String)]) {
    for (zone, part) in zones.iter().zip(all.chunks(BLOCK_SIZE / 16)) {
        let part: Vec<_> = part
            .iter()
            .map(|(number, name)| (*number, &**name))
            .collect();
        entries(image, usize::from(*zone), &part);
    }
    let mut places = [0; 7];
    places[..zones.len()].copy_from_slice(zones);
    let size = 16 * all.len() as u32;
    inode(image, number, S_IFDIR | 0o755, size, 2, places);
}

pub(super) fn mark_zones(image: &mut [u8], zones: std::ops::RangeInclusive<u16>) {
    for bit in zones.map(|zone| usize::from(zone) - 4) {
        image[3 * BLOCK_SIZE + bit / 8] |= 1 << (bit % 8);
    }
}

/// A repair, and that all is well then.
fn repaired(image: &mut [u8], what: &str) -> Vec<String> {
    let lines = lines(image);
    assert_eq!(check(&image).unwrap().problems, [], "{what}");
    assert_really_clean(image, what);
    lines
}

#[test]
fn a_file_has_as_many_names_as_can_be_counted() {
    let mut image = sample_with_contents();
    let names = (0..257).map(|n| (3, format!("n{n}")));
    let dots = [(2, ".".to_owned()), (1, "..".to_owned())];
    let all: Vec<_> = dots.into_iter().chain(names).collect();
    directory(&mut image, 2, &[6, 8, 9, 10, 11], &all);
    mark_zones(&mut image, 8..=11);
    assert_eq!(
        repaired(&mut image, "names"),
        [
            "/d/n255: inode 3 has more names than it can count: name removed",
            "/d/n256: inode 3 has more names than it can count: name removed",
            "/d/n0: link count of inode 3 set from 1 to 255",
        ]
    );
}

/// What is changed of a name stays within its fourteen bytes, and is none that is
/// there.
#[test]
fn names_that_are_changed_fit() {
    let mut image = sample_with_contents();
    inode(&mut image, 2, S_IFDIR | 0o755, 16 * 8, 2, [6]);
    entries(
        &mut image,
        6,
        &[
            (2, "."),
            (1, ".."),
            (3, "fourteen-bytes"),
            (4, "fourteen-bytes"),
            (5, "fourteen-byt~2"),
            (6, "fourteen-bytes"),
            (7, ""),
            (8, "a/b"),
        ],
    );
    for number in 4..9 {
        inode(&mut image, number, S_IFREG | 0o644, 0, 1, []);
    }
    image[2 * BLOCK_SIZE..][..2].copy_from_slice(&[0xff, 0x01]);
    assert_eq!(
        repaired(&mut image, "names"),
        [
            "/d/fourteen-bytes: renamed to `fourteen-byt~2`",
            "/d/fourteen-byt~2: renamed to `fourteen-byt~3`",
            "/d/fourteen-bytes: renamed to `fourteen-byt~4`",
            "/d/: renamed to `#7`",
            "/d/a/b: renamed to `a_b`",
        ]
    );
}

/// `/lost+found` grows by a block when one is full.
#[test]
fn many_files_without_names() {
    let options = fs::mkfs::Options {
        inodes: Some(200),
        ..fs::mkfs::Options::new(400)
    };
    let mut image = make_with(&options, |tree| {
        tree.mkdir("/d");
        for n in 0..150 {
            tree.write(&format!("/d/{n}"), b"text").unwrap();
        }
    });
    let volume = UntrustedVolume::open(&image).unwrap();
    let zones = volume.inode(InodeNumber(2)).zones;
    let first = usize::from(volume.geometry.firstdatazone) * BLOCK_SIZE;
    let before = contents(&image);
    // The names go, and so does the directory.
    for zone in zones.iter().filter(|zone| !zone.is_hole()) {
        image[zone.block() as usize * BLOCK_SIZE..][..BLOCK_SIZE].fill(0);
    }
    image[first + 32..][..2].fill(0);
    let (inodes, maps) = (4 * BLOCK_SIZE, 2 * BLOCK_SIZE);
    image[inodes + 32..][..32].fill(0);
    image[maps] &= !(1 << 2);
    repaired(&mut image, "orphans");
    let after = contents(&image);
    assert_eq!(after.len(), 151);
    for number in 3..153 {
        let path = format!("/lost+found/#{number}");
        assert_eq!(
            after[&path],
            before[&format!("/d/{}", number - 3)],
            "{path}"
        );
    }
}

/// Zones without a file become files that have no double indirect block.
#[test]
fn many_zones_without_a_file() {
    let options = fs::mkfs::Options::new(1400);
    let text: Vec<u8> = (0..1100 * BLOCK_SIZE).map(|n| (n / 7) as u8 | 1).collect();
    let mut image = make_with(&options, |tree| {
        tree.write("/f", &text).unwrap();
    });
    assert!(contents(&image)["/f"].1 == text);
    let volume = UntrustedVolume::open(&image).unwrap();
    let geometry = volume.geometry;
    let inode = geometry.inode_place(InodeNumber(2));
    let first = usize::from(geometry.firstdatazone) * BLOCK_SIZE;
    image[inode.0 as usize * BLOCK_SIZE + inode.1..][..32].fill(0);
    image[2 * BLOCK_SIZE] &= !(1 << 2);
    image[first + 32..][..2].fill(0);
    let lines = repaired(&mut image, "zones");
    let kept: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("in no file"))
        .collect();
    assert_eq!(kept.len(), 3, "{lines:?}");
    let sizes: Vec<_> = contents(&image)
        .into_iter()
        .filter(|(path, _)| path.contains("zone-"))
        .map(|(_, (_, bytes))| bytes.len() / BLOCK_SIZE)
        .collect();
    assert_eq!(sizes.iter().max(), Some(&519), "{sizes:?}");
    // The contents, the list, the list of lists and two that it lists.
    assert_eq!(sizes.iter().sum::<usize>(), 1100 + 4, "{sizes:?}");
}

/// A file may be as long as the largest, and the root that is made has its time.
#[test]
fn the_size_limit_and_the_time() {
    let mut image = sample_with_contents();
    put_at(&mut image, BLOCK_SIZE + 12, 3u32.to_le_bytes());
    assert_eq!(check(&image).unwrap().problems.len(), 2);
    assert_eq!(
        repaired(&mut image, "limit")[0],
        "super block: max_size set from 3 to 268966912"
    );
    let mut image = sample_with_contents();
    inode(&mut image, 1, S_IFREG, 0, 1, []);
    let options = Options {
        time: 1234,
        ..Options::default()
    };
    repair(&mut image, &options).unwrap();
    let volume = UntrustedVolume::open(&image).unwrap();
    let root = volume.inode(ROOT_INODE);
    assert_eq!((root.mode, root.time), (S_IFDIR | 0o755, 1234));
}

/// A size that is the limit is within it.
#[test]
fn the_limit_itself() {
    let mut image = sample_with_contents();
    put_at(&mut image, BLOCK_SIZE + 12, 48u32.to_le_bytes());
    assert_eq!(lines(&mut image), [""; 0]);
}

/// Whatever the state was, the file system is valid after a repair.
#[test]
fn the_state_after_a_repair() {
    use fs::layout::{STATE_ERRORS, STATE_IN_USE, STATE_VALID};
    for state in [
        STATE_ERRORS,
        STATE_ERRORS | STATE_VALID,
        STATE_ERRORS | STATE_IN_USE,
        STATE_IN_USE,
    ] {
        let mut image = sample_with_contents();
        put_at(&mut image, BLOCK_SIZE + 18, state.to_le_bytes());
        assert_eq!(lines(&mut image).len(), 1, "{state}");
        let after = u16::from_le_bytes([image[BLOCK_SIZE + 18], image[BLOCK_SIZE + 19]]);
        assert_eq!(after, STATE_VALID, "{state}");
    }
}

/// A file without a type is a directory only if its first entry is its own `.`.
#[test]
fn what_looks_like_a_directory() {
    for (first, made) in [
        ((3, "."), "directory"),
        ((2, "."), "file"),
        ((3, "x"), "file"),
    ] {
        let mut image = sample_with_contents();
        inode(&mut image, 3, 0o644, 32, 1, [7]);
        entries(&mut image, 7, &[first, (2, "..")]);
        let said = repaired(&mut image, made);
        let expected = format!("/d/f: inode 3 had the mode 0o644: made a {made}");
        assert_eq!(said[0], expected);
    }
}

/// A file without a name is called by its number until it has one.
#[test]
fn a_file_without_name_or_type() {
    let mut image = sample_with_contents();
    inode(&mut image, 4, 0o644, 3, 1, [8]);
    image[8 * BLOCK_SIZE] = b'x';
    image[2 * BLOCK_SIZE] |= 1 << 4;
    mark_zones(&mut image, 8..=8);
    let said = repaired(&mut image, "orphan");
    assert_eq!(said[0], "inode 4: inode 4 had the mode 0o644: made a file");
    assert!(said.contains(&"inode 4 was in no directory: now /lost+found/#4".to_owned()));
}

/// Bits of the second block of a bitmap.
#[test]
fn bitmaps_of_two_blocks() {
    let options = fs::mkfs::Options {
        inodes: Some(8300),
        ..fs::mkfs::Options::new(9000)
    };
    let sound = make_with(&options, |tree| tree.mkdir("/d"));
    let geometry = UntrustedVolume::open(&sound).unwrap().geometry;
    for (map, bits) in [
        (geometry.inode_map(), 8192..8195),
        (geometry.zone_map(), 8192..8195),
    ] {
        let mut image = sound.clone();
        for bit in bits {
            image[map as usize * BLOCK_SIZE + bit / 8] |= 1 << (bit % 8);
        }
        assert_eq!(check(&image).unwrap().count, 3);
        repaired(&mut image, "two blocks");
        assert!(image == sound);
    }
}

/// The sample with a file of three bytes in zone 8 that has no name: inode 4.
fn with_an_orphan() -> Vec<u8> {
    let mut image = sample_with_contents();
    inode(&mut image, 4, S_IFREG | 0o644, 3, 1, [8]);
    image[8 * BLOCK_SIZE..][..3].copy_from_slice(b"xyz");
    image[2 * BLOCK_SIZE] |= 1 << 4;
    mark_zones(&mut image, 8..=8);
    image
}

/// What is made for what was found has the time of the repair, and is its owner's.
#[test]
fn what_is_made() {
    let mut image = with_an_orphan();
    image[40 * BLOCK_SIZE] = b'l';
    mark_zones(&mut image, 40..=40);
    let options = Options {
        time: 1234,
        ..Options::default()
    };
    repair(&mut image, &options).unwrap();
    let volume = UntrustedVolume::open(&image).unwrap();
    let find = |path: &str| volume.inode(crate::tests::full_tree::find(&image, path));
    let directory = find("/lost+found");
    assert_eq!((directory.mode, directory.time), (S_IFDIR | 0o700, 1234));
    assert_eq!((directory.nlinks, directory.size), (2, 64));
    let zones = find("/lost+found/zone-40");
    assert_eq!((zones.mode, zones.time), (S_IFREG | 0o600, 1234));
    assert_eq!((zones.nlinks, zones.size), (1, BLOCK_SIZE as u32));
    assert_eq!(find("/lost+found/#4").time, 0);
}

/// A file that is called so is not in the way.
#[test]
fn lost_and_found_is_a_file() {
    let mut image = with_an_orphan();
    inode(&mut image, 1, S_IFDIR | 0o755, 64, 3, [5]);
    inode(&mut image, 5, S_IFREG | 0o644, 0, 1, []);
    image[2 * BLOCK_SIZE] |= 1 << 5;
    let root = [(1, "."), (1, ".."), (2, "d"), (5, "lost+found")];
    entries(&mut image, 5, &root);
    let said = repaired(&mut image, "a file");
    assert_eq!(said[0], "/lost+found.2: made");
    assert_eq!(said[1], "inode 4 was in no directory: now /lost+found.2/#4");
}

/// One that is there and has room is taken.
#[test]
fn lost_and_found_is_there() {
    let mut image = with_an_orphan();
    inode(&mut image, 1, S_IFDIR | 0o755, 64, 4, [5]);
    inode(&mut image, 5, S_IFDIR | 0o755, 32, 2, [9]);
    image[2 * BLOCK_SIZE] |= 1 << 5;
    mark_zones(&mut image, 9..=9);
    let root = [(1, "."), (1, ".."), (2, "d"), (5, "lost+found")];
    entries(&mut image, 5, &root);
    entries(&mut image, 9, &[(5, "."), (1, "..")]);
    assert_eq!(
        repaired(&mut image, "there"),
        ["inode 4 was in no directory: now /lost+found/#4"]
    );
}

/// The next one is taken when one has sixteen blocks.
#[test]
fn more_than_lost_and_found_takes() {
    let options = fs::mkfs::Options {
        inodes: Some(1200),
        ..fs::mkfs::Options::new(1500)
    };
    let mut image = make_with(&options, |tree| {
        for n in 0..1100 {
            tree.write(&format!("/{n}"), b"text").unwrap();
        }
    });
    let volume = UntrustedVolume::open(&image).unwrap();
    let root = volume.inode(ROOT_INODE);
    for zone in volume.file_blocks(&root).into_iter().flatten() {
        let block = &mut image[zone.block() as usize * BLOCK_SIZE..][..BLOCK_SIZE];
        for entry in block.chunks_exact_mut(16) {
            if entry[2] != b'.' {
                entry[..2].fill(0);
            }
        }
    }
    repaired(&mut image, "orphans");
    let after = contents(&image);
    let count = |directory: &str| {
        after
            .keys()
            .filter(|path| path.starts_with(directory))
            .count()
    };
    // With `.` and `..` 1024 entries.
    assert_eq!(count("/lost+found/"), 1022);
    assert_eq!(count("/lost+found.2/"), 78);
}

/// Without a free inode there is no file for a zone.
#[test]
fn zones_without_an_inode() {
    let mut image = sample_with_contents();
    let names: Vec<_> = (4..33).map(|n| (n, format!("{n}"))).collect();
    let dots = [
        (2, ".".to_owned()),
        (1, "..".to_owned()),
        (3, "f".to_owned()),
    ];
    directory(&mut image, 2, &[6], &[&dots[..], &names[..]].concat());
    for number in 4..33 {
        inode(&mut image, number, S_IFREG | 0o644, 0, 1, []);
    }
    image[2 * BLOCK_SIZE..][..5].fill(0xff);
    for zone in [40, 41] {
        image[zone * BLOCK_SIZE] = b'l';
    }
    mark_zones(&mut image, 40..=41);
    assert_eq!(
        repaired(&mut image, "no inode"),
        [
            "zone 40 is in no file, but no inode is left: freed",
            "zone 41 is in no file, but no inode is left: freed",
            "zone bitmap: marked free: 40-41",
        ]
    );
}

/// Zones that follow each other are one file, and the others are others.
#[test]
fn zones_that_do_not_follow_each_other() {
    let lost = |options: &Options| {
        let mut image = sample_with_contents();
        for zone in [40, 41, 43] {
            image[zone * BLOCK_SIZE] = b'l';
            mark_zones(&mut image, zone as u16..=zone as u16);
        }
        // One with nothing in it.
        mark_zones(&mut image, 45..=45);
        let actions = repair(&mut image, options).unwrap();
        assert_eq!(check(&image).unwrap().problems, []);
        actions.iter().map(Action::to_string).collect::<Vec<_>>()
    };
    let said = lost(&Options::default());
    assert_eq!(
        said[..3],
        [
            "/lost+found: made",
            "zones 40 to 41 were in no file: now /lost+found/zone-40",
            "zone 43 was in no file: now /lost+found/zone-43",
        ]
    );
    let options = Options {
        keep_lost_zones: false,
        ..Options::default()
    };
    assert_eq!(lost(&options), ["zone bitmap: marked free: 40-41, 43, 45"]);
}

/// What stood in the place of `.` or `..` gets another one, in a longer directory if
/// need be.
#[test]
fn entries_in_the_place_of_dots() {
    let mut image = sample_with_contents();
    inode(&mut image, 4, S_IFREG | 0o644, 0, 1, []);
    image[2 * BLOCK_SIZE] |= 1 << 4;
    inode(&mut image, 2, S_IFDIR | 0o755, 32, 2, [6]);
    entries(&mut image, 6, &[(3, "f"), (4, "g")]);
    let said = repaired(&mut image, "no dots");
    assert_eq!(
        said,
        [
            "/d: `.` made to lead to inode 2",
            "/d: `..` made to lead to inode 1",
            "/d: `f` moved out of the place of `.` or `..`",
            "/d: `g` moved out of the place of `.` or `..`",
        ]
    );
    assert_eq!(tree(&image), ["/d/", "/d/f abc", "/d/g "]);
}

/// `.` and `..` stand in the first two places and nowhere else.
#[test]
fn dots_in_other_places() {
    let mut image = sample_with_contents();
    inode(&mut image, 2, S_IFDIR | 0o755, 80, 2, [6]);
    let more = [(2, "."), (1, ".."), (3, "f"), (2, "."), (1, "..")];
    entries(&mut image, 6, &more);
    assert_eq!(
        repaired(&mut image, "dots"),
        [
            "/d/.: in the wrong place: name removed",
            "/d/..: in the wrong place: name removed",
        ]
    );
}

/// What stands behind the end of a directory is no entry.
#[test]
fn behind_the_end_of_a_directory() {
    let mut image = sample_with_contents();
    let size = BLOCK_SIZE as u32 + 16;
    inode(&mut image, 2, S_IFDIR | 0o755, size, 2, [6, 8]);
    entries(&mut image, 6, &[(2, "."), (1, ".."), (0, "f")]);
    entries(&mut image, 8, &[(3, "f"), (30, "behind")]);
    mark_zones(&mut image, 8..=8);
    let mut expected = image.clone();
    assert_eq!(lines(&mut image), [""; 0]);
    assert!(image == expected);
    // Nor is it when something else is repaired.
    image[2 * BLOCK_SIZE] &= !(1 << 3);
    repaired(&mut image, "a bit");
    expected[BLOCK_SIZE + 18] = 1;
    assert!(image == expected);
}

/// An orphan with nothing in it is not worth a name, if a file may be empty.
#[test]
fn empty_orphans() {
    use abi::sys::stat::{S_IFCHR, S_IFIFO};
    let said = |mode: u16, nlinks| {
        let mut image = sample_with_contents();
        inode(&mut image, 4, mode, 0, nlinks, []);
        image[2 * BLOCK_SIZE] |= 1 << 4;
        repaired(&mut image, "empty").remove(0)
    };
    let freed = "inode 4 is in no directory, and empty: freed";
    assert_eq!(said(S_IFREG | 0o644, 1), freed);
    assert_eq!(said(0o644, 1), freed);
    assert_eq!(said(S_IFIFO | 0o644, 0), freed);
    assert_eq!(
        said(S_IFREG | 0o644, 0),
        "inode 4 was removed while it was open: freed"
    );
    for kind in [S_IFIFO, S_IFCHR] {
        assert_eq!(said(kind | 0o644, 1), "/lost+found: made");
    }
}

/// A directory counts the `..` of those in it, and there is an end to that.
#[test]
fn a_directory_has_as_many_directories_as_can_be_counted() {
    let options = fs::mkfs::Options {
        inodes: Some(400),
        ..fs::mkfs::Options::new(700)
    };
    // 200 in `/d`, and 100 files whose entries shall lead to those of `/e`.
    let mut image = make_with(&options, |tree| {
        for directory in ["/d", "/e"] {
            tree.mkdir(directory);
        }
        for n in 0..200 {
            tree.mkdir(&format!("/d/{n}"));
        }
        tree.write("/d/f0", b"text").unwrap();
        for n in 1..100 {
            tree.link("/d/f0", &format!("/d/f{n}"));
        }
        for n in 0..100 {
            tree.mkdir(&format!("/e/{n}"));
        }
    });
    let of = |image: &[u8], number| {
        let volume = UntrustedVolume::open(&image).unwrap();
        let inode = volume.inode(InodeNumber(number));
        let blocks = volume.file_blocks(&inode).into_iter().flatten();
        let places: Vec<_> = blocks
            .flat_map(|zone| (0..64).map(move |n| zone.block() as usize * BLOCK_SIZE + n * 16))
            .take(inode.size as usize / 16)
            .collect();
        places
    };
    let (d, e) = (of(&image, 2), of(&image, 3));
    for (to, from) in d[202..].iter().zip(&e[2..]) {
        image.copy_within(*from..*from + 2, *to);
        let number = u16::from_le_bytes([image[*to], image[*to + 1]]);
        image[*from..*from + 2].fill(0);
        let dot_dot = of(&image, number)[1];
        image[dot_dot..dot_dot + 2].copy_from_slice(&2u16.to_le_bytes());
    }
    let said = repaired(&mut image, "directories");
    let text = "there are more directories here than can be counted: name removed";
    let removed = said.iter().filter(|line| line.ends_with(text)).count();
    assert_eq!(removed, 48);
    let volume = UntrustedVolume::open(&image).unwrap();
    assert_eq!(volume.inode(InodeNumber(2)).nlinks, 254);
    let after = contents(&image);
    let count = |above: &str| after.keys().filter(|path| path.starts_with(above)).count();
    // The file has lost all its names, and has one there.
    assert_eq!((count("/d/"), count("/lost+found/")), (252, 49));
}

/// An inode that is marked free and has no name is kept only if all its zones are its
/// own, and marked.
#[test]
fn orphans_that_are_marked_free() {
    let is_kept = |mode: u16, zones: [u16; 2]| {
        let mut image = sample_with_contents();
        mark_zones(&mut image, 8..=9);
        for zone in 8..12 {
            image[zone * BLOCK_SIZE..][..BLOCK_SIZE].fill(b'x');
        }
        inode(&mut image, 4, mode | 0o644, 2048, 1, zones);
        let said = repaired(&mut image, "orphan");
        let is_kept = said.contains(&"inode 4 was in no directory: now /lost+found/#4".to_owned());
        // If it is not, its inode is taken for `/lost+found`, and what it had is a file.
        if !is_kept {
            let found = contents(&image).remove("/lost+found/zone-8").unwrap();
            assert!(found.1 == [b'x'; 2 * BLOCK_SIZE]);
        }
        is_kept
    };
    assert!(is_kept(S_IFREG, [8, 0]));
    assert!(is_kept(S_IFREG, [8, 9]));
    // Nothing, a zone that is not marked, one that is a file's, and one that is not there.
    for zones in [[0, 0], [10, 0], [8, 10], [7, 0], [8, 7], [8, 64], [3, 0]] {
        assert!(!is_kept(S_IFREG, zones), "{zones:?}");
    }
    assert!(!is_kept(abi::sys::stat::S_IFCHR, [8, 0]));
}

/// An inode that goes, because another takes it, does not take its zones along.
#[test]
fn zones_of_an_inode_that_is_taken() {
    for nlinks in [0, 1] {
        let mut image = with_an_orphan();
        // Inode 4 becomes one without a name that is marked free, and half of it is gone.
        inode(&mut image, 4, S_IFREG | 0o644, 2048, nlinks, [8, 64]);
        image[2 * BLOCK_SIZE] &= !(1 << 4);
        inode(&mut image, 5, S_IFREG | 0o644, 3, 1, [9]);
        image[9 * BLOCK_SIZE..][..3].copy_from_slice(b"one");
        image[2 * BLOCK_SIZE] |= 1 << 5;
        mark_zones(&mut image, 9..=9);
        repaired(&mut image, "taken");
        let after = contents(&image);
        assert_eq!(after["/lost+found/#5"].1, b"one");
        // What was removed is gone, whatever the bitmap says.
        let found = after.get("/lost+found/zone-8");
        assert_eq!(
            found.map(|it| it.1[..3].to_vec()),
            (nlinks == 1).then(|| b"xyz".to_vec())
        );
    }
}

/// What an orphan names comes along with it.
#[test]
fn an_orphan_with_children() {
    let mut image = sample_with_contents();
    // The children have lower numbers than the directory, and one says whose it is.
    inode(&mut image, 4, S_IFREG | 0o644, 3, 1, [8]);
    image[8 * BLOCK_SIZE..][..3].copy_from_slice(b"xyz");
    inode(&mut image, 5, S_IFDIR | 0o755, 32, 2, [9]);
    entries(&mut image, 9, &[(5, "."), (6, "..")]);
    inode(&mut image, 6, S_IFDIR | 0o755, 80, 3, [10]);
    let children = [(6, "."), (2, ".."), (4, "x"), (5, "sub"), (6, "me")];
    entries(&mut image, 10, &children);
    image[2 * BLOCK_SIZE] |= 0b111_0000;
    mark_zones(&mut image, 8..=10);
    let said = repaired(&mut image, "children");
    let attached: Vec<_> = said.iter().filter(|line| line.contains("now")).collect();
    assert_eq!(
        attached,
        ["inode 6 was in no directory: now /lost+found/#6"]
    );
    let expected = [
        "/d/",
        "/d/f abc",
        "/lost+found/",
        "/lost+found/#6/",
        "/lost+found/#6/sub/",
        "/lost+found/#6/x xyz",
    ];
    assert_eq!(tree(&image), expected);
}
