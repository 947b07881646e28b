// SPDX-License-Identifier: GPL-2.0-or-later
//! Pages, page tables and copy-on-write on the host. "Physical memory" and the
//! page directory are the machine's only ones, so the tests take turns.

use abi::Errno;
use mm::memory::*;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, Once};

static TURN: Mutex<()> = Mutex::new(());
const PAGES: usize = 256;
const START: u32 = 0x10_0000;

/// Waits for the turn and makes sure that there is memory.
fn machine() -> MutexGuard<'static, ()> {
    static INIT: Once = Once::new();
    let turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    INIT.call_once(|| {
        // The directory knows the tables of slot 0, which map nothing yet.
        setup_paging(PhysicalAddress(0));
        mem_init(
            PhysicalAddress(START),
            PhysicalAddress(START + (PAGES * PAGE_SIZE) as u32),
        );
    });
    turn
}

fn free() -> usize {
    calc_mem().0
}

fn slot(number: u32) -> LinearAddress {
    LinearAddress(number * TASK_SIZE)
}

fn at(base: LinearAddress, offset: u32) -> LinearAddress {
    LinearAddress(base.0 + offset)
}

fn is_writable(address: LinearAddress) -> bool {
    lookup(address).is_some_and(|entry| entry.flags().contains(PageFlags::WRITE))
}

#[test]
fn a_page_comes_cleared_and_goes_back() {
    let _turn = machine();
    let before = free();
    let mut page = get_free_page().unwrap();
    assert_eq!(free(), before - 1);
    assert!(page.iter().all(|&byte| byte == 0));
    page.fill(0xAA);
    drop(page);
    assert_eq!(free(), before);
    let pages: Vec<_> = std::iter::from_fn(get_free_page).collect();
    assert_eq!((pages.len(), free()), (before, 0));
    assert!(pages.iter().all(|page| page.iter().all(|&byte| byte == 0)));
    let mut addresses: Vec<_> = pages.iter().map(|page| page.address()).collect();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), before, "a page was given out twice");
    assert!(addresses[0].0 >= START);
}

#[test]
fn the_last_pages_are_the_super_users() {
    static SUPERUSER: AtomicBool = AtomicBool::new(false);
    let _turn = machine();
    let before = free();
    keep_reserve(3, || SUPERUSER.load(Relaxed));
    assert_eq!(available_pages(), before - 3);
    let pages: Vec<_> = std::iter::from_fn(get_free_page).collect();
    assert_eq!((pages.len(), free()), (before - 3, 3));
    assert!(get_stale_page().is_none());
    assert_eq!(get_empty_page(slot(1)), Err(Errno::ENOMEM));
    assert_eq!(available_pages(), 0);
    SUPERUSER.store(true, Relaxed);
    assert_eq!(available_pages(), 3);
    // A page and its table.
    get_empty_page(slot(1)).unwrap();
    assert!(get_stale_page().is_some());
    free_page_tables(slot(1), || true);
    keep_reserve(0, || true);
}

#[test]
fn pages_are_cleared_ahead_of_time() {
    let _turn = machine();
    let before = free();
    get_free_page().unwrap().fill(0xAA);
    assert!(!clear_free_page(|| true), "there is something better to do");
    assert_eq!(free(), before);
    while clear_free_page(|| false) {}
    assert_eq!(free(), before);
    assert!(get_stale_page().unwrap().iter().all(|&byte| byte == 0));
    let pages: Vec<_> = std::iter::from_fn(get_free_page).collect();
    assert_eq!(pages.len(), before);
    assert!(pages.iter().all(|page| page.iter().all(|&byte| byte == 0)));
}

#[test]
fn memory_is_added_once() {
    let _turn = machine();
    let before = calc_mem();
    mem_init(
        PhysicalAddress(START),
        PhysicalAddress(START + 4 * PAGE_SIZE as u32),
    );
    // Less than a page at either end is no page.
    mem_init(PhysicalAddress(0x8001), PhysicalAddress(0x9FFF));
    assert_eq!(calc_mem(), before);
}

