// SPDX-License-Identifier: GPL-2.0-or-later
//! Regular expressions, basic and extended, as POSIX has them, for every program
//! that takes some (`grep`, `expr`).
//!
//! A match begins as far left as possible and is then as long as possible. The
//! time is bounded: all ways to match are followed side by side, so it grows with
//! the length of the text times that of the expression. Only an expression with
//! back references takes more, by the number of places where the groups that it
//! refers to can begin and end; it never takes exponential time.
//!
//! `Regex::new` reads the text into a tree (`parse`), which becomes a program for
//! a small machine (`program`); [`Regex::find`] runs it (`machine`). Beside what
//! POSIX has there are `\w \W \s \S \b \B \< \>`, and in basic expressions `\+`,
//! `\?` and `\|`. Bytes are characters.

mod brackets;
mod machine;
mod parse;
mod program;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use core::ops::Range;

/// How many groups are remembered, the whole match among them: `\0` to `\9`.
pub const GROUPS: usize = 10;

/// Which characters of an expression are operators.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub enum Syntax {
    /// `\(` `\)` `\{` `\}` are operators.
    #[default]
    Basic,
    /// `(` `)` `{` `}` `+` `?` `|` are operators.
    Extended,
    /// There are no operators.
    Fixed,
}

/// What the whole match must be.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub enum Whole {
    /// Anything.
    #[default]
    Part,
    /// No part of a longer word.
    Word,
    /// All of the text.
    Line,
}

/// How an expression is read.
#[derive(Clone, Copy, Default)]
pub struct Options {
    /// Which characters are operators.
    pub syntax: Syntax,
    /// Whether capitals and small letters are the same.
    pub ignore_case: bool,
    /// What the whole match must be.
    pub whole: Whole,
}

/// Why an expression is none.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum RegexError {
    /// A `[` without its `]`.
    UnmatchedBracket,
    /// A group that is not closed, or a `\)` too many.
    UnmatchedParenthesis,
    /// A `\{` without its `\}`.
    UnmatchedBrace,
    /// Something else than numbers in `\{ \}`.
    InvalidInterval,
    /// Nothing is before the operator.
    InvalidRepetition,
    /// The end of a range before its start.
    InvalidRange,
    /// No such `[:class:]`.
    InvalidClass,
    /// More than one character in `[. .]` or `[= =]`.
    InvalidCollation,
    /// A group that does not exist, or that is still open.
    InvalidBackReference,
    /// A `\` at the end.
    TrailingBackslash,
    /// It would need too much memory.
    TooBig,
}

impl RegexError {
    /// What is told.
    pub fn text(self) -> &'static str {
        match self {
            RegexError::UnmatchedBracket => "Unmatched [, [^, [:, [., or [=",
            RegexError::UnmatchedParenthesis => "Unmatched ( or \\(",
            RegexError::UnmatchedBrace => "Unmatched \\{",
            RegexError::InvalidInterval => "Invalid content of \\{\\}",
            RegexError::InvalidRepetition => "Invalid preceding regular expression",
            RegexError::InvalidRange => "Invalid range end",
            RegexError::InvalidClass => "Invalid character class name",
            RegexError::InvalidCollation => "Invalid collation character",
            RegexError::InvalidBackReference => "Invalid back reference",
            RegexError::TrailingBackslash => "Trailing backslash",
            RegexError::TooBig => "Regular expression too big",
        }
    }
}

impl core::fmt::Display for RegexError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.text())
    }
}

/// An expression ready to be matched.
pub struct Regex {
    instructions: Vec<program::Instruction>,
    /// What a match can begin with, where that is one of some bytes.
    first: Option<brackets::ByteSet>,
    /// Which groups there are back references to.
    referenced: [bool; GROUPS],
    /// How many groups there are.
    groups: usize,
    ignore_case: bool,
}

/// Where a match is, and its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match(machine::Places);

impl Regex {
    /// Makes an expression of its text.
    pub fn new(text: &[u8], options: Options) -> Result<Regex, RegexError> {
        program::compile(&parse::parse(text, options)?, options)
    }

    /// How many groups it has.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Whether the expression matches anywhere in the text.
    pub fn matches(&self, text: &[u8]) -> bool {
        machine::run(self, text, 0..text.len(), machine::Until::Any).is_some()
    }

    /// The leftmost match that does not begin before `from`, the longest of those
    /// that begin there. What is before `from` counts for `^` and for words.
    pub fn find(&self, text: &[u8], from: usize) -> Option<Match> {
        machine::run(self, text, from..text.len(), machine::Until::Longest)
    }

    /// The longest match at the start of the text.
    pub fn match_at_start(&self, text: &[u8]) -> Option<Match> {
        machine::run(self, text, 0..0, machine::Until::Longest)
    }
}

impl Match {
    /// Where the whole match is.
    pub fn range(&self) -> Range<usize> {
        self.group(0).unwrap_or_default()
    }

    /// Where a group is, if it took part in the match; 0 is the whole match.
    pub fn group(&self, number: usize) -> Option<Range<usize>> {
        self.0.group(number)
    }
}
