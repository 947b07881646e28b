// SPDX-License-Identifier: GPL-2.0-or-later
//! `touch [-c] file...`: sets the times of files to now; makes those that are not
//! there, but with `-c`.
#![no_std]
#![no_main]

use core::ffi::CStr;
use lib::Errno;
use lib::fcntl::{O_CREAT, O_WRONLY};
use lib::user::calls::{self, File};
use programs::command::{At, Outcome, options, report, status, usage};

lib::program!(main);

const USAGE: &str = "touch [-c] file...";

fn main() -> i32 {
    let options = options("c", USAGE);
    if options.operands.is_empty() {
        usage(USAGE);
    }
    for path in &options.operands {
        report(touch(path, !options.has('c')));
    }
    status()
}

fn touch(path: &CStr, create: bool) -> Outcome {
    match calls::utime(path, None) {
        Err(Errno::ENOENT) if create => File::open_with(path, O_WRONLY | O_CREAT, 0o666)
            .at(path)
            .map(drop),
        Err(Errno::ENOENT) => Ok(()),
        result => result.at(path),
    }
}
