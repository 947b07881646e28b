// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands that change the shell itself, and so can't be programs.

use crate::execute::{Interpreter, Leave};
use crate::jobs::State;
use crate::variables::split_assignment;
use alloc::vec::Vec;
use lib::Errno;
use lib::println;
use lib::signal::Signal;
use lib::user::calls::{self, Fd};
use lib::user::crt0::exit;
use lib::user::stdio::{self, LineReader};
use programs::command::complain;
use programs::files::working_directory;
use programs::number::unsigned;
use programs::path::c_string;
use programs::shell::lexer::is_name;

type Builtin = fn(&mut Interpreter, &[Vec<u8>]) -> i32;

const BUILTINS: [(&[u8], Builtin); 21] = [
    (b":", |_, _| 0),
    (b".", source),
    (b"bg", |shell, words| continue_job(shell, words, false)),
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
    (b"fg", |shell, words| continue_job(shell, words, true)),
    (b"jobs", jobs),
    (b"kill", kill),
    (b"read", read),
    (b"return", return_from),
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
    let mut status = find(name)?(shell, arguments);
    if let Err(errno) = stdio::close_stdout() {
        complain(&[name, b"write error"], errno);
        status = 1;
    }
    shell.variables.status = status;
    Some(status)
}

/// `cd [directory]`: to the home directory if none is named, to the one before
/// with `-`, which is `OLDPWD`.
fn cd(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let (name, variable): (&[u8], &[u8]) = match words.first().map(Vec::as_slice) {
        None => (b"", b"HOME"),
        Some(b"-") => (b"", b"OLDPWD"),
        Some(directory) => (directory, b""),
    };
    let directory = match variable {
        b"" => Some(name.to_vec()),
        variable => shell.variables.get(variable),
    };
    let Some(directory) = directory else {
        complain(&[b"cd", variable], "not set");
        return 1;
    };
    let old = working_directory();
    if let Err(errno) = calls::chdir(&c_string(directory.as_slice())) {
        complain(&[b"cd", &directory], errno);
        return 1;
    }
    // A directory that was removed meanwhile has no name.
    shell.variables.set(b"OLDPWD", &old.unwrap_or_default());
    let new = working_directory().unwrap_or_default();
    shell.variables.set(b"PWD", &new);
    if variable == b"OLDPWD" {
        stdio::put(&[new.as_slice(), b"\n"].concat());
    }
    0
}

fn exit_shell(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    if shell.stays_for_stopped_jobs() {
        return 1;
    }
    shell.jobs.hang_up();
    match words.first() {
        None => exit(shell.variables.status),
        Some(word) => match unsigned(word, 10) {
            Some(status) => exit(status as i32),
            None => {
                complain(&[b"exit", word], "not a number");
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
                complain(&[b"export", word], "not a name");
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
    for name in words {
        shell.variables.unset(name);
        shell.functions.remove(name);
    }
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
            complain(&[b"umask", word], "not an octal mask");
            1
        }
    }
}

/// `return [status]`: out of a function or a file of `.`.
fn return_from(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let status = words.first().map(|word| unsigned(word, 10));
    match status {
        _ if shell.calls == 0 => {
            complain(&[b"return"], "not in a function");
            1
        }
        Some(None) => {
            complain(&[b"return"], "status is no number");
            2
        }
        status => {
            shell.leave = Some(Leave::Return);
            status
                .flatten()
                .map_or(shell.variables.status, |status| (status & 0xff) as i32)
        }
    }
}

/// `wait [job...]`: for all jobs, or some.
fn wait(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
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

fn jobs(shell: &mut Interpreter, _words: &[Vec<u8>]) -> i32 {
    shell.note_news();
    for job in &mut shell.jobs.0 {
        job.told = job.state();
        println!("{}", job.line());
    }
    shell.forget_done();
    0
}

/// `fg [job]` and `bg [job]`: lets a stopped job go on.
fn continue_job(shell: &mut Interpreter, words: &[Vec<u8>], in_front: bool) -> i32 {
    let name: &[u8] = if in_front { b"fg" } else { b"bg" };
    if shell.terminal.is_none() {
        complain(&[name], "no job control");
        return 1;
    }
    shell.note_news();
    let place = match words.first() {
        Some(word) => shell.jobs.find(word),
        None => shell.jobs.current(),
    };
    let Some(place) = place.filter(|&place| place < shell.jobs.0.len()) else {
        complain(&[name], "no such job");
        return 1;
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
        Err(errno) => {
            complain(&[name], errno);
            1
        }
    }
}

/// `kill`, as the program does it, and for jobs too. It works even where there
/// can be no more processes.
fn kill(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
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

/// `read NAME...`: a line of standard input, a word for each name, the last
/// one taking the rest.
fn read(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    stdio::flush();
    let mut line = Vec::new();
    // What is behind the line is for others to read.
    let found = LineReader::with_capacity(Fd::STDIN, 1)
        .interruptible()
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