#[test]
fn a_mapped_page_is_found_and_freed() {
    let _turn = machine();
    let before = free();
    let address = at(slot(1), 0x40_1000);
    assert_eq!(lookup(address), None);
    get_empty_page(address).unwrap();
    assert_eq!(free(), before - 2, "the page and its page table");
    let user_page = PageFlags::PRESENT | PageFlags::WRITE | PageFlags::USER;
    assert!(lookup(address).unwrap().flags().contains(user_page));
    assert_eq!(lookup(at(address, PAGE_SIZE as u32)), None);
    free_page_tables(slot(1), || true);
    assert_eq!((lookup(address), free()), (None, before));
}

#[test]
fn freeing_a_range_leaves_the_rest() {
    let _turn = machine();
    let before = free();
    let page = |index: u32| at(slot(1), 0x3F_E000 + index * PAGE_SIZE as u32);
    // Four pages across the border of two page tables.
    (0..4).for_each(|index| get_empty_page(page(index)).unwrap());
    free_pages(page(1), page(3), || true);
    let there: Vec<_> = (0..4).map(|index| lookup(page(index)).is_some()).collect();
    assert_eq!(there, [true, false, false, true]);
    free_page_tables(slot(1), || true);
    assert_eq!(free(), before);
}

#[test]
fn fork_shares_and_the_first_write_copies() {
    let _turn = machine();
    let before = free();
    let (parent, child) = (slot(1), slot(2));
    let mut page = get_free_page().unwrap();
    page[0] = 0x55;
    let original = page.address();
    put_page(page, at(parent, 0x1000)).unwrap();
    copy_page_tables(parent, child, || true).unwrap();
    assert_eq!(free(), before - 3, "one page, two page tables");
    for task in [parent, child] {
        assert!(
            !is_writable(at(task, 0x1000)),
            "a shared page must not be writable"
        );
    }

    do_wp_page(at(child, 0x1000)).unwrap();
    assert_eq!(free(), before - 4, "the child has its copy");
    assert!(is_writable(at(child, 0x1000)));
    assert!(!is_writable(at(parent, 0x1000)));
    let copy = lookup(at(child, 0x1000)).unwrap();
    assert_ne!(copy, lookup(at(parent, 0x1000)).unwrap());

    // The parent is alone with the original now: no copy.
    do_wp_page(at(parent, 0x1000)).unwrap();
    assert_eq!(free(), before - 4);
    assert!(is_writable(at(parent, 0x1000)));

    free_page_tables(child, || true);
    free_page_tables(parent, || true);
    assert_eq!(free(), before);
    let mut pages: Vec<_> = std::iter::from_fn(get_free_page).collect();
    assert!(pages.iter_mut().any(|page| page.address() == original));
}

#[test]
fn fork_without_memory_undoes_itself() {
    let _turn = machine();
    let parent = slot(1);
    for table in 0..3 {
        get_empty_page(at(parent, table << 22)).unwrap();
    }
    let mut hoard: Vec<_> = std::iter::from_fn(get_free_page).collect();
    // Two pages for three page tables.
    hoard.truncate(hoard.len() - 2);
    assert_eq!(
        copy_page_tables(parent, slot(2), || true),
        Err(Errno::ENOMEM)
    );
    assert_eq!(free(), 2);
    assert_eq!(lookup(slot(2)), None);
    free_page_tables(parent, || true);
}

#[test]
fn faults_that_are_none() {
    let _turn = machine();
    assert_eq!(do_wp_page(at(slot(3), 0x1000)), Err(Errno::EFAULT));
    assert!(!claim_for_writing(at(slot(3), 0x1000)));
    put_kernel_page(get_free_page().unwrap(), KERNEL_STACKS).unwrap();
    assert_eq!(
        do_wp_page(KERNEL_STACKS),
        Err(Errno::EFAULT),
        "a page of the kernel's"
    );
    free_pages(KERNEL_STACKS, at(KERNEL_STACKS, PAGE_SIZE as u32), || true);
}

