// SPDX-License-Identifier: GPL-2.0-or-later
//! The screen: text modes of VGA, EGA, CGA and MDA adapters, and the beep
//! (0.11: `kernel/chr_drv/console.c`).
//!
//! [`con_init`] comes first, as soon as the kernel runs, so that messages are
//! seen. A terminal writes by [`con_write`], the kernel by [`write_message`];
//! both change the [`Screen`] through the escape sequences of [`Parser`] and
//! then tell the adapter where the picture starts and where the cursor is.
//!
//! Text memory is ordinary memory that the adapter reads as well, so it is
//! written by ordinary stores; they are done when the lock is released.

mod escape;
mod screen;

use super::tty_io::Sink;
use crate::sched::HZ;
use crate::setup_data::{self, ScreenInfo};
use core::slice;
use escape::Parser;
pub use escape::{Effects, RESPONSE};
use lib::asm::io::{inb_p, outb, outb_p};
use lib::lock::{IrqLock, IrqLockGuard, Word};
use screen::{Cell, Screen};

/// The BIOS's number of the monochrome text mode (IBM BIOS, INT 10h).
const MONOCHROME_MODE: u8 = 7;
/// Where the BIOS says, in BL, that there is no EGA or VGA (INT 10h, AH=12h).
const NO_EGA: u8 = 0x10;
/// Lines of all text modes that the BIOS starts in.
const LINES: usize = 25;
/// Columns if the BIOS tells nonsense.
const DEFAULT_COLUMNS: usize = 80;

static CONSOLE: IrqLock<Option<Console>> = IrqLock::new(None);

/// A console: a screen, what is known of its escape sequences, its adapter.
struct Console {
    screen: Screen<'static>,
    parser: Parser,
    adapter: Adapter,
}

/// The CRT controller, a 6845 or what behaves like it: a register is chosen
/// at `index` and reached at `index + 1`.
struct Adapter {
    index: u16,
    /// It is an EGA or VGA.
    has_sequencer: bool,
    /// What was last written, as cells from the start of the memory.
    origin: usize,
    cursor: usize,
}

impl Adapter {
    /// Registers (IBM VGA, CRT controller): high bytes, the low ones follow.
    const START_ADDRESS: u8 = 0x0C;
    const CURSOR_LOCATION: u8 = 0x0E;

    /// Writes a pair of registers.
    fn write(&self, register: u8, value: usize) {
        let [low, high, ..] = value.to_le_bytes();
        for (register, byte) in [(register, high), (register + 1, low)] {
            // SAFETY: the adapter is this module's, and these registers only
            // say which part of its own memory it shows.
            unsafe {
                outb(register, self.index);
                outb(byte, self.index + 1);
            }
        }
    }

    /// Shows the picture from cell `origin` on (0.11: `set_origin`).
    fn set_origin(&mut self, origin: usize) {
        if self.origin != origin {
            self.origin = origin;
            self.write(Self::START_ADDRESS, origin);
            self.select_font();
        }
    }

    /// Selects the font that is selected already. That changes nothing, but
    /// Bochs, when it shows the screen in a terminal, draws otherwise only what
    /// has changed in memory, and not what has moved.
    fn select_font(&self) {
        const SEQUENCER: u16 = 0x3C4;
        const CHARACTER_MAP_SELECT: u8 = 3;
        if self.has_sequencer {
            // SAFETY: as in `write`; the BIOS has put its font into map 0.
            unsafe {
                outb(CHARACTER_MAP_SELECT, SEQUENCER);
                outb(0, SEQUENCER + 1);
            }
        }
    }

    /// Shows the cursor in a cell (0.11: `set_cursor`).
    fn set_cursor(&mut self, cursor: usize) {
        if self.cursor != cursor {
            self.cursor = cursor;
            self.write(Self::CURSOR_LOCATION, cursor);
        }
    }
}

impl Console {
    fn write(&mut self, bytes: &[u8]) -> Effects {
        self.parser.write(&mut self.screen, bytes)
    }

    fn show(&mut self) {
        self.adapter.set_origin(self.screen.origin());
        self.adapter.set_cursor(self.screen.shown_cursor());
    }
}

/// Finds the adapter and takes over what the BIOS left on the screen. Only the
/// first call does anything.
pub fn con_init() {
    if CONSOLE.lock().is_some() {
        return;
    }
    let info = setup_data::screen_info();
    let monochrome = info.mode == MONOCHROME_MODE;
    let columns = match usize::from(info.columns) {
        0 => DEFAULT_COLUMNS,
        columns => columns,
    };
    let Some(mut screen) = Screen::new(text_memory(&info), columns, LINES) else {
        return;
    };
    screen.gotoxy(usize::from(info.cursor_x), usize::from(info.cursor_y));
    let index = if monochrome { 0x3B4 } else { 0x3D4 };
    let mut console = Console {
        screen,
        parser: Parser::new(),
        adapter: Adapter {
            index,
            has_sequencer: has_ega(&info),
            origin: usize::MAX,
            cursor: usize::MAX,
        },
    };
    console.show();
    *CONSOLE.lock() = Some(console);
}

fn has_ega(info: &ScreenInfo) -> bool {
    info.ega_bx as u8 != NO_EGA
}

