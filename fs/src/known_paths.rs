// SPDX-License-Identifier: GPL-2.0-or-later
//! Where the directory parts of paths led lately: of `/usr/src/fs/inode.c` that is
//! `/usr/src/fs/`. Who names a file after another in the same directory walks there
//! once. (0.11 has nothing of the kind.)
//!
//! * [`Fs::walk_known`](crate::Fs) asks [`KnownPaths::find`] first, and tells
//!   [`KnownPaths::insert`] where a walk led.
//! * [`Fs::forget_paths`] comes after whatever may make one of them wrong: a
//!   directory loses its name, its permissions change, or another device covers it.
//!   That is rare, so then all are forgotten.
//!
//! Only a path whose directories everybody may search is remembered, so it does not
//! matter who asks. Like the names it went by, it leads over no mount and no link.

use crate::Fs;
use crate::inode::InodeSlot;

/// How many paths are remembered.
const COUNT: usize = 32;
/// Bytes of the longest.
const LONGEST: usize = 48;
/// Bytes of a word. No path is shorter.
const WORD: usize = 4;

/// A path to a directory.
#[derive(Clone, Copy)]
struct KnownPath {
    /// What [`InodeSlot::identity`] says of the directory where
    /// it begins; 0 in an empty place.
    start: u32,
    /// The path is the first bytes of this.
    text: [u8; LONGEST],
    len: usize,
    /// Its last bytes.
    end: [u8; WORD],
    /// Where it leads.
    target: Target,
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

/// The paths that are known. Each has one place where it can be, and drives out what
/// is there.
pub(crate) struct KnownPaths([KnownPath; COUNT]);

/// The place of a path that ends so: directories that are used together differ in
/// their ends.
#[inline(always)]
fn place(end: [u8; WORD]) -> usize {
    let product = u32::from_le_bytes(end).wrapping_mul(0x9E37_79B9);
    product as usize >> (32 - COUNT.ilog2()) & (COUNT - 1)
}

impl KnownPaths {
    /// None.
    pub(crate) const fn new() -> KnownPaths {
        const NOTHING: KnownPath = KnownPath {
            start: 0,
            text: [0; LONGEST],
            len: 0,
            end: [0; WORD],
            target: Target::NONE,
        };
        KnownPaths([NOTHING; COUNT])
    }

    /// Where a path from the directory `start` leads.
    #[inline(always)]
    pub(crate) fn find(&self, start: u32, path: &[u8]) -> Option<Target> {
        let end = *path.last_chunk()?;
        let known = &self.0[place(end)];
        // The words may leave out bytes of the end.
        let mut words = path
            .as_chunks::<WORD>()
            .0
            .iter()
            .zip(known.text.as_chunks().0);
        let is_it = known.end == end
            && known.len == path.len()
            && known.start == start
            && words.all(|(a, b)| a == b);
        is_it.then_some(known.target)
    }

    /// Remembers where a path leads, if it is neither short nor long.
    pub(crate) fn insert(&mut self, start: u32, path: &[u8], target: Target) {
        if let Some(end) = path.last_chunk()
            && path.len() <= LONGEST
        {
            let known = &mut self.0[place(*end)];
            known.text[..path.len()].copy_from_slice(path);
            (known.start, known.len, known.end, known.target) = (start, path.len(), *end, target);
        }
    }

    /// Forgets all.
    pub(crate) fn forget(&mut self) {
        self.0.iter_mut().for_each(|known| known.start = 0);
    }
}

impl Fs<'_> {
    /// Forgets where paths led, after one of them may have become wrong.
    pub(crate) fn forget_paths(&self) {
        self.tables.names.lock().paths.forget();
    }
}
