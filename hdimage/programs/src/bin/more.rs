// SPDX-License-Identifier: GPL-2.0-or-later
//! `more [file...]`: shows files a screen at a time. Space goes on by a screen, Return
//! by a line, `q` ends. Where standard output is no terminal it is `cat`.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Outcome, options, status};
use programs::files::for_each_input;
use programs::terminal::RawMode;
use user::calls::{self, Fd};
use user::crt0::exit;
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

/// The size of a screen that doesn't tell: 80 columns and 24 lines.
const DEFAULT_SIZE: (usize, usize) = (80, 24);

fn main() -> i32 {
    let options = options("", "more [file...]");
    let mut pager = Pager::new();
    for_each_input(&options.operands, |fd, path| pager.show(fd, path));
    status()
}

struct Pager {
    columns: usize,
    /// Rows of text on a screen; one is left for the prompt.
    rows: usize,
    /// Rows until the next prompt; `None` where there is nobody to answer.
    left: Option<usize>,
}

impl Pager {
    fn new() -> Pager {
        let size = calls::window_size(Fd::STDOUT).ok();
        let size = size.map(|size| (usize::from(size.ws_col), usize::from(size.ws_row)));
        let size = size.filter(|&(columns, rows)| columns > 0 && rows > 1);
        let (columns, rows) = size.unwrap_or(DEFAULT_SIZE);
        let asks = calls::isatty(Fd::STDOUT) && calls::isatty(Fd::STDERR);
        Pager {
            columns,
            rows: rows - 1,
            left: asks.then_some(rows - 1),
        }
    }

    fn show(&mut self, fd: Fd, path: &CStr) -> Outcome {
        let mut reader = LineReader::new(fd);
        let mut line = Vec::new();
        while reader.read_line(&mut line).at(path)? {
            let needed = line.len().div_ceil(self.columns).max(1);
            if let Some(left) = self.left {
                // A line that is longer than the screen is shown all the same.
                self.left =
                    Some(if needed > left { self.prompt() } else { left }.saturating_sub(needed));
            }
            stdio::put(&line);
            stdio::put(b"\n");
        }
        Ok(())
    }

    /// Waits for a key; tells how many rows may be shown now.
    fn prompt(&self) -> usize {
        stdio::put(b"--More--");
        stdio::flush();
        let rows = loop {
            match read_key() {
                Some(b' ') => break self.rows,
                Some(b'\n' | b'\r') => break 1,
                Some(b'q' | b'Q') | None => break 0,
                Some(_) => {}
            }
        };
        stdio::put(b"\r        \r");
        if rows == 0 {
            exit(status());
        }
        rows
    }
}

/// A key, without waiting for the end of a line. It comes from standard error:
/// standard input may be what is shown.
fn read_key() -> Option<u8> {
    RawMode::new(Fd::STDERR).ok()?.read_key().ok()?
}
