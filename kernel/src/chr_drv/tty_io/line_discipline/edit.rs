// SPDX-License-Identifier: GPL-2.0-or-later
//! Echo, and editing the line that is being typed: erase, kill and their kin
//! (0.11: the middle of `copy_to_cooked`).

use super::{Cooked, Event, LineDiscipline, Sink, TAB};
use lib::termios::{
    InputFlags, LocalFlags, VDISCARD, VEOF, VEOL, VEOL2, VERASE, VKILL, VLNEXT, VREPRINT, VWERASE,
};

impl LineDiscipline {
    /// A byte that may change the line that is being typed, or end it.
    pub(super) fn edit(&mut self, byte: u8, echo: &mut dyn Sink) -> Event {
        if self.local(LocalFlags::PENDIN) {
            self.termios.c_lflag.remove(LocalFlags::PENDIN);
            self.show_line(echo);
        }
        let erases = self.is_special(byte, VERASE) || self.is_extended(byte, VWERASE);
        if !erases && core::mem::take(&mut self.shows_erased) {
            self.write(b"/", echo);
        }
        if self.is_extended(byte, VDISCARD) {
            self.termios.c_lflag.toggle(LocalFlags::FLUSHO);
            echo.discard();
            return Event::NONE;
        }
        // Whoever types on wants to see something again.
        self.termios.c_lflag.remove(LocalFlags::FLUSHO);
        if self.is_special(byte, VERASE) {
            self.erase(echo);
        } else if self.is_special(byte, VKILL) {
            self.kill(byte, echo);
        } else if self.is_extended(byte, VWERASE) {
            self.erase_word(echo);
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
        let is_escaped =
            is_on && byte.is_ascii_lowercase() && self.cooked.last() == Some(Cooked::new(b'\\', 0));
        is_escaped.then(|| {
            self.cooked.pop_last();
            byte.to_ascii_uppercase()
        })
    }

    /// Shows a typed byte.
    pub(super) fn echo(&mut self, byte: u8, echo: &mut dyn Sink) {
        if !self.local(LocalFlags::ECHO) {
            return;
        }
        if self.shows_with_caret(byte) {
            self.write(&[b'^', byte ^ 0x40], echo);
        } else {
            self.write(&[byte], echo);
        }
    }

    fn shows_with_caret(&self, byte: u8) -> bool {
        self.local(LocalFlags::ECHOCTL) && byte.is_ascii_control() && !matches!(byte, b'\n' | b'\t')
    }

    /// Takes back the byte typed last, if its line has not ended.
    fn unread(&mut self) -> Option<u8> {
        let last = self.cooked.last().filter(|last| !last.is_end())?;
        self.cooked.pop_last();
        Some(last.byte())
    }

    /// Erases a character, visibly, as 0.11 does with or without ECHOE.
    /// Returns it.
    fn erase(&mut self, echo: &mut dyn Sink) -> Option<u8> {
        let byte = self.unread()?;
        if self.local(LocalFlags::ECHO | LocalFlags::ECHOPRT) {
            if !core::mem::replace(&mut self.shows_erased, true) {
                self.write(b"\\", echo);
            }
            self.echo(byte, echo);
        } else if self.local(LocalFlags::ECHO) {
            let (columns, blot): (usize, &[u8]) = match byte {
                b'\t' => (
                    self.column.saturating_sub(self.typed_column()).min(TAB),
                    b"\x08",
                ),
                _ if self.shows_with_caret(byte) => (2, b"\x08 \x08"),
                _ if byte.is_ascii_control() => (0, b""),
                _ => (1, b"\x08 \x08"),
            };
            for _ in 0..columns {
                echo.put_if_room(blot);
            }
            self.column = self.column.saturating_sub(columns);
        }
        Some(byte)
    }

    /// The column behind the line as it is typed so far.
    fn typed_column(&self) -> usize {
        let length = (0..self.cooked.len())
            .rev()
            .take_while(|&index| {
                self.cooked
                    .get(index)
                    .is_some_and(|cooked| !cooked.is_end())
            })
            .count();
        (self.cooked.len() - length..self.cooked.len())
            .filter_map(|index| self.cooked.get(index))
            .fold(self.line_column, |column, cooked| match cooked.byte() {
                b'\t' => (column / TAB + 1) * TAB,
                byte if self.shows_with_caret(byte) => column + 2,
                byte if byte.is_ascii_control() => column,
                _ => column + 1,
            })
    }

    /// Erases the line that is being typed.
    fn kill(&mut self, byte: u8, echo: &mut dyn Sink) {
        if self.local(LocalFlags::ECHOKE) || !self.local(LocalFlags::ECHO) {
            while self.erase(echo).is_some() {}
            return;
        }
        while self.unread().is_some() {}
        self.echo(byte, echo);
        if self.local(LocalFlags::ECHOK) {
            self.write(b"\n", echo);
        }
    }

    /// Erases the last word and the blanks behind it.
    fn erase_word(&mut self, echo: &mut dyn Sink) {
        let is_blank = |byte: u8| matches!(byte, b' ' | b'\t');
        let mut in_word = false;
        while let Some(last) = self.cooked.last().filter(|last| !last.is_end()) {
            if in_word && is_blank(last.byte()) {
                break;
            }
            in_word |= !is_blank(last.byte());
            self.erase(echo);
        }
    }

    /// Shows the line again.
    fn reprint(&mut self, byte: u8, echo: &mut dyn Sink) {
        if !self.local(LocalFlags::ECHO) {
            return;
        }
        self.echo(byte, echo);
        self.show_line(echo);
    }

    /// Shows what is typed so far on a new line.
    fn show_line(&mut self, echo: &mut dyn Sink) {
        self.write(b"\n", echo);
        self.line_column = self.column;
        let mut start = self.cooked.len();
        while start > 0
            && self
                .cooked
                .get(start - 1)
                .is_some_and(|cooked| !cooked.is_end())
        {
            start -= 1;
        }
        for index in start..self.cooked.len() {
            if let Some(cooked) = self.cooked.get(index) {
                self.echo(cooked.byte(), echo);
            }
        }
    }
}
