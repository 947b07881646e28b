// SPDX-License-Identifier: GPL-2.0-or-later
//! `yes [word...]`: prints its arguments, or `y`, again and again.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use user::{env, stdio};

extern crate alloc;

user::program!(main);

fn main() -> i32 {
    let words: Vec<&[u8]> = env::args().iter().map(|word| word.to_bytes()).collect();
    let mut line = if words.is_empty() {
        b"y".to_vec()
    } else {
        words.join(&b' ')
    };
    line.push(b'\n');
    loop {
        stdio::put(&line);
    }
}
