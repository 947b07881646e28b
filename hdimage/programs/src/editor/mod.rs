// SPDX-License-Identifier: GPL-2.0-or-later
//! Editing a line that is being typed. It makes no system call: the caller hands it
//! each byte that comes ([`Editor::key`]), writes what is in [`Editor::output`], and
//! does what the [`Step`] says.
//!
//! ```text
//! ^A Home   to the start        ^K       cut to the end
//! ^E End    to the end          ^U       cut to the start
//! ^B Left   back                ^W       cut a word
//! ^F Right  forward             ^Y       put it back
//! ^P Up     the line before     ^R       look for a line
//! ^N Down   the next line       ^L       clear the screen
//! ^D Delete the character here  Tab      complete
//! ```

pub mod complete;
mod display;

use alloc::vec::Vec;
use display::Display;

/// What is to be done after a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Nothing: read on.
    On,
    /// The line is complete.
    Line,
    /// ^D on an empty line.
    End,
    /// Complete the word before the cursor; the key was typed twice.
    Complete(bool),
}

/// A key of more than one byte that has not come as a whole.
#[derive(Clone, Copy, PartialEq)]
enum Escape {
    None,
    /// `ESC`
    Begun,
    /// `ESC [` or `ESC O`, and a number.
    Number(u32),
    /// `ESC [ [`, as function keys of a console: one letter more.
    Function,
}

/// A search for an earlier line.
struct Search {
    text: Vec<u8>,
    /// The line that was found, in the history.
    found: usize,
    /// What was being typed.
    before: Vec<u8>,
}

/// A line that is being typed.
pub struct Editor<'a> {
    history: &'a [Vec<u8>],
    display: Display,
    /// What was typed.
    line: Vec<u8>,
    /// Where the cursor is in it.
    at: usize,
    /// Which line of the history is shown; its length for the new one.
    place: usize,
    /// The new line, while one of the history is shown.
    new: Vec<u8>,
    cut: Vec<u8>,
    escape: Escape,
    search: Option<Search>,
    completing: bool,
    prompt: Vec<u8>,
}

const fn control(letter: u8) -> u8 {
    letter & 0x1f
}

const BACKSPACE: u8 = control(b'H');
const TAB: u8 = control(b'I');
const DELETE: u8 = 0x7f;
const ESCAPE: u8 = 0x1b;

