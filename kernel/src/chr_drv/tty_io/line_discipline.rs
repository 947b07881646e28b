// SPDX-License-Identifier: GPL-2.0-or-later
//! The line discipline, between a program and a terminal. It echoes and edits input
//! and makes lines of it, and prepares output for the device, as the [`Termios`]
//! say (0.11: `copy_to_cooked`, the inner loops of `tty_read` and `tty_write`).
//!
//! Nothing here sleeps or touches a device. Each typed byte goes to
//! [`LineDiscipline::receive`], which says by an [`Event`] what is to be done
//! about it; a reader gets what is ready by [`LineDiscipline::take`]; a writer
//! gives [`LineDiscipline::write`] bytes that go to a [`Sink`].
//!
//! Bytes are cooked as they come: there is no queue of raw ones, as 0.11 has, in
//! which a ^C could be stuck behind input that nobody reads. But a byte may need
//! much work, as ^U on a long line does. Interrupt handlers call `receive`, so it
//! does only a piece of that. While [`LineDiscipline::is_busy`],
//! [`LineDiscipline::go_on`] is called for the next piece; bytes that are typed
//! meanwhile are held, except for signals and flow control.

mod edit;
mod output;
#[cfg(test)]
mod tests;

use crate::chr_drv::queue::Queue;
use crate::chr_drv::sink::Sink;
use abi::signal::Signal;
use abi::termios::{
    ControlFlags, InputFlags, LocalFlags, NCCS, OutputFlags, Termios, VDISCARD, VEOF, VERASE,
    VINTR, VKILL, VLNEXT, VMIN, VQUIT, VREPRINT, VSTART, VSTOP, VSUSP, VTIME, VWERASE,
};
use edit::Editing;

/// What a typed byte asks for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Event {
    /// Send this signal to the foreground process group.
    pub signal: Option<Signal>,
    /// There is something to read now.
    pub readable: bool,
    /// Output was started again.
    pub started: bool,
}

impl Event {
    /// For nothing.
    pub const NONE: Event = Event {
        signal: None,
        readable: false,
        started: false,
    };
    const READABLE: Event = Event {
        readable: true,
        ..Event::NONE
    };

    /// Combines what two bytes ask for; at most one of them sends a signal.
    pub fn and(self, other: Event) -> Event {
        Event {
            signal: self.signal.or(other.signal),
            readable: self.readable || other.readable,
            started: self.started || other.started,
        }
    }
}

/// What can be wrong with a byte that comes over a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineError {
    /// It is no byte: the line was held.
    Break,
    /// Wrong parity, or no stop bit.
    Parity,
}

/// What [`LineDiscipline::take`] took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Bytes stored.
    pub count: usize,
    /// Whether a line ended with them, or the input.
    pub end: bool,
    /// Whether the driver is to tell the other side that it may go on sending.
    pub unthrottled: bool,
}

impl Taken {
    /// Nothing was there.
    pub const NOTHING: Taken = Taken {
        count: 0,
        end: false,
        unthrottled: false,
    };
}

/// Input waiting to be read: a byte, whether it ends a line, and how many
/// columns it takes on the screen.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
struct Cooked(u16);

impl Cooked {
    /// It ends a line.
    const END: u16 = 0x100;
    /// It ends a line and is not itself read: end of file.
    const EOF: u16 = 0x300;
    /// The columns are the bits from here up; a tab takes most.
    const COLUMNS_SHIFT: u32 = 12;
    const MOST_COLUMNS: usize = 15;

    const fn new(byte: u8, mark: u16) -> Cooked {
        Cooked(byte as u16 | mark)
    }

    /// As it is, but taking so many columns.
    fn with_columns(self, columns: usize) -> Cooked {
        let rest = self.0 & ((1 << Self::COLUMNS_SHIFT) - 1);
        Cooked(rest | (columns.min(Self::MOST_COLUMNS) as u16) << Self::COLUMNS_SHIFT)
    }

