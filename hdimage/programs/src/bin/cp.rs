// SPDX-License-Identifier: GPL-2.0-or-later
//! `cp [-rRpafinuv] from... to`: copies files.
//!
//! `-r` (or `-R`) copies directories with all that is in them, `-p` keeps owner,
//! permissions and times, `-a` is both. `-i` asks before a file is overwritten, `-n` does
//! not overwrite it, `-f` is taken for the sake of scripts; `-u` copies only what is newer;
//! `-v` tells what is done.
#![no_std]
#![no_main]

use programs::command::{confirm, options, status, usage};
use programs::files::{CopyOptions, copy, for_each_pair};
use user::calls;

user::program!(main);

const USAGE: &str = "cp [-rpaifnuv] from to\n       cp [-rpaifnuv] from... directory";

fn main() -> i32 {
    let options = options("rRpafinuv", USAGE);
    let how = CopyOptions {
        recursive: options.has('r') || options.has('R') || options.has('a'),
        preserve: options.has('p') || options.has('a'),
        verbose: options.has('v'),
    };
    if !for_each_pair(&options.operands, |from, to| {
        if let Ok(old) = calls::lstat(to) {
            let is_newer = calls::stat(from).is_ok_and(|new| new.st_mtime > old.st_mtime);
            let stays = options.has('n')
                || (options.has('u') && !is_newer)
                || (options.has('i') && !confirm("overwrite", to));
            if stays {
                return Ok(());
            }
        }
        copy(from, to, how)
    }) {
        usage(USAGE);
    }
    status()
}
