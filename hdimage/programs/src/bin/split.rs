// SPDX-License-Identifier: GPL-2.0-or-later
//! `split [-l lines | -b bytes[k|m]] [-a length] [file [prefix]]`: cuts a file into
//! pieces of 1000 lines; they are xaa, xab and so on.
#![no_std]
#![no_main]

use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Outcome, fail, options, report, status, usage};
use programs::files::for_each_chunk;
use programs::number::unsigned;
use programs::path::c_string;
use user::calls::{self, Fd, File};

extern crate alloc;

user::program!(main);

const USAGE: &str = "split [-l lines | -b bytes[k|m]] [-a length] [file [prefix]]";

enum Unit {
    Lines,
    Bytes,
}

fn main() -> i32 {
    let options = options("l:b:a:", USAGE);
    let (unit, size) = match (options.value('l'), options.value('b')) {
        (lines, None) => (Unit::Lines, lines.unwrap_or(c"1000")),
        (None, Some(bytes)) => (Unit::Bytes, bytes),
        _ => usage(USAGE),
    };
    let size = number(size);
    let letters = options.value('a').map_or(2, number);
    let (path, prefix) = match options.operands.as_slice() {
        [] => (c"-", c"x"),
        [path] => (*path, c"x"),
        [path, prefix] => (*path, *prefix),
        _ => usage(USAGE),
    };
    if !(1..=8).contains(&letters) {
        usage(USAGE);
    }
    let mut pieces = Pieces {
        prefix: prefix.to_bytes(),
        letters,
        number: 0,
        left: 0,
        file: None,
    };
    report(split(path, &mut pieces, unit, size));
    status()
}

fn number(text: &CStr) -> usize {
    let text = text.to_bytes();
    let (digits, unit) = match text {
        [digits @ .., b'k'] => (digits, 1024),
        [digits @ .., b'm'] => (digits, 1024 * 1024),
        digits => (digits, 1),
    };
    let number = unsigned(digits, 10).and_then(|number| number.checked_mul(unit));
    match number {
        Some(number) if number > 0 => number as usize,
        _ => fail(&[text], "not a number"),
    }
}

fn split(path: &'static CStr, pieces: &mut Pieces<'_>, unit: Unit, size: usize) -> Outcome {
    let file = match path == c"-" {
        true => None,
        false => Some(File::open(path).at(path)?),
    };
    let fd = file.as_ref().map_or(Fd::STDIN, File::fd);
    let each = |mut chunk: &[u8]| {
        while !chunk.is_empty() {
            if pieces.left == 0 {
                pieces.next()?;
                pieces.left = size;
            }
            let (length, used) = match unit {
                Unit::Bytes => (chunk.len().min(pieces.left), chunk.len().min(pieces.left)),
                Unit::Lines => lines(chunk, pieces.left),
            };
            let (now, later) = chunk.split_at(length);
            pieces.write(now)?;
            pieces.left -= used;
            chunk = later;
        }
        Ok(())
    };
    for_each_chunk(fd, each, path)
}

/// The length of so many lines, or of all if there are fewer; and how many there are.
fn lines(text: &[u8], most: usize) -> (usize, usize) {
    let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let (count, last) = ends
        .take(most)
        .fold((0, 0), |(count, _), (end, _)| (count + 1, end + 1));
    (if count == most { last } else { text.len() }, count)
}

struct Pieces<'a> {
    prefix: &'a [u8],
    letters: usize,
    /// That of the next piece.
    number: usize,
    /// How much fits into this one.
    left: usize,
    file: Option<(File, CString)>,
}

impl Pieces<'_> {
    /// Begins the next piece.
    fn next(&mut self) -> Outcome {
        let mut rest = self.number;
        let mut name = alloc::vec![b'a'; self.letters];
        for letter in name.iter_mut().rev() {
            *letter += (rest % 26) as u8;
            rest /= 26;
        }
        if rest > 0 {
            fail(&[], "too many pieces for the length of their names");
        }
        self.number += 1;
        let path: Vec<u8> = [self.prefix, &name].concat();
        let path = c_string(path);
        self.file = Some((File::create(&path).at(&path)?, path));
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Outcome {
        match &self.file {
            Some((file, path)) => calls::write_all(file.fd(), bytes).at(path),
            None => Ok(()),
        }
    }
}
