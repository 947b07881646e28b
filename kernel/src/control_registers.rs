// SPDX-License-Identifier: GPL-2.0-or-later
//! The control registers of the processor (Intel SDM vol. 3, 2.5).

use core::arch::asm;

/// Protected mode and the read-only "extension type".
pub const CR0_PE_ET: u32 = 0x11;
/// WAIT traps if TS is set.
pub const CR0_MP: u32 = 1 << 1;
/// There is no coprocessor: its instructions trap.
pub const CR0_EM: u32 = 1 << 2;
/// The task was switched: the coprocessor's instructions trap.
pub const CR0_TS: u32 = 1 << 3;
/// Errors of the coprocessor cause exceptions.
pub const CR0_NE: u32 = 1 << 5;
/// The kernel cannot write to read-only pages either.
pub const CR0_WP: u32 = 1 << 16;
/// Paging is on.
pub const CR0_PG: u32 = 1 << 31;

macro_rules! read {
    ($register:literal) => {{
        let value: u32;
        // SAFETY: reading a control register changes nothing.
        unsafe {
            asm!(concat!("mov {0}, ", $register), out(reg) value,
                options(nomem, nostack, preserves_flags))
        };
        value
    }};
}

/// The register that says how the processor works.
#[inline(always)]
pub fn cr0() -> u32 {
    read!("cr0")
}

/// The address of the last page fault.
#[inline(always)]
pub fn cr2() -> u32 {
    read!("cr2")
}
