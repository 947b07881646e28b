// SPDX-License-Identifier: GPL-2.0-or-later
//! Free zones that are set aside, so that the bitmap is not searched for each zone.
//!
//! When a zone is taken, the bits of all free zones behind it in the same word of the
//! bitmap are set too. These zones are the next to be taken. The bits of those that are
//! left are cleared again before [`Fs::flush`] writes the bitmap, and before anybody asks
//! which zones are free. So a set bit without an owner gets to the disk only if the
//! machine stops without a `sync`; then `fsck` clears it, as it does for files that were
//! not finished.

use super::{Map, WORD};
use crate::Fs;
use crate::buffer::{BufferHead, Scope};
use crate::layout::{BITS_PER_BLOCK, BLOCK_SIZE};
use crate::super_block::SuperBlock;
use abi::Result;

/// The zones of one word of the bitmap that are set aside.
pub(crate) struct Spare {
    /// The bit of the bitmap that bit 0 of `bits` stands for.
    first: u32,
    /// They are set in the bitmap, but nothing has their zones.
    bits: u32,
}

impl Spare {
    /// Nothing is set aside.
    pub(crate) const NONE: Spare = Spare { first: 0, bits: 0 };

    /// Takes the first of them.
    #[inline(always)]
    fn take(&mut self) -> Option<u32> {
        let n = (self.bits != 0).then(|| self.bits.trailing_zeros())?;
        self.bits &= self.bits - 1;
        Some(self.first + n)
    }
}

impl<'fs> Fs<'fs> {
    /// Takes a free bit of the zone bitmap. `ENOSPC` if there is none.
    #[inline(always)]
    pub(super) fn take_zone_bit(&'fs self, block: &SuperBlock) -> Result<u32> {
        match block.state.with(|state| state.spare.take()) {
            Some(bit) => Ok(bit),
            None => self.find_and_set_aside(block),
        }
    }

    #[cold]
    fn find_and_set_aside(&'fs self, block: &SuperBlock) -> Result<u32> {
        let bit = self.set_free_bit(block, Map::Zones)?;
        let state = &mut *block.state.lock();
        // The search may sleep, and then another task may have set some aside.
        if state.spare.bits == 0
            && let Some(buffer) = self.map_buffer(&state.zone_map, bit)
        {
            let first = bit / WORD * WORD;
            let left = state.geometry.data_zones() - first;
            // There may be clear bits behind that of the last zone.
            let are_zones = u32::MAX >> (WORD - 1 - left.min(WORD - 1));
            let behind = are_zones & !(u32::MAX >> (WORD - 1 - bit % WORD));
            let bits = change_word(buffer, bit, |word| (word | behind, !word & behind));
            state.spare = Spare { first, bits };
        }
        Ok(bit)
    }

    /// Makes free what is set aside of a file system.
    pub(super) fn give_back_spare(&self, block: &SuperBlock) {
        let state = &mut *block.state.lock();
        let Spare { first, bits } = core::mem::replace(&mut state.spare, Spare::NONE);
        if bits != 0
            && let Some(buffer) = self.map_buffer(&state.zone_map, first)
        {
            change_word(buffer, first, |word| (word & !bits, ()));
            self.set_dirty(buffer);
            // The search goes on with them.
            state.zone_hint = first + bits.trailing_zeros();
        }
    }

    /// As `give_back_spare`, for all file systems in `scope`.
    pub(crate) fn give_back_spares(&self, scope: Scope) {
        let supers = self.tables.supers.iter();
        supers
            .filter(|block| scope.has(block.device()))
            .for_each(|block| self.give_back_spare(block));
    }
}

/// Replaces the word of a bitmap that has `bit` by the first of what `change` makes of it.
/// Returns the second.
fn change_word<R>(buffer: &BufferHead, bit: u32, change: impl FnOnce(u32) -> (u32, R)) -> R {
    buffer.with_data(|data: &mut [u8; BLOCK_SIZE]| {
        let place = &mut data.as_chunks_mut().0[(bit % BITS_PER_BLOCK / WORD) as usize];
        let (word, result) = change(u32::from_le_bytes(*place));
        *place = word.to_le_bytes();
        result
    })
}
