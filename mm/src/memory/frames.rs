// SPDX-License-Identifier: GPL-2.0-or-later
//! Which physical pages are free, and who refers to the others
//! (0.11: `mem_map`, `get_free_page`, `free_page` in `mm/memory.c`).
//!
//! A page that is taken is an owned [`Page`]. [`Page::into_frame`] gives it to a
//! page table; from then on `MEM_MAP` counts the entries that refer to it, by
//! [`share_frame`] and [`free_page`].
//!
//! Only the super-user gets the last free pages ([`keep_reserve`]): when a user has
//! taken all others, the super-user can still look around and end programs.

use super::{PAGE_SIZE, PAGES, PHYSICAL_LIMIT, PhysicalAddress, physical};
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};
use sync::Lock;

/// How many entries refer to each physical page; [`RESERVED`] for a page that is
/// never given away (0.11: `mem_map`, `USED`).
static MEM_MAP: [AtomicU8; PAGES] = [const { AtomicU8::new(RESERVED) }; PAGES];
const RESERVED: u8 = 0xFF;

/// The free pages, so that taking one needs no search. (0.11 scanned
/// `mem_map` from its end.)
static FREE_PAGES: Lock<FreePages> = Lock::new(FreePages {
    numbers: [0; PAGES],
    stale: 0,
    clean: 0,
    total: 0,
    reserve: 0,
    is_superuser: || true,
});

/// Two stacks in one array: pages with old contents grow from its beginning, pages
/// of zeroes from its end.
struct FreePages {
    numbers: [u16; PAGES],
    stale: usize,
    clean: usize,
    total: usize,
    /// Only the super-user may take the last pages, as many as this.
    reserve: usize,
    /// Tells whether the caller is the super-user.
    is_superuser: fn() -> bool,
}

impl FreePages {
    /// Whether the caller may take a page now; there may still be none.
    #[inline(always)]
    fn may_take(&self) -> bool {
        self.stale + self.clean > self.reserve || (self.is_superuser)()
    }

    fn push_stale(&mut self, number: u16) {
        self.numbers[self.stale] = number;
        self.stale += 1;
    }

    fn push_clean(&mut self, number: u16) {
        self.clean += 1;
        self.numbers[PAGES - self.clean] = number;
    }

    fn pop_stale(&mut self) -> Option<u16> {
        self.stale = self.stale.checked_sub(1)?;
        Some(self.numbers[self.stale])
    }

    fn pop_clean(&mut self) -> Option<u16> {
        self.clean = self.clean.checked_sub(1)?;
        Some(self.numbers[PAGES - self.clean - 1])
    }
}

/// A physical page with one owner. It is freed when it is dropped (0.11:
/// `free_page`).
pub struct Page(PhysicalAddress);

impl Page {
    /// Where it is.
    pub fn address(&self) -> PhysicalAddress {
        self.0
    }

    /// Gives up the handle but not the page, which is in a page table now.
    pub(super) fn into_frame(self) -> PhysicalAddress {
        let frame = self.0;
        core::mem::forget(self);
        frame
    }
}

impl Deref for Page {
    type Target = [u8; PAGE_SIZE];
    fn deref(&self) -> &Self::Target {
        // SAFETY: the page is mapped, and this handle is its only owner.
        unsafe { &*physical::pointer(self.0).cast() }
    }
}

impl DerefMut for Page {
    fn deref_mut(&mut self) -> &mut Self::Target {
        // SAFETY: the page is mapped, and this handle is its only owner.
        unsafe { &mut *physical::pointer(self.0).cast() }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        free_page(self.0);
    }
}

/// Keeps the last `reserve` pages for the super-user: when no others are left, a
/// caller gets one only if `is_superuser` returns true.
pub fn keep_reserve(reserve: usize, is_superuser: fn() -> bool) {
    let mut free = FREE_PAGES.lock();
    free.reserve = reserve;
    free.is_superuser = is_superuser;
}

/// Takes a free page that has only zeroes; `None` if there is none for the caller.
pub fn get_free_page() -> Option<Page> {
    let mut free = FREE_PAGES.lock();
    if !free.may_take() {
        return None;
    }
    if let Some(number) = free.pop_clean() {
        return Some(take(number));
    }
    let mut page = take(free.pop_stale()?);
    drop(free);
    page.fill(0);
    Some(page)
}

