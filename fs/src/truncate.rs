// SPDX-License-Identifier: GPL-2.0-or-later
//! Freeing all zones of a file (0.11: `fs/truncate.c`).
//!
//! The inode forgets its zones before the first of them is free, in memory and
//! in its block of the inode table. So what the new owner of a zone writes can
//! never be reached through the old one.

use crate::inode::{Inode, KeptZones, LockedInode};
use crate::layout::{DIRECT_ZONES, DOUBLE_INDIRECT, INDIRECT, INODE_ZONES, ZONES_PER_BLOCK, Zone};
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
        let disk = self.state().disk;
        if has_zones(disk.mode) {
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

/// How many numbers of a list are read together: few, since they are on the
/// kernel's stack.
const PART: usize = 64;

impl<'fs> Inode<'fs> {
    fn free_all(&self, zones: &[Zone; INODE_ZONES]) -> Result<()> {
        self.free_zones_of(&zones[..DIRECT_ZONES as usize])?;
        self.free_ind(zones[INDIRECT])?;
        self.free_dind(zones[DOUBLE_INDIRECT])
    }

    /// Frees zones; zones that follow each other are freed together.
    fn free_zones_of(&self, mut zones: &[Zone]) -> Result<()> {
        while let Some(start) = zones.iter().position(|zone| !zone.is_hole()) {
            zones = &zones[start..];
            let first = zones[0];
            let in_row = zones.iter().zip(first.block()..);
            let count = in_row
                .take_while(|(zone, block)| zone.block() == *block)
                .count();
            self.free_blocks(first, count as u32)?;
            zones = &zones[count..];
        }
        Ok(())
    }

    fn free_blocks(&self, first: Zone, count: u32) -> Result<()> {
        self.fs.platform.give_way();
        self.fs.free_blocks(self.super_index(), first, count)
    }

    /// Frees the zones that an indirect block lists, and the block.
    fn free_ind(&self, indirect: Zone) -> Result<()> {
        self.free_list(indirect, |zones| self.free_zones_of(zones))
    }

    /// Frees a double indirect block, the blocks that it lists, and all zones that
    /// these list.
    fn free_dind(&self, double: Zone) -> Result<()> {
        self.free_list(double, |zones| {
            zones.iter().try_for_each(|zone| self.free_ind(*zone))
        })
    }

    fn free_list(&self, list: Zone, free: impl Fn(&[Zone]) -> Result<()>) -> Result<()> {
        if list.is_hole() {
            return Ok(());
        }
        // If it were free already, another file could have it by now.
        if !self.fs.zone_in_use(self.super_index(), list) {
            let what = format_args!("inode {} has zone {list}, which is free", self.number());
            self.fs.fs_error(self.device(), what);
            return Err(Errno::EIO);
        }
        let mut zones = [Zone::HOLE; PART];
        for first in (0..ZONES_PER_BLOCK as usize).step_by(PART) {
            self.listed(list, first, &mut zones)?;
            free(&zones)?;
        }
        self.free_blocks(list, 1)
    }
}
