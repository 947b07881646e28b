// SPDX-License-Identifier: GPL-2.0-or-later
//! The commands behind a colon: `[lines] name[!] [argument]`.

use super::buffer::position;
use super::target::Extent;
use super::{Register, Vi, World, motion, substitute};
use alloc::format;
use alloc::vec::Vec;

/// What is wrong with a command.
pub type Outcome<T = ()> = Result<T, Vec<u8>>;

/// Lines that were addressed, the last one counted in.
pub type Lines = Option<(usize, usize)>;

/// A command line taken apart.
pub struct Line<'a> {
    /// The lines that were given, counted from 0; none if there was no address.
    pub range: Lines,
    /// The command.
    pub name: &'a [u8],
    /// Whether there was a `!`.
    pub force: bool,
    /// What is behind it.
    pub argument: &'a [u8],
}

impl Vi {
    /// Runs a command line, and says what is wrong with it. All of it is one change.
    pub fn ex(&mut self, text: &[u8], world: &mut dyn World) {
        self.buffer.begin(self.cursor);
        if let Err(error) = self.ex_line(text, world) {
            self.say(error);
            self.bell = true;
        }
        self.buffer.end();
    }

    /// Runs a command line that is part of a change.
    pub fn ex_line(&mut self, text: &[u8], world: &mut dyn World) -> Outcome {
        let text = text.trim_ascii_start();
        let text = text.strip_prefix(b":").unwrap_or(text);
        if text.is_empty() || text.starts_with(b"\"") {
            return Ok(());
        }
        let line = self.parse_line(text)?;
        let lines = line.range.unwrap_or((self.cursor.line, self.cursor.line));
        self.ex_text(&line, lines)
            .or_else(|| self.ex_file(&line, world))
            .unwrap_or_else(|| Err([b"Not an editor command: ", line.name].concat()))
    }

