// SPDX-License-Identifier: GPL-2.0-or-later
//! `comm [-123] file1 file2`: prints the lines of two sorted files in three columns:
//! those that are only in the first, only in the second, and in both. `-1`, `-2` and
//! `-3` leave a column out.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ffi::CStr;
use programs::command::{At, Outcome, options, report, status, usage};
use user::calls::{Fd, File};
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

const USAGE: &str = "comm [-123] file1 file2";

struct Lines {
    path: &'static CStr,
    _file: Option<File>,
    reader: LineReader,
}

impl Lines {
    fn open(path: &'static CStr) -> Outcome<Lines> {
        let file = match path == c"-" {
            true => None,
            false => Some(File::open(path).at(path)?),
        };
        let fd = file.as_ref().map_or(Fd::STDIN, File::fd);
        Ok(Lines {
            path,
            _file: file,
            reader: LineReader::new(fd),
        })
    }

    fn next(&mut self) -> Outcome<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let more = self.reader.read_line(&mut line).at(self.path)?;
        Ok(more.then_some(line))
    }
}

fn main() -> i32 {
    let options = options("123", USAGE);
    let &[first, second] = options.operands.as_slice() else {
        usage(USAGE)
    };
    let shown = ['1', '2', '3'].map(|letter| !options.has(letter));
    report(compare(first, second, shown));
    status()
}

fn compare(first: &'static CStr, second: &'static CStr, shown: [bool; 3]) -> Outcome {
    let (mut first, mut second) = (Lines::open(first)?, Lines::open(second)?);
    let (mut a, mut b) = (first.next()?, second.next()?);
    loop {
        let order = match (&a, &b) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(b),
        };
        let (column, line) = match order {
            Ordering::Less => (0, core::mem::replace(&mut a, first.next()?)),
            Ordering::Greater => (1, core::mem::replace(&mut b, second.next()?)),
            Ordering::Equal => {
                a = first.next()?;
                (2, core::mem::replace(&mut b, second.next()?))
            }
        };
        if shown.get(column) == Some(&true) {
            let before = shown.iter().take(column).filter(|shown| **shown).count();
            stdio::put(&b"\t".repeat(before));
            stdio::put(&line.unwrap_or_default());
            stdio::put(b"\n");
        }
    }
}
