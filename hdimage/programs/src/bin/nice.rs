// SPDX-License-Identifier: GPL-2.0-or-later
//! `nice [-n adjustment] [command]`: runs a command that gives way to others (10 steps
//! if nothing is said); the super-user may ask for the opposite.
#![no_std]
#![no_main]

use core::ffi::CStr;
use programs::command::{complain, leading_options, usage};
use programs::number::signed;
use programs::run::{DEFAULT_PATH, execute, not_run};
use user::{calls, env};

user::program!(main);

const USAGE: &str = "nice [-n adjustment] command";
const STEPS: i32 = 10;

fn main() -> i32 {
    let (options, command) = leading_options("n:", USAGE);
    let wanted = options.value('n').map(CStr::to_bytes);
    let steps = wanted.map_or(Some(STEPS), signed);
    let (Some(steps), Some(name)) = (steps, command.first()) else {
        usage(USAGE);
    };
    // As POSIX has it, the command runs all the same.
    if let Err(errno) = calls::nice(steps) {
        complain(&[b"cannot set the priority"], errno);
    }
    let path = env::var(b"PATH").unwrap_or(DEFAULT_PATH);
    let errno = execute(command, env::vars(), path);
    not_run(name.to_bytes(), errno)
}
