// SPDX-License-Identifier: GPL-2.0-or-later
//! Whose a zone is, where more than one place names it.
//!
//! A wrong zone number in an inode or a list leads into another file. Who is met
//! first is then no answer: the file that the zone was written for must not
//! change. So before the repair changes anything, [`Claims::judge`] looks at all
//! places that name a zone, and gives it to the most plausible one.
//!
//! - A list of zones must look like one: numbers that exist, each once, of zones
//!   in use. The same goes for a block of a directory. What does not look like
//!   one claims nothing, and what does is hardly the contents of a file.
//! - What lies behind the end of a file, or in an inode that nobody needs, claims
//!   only what nobody else does.
//! - The blocks of a file stand in a row, each list before what it lists, and in the
//!   last one there is nothing behind the end.

#[cfg(test)]
mod tests;

use super::used_length;
use crate::blocks::Block;
use crate::volume::{Entry, UntrustedVolume, has_known_type, has_zones};
use abi::sys::stat::S_ISDIR;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::cmp::{Ordering, Reverse};
use fs::layout::{
    BLOCK_SIZE, DIRECT_ZONES, DOUBLE_INDIRECT, DiskInode, Geometry, INDIRECT, InodeNumber,
    ROOT_INODE, ZONES_PER_BLOCK, Zone, u16_at,
};

/// A place that names a zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Claim {
    /// The file.
    pub inode: InodeNumber,
    /// Levels above the data.
    pub level: u32,
    /// The first block of the file that it leads to.
    pub index: u32,
    /// The file has no name, and is hardly worth one.
    pub is_idle: bool,
}

impl Claim {
    /// Whether both are the same place.
    pub(super) fn is_same(&self, other: &Claim) -> bool {
        (self.inode, self.level, self.index) == (other.inode, other.level, other.index)
    }
}

/// How plausible a claim is; of equal ones the first counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// It is a directory's, and the contents are entries.
    is_directory: bool,
    /// Its inode has a name.
    is_named: bool,
    /// How many of the blocks before and behind it are beside it on the disk.
    neighbours: u8,
    /// 2 if the contents end where the file does, 0 if they go on behind that.
    end: u8,
    /// How far it is from the block before it, or behind it if there is none.
    distance: Reverse<u16>,
}

/// How much an inode is worth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    Nothing,
    Orphan,
    Named,
}

/// Who has which zone, before the repair.
pub(super) struct Claims {
    best: Vec<Option<(Claim, Rank)>>,
    /// What [`Claims::is_list`] has answered.
    lists: RefCell<BTreeMap<(Zone, u32, bool), bool>>,
}

impl Claims {
    /// Looks at all inodes.
    pub(super) fn judge(volume: UntrustedVolume<'_>) -> Claims {
        let worth = worth_of_all(&volume);
        let mut judge = Judge {
            volume,
            claims: Claims {
                best: vec![None; usize::from(volume.geometry.nzones)],
                lists: RefCell::default(),
            },
            is_strict: true,
        };
        for is_strict in [true, false] {
            judge.is_strict = is_strict;
            // From above, as a list's zones are its owner's.
            for level in [2, 1, 0] {
                for number in volume.inode_numbers() {
                    let worth = worth[usize::from(number.0)];
                    if !is_strict || worth > Worth::Nothing {
                        judge.claim_from_inode(number, level, worth);
                    }
                }
                judge.claim_from_lists(level, &worth);
            }
        }
        judge.claims
    }

    /// Whose the zone is.
    pub(super) fn of(&self, zone: Zone) -> Option<Claim> {
        let best = self.best.get(usize::from(zone.0)).copied().flatten();
        best.map(|(claim, _)| claim)
    }