impl<'a> Editor<'a> {
    /// An empty line behind a prompt, on a terminal of so many columns.
    pub fn new(prompt: &[u8], columns: usize, history: &'a [Vec<u8>]) -> Editor<'a> {
        let mut editor = Editor {
            history,
            display: Display::new(columns),
            line: Vec::new(),
            at: 0,
            place: history.len(),
            new: Vec::new(),
            cut: Vec::new(),
            escape: Escape::None,
            search: None,
            completing: false,
            prompt: prompt.to_vec(),
        };
        editor.display.begin(prompt);
        editor
    }

    /// What was typed so far, and where the cursor is in it.
    pub fn line(&self) -> (&[u8], usize) {
        (&self.line, self.at)
    }

    /// What is to be written to the terminal, once.
    pub fn output(&mut self) -> Vec<u8> {
        self.display.take()
    }

    /// Takes a byte that was typed.
    pub fn key(&mut self, byte: u8) -> Step {
        let completing = core::mem::take(&mut self.completing);
        if self.escape != Escape::None {
            self.escape_key(byte);
            return Step::On;
        }
        if self.search.is_some() && self.search_key(byte) {
            return Step::On;
        }
        match byte {
            b'\n' | b'\r' => {
                self.move_to(self.line.len());
                return Step::Line;
            }
            TAB => {
                self.completing = true;
                return Step::Complete(completing);
            }
            ESCAPE => self.escape = Escape::Begun,
            BACKSPACE | DELETE => self.remove(self.at.saturating_sub(1), self.at),
            _ if byte == control(b'D') && self.line.is_empty() => return Step::End,
            _ if byte < b' ' => self.control_key(byte | 0x40),
            byte => self.insert(&[byte]),
        }
        Step::On
    }

    fn control_key(&mut self, letter: u8) {
        match letter {
            b'A' => self.move_to(0),
            b'B' => self.move_to(self.at.saturating_sub(1)),
            b'D' => self.remove(self.at, self.at + 1),
            b'E' => self.move_to(self.line.len()),
            b'F' => self.move_to(self.at + 1),
            b'K' => self.cut(self.at, self.line.len()),
            b'L' => {
                self.display.clear();
                self.show_again();
            }
            b'N' => self.recall(self.place + 1),
            b'P' => self.recall(self.place.wrapping_sub(1)),
            b'R' => self.begin_search(),
            b'U' => self.cut(0, self.at),
            b'W' => {
                let before = self.line.get(..self.at).unwrap_or_default();
                let word = before.trim_ascii_end();
                let blank = word.iter().rposition(u8::is_ascii_whitespace);
                self.cut(blank.map_or(0, |blank| blank + 1), self.at);
            }
            b'Y' => self.insert(&self.cut.clone()),
            _ => {}
        }
    }

    /// A byte of a key of several.
    fn escape_key(&mut self, byte: u8) {
        let escape = core::mem::replace(&mut self.escape, Escape::None);
        self.escape = match (escape, byte) {
            (Escape::Begun, b'[' | b'O') => Escape::Number(0),
            (Escape::Number(number), b'0'..=b'9') => {
                Escape::Number((number * 10 + u32::from(byte - b'0')).min(99))
            }
            (Escape::Number(_), b'[') => Escape::Function,
            // Keys with others held down say so in a second number.
            (Escape::Number(_), b';') => Escape::Number(0),
            (Escape::Number(number), letter) => {
                let key = match (letter, number) {
                    (b'A', _) => b'P',
                    (b'B', _) => b'N',
                    (b'C', _) => b'F',
                    (b'D', _) => b'B',
                    (b'H', _) | (b'~', 1 | 7) => b'A',
                    (b'F', _) | (b'~', 4 | 8) => b'E',
                    (b'~', 3) => b'D',
                    _ => return,
                };
                return self.control_key(key);
            }
            _ => Escape::None,
        };
    }

    /// Puts text where the cursor is.
    pub fn insert(&mut self, text: &[u8]) {
        let at = self.at;
        self.line.splice(at..at, text.iter().copied());
        self.at += text.len();
        self.display.show(&self.line, at, self.at);
    }

    fn remove(&mut self, start: usize, end: usize) {
        let end = end.min(self.line.len());
        if start < end {
            self.line.drain(start..end);
            self.at = start;
            self.display.show(&self.line, start, start);
        }
    }

    fn cut(&mut self, start: usize, end: usize) {
        if start < end {
            self.cut = self.line.get(start..end).unwrap_or_default().to_vec();
            self.remove(start, end);
        }
    }

    fn move_to(&mut self, at: usize) {
        self.at = at.min(self.line.len());
        self.display.move_to(&self.line, self.at);
    }

    /// Shows a line of the history, or the new one behind all of them.
    fn recall(&mut self, place: usize) {
        if place > self.history.len() {
            return;
        }
        if self.place == self.history.len() {
            self.new = self.line.clone();
        }
        self.place = place;
        let line = self.history.get(place).unwrap_or(&self.new).clone();
        self.replace(line);
    }

    fn replace(&mut self, line: Vec<u8>) {
        self.line = line;
        self.at = self.line.len();
        self.display.show(&self.line, 0, self.at);
    }

    /// Shows prompt and line, after something else was written, or on a screen that
    /// was cleared.
    pub fn show_again(&mut self) {
        self.display.begin(&self.prompt);
        self.display.show(&self.line, 0, self.at);
    }

    /// Begins again with an empty line, after ^C.
    pub fn give_up(&mut self) {
        self.move_to(self.line.len());
        self.display.end_line(b"^C\n");
        self.line.clear();
        (self.at, self.place) = (0, self.history.len());
        (self.search, self.escape) = (None, Escape::None);
        self.display.begin(&self.prompt);
    }

    fn begin_search(&mut self) {
        self.search = Some(Search {
            text: Vec::new(),
            found: self.history.len(),
            before: self.line.clone(),
        });
        self.show_search();
    }

    fn show_search(&mut self) {
        let Some(search) = &self.search else {
            return;
        };
        let prompt = [b"(search) ", search.text.as_slice(), b": "].concat();
        self.display.erase();
        self.display.begin(&prompt);
        self.display.show(&self.line, 0, self.at);
    }

    /// A byte of a search; false if it ends the search and means something else.
    fn search_key(&mut self, byte: u8) -> bool {
        let Some(search) = &mut self.search else {
            return false;
        };
        let end = match byte {
            _ if byte == control(b'R') => search.found,
            BACKSPACE | DELETE => {
                search.text.pop();
                self.history.len()
            }
            _ if byte == control(b'G') => {
                self.line = core::mem::take(&mut search.before);
                self.end_search();
                return true;
            }
            _ if byte < b' ' => {
                self.end_search();
                return false;
            }
            byte => {
                search.text.push(byte);
                (search.found + 1).min(self.history.len())
            }
        };
        let earlier = self.history.get(..end).unwrap_or_default();
        let text = search.text.as_slice();
        let contains =
            |line: &Vec<u8>| text.is_empty() || line.windows(text.len()).any(|part| part == text);
        if let Some(found) = earlier.iter().rposition(contains) {
            search.found = found;
            self.line = self.history.get(found).cloned().unwrap_or_default();
            self.at = self.line.len();
        }
        self.show_search();
        true
    }

    fn end_search(&mut self) {
        self.search = None;
        self.at = self.line.len();
        self.display.erase();
        self.show_again();
    }
}

#[cfg(test)]
mod tests;
