// SPDX-License-Identifier: GPL-2.0-or-later
//! `tail [-n lines | -n +line | -c bytes] [file...]`: prints the end of files.
#![no_std]
#![no_main]

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ffi::CStr;
use lib::user::calls::Fd;
use lib::user::stdio::{self, LineReader};
use programs::command::{At, Extent, Outcome, extent_options, status};
use programs::files::{for_each_chunk, for_each_stream};

extern crate alloc;

lib::program!(main);

fn main() -> i32 {
    let (extent, options) = extent_options("tail [-n lines | -n +line | -c bytes] [file...]");
    let several = options.operands.len() > 1;
    let mut first = true;
    for_each_stream(&options.operands, |fd, path| {
        if several {
            stdio::put(if first { b"" } else { b"\n" });
            stdio::put(&[b"==> ", path.to_bytes(), b" <==\n"].concat());
            first = false;
        }
        match extent {
            Extent::Lines(count) => last_lines(fd, path, count),
            Extent::Bytes(count) => last_bytes(fd, path, count),
            Extent::FromLine(line) => from_line(fd, path, line),
        }
    });
    status()
}

/// The next line with its newline; false at the end.
fn next_line(reader: &mut LineReader, line: &mut Vec<u8>, path: &CStr) -> Outcome<bool> {
    let newline = reader.read_line_or_rest(line).at(path)?;
    if newline == Some(true) {
        line.push(b'\n');
    }
    Ok(newline.is_some())
}

fn last_lines(fd: Fd, path: &CStr, count: usize) -> Outcome {
    let mut reader = LineReader::new(fd);
    let mut last: VecDeque<Vec<u8>> = VecDeque::new();
    let mut line = Vec::new();
    while next_line(&mut reader, &mut line, path)? {
        last.push_back(core::mem::take(&mut line));
        if last.len() > count {
            // The line that falls out lends its memory to the next.
            line = last.pop_front().unwrap_or_default();
        }
    }
    last.iter().for_each(|line| stdio::put(line));
    Ok(())
}

fn last_bytes(fd: Fd, path: &CStr, count: usize) -> Outcome {
    let mut last = VecDeque::new();
    let keep = |chunk: &[u8]| {
        last.extend(chunk);
        let surplus = last.len().saturating_sub(count);
        last.drain(..surplus);
        Ok(())
    };
    for_each_chunk(fd, keep, path)?;
    stdio::put(last.make_contiguous());
    Ok(())
}

fn from_line(fd: Fd, path: &CStr, first: usize) -> Outcome {
    let mut reader = LineReader::new(fd);
    let mut line = Vec::new();
    let mut number = 1;
    while next_line(&mut reader, &mut line, path)? {
        if number >= first {
            stdio::put(&line);
        }
        number += 1;
    }
    Ok(())
}