    fn columns(self) -> usize {
        usize::from(self.0 >> Self::COLUMNS_SHIFT)
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
/// With this many bytes the other side is asked to stop, and with this few to go
/// on.
const THROTTLE: usize = COOKED_SIZE / 4 * 3;
const RELEASE: usize = COOKED_SIZE / 4;
/// Bytes that can be held while a line is edited.
const HELD_SIZE: usize = 256;
/// Columns between tab stops.
const TAB: usize = 8;

/// The state of a terminal as its line discipline sees it.
pub struct LineDiscipline {
    /// The settings.
    pub termios: Termios,
    /// Output was stopped by ^S.
    pub stopped: bool,
    /// Input has almost no room: the other side is asked to stop sending.
    pub throttled: bool,
    /// A byte for flow control, to be sent before all others even if output is
    /// stopped.
    pub x_char: Option<u8>,
    cooked: Queue<Cooked, COOKED_SIZE>,
    /// Line ends in `cooked`.
    lines: usize,
    /// What is behind the last of them: the line that is being typed.
    typed: usize,
    /// What is still to be done to that line.
    editing: Option<Editing>,
    /// What was typed since then.
    held: Queue<u8, HELD_SIZE>,
    /// The column that output has reached.
    column: usize,
    /// The next byte is taken as it is: ^V was typed.
    literal: bool,
    /// With ECHOPRT: what is erased is being shown.
    shows_erased: bool,
}

/// With PARMRK: what follows is a zero and a byte with an error, or another of
/// these, which is then only a byte.
const MARK: u8 = 0xFF;

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
    characters[VDISCARD] = control(b'O');
    characters[VWERASE] = control(b'W');
    characters[VLNEXT] = control(b'V');
    characters
};

impl LineDiscipline {
    /// Without settings: see [`LineDiscipline::set_defaults`]. It is all zeros, so that
    /// it takes no room in the kernel's file.
    pub const fn new() -> LineDiscipline {
        LineDiscipline {
            termios: Termios {
                c_iflag: InputFlags::empty(),
                c_oflag: OutputFlags::empty(),
                c_cflag: ControlFlags::empty(),
                c_lflag: LocalFlags::empty(),
                c_line: 0,
                c_cc: [0; NCCS],
                pad: 0,
            },
            stopped: false,
            throttled: false,
            x_char: None,
            cooked: Queue::new(Cooked(0)),
            lines: 0,
            typed: 0,
            editing: None,
            held: Queue::new(0),
            column: 0,
            literal: false,
            shows_erased: false,
        }
    }

    /// Settings for a person at the terminal; `speed` is a number of `CBAUD`.
    pub fn set_defaults(&mut self, speed: u32) {
        self.termios = Termios {
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
        };
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

    /// Takes a byte that was typed, and writes its echo to `echo`.
    pub fn receive(&mut self, byte: u8, echo: &mut dyn Sink) -> Event {
        if self.is_urgent(byte) {
            return self.receive_now(byte, echo);
        }
        if !self.is_busy() {
            self.show_pending(echo);
        }
        if !self.is_busy() {
            return self.receive_now(byte, echo);
        }
        if !self.held.push(byte) {
            self.refuse(echo);
        }
        Event::NONE
    }

    /// Whether [`LineDiscipline::go_on`] has something to do.
    pub fn is_busy(&self) -> bool {
        self.editing.is_some() || !self.held.is_empty()
    }

    /// Does the next piece of what a byte has asked for, or looks at a byte that
    /// was held.
    pub fn go_on(&mut self, echo: &mut dyn Sink) -> Event {
        self.edit_on(echo);
        if self.editing.is_none() {
            self.show_pending(echo);
        }
        if self.editing.is_none()
            && let Some(byte) = self.held.pop()
        {
            return self.receive_now(byte, echo);
        }
        Event::NONE
    }

    /// Whether a byte means something before those that are held.
    fn is_urgent(&self, byte: u8) -> bool {
        let is_flow = |byte| self.is_special(byte, VSTART) || self.is_special(byte, VSTOP);
        self.map_input(byte).is_some_and(|byte| {
            self.signal_of(byte).is_some() || (self.input(InputFlags::IXON) && is_flow(byte))
        })
    }

    fn receive_now(&mut self, byte: u8, echo: &mut dyn Sink) -> Event {
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
            Some(signal) => {
                let event = self.interrupt(signal, echo);
                self.echo(byte, echo);
                event
            }
            // Two mean one: a single one marks an error.
            None if byte == MARK && self.marks_errors() => self.store(&[MARK; 2], echo),
            None if self.is_canonical() => self.edit(byte, echo),
            None => self.ordinary(byte, echo),
        };
        Event {
            started: started || event.started,
            ..event
        }
    }

