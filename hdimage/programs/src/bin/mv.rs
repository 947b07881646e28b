// SPDX-License-Identifier: GPL-2.0-or-later
//! `mv [-f] from... to`: renames files, or moves them into a directory.
#![no_std]
#![no_main]

use core::ffi::CStr;
use lib::Errno;
use lib::sys::stat::S_ISDIR;
use lib::user::calls;
use programs::command::{At, Outcome, complain, options, status, usage};
use programs::files::{CopyOptions, copy, for_each_pair, remove, same_file};

lib::program!(main);

const USAGE: &str = "mv [-f] from to\n       mv [-f] from... directory";

fn main() -> i32 {
    let options = options("f", USAGE);
    if !for_each_pair(&options.operands, move_file) {
        usage(USAGE);
    }
    status()
}

fn move_file(from: &CStr, to: &CStr) -> Outcome {
    let stat = calls::lstat(from).at(from)?;
    if calls::lstat(to).is_ok_and(|other| same_file(&stat, &other)) {
        complain(&[from.to_bytes(), to.to_bytes()], "are the same file");
        return Ok(());
    }
    match calls::rename(from, to) {
        Err(Errno::EXDEV) => copy_and_remove(from, to),
        // A kernel like 0.11's, which has no such call.
        Err(Errno::ENOSYS) if !S_ISDIR(stat.st_mode) => link_and_unlink(from, to),
        result => result.at(from),
    }
}

fn link_and_unlink(from: &CStr, to: &CStr) -> Outcome {
    if calls::lstat(to).is_ok() {
        calls::unlink(to).at(to)?;
    }
    match calls::link(from, to) {
        Err(Errno::EXDEV) => copy_and_remove(from, to),
        result => result.and_then(|()| calls::unlink(from)).at(from),
    }
}

/// The way to another file system. The original stays if the copy failed.
fn copy_and_remove(from: &CStr, to: &CStr) -> Outcome {
    copy(
        from,
        to,
        CopyOptions {
            recursive: true,
            preserve: true,
        },
    )?;
    if status() == 0 {
        remove(from, true)
    } else {
        Ok(())
    }
}
