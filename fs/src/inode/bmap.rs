// SPDX-License-Identifier: GPL-2.0-or-later
//! From a block of a file to the zone that holds it (0.11: `_bmap`).
//!
//! [`LockedInode::zone`] keeps what it has read of a list of zones, so that the next
//! blocks of the file are found without their list.

use super::{Inode, InodeState, LockedInode};
use crate::buffer::{BufferHead, Rank};
use crate::layout::{
    BLOCK_SIZE, DIRECT_ZONES, DOUBLE_INDIRECT, INDIRECT, ZONES_PER_BLOCK, Zone, put_at,
};
use abi::{Errno, Result};

/// Where the number of a file block's zone is kept.
enum Path {
    /// In the inode.
    Direct(usize),
    /// In the inode's indirect block.
    Indirect(usize),
    /// In one of the blocks that the inode's double indirect block lists.
    Double(usize, usize),
}

impl Path {
    #[inline(always)]
    fn of(file_block: u32) -> Result<Path> {
        const LIST: u32 = ZONES_PER_BLOCK;
        Ok(match file_block.checked_sub(DIRECT_ZONES) {
            None => Path::Direct(file_block as usize),
            Some(n) if n < LIST => Path::Indirect(n as usize),
            Some(n) if n >= LIST + LIST * LIST => return Err(Errno::EFBIG),
            Some(n) => Path::Double((n / LIST - 1) as usize, (n % LIST) as usize),
        })
    }
}

impl Inode<'_> {
    /// The zone of a block of the file; [`Zone::HOLE`] if it was never written.
    /// `EFBIG` behind the largest file, `EIO` if the disk can't be read or has an
    /// impossible zone number.
    pub fn bmap(&self, file_block: u32) -> Result<Zone> {
        let mut zones = [Zone::HOLE];
        self.list_zones(Path::of(file_block)?, &mut zones)?;
        self.check(zones[0])
    }

    /// Fills `zones` with the zone at the end of a path and those behind it in the same
    /// list; a direct zone is in no list, and stands for all. They are not checked yet.
    fn list_zones(&self, path: Path, zones: &mut [Zone]) -> Result<()> {
        let (list, n) = match path {
            Path::Direct(n) => {
                zones.fill(self.slot.disk().zones[n]);
                return Ok(());
            }
            Path::Indirect(n) => (self.zone_in(None, INDIRECT)?, n),
            Path::Double(n, m) => {
                let double = self.zone_in(None, DOUBLE_INDIRECT)?;
                (self.zone_in(Some(double), n)?, m)
            }
        };
        self.listed(list, n, zones)
    }

    /// Zone `n` of a list, or of the inode if there is no list.
    #[inline(always)]
    fn zone_in(&self, list: Option<Zone>, n: usize) -> Result<Zone> {
        let mut zones = [Zone::HOLE];
        match list {
            None => zones[0] = self.slot.disk().zones[n],
            Some(list) => self.listed(list, n, &mut zones)?,
        }
        self.check(zones[0])
    }

    /// Fills `zones` with those of an indirect block from number `n` on; they are not
    /// checked yet.
    pub(crate) fn listed(&self, indirect: Zone, n: usize, zones: &mut [Zone]) -> Result<()> {
        if indirect.is_hole() {
            zones.fill(Zone::HOLE);
            return Ok(());
        }
        let mut copy = |head: &BufferHead| {
            for (zone, number) in zones.iter_mut().zip(&head.data().as_chunks().0[n..]) {
                *zone = Zone(u16::from_le_bytes(*number));
            }
        };
        let (device, block) = (self.device(), indirect.block());
        if self.fs.with_cached(device, block, &mut copy).is_none() {
            copy(self.fs.bread(device, block)?.head());
        }
        Ok(())
    }

    /// Checks a zone number that came from the disk.
    #[inline(always)]
    pub(crate) fn check(&self, zone: Zone) -> Result<Zone> {
        if zone.is_hole() || self.may_have(zone) {
            return Ok(zone);
        }
        Err(self.impossible_zone(zone))
    }

    #[cold]
    fn impossible_zone(&self, zone: Zone) -> Errno {
        let what = format_args!("inode {} refers to zone {zone}", self.number());
        self.fs.fs_error(self.device(), what)
    }
}

/// How many zones are kept. A list has a multiple of that.
const KEPT: usize = 16;