    /// A byte came over the line with an error.
    pub fn receive_bad(&mut self, byte: u8, error: LineError, echo: &mut dyn Sink) -> Event {
        match error {
            LineError::Break if self.input(InputFlags::IGNBRK) => Event::NONE,
            LineError::Break if self.input(InputFlags::BRKINT) => {
                self.interrupt(Signal::SIGINT, echo)
            }
            _ if self.is_busy() => {
                self.refuse(echo);
                Event::NONE
            }
            LineError::Parity if !self.input(InputFlags::INPCK) => self.receive(byte, echo),
            LineError::Parity if self.input(InputFlags::IGNPAR) => Event::NONE,
            LineError::Break if self.input(InputFlags::PARMRK) => self.store(&[MARK, 0, 0], echo),
            LineError::Parity if self.input(InputFlags::PARMRK) => {
                self.store(&[MARK, 0, byte], echo)
            }
            _ => self.ordinary(0, echo),
        }
    }

    /// Whether a byte 0xFF of input is doubled: with PARMRK a single one marks
    /// an error, and with ISTRIP there is none.
    fn marks_errors(&self) -> bool {
        self.input(InputFlags::PARMRK) && !self.input(InputFlags::ISTRIP)
    }

    /// Bytes that stand for themselves.
    fn store(&mut self, bytes: &[u8], echo: &mut dyn Sink) -> Event {
        bytes.iter().fold(Event::NONE, |event, &byte| {
            event.and(self.ordinary(byte, echo))
        })
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

    /// Starts output; returns whether it was stopped.
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

    fn interrupt(&mut self, signal: Signal, echo: &mut dyn Sink) -> Event {
        if !self.local(LocalFlags::NOFLSH) {
            self.flush_input();
            echo.discard();
        }
        Event {
            signal: Some(signal),
            readable: false,
            started: self.start(),
        }
    }

    /// Adds a byte that stands for itself. It leaves room for a line end, without
    /// which the line could never be read.
    fn ordinary(&mut self, byte: u8, echo: &mut dyn Sink) -> Event {
        if self.cooked.room() < 2 {
            self.refuse(echo);
            return Event::NONE;
        }
        let columns = self.echo(byte, echo);
        if byte == b'\n' {
            // It ends a line even if that is not of interest now.
            return self.end_line(Cooked::new(byte, Cooked::END), echo);
        }
        let cooked = Cooked::new(byte, 0).with_columns(columns);
        let stored = self.cooked.push(cooked);
        self.typed += usize::from(stored);
        self.throttle();
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
        self.typed = 0;
        self.throttle();
        Event::READABLE
    }

    /// Asks the other side to stop when the queue is almost full, as IXOFF and
    /// CRTSCTS want it.
    fn throttle(&mut self) {
        let by_character = self.input(InputFlags::IXOFF);
        let by_line = self.termios.c_cflag.contains(ControlFlags::CRTSCTS);
        if self.cooked.len() >= THROTTLE && !self.throttled && (by_character || by_line) {
            self.throttled = true;
            if by_character {
                self.send_special(VSTOP);
            }
        }
    }

    /// Asks the other side to go on, if it was asked to stop; returns whether it
    /// was.
    pub fn unthrottle(&mut self) -> bool {
        let was_throttled = core::mem::take(&mut self.throttled);
        if was_throttled && self.input(InputFlags::IXOFF) {
            self.send_special(VSTART);
        }
        was_throttled
    }

    /// Sends a special character to the other side, unless it is switched off.
    pub fn send_special(&mut self, index: usize) {
        let byte = self.termios.c_cc[index];
        if byte != 0 {
            self.x_char = Some(byte);
        }
    }

    /// Rings the bell, because there is no room for what is typed.
    fn refuse(&self, echo: &mut dyn Sink) {
        if self.local(LocalFlags::ECHO) {
            echo.put_if_room(b"\x07");
        }
    }

    /// Throws input away that was not read.
    pub fn flush_input(&mut self) {
        self.cooked.clear();
        self.lines = 0;
        self.typed = 0;
        self.editing = None;
        self.held.clear();
        self.literal = false;
        self.unthrottle();
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
        let mut taken = Taken::NOTHING;
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
        // An end of file right after the bytes belongs to them, or the next read
        // would seem to be at the end.
        if canonical
            && !taken.end
            && taken.count > 0
            && self.cooked.get(0).is_some_and(Cooked::is_eof)
        {
            self.pop();
            taken.end = true;
        }
        if self.cooked.len() <= RELEASE {
            taken.unthrottled = self.unthrottle();
        }
        taken
    }

    fn pop(&mut self) -> Option<Cooked> {
        let cooked = self.cooked.pop()?;
        if cooked.is_end() {
            self.lines -= 1;
        }
        // Without ICANON a line that has not ended is read, too.
        self.typed = self.typed.min(self.cooked.len());
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
