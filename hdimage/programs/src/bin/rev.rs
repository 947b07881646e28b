// SPDX-License-Identifier: GPL-2.0-or-later
//! `rev [file...]`: prints each line with its characters turned round.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use programs::command::{At, options, status};
use programs::files::for_each_stream;
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

fn main() -> i32 {
    let options = options("", "rev [file...]");
    for_each_stream(&options.operands, |fd, path| {
        let mut reader = LineReader::new(fd);
        let mut line = Vec::new();
        while let Some(newline) = reader.read_line_or_rest(&mut line).at(path)? {
            line.reverse();
            stdio::put(&line);
            stdio::put(if newline { b"\n" } else { b"" });
        }
        Ok(())
    });
    status()
}
