// SPDX-License-Identifier: GPL-2.0-or-later
//! Pages of programs that stay in memory (0.11: `share_page`, `try_to_share` in
//! `mm/memory.c`).
//!
//! A page that was loaded from a file, and not to be written, is kept: each task that
//! runs the file shares it, and it stays when the last of them has ended. (0.11 shares
//! it only while a task has it.) Nobody may write to a kept page, so it never differs
//! from the file; a task that writes gets a copy by `do_wp_page`.
//!
//! The usual way is [`share_page`]; if that finds nothing, the page is loaded and kept by
//! [`keep_page`], and then shared. A kept page that no task has counts as free. It is
//! given up when no other page is free, or when another page of a file wants its place.
//!
//! When the contents of a file may have changed, the caller gives it another number.
//! So its old pages are not found any more.

use super::frames::{FREE, FREE_PAGES, KEPT, ONE_USER, UserPage, share_frame};
use super::table::{Entry, LinearAddress, PageFlags, PhysicalAddress};
use super::zones::{Zones, mem_map};
use super::{PAGE_SIZE, Space, table_for};
use abi::Result;
use abi::limits::NR_TASKS;
use core::sync::atomic::Ordering::Relaxed;
use sync::TaskCell;

/// The most pages that are kept: 16 MB.
const MOST: usize = 4096;
// Each task refers to a page once at most, so no count of a page reaches the bit.
const _: () = assert!(NR_TASKS + (ONE_USER as usize) < KEPT as usize);
const READ_ONLY: PageFlags = PageFlags::PRESENT.union(PageFlags::USER);

/// A page of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FilePage {
    /// The number of the file's contents.
    pub text: u32,
    /// The offset in the program.
    pub offset: u32,
}

/// A place for a kept page.
struct Place {
    text: TaskCell<u32>,
    offset: TaskCell<u32>,
    /// The address of the page; 0 if the place is empty.
    frame: TaskCell<u32>,
}

/// The kept pages.
static PLACES: [Place; MOST] = [const {
    Place {
        text: TaskCell::new(0),
        offset: TaskCell::new(0),
        frame: TaskCell::new(0),
    }
}; MOST];

/// The place at which the search for a page to give up goes on.
static HAND: TaskCell<u32> = TaskCell::new(0);

impl FilePage {
    /// The one place where the page may be. The pages of a file follow one another, and
    /// files are spread by a prime number.
    fn place(self) -> &'static Place {
        let start = self.text.wrapping_mul(1237) as usize;
        &PLACES[start.wrapping_add(self.offset as usize / PAGE_SIZE) % MOST]
    }
}

/// Maps a page at an address that has none, if it is kept; returns whether it is.
/// `ENOMEM` if there is no page for the page table.
pub fn share_page(page: FilePage, space: Space, address: LinearAddress) -> Result<bool> {
    // To make a table may take a kept page, so that comes first.
    let table = table_for(space, address)?;
    let place = page.place();
    let frame = PhysicalAddress(place.frame.get());
    let known = (place.text.get(), place.offset.get());
    if frame.0 == 0 || known != (page.text, page.offset) {
        return Ok(false);
    }
    if is_unused(frame) {
        let mut free = FREE_PAGES.lock();
        free.zones.zone_of(frame.number()).kept -= 1;
    }
    share_frame(frame);
    table.map(address.table_index(), Entry::new(frame, READ_ONLY));
    Ok(true)
}

/// Keeps a page that was loaded from a file.
pub fn keep_page(page: FilePage, loaded: UserPage) {
    let place = page.place();
    give_up(place, &mut FREE_PAGES.lock().zones);
    place.text.set(page.text);
    place.offset.set(page.offset);
    place.frame.set(loaded.address().0);
    // When `loaded` is dropped, the page counts as free.
    mem_map()[loaded.address().number()].store(ONE_USER | KEPT, Relaxed);
}

/// Whether a page is kept and no task has it.
fn is_unused(frame: PhysicalAddress) -> bool {
    mem_map()[frame.number()].load(Relaxed) == FREE | KEPT
}

/// Empties a place. If no task has its page, that can be taken.
fn give_up(place: &Place, zones: &mut Zones) {
    let frame = PhysicalAddress(place.frame.replace(0));
    let (references, unused) = (&mem_map()[frame.number()], is_unused(frame));
    // Frame 0 is none, and reserved.
    references.store(references.load(Relaxed) & !KEPT, Relaxed);
    if unused {
        let zone = zones.zone_of(frame.number());
        zone.kept -= 1;
        zone.push_stale(frame.number());
    }
}

/// Gives up the next kept page that no task has; false if there is none.
#[cold]
pub(super) fn give_up_next(zones: &mut Zones) -> bool {
    for _ in 0..MOST {
        let place = &PLACES[HAND.get() as usize % MOST];
        HAND.add(1);
        if is_unused(PhysicalAddress(place.frame.get())) {
            give_up(place, zones);
            return true;
        }
    }
    false
}
