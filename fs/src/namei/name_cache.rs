// SPDX-License-Identifier: GPL-2.0-or-later
//! What names were found lately, so that a path need not be looked up entry by
//! entry (0.11 has nothing of the kind; Linux has had one since 1.1).
//!
//! * [`Fs::walk_known`] goes along a path as far as the cache knows it. It
//!   takes no directory's lock and counts no inode but the last.
//! * [`LockedInode::find_entry`] asks the cache before it reads the directory,
//!   and tells it what it found; `add_entry` and the changes of an
//!   [`Entry`](super::directory::Entry) keep it right.
//!
//! The cache never says what the directory does not: an entry of it is made
//! and removed with the directory locked, and removed before the directory
//! changes. What is not in it may still be there. Names that are longer than
//! [`NAME_LEN`] are not in it, nor is what is known of `.` and `..` used here:
//! they depend on the caller's root and on what is mounted.

use super::{MAY_EXEC, Name, Rights, component};
use crate::inode::Inode;
use crate::layout::{InodeNumber, NAME_LEN, u32_at};
use crate::{Fs, FsTask};
use lib::sys::stat::{S_ISDIR, S_ISLNK};
use lib::sys::types::Device;

/// How many names are remembered.
const SIZE: usize = 1024;
/// Words that hold a name.
const NAME_WORDS: usize = NAME_LEN.div_ceil(4);

/// Which directory, and which name in it. A longer name is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    directory: u32,
    name: [u32; NAME_WORDS],
}

impl Key {
    #[inline(always)]
    pub(super) fn new(device: Device, directory: InodeNumber, name: &Name) -> Key {
        let mut words = [0; NAME_WORDS];
        for (n, word) in words.iter_mut().enumerate() {
            *word = u32_at(&name.bytes, 4 * n);
        }
        // The 15th and 16th byte.
        words[NAME_WORDS - 1] &= 0xFFFF;
        Key {
            directory: u32::from(device.0) << 16 | u32::from(directory.0),
            name: words,
        }
    }

    /// Its place in the cache.
    #[inline(always)]
    fn hash(&self) -> usize {
        // Fibonacci hashing: the upper bits of the product depend on all bits.
        const GOLDEN_RATIO: u32 = 0x9E37_79B9;
        let mix = |hash: u32, word: &u32| (hash.rotate_left(5) ^ word).wrapping_mul(GOLDEN_RATIO);
        let hash = self.name.iter().fold(self.directory, mix);
        hash as usize >> (32 - SIZE.ilog2()) & (SIZE - 1)
    }
}

/// Where a name leads.
#[derive(Clone, Copy)]
pub(super) struct Known {
    key: Key,
    /// Where the entry is in the directory.
    pub(super) position: u32,
    /// The inode; 0 in an empty place.
    pub(super) number: InodeNumber,
}

/// The names that are known. Each has one place where it can be, and drives
/// out what is there.
pub(crate) struct NameCache([Known; SIZE]);

impl NameCache {
    /// Nothing.
    pub(crate) const fn new() -> NameCache {
        NameCache([NOTHING; SIZE])
    }

    #[inline(always)]
    pub(super) fn find(&self, key: &Key) -> Option<Known> {
        let known = &self.0[key.hash()];
        (known.key == *key).then_some(*known)
    }

    pub(super) fn insert(&mut self, key: Key, number: InodeNumber, position: u32) {
        self.0[key.hash()] = Known {
            key,
            position,
            number,
        };
    }

    pub(super) fn forget(&mut self, key: &Key) {
        let known = &mut self.0[key.hash()];
        if known.key == *key {
            *known = NOTHING;
        }
    }

    fn forget_where(&mut self, is_wanted: impl Fn(u32) -> bool) {
        for known in &mut self.0 {
            if is_wanted(known.key.directory) {
                *known = NOTHING;
            }
        }
    }

    /// A directory is freed, and its number may become another's.
    pub(crate) fn forget_directory(&mut self, device: Device, number: InodeNumber) {
        let directory = u32::from(device.0) << 16 | u32::from(number.0);
        self.forget_where(|it| it == directory);
    }

    /// A device is no longer mounted.
    pub(crate) fn forget_device(&mut self, device: Device) {
        self.forget_where(|it| it >> 16 == u32::from(device.0));
    }
}

/// An empty place. No directory is on device 0.
const NOTHING: Known = Known {
    key: Key {
        directory: 0,
        name: [0; NAME_WORDS],
    },
    position: 0,
    number: InodeNumber(0),
};

impl<'fs> Fs<'fs> {
    /// Goes from the directory `start` along a path while its names are known,
    /// the caller may search the directories, and nothing but plain
    /// directories is on the way; to the last name only if `whole`. Returns
    /// where it got to and where in the path it stopped, which is the path's
    /// length if the last name was found too.
    ///
    /// With the inode table locked no inode can be freed, so those on the way
    /// need not be counted.
    pub(super) fn walk_known(
        &'fs self,
        task: &FsTask<'fs>,
        start: Inode<'fs>,
        path: &[u8],
        whole: bool,
    ) -> (Inode<'fs>, usize) {
        let mut table = self.tables.inodes.lock();
        let names = self.tables.names.lock();
        let (uid, gid) = (task.euid.get(), task.egid.get());
        let mut position = 0;
        let mut slot = start.slot;
        let mut rights = Rights::of(&slot.state().disk);
        loop {
            let part = component(path, position);
            let is_end = part.is_last && (!whole || part.slash);
            if is_end || part.name.is_fixed() || usize::from(part.name.len) > NAME_LEN {
                break;
            }
            if !S_ISDIR(rights.mode) || !rights.allow(uid, gid, MAY_EXEC) {
                break;
            }
            let key = Key::new(slot.device(), slot.number(), &part.name);
            let Some(known) = names.find(&key) else { break };
            let Some(next) = self.find_valid(&table, slot.device(), known.number) else {
                break;
            };
            let state = next.state();
            let next_rights = Rights::of(&state.disk);
            let is_named = state.disk.nlinks != 0;
            drop(state);
            if !is_named || S_ISLNK(next_rights.mode) || next.is_covered() {
                break;
            }
            (slot, rights, position) = (next, next_rights, part.next);
        }
        drop(names);
        if position == 0 {
            return (start, 0);
        }
        let reached = self.count_slot(&mut table, slot);
        // `start` is given back without the table.
        drop(table);
        (reached, position)
    }
}
