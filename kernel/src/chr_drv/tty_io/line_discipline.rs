// SPDX-License-Identifier: GPL-2.0-or-later
//! What lies between a program and a terminal: input is echoed, edited and
//! made into lines, output is prepared for the device, as the [`Termios`] say
//! (0.11: `copy_to_cooked`, the inner loops of `tty_read` and `tty_write`).
//!
//! Nothing here sleeps or touches a device. Each typed byte goes to
//! [`LineDiscipline::receive`], which says by an [`Event`] what is to be done
//! about it; a reader gets what is ready by [`LineDiscipline::take`]; a writer
//! gives [`LineDiscipline::write`] bytes that go to a [`Sink`].
//!
//! Bytes are cooked as they come: there is no queue of raw ones, as 0.11 has,
//! in which a ^C could be stuck behind input that nobody reads.

mod edit;
mod output;
#[cfg(test)]
mod tests;

use super::queue::Queue;
use lib::signal::Signal;
use lib::termios::{
    ControlFlags, InputFlags, LocalFlags, NCCS, OutputFlags, Termios, VEOF, VERASE, VINTR, VKILL,
    VLNEXT, VMIN, VQUIT, VREPRINT, VSTART, VSTOP, VSUSP, VTIME, VWERASE,
};

/// Where output goes: a screen, or the queue of a serial line.
pub trait Sink {
    /// Bytes that it takes now.
    fn room(&self) -> usize;
    /// Takes bytes, no more than there is room for.
    fn put(&mut self, bytes: &[u8]);
    /// Throws away what has not reached the device yet.
    fn discard(&mut self);
}

/// What a typed byte asks for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Event {
    /// To be sent to the process group in front.
    pub signal: Option<Signal>,
    /// There is something to read now.
    pub readable: bool,
    /// Output was started again.
    pub started: bool,
}

impl Event {
    const NONE: Event = Event {
        signal: None,
        readable: false,
        started: false,
    };
    const READABLE: Event = Event {
        readable: true,
        ..Event::NONE
    };
}

/// What [`LineDiscipline::take`] took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Bytes stored.
    pub count: usize,
    /// Whether a line ended with them, or the input.
    pub end: bool,
}

/// Input waiting to be read: a byte and whether it ends a line.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
struct Cooked(u16);

impl Cooked {
    /// It ends a line.
    const END: u16 = 0x100;
    /// It ends a line and is not itself read: end of file.
    const EOF: u16 = 0x300;

    const fn new(byte: u8, mark: u16) -> Cooked {
        Cooked(byte as u16 | mark)
    }

    const fn byte(self) -> u8 {
        self.0 as u8
    }

    const fn is_end(self) -> bool {
        self.0 & Self::END != 0
    }

    const fn is_eof(self) -> bool {
        self.0 & Self::EOF == Self::EOF
    }
}

/// Bytes of input that can wait to be read.
const COOKED_SIZE: usize = 4096;
/// Columns between tab stops.
const TAB: usize = 8;

/// The state of a terminal as its line discipline sees it.
pub struct LineDiscipline {
    /// The settings.
    pub termios: Termios,
    /// Output was stopped by ^S.
    pub stopped: bool,
    cooked: Queue<Cooked, COOKED_SIZE>,
    /// Line ends in `cooked`.
    lines: usize,
    /// The column that output has reached.
    column: usize,
    /// The column where the line that is being typed began.
    line_column: usize,
    /// The next byte is taken as it is: ^V was typed.
    literal: bool,
}

const fn control(letter: u8) -> u8 {
    letter & 0x1F
}

/// The special characters at the start (0.11: `INIT_C_CC`, but ^Z instead of
/// ^Y suspends).
const INIT_C_CC: [u8; NCCS] = {
    let mut characters = [0; NCCS];
    characters[VINTR] = control(b'C');
    characters[VQUIT] = control(b'\\');
    characters[VERASE] = 127;
    characters[VKILL] = control(b'U');
    characters[VEOF] = control(b'D');
    characters[VMIN] = 1;
    characters[VSTART] = control(b'Q');
    characters[VSTOP] = control(b'S');
    characters[VSUSP] = control(b'Z');
    characters[VREPRINT] = control(b'R');
    characters[VWERASE] = control(b'W');
    characters[VLNEXT] = control(b'V');
    characters
};

