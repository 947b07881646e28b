// SPDX-License-Identifier: GPL-2.0-or-later
//! Port input and output (0.11: `include/asm/io.h`).
//!
//! These are `unsafe`, because a device can write anywhere in memory when it is
//! told to. Each driver wraps its own ports and states why its accesses are sound.

use core::arch::asm;

/// Reads a byte from an I/O port.
///
/// # Safety
/// The caller owns the device behind `port`, and reading it has no effect
/// that another part of the kernel relies on not happening.
#[inline(always)]
pub unsafe fn inb(port: u16) -> u8 {
    let value: u8;
    // SAFETY: the caller answers for the device; the instruction itself
    // touches no memory and no flags.
    unsafe {
        asm!("in al, dx", out("al") value, in("dx") port, options(nomem, nostack, preserves_flags))
    };
    value
}

/// Writes a byte to an I/O port.
///
/// # Safety
/// The caller owns the device behind `port`; what the write makes it do
/// (a transfer into memory, an interrupt) must be prepared for.
#[inline(always)]
pub unsafe fn outb(value: u8, port: u16) {
    // SAFETY: as above. `nomem` is left out: a write may start a device that
    // reads memory, so earlier stores must not move behind it.
    unsafe { asm!("out dx, al", in("al") value, in("dx") port, options(nostack, preserves_flags)) };
}

/// Reads 32 bits from an I/O port.
///
/// # Safety
/// As [`inb`].
#[inline(always)]
pub unsafe fn inl(port: u16) -> u32 {
    let value: u32;
    // SAFETY: as in `inb`.
    unsafe {
        asm!("in eax, dx", out("eax") value, in("dx") port, options(nomem, nostack, preserves_flags))
    };
    value
}

/// Writes 32 bits to an I/O port.
///
/// # Safety
/// As [`outb`].
#[inline(always)]
pub unsafe fn outl(value: u32, port: u16) {
    // SAFETY: as in `outb`.
    unsafe {
        asm!("out dx, eax", in("eax") value, in("dx") port, options(nostack, preserves_flags))
    };
}

/// Reads a byte, then waits about a microsecond for slow ISA devices.
///
/// # Safety
/// As [`inb`].
#[inline(always)]
pub unsafe fn inb_p(port: u16) -> u8 {
    // SAFETY: passed on to the caller.
    let value = unsafe { inb(port) };
    io_delay();
    value
}

/// Writes a byte, then waits about a microsecond for slow ISA devices.
///
/// # Safety
/// As [`outb`].
#[inline(always)]
pub unsafe fn outb_p(value: u8, port: u16) {
    // SAFETY: passed on to the caller.
    unsafe { outb(value, port) };
    io_delay();
}

/// Looks at a device up to `polls` times, a microsecond each, until `look` finds what it
/// waits for.
pub fn poll<T>(polls: u32, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    (0..polls).find_map(|_| {
        let found = look();
        if found.is_none() {
            io_delay();
        }
        found
    })
}

/// About one microsecond: a write to port 80h, the diagnostic display that no
/// device listens to, takes one ISA bus cycle.
#[inline(always)]
pub fn io_delay() {
    const DIAGNOSTIC_PORT: u16 = 0x80;
    // SAFETY: nothing but a POST display is behind this port.
    unsafe { outb(0, DIAGNOSTIC_PORT) };
}
