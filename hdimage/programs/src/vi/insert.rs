// SPDX-License-Identifier: GPL-2.0-or-later
//! Typing text.

use super::buffer::{Line, position};
use super::command::Command;
use super::{BACKSPACE, DELETE, Mode, Vi, control};
use alloc::vec::Vec;

/// Text is being typed.
#[derive(Default)]
pub struct Insert {
    /// How often it is to be there in the end.
    count: usize,
    /// What was typed.
    typed: Vec<u8>,
    /// `R`: what was typed over; `None` for what had nothing below it.
    pub over: Option<Vec<Option<u8>>>,
    /// `^V` was typed: the next byte is taken as it is.
    pub literal: bool,
}

impl Vi {
    /// Begins to take text, which `.` will repeat.
    pub fn insert(&mut self, command: Command, count: usize) {
        let over = (command.operator == 0 && command.key == b'R').then(Vec::new);
        self.last_change = Some((command, Vec::new()));
        self.mode = Mode::Insert(Insert {
            count,
            over,
            ..Insert::default()
        });
    }

    /// `i I a A o O R`
    pub fn begin_insert(&mut self, command: Command) {
        let line = self.cursor.line;
        let length = self.buffer.length(line);
        match command.key {
            b'I' => self.cursor.column = indent(self.buffer.line(line)).len(),
            b'a' => self.cursor.column = (self.cursor.column + 1).min(length),
            b'A' => self.cursor.column = length,
            b'o' | b'O' => {
                let indent = self.indent_of(line);
                let new = if command.key == b'o' { line + 1 } else { line };
                self.cursor = position(new, indent.len());
                // A file without lines gets its first one, and then the new one.
                let first = self.buffer.is_empty().then(Line::new);
                let range = if first.is_some() { 0..1 } else { new..new };
                let mut lines = alloc::vec![indent];
                lines.extend(first);
                self.buffer.replace(range, lines);
            }
            _ => {}
        }
        self.insert(command, command.times());
    }

    /// The blanks that a line at this place begins with.
    pub fn indent_of(&self, line: usize) -> Line {
        match self.options.auto_indent {
            true => indent(self.buffer.line(line)).to_vec(),
            false => Line::new(),
        }
    }

    /// Goes on typing at another place, after an arrow key.
    pub fn resume_insert(&mut self, key: u8) {
        let at = self.cursor;
        let length = self.buffer.length(at.line);
        match key {
            b'h' => self.cursor.column = at.column.saturating_sub(1),
            b'l' => self.cursor.column = (at.column + 1).min(length),
            b'0' => self.cursor.column = 0,
            b'$' => self.cursor.column = length,
            b'x' if at.column < length => {
                self.buffer.begin(at);
                let end = position(at.line, at.column + 1);
                self.buffer.replace_between(at, end, &[]);
            }
            b'k' => self.cursor.line = at.line.saturating_sub(1),
            b'j' => self.cursor.line = (at.line + 1).min(self.buffer.last()),
            key if key == control(b'B') || key == control(b'F') => {
                let _ = self.view_command(Command {
                    key,
                    ..Command::default()
                });
            }
            _ => {}
        }
        let length = self.buffer.length(self.cursor.line);
        self.cursor.column = self.cursor.column.min(length);
        self.buffer.begin(self.cursor);
        self.insert(
            Command {
                key: b'i',
                ..Command::default()
            },
            1,
        );
    }

    /// A byte of the text.
    pub fn insert_key(&mut self, byte: u8) {
        let Mode::Insert(insert) = &mut self.mode else {
            return;
        };
        insert.typed.push(byte);
        if core::mem::take(&mut insert.literal) {
            return self.type_byte(byte);
        }
        match byte {
            b'\r' | b'\n' => self.break_line(),
            BACKSPACE | DELETE => self.erase_to(self.cursor.column.saturating_sub(1)),
            byte if byte == control(b'V') => {
                if let Mode::Insert(insert) = &mut self.mode {
                    insert.literal = true;
                }
            }
            byte if byte == control(b'W') => {
                let line = self.buffer.line(self.cursor.line);
                let before = line.get(..self.cursor.column).unwrap_or_default();
                let word = before.trim_ascii_end();
                let blank = word.iter().rposition(u8::is_ascii_whitespace);
                self.erase_to(blank.map_or(0, |blank| blank + 1));
            }
            byte if byte == control(b'U') => self.erase_to(0),
            byte if byte == control(b'D') => self.shorten_indent(),
            byte => self.type_byte(byte),
        }
    }