/// Takes a free page with its old contents, for a caller that overwrites all of it.
pub fn get_stale_page() -> Option<Page> {
    let mut free = FREE_PAGES.lock();
    if !free.may_take() {
        return None;
    }
    let number = free.pop_stale().or_else(|| free.pop_clean())?;
    Some(take(number))
}

/// Clears a free page ahead of time, and returns whether it did. It stops when
/// `stop` returns true.
pub fn clear_free_page(stop: impl Fn() -> bool) -> bool {
    /// The bytes that are cleared between two calls of `stop`, so that nobody waits
    /// for long.
    const PIECE: usize = 256;
    let Some(number) = FREE_PAGES.lock().pop_stale() else {
        return false;
    };
    let mut page = take(number);
    for piece in page.chunks_exact_mut(PIECE) {
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
    let number = frame.0 as usize / PAGE_SIZE;
    MEM_MAP[number].store(0, Relaxed);
    FREE_PAGES.lock().push_clean(number as u16);
}

/// Gives a page that was free one owner.
fn take(number: u16) -> Page {
    MEM_MAP[usize::from(number)].store(1, Relaxed);
    Page(PhysicalAddress(u32::from(number) * PAGE_SIZE as u32))
}

/// Drops one reference to a page; the last one frees it. Reserved pages stay as
/// they are.
pub(super) fn free_page(frame: PhysicalAddress) {
    let number = frame.0 as usize / PAGE_SIZE;
    let Some(references) = MEM_MAP.get(number) else {
        return;
    };
    match references.load(Relaxed) {
        RESERVED => {}
        0 => debug_assert!(false, "trying to free free page"),
        1 => {
            references.store(0, Relaxed);
            FREE_PAGES.lock().push_stale(number as u16);
        }
        many => references.store(many - 1, Relaxed),
    }
}

/// Who refers to a page.
#[derive(PartialEq, Eq)]
pub(super) enum Users {
    /// The kernel: it is reserved.
    Kernel,
    /// One page table entry does.
    One,
    /// Several entries do, or none.
    Other,
}

/// Who refers to a page.
pub(super) fn users(frame: PhysicalAddress) -> Users {
    match MEM_MAP[frame.0 as usize / PAGE_SIZE].load(Relaxed) {
        RESERVED => Users::Kernel,
        1 => Users::One,
        _ => Users::Other,
    }
}

/// Adds a reference to a page for one more page table entry.
pub(super) fn share_frame(frame: PhysicalAddress) {
    let references = &MEM_MAP[frame.0 as usize / PAGE_SIZE];
    let count = references.load(Relaxed);
    if count != RESERVED {
        // Each of 64 tasks has at most one reference, so the count never reaches
        // RESERVED.
        references.store(count + 1, Relaxed);
    }
}

/// Adds all whole pages in `start..end` to the free ones (0.11: `mem_init`). Pages
/// that were added before stay as they are.
pub fn mem_init(start: PhysicalAddress, end: PhysicalAddress) {
    let first = (start.0 as usize).div_ceil(PAGE_SIZE).max(1);
    let last = end.0.min(PHYSICAL_LIMIT) as usize / PAGE_SIZE;
    for (number, references) in MEM_MAP.iter().enumerate().take(last).skip(first) {
        if references.load(Relaxed) == RESERVED {
            references.store(1, Relaxed);
            free_page(PhysicalAddress((number * PAGE_SIZE) as u32));
            FREE_PAGES.lock().total += 1;
        }
    }
}

/// How many pages the caller may take now.
pub fn available_pages() -> usize {
    let free = FREE_PAGES.lock();
    let left = if (free.is_superuser)() {
        0
    } else {
        free.reserve
    };
    (free.stale + free.clean).saturating_sub(left)
}

/// The numbers of free pages and of all pages (0.11: `calc_mem`).
pub fn calc_mem() -> (usize, usize) {
    let free = FREE_PAGES.lock();
    (free.stale + free.clean, free.total)
}
