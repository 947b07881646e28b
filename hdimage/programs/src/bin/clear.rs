// SPDX-License-Identifier: GPL-2.0-or-later
//! `clear`: clears the screen.
#![no_std]
#![no_main]

user::program!(main);

/// Cursor to the upper left corner, then erase the whole screen (ECMA-48).
const HOME_AND_ERASE: &[u8] = b"\x1b[H\x1b[2J";

fn main() -> i32 {
    user::stdio::put(HOME_AND_ERASE);
    0
}
