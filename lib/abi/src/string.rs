// SPDX-License-Identifier: GPL-2.0-or-later
//! Copying and clearing memory (0.11: `include/string.h`).
//!
//! The compiler calls these by name, in the kernel and in programs. As in 0.11 they
//! are the processor's string instructions, which were the fastest on the machines
//! of the time, and are a single instruction in the debugger.

use core::arch::asm;

/// Copies `count` bytes; the two must not overlap.
///
/// # Safety
/// As C's `memcpy`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the caller answers for both ranges; the direction flag is clear.
    // `esi` cannot be named as an operand, so it is exchanged with the
    // operand's register, which may be `esi` itself.
    unsafe {
        asm!(
            "xchg esi, {from}",
            "mov eax, ecx",
            "shr ecx, 2",
            "rep movsd",
            "mov ecx, eax",
            "and ecx, 3",
            "rep movsb",
            "xchg esi, {from}",
            from = inout(reg) from => _,
            out("eax") _,
            inout("ecx") count => _,
            inout("edi") to => _,
            options(nostack),
        );
    }
    to
}

/// Copies `count` bytes, whichever way is safe when the two overlap.
///
/// # Safety
/// As C's `memmove`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    if to.addr().wrapping_sub(from.addr()) >= count {
        // SAFETY: going up, no byte is overwritten before it is read.
        return unsafe { memcpy(to, from, count) };
    }
    // SAFETY: the caller answers for both ranges. Going down, no byte is
    // overwritten before it is read. The direction flag is clear again at the
    // end, as all other code expects it.
    unsafe {
        asm!(
            "xchg esi, {from}",
            "std",
            "rep movsb",
            "cld",
            "xchg esi, {from}",
            from = inout(reg) from.wrapping_add(count).wrapping_sub(1) => _,
            inout("ecx") count => _,
            inout("edi") to.wrapping_add(count).wrapping_sub(1) => _,
            options(nostack),
        );
    }
    to
}

/// Sets `count` bytes.
///
/// # Safety
/// As C's `memset`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
    let pattern = (byte as u32 & 0xFF) * 0x0101_0101;
    // SAFETY: the caller answers for the range; the direction flag is clear.
    unsafe {
        asm!(
            "mov edx, ecx",
            "shr ecx, 2",
            "rep stosd",
            "mov ecx, edx",
            "and ecx, 3",
            "rep stosb",
            out("edx") _,
            in("eax") pattern,
            inout("ecx") count => _,
            inout("edi") to => _,
            options(nostack),
        );
    }
    to
}

/// Compares `count` bytes: negative, zero or positive as the first that
/// differs is less, none differs, or it is greater.
///
/// # Safety
/// As C's `memcmp`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memcmp(one: *const u8, other: *const u8, count: usize) -> i32 {
    let (left, right): (*const u8, *const u8);
    let differs: u32;
    // SAFETY: the caller answers for both ranges; the direction flag is clear.
    // With `count` 0 the comparison before it leaves the zero flag set.
    unsafe {
        asm!(
            "xchg esi, {one}",
            "cmp ecx, ecx",
            "repe cmpsb",
            "setne al",
            "xchg esi, {one}",
            one = inout(reg) one => left,
            inout("ecx") count => _,
            inout("edi") other => right,
            inout("eax") 0 => differs,
            options(nostack, readonly),
        );
    }
    if differs == 0 {
        return 0;
    }
    // SAFETY: both pointers are one behind a byte that was compared.
    unsafe { i32::from(left.sub(1).read()) - i32::from(right.sub(1).read()) }
}

/// Whether `count` bytes differ.
///
/// # Safety
/// As C's `bcmp`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bcmp(one: *const u8, other: *const u8, count: usize) -> i32 {
    // SAFETY: passed on to the caller.
    unsafe { memcmp(one, other, count) }
}
