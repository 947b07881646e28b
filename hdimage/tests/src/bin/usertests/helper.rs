// SPDX-License-Identifier: GPL-2.0-or-later
//! What this program does when a test has run it again by `execve`.

use crate::support::address;
use abi::pod::Pod;
use abi::ptrace::PTRACE_TRACEME;
use abi::signal::{SIG_DFL, SIG_IGN, Sigaction, Signal};
use core::ffi::CStr;
use user::calls::{self, Fd, Pid, Semaphore};
use user::env;

/// The first argument.
pub const FLAG: &[u8] = b"--helper";
/// This program.
pub const PROGRAM: &CStr = c"/bin/usertests";

/// Where a helper answers.
const ANSWER: Fd = Fd::STDOUT;

/// Runs the helper that the arguments name; the exit status.
pub fn run(arguments: &[&CStr]) -> i32 {
    match arguments.first().map(|name| name.to_bytes()) {
        // Tells the arguments behind its name and the environment.
        Some(b"arguments") => {
            for text in arguments.iter().skip(1).chain(env::vars()) {
                let _ = calls::write_all(ANSWER, text.to_bytes_with_nul());
            }
            0
        }
        // One digit for each signal: 0 default, 1 ignored, 2 caught.
        Some(b"signals") => {
            let digits: [u8; 32] = core::array::from_fn(|index| action_digit(index as u32 + 1));
            calls::write_all(ANSWER, &digits).is_err().into()
        }
        // The mask of blocked signals.
        Some(b"mask") => {
            let mask = system_call!(sgetmask()).unwrap_or(u32::MAX);
            calls::write_all(ANSWER, &mask.to_le_bytes())
                .is_err()
                .into()
        }
        // One digit for each descriptor: 1 open.
        Some(b"descriptors") => {
            let digits: [u8; 20] =
                core::array::from_fn(|fd| b'0' + u8::from(calls::fstat(Fd(fd as u32)).is_ok()));
            calls::write_all(ANSWER, &digits).is_err().into()
        }
        // The number of a semaphore that it has open, or 0.
        Some(b"semaphores") => {
            let open = (1..=32).find(|&number| calls::sem_close(Semaphore(number)).is_ok());
            open.unwrap_or(0) as i32
        }
        // The four ids.
        Some(b"ids") => {
            let ids = [
                calls::getuid(),
                calls::geteuid(),
                calls::getgid().into(),
                calls::getegid().into(),
            ];
            calls::write_all(ANSWER, ids.as_bytes()).is_err().into()
        }
        // Lets its parent trace it, and becomes the program that is named next.
        Some(b"traced") => {
            let errno = match calls::ptrace(PTRACE_TRACEME, Pid(0), 0, 0) {
                Ok(_) => calls::execve(arguments[1], &arguments[1..], &[]),
                Err(errno) => errno,
            };
            errno.number().into()
        }
        // Sleeps.
        Some(b"sleep") => loop {
            calls::pause();
        },
        _ => 2,
    }
}

fn action_digit(signal: u32) -> u8 {
    let mut action = Sigaction::zeroed();
    if Signal::new(signal).is_none()
        || system_call!(sigaction(signal, 0, address(&raw mut action))).is_err()
    {
        return b'?';
    }
    match action.sa_handler {
        SIG_DFL => b'0',
        SIG_IGN => b'1',
        _ => b'2',
    }
}
