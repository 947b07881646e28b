// SPDX-License-Identifier: GPL-2.0-or-later
//! Which names directories surely do not have. Who makes a file asks for a name that is
//! not there, and would search the whole directory for it. (0.11 does; it has nothing of
//! the kind.)
//!
//! * `LockedInode::find_entry` asks [`NameSet::lacks`] before it searches. When a search
//!   found nothing, it tells [`NameSet::insert`] all names of the directory, and then
//!   [`NameSet::age`] goes into the directory's slot: the set knows its names.
//! * `add_entry` inserts each name that is made later.
//!
//! The set has one bit for each hash, so a bit that is clear says that no directory whose
//! names it knows has a name with that hash. A bit that is set says nothing: the
//! name may have been removed, or another has its hash.

use crate::inode::LockedInode;
use crate::layout::{ENTRY_NAME, NAME_LEN_MAX, u16_at};
use crate::name_cache::NameKey;
use abi::Result;

/// How many bits there are.
const SIZE: usize = 1 << BITS;
const BITS: u32 = 15;
const WORD: usize = u32::BITS as usize;
/// How many bits are set at most before the set begins anew.
const MOST: u32 = SIZE as u32 / 8;
/// Entries of the largest directory whose names it knows, so that there is room for
/// those of several.
const LARGEST: u32 = MOST / 16;

/// The hashes of all names of some directories.
pub(crate) struct NameSet {
    words: [u32; SIZE / WORD],
    /// How many bits are set.
    count: u32,
    /// How often it began anew or was forgotten.
    ages: u32,
}

impl NameSet {
    /// It knows no directory.
    pub(crate) const fn new() -> NameSet {
        NameSet {
            words: [0; SIZE / WORD],
            count: 0,
            ages: 0,
        }
    }

    /// A number that is not 0, for the directories whose names are inserted from now on.
    pub(crate) fn age(&self) -> u32 {
        self.ages.wrapping_add(1).max(1)
    }

    /// Whether a directory has no name with a hash; `age` was noted before the names of
    /// that directory were inserted.
    #[inline(always)]
    pub(crate) fn lacks(&self, age: u32, hash: u32) -> bool {
        age == self.age() && self.words[word(hash)] & bit(hash) == 0
    }

    /// Inserts a name. If there are too many, first begins anew with no directory.
    #[inline(always)]
    pub(crate) fn insert(&mut self, hash: u32) {
        if self.words[word(hash)] & bit(hash) != 0 {
            return;
        }
        if self.count == MOST {
            self.begin_anew();
        }
        self.count += 1;
        self.words[word(hash)] |= bit(hash);
    }

    #[cold]
    fn begin_anew(&mut self) {
        self.words.fill(0);
        self.count = 0;
        self.forget();
    }

    /// Forgets which directories it knows, since somebody may have changed them on the
    /// disk itself.
    pub(crate) fn forget(&mut self) {
        self.ages = self.ages.wrapping_add(1);
    }
}

impl LockedInode<'_, '_> {
    /// Makes all its names known, so that those that it lacks need not be searched for.
    #[inline(never)]
    pub(crate) fn learn_names(&self) -> Result<()> {
        let entry_size = self.entry_size();
        let names = &self.fs.tables.names;
        let age = names.lock().name_set.age();
        let is_large = self.size() / entry_size as u32 > LARGEST;
        if is_large || self.slot.names_age.get() == age {
            return Ok(());
        }
        self.search_blocks(0, |_, block| {
            for entry in block
                .chunks_exact(entry_size)
                .filter(|it| u16_at(it, 0) != 0)
            {
                let mut name = [0; NAME_LEN_MAX];
                name[..entry_size - ENTRY_NAME].copy_from_slice(&entry[ENTRY_NAME..]);
                let key = NameKey::new(self.slot.identity(), &name);
                names.lock().name_set.insert(key.hash);
            }
            None::<()>
        })?;
        self.slot.names_age.set(age);
        Ok(())
    }
}

/// Where the bit of a hash is. The upper bits of a hash are the best.
#[inline(always)]
fn word(hash: u32) -> usize {
    hash as usize >> (32 - BITS + WORD.ilog2()) & (SIZE / WORD - 1)
}

#[inline(always)]
fn bit(hash: u32) -> u32 {
    1 << (hash >> (32 - BITS) & (WORD as u32 - 1))
}
