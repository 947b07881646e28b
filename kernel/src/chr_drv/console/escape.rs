// SPDX-License-Identifier: GPL-2.0-or-later
//! The escape sequences of the console: bytes in, changes of a [`Screen`] out
//! (0.11: `con_write`).
//!
//! It is a terminal like the VT102. Known are
//!
//! ```text
//! BEL BS TAB LF VT FF CR ESC DEL     DEL goes back and erases
//! ESC 7 8        save and restore the cursor
//! ESC D E M      line feed, new line, reverse line feed
//! ESC Z          asks what the terminal is
//! ESC c          reset
//! ESC [ A B C D  cursor up, down, right, left;  e a: as B C
//! ESC [ E F      down, up, to the first column
//! ESC [ G ` d    to a column, column, line
//! ESC [ H f      to a line and column
//! ESC [ J K      erase display, line
//! ESC [ @ P L M  insert and delete characters, lines
//! ESC [ m r s u  rendition, scrolling lines, save and restore the cursor
//! ```
//!
//! Unknown sequences are passed over whole. Sources: DEC, VT102 User Guide;
//! ANSI X3.64.

use super::screen::Screen;

/// Parameters a sequence can have; further ones are ignored.
const NPAR: usize = 16;

/// Where in a sequence the next byte is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// In none.
    Text,
    /// After ESC.
    Escape,
    /// After `ESC [`.
    Control,
    /// After `ESC (` or `ESC )`: the name of a character set follows.
    Set,
}

/// What output wants besides changing the screen.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Effects {
    /// Ring the bell.
    pub bell: bool,
    /// Send [`RESPONSE`] as if it were typed.
    pub response: bool,
}

/// The answer to `ESC Z`: a VT100 with advanced video (VT102 User Guide).
pub const RESPONSE: &[u8] = b"\x1b[?1;2c";

/// What is known of the sequence that is being read.
pub struct Parser {
    state: State,
    /// Whether a `?` came behind `ESC [`: a sequence of DEC's own.
    question: bool,
    parameters: [usize; NPAR],
    last: usize,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// In no sequence.
    pub const fn new() -> Parser {
        Parser { state: State::Text, question: false, parameters: [0; NPAR], last: 0 }
    }

    /// Writes output to the screen.
    pub fn write(&mut self, screen: &mut Screen, mut bytes: &[u8]) -> Effects {
        let mut effects = Effects::default();
        while let Some((&byte, rest)) = bytes.split_first() {
            if is_control(byte) {
                self.control(screen, byte, &mut effects);
            } else if self.state == State::Text {
                let run = bytes.iter().position(|&byte| is_control(byte)).unwrap_or(bytes.len());
                let (text, rest) = bytes.split_at(run);
                screen.put(text);
                bytes = rest;
                continue;
            } else {
                self.sequence(screen, byte, &mut effects);
            }
            bytes = rest;
        }
        effects
    }

    /// Control characters count inside sequences too, as in the VT102.
    fn control(&mut self, screen: &mut Screen, byte: u8, effects: &mut Effects) {
        match byte {
            7 => effects.bell = true,
            8 => screen.bs(),
            9 => screen.tab(),
            10..=12 => screen.lf(),
            13 => screen.cr(),
            24 | 26 => self.state = State::Text,
            27 => self.state = State::Escape,
            127 => screen.del(),
            _ => {}
        }
    }

    /// A byte of a sequence.
    fn sequence(&mut self, screen: &mut Screen, byte: u8, effects: &mut Effects) {
        match self.state {
            State::Escape => self.escape(screen, byte, effects),
            State::Control => match byte {
                b'0'..=b'9' => {
                    let parameter = &mut self.parameters[self.last];
                    *parameter = parameter.saturating_mul(10).saturating_add(usize::from(byte - b'0'));
                }
                b';' => self.last = (self.last + 1).min(NPAR - 1),
                b'?' => self.question = true,
                b' '..=b'?' => {}
                _ => {
                    self.state = State::Text;
                    if !self.question {
                        self.execute(screen, byte);
                    }
                }
            },
            State::Set | State::Text => self.state = State::Text,
        }
    }

    /// The byte after ESC.
    fn escape(&mut self, screen: &mut Screen, byte: u8, effects: &mut Effects) {
        self.state = State::Text;
        match byte {
            b'[' => *self = Parser { state: State::Control, ..Parser::new() },
            b'(' | b')' => self.state = State::Set,
            b'7' => screen.save_cur(),
            b'8' => screen.restore_cur(),
            b'D' => screen.lf(),
            b'E' => {
                screen.cr();
                screen.lf();
            }
            b'M' => screen.ri(),
            b'Z' => effects.response = true,
            b'c' => screen.reset(),
            _ => {}
        }
    }

    /// A whole sequence that began with `ESC [` and ended with `last`.
    fn execute(&mut self, screen: &mut Screen, last: u8) {
        let (first, second) = (self.parameters[0], self.parameters[1]);
        let count = first.max(1);
        let (x, y) = screen.position();
        let (lines, _) = screen.size();
        match last {
            b'A' => screen.gotoxy(x, y.saturating_sub(count)),
            b'B' | b'e' => screen.gotoxy(x, y.saturating_add(count)),
            b'C' | b'a' => screen.gotoxy(x.saturating_add(count), y),
            b'D' => screen.gotoxy(x.saturating_sub(count), y),
            b'E' => screen.gotoxy(0, y.saturating_add(count)),
            b'F' => screen.gotoxy(0, y.saturating_sub(count)),
            b'G' | b'`' => screen.gotoxy(count - 1, y),
            b'd' => screen.gotoxy(x, count - 1),
            b'H' | b'f' => screen.gotoxy(second.max(1) - 1, count - 1),
            b'J' => screen.erase_display(first),
            b'K' => screen.erase_line(first),
            b'@' => screen.insert_chars(count),
            b'P' => screen.delete_chars(count),
            b'L' => screen.insert_lines(count),
            b'M' => screen.delete_lines(count),
            b'm' => {
                for &parameter in &self.parameters[..=self.last] {
                    screen.select_rendition(parameter);
                }
            }
            b'r' => screen.set_scrolling(count - 1, if second == 0 { lines } else { second }),
            b's' => screen.save_cur(),
            b'u' => screen.restore_cur(),
            _ => {}
        }
    }
}

#[inline(always)]
fn is_control(byte: u8) -> bool {
    byte < b' ' || byte == 127
}
