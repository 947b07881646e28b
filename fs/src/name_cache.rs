// SPDX-License-Identifier: GPL-2.0-or-later
//! What names were found lately, so that a path need not be looked up entry by
//! entry (0.11 has nothing of the kind; Linux has had one since 1.1).
//!
//! * [`Fs::walk_known`](crate::Fs) goes along a path as far as the cache knows it.
//! * `LockedInode::find_entry` asks the cache before it reads the directory,
//!   and tells it what it found; `add_entry` and the changes of an
//!   `Entry` keep it right.
//!
//! The cache never says what the directory does not: an entry of it is made
//! and removed with the directory locked, and removed before the directory
//! changes. What is not in it may still be there. Names that are longer than
//! [`NAME_LEN`] are not in it, nor are `.` and `..`, which depend on the caller's
//! root and on what is mounted.

use crate::inode::LockedInode;
use crate::known_paths::{KnownPaths, Target};
use crate::layout::{ENTRY_NAME, InodeNumber, NAME_LEN, NAME_LEN_MAX, u32_at};
use crate::name_set::NameSet;
use crate::namei::Name;
use abi::sys::types::Device;

/// How many names are remembered.
const SIZE: usize = 1024;
/// Words that hold a name; the last one has a NUL.
const NAME_WORDS: usize = NAME_LEN / 4 + 1;
/// Bytes of the longest name in the cache.
const LONGEST: usize = 4 * NAME_WORDS - 1;

/// The hash of a name is the sum of its words, each times one of these, and of its
/// directory. The upper bits of the sum depend on all bits of all words.
const FACTORS: [u32; NAME_WORDS] = [0x9E37_79B9, 0x85EB_CA6B, 0xC2B2_AE35, 0x27D4_EB2F];

/// What the directory adds to a hash.
#[inline(always)]
fn directory_part(directory: u32) -> u32 {
    directory.wrapping_mul(0x165E_67B1)
}

/// The place of a name with that hash.
#[inline(always)]
fn place(hash: u32) -> usize {
    hash as usize >> (32 - SIZE.ilog2()) & (SIZE - 1)
}

/// A name in a directory that the cache may have.
#[derive(Clone, Copy)]
pub(crate) struct NameKey {
    directory: u32,
    words: [u32; NAME_WORDS],
    pub(crate) hash: u32,
}

impl NameKey {
    /// The key of a name of at most [`LONGEST`] bytes; NULs follow it.
    #[inline(always)]
    pub(crate) fn new(directory: u32, name: &[u8]) -> NameKey {
        let words = core::array::from_fn(|n| u32_at(name, 4 * n));
        let products = words
            .iter()
            .zip(FACTORS)
            .map(|(word, factor)| word.wrapping_mul(factor));
        NameKey {
            directory,
            words,
            hash: products.fold(directory_part(directory), u32::wrapping_add),
        }
    }

    /// The key of what is left of a longer name.
    #[cold]
    #[inline(never)]
    fn new_cut(directory: u32, mut name: [u8; NAME_LEN_MAX], len: usize) -> NameKey {
        name[len..].fill(0);
        NameKey::new(directory, &name)
    }
}

/// Which directory, and which name in it. The name is compared in words of four bytes.
pub(crate) struct Key<'n> {
    /// What `InodeSlot::identity` says of the directory.
    directory: u32,
    /// The name and what comes behind it.
    path: &'n [u8],
    /// How many whole words of the name are in front of the last one.
    words: usize,
    /// The last word: less than four bytes, filled up with NULs.
    end: u32,
    /// Its place in the cache.
    pub(crate) place: usize,
}

impl<'n> Key<'n> {
    /// The key of the first name of a path, and what comes behind the name and its
    /// slash. `None` if the name is longer than any in the cache.
    ///
    /// Most of the way along a path is this, so it takes four bytes at a time; a byte
    /// at a time would make `stat` of six names a fifth slower.
    #[inline(always)]
    pub(crate) fn of(directory: u32, path: &'n [u8]) -> Option<(Key<'n>, &'n [u8])> {
        let mut hash = directory_part(directory);
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
                place: place(hash),
            };
            return Some((key, from(rest, slashes.trailing_zeros() as usize / 8 + 1)));
        }
        None
    }

    /// Whether it is between two slashes.
    pub(crate) fn is_empty(&self) -> bool {
        self.words == 0 && self.end == 0
    }
}

/// Whether a path begins with so many words.
fn begins(path: &[u8], words: &[u32]) -> bool {
    let mut words = path.as_chunks().0.iter().zip(words);
    words.all(|(a, b)| u32::from_le_bytes(*a) == *b)
}

/// Where a name leads.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    directory: u32,
    name: [u32; NAME_WORDS],
    /// Where the entry is in the directory.
    position: u32,
    /// The inode; its slot is the one that it had when it was last looked for.
    pub(crate) target: Target,
    /// The place of the path that ends with it, if one is known.
    path: Option<u8>,
}

