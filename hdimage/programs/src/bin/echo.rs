// SPDX-License-Identifier: GPL-2.0-or-later
//! `echo [-n] words`: prints its arguments; with `-n` without a newline.
#![no_std]
#![no_main]

use user::{env, stdio};

user::program!(main);

fn main() -> i32 {
    let (newline, words) = match env::args() {
        [first, words @ ..] if *first == c"-n" => (false, words),
        words => (true, words),
    };
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            stdio::put(b" ");
        }
        stdio::put(word.to_bytes());
    }
    if newline {
        stdio::put(b"\n");
    }
    0
}
