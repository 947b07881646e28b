// SPDX-License-Identifier: GPL-2.0-or-later
//! One owner for each zone, and sizes that fit.

use super::Repairer;
use super::claims::{Claim, are_entries};
use crate::fault::Fault;
use crate::volume::has_zones;
use crate::{Action, ZoneFault};
use abi::sys::stat::S_ISDIR;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use fs::layout::{
    BLOCK_SIZE, DIRECT_ZONES, DiskInode, INDIRECT, INODE_ZONES, InodeNumber, MAX_FILE_SIZE,
    ZONES_PER_BLOCK, Zone, put_at, u16_at,
};

/// Zones that copies leave alone: `/lost+found` and the like need some.
const RESERVED: usize = 8;

/// What was done to the zones of one inode.
#[derive(Default)]
struct Tally {
    missing: Vec<Zone>,
    no_lists: Vec<Zone>,
    copied: Vec<Zone>,
    dropped: Vec<Zone>,
    no_room: Vec<Zone>,
}

/// Levels above the data of each zone number in an inode.
fn level(slot: usize) -> u32 {
    (slot + 1).saturating_sub(INDIRECT) as u32
}

/// How many blocks of a file a zone number leads to.
fn span(level: u32) -> u32 {
    ZONES_PER_BLOCK.pow(level)
}

