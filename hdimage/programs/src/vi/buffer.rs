// SPDX-License-Identifier: GPL-2.0-or-later
//! The text that is edited: its lines, its marks, and how to undo what was done.
//!
//! Every change goes through [`Buffer::replace`], which puts lines in the place of
//! others and keeps the old ones. A command is [`begin`](Buffer::begin), any number
//! of replacements, [`end`](Buffer::end); these are undone together.
//!
//! Lines are bytes, and nothing is done to them: what is read is what is written.

use alloc::vec::Vec;
use core::ops::Range;

/// A line without its newline.
pub type Line = Vec<u8>;

/// A place in the text: a line, and a byte in it, both counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The byte in the line; its length is the place behind the last one.
    pub column: usize,
}

/// A place by its line and column.
pub fn position(line: usize, column: usize) -> Position {
    Position { line, column }
}

/// Lines that were replaced.
struct Edit {
    at: usize,
    removed: Vec<Line>,
    /// How many lines are there now.
    inserted: usize,
    /// Whether the text ended with a newline before.
    newline: bool,
}

/// What one command did, and where the cursor was before it.
struct Change {
    edits: Vec<Edit>,
    cursor: Position,
}

/// Names of marks: `a` to `z`, and the place before the last jump.
const MARKS: usize = 27;

/// The text.
pub struct Buffer {
    /// There is always one. A file without any line is one empty line without newline.
    lines: Vec<Line>,
    /// Whether the last line has a newline.
    newline: bool,
    marks: [Option<Position>; MARKS],
    /// The lines that `:g` has found and has still to work on.
    pub found: Vec<usize>,
    undo: Vec<Change>,
    redo: Vec<Change>,
    open: Option<Change>,
    /// Whether it was changed since it was read or written.
    pub changed: bool,
}

impl Buffer {
    /// The text of a file.
    pub fn new(text: &[u8]) -> Buffer {
        let (body, newline) = match text.strip_suffix(b"\n") {
            Some(body) => (body, true),
            None => (text, false),
        };
        Buffer {
            lines: body
                .split(|&byte| byte == b'\n')
                .map(<[u8]>::to_vec)
                .collect(),
            newline,
            marks: [None; MARKS],
            found: Vec::new(),
            undo: Vec::new(),
            redo: Vec::new(),
            open: None,
            changed: false,
        }
    }

    /// How many lines there are.
    pub fn count(&self) -> usize {
        self.lines.len()
    }

    /// The number of the last line, counted from 0.
    pub fn last(&self) -> usize {
        self.lines.len() - 1
    }

    /// Whether there is not one line.
    pub fn is_empty(&self) -> bool {
        !self.newline && matches!(self.lines.as_slice(), [line] if line.is_empty())
    }

    /// A line; an empty one behind the end.
    pub fn line(&self, number: usize) -> &[u8] {
        self.lines.get(number).map_or(b"", Vec::as_slice)
    }

    /// The length of a line.
    pub fn length(&self, number: usize) -> usize {
        self.line(number).len()
    }

    /// The byte at a place; `None` at the end of the line.
    pub fn byte(&self, at: Position) -> Option<u8> {
        self.line(at.line).get(at.column).copied()
    }

    /// The column of the first byte that is no blank.
    pub fn first_nonblank(&self, number: usize) -> usize {
        let line = self.line(number);
        let found = line.iter().position(|byte| !matches!(byte, b' ' | b'\t'));
        found.unwrap_or(line.len().saturating_sub(1))
    }

    /// Copies of lines.
    pub fn copy(&self, range: Range<usize>) -> Vec<Line> {
        let end = range.end.min(self.lines.len());
        self.lines
            .get(range.start..end)
            .unwrap_or_default()
            .to_vec()
    }

    /// The bytes of lines, as they are in a file.
    pub fn bytes(&self, range: Range<usize>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in range.start..range.end.min(self.lines.len()) {
            bytes.extend_from_slice(self.line(number));
            if number < self.last() || self.newline {
                bytes.push(b'\n');
            }
        }
        bytes
    }