impl LineDiscipline {
    /// Settings for a person at the terminal; `speed` is a number of `CBAUD`.
    pub const fn new(speed: u32) -> LineDiscipline {
        LineDiscipline {
            termios: Termios {
                c_iflag: InputFlags::ICRNL.union(InputFlags::IXON),
                c_oflag: OutputFlags::OPOST.union(OutputFlags::ONLCR),
                c_cflag: ControlFlags::CS8
                    .union(ControlFlags::CREAD)
                    .union(ControlFlags::CLOCAL)
                    .union(ControlFlags::from_bits_retain(speed)),
                c_lflag: LocalFlags::ISIG
                    .union(LocalFlags::ICANON)
                    .union(LocalFlags::ECHO)
                    .union(LocalFlags::ECHOE)
                    .union(LocalFlags::ECHOK)
                    .union(LocalFlags::ECHOCTL)
                    .union(LocalFlags::ECHOKE)
                    .union(LocalFlags::IEXTEN),
                c_line: 0,
                c_cc: INIT_C_CC,
                pad: 0,
            },
            stopped: false,
            cooked: Queue::new(Cooked(0)),
            lines: 0,
            column: 0,
            line_column: 0,
            literal: false,
        }
    }

    fn input(&self, flag: InputFlags) -> bool {
        self.termios.c_iflag.contains(flag)
    }

    fn output(&self, flag: OutputFlags) -> bool {
        self.termios.c_oflag.contains(flag)
    }

    fn local(&self, flag: LocalFlags) -> bool {
        self.termios.c_lflag.contains(flag)
    }

    /// Whether `byte` is the special character `index`; 0 switches one off.
    fn is_special(&self, byte: u8, index: usize) -> bool {
        byte != 0 && self.termios.c_cc[index] == byte
    }

    /// As [`LineDiscipline::is_special`] for those that 0.11 names but does
    /// not know.
    fn is_extended(&self, byte: u8, index: usize) -> bool {
        self.local(LocalFlags::IEXTEN) && self.is_special(byte, index)
    }

    /// Whether input comes by lines.
    pub fn is_canonical(&self) -> bool {
        self.local(LocalFlags::ICANON)
    }

    /// When reading is not by lines: bytes to wait for, and tenths of a second.
    pub fn min_and_time(&self) -> (usize, u32) {
        (
            usize::from(self.termios.c_cc[VMIN]),
            u32::from(self.termios.c_cc[VTIME]),
        )
    }

    /// A byte was typed. What is to be seen of that goes to `echo`.
    pub fn receive(&mut self, byte: u8, echo: &mut dyn Sink) -> Event {
        if core::mem::take(&mut self.literal) {
            return self.ordinary(byte, echo);
        }
        let Some(byte) = self.map_input(byte) else {
            return Event::NONE;
        };
        if self.input(InputFlags::IXON) {
            if self.is_special(byte, VSTART) {
                return Event {
                    started: self.start(),
                    ..Event::NONE
                };
            }
            if self.is_special(byte, VSTOP) {
                self.stopped = true;
                return Event::NONE;
            }
        }
        let started = self.input(InputFlags::IXANY) && self.start();
        let event = match self.signal_of(byte) {
            Some(signal) => self.interrupt(byte, signal, echo),
            None if self.is_canonical() => self.edit(byte, echo),
            None => self.ordinary(byte, echo),
        };
        Event {
            started: started || event.started,
            ..event
        }
    }

    /// Input translation; `None` if the byte is ignored.
    fn map_input(&self, byte: u8) -> Option<u8> {
        let byte = if self.input(InputFlags::ISTRIP) {
            byte & 0x7F
        } else {
            byte
        };
        match byte {
            b'\r' if self.input(InputFlags::IGNCR) => None,
            b'\r' if self.input(InputFlags::ICRNL) => Some(b'\n'),
            b'\n' if self.input(InputFlags::INLCR) => Some(b'\r'),
            _ if self.input(InputFlags::IUCLC) => Some(byte.to_ascii_lowercase()),
            _ => Some(byte),
        }
    }

    /// Starts output; says whether it was stopped.
    pub fn start(&mut self) -> bool {
        core::mem::take(&mut self.stopped)
    }

