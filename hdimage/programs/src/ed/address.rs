// SPDX-License-Identifier: GPL-2.0-or-later
//! Which lines a command is for.

use super::{Done, Editor};
use crate::regex::{Options, Regex};
use alloc::rc::Rc;
use alloc::vec::Vec;

/// The lines that stand before a command; None if there are none.
pub type Addresses = Option<(usize, usize)>;

impl Editor<'_> {
    /// Reads the addresses that the text begins with, and goes behind them.
    pub fn addresses(&mut self, text: &mut &[u8]) -> Done<Addresses> {
        let dot = self.now.dot;
        let mut all: Vec<usize> = Vec::new();
        let mut separated = false;
        loop {
            skip_blanks(text);
            let address = self.address(text)?;
            skip_blanks(text);
            match text.first() {
                Some(&separator @ (b',' | b';' | b'%')) => {
                    *text = &text[1..];
                    if separator == b'%' {
                        all = alloc::vec![1, self.last()];
                        separated = false;
                        continue;
                    }
                    // Nothing before the comma is the first line, before a semicolon the
                    // current one.
                    let nothing = match (separator, all.last()) {
                        (_, Some(&last)) if separated => last,
                        (b',', _) => 1,
                        _ => self.now.dot,
                    };
                    let whole = address.is_none() && !separated && !self.begins_address(text);
                    let address = address.unwrap_or(nothing);
                    all.push(address);
                    separated = true;
                    if separator == b';' {
                        self.now.dot = address;
                    }
                    if whole {
                        all.push(self.last());
                        separated = false;
                    }
                }
                _ => {
                    all.extend(address);
                    if separated && address.is_none() {
                        all.extend(all.last().copied());
                    }
                    break;
                }
            }
        }
        self.now.dot = dot;
        let Some(&last) = all.last() else {
            return Ok(None);
        };
        let first = all.len().checked_sub(2).map_or(last, |place| all[place]);
        if first > last || last > self.last() {
            return Err("Invalid address");
        }
        Ok(Some((first, last)))
    }

    fn begins_address(&self, text: &[u8]) -> bool {
        let text = text.trim_ascii_start();
        matches!(
            text.first(),
            Some(b'0'..=b'9' | b'.' | b'$' | b'\'' | b'/' | b'?' | b'+' | b'-' | b'^')
        )
    }

    /// One address, with what is added to it.
    fn address(&mut self, text: &mut &[u8]) -> Done<Option<usize>> {
        let Some(&first) = text.first() else {
            return Ok(None);
        };
        let mut value = match first {
            b'.' | b'$' => {
                *text = &text[1..];
                Some(if first == b'.' {
                    self.now.dot
                } else {
                    self.last()
                })
            }
            b'\'' => {
                let letter = text.get(1).copied().unwrap_or(0);
                *text = text.get(2..).unwrap_or_default();
                Some(self.marked(letter)?)
            }
            b'/' | b'?' => {
                *text = &text[1..];
                let (pattern, behind) = delimited(text, first);
                *text = behind;
                let regex = self.regex_of(&pattern)?;
                Some(self.search(&regex, first == b'?')?)
            }
            b'0'..=b'9' => Some(number(text).unwrap_or(usize::MAX)),
            _ => None,
        };
        loop {
            skip_blanks(text);
            let (sign, digits) = match text.first() {
                Some(b'+') => (1, &text[1..]),
                Some(b'-' | b'^') => (-1, &text[1..]),
                Some(b'0'..=b'9') if value.is_some() => (1, *text),
                _ => break,
            };
            *text = digits;
            let by = match text.first() {
                Some(b'0'..=b'9') => number(text).ok_or("Invalid address")?,
                _ => 1,
            };
            let from = value.unwrap_or(self.now.dot) as isize;
            let to = from.saturating_add(sign * by.min(isize::MAX as usize / 2) as isize);
            value = Some(usize::try_from(to).map_err(|_| "Invalid address")?);
        }
        match value {
            Some(line) if line > self.last() => Err("Invalid address"),
            value => Ok(value),
        }
    }

    fn marked(&self, letter: u8) -> Done<usize> {
        let place = usize::from(letter.wrapping_sub(b'a'));
        let mark = self.marks.get(place).ok_or("Invalid mark character")?;
        let line = mark.as_ref().ok_or("Invalid address")?;
        self.place_of(line).ok_or("Invalid address")
    }

    /// The number of a line, if it is still there.
    pub fn place_of(&self, line: &super::Line) -> Option<usize> {
        let place = self
            .now
            .lines
            .iter()
            .position(|other| Rc::ptr_eq(other, line));
        place.map(|place| place + 1)
    }

    /// The regular expression; an empty one is the last that was used.
    pub fn regex_of(&mut self, pattern: &[u8]) -> Done<Rc<Regex>> {
        if !pattern.is_empty() {
            let regex = Regex::new(pattern, Options::default()).map_err(|error| error.text())?;
            self.regex = Some(Rc::new(regex));
        }
        self.regex.clone().ok_or("No previous pattern")
    }

    /// The next line that matches, or the one before; behind the last comes the first.
    fn search(&self, regex: &Regex, backward: bool) -> Done<usize> {
        let last = self.last();
        let order = (1..=last).map(|step| match backward {
            false => (self.now.dot + step - 1) % last + 1,
            true => (self.now.dot + 2 * last - step - 1) % last + 1,
        });
        let matches = |number: &usize| {
            let line = self.now.lines.get(number - 1);
            line.is_some_and(|line| regex.matches(line))
        };
        order.into_iter().find(matches).ok_or("No match")
    }
}

pub fn skip_blanks(text: &mut &[u8]) {
    while let [b' ' | b'\t', rest @ ..] = text {
        *text = rest;
    }
}

/// The digits that the text begins with; None if that is too much.
fn number(text: &mut &[u8]) -> Option<usize> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    *text = rest;
    crate::number::unsigned(digits, 10).map(|number| number as usize)
}

/// The text up to the delimiter, and what is behind it. The delimiter with a `\` before it
/// is an ordinary character; in brackets it is that anyway.
pub fn delimited(text: &[u8], delimiter: u8) -> (Vec<u8>, &[u8]) {
    let mut pattern = Vec::new();
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, rest.first()) {
            (byte, _) if byte == delimiter => break,
            (b'\\', Some(&next)) => {
                rest = &rest[1..];
                if next != delimiter {
                    pattern.push(b'\\');
                }
                pattern.push(next);
            }
            (b'[', _) => {
                let end = bracket_end(rest);
                pattern.push(b'[');
                pattern.extend_from_slice(&rest[..end]);
                rest = &rest[end..];
            }
            _ => pattern.push(byte),
        }
    }
    (pattern, rest)
}

/// How far what is behind a `[` goes; 0 if there is no end.
fn bracket_end(text: &[u8]) -> usize {
    let skipped = match text {
        [b'^', b']', ..] => 2,
        [b'^' | b']', ..] => 1,
        _ => 0,
    };
    let rest = &text[skipped..];
    let end = rest.iter().position(|&byte| byte == b']');
    end.map_or(0, |end| skipped + end + 1)
}
