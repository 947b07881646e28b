// SPDX-License-Identifier: GPL-2.0-or-later
//! `pwd`: prints the path of the working directory.
#![no_std]
#![no_main]

use programs::command::fail;
use programs::files::working_directory;
use user::stdio;

user::program!(main);

fn main() -> i32 {
    let path = working_directory().unwrap_or_else(|errno| fail(&[], errno));
    stdio::put(&path);
    stdio::put(b"\n");
    0
}
