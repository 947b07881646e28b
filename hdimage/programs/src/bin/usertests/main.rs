// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the kernel, seen from a program.
//!
//! ```text
//! usertests            run all
//! usertests NAME...    run those; a name ending in `*` stands for several
//! usertests -l         list them
//! ```
//!
//! Each test runs in a process of its own, in a process group of its own, in
//! an empty directory. When it has ended, [`runner`] compares what is in use
//! with what was in use before. [`support`] is what tests are written with;
//! the other modules are the tests, by topic.
#![no_std]
#![no_main]

extern crate alloc;

#[macro_use]
mod support;
mod descriptors;
mod devices;
mod exec;
mod files;
mod helper;
mod ids;
mod memory;
mod names;
mod permissions;
mod pipes;
mod pointers;
mod processes;
mod runner;
mod signals;
mod stress;
mod system;
mod traps;

use alloc::vec::Vec;
use lib::user::env;
use lib::{eprintln, println};
use support::Test;

lib::program!(main);

/// All tests, by topic.
const TOPICS: [&[Test]; 14] = [
    processes::TESTS,
    signals::TESTS,
    ids::TESTS,
    memory::TESTS,
    exec::TESTS,
    traps::TESTS,
    pointers::TESTS,
    system::TESTS,
    pipes::TESTS,
    descriptors::TESTS,
    files::TESTS,
    names::TESTS,
    permissions::TESTS,
    devices::TESTS,
];

fn main() -> i32 {
    let arguments = env::args();
    if let Some((first, rest)) = arguments.split_first()
        && first.to_bytes() == helper::FLAG
    {
        return helper::run(rest);
    }
    let all: Vec<&Test> = TOPICS.iter().copied().flatten().chain(stress::TESTS).collect();
    if arguments.first().is_some_and(|first| first.to_bytes() == b"-l") {
        for test in &all {
            println!("{:20} {}", test.name, test.about);
        }
        println!("{} tests", all.len());
        return 0;
    }
    let mut chosen = Vec::new();
    for pattern in arguments {
        let before = chosen.len();
        chosen.extend(all.iter().copied().filter(|test| test.is_named(pattern.to_bytes())));
        if chosen.len() == before {
            eprintln!("usertests: no test {pattern:?}; -l lists them");
            return 2;
        }
    }
    runner::run(if arguments.is_empty() { &all } else { &chosen })
}
