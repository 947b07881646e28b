// SPDX-License-Identifier: GPL-2.0-or-later
//! Executes an invalid instruction: must be killed by SIGILL.
#![no_std]
#![no_main]

user::program!(main);

fn main() -> i32 {
    // SAFETY: none; the processor raises an invalid opcode.
    unsafe { core::arch::asm!("ud2", options(noreturn)) }
}
