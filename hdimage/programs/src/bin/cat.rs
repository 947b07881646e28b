// SPDX-License-Identifier: GPL-2.0-or-later
//! `cat [-bensuvtAET] [file...]`: prints files one after the other. `-n` numbers the
//! lines, `-b` those that are not empty; `-s` makes several empty lines one; `-v` shows
//! control characters, `-E` the ends of lines (`-e` both), `-T` tabs (`-t` with `-v`),
//! `-A` all three. `-u` changes nothing: what was read is printed before more is read.
#![no_std]
#![no_main]

use programs::command::{options, status};
use programs::files::{for_each_chunk, for_each_stream};
use programs::options::Options;
use user::print;
use user::stdio;

user::program!(main);

fn main() -> i32 {
    let options = options("benstuvAET", "cat [-bensvtAET] [file...]");
    let mut shown = Shown::new(&options);
    for_each_stream(&options.operands, |fd, path| {
        let print = |chunk: &[u8]| {
            match &mut shown {
                Some(shown) => chunk.iter().for_each(|byte| shown.put(*byte)),
                None => stdio::put(chunk),
            }
            stdio::flush();
            Ok(())
        };
        for_each_chunk(fd, print, path)
    });
    status()
}

/// Prints what it is given otherwise than it is.
struct Shown {
    numbers: bool,
    numbers_not_empty: bool,
    squeezes: bool,
    shows_controls: bool,
    shows_ends: bool,
    shows_tabs: bool,
    line: u32,
    at_start: bool,
    /// Empty lines just before.
    empty: u32,
}

impl Shown {
    /// `None` if files are to be printed as they are.
    fn new(options: &Options) -> Option<Shown> {
        let has = |letters: &str| letters.chars().any(|letter| options.has(letter));
        has("benstvAET").then(|| Shown {
            numbers: has("n"),
            numbers_not_empty: has("b"),
            squeezes: has("s"),
            shows_controls: has("vetA"),
            shows_ends: has("EeA"),
            shows_tabs: has("TtA"),
            line: 0,
            at_start: true,
            empty: 0,
        })
    }

    fn put(&mut self, byte: u8) {
        let is_end = byte == b'\n';
        if self.at_start {
            self.empty = if is_end { self.empty + 1 } else { 0 };
            if self.squeezes && self.empty > 1 {
                return;
            }
            let counts = match self.numbers_not_empty {
                true => !is_end,
                false => self.numbers,
            };
            if counts {
                self.line += 1;
                print!("{:6}\t", self.line);
            }
        }
        self.at_start = is_end;
        match byte {
            b'\n' if self.shows_ends => stdio::put(b"$\n"),
            b'\t' if self.shows_tabs => stdio::put(b"^I"),
            b'\n' | b'\t' => stdio::put(&[byte]),
            _ if self.shows_controls => show_control(byte),
            _ => stdio::put(&[byte]),
        }
    }
}

/// `^A` for 1, `^?` for 127, and `M-` before what has its highest bit set.
fn show_control(byte: u8) {
    const HIGHEST: u8 = 0x80;
    const CONTROL: u8 = 0x40;
    if byte & HIGHEST != 0 {
        stdio::put(b"M-");
    }
    match byte & !HIGHEST {
        low @ (0..b' ' | 0x7F) => stdio::put(&[b'^', low ^ CONTROL]),
        low => stdio::put(&[low]),
    }
}
