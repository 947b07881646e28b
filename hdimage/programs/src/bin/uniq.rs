// SPDX-License-Identifier: GPL-2.0-or-later
//! `uniq [-cdiu] [-f fields] [-s characters] [input [output]]`: prints lines that follow
//! each other and are the same once; `-c` with their number, `-d` only those with
//! several, `-u` only single ones. `-i` takes capitals for small letters, `-f` and `-s`
//! leave out what is in front of a line.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use programs::command::{At, fail, options, report, status, usage};
use programs::fields;
use programs::files::for_each_stream;
use programs::number::unsigned;
use user::calls::{self, Fd, File};
use user::print;
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

const USAGE: &str = "uniq [-cdiu] [-f fields] [-s characters] [input [output]]";

fn main() -> i32 {
    let options = options("cdiuf:s:", USAGE);
    if options.operands.len() > 2 {
        usage(USAGE);
    }
    let (input, output) = options.operands.split_at(options.operands.len().min(1));
    if let Some(path) = output.first() {
        let opened = File::create(path).and_then(|file| calls::dup2(file.fd(), Fd::STDOUT));
        if report(opened.at(path)).is_none() {
            return status();
        }
    }
    let number = |letter: char| {
        let text = options.value(letter).unwrap_or(c"0").to_bytes();
        unsigned(text, 10).unwrap_or_else(|| fail(&[text], "not a number")) as usize
    };
    let (fields, characters) = (number('f'), number('s'));
    let key = |line: &[u8]| {
        let rest = fields::from(line, fields.saturating_add(1), None);
        let mut key = rest.get(characters..).unwrap_or_default().to_vec();
        if options.has('i') {
            key.make_ascii_lowercase();
        }
        key
    };
    let show = |line: &[u8], count: u32| {
        let left_out = options.has('d') && count == 1 || options.has('u') && count > 1;
        if count == 0 || left_out {
            return;
        }
        if options.has('c') {
            print!("{count:7} ");
        }
        stdio::put(line);
        stdio::put(b"\n");
    };
    for_each_stream(input, |fd, path| {
        let mut reader = LineReader::new(fd);
        let (mut line, mut last, mut count) = (Vec::new(), Vec::new(), 0);
        let mut last_key = Vec::new();
        while reader.read_line(&mut line).at(path)? {
            let key = key(&line);
            if count == 0 || key != last_key {
                show(&last, count);
                core::mem::swap(&mut line, &mut last);
                last_key = key;
                count = 0;
            }
            count += 1;
        }
        show(&last, count);
        Ok(())
    });
    status()
}
