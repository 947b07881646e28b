// SPDX-License-Identifier: GPL-2.0-or-later
//! `watch [-n seconds] command...`: runs a command again and again, every two seconds or
//! as often as `-n` says, each time on an empty screen. ^C ends it.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::ffi::CStr;
use core::time::Duration;
use programs::command::{At, fail, leading_options, report, usage};
use programs::number::unsigned;
use programs::process::Command;
use programs::time::sleep;
use user::stdio;

user::program!(main);

const USAGE: &str = "watch [-n seconds] command...";

fn main() -> i32 {
    let (options, command) = leading_options("n:", USAGE);
    let seconds = options.value('n').unwrap_or(c"2").to_bytes();
    let seconds = unsigned(seconds, 10).unwrap_or_else(|| fail(&[seconds], "not a number"));
    if command.is_empty() {
        usage(USAGE);
    }
    let words: Vec<&[u8]> = command.iter().map(|word| CStr::to_bytes(word)).collect();
    let line = words.join(&b' ');
    loop {
        stdio::put(b"\x1b[H\x1b[J");
        stdio::flush();
        let shell = Command::new("sh").arg("-c").arg(&line).status();
        if report(shell.at(c"sh")).is_none() {
            return 1;
        }
        if report(sleep(Duration::from_secs(seconds.max(1).into())).at(c"clock")).is_none() {
            return 1;
        }
    }
}
