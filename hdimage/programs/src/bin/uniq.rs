// SPDX-License-Identifier: GPL-2.0-or-later
//! `uniq [-cdu] [file]`: prints lines that follow each other and are the same once;
//! `-c` with their number, `-d` only those with several, `-u` only single ones.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use lib::print;
use lib::user::stdio::{self, LineReader};
use programs::command::{At, options, status, usage};
use programs::files::for_each_stream;

extern crate alloc;

lib::program!(main);

const USAGE: &str = "uniq [-cdu] [file]";

fn main() -> i32 {
    let options = options("cdu", USAGE);
    if options.operands.len() > 1 {
        usage(USAGE);
    }
    let show = |line: &[u8], count: u32| {
        let left_out = options.has('d') && count == 1 || options.has('u') && count > 1;
        if count == 0 || left_out {
            return;
        }
        if options.has('c') {
            print!("{count:7} ");
        }
        stdio::put(line);
        stdio::put(b"\n");
    };
    for_each_stream(&options.operands, |fd, path| {
        let mut reader = LineReader::new(fd);
        let (mut line, mut last, mut count) = (Vec::new(), Vec::new(), 0);
        while reader.read_line(&mut line).at(path)? {
            if count == 0 || line != last {
                show(&last, count);
                core::mem::swap(&mut line, &mut last);
                count = 0;
            }
            count += 1;
        }
        show(&last, count);
        Ok(())
    });
    status()
}
