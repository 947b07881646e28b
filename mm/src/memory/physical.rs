// SPDX-License-Identifier: GPL-2.0-or-later
//! Access to the bytes of physical memory: slot 0 maps it at its own address.

use super::{LinearAddress, PhysicalAddress};

/// The pointer by which the kernel reaches a physical address that slot 0 maps.
pub(super) fn pointer(address: PhysicalAddress) -> *mut u8 {
    linear_pointer(LinearAddress(address.0))
}

/// The pointer by which the kernel reaches a linear address.
pub(super) fn linear_pointer(address: LinearAddress) -> *mut u8 {
    core::ptr::with_exposed_provenance_mut(address.0 as usize)
}

/// The physical address of something that slot 0 maps.
pub fn address<T>(pointer: *const T) -> PhysicalAddress {
    PhysicalAddress(pointer.expose_provenance() as u32)
}

/// Copies the bytes of a page to another (0.11: `copy_page`).
pub(super) fn copy_page(from: &[u8], to: &mut [u8]) {
    // SAFETY: no more is copied than both have, and the direction flag is clear. `esi`
    // cannot be named as an operand, so it is exchanged.
    unsafe {
        core::arch::asm!(
            "xchg esi, {0}", "rep movsd", "xchg esi, {0}", inout(reg) from.as_ptr() => _,
            inout("ecx") from.len().min(to.len()) / 4 => _, inout("edi") to.as_mut_ptr() => _,
        );
    }
}
