// SPDX-License-Identifier: GPL-2.0-or-later
//! Writes behind the end of the segment, where in the classic kernel the next
//! process lives: must be killed by SIGSEGV.
#![no_std]
#![no_main]

use user::env::task_size;

user::program!(main);

fn main() -> i32 {
    let behind = core::hint::black_box(task_size() as *mut u32);
    // SAFETY: none; the processor must refuse the access, and the kernel end
    // the program.
    unsafe { behind.write_volatile(0x4e45_564c) };
    user::println!("t_textend: survived");
    1
}