    fn parse_line<'a>(&mut self, text: &'a [u8]) -> Outcome<Line<'a>> {
        let (range, rest) = self.range(text)?;
        let rest = rest.trim_ascii_start();
        let length = match rest {
            [b'!' | b'&' | b'<' | b'>' | b'=', ..] => 1,
            // `k` and `s` need no blank before what follows.
            [b'k', b'a'..=b'z'] => 1,
            [b's' | b'g' | b'v', next, ..] if !next.is_ascii_alphanumeric() => 1,
            _ => rest
                .iter()
                .take_while(|byte| byte.is_ascii_alphabetic())
                .count(),
        };
        let (name, rest) = rest.split_at(length);
        let takes_force = name != b"!" && name != b"s";
        let (force, argument) = match rest.strip_prefix(b"!") {
            Some(rest) if takes_force => (true, rest),
            _ => (false, rest),
        };
        let argument = if matches!(name, b"s" | b"g" | b"v") {
            argument
        } else {
            argument.trim_ascii()
        };
        Ok(Line {
            range,
            name,
            force,
            argument,
        })
    }

    /// Addresses: none, one, or two with a comma between them, or `%`.
    fn range<'a>(&mut self, text: &'a [u8]) -> Outcome<(Lines, &'a [u8])> {
        if let Some(rest) = text.strip_prefix(b"%") {
            return Ok((Some((0, self.buffer.last())), rest));
        }
        let (first, rest) = self.address(text)?;
        let here = self.cursor.line;
        let Some(rest) = rest.strip_prefix(b",").or(rest.strip_prefix(b";")) else {
            return Ok((first.map(|line| (line, line)), rest));
        };
        let (last, rest) = self.address(rest)?;
        let (first, last) = (first.unwrap_or(here), last.unwrap_or(here));
        if first > last {
            return Err(b"The first address is behind the second".to_vec());
        }
        Ok((Some((first, last)), rest))
    }

    fn address<'a>(&mut self, text: &'a [u8]) -> Outcome<(Option<usize>, &'a [u8])> {
        let text = text.trim_ascii_start();
        let here = self.cursor.line;
        // Line 0 is before the first one; what counts from 0 has no number for it.
        let (base, mut rest) = match text {
            [b'0'..=b'9', ..] => {
                let (number, rest) = number(text);
                (Some(number as isize - 1), rest)
            }
            [b'.', rest @ ..] => (Some(here as isize), rest),
            [b'$', rest @ ..] => (Some(self.buffer.last() as isize), rest),
            [b'\'', name, rest @ ..] => {
                let mark = self.buffer.mark(*name).ok_or(b"Mark not set".to_vec())?;
                (Some(mark.line as isize), rest)
            }
            [kind @ (b'/' | b'?'), rest @ ..] => {
                let (pattern, behind) = substitute::until(rest, *kind);
                if !pattern.is_empty() {
                    self.pattern = Some(substitute::compile(&self.options, &pattern)?);
                }
                let regex = self
                    .pattern
                    .as_ref()
                    .ok_or(b"No previous pattern".to_vec())?;
                let from = match kind {
                    b'/' => position(here, usize::MAX - 1),
                    _ => position(here, 0),
                };
                let found = motion::search(&self.buffer, from, regex, *kind == b'/');
                (
                    Some(found.ok_or(b"Pattern not found".to_vec())?.line as isize),
                    behind,
                )
            }
            _ => (None, text),
        };
        let mut line = base;
        while let [sign @ (b'+' | b'-'), behind @ ..] = rest {
            let (step, behind) = match behind {
                [b'0'..=b'9', ..] => number(behind),
                _ => (1, behind),
            };
            let step = if *sign == b'+' {
                step as isize
            } else {
                -(step as isize)
            };
            line = Some(line.unwrap_or(here as isize) + step);
            rest = behind;
        }
        match line {
            Some(line) if line > self.buffer.last() as isize => {
                Err(b"Not that many lines".to_vec())
            }
            Some(line) if line < -1 => Err(b"Not that many lines".to_vec()),
            line => Ok((line.map(|line| line.max(0) as usize), rest)),
        }
    }

    /// Commands that work on the text alone; `None` if it is no such one.
    fn ex_text(&mut self, line: &Line<'_>, (first, last): (usize, usize)) -> Option<Outcome> {
        let extent = Extent::Lines(first, last);
        match line.name {
            b"" => {
                if !line.argument.is_empty() {
                    return None;
                }
                self.buffer.set_mark(b'\'', self.cursor);
                self.cursor = position(last, self.buffer.first_nonblank(last));
            }
            b"d" | b"delete" => {
                self.keep(0, extent);
                self.delete(extent);
            }
            b"y" | b"yank" => self.keep(0, extent),
            b"pu" | b"put" => {
                let Register { text, .. } = self.registers.get(&0)?.clone();
                self.buffer.replace(last + 1..last + 1, text);
                self.cursor = position(last + 1, 0);
            }
            b"j" | b"join" => {
                let count = if line.range.is_some() {
                    last - first
                } else {
                    1
                };
                if self.join(first, count, !line.force).is_none() {
                    return Some(Err(b"No line to join".to_vec()));
                }
            }
            b">" | b"<" => {
                let more = line
                    .argument
                    .iter()
                    .take_while(|&byte| [*byte] == *line.name);
                self.shift(first, last, line.name == b">", 1 + more.count());
            }
            b"s" | b"substitute" => return Some(self.substitute(first, last, line.argument)),
            b"&" => return Some(self.substitute(first, last, line.argument)),
            b"m" | b"move" | b"t" | b"co" | b"copy" => {
                return Some(self.copy_to(line, first, last));
            }
            b"k" | b"ma" | b"mark" => {
                let name = line.argument.first().copied().unwrap_or(0);
                if self.buffer.set_mark(name, position(last, 0)).is_none() {
                    return Some(Err(b"A mark is a letter".to_vec()));
                }
            }
            b"=" => {
                let line = line.range.map_or(self.buffer.count(), |(_, last)| last + 1);
                self.say(format!("{line}"));
            }
            b"u" | b"undo" => {
                self.buffer.end();
                match self.buffer.undo() {
                    Some(at) => self.cursor = at,
                    None => return Some(Err(b"Nothing to undo".to_vec())),
                }
            }
            b"noh" | b"nohlsearch" => {}
            b"se" | b"set" => return Some(self.set(line.argument)),
            _ => return None,
        }
        Some(Ok(()))
    }

    /// `:m` and `:t`: moves or copies lines behind another one.
    fn copy_to(&mut self, line: &Line<'_>, first: usize, last: usize) -> Outcome {
        // Line 0 is the place before all of them.
        let target = match line.argument {
            b"0" => 0,
            argument => match self.address(argument)? {
                (Some(target), b"") => target + 1,
                _ => return Err(b"A line is needed to put them behind".to_vec()),
            },
        };
        let moves = line.name.starts_with(b"m");
        if moves && target > first && target <= last {
            return Err(b"Lines can't be moved into themselves".to_vec());
        }
        let text = self.buffer.copy(first..last + 1);
        let count = text.len();
        self.buffer.replace(target..target, text);
        let mut end = target + count - 1;
        if moves {
            let from = if target <= first {
                first + count
            } else {
                first
            };
            self.buffer.replace(from..from + count, Vec::new());
            end -= if target > first { count } else { 0 };
        }
        self.cursor = position(end, self.buffer.first_nonblank(end));
        Ok(())
    }

    fn set(&mut self, words: &[u8]) -> Outcome {
        let words = words
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let mut any = false;
        for word in words.filter(|&word| word != b"all") {
            any = true;
            if !self.options.set(word) {
                return Err([b"No such option: ", word].concat());
            }
        }
        if !any {
            self.message = self.options.tell();
        }
        Ok(())
    }
}

fn number(text: &[u8]) -> (usize, &[u8]) {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(count);
    let add = |number: usize, digit: &u8| (number * 10 + usize::from(digit - b'0')).min(9_999_999);
    (digits.iter().fold(0, add), rest)
}
