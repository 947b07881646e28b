// SPDX-License-Identifier: GPL-2.0-or-later
//! Going along a path as far as its names are known, which most paths are.
//!
//! [`Fs::known`] finds an inode whose whole path is known. [`Fs::walk_known`] comes first in
//! every other walk. It takes no directory's lock and counts no inode but the last.
//! [`Fs::walk`] goes on where it stopped. (0.11 has nothing of the kind.)

use super::{MAY_EXEC, Rights};
use crate::inode::{Inode, InodeSlot, Table};
use crate::known_paths::Target;
use crate::name_cache::{Key, Known, NameCache};
use crate::{Fs, FsTask};
use abi::sys::stat::{S_IFDIR, S_IFMT, S_ISLNK};
use abi::{Errno, Result};

/// A path without its last name and what comes behind that.
#[inline(always)]
fn without_last(path: &[u8]) -> &[u8] {
    let is_slash = |byte: &u8| *byte == b'/';
    let end = path.iter().rposition(|byte| !is_slash(byte)).unwrap_or(0);
    let last = path[..end].iter().rposition(is_slash);
    &path[..last.map_or(0, |slash| slash + 1)]
}

impl<'fs> Fs<'fs> {
    /// Calls `found` with the inode that a path names, if the path is known. With the inode
    /// table locked no inode can be freed, so none need be counted.
    #[inline(always)]
    pub(super) fn known<R>(
        &'fs self,
        task: &FsTask<'fs>,
        path: &[u8],
        found: impl FnOnce(&Table, &'fs InodeSlot) -> R,
    ) -> Option<R> {
        let start = task.directory(path.starts_with(b"/")).ok()?.slot;
        self.tables.inodes.with(|table| {
            let find = |names: &mut NameCache| names.paths.find(start.identity(), path);
            let slot = self.slot_of(self.tables.names.with(find)?)?;
            Some(found(table, slot))
        })
    }

    /// Goes from where the caller's paths begin along a path while its names are known,
    /// the caller may search the directories, and nothing but plain
    /// directories is on the way; to the last name only if `whole` and no slash
    /// follows it. Returns the inode that it got to and where in the path it stopped,
    /// which is the path's length if the last name was found too.
    #[inline(always)]
    pub(super) fn walk_known(
        &'fs self,
        task: &FsTask<'fs>,
        path: &[u8],
        whole: bool,
    ) -> Result<(Inode<'fs>, usize)> {
        let is_absolute = *path.first().ok_or(Errno::ENOENT)? == b'/';
        let start = task.directory(is_absolute)?.slot;
        let table = self.tables.inodes.lock();
        let mut names = self.tables.names.lock();
        let front = without_last(path);
        let known = match front {
            [] | [b'/'] => Some(start),
            _ => (names.directories.find(start.identity(), front)).and_then(|it| self.slot_of(it)),
        };
        let (dir, position) = match known {
            Some(dir) => (dir, front.len()),
            None => self.walk_names(&table, &mut names, task, start, front),
        };
        if whole
            && position == front.len()
            && !path.ends_with(b"/")
            && let Some((inode, place, _)) =
                self.step(&table, &mut names, task, dir, &path[position..])
        {
            if known.is_some() && all_may_search(dir) {
                names.insert_path(place, start.identity(), path, Target::of(inode));
            }
            return Ok((self.count_slot(&table, inode), path.len()));
        }
        Ok((self.count_slot(&table, dir), position))
    }

    /// Goes from `start` along a path that leads to a directory, name by name, and
    /// remembers the path if its end was reached.
    #[inline(never)]
    fn walk_names(
        &self,
        table: &Table,
        names: &mut NameCache,
        task: &FsTask<'fs>,
        start: &'fs InodeSlot,
        path: &[u8],
    ) -> (&'fs InodeSlot, usize) {
        let (mut dir, mut rest) = (start, path);
        let mut is_open = true;
        while !rest.is_empty()
            && let Some((next, _, behind)) = self.step(table, names, task, dir, rest)
        {
            is_open &= all_may_search(dir);
            (dir, rest) = (next, behind);
        }
        if rest.is_empty() && is_open {
            let target = Target::of(dir);
            names.directories.insert(start.identity(), path, target);
        }
        (dir, path.len() - rest.len())
    }

    /// The inode of the first name of a path, the place of the name in the cache, and what
    /// comes behind it and its slash. `None` if the name is not known or the caller may not
    /// search `dir`.
    #[inline(always)]
    fn step<'p>(
        &self,
        table: &Table,
        names: &mut NameCache,
        task: &FsTask<'fs>,
        dir: &'fs InodeSlot,
        path: &'p [u8],
    ) -> Option<(&'fs InodeSlot, usize, &'p [u8])> {
        // What is no directory has no names here.
        if !all_may_search(dir) && !may_search(task, dir) {
            return None;
        }
        let (key, behind) = Key::of(dir.identity(), path)?;
        if key.is_empty() {
            return Some((dir, key.place, behind));
        }
        let known = names.find(&key)?;
        let inode = match self.slot_of(known.target) {
            Some(inode) => inode,
            None => self.look_for_slot(table, known)?,
        };
        Some((inode, key.place, behind))
    }

    /// The slot of an inode, if it has that slot and a walk may go there: it is no
    /// link, and not covered by another device.
    #[inline(always)]
    fn slot_of(&self, target: Target) -> Option<&'fs InodeSlot> {
        let slot = self.slot(target.slot)?;
        let disk = slot.disk();
        // The fields that were not filled in yet say that it has no names.
        let may_pass = slot.identity() == target.identity
            && !slot.is_covered()
            && disk.nlinks != 0
            && !S_ISLNK(disk.mode);
        may_pass.then_some(slot)
    }

    /// As [`Fs::slot_of`], where the inode may have got another slot.
    #[cold]
    fn look_for_slot(&self, table: &Table, known: &mut Known) -> Option<&'fs InodeSlot> {
        known.target = Target::of(self.find_slot(table, known.target.identity)?);
        self.slot_of(known.target)
    }
}

/// Whether anybody may search a directory, as nearly all may be.
#[inline(always)]
fn all_may_search(slot: &InodeSlot) -> bool {
    slot.disk().mode & (S_IFMT | 0o111) == S_IFDIR | 0o111
}

/// Whether the caller may search it.
#[cold]
fn may_search(task: &FsTask<'_>, slot: &InodeSlot) -> bool {
    Rights::of(&slot.disk()).check(task, MAY_EXEC).is_ok()
}