    fn signal_of(&self, byte: u8) -> Option<Signal> {
        if !self.local(LocalFlags::ISIG) {
            return None;
        }
        [
            (VINTR, Signal::SIGINT),
            (VQUIT, Signal::SIGQUIT),
            (VSUSP, Signal::SIGTSTP),
        ]
        .into_iter()
        .find_map(|(index, signal)| self.is_special(byte, index).then_some(signal))
    }

    fn interrupt(&mut self, byte: u8, signal: Signal, echo: &mut dyn Sink) -> Event {
        if !self.local(LocalFlags::NOFLSH) {
            self.flush_input();
            echo.discard();
        }
        let started = self.start();
        self.echo(byte, echo);
        Event {
            signal: Some(signal),
            readable: false,
            started,
        }
    }

    /// A byte that stands for itself. It leaves room for a line end, without
    /// which nobody could ever read what is there.
    fn ordinary(&mut self, byte: u8, echo: &mut dyn Sink) -> Event {
        if self.cooked.room() < 2 {
            self.refuse(echo);
            return Event::NONE;
        }
        if self.cooked.last().is_none_or(Cooked::is_end) {
            self.line_column = self.column;
        }
        self.echo(byte, echo);
        if byte == b'\n' {
            // It ends a line even if that is not of interest now.
            return self.end_line(Cooked::new(byte, Cooked::END), echo);
        }
        let stored = self.cooked.push(Cooked::new(byte, 0));
        Event {
            readable: stored && !self.is_canonical(),
            ..Event::NONE
        }
    }

    fn end_line(&mut self, end: Cooked, echo: &mut dyn Sink) -> Event {
        if !self.cooked.push(end) {
            self.refuse(echo);
            return Event::NONE;
        }
        self.lines += 1;
        Event::READABLE
    }

    /// There is no room: rings the bell for whoever is typing.
    fn refuse(&self, echo: &mut dyn Sink) {
        if self.local(LocalFlags::ECHO) {
            echo.put_if_room(b"\x07");
        }
    }

    /// Throws input away that was not read.
    pub fn flush_input(&mut self) {
        self.cooked.clear();
        self.lines = 0;
        self.literal = false;
    }

    /// Bytes that a reader could have now.
    pub fn readable(&self) -> usize {
        if self.is_canonical() && self.lines == 0 {
            0
        } else {
            self.cooked.len()
        }
    }

    /// Whether a read would not wait: without ICANON and VTIME it waits for
    /// VMIN bytes.
    pub fn has_input(&self) -> bool {
        let wanted = match self.min_and_time() {
            (minimum, 0) if !self.is_canonical() => minimum,
            _ => 1,
        };
        self.readable() >= wanted.max(1)
    }

    /// Takes what is readable, as much as `bytes` holds: in canonical mode up
    /// to the end of a line.
    pub fn take(&mut self, bytes: &mut [u8]) -> Taken {
        let canonical = self.is_canonical();
        let mut taken = Taken {
            count: 0,
            end: false,
        };
        if self.readable() == 0 {
            return taken;
        }
        while taken.count < bytes.len() && !taken.end {
            let Some(cooked) = self.pop() else { break };
            taken.end = canonical && cooked.is_end();
            if !(canonical && cooked.is_eof()) {
                bytes[taken.count] = cooked.byte();
                taken.count += 1;
            }
        }
        // An end of file right behind what was asked for belongs to it, or the
        // next read would seem to be at the end.
        if canonical
            && !taken.end
            && taken.count > 0
            && self.cooked.get(0).is_some_and(Cooked::is_eof)
        {
            self.pop();
            taken.end = true;
        }
        taken
    }

    fn pop(&mut self) -> Option<Cooked> {
        let cooked = self.cooked.pop()?;
        if cooked.is_end() {
            self.lines -= 1;
        }
        Some(cooked)
    }
}

impl dyn Sink + '_ {
    /// Takes the bytes, or none of them. Echo that does not fit is lost.
    fn put_if_room(&mut self, bytes: &[u8]) {
        if self.room() >= bytes.len() {
            self.put(bytes);
        }
    }
}

impl<const SIZE: usize> Sink for Queue<u8, SIZE> {
    fn room(&self) -> usize {
        self.room()
    }

    fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            // The caller has asked for room.
            let _ = self.push(byte);
        }
    }

    fn discard(&mut self) {
        self.clear();
    }
}
