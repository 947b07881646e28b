// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands that change the text, or keep parts of it.

use super::buffer::{Line, Position, position};
use super::command::Command;
use super::target::Extent;
use super::{Register, Vi, World, control, screen};
use alloc::format;
use alloc::vec::Vec;

/// Many commands of one letter are short for an operator and a motion.
pub fn long_form(command: Command) -> Command {
    let short = |operator, key| Command {
        operator,
        key,
        ..command
    };
    if command.operator != 0 {
        return command;
    }
    match command.key {
        b'x' => short(b'd', b'l'),
        b'X' => short(b'd', b'h'),
        b'D' => short(b'd', b'$'),
        b'C' => short(b'c', b'$'),
        b's' => short(b'c', b'l'),
        b'S' => short(b'c', b'c'),
        b'Y' => short(b'y', b'y'),
        _ => command,
    }
}

/// Whether `.` repeats the command.
pub fn is_change(command: Command) -> bool {
    match command.operator {
        0 => matches!(
            command.key,
            b'i' | b'I' | b'a' | b'A' | b'o' | b'O' | b'R' | b'r' | b'~' | b'J' | b'p' | b'P'
        ),
        operator => operator != b'y',
    }
}

impl Vi {
    /// An operator over a motion.
    pub fn operate(&mut self, command: Command) -> Option<()> {
        // Nothing is there to be cut, but something to be typed.
        let empty = command.operator == b'c' && !command.is_doubled();
        let extent = match self.extent(command) {
            Some(extent) => extent,
            None if empty && matches!(command.key, b'l' | b'$' | b'w') => {
                Extent::Characters(self.cursor, self.cursor)
            }
            None => return None,
        };
        self.operate_on(command, extent)
    }

    fn operate_on(&mut self, command: Command, extent: Extent) -> Option<()> {
        let (first, last) = match extent {
            Extent::Characters(start, end) => (start.line, end.line),
            Extent::Lines(first, last) => (first, last),
        };
        match command.operator {
            b'y' => {
                self.keep(command.register, extent);
                self.cursor = match extent {
                    Extent::Characters(start, _) => start,
                    Extent::Lines(first, _) => position(first, self.cursor.column),
                };
            }
            b'd' => {
                self.keep(command.register, extent);
                self.delete(extent);
            }
            b'c' => {
                self.keep(command.register, extent);
                self.cursor = match extent {
                    Extent::Characters(start, end) => {
                        self.buffer.replace_between(start, end, &[]);
                        start
                    }
                    Extent::Lines(first, last) => {
                        let indent = self.indent_of(first);
                        let at = position(first, indent.len());
                        self.buffer.replace(first..last + 1, alloc::vec![indent]);
                        at
                    }
                };
                self.insert(command, 1);
            }
            shift => self.shift(first, last, shift == b'>', 1),
        }
        Some(())
    }

    /// Deletes, and puts the cursor where that was.
    pub fn delete(&mut self, extent: Extent) {
        match extent {
            Extent::Characters(start, end) => {
                self.buffer.replace_between(start, end, &[]);
                self.cursor = start;
            }
            Extent::Lines(first, last) => {
                self.buffer.replace(first..last + 1, Vec::new());
                let line = first.min(self.buffer.last());
                self.cursor = position(line, self.buffer.first_nonblank(line));
                self.tell_lines(last + 1 - first, "fewer lines");
            }
        }
    }

    /// Says how many lines were worked on, if that were many.
    pub fn tell_lines(&mut self, count: usize, what: &str) {
        if count > 4 {
            self.say(format!("{count} {what}"));
        }
    }

    /// Puts text into a register, and into the one without name.
    pub fn keep(&mut self, name: u8, extent: Extent) {
        let register = match extent {
            Extent::Characters(start, end) => Register {
                lines: false,
                text: self.buffer.between(start, end),
            },
            Extent::Lines(first, last) => Register {
                lines: true,
                text: self.buffer.copy(first..last + 1),
            },
        };
        if name.is_ascii_uppercase() {
            // A capital adds.
            let old = self.registers.entry(name.to_ascii_lowercase()).or_default();
            old.lines |= register.lines;
            old.text.extend(register.text.iter().cloned());
        } else if name != 0 {
            self.registers.insert(name, register.clone());
        }
        self.registers.insert(0, register);
    }

    /// Moves lines by shift widths.
    pub fn shift(&mut self, first: usize, last: usize, right: bool, times: usize) {
        let by = self.options.shift_width * times;
        let lines = (first..=last).map(|number| {
            let line = self.buffer.line(number);
            let blanks = line
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t'))
                .count();
            let rest = line.get(blanks..).unwrap_or_default();
            if rest.is_empty() {
                return Line::new();
            }
            let width = screen::column_of(line, blanks, &self.options);
            let width = if right {
                width + by
            } else {
                width.saturating_sub(by)
            };
            let tabs = width / self.options.tab_stop;
            let mut new = alloc::vec![b'\t'; tabs];
            new.resize(tabs + width % self.options.tab_stop, b' ');
            new.extend_from_slice(rest);
            new
        });
        let lines: Vec<Line> = lines.collect();
        self.buffer.replace(first..last + 1, lines);
        self.cursor = position(first, self.buffer.first_nonblank(first));
    }

