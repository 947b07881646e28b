// SPDX-License-Identifier: GPL-2.0-or-later
//! `umount device`, `umount directory`: unmounts a file system, named by its device
//! or by the directory that it is mounted on.
#![no_std]
#![no_main]

use programs::command::{At, options, report, status, usage};
use user::calls;

user::program!(main);

const USAGE: &str = "umount device|directory";

fn main() -> i32 {
    match options("", USAGE).operands.as_slice() {
        [path] => report(calls::umount(path).at(path)),
        _ => usage(USAGE),
    };
    status()
}
