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
//! [`NAME_LEN`] are not in it, nor are `.` and `..`, which depend on the caller's
//! root and on what is mounted.

use super::{MAY_EXEC, Name, Rights};
use crate::inode::{InodeSlot, TableGuard};
use crate::layout::{InodeNumber, NAME_LEN, u32_at};
use crate::{Fs, FsTask};
use abi::sys::stat::{S_IFDIR, S_IFMT, S_ISLNK};

/// How many names are remembered.
const SIZE: usize = 1024;
/// Words that hold a name; the last one has a NUL.
const NAME_WORDS: usize = NAME_LEN / 4 + 1;

/// Which directory, and which name in it. The name is compared in words of four bytes.
pub(super) struct Key<'n> {
    /// What [`InodeSlot::identity`] says of the directory.
    directory: u32,
    /// The name and what comes behind it.
    path: &'n [u8],
    /// How many whole words of the name are in front of the last one.
    words: usize,
    /// The last word: less than four bytes, filled up with NULs.
    end: u32,
    /// Its place in the cache.
    pub(super) place: usize,
}

impl<'n> Key<'n> {
    /// The key of the first name of a path, and what comes behind the name and its
    /// slash. `None` if the name is longer than any in the cache.
    ///
    /// Most of the way along a path is this, so it takes four bytes at a time; a byte
    /// at a time would make `stat` of six names a fifth slower.
    #[inline(always)]
    pub(super) fn of(directory: u32, path: &'n [u8]) -> Option<(Key<'n>, &'n [u8])> {
        // The upper bits of the sum of products depend on all bits of all words.
        const FACTORS: [u32; NAME_WORDS] = [0x9E37_79B9, 0x85EB_CA6B, 0xC2B2_AE35, 0x27D4_EB2F];
        let mut hash = directory.wrapping_mul(0x165E_67B1);
        let mut rest = path;
        for (words, factor) in FACTORS.into_iter().enumerate() {
            let word = first_word(rest);
            let slashes = slashes(word);
            if slashes == 0 {
                hash = hash.wrapping_add(word.wrapping_mul(factor));
                rest = from(rest, 4);
                continue;
            }
            // What is below the first slash.
            let end = word & ((slashes ^ (slashes - 1)) >> 8);
            hash = hash.wrapping_add(end.wrapping_mul(factor));
            let key = Key {
                directory,
                path,
                words,
                end,
                place: hash as usize >> (32 - SIZE.ilog2()) & (SIZE - 1),
            };
            return Some((key, from(rest, slashes.trailing_zeros() as usize / 8 + 1)));
        }
        None
    }

    /// Whether it is between two slashes.
    fn is_empty(&self) -> bool {
        self.words == 0 && self.end == 0
    }

    /// Whether its words in front of the last one are those of a name in the cache.
    fn begins(&self, name: &[u32; NAME_WORDS]) -> bool {
        let words = self.path.as_chunks().0.iter().zip(name);
        let mut words = words.take(self.words);
        words.all(|(a, b)| u32::from_le_bytes(*a) == *b)
    }
}

/// Where a name leads.
#[derive(Clone, Copy)]
pub(super) struct Known {
    directory: u32,
    name: [u32; NAME_WORDS],
    /// Where the entry is in the directory.
    pub(super) position: u32,
    /// What [`InodeSlot::identity`] says of the inode; 0 in an empty place.
    inode: u32,
    /// The index of the slot that had the inode when it was last looked for.
    slot: u32,
}

impl Known {
    pub(super) fn number(&self) -> InodeNumber {
        InodeNumber(self.inode as u16)
    }
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
    pub(super) fn find(&mut self, key: &Key<'_>) -> Option<&mut Known> {
        let known = &mut self.0[key.place];
        let is_it = known.directory == key.directory
            && known.name[key.words] == key.end
            && (key.words == 0 || key.begins(&known.name));
        is_it.then_some(known)
    }

    /// Puts a name of a directory to the place of its key.
    pub(super) fn insert(
        &mut self,
        place: usize,
        directory: u32,
        name: &Name,
        inode: InodeNumber,
        position: u32,
    ) {
        self.0[place] = Known {
            directory,
            name: core::array::from_fn(|n| u32_at(&name.bytes, 4 * n)),
            position,
            inode: directory & !0xFFFF | u32::from(inode.0),
            slot: 0,
        };
    }

    /// Forgets what is in a place.
    pub(super) fn forget(&mut self, place: usize) {
        self.0[place] = NOTHING;
    }

    /// Forgets the names in directories whose [`InodeSlot::identity`] is wanted: of one that is
    /// freed, whose number may become another's, or of a device that was unmounted.
    pub(crate) fn forget_where(&mut self, is_wanted: impl Fn(u32) -> bool) {
        for known in self.0.iter_mut().filter(|it| is_wanted(it.directory)) {
            *known = NOTHING;
        }
    }
}

