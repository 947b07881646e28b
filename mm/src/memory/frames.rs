// SPDX-License-Identifier: GPL-2.0-or-later
//! Which physical pages are free, and who refers to the others
//! (0.11: `mem_map`, `get_free_page`, `free_page` in `mm/memory.c`).
//!
//! A page that is taken is owned. [`Page`] is one of the kernel's own, which the
//! kernel reaches at any time: a page table, a pipe, a kernel stack. [`UserPage`]
//! is one for a program; its bytes are reached by [`UserPage::view`]. From which
//! zone of memory each comes is in `zones.rs`.
//!
//! [`UserPage::into_frame`] gives a page to a page table; from then on `MEM_MAP`
//! counts the entries that refer to it, by [`share_frame`] and [`free_page`].
//!
//! Only the super-user gets the last free pages ([`keep_reserve`]): when a user has
//! taken all others, the super-user can still look around and end programs.

use super::text::give_up_next;
use super::view::{View, view_of};
use super::zones::{Number, Numbers, Zones, mem_map};
use super::{MEMORY_LIMIT, PAGE_SIZE, PhysicalAddress, physical};
use core::ops::{Deref, DerefMut};
use core::sync::atomic::Ordering::Relaxed;
use sync::Lock;

/// In `MEM_MAP`: the page is never given away (0.11: `USED`).
const RESERVED: u8 = 0;
/// The page is free.
pub(super) const FREE: u8 = 1;
/// One entry refers to the page, or it has an owner. Each further entry adds 1.
pub(super) const ONE_USER: u8 = 2;
/// Added to these: the page is kept for a file, see `text.rs`.
pub(super) const KEPT: u8 = 0x80;

/// The free pages, so that taking one needs no search. (0.11 scanned
/// `mem_map` from its end.)
pub(super) static FREE_PAGES: Lock<FreePages> = Lock::new(FreePages {
    zones: Zones::new(),
    reserve: 0,
    is_superuser: || true,
});

pub(super) struct FreePages {
    pub(super) zones: Zones,
    /// Only the super-user may take the last pages, as many as this.
    reserve: usize,
    /// Tells whether the caller is the super-user.
    is_superuser: fn() -> bool,
}

impl FreePages {
    /// What `pop` takes of the zone for a purpose, if the caller may take a page now.
    /// If the zone has only kept pages, they are given up.
    #[inline(always)]
    fn take<T>(&mut self, purpose: Purpose, pop: impl Fn(&mut Zone) -> Option<T>) -> Option<T> {
        let free = self.zones.free_for(purpose);
        if free <= self.reserve && (free == 0 || !(self.is_superuser)()) {
            return None;
        }
        loop {
            let taken = pop(self.zones.zone_for(purpose));
            if taken.is_some() || !give_up_next(&mut self.zones) {
                return taken;
            }
        }
    }
}

/// What a page is taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The kernel itself, which reaches the page at any time.
    Kernel,
    /// A program.
    Program,
}

/// The free pages of a part of memory. Two stacks in one array: pages with old
/// contents grow from its beginning, pages of zeroes from its end.
pub(super) struct Zone {
    numbers: Numbers,
    stale: usize,
    pub(super) clean: usize,
    /// How many pages are kept that no task has. They are not in `numbers`.
    pub(super) kept: usize,
    /// How many pages were ever added.
    total: usize,
}

impl Zone {
    /// No pages yet; `numbers` has room for all that the zone can get.
    pub(super) const fn new(numbers: Numbers) -> Zone {
        Zone {
            numbers,
            stale: 0,
            clean: 0,
            kept: 0,
            total: 0,
        }
    }

    pub(super) fn free(&self) -> usize {
        self.stale + self.clean + self.kept
    }

    pub(super) fn push_stale(&mut self, number: usize) {
        self.numbers[self.stale] = number as Number;
        self.stale += 1;
    }

    fn push_clean(&mut self, number: usize) {
        self.clean += 1;
        let index = self.numbers.len() - self.clean;
        self.numbers[index] = number as Number;
    }

    pub(super) fn pop_stale(&mut self) -> Option<UserPage> {
        self.stale = self.stale.checked_sub(1)?;
        Some(take(self.numbers[self.stale]))
    }

    fn pop_clean(&mut self) -> Option<UserPage> {
        self.clean = self.clean.checked_sub(1)?;
        Some(take(self.numbers[self.numbers.len() - self.clean - 1]))
    }
}

/// Gives a page that was free one owner.
fn take(number: Number) -> UserPage {
    mem_map()[number as usize].store(ONE_USER, Relaxed);
    UserPage(PhysicalAddress((number as usize * PAGE_SIZE) as u32))
}

/// A page for a program, with one owner. It is freed when it is dropped (0.11:
/// `free_page`).
pub struct UserPage(pub(super) PhysicalAddress);

impl UserPage {
    /// Where it is.
    pub fn address(&self) -> PhysicalAddress {
        self.0
    }

    /// Its bytes. Drop the view before anything that may sleep.
    pub fn view(&mut self) -> View<'_> {
        // SAFETY: this handle is the only owner of the page.
        unsafe { view_of(self.0) }
    }

    /// Gives up the handle but not the page, which is in a page table now.
    pub(super) fn into_frame(self) -> PhysicalAddress {
        let frame = self.0;
        core::mem::forget(self);
        frame
    }
}

impl Drop for UserPage {
    fn drop(&mut self) {
        free_page(self.0);
    }
}

/// A page for the kernel itself. It is mapped at any time.
pub struct Page(pub(super) UserPage);

impl Page {
    /// Where it is.
    pub fn address(&self) -> PhysicalAddress {
        self.0.0
    }

