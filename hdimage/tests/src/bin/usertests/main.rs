// SPDX-License-Identifier: GPL-2.0-or-later
//! `usertests [-x] [name...]`, `usertests -l`: tries the kernel, as seen from a program.
//!
//! ```text
//! usertests            run all
//! usertests NAME...    run those; a name ending in `*` stands for several
//! usertests -x NAME... run all but those
//! usertests -l         list them
//! usertests -s ROUND COUNT   COUNT random calls as a user, from that round on
//! usertests -S ROUND COUNT   the same as the super-user in a jail
//! ```
//!
//! Each test runs in a process of its own, in a process group of its own, in
//! a new directory. When it has ended, [`runner`] compares what is in use
//! with what was in use before. [`support`] is what tests are written with;
//! the other modules are the tests, by topic.
#![no_std]
#![no_main]

extern crate alloc;

#[macro_use]
mod support;
mod consoles;
mod coprocessor;
mod descriptors;
mod devices;
mod exec;
mod fairness;
mod files;
mod fuzz;
mod helper;
mod ids;
mod library;
mod memory;
mod names;
mod permissions;
mod pipes;
mod pointers;
mod processes;
mod reserve;
mod resources;
mod runner;
mod select;
mod semaphores;
mod sending;
mod serial;
mod signal_frames;
mod signals;
mod soak;
mod stress;
mod system;
mod terminals;
mod tracing;
mod traps;
mod users;
mod widths;

use alloc::vec::Vec;
use support::Test;
use user::env;
use user::{eprintln, println};

user::program!(main);

/// All tests, by topic.
const TOPICS: &[&[Test]] = &[
    processes::TESTS,
    fairness::TESTS,
    signals::TESTS,
    sending::TESTS,
    signal_frames::TESTS,
    ids::TESTS,
    resources::TESTS,
    reserve::TESTS,
    tracing::TESTS,
    memory::TESTS,
    exec::TESTS,
    traps::TESTS,
    coprocessor::TESTS,
    pointers::TESTS,
    system::TESTS,
    fuzz::TESTS,
    pipes::TESTS,
    semaphores::TESTS,
    descriptors::TESTS,
    files::TESTS,
    names::TESTS,
    permissions::TESTS,
    devices::TESTS,
    consoles::TESTS,
    terminals::TESTS,
    select::TESTS,
    serial::TESTS,
    widths::TESTS,
    library::TESTS,
    users::TESTS,
];

fn main() -> i32 {
    let arguments = env::args();
    if let Some((first, rest)) = arguments.split_first()
        && first.to_bytes() == helper::FLAG
    {
        return helper::run(rest);
    }
    match arguments
        .split_first()
        .map(|(first, rest)| (first.to_bytes(), rest))
    {
        Some((b"-s", rest)) => return soak::run(false, rest),
        Some((b"-S", rest)) => return soak::run(true, rest),
        _ => {}
    }
    let mut all: Vec<&Test> = TOPICS
        .iter()
        .copied()
        .flatten()
        .chain(stress::TESTS)
        .collect();
    if arguments
        .first()
        .is_some_and(|first| first.to_bytes() == b"-l")
    {
        for test in &all {
            println!("{:20} {}", test.name, test.about);
        }
        println!("{} tests", all.len());
        return 0;
    }
    let (but, patterns) = match arguments.split_first() {
        Some((first, rest)) if first.to_bytes() == b"-x" => (true, rest),
        _ => (arguments.is_empty(), arguments),
    };
    for pattern in patterns {
        if !all.iter().any(|test| test.is_named(pattern.to_bytes())) {
            eprintln!("usertests: no test {pattern:?}; -l lists them");
            return 2;
        }
    }
    let is_named = |test: &&Test| {
        patterns
            .iter()
            .any(|pattern| test.is_named(pattern.to_bytes()))
    };
    all.retain(|test| is_named(test) != but);
    runner::run(&all)
}
