// SPDX-License-Identifier: GPL-2.0-or-later
//! The bytes of a page that belongs to a program.
//!
//! [`View`] is access to the bytes of one page for a moment; it ends when it is
//! dropped. Nobody may sleep with a view open, and interrupt handlers open none.
//! The usual way is a temporary: `page.view()[..length].fill(0)`.
//!
//! In the wide edition the kernel maps only low memory at its own address. A page
//! above it is mapped in one of a few windows, as long as the view is open.
//! (`view.rs` keeps the same contract with a plain reference.)
//!
//! ```text
//! linear  0             60 MB           62 MB                  64 MB
//!         |  low memory   | kernel stacks | 4 windows |          |
//!                                           ^ each refers to a page of high memory
//! ```
//!
//! The windows lie in a page table that is the same in every page directory, so they
//! stay where they are in a task switch. Each is guarded by a [`Lock`]: its guard is
//! alive as long as the view, so `schedule()` notices a view that is still open.

use super::table::{Entry, LinearAddress, PageFlags};
use super::{
    KERNEL_PAGE_TABLES, KERNEL_STACKS, PAGE_SIZE, PHYSICAL_LIMIT, PhysicalAddress, invalidate_page,
    physical,
};
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use sync::{Lock, LockGuard};

/// Where the windows are: the kernel stacks take a megabyte at most.
pub const WINDOWS: LinearAddress = LinearAddress(KERNEL_STACKS.0 + (2 << 20));
/// How many views of high memory may be open at a time. To copy a page takes two.
pub const WINDOW_COUNT: usize = 4;

static IN_USE: [Lock<()>; WINDOW_COUNT] = [const { Lock::new(()) }; WINDOW_COUNT];

/// The bytes of one page.
pub struct View<'a> {
    bytes: *mut [u8; PAGE_SIZE],
    /// Closes when the view is dropped.
    _window: Option<Window>,
    _page: PhantomData<&'a mut [u8; PAGE_SIZE]>,
}

/// Calls `work` with a pointer to the byte at a physical address, whoever uses it. It
/// leads as far as the end of the page.
pub fn with_pointer(address: PhysicalAddress, work: impl FnOnce(*mut u8)) {
    if address.0 < PHYSICAL_LIMIT {
        return work(physical::pointer(address));
    }
    let offset = address.0 % PAGE_SIZE as u32;
    let window = Window::open(PhysicalAddress(address.0 - offset));
    work(physical::linear_pointer(LinearAddress(
        window.address.0 + offset,
    )));
}

/// The bytes of a page, which may be in a page table.
///
/// # Safety
/// `frame` is the start of a page that exists, and nobody has a reference to its
/// bytes while the view is open.
pub unsafe fn view_of<'a>(frame: PhysicalAddress) -> View<'a> {
    let window = (frame.0 >= PHYSICAL_LIMIT).then(|| Window::open(frame));
    let bytes = match &window {
        Some(window) => physical::linear_pointer(window.address),
        None => physical::pointer(frame),
    };
    View {
        bytes: bytes.cast(),
        _window: window,
        _page: PhantomData,
    }
}

impl Deref for View<'_> {
    type Target = [u8; PAGE_SIZE];
    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        // SAFETY: the page is mapped while the view is open, and whoever made it has
        // promised that nobody else has a reference to the page.
        unsafe { &*self.bytes }
    }
}

impl DerefMut for View<'_> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Self::Target {
        // SAFETY: as in `deref`.
        unsafe { &mut *self.bytes }
    }
}

/// A window that is open.
struct Window {
    address: LinearAddress,
    /// Released after the entry is removed.
    _guard: LockGuard<'static, ()>,
}

impl Window {
    /// Opens a free window on a page.
    fn open(frame: PhysicalAddress) -> Window {
        let mut windows = IN_USE.iter().enumerate();
        let free = windows.find_map(|(index, window)| Some((index, window.try_lock()?)));
        let (index, guard) = free.expect("too many views are open");
        let window = Window {
            address: LinearAddress(WINDOWS.0 + (index * PAGE_SIZE) as u32),
            _guard: guard,
        };
        window.set(Entry::new(frame, PageFlags::PRESENT | PageFlags::WRITE));
        window
    }

    fn set(&self, entry: Entry) {
        let table = &KERNEL_PAGE_TABLES[self.address.directory_index()];
        table.set(self.address.table_index(), entry);
        invalidate_page(self.address);
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.set(Entry::NONE);
    }
}
