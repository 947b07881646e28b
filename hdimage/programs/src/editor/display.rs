// SPDX-License-Identifier: GPL-2.0-or-later
//! The line on the terminal, which may take several rows.
//!
//! When a row is full, some terminals go to the next one at once, others when the
//! next character comes. Only text may be written there: before the cursor is moved,
//! a blank and a carriage return make it sure.

use alloc::format;
use alloc::vec::Vec;

/// What was written, and where the cursor is.
pub struct Display {
    columns: usize,
    /// Columns of the prompt.
    prompt: usize,
    /// Where the cursor is, counted in columns from the start of the prompt.
    cursor: usize,
    /// Where what is shown ends.
    end: usize,
    /// A row was just filled: the cursor may be in it or in the next one.
    full: bool,
    output: Vec<u8>,
}

/// How a byte is shown.
fn shown(byte: u8) -> (Option<u8>, u8) {
    match byte {
        0..=0x1f => (Some(b'^'), byte | 0x40),
        0x7f => (Some(b'^'), b'?'),
        byte => (None, byte),
    }
}

fn width(text: &[u8]) -> usize {
    let controls = text.iter().filter(|&&byte| shown(byte).0.is_some());
    text.len() + controls.count()
}

impl Display {
    /// Nothing, on a terminal of so many columns.
    pub fn new(columns: usize) -> Display {
        Display {
            columns: columns.max(2),
            prompt: 0,
            cursor: 0,
            end: 0,
            full: false,
            output: Vec::new(),
        }
    }

    /// What is to be written, once.
    pub fn take(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.output)
    }

    /// Shows a prompt where the cursor is, at the start of a row.
    pub fn begin(&mut self, prompt: &[u8]) {
        self.output.extend_from_slice(prompt);
        let last_row = prompt.rsplit(|&byte| byte == b'\n').next();
        self.prompt = visible(last_row.unwrap_or_default());
        (self.cursor, self.end) = (self.prompt, self.prompt);
        self.full = self.prompt > 0 && self.prompt.is_multiple_of(self.columns);
    }

    /// Shows a line that has changed from its byte `from` on, with the cursor at
    /// `at`.
    pub fn show(&mut self, line: &[u8], from: usize, at: usize) {
        self.move_to(line, from);
        for &byte in line.get(from..).unwrap_or_default() {
            let (sign, byte) = shown(byte);
            self.output.extend(sign);
            self.output.push(byte);
        }
        self.cursor = self.prompt + width(line);
        if from < line.len() {
            self.full = self.cursor.is_multiple_of(self.columns);
        }
        if self.cursor < self.end {
            self.settle();
            self.output.extend_from_slice(b"\x1b[J");
        }
        self.end = self.cursor;
        self.move_to(line, at);
    }

    /// Moves the cursor to the byte `at` of a line.
    pub fn move_to(&mut self, line: &[u8], at: usize) {
        self.go(self.prompt + width(line.get(..at).unwrap_or(line)));
    }

    fn go(&mut self, target: usize) {
        if target == self.cursor {
            return;
        }
        self.settle();
        let place = |position: usize| (position / self.columns, position % self.columns);
        let ((row, column), (to_row, to_column)) = (place(self.cursor), place(target));
        let mut moved = |count: usize, letter: char| {
            if count > 0 {
                self.output.extend(format!("\x1b[{count}{letter}").bytes());
            }
        };
        moved(row.saturating_sub(to_row), 'A');
        moved(to_row.saturating_sub(row), 'B');
        match column.checked_sub(to_column) {
            Some(back) if back < 4 => self.output.extend(b"\x08".repeat(back)),
            Some(_) => {
                self.output.push(b'\r');
                if to_column > 0 {
                    self.output.extend(format!("\x1b[{to_column}C").bytes());
                }
            }
            None => self
                .output
                .extend(format!("\x1b[{}C", to_column - column).bytes()),
        }
        self.cursor = target;
    }

    /// Makes sure that behind a full row the cursor is in the next one.
    fn settle(&mut self) {
        if core::mem::take(&mut self.full) {
            self.output.extend_from_slice(b" \r");
        }
    }

    /// Takes prompt and line off the terminal.
    pub fn erase(&mut self) {
        self.go(0);
        self.output.extend_from_slice(b"\r\x1b[J");
    }

    /// Writes the end of a line behind what is shown.
    pub fn end_line(&mut self, text: &[u8]) {
        self.output.extend_from_slice(text);
    }

    /// Clears the screen.
    pub fn clear(&mut self) {
        self.output.extend_from_slice(b"\x1b[H\x1b[J");
    }
}

/// Columns of a prompt, which may set colours.
fn visible(prompt: &[u8]) -> usize {
    let mut count = 0;
    let mut bytes = prompt.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            0x1b => {
                // Up to the letter that ends it.
                let _ = bytes.by_ref().find(|byte| byte.is_ascii_alphabetic());
            }
            b' '.. => count += 1,
            _ => {}
        }
    }
    count
}