    /// Commands that are no operators.
    pub fn simple(&mut self, command: Command, world: &mut dyn World) -> Option<()> {
        let count = command.times();
        match command.key {
            b'i' | b'I' | b'a' | b'A' | b'o' | b'O' | b'R' => self.begin_insert(command),
            b'p' | b'P' => return self.put(command),
            b'J' => return self.join(self.cursor.line, count.max(2) - 1, true),
            b'r' => return self.replace_characters(command.argument, count),
            b'~' => return self.other_case(count),
            b'm' => return self.buffer.set_mark(command.argument, self.cursor),
            b'u' => return self.undone(|buffer| buffer.undo(), count),
            key if key == control(b'R') => return self.undone(|buffer| buffer.redo(), count),
            b'U' => return self.restore_line(),
            b'.' => return self.repeat(command, world),
            b'&' => {
                self.run(b"&", world);
            }
            key if key == control(b'Z') => {
                world.suspend();
                self.screen.forget();
            }
            b'Z' => {
                let line: &[u8] = match command.argument {
                    b'Z' => b"x",
                    b'Q' => b"q!",
                    _ => return None,
                };
                self.run(line, world);
            }
            _ => return None,
        }
        Some(())
    }

    /// `p` and `P`.
    fn put(&mut self, command: Command) -> Option<()> {
        let name = command.register.to_ascii_lowercase();
        let register = self.registers.get(&name)?.clone();
        let (behind, count) = (command.key == b'p', command.times());
        if register.lines {
            let at = if behind && !self.buffer.is_empty() {
                self.cursor.line + 1
            } else {
                self.cursor.line
            };
            let copies = (0..count).flat_map(|_| register.text.iter().cloned());
            self.buffer.replace(at..at, copies.collect());
            self.cursor = position(at, self.buffer.first_nonblank(at));
            self.tell_lines(register.text.len() * count, "more lines");
            return Some(());
        }
        let mut at = self.cursor;
        if behind && self.buffer.length(at.line) > 0 {
            at.column += 1;
        }
        let start = at;
        for _ in 0..count {
            self.buffer.replace_between(at, at, &register.text);
            at = end_of(at, &register.text);
        }
        // Of several lines, the cursor is at the start of what was put.
        self.cursor = match register.text.len() {
            1 => position(at.line, at.column.saturating_sub(1)),
            _ => start,
        };
        Some(())
    }

    /// `J`: joins so many lines to one, with a blank between them if `blank`.
    pub fn join(&mut self, line: usize, count: usize, blank: bool) -> Option<()> {
        let last = line + count.max(1);
        if last > self.buffer.last() {
            return None;
        }
        let mut joined = self.buffer.line(line).to_vec();
        let mut seam = joined.len();
        for number in line + 1..=last {
            let next = self.buffer.line(number);
            let text = if blank { next.trim_ascii_start() } else { next };
            seam = joined.len();
            let needs = !text.is_empty() && !text.starts_with(b")");
            if blank && needs && !matches!(joined.last(), None | Some(b' ' | b'\t')) {
                joined.push(b' ');
            }
            joined.extend_from_slice(text);
        }
        self.buffer.replace(line..last + 1, alloc::vec![joined]);
        self.cursor = position(line, seam);
        Some(())
    }

    /// `r`
    fn replace_characters(&mut self, byte: u8, count: usize) -> Option<()> {
        let at = self.cursor;
        let end = position(at.line, at.column + count);
        if end.column > self.buffer.length(at.line) || byte == super::ESCAPE {
            return None;
        }
        if byte == b'\r' {
            self.buffer
                .replace_between(at, end, &[Line::new(), Line::new()]);
            self.cursor = position(at.line + 1, 0);
        } else {
            self.buffer
                .replace_between(at, end, &[alloc::vec![byte; count]]);
            self.cursor.column = end.column - 1;
        }
        Some(())
    }

    /// `~`
    fn other_case(&mut self, count: usize) -> Option<()> {
        let at = self.cursor;
        let end = (at.column + count).min(self.buffer.length(at.line));
        let end = position(at.line, end);
        if at == end {
            return None;
        }
        let mut text = self.buffer.between(at, end);
        for byte in text
            .iter_mut()
            .flatten()
            .filter(|byte| byte.is_ascii_alphabetic())
        {
            *byte ^= 0x20;
        }
        self.buffer.replace_between(at, end, &text);
        self.cursor = end;
        Some(())
    }

    fn undone(
        &mut self,
        step: impl Fn(&mut super::Buffer) -> Option<Position>,
        count: usize,
    ) -> Option<()> {
        // Undoing is no change that could be undone.
        self.buffer.end();
        for _ in 0..count {
            self.cursor = step(&mut self.buffer)?;
        }
        Some(())
    }

    /// `U`: the line as it was when the cursor came to it.
    fn restore_line(&mut self) -> Option<()> {
        let (number, line) = self.line_before.clone();
        if number != self.cursor.line {
            return None;
        }
        self.line_before.1 = self.buffer.line(number).to_vec();
        self.buffer.replace(number..number + 1, alloc::vec![line]);
        self.cursor.column = 0;
        Some(())
    }

    /// `.`
    fn repeat(&mut self, again: Command, world: &mut dyn World) -> Option<()> {
        let (mut command, typed) = self.last_change.clone()?;
        command.count = again.count.or(command.count);
        self.run_command(command, world);
        if matches!(self.mode, super::Mode::Insert(_)) {
            for byte in typed {
                self.insert_key(byte);
            }
            self.leave_insert();
        }
        Some(())
    }
}

/// Where text ends that is put to a place.
pub fn end_of(at: Position, text: &[Line]) -> Position {
    match text {
        [] => at,
        [line] => position(at.line, at.column + line.len()),
        [.., last] => position(at.line + text.len() - 1, last.len()),
    }
}
