// SPDX-License-Identifier: GPL-2.0-or-later
//! Access to the bytes of physical memory: slot 0 maps it at its own address.

use super::PhysicalAddress;

/// The pointer by which the kernel reaches a physical address.
pub(super) fn pointer(address: PhysicalAddress) -> *mut u8 {
    core::ptr::with_exposed_provenance_mut(address.0 as usize)
}

/// The physical address of something in the kernel.
pub(super) fn address<T>(reference: &'static T) -> PhysicalAddress {
    PhysicalAddress(core::ptr::from_ref(reference).addr() as u32)
}
