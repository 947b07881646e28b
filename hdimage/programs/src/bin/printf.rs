// SPDX-License-Identifier: GPL-2.0-or-later
//! `printf format [arguments...]`: prints the format, filled in from the arguments.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use programs::command::{complain, status, usage};
use programs::printf::printf;
use user::{env, stdio};

extern crate alloc;

user::program!(main);

fn main() -> i32 {
    let words: Vec<&[u8]> = env::args().iter().map(|word| word.to_bytes()).collect();
    let Some((format, arguments)) = words.split_first() else {
        usage("printf format [arguments...]");
    };
    let output = printf(format, arguments);
    stdio::put(&output.text);
    for (what, error) in &output.errors {
        complain(&[what], error);
    }
    status()
}
