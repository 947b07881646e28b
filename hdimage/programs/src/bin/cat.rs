// SPDX-License-Identifier: GPL-2.0-or-later
//! `cat [file...]`: prints files one after the other.
#![no_std]
#![no_main]

use lib::user::stdio;
use programs::command::{options, status};
use programs::files::{for_each_chunk, for_each_stream};

lib::program!(main);

fn main() -> i32 {
    let options = options("u", "cat [file...]");
    for_each_stream(&options.operands, |fd, path| {
        let print = |chunk: &[u8]| {
            stdio::put(chunk);
            stdio::flush();
            Ok(())
        };
        for_each_chunk(fd, print, path)
    });
    status()
}
