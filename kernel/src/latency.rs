// SPDX-License-Identifier: GPL-2.0-or-later
//! Where assembly or the processor itself changes the interrupt flag: at the
//! entries of interrupts, on the way back to ring 3 and at IRET. A task switch
//! changes nothing: it is masked on both sides.
//!
//! The kernel of `make latency` has `latency/measured.rs` in the place of this
//! file and measures there how long interrupts are masked. In the ordinary
//! kernel nothing is to be done: the macros of `latency.s` are empty.
#![deny(unsafe_code)]

/// The assembly macros `gate_has_masked`, `cli_will_mask` and `iret_will_take`,
/// for `global_asm!`.
macro_rules! interrupt_flag_macros {
    () => {
        include_str!("latency.s")
    };
}
pub(crate) use interrupt_flag_macros;
