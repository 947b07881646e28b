// SPDX-License-Identifier: GPL-2.0-or-later
//! `paste [-s] [-d characters] [file...]`: joins lines with the same number of all
//! files, with tabs between them; with `-s` all lines of each file. `-d` gives other
//! characters, which are used in turn.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, options, report, status};
use programs::fields::characters;
use programs::files::for_each_stream;
use user::calls::{Fd, File};
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

fn main() -> i32 {
    let options = options("sd:", "paste [-s] [-d characters] [file...]");
    let separators = separators(options.value('d').unwrap_or(c"\t").to_bytes());
    match options.has('s') {
        true => one_by_one(&options.operands, &separators),
        false => side_by_side(&options.operands, &separators),
    }
    status()
}

/// The bytes between lines; `\0` stands for none.
fn separators(text: &[u8]) -> Vec<Option<u8>> {
    // `characters` would take a-z for a range.
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(&byte) = rest.first() {
        let length = if byte == b'\\' && rest.len() > 1 {
            2
        } else {
            1
        };
        let (one, behind) = rest.split_at(length);
        all.extend(
            characters(one)
                .first()
                .map(|&byte| Some(byte).filter(|&byte| byte != 0)),
        );
        rest = behind;
    }
    if all.is_empty() {
        all.push(None);
    }
    all
}

fn put_separator(separators: &[Option<u8>], number: usize) {
    let separator = separators.get(number % separators.len().max(1));
    if let Some(Some(byte)) = separator {
        stdio::put(&[*byte]);
    }
}

fn one_by_one(paths: &[&'static CStr], separators: &[Option<u8>]) {
    for_each_stream(paths, |fd, path| {
        let mut reader = LineReader::new(fd);
        let mut line = Vec::new();
        let mut number = 0;
        while reader.read_line(&mut line).at(path)? {
            if number > 0 {
                put_separator(separators, number - 1);
            }
            stdio::put(&line);
            number += 1;
        }
        stdio::put(b"\n");
        Ok(())
    });
}

fn side_by_side(paths: &[&'static CStr], separators: &[Option<u8>]) {
    let paths = if paths.is_empty() { &[c"-"] } else { paths };
    let mut files: Vec<(Option<File>, LineReader, bool)> = Vec::new();
    for path in paths {
        if *path == c"-" {
            // Several of them take the lines in turn.
            files.push((None, LineReader::with_capacity(Fd::STDIN, 1), false));
        } else if let Some(file) = report(File::open(path).at(path)) {
            let reader = LineReader::new(file.fd());
            files.push((Some(file), reader, false));
        } else {
            return;
        }
    }
    loop {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        for ((_, reader, ended), path) in files.iter_mut().zip(paths) {
            let mut line = Vec::new();
            let more = !*ended && report(reader.read_line(&mut line).at(path)).unwrap_or(false);
            *ended = !more;
            lines.push(line);
        }
        if files.iter().all(|(_, _, ended)| *ended) {
            return;
        }
        for (number, line) in lines.iter().enumerate() {
            if number > 0 {
                put_separator(separators, number - 1);
            }
            stdio::put(line);
        }
        stdio::put(b"\n");
    }
}
