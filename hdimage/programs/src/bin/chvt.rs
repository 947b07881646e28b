// SPDX-License-Identifier: GPL-2.0-or-later
//! `chvt number`: brings a console to the front, as Alt with a function key does.
#![no_std]
#![no_main]

use abi::fcntl::{O_NOCTTY, O_WRONLY};
use programs::command::{fail, options, usage};
use programs::number::unsigned;
use user::calls::{self, File};

user::program!(main);

const USAGE: &str = "chvt number";
/// The console in front.
const CONSOLE: &core::ffi::CStr = c"/dev/tty0";

fn main() -> i32 {
    let options = options("", USAGE);
    let [text] = options.operands.as_slice() else {
        usage(USAGE)
    };
    let Some(number) = unsigned(text.to_bytes(), 10) else {
        usage(USAGE)
    };
    let console = File::open_with(CONSOLE, O_WRONLY | O_NOCTTY, 0)
        .unwrap_or_else(|errno| fail(&[CONSOLE.to_bytes()], errno));
    match calls::activate_console(console.fd(), number) {
        Ok(()) => 0,
        Err(errno) => fail(&[text.to_bytes()], errno),
    }
}
