// SPDX-License-Identifier: GPL-2.0-or-later
//! `ln [-sf] file... name`: gives files another name.
#![no_std]
#![no_main]

use lib::Errno;
use lib::sys::stat::S_ISDIR;
use lib::user::calls;
use programs::command::{At, options, status, usage};
use programs::files::for_each_pair;

lib::program!(main);

const USAGE: &str = "ln [-sf] file [name]\n       ln [-sf] file... directory";

fn main() -> i32 {
    let options = options("sf", USAGE);
    let mut operands = options.operands.clone();
    if operands.len() == 1 {
        operands.push(c".");
    }
    let (symbolic, force) = (options.has('s'), options.has('f'));
    let done = for_each_pair(&operands, |file, name| {
        if force && calls::lstat(name).is_ok_and(|stat| !S_ISDIR(stat.st_mode)) {
            calls::unlink(name).at(name)?;
        }
        if symbolic {
            return calls::symlink(file, name).at(name);
        }
        match calls::link(file, name) {
            // Of all errors, this one is about the new name.
            Err(Errno::EEXIST) => Err(Errno::EEXIST).at(name),
            result => result.at(file),
        }
    });
    if !done {
        usage(USAGE);
    }
    status()
}
