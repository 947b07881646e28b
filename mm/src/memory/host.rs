// SPDX-License-Identifier: GPL-2.0-or-later
//! Stands for physical memory on the host: one stretch for the memory that slot 0
//! maps, and a page for each frame above it that is used.

#[cfg(feature = "wide")]
use super::LinearAddress;
use super::{KERNEL_PAGE_TABLES, PAGE_SIZE, PHYSICAL_LIMIT, PhysicalAddress};
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
    if (address.0 as usize) < size_of_val(&KERNEL_PAGE_TABLES) {
        let tables = (&raw const KERNEL_PAGE_TABLES).cast_mut().cast::<u8>();
        return tables.wrapping_add(address.0 as usize);
    }
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

/// The physical address of something in low memory. The kernel's own page tables count
/// as its first pages; that of the page directory does not matter here.
pub fn address<T>(pointer: *const T) -> PhysicalAddress {
    let offset_from = |start: usize| pointer.addr().wrapping_sub(start);
    let in_tables = offset_from((&raw const KERNEL_PAGE_TABLES).addr());
    let in_low = offset_from(LOW.load(Relaxed).addr());
    PhysicalAddress(match in_tables < size_of_val(&KERNEL_PAGE_TABLES) {
        true => in_tables as u32,
        false if in_low < LIMIT => in_low as u32,
        false => 0,
    })
}

/// Copies the bytes of a page to another.
pub(super) fn copy_page(from: &[u8], to: &mut [u8]) {
    to.copy_from_slice(from);
}
