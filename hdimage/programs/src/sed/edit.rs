// SPDX-License-Identifier: GPL-2.0-or-later
//! Running a script.
//!
//! For each line: it becomes the pattern space, all commands are run on it, it is
//! printed, and then what `a` and `r` have left for the end.

use super::{Action, Address, Command, Line, Part, Script, Substitution};
use crate::regex::Regex;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;

/// Where lines come from and go to.
pub trait World {
    /// The next line.
    fn next_line(&mut self) -> Option<Line>;
    /// Whether there is no line behind the last one given.
    fn at_end(&mut self) -> bool;
    /// Writes to standard output.
    fn print(&mut self, bytes: &[u8]);
    /// Writes to a file of `w`.
    fn write(&mut self, path: &[u8], bytes: &[u8]);
    /// All of a file; nothing if it can't be read.
    fn read(&mut self, path: &[u8]) -> Vec<u8>;
}

/// What is done after a command.
enum Then {
    /// The next one.
    Next,
    /// That one.
    Go(usize),
    /// The end of the script for this line.
    End,
    /// The same, but the line is not printed.
    Delete,
    /// The same, but what is left of the line is the next one.
    Again,
    /// The end of all.
    Quit { status: i32, print: bool },
}

/// What is printed at the end of a line.
enum Later {
    Text(Vec<u8>),
    File(Vec<u8>),
}

/// A range that has begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Range {
    Closed,
    /// Up to this line.
    To(usize),
    /// Up to a line that matches.
    Open,
}

/// Runs a script.
pub struct Editor<'a, W> {
    script: &'a Script,
    world: &'a mut W,
    quiet: bool,
    pattern: Vec<u8>,
    /// Whether the last line read had a newline.
    newline: bool,
    /// Whether what was printed last has no newline, so that more must not follow it.
    unfinished: bool,
    hold: Vec<u8>,
    number: usize,
    ranges: Vec<Range>,
    replaced: bool,
    later: VecDeque<Later>,
    last_regex: Option<&'a Regex>,
}

