// SPDX-License-Identifier: GPL-2.0-or-later
//! Which commands run next: loops, functions, other files, the end, signals.

use crate::execute::{Interpreter, Leave};
use crate::input::Input;
use crate::traps::EXIT;
use crate::variables::in_quotes;
use abi::signal::Signal;
use abi::unistd::R_OK;
use alloc::ffi::CString;
use alloc::vec::Vec;
use programs::command::complain;
use programs::kill::signal_number;
use programs::number::unsigned;
use programs::path::{c_string, join};
use user::{calls, stdio};

/// The status that a word behind `exit` or `return` says, `$?` if there is none.
fn status(shell: &Interpreter, words: &[Vec<u8>]) -> Option<i32> {
    match words.first() {
        None => Some(shell.variables.status),
        Some(word) => unsigned(word, 10).map(|status| (status & 0xff) as i32),
    }
}

pub fn exit(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    if shell.interactive && shell.stays_for_stopped_jobs() {
        return 1;
    }
    match status(shell, words) {
        Some(status) => {
            shell.jobs.hang_up();
            shell.leave = Some(Leave::Exit);
            status
        }
        None => shell.misused(&[b"exit", &words[0]], "is no number"),
    }
}

/// Out of a function or a file of `.`; of a script that is neither, its end.
pub fn return_from(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    match status(shell, words) {
        Some(status) => {
            shell.leave = Some(match shell.calls {
                0 if !shell.interactive => Leave::Exit,
                _ => Leave::Return,
            });
            status
        }
        None => shell.misused(&[b"return", &words[0]], "is no number"),
    }
}

pub fn break_loop(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    leave_loops(shell, words, b"break", Leave::Break)
}

pub fn continue_loop(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    leave_loops(shell, words, b"continue", Leave::Continue)
}

fn leave_loops(
    shell: &mut Interpreter,
    words: &[Vec<u8>],
    name: &[u8],
    leave: fn(u32) -> Leave,
) -> i32 {
    let levels = words.first().map_or(Some(1), |word| unsigned(word, 10));
    match levels {
        Some(levels) if levels > 0 => {
            if shell.loops > 0 {
                shell.leave = Some(leave(levels.min(shell.loops)));
            }
            0
        }
        _ => shell.misused(&[name, &words[0]], "is no number of loops"),
    }
}

pub fn eval(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let text = words.join(&b' ');
    shell.run_input(Input::text(&text));
    shell.variables.status
}

/// Without a command, what is redirected stays so; the caller sees to that.
pub fn exec(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    if words.is_empty() {
        return 0;
    }
    shell.replace(words);
    if !shell.interactive {
        shell.leave = Some(Leave::Exit);
    }
    shell.variables.status
}

/// `. file`: a name without a slash is looked for in `PATH`, and then here.
pub fn source(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let Some(name) = words.first() else {
        return shell.misused(&[b"."], "which file?");
    };
    match shell.run_file(&find(shell, name)) {
        Ok(()) => shell.variables.status,
        Err(errno) => shell.misused(&[b".", name], errno),
    }
}

fn find(shell: &Interpreter, name: &[u8]) -> CString {
    let path = shell.variables.get(b"PATH").unwrap_or_default();
    let directories = path.split(|&byte| byte == b':');
    let mut files = directories.map(|directory| join(&c_string(directory), name));
    let found = files.find(|file| calls::access(file, R_OK).is_ok());
    found
        .filter(|_| !name.contains(&b'/'))
        .unwrap_or_else(|| c_string(name))
}

/// `trap`: shows what is set. `trap action signal...` sets it; `-`, or a number
/// instead of an action, makes it what it was.
pub fn trap(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let words = match words {
        [first, words @ ..] if first == b"--" => words,
        words => words,
    };
    let (action, signals) = match words {
        [] => {
            print(shell);
            return 0;
        }
        [first, ..] if unsigned(first, 10).is_some() => (None, words),
        [only] => (None, core::slice::from_ref(only)),
        [first, signals @ ..] if first == b"-" => (None, signals),
        [action, signals @ ..] => (Some(action.as_slice()), signals),
    };
    let mut status = 0;
    for word in signals {
        let number = match word.as_slice() {
            b"EXIT" => Some(EXIT),
            word => signal_number(word),
        };
        let own = shell.own_handler(number.and_then(Signal::new));
        let set = number.map(|number| shell.traps.set(number, action, own));
        if shell.interactive && number == Some(Signal::SIGINT.number()) && action.is_none() {
            crate::traps::catch_interrupt();
        }
        match set {
            Some(Ok(())) => {}
            Some(Err(errno)) => {
                complain(&[b"trap", word], errno);
                status = 1;
            }
            None => {
                complain(&[b"trap", word], "no such signal");
                status = 1;
            }
        }
    }
    status
}

fn print(shell: &Interpreter) {
    for (number, action) in shell.traps.iter() {
        let name = Signal::new(number).map_or("EXIT", Signal::name);
        let action = in_quotes(action);
        let line = [b"trap -- ", action.as_slice(), b" ", name.as_bytes(), b"\n"];
        stdio::put(&line.concat());
    }
}
