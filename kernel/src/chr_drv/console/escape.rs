// SPDX-License-Identifier: GPL-2.0-or-later
//! The escape sequences of the console: bytes in, changes of a [`Screen`] out
//! (0.11: `con_write`).
//!
//! The console is a terminal like the VT102. 0.11 knows those that are marked with
//! a star, too.
//!
//! ```text
//! * BS TAB LF VT FF CR DEL        DEL goes back and erases
//!   BEL SO SI CAN SUB             SO and SI choose set G1 and G0;
//!                                 CAN and SUB end a sequence
//! * ESC 7 8         save and restore the cursor, the rendition and the sets
//! * ESC D E M       line feed, new line, reverse line feed
//! * ESC Z           asks what the terminal is
//!   ESC H           sets a tab stop
//!   ESC c           reset
//!   ESC ( x  ) x    set G0 or G1 is x: 0 line drawing, else ordinary
//!   ESC # 8         fills the screen with Es
//! * ESC [ A B C D   cursor up, down, right, left;  e a: as B C
//! * ESC [ E F       down, up, to the first column
//! * ESC [ G ` d     to a column, column, line
//! * ESC [ H f       to a line and column
//! * ESC [ J K       erase display, line
//! * ESC [ @ P L M   insert and delete characters, lines
//!   ESC [ X         erase characters
//! * ESC [ m r s u   rendition, scrolling lines, save and restore the cursor
//!   ESC [ c         asks what the terminal is
//!   ESC [ 5 n  6 n  ask whether it works, where the cursor is
//!   ESC [ g  3 g    clear the tab stop here, all of them
//!   ESC [ 4 h  l    insert mode on, off
//!   ESC [ ? n h  l  on, off: n is 5 reverse screen, 6 lines count in the
//!                   scrolling region, 7 autowrap, 25 cursor visible
//!   ESC [ [ x       what a function key sends does nothing when echoed
//! ```
//!
//! Unknown sequences are skipped as a whole. Sources: DEC, VT102 User Guide; ANSI
//! X3.64.

mod response;
#[cfg(test)]
mod tests;

use super::screen::Screen;
pub use response::Response;

/// Parameters a sequence can have; further ones are ignored.
const NPAR: usize = 16;

/// Where in a sequence the next byte is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// In no sequence.
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// After `ESC [`.
    Control,
    /// After `ESC [ [`, as a function key sends it.
    Function,
    /// After ESC and this byte, which one more byte follows.
    Intermediate(u8),
}

/// What output asks for besides changing the screen.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Effects {
    /// Ring the bell.
    pub bell: bool,
    /// Take this as if it were typed.
    pub response: Response,
}

/// The answer to `ESC Z`: a VT100 with advanced video (VT102 User Guide).
const DEVICE_ATTRIBUTES: &[u8] = b"\x1b[?1;2c";
/// The answer to `ESC [ 5 n`: it works.
const STATUS_GOOD: &[u8] = b"\x1b[0n";

/// The sets of characters: whether they draw lines, and which one is used.
#[derive(Clone, Copy, Default)]
struct Sets {
    is_graphic: [bool; 2],
    /// G0 or G1.
    used: usize,
}

/// The line drawing set from `_` to `~`, in the font of the PC (VT102 User Guide,
/// special graphics; code page 437). What the font does not have stays.
const GRAPHICS: &[u8; 32] =
    b" \x04\xb1bcde\xf8\xf1hi\xd9\xbf\xda\xc0\xc5\xc4\xc4\xc4\xc4_\xc3\xb4\xc1\xc2\xb3\xf3\xf2\xe3#\x9c\xfa";

fn graphic(byte: u8) -> u8 {
    let index = usize::from(byte.wrapping_sub(b'_'));
    GRAPHICS.get(index).copied().unwrap_or(byte)
}

/// The state of the sequence that is being read. At first there is none.
#[derive(Default)]
pub struct Parser {
    state: State,
    /// The byte after `ESC [` that is no parameter: `?` for a sequence of DEC's
    /// own, or 0.
    marker: u8,
    parameters: [usize; NPAR],
    last: usize,
    sets: Sets,
    saved_sets: Sets,
}

impl Parser {
    /// Writes output to the screen, and adds what else it asks for to `effects`.
    pub fn write(&mut self, screen: &mut Screen, mut bytes: &[u8], effects: &mut Effects) {
        while let Some((&byte, rest)) = bytes.split_first() {
            if is_control(byte) {
                self.control(screen, byte, effects);
            } else if self.state == State::Text {
                let run = bytes
                    .iter()
                    .position(|&byte| is_control(byte))
                    .unwrap_or(bytes.len());
                let (text, rest) = bytes.split_at(run);
                self.text(screen, text);
                bytes = rest;
                continue;
            } else {
                self.sequence(screen, byte, effects);
            }
            bytes = rest;
        }
    }

