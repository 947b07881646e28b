// SPDX-License-Identifier: GPL-2.0-or-later
//! Echo, and editing the line that is being typed: erase, kill and the like (0.11:
//! the middle of `copy_to_cooked`).

use super::{Cooked, Event, LineDiscipline, Sink, TAB};
use abi::termios::{
    InputFlags, LocalFlags, VDISCARD, VEOF, VEOL, VEOL2, VERASE, VKILL, VLNEXT, VREPRINT, VWERASE,
};

/// The most bytes of a line that are erased or shown at a time, with interrupts
/// masked: on a screen each costs up to 600 instructions.
const PIECE: usize = 24;

/// The work on a line that is done piece by piece. The numbers begin with 1, so that 0 is
/// left for no work: the terminals are all zeros at first.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Editing {
    /// It is erased.
    Kill = 1,
    /// Its last word is erased, and the blanks behind it.
    EraseWord {
        /// They are erased already.
        in_word: bool,
    },
    /// It is shown again.
    Show {
        /// Bytes at its end that are not yet.
        left: usize,
    },
}

impl LineDiscipline {
    /// A byte that may change the line that is being typed, or end it.
    pub(super) fn edit(&mut self, byte: u8, echo: &mut dyn Sink) -> Event {
        let erases = self.is_special(byte, VERASE) || self.is_extended(byte, VWERASE);
        if !erases && core::mem::take(&mut self.shows_erased) {
            self.write(b"/", echo);
        }
        if self.is_extended(byte, VDISCARD) {
            self.termios.c_lflag.toggle(LocalFlags::FLUSHO);
            echo.discard();
            return Event::NONE;
        }
        // The user who types on wants to see the echo again.
        self.termios.c_lflag.remove(LocalFlags::FLUSHO);
        if self.is_special(byte, VERASE) {
            self.erase(echo);
        } else if self.is_special(byte, VKILL) {
            self.kill(byte, echo);
        } else if self.is_extended(byte, VWERASE) {
            self.begin(Editing::EraseWord { in_word: false }, echo);
        } else if self.is_extended(byte, VREPRINT) {
            self.reprint(byte, echo);
        } else if self.is_extended(byte, VLNEXT) {
            self.literal = true;
            if self.local(LocalFlags::ECHO) && self.local(LocalFlags::ECHOCTL) {
                echo.put_if_room(b"^\x08");
            }
        } else if self.is_special(byte, VEOF) {
            return self.end_line(Cooked::new(byte, Cooked::EOF), echo);
        } else if byte == b'\n' || self.is_special(byte, VEOL) || self.is_extended(byte, VEOL2) {
            if byte == b'\n' && self.local(LocalFlags::ECHONL) && !self.local(LocalFlags::ECHO) {
                self.write(b"\n", echo);
            }
            self.echo(byte, echo);
            return self.end_line(Cooked::new(byte, Cooked::END), echo);
        } else {
            let byte = self.capital(byte).unwrap_or(byte);
            self.ordinary(byte, echo);
        }
        Event::NONE
    }

    /// With XCASE and IUCLC: a letter behind a backslash, which is taken away,
    /// is a capital.
    fn capital(&mut self, byte: u8) -> Option<u8> {
        let is_on = self.local(LocalFlags::XCASE) && self.input(InputFlags::IUCLC);
        let is_escaped = is_on
            && byte.is_ascii_lowercase()
            && self.last_typed().map(Cooked::byte) == Some(b'\\');
        is_escaped.then(|| {
            self.unread();
            byte.to_ascii_uppercase()
        })
    }

    /// Shows a typed byte. Returns how many columns that took.
    pub(super) fn echo(&mut self, byte: u8, echo: &mut dyn Sink) -> usize {
        let before = self.column;
        if !self.local(LocalFlags::ECHO) {
            return 0;
        }
        if self.shows_with_caret(byte) {
            self.write(&[b'^', byte ^ 0x40], echo);
        } else {
            self.write(&[byte], echo);
        }
        self.column.saturating_sub(before)
    }

    fn shows_with_caret(&self, byte: u8) -> bool {
        self.local(LocalFlags::ECHOCTL) && byte.is_ascii_control() && !matches!(byte, b'\n' | b'\t')
    }

