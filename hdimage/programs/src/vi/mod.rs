// SPDX-License-Identifier: GPL-2.0-or-later
//! The full-screen editor vi, without its terminal and its files, so that all of it
//! can be tried on the host.
//!
//! ```text
//! let mut vi = Vi::new(rows, columns);
//! vi.edit(path, world);
//! while !vi.is_finished() {
//!     write(vi.draw());           // what has to change on the screen
//!     vi.key(byte, world);        // for each byte that is typed
//! }
//! ```
//!
//! A [`World`] reads and writes files and runs commands. Inside, [`buffer`] is the
//! text, `command` makes commands of keys, `motion` and `target` say where they go,
//! `operator` changes the text there, `insert` takes typed text, `ex` the lines behind
//! a colon, and `screen` shows it all.
//!
//! 0.11 came without an editor. The commands are those of POSIX's vi; from later ones
//! come undo without limit with `^R`, `gg`, `*`, and arrow keys.

pub mod buffer;
mod command;
mod ex;
mod ex_file;
mod insert;
mod motion;
mod operator;
mod options;
mod prompt;
mod screen;
mod substitute;
mod target;
#[cfg(test)]
mod tests;

use crate::regex::Regex;
use abi::Result;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;
use buffer::{Buffer, Line, Position, position};
use command::{Command, Parsed, parse};
use insert::Insert;
use options::Options;
use screen::Screen;

/// What is outside of the editor.
pub trait World {
    /// All of a file.
    fn read(&mut self, path: &[u8]) -> Result<Vec<u8>>;
    /// Writes a file; `add` to its end. If `force`, even where that may leave half of it.
    fn write(&mut self, path: &[u8], text: &[u8], add: bool, force: bool) -> Result<()>;
    /// Whether there is such a file.
    fn exists(&mut self, path: &[u8]) -> bool;
    /// Runs a command for the user to see.
    fn run(&mut self, command: &[u8]);
    /// Runs a command with `input`; what it prints.
    fn filter(&mut self, command: &[u8], input: &[u8]) -> Result<Vec<u8>>;
    /// Stops the program until it is continued.
    fn suspend(&mut self);
}

/// What was cut or copied.
#[derive(Clone, Default)]
struct Register {
    /// Whether it is whole lines.
    lines: bool,
    text: Vec<Line>,
}

/// What keys do.
enum Mode {
    Command,
    Insert(Insert),
    /// A line is typed for `:`, `/` or `?`, and a command may wait for it.
    Prompt {
        line: Vec<u8>,
        command: Command,
    },
}

/// A key of several bytes that has not come as a whole.
#[derive(Clone, Copy, PartialEq)]
enum Escape {
    None,
    Begun,
    /// `ESC [` and a number.
    Number(u32),
}

/// The editor.
pub struct Vi {
    buffer: Buffer,
    cursor: Position,
    /// The column of the screen that `j` and `k` try to keep.
    wanted: Option<usize>,
    mode: Mode,
    /// Keys of a command that is not complete.
    pending: Vec<u8>,
    escape: Escape,
    /// Where text was typed before the escape, which may begin an arrow key.
    typing: Option<Position>,
    screen: Screen,
    options: Options,
    registers: BTreeMap<u8, Register>,
    /// The last `f`, `F`, `t` or `T`.
    last_find: Option<(u8, u8)>,
    pattern: Option<Regex>,
    /// Whether the last search was for `/`.
    forward: bool,
    /// The last command that changed something, and what was typed for it.
    last_change: Option<(Command, Vec<u8>)>,
    /// The line that the cursor came to, for `U`.
    line_before: (usize, Line),
    last_substitution: Option<substitute::Substitution>,
    /// The name of the file; empty if there is none.
    path: Vec<u8>,
    /// The other file that was edited before, `#`.
    other_path: Vec<u8>,
    /// Files to be edited after this one.
    files: Vec<Vec<u8>>,
    message: Vec<u8>,
    bell: bool,
    finished: bool,
}

const fn control(letter: u8) -> u8 {
    letter & 0x1f
}

const ESCAPE: u8 = 0x1b;
const BACKSPACE: u8 = control(b'H');
const DELETE: u8 = 0x7f;

impl Vi {
    /// An empty text, on a screen of this size; `eight_bit` if it shows all bytes
    /// from 80h on.
    pub fn new(rows: usize, columns: usize, eight_bit: bool) -> Vi {
        Vi {
            buffer: Buffer::new(b""),
            cursor: Position::default(),
            wanted: None,
            mode: Mode::Command,
            pending: Vec::new(),
            escape: Escape::None,
            typing: None,
            screen: Screen::new(rows, columns),
            options: Options::new(eight_bit),
            registers: BTreeMap::new(),
            last_find: None,
            pattern: None,
            forward: true,
            last_change: None,
            line_before: (0, Line::new()),
            last_substitution: None,
            path: Vec::new(),
            other_path: Vec::new(),
            files: Vec::new(),
            message: Vec::new(),
            bell: false,
            finished: false,
        }
    }

