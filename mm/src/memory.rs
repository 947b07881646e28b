// SPDX-License-Identifier: GPL-2.0-or-later
//! Physical pages, page tables, copy-on-write (0.11: `mm/memory.c`).
//!
//! * [`get_free_page`] takes a free page; it is an owned [`Page`] and goes back
//!   when it is dropped. That of a program is a [`UserPage`].
//! * [`put_page`] hands a page over to a page table. From then on `MEM_MAP`
//!   counts how many page table entries refer to it.
//! * [`keep_page`] keeps a page of a program's file for all that run it;
//!   [`share_page`] lets a page table refer to it.
//! * [`copy_page_tables`] lets a new task refer to the pages of an old one, both
//!   without write permission; [`do_wp_page`] gives the first task that writes a
//!   copy of its own.
//! * [`free_page_tables`] drops all references of a task.
//!
//! A [`Space`] is the linear memory of one task. In the classic edition all page
//! tables hang below one page directory, in the wide one each task has its own.
//!
//! A change becomes visible to the processor only when its translation cache is told:
//! single pages by `invalidate_page`, whole ranges by [`invalidate`].
//!
//! On the host "physical memory" is an array, so that all of this is tested
//! without an emulator.

mod frames;
#[cfg(not(target_os = "none"))]
#[path = "memory/host.rs"]
pub mod physical;
#[cfg(target_os = "none")]
pub mod physical;
pub mod slab;
#[cfg_attr(feature = "wide", path = "memory/wide/space.rs")]
mod space;
mod table;
mod text;
#[cfg_attr(feature = "wide", path = "memory/wide/view.rs")]
mod view;
#[cfg_attr(feature = "wide", path = "memory/wide/zones.rs")]
mod zones;

pub use frames::{
    Page, UserPage, available_pages, calc_mem, clear_free_page, get_free_page, get_free_user_page,
    get_stale_user_page, keep_reserve, mem_init,
};
pub use space::{Space, TASK_SIZE};
pub use table::{Entry, LinearAddress, PageFlags, PhysicalAddress};
pub use text::{FilePage, keep_page, share_page};
pub use view::{View, view_of, with_pointer};
pub use zones::{MEMORY_LIMIT, make_zones};

use abi::{Errno, Result};
use core::sync::atomic::{AtomicU16, Ordering::Relaxed};
use frames::{add_clean_page, free_page, has_one_user, share_frame};
use sync::AtomicWord;
use table::{ENTRIES, PageTable};

/// Bytes in a page.
pub const PAGE_SIZE: usize = abi::limits::PAGE_SIZE as usize;
/// Physical memory from this address on is not mapped by the kernel. The linear
/// addresses from here to the end of slot 0 are for the kernel stacks.
pub const PHYSICAL_LIMIT: u32 = 0x03C0_0000;
/// Where the kernel stacks are mapped.
pub const KERNEL_STACKS: LinearAddress = LinearAddress(PHYSICAL_LIMIT);

/// Linear memory below this is the kernel's: slot 0.
pub const KERNEL_SIZE: u32 = 64 << 20;

const PAGES: usize = PHYSICAL_LIMIT as usize / PAGE_SIZE;
const KERNEL_TABLES: usize = (KERNEL_SIZE >> 22) as usize;

const TABLE_FLAGS: PageFlags = PageFlags::PRESENT
    .union(PageFlags::WRITE)
    .union(PageFlags::USER);
const USER_PAGE: PageFlags = TABLE_FLAGS;

/// The page tables of slot 0 (0.11: `pg0`..`pg3`).
static KERNEL_PAGE_TABLES: [PageTable; KERNEL_TABLES] = [const { PageTable::new() }; KERNEL_TABLES];

/// The end of the memory that is used.
static END: AtomicWord = AtomicWord::new(0);

/// How many entries of a page table may be in use, counted from its first one and from
/// its last one. Programs use the beginning and the end of their memory, so fork and
/// exit need not look at what is between.
type UsedEntries = [AtomicU16; 2];

/// The used entries of each page table. The index is the number of the table's page.
static USED_ENTRIES: [UsedEntries; PAGES] = [const { [const { AtomicU16::new(0) }; 2] }; PAGES];

/// A page table.
#[derive(Clone, Copy)]
struct Table {
    entries: &'static PageTable,
    used: &'static UsedEntries,
}

