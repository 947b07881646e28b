// SPDX-License-Identifier: GPL-2.0-or-later
//! `kill [-signal | -s signal] pid...`: sends a signal, TERM if none is named; `kill
//! -l` lists them. A pid of 0 is the own process group, one below -1 the group
//! of that number.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use programs::kill;
use user::env;

user::program!(main);

fn main() -> i32 {
    let words: Vec<&[u8]> = env::args().iter().map(|word| word.to_bytes()).collect();
    kill::run(&words, &mut |_, _| None)
}
