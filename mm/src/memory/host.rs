// SPDX-License-Identifier: GPL-2.0-or-later
//! Stands for physical memory on the host: an array of pages.

use super::{PAGE_SIZE, PAGES, PhysicalAddress};
use std::sync::LazyLock;
use std::vec::Vec;

#[repr(C, align(4096))]
struct Frame(core::cell::UnsafeCell<[u8; PAGE_SIZE]>);
// SAFETY: a frame is reached by the `Page` that owns it or as a table of
// atomics, as on the real machine.
unsafe impl Sync for Frame {}

static FRAMES: LazyLock<Vec<Frame>> =
    LazyLock::new(|| (0..PAGES).map(|_| Frame([0; PAGE_SIZE].into())).collect());

/// Where the bytes of a physical address are.
pub(super) fn pointer(address: PhysicalAddress) -> *mut u8 {
    FRAMES[address.0 as usize / PAGE_SIZE].0.get().cast()
}

/// The addresses of the kernel's own tables do not matter here.
pub(super) fn address<T>(_static_table: &'static T) -> PhysicalAddress {
    PhysicalAddress(0)
}
