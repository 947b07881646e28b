// SPDX-License-Identifier: GPL-2.0-or-later
//! Pages, page tables and copy-on-write on the host, in either edition. There is one
//! "physical memory" for all, so the tests take turns.

mod common;

use abi::Errno;
use common::{READABLE, WRITABLE, allows};
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
        let end = START + (PAGES * PAGE_SIZE) as u32;
        let below = START - 0x1_0000;
        let zones_end = make_zones(PhysicalAddress(below), std::iter::once(below..end));
        assert!(zones_end.0 <= START);
        mem_init(PhysicalAddress(START), PhysicalAddress(end));
        for number in 1..=3 {
            space(number).create().unwrap();
        }
    });
    turn
}

fn free() -> usize {
    calc_mem().0
}

fn space(number: usize) -> Space {
    Space::of(number)
}

/// A page's entry, if it is present.
fn entry(space: Space, offset: u32) -> Option<Entry> {
    lookup(space, space.at(offset))
}

/// Maps a cleared page.
fn map(space: Space, offset: u32) -> Result<(), Errno> {
    get_empty_page(space, space.at(offset))
}

/// Frees what is mapped behind the end of memory in slot 0.
fn free_kernel_stacks() {
    let end = LinearAddress(KERNEL_SIZE);
    free_pages(Space::KERNEL, KERNEL_STACKS, end, || true);
}

fn can_write(space: Space, offset: u32) -> bool {
    entry(space, offset).is_some_and(|entry| entry.flags().contains(PageFlags::WRITE))
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
    assert!(get_stale_user_page().is_none());
    assert_eq!(map(space(1), 0), Err(Errno::ENOMEM));
    assert_eq!(available_pages(), 0);
    SUPERUSER.store(true, Relaxed);
    assert_eq!(available_pages(), 3);
    // A page and its table.
    map(space(1), 0).unwrap();
    assert!(get_stale_user_page().is_some());
    free_page_tables(space(1), || true);
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
    let mut page = get_stale_user_page().unwrap();
    assert!(page.view().iter().all(|&byte| byte == 0));
    drop(page);
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
    let (task, offset) = (space(1), 0x40_1000);
    assert_eq!(entry(task, offset), None);
    map(task, offset).unwrap();
    assert_eq!(free(), before - 2, "the page and its page table");
    let user_page = PageFlags::PRESENT | PageFlags::WRITE | PageFlags::USER;
    assert!(entry(task, offset).unwrap().flags().contains(user_page));
    assert_eq!(entry(task, offset + PAGE_SIZE as u32), None);
    free_page_tables(task, || true);
    assert_eq!((entry(task, offset), free()), (None, before));
}

#[test]
fn freeing_a_range_leaves_the_rest() {
    let _turn = machine();
    let before = free();
    let task = space(1);
    let page = |index: u32| 0x3F_E000 + index * PAGE_SIZE as u32;
    // Four pages across the border of two page tables.
    (0..4).for_each(|index| map(task, page(index)).unwrap());
    free_pages(task, task.at(page(1)), task.at(page(3)), || true);
    let there: Vec<_> = (0..4)
        .map(|index| entry(task, page(index)).is_some())
        .collect();
    assert_eq!(there, [true, false, false, true]);
    free_page_tables(space(1), || true);
    assert_eq!(free(), before);
}

#[test]
fn fork_shares_and_the_first_write_copies() {
    let _turn = machine();
    let before = free();
    let (parent, child) = (space(1), space(2));
    let mut page = get_free_user_page().unwrap();
    page.view()[0] = 0x55;
    let original = page.address();
    put_page(page, parent, parent.at(0x1000)).unwrap();
    copy_page_tables(parent, child, || true).unwrap();
    assert_eq!(free(), before - 3, "one page, two page tables");
    for task in [parent, child] {
        assert!(
            !can_write(task, 0x1000),
            "a shared page must not be writable"
        );
    }

    do_wp_page(child, child.at(0x1000)).unwrap();
    assert_eq!(free(), before - 4, "the child has its copy");
    assert!(can_write(child, 0x1000));
    assert!(!can_write(parent, 0x1000));
    let copy = entry(child, 0x1000).unwrap();
    assert_ne!(copy, entry(parent, 0x1000).unwrap());

    // The parent is alone with the original now: no copy.
    do_wp_page(parent, parent.at(0x1000)).unwrap();
    assert_eq!(free(), before - 4);
    assert!(can_write(parent, 0x1000));

    free_page_tables(child, || true);
    free_page_tables(parent, || true);
    assert_eq!(free(), before);
    let mut pages: Vec<_> = std::iter::from_fn(get_free_page).collect();
    assert!(pages.iter_mut().any(|page| page.address() == original));
}

