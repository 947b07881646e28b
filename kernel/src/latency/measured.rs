// SPDX-License-Identifier: GPL-2.0-or-later
//! The places where assembly or the processor itself changes the interrupt flag: at
//! the entries of interrupts, on the way back to ring 3 and at IRET. A task switch
//! changes nothing: interrupts are masked on both sides.
//!
//! The kernel of `make latency` has this file instead of `latency.rs`. It tells
//! [`asm::system`], which measures how long interrupts are masked.

use crate::frame::Registers;
use asm::system::{EFLAGS_IF, cli, eflags, masked, taken};

/// The assembly macros `gate_has_masked`, `cli_will_mask` and `iret_will_take`,
/// for `global_asm!`.
macro_rules! interrupt_flag_macros {
    () => {
        include_str!("latency/measured.s")
    };
}
pub(crate) use interrupt_flag_macros;

unsafe extern "C" {
    // Labels of asm.s and system_call.s.
    safe static irq_entries: [u32; 16];
    safe fn restore_all();
}

/// Called by `gate_has_masked`. The stretch begins at the entry of the interrupt;
/// the interrupted code counts as the caller.
#[unsafe(no_mangle)]
extern "C" fn note_gate(registers: &Registers, handler: u32) {
    if registers.eflags & EFLAGS_IF != 0 {
        let entry = irq_entries.get(handler as usize).copied();
        masked([entry.unwrap_or(handler), registers.eip, 0]);
    }
}

/// Called by `cli_will_mask`.
#[unsafe(no_mangle)]
extern "C" fn note_cli() {
    cli();
}

/// Called by `iret_will_take`. In a system call interrupts are usually taken
/// already.
#[unsafe(no_mangle)]
extern "C" fn note_iret(registers: &Registers) {
    if eflags() & EFLAGS_IF == 0 && registers.eflags & EFLAGS_IF != 0 {
        taken([restore_all as *const () as usize as u32, registers.eip, 0]);
    }
}
