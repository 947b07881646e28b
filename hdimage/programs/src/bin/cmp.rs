// SPDX-License-Identifier: GPL-2.0-or-later
//! `cmp [-ls] file1 [file2]`: tells where two files first differ, with `-l` all bytes
//! that do, with `-s` nothing. Status 0 if they are the same, 1 if not, 2 after an
//! error.
#![no_std]
#![no_main]

use core::ffi::CStr;
use programs::command::{At, Outcome, options, report, usage};
use user::calls::{self, Fd, File};
use user::println;
use user::stdio;

extern crate alloc;

user::program!(main);

const USAGE: &str = "cmp [-ls] file1 [file2]";

/// A file read byte by byte.
struct Bytes {
    fd: Fd,
    buffer: [u8; 1024],
    range: core::ops::Range<usize>,
}

impl Bytes {
    fn new(fd: Fd) -> Bytes {
        Bytes {
            fd,
            buffer: [0; 1024],
            range: 0..0,
        }
    }

    /// The next byte; `None` at the end.
    fn next(&mut self) -> abi::Result<Option<u8>> {
        if self.range.is_empty() {
            self.range = 0..calls::read_on(self.fd, &mut self.buffer)?;
        }
        Ok(self
            .range
            .next()
            .and_then(|index| self.buffer.get(index).copied()))
    }
}

fn main() -> i32 {
    stdio::set_error_status(2);
    let options = options("ls", USAGE);
    let (first, second) = match options.operands.as_slice() {
        [first] => (*first, c"-"),
        [first, second] => (*first, *second),
        _ => usage(USAGE),
    };
    let same = compare(first, second, options.has('l'), options.has('s'));
    report(same).map_or(2, |same| (!same).into())
}

fn open(path: &CStr) -> Outcome<Option<File>> {
    if path == c"-" {
        return Ok(None);
    }
    File::open(path).at(path).map(Some)
}

fn compare(first: &CStr, second: &CStr, all: bool, silent: bool) -> Outcome<bool> {
    let (file, other) = (open(first)?, open(second)?);
    let fd = |file: &Option<File>| file.as_ref().map_or(Fd::STDIN, File::fd);
    let (mut a, mut b) = (Bytes::new(fd(&file)), Bytes::new(fd(&other)));
    // The numbers are as wide as the shorter file needs.
    let sizes = [fd(&file), fd(&other)].map(|fd| calls::fstat(fd).map_or(0, |stat| stat.st_size));
    let shorter = sizes.into_iter().min().unwrap_or(0).max(1) as u32;
    let width = shorter.ilog10() as usize + 1;
    let (mut offset, mut line, mut same) = (0u32, 1u32, true);
    loop {
        offset = offset.wrapping_add(1);
        match (a.next().at(first)?, b.next().at(second)?) {
            (None, None) => return Ok(same),
            (Some(x), Some(y)) if x != y => {
                same = false;
                if all {
                    println!("{offset:width$} {x:3o} {y:3o}");
                } else {
                    if !silent {
                        let [first, second] = [first, second].map(CStr::to_string_lossy);
                        println!("{first} {second} differ: char {offset}, line {line}");
                    }
                    return Ok(false);
                }
            }
            (Some(byte), Some(_)) => line = line.wrapping_add((byte == b'\n').into()),
            (longer, _) => {
                if !silent {
                    let shorter = if longer.is_none() { first } else { second };
                    user::eprintln!("cmp: EOF on {}", shorter.to_string_lossy());
                }
                return Ok(false);
            }
        }
    }
}
