// SPDX-License-Identifier: GPL-2.0-or-later
//! `dmesg`: prints the last messages of the kernel.
#![no_std]
#![no_main]

use programs::command::{options, report, status};
use programs::files::read_file;
use user::stdio;

user::program!(main);

fn main() -> i32 {
    options("", "dmesg");
    if let Some(messages) = report(read_file(c"/dev/kmsg")) {
        stdio::put(&messages);
    }
    status()
}
