// SPDX-License-Identifier: GPL-2.0-or-later
//! What the terminal answers (0.11: `respond`).

use core::fmt::Write;

/// Bytes that one piece of output can be answered with.
const MOST: usize = 32;

/// Answers to a program's questions, to be taken as if they were typed. What
/// there is no room for is left out whole.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Response {
    bytes: [u8; MOST],
    length: usize,
}

impl Response {
    /// All answers, one behind the other.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Adds an answer.
    pub(super) fn add(&mut self, answer: &[u8]) {
        let end = self.length + answer.len();
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(answer);
            self.length = end;
        }
    }

    /// Adds where the cursor is, counted from 1 (VT102 User Guide, cursor
    /// position report).
    pub(super) fn add_position(&mut self, line: usize, column: usize) {
        let mut report = Response::default();
        // It is shorter than an empty response has room for.
        let _ = write!(report, "\x1b[{line};{column}R");
        self.add(report.as_bytes());
    }
}

impl Write for Response {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}
