// SPDX-License-Identifier: GPL-2.0-or-later
//! After each single write, in whatever order the disk does them, the disk is
//! in a state that `fsck` can put right.
//!
//! `tools/mkimage/tests/power_cut.rs` does put it right, and looks for what
//! was synced.

mod common;

use common::check::check_cut;
use common::power::{record, sync_during_sync};
use fs::mkfs::Options;

fn cut_everywhere(seed: u64, options: &Options, buffers: u32, steps: u32) -> usize {
    let log = record(seed, options, buffers, steps);
    let mut cuts = 0;
    log.for_each_cut(|name, bytes, _| {
        check_cut(&bytes).unwrap_or_else(|error| panic!("seed {seed}, {name}: {error}"));
        cuts += 1;
    });
    cuts
}

#[test]
fn a_sync_waits_for_what_another_sync_is_waiting_for() {
    let on_disk: Vec<u8> = (0..20).filter_map(sync_during_sync).collect();
    assert!(on_disk.len() > 5 && on_disk.iter().all(|byte| *byte == 2));
}

#[test]
fn with_room() {
    let cuts: usize = (0..6)
        .map(|seed| cut_everywhere(seed, &Options::new(400), 80, 400))
        .sum();
    assert!(cuts > 1000, "{cuts}");
}

#[test]
fn with_a_tiny_cache() {
    for seed in 100..108 {
        cut_everywhere(seed, &Options::new(300), 14, 200);
    }
}

#[test]
fn on_a_disk_that_is_full() {
    for seed in 200..206 {
        cut_everywhere(seed, &Options::new(70), 40, 400);
    }
}

#[test]
fn with_few_inodes() {
    let options = Options {
        inodes: Some(64),
        ..Options::new(300)
    };
    for seed in 300..306 {
        cut_everywhere(seed, &options, 40, 400);
    }
}