/// An empty place. No directory is on device 0.
const NOTHING: Known = Known {
    directory: 0,
    name: [0; NAME_WORDS],
    position: 0,
    inode: 0,
    slot: 0,
};

/// What comes behind so many bytes of a path.
#[inline(always)]
fn from(path: &[u8], start: usize) -> &[u8] {
    &path[start.min(path.len())..]
}

/// Four bytes of a path; a slash for each one that is behind its end.
#[inline(always)]
fn first_word(path: &[u8]) -> u32 {
    if let Some(bytes) = path.first_chunk() {
        return u32::from_le_bytes(*bytes);
    }
    u32::from_le_bytes(match *path {
        [a, b, c] => [a, b, c, b'/'],
        [a, b] => [a, b, b'/', b'/'],
        [a] => [a, b'/', b'/', b'/'],
        _ => [b'/'; 4],
    })
}

/// The upper bit of the first byte that is a slash, and perhaps some above it; 0 if
/// none is.
#[inline(always)]
fn slashes(word: u32) -> u32 {
    const EACH: u32 = 0x0101_0101;
    // Each byte that is a slash becomes 0. When 1 is subtracted from each byte, 0 is
    // the only one below 80h that gets an upper bit; `!` leaves out those that had it
    // before. The borrow can make the bytes above the first 0 wrong.
    let zero_if_slash = word ^ (EACH * u32::from(b'/'));
    zero_if_slash.wrapping_sub(EACH) & !zero_if_slash & (EACH << 7)
}

/// A path without its last name and what comes behind that.
fn without_last(path: &[u8]) -> &[u8] {
    let mut names = path;
    while let [before @ .., b'/'] = names {
        names = before;
    }
    while let [before @ .., byte] = names
        && *byte != b'/'
    {
        names = before;
    }
    names
}

impl<'fs> Fs<'fs> {
    /// Goes from the directory `start` along a path while its names are known,
    /// the caller may search the directories, and nothing but plain
    /// directories is on the way; to the last name only if `whole` and no slash
    /// follows it. Returns where it got to and where in the path it stopped, which is
    /// the path's length if the last name was found too.
    ///
    /// With the inode table locked no inode can be freed, so those on the way
    /// need not be counted.
    #[inline(never)]
    pub(super) fn walk_known(
        &self,
        table: &TableGuard<'_>,
        task: &FsTask<'fs>,
        start: &'fs InodeSlot,
        path: &[u8],
        whole: bool,
    ) -> (&'fs InodeSlot, usize) {
        let way = match whole && !path.ends_with(b"/") {
            true => path,
            false => without_last(path),
        };
        let mut names = self.tables.names.lock();
        let mut slot = start;
        let mut mode = slot.state().disk.mode;
        let mut rest = way.strip_prefix(b"/").unwrap_or(way);
        // What is no directory has no names here.
        while !rest.is_empty() && (all_may_search(mode) || may_search(task, slot)) {
            let Some((key, behind)) = Key::of(slot.identity(), rest) else {
                break;
            };
            let Some(known) = names.find(&key) else {
                if !key.is_empty() {
                    break;
                }
                rest = behind;
                continue;
            };
            let Some(next) = self.slot_of(table, known) else {
                break;
            };
            let state = next.state();
            mode = state.disk.mode;
            // The fields that were not filled in yet say that it has no names.
            if state.disk.nlinks == 0 || S_ISLNK(mode) || next.is_covered() {
                break;
            }
            (slot, rest) = (next, behind);
        }
        (slot, way.len() - rest.len())
    }

    /// The slot of the inode to which a name leads.
    #[inline(always)]
    fn slot_of(&self, table: &TableGuard<'_>, known: &mut Known) -> Option<&'fs InodeSlot> {
        match self.slot(known.slot) {
            Some(slot) if slot.identity() == known.inode => Some(slot),
            _ => self.look_for_slot(table, known),
        }
    }

    #[cold]
    fn look_for_slot(&self, table: &TableGuard<'_>, known: &mut Known) -> Option<&'fs InodeSlot> {
        let slot = self.find_slot(table, known.inode)?;
        known.slot = slot.index();
        Some(slot)
    }
}

/// Whether anybody may search a directory of this mode, as nearly all may be.
#[inline(always)]
fn all_may_search(mode: u16) -> bool {
    mode & (S_IFMT | 0o111) == S_IFDIR | 0o111
}

/// Whether the caller may search it.
#[cold]
fn may_search(task: &FsTask<'_>, slot: &InodeSlot) -> bool {
    let rights = Rights::of(&slot.state().disk);
    rights.check(task, MAY_EXEC).is_ok()
}
