// SPDX-License-Identifier: GPL-2.0-or-later
//! What the entries into the kernel leave on its stack (0.11: the stack that is
//! drawn at the beginning of `kernel/system_call.s`).
//!
//! `asm.s` draws it here. Whoever is called from an entry gets the frame as
//! [`Registers`], and what it changes there ring 3 finds changed.
#![deny(unsafe_code)]

use static_assertions::const_assert_eq;

/// The registers of what was interrupted, as `asm.s` leaves them on the kernel
/// stack. A change is seen when the interrupted code goes on.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Registers {
    pub fs: u32,
    pub es: u32,
    pub ds: u32,
    pub edi: u32,
    pub esi: u32,
    pub ebp: u32,
    /// Where PUSHAD found esp; of no use.
    pub esp_of_pushad: u32,
    pub ebx: u32,
    pub edx: u32,
    pub ecx: u32,
    pub eax: u32,
    /// The handler of an exception, the line of an interrupt.
    pub handler: u32,
    /// The processor's error code; in a system call its number.
    pub error_code: u32,
    pub eip: u32,
    pub cs: u32,
    pub eflags: u32,
    /// Pushed only when ring 3 was interrupted, like `ss`.
    pub esp: u32,
    pub ss: u32,
}

const_assert_eq!(size_of::<Registers>(), 18 * 4);

impl Registers {
    /// Whether ring 3 was interrupted.
    pub fn is_from_user(&self) -> bool {
        self.cs & 3 == 3
    }
}

/// Bits of `eflags`: one that is always 1, single step, and string instructions going
/// down (Intel SDM vol. 1, 3.4.3). The interrupt flag is in `system`.
pub const EFLAGS_ALWAYS_1: u32 = 1 << 1;
/// See [`EFLAGS_ALWAYS_1`].
pub const EFLAGS_TF: u32 = 1 << 8;
/// See [`EFLAGS_ALWAYS_1`].
pub const EFLAGS_DF: u32 = 1 << 10;
