// SPDX-License-Identifier: GPL-2.0-or-later
//! Divides by zero: must be killed by SIGFPE.
#![no_std]
#![no_main]

user::program!(main);

fn main() -> i32 {
    // SAFETY: none; the processor raises a divide error. Rust's own division
    // would test the divisor first.
    unsafe {
        core::arch::asm!("div ecx", in("ecx") 0, inout("eax") 1 => _, inout("edx") 0 => _);
    }
    user::println!("t_div0: survived");
    1
}
