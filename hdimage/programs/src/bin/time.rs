// SPDX-License-Identifier: GPL-2.0-or-later
//! `time command`: runs a command and tells how long that took: by the clock, in the
//! program, and in the kernel for it. The shell has `time` too, which also knows whole
//! pipelines.
#![no_std]
#![no_main]

use abi::limits::HZ;
use abi::sys::wait::WaitStatus;
use programs::command::usage;
use programs::process::Command;
use programs::run::not_run;
use programs::time::Instant;
use user::eprintln;
use user::{calls, env};

user::program!(main);

const USAGE: &str = "time command";
/// What a shell adds to the signal that ended a command.
const BY_SIGNAL: u32 = 128;

fn main() -> i32 {
    let arguments = env::args();
    // POSIX's format is the only one there is.
    let arguments = match arguments {
        [first, rest @ ..] if *first == c"-p" => rest,
        all => all,
    };
    let [name, rest @ ..] = arguments else {
        usage(USAGE);
    };
    let start = Instant::now();
    let mut command = Command::new(name.to_bytes());
    command.args(rest.iter().map(|argument| argument.to_bytes()));
    let status = match command.status() {
        Ok(status) => shell_status(status),
        Err(errno) => not_run(name.to_bytes(), errno),
    };
    let real = start.elapsed().as_millis() as u32 / 10;
    let times = calls::times().map(|(times, _)| times);
    let (user, system) = times.map_or((0, 0), |times| (times.tms_cutime, times.tms_cstime));
    for (what, hundredths) in [
        ("real", real),
        ("user", user * 100 / HZ),
        ("sys", system * 100 / HZ),
    ] {
        eprintln!("{what} {}.{:02}", hundredths / 100, hundredths % 100);
    }
    status
}

fn shell_status(status: WaitStatus) -> i32 {
    let signal = status
        .term_signal()
        .map(|signal| BY_SIGNAL + signal.number());
    status.exit_status().or(signal).unwrap_or(1) as i32
}
