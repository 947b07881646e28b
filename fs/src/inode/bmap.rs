// SPDX-License-Identifier: GPL-2.0-or-later
//! From a block of a file to the zone that holds it (0.11: `_bmap`).

use super::{Inode, LockedInode};
use crate::buffer::Rank;
use crate::layout::{
    BLOCK_SIZE, DIRECT_ZONES, DOUBLE_INDIRECT, INDIRECT, MAX_FILE_BLOCKS, ZONES_PER_BLOCK, Zone,
    put_at, u16_at,
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
        if file_block < DIRECT_ZONES {
            return Ok(Path::Direct(file_block as usize));
        }
        if file_block >= MAX_FILE_BLOCKS {
            return Err(Errno::EFBIG);
        }
        let rest = file_block - DIRECT_ZONES;
        if rest < ZONES_PER_BLOCK {
            return Ok(Path::Indirect(rest as usize));
        }
        let rest = rest - ZONES_PER_BLOCK;
        Ok(Path::Double(
            (rest / ZONES_PER_BLOCK) as usize,
            (rest % ZONES_PER_BLOCK) as usize,
        ))
    }
}

impl Inode<'_> {
    /// The zone of a block of the file; [`Zone::HOLE`] if it was never written.
    /// `EFBIG` behind the largest file, `EIO` if the disk can't be read or has an
    /// impossible zone number.
    #[inline]
    pub fn bmap(&self, file_block: u32) -> Result<Zone> {
        let mut zones = [Zone::HOLE];
        self.bmap_all(file_block, &mut zones)?;
        self.check(zones[0])
    }

    /// The zones of the blocks of the file from `first` on, for a caller that gives
    /// each to [`Inode::check`] when it comes to use it. Returns how many there are
    /// before the first that can't be found; errors as [`Inode::bmap`] if that is the
    /// first of all.
    #[inline(always)]
    pub(crate) fn bmap_all(&self, first: u32, zones: &mut [Zone]) -> Result<usize> {
        let mut done = 0;
        while done < zones.len() {
            match self.bmap_some(first + done as u32, &mut zones[done..]) {
                Ok(count) => done += count,
                Err(_) if done != 0 => break,
                error => return error,
            }
        }
        Ok(done)
    }

    /// The zones of the blocks from `first` on that are listed in one place; returns how
    /// many of `zones` these are, at least one.
    #[inline(always)]
    fn bmap_some(&self, first: u32, zones: &mut [Zone]) -> Result<usize> {
        match Path::of(first)? {
            Path::Direct(n) => {
                zones[0] = self.state().disk.zones[n];
                Ok(1)
            }
            Path::Indirect(n) => self.listed(self.direct(INDIRECT)?, n, zones),
            Path::Double(n, m) => {
                let mut indirect = [Zone::HOLE];
                self.listed(self.direct(DOUBLE_INDIRECT)?, n, &mut indirect)?;
                self.listed(self.check(indirect[0])?, m, zones)
            }
        }
    }

    /// Zone `n` of the inode.
    #[inline]
    fn direct(&self, n: usize) -> Result<Zone> {
        let zone = self.state().disk.zones[n];
        self.check(zone)
    }

    /// The zones of an indirect block from number `n` on; returns how many of
    /// `zones` it has.
    fn listed(&self, indirect: Zone, n: usize, zones: &mut [Zone]) -> Result<usize> {
        let count = zones.len().min(ZONES_PER_BLOCK as usize - n);
        let zones = &mut zones[..count];
        if indirect.is_hole() {
            zones.fill(Zone::HOLE);
            return Ok(count);
        }
        let (device, block) = (self.device(), indirect.block());
        let mut copy = |data: &[u8; BLOCK_SIZE]| {
            for (zone, n) in zones.iter_mut().zip(n..) {
                *zone = Zone(u16_at(data, 2 * n));
            }
        };
        if self.fs.peek(device, block, &mut copy).is_none() {
            copy(&self.fs.bread(device, block)?.data());
        }
        Ok(count)
    }

    /// Checks a zone number that came from the disk.
    #[inline]
    pub(crate) fn check(&self, zone: Zone) -> Result<Zone> {
        if zone.is_hole() || self.may_have(zone) {
            return Ok(zone);
        }
        let what = format_args!("inode {} refers to zone {zone}", self.number());
        self.fs.fs_error(self.device(), what);
        Err(Errno::EIO)
    }
}

/// What [`LockedInode::create_block`] found or made.
pub(crate) struct FileBlock {
    pub(crate) zone: Zone,
    /// The zone was free until now: its contents must be overwritten.
    pub(crate) is_new: bool,
}

impl LockedInode<'_, '_> {
    /// As [`Inode::bmap`], but a block that was never written gets a zone
    /// (0.11: `create_block`). `ENOSPC` if there is none.
    pub(crate) fn create_block(&self, file_block: u32) -> Result<FileBlock> {
        match Path::of(file_block)? {
            Path::Direct(n) => self.create_direct(n, false),
            Path::Indirect(n) => {
                let indirect = self.create_direct(INDIRECT, true)?;
                self.create_listed(indirect.zone, n, false)
            }
            Path::Double(n, m) => {
                let double = self.create_direct(DOUBLE_INDIRECT, true)?;
                let indirect = self.create_listed(double.zone, n, true)?;
                self.create_listed(indirect.zone, m, false)
            }
        }
    }

    fn create_direct(&self, n: usize, is_list: bool) -> Result<FileBlock> {
        let zone = self.direct(n)?;
        if !zone.is_hole() {
            let is_new = false;
            return Ok(FileBlock { zone, is_new });
        }
        let zone = self.new_zone(is_list)?;
        let now = self.fs.current_time();
        self.update(|state| {
            state.disk.zones[n] = zone;
            state.ctime = now;
        });
        Ok(FileBlock { zone, is_new: true })
    }

    fn create_listed(&self, indirect: Zone, n: usize, is_list: bool) -> Result<FileBlock> {
        let buffer = self.fs.bread(self.device(), indirect.block())?;
        let zone = Zone(u16_at(&buffer.data()[..], 2 * n));
        if !zone.is_hole() {
            let (zone, is_new) = (self.check(zone)?, false);
            return Ok(FileBlock { zone, is_new });
        }
        let zone = self.new_zone(is_list)?;
        buffer.change(Rank::Lists, || {
            put_at(&mut buffer.data()[..], 2 * n, zone.0.to_le_bytes());
        });
        Ok(FileBlock { zone, is_new: true })
    }

    /// Takes a free zone of the device; it is zeroed if it is to list others.
    fn new_zone(&self, is_list: bool) -> Result<Zone> {
        let zone = self.fs.new_block(self.super_index())?;
        if is_list {
            let buffer = self.fs.getblk(self.device(), zone.block());
            buffer.overwrite(|data| *data = [0; BLOCK_SIZE]);
        }
        Ok(zone)
    }
}
