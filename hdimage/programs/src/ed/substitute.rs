// SPDX-License-Identifier: GPL-2.0-or-later
//! `s`: replaces what matches.

use super::address::delimited;
use super::{Done, Editor, Style};
use crate::regex::{Match, Regex};
use alloc::rc::Rc;
use alloc::vec::Vec;

/// What a later `s` alone does again.
#[derive(Clone)]
pub struct Substitution {
    regex: Rc<Regex>,
    replacement: Vec<u8>,
    /// The first match that is replaced, counted from 1.
    first: usize,
    /// Whether those behind it are, too.
    all: bool,
}

impl Editor<'_> {
    /// Does `s` on some lines; `text` is what is behind the `s`.
    pub(super) fn substitute(&mut self, text: &[u8], first: usize, last: usize) -> Done<Style> {
        let mut style = Style::default();
        let mut substitution = self.parse(text, &mut style)?;
        if substitution.replacement == b"%"
            && let Some(before) = &self.substitution
        {
            substitution.replacement = before.replacement.clone();
        }
        self.substitution = Some(substitution.clone());
        let (mut number, mut left, mut changed) = (first, last + 1 - first, None);
        while left > 0 {
            let line = self.now.lines.get(number - 1).cloned().unwrap_or_default();
            let Some(pieces) = substitution.apply(&line) else {
                (number, left) = (number + 1, left - 1);
                continue;
            };
            let count = pieces.len();
            let pieces = pieces.into_iter().map(Rc::new);
            self.now.lines.splice(number - 1..number, pieces);
            (number, left) = (number + count, left - 1);
            changed = Some(number - 1);
        }
        match changed {
            Some(number) => {
                self.now.dot = number;
                self.now.modified = true;
                Ok(style)
            }
            None if self.list.is_some() => Ok(Style::default()),
            None => Err("No match"),
        }
    }

    fn parse(&mut self, text: &[u8], style: &mut Style) -> Done<Substitution> {
        let Some(&delimiter) = text.first() else {
            return self.substitution.clone().ok_or("No previous substitution");
        };
        if delimiter.is_ascii_alphanumeric() || delimiter == b' ' {
            // `sp`, `sg`: the last one again.
            let mut again = self
                .substitution
                .clone()
                .ok_or("No previous substitution")?;
            flags(text, &mut again, style)?;
            return Ok(again);
        }
        let (pattern, behind) = delimited(&text[1..], delimiter);
        let (replacement, rest, closed) = replacement(behind, delimiter);
        let mut substitution = Substitution {
            regex: self.regex_of(&pattern)?,
            replacement,
            first: 1,
            all: false,
        };
        match closed {
            // Without its end, it prints.
            false => style.print = true,
            true => flags(rest, &mut substitution, style)?,
        }
        Ok(substitution)
    }
}

fn flags(text: &[u8], substitution: &mut Substitution, style: &mut Style) -> Done {
    let mut rest = text;
    while let Some((&letter, behind)) = rest.split_first() {
        rest = behind;
        match letter {
            b'g' => substitution.all = true,
            b'p' => style.print = true,
            b'n' => style.number = true,
            b'l' => style.list = true,
            b'1'..=b'9' => {
                let more = behind
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                let digits = [&[letter], &behind[..more]].concat();
                let number = crate::number::unsigned(&digits, 10);
                substitution.first = number.ok_or("Number out of range")? as usize;
                rest = &behind[more..];
            }
            b' ' | b'\t' => {}
            _ => return Err("Invalid command suffix"),
        }
    }
    Ok(())
}

/// The replacement up to the delimiter, with its escapes; what is behind, and whether the
/// delimiter was there.
fn replacement(text: &[u8], delimiter: u8) -> (Vec<u8>, &[u8], bool) {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, rest.first()) {
            (byte, _) if byte == delimiter => return (out, rest, true),
            (b'\\', Some(&next)) => {
                rest = &rest[1..];
                // The delimiter is plain, but `&` needs its backslash.
                if next != delimiter || next == b'&' {
                    out.push(b'\\');
                }
                out.push(next);
            }
            _ => out.push(byte),
        }
    }
    (out, rest, false)
}

impl Substitution {
    /// The lines that come of a line; None if nothing matches.
    fn apply(&self, line: &[u8]) -> Option<Vec<Vec<u8>>> {
        let mut pieces = alloc::vec![Vec::new()];
        let (mut copied, mut from, mut count) = (0, 0, 0);
        let mut replaced = false;
        while let Some(found) = self.regex.find(line, from) {
            let range = found.range();
            // Nothing right behind a match is no other match.
            if !(range.is_empty() && count > 0 && range.start == copied) {
                count += 1;
                if count >= self.first && (self.all || count == self.first) {
                    add(
                        &mut pieces,
                        line.get(copied..range.start).unwrap_or_default(),
                    );
                    self.add_replacement(&mut pieces, line, &found);
                    copied = range.end;
                    replaced = true;
                }
            }
            from = range.end + usize::from(range.is_empty());
            if from > line.len() || count >= self.first && !self.all {
                break;
            }
        }
        add(&mut pieces, line.get(copied..).unwrap_or_default());
        replaced.then_some(pieces)
    }

    fn add_replacement(&self, pieces: &mut Vec<Vec<u8>>, line: &[u8], found: &Match) {
        let mut rest = self.replacement.as_slice();
        while let Some((&byte, behind)) = rest.split_first() {
            rest = behind;
            let group = match (byte, rest.first()) {
                (b'&', _) => 0,
                (b'\\', Some(&digit @ b'1'..=b'9')) => {
                    rest = &rest[1..];
                    usize::from(digit - b'0')
                }
                (b'\\', Some(b'\n')) => {
                    rest = &rest[1..];
                    pieces.push(Vec::new());
                    continue;
                }
                (b'\\', Some(&next)) => {
                    rest = &rest[1..];
                    add(pieces, &[next]);
                    continue;
                }
                _ => {
                    add(pieces, &[byte]);
                    continue;
                }
            };
            let range = found.group(group).unwrap_or_default();
            add(pieces, line.get(range).unwrap_or_default());
        }
    }
}

fn add(pieces: &mut [Vec<u8>], bytes: &[u8]) {
    if let Some(last) = pieces.last_mut() {
        last.extend_from_slice(bytes);
    }
}