impl Repairer<'_> {
    /// Notes which zones are somebody's, so that none of them is given away. What
    /// only inodes without a name want, and the bitmap has as free, is free.
    pub(super) fn note_claims(&mut self) {
        for zone in self.volume().data_zones() {
            let is_used = self.volume().is_zone_marked(zone);
            let claim = self.claims.of(zone);
            let is_claimed = claim.is_some_and(|claim| is_used || !claim.is_idle);
            self.zones[usize::from(zone.0)].claimed = is_claimed;
        }
        self.rank_free_zones();
    }

    /// Those that the bitmap has as free come first, then marked ones with
    /// nothing in them, then marked ones.
    fn rank_free_zones(&mut self) {
        let volume = self.volume();
        let mut free: Vec<(bool, bool, Zone)> = volume
            .data_zones()
            .filter(|&zone| self.is_available(zone))
            .map(|zone| {
                let is_marked = volume.is_zone_marked(zone);
                (is_marked, is_marked && !self.is_empty(zone), zone)
            })
            .collect();
        free.sort();
        self.free_zones = free.into_iter().map(|(_, _, zone)| zone).collect();
    }

    pub(super) fn is_owned(&self, zone: Zone) -> bool {
        self.zones[usize::from(zone.0)].owner != 0
    }

    /// Takes a zone that is nobody's for `owner` and clears it.
    pub(super) fn allocate(&mut self, owner: InodeNumber) -> Option<Zone> {
        loop {
            let zone = self.free_zones.pop_front()?;
            if self.is_available(zone) {
                self.zones[usize::from(zone.0)].owner = owner.0;
                self.block_mut(zone.block())?.fill(0);
                return Some(zone);
            }
        }
    }

    /// As [`Repairer::allocate`], for what can't be done without.
    pub(super) fn allocate_needed(&mut self, owner: InodeNumber) -> Result<Zone, Fault> {
        self.allocate(owner).ok_or_else(|| {
            let problem = "the repair needs one, but the file system is full";
            Fault::new("free zones", problem)
        })
    }

    fn is_available(&self, zone: Zone) -> bool {
        let state = self.zones[usize::from(zone.0)];
        state.owner == 0 && !state.claimed
    }

    /// Whether the zone holds nothing but zeros.
    pub(super) fn is_empty(&self, zone: Zone) -> bool {
        self.used_length(zone) == 0
    }

    /// Lets nobody have the zone.
    fn give_up(&mut self, zone: Zone) {
        let state = &mut self.zones[usize::from(zone.0)];
        state.owner = 0;
        state.claimed = false;
        state.given_up = true;
        self.free_zones.push_front(zone);
    }

    /// Zones and size of what has them, once.
    pub(super) fn settle_contents(&mut self, number: InodeNumber) {
        if core::mem::replace(&mut self.seen_mut(number).settled, true)
            || !has_zones(self.inode(number).mode)
        {
            return;
        }
        self.settle_zones(number);
        self.settle_size(number);
    }

    fn settle_zones(&mut self, number: InodeNumber) {
        let mut inode = self.inode(number);
        let mut tally = Tally::default();
        let mut index = 0;
        for slot in 0..INODE_ZONES {
            let level = level(slot);
            let claim = Claim {
                inode: number,
                level,
                index,
                is_idle: false,
            };
            inode.zones[slot] = self.settle_zone(claim, inode.zones[slot], &mut tally);
            index += span(level);
        }
        self.store(number, &inode);
        for (fault, zones) in [
            (ZoneFault::Missing, tally.missing),
            (ZoneFault::NoList, tally.no_lists),
            (ZoneFault::Copied, tally.copied),
            (ZoneFault::Anothers, tally.dropped),
            (ZoneFault::NoRoom, tally.no_room),
        ] {
            if !zones.is_empty() {
                let path = self.shown(number);
                self.done(Action::ZonesSettled { path, fault, zones });
            }
        }
    }

    /// Makes `zone`, which `claim` names, and all below it the inode's own. Returns
    /// what to put in its place.
    fn settle_zone(&mut self, claim: Claim, zone: Zone, tally: &mut Tally) -> Zone {
        if zone.is_hole() {
            return zone;
        }
        if !self.geometry.has_zone(zone) {
            tally.missing.push(zone);
            return Zone::HOLE;
        }
        let is_list = claim.level > 0;
        let can_be = !is_list
            || self
                .claims
                .is_list(&self.original(), zone, claim.level, false);
        if !can_be {
            tally.no_lists.push(zone);
            return Zone::HOLE;
        }
        let is_anothers = self
            .claims
            .of(zone)
            .is_some_and(|best| !best.is_same(&claim));
        let mut own = zone;
        if is_anothers || self.is_owned(zone) {
            if !self.can_be_meant(claim, zone) {
                tally.dropped.push(zone);
                return Zone::HOLE;
            }
            let Some(copy) = self.copy_zone(claim.inode, zone) else {
                tally.no_room.push(zone);
                return Zone::HOLE;
            };
            tally.copied.push(zone);
            own = copy;
        }
        let state = &mut self.zones[usize::from(own.0)];
        state.owner = claim.inode.0;
        if is_list {
            for slot in 0..ZONES_PER_BLOCK {
                let offset = slot as usize * 2;
                let entry = self.list_entry(own, offset);
                let below = Claim {
                    level: claim.level - 1,
                    index: claim.index + slot * span(claim.level - 1),
                    ..claim
                };
                let settled = self.settle_zone(below, entry, tally);
                self.set_list_entry(own, offset, settled);
            }
        }
        own
    }

    fn list_entry(&self, list: Zone, offset: usize) -> Zone {
        self.block(list.block())
            .map_or(Zone::HOLE, |block| Zone(u16_at(block, offset)))
    }

    fn set_list_entry(&mut self, list: Zone, offset: usize, zone: Zone) {
        if self.list_entry(list, offset) != zone
            && let Some(block) = self.block_mut(list.block())
        {
            put_at(block, offset, zone.0.to_le_bytes());
        }
    }

    /// Whether what another file has, or the same file elsewhere, can be meant.
    fn can_be_meant(&self, claim: Claim, zone: Zone) -> bool {
        let inode = self.inode(claim.inode);
        match claim.level {
            _ if claim.index >= inode.size.div_ceil(BLOCK_SIZE as u32) => false,
            0 if S_ISDIR(inode.mode) => self
                .original
                .block(zone.block())
                .is_some_and(|contents| are_entries(&self.geometry, contents)),
            0 => true,
            level => {
                let is_own = (self.claims.of(zone)).is_some_and(|best| best.inode == claim.inode);
                !is_own && self.claims.is_list(&self.original(), zone, level, true)
            }
        }
    }

    /// A copy of a zone as it was before the repair, if there is room.
    fn copy_zone(&mut self, owner: InodeNumber, zone: Zone) -> Option<Zone> {
        if self.free_zones.len() <= RESERVED {
            return None;
        }
        let contents = self.original.contents(zone.block())?;
        let copy = self.allocate(owner)?;
        *self.block_mut(copy.block())? = contents;
        Some(copy)
    }

    /// The data zones of a settled inode, each with its place in the file.
    pub(super) fn data_of(&self, inode: &DiskInode) -> Vec<(u32, Zone)> {
        let mut data = Vec::new();
        self.volume().walk_zones(inode, &mut |found| {
            if found.level == 0 {
                data.push((found.index, found.zone));
            }
            true
        });
        data
    }

    /// Makes the size reach over all data, and cuts off zones of zeros that it
    /// doesn't reach.
    fn settle_size(&mut self, number: InodeNumber) {
        let inode = self.inode(number);
        let block_size = BLOCK_SIZE as u32;
        let said = if inode.size > MAX_FILE_SIZE {
            0
        } else {
            inode.size
        };
        let mut data = self.data_of(&inode);
        data.sort();
        let end_of = |&(index, zone): &(u32, Zone)| {
            let used = self.used_length(zone);
            (used > 0).then(|| index * block_size + used as u32)
        };
        let behind = data
            .iter()
            .rev()
            .take_while(|(index, _)| *index >= said.div_ceil(block_size));
        let mut size = behind.clone().find_map(end_of).unwrap_or(said);
        if S_ISDIR(inode.mode) {
            let last = data.last().map_or(0, |(index, _)| index + 1);
            size = size
                .next_multiple_of(self.geometry.entry_size() as u32)
                .min(last * block_size);
        }
        let path = self.shown(number);
        if size != inode.size {
            self.store(number, &DiskInode { size, ..inode });
            self.done(Action::SizeSet {
                path: path.clone(),
                from: inode.size,
                to: size,
            });
        }
        let end = size.div_ceil(block_size);
        let cut = data.iter().filter(|(index, _)| *index >= end).count();
        if cut > 0 {
            self.cut(number, end);
            self.done(Action::EmptyZonesCut { path, count: cut });
        }
    }

    /// Gives up all zones from block `end` of the file on.
    fn cut(&mut self, number: InodeNumber, end: u32) {
        let mut inode = self.inode(number);
        let mut index = 0;
        for slot in 0..INODE_ZONES {
            inode.zones[slot] = self.cut_zone(inode.zones[slot], level(slot), index, end);
            index += span(level(slot));
        }
        self.store(number, &inode);
    }

    fn cut_zone(&mut self, zone: Zone, level: u32, index: u32, end: u32) -> Zone {
        if zone.is_hole() {
            return zone;
        }
        if level > 0 {
            for slot in 0..ZONES_PER_BLOCK {
                let offset = slot as usize * 2;
                let entry = self.list_entry(zone, offset);
                let first = index + slot * span(level - 1);
                let left = self.cut_zone(entry, level - 1, first, end);
                self.set_list_entry(zone, offset, left);
            }
        }
        if index < end {
            return zone;
        }
        self.give_up(zone);
        Zone::HOLE
    }

    /// Gives up all zones of an inode that goes; what another has stays his.
    pub(super) fn give_up_all(&mut self, inode: &DiskInode) {
        let mut given_up = BTreeSet::new();
        self.volume().walk_zones(inode, &mut |found| {
            self.geometry.has_zone(found.zone)
                && !self.is_owned(found.zone)
                && !self.zones[usize::from(found.zone.0)].given_up
                && given_up.insert(found.zone)
        });
        for zone in given_up {
            self.give_up(zone);
        }
    }

    /// Appends a cleared block to a settled directory, or to a file of less
    /// than [`MAX_APPENDED`] blocks.
    pub(super) fn append_block(&mut self, number: InodeNumber) -> Option<Zone> {
        let index = self.inode(number).size.div_ceil(BLOCK_SIZE as u32);
        let zone = self.allocate(number)?;
        self.set_block(number, index, zone)?;
        Some(zone)
    }

    /// Makes `zone` the block `index` of a file.
    pub(super) fn set_block(&mut self, number: InodeNumber, index: u32, zone: Zone) -> Option<()> {
        let mut inode = self.inode(number);
        self.zones[usize::from(zone.0)].owner = number.0;
        if index < DIRECT_ZONES {
            inode.zones[index as usize] = zone;
        } else if index < MAX_APPENDED {
            if inode.zones[INDIRECT].is_hole() {
                inode.zones[INDIRECT] = self.allocate(number)?;
            }
            let offset = (index - DIRECT_ZONES) as usize * 2;
            self.set_list_entry(inode.zones[INDIRECT], offset, zone);
        } else {
            self.zones[usize::from(zone.0)].owner = 0;
            return None;
        }
        self.store(number, &inode);
        Some(())
    }
}

/// Blocks of a file without a double indirect block.
pub(super) const MAX_APPENDED: u32 = DIRECT_ZONES + ZONES_PER_BLOCK;
