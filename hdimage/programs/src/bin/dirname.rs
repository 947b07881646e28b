// SPDX-License-Identifier: GPL-2.0-or-later
//! `dirname path...`: prints paths without their last names.
#![no_std]
#![no_main]

use programs::command::{options, status, usage};
use programs::path::directory_name;
use user::stdio;

user::program!(main);

const USAGE: &str = "dirname path...";

fn main() -> i32 {
    let options = options("", USAGE);
    if options.operands.is_empty() {
        usage(USAGE);
    }
    for path in &options.operands {
        stdio::put(directory_name(path).to_bytes());
        stdio::put(b"\n");
    }
    status()
}
