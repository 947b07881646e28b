// SPDX-License-Identifier: GPL-2.0-or-later
//! The zones and the windows of the wide edition, on a machine with 3 GB.
#![cfg(feature = "wide")]

use mm::memory::*;
use std::sync::{Mutex, MutexGuard, Once};

const MEGABYTE: u32 = 1 << 20;
const PAGE: u32 = PAGE_SIZE as u32;
const END: u32 = 3072 * MEGABYTE;
const START: u32 = 5 * MEGABYTE;
const WINDOWS: u32 = 62 * MEGABYTE;

fn machine() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    static INIT: Once = Once::new();
    let turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    INIT.call_once(|| {
        setup_paging(PhysicalAddress(0));
        let usable = || [0..0x9_F000, MEGABYTE..END].into_iter();
        let zones_end = make_zones(PhysicalAddress(START + 1), usable()).0;
        assert!(zones_end - START <= 4 * MEGABYTE, "{zones_end:#x}");
        for stretch in usable() {
            let start = stretch.start.max(zones_end);
            mem_init(PhysicalAddress(start), PhysicalAddress(stretch.end));
        }
        let pages = ((END - zones_end) / PAGE) as usize;
        assert_eq!(calc_mem(), (pages, pages));
    });
    turn
}

/// How many windows are open.
fn windows() -> usize {
    let window = |index| lookup(Space::KERNEL, LinearAddress(WINDOWS + index * PAGE));
    (0..8).filter_map(window).count()
}

#[test]
fn a_view_of_high_memory_opens_a_window_and_closes_it() {
    let _turn = machine();
    let mut page = get_free_user_page().unwrap();
    let mut other = get_free_user_page().unwrap();
    let frame = page.address();
    assert!(frame.0 >= PHYSICAL_LIMIT);
    {
        let mut view = page.view();
        view.fill(1);
        other.view().copy_from_slice(&view[..]);
        assert_eq!(windows(), 1);
        let entry = lookup(Space::KERNEL, LinearAddress(WINDOWS)).unwrap();
        assert_eq!(entry.frame(), frame);
        let expected = PageFlags::PRESENT | PageFlags::WRITE;
        assert_eq!(entry.flags(), expected, "programs may not use it");
    }
    assert_eq!(windows(), 0);
    assert_eq!(other.view()[..], [1; PAGE_SIZE]);
}

#[test]
fn four_windows_are_open_at_a_time() {
    let _turn = machine();
    let mut pages: Vec<_> = (0..5).map(|_| get_stale_user_page().unwrap()).collect();
    let mut views: Vec<_> = pages[..4].iter_mut().map(UserPage::view).collect();
    for (index, view) in views.iter_mut().enumerate() {
        view.fill(index as u8);
    }
    for (index, view) in views.iter().enumerate() {
        assert_eq!(view[..], [index as u8; PAGE_SIZE]);
    }
    assert_eq!(windows(), 4);
    // A page of low memory needs none.
    let low = PhysicalAddress(START);
    // SAFETY: nobody has a reference to this page.
    assert_ne!(unsafe { view_of(low) }.as_ptr(), views[0].as_ptr());
    assert_eq!(windows(), 4);
    drop(views);
    assert_eq!(windows(), 0);
    assert_eq!(pages[4].view().len(), PAGE_SIZE);
}

#[test]
#[should_panic(expected = "too many views are open")]
fn a_view_too_many_is_noticed() {
    let _turn = machine();
    let mut pages: Vec<_> = (0..5).map(|_| get_stale_user_page().unwrap()).collect();
    let _views: Vec<_> = pages.iter_mut().map(UserPage::view).collect();
}

#[test]
fn programs_cannot_take_the_low_memory_that_the_kernel_needs() {
    let _turn = machine();
    let (before, available) = (calc_mem().0, available_pages());
    let mut pages: Vec<_> = std::iter::from_fn(get_stale_user_page).collect();
    assert_eq!(pages.len(), available);
    let is_low = |page: &UserPage| page.address().0 < PHYSICAL_LIMIT;
    assert!(pages[..100].iter().all(|page| !is_low(page)));
    let low = pages.iter().filter(|page| is_low(page)).count();
    let left = calc_mem().0;
    assert!(
        low > 0 && left >= 3000,
        "{low} low pages taken, {left} left"
    );
    // They are enough to map all that was taken, in one space.
    let space = Space::of(1);
    space.create().unwrap();
    let mut offset = 0;
    while let Some(page) = pages.pop() {
        put_page(page, space, space.at(offset)).unwrap();
        offset += PAGE;
    }
    assert_eq!(available_pages(), 0);
    assert!(get_free_page().is_some());
    free_page_tables(space, || true);
    space.remove();
    assert_eq!(calc_mem().0, before);
}

#[test]
fn a_few_pages_are_cleared_ahead_of_time_in_each_zone() {
    let _turn = machine();
    let mut cleared = 0;
    while clear_free_page(|| false) {
        cleared += 1;
    }
    assert!((512..=4096).contains(&cleared), "{cleared} pages");
    // None of them has to be cleared when it is taken.
    assert!(get_free_page().unwrap().iter().all(|&byte| byte == 0));
    let mut page = get_free_user_page().unwrap();
    assert!(page.view().iter().all(|&byte| byte == 0));
}