    /// As [`UserPage::into_frame`].
    pub(super) fn into_frame(self) -> PhysicalAddress {
        self.0.into_frame()
    }
}

impl Deref for Page {
    type Target = [u8; PAGE_SIZE];
    fn deref(&self) -> &Self::Target {
        // SAFETY: the page is mapped, and this handle is its only owner.
        unsafe { &*physical::pointer(self.address()).cast() }
    }
}

impl DerefMut for Page {
    fn deref_mut(&mut self) -> &mut Self::Target {
        // SAFETY: the page is mapped, and this handle is its only owner.
        unsafe { &mut *physical::pointer(self.address()).cast() }
    }
}

/// Keeps the last `reserve` pages for the super-user: when no others are left, a
/// caller gets one only if `is_superuser` returns true.
pub fn keep_reserve(reserve: usize, is_superuser: fn() -> bool) {
    let mut free = FREE_PAGES.lock();
    free.reserve = reserve;
    free.is_superuser = is_superuser;
}

/// Takes a free page for the kernel that has only zeroes; `None` if there is none
/// for the caller.
pub fn get_free_page() -> Option<Page> {
    get_clean(Purpose::Kernel).map(Page)
}

/// Takes a free page for a program that has only zeroes; `None` if there is none
/// for the caller.
pub fn get_free_user_page() -> Option<UserPage> {
    get_clean(Purpose::Program)
}

/// Takes a free page for a program with its old contents, for a caller that
/// overwrites all of it.
pub fn get_stale_user_page() -> Option<UserPage> {
    let stale_first = |zone: &mut Zone| zone.pop_stale().or_else(|| zone.pop_clean());
    FREE_PAGES.lock().take(Purpose::Program, stale_first)
}

#[inline(always)]
fn get_clean(purpose: Purpose) -> Option<UserPage> {
    let clean_first = |zone: &mut Zone| match zone.pop_clean() {
        Some(page) => Some((page, true)),
        None => zone.pop_stale().map(|page| (page, false)),
    };
    let (mut page, is_clean) = FREE_PAGES.lock().take(purpose, clean_first)?;
    if !is_clean {
        page.view().fill(0);
    }
    Some(page)
}

/// Clears a free page ahead of time, and returns whether it did. It stops when
/// `stop` returns true.
pub fn clear_free_page(stop: impl Fn() -> bool) -> bool {
    /// The bytes that are cleared between two calls of `stop`, so that nobody waits
    /// for long.
    const PIECE: usize = 256;
    let Some(mut page) = FREE_PAGES.lock().zones.pop_to_clear() else {
        return false;
    };
    for piece in page.view().chunks_exact_mut(PIECE) {
        if stop() {
            return false;
        }
        piece.fill(0);
    }
    add_clean_page(page.into_frame());
    true
}

/// Frees a page that has only zeroes and no owner any more.
pub(super) fn add_clean_page(frame: PhysicalAddress) {
    let number = frame.number();
    mem_map()[number].store(FREE, Relaxed);
    FREE_PAGES.lock().zones.zone_of(number).push_clean(number);
}

/// Drops one reference to a page; the last one frees it. Reserved pages stay as
/// they are.
pub(super) fn free_page(frame: PhysicalAddress) {
    let number = frame.number();
    let Some(references) = mem_map().get(number) else {
        return;
    };
    let count = references.load(Relaxed);
    let users = count & !KEPT;
    if users <= FREE {
        return debug_assert!(users == RESERVED, "trying to free free page");
    }
    references.store(count - 1, Relaxed);
    if users == ONE_USER {
        let mut free = FREE_PAGES.lock();
        let zone = free.zones.zone_of(number);
        match count {
            ONE_USER => zone.push_stale(number),
            _ => zone.kept += 1,
        }
    }
}

/// Whether just one page table entry refers to a page.
pub(super) fn has_one_user(frame: PhysicalAddress) -> bool {
    mem_map()[frame.number()].load(Relaxed) == ONE_USER
}

/// Adds a reference to a page for one more page table entry.
pub(super) fn share_frame(frame: PhysicalAddress) {
    let references = &mem_map()[frame.number()];
    let count = references.load(Relaxed);
    if count != RESERVED {
        // Each of 64 tasks has at most one reference, so the count never wraps.
        references.store(count + 1, Relaxed);
    }
}

/// Adds all whole pages in `start..end` to the free ones (0.11: `mem_init`). Pages
/// that were added before stay as they are.
pub fn mem_init(start: PhysicalAddress, end: PhysicalAddress) {
    let first = (start.0 as usize).div_ceil(PAGE_SIZE).max(1);
    let last = end.0.min(MEMORY_LIMIT) as usize / PAGE_SIZE;
    let mut free = FREE_PAGES.lock();
    for (number, references) in mem_map().iter().enumerate().take(last).skip(first) {
        if references.load(Relaxed) == RESERVED {
            references.store(FREE, Relaxed);
            let zone = free.zones.zone_of(number);
            zone.push_stale(number);
            zone.total += 1;
        }
    }
}

/// How many pages the caller may take for a program now.
pub fn available_pages() -> usize {
    let free = FREE_PAGES.lock();
    let left = if (free.is_superuser)() {
        0
    } else {
        free.reserve
    };
    free.zones.free_for(Purpose::Program).saturating_sub(left)
}

/// The numbers of free pages and of all pages (0.11: `calc_mem`).
pub fn calc_mem() -> (usize, usize) {
    let free = FREE_PAGES.lock();
    let sum = |count: fn(&Zone) -> usize| free.zones.all().into_iter().map(count).sum();
    (sum(Zone::free), sum(|zone| zone.total))
}
