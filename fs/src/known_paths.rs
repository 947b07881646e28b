// SPDX-License-Identifier: GPL-2.0-or-later
//! Where paths led lately, so that who names a file again does not walk there name by
//! name. (0.11 has nothing of the kind.)
//!
//! There are two lists of them. One has whole paths. The other has the directory parts of
//! paths: of `/usr/src/fs/inode.c` that is `/usr/src/fs/`. It serves who names one file
//! after another of the same directory.
//!
//! * [`Fs::known`](crate::Fs) asks [`KnownPaths::find`] for the whole path, and
//!   [`Fs::walk_known`](crate::Fs) for its directory part, and tells
//!   [`KnownPaths::insert`] where a walk led.
//! * A whole path ends with its last name: the name cache forgets them together.
//! * [`Fs::forget_paths`] comes after whatever else may make a path wrong: a directory
//!   loses its name, its permissions change, or another device covers it. That is rare,
//!   so then all are forgotten.
//!
//! Only a path whose directories everybody may search is remembered, so it does not
//! matter who asks. Like the names it went by, it leads over no mount and no link.

use crate::Fs;
use crate::inode::InodeSlot;

/// How many paths each list has.
const COUNT: usize = 32;
/// Bytes of the longest.
const LONGEST: usize = 44;
/// Bytes of a word. No path is shorter.
const WORD: usize = 4;

/// A path that is known.
#[derive(Clone, Copy)]
struct KnownPath {
    /// What [`InodeSlot::identity`] says of the directory where
    /// it begins; 0 in an empty place.
    start: u32,
    len: usize,
    /// Its last bytes.
    end: [u8; WORD],
    /// Where it leads.
    target: Target,
    /// The path is the first bytes of this.
    text: [u8; LONGEST],
}

/// An inode in memory.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// The index of its slot.
    pub(crate) slot: u32,
    /// It may have left that slot; then the slot does not say this of itself.
    pub(crate) identity: u32,
}

impl Target {
    pub(crate) const NONE: Target = Target {
        slot: 0,
        identity: 0,
    };

    pub(crate) fn of(slot: &InodeSlot) -> Target {
        Target {
            slot: slot.index.get(),
            identity: slot.identity(),
        }
    }
}

/// A list of paths. Each has one place where it can be, and drives out what is there.
pub(crate) struct KnownPaths([KnownPath; COUNT]);

/// The place of a path: those that are used together differ in their ends or lengths.
#[inline(always)]
fn place(end: [u8; WORD], len: usize) -> usize {
    let product = (u32::from_le_bytes(end).wrapping_add(len as u32)).wrapping_mul(0x9E37_79B9);
    product as usize >> (32 - COUNT.ilog2()) & (COUNT - 1)
}

impl KnownPaths {
    /// None.
    pub(crate) const fn new() -> KnownPaths {
        const NOTHING: KnownPath = KnownPath {
            start: 0,
            len: 0,
            end: [0; WORD],
            target: Target::NONE,
            text: [0; LONGEST],
        };
        KnownPaths([NOTHING; COUNT])
    }

    /// Where a path from the directory `start` leads.
    #[inline(always)]
    pub(crate) fn find(&self, start: u32, path: &[u8]) -> Option<Target> {
        let end = *path.last_chunk()?;
        let known = &self.0[place(end, path.len())];
        if known.end != end || known.len != path.len() || known.start != start {
            return None;
        }
        // The words may leave out bytes of the end.
        let words = path.as_chunks::<WORD>().0.iter();
        let is_it = words.zip(known.text.as_chunks().0).all(|(a, b)| a == b);
        is_it.then_some(known.target)
    }

    /// Remembers where a path leads, if it is neither short nor long, and returns its
    /// place.
    pub(crate) fn insert(&mut self, start: u32, path: &[u8], target: Target) -> Option<usize> {
        let (end, len) = (*path.last_chunk()?, path.len());
        let place = place(end, len);
        let known = &mut self.0[place];
        known.text.get_mut(..len)?.copy_from_slice(path);
        (known.start, known.len, known.end, known.target) = (start, len, end, target);
        Some(place)
    }

    /// Forgets what is in a place.
    pub(crate) fn forget(&mut self, place: usize) {
        self.0[place % COUNT].start = 0;
    }

    /// Forgets all.
    pub(crate) fn forget_all(&mut self) {
        self.0.iter_mut().for_each(|known| known.start = 0);
    }
}

impl Fs<'_> {
    /// Forgets where paths led, after one of them may have become wrong.
    pub(crate) fn forget_paths(&self) {
        self.tables.names.lock().forget_paths();
    }
}
