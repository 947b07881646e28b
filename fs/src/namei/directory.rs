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

/// What [`LockedInode::find_entry`] finds.
pub(super) enum Lookup<'fs> {
    /// The entry.
    Found(Entry<'fs>),
    /// There is no such entry; the position of the first free one in the directory, or of
    /// its end.
    Missing(u32),
}

/// A directory entry in its buffer.
pub(super) struct Entry<'fs> {
    dir: &'fs InodeSlot,
    buffer: Buffer<'fs>,
    /// Its position in the directory.
    pub(super) position: u32,
    pub(super) number: InodeNumber,
    /// The hash of its name, which the name cache may have.
    hash: Option<u32>,
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
        if let Some(hash) = self.hash {
            self.buffer
                .fs()
                .tables
                .names
                .with(|names| names.forget(hash));
        }
        self.buffer.change(rank, || {
            let number = number.0.to_le_bytes();
            let offset = self.position as usize % BLOCK_SIZE;
            put_at(&mut self.buffer.data()[..], offset, number);
        });
    }
}

/// Looks for a name in a block with entries of `SIZE` bytes. Returns offset and inode
/// of its entry. It is not inlined, so that its loop, which sees each entry of a large
/// directory, works in registers.
#[inline(never)]
fn search<const SIZE: usize>(block: &[u8], name: &Name) -> Option<(usize, u16)> {
    let wanted = &name.bytes[..SIZE - ENTRY_NAME];
    // Most names differ in their beginning. That of eight names is compared at a time,
    // without a call.
    let beginning = u32_at(wanted, 0);
    let may_be_it = |entry: &[u8; SIZE]| u32_at(entry, ENTRY_NAME) == beginning;
    let entries = block.as_chunks::<SIZE>().0;
    let mut from = 0;
    while let Some(rest) = entries.get(from..).filter(|rest| !rest.is_empty()) {
        let mut groups = rest.as_chunks::<8>().0.iter();
        let passed = groups.position(|group| group.iter().any(may_be_it));
        from += 8 * passed.unwrap_or(rest.len() / 8);
        for (n, entry) in entries.iter().enumerate().skip(from).take(8) {
            let number = u16_at(entry, 0);
            if may_be_it(entry) && number != 0 && entry[ENTRY_NAME..] == *wanted {
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
        block.map_or(ENTRY_NAME + NAME_LEN, |block| block.entry_size())
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
        hash: Option<u32>,
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
            let entry = data.get(offset..).unwrap_or_default();
            u16_at(entry, 0) == number.0
                && entry.get(ENTRY_NAME..entry_size) == name.bytes.get(..entry_size - ENTRY_NAME)
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
    pub(super) fn find_entry(&self, name: &Name) -> Result<Lookup<'fs>> {
        if self.nlinks() == 0 {
            return Err(Errno::ENOENT);
        }
        let key = self.key(name);
        let hash = key.as_ref().map(|key| key.hash);
        let (known, is_missing) = self.fs.tables.names.with(|names| match &key {
            Some(key) => names.look_up(key, self.slot.names_age.get()),
            None => (None, false),
        });
        if let Some((position, number)) = known
            && let Some(entry) = self.entry_at(position, number, name, hash)?
        {
            return Ok(Lookup::Found(entry));
        }
        match is_missing {
            true => Ok(Lookup::Missing(self.free_position()?)),
            false => self.search_entry(name, hash),
        }
    }

    /// As [`LockedInode::find_entry`], for a name that is not known.
    #[inline(never)]
    fn search_entry(&self, name: &Name, hash: Option<u32>) -> Result<Lookup<'fs>> {
        let is_short = self.entry_size() == ENTRY_NAME + NAME_LEN;
        let found = self.search_blocks(0, |start, block| {
            let found = match is_short {
                true => search::<{ ENTRY_NAME + NAME_LEN }>(block, name),
                false => search::<{ ENTRY_NAME + NAME_LEN_MAX }>(block, name),
            };
            let (offset, number) = found?;
            Some((start + offset as u32, InodeNumber(number)))
        })?;
        let Some((position, number)) = found else {
            self.learn_names()?;
            return Ok(Lookup::Missing(self.free_position()?));
        };
        let entry = self.entry_at(position, number, name, hash)?;
        self.remember(name, number, position);
        entry.map(Lookup::Found).ok_or(Errno::ENOENT)
    }

    /// The position of the first free entry, or of the end.
    fn free_position(&self) -> Result<u32> {
        let (from, size) = (self.slot.full_to.get(), self.size());
        let entry_size = self.entry_size();
        let end = size - size % entry_size as u32;
        if from >= end {
            return Ok(end);
        }
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
    pub(super) fn add_entry(
        &self,
        name: &Name,
        number: InodeNumber,
        position: u32,
        rank: Rank,
    ) -> Result<()> {
        let entry_size = self.entry_size();
        let size = self.size();
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
            let change = |head: &BufferHead| store(&mut head.data());
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
        match self.find_entry(&Name::new(Name::DOT_DOT))? {
            Lookup::Found(entry) => self.check_dot_dot(Some(entry.number), parent),
            Lookup::Missing(_) => self.check_dot_dot(None, parent),
        }
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
