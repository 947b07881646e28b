// SPDX-License-Identifier: GPL-2.0-or-later
//! Zones and inodes that were freed but can't be used again yet, because the disk
//! may still refer to them. Their bits stay set until the next [`Fs::flush`].
//!
//! So no zone and no inode has two owners on the disk, and a file that a rename
//! replaced is whole until the disk has the new name.

use super::Map;
use crate::Fs;
use crate::buffer::Scope;
use crate::layout::{DiskInode, InodeNumber, Zone};
use crate::super_block::SuperBlock;
use abi::Result;
use core::ops::Range;

/// How many inodes can wait.
const INODES: usize = 256;
/// How many stretches of zones can wait.
const RUNS: usize = 64;

/// Zones `first..first + length`.
#[derive(Clone, Copy)]
struct Run {
    first: u16,
    length: u16,
}

/// Freed zones and inodes of a mounted device.
pub(crate) struct Freed {
    inodes: [u16; INODES],
    inode_count: usize,
    runs: [Run; RUNS],
    run_count: usize,
    /// Runs before this index don't grow any more.
    sealed: usize,
}

impl Freed {
    /// An empty list.
    pub(crate) const fn new() -> Freed {
        Freed {
            inodes: [0; INODES],
            inode_count: 0,
            runs: [Run {
                first: 0,
                length: 0,
            }; RUNS],
            run_count: 0,
            sealed: 0,
        }
    }

    pub(crate) fn clear(&mut self) {
        (self.inode_count, self.run_count, self.sealed) = (0, 0, 0);
    }

    /// Adds zones; false if there is no room.
    fn add_zones(&mut self, first: Zone, length: u16) -> bool {
        if let Some(last) = self.runs[self.sealed..self.run_count].last_mut()
            && first.0.checked_sub(last.first) == Some(last.length)
        {
            last.length += length;
            return true;
        }
        let Some(run) = self.runs.get_mut(self.run_count) else {
            return false;
        };
        *run = Run {
            first: first.0,
            length,
        };
        self.run_count += 1;
        true
    }

    /// Adds an inode; false if there is no room.
    fn add_inode(&mut self, number: InodeNumber) -> bool {
        let Some(place) = self.inodes.get_mut(self.inode_count) else {
            return false;
        };
        *place = number.0;
        self.inode_count += 1;
        true
    }

    /// How many (zones, inodes) there are.
    pub(crate) fn counts(&self) -> (u32, u32) {
        let runs = &self.runs[..self.run_count];
        let zones = runs.iter().map(|run| u32::from(run.length)).sum();
        (zones, self.inode_count as u32)
    }

    /// How many (runs, inodes) there are now. What is freed later gets runs of its
    /// own.
    fn seal(&mut self) -> (usize, usize) {
        self.sealed = self.run_count;
        (self.run_count, self.inode_count)
    }

    /// Takes a zone out of a run. The caller clears its bit before anybody can
    /// count free zones.
    fn take_zone(&mut self, run: usize) -> Option<u16> {
        let run = &mut self.runs[run];
        run.length = run.length.checked_sub(1)?;
        run.first += 1;
        Some(run.first - 1)
    }

    /// Forgets the first runs, and some inodes.
    fn remove(&mut self, runs: usize, inodes: Range<usize>) {
        self.runs.copy_within(runs..self.run_count, 0);
        self.run_count -= runs;
        self.sealed = 0;
        self.inodes
            .copy_within(inodes.end..self.inode_count, inodes.start);
        self.inode_count -= inodes.len();
    }
}

impl<'fs> Fs<'fs> {
    /// Gives zones back. Nothing refers to them any more.
    pub(super) fn free_zones_later(&'fs self, block: &SuperBlock, first: Zone, count: u32) {
        if count != 0 {
            self.free_later(block, |freed| freed.add_zones(first, count as u16));
        }
    }

    /// Gives an inode back. No name refers to it, and it is given back before its
    /// zones.
    pub(crate) fn free_inode(&'fs self, index: u32, number: InodeNumber) {
        if let Some(block) = self.super_block(index) {
            self.free_later(block, |freed| freed.add_inode(number));
        }
    }

    fn free_later(&'fs self, block: &SuperBlock, mut add: impl FnMut(&mut Freed) -> bool) {
        // Other tasks can fill the list again before this task sees that it is
        // empty.
        while !add(&mut block.state.lock().freed) {
            if block.is_read_only() {
                // Nothing can become free any more, so fsck has to clear the bit.
                block.leave_to_fsck();
                return;
            }
            // What can't be written is reported by the next sync.
            let _ = self.flush(Scope::device(block.device()));
            self.platform.give_way();
        }
    }

    /// Makes free what waits to be free. Returns whether there was anything.
    pub(super) fn free_now(&'fs self, block: &SuperBlock) -> bool {
        let is_waiting = block.state.lock().freed.counts() != (0, 0);
        if is_waiting {
            let _ = self.flush(Scope::device(block.device()));
        }
        is_waiting
    }

    /// The last step of [`Fs::flush`], when nothing on the disk refers to these
    /// inodes any more. Clears the inodes, and when that is written, clears their
    /// bits and those of the zones.
    pub(crate) fn release_freed(&'fs self, block: &SuperBlock) -> Result<()> {
        let device = block.device();
        let (runs, inodes) = block.state.lock().freed.seal();
        if (runs, inodes) == (0, 0) || block.is_read_only() {
            return Ok(());
        }
        let mut result = Ok(());
        for n in 0..inodes {
            let number = InodeNumber(block.state.lock().freed.inodes[n]);
            result = self.clear_inode(block, number).and(result);
        }
        if inodes != 0 {
            result = self.write_inode_blocks(device).and(result);
        }
        for n in 0..runs {
            let next_zone = || block.state.lock().freed.take_zone(n);
            while let Some(zone) = next_zone() {
                self.clear_freed(block, Map::Zones, u32::from(zone));
                self.platform.give_way();
            }
        }
        let mut kept = 0;
        for n in 0..inodes {
            let number = block.state.lock().freed.inodes[n];
            if self.is_in_memory(device, InodeNumber(number)) {
                // The zones of this inode are still being given back.
                block.state.lock().freed.inodes[kept] = number;
                kept += 1;
            } else {
                self.clear_freed(block, Map::Inodes, u32::from(number));
            }
        }
        block.state.lock().freed.remove(runs, kept..inodes);
        result = self.write_maps(block).and(result);
        self.platform.flush_cache(device.major()).and(result)
    }

    fn clear_inode(&'fs self, block: &SuperBlock, number: InodeNumber) -> Result<()> {
        let (table_block, offset) = block.geometry().inode_place(number);
        let buffer = self.bread_inodes(block.device(), table_block)?;
        DiskInode::NONE.store(&mut buffer.data(), offset);
        buffer.mark_inodes_dirty();
        Ok(())
    }

    /// Clears the bit of a zone or inode.
    fn clear_freed(&self, block: &SuperBlock, map: Map, number: u32) {
        let (bit, what) = match map {
            Map::Zones => {
                let first = u32::from(block.geometry().firstdatazone);
                (number - first + 1, "zone")
            }
            Map::Inodes => (number, "inode"),
        };
        if !self.clear_bit(block, map, bit) {
            self.fs_error(
                block.device(),
                format_args!("{what} {number} is free already"),
            );
        }
    }
}
