// SPDX-License-Identifier: GPL-2.0-or-later
//! `head [-n count] [file...]`: prints the first lines.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use lib::user::stdio::{self, LineReader};
use programs::command::{At, line_count_options, status};
use programs::files::for_each_input;

extern crate alloc;

lib::program!(main);

fn main() -> i32 {
    let (count, options) = line_count_options("head [-n count] [file...]");
    let several = options.operands.len() > 1;
    let mut line = Vec::new();
    for_each_input(&options.operands, |fd, path| {
        if several {
            stdio::put(&[b"==> ", path.to_bytes(), b" <==\n"].concat());
        }
        let mut reader = LineReader::new(fd);
        for _ in 0..count {
            let Some(newline) = reader.read_line_or_rest(&mut line).at(path)? else {
                break;
            };
            stdio::put(&line);
            if newline {
                stdio::put(b"\n");
            }
        }
        Ok(())
    });
    status()
}
