// SPDX-License-Identifier: GPL-2.0-or-later
//! `rename`, which 0.11 answered with ENOSYS.
//!
//! The new name exists at every moment, as the old file or as the new one.

use super::{Last, Name};
use crate::buffer::{Rank, Scope};
use crate::inode::{Inode, LockedInode};
use crate::layout::ROOT_INODE;
use crate::{Fs, FsTask};
use abi::limits::LINK_MAX;
use abi::sys::stat::S_ISDIR;
use abi::{Errno, Result};

/// Bytes of a disk's sector.
const SECTOR_SIZE: u32 = 512;

impl<'fs> Fs<'fs> {
    /// Gives a file or directory another name, and replaces what has that name now.
    pub fn sys_rename(&'fs self, task: &FsTask<'fs>, old: &[u8], new: &[u8]) -> Result<()> {
        let (mut old_name, mut new_name) = (Name::EMPTY, Name::EMPTY);
        let old = self.dir_namei(task, old, &mut old_name)?;
        old.dir.check_directory(task)?;
        let new = self.dir_namei(task, new, &mut new_name)?;
        new.dir.check_directory(task)?;
        if old.name.is_fixed() || new.name.is_fixed() {
            return Err(Errno::EBUSY);
        }
        if old.dir.device() != new.dir.device() {
            return Err(Errno::EXDEV);
        }
        let tree_lock = self.tables.tree_locks.of(old.dir.device().major());
        let _tree = tree_lock.hold(self.platform);
        let source = self.find_inode(&old.dir, old.name)?;
        self.check_source(&source, &old, &new)?;

        // The replaced file is deleted after the directories are unlocked.
        let _replaced;
        let old_dir = old.dir.lock();
        old_dir.may_change(task)?;
        old_dir.may_remove(task, &source)?;
        let from = (&old_dir, old.name);
        let replaced = if old.dir == new.dir {
            self.rename_locked(task, &source, from, (&old_dir, new.name))
        } else {
            let new_dir = new.dir.lock();
            new_dir.may_change(task)?;
            self.rename_locked(task, &source, from, (&new_dir, new.name))
        };
        self.forget_paths();
        _replaced = replaced?;
        Ok(())
    }

    /// Checks that it may be moved to the place of `new`. The tree lock is held, so
    /// that no directory moves meanwhile.
    fn check_source(
        &'fs self,
        source: &Inode<'fs>,
        old: &Last<'_, 'fs>,
        new: &Last<'_, 'fs>,
    ) -> Result<()> {
        if !S_ISDIR(source.mode()) {
            return match old.slash || new.slash {
                true => Err(Errno::ENOTDIR),
                false => Ok(()),
            };
        }
        if source.is_covered() {
            return Err(Errno::EBUSY);
        }
        let is_moved = old.dir != new.dir;
        if *source == old.dir || is_moved && self.is_below(&new.dir, source)? {
            return Err(Errno::EINVAL);
        }
        Ok(())
    }

    /// Whether a directory is `ancestor` or below it.
    fn is_below(&'fs self, dir: &Inode<'fs>, ancestor: &Inode<'fs>) -> Result<bool> {
        let mut dir = dir.clone();
        // On a broken disk the parents may form a circle.
        for _ in 0..=u16::MAX {
            if !self.platform.give_way() {
                return Err(Errno::EINTR);
            }
            if dir == *ancestor {
                return Ok(true);
            }
            if dir.number() == ROOT_INODE {
                return Ok(false);
            }
            let parent = self.find_inode(&dir, &Name::new(Name::DOT_DOT))?;
            let is_it = |number, is_dot_dot: bool| number == dir.number() && !is_dot_dot;
            let has_name = parent.lock().any_entry(is_it)?;
            // Otherwise it may be somewhere else, even below `ancestor`.
            if !has_name {
                dir.lock().damaged(format_args!(
                    "a parent {} that has no name for it",
                    parent.number()
                ))?;
            }
            dir = parent;
        }
        Err(Errno::ELOOP)
    }

