// SPDX-License-Identifier: GPL-2.0-or-later
//! `rm [-rRfiv] file...`: removes files, with `-r` (or `-R`) whole trees.
//!
//! `-i` asks before each, `-f` does not and is content if a file is not there, `-v`
//! tells what is done.
#![no_std]
#![no_main]

use abi::Errno;
use programs::command::{complain, confirm, options, report, status, usage};
use programs::files::{RemoveOptions, remove};
use programs::path::base_name;
use user::calls;

user::program!(main);

const USAGE: &str = "rm [-rfiv] file...";

fn main() -> i32 {
    let options = options("rRfiv", USAGE);
    let how = RemoveOptions {
        recursive: options.has('r') || options.has('R'),
        verbose: options.has('v'),
    };
    let force = options.has('f');
    if options.operands.is_empty() && !force {
        usage(USAGE);
    }
    for path in &options.operands {
        if matches!(base_name(path), b"." | b".." | b"/") {
            complain(&[path.to_bytes()], "refusing to remove it");
        } else if options.has('i') && !force && !confirm("remove", path) {
            continue;
        } else if !force || calls::lstat(path) != Err(Errno::ENOENT) {
            report(remove(path, how));
        }
    }
    status()
}
