// SPDX-License-Identifier: GPL-2.0-or-later
//! Freeing all zones of a file (0.11: `fs/truncate.c`).
//!
//! The inode forgets its zones before the first of them is free, in memory and
//! in its block of the inode table. So what the new owner of a zone writes can
//! never be reached through the old one.

use crate::inode::{Inode, KeptZones, LockedInode};
use crate::layout::{DIRECT_ZONES, DOUBLE_INDIRECT, INDIRECT, INODE_ZONES, Zone};
use abi::sys::stat::{S_ISDIR, S_ISLNK, S_ISREG};
use abi::{Errno, Result};

impl LockedInode<'_, '_> {
    /// Makes a file, a directory or a symbolic link empty; anything else stays
    /// as it is. Stops with an error at the first zone that can't be freed.
    pub(crate) fn truncate(&self) -> Result<()> {
        if !has_zones(self.mode()) {
            return Ok(());
        }
        if self.is_read_only() {
            return Err(Errno::EROFS);
        }
        let now = self.fs.current_time();
        let zones = self.update(|state| {
            state.disk.size = 0;
            state.disk.time = now;
            state.ctime = now;
            state.kept = KeptZones::NONE;
            core::mem::take(&mut state.disk.zones)
        });
        if zones.iter().all(|zone| zone.is_hole()) {
            return Ok(());
        }
        self.write()?;
        self.free_all(&zones)
    }

    /// Frees the zones of a file, a directory or a symbolic link that is going
    /// to be freed itself, and still has them.
    pub(crate) fn free_zones(&self) -> Result<()> {
        let disk = self.slot.disk();
        if has_zones(disk.mode) && disk.zones != [Zone::HOLE; INODE_ZONES] {
            self.free_all(&disk.zones)
        } else {
            Ok(())
        }
    }
}

/// A device node has a device number where the first zone would be.
fn has_zones(mode: u16) -> bool {
    S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)
}

/// Zones that follow each other, both in a list and on the disk.
struct Run {
    first: Zone,
    count: u32,
    /// Where in the list the next zones begin.
    end: usize,
}

impl Run {
    /// The next zones of a list, after any holes. The list has two bytes for each
    /// zone, as on the disk; `from` is an offset in it.
    fn next(list: &[u8], from: usize) -> Option<Run> {
        let mut rest = list.get(from..)?;
        // Most lists end with many holes.
        while let Some((holes, behind)) = rest.split_first_chunk::<64>()
            && (holes.as_chunks().0.iter()).fold(0, |any, two| any | u32::from_le_bytes(*two)) == 0
        {
            rest = behind;
        }
        let (zones, _) = rest.as_chunks::<2>();
        let zones = &zones[zones.iter().position(|zone| *zone != [0; 2])?..];
        let number = |zone: &[u8; 2]| u32::from(u16::from_le_bytes(*zone));
        let first = number(&zones[0]);
        // Two zones at a time are compared with those that would follow, and those of
        // eight pairs in a row. (No device has a zone 65535, so it does not matter which
        // would follow that.)
        let pairs = zones.as_flattened().as_chunks().0;
        let pair_at = |n: usize| (first | (first + 1) << 16).wrapping_add(n as u32 * 0x0002_0002);
        let is_next = |n: usize, pair: &[u8; 4]| u32::from_le_bytes(*pair) == pair_at(n);
        let follow =
            |(group, pairs): &(usize, &[_; 8])| (0..8).all(|n| is_next(8 * group + n, &pairs[n]));
        let groups = pairs.as_chunks().0.iter().enumerate();
        let mut count = 8 * groups.take_while(follow).count();
        while (pairs.get(count)).is_some_and(|pair| is_next(count, pair)) {
            count += 1;
        }
        let mut count = 2 * count as u32;
        let last = zones.get(count as usize).map(number);
        count += u32::from(last == Some(first + count));
        Some(Run {
            first: Zone(first as u16),
            count,
            end: list.len() - 2 * (zones.len() - count as usize),
        })
    }
}

impl<'fs> Inode<'fs> {
    fn free_all(&self, zones: &[Zone; INODE_ZONES]) -> Result<()> {
        let direct: [_; DIRECT_ZONES as usize] = core::array::from_fn(|n| zones[n].0.to_le_bytes());
        let mut from = 0;
        while let Some(run) = Run::next(direct.as_flattened(), from) {
            self.free_blocks(run.first, run.count)?;
            from = run.end;
        }
        self.free_ind(zones[INDIRECT])?;
        self.free_dind(zones[DOUBLE_INDIRECT])
    }

    fn free_blocks(&self, first: Zone, count: u32) -> Result<()> {
        self.fs.platform.give_way();
        self.fs.free_blocks(self.super_index(), first, count)
    }

    /// Frees the zones that an indirect block lists, and the block.
    fn free_ind(&self, indirect: Zone) -> Result<()> {
        self.free_list(indirect, |run| self.free_blocks(run.first, run.count))
    }

    /// Frees a double indirect block, the blocks that it lists, and all zones that
    /// these list.
    fn free_dind(&self, double: Zone) -> Result<()> {
        self.free_list(double, |run| {
            let mut lists = run.first.block()..run.first.block() + run.count;
            lists.try_for_each(|list| self.free_ind(Zone(list as u16)))
        })
    }

    /// Calls `free` with the zones that the block `list` lists, and frees the block.
    fn free_list(&self, list: Zone, free: impl Fn(&Run) -> Result<()>) -> Result<()> {
        if list.is_hole() {
            return Ok(());
        }
        // If it were free already, another file could have it by now.
        if !self.fs.zone_in_use(self.super_index(), list) {
            let what = format_args!("inode {} has zone {list}, which is free", self.number());
            self.fs.fs_error(self.device(), what);
            return Err(Errno::EIO);
        }
        let buffer = self.fs.bread(self.device(), list.block())?;
        let mut from = 0;
        loop {
            // The list is not locked while its zones are freed.
            let run = Run::next(&buffer.data()[..], from);
            let Some(run) = run else {
                break;
            };
            free(&run)?;
            from = run.end;
        }
        drop(buffer);
        self.free_blocks(list, 1)
    }
}
