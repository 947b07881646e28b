// SPDX-License-Identifier: GPL-2.0-or-later
//! `xargs [-0rt] [-n count] [-I mark] [command [argument...]]`: reads words from
//! standard input and runs the command (`echo`) with as many of them as fit, at most
//! `count`; with `-I` once for each line, in place of the mark. `-0` separates words
//! by NULs, `-r` runs nothing for no words, `-t` tells what is run.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{fail, leading_options, usage};
use programs::io::{BufReader, Read, text};
use programs::number::unsigned;
use programs::process::{Command, Stdio, exit};
use programs::run::not_run;
use user::calls::Fd;
use user::eprintln;

extern crate alloc;

user::program!(main);

const USAGE: &str = "xargs [-0rt] [-n count] [-I mark] [command [argument...]]";
/// Bytes of arguments of one command; the environment needs room too.
const MOST_BYTES: usize = 32 * 1024;

fn main() -> i32 {
    let (options, command) = leading_options("0rtn:I:", USAGE);
    let count = options.value('n').map(|text| {
        let count = unsigned(text.to_bytes(), 10).filter(|&count| count > 0);
        count.unwrap_or_else(|| usage(USAGE)) as usize
    });
    let mark = options.value('I').map(CStr::to_bytes);
    let mut input = Vec::new();
    if let Err(errno) = BufReader::new(Fd::STDIN).read_to_end(&mut input) {
        fail(&[b"-"], errno);
    }
    let words = match options.has('0') {
        true => separated(&input),
        false => words(&input, mark.is_some()).unwrap_or_else(|error| fail(&[], error)),
    };
    let command: Vec<&[u8]> = match command {
        [] => alloc::vec![&b"echo"[..]],
        command => command.iter().map(|word| word.to_bytes()).collect(),
    };
    let xargs = Xargs {
        tell: options.has('t'),
        command,
    };
    let mut status = 0;
    if let Some(mark) = mark {
        for word in &words {
            let arguments = xargs.command.iter().map(|part| replaced(part, mark, word));
            status = status.max(xargs.run(&arguments.collect::<Vec<_>>()));
        }
        return status;
    }
    let mut rest = words.as_slice();
    let mut first = !options.has('r');
    while first || !rest.is_empty() {
        first = false;
        let (now, later) = rest.split_at(fitting(rest, count));
        rest = later;
        let command = xargs.command.iter().map(|part| part.to_vec());
        let all: Vec<Vec<u8>> = command.chain(now.iter().cloned()).collect();
        status = status.max(xargs.run(&all));
    }
    status
}

/// How many words go into one command.
fn fitting(words: &[Vec<u8>], count: Option<usize>) -> usize {
    let mut bytes = 0;
    let fits = |word: &&Vec<u8>| {
        bytes += word.len() + 1;
        bytes <= MOST_BYTES
    };
    let fitting = words.iter().take_while(fits).count().max(1);
    fitting.min(count.unwrap_or(usize::MAX)).min(words.len())
}

/// The pieces between NULs.
fn separated(input: &[u8]) -> Vec<Vec<u8>> {
    let pieces = input.split_inclusive(|&byte| byte == 0);
    let pieces = pieces.map(|piece| piece.strip_suffix(b"\0").unwrap_or(piece));
    pieces.map(<[u8]>::to_vec).collect()
}

/// Words as the shell's: separated by blanks, with quotes and backslashes. With
/// `whole_lines` only newlines separate, and blanks before a word do not count.
fn words(input: &[u8], whole_lines: bool) -> Result<Vec<Vec<u8>>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = input.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\n' => words.extend(word.take()),
            b' ' | b'\t' if word.is_none() => {}
            b' ' | b'\t' if !whole_lines => words.extend(word.take()),
            b'\'' | b'"' => {
                let word = word.get_or_insert_default();
                loop {
                    match bytes.next() {
                        Some(quoted) if quoted == byte => break,
                        None | Some(b'\n') => return Err("unmatched quote"),
                        Some(quoted) => word.push(quoted),
                    }
                }
            }
            b'\\' => word.get_or_insert_default().extend(bytes.next()),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    Ok(words)
}

/// The part with the word in place of each mark.
fn replaced(part: &[u8], mark: &[u8], word: &[u8]) -> Vec<u8> {
    let mut result = Vec::new();
    let mut rest = part;
    while let Some((byte, tail)) = rest.split_first() {
        match rest.strip_prefix(mark).filter(|_| !mark.is_empty()) {
            Some(behind) => {
                result.extend_from_slice(word);
                rest = behind;
            }
            None => {
                result.push(*byte);
                rest = tail;
            }
        }
    }
    result
}

struct Xargs<'a> {
    tell: bool,
    command: Vec<&'a [u8]>,
}

impl Xargs<'_> {
    /// Runs a command; the exit status that this calls for.
    fn run(&self, arguments: &[Vec<u8>]) -> i32 {
        let Some((program, rest)) = arguments.split_first() else {
            return 0;
        };
        if self.tell {
            eprintln!("{}", text(&arguments.join(&b' ')));
        }
        let status = Command::new(program).args(rest).stdin(Stdio::Null).status();
        match status.map(|status| status.exit_status()) {
            Ok(Some(0)) => 0,
            Ok(Some(1..=254)) => 123,
            Ok(Some(_)) => exit(124),
            Ok(None) => exit(125),
            Err(errno) => exit(not_run(program, errno)),
        }
    }
}
