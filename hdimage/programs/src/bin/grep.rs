// SPDX-License-Identifier: GPL-2.0-or-later
//! `grep [-ivnclqsh] [-e] pattern [file...]`: prints the lines that match a basic
//! regular expression. Succeeds if there is one; status 2 on errors.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::ffi::CStr;
use lib::println;
use lib::user::calls::Fd;
use lib::user::crt0::exit;
use lib::user::stdio::{self, LineReader};
use programs::command::{At, Outcome, complain, options, status, usage};
use programs::files::for_each_input;
use programs::options::Options;
use programs::regex::Regex;

extern crate alloc;

lib::program!(main);

const USAGE: &str = "grep [-ivnclqsh] [-e] pattern [file...]";

fn main() -> i32 {
    let mut options = options("ivnclqshe:", USAGE);
    let pattern = match options.value('e') {
        Some(pattern) => pattern,
        None if options.operands.is_empty() => usage(USAGE),
        None => options.operands.remove(0),
    };
    let regex = Regex::new(pattern.to_bytes(), options.has('i')).unwrap_or_else(|error| {
        complain(&[pattern.to_bytes()], error);
        exit(2)
    });
    let grep = Grep {
        regex,
        with_names: options.operands.len() > 1 && !options.has('h'),
        options: &options,
    };
    let mut found = false;
    for_each_input(&options.operands, |fd, path| {
        found |= grep.file(fd, path)?;
        Ok(())
    });
    match status() {
        0 => (!found).into(),
        _ => 2,
    }
}

struct Grep<'a> {
    regex: Regex,
    with_names: bool,
    options: &'a Options<'static>,
}

impl Grep<'_> {
    /// Whether the file has a line that is wanted.
    fn file(&self, fd: Fd, path: &CStr) -> Outcome<bool> {
        let [invert, quiet, names_only, count_only] =
            ['v', 'q', 'l', 'c'].map(|letter| self.options.has(letter));
        let mut reader = LineReader::new(fd);
        let mut line = Vec::new();
        let (mut number, mut count) = (0u32, 0u32);
        while reader.read_line(&mut line).at(path)? {
            number += 1;
            if self.regex.matches(&line) == invert {
                continue;
            }
            count += 1;
            if quiet || names_only {
                break;
            }
            if !count_only {
                self.print_line(path, number, &line);
            }
        }
        if quiet {
            return Ok(count > 0);
        }
        if names_only && count > 0 {
            stdio::put(path.to_bytes());
            println!();
        } else if count_only {
            self.print_name(path);
            println!("{count}");
        }
        Ok(count > 0)
    }

    fn print_name(&self, path: &CStr) {
        if self.with_names {
            stdio::put(path.to_bytes());
            stdio::put(b":");
        }
    }

    fn print_line(&self, path: &CStr, number: u32, line: &[u8]) {
        self.print_name(path);
        if self.options.has('n') {
            lib::print!("{number}:");
        }
        stdio::put(line);
        stdio::put(b"\n");
    }
}
