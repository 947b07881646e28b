// SPDX-License-Identifier: GPL-2.0-or-later
//! `bc [-lqs] [file...]`: calculates with numbers of any length, by the files and then by
//! standard input. `-l` brings functions: sine `s`, cosine `c`, arctangent `a`, logarithm
//! `l`, exponential `e` and Bessel's `j`. `-q` and `-s` are taken, and change nothing.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use programs::bc::{Calculator, LIBRARY};
use programs::command::{At, Outcome, complain, options, report, status};
use user::calls::{Fd, File};
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

fn main() -> i32 {
    // `-q` and `-s` of GNU's change nothing here.
    let options = options("lqs", "bc [-l] [file...]");
    let mut print = |bytes: &[u8]| stdio::put(bytes);
    let mut calculator = Calculator::new(&mut print);
    if options.has('l') {
        for line in LIBRARY.lines() {
            take(&mut calculator, line.as_bytes());
        }
    }
    for path in &options.operands {
        let file = File::open(path).at(path);
        let done = file.and_then(|file| lines(&mut calculator, file.fd(), path));
        if report(done) != Some(true) {
            return status();
        }
    }
    report(lines(&mut calculator, Fd::STDIN, c"-"));
    if calculator.is_incomplete() {
        complain(&[], "the end is missing");
    }
    status()
}

/// Runs all lines; false after `quit`.
fn lines(calculator: &mut Calculator<'_>, fd: Fd, path: &core::ffi::CStr) -> Outcome<bool> {
    let mut reader = LineReader::new(fd);
    let mut line = Vec::new();
    loop {
        stdio::flush();
        if !reader.read_line(&mut line).at(path)? {
            return Ok(true);
        }
        if !take(calculator, &line) {
            return Ok(false);
        }
    }
}

/// Runs a line; false after `quit`. What is wrong is told, and the next line comes.
fn take(calculator: &mut Calculator<'_>, line: &[u8]) -> bool {
    calculator.line(line).unwrap_or_else(|error| {
        stdio::flush();
        user::eprintln!("bc: {error}");
        true
    })
}
