// SPDX-License-Identifier: GPL-2.0-or-later
//! `wc [-lwc] [file...]`: counts lines, words and bytes.
#![no_std]
#![no_main]

use core::ffi::CStr;
use lib::user::calls::Fd;
use lib::user::stdio;
use lib::{print, println};
use programs::command::{Outcome, options, status};
use programs::files::{for_each_chunk, for_each_input};

lib::program!(main);

#[derive(Default)]
struct Counts {
    lines: u32,
    words: u32,
    bytes: u32,
}

fn main() -> i32 {
    let options = options("lwc", "wc [-lwc] [file...]");
    let all = !"lwc".chars().any(|letter| options.has(letter));
    let shown = "lwc".chars().map(|letter| all || options.has(letter));
    let show = |counts: &Counts, name: &CStr| {
        let numbers = [counts.lines, counts.words, counts.bytes];
        let numbers = numbers
            .iter()
            .zip(shown.clone())
            .filter(|(_, shown)| *shown);
        // A single number stands alone, for scripts to read.
        if numbers.clone().count() == 1 && options.operands.is_empty() {
            numbers.for_each(|(number, _)| print!("{number}"));
        } else {
            numbers.for_each(|(number, _)| print!("{number:8}"));
        }
        if name != c"-" {
            stdio::put(b" ");
            stdio::put(name.to_bytes());
        }
        println!();
    };
    let mut total = Counts::default();
    for_each_input(&options.operands, |fd, path| {
        let counts = count(fd, path)?;
        show(&counts, path);
        total.lines = total.lines.wrapping_add(counts.lines);
        total.words = total.words.wrapping_add(counts.words);
        total.bytes = total.bytes.wrapping_add(counts.bytes);
        Ok(())
    });
    if options.operands.len() > 1 {
        show(&total, c"total");
    }
    status()
}

fn count(fd: Fd, path: &CStr) -> Outcome<Counts> {
    let mut counts = Counts::default();
    let mut in_word = false;
    let each = |chunk: &[u8]| {
        for byte in chunk {
            counts.lines = counts.lines.wrapping_add((*byte == b'\n').into());
            let blank = byte.is_ascii_whitespace();
            counts.words = counts.words.wrapping_add((in_word && blank).into());
            in_word = !blank;
        }
        counts.bytes = counts.bytes.wrapping_add(chunk.len() as u32);
        Ok(())
    };
    for_each_chunk(fd, each, path)?;
    counts.words = counts.words.wrapping_add(in_word.into());
    Ok(counts)
}
