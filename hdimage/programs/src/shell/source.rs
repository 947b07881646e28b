// SPDX-License-Identifier: GPL-2.0-or-later
//! What the parser reads: lines, as many as a command needs.

use alloc::vec::Vec;

/// Why there is no command.
#[derive(Clone, Debug, PartialEq)]
pub enum SyntaxError {
    /// The text ended in the middle of one.
    EndOfFile,
    /// This can't stand here.
    Unexpected(&'static str),
    /// Nobody wants it any more: ^C was typed.
    Interrupted,
}

/// Result of the parser.
pub type Result<T> = core::result::Result<T, SyntaxError>;

/// Where lines come from.
pub trait Source {
    /// The next line, with its newline if it has one; `None` at the end.
    fn line(&mut self) -> Result<Option<Vec<u8>>>;

    /// What stands for a name at the start of a command (`alias`).
    fn alias(&self, _name: &[u8]) -> Option<Vec<u8>> {
        None
    }

    /// Whether the text of pipelines is kept, for the table of jobs.
    fn keeps_text(&self) -> bool {
        false
    }
}

/// A text that is there as a whole.
pub struct Text<'a> {
    rest: &'a [u8],
}

impl<'a> Text<'a> {
    /// The lines of `text`.
    pub fn new(text: &'a [u8]) -> Text<'a> {
        Text { rest: text }
    }

    /// The next line, without a copy.
    pub fn next_line(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let (line, rest) = self
            .rest
            .split_at(end.map_or(self.rest.len(), |end| end + 1));
        self.rest = rest;
        (!line.is_empty()).then_some(line)
    }
}

impl Source for Text<'_> {
    fn line(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(self.next_line().map(<[u8]>::to_vec))
    }
}
