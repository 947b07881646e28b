// SPDX-License-Identifier: GPL-2.0-or-later
//! `sleep seconds`: waits.
#![no_std]
#![no_main]

use lib::user::calls;
use programs::command::{options, usage};
use programs::number::unsigned;

lib::program!(main);

const USAGE: &str = "sleep seconds";

fn main() -> i32 {
    let options = options("", USAGE);
    match options.operands.as_slice() {
        [text] => match unsigned(text.to_bytes(), 10) {
            Some(seconds) => calls::sleep(seconds).is_err().into(),
            None => usage(USAGE),
        },
        _ => usage(USAGE),
    }
}
