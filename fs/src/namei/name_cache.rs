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

use super::{MAY_EXEC, Name, Rights, skip_slashes};
use crate::inode::Inode;
use crate::layout::{InodeNumber, NAME_LEN, u32_at};
use crate::{Fs, FsTask};
use abi::sys::stat::S_ISLNK;
use abi::sys::types::Device;

/// How many names are remembered.
const SIZE: usize = 1024;
/// Words that hold a name, and how much of the last one does.
const NAME_WORDS: usize = NAME_LEN.div_ceil(4);
const LAST_WORD: u32 = u32::MAX >> (8 * (4 * NAME_WORDS - NAME_LEN));

/// Which directory, and which name in it.
#[derive(Clone, Copy)]
pub(super) struct Key {
    directory: u32,
    name: Packed,
}

/// A name of at most [`NAME_LEN`] bytes in words, filled up with NULs.
type Packed = [u32; NAME_WORDS];

impl Key {
    #[inline(always)]
    fn new(device: Device, directory: InodeNumber, name: Packed) -> Key {
        Key {
            directory: u32::from(device.0) << 16 | u32::from(directory.0),
            name,
        }
    }

    /// As [`Key::new`]; a longer name is cut.
    pub(super) fn of(device: Device, directory: InodeNumber, name: &Name) -> Key {
        let mut packed: Packed = core::array::from_fn(|n| u32_at(&name.bytes, 4 * n));
        packed[NAME_WORDS - 1] &= LAST_WORD;
        Key::new(device, directory, packed)
    }

    /// Compares word by word: the compiler would call a function for it.
    #[inline(always)]
    fn is(&self, other: &Key) -> bool {
        let words = self.name.iter().zip(&other.name);
        let difference = words.fold(self.directory ^ other.directory, |sum, (a, b)| sum | a ^ b);
        difference == 0
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
        known.key.is(key).then_some(*known)
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
        if known.key.is(key) {
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

/// The name that begins at `start`, and where it ends. `None` if it is longer
/// than any in the cache, or `.` or `..`, or no name at all.
///
/// Most of the way along a path is this, so it takes four bytes at a time; a byte at a
/// time would make `stat` of six names a fifth slower.
#[inline(always)]
fn pack_component(path: &[u8], start: usize) -> Option<(Packed, usize)> {
    const DOT: u32 = u32::from_le_bytes(*b".\0\0\0");
    const DOT_DOT: u32 = u32::from_le_bytes(*b"..\0\0");
    let mut name = [0; NAME_WORDS];
    let mut end = start;
    for part in &mut name {
        let word = word_at(path, end);
        let slash = first_slash(word);
        if slash != 0 {
            // What is below the slash's byte.
            *part = word & ((slash >> 7) - 1);
            end += slash.trailing_zeros() as usize / 8;
            return (!matches!(name[0], 0 | DOT | DOT_DOT)).then_some((name, end));
        }
        *part = word;
        end += 4;
    }
    None
}

/// Four bytes of a path; a slash for each one that is behind its end.
#[inline(always)]
fn word_at(path: &[u8], at: usize) -> u32 {
    let rest = path.get(at..).unwrap_or_default();
    let bytes = match rest.first_chunk() {
        Some(bytes) => *bytes,
        None => core::array::from_fn(|n| rest.get(n).copied().unwrap_or(b'/')),
    };
    u32::from_le_bytes(bytes)
}

/// The upper bit of the first byte that is a slash; 0 if none is.
#[inline(always)]
fn first_slash(word: u32) -> u32 {
    const EACH: u32 = 0x0101_0101;
    // Each byte that is a slash becomes 0. When 1 is subtracted from each byte, 0 is
    // the only one below 80h that gets an upper bit; `!` leaves out those that had it
    // before. The borrow can make the bytes above the first 0 wrong, so only the
    // lowest bit counts.
    let zero_if_slash = word ^ (EACH * u32::from(b'/'));
    let zeros = zero_if_slash.wrapping_sub(EACH) & !zero_if_slash & (EACH << 7);
    zeros & zeros.wrapping_neg()
}

impl<'fs> Fs<'fs> {
    /// Goes from the directory `start` along a path while its names are known,
    /// the caller may search the directories, and nothing but plain
    /// directories is on the way; to the last name only if `whole`. Returns
    /// where it got to and where in the path it stopped, which is the path's
    /// length if the last name was found too; `None` if it got nowhere.
    ///
    /// With the inode table locked no inode can be freed, so those on the way
    /// need not be counted.
    pub(super) fn walk_known(
        &'fs self,
        task: &FsTask<'fs>,
        start: &Inode<'fs>,
        path: &[u8],
        whole: bool,
    ) -> Option<(Inode<'fs>, usize)> {
        let mut table = self.tables.inodes.lock();
        let names = self.tables.names.lock();
        let (uid, gid) = (task.euid.get(), task.egid.get());
        let begin = skip_slashes(path, 0);
        let mut position = begin;
        let mut slot = start.slot;
        let mut rights = Rights::of(&slot.state().disk);
        while position < path.len() {
            let Some((name, end)) = pack_component(path, position) else {
                break;
            };
            let after = skip_slashes(path, end);
            if after == path.len() && (!whole || after != end) {
                break;
            }
            // What is no directory has no names here.
            if !rights.allow(task, uid, gid, MAY_EXEC) {
                break;
            }
            let key = Key::new(slot.device(), slot.number(), name);
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
            (slot, rights, position) = (next, next_rights, after);
        }
        drop(names);
        (position != begin).then(|| (self.count_slot(&mut table, slot), position))
    }
}
