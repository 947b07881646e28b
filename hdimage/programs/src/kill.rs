// SPDX-License-Identifier: GPL-2.0-or-later
//! `kill`: a program, and a command of the shell, which knows of jobs too.

use crate::number::{signed, unsigned};
use abi::Result;
use abi::signal::Signal;
use alloc::vec::Vec;
use core::fmt::Display;
use user::stdio::error_message;
use user::{calls, env};
use user::{eprintln, print, println};

/// Sends a signal to a target that is no process; `None` if there is none such.
pub type SendToJob<'a> = &'a mut dyn FnMut(&[u8], u32) -> Option<Result<()>>;

const USAGE: &str = "usage: kill [-signal | -s signal] pid...\n       kill -l [status]";

/// Does what the words behind `kill` say; the exit status.
pub fn run(words: &[&[u8]], job: SendToJob<'_>) -> i32 {
    let (name, targets): (&[u8], &[&[u8]]) = match words {
        [b"-l", rest @ ..] => return list(rest),
        [b"-s", name, targets @ ..] => (name, targets),
        [b"--", targets @ ..] => (b"TERM", targets),
        [[b'-', name @ ..], targets @ ..] => (name, targets),
        targets => (b"TERM", targets),
    };
    let targets = match targets {
        [b"--", targets @ ..] => targets,
        targets => targets,
    };
    let Some(signal) = signal_number(name) else {
        complain(name, "no such signal");
        return 1;
    };
    if targets.is_empty() {
        eprintln!("{USAGE}");
        return 2;
    }
    let results: Vec<bool> = targets
        .iter()
        .map(|target| send(target, signal, job))
        .collect();
    results.contains(&false).into()
}

/// Prints `kill: what: error`, in the shell behind its own name.
fn complain(what: &[u8], error: impl Display) {
    match env::program_name() {
        b"kill" => error_message(&[what], &error),
        _ => error_message(&[b"kill", what], &error),
    }
}

fn send(target: &[u8], signal: u32, job: SendToJob<'_>) -> bool {
    let result = job(target, signal).or_else(|| Some(calls::kill(signed(target)?, signal)));
    match result {
        Some(Ok(())) => return true,
        Some(Err(errno)) => complain(target, errno),
        None if target.starts_with(b"%") => complain(target, "no such job"),
        None => complain(target, "not a process id"),
    }
    false
}

/// A signal by number (0 only tests) or by name, with or without SIG.
pub fn signal_number(text: &[u8]) -> Option<u32> {
    if let Some(number) = unsigned(text, 10) {
        return (number <= 32).then_some(number);
    }
    let name = text.to_ascii_uppercase();
    let name = name.strip_prefix(b"SIG").unwrap_or(&name);
    let mut signals = (1..=Signal::LAST_NAMED).filter_map(Signal::new);
    signals
        .find(|signal| signal.name().as_bytes() == name)
        .map(Signal::number)
}

/// All signals, or those that numbers or exit statuses stand for.
fn list(statuses: &[&[u8]]) -> i32 {
    for status in statuses {
        let number =
            unsigned(status, 10).map(|number| if number > 128 { number - 128 } else { number });
        match number.and_then(Signal::new) {
            Some(signal) => println!("{}", signal.name()),
            None => {
                complain(status, "no such signal");
                return 1;
            }
        }
    }
    if statuses.is_empty() {
        for signal in (1..=Signal::LAST_NAMED).filter_map(Signal::new) {
            let last = signal.number() % 6 == 0 || signal.number() == Signal::LAST_NAMED;
            print!("{:2} {:8}", signal.number(), signal.name());
            if last {
                println!();
            }
        }
    }
    0
}
