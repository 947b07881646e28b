// SPDX-License-Identifier: GPL-2.0-or-later
//! The zones of memory, from which pages are taken, and the map of all pages
//! (0.11: `mem_map`).
//!
//! [`make_zones`] makes room for what is known of each page; it is called once,
//! before the first page is given away. The pages of the kernel come from memory
//! that the kernel maps. A page goes back to the zone that it came from.
//!
//! In the classic edition the kernel maps all memory, so there is one zone, and the
//! room for it is in the kernel already. (`wide/zones.rs` keeps the same contract with
//! two zones.)

use super::frames::{Purpose, UserPage, Zone};
use super::{PAGES, PHYSICAL_LIMIT, PhysicalAddress};
use core::ops::Range;
use core::sync::atomic::AtomicU8;

/// Physical memory from this address on is not used.
pub const MEMORY_LIMIT: u32 = PHYSICAL_LIMIT;

/// The number of a page, as a zone keeps it.
pub(super) type Number = u16;
/// The numbers of a zone's free pages.
pub(super) type Numbers = [Number; PAGES];

/// How many entries refer to each physical page (0.11: `mem_map`).
static MEM_MAP: [AtomicU8; PAGES] = [const { AtomicU8::new(0) }; PAGES];

/// The map of all pages. At first all of them are reserved.
pub(super) fn mem_map() -> &'static [AtomicU8] {
    &MEM_MAP
}

/// Makes room for what is known of the pages in `usable`, from `start` on. Returns
/// where it ends.
pub fn make_zones(
    start: PhysicalAddress,
    _usable: impl Iterator<Item = Range<u32>>,
) -> PhysicalAddress {
    start
}

/// The zones.
pub(super) struct Zones(Zone);

impl Zones {
    pub(super) const fn new() -> Zones {
        Zones(Zone::new([0; PAGES]))
    }

    /// The zone of which the next page for a purpose is taken.
    pub(super) fn zone_for(&mut self, _purpose: Purpose) -> &mut Zone {
        &mut self.0
    }

    /// How many pages there are for a purpose.
    pub(super) fn free_for(&self, _purpose: Purpose) -> usize {
        self.0.free()
    }

    /// The zone that a page belongs to.
    pub(super) fn zone_of(&mut self, _number: usize) -> &mut Zone {
        &mut self.0
    }

    /// Takes the next page that is to be cleared ahead of time.
    pub(super) fn pop_to_clear(&mut self) -> Option<UserPage> {
        self.0.pop_stale()
    }

    pub(super) fn all(&self) -> [&Zone; 1] {
        [&self.0]
    }
}