    fn text(&self, screen: &mut Screen, text: &[u8]) {
        if self.sets.is_graphic[self.sets.used] {
            for &byte in text {
                screen.put(&[graphic(byte)]);
            }
        } else {
            screen.put(text);
        }
    }

    /// Control characters count inside sequences too, as in the VT102.
    fn control(&mut self, screen: &mut Screen, byte: u8, effects: &mut Effects) {
        match byte {
            7 => effects.bell = true,
            8 => screen.bs(),
            9 => screen.tab(),
            10..=12 => screen.lf(),
            13 => screen.cr(),
            14 => self.sets.used = 1,
            15 => self.sets.used = 0,
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
                    *parameter = parameter
                        .saturating_mul(10)
                        .saturating_add(usize::from(byte - b'0'));
                }
                b';' => self.last = (self.last + 1).min(NPAR - 1),
                b' '..=b'?' => self.marker = byte,
                b'[' => self.state = State::Function,
                _ => {
                    self.state = State::Text;
                    self.execute(screen, byte, effects);
                }
            },
            State::Intermediate(first) => {
                self.state = State::Text;
                match (first, byte) {
                    (b'(', set) => self.sets.is_graphic[0] = set == b'0',
                    (b')', set) => self.sets.is_graphic[1] = set == b'0',
                    (b'#', b'8') => screen.fill_with_e(),
                    _ => {}
                }
            }
            State::Function | State::Text => self.state = State::Text,
        }
    }

    /// The byte after ESC.
    fn escape(&mut self, screen: &mut Screen, byte: u8, effects: &mut Effects) {
        self.state = State::Text;
        match byte {
            b'[' => {
                self.state = State::Control;
                self.marker = 0;
                self.parameters = [0; NPAR];
                self.last = 0;
            }
            b' '..=b'/' => self.state = State::Intermediate(byte),
            b'7' => {
                self.saved_sets = self.sets;
                screen.save_cur();
            }
            b'8' => {
                self.sets = self.saved_sets;
                screen.restore_cur();
            }
            b'D' => screen.lf(),
            b'E' => {
                screen.cr();
                screen.lf();
            }
            b'H' => screen.set_stop(true),
            b'M' => screen.ri(),
            b'Z' => effects.response.add(DEVICE_ATTRIBUTES),
            b'c' => {
                *self = Parser::default();
                screen.reset();
            }
            _ => {}
        }
    }

    /// A whole sequence that began with `ESC [` and ended with `last`.
    fn execute(&mut self, screen: &mut Screen, last: u8, effects: &mut Effects) {
        let given = &self.parameters[..=self.last];
        match (self.marker, last) {
            (0, b'm') => given
                .iter()
                .for_each(|&parameter| screen.select_rendition(parameter)),
            (b'?' | 0, b'h' | b'l') => {
                let is_private = self.marker == b'?';
                for &mode in given {
                    set_mode(screen, is_private, mode, last == b'h');
                }
            }
            (0, b'c' | b'n') => report(screen, last, self.parameters[0], &mut effects.response),
            (0, _) => change(screen, last, self.parameters[0], self.parameters[1]),
            _ => {}
        }
    }
}

/// Moves the cursor, erases, inserts, deletes, scrolls.
fn change(screen: &mut Screen, last: u8, first: usize, second: usize) {
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
        b'X' => screen.erase_chars(count),
        b'@' => screen.insert_chars(count),
        b'P' => screen.delete_chars(count),
        b'L' => screen.insert_lines(count),
        b'M' => screen.delete_lines(count),
        b'g' if first == 0 => screen.set_stop(false),
        b'g' if first == 3 => screen.clear_stops(),
        b'r' => screen.set_scrolling(count - 1, if second == 0 { lines } else { second }),
        b's' => screen.save_cur(),
        b'u' => screen.restore_cur(),
        _ => {}
    }
}

/// `ESC [ h` and `ESC [ l`, for one parameter.
fn set_mode(screen: &mut Screen, is_private: bool, mode: usize, on: bool) {
    match (is_private, mode) {
        (false, 4) => screen.modes.insert = on,
        (true, 5) => screen.set_reversed(on),
        (true, 6) => screen.set_origin_mode(on),
        (true, 7) => screen.modes.autowrap = on,
        (true, 25) => screen.modes.cursor_visible = on,
        _ => {}
    }
}

/// `ESC [ c` and `ESC [ n`: questions.
fn report(screen: &Screen, last: u8, what: usize, response: &mut Response) {
    match (last, what) {
        (b'c', 0) => response.add(DEVICE_ATTRIBUTES),
        (b'n', 5) => response.add(STATUS_GOOD),
        (b'n', 6) => {
            let (x, y) = screen.position();
            let (_, columns) = screen.size();
            response.add_position(y + 1, (x + 1).min(columns));
        }
        _ => {}
    }
}

#[inline(always)]
fn is_control(byte: u8) -> bool {
    byte < b' ' || byte == 127
}
