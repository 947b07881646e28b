// SPDX-License-Identifier: GPL-2.0-or-later
//! `mkdir [-pv] [-m mode] directory...`: makes directories; with `-p` also those on the
//! way, and without complaint if they are there; with `-m`, with that mode. `-v` tells
//! what is done.
#![no_std]
#![no_main]

use core::ffi::CStr;
use programs::command::{At, Outcome, options, report, status, usage};
use programs::files::{is_directory, say};
use programs::mode::change_mode;
use programs::path::directory_name;
use user::calls;

user::program!(main);

const USAGE: &str = "mkdir [-pv] [-m mode] directory...";

fn main() -> i32 {
    let options = options("pvm:", USAGE);
    if options.operands.is_empty() {
        usage(USAGE);
    }
    let mode = options
        .value('m')
        .map(|text| change_mode(0o777, text.to_bytes(), 0).unwrap_or_else(|| usage(USAGE)));
    for path in &options.operands {
        let make = |path: &CStr| make_directory(path, options.has('v'));
        let made = if options.has('p') {
            make_path(path, &make)
        } else {
            make(path)
        };
        report(made.and_then(|()| mode.map_or(Ok(()), |mode| calls::chmod(path, mode).at(path))));
    }
    status()
}

fn make_directory(path: &CStr, verbose: bool) -> Outcome {
    calls::mkdir(path, 0o777).at(path)?;
    if verbose {
        say("mkdir: created directory ", path, None);
    }
    Ok(())
}

fn make_path(path: &CStr, make: &dyn Fn(&CStr) -> Outcome) -> Outcome {
    if is_directory(path) {
        return Ok(());
    }
    let parent = directory_name(path);
    if !is_directory(&parent) {
        make_path(&parent, make)?;
    }
    make(path)
}