    /// Begins with the first of some files; `:n` goes to the next ones.
    pub fn start(&mut self, files: Vec<Vec<u8>>, world: &mut dyn World) {
        let mut files = files.into_iter();
        if let Some(first) = files.next() {
            self.edit(&first, world);
        }
        self.files = files.collect();
    }

    /// Runs an ex command, as that of `vi +/pattern file`.
    pub fn run(&mut self, line: &[u8], world: &mut dyn World) {
        self.ex(line, world);
        self.settle();
    }

    /// Whether there is nothing more to do.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// The text, if it would be lost now.
    pub fn unsaved(&self) -> Option<Vec<u8>> {
        let all = || self.buffer.bytes(0..self.buffer.count());
        self.buffer.changed.then(all)
    }

    /// Takes a byte that was typed.
    pub fn key(&mut self, byte: u8, world: &mut dyn World) {
        if matches!(&self.mode, Mode::Insert(insert) if insert.literal) {
            self.insert_key(byte);
            return;
        }
        match (core::mem::replace(&mut self.escape, Escape::None), byte) {
            (Escape::Begun, b'[') => self.escape = Escape::Number(0),
            (Escape::Number(number), b'0'..=b'9') => {
                self.escape = Escape::Number((number * 10 + u32::from(byte - b'0')).min(99));
            }
            (Escape::Number(_), b';') => self.escape = Escape::Number(0),
            (Escape::Number(number), letter) => self.cursor_key(letter, number, world),
            _ => self.plain_key(byte, world),
        }
    }

    /// An arrow or another key that sends a sequence.
    fn cursor_key(&mut self, letter: u8, number: u32, world: &mut dyn World) {
        let key = match (letter, number) {
            (b'A', _) => b'k',
            (b'B', _) => b'j',
            (b'C', _) => b'l',
            (b'D', _) => b'h',
            (b'H', _) | (b'~', 1 | 7) => b'0',
            (b'F' | b'Y', _) | (b'~', 4 | 8) => b'$',
            (b'~', 2) => b'i',
            (b'~', 3) => b'x',
            (b'~', 5) => control(b'B'),
            (b'~', 6) => control(b'F'),
            _ => return,
        };
        let typing = self.typing.take();
        if let Some(at) = typing {
            self.cursor = at;
            self.resume_insert(key);
        } else {
            self.plain_key(key, world);
        }
    }

    fn plain_key(&mut self, byte: u8, world: &mut dyn World) {
        self.typing = None;
        if byte == ESCAPE {
            self.escape = Escape::Begun;
        }
        match &mut self.mode {
            Mode::Command => self.command_key(byte, world),
            Mode::Insert(_) if byte == ESCAPE || byte == control(b'C') => {
                self.typing = (byte == ESCAPE).then_some(self.cursor);
                self.leave_insert();
            }
            Mode::Insert(_) => self.insert_key(byte),
            Mode::Prompt { .. } => self.prompt_key(byte, world),
        }
        self.settle();
    }

    fn command_key(&mut self, byte: u8, world: &mut dyn World) {
        self.message.clear();
        if byte == ESCAPE || byte == control(b'C') {
            if self.pending.is_empty() {
                self.bell = byte == ESCAPE;
            }
            self.pending.clear();
            return;
        }
        self.pending.push(byte);
        match parse(&self.pending) {
            Parsed::More => {}
            Parsed::Wrong => {
                self.pending.clear();
                self.bell = true;
            }
            Parsed::Complete(command) => {
                self.pending.clear();
                self.execute(command, world);
            }
        }
    }

    /// Runs a command; rings the bell if it can't be done.
    fn execute(&mut self, command: Command, world: &mut dyn World) {
        let command = operator::long_form(command);
        if matches!(command.key, b':' | b'/' | b'?') {
            let line = alloc::vec![command.key];
            self.mode = Mode::Prompt { line, command };
            return;
        }
        if self.line_before.0 != self.cursor.line {
            self.line_before = (
                self.cursor.line,
                self.buffer.line(self.cursor.line).to_vec(),
            );
        }
        self.run_command(command, world);
    }

    fn run_command(&mut self, command: Command, world: &mut dyn World) {
        if command.operator == 0 && !matches!(command.key, b'j' | b'k') {
            self.wanted = None;
        }
        self.buffer.begin(self.cursor);
        let done = if command.operator != 0 {
            self.operate(command)
        } else {
            self.view_command(command)
                .or_else(|| self.simple(command, world))
                .or_else(|| self.go(command))
        };
        if done.is_none() {
            self.bell = true;
        } else if operator::is_change(command) {
            self.last_change = Some((command, Vec::new()));
        }
        if !matches!(self.mode, Mode::Insert(_)) {
            self.buffer.end();
        }
    }

