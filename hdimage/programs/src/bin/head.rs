// SPDX-License-Identifier: GPL-2.0-or-later
//! `head [-n lines | -c bytes] [file...]`: prints the beginning of files.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::ffi::CStr;
use lib::user::calls::{self, Fd};
use lib::user::stdio::{self, LineReader};
use programs::command::{At, Extent, Outcome, extent_options, status, usage};
use programs::files::for_each_stream;

extern crate alloc;

lib::program!(main);

const USAGE: &str = "head [-n lines | -c bytes] [file...]";

fn main() -> i32 {
    let (extent, options) = extent_options(USAGE);
    let several = options.operands.len() > 1;
    let mut first = true;
    for_each_stream(&options.operands, |fd, path| {
        if several {
            stdio::put(if first { b"" } else { b"\n" });
            stdio::put(&[b"==> ", path.to_bytes(), b" <==\n"].concat());
            first = false;
        }
        match extent {
            Extent::Lines(count) => lines(fd, path, count),
            Extent::Bytes(count) => bytes(fd, path, count),
            Extent::FromLine(_) => usage(USAGE),
        }
    });
    status()
}

fn lines(fd: Fd, path: &CStr, count: usize) -> Outcome {
    let mut reader = LineReader::new(fd);
    let mut line = Vec::new();
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
}

fn bytes(fd: Fd, path: &CStr, mut count: usize) -> Outcome {
    let mut buffer = [0; 1024];
    while count > 0 {
        let room = count.min(buffer.len());
        let room = buffer.get_mut(..room).unwrap_or_default();
        let read = calls::read_on(fd, room).at(path)?;
        if read == 0 {
            break;
        }
        stdio::put(room.get(..read).unwrap_or_default());
        count -= read;
    }
    Ok(())
}
