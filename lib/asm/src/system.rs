// SPDX-License-Identifier: GPL-2.0-or-later
//! The interrupt flag (0.11: `include/asm/system.h`).
//!
//! On the host there is no interrupt to mask, and the functions do nothing. So the
//! locks above them are the same code on both sides.

/// Bit 9 of EFLAGS: maskable interrupts are taken (Intel SDM vol. 1, 3.4.3).
pub const EFLAGS_IF: u32 = 1 << 9;

/// Masks interrupts and returns the old EFLAGS.
#[inline(always)]
pub fn save_flags_and_cli() -> u32 {
    #[cfg(target_os = "none")]
    {
        let flags: u32;
        // SAFETY: masking interrupts can only delay them. The compiler must assume
        // that memory changes, so it moves no access out of the masked stretch.
        unsafe { core::arch::asm!("pushfd", "pop {0}", "cli", out(reg) flags) };
        flags
    }
    #[cfg(not(target_os = "none"))]
    0
}

/// Undoes [`save_flags_and_cli`]: takes interrupts again if they were taken.
#[inline(always)]
pub fn restore_flags(flags: u32) {
    #[cfg(target_os = "none")]
    if flags & EFLAGS_IF != 0 {
        sti();
    }
    #[cfg(not(target_os = "none"))]
    let _ = flags;
}

/// Takes the interrupts that are pending, then masks them again. `sti` takes effect
/// only after the next instruction.
#[cfg(target_os = "none")]
#[inline(always)]
pub fn let_interrupts_in() {
    // SAFETY: as `sti`, then as `cli`.
    unsafe { core::arch::asm!("sti", "nop", "cli") };
}

/// Takes interrupts.
#[cfg(target_os = "none")]
#[inline(always)]
pub fn sti() {
    // SAFETY: every handler in the IDT is ready before the first `sti`, and
    // data shared with handlers is reached only with interrupts masked.
    unsafe { core::arch::asm!("sti") };
}

/// Masks interrupts.
#[cfg(target_os = "none")]
#[inline(always)]
pub fn cli() {
    // SAFETY: masking interrupts can only delay them.
    unsafe { core::arch::asm!("cli") };
}

/// Takes interrupts and stops until one comes. No interrupt can come between `sti`
/// and `hlt`: `sti` takes effect only after the next instruction (Intel SDM vol. 2,
/// STI).
#[cfg(target_os = "none")]
#[inline(always)]
pub fn sti_and_hlt() {
    // SAFETY: as `sti`.
    unsafe { core::arch::asm!("sti", "hlt") };
}

/// EFLAGS.
#[cfg(target_os = "none")]
#[inline(always)]
pub fn eflags() -> u32 {
    let flags: u32;
    // SAFETY: reading the flags changes nothing.
    unsafe { core::arch::asm!("pushfd", "pop {0}", out(reg) flags) };
    flags
}
