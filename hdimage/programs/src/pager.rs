// SPDX-License-Identifier: GPL-2.0-or-later
//! Text a screen at a time, forward and back: what `less` does, without its terminal.
//!
//! The caller hands it each byte that is typed ([`Pager::key`]) and writes what
//! [`Pager::draw`] gives.
//!
//! ```text
//! Space ^F f PgDn   a screen on        /text  search on       n N   the next, the one before
//! b ^B PgUp         a screen back      ?text  search back     g G   start, end; 12G line 12
//! Return j Down     a line on          d ^D   half a screen   =     where it is
//! k y Up            a line back        u ^U   half a screen   q     end
//! ```

use crate::regex::{Options, Regex};
use alloc::format;
use alloc::vec::Vec;

/// A row of the screen: a line, or a part of one that is too long.
struct Row {
    line: usize,
    cells: Vec<u8>,
}

/// The text and what of it is seen.
pub struct Pager {
    rows: Vec<Row>,
    lines: usize,
    /// Rows of the screen; the last one is for the prompt.
    height: usize,
    /// The first row that is seen.
    top: usize,
    /// What is on the screen: the first row.
    shown: Option<usize>,
    number: Option<usize>,
    /// A search that is being typed: `/` or `?`, and the text.
    typed: Option<Vec<u8>>,
    pattern: Option<Regex>,
    forward: bool,
    /// Bytes of an arrow key.
    escape: Vec<u8>,
    message: Vec<u8>,
    finished: bool,
}

const TAB_STOP: usize = 8;
const ESCAPE: u8 = 0x1b;

/// How a line is shown: tabs as blanks, control characters in letters.
fn cells(line: &[u8]) -> Vec<u8> {
    let mut cells = Vec::new();
    for &byte in line {
        match byte {
            b'\t' => cells.resize((cells.len() / TAB_STOP + 1) * TAB_STOP, b' '),
            0..=0x1f => cells.extend_from_slice(&[b'^', byte | 0x40]),
            0x7f => cells.extend_from_slice(b"^?"),
            byte => cells.push(byte),
        }
    }
    cells
}

impl Pager {
    /// The start of a text, on a screen of so many rows and columns.
    pub fn new(text: &[u8], rows: usize, columns: usize, numbers: bool) -> Pager {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let mut pager = Pager {
            rows: Vec::new(),
            lines: 0,
            height: rows.max(2),
            top: 0,
            shown: None,
            number: None,
            typed: None,
            pattern: None,
            forward: true,
            escape: Vec::new(),
            message: Vec::new(),
            finished: false,
        };
        for line in text.split(|&byte| byte == b'\n') {
            pager.lines += 1;
            let mut row = match numbers {
                true => format!("{:6}  ", pager.lines).into_bytes(),
                false => Vec::new(),
            };
            row.extend(cells(line));
            for part in row.chunks(columns.max(1)) {
                let cells = part.to_vec();
                pager.rows.push(Row {
                    line: pager.lines,
                    cells,
                });
            }
            if row.is_empty() {
                pager.rows.push(Row {
                    line: pager.lines,
                    cells: row,
                });
            }
        }
        pager
    }

    /// Whether the user has seen enough.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Rows of text.
    fn page(&self) -> usize {
        self.height - 1
    }

    /// The row at the top when the end is seen.
    fn last_top(&self) -> usize {
        self.rows.len().saturating_sub(self.page())
    }

    fn move_to(&mut self, top: usize) {
        self.top = top.min(self.last_top());
    }

    /// Takes a byte that was typed.
    pub fn key(&mut self, byte: u8) {
        self.message.clear();
        if self.typed.is_some() {
            return self.search_key(byte);
        }
        if byte == ESCAPE || !self.escape.is_empty() {
            return self.escape_key(byte);
        }
        if byte.is_ascii_digit() {
            let number = self.number.unwrap_or(0) * 10 + usize::from(byte - b'0');
            self.number = Some(number.min(9_999_999));
            return;
        }
        let number = self.number.take();
        let count = number.unwrap_or(1);
        let half = self.page() / 2;
        match byte {
            b' ' | b'f' | 0x06 => self.move_to(self.top + self.page() * count),
            b'b' | 0x02 => self.move_to(self.top.saturating_sub(self.page() * count)),
            b'd' | 0x04 => self.move_to(self.top + half),
            b'u' | 0x15 => self.move_to(self.top.saturating_sub(half)),
            b'\r' | b'\n' | b'j' | b'e' => self.move_to(self.top + count),
            b'k' | b'y' => self.move_to(self.top.saturating_sub(count)),
            b'g' | b'<' => self.go_to_line(count),
            b'G' | b'>' => self.go_to_line(number.unwrap_or(usize::MAX)),
            b'/' | b'?' => self.typed = Some(alloc::vec![byte]),
            b'n' => self.search(self.forward),
            b'N' => self.search(!self.forward),
            b'=' | 0x07 => {
                let (line, lines) = (
                    self.rows.get(self.top).map_or(0, |row| row.line),
                    self.lines,
                );
                self.message = format!("line {line} of {lines}").into_bytes();
            }
            0x0c => self.shown = None,
            b'q' | b'Q' => self.finished = true,
            _ => {}
        }
    }

    fn go_to_line(&mut self, line: usize) {
        let found = self.rows.iter().position(|row| row.line >= line);
        self.move_to(found.unwrap_or(usize::MAX));
    }

