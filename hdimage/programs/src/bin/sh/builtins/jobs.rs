// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands about jobs.

use crate::execute::Interpreter;
use crate::jobs::State;
use abi::Errno;
use abi::signal::Signal;
use alloc::vec::Vec;
use programs::command::complain;
use user::println;
use user::stdio;

/// For all jobs, or some.
pub fn wait(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    if words.is_empty() {
        return shell.wait_background(None);
    }
    let mut status = 0;
    for word in words {
        status = match shell.jobs.find(word) {
            Some(place) => shell.wait_background(Some(place)),
            None => {
                complain(&[b"wait", word], "no such job");
                127
            }
        };
    }
    status
}

pub fn jobs(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    shell.note_news();
    let only_pids = words.iter().any(|word| word == b"-p");
    for job in &mut shell.jobs.0 {
        job.told = job.state();
        match job.group().filter(|_| only_pids) {
            Some(group) => println!("{}", group.0),
            None => println!("{}", job.line()),
        }
    }
    shell.forget_done();
    0
}

/// `fg [job]` and `bg [job]`: lets a stopped job go on.
pub fn go_on(shell: &mut Interpreter, words: &[Vec<u8>], in_front: bool) -> i32 {
    let name: &[u8] = if in_front { b"fg" } else { b"bg" };
    if shell.terminal.is_none() {
        return shell.misused(&[name], "no job control");
    }
    shell.note_news();
    let place = match words.first() {
        Some(word) => shell.jobs.find(word),
        None => shell.jobs.current(),
    };
    let Some(place) = place.filter(|&place| place < shell.jobs.0.len()) else {
        return shell.misused(&[name], "no such job");
    };
    let mut job = shell.jobs.0.remove(place);
    job.in_front = in_front;
    if in_front {
        println!("{}", alloc::string::String::from_utf8_lossy(&job.text));
        stdio::flush();
        if let Some(terminal) = &shell.terminal {
            terminal.give_to(&job);
        }
    }
    let result = match job.state() {
        State::Done(_) => Ok(()),
        _ => job.go_on(),
    };
    if in_front {
        shell.wait_in_front(job);
        return shell.variables.status;
    }
    println!("{}", job.line());
    shell.jobs.add(job);
    match result {
        Ok(()) => 0,
        Err(errno) => shell.misused(&[name], errno),
    }
}

/// `kill`, as the program does it, and for jobs too. It works even where there
/// can be no more processes.
pub fn kill(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    shell.note_news();
    let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    programs::kill::run(&words, &mut |target, signal| {
        let place = shell.jobs.find(target)?;
        let job = shell.jobs.0.get_mut(place)?;
        // A process of a job is only a part of it.
        if !target.starts_with(b"%") {
            return None;
        }
        if let State::Done(_) = job.state() {
            return Some(Err(Errno::ESRCH));
        }
        let stopped = matches!(job.state(), State::Stopped(_));
        let mut result = job.signal(signal);
        let stops = [Signal::SIGSTOP, Signal::SIGTSTP].map(Signal::number);
        if result.is_ok() && stopped && signal != 0 && !stops.contains(&signal) {
            // A stopped job would get it only some day.
            result = job.go_on();
        }
        Some(result)
    })
}
