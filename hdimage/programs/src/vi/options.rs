// SPDX-License-Identifier: GPL-2.0-or-later
//! What `:set` sets.

use crate::number::unsigned;
use crate::regex::{self, Regex, RegexError};
use alloc::format;
use alloc::vec::Vec;

/// How the text is shown, searched and typed.
pub struct Options {
    /// `nu`: line numbers.
    pub number: bool,
    /// `list`: tabs and ends of lines are seen.
    pub list: bool,
    /// `ic`: capitals are as small letters in patterns.
    pub ignore_case: bool,
    /// `ai`: a new line begins as the one before.
    pub auto_indent: bool,
    /// `ts`: columns from tab stop to tab stop.
    pub tab_stop: usize,
    /// `sw`: columns of `>>` and `<<`.
    pub shift_width: usize,
    /// Whether the terminal shows all bytes from 80h on.
    pub eight_bit: bool,
}

impl Options {
    /// As they are at first.
    pub fn new(eight_bit: bool) -> Options {
        Options {
            number: false,
            list: false,
            ignore_case: false,
            auto_indent: false,
            tab_stop: 8,
            shift_width: 8,
            eight_bit,
        }
    }

    /// A pattern.
    pub fn regex(&self, pattern: &[u8]) -> Result<Regex, RegexError> {
        let options = regex::Options {
            ignore_case: self.ignore_case,
            ..Default::default()
        };
        Regex::new(pattern, options)
    }

    fn flag(&mut self, name: &[u8]) -> Option<&mut bool> {
        Some(match name {
            b"nu" | b"number" => &mut self.number,
            b"list" => &mut self.list,
            b"ic" | b"ignorecase" => &mut self.ignore_case,
            b"ai" | b"autoindent" => &mut self.auto_indent,
            _ => return None,
        })
    }

    fn value(&mut self, name: &[u8]) -> Option<&mut usize> {
        Some(match name {
            b"ts" | b"tabstop" => &mut self.tab_stop,
            b"sw" | b"shiftwidth" => &mut self.shift_width,
            _ => return None,
        })
    }

    /// One word behind `:set`; false if there is no such option.
    pub fn set(&mut self, word: &[u8]) -> bool {
        const MOST: usize = 64;
        if let Some(flag) = self.flag(word) {
            *flag = true;
            return true;
        }
        if let Some(flag) = word.strip_prefix(b"no").and_then(|name| self.flag(name)) {
            *flag = false;
            return true;
        }
        let Some(equals) = word.iter().position(|&byte| byte == b'=') else {
            return false;
        };
        let (name, number) = word.split_at(equals);
        let number = unsigned(number.get(1..).unwrap_or_default(), 10);
        match (self.value(name), number) {
            (Some(value), Some(number @ 1..)) => {
                *value = (number as usize).min(MOST);
                true
            }
            _ => false,
        }
    }

    /// All of them, as `:set` tells them.
    pub fn tell(&self) -> Vec<u8> {
        let flag = |on: bool, name: &str| format!("{}{name} ", if on { "" } else { "no" });
        let mut text = flag(self.number, "nu");
        text += &flag(self.list, "list");
        text += &flag(self.ignore_case, "ic");
        text += &flag(self.auto_indent, "ai");
        text += &format!("ts={} sw={}", self.tab_stop, self.shift_width);
        text.into_bytes()
    }
}
