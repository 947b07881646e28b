// SPDX-License-Identifier: GPL-2.0-or-later
//! `umount device`: unmounts a file system.
#![no_std]
#![no_main]

use lib::user::calls;
use programs::command::{At, options, report, status, usage};

lib::program!(main);

const USAGE: &str = "umount device";

fn main() -> i32 {
    match options("", USAGE).operands.as_slice() {
        [device] => report(calls::umount(device).at(device)),
        _ => usage(USAGE),
    };
    status()
}
