// SPDX-License-Identifier: GPL-2.0-or-later
//! The entries of one directory (0.11: `find_entry`, `add_entry`, `empty_dir`).
//!
//! An entry is an inode number and a name; number 0 marks a free one. A
//! directory is a file of entries that only grows. Each change of an entry
//! happens in one buffer, at once.

use super::Name;
use crate::buffer::{Buffer, BufferHead, Rank};
use crate::inode::{Inode, InodeSlot, LockedInode};
use crate::layout::{
    BLOCK_SIZE, ENTRY_NAME, InodeNumber, NAME_LEN, NAME_LEN_MAX, put_at, u16_at, u32_at,
};
use abi::{Errno, Result};
use core::fmt;

/// A directory entry in its buffer.
pub(super) struct Entry<'fs> {
    dir: &'fs InodeSlot,
    buffer: Buffer<'fs>,
    /// Its position in the directory.
    pub(super) position: u32,
    pub(super) number: InodeNumber,
    /// The hash of its name, which the name cache may have; 0 if it does not take the name.
    hash: u32,
}

impl Entry<'_> {
    /// Makes it a free entry; `rank` is [`Rank::Removals`] if its inode may have
    /// another name.
    pub(super) fn clear(&self, rank: Rank) {
        self.set(InodeNumber(0), rank);
        let full_to = &self.dir.full_to;
        full_to.set(full_to.get().min(self.position));
    }

    /// Makes it refer to another inode.
    pub(super) fn set(&self, number: InodeNumber, rank: Rank) {
        let names = &self.buffer.fs().tables.names;
        names.with(|names| names.forget(self.hash));
        self.buffer.change(rank, || {
            let number = number.0.to_le_bytes();
            let offset = self.position as usize % BLOCK_SIZE;
            (self.buffer.head()).with_data(|data| put_at(data, offset, number));
        });
    }
}

/// Bytes of an entry with a short name, and with a long one.
const SHORT: usize = ENTRY_NAME + NAME_LEN;
const LONG: usize = ENTRY_NAME + NAME_LEN_MAX;

/// Whether an entry has that name.
#[inline(always)]
fn has_name<const SIZE: usize>(entry: &[u8; SIZE], name: &Name) -> bool {
    let pair = |n| u16_at(entry, ENTRY_NAME + n) == u16_at(&name.bytes, n);
    (0..SIZE - ENTRY_NAME).step_by(2).all(pair)
}

/// Looks for a name in a block with entries of `SIZE` bytes. Returns offset and inode
/// of its entry. It is not inlined, so that its loop, which sees each entry of a large
/// directory, works in registers.
#[inline(never)]
fn search<const SIZE: usize>(block: &[u8], name: &Name) -> Option<(usize, u16)> {
    // Most names differ in their beginning. That of eight names is compared at a time,
    // without a call.
    let beginning = u32_at(&name.bytes, 0);
    let may_be_it = |entry: &[u8; SIZE]| u32_at(entry, ENTRY_NAME) == beginning;
    let entries = block.as_chunks::<SIZE>().0;
    let mut from = 0;
    while let Some(rest) = entries.get(from..).filter(|rest| !rest.is_empty()) {
        let mut groups = rest.as_chunks::<8>().0.iter();
        let passed = groups.position(|group| group.iter().any(may_be_it));
        from += 8 * passed.unwrap_or(rest.len() / 8);
        for (n, entry) in entries.iter().enumerate().skip(from).take(8) {
            let number = u16_at(entry, 0);
            if may_be_it(entry) && number != 0 && has_name(entry, name) {
                return Some((n * SIZE, number));
            }
        }
        from += 8;
    }
    None
}

impl<'fs> Inode<'fs> {
    /// Bytes of an entry: 16, or 32 with long names.
    pub(crate) fn entry_size(&self) -> usize {
        let block = self.fs.super_block(self.super_index());
        block.map_or(SHORT, |block| block.entry_size())
    }

    /// Notes that its contents were changed now.
    pub(super) fn touch(&self) {
        self.change(|state| state.disk.time = state.ctime);
    }
}