impl Known {
    fn number(&self) -> InodeNumber {
        InodeNumber(self.target.identity as u16)
    }
}

/// The names that are known. Each has one place where it can be, and drives
/// out what is there.
pub(crate) struct NameCache {
    known: [Known; SIZE],
    /// Paths to directories.
    pub(crate) directories: KnownPaths,
    /// Whole paths. The last name of each is known, and says where the path is.
    pub(crate) paths: KnownPaths,
    /// Names that are surely not there.
    pub(crate) name_set: NameSet,
}

impl NameCache {
    /// Nothing.
    pub(crate) const fn new() -> NameCache {
        NameCache {
            known: [NOTHING; SIZE],
            directories: KnownPaths::new(),
            paths: KnownPaths::new(),
            name_set: NameSet::new(),
        }
    }

    #[inline(always)]
    pub(crate) fn find(&mut self, key: &Key<'_>) -> Option<&mut Known> {
        let known = &mut self.known[key.place];
        let is_it = known.directory == key.directory
            && known.name[key.words] == key.end
            && (key.words == 0 || begins(key.path, &known.name[..key.words]));
        is_it.then_some(known)
    }

    /// As [`NameCache::find`], for the key of a name. Returns the position of its entry
    /// and its inode; and whether it surely has none, since its directory was noted in
    /// [`NameCache::name_set`] at that age.
    #[inline(always)]
    pub(crate) fn look_up(&self, key: &NameKey, age: u32) -> (Option<(u32, InodeNumber)>, bool) {
        let known = &self.known[place(key.hash)];
        let differ = |bits, (a, b): (&u32, &u32)| bits | (a ^ b);
        let is_it = known.directory == key.directory
            && known.name.iter().zip(&key.words).fold(0, differ) == 0;
        let found = is_it.then(|| (known.position, known.number()));
        (found, self.name_set.lacks(age, key.hash))
    }

    /// Puts a name to its place.
    #[inline(always)]
    pub(crate) fn insert(&mut self, key: &NameKey, inode: InodeNumber, position: u32) {
        let directory = key.directory;
        let known = Known {
            directory,
            name: key.words,
            position,
            target: Target {
                slot: 0,
                identity: directory & !0xFFFF | u32::from(inode.0),
            },
            path: None,
        };
        self.forget(key.hash);
        self.known[place(key.hash)] = known;
        self.name_set.insert(key.hash);
    }

    /// Forgets what is in the place of a hash.
    #[inline(always)]
    pub(crate) fn forget(&mut self, hash: u32) {
        let known = &mut self.known[place(hash)];
        known.directory = NOTHING.directory;
        if let Some(path) = known.path.take() {
            self.paths.forget(path.into());
        }
    }

    /// Remembers where a whole path leads whose last name is in a place.
    pub(crate) fn insert_path(&mut self, place: usize, start: u32, path: &[u8], target: Target) {
        let known = &mut self.known[place];
        if let Some(old) = known.path.take() {
            self.paths.forget(old.into());
        }
        known.path = self
            .paths
            .insert(start, path, target)
            .map(|path| path as u8);
    }

    /// Forgets all paths.
    pub(crate) fn forget_paths(&mut self) {
        self.directories.forget_all();
        self.paths.forget_all();
    }

    /// Forgets what it knows of a device.
    pub(crate) fn forget_device(&mut self, device: Device) {
        self.forget_where(|directory| directory >> 16 == u32::from(device.0));
        self.name_set.forget();
    }

    /// Forgets the names in directories whose `InodeSlot::identity` is wanted: of one that is
    /// freed, whose number may become another's, or of a device that was unmounted.
    pub(crate) fn forget_where(&mut self, is_wanted: impl Fn(u32) -> bool) {
        for known in self.known.iter_mut().filter(|it| is_wanted(it.directory)) {
            *known = NOTHING;
        }
        self.forget_paths();
    }
}

impl LockedInode<'_, '_> {
    /// The key of a name as this directory has it, which may be cut; `None` if such a name is
    /// not in the name cache.
    #[inline(always)]
    pub(crate) fn key(&self, name: &Name) -> Option<NameKey> {
        let (identity, longest) = (self.slot.identity(), self.entry_size() - ENTRY_NAME);
        match usize::from(name.len) {
            _ if name.is_fixed() => None,
            len if len <= longest.min(LONGEST) => Some(NameKey::new(identity, &name.bytes)),
            _ if longest <= LONGEST => Some(NameKey::new_cut(identity, name.bytes, longest)),
            _ => None,
        }
    }

    /// Adds a name to the name cache, if it has a key.
    pub(crate) fn remember(&self, name: &Name, number: InodeNumber, position: u32) {
        if let Some(key) = self.key(name) {
            self.slot.note_known_name();
            (self.fs.tables.names).with(|names| names.insert(&key, number, position));
        }
    }
}

/// An empty place. No directory is on device 0.
const NOTHING: Known = Known {
    directory: 0,
    name: [0; NAME_WORDS],
    position: 0,
    target: Target::NONE,
    path: None,
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
