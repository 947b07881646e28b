// SPDX-License-Identifier: GPL-2.0-or-later
//! `cp [-rp] from... to`: copies files.
#![no_std]
#![no_main]

use programs::command::{options, status, usage};
use programs::files::{CopyOptions, copy, for_each_pair};

lib::program!(main);

const USAGE: &str = "cp [-rp] from to\n       cp [-rp] from... directory";

fn main() -> i32 {
    let options = options("rRpf", USAGE);
    let how = CopyOptions {
        recursive: options.has('r') || options.has('R'),
        preserve: options.has('p'),
    };
    if !for_each_pair(&options.operands, |from, to| copy(from, to, how)) {
        usage(USAGE);
    }
    status()
}
