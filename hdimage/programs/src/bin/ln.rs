// SPDX-License-Identifier: GPL-2.0-or-later
//! `ln [-sfnv] file... name`: gives files another name.
//!
//! `-s` makes symbolic links, `-f` takes away what has the name, `-n` also where that is a
//! link to a directory, `-v` tells what is done.
#![no_std]
#![no_main]

use abi::Errno;
use abi::sys::stat::{S_ISDIR, S_ISLNK};
use core::ffi::CStr;
use programs::command::{At, options, report, status, usage};
use programs::files::{for_each_pair, say};
use user::{calls, stdio};

extern crate alloc;

user::program!(main);

const USAGE: &str = "ln [-sfnv] file [name]\n       ln [-sfnv] file... directory";

fn main() -> i32 {
    let options = options("sfnv", USAGE);
    let mut operands = options.operands.clone();
    if operands.len() == 1 {
        operands.push(c".");
    }
    let (symbolic, force) = (options.has('s'), options.has('f'));
    let make = |file: &CStr, name: &CStr| {
        if force && calls::lstat(name).is_ok_and(|stat| !S_ISDIR(stat.st_mode)) {
            calls::unlink(name).at(name)?;
        }
        match symbolic {
            true => calls::symlink(file, name).at(name)?,
            false => match calls::link(file, name) {
                // Of all errors, this one is about the new name.
                Err(Errno::EEXIST) => Err(Errno::EEXIST).at(name)?,
                result => result.at(file)?,
            },
        }
        if options.has('v') {
            let arrow = if symbolic { " -> " } else { " => " };
            stdio::put(&[b"'", name.to_bytes(), b"'", arrow.as_bytes()].concat());
            say("", file, None);
        }
        Ok(())
    };
    // With -n a link to a directory is what is replaced, not a directory to link into.
    let is_link = |name: &CStr| calls::lstat(name).is_ok_and(|stat| S_ISLNK(stat.st_mode));
    match operands.as_slice() {
        &[file, name] if options.has('n') && is_link(name) => {
            report(make(file, name));
        }
        all if !for_each_pair(all, make) => usage(USAGE),
        _ => {}
    }
    status()
}
