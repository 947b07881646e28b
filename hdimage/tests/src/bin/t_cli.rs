// SPDX-License-Identifier: GPL-2.0-or-later
//! Masks interrupts: must be killed by SIGSEGV.
#![no_std]
#![no_main]

user::program!(main);

fn main() -> i32 {
    // SAFETY: none; the instruction is privileged.
    unsafe { core::arch::asm!("cli") };
    user::println!("t_cli: survived");
    1
}