impl<'fs> LockedInode<'_, 'fs> {
    /// Calls `look` with each block of a directory from the one with the position `from`
    /// on, and the position where it begins, until `look` returns something. Holes are
    /// left out, and what lies behind the directory's end. Gives way between two blocks;
    /// `EINTR` if a signal is about to end the caller.
    pub(crate) fn search_blocks<R>(
        &self,
        from: u32,
        mut look: impl FnMut(u32, &[u8]) -> Option<R>,
    ) -> Result<Option<R>> {
        let (device, size) = (self.device(), self.size());
        let from = from - from % BLOCK_SIZE as u32;
        for start in (from..size).step_by(BLOCK_SIZE) {
            if start != from && !self.fs.platform.give_way() {
                return Err(Errno::EINTR);
            }
            let zone = self.zone(start / BLOCK_SIZE as u32)?;
            if zone.is_hole() {
                continue;
            }
            let len = (size - start).min(BLOCK_SIZE as u32) as usize;
            let mut look_at = |head: &BufferHead| head.with_data(|data| look(start, &data[..len]));
            let found = match self.fs.with_cached(device, zone.block(), &mut look_at) {
                Some(found) => found,
                None => look_at(self.fs.bread(device, zone.block())?.head()),
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The entry of a name at a position. `None` if it is not there, since a program may
    /// have written to the disk's device.
    #[inline(always)]
    fn entry_at(
        &self,
        position: u32,
        number: InodeNumber,
        name: &Name,
        hash: u32,
    ) -> Result<Option<Entry<'fs>>> {
        let (size, entry_size) = (self.size(), self.entry_size());
        if position >= size || size - position < entry_size as u32 {
            return Ok(None);
        }
        let zone = self.zone(position / BLOCK_SIZE as u32)?;
        if zone.is_hole() {
            return Ok(None);
        }
        let buffer = self.fs.bread(self.device(), zone.block())?;
        let offset = position as usize % BLOCK_SIZE;
        let is_it = buffer.head().with_data(|data| {
            let rest = &data[offset..];
            u16_at(rest, 0) == number.0
                && match entry_size {
                    SHORT => rest
                        .first_chunk::<SHORT>()
                        .is_some_and(|it| has_name(it, name)),
                    _ => rest
                        .first_chunk::<LONG>()
                        .is_some_and(|it| has_name(it, name)),
                }
        });
        Ok(is_it.then(|| Entry {
            dir: self.slot,
            buffer,
            position,
            number,
            hash,
        }))
    }

    /// Looks for a name. `ENOENT` in a directory that was removed.
    pub(super) fn find_entry(&self, name: &Name) -> Result<Option<Entry<'fs>>> {
        if self.nlinks() == 0 {
            return Err(Errno::ENOENT);
        }
        let key = self.key(name);
        let hash = key.as_ref().map_or(0, |key| key.hash);
        let (known, is_missing) = self.fs.tables.names.with(|names| match &key {
            Some(key) => names.look_up(key, self.slot.names_age.get()),
            None => (None, false),
        });
        if let Some((position, number)) = known
            && let Some(entry) = self.entry_at(position, number, name, hash)?
        {
            return Ok(Some(entry));
        }
        match is_missing {
            true => Ok(None),
            false => self.search_entry(name, hash),
        }
    }

    /// As [`LockedInode::find_entry`], for a name that is not known.
    #[inline(never)]
    fn search_entry(&self, name: &Name, hash: u32) -> Result<Option<Entry<'fs>>> {
        let entry_size = self.entry_size();
        let found = self.search_blocks(0, |start, block| {
            let found = match entry_size {
                SHORT => search::<SHORT>(block, name),
                _ => search::<LONG>(block, name),
            };
            let (offset, number) = found?;
            Some((start + offset as u32, InodeNumber(number)))
        })?;
        let Some((position, number)) = found else {
            self.learn_names()?;
            return Ok(None);
        };
        let entry = self.entry_at(position, number, name, hash)?;
        self.remember(name, number, position);
        entry.map(Some).ok_or(Errno::ENOENT)
    }

    /// The position of the first free entry, or of the end.
    #[inline(always)]
    pub(super) fn free_position(&self) -> Result<u32> {
        let (from, size, entry_size) = (self.slot.full_to.get(), self.size(), self.entry_size());
        match size - size % entry_size as u32 {
            end if from >= end => Ok(end),
            end => self.search_free(from, end, entry_size),
        }
    }

    /// As [`LockedInode::free_position`], from a position on.
    #[inline(never)]
    fn search_free(&self, from: u32, end: u32, entry_size: usize) -> Result<u32> {
        let found = self.search_blocks(from, |start, block| {
            let entries = block.chunks_exact(entry_size);
            let mut entries = entries.zip((start..).step_by(entry_size));
            entries.find_map(|(entry, position)| {
                (position >= from && u16_at(entry, 0) == 0).then_some(position)
            })
        })?;
        Ok(found.unwrap_or(end))
    }

    /// Makes an entry, in the place of a free one if there is one, else at the end.
    /// `ENOSPC` if the directory can't grow. `rank` is [`Rank::Arrivals`] if the
    /// inode has another name. If the directory grew, its inode was copied to its
    /// block.
    pub(super) fn add_entry(&self, name: &Name, number: InodeNumber, rank: Rank) -> Result<()> {
        let (entry_size, size) = (self.entry_size(), self.size());
        let position = self.free_position()?;
        let file_block = position / BLOCK_SIZE as u32;
        let zone = self.zone(file_block)?;
        let offset = position as usize % BLOCK_SIZE;
        let store =
            |data: &mut [u8; BLOCK_SIZE]| store_entry(data, offset, entry_size, name, number);
        if zone.is_hole() {
            self.create_block(file_block, |data| {
                *data = [0; BLOCK_SIZE];
                store(data);
            })?;
        } else {
            let change = |head: &BufferHead| head.with_data(store);
            (self.fs).change_in_order(self.device(), zone.block(), rank, change)?;
        }
        let end = position + entry_size as u32;
        self.change(|state| {
            state.disk.size = state.disk.size.max(end);
            state.disk.time = state.ctime;
        });
        self.slot.full_to.set(end);
        if end > size {
            self.write()?;
        }
        self.remember(name, number, position);
        Ok(())
    }

    /// Makes the first block of a new directory, with `.` and `..`.
    pub(super) fn fill_directory(&self, parent: InodeNumber) -> Result<()> {
        let entry_size = self.entry_size();
        self.create_block(0, |data| {
            *data = [0; BLOCK_SIZE];
            store_entry(data, 0, entry_size, &Name::new(Name::DOT), self.number());
            let name = Name::new(Name::DOT_DOT);
            store_entry(data, entry_size, entry_size, &name, parent);
        })?;
        self.update(|state| {
            state.disk.size = 2 * entry_size as u32;
            state.disk.nlinks = 2;
        });
        Ok(())
    }

    /// Whether `look` returns true for one of its entries but `.`. It gets the inode,
    /// and whether the name is `..`.
    pub(super) fn any_entry(
        &self,
        mut look: impl FnMut(InodeNumber, bool) -> bool,
    ) -> Result<bool> {
        let entry_size = self.entry_size();
        let found = self.search_blocks(0, |_, block| {
            let mut entries = block.chunks_exact(entry_size);
            let is_any = entries.any(|entry| match (u16_at(entry, 0), &entry[ENTRY_NAME..]) {
                (0, _) | (_, [b'.', 0, ..]) => false,
                (number, name) => look(InodeNumber(number), name.starts_with(b"..\0")),
            });
            is_any.then_some(())
        });
        found.map(|found| found.is_some())
    }

    /// Checks it before it is removed from the directory `parent`: `ENOTEMPTY` if
    /// it has an entry other than `.` and `..`, else as
    /// [`LockedInode::check_parent`].
    pub(super) fn check_empty(&self, parent: &Inode<'_>) -> Result<()> {
        let mut dot_dot = None;
        let has_others = self.any_entry(|number, is_dot_dot| {
            dot_dot = dot_dot.or(is_dot_dot.then_some(number));
            !is_dot_dot
        })?;
        match has_others {
            true => Err(Errno::ENOTEMPTY),
            false => self.check_dot_dot(dot_dot, parent),
        }
    }

    /// Checks its links before a directory is moved out of it or removed. They are
    /// its own name, its `.` and the `..` of each directory in it. If the disk has
    /// too few, it could be freed while there are still names in it.
    pub(super) fn check_links(&self) -> Result<()> {
        match self.nlinks() {
            0..=2 => self.damaged(format_args!("too few links: {}", self.nlinks())),
            _ => Ok(()),
        }
    }

    /// Checks it before it leaves the directory `parent`: if its `..` leads
    /// elsewhere, it may have another name there.
    pub(super) fn check_parent(&self, parent: &Inode<'_>) -> Result<()> {
        let dot_dot = self.find_entry(&Name::new(Name::DOT_DOT))?;
        self.check_dot_dot(dot_dot.map(|entry| entry.number), parent)
    }

    fn check_dot_dot(&self, found: Option<InodeNumber>, parent: &Inode<'_>) -> Result<()> {
        let wanted = parent.number();
        match found {
            Some(number) if number == wanted => Ok(()),
            Some(number) => self.damaged(format_args!("a parent {number} that is not {wanted}")),
            None => self.damaged(format_args!("no parent")),
        }
    }

    /// Reports something in a directory that can't be.
    pub(super) fn damaged(&self, what: fmt::Arguments<'_>) -> Result<()> {
        let number = self.number();
        self.fs
            .fs_error(self.device(), format_args!("directory {number} has {what}"));
        Err(Errno::EIO)
    }
}

/// Stores an entry of `size` bytes; nothing where the block ends before.
fn store_entry(
    block: &mut [u8; BLOCK_SIZE],
    offset: usize,
    size: usize,
    name: &Name,
    number: InodeNumber,
) {
    let entry = block.get_mut(offset..offset + size).unwrap_or_default();
    let (number_part, name_part) = entry.split_at_mut(ENTRY_NAME.min(entry.len()));
    name_part.copy_from_slice(&name.bytes[..name_part.len()]);
    put_at(number_part, 0, number.0.to_le_bytes());
}