    /// Puts `lines` in the place of those of `range`.
    pub fn replace(&mut self, range: Range<usize>, mut lines: Vec<Line>) {
        let end = range.end.min(self.lines.len());
        let mut range = range.start.min(end)..end;
        if range.is_empty() && lines.is_empty() {
            return;
        }
        let mut newline = self.newline;
        if self.is_empty() {
            // The line that stands for none makes room for the first.
            (range, newline) = (0..1, true);
        }
        if lines.is_empty() && range.len() == self.lines.len() {
            (lines, newline) = (alloc::vec![Line::new()], false);
        }
        let edit = self.exchange(range, lines, newline);
        self.redo.clear();
        let Some(open) = &mut self.open else { return };
        // Who types into a line makes one change of it, not one for each key.
        let same_line = |before: &Edit| {
            (before.at, before.inserted) == (edit.at, 1)
                && (edit.removed.len(), edit.inserted) == (1, 1)
        };
        if !open.edits.last().is_some_and(same_line) {
            open.edits.push(edit);
        }
    }

    /// Puts `lines` in the place of others; gives back what undoes it.
    fn exchange(&mut self, range: Range<usize>, lines: Vec<Line>, newline: bool) -> Edit {
        let (at, inserted) = (range.start, lines.len());
        self.move_marks(range.clone(), inserted);
        let removed = self.lines.splice(range, lines).collect();
        let newline = core::mem::replace(&mut self.newline, newline);
        self.changed = true;
        Edit {
            at,
            removed,
            inserted,
            newline,
        }
    }

    /// Marks stay with their lines; those of lines that go are forgotten.
    fn move_marks(&mut self, range: Range<usize>, inserted: usize) {
        let removed = range.len();
        let moved = |line: usize| match line {
            line if line < range.start => Some(line),
            line if line >= range.end => Some(line - removed + inserted),
            line if line - range.start < inserted => Some(line),
            _ => None,
        };
        for mark in &mut self.marks {
            *mark = mark.and_then(|at| Some(position(moved(at.line)?, at.column)));
        }
        self.found = self.found.iter().filter_map(|&line| moved(line)).collect();
    }

    /// Puts text in the place of what is between two places. The first and the last of
    /// `text` become parts of the lines there.
    pub fn replace_between(&mut self, start: Position, end: Position, text: &[Line]) {
        let (first, last) = (self.line(start.line), self.line(end.line));
        let head = first.get(..start.column).unwrap_or(first);
        let tail = last.get(end.column..).unwrap_or_default();
        let mut lines = if text.is_empty() {
            alloc::vec![Line::new()]
        } else {
            text.to_vec()
        };
        if let Some(line) = lines.first_mut() {
            line.splice(0..0, head.iter().copied());
        }
        if let Some(line) = lines.last_mut() {
            line.extend_from_slice(tail);
        }
        self.replace(start.line..end.line + 1, lines);
    }

    /// What is between two places.
    pub fn between(&self, start: Position, end: Position) -> Vec<Line> {
        let mut lines = self.copy(start.line..end.line + 1);
        if let Some(line) = lines.last_mut() {
            line.truncate(end.column);
        }
        if let Some(line) = lines.first_mut() {
            line.drain(..start.column.min(line.len()));
        }
        lines
    }

    /// Begins a change, if none has begun.
    pub fn begin(&mut self, cursor: Position) {
        self.open.get_or_insert(Change {
            edits: Vec::new(),
            cursor,
        });
    }

    /// Ends the change.
    pub fn end(&mut self) {
        if let Some(change) = self.open.take().filter(|change| !change.edits.is_empty()) {
            self.undo.push(change);
        }
    }

    /// Undoes the last change; tells where it was. `None` if there is none.
    pub fn undo(&mut self) -> Option<Position> {
        let change = self.undo.pop()?;
        let (inverse, at) = self.turn_back(change);
        self.redo.push(inverse);
        Some(at)
    }

