// SPDX-License-Identifier: GPL-2.0-or-later
//! The places where assembly or the processor itself changes the interrupt flag: at
//! the entries of interrupts, on the way back to ring 3 and at IRET. A task switch
//! changes nothing: interrupts are masked on both sides.
//!
//! The kernel of `make latency` has `latency/measured.rs` instead of this file,
//! which measures how long interrupts are masked. In the ordinary kernel the macros
//! of `latency.s` are empty.
#![deny(unsafe_code)]

/// The assembly macros `gate_has_masked`, `cli_will_mask` and `iret_will_take`,
/// for `global_asm!`.
macro_rules! interrupt_flag_macros {
    () => {
        include_str!("latency.s")
    };
}
pub(crate) use interrupt_flag_macros;
