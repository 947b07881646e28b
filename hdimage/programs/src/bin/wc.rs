// SPDX-License-Identifier: GPL-2.0-or-later
//! `wc [-lwcmL] [file...]`: counts lines, words and bytes; `-L` gives the length of the
//! longest line.
#![no_std]
#![no_main]

use abi::sys::stat::S_ISREG;
use core::ffi::CStr;
use programs::command::{Outcome, options, status};
use programs::files::{for_each_chunk, for_each_input};
use user::calls::{self, Fd};
use user::stdio;
use user::{print, println};

user::program!(main);

#[derive(Default)]
struct Counts {
    lines: u32,
    words: u32,
    bytes: u32,
    longest: u32,
}

fn main() -> i32 {
    let options = options("lwcmL", "wc [-lwcmL] [file...]");
    let all = !"lwcmL".chars().any(|letter| options.has(letter));
    // Bytes are characters.
    let bytes = options.has('c') || options.has('m');
    let shown = [options.has('l'), options.has('w'), bytes].map(|shown| all || shown);
    let shown = shown.into_iter().chain([options.has('L')]);
    let width = width(&options.operands);
    let show = |counts: &Counts, name: &CStr| {
        let numbers = [counts.lines, counts.words, counts.bytes, counts.longest];
        let numbers = numbers
            .iter()
            .zip(shown.clone())
            .filter(|(_, shown)| *shown);
        // A single number stands alone, for scripts to read.
        let width = if numbers.clone().count() == 1 {
            1
        } else {
            width
        };
        for (index, (number, _)) in numbers.enumerate() {
            let blank = if index == 0 { "" } else { " " };
            print!("{blank}{number:width$}");
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
        total.longest = total.longest.max(counts.longest);
        Ok(())
    });
    if options.operands.len() > 1 {
        show(&total, c"total");
    }
    status()
}

fn count(fd: Fd, path: &CStr) -> Outcome<Counts> {
    let mut counts = Counts::default();
    let (mut in_word, mut column) = (false, 0u32);
    let each = |chunk: &[u8]| {
        for byte in chunk {
            counts.lines = counts.lines.wrapping_add((*byte == b'\n').into());
            let blank = byte.is_ascii_whitespace();
            counts.words = counts.words.wrapping_add((in_word && blank).into());
            in_word = !blank;
            column = match *byte {
                b'\n' | b'\r' | b'\x0c' => 0,
                b'\t' => column / 8 * 8 + 8,
                b' '..=b'~' => column + 1,
                _ => column,
            };
            counts.longest = counts.longest.max(column);
        }
        counts.bytes = counts.bytes.wrapping_add(chunk.len() as u32);
        Ok(())
    };
    for_each_chunk(fd, each, path)?;
    counts.words = counts.words.wrapping_add(in_word.into());
    Ok(counts)
}

/// The columns of a number: enough for the size of all files together. What is no file
/// has no size that is known before.
fn width(operands: &[&CStr]) -> usize {
    let sizes = operands.iter().map(|path| match calls::stat(path) {
        Ok(stat) if S_ISREG(stat.st_mode) => Some(stat.st_size.max(0) as u32),
        Ok(_) => None,
        Err(_) => Some(0),
    });
    let total = sizes.sum::<Option<u32>>().filter(|_| !operands.is_empty());
    total.map_or(7, |total| total.max(1).ilog10() as usize + 1)
}
