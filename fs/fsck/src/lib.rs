// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks a Minix v1 file system without using the code that made it.
//!
//! [`check`] asks first whether the super block can be right (`super_block.rs`).
//! Then it walks the tree from the root, and compares what it meets with the
//! bitmaps and link counts. It reads each zone once for each thing it can be,
//! so it ends on any input, and it keeps at most [`KEPT`] problems.
//!
//! Only the layout is shared with the `fs` crate, not its algorithms.
//!
//! The image tool and the program `fsck` say what is found and done, and write it:
//!
//! ```
//! use fsck::{Kept, Options, check, repair_until_clean};
//!
//! # fn run(device: impl fsck::Device, write: impl Fn(u32, &fsck::Block)) -> Result<(), fsck::Fault> {
//! let blocks = Kept::new(device);
//! if !check(&blocks)?.is_clean() {
//!     let repaired = repair_until_clean(&blocks, &Options::default())?;
//!     for (number, block) in &repaired.changes {
//!         write(*number, block);
//!     }
//! }
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod action;
mod blocks;
mod fault;
mod judge;
mod problem;
mod repair;
#[cfg(test)]
mod tests;
mod volume;

pub use fs::layout::{ROOT_INODE, STATE_ERRORS, STATE_IN_USE, STATE_VALID, SUPER_BLOCK};

pub use action::{Action, BadEntry, Tally, ZoneFault};
pub use blocks::{Block, Blocks, Changed, Changes, Device, Kept};
pub use fault::Fault;
pub use problem::Problem;
pub use repair::{Options, Repaired, repair, repair_until_clean};
pub use volume::{Entry, UntrustedVolume, ZoneRef, has_known_type, has_zones, super_block};

use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_ISDIR};
use alloc::borrow::ToOwned;
use alloc::collections::{BTreeSet, VecDeque};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use fs::layout::{
    BLOCK_SIZE, DiskInode, DiskSuper, ENTRY_NAME, Geometry, InodeNumber, MAX_FILE_SIZE, Zone,
};
use judge::{Verdict, judge};

/// How many problems a [`Report`] lists; the rest is only counted.
pub const KEPT: usize = 1000;

/// What [`check`] found.
#[derive(Debug, Default)]
pub struct Report {
    /// The first [`KEPT`] problems.
    pub problems: Vec<Problem>,
    /// How many problems there are in all.
    pub count: usize,
    /// Inodes in the tree.
    pub inodes_used: u32,
    /// Zones of the files in the tree.
    pub zones_used: u32,
}

impl Report {
    /// Whether there are no problems.
    pub fn is_clean(&self) -> bool {
        self.count == 0
    }
}

/// Checks a file system; fails if its super block makes no sense, and the rest does
/// not tell what is right, or if a block can't be read.
pub fn check(blocks: &dyn Blocks) -> Result<Report, Fault> {
    let report = check_what_is_read(blocks);
    is_all_read(blocks)?;
    report
}

/// Fails if a block could not be read.
fn is_all_read(blocks: &dyn Blocks) -> Result<(), Fault> {
    match blocks.unreadable() {
        Some(number) => Err(Fault::new(format!("block {number}"), "it cannot be read")),
        None => Ok(()),
    }
}

fn check_what_is_read(blocks: &dyn Blocks) -> Result<Report, Fault> {
    match judge(blocks, false) {
        Verdict::Agrees(report) => Ok(report),
        Verdict::Hopeless(problem) => Err(Fault::new("super block", problem)),
        Verdict::Another(right) => {
            let recorded = super_block(blocks)?;
            let geometry = geometry_of(blocks, &right)?;
            let mut report = check_volume(UntrustedVolume { blocks, geometry });
            let wrong = judge::fields(&recorded, &right).into_iter();
            let wrong: Vec<Problem> = wrong
                .map(|(field, found, expected)| Problem::SuperBlock {
                    field,
                    found,
                    expected,
                })
                .collect();
            report.count += wrong.len();
            report.problems.splice(..0, wrong);
            report.problems.truncate(KEPT);
            Ok(report)
        }
    }
}

/// The geometry that a super block tells of.
fn geometry_of(blocks: &dyn Blocks, disk: &DiskSuper) -> Result<Geometry, Fault> {
    Geometry::check(disk, blocks.count()).map_err(|bad| Fault::new("super block", bad.to_string()))
}

/// Checks all but the super block's own numbers.
fn check_volume(volume: UntrustedVolume<'_>) -> Report {
    let geometry = volume.geometry;
    let mut checker = Checker {
        volume,
        report: Report::default(),
        links: vec![0; usize::from(geometry.ninodes) + 1],
        met: vec![false; usize::from(geometry.ninodes) + 1],
        zone_used: vec![false; usize::from(geometry.nzones)],
        directories: VecDeque::new(),
    };
    checker.check_state(super_block(volume.blocks).unwrap_or_default().state);
    checker.walk();
    checker.compare_inodes();
    checker.compare_zones();
    checker.report
}

