// SPDX-License-Identifier: GPL-2.0-or-later
//! Stands for physical memory on the host: one stretch for the memory that slot 0
//! maps, and a page for each frame above it that is used.

#[cfg(feature = "wide")]
use super::{KERNEL_PAGE_TABLES, LinearAddress};
use super::{PAGE_SIZE, PHYSICAL_LIMIT, PhysicalAddress};
use std::boxed::Box;
use std::collections::HashMap;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::vec;

const LIMIT: usize = PHYSICAL_LIMIT as usize;

/// The first byte. The host has no memory yet for pages that were never written to.
static LOW: LazyLock<AtomicPtr<u8>> = LazyLock::new(|| {
    let bytes = vec![0u8; LIMIT + PAGE_SIZE].leak().as_mut_ptr();
    AtomicPtr::new(bytes.wrapping_add(bytes.align_offset(PAGE_SIZE)))
});

/// The pages above, by their numbers.
static HIGH: LazyLock<Mutex<HashMap<usize, AtomicPtr<u8>>>> = LazyLock::new(Mutex::default);

/// Where the bytes of a physical address are.
pub(super) fn pointer(address: PhysicalAddress) -> *mut u8 {
    if address.0 < PHYSICAL_LIMIT {
        return LOW.load(Relaxed).wrapping_add(address.0 as usize);
    }
    let mut high = HIGH.lock().unwrap_or_else(PoisonError::into_inner);
    let new = || AtomicPtr::new(Box::leak(Box::new([0; PAGE_SIZE])).as_mut_ptr());
    let page = high.entry(address.number()).or_insert_with(new);
    page.load(Relaxed)
        .wrapping_add(address.0 as usize % PAGE_SIZE)
}

/// Where the bytes of a linear address in slot 0 are, as the page tables say.
#[cfg(feature = "wide")]
pub(super) fn linear_pointer(address: LinearAddress) -> *mut u8 {
    let entry = KERNEL_PAGE_TABLES[address.directory_index()].get(address.table_index());
    assert!(entry.is_present(), "{address:?} is not mapped");
    pointer(entry.frame()).wrapping_add(address.0 as usize % PAGE_SIZE)
}

/// The physical address of something in low memory. Those of the kernel's own tables
/// do not matter here.
pub(super) fn address<T>(pointer: *const T) -> PhysicalAddress {
    let offset = pointer.addr().wrapping_sub(LOW.load(Relaxed).addr());
    PhysicalAddress(if offset < LIMIT { offset as u32 } else { 0 })
}
