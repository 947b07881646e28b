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
use crate::inode::Inode;
use crate::layout::{DiskInode, InodeNumber, NAME_LEN, u32_at};
use crate::{Fs, FsTask};
use abi::sys::stat::S_ISLNK;

/// How many names are remembered.
const SIZE: usize = 1024;
/// Words that hold a name; the last one has a NUL.
const NAME_WORDS: usize = NAME_LEN / 4 + 1;

/// Which directory, and which name in it. The name is compared in words of four bytes.
pub(super) struct Key<'n> {
    /// What [`InodeSlot::identity`] says of the directory.
    directory: u32,
    /// The words in front of the last one.
    words: &'n [[u8; 4]],
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
        for (n, factor) in FACTORS.into_iter().enumerate() {
            let word = first_word(rest);
            let slashes = slashes(word);
            if slashes == 0 {
                hash = hash.wrapping_add(word.wrapping_mul(factor));
                rest = rest.get(4..).unwrap_or_default();
                continue;
            }
            // What is below the first slash.
            let end = word & ((slashes ^ (slashes - 1)) >> 8);
            hash = hash.wrapping_add(end.wrapping_mul(factor));
            let behind = slashes.trailing_zeros() as usize / 8 + 1;
            let key = Key {
                directory,
                words: path.as_chunks().0.get(..n).unwrap_or_default(),
                end,
                place: hash as usize >> (32 - SIZE.ilog2()) & (SIZE - 1),
            };
            return Some((key, rest.get(behind..).unwrap_or_default()));
        }
        None
    }

    /// Whether it is between two slashes.
    fn is_empty(&self) -> bool {
        self.words.is_empty() && self.end == 0
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
    pub(super) fn find(&self, key: &Key<'_>) -> Option<&Known> {
        let known = &self.0[key.place];
        let mut words = key.words.iter().zip(&known.name);
        let is_it = known.directory == key.directory
            && known.name[key.words.len()] == key.end
            && words.all(|(a, b)| u32::from_le_bytes(*a) == *b);
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
};

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
    #[inline(always)]
    pub(super) fn walk_known(
        &'fs self,
        task: &FsTask<'fs>,
        start: &Inode<'fs>,
        path: &[u8],
        whole: bool,
    ) -> (Inode<'fs>, usize) {
        let way = match whole && !path.ends_with(b"/") {
            true => path,
            false => without_last(path),
        };
        let table = self.tables.inodes.lock();
        let names = self.tables.names.lock();
        let (uid, gid) = (task.euid.get(), task.egid.get());
        let may_search = |disk: &DiskInode| Rights::of(disk).allow(task, uid, gid, MAY_EXEC);
        let mut slot = start.slot;
        // What is no directory has no names here.
        let mut is_open = may_search(&slot.state().disk);
        let mut rest = way.strip_prefix(b"/").unwrap_or(way);
        while is_open && !rest.is_empty() {
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
            let Some(next) = self.find_slot(&table, known.inode) else {
                break;
            };
            let state = next.state();
            let disk = &state.disk;
            // The fields that were not filled in yet say that it has no names.
            if disk.nlinks == 0 || S_ISLNK(disk.mode) || next.is_covered() {
                break;
            }
            is_open = may_search(disk);
            (slot, rest) = (next, behind);
        }
        drop(names);
        (self.count_slot(&table, slot), way.len() - rest.len())
    }
}
