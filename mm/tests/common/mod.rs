// SPDX-License-Identifier: GPL-2.0-or-later
//! A machine with little memory, in either edition. There is one "physical memory"
//! for all tests of a file, so they take turns.
#![allow(dead_code)]

use mm::memory::*;
use std::sync::{Mutex, MutexGuard, Once};

/// Whether there is memory that the kernel does not map.
pub const HAS_HIGH: bool = MEMORY_LIMIT > PHYSICAL_LIMIT;
/// Where the pages above start: a number that has more than 16 bits, an address that
/// has all 32.
pub const HIGH: u32 = 0xC000_0000;

/// What the entry of a page has that ring 3 may read, and that it may write.
pub const READABLE: PageFlags = PageFlags::USER;
pub const WRITABLE: PageFlags = PageFlags::USER.union(PageFlags::WRITE);

/// Whether the page is there, and its entry has these flags.
pub fn allows(space: Space, address: LinearAddress, access: PageFlags) -> bool {
    lookup(space, address).is_some_and(|entry| entry.flags().contains(access))
}

/// Waits for the turn. The machine has so many pages in each zone.
pub fn machine(pages: u32) -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    static INIT: Once = Once::new();
    let turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    INIT.call_once(|| {
        let size = pages * PAGE_SIZE as u32;
        let usable = [0x10_0000..PHYSICAL_LIMIT, HIGH..HIGH + size];
        let start = make_zones(PhysicalAddress(0x10_0000), usable.into_iter()).0;
        let start = start.next_multiple_of(PAGE_SIZE as u32);
        setup_paging(PhysicalAddress(0));
        for start in [start, HIGH] {
            mem_init(PhysicalAddress(start), PhysicalAddress(start + size));
        }
        for number in 1..=3 {
            Space::of(number).create().unwrap();
        }
    });
    turn
}

/// How many pages are free.
pub fn free() -> usize {
    calc_mem().0
}
