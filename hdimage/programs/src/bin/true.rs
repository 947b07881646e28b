// SPDX-License-Identifier: GPL-2.0-or-later
//! `true`: succeeds.
#![no_std]
#![no_main]

user::program!(main);

fn main() -> i32 {
    0
}