#[test]
fn kernel_pages_are_not_inherited() {
    let _turn = machine();
    let before = free();
    put_kernel_page(get_free_page().unwrap(), KERNEL_STACKS).unwrap();
    get_empty_page(LinearAddress(TASK_SIZE - PAGE_SIZE as u32)).unwrap();
    let tss = LinearAddress(0x2000);
    expose_tss(tss, LinearAddress(0x3000));
    assert!(is_writable(tss));
    copy_page_tables(LinearAddress(0), slot(1), || true).unwrap();
    assert!(is_writable(tss), "the processor writes to it");
    assert_eq!(lookup(at(slot(1), tss.0)), None);
    protect_guard(tss);
    assert_eq!(lookup(at(slot(1), KERNEL_STACKS.0)), None);
    assert!(lookup(at(slot(1), TASK_SIZE - PAGE_SIZE as u32)).is_some());
    free_page_tables(slot(1), || true);
    free_pages(KERNEL_STACKS, LinearAddress(TASK_SIZE), || true);
    assert_eq!(free(), before);
}

#[test]
fn clean_text_is_shared() {
    let _turn = machine();
    let before = free();
    let (one, other) = (at(slot(1), 0x2000), at(slot(2), 0x2000));
    assert_eq!(try_to_share(one, other), Ok(false));
    get_empty_page(one).unwrap();
    assert_eq!(try_to_share(one, other), Ok(true));
    assert_eq!(lookup(one), lookup(other));
    assert!(!is_writable(one));
    free_page_tables(slot(1), || true);
    assert!(lookup(other).is_some(), "the other still has it");
    free_page_tables(slot(2), || true);
    assert_eq!(free(), before);
}

#[test]
fn a_page_the_kernel_is_about_to_write_is_not_shared() {
    let _turn = machine();
    let (one, other) = (at(slot(1), 0x2000), at(slot(2), 0x2000));
    assert!(!claim_for_writing(one) && !is_readable(one));
    get_empty_page(one).unwrap();
    assert!(is_readable(one) && claim_for_writing(one));
    assert_eq!(try_to_share(one, other), Ok(false));
    assert!(is_writable(one));
    copy_page_tables(slot(1), slot(2), || true).unwrap();
    assert!(
        is_readable(one) && !claim_for_writing(one),
        "copied on write first"
    );
    free_page_tables(slot(2), || true);
    free_page_tables(slot(1), || true);
}

#[test]
fn a_copy_made_for_writing_is_not_shared() {
    let _turn = machine();
    let (parent, other) = (at(slot(1), 0x2000), at(slot(3), 0x2000));
    get_empty_page(parent).unwrap();
    copy_page_tables(slot(1), slot(2), || true).unwrap();
    // The parent may have been stopped between this and what it wanted to write.
    do_wp_page(parent).unwrap();
    assert_eq!(try_to_share(parent, other), Ok(false));
    free_page_tables(slot(2), || true);
    free_page_tables(slot(1), || true);
}

#[test]
fn identity_mapping_leaves_page_0_out() {
    let _turn = machine();
    setup_paging(PhysicalAddress(0x40_0000));
    assert_eq!(lookup(LinearAddress(0)), None);
    assert!(lookup(LinearAddress(0x1000)).is_some());
    assert!(lookup(LinearAddress(0x3F_F000)).is_some());
    assert_eq!(lookup(LinearAddress(0x40_0000)), None);
    assert!(
        !lookup(LinearAddress(0x1000))
            .unwrap()
            .flags()
            .contains(PageFlags::USER)
    );
    expose_kernel_text(LinearAddress(0x2000), LinearAddress(0x3000));
    let exposed = lookup(LinearAddress(0x2000)).unwrap().flags();
    assert!(exposed.contains(PageFlags::USER) && !exposed.contains(PageFlags::WRITE));
    for page in (0x1000..0x40_0000).step_by(PAGE_SIZE) {
        protect_guard(LinearAddress(page));
    }
}
