// SPDX-License-Identifier: GPL-2.0-or-later
//! The zones of memory, from which pages are taken, and the map of all pages
//! (0.11: `mem_map`).
//!
//! [`make_zones`] makes room for what is known of each page; it is called once,
//! before the first page is given away. The pages of the kernel come from memory
//! that the kernel maps. A page goes back to the zone that it came from.
//!
//! In the wide edition there are two zones. The kernel maps the low one; pages for
//! programs come from the high one first, so that the low one is there for the
//! kernel. Room for five bytes a page is taken from low memory at boot. (`zones.rs`
//! keeps the same contract with one zone and static room.)

use super::frames::{FREE_PAGES, Purpose, UserPage, Zone};
use super::{PAGE_SIZE, PAGES, PHYSICAL_LIMIT, PhysicalAddress, physical};
use core::ops::Range;
use core::sync::atomic::AtomicU8;
use spin::Once;

/// Physical memory from this address on is not used. 32 bits cannot name the end of
/// the last page.
pub const MEMORY_LIMIT: u32 = 0u32.wrapping_sub(PAGE_SIZE as u32);

/// The number of a page, as a zone keeps it.
pub(super) type Number = u32;
/// The numbers of a zone's free pages.
pub(super) type Numbers = &'static mut [Number];

/// How many entries refer to each physical page.
static MEM_MAP: Once<&'static [AtomicU8]> = Once::new();

/// The map of all pages. At first all of them are reserved.
#[inline(always)]
pub(super) fn mem_map() -> &'static [AtomicU8] {
    MEM_MAP.get().copied().unwrap_or_default()
}

/// Makes room for what is known of the pages in `usable`, from `start` on. Returns
/// where it ends.
///
/// `start` is in a stretch of `usable`, and all from there on belongs to nobody. If
/// there is not enough low memory, the pages that come last are not used.
pub fn make_zones(
    start: PhysicalAddress,
    usable: impl Iterator<Item = Range<u32>>,
) -> PhysicalAddress {
    const BYTES: usize = size_of::<Number>() + size_of::<AtomicU8>();
    let start = start.0.next_multiple_of(align_of::<Number>() as u32);
    let (mut room, mut pages) = (0, 0);
    for stretch in usable {
        if stretch.contains(&start) {
            room = stretch.end.min(PHYSICAL_LIMIT).saturating_sub(start) as usize;
        }
        pages = stretch.end as usize / PAGE_SIZE;
    }
    let pages = pages.min(room / BYTES);
    let (numbers, map) = room_for(PhysicalAddress(start), pages);
    MEM_MAP.call_once(|| map);
    FREE_PAGES.lock().zones = Zones::of(numbers);
    PhysicalAddress(start + (pages * BYTES) as u32)
}

/// Takes memory for as many numbers and entries of the map, all zeroes.
fn room_for(start: PhysicalAddress, pages: usize) -> (Numbers, &'static [AtomicU8]) {
    let numbers = physical::pointer(start).cast::<Number>();
    // SAFETY: so much memory is there from `start` on, and mapped; the caller of
    // `make_zones` promises that it is nobody's. `start` is aligned for a number,
    // numbers and map do not overlap, and zeroes are valid for both.
    unsafe {
        let map = numbers.add(pages).cast::<AtomicU8>();
        numbers.write_bytes(0, pages);
        map.write_bytes(0, pages);
        let numbers = core::slice::from_raw_parts_mut(numbers, pages);
        (numbers, core::slice::from_raw_parts(map, pages))
    }
}

/// The zones.
pub(super) struct Zones {
    low: Zone,
    high: Zone,
    /// As many of the low pages are never given to programs, so that there are some
    /// for page tables, pipes and kernel stacks.
    kept: usize,
}

impl Zones {
    pub(super) const fn new() -> Zones {
        Zones {
            low: Zone::new(&mut []),
            high: Zone::new(&mut []),
            kept: 0,
        }
    }

    /// A page table serves 1024 pages, but few tables are full.
    fn of(numbers: Numbers) -> Zones {
        let (low, high) = numbers.split_at_mut(PAGES.min(numbers.len()));
        Zones {
            kept: (high.len() / 8).min(low.len() / 4),
            low: Zone::new(low),
            high: Zone::new(high),
        }
    }

    /// The zone of which the next page for a purpose is taken.
    pub(super) fn zone_for(&mut self, purpose: Purpose) -> &mut Zone {
        match purpose {
            Purpose::Program if self.high.free() > 0 => &mut self.high,
            _ => &mut self.low,
        }
    }

    /// How many pages there are for a purpose.
    pub(super) fn free_for(&self, purpose: Purpose) -> usize {
        match purpose {
            Purpose::Kernel => self.low.free(),
            Purpose::Program => self.high.free() + self.low.free().saturating_sub(self.kept),
        }
    }

    /// The zone that a page belongs to.
    pub(super) fn zone_of(&mut self, number: usize) -> &mut Zone {
        if number < PAGES {
            &mut self.low
        } else {
            &mut self.high
        }
    }

    /// Takes the next page that is to be cleared ahead of time. A few clean pages in
    /// each zone are enough: to clear gigabytes would take long, and an emulator has
    /// no memory yet for pages that were never written to.
    pub(super) fn pop_to_clear(&mut self) -> Option<UserPage> {
        const ENOUGH: usize = 1024;
        let zones = [&mut self.low, &mut self.high].into_iter();
        zones
            .filter(|zone| zone.clean < ENOUGH)
            .find_map(Zone::pop_stale)
    }

    pub(super) fn all(&self) -> [&Zone; 2] {
        [&self.low, &self.high]
    }
}
