// SPDX-License-Identifier: GPL-2.0-or-later
//! The super block, judged by all the rest.
//!
//! One wrong number there, and every inode and zone is looked for in the wrong
//! place. So nothing is believed that only the super block says. [`judge`] holds
//! its numbers against each other, the unused ends of the bitmaps, the root
//! directory and the size of the partition; where they disagree, or the tree has
//! problems, it tries the numbers that the rest speaks for, and takes those with
//! which far fewer problems are left.
//!
//! What the rest can tell:
//! - the root directory is inode 1, the first of the inode table, and its first
//!   zone begins with `.` and `..`: where the table begins, so how many blocks the
//!   bitmaps have, and how long names are;
//! - `mkfs` makes bitmaps and table no larger than they must be, and data begins
//!   right behind the table;
//! - the bits of a bitmap that stand for nothing are set, so the last clear one
//!   stands for the last inode or zone, if that is free.

use super::{Problem, Report, check_volume};
use crate::blocks::Blocks;
use crate::volume::{Entry, UntrustedVolume, super_block};
use abi::sys::stat::S_ISDIR;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use fs::layout::{
    BITS_PER_BLOCK, DiskInode, DiskSuper, Geometry, INODES_PER_BLOCK, MAP_SLOTS, MAX_FILE_SIZE,
    ROOT_INODE, SUPER_BLOCK, SUPER_MAGIC, SUPER_MAGIC_30,
};

/// What there is to say of a super block.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It agrees with the rest, or nothing speaks for another. The report is that
    /// of the check.
    Agrees(Report),
    /// The rest agrees on this one.
    Another(DiskSuper),
    /// It can't be right, and the rest does not say what is.
    Hopeless(String),
}

/// Looks for the super block that `blocks` agree with. With `trusts`, one that
/// nothing speaks for is taken all the same, if it can be calculated with at all.
pub(super) fn judge(blocks: &dyn Blocks, trusts: bool) -> Verdict {
    let Ok(recorded) = super_block(blocks) else {
        return Verdict::Hopeless("the file system has less than 2 blocks".into());
    };
    let own = Trial::of(blocks, recorded);
    if own.as_ref().ok().is_none_or(Trial::is_contradicted)
        && let Some(best) = best_candidate(blocks, &recorded)
    {
        let is_better = match &own {
            Ok(own) => are_far_fewer(best.score, own.score),
            // Where the bitmaps know of more than there is, the end is cut off.
            Err(_) => best.is_convincing() && best.stray == 0,
        };
        if is_better {
            return Verdict::Another(best.disk);
        }
    }
    match own {
        Ok(own) if trusts || own.doubts.is_empty() || own.is_convincing() => {
            Verdict::Agrees(own.report)
        }
        Ok(own) => Verdict::Hopeless(own.doubts.join("; ")),
        Err(bad) => Verdict::Hopeless(bad.to_string()),
    }
}

/// Whether so few problems are next to nothing beside the `many` of something else.
fn are_far_fewer(few: usize, many: usize) -> bool {
    few * 4 < many
}

/// A super block, tried.
struct Trial<'a> {
    disk: DiskSuper,
    volume: UntrustedVolume<'a>,
    report: Report,
    /// Where its numbers disagree with each other.
    doubts: Vec<String>,
    /// Clear bits of the bitmaps that would stand for nothing.
    stray: usize,
    /// Problems of all kinds.
    score: usize,
}

