// SPDX-License-Identifier: GPL-2.0-or-later
//! `fold [-bs] [-w width] [file...]`: breaks lines that are wider than 80 columns; with
//! `-s` behind a blank where there is one. `-b` counts bytes.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use programs::command::{At, fail, options, status};
use programs::files::for_each_stream;
use programs::number::unsigned;
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

fn main() -> i32 {
    let options = options("bsw:", "fold [-bs] [-w width] [file...]");
    let text = options.value('w').unwrap_or(c"80").to_bytes();
    let width = unsigned(text, 10).filter(|&width| width > 0);
    let width = width.unwrap_or_else(|| fail(&[text], "not a width")) as usize;
    let (bytes, at_blanks) = (options.has('b'), options.has('s'));
    for_each_stream(&options.operands, |fd, path| {
        let mut reader = LineReader::new(fd);
        let mut line = Vec::new();
        while let Some(newline) = reader.read_line_or_rest(&mut line).at(path)? {
            let mut rest = line.as_slice();
            loop {
                let mut end = fitting(rest, width, bytes);
                if end == rest.len() {
                    break;
                }
                if at_blanks {
                    let blank = rest
                        .iter()
                        .take(end)
                        .rposition(|&byte| matches!(byte, b' ' | b'\t'));
                    end = blank.map_or(end, |blank| blank + 1);
                }
                let (first, behind) = rest.split_at(end);
                stdio::put(first);
                stdio::put(b"\n");
                rest = behind;
            }
            stdio::put(rest);
            stdio::put(if newline { b"\n" } else { b"" });
        }
        Ok(())
    });
    status()
}

/// How many bytes fit into the width; one at least.
fn fitting(line: &[u8], width: usize, bytes: bool) -> usize {
    let mut column = 0usize;
    for (index, &byte) in line.iter().enumerate() {
        column = match byte {
            b'\t' if !bytes => column / 8 * 8 + 8,
            b'\x08' if !bytes => column.saturating_sub(1),
            b'\r' if !bytes => 0,
            _ => column + 1,
        };
        if column > width {
            return index.max(1);
        }
    }
    line.len()
}
