// SPDX-License-Identifier: GPL-2.0-or-later
//! `chmod [-R] mode file...`: changes permissions, `755` or `u+x,go-w`.
#![no_std]
#![no_main]

use abi::sys::stat::S_ISLNK;
use programs::command::{At, fail, status, usage};
use programs::files::for_tree;
use programs::mode::change_mode;
use user::{calls, env};

user::program!(main);

const USAGE: &str = "chmod [-R] mode file...";

fn main() -> i32 {
    // A mode may begin with `-`, so only this one option is looked for.
    let (recursive, operands) = match env::args() {
        [first, operands @ ..] if *first == c"-R" => (true, operands),
        operands => (false, operands),
    };
    let Some((change, files)) = operands
        .split_first()
        .filter(|(_, files)| !files.is_empty())
    else {
        usage(USAGE);
    };
    let mask = calls::umask(0);
    calls::umask(mask);
    if change_mode(0, change.to_bytes(), mask).is_none() {
        fail(&[change.to_bytes()], "not a mode");
    }
    for path in files {
        for_tree(path, recursive, &mut |path, stat| {
            // Symbolic links have no mode of their own.
            let stat = if S_ISLNK(stat.st_mode) {
                calls::stat(path).at(path)?
            } else {
                *stat
            };
            let mode = change_mode(stat.st_mode, change.to_bytes(), mask).unwrap_or(stat.st_mode);
            calls::chmod(path, mode & 0o7777).at(path)
        });
    }
    status()
}
