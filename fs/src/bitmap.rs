// SPDX-License-Identifier: GPL-2.0-or-later
//! Free zones and free inodes (0.11: `fs/bitmap.c`).
//!
//! [`Fs::new_block`] and [`Fs::new_inode`] take one, [`Fs::free_blocks`] and
//! [`Fs::free_inode`] give it back. A bit of a bitmap is set while its zone or
//! inode is in use. The search for a free bit goes on where the last one was found,
//! so that zones that are taken together are near each other; and it finds several zones
//! at once: see [`spare`].
//!
//! A zone or inode that was given back can be taken again after the next
//! [`Fs::flush`]: see [`freed`].
//!
//! An impossible number, or a bit that is clear already, comes from a broken disk.
//! It is reported ([`Fs::fs_error`]), and nothing on that disk is changed any more.

mod freed;
mod spare;

pub(crate) use freed::Freed;
pub(crate) use spare::Spare;

use crate::Fs;
use crate::inode::Inode;
use crate::layout::{BITS_PER_BLOCK, DiskInode, InodeNumber, MAP_SLOTS, Zone, u32_at};
use crate::super_block::SuperBlock;
use abi::sys::types::Device;
use abi::{Errno, Result};

/// Bits that are looked at together.
const WORD: u32 = u32::BITS;

/// Which bitmap.
#[derive(Clone, Copy)]
enum Map {
    Inodes,
    Zones,
}

impl<'fs> Fs<'fs> {
    /// Takes a free zone of a device. It has old contents, which the caller
    /// overwrites before anything refers to the zone. `ENOSPC` if there is none.
    #[inline(always)]
    pub(crate) fn new_block(&'fs self, index: u32) -> Result<Zone> {
        let block = self.super_block(index).ok_or(Errno::EIO)?;
        let bit = self.take_zone_bit(block)?;
        let first = block.state.with(|state| state.geometry.firstdatazone);
        Ok(Zone(first + bit as u16 - 1))
    }

    /// Gives zones back, `count` from `first` on (0.11: `free_block`). Nothing in
    /// memory may refer to them any more. At the first zone that can't have been in
    /// use the file system becomes read-only, and the result is `EIO`.
    pub(crate) fn free_blocks(&'fs self, index: u32, first: Zone, count: u32) -> Result<()> {
        let block = self.super_block(index).ok_or(Errno::EIO)?;
        if block.is_read_only() {
            // They were taken from their file while it could be written.
            block.leave_to_fsck();
            return Err(Errno::EROFS);
        }
        let device = block.device();
        self.give_back_spare(block);
        let in_use = self.count_zones_in_use(block, first, count);
        // This must come before they can belong to another file.
        self.forget(device, first.block()..first.block() + in_use);
        self.free_zones_later(block, first, in_use);
        if in_use == count {
            return Ok(());
        }
        let zone = first.block() + in_use;
        self.fs_error(
            device,
            format_args!("freeing zone {zone}, which is free already or no data zone"),
        );
        Err(Errno::EIO)
    }

    /// How many of the zones from `first` on are data zones in use, up to the
    /// first that is not.
    fn count_zones_in_use(&self, block: &SuperBlock, first: Zone, count: u32) -> u32 {
        let state = block.state.lock();
        let geometry = &state.geometry;
        if !geometry.has_zone(first) {
            return 0;
        }
        let count = count.min(u32::from(geometry.nzones - first.0));
        let from = u32::from(first.0 - geometry.firstdatazone) + 1;
        let (mut bit, mut is_set) = (from, true);
        while is_set
            && bit < from + count
            && let Some(buffer) = self.map_buffer(&state.zone_map, bit)
        {
            buffer.with_data(|data| {
                for word in &data.as_chunks().0[(bit % BITS_PER_BLOCK / WORD) as usize..] {
                    let ones = (u32::from_le_bytes(*word) >> (bit % WORD)).trailing_ones();
                    bit += ones;
                    is_set = ones != 0 && bit % WORD == 0;
                    if !is_set || bit >= from + count {
                        break;
                    }
                }
            });
        }
        (bit - from).min(count)
    }

