// SPDX-License-Identifier: GPL-2.0-or-later
//! Where the blocks of a file system come from.
//!
//! The check takes any [`Blocks`]: all bytes of an image, or [`Kept`], which reads a
//! [`Device`] as it is asked. It keeps what a check looks at again and again: super
//! block, bitmaps, inodes, lists of zones and directories. Files, which are most of a
//! file system, are read only where a repair asks for their contents, and are not
//! kept. So a device may be larger than the memory.
//!
//! A repair writes nothing itself: what it would change is in [`Changed`].

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;
use core::cell::{Cell, OnceCell};
use fs::layout::{BLOCK_SIZE, SUPER_BLOCK};

/// The bytes of a block.
pub type Block = [u8; BLOCK_SIZE];

/// The blocks of a file system, from its first one on.
pub trait Blocks {
    /// How many there are.
    fn count(&self) -> u32;

    /// Block `number`, if there is such a block.
    fn block(&self, number: u32) -> Option<&Block>;

    /// The same for a block that is looked at once.
    fn contents(&self, number: u32) -> Option<Block> {
        self.block(number).copied()
    }

    /// The first block that could not be read. It was taken for one that does not
    /// exist, so all that was found is worth nothing.
    fn unreadable(&self) -> Option<u32> {
        None
    }
}

impl<T: AsRef<[u8]>> Blocks for T {
    fn count(&self) -> u32 {
        (self.as_ref().len() / BLOCK_SIZE) as u32
    }

    fn block(&self, number: u32) -> Option<&Block> {
        let start = (number as usize).checked_mul(BLOCK_SIZE)?;
        self.as_ref().get(start..)?.first_chunk()
    }
}

/// What can be read block by block.
pub trait Device {
    /// How many blocks it has.
    fn count(&self) -> u32;

    /// Reads the blocks from `first` on; whether that was possible.
    fn read(&self, first: u32, blocks: &mut [Block]) -> bool;
}

/// Blocks that are read at one time, where those behind will be wanted too.
const AHEAD: u32 = 16;

/// A [`Device`], and the blocks of it that were read and are wanted again.
pub struct Kept<D> {
    device: D,
    /// By their numbers.
    blocks: Vec<OnceCell<Box<Block>>>,
    /// The first block behind the inode table.
    end_of_tables: u32,
    unreadable: Cell<Option<u32>>,
}

impl<D: Device> Kept<D> {
    /// Nothing but the super block is read yet.
    pub fn new(device: D) -> Kept<D> {
        let count = device.count() as usize;
        let mut kept = Kept {
            device,
            blocks: core::iter::repeat_with(OnceCell::new).take(count).collect(),
            end_of_tables: 0,
            unreadable: Cell::new(None),
        };
        if let Ok(disk) = crate::super_block(&kept) {
            kept.end_of_tables = disk.firstdatazone.into();
        }
        kept
    }

    /// Reads a block, and those of the tables behind it: all of them will be wanted.
    fn read(&self, number: u32) {
        let is_in_tables = number > SUPER_BLOCK && number < self.end_of_tables;
        let ahead = if is_in_tables { AHEAD } else { 1 };
        let ahead = ahead.min(self.count() - number) as usize;
        let mut buffer = [[0; BLOCK_SIZE]; AHEAD as usize];
        for length in [ahead, 1] {
            let run = &mut buffer[..length];
            if self.device.read(number, run) {
                let places = self.blocks.iter().skip(number as usize);
                for (place, block) in places.zip(run) {
                    place.get_or_init(|| Box::new(*block));
                }
                return;
            }
        }
        self.note_unreadable(number);
    }

    fn note_unreadable(&self, number: u32) {
        let first = self.unreadable.get().unwrap_or(number);
        self.unreadable.set(Some(first));
    }
}

impl<D: Device> Blocks for Kept<D> {
    fn count(&self) -> u32 {
        self.blocks.len() as u32
    }

    fn block(&self, number: u32) -> Option<&Block> {
        let place = self.blocks.get(number as usize)?;
        if place.get().is_none() {
            self.read(number);
        }
        place.get().map(Box::as_ref)
    }

    fn contents(&self, number: u32) -> Option<Block> {
        if let Some(block) = self.blocks.get(number as usize)?.get() {
            return Some(**block);
        }
        let mut block = [[0; BLOCK_SIZE]];
        if !self.device.read(number, &mut block) {
            self.note_unreadable(number);
            return None;
        }
        Some(block[0])
    }

    fn unreadable(&self) -> Option<u32> {
        self.unreadable.get()
    }
}

/// Blocks to be written, by their numbers.
pub type Changes = BTreeMap<u32, Box<Block>>;

/// Blocks, and changes of them that were not written.
pub struct Changed<'a> {
    below: &'a dyn Blocks,
    changes: Changes,
}

impl<'a> Changed<'a> {
    /// No changes yet.
    pub fn new(below: &'a dyn Blocks) -> Changed<'a> {
        let changes = Changes::new();
        Changed { below, changes }
    }

    /// Block `number`, to be changed.
    pub fn block_mut(&mut self, number: u32) -> Option<&mut Block> {
        match self.changes.entry(number) {
            Entry::Occupied(place) => Some(place.into_mut()),
            Entry::Vacant(place) => {
                let block = self.below.contents(number)?;
                Some(place.insert(Box::new(block)))
            }
        }
    }

    /// Adds changes; they are newer.
    pub fn extend(&mut self, changes: Changes) {
        self.changes.extend(changes);
    }

    /// All that was changed.
    pub fn into_changes(self) -> Changes {
        self.changes
    }
}

impl Blocks for Changed<'_> {
    fn count(&self) -> u32 {
        self.below.count()
    }

    fn block(&self, number: u32) -> Option<&Block> {
        match self.changes.get(&number) {
            Some(block) => Some(block),
            None => self.below.block(number),
        }
    }

    fn contents(&self, number: u32) -> Option<Block> {
        match self.changes.get(&number) {
            Some(block) => Some(**block),
            None => self.below.contents(number),
        }
    }

    fn unreadable(&self) -> Option<u32> {
        self.below.unreadable()
    }
}