#[test]
fn fork_without_memory_undoes_itself() {
    let _turn = machine();
    let parent = space(1);
    for table in 0..3 {
        map(parent, table << 22).unwrap();
    }
    let mut hoard: Vec<_> = std::iter::from_fn(get_free_page).collect();
    // Two pages for three page tables.
    hoard.truncate(hoard.len() - 2);
    assert_eq!(
        copy_page_tables(parent, space(2), || true),
        Err(Errno::ENOMEM)
    );
    assert_eq!(free(), 2);
    assert_eq!(entry(space(2), 0), None);
    free_page_tables(parent, || true);
}

#[test]
fn faults_that_are_none() {
    let _turn = machine();
    assert_eq!(
        do_wp_page(space(3), space(3).at(0x1000)),
        Err(Errno::EFAULT)
    );
    assert!(!allows(space(3), space(3).at(0x1000), WRITABLE));
    put_kernel_page(get_free_page().unwrap(), KERNEL_STACKS).unwrap();
    assert_eq!(
        do_wp_page(Space::KERNEL, KERNEL_STACKS),
        Err(Errno::EFAULT),
        "a page of the kernel's"
    );
    free_kernel_stacks();
}

#[test]
fn kernel_pages_are_not_inherited() {
    let _turn = machine();
    let before = free();
    put_kernel_page(get_free_page().unwrap(), KERNEL_STACKS).unwrap();
    let last = KERNEL_SIZE - PAGE_SIZE as u32;
    map(Space::KERNEL, last).unwrap();
    let tss = LinearAddress(0x2000);
    expose_tss(tss, LinearAddress(0x3000));
    assert!(can_write(Space::KERNEL, tss.0));
    copy_page_tables(Space::KERNEL, space(1), || true).unwrap();
    assert!(
        can_write(Space::KERNEL, tss.0),
        "the processor writes to it"
    );
    assert_eq!(entry(space(1), tss.0), None);
    protect_guard(tss);
    assert_eq!(entry(space(1), KERNEL_STACKS.0), None);
    assert!(entry(space(1), last).is_some());
    free_page_tables(space(1), || true);
    free_kernel_stacks();
    assert_eq!(free(), before);
}

/// Loads a page of a file as a page fault does: its bytes are the number of the text.
fn load(text: u32, space: Space, offset: u32) -> Result<(), Errno> {
    let (page, address) = (FilePage { text, offset }, space.at(offset));
    if share_page(page, space, address)? {
        return Ok(());
    }
    let mut loaded = get_stale_user_page().ok_or(Errno::ENOMEM)?;
    loaded.view().fill(text as u8);
    keep_page(page, loaded);
    share_page(page, space, address).map(|shared| assert!(shared))
}

/// The first byte that a task sees there.
fn byte(space: Space, offset: u32) -> u8 {
    // SAFETY: nobody else has a view open.
    unsafe { view(space, space.at(offset)) }.unwrap()[0]
}

#[test]
fn text_is_shared_and_stays_in_memory() {
    let _turn = machine();
    let before = free();
    let (one, other) = (space(1), space(2));
    load(7, one, 0x2000).unwrap();
    load(7, other, 0x2000).unwrap();
    assert_eq!(entry(one, 0x2000), entry(other, 0x2000));
    assert!(!can_write(one, 0x2000) && allows(one, one.at(0x2000), READABLE));
    assert_eq!(free(), before - 3, "one page, two page tables");
    let frame = entry(one, 0x2000).unwrap().frame();
    free_page_tables(one, || true);
    free_page_tables(other, || true);
    assert_eq!(free(), before, "a page that no task has counts as free");

    load(7, one, 0x2000).unwrap();
    assert_eq!(entry(one, 0x2000).unwrap().frame(), frame, "it was kept");
    // Another page of the file, and the same page of other contents.
    load(7, one, 0x3000).unwrap();
    load(8, other, 0x2000).unwrap();
    assert_eq!((byte(one, 0x2000), byte(other, 0x2000)), (7, 8));
    assert_eq!(free(), before - 5);
    free_page_tables(one, || true);
    free_page_tables(other, || true);
    assert_eq!(free(), before);
}

#[test]
fn who_writes_to_text_gets_a_copy() {
    let _turn = machine();
    let before = free();
    let (one, other) = (space(1), space(2));
    load(9, one, 0x2000).unwrap();
    let address = one.at(0x2000);
    assert!(!allows(one, address, WRITABLE));
    do_wp_page(one, address).unwrap();
    assert!(allows(one, address, WRITABLE));
    // SAFETY: nobody else has a view open.
    unsafe { view(one, address) }.unwrap()[0] = 1;
    load(9, other, 0x2000).unwrap();
    assert_eq!((byte(one, 0x2000), byte(other, 0x2000)), (1, 9));
    // The last task that has it gets a copy, too.
    do_wp_page(other, other.at(0x2000)).unwrap();
    // SAFETY: nobody else has a view open.
    unsafe { view(other, other.at(0x2000)) }.unwrap()[0] = 2;
    free_page_tables(other, || true);
    load(9, other, 0x2000).unwrap();
    assert_eq!(byte(other, 0x2000), 9);
    free_page_tables(one, || true);
    free_page_tables(other, || true);
    assert_eq!(free(), before);
}