    /// A byte of an arrow key.
    fn escape_key(&mut self, byte: u8) {
        self.escape.push(byte);
        let key = match self.escape.get(1..).unwrap_or_default() {
            b"" | b"[" | b"[1" | b"[4" | b"[5" | b"[6" => return,
            b"[A" => b'k',
            b"[B" => b'j',
            b"[5~" => b'b',
            b"[6~" => b' ',
            b"[H" | b"[1~" => b'g',
            b"[F" | b"[Y" | b"[4~" => b'G',
            _ => 0,
        };
        self.escape.clear();
        self.key(key);
    }

    /// A byte while the text of a search is typed.
    fn search_key(&mut self, byte: u8) {
        let Some(mut typed) = self.typed.take() else {
            return;
        };
        match byte {
            b'\r' | b'\n' => {
                self.forward = typed.first() == Some(&b'/');
                let text = typed.get(1..).unwrap_or_default();
                if !text.is_empty() {
                    match Regex::new(text, Options::default()) {
                        Ok(regex) => self.pattern = Some(regex),
                        Err(error) => {
                            self.message = error.text().as_bytes().to_vec();
                            return;
                        }
                    }
                }
                self.search(self.forward);
            }
            0x08 | 0x7f => {
                typed.pop();
                self.typed = Some(typed).filter(|typed| !typed.is_empty());
            }
            ESCAPE | 0x03 => {}
            byte => {
                typed.push(byte);
                self.typed = Some(typed);
            }
        }
    }

    /// Goes to the next row that matches, or to the one before.
    fn search(&mut self, forward: bool) {
        let Some(regex) = &self.pattern else {
            self.message = b"No previous pattern".to_vec();
            return;
        };
        let matches = |row: &Row| regex.matches(&row.cells);
        let found = match forward {
            true => {
                let behind = self.rows.iter().enumerate().skip(self.top + 1);
                behind
                    .clone()
                    .find(|(_, row)| matches(row))
                    .map(|(place, _)| place)
            }
            false => self.rows.iter().take(self.top).rposition(matches),
        };
        match found {
            Some(place) => self.top = place,
            None => self.message = b"Pattern not found".to_vec(),
        }
    }

    /// What has to be written so that the screen shows the text.
    pub fn draw(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        let next = match self.shown {
            // The rows that come move the others up.
            Some(shown) if (shown..shown + self.page()).contains(&self.top) => {
                output.extend_from_slice(b"\r\x1b[K");
                shown + self.page()
            }
            _ => {
                output.extend_from_slice(b"\x1b[H\x1b[J");
                self.top
            }
        };
        for place in next..self.top + self.page() {
            match self.rows.get(place) {
                Some(row) => output.extend_from_slice(&row.cells),
                None => output.push(b'~'),
            }
            // The terminal goes to the start of the row, too.
            output.push(b'\n');
        }
        self.shown = Some(self.top);
        let at_end = self.top >= self.last_top();
        let prompt = match &self.typed {
            Some(typed) => typed.as_slice(),
            None if !self.message.is_empty() => &self.message,
            None if at_end => b"(END)",
            None => b":",
        };
        if next == self.top + self.page() {
            output.extend_from_slice(b"\r\x1b[K");
        }
        output.extend_from_slice(prompt);
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pager(lines: usize) -> Pager {
        let text: String = (1..=lines).map(|line| format!("line {line}\n")).collect();
        Pager::new(text.as_bytes(), 6, 20, false)
    }

    fn top(pager: &mut Pager, keys: &str) -> usize {
        for byte in keys.bytes() {
            pager.key(byte);
        }
        pager.top + 1
    }

    #[test]
    fn keys_move_the_text() {
        let mut pager = pager(40);
        for (keys, line) in [
            ("", 1),
            (" ", 6),
            ("b", 1),
            ("j", 2),
            ("\x1b[B", 3),
            ("k\x1b[A", 1),
            ("k", 1),
            ("G", 36),
            ("j", 36),
            ("g", 1),
            ("12G", 12),
            ("d", 14),
            ("u", 12),
            ("2 ", 22),
            ("\x1b[6~", 27),
            ("\x1b[5~", 22),
            ("<", 1),
            ("/line 2\r", 2),
            ("n", 20),
            ("N", 2),
            ("/line 3x\x08\r", 3),
            ("/none\r", 3),
            ("?1\r", 1),
            ("\x1b[F", 36),
            ("?\r", 31),
        ] {
            assert_eq!(top(&mut pager, keys), line, "{keys:?}");
        }
        assert_eq!(top(&mut pager, "/*\\(\r"), 31);
        assert!(!pager.is_finished());
        pager.key(b'q');
        assert!(pager.is_finished());
    }

    #[test]
    fn only_new_rows_are_drawn() {
        let mut pager = pager(40);
        assert_eq!(
            pager.draw(),
            b"\x1b[H\x1b[Jline 1\nline 2\nline 3\nline 4\nline 5\n:"
        );
        pager.key(b'j');
        assert_eq!(pager.draw(), b"\r\x1b[Kline 6\n:");
        pager.key(b'=');
        assert_eq!(pager.draw(), b"\r\x1b[K\r\x1b[Kline 2 of 40");
        pager.key(b'G');
        assert!(pager.draw().ends_with(b"line 40\n(END)"));
    }

    #[test]
    fn lines_are_cut_and_shown_in_letters() {
        let mut pager = Pager::new(b"a\tb\x1b\n123456789012345678901234\n\n", 6, 20, true);
        let drawn = String::from_utf8(pager.draw()).unwrap();
        assert_eq!(
            drawn,
            "\x1b[H\x1b[J     1  a       b^[\n     2  123456789012\n345678901234\n     3  \n~\n(END)"
        );
        assert_eq!(pager.draw(), b"\r\x1b[K\r\x1b[K(END)");
    }
}
