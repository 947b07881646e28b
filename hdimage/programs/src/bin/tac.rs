// SPDX-License-Identifier: GPL-2.0-or-later
//! `tac [file...]`: prints the lines of each file, the last first.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use programs::command::{options, status};
use programs::files::{for_each_chunk, for_each_stream};
use user::stdio;

extern crate alloc;

user::program!(main);

fn main() -> i32 {
    let options = options("", "tac [file...]");
    for_each_stream(&options.operands, |fd, path| {
        let mut text = Vec::new();
        let keep = |chunk: &[u8]| {
            text.extend_from_slice(chunk);
            Ok(())
        };
        for_each_chunk(fd, keep, path)?;
        let lines = text.split_inclusive(|&byte| byte == b'\n');
        lines.rev().for_each(stdio::put);
        Ok(())
    });
    status()
}
