// SPDX-License-Identifier: GPL-2.0-or-later
//! The bytes of a page that belongs to a program.
//!
//! [`View`] is access to the bytes of one page for a moment; it ends when it is
//! dropped. Nobody may sleep with a view open, and interrupt handlers open none.
//! The usual way is a temporary: `page.view()[..length].fill(0)`.
//!
//! In the classic edition the kernel maps all memory at its own address, so a view is
//! a plain reference and costs nothing. (`wide/view.rs` keeps the same contract with a
//! window.)

use super::{PAGE_SIZE, PhysicalAddress, physical};

/// The bytes of one page.
pub type View<'a> = &'a mut [u8; PAGE_SIZE];

/// Calls `work` with a pointer to the byte at a physical address, whoever uses it. It
/// leads as far as the end of the page.
pub fn with_pointer(address: PhysicalAddress, work: impl FnOnce(*mut u8)) {
    work(physical::pointer(address));
}

/// The bytes of a page, which may be in a page table.
///
/// # Safety
/// `frame` is the start of a page that exists, and nobody has a reference to its
/// bytes while the view is open.
pub unsafe fn view_of<'a>(frame: PhysicalAddress) -> View<'a> {
    // SAFETY: the page is mapped, and the caller promises that it is nobody else's.
    unsafe { &mut *physical::pointer(frame).cast() }
}
