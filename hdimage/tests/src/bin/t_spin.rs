// SPDX-License-Identifier: GPL-2.0-or-later
//! Loops for ever and says nothing: must end on ^C.
#![no_std]
#![no_main]

user::program!(main);

fn main() -> i32 {
    loop {
        core::hint::spin_loop();
    }
}
