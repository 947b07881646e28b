// SPDX-License-Identifier: GPL-2.0-or-later
//! The small file system of the check's tests, damaged and repaired: our check
//! and the real `fsck.minix` then find it clean.

mod damages;
mod limits;
mod owners;
mod strays;

use super::*;
use crate::tests::full_tree::{contents, find, make_with};
use crate::tests::{repair, repair_until_clean, sample};
use damages::DAMAGES;
use fs::layout::{BLOCK_SIZE, put_at};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::process::Command;
use std::sync::LazyLock;

/// What a repair did, one line each.
fn lines(image: &mut [u8]) -> Vec<String> {
    let actions = repair(image, &Options::default()).unwrap();
    actions.iter().map(Action::to_string).collect()
}

fn sample_with_contents() -> Vec<u8> {
    let mut image = sample();
    image[7 * BLOCK_SIZE..][..3].copy_from_slice(b"abc");
    // As `mkfs` has it: what stands for nothing is set.
    for (map, used) in [(2, 33), (3, 60)] {
        for bit in used..8 * BLOCK_SIZE {
            image[map * BLOCK_SIZE + bit / 8] |= 1 << (bit % 8);
        }
    }
    image
}

/// All paths but the root's, with three bytes of each file.
fn tree(image: &[u8]) -> Vec<String> {
    let volume = UntrustedVolume::open(&image).unwrap();
    let mut lines = Vec::new();
    let mut stack = vec![(ROOT_INODE, String::new())];
    while let Some((number, path)) = stack.pop() {
        for entry in volume.entries(&volume.inode(number)) {
            if entry.number.0 == 0 || entry.name == b"." || entry.name == b".." {
                continue;
            }
            let path = format!("{path}/{}", String::from_utf8(entry.name).unwrap());
            let inode = volume.inode(entry.number);
            if S_ISDIR(inode.mode) {
                lines.push(format!("{path}/"));
                stack.push((entry.number, path));
            } else {
                let start = volume.file_blocks(&inode).first().copied().flatten();
                let bytes = start.map_or(&[][..], |zone| {
                    &volume.block(zone.block()).unwrap()[..(inode.size as usize).min(3)]
                });
                lines.push(format!("{path} {}", String::from_utf8_lossy(bytes)));
            }
        }
    }
    lines.sort();
    lines
}

/// The real `fsck.minix` finds nothing either.
fn assert_really_clean(image: &[u8], what: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), image).unwrap();
    let fsck = ["/usr/sbin/fsck.minix", "/sbin/fsck.minix"]
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())
        .expect("the tests need fsck.minix of util-linux");
    let output = Command::new(fsck)
        .arg("-f")
        .arg(file.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{what}: {said}");
    assert_eq!(said.lines().count(), 1, "{what}: {said}");
}

#[test]
fn each_kind_of_damage() {
    for (what, damage, actions, expected) in DAMAGES {
        let mut image = sample_with_contents();
        damage(&mut image);
        assert_ne!(check(&image).unwrap().problems, [], "{what}");
        assert_eq!(lines(&mut image), *actions, "{what}");
        assert_eq!(check(&image).unwrap().problems, [], "{what}");
        assert_really_clean(&image, what);
        assert_eq!(tree(&image), *expected, "{what}");
        assert_eq!(lines(&mut image), [""; 0], "{what}");
    }
}

/// Files of all depths in a few directories.
fn larger_sample() -> Vec<u8> {
    let options = fs::mkfs::Options {
        inodes: Some(64),
        ..fs::mkfs::Options::new(800)
    };
    make_with(&options, |tree| {
        for name in ["/a", "/a/b", "/a/b/c", "/d"] {
            tree.mkdir(name);
        }
        for (name, length) in [
            ("/a/1", 100),
            ("/a/b/2", 5000),
            ("/d/3", 20_000),
            ("/d/4", 0),
            ("/5", 540_000),
        ] {
            tree.write(name, &vec![name.as_bytes()[1]; length]).unwrap();
        }
        tree.link("/d/3", "/a/b/c/3");
    })
}

/// Bytes to be changed: in the bitmaps and inodes first of all; directories and
/// lists of zones are among the first blocks of the data.
fn changes() -> impl Strategy<Value = Vec<(usize, usize, u8)>> {
    let block = prop_oneof![Just(2), Just(3), Just(4), Just(5), 6..18usize, 6..706usize];
    let value = prop_oneof![Just(0), Just(1), Just(0xff), any::<u8>()];
    prop::collection::vec((block, 0..BLOCK_SIZE, value), 1..12)
}

/// A block that is overwritten, in one case of eight.
fn overwritten() -> impl Strategy<Value = Option<(usize, u8)>> {
    prop::option::weighted(0.125, (2..22usize, any::<u8>()))
}

static LARGER: LazyLock<Vec<u8>> = LazyLock::new(larger_sample);

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(11), cases: 3000, ..ProptestConfig::default() })]

    /// Whatever bytes are changed, the repair ends, does not panic, and what it
    /// leaves is clean.
    #[test]
    fn random_damage(changes in changes(), overwritten in overwritten()) {
        let mut image = LARGER.clone();
        for &(block, offset, value) in &changes {
            image[block * BLOCK_SIZE + offset] = value;
        }
        if let Some((block, value)) = overwritten {
            image[block * BLOCK_SIZE..][..BLOCK_SIZE].fill(value);
        }
        match repair(&mut image, &Options::default()) {
            Err(fault) => assert_eq!(fault.place, "free zones"),
            Ok(actions) => {
                let problems = check(&image).unwrap().problems;
                let actions: Vec<String> = actions.iter().map(Action::to_string).collect();
                assert!(problems.is_empty(), "{problems:?} after {actions:#?}");
                if changes[0].1 % 20 == 0 {
                    assert_really_clean(&image, "random damage");
                }
            }
        }
    }
}

/// An inode that is made anew is not judged by what was in its zone before.
#[test]
fn a_directory_is_made_where_text_was() {
    let mut image = sample_with_contents();
    // Zone 8, the first free one, has old text; zone 9 has data and no file.
    image[8 * BLOCK_SIZE..9 * BLOCK_SIZE].fill(b'a');
    image[9 * BLOCK_SIZE] = b'!';
    image[3 * BLOCK_SIZE] = 0b10_1111;
    repair(&mut image, &Options::default()).unwrap();
    assert_eq!(check(&image).unwrap().problems, []);
    assert!(tree(&image).contains(&"/lost+found/zone-9 !\0\0".to_owned()));
}
