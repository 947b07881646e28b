// SPDX-License-Identifier: GPL-2.0-or-later
//! `false`: fails.
#![no_std]
#![no_main]

user::program!(main);

fn main() -> i32 {
    1
}
