// SPDX-License-Identifier: GPL-2.0-or-later
//! Stands for physical memory on the host: an array of pages.

use super::{PAGES, PhysicalAddress};
use std::sync::LazyLock;
use std::vec::Vec;

#[repr(C, align(4096))]
struct Frame(core::cell::UnsafeCell<[u8; 4096]>);
// SAFETY: a frame is reached by the `Page` that owns it or as a table of
// atomics, as on the real machine.
unsafe impl Sync for Frame {}

static FRAMES: LazyLock<Vec<Frame>> =
    LazyLock::new(|| (0..PAGES).map(|_| Frame([0; 4096].into())).collect());

/// Where the bytes of a physical address are.
pub(super) fn pointer(address: PhysicalAddress) -> *mut u8 {
    FRAMES[address.0 as usize / 4096].0.get().cast()
}

/// The kernel's own tables have no address of interest here.
pub(super) fn address<T>(_static_table: &'static T) -> PhysicalAddress {
    PhysicalAddress(0)
}