/// A part of a list of zones. It has each zone that the file gets there, and is
/// forgotten when the file loses its zones.
#[derive(Clone, Copy)]
pub(crate) struct KeptZones {
    /// Which part, counted from 1 over all lists; 0 for none.
    part: usize,
    zones: [Zone; KEPT],
}

impl KeptZones {
    pub(crate) const NONE: KeptZones = KeptZones {
        part: 0,
        zones: [Zone::HOLE; KEPT],
    };
}

impl InodeState {
    /// Where the zone of a block is in memory, if it is.
    #[inline(always)]
    fn known_zone(&mut self, file_block: u32) -> Option<&mut Zone> {
        if file_block < DIRECT_ZONES {
            return Some(&mut self.disk.zones[file_block as usize]);
        }
        let n = (file_block - DIRECT_ZONES) as usize;
        (self.kept.part == n / KEPT + 1).then(|| &mut self.kept.zones[n % KEPT])
    }
}

impl<'fs> LockedInode<'_, 'fs> {
    /// As [`Inode::bmap`], but keeps what it reads: the file cannot lose its zones
    /// meanwhile.
    #[inline(always)]
    pub fn zone(&self, file_block: u32) -> Result<Zone> {
        let known = self.with(|state| state.known_zone(file_block).copied());
        let zone = match known {
            Some(zone) => zone,
            None => self.read_zones(file_block)?,
        };
        self.check(zone)
    }

    #[cold]
    fn read_zones(&self, file_block: u32) -> Result<Zone> {
        let n = (file_block - DIRECT_ZONES) as usize;
        let mut zones = [Zone::HOLE; KEPT];
        self.list_zones(Path::of(file_block - (n % KEPT) as u32)?, &mut zones)?;
        let part = n / KEPT + 1;
        self.state().kept = KeptZones { part, zones };
        Ok(zones[n % KEPT])
    }

    /// Gives a zone to a block of the file that has none (0.11: `create_block`), and
    /// lets `fill` overwrite it. `ENOSPC` if there is no zone.
    #[inline(always)]
    pub(crate) fn create_block(
        &self,
        file_block: u32,
        fill: impl FnMut(&mut [u8; BLOCK_SIZE]),
    ) -> Result<()> {
        let zone = self.create_zone(file_block)?;
        (self.fs).change_block(self.device(), zone.block(), true, fill)
    }

    fn create_zone(&self, file_block: u32) -> Result<Zone> {
        let (list, n) = match Path::of(file_block)? {
            Path::Direct(n) => (None, n),
            Path::Indirect(n) => (Some(self.make_list(None, INDIRECT)?), n),
            Path::Double(n, m) => {
                let double = self.make_list(None, DOUBLE_INDIRECT)?;
                (Some(self.make_list(Some(double), n)?), m)
            }
        };
        let zone = self.fs.new_block(self.super_index())?;
        self.set_zone(list, n, zone)?;
        self.with(|state| {
            if let Some(known) = state.known_zone(file_block) {
                *known = zone;
            }
        });
        Ok(zone)
    }

    /// The list that is zone `n` of another list, or of the inode; an empty one is made if
    /// there is none.
    #[inline(always)]
    fn make_list(&self, list: Option<Zone>, n: usize) -> Result<Zone> {
        let zone = self.zone_in(list, n)?;
        if zone.is_hole() {
            return self.add_list(list, n);
        }
        Ok(zone)
    }

    #[cold]
    fn add_list(&self, list: Option<Zone>, n: usize) -> Result<Zone> {
        let zone = self.fs.new_block(self.super_index())?;
        let clear = |data: &mut _| *data = [0; BLOCK_SIZE];
        (self.fs).change_block(self.device(), zone.block(), true, clear)?;
        self.set_zone(list, n, zone)?;
        Ok(zone)
    }

    /// Makes a new zone number `n` of a list, or of the inode if there is no list. If that
    /// fails, the zone is free again.
    #[inline(always)]
    fn set_zone(&self, list: Option<Zone>, n: usize, zone: Zone) -> Result<()> {
        let Some(list) = list else {
            self.change(|state| state.disk.zones[n] = zone);
            return Ok(());
        };
        let store = move |head: &BufferHead| {
            head.with_data(|data| put_at(data, 2 * n, zone.0.to_le_bytes()));
        };
        let stored = (self.fs).change_in_order(self.device(), list.block(), Rank::Lists, store);
        stored.inspect_err(|_| {
            // Another error can't be told, and this one is of more use.
            let _ = self.fs.free_blocks(self.super_index(), zone, 1);
        })
    }
}
