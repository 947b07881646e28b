// SPDX-License-Identifier: GPL-2.0-or-later
//! Motions as commands: where the cursor goes, and what an operator works on.

use super::buffer::{Position, position};
use super::command::Command;
use super::{BACKSPACE, Vi, motion, screen};
use alloc::vec::Vec;

/// What an operator takes of the text between the cursor and the target.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    /// What is before the target.
    Exclusive,
    /// The character of the target, too.
    Inclusive,
    /// Whole lines.
    Lines,
}

/// Where a motion goes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Target {
    /// The place.
    pub at: Position,
    /// What is taken.
    pub kind: Kind,
}

/// Whether the place before the motion can be come back to.
pub fn is_jump(key: u8) -> bool {
    matches!(
        key,
        b'G' | b'g' | b'H' | b'M' | b'L' | b'n' | b'N' | b'*' | b'%' | b'{' | b'}' | b'\'' | b'`'
    )
}

impl Vi {
    /// Where a motion goes; `None` if it can't.
    pub fn target(&mut self, command: Command) -> Option<Target> {
        self.line_target(command)
            .or_else(|| self.character_target(command))
    }

    /// Motions that take whole lines.
    fn line_target(&mut self, command: Command) -> Option<Target> {
        let (count, last) = (command.times(), self.buffer.last());
        let here = self.cursor.line;
        let down = |lines: usize| Some(here + lines).filter(|&line| line <= last);
        let options = &self.options;
        let line = match command.key {
            b'j' | b'\n' => down(count)?,
            b'+' | b'\r' => down(count)?,
            b'k' | b'-' => here.checked_sub(count)?,
            b'_' => down(count - 1)?,
            b'G' => command
                .count
                .map_or(last, |line| line.saturating_sub(1).min(last)),
            b'g' if command.argument == b'g' => (count.saturating_sub(1)).min(last),
            b'H' => (self.screen.top() + count.saturating_sub(1)).min(last),
            b'M' => (self.screen.top() + self.screen.bottom(&self.buffer, options)) / 2,
            b'L' => {
                let bottom = self.screen.bottom(&self.buffer, options);
                bottom
                    .saturating_sub(count.saturating_sub(1))
                    .max(self.screen.top())
            }
            b'\'' => self.buffer.mark(command.argument)?.line.min(last),
            key if command.is_doubled() && key == command.operator => {
                (here + count.saturating_sub(1)).min(last)
            }
            _ => return None,
        };
        let column = match command.key {
            b'j' | b'k' | b'\n' => self.kept_column(line),
            _ => self.buffer.first_nonblank(line),
        };
        Some(Target {
            at: position(line, column),
            kind: Kind::Lines,
        })
    }

    /// The column below the one where `j` and `k` began.
    fn kept_column(&mut self, line: usize) -> usize {
        let (old, new) = (self.buffer.line(self.cursor.line), self.buffer.line(line));
        let here = screen::column_of(old, self.cursor.column, &self.options);
        let wanted = *self.wanted.get_or_insert(here);
        screen::byte_at(new, wanted, &self.options)
    }

    /// Motions to a character.
    fn character_target(&mut self, command: Command) -> Option<Target> {
        use Kind::{Exclusive, Inclusive};
        let (from, count) = (self.cursor, command.times());
        let length = self.buffer.length(from.line);
        let times = |step: &dyn Fn(Position) -> Position| (0..count).fold(from, |at, _| step(at));
        let text = &self.buffer;
        let (at, kind) = match command.key {
            b'h' | BACKSPACE => {
                let column = from.column.saturating_sub(count);
                (position(from.line, column), Exclusive)
            }
            b'l' | b' ' => {
                let column = (from.column + count).min(length);
                (position(from.line, column), Exclusive)
            }
            b'0' => (position(from.line, 0), Exclusive),
            b'^' => (
                position(from.line, text.first_nonblank(from.line)),
                Exclusive,
            ),
            b'|' => {
                let column = screen::byte_at(text.line(from.line), count - 1, &self.options);
                (position(from.line, column), Exclusive)
            }
            b'$' => {
                let line = Some(from.line + count - 1).filter(|&line| line <= text.last())?;
                let end = text.length(line).saturating_sub(1);
                self.wanted = Some(usize::MAX);
                // There is no last character in an empty line.
                let kind = if text.length(line) == 0 {
                    Exclusive
                } else {
                    Inclusive
                };
                (position(line, end), kind)
            }
            b'w' | b'W' => (
                times(&|at| motion::word(text, at, command.key == b'W')),
                Exclusive,
            ),
            b'b' | b'B' => (
                times(&|at| motion::word_back(text, at, command.key == b'B')),
                Exclusive,
            ),
            b'e' | b'E' => {
                let big = command.key == b'E';
                (
                    times(&|at| motion::word_end(text, at, big, false)),
                    Inclusive,
                )
            }
            b'{' => (times(&|at| motion::paragraph_back(text, at)), Exclusive),
            b'}' => (times(&|at| motion::paragraph(text, at)), Exclusive),
            b'%' => (motion::bracket(text, from)?, Inclusive),
            b'f' | b'F' | b't' | b'T' => {
                self.last_find = Some((command.key, command.argument));
                self.find_target(command.key, command.argument, count, false)?
            }
            b';' | b',' => {
                let (key, byte) = self.last_find?;
                let key = if command.key == b',' { key ^ 0x20 } else { key };
                self.find_target(key, byte, count, true)?
            }
            b'`' => {
                let at = text.mark(command.argument)?;
                (position(at.line.min(text.last()), at.column), Exclusive)
            }
            b'n' => (self.search_target(self.forward, count)?, Exclusive),
            b'N' => (self.search_target(!self.forward, count)?, Exclusive),
            b'*' => {
                self.take_word()?;
                (self.search_target(true, count)?, Exclusive)
            }
            _ => return None,
        };
        Some(Target { at, kind })
    }