    /// Whether the zone of the old `volume` can be a list of zones, or a list of
    /// lists. With `is_strict` at most a quarter of it is wrong, otherwise a half.
    pub(super) fn is_list(
        &self,
        volume: &UntrustedVolume<'_>,
        list: Zone,
        level: u32,
        is_strict: bool,
    ) -> bool {
        let question = (list, level, is_strict);
        if let Some(&answer) = self.lists.borrow().get(&question) {
            return answer;
        }
        let mut numbers = list_of(volume, list);
        numbers.retain(|zone| !zone.is_hole());
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        // Where the bitmap knows nothing of the list, it may not know of its zones.
        let is_bitmap_asked = is_strict && volume.is_zone_marked(list);
        let is_right = |&zone: &Zone| {
            volume.geometry.has_zone(zone)
                && zone != list
                && (!is_bitmap_asked || volume.is_zone_marked(zone))
                && (level < 2 || self.is_list(volume, zone, level - 1, is_strict))
        };
        let wrong = all - numbers.into_iter().filter(is_right).count();
        let answer = match is_strict {
            _ if begins_with_dots(volume, list) => false,
            true => all > 0 && wrong * 4 <= all,
            false => wrong * 2 <= all,
        };
        self.lists.borrow_mut().insert(question, answer);
        answer
    }
}

struct Judge<'a> {
    volume: UntrustedVolume<'a>,
    claims: Claims,
    /// Whether claims count only if there is no doubt; the others come then, for
    /// what is left.
    is_strict: bool,
}

