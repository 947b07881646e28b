// SPDX-License-Identifier: GPL-2.0-or-later
//! `head [-qv] [-n lines | -n -lines | -c bytes] [file...]`: prints the beginning of
//! files, or all but so many lines; `-q` never prints their names, `-v` always.
#![no_std]
#![no_main]

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Extent, Outcome, extent_options, status, usage};
use programs::files::for_each_stream;
use user::calls::{self, Fd};
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

const USAGE: &str = "head [-qv] [-n lines | -n -lines | -c bytes] [file...]";

fn main() -> i32 {
    let (extent, options) = extent_options("n:c:qv", USAGE);
    let several = options.has('v') || options.operands.len() > 1 && !options.has('q');
    let mut first = true;
    for_each_stream(&options.operands, |fd, path| {
        if several {
            stdio::put(if first { b"" } else { b"\n" });
            let name = if path == c"-" {
                b"standard input"
            } else {
                path.to_bytes()
            };
            stdio::put(&[b"==> ", name, b" <==\n"].concat());
            first = false;
        }
        match extent {
            Extent::Lines(count) => lines(fd, path, count),
            Extent::Bytes(count) => bytes(fd, path, count),
            Extent::ButLines(count) => but_lines(fd, path, count),
            Extent::FromLine(_) | Extent::FromByte(_) => usage(USAGE),
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

fn but_lines(fd: Fd, path: &CStr, count: usize) -> Outcome {
    let mut reader = LineReader::new(fd);
    let mut last = VecDeque::new();
    let mut line = Vec::new();
    while let Some(newline) = reader.read_line_or_rest(&mut line).at(path)? {
        if newline {
            line.push(b'\n');
        }
        last.push_back(core::mem::take(&mut line));
        if last.len() > count {
            stdio::put(&last.pop_front().unwrap_or_default());
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
