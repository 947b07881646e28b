// SPDX-License-Identifier: GPL-2.0-or-later
//! What the kernel keeps for the process: times, limits, the mask of new files.

use crate::compound::minutes_and_seconds;
use crate::execute::Interpreter;
use crate::processes::connect;
use abi::fcntl::{O_APPEND, O_CREAT, O_WRONLY};
use abi::signal::Signal;
use abi::sys::resource::{
    RLIM_INFINITY, RLIMIT_CORE, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_STACK,
};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use programs::command::complain;
use programs::mode::change_mode;
use programs::number::unsigned;
use user::calls::{self, Fd};
use user::println;
use user::signal::{Handler, sigaction};

/// The processor times of the shell, and of its children.
pub fn times(shell: &mut Interpreter, _words: &[Vec<u8>]) -> i32 {
    match calls::times() {
        Ok((times, _)) => {
            let line = |user, system| {
                println!(
                    "{} {}",
                    minutes_and_seconds(user),
                    minutes_and_seconds(system)
                );
            };
            line(times.tms_utime, times.tms_stime);
            line(times.tms_cutime, times.tms_cstime);
            0
        }
        Err(errno) => shell.misused(&[b"times"], errno),
    }
}

/// Shows or sets the mode bits that new files don't get, in octal, or as letters
/// of those that they get.
pub fn umask(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let mask = calls::umask(0);
    calls::umask(mask);
    match words.first().map(Vec::as_slice) {
        None => println!("{mask:04o}"),
        Some(b"-S") => {
            let class = |name: char, shift: u16| {
                let bits = !mask >> shift;
                let letters = [('r', 4), ('w', 2), ('x', 1)];
                let set = letters.into_iter().filter(|(_, bit)| bits & bit != 0);
                let letters: String = set.map(|(letter, _)| letter).collect();
                format!("{name}={letters}")
            };
            println!("{},{},{}", class('u', 6), class('g', 3), class('o', 0));
        }
        Some(word) => {
            let octal = word.first().is_some_and(u8::is_ascii_digit);
            let new = match octal {
                true => unsigned(word, 8).map(|mask| mask as u16),
                false => change_mode(!mask & 0o777, word, 0).map(|mode| !mode & 0o777),
            };
            match new.filter(|&mask| mask <= 0o777) {
                Some(mask) => drop(calls::umask(mask)),
                None => return shell.misused(&[b"umask", word], "is no mode"),
            }
        }
    }
    0
}

/// A limit: its letter, its number, in how many bytes it is counted, its name.
const LIMITS: [(u8, u32, i32, &str); 6] = [
    (b'c', RLIMIT_CORE, 512, "core file (blocks)"),
    (b'd', RLIMIT_DATA, 1024, "data (kilobytes)"),
    (b'f', RLIMIT_FSIZE, 512, "file (blocks)"),
    (b'n', RLIMIT_NOFILE, 1, "open files"),
    (b's', RLIMIT_STACK, 1024, "stack (kilobytes)"),
    (b't', RLIMIT_CPU, 1, "time (seconds)"),
];

/// Shows or sets a limit: that of a file's size if none is named.
pub fn ulimit(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let mut chosen = b'f';
    // Hard limits, soft limits: both if neither is named, but the soft one shows.
    let (mut hard, mut soft) = (false, false);
    let mut value = None;
    for word in words {
        match word.as_slice() {
            [b'-', letters @ ..] => {
                for &letter in letters {
                    match letter {
                        b'H' => hard = true,
                        b'S' => soft = true,
                        letter => chosen = letter,
                    }
                }
            }
            word => value = Some(word),
        }
    }
    if chosen == b'a' {
        for &(_, resource, unit, name) in &LIMITS {
            println!("{name:<20}{}", shown(resource, unit, hard));
        }
        return 0;
    }
    let mut limits = LIMITS.iter();
    let Some(&(_, resource, unit, _)) = limits.find(|(letter, ..)| *letter == chosen) else {
        return shell.misused(&[b"ulimit", &[b'-', chosen]], "unknown option");
    };
    let Some(value) = value else {
        println!("{}", shown(resource, unit, hard));
        return 0;
    };
    let number = match value {
        b"unlimited" => Some(RLIM_INFINITY),
        digits => {
            unsigned(digits, 10).and_then(|number| i32::try_from(number).ok()?.checked_mul(unit))
        }
    };
    let Some(number) = number else {
        return shell.misused(&[b"ulimit", value], "is no limit");
    };
    let result = calls::getrlimit(resource).and_then(|mut limit| {
        if hard || !soft {
            limit.rlim_max = number;
        }
        if soft || !hard {
            limit.rlim_cur = number;
        }
        calls::setrlimit(resource, &limit)
    });
    match result {
        Ok(()) => 0,
        Err(errno) => shell.misused(&[b"ulimit"], errno),
    }
}

fn shown(resource: u32, unit: i32, hard: bool) -> String {
    match calls::getrlimit(resource) {
        Ok(limit) => match if hard { limit.rlim_max } else { limit.rlim_cur } {
            RLIM_INFINITY => "unlimited".into(),
            value => format!("{}", value / unit),
        },
        Err(errno) => format!("{errno}"),
    }
}

/// Runs a program that goes on when the terminal is hung up; what it prints goes to
/// a file if it would go to the terminal.
pub fn nohup(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    if words.is_empty() {
        return shell.misused(&[b"nohup"], "which program?");
    }
    let mut job = shell.new_job(true);
    let started = shell.fork(&mut job, |shell| {
        // Its number is not refused.
        let _ = sigaction(Signal::SIGHUP, Handler::Ignore);
        if calls::isatty(Fd::STDOUT) {
            match calls::open(c"nohup.out", O_WRONLY | O_CREAT | O_APPEND, 0o600) {
                Ok(file) => connect(Some(file), Fd::STDOUT),
                Err(errno) => {
                    complain(&[b"nohup.out"], errno);
                    shell.variables.status = 127;
                    return;
                }
            }
        }
        if calls::isatty(Fd::STDERR) {
            // Both are descriptors.
            let _ = calls::dup2(Fd::STDOUT, Fd::STDERR);
        }
        shell.replace(words);
    });
    if started {
        shell.wait_in_front(job);
    }
    shell.variables.status
}