impl Judge<'_> {
    /// Claims the zones of one level that an inode names itself.
    fn claim_from_inode(&mut self, number: InodeNumber, level: u32, worth: Worth) {
        let inode = self.volume.inode(number);
        if has_known_type(inode.mode) && !has_zones(inode.mode) {
            return;
        }
        let zones = &inode.zones;
        let (row, index) = match level {
            2 => (
                Row {
                    before: last_of(&self.volume, zones[INDIRECT]),
                    zones: &zones[DOUBLE_INDIRECT..],
                    behind: Zone::HOLE,
                },
                DIRECT_ZONES + ZONES_PER_BLOCK,
            ),
            1 => (
                Row {
                    before: zones[INDIRECT - 1],
                    zones: &zones[INDIRECT..DOUBLE_INDIRECT],
                    behind: Zone::HOLE,
                },
                DIRECT_ZONES,
            ),
            _ => (
                Row {
                    before: Zone::HOLE,
                    zones: &zones[..INDIRECT],
                    behind: zones[INDIRECT],
                },
                0,
            ),
        };
        self.claim_all(number, &inode, worth, level, &row, index);
    }

    /// Claims the zones of one level that lists name.
    fn claim_from_lists(&mut self, level: u32, worth: &[Worth]) {
        let lists: Vec<(Zone, Claim)> = self
            .volume
            .data_zones()
            .filter_map(|zone| Some((zone, self.claims.of(zone)?)))
            .filter(|(_, claim)| claim.level == level + 1)
            .collect();
        for (list, claim) in lists {
            let inode = self.volume.inode(claim.inode);
            let worth = worth[usize::from(claim.inode.0)];
            let row = Row {
                before: list,
                zones: &list_of(&self.volume, list),
                behind: Zone::HOLE,
            };
            self.claim_all(claim.inode, &inode, worth, level, &row, claim.index);
        }
    }

    /// Claims zones that stand in a row.
    fn claim_all(
        &mut self,
        number: InodeNumber,
        inode: &DiskInode,
        worth: Worth,
        level: u32,
        row: &Row<'_>,
        first: u32,
    ) {
        let end = inode.size.div_ceil(BLOCK_SIZE as u32);
        let is_directory = is_directory(&self.volume, number, inode);
        let indices = (first..).step_by(ZONES_PER_BLOCK.pow(level) as usize);
        for ((before, zone, behind), index) in row.places().zip(indices) {
            let is_claimable =
                self.volume.geometry.has_zone(zone) && (!self.is_strict || index < end);
            if !is_claimable || !self.is_possible(zone, level, is_directory) {
                continue;
            }
            let neighbours = u8::from(zone.0.checked_sub(before.0) == Some(1))
                + u8::from(behind.0.checked_sub(zone.0) == Some(1));
            let beside = [before, behind].into_iter().find(|zone| !zone.is_hole());
            let rank = Rank {
                is_directory: is_directory && level == 0,
                is_named: worth == Worth::Named,
                neighbours,
                end: self.end_fits(inode, zone, level, index),
                distance: Reverse(beside.map_or(0, |beside| beside.0.abs_diff(zone.0))),
            };
            let claim = Claim {
                inode: number,
                level,
                index,
                is_idle: worth == Worth::Nothing,
            };
            self.offer(zone, claim, rank);
        }
    }

    /// Whether the contents can be what the place says.
    fn is_possible(&self, zone: Zone, level: u32, is_directory: bool) -> bool {
        match level {
            0 if is_directory => !self.is_strict || self.are_entries(zone),
            0 => true,
            _ => (self.claims).is_list(&self.volume, zone, level, self.is_strict),
        }
    }

    fn are_entries(&self, zone: Zone) -> bool {
        let block = self.volume.block(zone.block());
        block.is_some_and(|block| are_entries(&self.volume.geometry, block))
    }

    /// How the end of a file's contents agrees with its size.
    fn end_fits(&self, inode: &DiskInode, zone: Zone, level: u32, index: u32) -> u8 {
        let left = (inode.size as usize).saturating_sub(index as usize * BLOCK_SIZE);
        if level == 0 && (left > BLOCK_SIZE || S_ISDIR(inode.mode)) {
            return 1;
        }
        let block = self.volume.contents(zone.block());
        let used = block.map_or(0, |block| used_length(&block));
        let (used, wanted) = match level {
            0 => (used, left),
            level => {
                let blocks_each = ZONES_PER_BLOCK.pow(level - 1) as usize;
                let numbers = left.div_ceil(BLOCK_SIZE * blocks_each);
                (used.div_ceil(2), numbers.min(ZONES_PER_BLOCK as usize))
            }
        };
        match used.cmp(&wanted) {
            Ordering::Less => 1,
            Ordering::Equal => 2,
            Ordering::Greater => 0,
        }
    }

    /// Gives the zone to `claim`, unless a better one has it: all that comes in
    /// an earlier turn is better.
    fn offer(&mut self, zone: Zone, claim: Claim, rank: Rank) {
        let is_strict = self.is_strict;
        let best = &mut self.claims.best[usize::from(zone.0)];
        let is_better = best.is_none_or(|(other, other_rank)| {
            is_strict && other.level == claim.level && rank > other_rank
        });
        if is_better {
            *best = Some((claim, rank));
        }
    }
}

/// What each inode is worth, by its number.
fn worth_of_all(volume: &UntrustedVolume<'_>) -> Vec<Worth> {
    let mut worth = vec![Worth::Nothing; usize::from(volume.geometry.ninodes) + 1];
    for number in volume.inode_numbers() {
        if volume.is_inode_marked(number) && volume.inode(number).nlinks > 0 {
            worth[usize::from(number.0)] = Worth::Orphan;
        }
    }
    let mut queue = vec![ROOT_INODE];
    let mut visited = BTreeSet::new();
    worth[usize::from(ROOT_INODE.0)] = Worth::Named;
    while let Some(number) = queue.pop() {
        for entry in entries_of(volume, number, &mut visited) {
            let is_there = volume.geometry.has_inode(entry.number);
            if is_there && worth[usize::from(entry.number.0)] != Worth::Named {
                worth[usize::from(entry.number.0)] = Worth::Named;
                queue.push(entry.number);
            }
        }
    }
    worth
}

