// SPDX-License-Identifier: GPL-2.0-or-later
//! `nl [-b a|t|n] [-v first] [-i step] [-w width] [-s separator] [-n ln|rn|rz] [file...]`:
//! prints lines with their numbers, but for empty ones; with `-b a` all, with `-b n` none.
#![no_std]
#![no_main]

use alloc::format;
use alloc::vec::Vec;
use programs::command::{At, fail, options, status, usage};
use programs::files::for_each_stream;
use programs::number::signed;
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

const USAGE: &str = "nl [-b a|t|n] [-v first] [-i step] [-w width] [-s separator] \
    [-n ln|rn|rz] [file...]";
/// The widest column of numbers.
const WIDEST: i32 = 200;

fn main() -> i32 {
    let options = options("b:v:i:w:s:n:", USAGE);
    let number = |letter: char, other: i32| {
        let Some(text) = options.value(letter) else {
            return other;
        };
        let text = text.to_bytes();
        signed(text).unwrap_or_else(|| fail(&[text], "not a number"))
    };
    let (mut next, step) = (number('v', 1), number('i', 1));
    let width = number('w', 6);
    if !(1..=WIDEST).contains(&width) {
        usage(USAGE);
    }
    let width = width as usize;
    let separator = options.value('s').unwrap_or(c"\t").to_bytes();
    let style = options.value('b').unwrap_or(c"t").to_bytes();
    let format = options.value('n').unwrap_or(c"rn").to_bytes();
    if ![&b"a"[..], b"t", b"n"].contains(&style) || ![&b"ln"[..], b"rn", b"rz"].contains(&format) {
        usage(USAGE);
    }
    for_each_stream(&options.operands, |fd, path| {
        let mut reader = LineReader::new(fd);
        let mut line = Vec::new();
        while reader.read_line(&mut line).at(path)? {
            if style == b"a" || style == b"t" && !line.is_empty() {
                let number = match format {
                    b"ln" => format!("{next:<width$}"),
                    b"rz" => format!("{next:0width$}"),
                    _ => format!("{next:width$}"),
                };
                stdio::put(number.as_bytes());
                stdio::put(separator);
                next = next.wrapping_add(step);
            } else {
                stdio::put(&b" ".repeat(width + separator.len()));
            }
            stdio::put(&line);
            stdio::put(b"\n");
        }
        Ok(())
    });
    status()
}
