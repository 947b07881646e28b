// SPDX-License-Identifier: GPL-2.0-or-later
//! What names mean: aliases, functions, programs.

use super::{is_builtin, is_special, run};
use crate::execute::Interpreter;
use crate::variables::in_quotes;
use abi::sys::stat::S_ISREG;
use abi::unistd::X_OK;
use alloc::ffi::CString;
use alloc::vec::Vec;
use programs::command::complain;
use programs::path::{c_string, join};
use user::println;
use user::{calls, stdio};

/// Words that are neither commands nor names of them.
const RESERVED: [&str; 16] = [
    "!", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then", "time",
    "until", "while", "{",
];

fn print_alias(name: &[u8], value: &[u8]) {
    stdio::put(&[name, b"=", &in_quotes(value), b"\n"].concat());
}

pub fn alias(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let mut status = 0;
    if words.is_empty() {
        for (name, value) in &shell.aliases {
            print_alias(name, value);
        }
    }
    for word in words {
        let equals = word
            .iter()
            .position(|&byte| byte == b'=')
            .filter(|&at| at > 0);
        match (equals, shell.aliases.get(word)) {
            (Some(equals), _) => {
                let (name, value) = word.split_at(equals);
                let value = value.get(1..).unwrap_or_default().to_vec();
                shell.aliases.insert(name.to_vec(), value);
            }
            (None, Some(value)) => print_alias(word, value),
            (None, None) => {
                complain(&[b"alias", word], "not found");
                status = 1;
            }
        }
    }
    status
}

pub fn unalias(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let mut status = 0;
    for word in words {
        if word == b"-a" {
            shell.aliases.clear();
        } else if shell.aliases.remove(word).is_none() {
            complain(&[b"unalias", word], "not found");
            status = 1;
        }
    }
    status
}

/// The file that runs under a name.
fn program(shell: &Interpreter, name: &[u8]) -> Option<CString> {
    let runs = |file: &CString| {
        let is_file = calls::stat(file).is_ok_and(|stat| S_ISREG(stat.st_mode));
        is_file && calls::access(file, X_OK).is_ok()
    };
    if name.contains(&b'/') {
        return Some(c_string(name)).filter(runs);
    }
    let path = shell.variables.get(b"PATH").unwrap_or_default();
    let directories = path.split(|&byte| byte == b':');
    let mut files = directories.map(|directory| join(&c_string(directory), name));
    files.find(runs)
}

/// Tells what a name means, in a sentence or as it would be written; false if it
/// means nothing.
fn tell(shell: &Interpreter, name: &[u8], in_words: bool) -> bool {
    let said = |words: &str| {
        stdio::put(name);
        match in_words {
            true => println!("{words}"),
            false => println!(),
        }
        true
    };
    if RESERVED.iter().any(|word| word.as_bytes() == name) {
        return said(" is a shell keyword");
    }
    if let Some(value) = shell.aliases.get(name) {
        match in_words {
            true => stdio::put(&[name, b" is an alias for ", value, b"\n"].concat()),
            false => {
                stdio::put(b"alias ");
                print_alias(name, value);
            }
        }
        return true;
    }
    if shell.functions.contains_key(name) {
        return said(" is a shell function");
    }
    if is_special(name) {
        return said(" is a special shell builtin");
    }
    if is_builtin(name) {
        return said(" is a shell builtin");
    }
    let Some(file) = program(shell, name) else {
        return false;
    };
    if in_words {
        stdio::put(&[name, b" is "].concat());
    }
    stdio::put(&[file.to_bytes(), b"\n"].concat());
    true
}

pub fn type_of(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let mut status = 0;
    for word in words {
        if !tell(shell, word, true) {
            complain(&[word], "not found");
            status = 127;
        }
    }
    status
}

/// `command name`: runs it, though there may be a function of that name, and not as
/// a special one; with `-v` and `-V` tells what it means.
pub fn command(shell: &mut Interpreter, words: &[Vec<u8>]) -> i32 {
    let words = match words {
        [first, words @ ..] if matches!(first.as_slice(), b"-p" | b"--") => words,
        words => words,
    };
    match words {
        [] => 0,
        [first, words @ ..] if first == b"-v" => {
            let found = words.first().is_some_and(|word| tell(shell, word, false));
            if found { 0 } else { 127 }
        }
        [first, words @ ..] if first == b"-V" => type_of(shell, words),
        [name, ..] if is_builtin(name) => {
            run(shell, words);
            shell.mistaken = false;
            shell.variables.status
        }
        words => shell.run_program(words),
    }
}

/// What was typed.
pub fn history(shell: &mut Interpreter, _words: &[Vec<u8>]) -> i32 {
    for (index, line) in shell.history.lines.iter().enumerate() {
        user::print!("{:5}  ", index + 1);
        stdio::put(line);
        println!();
    }
    0
}
