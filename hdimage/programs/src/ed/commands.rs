// SPDX-License-Identifier: GPL-2.0-or-later
//! The commands.

use super::address::{Addresses, skip_blanks};
use super::{Done, Editor, State, Style};
use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::ops::ControlFlow;

const UNKNOWN: &str = "Unknown command";
const UNEXPECTED: &str = "Unexpected address";
const SUFFIX: &str = "Invalid command suffix";
const MODIFIED: &str = "Warning: buffer modified";

impl Editor<'_> {
    /// Runs a command line; whether the editor goes on.
    pub fn execute(&mut self, line: &[u8]) -> Done<ControlFlow<()>> {
        let mut text = line;
        let addresses = self.addresses(&mut text)?;
        skip_blanks(&mut text);
        let (letter, rest) = match text.split_first() {
            Some((&letter, rest)) => (letter, rest),
            None => (b'\n', text),
        };
        let warned = core::mem::replace(&mut self.warned, false);
        if self.list.is_none() && b"acdijmrst".contains(&letter) {
            self.before = self.now.clone();
        }
        let style = match letter {
            b'q' | b'Q' => {
                let refuse = letter == b'q' && self.now.modified && !warned;
                none(addresses, rest)?;
                if refuse {
                    self.warned = true;
                    return Err(MODIFIED);
                }
                return Ok(ControlFlow::Break(()));
            }
            b'e' | b'E' => {
                if letter == b'e' && self.now.modified && !warned {
                    self.warned = true;
                    return Err(MODIFIED);
                }
                no_address(addresses)?;
                let path = self.path(rest)?;
                self.edit(&path)?;
                Style::default()
            }
            b'\n' => {
                let next = match addresses {
                    Some((_, last)) => last,
                    None => self.now.dot + 1,
                };
                self.existing(next)?;
                self.now.dot = next;
                self.print_line(next, Style::default());
                Style::default()
            }
            b'#' => Style::default(),
            b'a' | b'i' | b'c' | b'd' | b'j' | b'm' | b't' | b'u' | b'k' | b's' => {
                self.change(letter, addresses, rest)?
            }
            b'g' | b'v' | b'G' | b'V' => {
                let (first, last) = self.range(addresses, 1, self.last())?;
                return self.global(letter, rest, first, last);
            }
            b'p' | b'n' | b'l' => {
                let (first, last) = self.range(addresses, self.now.dot, self.now.dot)?;
                let style = suffix(text)?;
                (first..=last).for_each(|number| self.print_line(number, style));
                self.now.dot = last;
                return Ok(ControlFlow::Continue(()));
            }
            b'=' => {
                let style = suffix(rest)?;
                let number = addresses.map_or(self.last(), |(_, last)| last);
                self.world.print(format!("{number}\n").as_bytes());
                style
            }
            b'z' => self.scroll(addresses, rest)?,
            b'f' | b'r' | b'w' | b'W' => {
                let quits = letter == b'w' && rest.starts_with(b"q");
                self.files(letter, addresses, if quits { &rest[1..] } else { rest })?;
                if quits {
                    return Ok(ControlFlow::Break(()));
                }
                Style::default()
            }
            b'h' | b'H' | b'P' => {
                none(addresses, rest)?;
                match letter {
                    b'P' => self.prompting = !self.prompting,
                    b'H' => self.verbose = !self.verbose,
                    _ => {}
                }
                if letter == b'h' || letter == b'H' && self.verbose && !self.problem.is_empty() {
                    self.world.print(&[self.problem.as_bytes(), b"\n"].concat());
                }
                Style::default()
            }
            b'!' => {
                no_address(addresses)?;
                let command = self.shell_command(rest)?;
                self.world.run(&command)?;
                if !self.silent {
                    self.world.print(b"!\n");
                }
                Style::default()
            }
            _ => return Err(UNKNOWN),
        };
        if style != Style::default() {
            self.existing(self.now.dot)?;
            self.print_line(self.now.dot, style);
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The commands that change lines.
    fn change(&mut self, letter: u8, addresses: Addresses, rest: &[u8]) -> Done<Style> {
        let dot = self.now.dot;
        let at = addresses.map_or(dot, |(_, last)| last);
        match letter {
            b'a' | b'i' => {
                let style = suffix(rest)?;
                let behind = if letter == b'a' {
                    at
                } else {
                    at.saturating_sub(1)
                };
                self.insert(behind);
                Ok(style)
            }
            b'c' => {
                let style = suffix(rest)?;
                let (first, last) = self.range(addresses, dot, dot)?;
                self.delete(first, last);
                self.insert(first - 1);
                if self.now.dot == first - 1 {
                    // Nothing came: the line behind is the current one.
                    self.now.dot = first.min(self.last());
                }
                Ok(style)
            }
            b'd' => {
                let style = suffix(rest)?;
                let (first, last) = self.range(addresses, dot, dot)?;
                self.delete(first, last);
                self.now.dot = first.min(self.last());
                Ok(style)
            }
            b'j' => {
                let style = suffix(rest)?;
                let (first, last) = match addresses {
                    Some((first, last)) => self.range(addresses, first, last)?,
                    None => (self.existing(dot)?, self.existing(dot + 1)?),
                };
                if first < last {
                    let lines = self.now.lines.get(first - 1..last).unwrap_or_default();
                    let joined: Vec<u8> =
                        lines.iter().flat_map(|line| line.iter().copied()).collect();
                    self.now.lines.splice(first - 1..last, [Rc::new(joined)]);
                    self.now.modified = true;
                    self.now.dot = first;
                }
                Ok(style)
            }
            b'k' => {
                let number = self.existing(at)?;
                let &[letter @ b'a'..=b'z', ref rest @ ..] = rest else {
                    return Err("Invalid mark character");
                };
                let line = self.now.lines.get(number - 1).cloned();
                self.marks[usize::from(letter - b'a')] = line;
                suffix(rest)
            }
            b'm' | b't' => self.transfer(letter, addresses, rest),
            b'u' => {
                no_address(addresses)?;
                let style = suffix(rest)?;
                core::mem::swap(&mut self.now, &mut self.before);
                Ok(style)
            }
            _ => {
                let (first, last) = self.range(addresses, dot, dot)?;
                let mut text = rest.to_vec();
                // A replacement goes on in the next line behind a backslash.
                while ends_with_backslash(&text) {
                    text.push(b'\n');
                    text.extend(self.next_line().ok_or("Unexpected end-of-file")?);
                }
                self.substitute(&text, first, last)
            }
        }
    }

    /// `m` and `t`.
    fn transfer(&mut self, letter: u8, addresses: Addresses, rest: &[u8]) -> Done<Style> {
        let dot = self.now.dot;
        let (first, last) = self.range(addresses, dot, dot)?;
        let mut text = rest;
        let target = self.addresses(&mut text)?;
        let target = target.map_or(dot, |(_, last)| last);
        let style = suffix(text)?;
        let lines = self
            .now
            .lines
            .get(first - 1..last)
            .unwrap_or_default()
            .to_vec();
        let count = lines.len();
        self.now.dot = if letter == b't' {
            // Copies are lines of their own.
            let copies: Vec<_> = lines.iter().map(|line| Rc::new(line.to_vec())).collect();
            self.now.lines.splice(target..target, copies);
            target + count
        } else {
            if (first..last).contains(&target) {
                return Err("Invalid destination");
            }
            let target = match target >= last {
                true => target - count,
                false => target,
            };
            self.now.lines.drain(first - 1..last);
            self.now.lines.splice(target..target, lines);
            target + count
        };
        self.now.modified = true;
        Ok(style)
    }

    /// The lines that a command is for; all of them must be there.
    fn range(&self, addresses: Addresses, first: usize, last: usize) -> Done<(usize, usize)> {
        let (first, last) = addresses.unwrap_or((first, last));
        Ok((self.existing(first)?, self.existing(last)?))
    }

    fn existing(&self, number: usize) -> Done<usize> {
        match (1..=self.last()).contains(&number) {
            true => Ok(number),
            false => Err("Invalid address"),
        }
    }

    /// Takes lines up to a `.` and puts them behind a line.
    fn insert(&mut self, behind: usize) {
        self.now.dot = behind;
        while let Some(line) = self.next_line() {
            if line == b"." {
                break;
            }
            self.now.lines.insert(self.now.dot, Rc::new(line));
            self.now.dot += 1;
            self.now.modified = true;
        }
    }

    fn delete(&mut self, first: usize, last: usize) {
        self.now.lines.drain(first - 1..last);
        self.now.modified = true;
    }

    fn scroll(&mut self, addresses: Addresses, rest: &[u8]) -> Done<Style> {
        let first = self.existing(addresses.map_or(self.now.dot + 1, |(_, last)| last))?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let count = crate::number::unsigned(&rest[..digits], 10).unwrap_or(22) as usize;
        let mut style = suffix(&rest[digits..])?;
        style.print = true;
        let last = first.saturating_add(count.max(1) - 1).min(self.last());
        (first..=last).for_each(|number| self.print_line(number, style));
        self.now.dot = last;
        Ok(Style::default())
    }

    /// `f`, `r`, `w` and `W`.
    fn files(&mut self, letter: u8, addresses: Addresses, rest: &[u8]) -> Done {
        let path = self.path(rest)?;
        match letter {
            b'f' => {
                no_address(addresses)?;
                if path.starts_with(b"!") {
                    return Err("Invalid redirection");
                }
                self.file = path;
                self.world.print(&[self.file.as_slice(), b"\n"].concat());
            }
            b'r' => {
                let behind = addresses.map_or(self.last(), |(_, last)| last);
                let text = self.contents(&path)?;
                self.report(text.len());
                self.add_text(&text, behind);
            }
            _ => {
                let all = (1.min(self.last()), self.last());
                let (first, last) = addresses.unwrap_or(all);
                let lines = self
                    .now
                    .lines
                    .get(first.saturating_sub(1)..last)
                    .unwrap_or_default();
                let mut text = Vec::new();
                for line in lines {
                    text.extend_from_slice(line);
                    text.push(b'\n');
                }
                match path.strip_prefix(b"!") {
                    Some(command) => self.world.feed(command, &text)?,
                    None => self.world.write(&path, &text, letter == b'W')?,
                }
                self.report(text.len());
                if (first.max(1), last) == (1, self.last()) {
                    self.now.modified = false;
                }
            }
        }
        Ok(())
    }

    fn report(&mut self, size: usize) {
        if !self.silent {
            self.world.print(format!("{size}\n").as_bytes());
        }
    }

    /// A path or `!command` behind a command; without one, the path of the file, which
    /// it becomes if there is none yet.
    fn path(&mut self, rest: &[u8]) -> Done<Vec<u8>> {
        if !rest.is_empty() && !rest.starts_with(b" ") && !rest.starts_with(b"\t") {
            return Err(SUFFIX);
        }
        let path = rest.trim_ascii();
        if let Some(command) = path.strip_prefix(b"!") {
            let command = self.shell_command(command)?;
            return Ok([b"!", command.as_slice()].concat());
        }
        match (path, self.file.as_slice()) {
            ([], []) => Err("No current filename"),
            ([], file) => Ok(file.to_vec()),
            (path, []) => {
                self.file = path.to_vec();
                Ok(path.to_vec())
            }
            (path, _) => Ok(path.to_vec()),
        }
    }

    /// A command with the path in place of `%`; `!` in front is the one before.
    fn shell_command(&mut self, text: &[u8]) -> Done<Vec<u8>> {
        let mut command = Vec::new();
        let mut rest = text;
        if let Some(behind) = rest.strip_prefix(b"!") {
            if self.command.is_empty() {
                return Err("No previous command");
            }
            command.extend_from_slice(&self.command);
            rest = behind;
        }
        while let Some((&byte, behind)) = rest.split_first() {
            rest = behind;
            match (byte, rest.first()) {
                (b'%', _) => command.extend_from_slice(&self.file),
                (b'\\', Some(b'%')) => {
                    command.push(b'%');
                    rest = &rest[1..];
                }
                _ => command.push(byte),
            }
        }
        self.command = command.clone();
        Ok(command)
    }

    fn contents(&mut self, path: &[u8]) -> Done<Vec<u8>> {
        match path.strip_prefix(b"!") {
            Some(command) => self.world.output(command),
            None => self.world.read(path),
        }
    }

    /// Begins with another file.
    pub fn edit(&mut self, path: &[u8]) -> Done {
        let text = self.contents(path)?;
        self.report(text.len());
        self.now = State::default();
        self.add_text(&text, 0);
        self.now.modified = false;
        self.before = self.now.clone();
        self.marks = [const { None }; 26];
        if !path.starts_with(b"!") {
            self.file = path.to_vec();
        }
        Ok(())
    }

    fn add_text(&mut self, text: &[u8], behind: usize) {
        let lines = text.strip_suffix(b"\n").unwrap_or(text);
        if text.is_empty() {
            return;
        }
        let lines = lines.split(|&byte| byte == b'\n');
        let lines: Vec<_> = lines.map(|line| Rc::new(line.to_vec())).collect();
        self.now.dot = behind + lines.len();
        self.now.lines.splice(behind..behind, lines);
        self.now.modified = true;
    }
}

fn no_address(addresses: Addresses) -> Done {
    match addresses {
        None => Ok(()),
        Some(_) => Err(UNEXPECTED),
    }
}

fn none(addresses: Addresses, rest: &[u8]) -> Done {
    no_address(addresses)?;
    match rest.trim_ascii().is_empty() {
        true => Ok(()),
        false => Err(SUFFIX),
    }
}

/// The letters `p`, `n` and `l` behind a command.
fn suffix(text: &[u8]) -> Done<Style> {
    let mut style = Style::default();
    for byte in text.trim_ascii() {
        match byte {
            b'p' => style.print = true,
            b'n' => style.number = true,
            b'l' => style.list = true,
            _ => return Err(SUFFIX),
        }
    }
    Ok(style)
}

fn ends_with_backslash(text: &[u8]) -> bool {
    let backslashes = text.iter().rev().take_while(|&&byte| byte == b'\\');
    backslashes.count() % 2 == 1
}
