// SPDX-License-Identifier: GPL-2.0-or-later
//! Reads and writes through a null pointer: must be killed by SIGSEGV.
#![no_std]
#![no_main]

user::program!(main);

fn main() -> i32 {
    let null = core::hint::black_box(core::ptr::null_mut::<u32>());
    // SAFETY: none; the kernel must end the program here.
    unsafe {
        let value = null.read_volatile();
        null.write_volatile(value);
    }
    user::println!("t_null: survived");
    1
}
