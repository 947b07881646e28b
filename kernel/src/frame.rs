// SPDX-License-Identifier: GPL-2.0-or-later
//! What the entries into the kernel leave on its stack (0.11: the stack that is
//! drawn at the beginning of `kernel/system_call.s`).
//!
//! `asm.s` has a drawing of it. A handler that an entry calls gets the frame as
//! [`Registers`]. If the handler changes a register there, ring 3 goes on with the
//! changed one.
#![deny(unsafe_code)]

use crate::descriptor::Selector;
use asm::system::EFLAGS_IF;
use static_assertions::const_assert_eq;

/// The registers of the interrupted code, as `asm.s` leaves them on the kernel
/// stack. A change takes effect when that code goes on.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Registers {
    pub es: u32,
    pub ds: u32,
    pub edi: u32,
    pub esi: u32,
    pub ebp: u32,
    /// The esp that PUSHAD found; it has no use.
    pub esp_of_pushad: u32,
    pub ebx: u32,
    pub edx: u32,
    pub ecx: u32,
    pub eax: u32,
    /// In a system call its number; for the handler of an exception the processor's
    /// error code, or 0 if there is none; -1 in all other cases.
    pub error_code: u32,
    pub eip: u32,
    pub cs: u32,
    pub eflags: u32,
    /// Pushed only if ring 3 was interrupted, like `ss`.
    pub esp: u32,
    pub ss: u32,
}

const_assert_eq!(size_of::<Registers>(), 16 * 4);

impl Registers {
    /// Whether ring 3 was interrupted.
    pub fn is_from_user(&self) -> bool {
        self.cs & 3 == 3
    }

    /// Makes them those that a program starts with, at `eip` with its stack at `esp`:
    /// the segments are its own, and the general registers are 0. `trap` is
    /// [`EFLAGS_TF`] where the program is stepped, or 0.
    pub fn start_program(&mut self, eip: u32, esp: u32, trap: u32) {
        let data = u32::from(Selector::USER_DATA.0);
        (self.ds, self.es, self.ss) = (data, data, data);
        self.cs = Selector::USER_CODE.0.into();
        (self.edi, self.esi, self.ebp) = (0, 0, 0);
        (self.ebx, self.edx, self.ecx, self.eax) = (0, 0, 0, 0);
        (self.eip, self.esp) = (eip, esp);
        self.eflags = EFLAGS_IF | EFLAGS_ALWAYS_1 | trap;
    }
}

/// A bit of `eflags` that is always 1 (Intel SDM vol. 1, 3.4.3). The interrupt flag
/// is in `asm::system`.
pub const EFLAGS_ALWAYS_1: u32 = 1 << 1;
/// The processor traps after each instruction.
pub const EFLAGS_TF: u32 = 1 << 8;
/// String instructions go downwards.
pub const EFLAGS_DF: u32 = 1 << 10;
