// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands that change the shell itself, and so can't be programs.

use crate::execute::{Interpreter, Leave};
use crate::variables::split_assignment;
use alloc::vec::Vec;
use lib::println;
use lib::user::calls::{self, Fd, Pid};
use lib::user::crt0::exit;
use lib::user::stdio::{self, LineReader};
use programs::command::complain;
use programs::number::unsigned;
use programs::path::c_string;
use programs::shell::lexer::is_name;

type Builtin = fn(&mut Interpreter, &[Vec<u8>]) -> i32;

const BUILTINS: [(&[u8], Builtin); 16] = [
    (b":", |_, _| 0),
    (b".", source),
    (b"break", |shell, words| {
        leave_loops(shell, words, Leave::Break)
    }),
    (b"cd", cd),
    (b"continue", |shell, words| {
        leave_loops(shell, words, Leave::Continue)
    }),
    (b"eval", |shell, words| shell.run_text(&words.join(&b' '))),
    (b"exec", exec),
    (b"exit", exit_shell),
    (b"export", export),
    (b"read", read),
    (b"set", set),
    (b"shift", shift),
    (b"source", source),
    (b"umask", umask),
    (b"unset", unset),
    (b"wait", wait),
];

fn find(name: &[u8]) -> Option<Builtin> {
    BUILTINS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|&(_, builtin)| builtin)
}

/// Whether there is a built-in command of that name.
pub fn is_builtin(name: &[u8]) -> bool {
    find(name).is_some()
}

/// Runs a built-in command; its status, or `None` if there is none such.
pub fn run(shell: &mut Interpreter, words: &[Vec<u8>]) -> Option<i32> {
    let (name, arguments) = words.split_first()?;
    let status = find(name)?(shell, arguments);
    shell.variables.status = status;
    Some(status)
}

fn cd(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let Some(directory) = words
        .first()
        .cloned()
        .or_else(|| shell.variables.get(b"HOME"))
    else {
        complain(&[b"cd"], "HOME not set");
        return 1;
    };
    match calls::chdir(&c_string(directory.as_slice())) {
        Ok(()) => 0,
        Err(errno) => {
            complain(&[b"cd", &directory], errno);
            1
        }
    }
}

fn exit_shell(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    match words.first() {
        None => exit(shell.variables.status),
        Some(word) => match unsigned(word, 10) {
            Some(status) => exit(status as i32),
            None => {
                complain(&[b"exit", word], "is no number");
                exit(2)
            }
        },
    }
}

/// Without a command, what is redirected stays so; the caller sees to that.
fn exec(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    if words.is_empty() {
        return 0;
    }
    shell.replace(words);
    exit(shell.variables.status)
}

fn export(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    if words.is_empty() {
        print_lines(shell.variables.lines(true));
    }
    for word in words {
        match split_assignment(word) {
            Some((name, value)) => {
                shell.variables.set(name, value);
                shell.variables.export(name);
            }
            None if is_name(word) => shell.variables.export(word),
            None => {
                complain(&[b"export", word], "is no name");
                return 1;
            }
        }
    }
    0
}

fn print_lines(lines: impl Iterator<Item = Vec<u8>>) {
    for line in lines {
        stdio::put(&line);
        println!();
    }
}

fn unset(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    words.iter().for_each(|name| shell.variables.unset(name));
    0
}

/// `set`: shows the variables; `-e` and `-x` switch on, `+e` and `+x` off; what
/// follows becomes the parameters.
fn set(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    if words.is_empty() {
        print_lines(shell.variables.lines(false));
        return 0;
    }
    let mut words = words.iter();
    while let Some(word) = words.as_slice().first() {
        let (on, letters) = match word.as_slice() {
            b"--" => {
                words.next();
                shell.variables.set_parameters(words.cloned());
                return 0;
            }
            [b'-', letters @ ..] => (true, letters),
            [b'+', letters @ ..] => (false, letters),
            _ => {
                shell.variables.set_parameters(words.cloned());
                return 0;
            }
        };
        for letter in letters {
            match letter {
                b'e' => shell.exit_on_failure = on,
                b'x' => shell.trace = on,
                _ => {
                    complain(&[b"set", word], "unknown option");
                    return 2;
                }
            }
        }
        words.next();
    }
    0
}

fn shift(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let count = words.first().map_or(Some(1), |word| unsigned(word, 10));
    let shifted = count.is_some_and(|count| shell.variables.shift(count as usize));
    if !shifted {
        complain(&[b"shift"], "not so many parameters");
    }
    (!shifted).into()
}

fn leave_loops(shell: &mut Interpreter, words: &[Vec<u8>], leave: fn(u32) -> Leave) -> i32 {
    let levels = words
        .first()
        .map_or(Some(1), |word| unsigned(word, 10))
        .unwrap_or(1);
    if shell.loops > 0 && levels > 0 {
        shell.leave = Some(leave(levels.min(shell.loops)));
    }
    0
}

fn source(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let Some(path) = words.first() else {
        complain(&[b"."], "which file?");
        return 2;
    };
    shell
        .run_file(&c_string(path.as_slice()))
        .unwrap_or_else(|errno| {
            complain(&[path], errno);
            1
        })
}

fn umask(_shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let Some(word) = words.first() else {
        let mask = calls::umask(0);
        calls::umask(mask);
        println!("{mask:04o}");
        return 0;
    };
    match unsigned(word, 8).filter(|&mask| mask <= 0o777) {
        Some(mask) => {
            calls::umask(mask as u16);
            0
        }
        None => {
            complain(&[b"umask", word], "is no octal mask");
            1
        }
    }
}

fn wait(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    match words.first() {
        None => shell.wait_background(None),
        Some(word) => match unsigned(word, 10) {
            Some(pid) => shell.wait_background(Some(Pid(pid))),
            None => {
                complain(&[b"wait", word], "is no process id");
                2
            }
        },
    }
}

/// `read NAME...`: a line of standard input, a word for each name, the last
/// one taking the rest.
fn read(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    stdio::flush();
    let mut line = Vec::new();
    // What is behind the line is for others to read.
    let found = LineReader::with_capacity(Fd::STDIN, 1)
        .read_line(&mut line)
        .unwrap_or(false);
    let mut rest = line.trim_ascii();
    for (index, name) in words.iter().enumerate() {
        let last = index + 1 == words.len();
        let end = rest
            .iter()
            .position(u8::is_ascii_whitespace)
            .filter(|_| !last);
        let (value, behind) = rest.split_at(end.unwrap_or(rest.len()));
        shell.variables.set(name, value);
        rest = behind.trim_ascii_start();
    }
    (!found).into()
}
