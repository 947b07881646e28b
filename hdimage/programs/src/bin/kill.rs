// SPDX-License-Identifier: GPL-2.0-or-later
//! `kill [-signal] pid...`: sends a signal, SIGTERM if none is named; a pid below
//! zero is a process group. `kill -l` lists the signals.
#![no_std]
#![no_main]

use lib::signal::Signal;
use lib::user::{calls, env};
use lib::{print, println};
use programs::command::{complain, status, usage};
use programs::number::{signed, unsigned};

lib::program!(main);

const USAGE: &str = "kill [-signal | -s signal] pid...\n       kill -l";

fn main() -> i32 {
    let (signal, pids) = match env::args() {
        [first, ..] if *first == c"-l" => return list(),
        [first, name, pids @ ..] if *first == c"-s" => (signal_number(name.to_bytes()), pids),
        [first, pids @ ..] if *first == c"--" => (Some(Signal::SIGTERM.number()), pids),
        [first, pids @ ..] if first.to_bytes().starts_with(b"-") => (
            signal_number(first.to_bytes().get(1..).unwrap_or_default()),
            pids,
        ),
        pids => (Some(Signal::SIGTERM.number()), pids),
    };
    let Some(signal) = signal.filter(|_| !pids.is_empty()) else {
        usage(USAGE)
    };
    for pid in pids {
        match signed(pid.to_bytes()) {
            Some(number) => {
                if let Err(errno) = calls::kill(number, signal) {
                    complain(&[pid.to_bytes()], errno);
                }
            }
            None => complain(&[pid.to_bytes()], "is no process id"),
        }
    }
    status()
}

/// A signal by number (0 only tests) or by name, with or without SIG.
fn signal_number(text: &[u8]) -> Option<u32> {
    if let Some(number) = unsigned(text, 10) {
        return (number <= 32).then_some(number);
    }
    let name = text.strip_prefix(b"SIG").unwrap_or(text);
    let mut signals = (1..=Signal::LAST_NAMED).filter_map(Signal::new);
    signals
        .find(|signal| signal.name().as_bytes() == name)
        .map(Signal::number)
}

fn list() -> i32 {
    for signal in (1..=Signal::LAST_NAMED).filter_map(Signal::new) {
        print!("{:2} {:8}", signal.number(), signal.name());
        if signal.number() % 6 == 0 {
            println!();
        }
    }
    println!();
    0
}