impl Table {
    /// The page table in a physical page.
    ///
    /// `frame` must be a page that `table_for` has made a page table, or one of the
    /// kernel's own.
    fn at(frame: PhysicalAddress) -> Table {
        Table {
            // SAFETY: the page lies in mapped physical memory and is aligned; any
            // bit pattern is a valid table of atomics, and nobody holds a plain
            // reference to the page while it is a page table.
            entries: unsafe { &*physical::pointer(frame).cast::<PageTable>() },
            // Without a check that can fail nothing of this is left where only the
            // entries are of interest.
            used: &USED_ENTRIES[frame.number().min(PAGES - 1)],
        }
    }

    fn get(self, index: usize) -> Entry {
        self.entries.get(index)
    }

    fn set(self, index: usize, entry: Entry) {
        self.entries.set(index, entry);
    }

    /// Sets an entry that was not used before.
    fn map(self, index: usize, entry: Entry) {
        let (used, count) = match index < ENTRIES / 2 {
            true => (&self.used[0], index + 1),
            false => (&self.used[1], ENTRIES - index),
        };
        used.store(used.load(Relaxed).max(count as u16), Relaxed);
        self.set(index, entry);
    }

    /// The indices of the entries that may be in use. `for_each` is faster here than a
    /// `for` loop, since it is two loops.
    #[inline(always)]
    fn used(self) -> impl Iterator<Item = usize> {
        self.used_from(0)
    }

    /// Those of them from `first` on, which is in the front half.
    #[inline(always)]
    fn used_from(self, first: usize) -> impl Iterator<Item = usize> {
        let [front, back] = self.used_counts().map(|count| ENTRIES.min(count.into()));
        (first..front).chain(ENTRIES - back..ENTRIES)
    }

    fn used_counts(self) -> [u16; 2] {
        self.used.each_ref().map(|count| count.load(Relaxed))
    }

    fn set_used_counts(self, [front, back]: [u16; 2]) {
        self.used[0].store(front, Relaxed);
        self.used[1].store(back, Relaxed);
    }
}

/// Maps physical memory below `end`, as much as there is room for and without page 0,
/// into slot 0 for ring 0 only (0.11: `setup_paging`). Returns the value for `cr3`; the
/// caller switches paging on.
pub fn setup_paging(end: PhysicalAddress) -> PhysicalAddress {
    for (index, table) in KERNEL_PAGE_TABLES.iter().enumerate() {
        Space::KERNEL.set_entry(index, Entry::new(physical::address(table), TABLE_FLAGS));
    }
    END.set(end.0.min(MEMORY_LIMIT));
    for address in (PAGE_SIZE as u32..end.0.min(PHYSICAL_LIMIT)).step_by(PAGE_SIZE) {
        let flags = PageFlags::PRESENT | PageFlags::WRITE;
        let linear = LinearAddress(address);
        KERNEL_PAGE_TABLES[linear.directory_index()].set(
            linear.table_index(),
            Entry::new(PhysicalAddress(address), flags),
        );
    }
    Space::KERNEL.cr3()
}

/// The end of the memory that is used (0.11: `HIGH_MEMORY`).
pub fn end() -> PhysicalAddress {
    PhysicalAddress(END.get())
}

/// Lets ring 3 read the kernel's pages from `start` up to `end`, which nobody can
/// write. Tasks 0 and 1 run the kernel's own code there before the first `execve`;
/// the segments of all other tasks do not reach slot 0.
pub fn expose_kernel_text(start: LinearAddress, end: LinearAddress) {
    expose(start, end, PageFlags::PRESENT | PageFlags::USER);
}

/// Lets ring 3 use the pages from `start` up to `end`, which still belong to the
/// kernel. This is only for an emulator that reads a task's TSS with the rights of
/// ring 3: then only the limits of the segments keep a program from writing there.
pub fn expose_tss(start: LinearAddress, end: LinearAddress) {
    expose(start, end, USER_PAGE | PageFlags::KERNEL);
}

fn expose(start: LinearAddress, end: LinearAddress, flags: PageFlags) {
    for address in (start.page().0..end.0).step_by(PAGE_SIZE) {
        let linear = LinearAddress(address);
        let entry = Entry::new(PhysicalAddress(address), flags);
        let table = Table::at(Space::KERNEL.entry(linear.directory_index()).frame());
        table.map(linear.table_index(), entry);
        invalidate_page(linear);
    }
}