/// The entries of a directory, where they were not met already.
fn entries_of(
    volume: &UntrustedVolume<'_>,
    number: InodeNumber,
    visited: &mut BTreeSet<(Zone, u32)>,
) -> Vec<Entry> {
    let inode = volume.inode(number);
    let mut entries = Vec::new();
    if S_ISDIR(inode.mode) {
        volume.walk_zones(&inode, &mut |found| {
            let is_new =
                volume.geometry.has_zone(found.zone) && visited.insert((found.zone, found.level));
            let block = volume.block(found.zone.block());
            if let Some(block) = block.filter(|_| is_new && found.level == 0) {
                let size = volume.geometry.entry_size();
                entries.extend(block.chunks_exact(size).map(Entry::parse));
            }
            is_new
        });
    }
    entries
}

/// Zone numbers that stand in a row.
struct Row<'a> {
    /// What the file has before it.
    before: Zone,
    zones: &'a [Zone],
    /// What the file has behind it.
    behind: Zone,
}

impl Row<'_> {
    /// Each zone, between the one before and the one behind it.
    fn places(&self) -> impl Iterator<Item = (Zone, Zone, Zone)> {
        let before = core::iter::once(&self.before).chain(self.zones);
        let behind = self.zones.iter().skip(1).chain([&self.behind]);
        let places = before.zip(self.zones).zip(behind);
        places.map(|((&before, &zone), &behind)| (before, zone, behind))
    }
}

/// The last number in a list.
fn last_of(volume: &UntrustedVolume<'_>, list: Zone) -> Zone {
    match list.is_hole() {
        true => Zone::HOLE,
        false => list_of(volume, list).last().copied().unwrap_or_default(),
    }
}

/// The numbers in a list.
fn list_of(volume: &UntrustedVolume<'_>, list: Zone) -> Vec<Zone> {
    let block = volume.block(list.block()).unwrap_or(&[0; BLOCK_SIZE]);
    let numbers = block.chunks_exact(2).map(|entry| Zone(u16_at(entry, 0)));
    numbers.collect()
}

/// Whether a block is the first of a directory.
fn begins_with_dots(volume: &UntrustedVolume<'_>, zone: Zone) -> bool {
    volume.block(zone.block()).is_some_and(|block| {
        let mut entries = block.chunks_exact(volume.geometry.entry_size());
        let mut is_next =
            |name: &[u8]| entries.next().is_some_and(|e| Entry::parse(e).name == name);
        is_next(b".") && is_next(b"..")
    })
}

/// Whether a block can be one of a directory: all entries have names and lead to
/// inodes.
pub(super) fn are_entries(geometry: &Geometry, block: &Block) -> bool {
    let (entries, good) = count_entries(geometry, block);
    entries == good
}

/// How many entries of a block are in use, and how many of them can be.
fn count_entries(geometry: &Geometry, block: &Block) -> (usize, usize) {
    let entries = block.chunks_exact(geometry.entry_size()).map(Entry::parse);
    let in_use = entries.filter(|entry| entry.number.0 != 0);
    let can_be = |entry: &Entry| {
        geometry.has_inode(entry.number) && !entry.name.is_empty() && !entry.name.contains(&b'/')
    };
    in_use.fold((0, 0), |(all, good), entry| {
        (all + 1, good + usize::from(can_be(&entry)))
    })
}

/// Whether an inode that is called a directory is one: its first block does not
/// say the opposite.
pub(super) fn is_directory(
    volume: &UntrustedVolume<'_>,
    number: InodeNumber,
    inode: &DiskInode,
) -> bool {
    if !S_ISDIR(inode.mode) || number == ROOT_INODE {
        return S_ISDIR(inode.mode);
    }
    let zone = inode.zones[0];
    let block = volume
        .geometry
        .has_zone(zone)
        .then(|| volume.block(zone.block()));
    block.flatten().is_none_or(|block| {
        let (all, good) = count_entries(&volume.geometry, block);
        good * 2 >= all
    })
}