    /// Whether the zone bitmap has the zone in use.
    pub(crate) fn zone_in_use(&self, index: u32, zone: Zone) -> bool {
        let Some(block) = self.super_block(index) else {
            return false;
        };
        self.give_back_spare(block);
        let state = block.state.lock();
        state.geometry.has_zone(zone) && {
            let bit = u32::from(zone.0 - state.geometry.firstdatazone) + 1;
            self.test_bit(&state.zone_map, bit)
        }
    }

    /// Takes a free inode of a device and fills it in. It has one link. If that is
    /// taken back, the inode is freed when its handle is dropped. `ENOSPC` if there
    /// is none, `ENFILE` if there is no room for it in memory.
    pub(crate) fn new_inode(&'fs self, index: u32, disk: DiskInode) -> Result<Inode<'fs>> {
        let block = self.super_block(index).ok_or(Errno::EIO)?;
        if block.is_read_only() {
            return Err(Errno::EROFS);
        }
        let bit = self.set_free_bit(block, Map::Inodes)?;
        let number = InodeNumber(bit as u16);
        self.make_inode(block.device(), index, number, disk)
            .inspect_err(|_| {
                self.clear_bit(block, Map::Inodes, bit);
            })
    }

    /// Whether the inode bitmap has the inode in use.
    pub(crate) fn inode_in_use(&self, block: &SuperBlock, number: InodeNumber) -> bool {
        self.test_bit(&block.state.lock().inode_map, u32::from(number.0))
    }

    /// Finds a clear bit and sets it. If there is none, first makes free what was
    /// given back.
    #[inline(always)]
    fn set_free_bit(&'fs self, block: &SuperBlock, map: Map) -> Result<u32> {
        self.try_set_free_bit(block, map)
            .or_else(|error| self.free_and_set_bit(block, map).ok_or(error))
    }

    #[cold]
    fn free_and_set_bit(&'fs self, block: &SuperBlock, map: Map) -> Option<u32> {
        let is_freed = self.free_now(block);
        is_freed.then(|| self.try_set_free_bit(block, map).ok())?
    }

    #[inline(always)]
    fn try_set_free_bit(&self, block: &SuperBlock, map: Map) -> Result<u32> {
        let state = &mut *block.state.lock();
        let (numbers, last, hint) = match map {
            Map::Inodes => (
                &state.inode_map,
                u32::from(state.geometry.ninodes),
                &mut state.inode_hint,
            ),
            Map::Zones => (
                &state.zone_map,
                state.geometry.data_zones(),
                &mut state.zone_hint,
            ),
        };
        let bit = self.set_first_clear(numbers, *hint, last);
        let bit = bit.or_else(|| self.set_first_of_all(numbers, hint.saturating_sub(1)));
        *hint = bit.ok_or(Errno::ENOSPC)? + 1;
        Ok(*hint - 1)
    }

    /// As [`Fs::set_first_clear`], from the beginning.
    #[cold]
    fn set_first_of_all(&self, numbers: &[u32; MAP_SLOTS], last: u32) -> Option<u32> {
        self.set_first_clear(numbers, 1, last)
    }

    /// Sets the first clear bit of `from..=last` and tells which it was.
    #[inline(always)]
    fn set_first_clear(&self, numbers: &[u32; MAP_SLOTS], from: u32, last: u32) -> Option<u32> {
        let mut bit = from;
        while bit <= last {
            let buffer = self.map_buffer(numbers, bit)?;
            let found = buffer.with_data(|data| {
                for place in &mut data.as_chunks_mut().0[(bit % BITS_PER_BLOCK / WORD) as usize..] {
                    let word = u32::from_le_bytes(*place);
                    // The bits before `bit` count as set.
                    let clear = !word & (u32::MAX << (bit % WORD));
                    if clear != 0 {
                        let found = bit / WORD * WORD + clear.trailing_zeros();
                        if found <= last {
                            *place = (word | 1 << (found % WORD)).to_le_bytes();
                        }
                        return Some(found);
                    }
                    bit = (bit / WORD + 1) * WORD;
                }
                None
            });
            if let Some(found) = found {
                let found = (found <= last).then_some(found)?;
                self.set_dirty(buffer);
                return Some(found);
            }
        }
        None
    }

    /// Clears a bit; false if it was clear.
    fn clear_bit(&self, block: &SuperBlock, map: Map, bit: u32) -> bool {
        let state = block.state.lock();
        let numbers = match map {
            Map::Inodes => &state.inode_map,
            Map::Zones => &state.zone_map,
        };
        let Some(buffer) = self.map_buffer(numbers, bit) else {
            return false;
        };
        let mut data = buffer.data();
        let byte = &mut data[(bit % BITS_PER_BLOCK / 8) as usize];
        let mask = 1 << (bit % 8);
        if *byte & mask == 0 {
            return false;
        }
        *byte &= !mask;
        drop(data);
        self.set_dirty(buffer);
        true
    }

    /// Writes the bitmaps.
    fn write_maps(&self, block: &SuperBlock) -> Result<()> {
        let (inode_map, zone_map, geometry) = {
            let state = block.state.lock();
            (state.inode_map, state.zone_map, state.geometry)
        };
        let mut result = Ok(());
        let inode_map = inode_map.iter().take(geometry.imap_blocks.into());
        let zone_map = zone_map.iter().take(geometry.zmap_blocks.into());
        for head in inode_map
            .chain(zone_map)
            .filter_map(|n| self.buffer_head(*n))
        {
            result = self.write_now(head).and(result);
        }
        result
    }

    fn test_bit(&self, numbers: &[u32; MAP_SLOTS], bit: u32) -> bool {
        self.map_buffer(numbers, bit).is_some_and(|buffer| {
            buffer.data()[(bit % BITS_PER_BLOCK / 8) as usize] & 1 << (bit % 8) != 0
        })
    }

    /// The buffer with a bit of a bitmap.
    fn map_buffer(
        &self,
        numbers: &[u32; MAP_SLOTS],
        bit: u32,
    ) -> Option<&'fs crate::buffer::BufferHead> {
        self.buffer_head(*numbers.get((bit / BITS_PER_BLOCK) as usize)?)
    }