    /// Does again what was undone last.
    pub fn redo(&mut self) -> Option<Position> {
        let change = self.redo.pop()?;
        let (inverse, at) = self.turn_back(change);
        self.undo.push(inverse);
        Some(at)
    }

    fn turn_back(&mut self, change: Change) -> (Change, Position) {
        let mut inverse = Change {
            edits: Vec::new(),
            cursor: change.cursor,
        };
        let mut at = change.cursor;
        for edit in change.edits.into_iter().rev() {
            if edit.at != change.cursor.line {
                at = position(edit.at, 0);
            }
            let range = edit.at..edit.at + edit.inserted;
            inverse
                .edits
                .push(self.exchange(range, edit.removed, edit.newline));
        }
        at.line = at.line.min(self.last());
        (inverse, at)
    }

    /// Sets a mark: a letter, or `'` for the place before a jump.
    pub fn set_mark(&mut self, name: u8, at: Position) -> Option<()> {
        *self.marks.get_mut(mark_index(name)?)? = Some(at);
        Some(())
    }

    /// Where a mark is.
    pub fn mark(&self, name: u8) -> Option<Position> {
        *self.marks.get(mark_index(name)?)?
    }
}

fn mark_index(name: u8) -> Option<usize> {
    match name {
        b'a'..=b'z' => Some(usize::from(name - b'a')),
        b'\'' | b'`' => Some(MARKS - 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(buffer: &Buffer) -> Vec<u8> {
        buffer.bytes(0..buffer.count())
    }

    #[test]
    fn bytes_stay_as_they_are() {
        for text in [
            &b""[..],
            b"\n",
            b"a",
            b"a\n",
            b"a\n\n",
            b"\n\na",
            b"\xff\0\r\n\x1b",
        ] {
            assert_eq!(all(&Buffer::new(text)), text);
        }
    }

    #[test]
    fn a_file_without_lines_gets_and_loses_them() {
        for (at, text) in [(0..0, "new\n"), (1..1, "new\n"), (0..1, "new\n")] {
            let mut buffer = Buffer::new(b"");
            buffer.begin(Position::default());
            buffer.replace(at, alloc::vec![b"new".to_vec()]);
            buffer.end();
            assert_eq!(all(&buffer), text.as_bytes());
            buffer.undo();
            assert_eq!(all(&buffer), b"");
            assert!(buffer.is_empty());
            buffer.redo();
            assert_eq!(all(&buffer), text.as_bytes());
            buffer.begin(Position::default());
            buffer.replace(0..1, Vec::new());
            buffer.end();
            assert_eq!(all(&buffer), b"");
            buffer.undo();
            assert_eq!(all(&buffer), text.as_bytes());
        }
    }

    #[test]
    fn any_changes_are_undone_and_done_again() {
        let mut seed = 1u32;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12345);
            (seed >> 16) as usize % below
        };
        for start in [&b"one\ntwo\nthree"[..], b"", b"\n\n\n"] {
            let mut buffer = Buffer::new(start);
            let mut states = alloc::vec![all(&buffer)];
            for _ in 0..60 {
                buffer.begin(Position::default());
                for _ in 0..random(3) + 1 {
                    let from = random(buffer.count() + 1);
                    let to = from + random(buffer.count() - from + 1);
                    let lines = (0..random(3)).map(|_| alloc::vec![b'x'; random(3)]);
                    buffer.replace(from..to, lines.collect());
                }
                let undone = buffer.undo.len();
                buffer.end();
                if buffer.undo.len() > undone {
                    states.push(all(&buffer));
                }
            }
            for state in states.iter().rev() {
                assert_eq!(all(&buffer), *state);
                buffer.undo();
            }
            for state in states.iter().skip(1) {
                buffer.redo();
                assert_eq!(all(&buffer), *state);
            }
        }
    }
}
