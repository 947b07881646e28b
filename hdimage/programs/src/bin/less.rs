// SPDX-License-Identifier: GPL-2.0-or-later
//! `less [-N] [file...]`: shows files a screen at a time, forward and back. Space goes
//! on by a screen, `b` back, `/text` searches, `q` ends. Where standard output is no
//! terminal it is `cat`.
//!
//! With `-N`, lines have numbers. Return or `j` goes on by a line, `k` back; `d` and `u`
//! by half a screen; `g` is the start, `G` the end, `12G` line 12; `n` and `N` look for
//! the same text again. Arrow and page keys work.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use programs::command::{At, options, report, status};
use programs::files::{for_each_chunk, for_each_input};
use programs::pager::Pager;
use programs::terminal::RawMode;
use user::calls::{self, Fd};
use user::stdio;

extern crate alloc;

user::program!(main);

/// A screen that does not tell its size.
const DEFAULT_SIZE: (usize, usize) = (25, 80);

fn main() -> i32 {
    let options = options("N", "less [-N] [file...]");
    let to_terminal = calls::isatty(Fd::STDOUT);
    let several = options.operands.len() > 1;
    let mut text = Vec::new();
    for_each_input(&options.operands, |fd, path| {
        if to_terminal && several {
            text.extend_from_slice(&[b"==> ", path.to_bytes(), b" <==\n"].concat());
        }
        let mut keep = |chunk: &[u8]| {
            match to_terminal {
                true => text.extend_from_slice(chunk),
                false => stdio::put(chunk),
            }
            Ok(())
        };
        for_each_chunk(fd, &mut keep, path)
    });
    if to_terminal && (status() == 0 || !text.is_empty()) {
        report(show(&text, options.has('N')).at(c"terminal"));
    }
    status()
}

/// Keys come from standard error: standard input may be what is shown.
fn show(text: &[u8], numbers: bool) -> abi::Result<()> {
    let raw = RawMode::new(Fd::STDERR)?;
    let size = calls::window_size(Fd::STDOUT).ok();
    let size = size.map(|size| (usize::from(size.ws_row), usize::from(size.ws_col)));
    let (rows, columns) = size
        .filter(|size| size.0 > 1 && size.1 > 1)
        .unwrap_or(DEFAULT_SIZE);
    let mut pager = Pager::new(text, rows, columns, numbers);
    while !pager.is_finished() {
        calls::write_all(Fd::STDOUT, &pager.draw())?;
        match raw.read_key()? {
            Some(key) => pager.key(key),
            None => break,
        }
    }
    calls::write_all(Fd::STDOUT, b"\r\x1b[K")
}
