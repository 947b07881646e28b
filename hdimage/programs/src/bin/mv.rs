// SPDX-License-Identifier: GPL-2.0-or-later
//! `mv [-finv] from... to`: renames files, or moves them into a directory.
//!
//! `-i` asks before a file is overwritten, `-f` does not, `-n` does not overwrite it; `-v`
//! tells what is done.
#![no_std]
#![no_main]

use abi::Errno;
use abi::sys::stat::{S_ISDIR, Stat};
use core::ffi::CStr;
use programs::command::{At, Outcome, complain, confirm, options, status, usage};
use programs::files::{CopyOptions, RemoveOptions, copy, for_each_pair, remove, same_file, say};
use user::calls;

user::program!(main);

const USAGE: &str = "mv [-finv] from to\n       mv [-finv] from... directory";

fn main() -> i32 {
    let options = options("finv", USAGE);
    let asks = options.has('i') && !options.has('f');
    if !for_each_pair(&options.operands, |from, to| {
        let stays = || options.has('n') || (asks && !confirm("overwrite", to));
        if calls::lstat(to).is_ok() && stays() {
            return Ok(());
        }
        move_file(from, to)?;
        if options.has('v') && calls::lstat(from).is_err() {
            say("renamed ", from, Some(to));
        }
        Ok(())
    }) {
        usage(USAGE);
    }
    status()
}

fn move_file(from: &CStr, to: &CStr) -> Outcome {
    let stat = calls::lstat(from).at(from)?;
    if calls::lstat(to).is_ok_and(|other| same_file(&stat, &other)) {
        complain(&[from.to_bytes(), to.to_bytes()], "same file");
        return Ok(());
    }
    match calls::rename(from, to) {
        Err(Errno::EXDEV) => copy_and_remove(from, &stat, to),
        // A kernel like 0.11's, which has no such call.
        Err(Errno::ENOSYS) if !S_ISDIR(stat.st_mode) => link_and_unlink(from, &stat, to),
        Err(Errno::EINVAL) => {
            let both = [from.to_bytes(), to.to_bytes()];
            complain(&both, "cannot move a directory into itself");
            Ok(())
        }
        // These are about what is in the way.
        Err(errno @ (Errno::EEXIST | Errno::EISDIR | Errno::ENOTDIR | Errno::ENOTEMPTY)) => {
            Err(errno).at(to)
        }
        // The source is there, so what is not is where it is to go.
        Err(Errno::ENOENT) => Err(Errno::ENOENT).at(to),
        result => result.at(from),
    }
}

fn link_and_unlink(from: &CStr, stat: &Stat, to: &CStr) -> Outcome {
    if calls::lstat(to).is_ok() {
        calls::unlink(to).at(to)?;
    }
    match calls::link(from, to) {
        Err(Errno::EXDEV) => copy_and_remove(from, stat, to),
        result => result.and_then(|()| calls::unlink(from)).at(from),
    }
}

/// Takes away what stands where a file is to go, as `rename` would.
fn make_room(from: &Stat, to: &CStr) -> Outcome {
    let Ok(stat) = calls::lstat(to) else {
        return Ok(());
    };
    match (S_ISDIR(from.st_mode), S_ISDIR(stat.st_mode)) {
        (true, true) => calls::rmdir(to),
        (true, false) => Err(Errno::ENOTDIR),
        (false, true) => Err(Errno::EISDIR),
        (false, false) => calls::unlink(to),
    }
    .at(to)
}

/// The way to another file system. The original stays if the copy failed.
fn copy_and_remove(from: &CStr, stat: &Stat, to: &CStr) -> Outcome {
    make_room(stat, to)?;
    copy(
        from,
        to,
        CopyOptions {
            recursive: true,
            preserve: true,
            verbose: false,
        },
    )?;
    if status() == 0 {
        let whole = RemoveOptions {
            recursive: true,
            verbose: false,
        };
        remove(from, whole)
    } else {
        Ok(())
    }
}
