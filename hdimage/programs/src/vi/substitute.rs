// SPDX-License-Identifier: GPL-2.0-or-later
//! `:s`.

use super::buffer::{Line, position};
use super::{Vi, options::Options};
use crate::regex::{Match, Regex};
use alloc::format;
use alloc::vec::Vec;

/// A part of what a match becomes.
#[derive(Clone, PartialEq, Debug)]
enum Part {
    Byte(u8),
    /// A group; 0 is the whole match.
    Group(usize),
    /// The line is broken here.
    Break,
}

/// What matches become.
#[derive(Clone)]
pub struct Substitution {
    parts: Vec<Part>,
    /// All matches of a line, not only the first one.
    all: bool,
}

/// Text up to a delimiter that has no backslash before it, and what is behind it.
/// Within brackets of a pattern, too, a delimiter needs its backslash.
pub fn until(text: &[u8], delimiter: u8) -> (Vec<u8>, &[u8]) {
    let mut part = Vec::new();
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, rest.split_first()) {
            (byte, _) if byte == delimiter => return (part, rest),
            (b'\\', Some((&next, behind))) => {
                if next != delimiter {
                    part.push(b'\\');
                }
                part.push(next);
                rest = behind;
            }
            _ => part.push(byte),
        }
    }
    (part, rest)
}

fn parts(text: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut bytes = text.iter();
    while let Some(&byte) = bytes.next() {
        parts.push(match byte {
            b'&' => Part::Group(0),
            b'\r' => Part::Break,
            b'\\' => match bytes.next() {
                Some(&digit @ b'0'..=b'9') => Part::Group(usize::from(digit - b'0')),
                Some(b'r' | b'n') => Part::Break,
                Some(b't') => Part::Byte(b'\t'),
                Some(&byte) => Part::Byte(byte),
                None => Part::Byte(b'\\'),
            },
            byte => Part::Byte(byte),
        });
    }
    parts
}

impl Substitution {
    /// A line after it, perhaps as several, and how many matches there were.
    fn apply(&self, line: &[u8], regex: &Regex) -> (Vec<Line>, usize) {
        let mut lines = alloc::vec![Line::new()];
        let (mut copied, mut from, mut count) = (0, 0, 0);
        while from <= line.len() {
            let Some(found) = regex.find(line, from) else {
                break;
            };
            let range = found.range();
            // Nothing may match behind a match that ends there.
            if !(range.is_empty() && range.start == copied && count > 0) {
                add(
                    &mut lines,
                    line.get(copied..range.start).unwrap_or_default(),
                );
                self.add_replacement(&mut lines, line, &found);
                copied = range.end;
                count += 1;
                if !self.all {
                    break;
                }
            }
            from = if range.is_empty() {
                range.end + 1
            } else {
                range.end
            };
        }
        add(&mut lines, line.get(copied..).unwrap_or_default());
        (lines, count)
    }

    fn add_replacement(&self, lines: &mut Vec<Line>, line: &[u8], found: &Match) {
        for part in &self.parts {
            match part {
                Part::Byte(byte) => add(lines, &[*byte]),
                Part::Group(number) => {
                    let range = found.group(*number).unwrap_or_default();
                    add(lines, line.get(range).unwrap_or_default());
                }
                Part::Break => lines.push(Line::new()),
            }
        }
    }
}

fn add(lines: &mut [Line], bytes: &[u8]) {
    if let Some(line) = lines.last_mut() {
        line.extend_from_slice(bytes);
    }
}

impl Vi {
    /// `s/pattern/replacement/flags`, and without all that the last one again.
    pub fn substitute(&mut self, first: usize, last: usize, text: &[u8]) -> Result<(), Vec<u8>> {
        let mut flags = text;
        if let Some((&delimiter, rest)) = text.split_first()
            && !delimiter.is_ascii_alphanumeric()
            && !matches!(delimiter, b' ' | b'&')
        {
            let (pattern, rest) = until(rest, delimiter);
            let (replacement, rest) = until(rest, delimiter);
            if !pattern.is_empty() {
                self.pattern = Some(compile(&self.options, &pattern)?);
            }
            self.last_substitution = Some(Substitution {
                parts: parts(&replacement),
                all: false,
            });
            flags = rest;
        }
        let Some(mut substitution) = self.last_substitution.clone() else {
            return Err(b"No previous substitution".to_vec());
        };
        for flag in flags.trim_ascii() {
            match flag {
                b'g' => substitution.all = true,
                b'&' => {}
                _ => return Err(b"Unknown flag".to_vec()),
            }
        }
        self.substitute_in(first, last, &substitution)?;
        self.last_substitution = Some(substitution);
        Ok(())
    }

    fn substitute_in(
        &mut self,
        first: usize,
        last: usize,
        what: &Substitution,
    ) -> Result<(), Vec<u8>> {
        let Some(regex) = self.pattern.take() else {
            return Err(b"No previous pattern".to_vec());
        };
        let (mut line, mut left, mut total) = (first, last + 1 - first, 0);
        let mut changed = None;
        while left > 0 {
            let (new, count) = what.apply(self.buffer.line(line), &regex);
            let grown = new.len();
            if count > 0 {
                self.buffer.replace(line..line + 1, new);
                changed = Some(line + grown - 1);
            }
            total += count;
            line += grown;
            left -= 1;
        }
        self.pattern = Some(regex);
        let Some(at) = changed else {
            return Err(b"Pattern not found".to_vec());
        };
        self.cursor = position(at, self.buffer.first_nonblank(at));
        if total > 4 {
            self.say(format!("{total} substitutions"));
        }
        Ok(())
    }
}

/// The lines that match, for `:g`, or those that do not, for `:v`.
pub fn matching(vi: &Vi, first: usize, last: usize, regex: &Regex, wanted: bool) -> Vec<usize> {
    let is_wanted = |&line: &usize| regex.matches(vi.buffer.line(line)) == wanted;
    (first..=last).filter(is_wanted).collect()
}

/// A pattern of a command line.
pub fn compile(options: &Options, pattern: &[u8]) -> Result<Regex, Vec<u8>> {
    let error = |error: crate::regex::RegexError| error.text().as_bytes().to_vec();
    options.regex(pattern).map_err(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_become_something_else() {
        for (line, pattern, replacement, all, result) in [
            ("one two", "o", "0", false, "0ne two"),
            ("one two", "o", "0", true, "0ne tw0"),
            ("abc", "x*", "-", true, "-a-b-c-"),
            ("baaac", "a*", "-", true, "-b-c-"),
            (
                "key=value",
                "\\(.*\\)=\\(.*\\)",
                "\\2=\\1 [&]",
                false,
                "value=key [key=value]",
            ),
            ("a,b", ",", "\\r", true, "a\nb"),
            ("a", "a", "\\&\\\\", false, "&\\"),
        ] {
            let regex = Options::new(false).regex(pattern.as_bytes()).ok().unwrap();
            let substitution = Substitution {
                parts: parts(replacement.as_bytes()),
                all,
            };
            let lines = substitution.apply(line.as_bytes(), &regex).0;
            assert_eq!(lines.join(&b'\n'), result.as_bytes(), "{line} {pattern}");
        }
    }

    #[test]
    fn delimiters_are_quoted() {
        assert_eq!(
            until(b"a\\/b\\.c/d/g", b'/'),
            (b"a/b\\.c".to_vec(), &b"d/g"[..])
        );
        assert_eq!(until(b"abc", b'/'), (b"abc".to_vec(), &b""[..]));
    }
}
