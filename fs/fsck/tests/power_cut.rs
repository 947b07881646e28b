// SPDX-License-Identifier: GPL-2.0-or-later
//! After a power cut at any moment, `fsck --repair` brings back a clean file
//! system with all that was synced and not changed since.

// The recording disk is the file system's own test's.
#[path = "../../tests/common/mod.rs"]
mod common;

use common::power::{record, tree};
use fs::layout::BLOCK_SIZE;
use fs::mkfs::Options;

/// Cuts, repairs as `fsck --repair` does without further words, checks and
/// compares after every write.
fn cut_everywhere(seed: u64, options: &Options, buffers: u32, steps: u32) {
    let how = fsck::Options::default();
    let log = record(seed, options, buffers, steps);
    log.for_each_cut(|name, mut bytes, promise| {
        let at = || format!("seed {seed}, {name}");
        let repaired = fsck::repair_until_clean(&bytes, &how)
            .unwrap_or_else(|error| panic!("{}: repair: {error:?}", at()));
        for (number, block) in &repaired.changes {
            bytes[*number as usize * BLOCK_SIZE..][..BLOCK_SIZE].copy_from_slice(&**block);
        }
        let after = &repaired.after;
        assert!(after.is_clean(), "{}: {:?}", at(), after.problems);
        // Nobody is asked, so `--repair` in a script does it.
        assert!(!repaired.loses_more_than_it_keeps(), "{}", at());
        promise
            .check(&tree(&bytes))
            .unwrap_or_else(|error| panic!("{}: {error}", at()));
    });
}

#[test]
fn with_room() {
    for seed in 0..4 {
        cut_everywhere(seed, &Options::new(400), 80, 400);
    }
}

#[test]
fn with_a_tiny_cache() {
    for seed in 100..104 {
        cut_everywhere(seed, &Options::new(300), 14, 200);
    }
}

#[test]
fn with_long_names() {
    let options = Options {
        long_names: true,
        ..Options::new(400)
    };
    for seed in 200..202 {
        cut_everywhere(seed, &options, 40, 400);
    }
}
