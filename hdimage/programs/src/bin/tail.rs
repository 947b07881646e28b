// SPDX-License-Identifier: GPL-2.0-or-later
//! `tail [-n count] [file...]`: prints the last lines.
#![no_std]
#![no_main]

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use lib::user::stdio::{self, LineReader};
use programs::command::{At, line_count_options, status};
use programs::files::for_each_input;

extern crate alloc;

lib::program!(main);

fn main() -> i32 {
    let (count, options) = line_count_options("tail [-n count] [file...]");
    let several = options.operands.len() > 1;
    for_each_input(&options.operands, |fd, path| {
        if several {
            stdio::put(&[b"==> ", path.to_bytes(), b" <==\n"].concat());
        }
        let mut reader = LineReader::new(fd);
        let mut last: VecDeque<Vec<u8>> = VecDeque::new();
        loop {
            // The line that falls out lends its memory to the next.
            let mut line = if last.len() > count {
                last.pop_front()
            } else {
                None
            }
            .unwrap_or_default();
            let Some(newline) = reader.read_line_or_rest(&mut line).at(path)? else {
                break;
            };
            if newline {
                line.push(b'\n');
            }
            last.push_back(line);
        }
        let surplus = last.len().saturating_sub(count);
        last.iter().skip(surplus).for_each(|line| stdio::put(line));
        Ok(())
    });
    status()
}