    /// A motion for itself.
    fn go(&mut self, command: Command) -> Option<()> {
        let target = self.target(command)?;
        let at = match target.kind {
            // A motion over the last character stops at it.
            target::Kind::Exclusive | target::Kind::Inclusive => self.on_character(target.at),
            target::Kind::Lines => target.at,
        };
        if at == self.cursor && matches!(command.key, b'h' | b'l' | b'w' | b'W' | b' ' | BACKSPACE)
        {
            return None;
        }
        if target::is_jump(command.key) {
            self.buffer.set_mark(b'\'', self.cursor);
        }
        self.cursor = at;
        Some(())
    }

    /// The nearest place where there is a character.
    fn on_character(&self, at: Position) -> Position {
        let line = at.line.min(self.buffer.last());
        let last = self.buffer.length(line).saturating_sub(1);
        position(line, at.column.min(last))
    }

    /// Commands that scroll, or say something.
    fn view_command(&mut self, command: Command) -> Option<()> {
        let half = self.screen.text_rows() / 2;
        let page = self.screen.text_rows().saturating_sub(2).max(1);
        let times = command.times();
        match command.key {
            key if key == control(b'F') => self.scroll(page * times, true, true),
            key if key == control(b'B') => self.scroll(page * times, false, true),
            key if key == control(b'D') => self.scroll(command.count.unwrap_or(half), true, true),
            key if key == control(b'U') => self.scroll(command.count.unwrap_or(half), false, true),
            key if key == control(b'E') => self.scroll(times, true, false),
            key if key == control(b'Y') => self.scroll(times, false, false),
            key if key == control(b'L') => {
                self.screen.forget();
                Some(())
            }
            key if key == control(b'G') => {
                self.tell_place();
                Some(())
            }
            _ => None,
        }
    }

    /// Moves the picture by so many lines, and the cursor with it if `along`.
    fn scroll(&mut self, lines: usize, down: bool, along: bool) -> Option<()> {
        let last = self.buffer.last();
        let moved = |line: usize| match down {
            true => (line + lines).min(last),
            false => line.saturating_sub(lines),
        };
        let (top, bottom) = (
            self.screen.top(),
            self.screen.bottom(&self.buffer, &self.options),
        );
        if if down {
            self.cursor.line == last && bottom == last
        } else {
            self.cursor.line == 0
        } {
            return None;
        }
        self.screen.set_top(moved(top));
        if along {
            self.cursor.line = moved(self.cursor.line);
        }
        let bottom = self.screen.bottom(&self.buffer, &self.options);
        self.cursor.line = self.cursor.line.clamp(self.screen.top(), bottom);
        self.cursor.column = self.buffer.first_nonblank(self.cursor.line);
        Some(())
    }

    fn tell_place(&mut self) {
        let (name, count) = (self.name(), self.buffer.count());
        let changed = if self.buffer.changed {
            "[Modified] "
        } else {
            ""
        };
        let line = self.cursor.line + 1;
        let text = format!("{changed}line {line} of {count}, {}%", line * 100 / count);
        self.message = [name.as_slice(), b": ", text.as_bytes()].concat();
    }

    /// The file's name as it is told.
    fn name(&self) -> Vec<u8> {
        match self.path.as_slice() {
            b"" => b"No file".to_vec(),
            path => [b"\"", path, b"\""].concat(),
        }
    }

    fn say(&mut self, text: impl AsRef<[u8]>) {
        self.message = text.as_ref().to_vec();
    }

    /// After each key: the cursor stands on a character.
    fn settle(&mut self) {
        if !matches!(self.mode, Mode::Insert(_)) {
            self.cursor = self.on_character(self.cursor);
        }
        self.cursor.line = self.cursor.line.min(self.buffer.last());
    }

    /// What has to be written so that the screen shows how things are.
    pub fn draw(&mut self) -> Vec<u8> {
        let status = match &self.mode {
            Mode::Prompt { line, .. } => line.as_slice(),
            Mode::Insert(insert) if insert.over.is_some() => b"-- REPLACE --",
            Mode::Insert(_) => b"-- INSERT --",
            Mode::Command => self.message.as_slice(),
        };
        let typing = matches!(self.mode, Mode::Insert(_));
        let prompt = matches!(self.mode, Mode::Prompt { .. });
        let place = screen::Place {
            cursor: self.cursor,
            typing,
            prompt,
        };
        let mut output = self
            .screen
            .draw(&self.buffer, &self.options, &place, status);
        if core::mem::take(&mut self.bell) {
            output.push(0x07);
        }
        output
    }

    /// What is to be drawn from nothing: something else was written to the screen.
    pub fn forget_screen(&mut self) {
        self.screen.forget();
    }
}