    /// The byte that was typed last, if its line has not ended.
    fn last_typed(&self) -> Option<Cooked> {
        self.cooked.last().filter(|_| self.typed > 0)
    }

    /// Takes it back.
    fn unread(&mut self) -> Option<Cooked> {
        let last = self.last_typed()?;
        self.cooked.truncate(1);
        self.typed -= 1;
        Some(last)
    }

    /// Erases a character, visibly, as 0.11 does with or without ECHOE. False
    /// if there is none.
    fn erase(&mut self, echo: &mut dyn Sink) -> bool {
        let Some(erased) = self.unread() else {
            return false;
        };
        let byte = erased.byte();
        if self.local(LocalFlags::ECHO | LocalFlags::ECHOPRT) {
            if !core::mem::replace(&mut self.shows_erased, true) {
                self.write(b"\\", echo);
            }
            self.echo(byte, echo);
        } else if self.local(LocalFlags::ECHO) {
            let columns = erased.columns();
            match byte {
                // It has no visible echo.
                b'\t' => echo.put_if_room(&[b'\x08'; TAB][..columns.min(TAB)]),
                _ => (0..columns).for_each(|_| echo.put_if_room(b"\x08 \x08")),
            }
            self.column = self.column.saturating_sub(columns);
        }
        true
    }

    /// Erases the line that is being typed.
    fn kill(&mut self, byte: u8, echo: &mut dyn Sink) {
        if self.local(LocalFlags::ECHO | LocalFlags::ECHOKE) {
            return self.begin(Editing::Kill, echo);
        }
        self.cooked.truncate(self.typed);
        self.typed = 0;
        if self.local(LocalFlags::ECHO) {
            self.echo(byte, echo);
            if self.local(LocalFlags::ECHOK) {
                self.write(b"\n", echo);
            }
        }
    }

    fn begin(&mut self, editing: Editing, echo: &mut dyn Sink) {
        self.editing = Some(editing);
        self.edit_on(echo);
    }

    /// Edits the next piece of the line, if there is something left to do.
    pub(super) fn edit_on(&mut self, echo: &mut dyn Sink) {
        for _ in 0..PIECE {
            self.editing = match self.editing {
                None => return,
                Some(Editing::Kill) => self.erase(echo).then_some(Editing::Kill),
                Some(Editing::EraseWord { in_word }) => self.erase_of_word(in_word, echo),
                Some(Editing::Show { left }) => self.show(left, echo),
            };
        }
    }

    /// Erases a character of the last word, or a blank behind it. Returns what
    /// is to be done next.
    fn erase_of_word(&mut self, in_word: bool, echo: &mut dyn Sink) -> Option<Editing> {
        let is_blank = matches!(self.last_typed()?.byte(), b' ' | b'\t');
        if in_word && is_blank {
            return None;
        }
        self.erase(echo);
        Some(Editing::EraseWord { in_word: !is_blank })
    }

    /// Shows the line again.
    fn reprint(&mut self, byte: u8, echo: &mut dyn Sink) {
        if !self.local(LocalFlags::ECHO) {
            return;
        }
        self.echo(byte, echo);
        self.show_line(echo);
    }

    /// With PENDIN, before the next byte: shows the line again.
    pub(super) fn show_pending(&mut self, echo: &mut dyn Sink) {
        if self.is_canonical() && self.local(LocalFlags::PENDIN) {
            self.termios.c_lflag.remove(LocalFlags::PENDIN);
            self.show_line(echo);
        }
    }

    /// Shows what is typed so far on a new line.
    fn show_line(&mut self, echo: &mut dyn Sink) {
        self.write(b"\n", echo);
        self.begin(Editing::Show { left: self.typed }, echo);
    }

    /// Shows one of the last bytes of the line. Returns what is to be done next.
    fn show(&mut self, left: usize, echo: &mut dyn Sink) -> Option<Editing> {
        // Some of it may have been read meanwhile.
        let left = left.min(self.typed);
        let index = self.cooked.len() - left;
        let cooked = self.cooked.get(index)?;
        let columns = self.echo(cooked.byte(), echo);
        self.cooked.set(index, cooked.with_columns(columns));
        Some(Editing::Show { left: left - 1 })
    }
}