/// The text memory of the adapter. EGA and VGA can start the picture anywhere
/// in all of it; for the others only one picture is used.
fn text_memory(info: &ScreenInfo) -> &'static mut [Cell] {
    let monochrome = info.mode == MONOCHROME_MODE;
    let address: usize = if monochrome { 0xB_0000 } else { 0xB_8000 };
    let bytes = if has_ega(info) {
        0x8000
    } else {
        2 * DEFAULT_COLUMNS * LINES
    };
    // SAFETY: this is the adapter's memory, mapped at its own address; nobody
    // else uses it, and `con_init` asks for it once.
    unsafe { slice::from_raw_parts_mut(address as *mut Cell, bytes / size_of::<Cell>()) }
}

/// Lines and columns.
pub fn size() -> (usize, usize) {
    CONSOLE
        .lock()
        .as_ref()
        .map_or((LINES, DEFAULT_COLUMNS), |console| console.screen.size())
}

/// Cells that a piece of a program's output may copy and clear before
/// interrupts are taken again: two screens.
pub const MOST_WORK: usize = 2 * DEFAULT_COLUMNS * LINES;

/// The console as the sink of a terminal's output (0.11: `con_write`). It is
/// held until [`Output::finish`].
pub struct Output {
    console: IrqLockGuard<'static, Option<Console>>,
    effects: Effects,
    budget: usize,
}

impl Output {
    /// Takes the console. When `budget` cells have been copied or cleared, it
    /// has no more room.
    pub fn new(budget: usize) -> Output {
        Output {
            console: CONSOLE.lock(),
            effects: Effects::default(),
            budget,
        }
    }

    /// Shows the result and gives the console back. Says what else the output
    /// asked for; the bell is rung already.
    pub fn finish(mut self) -> Effects {
        if let Some(console) = self.console.as_mut() {
            console.show();
        }
        if self.effects.bell {
            sysbeep();
        }
        self.effects
    }
}

impl Sink for Output {
    fn room(&self) -> usize {
        if self.budget == 0 { 0 } else { usize::MAX }
    }

    fn put(&mut self, bytes: &[u8]) {
        if let Some(console) = self.console.as_mut() {
            let effects = console.write(bytes);
            self.effects.bell |= effects.bell;
            self.effects.response |= effects.response;
            self.budget = self.budget.saturating_sub(console.screen.take_work());
        }
    }

    /// Nothing waits: what was put is on the screen.
    fn discard(&mut self) {}
}

/// A message of the kernel: as text, but a newline returns the carriage too.
pub fn write_message(message: &[u8]) {
    write_lines(CONSOLE.lock().as_mut(), message);
}

/// As [`write_message`], but if the console is in use just now, does nothing
/// instead of waiting for ever.
pub fn write_panic(message: &[u8]) {
    if let Some(mut console) = CONSOLE.try_lock() {
        write_lines(console.as_mut(), message);
    }
}

/// The messages are read by a parser of their own, so that no program can begin
/// a sequence that swallows one.
fn write_lines(console: Option<&mut Console>, message: &[u8]) {
    let Some(console) = console else { return };
    let mut parser = Parser::new();
    for line in message.split_inclusive(|&byte| byte == b'\n') {
        let (text, end): (_, &[u8]) = match line.strip_suffix(b"\n") {
            Some(text) => (text, b"\r\n"),
            None => (line, b""),
        };
        parser.write(&mut console.screen, text);
        parser.write(&mut console.screen, end);
    }
    console.show();
}

/// Ticks until the beep stops; 0 if there is none.
static BEEP_TICKS: Word = Word::new(0);
const BEEP_LENGTH: u32 = HZ / 8;

/// Rings the bell, an eighth of a second of 750 Hz (0.11: `sysbeep`).
///
/// Channel 2 of the timer drives the loudspeaker when both low bits of port
/// 61h are set (Intel 8254; IBM PC AT Technical Reference).
pub fn sysbeep() {
    const TIMER_HZ: u32 = 1_193_182;
    const PITCH: u32 = 750;
    const DIVISOR: [u8; 4] = (TIMER_HZ / PITCH).to_le_bytes();
    const SQUARE_WAVE_ON_2: u8 = 0xB6;
    // SAFETY: channel 2 and the loudspeaker are this module's alone.
    unsafe {
        outb_p(inb_p(LOUDSPEAKER) | 3, LOUDSPEAKER);
        outb_p(SQUARE_WAVE_ON_2, 0x43);
        outb_p(DIVISOR[0], 0x42);
        outb_p(DIVISOR[1], 0x42);
    }
    BEEP_TICKS.set(BEEP_LENGTH);
}

const LOUDSPEAKER: u16 = 0x61;

/// Each clock tick: stops the beep when it is over (0.11: `sysbeepstop`).
pub fn do_tick() {
    match BEEP_TICKS.get() {
        0 => {}
        1 => {
            BEEP_TICKS.set(0);
            // SAFETY: as in `sysbeep`.
            unsafe { outb_p(inb_p(LOUDSPEAKER) & !3, LOUDSPEAKER) };
        }
        left => BEEP_TICKS.set(left - 1),
    }
}