impl<'a, W: World> Editor<'a, W> {
    /// An editor; `quiet` is the option `-n`.
    pub fn new(script: &'a Script, world: &'a mut W, quiet: bool) -> Editor<'a, W> {
        Editor {
            script,
            world,
            quiet,
            pattern: Vec::new(),
            newline: true,
            unfinished: false,
            hold: Vec::new(),
            number: 0,
            ranges: script.0.iter().map(|_| Range::Closed).collect(),
            replaced: false,
            later: VecDeque::new(),
            last_regex: None,
        }
    }

    /// Edits all lines; the exit status, or what is wrong.
    pub fn run(mut self) -> Result<i32, &'static str> {
        let mut again = false;
        loop {
            if !again {
                self.replaced = false;
                if !self.read_line(false) {
                    return Ok(0);
                }
            }
            let then = self.line()?;
            let print = !matches!(
                then,
                Then::Delete | Then::Again | Then::Quit { print: false, .. }
            );
            if print && !self.quiet {
                self.print_pattern();
            }
            self.finish_line();
            if let Then::Quit { status, .. } = then {
                return Ok(status);
            }
            again = matches!(then, Then::Again);
        }
    }

    /// Reads the next line into the pattern space, or behind it.
    fn read_line(&mut self, append: bool) -> bool {
        let Some((line, newline)) = self.world.next_line() else {
            return false;
        };
        self.number += 1;
        self.newline = newline;
        if append {
            self.pattern.push(b'\n');
            self.pattern.extend(line);
        } else {
            self.pattern = line;
        }
        true
    }

    /// Runs the script on the pattern space.
    fn line(&mut self) -> Result<Then, &'static str> {
        let script = self.script;
        let mut index = 0;
        while let Some(command) = script.0.get(index) {
            let selected = self.selects(index, command)? != command.negated;
            let then = match (&command.action, selected) {
                (Action::Block(end), false) => Then::Go(*end),
                (_, false) => Then::Next,
                (action, true) => self.act(index, command, action)?,
            };
            index = match then {
                Then::Next => index + 1,
                Then::Go(to) => to,
                other => return Ok(other),
            };
        }
        Ok(Then::End)
    }

    /// Whether a command is for this line.
    fn selects(&mut self, index: usize, command: &'a Command) -> Result<bool, &'static str> {
        let Some(from) = &command.from else {
            return Ok(true);
        };
        let Some(to) = &command.to else {
            return self.is_at(from);
        };
        let range = match self.ranges[index] {
            Range::Closed => {
                // `0,/re/` may end on the first line.
                let zero = matches!(from, Address::Line(0)) && self.number == 1;
                if !zero && !self.is_at(from)? {
                    return Ok(false);
                }
                let last = match to {
                    Address::Line(line) => Range::To(*line),
                    Address::Plus(count) => Range::To(self.number + count),
                    Address::Step(_, step) => {
                        Range::To(self.number.next_multiple_of((*step).max(1)))
                    }
                    Address::Last => Range::Open,
                    Address::Match(_) => Range::Open,
                };
                // A range that ends by a match ends behind its first line.
                if last == Range::Open && !zero && !matches!(to, Address::Last) {
                    self.ranges[index] = Range::Open;
                    return Ok(true);
                }
                last
            }
            range => range,
        };
        let ended = match range {
            Range::To(last) => {
                let begun_before = self.ranges[index] != Range::Closed;
                if begun_before && self.number > last {
                    // The line was passed inside of another command.
                    self.ranges[index] = Range::Closed;
                    return Ok(false);
                }
                self.number >= last
            }
            _ => self.is_at(to)?,
        };
        self.ranges[index] = if ended { Range::Closed } else { range };
        Ok(true)
    }

    fn is_at(&mut self, address: &'a Address) -> Result<bool, &'static str> {
        Ok(match address {
            Address::Line(line) => self.number == *line,
            Address::Step(first, 0) => self.number == *first,
            Address::Step(first, step) => {
                self.number >= *first && (self.number - first).is_multiple_of(*step)
            }
            Address::Last => self.world.at_end(),
            Address::Plus(_) => false,
            Address::Match(regex) => {
                let regex = self.regex(regex.as_ref())?;
                regex.matches(&self.pattern)
            }
        })
    }

    /// The expression, or if it is empty the last one.
    fn regex(&mut self, regex: Option<&'a Regex>) -> Result<&'a Regex, &'static str> {
        self.last_regex = regex.or(self.last_regex);
        self.last_regex.ok_or("no previous regular expression")
    }

    fn act(
        &mut self,
        index: usize,
        command: &'a Command,
        action: &'a Action,
    ) -> Result<Then, &'static str> {
        match action {
            Action::Block(_) | Action::Nothing => {}
            Action::Append(text) => self.later.push_back(Later::Text(text.clone())),
            Action::Read(path) => self.later.push_back(Later::File(path.clone())),
            Action::Insert(text) => self.print(text),
            Action::Change(text) => {
                // A range is changed as a whole.
                if command.negated || self.ranges[index] == Range::Closed {
                    self.print(text);
                }
                return Ok(Then::Delete);
            }
            Action::Branch { to, if_replaced } => {
                if !if_replaced || core::mem::take(&mut self.replaced) {
                    return Ok(Then::Go(*to));
                }
            }
            Action::Delete => return Ok(Then::Delete),
            Action::DeleteFirst => {
                let Some(end) = self.first_line_end() else {
                    return Ok(Then::Delete);
                };
                self.pattern.drain(..=end);
                return Ok(Then::Again);
            }
            Action::Get { append: false } => self.pattern = self.hold.clone(),
            Action::Get { append: true } => {
                self.pattern.push(b'\n');
                self.pattern.extend_from_slice(&self.hold);
            }
            Action::Hold { append: false } => self.hold = self.pattern.clone(),
            Action::Hold { append: true } => {
                self.hold.push(b'\n');
                self.hold.extend_from_slice(&self.pattern);
            }
            Action::Exchange => core::mem::swap(&mut self.hold, &mut self.pattern),
            Action::List => self.print(&listed(&self.pattern)),
            Action::LineNumber => self.print(format!("{}\n", self.number).as_bytes()),
            Action::Next { append } => {
                if self.world.at_end() {
                    // What is left is printed, as GNU's does.
                    let print = true;
                    return Ok(Then::Quit { status: 0, print });
                }
                if !append && !self.quiet {
                    self.print_pattern();
                }
                self.finish_line();
                self.read_line(*append);
            }
            Action::Print => self.print_pattern(),
            Action::PrintFirst => match self.first_line_end() {
                Some(end) => {
                    let line = self.pattern[..=end].to_vec();
                    self.print(&line);
                }
                None => self.print_pattern(),
            },
            Action::Quit { status, silently } => {
                return Ok(Then::Quit {
                    status: *status,
                    print: !silently,
                });
            }
            Action::Substitute(substitution) => self.substitute(substitution)?,
            Action::Write(path) => {
                let line = [&self.pattern[..], b"\n"].concat();
                self.world.write(path, &line);
            }
            Action::Translate(table) => {
                for byte in &mut self.pattern {
                    *byte = table[usize::from(*byte)];
                }
            }
        }
        Ok(Then::Next)
    }

    fn first_line_end(&self) -> Option<usize> {
        self.pattern.iter().position(|&byte| byte == b'\n')
    }

    fn print(&mut self, text: &[u8]) {
        if !text.is_empty() && core::mem::take(&mut self.unfinished) {
            self.world.print(b"\n");
        }
        self.world.print(text);
    }

    fn print_pattern(&mut self) {
        let mut line = self.pattern.clone();
        if self.newline {
            line.push(b'\n');
        }
        self.print(&line);
        self.unfinished = !self.newline;
    }

    fn finish_line(&mut self) {
        while let Some(later) = self.later.pop_front() {
            let text = match later {
                Later::Text(text) => text,
                Later::File(path) => self.world.read(&path),
            };
            self.print(&text);
        }
    }

    fn substitute(&mut self, substitution: &'a Substitution) -> Result<(), &'static str> {
        let regex = self.regex(substitution.regex.as_ref())?;
        let text = core::mem::take(&mut self.pattern);
        let mut result = Vec::new();
        let (mut copied, mut from, mut count) = (0, 0, 0);
        let mut last_end = None;
        while let Some(found) = regex.find(&text, from) {
            let range = found.range();
            from = if range.is_empty() {
                range.end + 1
            } else {
                range.end
            };
            // Nothing is no match right behind a match.
            if range.is_empty() && last_end == Some(range.end) {
                continue;
            }
            last_end = Some(range.end);
            count += 1;
            if count < substitution.first {
                continue;
            }
            result.extend_from_slice(&text[copied..range.start]);
            for part in &substitution.replacement {
                match part {
                    Part::Text(text) => result.extend_from_slice(text),
                    Part::Group(number) => {
                        let group = found.group(*number).unwrap_or_default();
                        result.extend_from_slice(&text[group]);
                    }
                }
            }
            copied = range.end;
            if !substitution.all {
                break;
            }
        }
        result.extend_from_slice(&text[copied..]);
        self.pattern = result;
        if count < substitution.first {
            return Ok(());
        }
        self.replaced = true;
        if substitution.print {
            self.print_pattern();
        }
        if let Some(path) = &substitution.write {
            let line = [&self.pattern[..], b"\n"].concat();
            self.world.write(path, &line);
        }
        Ok(())
    }
}

/// What `l` shows: all that can't be seen as escapes, in lines of 70 characters.
fn listed(text: &[u8]) -> Vec<u8> {
    const WIDTH: usize = 69;
    let mut shown = Vec::new();
    let mut column = 0;
    for &byte in text {
        let piece = match byte {
            b'\\' => b"\\\\".to_vec(),
            b'\n' => b"\\n".to_vec(),
            b'\t' => b"\\t".to_vec(),
            0x07 => b"\\a".to_vec(),
            0x08 => b"\\b".to_vec(),
            0x0b => b"\\v".to_vec(),
            0x0c => b"\\f".to_vec(),
            b'\r' => b"\\r".to_vec(),
            b' '..=b'~' => alloc::vec![byte],
            _ => format!("\\{byte:03o}").into_bytes(),
        };
        if column + piece.len() > WIDTH {
            shown.extend_from_slice(b"\\\n");
            column = 0;
        }
        column += piece.len();
        shown.extend(piece);
    }
    shown.extend_from_slice(b"$\n");
    shown
}
