// SPDX-License-Identifier: GPL-2.0-or-later
//! `basename path [suffix]`, `basename -a [-s suffix] path...`: prints the last name of
//! each path, without the suffix.
#![no_std]
#![no_main]

use programs::command::{options, status, usage};
use programs::path::base_name;
use user::stdio;

user::program!(main);

const USAGE: &str = "basename path [suffix]\n       basename -a [-s suffix] path...";

fn main() -> i32 {
    let options = options("as:", USAGE);
    let (paths, suffix) = match (options.operands.as_slice(), options.value('s')) {
        ([], _) => usage(USAGE),
        (paths, Some(suffix)) => (paths, suffix),
        (paths, None) if options.has('a') => (paths, c""),
        (paths @ [_], None) => (paths, c""),
        ([path, suffix], None) => (core::slice::from_ref(path), *suffix),
        _ => usage(USAGE),
    };
    for path in paths {
        let name = base_name(path);
        // A name that is all suffix stays.
        let stem = name.strip_suffix(suffix.to_bytes());
        stdio::put(stem.filter(|stem| !stem.is_empty()).unwrap_or(name));
        stdio::put(b"\n");
    }
    status()
}
