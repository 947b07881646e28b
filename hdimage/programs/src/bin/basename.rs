// SPDX-License-Identifier: GPL-2.0-or-later
//! `basename path [suffix]`: prints the last name of a path, without the suffix.
#![no_std]
#![no_main]

use lib::user::stdio;
use programs::command::{options, status, usage};
use programs::path::base_name;

lib::program!(main);

const USAGE: &str = "basename path [suffix]";

fn main() -> i32 {
    let options = options("", USAGE);
    let (path, suffix) = match options.operands.as_slice() {
        [path] => (path, c""),
        [path, suffix] => (path, *suffix),
        _ => usage(USAGE),
    };
    let name = base_name(path);
    // A name that is all suffix stays.
    let stem = name.strip_suffix(suffix.to_bytes());
    stdio::put(stem.filter(|stem| !stem.is_empty()).unwrap_or(name));
    stdio::put(b"\n");
    status()
}