    fn type_byte(&mut self, byte: u8) {
        let at = self.cursor;
        let mut end = at;
        let below = self.buffer.byte(at);
        if let Mode::Insert(Insert {
            over: Some(over), ..
        }) = &mut self.mode
        {
            over.push(below);
            end.column += usize::from(below.is_some());
        }
        self.buffer.replace_between(at, end, &[alloc::vec![byte]]);
        self.cursor.column += 1;
    }

    fn break_line(&mut self) {
        let at = self.cursor;
        let blanks = self.indent_of(at.line);
        let mut end = at;
        let line = self.buffer.line(at.line);
        let mut start = at;
        if self.options.auto_indent {
            // A line of nothing but its indent becomes empty.
            let before = line.get(..at.column).unwrap_or_default();
            if indent(before).len() == before.len() {
                start.column = 0;
            }
            let behind = line.get(at.column..).unwrap_or_default();
            end.column += indent(behind).len();
        }
        let column = blanks.len();
        self.buffer
            .replace_between(start, end, &[Line::new(), blanks]);
        self.cursor = position(at.line + 1, column);
        if let Mode::Insert(Insert {
            over: Some(over), ..
        }) = &mut self.mode
        {
            over.clear();
        }
    }

    /// Takes back what is before the cursor, down to a column; at the start of a line,
    /// joins it to the one before.
    fn erase_to(&mut self, column: usize) {
        let at = self.cursor;
        if let Mode::Insert(Insert {
            over: Some(over), ..
        }) = &mut self.mode
        {
            // What was typed over comes back, and no more than that.
            let count = (at.column - column.min(at.column)).min(over.len());
            let back = over.split_off(over.len() - count);
            let back: Line = back.into_iter().flatten().collect();
            self.cursor.column -= count;
            let start = self.cursor;
            self.buffer.replace_between(start, at, &[back]);
            return;
        }
        if at.column > 0 {
            self.cursor.column = column;
            self.buffer.replace_between(self.cursor, at, &[]);
        } else if let Some(before) = at.line.checked_sub(1) {
            let seam = self.buffer.length(before);
            let _ = self.join(before, 1, false);
            self.cursor = position(before, seam);
        } else {
            self.bell = true;
        }
    }

    /// `^D`: the indent loses a shift width.
    fn shorten_indent(&mut self) {
        let at = self.cursor;
        let blanks = indent(self.buffer.line(at.line)).len();
        if blanks == 0 {
            return;
        }
        let length = self.buffer.length(at.line);
        if blanks == length {
            // To the command that shifts, a line of blanks is empty.
            self.type_byte(b'.');
        }
        self.shift(at.line, at.line, false, 1);
        let now = indent(self.buffer.line(at.line)).len();
        self.cursor = position(at.line, at.column.saturating_sub(blanks - now));
        if blanks == length {
            let end = position(at.line, self.cursor.column + 1);
            self.buffer.replace_between(self.cursor, end, &[]);
        }
    }

    /// The text is complete.
    pub fn leave_insert(&mut self) {
        let Mode::Insert(insert) = &mut self.mode else {
            return;
        };
        let typed = core::mem::take(&mut insert.typed);
        let opens_line = matches!(
            self.last_change,
            Some((
                Command {
                    operator: 0,
                    key: b'o' | b'O',
                    ..
                },
                _
            ))
        );
        for _ in 1..insert.count {
            if opens_line {
                self.insert_key(b'\r');
            }
            for &byte in &typed {
                self.insert_key(byte);
            }
        }
        if let Some((_, text)) = &mut self.last_change {
            *text = typed;
        }
        let line = self.buffer.line(self.cursor.line);
        if self.options.auto_indent && !line.is_empty() && indent(line).len() == line.len() {
            let number = self.cursor.line;
            self.buffer
                .replace(number..number + 1, alloc::vec![Line::new()]);
        }
        self.mode = Mode::Command;
        self.cursor.column = self.cursor.column.saturating_sub(1);
        self.wanted = None;
        self.buffer.end();
    }
}

/// The blanks at the start of a line.
fn indent(line: &[u8]) -> &[u8] {
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
    let count = blanks.count();
    line.get(..count).unwrap_or_default()
}