/// Unmaps the page below a kernel stack, so that a stack overflow faults.
pub fn protect_guard(address: LinearAddress) {
    KERNEL_PAGE_TABLES[address.directory_index()].set(address.table_index(), Entry::NONE);
    invalidate_page(address);
}

/// Tells the processor that one page's entry changed.
fn invalidate_page(_address: LinearAddress) {
    #[cfg(target_os = "none")]
    // SAFETY: the processor may always forget a translation; it looks it up again.
    unsafe {
        core::arch::asm!("invlpg [{0}]", in(reg) _address.0, options(nostack, preserves_flags))
    };
}

/// Tells the processor that many entries changed (0.11: `invalidate`).
pub fn invalidate() {
    #[cfg(target_os = "none")]
    // SAFETY: loading cr3 with its own value only forgets translations.
    unsafe {
        core::arch::asm!("mov {0}, cr3", "mov cr3, {0}", out(reg) _, options(nostack, preserves_flags))
    };
}

/// The table that maps `address`, if there is one.
#[inline(always)]
fn existing_table(space: Space, address: LinearAddress) -> Option<Table> {
    let entry = space.entry(address.directory_index());
    entry.is_present().then(|| Table::at(entry.frame()))
}

/// The table that maps `address`; it is made if there is none.
fn table_for(space: Space, address: LinearAddress) -> Result<Table> {
    if let Some(existing) = existing_table(space, address) {
        return Ok(existing);
    }
    let frame = get_free_page().ok_or(Errno::ENOMEM)?.into_frame();
    space.set_entry(address.directory_index(), Entry::new(frame, TABLE_FLAGS));
    Ok(Table::at(frame))
}

/// The entry of a page, if it is present.
#[inline]
pub fn lookup(space: Space, address: LinearAddress) -> Option<Entry> {
    let entry = existing_table(space, address)?.get(address.table_index());
    entry.is_present().then_some(entry)
}

/// The bytes of a page that ring 3 may use in a space, whichever task runs now; `None`
/// if there is no such page.
///
/// # Safety
/// As for [`view_of`]: nobody else has a reference to the page's bytes while the view
/// is open.
pub unsafe fn view(space: Space, address: LinearAddress) -> Option<View<'static>> {
    let entry = lookup(space, address)?;
    let is_users = entry.flags().contains(PageFlags::USER);
    // SAFETY: a page in a page table exists; the rest is the caller's promise.
    is_users.then(|| unsafe { view_of(entry.frame()) })
}

/// Maps a writable page at a user address that has none (0.11: `put_page`).
/// `ENOMEM` if there is no page for the page table; then the page is freed.
pub fn put_page(page: UserPage, space: Space, address: LinearAddress) -> Result<()> {
    let table = table_for(space, address)?;
    debug_assert!(!table.get(address.table_index()).is_present());
    table.map(
        address.table_index(),
        Entry::new(page.into_frame(), USER_PAGE),
    );
    Ok(())
}

/// Maps a page for the kernel alone (a kernel stack).
pub fn put_kernel_page(page: Page, address: LinearAddress) -> Result<()> {
    let flags = PageFlags::PRESENT | PageFlags::WRITE;
    let table = table_for(Space::KERNEL, address)?;
    table.map(address.table_index(), Entry::new(page.into_frame(), flags));
    Ok(())
}

/// Maps a cleared page (0.11: `get_empty_page`).
pub fn get_empty_page(space: Space, address: LinearAddress) -> Result<()> {
    put_page(get_free_user_page().ok_or(Errno::ENOMEM)?, space, address)
}

/// Frees a page, if it is there; returns whether it was.
#[inline(always)]
fn unmap(table: Table, index: usize) -> bool {
    let entry = table.get(index);
    if entry.is_present() {
        table.set(index, Entry::NONE);
        free_page(entry.frame());
    }
    entry.is_present()
}

/// Frees the pages and page tables of a task (0.11: `free_page_tables`). Calls
/// `give_way` after each page, and goes on whatever it returns. It may let other
/// tasks run, which do not find the pages of this space any more.
pub fn free_page_tables(space: Space, give_way: impl Fn() -> bool) {
    debug_assert!(space != Space::KERNEL);
    for index in space.tables() {
        let entry = space.entry(index);
        if entry.is_present() {
            space.set_entry(index, Entry::NONE);
            free_page_table(entry.frame(), &give_way);
        }
    }
    invalidate();
}

