// SPDX-License-Identifier: GPL-2.0-or-later
//! `tail [-fqv] [-n lines | -n +line | -c bytes | -c +byte] [file...]`: prints the end of
//! files; with `-f` also what comes to the last of them later.
#![no_std]
#![no_main]

use abi::sys::stat::S_ISREG;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Extent, Outcome, extent_options, status};
use programs::files::{for_each_chunk, for_each_stream};
use user::calls::{self, Fd};
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

const USAGE: &str = "tail [-fqv] [-n lines | -n +line | -c bytes | -c +byte] [file...]";

fn main() -> i32 {
    let (extent, options) = extent_options("n:c:fqv", USAGE);
    let several = options.has('v') || options.operands.len() > 1 && !options.has('q');
    let last = options.operands.last().copied().unwrap_or(c"-");
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
            // `-n -5` is the same as `-n 5`.
            Extent::Lines(count) | Extent::ButLines(count) => last_lines(fd, path, count),
            Extent::Bytes(count) => last_bytes(fd, path, count),
            Extent::FromLine(line) => from_line(fd, path, line),
            Extent::FromByte(byte) => from_byte(fd, path, byte),
        }?;
        if options.has('f') && path == last {
            follow(fd, path)?;
        }
        Ok(())
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
    let mut last = Vec::new();
    let keep = |chunk: &[u8]| {
        last.extend_from_slice(chunk);
        // Not for each piece of the file, as all that is kept is moved.
        if last.len() / 2 > count {
            last.drain(..last.len() - count);
        }
        Ok(())
    };
    for_each_chunk(fd, keep, path)?;
    stdio::put(
        last.get(last.len().saturating_sub(count)..)
            .unwrap_or_default(),
    );
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

fn from_byte(fd: Fd, path: &CStr, first: usize) -> Outcome {
    let mut skip = first.saturating_sub(1);
    let each = |chunk: &[u8]| {
        let skipped = skip.min(chunk.len());
        skip -= skipped;
        stdio::put(chunk.get(skipped..).unwrap_or_default());
        Ok(())
    };
    for_each_chunk(fd, each, path)
}

/// Prints what comes, until a signal ends the program. A pipe that is at its end stays
/// so.
fn follow(fd: Fd, path: &CStr) -> Outcome {
    let is_file = S_ISREG(calls::fstat(fd).at(path)?.st_mode);
    loop {
        stdio::flush();
        let each = |chunk: &[u8]| {
            stdio::put(chunk);
            Ok(())
        };
        for_each_chunk(fd, each, path)?;
        if !is_file {
            return Ok(());
        }
        stdio::flush();
        calls::sleep(1).at(path)?;
    }
}