    /// Renames in directories that are locked. Returns the file that had the new
    /// name.
    fn rename_locked(
        &'fs self,
        task: &FsTask<'fs>,
        source: &Inode<'fs>,
        (old_dir, old_name): (&LockedInode<'_, 'fs>, &Name),
        (new_dir, new_name): (&LockedInode<'_, 'fs>, &Name),
    ) -> Result<Option<Inode<'fs>>> {
        let old_entry = old_dir.find_entry(old_name)?.ok_or(Errno::ENOENT)?;
        // Another task may have unlinked the file and made another one.
        if old_entry.number != source.number() {
            return Err(Errno::ENOENT);
        }
        let moves_directory = S_ISDIR(source.mode()) && **old_dir != **new_dir;
        if moves_directory {
            old_dir.check_links()?;
            source.lock().check_parent(old_dir)?;
        }
        source.write()?;
        // A sector is written whole, so two entries of one change together.
        let place = new_dir.find_entry(new_name)?;
        let position = match &place {
            Some(entry) => entry.position,
            None => new_dir.free_position()?,
        };
        let is_one_sector = position / SECTOR_SIZE == old_entry.position / SECTOR_SIZE;
        let (new_rank, old_rank) = match **old_dir == **new_dir && is_one_sector {
            true => (Rank::Names, Rank::Names),
            false => (Rank::Arrivals, Rank::Removals),
        };
        let replaced = match place {
            Some(entry) => {
                let target = self.iget(new_dir.device(), entry.number)?;
                if target == *source {
                    return Ok(None);
                }
                new_dir.may_remove(task, &target)?;
                // An empty directory stays empty while it is locked.
                let empty = check_target(source, &target, old_dir, new_dir)?;
                if empty.is_some() {
                    // What was in it may have been moved elsewhere.
                    self.flush(Scope::device(new_dir.device()))?;
                }
                entry.set(source.number(), new_rank);
                new_dir.touch();
                target.remove_link();
                if S_ISDIR(target.mode()) {
                    // Its `.` and its `..` go too.
                    target.discard();
                    new_dir.remove_link();
                }
                drop(empty);
                Some(target)
            }
            None => {
                if moves_directory && new_dir.nlinks() >= LINK_MAX {
                    return Err(Errno::EMLINK);
                }
                new_dir.add_entry(new_name, source.number(), new_rank)?;
                None
            }
        };
        if moves_directory {
            new_dir.add_link();
            if let Some(parent) = source.lock().find_entry(&Name::new(Name::DOT_DOT))? {
                parent.set(new_dir.number(), Rank::Names);
            }
            old_dir.remove_link();
        }
        old_entry.clear(old_rank);
        old_dir.touch();
        source.change(|_| {});
        Ok(replaced)
    }
}

/// Whether `source` may take the place of `target`. Locks a directory that is
/// going to be replaced.
fn check_target<'a, 'fs>(
    source: &Inode<'fs>,
    target: &'a Inode<'fs>,
    old_dir: &LockedInode<'_, 'fs>,
    new_dir: &LockedInode<'_, 'fs>,
) -> Result<Option<LockedInode<'a, 'fs>>> {
    match (S_ISDIR(source.mode()), S_ISDIR(target.mode())) {
        (false, false) => return Ok(None),
        (false, true) => return Err(Errno::EISDIR),
        (true, false) => return Err(Errno::ENOTDIR),
        (true, true) => {}
    }
    if target.is_covered() {
        return Err(Errno::EBUSY);
    }
    // This task has locked these two, and they are not empty.
    if *target == **old_dir || *target == **new_dir {
        return Err(Errno::ENOTEMPTY);
    }
    let target = target.lock();
    target.check_empty(new_dir)?;
    new_dir.check_links()?;
    Ok(Some(target))
}
