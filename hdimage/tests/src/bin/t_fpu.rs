// SPDX-License-Identifier: GPL-2.0-or-later
//! Adds on the floating point unit: prints `ok`, or is killed by a signal where
//! there is none. Either way the system goes on.
#![no_std]
#![no_main]

user::program!(main);

fn main() -> i32 {
    let sum: u32;
    // SAFETY: the unit is initialised, and its stack is empty again behind.
    unsafe {
        core::arch::asm!("fninit", "fld1", "fld1", "faddp", "push 0", "fistp dword ptr [esp]", "pop {0}",
            out(reg) sum);
    }
    if sum == 2 {
        user::println!("ok");
        0
    } else {
        user::println!("t_fpu: 1 + 1 is {sum}");
        1
    }
}
