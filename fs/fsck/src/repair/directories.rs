// SPDX-License-Identifier: GPL-2.0-or-later
//! Directories whose entries lead somewhere.

use super::{LINKS_MAX, Repairer};
use crate::fault::Fault;
use crate::volume::Entry;
use crate::{Action, BadEntry, join};
use abi::sys::stat::S_ISDIR;
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use fs::layout::{BLOCK_SIZE, ENTRY_NAME, InodeNumber, Zone, put_at, u16_at};

/// Where an entry is.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    zone: Zone,
    offset: usize,
}

/// An entry of a directory whose `..` tells of another parent: that one's
/// entry, if there is one, is better.
pub(super) struct Deferred {
    directory: InodeNumber,
    slot: Slot,
    entry: Entry,
}

/// What becomes of an entry.
enum Verdict {
    Keep,
    Rename(Vec<u8>),
    Remove(BadEntry),
}

impl Repairer<'_> {
    /// The places for entries that a settled directory has.
    fn slots(&self, directory: InodeNumber) -> Vec<Slot> {
        let inode = self.inode(directory);
        let mut left = inode.size as usize;
        let mut slots = Vec::new();
        for zone in self.volume().file_blocks(&inode) {
            let here = left.min(BLOCK_SIZE);
            left -= here;
            if let Some(zone) = zone {
                let offsets = (0..here).step_by(self.geometry.entry_size());
                slots.extend(offsets.map(|offset| Slot { zone, offset }));
            }
        }
        slots
    }

    fn entry(&self, slot: Slot) -> Entry {
        Entry::parse(self.entry_bytes(slot))
    }

    fn entry_bytes(&self, slot: Slot) -> &[u8] {
        self.block(slot.zone.block())
            .and_then(|block| block.get(slot.offset..slot.offset + self.geometry.entry_size()))
            .unwrap_or_default()
    }

    fn set_entry(&mut self, slot: Slot, number: InodeNumber, name: &[u8]) {
        let size = self.geometry.entry_size();
        if let Some(bytes) = self
            .block_mut(slot.zone.block())
            .and_then(|block| block.get_mut(slot.offset..slot.offset + size))
        {
            bytes.fill(0);
            put_at(bytes, 0, number.0.to_le_bytes());
            for (place, byte) in bytes[ENTRY_NAME..].iter_mut().zip(name) {
                *place = *byte;
            }
        }
    }

    /// Makes a free entry of it; the name stays, as after an `unlink`.
    fn clear_entry(&mut self, slot: Slot) {
        if let Some(block) = self.block_mut(slot.zone.block()) {
            put_at(block, slot.offset, 0u16.to_le_bytes());
        }
    }

    /// Looks at all entries of a directory that was met.
    pub(super) fn settle_directory(&mut self, directory: InodeNumber) -> Result<(), Fault> {
        self.provide_first_block(directory)?;
        let slots = self.slots(directory);
        let mut names: BTreeMap<Vec<u8>, InodeNumber> = BTreeMap::new();
        let displaced = self.settle_dots(directory, &slots);
        for &slot in slots.iter().skip(2) {
            self.settle_entry(directory, slot, &mut names);
        }
        for entry in displaced {
            let slot = self.free_slot(directory)?;
            self.set_entry(slot, entry.number, &entry.name);
            let path = self.shown(directory);
            let name = String::from_utf8_lossy(&entry.name).into_owned();
            self.done(Action::EntryMoved { path, name });
            self.settle_entry(directory, slot, &mut names);
        }
        Ok(())
    }

    /// Room for `.` and `..`.
    fn provide_first_block(&mut self, directory: InodeNumber) -> Result<(), Fault> {
        let mut inode = self.inode(directory);
        let entry_size = self.geometry.entry_size() as u32;
        if inode.zones[0].is_hole() {
            inode.zones[0] = self.allocate_needed(directory)?;
            let path = self.shown(directory);
            self.done(Action::FirstBlockMade { path });
        }
        inode.size = inode.size.max(2 * entry_size);
        self.store(directory, &inode);
        Ok(())
    }

    /// Puts `.` and `..` into the first two places. Returns what was there.
    fn settle_dots(&mut self, directory: InodeNumber, slots: &[Slot]) -> Vec<Entry> {
        let parent = InodeNumber(self.seen(directory).parent);
        let path = self.shown(directory);
        let mut displaced = Vec::new();
        self.seen_mut(directory).links += 1;
        for (&slot, (name, number)) in slots.iter().zip([(".", directory), ("..", parent)]) {
            let old = self.entry(slot);
            let is_right = old.number == number && old.name == name.as_bytes();
            if is_right
                && self.entry_bytes(slot)[ENTRY_NAME + name.len()..]
                    .iter()
                    .all(|&b| b == 0)
            {
                continue;
            }
            self.set_entry(slot, number, name.as_bytes());
            self.done(Action::DotsSet {
                path: path.clone(),
                name,
                number,
            });
            if old.number.0 != 0 && old.name != b"." && old.name != b".." {
                displaced.push(old);
            }
        }
        displaced
    }

    /// Looks at an entry that is not one of the first two.
    fn settle_entry(
        &mut self,
        directory: InodeNumber,
        slot: Slot,
        names: &mut BTreeMap<Vec<u8>, InodeNumber>,
    ) {
        let entry = self.entry(slot);
        if entry.number.0 == 0 {
            return;
        }
        let path = self.path_of(directory, &entry.name);
        let name = match self.judge(&entry, names) {
            Verdict::Remove(reason) => {
                self.clear_entry(slot);
                return self.done(Action::NameRemoved { path, reason });
            }
            Verdict::Rename(name) => {
                let to = String::from_utf8_lossy(&name).into_owned();
                let path = path.clone();
                self.done(Action::Renamed { path, to });
                name
            }
            Verdict::Keep => entry.name,
        };
        self.tidy_name(&path, slot, entry.number, &name);
        names.insert(name.clone(), entry.number);
        let entry = Entry { name, ..entry };
        if self.is_of_another(directory, &entry) {
            self.deferred.push_back(Deferred {
                directory,
                slot,
                entry,
            });
        } else {
            self.accept(directory, slot, &entry);
        }
    }

    fn path_of(&self, directory: InodeNumber, name: &[u8]) -> String {
        join(&self.seen(directory).path, name)
    }

    fn judge(&self, entry: &Entry, names: &BTreeMap<Vec<u8>, InodeNumber>) -> Verdict {
        let number = entry.number;
        let remove = Verdict::Remove;
        if entry.name == b"." || entry.name == b".." {
            return remove(BadEntry::WrongPlace);
        }
        if !self.geometry.has_inode(number) {
            return remove(BadEntry::NoSuchInode { number: number.0 });
        }
        if Repairer::is_blank(&self.inode(number)) {
            return remove(BadEntry::NotInUse { number });
        }
        if names.get(&entry.name) == Some(&number) {
            return remove(BadEntry::Twice);
        }
        if self.seen(number).links >= LINKS_MAX {
            return remove(BadEntry::TooManyNames { number });
        }
        let is_bad =
            entry.name.is_empty() || entry.name.contains(&b'/') || names.contains_key(&entry.name);
        match is_bad {
            true => Verdict::Rename(self.better_name(entry, names)),
            false => Verdict::Keep,
        }
    }

    /// A name like the old one that is none of `names`.
    fn better_name(&self, entry: &Entry, names: &BTreeMap<Vec<u8>, InodeNumber>) -> Vec<u8> {
        let mut name: Vec<u8> = entry
            .name
            .iter()
            .map(|&byte| if byte == b'/' { b'_' } else { byte })
            .collect();
        if name.is_empty() {
            name = format!("#{}", entry.number).into_bytes();
        }
        let mut tried = name.clone();
        let mut count = 1u32;
        while names.contains_key(&tried) {
            count += 1;
            let suffix = format!("~{count}").into_bytes();
            let room = usize::from(self.geometry.name_len) - suffix.len();
            tried = [&name[..name.len().min(room)], &suffix].concat();
        }
        tried
    }

    /// Writes a name anew if it changed, or had something behind its end:
    /// names are compared to their full length.
    fn tidy_name(&mut self, path: &str, slot: Slot, number: InodeNumber, name: &[u8]) {
        let bytes = &self.entry_bytes(slot)[ENTRY_NAME..];
        let is_renamed = !bytes.starts_with(name);
        if is_renamed || bytes[name.len()..].iter().any(|&byte| byte != 0) {
            self.set_entry(slot, number, name);
            if !is_renamed && !name.is_empty() {
                let path = path.to_owned();
                self.done(Action::NameTidied { path });
            }
        }
    }

    /// Whether an entry leads to a directory that tells of another parent.
    fn is_of_another(&self, parent: InodeNumber, entry: &Entry) -> bool {
        let inode = self.inode(entry.number);
        let zone = inode.zones[0];
        S_ISDIR(inode.mode)
            && self.geometry.has_zone(zone)
            && self.block(zone.block()).is_some_and(|block| {
                let dots = Entry::parse(
                    &block[self.geometry.entry_size()..][..self.geometry.entry_size()],
                );
                dots.name == b".." && dots.number != parent && u16_at(block, 0) == entry.number.0
            })
    }

    /// Counts an entry; meets what it leads to. A directory has one name.
    fn accept(&mut self, directory: InodeNumber, slot: Slot, entry: &Entry) {
        let number = entry.number;
        let path = self.path_of(directory, &entry.name);
        let met = self.seen(number).met;
        let refused = match S_ISDIR(self.inode(number).mode) {
            true if met => {
                let other = self.shown(number);
                Some(BadEntry::HasAnother { number, other })
            }
            true if !self.has_room_for_directory(directory) => Some(BadEntry::TooManyDirectories),
            _ => None,
        };
        if let Some(reason) = refused {
            self.clear_entry(slot);
            return self.done(Action::NameRemoved { path, reason });
        }
        self.name_inode(number, directory, path);
    }

    /// A directory counts the `..` of those in it, and its own two names.
    pub(super) fn has_room_for_directory(&self, directory: InodeNumber) -> bool {
        self.seen(directory).links + 1 < LINKS_MAX
    }

    /// An entry at `path` in `directory` leads to the inode for good.
    fn name_inode(&mut self, number: InodeNumber, directory: InodeNumber, path: String) {
        if !self.seen(number).met {
            self.meet(number, directory, path);
            if S_ISDIR(self.inode(number).mode) {
                self.seen_mut(directory).links += 1;
            }
        }
        self.seen_mut(number).links += 1;
    }

    /// All others have been looked at: if the directory has no name yet, this
    /// is it.
    pub(super) fn settle_deferred(&mut self, deferred: &Deferred) {
        self.accept(deferred.directory, deferred.slot, &deferred.entry);
    }

    /// A free place behind the first two, in a longer directory if need be.
    fn free_slot(&mut self, directory: InodeNumber) -> Result<Slot, Fault> {
        let slots = self.slots(directory);
        let is_free = |slot: &&Slot| u16_at(self.entry_bytes(**slot), 0) == 0;
        if let Some(slot) = slots.iter().skip(2).find(is_free) {
            return Ok(*slot);
        }
        let mut inode = self.inode(directory);
        let offset = inode.size as usize % BLOCK_SIZE;
        let zone = match slots.last() {
            Some(last) if offset > 0 => last.zone,
            _ => self.append_block(directory).ok_or_else(|| {
                let problem = format!("none is left to make {} longer", self.shown(directory));
                Fault::new("free zones", problem)
            })?,
        };
        inode = self.inode(directory);
        inode.size += self.geometry.entry_size() as u32;
        self.store(directory, &inode);
        Ok(Slot { zone, offset })
    }

    /// Gives `number` the name `name` in a directory that was looked at.
    pub(super) fn add_entry(
        &mut self,
        directory: InodeNumber,
        number: InodeNumber,
        name: &str,
    ) -> Result<(), Fault> {
        let slot = self.free_slot(directory)?;
        self.set_entry(slot, number, name.as_bytes());
        let path = self.path_of(directory, name.as_bytes());
        self.name_inode(number, directory, path);
        Ok(())
    }

    /// What the name `name` in a directory leads to.
    pub(super) fn look_up(&self, directory: InodeNumber, name: &str) -> Option<InodeNumber> {
        self.slots(directory)
            .into_iter()
            .map(|slot| self.entry(slot))
            .find(|entry| entry.number.0 != 0 && entry.name == name.as_bytes())
            .map(|entry| entry.number)
    }
}