#[test]
fn text_is_given_up_when_pages_are_wanted() {
    let _turn = machine();
    let before = free();
    let (one, other) = (space(1), space(2));
    for page in 1..=20 {
        load(10, one, page * PAGE_SIZE as u32).unwrap();
    }
    load(10, other, 0x1000).unwrap();
    free_page_tables(one, || true);
    assert_eq!(free(), before - 2, "the page that is in use, and its table");
    let pages: Vec<_> = std::iter::from_fn(get_free_page).collect();
    assert_eq!((pages.len(), free()), (before - 2, 0));
    assert!(pages.iter().all(|page| page.iter().all(|&byte| byte == 0)));
    assert_eq!(load(10, one, 0x1000), Err(Errno::ENOMEM));
    assert_eq!(byte(other, 0x1000), 10);
    drop(pages);
    load(10, one, 0x1000).unwrap();
    assert_eq!(entry(one, 0x1000), entry(other, 0x1000), "it stayed");
    let page = FilePage {
        text: 10,
        offset: 0x2000,
    };
    assert_eq!(share_page(page, one, one.at(0x2000)), Ok(false));
    free_page_tables(one, || true);
    free_page_tables(other, || true);
    assert_eq!(free(), before);
}

#[test]
fn text_that_loses_its_place_stays_with_its_tasks() {
    let _turn = machine();
    let before = free();
    let (one, other) = (space(1), space(2));
    load(11, one, 0x1000).unwrap();
    // There are 4096 places, so this page has the same one.
    load(11, other, 0x100_1000).unwrap();
    let page = FilePage {
        text: 11,
        offset: 0x1000,
    };
    assert_eq!(share_page(page, other, other.at(0x1000)), Ok(false));
    // It is an ordinary page of the one task that has it.
    let frame = entry(one, 0x1000).unwrap().frame();
    do_wp_page(one, one.at(0x1000)).unwrap();
    assert_eq!(entry(one, 0x1000).unwrap().frame(), frame);
    free_page_tables(one, || true);
    free_page_tables(other, || true);
    assert_eq!(free(), before);
}

#[test]
fn a_page_that_can_be_written_is_copied_after_a_fork() {
    let _turn = machine();
    let (one, other) = (space(1), space(2));
    let at = one.at(0x2000);
    assert!(!allows(one, at, WRITABLE) && !allows(one, at, READABLE));
    map(one, 0x2000).unwrap();
    assert!(allows(one, at, READABLE) && allows(one, at, WRITABLE));
    copy_page_tables(one, other, || true).unwrap();
    assert!(allows(one, at, READABLE) && !allows(one, at, WRITABLE));
    free_page_tables(other, || true);
    free_page_tables(one, || true);
}

#[test]
fn a_space_ends_where_its_segments_end() {
    let _turn = machine();
    let before = free();
    let (task, child) = (space(1), space(2));
    let last = TASK_SIZE - PAGE_SIZE as u32;
    map(task, 0).unwrap();
    map(task, last).unwrap();
    copy_page_tables(task, child, || true).unwrap();
    for offset in [0, last] {
        assert_eq!(entry(task, offset), entry(child, offset));
    }
    assert_eq!(entry(space(3), 0), None, "nobody else has it");
    assert_eq!(entry(space(3), last), None);
    free_page_tables(task, || true);
    free_page_tables(child, || true);
    assert_eq!(free(), before);
}

#[test]
fn a_space_that_is_removed_keeps_no_page() {
    let _turn = machine();
    let before = free();
    let task = space(63);
    task.create().unwrap();
    map(task, 0x1000).unwrap();
    free_page_tables(task, || true);
    // A slot that is used again finds its directory.
    task.create().unwrap();
    assert_eq!(entry(task, 0x1000), None);
    task.remove();
    assert_eq!(free(), before);
    // A fork that failed before `create` does this.
    task.remove();
    assert_eq!(free(), before);
}

#[test]
fn identity_mapping_leaves_page_0_out() {
    let _turn = machine();
    setup_paging(PhysicalAddress(0x40_0000));
    assert_eq!(entry(Space::KERNEL, 0), None);
    assert!(entry(Space::KERNEL, 0x1000).is_some());
    assert!(entry(Space::KERNEL, 0x3F_F000).is_some());
    assert_eq!(entry(Space::KERNEL, 0x40_0000), None);
    assert!(
        !entry(Space::KERNEL, 0x1000)
            .unwrap()
            .flags()
            .contains(PageFlags::USER)
    );
    expose_kernel_text(LinearAddress(0x2000), LinearAddress(0x3000));
    let exposed = entry(Space::KERNEL, 0x2000).unwrap().flags();
    assert!(exposed.contains(PageFlags::USER) && !exposed.contains(PageFlags::WRITE));
    for page in (0x1000..0x40_0000).step_by(PAGE_SIZE) {
        protect_guard(LinearAddress(page));
    }
}