struct Directory {
    number: InodeNumber,
    parent: InodeNumber,
    path: String,
    /// Its blocks, in order; a hole is `None`.
    blocks: Vec<Option<Zone>>,
    size: u32,
}

struct Checker<'a> {
    volume: UntrustedVolume<'a>,
    report: Report,
    /// Directory entries met, by inode number.
    links: Vec<u32>,
    /// Whether [`Checker::meet`] was called for it, by inode number.
    met: Vec<bool>,
    /// Whether a file has it, by zone number.
    zone_used: Vec<bool>,
    /// Those met whose entries were not looked at yet.
    directories: VecDeque<Directory>,
}

/// Whether a state says that the file system was mounted for writing, and not
/// unmounted since.
fn is_left_in_use(state: u16) -> bool {
    state & (STATE_IN_USE | STATE_VALID) == STATE_IN_USE
}

impl Checker<'_> {
    fn problem(&mut self, problem: Problem) {
        self.report.count += 1;
        if self.report.problems.len() < KEPT {
            self.report.problems.push(problem);
        }
    }

    /// What the super block says of it all.
    fn check_state(&mut self, state: u16) {
        if state & STATE_ERRORS != 0 {
            self.problem(Problem::MarkedWithErrors);
        } else if is_left_in_use(state) {
            self.problem(Problem::NotUnmounted);
        }
    }

    fn walk(&mut self) {
        if !S_ISDIR(self.volume.inode(ROOT_INODE).mode) {
            self.problem(Problem::NoRoot);
            return;
        }
        self.meet(ROOT_INODE, ROOT_INODE, String::new());
        while let Some(directory) = self.directories.pop_front() {
            self.check_directory(&directory);
        }
    }

    /// The first time an inode is met: its mode, size and zones.
    fn meet(&mut self, number: InodeNumber, parent: InodeNumber, path: String) {
        let inode = self.volume.inode(number);
        self.met[usize::from(number.0)] = true;
        self.report.inodes_used += 1;
        match inode.mode & S_IFMT {
            S_IFDIR | S_IFREG | S_IFLNK => {}
            S_IFCHR | S_IFBLK | S_IFIFO => return,
            _ => {
                return self.problem(Problem::BadMode {
                    path,
                    number,
                    mode: inode.mode,
                });
            }
        }
        if inode.size > self.volume.geometry.max_size.min(MAX_FILE_SIZE) {
            let problem = "more than a file can have";
            self.problem(Problem::BadSize {
                path: path.clone(),
                size: inode.size,
                problem,
            });
        }
        let blocks = self.claim_zones(&inode, &path);
        let end = inode.size.div_ceil(BLOCK_SIZE as u32);
        for (index, zone) in &blocks {
            if *index >= end {
                self.problem(Problem::ZoneBehindEnd {
                    path: path.clone(),
                    zone: *zone,
                });
            }
        }
        if S_ISDIR(inode.mode) {
            if !inode
                .size
                .is_multiple_of(self.volume.geometry.entry_size() as u32)
            {
                let problem = "which is no whole number of directory entries";
                self.problem(Problem::BadSize {
                    path: path.clone(),
                    size: inode.size,
                    problem,
                });
            }
            let last = blocks
                .iter()
                .map(|(index, _)| index + 1)
                .max()
                .unwrap_or(0)
                .min(end);
            if last < end {
                let problem = "but its last block is missing";
                self.problem(Problem::BadSize {
                    path: path.clone(),
                    size: inode.size,
                    problem,
                });
            }
            let mut by_index = vec![None; last as usize];
            for (index, zone) in blocks {
                if let Some(slot) = by_index.get_mut(index as usize) {
                    *slot = Some(zone);
                }
            }
            self.directories.push_back(Directory {
                number,
                parent,
                path,
                blocks: by_index,
                size: inode.size,
            });
        }
    }

    /// Marks the zones of a file as used. Returns its data zones, each with
    /// its place in the file; those that are not its own are left out.
    fn claim_zones(&mut self, inode: &DiskInode, path: &str) -> Vec<(u32, Zone)> {
        let mut data = Vec::new();
        let volume = self.volume;
        volume.walk_zones(inode, &mut |found| {
            let is_own = self.claim(found.zone, path);
            if is_own && found.level == 0 {
                data.push((found.index, found.zone));
            }
            is_own
        });
        data
    }

    /// Claims one zone; whether it was nobody's.
    fn claim(&mut self, zone: Zone, path: &str) -> bool {
        let path = || path.to_owned();
        if !self.volume.geometry.has_zone(zone) {
            let (path, zone) = (path(), zone.0);
            self.problem(Problem::NoSuchZone { path, zone });
            return false;
        }
        if core::mem::replace(&mut self.zone_used[usize::from(zone.0)], true) {
            let path = path();
            self.problem(Problem::ZoneTwice { path, zone });
            return false;
        }
        self.report.zones_used += 1;
        true
    }

    fn check_directory(&mut self, directory: &Directory) {
        let volume = self.volume;
        let entry_size = self.volume.geometry.entry_size();
        let mut names = BTreeSet::new();
        let mut left = directory.size as usize;
        for (block_index, zone) in directory.blocks.iter().enumerate() {
            let here = left.min(BLOCK_SIZE);
            left -= here;
            let Some(block) = zone.and_then(|zone| volume.block(zone.block())) else {
                continue;
            };
            let first = block_index * BLOCK_SIZE / entry_size;
            for (slot, entry) in (first..).zip(block[..here].chunks_exact(entry_size)) {
                self.check_entry(directory, slot, entry, &mut names);
            }
        }
        for (name, expected) in [(".", directory.number), ("..", directory.parent)] {
            if !names.contains(name.as_bytes()) {
                let path = shown(&directory.path);
                self.problem(Problem::BadDots {
                    path,
                    name,
                    expected,
                });
            }
        }
    }

    fn check_entry(
        &mut self,
        directory: &Directory,
        slot: usize,
        entry: &[u8],
        names: &mut BTreeSet<Vec<u8>>,
    ) {
        let Entry { number, name } = &Entry::parse(entry);
        let (number, name) = (*number, name.as_slice());
        if number.0 == 0 {
            return;
        }
        let path = join(&directory.path, name);
        let behind = &entry[ENTRY_NAME + name.len()..];
        let wrong = match name {
            b"" => Some("is empty"),
            name if name.contains(&b'/') => Some("holds a slash"),
            name if !names.insert(name.to_vec()) => Some("occurs twice in its directory"),
            b"." if slot != 0 => Some("is not in the first place"),
            b".." if slot != 1 => Some("is not in the second place"),
            // The kernel compares names to their full length.
            _ if behind.iter().any(|&byte| byte != 0) => Some("has bytes behind its end"),
            _ => None,
        };
        if let Some(problem) = wrong {
            self.problem(Problem::BadName {
                path: path.clone(),
                problem,
            });
        }
        if !self.volume.geometry.has_inode(number) {
            return self.problem(Problem::NoSuchInode {
                path,
                number: number.0,
            });
        }
        self.links[usize::from(number.0)] += 1;
        match name {
            b"." => self.check_dots(directory, ".", number, directory.number),
            b".." => self.check_dots(directory, "..", number, directory.parent),
            _ if !self.met[usize::from(number.0)] => self.meet(number, directory.number, path),
            _ if S_ISDIR(self.volume.inode(number).mode) => {
                self.problem(Problem::DirectoryTwice { path, number })
            }
            _ => {}
        }
    }

    fn check_dots(
        &mut self,
        directory: &Directory,
        name: &'static str,
        number: InodeNumber,
        expected: InodeNumber,
    ) {
        if number != expected {
            self.problem(Problem::BadDots {
                path: shown(&directory.path),
                name,
                expected,
            });
        }
    }

    fn compare_inodes(&mut self) {
        let map = self.volume.geometry.inode_map();
        if !self.volume.bit(map, 0) {
            self.problem(Problem::BitZero { map: "inode" });
        }
        for number in self.volume.inode_numbers() {
            let found = self.links[usize::from(number.0)];
            let marked = self.volume.is_inode_marked(number);
            let counted = self.volume.inode(number).nlinks;
            if found == 0 && marked {
                self.problem(Problem::InodeLost { number });
            }
            if found > 0 && !marked {
                self.problem(Problem::InodeMarkedFree { number });
            }
            if found > 0 && found != u32::from(counted) {
                self.problem(Problem::LinkCount {
                    number,
                    counted,
                    found,
                });
            }
        }
    }

    fn compare_zones(&mut self) {
        let map = self.volume.geometry.zone_map();
        if !self.volume.bit(map, 0) {
            self.problem(Problem::BitZero { map: "zone" });
        }
        for zone in self.volume.data_zones() {
            let used = self.zone_used[usize::from(zone.0)];
            let marked = self.volume.is_zone_marked(zone);
            if used && !marked {
                self.problem(Problem::ZoneMarkedFree { zone });
            }
            if !used && marked {
                self.problem(Problem::ZoneLost { zone });
            }
        }
    }
}

/// The path of an entry, shortened where directories are nested beyond sense.
fn join(directory: &str, name: &[u8]) -> String {
    let directory = if directory.len() > 1024 {
        "/..."
    } else {
        directory
    };
    format!(
        "{directory}/{}",
        String::from_utf8_lossy(name).escape_debug()
    )
}

/// The path of a directory for messages; the root's is empty inside.
fn shown(path: &str) -> String {
    if path.is_empty() {
        "/".into()
    } else {
        path.to_owned()
    }
}
