// SPDX-License-Identifier: GPL-2.0-or-later
//! `hello [name]`: greets. It is the program to copy for one of your own:
//! docs/write-a-program.md.
#![no_std]
#![no_main]

use programs::io::text;
use user::env;
use user::println;

user::program!(main);

/// The value becomes the exit status.
fn main() -> i32 {
    let name = env::args()
        .first()
        .map_or(&b"world"[..], |name| name.to_bytes());
    println!("Hello, {}!", text(name));
    0
}
