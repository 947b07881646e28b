// SPDX-License-Identifier: GPL-2.0-or-later
//! `/lost+found`, and who gets there.

use super::Repairer;
use super::zones::MAX_APPENDED;
use crate::Action;
use crate::fault::Fault;
use crate::volume::{has_known_type, has_zones};
use abi::sys::stat::{S_IFDIR, S_IFREG, S_ISDIR, S_ISREG};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;
use fs::layout::{BLOCK_SIZE, DIRECT_ZONES, DiskInode, InodeNumber, ROOT_INODE, Zone};

/// Bytes that a `/lost+found` grows to: it is searched for each new name.
const LOST_AND_FOUND_SIZE: u32 = 16 * BLOCK_SIZE as u32;

impl Repairer<'_> {
    /// Gives names to inodes in use that have none, and frees the rest.
    pub(super) fn attach_orphans(&mut self) -> Result<(), Fault> {
        let mut orphans = Vec::new();
        for number in self.volume().inode_numbers() {
            if !self.seen(number).met && self.is_kept(number) {
                self.settle_mode(number);
                self.settle_contents(number);
                orphans.push(number);
            }
        }
        let named = self.named_by(&orphans);
        // Those that other orphans name come along with them; what is left
        // then names each other in a circle.
        let (inner, outer): (Vec<_>, Vec<_>) = orphans.iter().partition(|n| named.contains(n));
        let (rings, files): (Vec<_>, Vec<_>) = inner
            .into_iter()
            .partition(|&number| S_ISDIR(self.inode(number).mode));
        for number in outer.into_iter().chain(rings).chain(files) {
            if !self.seen(number).met {
                self.attach(number)?;
                self.walk()?;
            }
        }
        self.free_the_rest();
        Ok(())
    }

    /// Whether an inode without a name is worth one.
    fn is_kept(&self, number: InodeNumber) -> bool {
        let inode = self.inode(number);
        if inode.nlinks == 0 {
            return false;
        }
        let zones: Vec<Zone> = inode
            .zones
            .into_iter()
            .filter(|zone| !zone.is_hole())
            .collect();
        if self.volume().is_inode_marked(number) {
            let can_be_empty = S_ISREG(inode.mode) || !has_known_type(inode.mode);
            return !can_be_empty || !zones.is_empty();
        }
        let is_whole = |&zone: &Zone| {
            self.geometry.has_zone(zone)
                && self.volume().is_zone_marked(zone)
                && !self.is_owned(zone)
        };
        has_zones(inode.mode) && !zones.is_empty() && zones.iter().all(is_whole)
    }

    /// What the entries of these inodes, where they are directories, lead to.
    fn named_by(&self, orphans: &[InodeNumber]) -> BTreeSet<InodeNumber> {
        let mut named = BTreeSet::new();
        for &number in orphans {
            let inode = self.inode(number);
            if S_ISDIR(inode.mode) {
                let entries = self.volume().entries(&inode).into_iter();
                named.extend(
                    entries
                        .filter(|entry| entry.name != b"." && entry.name != b"..")
                        .map(|entry| entry.number)
                        .filter(|&named| named != number),
                );
            }
        }
        named
    }

    fn attach(&mut self, number: InodeNumber) -> Result<(), Fault> {
        let directory = self.lost_and_found()?;
        self.add_entry(directory, number, &format!("#{number}"))?;
        let path = self.shown(number);
        self.done(Action::Attached { number, path });
        Ok(())
    }

    /// `/lost+found` or, if that is something else or full, `/lost+found.2`
    /// and so on; the root itself if no directory can be made.
    fn lost_and_found(&mut self) -> Result<InodeNumber, Fault> {
        let has_room = |number: InodeNumber| {
            let inode = self.inode(number);
            S_ISDIR(inode.mode)
                && self.has_room_for_directory(number)
                && inode.size < LOST_AND_FOUND_SIZE
        };
        if let Some(number) = self.lost_and_found.filter(|&number| has_room(number)) {
            return Ok(number);
        }
        let mut name = "lost+found".to_owned();
        for count in 2.. {
            match self.look_up(ROOT_INODE, &name) {
                Some(number) if has_room(number) => {
                    self.lost_and_found = Some(number);
                    return Ok(number);
                }
                Some(_) => name = format!("lost+found.{count}"),
                None => break,
            }
        }
        let made = self.make_lost_and_found(&name)?;
        self.lost_and_found = made;
        Ok(made.unwrap_or(ROOT_INODE))
    }

    fn make_lost_and_found(&mut self, name: &str) -> Result<Option<InodeNumber>, Fault> {
        if !self.has_room_for_directory(ROOT_INODE) {
            return Ok(None);
        }
        let Some(number) = self.new_inode(S_IFDIR | 0o700) else {
            return Ok(None);
        };
        if self.append_block(number).is_none() {
            self.store(number, &DiskInode::NONE);
            return Ok(None);
        }
        self.add_entry(ROOT_INODE, number, name)?;
        let path = format!("/{name}");
        self.done(Action::DirectoryMade { path });
        self.settle_made_directory(number)?;
        Ok(Some(number))
    }

    /// `.` and `..` of a directory that was just made, not worth a word.
    fn settle_made_directory(&mut self, number: InodeNumber) -> Result<(), Fault> {
        let said = self.actions.len();
        self.queue.retain(|&other| other != number);
        self.settle_directory(number)?;
        self.actions.truncate(said);
        Ok(())
    }

    /// Takes an inode that nothing is in, or nothing worth keeping.
    fn new_inode(&mut self, mode: u16) -> Option<InodeNumber> {
        let is_free = |number: &InodeNumber| {
            let seen = self.seen(*number);
            !seen.met && !seen.settled && !self.is_kept(*number)
        };
        let last = self.geometry.ninodes;
        let number = (self.next_inode..=last).map(InodeNumber).find(is_free)?;
        self.next_inode = number.0.saturating_add(1);
        let old = self.inode(number);
        // What was not removed may still have zones that are worth a file.
        if has_zones(old.mode) && old.nlinks == 0 {
            self.give_up_all(&old);
        }
        let time = self.options.time;
        let inode = DiskInode {
            mode,
            time,
            nlinks: if S_ISDIR(mode) { 2 } else { 1 },
            ..DiskInode::NONE
        };
        self.store(number, &inode);
        let seen = self.seen_mut(number);
        (seen.settled, seen.made) = (true, true);
        Some(number)
    }

    /// Clears inodes that the bitmap has as used, but nothing is in.
    fn free_the_rest(&mut self) {
        for number in self.volume().inode_numbers() {
            if self.seen(number).met || !self.volume().is_inode_marked(number) {
                continue;
            }
            let inode = self.inode(number);
            if inode.nlinks == 0 && has_zones(inode.mode) {
                self.give_up_all(&inode);
                self.done(Action::RemovedFreed { number });
            } else {
                self.done(Action::EmptyFreed { number });
            }
            self.store(number, &DiskInode::NONE);
        }
    }

    /// Zones that are marked and in no file become files, or free.
    pub(super) fn settle_lost_zones(&mut self) -> Result<(), Fault> {
        let mut run: Vec<Zone> = Vec::new();
        for zone in self.volume().data_zones() {
            let state = self.zones[usize::from(zone.0)];
            let is_lost = state.owner == 0 && !state.given_up && self.volume().is_zone_marked(zone);
            let is_next = run.last().is_none_or(|last| last.0 + 1 == zone.0);
            if !run.is_empty() && (!is_next || run.len() as u32 >= MAX_APPENDED) {
                self.keep_zones(&core::mem::take(&mut run))?;
            }
            if is_lost && self.options.keep_lost_zones && !self.is_empty(zone) {
                run.push(zone);
            }
        }
        match run.is_empty() {
            true => Ok(()),
            false => self.keep_zones(&run),
        }
    }

    /// Makes a file of zones that follow each other.
    fn keep_zones(&mut self, run: &[Zone]) -> Result<(), Fault> {
        // Nobody else may be given them now: they are the root's until they are a file's.
        for zone in run {
            self.zones[usize::from(zone.0)].owner = ROOT_INODE.0;
        }
        let directory = self.lost_and_found()?;
        let mut rest = run;
        while let Some(first) = rest.first() {
            let Some(number) = self.new_inode(S_IFREG | 0o600) else {
                self.zones[usize::from(first.0)].owner = 0;
                self.done(Action::ZoneFreed { zone: first.0 });
                rest = &rest[1..];
                continue;
            };
            let mut blocks = 0;
            for &zone in rest {
                // Without a zone for the list, the next file begins here.
                if self.set_block(number, blocks, zone).is_none() {
                    self.zones[usize::from(zone.0)].owner = ROOT_INODE.0;
                    break;
                }
                blocks += 1;
            }
            debug_assert!(blocks >= DIRECT_ZONES.min(rest.len() as u32));
            let (taken, left) = rest.split_at(blocks as usize);
            let size = blocks * BLOCK_SIZE as u32;
            let inode = self.inode(number);
            self.store(number, &DiskInode { size, ..inode });
            self.add_entry(directory, number, &format!("zone-{first}"))?;
            let path = self.shown(number);
            let last = taken.last().unwrap_or(first);
            self.done(Action::ZonesKept {
                first: first.0,
                last: last.0,
                path,
            });
            rest = left;
        }
        Ok(())
    }
}