/// Frees the pages of a page table, and then the table, which has only zeroes.
fn free_page_table(frame: PhysicalAddress, give_way: impl Fn() -> bool) {
    let table = Table::at(frame);
    table.used().for_each(|index| {
        if unmap(table, index) {
            give_way();
        }
    });
    table.set_used_counts([0, 0]);
    add_clean_page(frame);
}

/// Frees the pages of a space between two addresses, and keeps the tables. Calls
/// `give_way` as [`free_page_tables`] does.
pub fn free_pages(
    space: Space,
    start: LinearAddress,
    end: LinearAddress,
    give_way: impl Fn() -> bool,
) {
    let mut address = start.page();
    while address < end {
        give_way();
        match existing_table(space, address) {
            Some(table) => {
                unmap(table, address.table_index());
                address.0 += PAGE_SIZE as u32;
            }
            None => address.0 = (address.0 & !0x3F_FFFF) + 0x40_0000,
        }
    }
    invalidate();
}

/// Makes the space `to` refer to all user pages of the space `from`; both lose the
/// permission to write (0.11: `copy_page_tables`).
///
/// `to` must have no pages. On `ENOMEM` it has none again. Calls `give_way` as
/// [`free_page_tables`] does: neither of the two spaces' programs may run then.
pub fn copy_page_tables(from: Space, to: Space, give_way: impl Fn() -> bool) -> Result<()> {
    for index in from.tables() {
        let source = LinearAddress((index as u32) << 22);
        let destination = to.at(source.0 - from.base().0);
        if let Some(source) = existing_table(from, source)
            && let Err(error) = copy_table(source, to, destination, &give_way)
        {
            free_page_tables(to, give_way);
            return Err(error);
        }
    }
    invalidate();
    Ok(())
}

/// Copies the user entries of one page table to the one of `to` that maps `address`.
/// If there are none, no new table is made.
fn copy_table(
    source: Table,
    to: Space,
    address: LinearAddress,
    give_way: impl Fn() -> bool,
) -> Result<()> {
    let is_inherited = |entry: Entry| {
        let inherited = PageFlags::PRESENT | PageFlags::USER;
        entry.flags() & (inherited | PageFlags::KERNEL) == inherited
    };
    if !source.used().any(|index| is_inherited(source.get(index))) {
        return Ok(());
    }
    let destination = table_for(to, address)?;
    destination.set_used_counts(source.used_counts());
    source.used().for_each(|index| {
        let entry = source.get(index);
        if is_inherited(entry) {
            let read_only = entry.without(PageFlags::WRITE);
            source.set(index, read_only);
            destination.set(index, read_only);
            share_frame(entry.frame());
            give_way();
        }
    });
    Ok(())
}

/// Makes the page at `address` writable again. If another entry refers to it, it is
/// copied first (0.11: `un_wp_page`, `do_wp_page`).
///
/// `EFAULT` if no user page is there or it belongs to the kernel, `ENOMEM` if
/// there is no page for the copy.
#[inline(always)]
pub fn do_wp_page(space: Space, address: LinearAddress) -> Result<()> {
    let table = existing_table(space, address).ok_or(Errno::EFAULT)?;
    let index = address.table_index();
    let entry = table.get(index);
    if !entry.flags().contains(PageFlags::PRESENT | PageFlags::USER) {
        return Err(Errno::EFAULT);
    }
    let old = entry.frame();
    if has_one_user(old) {
        table.set(index, entry.with(PageFlags::WRITE));
    } else {
        let mut page = get_stale_user_page().ok_or(Errno::ENOMEM)?;
        copy_page(old, &mut page);
        table.set(index, Entry::new(page.into_frame(), USER_PAGE));
        free_page(old);
    }
    invalidate_page(address);
    Ok(())
}

/// Copies a whole page (0.11: `copy_page`).
fn copy_page(from: PhysicalAddress, to: &mut UserPage) {
    // SAFETY: `to` is owned by the caller and was free, so it is not `from`, which a
    // page table refers to; the kernel has no reference to that.
    let from = unsafe { view_of(from) };
    physical::copy_page(&from[..], &mut to.view()[..]);
}
