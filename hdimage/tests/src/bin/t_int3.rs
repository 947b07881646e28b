// SPDX-License-Identifier: GPL-2.0-or-later
//! Executes a breakpoint: must be killed by SIGTRAP.
#![no_std]
#![no_main]

user::program!(main);

fn main() -> i32 {
    // SAFETY: none; nobody traces the program, so the signal ends it.
    unsafe { core::arch::asm!("int3") };
    user::println!("t_int3: survived");
    1
}
