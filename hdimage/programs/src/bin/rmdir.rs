// SPDX-License-Identifier: GPL-2.0-or-later
//! `rmdir directory...`: removes empty directories.
#![no_std]
#![no_main]

use programs::command::{At, options, report, status, usage};
use user::calls;

user::program!(main);

const USAGE: &str = "rmdir directory...";

fn main() -> i32 {
    let options = options("", USAGE);
    if options.operands.is_empty() {
        usage(USAGE);
    }
    for path in options.operands {
        report(calls::rmdir(path).at(path));
    }
    status()
}