impl<'a> Trial<'a> {
    /// Fails if it can't be calculated with.
    fn of(blocks: &'a dyn Blocks, disk: DiskSuper) -> Result<Trial<'a>, fs::layout::BadSuper> {
        let geometry = Geometry::check(&disk, blocks.count())?;
        let volume = UntrustedVolume { blocks, geometry };
        let report = check_volume(volume);
        let inodes = u32::from(geometry.ninodes);
        let stray = stray_bits(&volume, geometry.inode_map(), geometry.imap_blocks, inodes)
            + stray_bits(
                &volume,
                geometry.zone_map(),
                geometry.zmap_blocks,
                geometry.data_zones(),
            );
        Ok(Trial {
            disk,
            volume,
            stray,
            score: report.count + stray,
            doubts: doubts(&geometry),
            report,
        })
    }

    /// Whether something says that there is more than these numbers know of, or
    /// that it is elsewhere. Marked inodes and zones that nobody has may be lost.
    fn is_contradicted(&self) -> bool {
        let is_outside = |problem: &Problem| {
            matches!(
                problem,
                Problem::NoSuchInode { .. } | Problem::NoSuchZone { .. }
            )
        };
        self.stray > 0
            || !self.doubts.is_empty()
            || !has_root(&self.volume)
            || self.report.problems.iter().any(is_outside)
    }

    /// Whether far more is in order than not.
    fn is_convincing(&self) -> bool {
        let in_use = self.report.inodes_used + self.report.zones_used;
        are_far_fewer(self.score, in_use as usize)
    }
}

/// What in the numbers no `mkfs` would make.
fn doubts(geometry: &Geometry) -> Vec<String> {
    let Geometry {
        ninodes,
        imap_blocks,
        firstdatazone,
        ..
    } = *geometry;
    let mut doubts = Vec::new();
    let needed = imap_needed(ninodes);
    if imap_blocks != needed {
        doubts.push(format!(
            "the bitmap of {ninodes} inodes has {imap_blocks} blocks, expected {needed}"
        ));
    }
    let end = geometry.inode_table() + table_blocks(ninodes);
    if u32::from(firstdatazone) != end {
        doubts.push(format!(
            "data begins at zone {firstdatazone}, expected {end}, behind {ninodes} inodes"
        ));
    }
    doubts
}

/// Bit 0 stands for no inode, so there is a bit more than inodes.
fn imap_needed(ninodes: u16) -> u16 {
    (u32::from(ninodes) / BITS_PER_BLOCK + 1) as u16
}

fn table_blocks(ninodes: u16) -> u32 {
    u32::from(ninodes).div_ceil(INODES_PER_BLOCK)
}

/// Clear bits behind `last`, the last that stands for something. Some `mkfs`
/// leave them all clear; that says nothing.
fn stray_bits(volume: &UntrustedVolume<'_>, map: u32, blocks: u16, last: u32) -> usize {
    let behind = last + 1..u32::from(blocks) * BITS_PER_BLOCK;
    let all = behind.len();
    let clear = behind.filter(|&bit| !volume.bit(map, bit)).count();
    if clear == all { 0 } else { clear }
}

/// Whether inode 1 is a directory that begins with `.` and `..`.
fn has_root(volume: &UntrustedVolume<'_>) -> bool {
    let root = volume.inode(ROOT_INODE);
    is_root(volume.blocks, &root, volume.geometry.entry_size())
}

fn is_root(blocks: &dyn Blocks, root: &DiskInode, entry_size: usize) -> bool {
    S_ISDIR(root.mode)
        && blocks.block(root.zones[0].block()).is_some_and(|block| {
            let mut entries = block.chunks_exact(entry_size).map(Entry::parse);
            let mut is_next = |name: &[u8]| {
                (entries.next())
                    .is_some_and(|entry| entry.number == ROOT_INODE && entry.name == name)
            };
            is_next(b".") && is_next(b"..")
        })
}

/// The best of all super blocks that the rest speaks for; of equally good ones
/// that which changes least.
fn best_candidate<'a>(blocks: &'a dyn Blocks, recorded: &DiskSuper) -> Option<Trial<'a>> {
    candidates(blocks, recorded)
        .into_iter()
        .filter_map(|disk| Trial::of(blocks, disk).ok())
        .min_by_key(|trial| (trial.score, fields(recorded, &trial.disk).len()))
}