    /// `again` steps over a character beside the cursor, where `t` would stay.
    fn find_target(
        &self,
        key: u8,
        byte: u8,
        count: usize,
        again: bool,
    ) -> Option<(Position, Kind)> {
        let find = |from| motion::find(&self.buffer, from, key, byte, count);
        let kind = match key {
            b'f' | b't' => Kind::Inclusive,
            _ => Kind::Exclusive,
        };
        let at = find(self.cursor)?;
        if !again || at != self.cursor {
            return Some((at, kind));
        }
        let mut from = self.cursor;
        from.column = match key {
            b't' => from.column + 1,
            _ => from.column.checked_sub(1)?,
        };
        Some((find(from)?, kind))
    }

    fn search_target(&mut self, forward: bool, count: usize) -> Option<Position> {
        let Some(regex) = &self.pattern else {
            self.say("No previous pattern");
            return None;
        };
        let mut at = self.cursor;
        for _ in 0..count {
            match motion::search(&self.buffer, at, regex, forward) {
                Some(found) => at = found,
                None => {
                    self.say("Pattern not found");
                    return None;
                }
            }
        }
        Some(at)
    }

    /// `*`: the word under the cursor becomes the pattern.
    fn take_word(&mut self) -> Option<()> {
        let line = self.buffer.line(self.cursor.line);
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let behind = line.get(self.cursor.column..)?;
        let inside = self.cursor.column + behind.iter().position(is_word)?;
        let before = line.get(..inside)?;
        let start = before
            .iter()
            .rposition(|byte| !is_word(byte))
            .map_or(0, |last| last + 1);
        let word: Vec<u8> = line
            .get(start..)?
            .iter()
            .copied()
            .take_while(is_word)
            .collect();
        let pattern = [b"\\<", word.as_slice(), b"\\>"].concat();
        self.pattern = self.options.regex(&pattern).ok();
        self.forward = true;
        Some(())
    }
}

/// Where an operator works: from a place up to before another, or on whole lines.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Extent {
    /// Characters.
    Characters(Position, Position),
    /// Lines, the last one counted in.
    Lines(usize, usize),
}

impl Vi {
    /// What an operator with a motion works on.
    pub fn extent(&mut self, command: Command) -> Option<Extent> {
        let here = self.cursor;
        let changes_word = command.operator == b'c' && matches!(command.key, b'w' | b'W');
        if changes_word && !matches!(self.buffer.byte(here), None | Some(b' ' | b'\t')) {
            // `cw` leaves the blanks behind the word.
            let big = command.key == b'W';
            let mut end = motion::word_end(&self.buffer, here, big, true);
            for _ in 1..command.times() {
                end = motion::word_end(&self.buffer, end, big, false);
            }
            return Some(Extent::Characters(here, position(end.line, end.column + 1)));
        }
        let target = self.target(command)?;
        if target.kind == Kind::Lines {
            let lines = (here.line, target.at.line);
            return Some(Extent::Lines(lines.0.min(lines.1), lines.0.max(lines.1)));
        }
        let (start, mut end) = (here.min(target.at), here.max(target.at));
        if target.kind == Kind::Inclusive {
            end.column += 1;
        }
        let is_word = matches!(command.key, b'w' | b'W');
        if end.line > start.line && target.kind == Kind::Exclusive {
            // A word at the end of a line ends there; so does all that ends at the
            // start of a line, and if it begins so, it is whole lines.
            let at_start = |end: Position| match is_word {
                true => end.column <= self.buffer.first_nonblank(end.line),
                false => end.column == 0,
            };
            let whole = !is_word && at_start(end) && self.in_indent(start);
            while end.line > start.line && at_start(end) {
                end = position(end.line - 1, self.buffer.length(end.line - 1));
                if !is_word {
                    break;
                }
            }
            if whole && command.operator != b'c' {
                return Some(Extent::Lines(start.line, end.line));
            }
        }
        (start < end).then_some(Extent::Characters(start, end))
    }

    /// Whether there are only blanks before a place in its line.
    fn in_indent(&self, at: Position) -> bool {
        let before = self.buffer.line(at.line).get(..at.column);
        before.unwrap_or_default().trim_ascii().is_empty()
    }
}
