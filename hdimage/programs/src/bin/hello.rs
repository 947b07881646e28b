// SPDX-License-Identifier: GPL-2.0-or-later
//! `hello`: the smallest program that says something.
#![no_std]
#![no_main]

lib::program!(main);

fn main() -> i32 {
    lib::println!("Hello, world!");
    0
}