/// All super blocks with a root directory where they say, made of the numbers
/// that there are to choose from.
fn candidates(blocks: &dyn Blocks, recorded: &DiskSuper) -> Vec<DiskSuper> {
    let mut candidates: Vec<DiskSuper> = Vec::new();
    let slots = 1..=MAP_SLOTS as u16;
    for (imap_blocks, zmap_blocks) in slots
        .clone()
        .flat_map(|imap| slots.clone().map(move |zmap| (imap, zmap)))
    {
        let table = u32::from(imap_blocks + zmap_blocks) + SUPER_BLOCK + 1;
        let Some(block) = blocks.block(table) else {
            continue;
        };
        let root = DiskInode::parse(block, 0);
        for (magic, entry_size) in [(SUPER_MAGIC, 16), (SUPER_MAGIC_30, 32)] {
            if is_root(blocks, &root, entry_size) {
                let found = DiskSuper {
                    imap_blocks,
                    zmap_blocks,
                    magic,
                    log_zone_size: 0,
                    max_size: MAX_FILE_SIZE,
                    ..*recorded
                };
                with_counts(blocks, &found, root.zones[0].0, &mut candidates);
            }
        }
    }
    candidates
}

/// Adds `found` with all numbers of inodes and zones that may be meant.
fn with_counts(
    blocks: &dyn Blocks,
    found: &DiskSuper,
    root_zone: u16,
    candidates: &mut Vec<DiskSuper>,
) {
    let table = found.imap_blocks + found.zmap_blocks + SUPER_BLOCK as u16 + 1;
    let filled = |end: u16| u32::from(end.saturating_sub(table)) * INODES_PER_BLOCK;
    let inode_counts = [
        Some(u32::from(found.ninodes)),
        Some(filled(found.firstdatazone)),
        Some(filled(root_zone)),
        last_clear_bit(blocks, SUPER_BLOCK + 1, found.imap_blocks),
    ];
    let last_zone_bit = last_clear_bit(
        blocks,
        SUPER_BLOCK + 1 + u32::from(found.imap_blocks),
        found.zmap_blocks,
    );
    for ninodes in inode_counts.into_iter().flatten() {
        let Ok(ninodes) = u16::try_from(ninodes) else {
            continue;
        };
        if imap_needed(ninodes) != found.imap_blocks {
            continue;
        }
        let behind_table = u32::from(table) + table_blocks(ninodes);
        for first in [behind_table, u32::from(found.firstdatazone)] {
            let zone_counts = [
                Some(u32::from(found.nzones)),
                Some(blocks.count().min(u16::MAX.into())),
                last_zone_bit.map(|bit| first + bit),
            ];
            for nzones in zone_counts.into_iter().flatten() {
                let (Ok(firstdatazone), Ok(nzones)) = (u16::try_from(first), u16::try_from(nzones))
                else {
                    continue;
                };
                let disk = DiskSuper {
                    ninodes,
                    nzones,
                    firstdatazone,
                    ..*found
                };
                if !candidates.contains(&disk) {
                    candidates.push(disk);
                }
            }
        }
    }
}

/// The last clear bit of the bitmap of so many blocks at block `map`.
fn last_clear_bit(blocks: &dyn Blocks, map: u32, length: u16) -> Option<u32> {
    (0..u32::from(length)).rev().find_map(|place| {
        let block = blocks.block(map + place)?;
        let byte = block.iter().rposition(|&byte| byte != 0xff)?;
        let bit = byte as u32 * 8 + 7 - block[byte].leading_ones();
        Some(place * BITS_PER_BLOCK + bit)
    })
}

/// The fields in which two super blocks differ: name, old value, new value. The
/// state is none of them.
pub(super) fn fields(old: &DiskSuper, new: &DiskSuper) -> Vec<(&'static str, u32, u32)> {
    let all = [
        ("ninodes", old.ninodes.into(), new.ninodes.into()),
        ("nzones", old.nzones.into(), new.nzones.into()),
        (
            "imap_blocks",
            old.imap_blocks.into(),
            new.imap_blocks.into(),
        ),
        (
            "zmap_blocks",
            old.zmap_blocks.into(),
            new.zmap_blocks.into(),
        ),
        (
            "firstdatazone",
            old.firstdatazone.into(),
            new.firstdatazone.into(),
        ),
        (
            "log_zone_size",
            old.log_zone_size.into(),
            new.log_zone_size.into(),
        ),
        ("max_size", old.max_size, new.max_size),
        ("magic", old.magic.into(), new.magic.into()),
    ];
    all.into_iter().filter(|(_, old, new)| old != new).collect()
}

#[cfg(test)]
mod tests;
