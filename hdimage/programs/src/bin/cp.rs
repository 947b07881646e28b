// SPDX-License-Identifier: GPL-2.0-or-later
//! `cp [-rpi] from... to`: copies files.
#![no_std]
#![no_main]

use lib::user::calls;
use programs::command::{confirm, options, status, usage};
use programs::files::{CopyOptions, copy, for_each_pair};

lib::program!(main);

const USAGE: &str = "cp [-rpai] from to\n       cp [-rpai] from... directory";

fn main() -> i32 {
    let options = options("rRpafi", USAGE);
    let how = CopyOptions {
        recursive: options.has('r') || options.has('R') || options.has('a'),
        preserve: options.has('p') || options.has('a'),
    };
    if !for_each_pair(&options.operands, |from, to| {
        if options.has('i') && calls::lstat(to).is_ok() && !confirm("overwrite", to) {
            return Ok(());
        }
        copy(from, to, how)
    }) {
        usage(USAGE);
    }
    status()
}