    /// The numbers of free zones and free inodes (0.11 counted them in
    /// `mount_root`), with those that are about to become free.
    pub(crate) fn count_free(&self, block: &SuperBlock) -> (u32, u32) {
        self.give_back_spare(block);
        let state = block.state.lock();
        let (zone_map, inode_map, geometry) = (state.zone_map, state.inode_map, state.geometry);
        let (freed_zones, freed_inodes) = state.freed.counts();
        drop(state);
        let zones = self.count_clear(&zone_map, geometry.data_zones());
        let inodes = self.count_clear(&inode_map, u32::from(geometry.ninodes));
        (zones + freed_zones, inodes + freed_inodes)
    }

    /// How many bits of `1..=last` are clear. There are only a few blocks, so this
    /// does not give way: what is freed meanwhile would be counted twice.
    fn count_clear(&self, numbers: &[u32; MAP_SLOTS], last: u32) -> u32 {
        let mut clear = 0;
        let mut bit = 0;
        while bit <= last {
            let Some(buffer) = self.map_buffer(numbers, bit) else {
                break;
            };
            let data = buffer.data();
            let end = (bit + BITS_PER_BLOCK).min(last + 1);
            for first in (bit..end).step_by(WORD as usize) {
                let mut word = !u32_at(&data[..], (first % BITS_PER_BLOCK / 8) as usize);
                if first == 0 {
                    word &= !1;
                }
                if end - first < WORD {
                    word &= !(u32::MAX << (end - first));
                }
                clear += word.count_ones();
            }
            bit = end;
        }
        clear
    }

    /// Free zones and inodes of a mounted device.
    pub fn free_counts(&self, device: Device) -> Option<(u32, u32)> {
        self.get_super(device)
            .map(|(_, block)| self.count_free(block))
    }
}
