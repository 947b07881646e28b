// SPDX-License-Identifier: GPL-2.0-or-later
//! The consoles: four screens in the text memory of a VGA, EGA, CGA or MDA adapter,
//! one of which is in front, and the beep (0.11: `kernel/chr_drv/console.c`, which
//! has one console).
//!
//! `main` calls [`con_init`] first, so that messages are seen. A terminal writes to
//! its console by [`Output`], the kernel to the one in front by [`write_message`];
//! both change a [`Screen`] through the escape sequences of [`Parser`]. If that
//! console is in front, the adapter then gets the start of the picture and the
//! position of the cursor. [`update_screen`] brings another console to the front:
//! it only gives the adapter another start.
//!
//! Text memory is ordinary memory that the adapter reads as well, so it is written
//! by ordinary stores. They are done when the lock is released.

mod beep;
mod escape;
mod screen;

use super::sink::Sink;
use crate::setup_data::{self, ScreenInfo};
use abi::limits::HZ;
use asm::io::{inb_p, outb, outb_p};
use beep::Beep;
use core::slice;
pub use escape::Effects;
use escape::Parser;
use screen::{Cell, Screen};
use sync::{IrqLock, IrqLockGuard};

/// How many consoles there are, if the adapter has memory for them.
pub const NR_CONSOLES: usize = 4;
/// The BIOS's number of the monochrome text mode (IBM BIOS, INT 10h).
const MONOCHROME_MODE: u8 = 7;
/// The value in BL by which the BIOS says that there is no EGA or VGA (INT 10h,
/// AH=12h).
const NO_EGA: u8 = 0x10;
/// Lines of all text modes that the BIOS starts in.
const LINES: usize = 25;
/// Columns if the BIOS's number makes no sense.
const DEFAULT_COLUMNS: usize = 80;

static CONSOLES: IrqLock<Option<Consoles>> = IrqLock::new(None);

/// All consoles and the adapter that shows one of them.
struct Consoles {
    /// The consoles that there is memory for come first.
    consoles: [Option<Console>; NR_CONSOLES],
    /// The one in front.
    fg_console: usize,
    adapter: Adapter,
}

/// A console: a screen, and what is known of its escape sequences.
struct Console {
    screen: Screen<'static>,
    parser: Parser,
    /// Where its share of the text memory begins, in cells.
    base: usize,
}

/// The CRT controller, a 6845 or a compatible one: `index` selects a register,
/// which is then at `index + 1`.
struct Adapter {
    index: u16,
    /// It is an EGA or VGA.
    has_sequencer: bool,
    /// The start that was last written, in cells from the start of the memory.
    origin: usize,
    cursor: usize,
}

impl Adapter {
    fn new(info: &ScreenInfo) -> Adapter {
        let monochrome = info.mode == MONOCHROME_MODE;
        Adapter {
            index: if monochrome { 0x3B4 } else { 0x3D4 },
            has_sequencer: has_ega(info),
            origin: usize::MAX,
            cursor: usize::MAX,
        }
    }

    /// Registers (IBM VGA, CRT controller): high bytes, the low ones follow.
    const START_ADDRESS: u8 = 0x0C;
    const CURSOR_LOCATION: u8 = 0x0E;

    /// Writes a pair of registers.
    fn write(&self, register: u8, value: usize) {
        let [low, high, ..] = value.to_le_bytes();
        for (register, byte) in [(register, high), (register + 1, low)] {
            // SAFETY: the adapter belongs to this module, and these registers only
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

    /// Selects the font that is selected already. This changes nothing on the
    /// adapter. But if Bochs shows the screen in a terminal, it otherwise draws
    /// only what has changed in memory, and not what has moved.
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

impl Consoles {
    fn get(&mut self, number: usize) -> Option<&mut Console> {
        self.consoles.get_mut(number)?.as_mut()
    }

    /// Tells the adapter what the console in front shows.
    fn show(&mut self) {
        if let Some(Console { screen, base, .. }) = &self.consoles[self.fg_console] {
            self.adapter.set_origin(base + screen.origin());
            self.adapter.set_cursor(base + screen.shown_cursor());
        }
    }
}

/// Finds the adapter, shares its memory among the consoles and takes over what
/// the BIOS left on the screen. Only the first call does anything.
pub fn con_init() {
    if CONSOLES.lock().is_some() {
        return;
    }
    let info = setup_data::screen_info();
    let columns = match usize::from(info.columns) {
        0 => DEFAULT_COLUMNS,
        columns => columns,
    };
    let memory = text_memory(&info);
    let count = (memory.len() / (columns * LINES)).clamp(1, NR_CONSOLES);
    let share = memory.len() / count;
    let mut shares = memory.chunks_exact_mut(share).take(count).enumerate();
    let consoles = core::array::from_fn(|_| {
        let (number, cells) = shares.next()?;
        let mut screen = Screen::new(cells, columns, LINES)?;
        match number {
            0 => screen.gotoxy(info.cursor_x.into(), info.cursor_y.into()),
            _ => screen.reset(),
        }
        Some(Console {
            screen,
            parser: Parser::default(),
            base: number * share,
        })
    });
    let mut consoles = Consoles {
        consoles,
        fg_console: 0,
        adapter: Adapter::new(&info),
    };
    consoles.show();
    *CONSOLES.lock() = Some(consoles);
}

/// Brings a console to the front (0.12: `update_screen`). False if there is no
/// such console.
pub fn update_screen(number: usize) -> bool {
    let mut consoles = CONSOLES.lock();
    let Some(consoles) = consoles.as_mut() else {
        return false;
    };
    let exists = consoles.get(number).is_some();
    if exists {
        consoles.fg_console = number;
        consoles.show();
    }
    exists
}

/// The console in front, counted from 0.
pub fn fg_console() -> usize {
    CONSOLES
        .lock()
        .as_ref()
        .map_or(0, |consoles| consoles.fg_console)
}

/// Whether there is a console with this number. There is always a first one, even
/// if it shows nothing.
pub fn is_present(number: usize) -> bool {
    let mut consoles = CONSOLES.lock();
    number == 0
        || consoles
            .as_mut()
            .is_some_and(|consoles| consoles.get(number).is_some())
}

fn has_ega(info: &ScreenInfo) -> bool {
    info.ega_bx as u8 != NO_EGA
}

/// The text memory of the adapter: 32 KB of an EGA or VGA, 16 of a CGA, 4 of an
/// MDA (IBM Options and Adapters Technical Reference). The picture can start
/// anywhere in it.
fn text_memory(info: &ScreenInfo) -> &'static mut [Cell] {
    let monochrome = info.mode == MONOCHROME_MODE;
    let address: usize = if monochrome { 0xB_0000 } else { 0xB_8000 };
    let bytes = match (has_ega(info), monochrome) {
        (true, _) => 0x8000,
        (false, false) => 0x4000,
        (false, true) => 0x1000,
    };
    // SAFETY: this is the adapter's memory, mapped at its own address; nobody
    // else uses it, and `con_init` asks for it once.
    unsafe { slice::from_raw_parts_mut(address as *mut Cell, bytes / size_of::<Cell>()) }
}

/// Lines and columns of each console.
pub fn size() -> (usize, usize) {
    let consoles = CONSOLES.lock();
    let first = consoles.as_ref().and_then(|all| all.consoles[0].as_ref());
    first.map_or((LINES, DEFAULT_COLUMNS), |console| console.screen.size())
}

/// Cells that a piece of a program's output may copy and clear before
/// interrupts are taken again: two screens.
pub const MOST_WORK: usize = 2 * DEFAULT_COLUMNS * LINES;

/// A console as the sink of a terminal's output (0.11: `con_write`). The lock of
/// all consoles is held until [`Output::finish`].
pub struct Output {
    consoles: IrqLockGuard<'static, Option<Consoles>>,
    number: usize,
    effects: Effects,
    budget: usize,
}

impl Output {
    /// Takes the console with this number. After `budget` cells were copied or
    /// cleared, it has no more room.
    pub fn new(number: usize, budget: usize) -> Output {
        Output {
            consoles: CONSOLES.lock(),
            number,
            effects: Effects::default(),
            budget,
        }
    }

    /// Shows the result, if the console is in front, and releases it. Returns what
    /// else the output asked for; the bell was rung already.
    pub fn finish(mut self) -> Effects {
        if let Some(consoles) = self.consoles.as_mut()
            && consoles.fg_console == self.number
        {
            consoles.show();
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
        if let Some(consoles) = self.consoles.as_mut()
            && let Some(console) = consoles.get(self.number)
        {
            let Console { screen, parser, .. } = console;
            parser.write(screen, bytes, &mut self.effects);
            self.budget = self.budget.saturating_sub(screen.take_work());
        }
    }

    /// There is nothing to discard: all output is on the screen at once.
    fn discard(&mut self) {}
}

/// A message of the kernel, on the console in front: as text, but a newline
/// returns the carriage too.
pub fn write_message(message: &[u8]) {
    write_lines(CONSOLES.lock().as_mut(), message);
}

/// As [`write_message`], but does nothing if the consoles are in use, instead of
/// waiting for ever.
pub fn write_panic(message: &[u8]) {
    if let Some(mut consoles) = CONSOLES.try_lock() {
        write_lines(consoles.as_mut(), message);
    }
}

/// Messages have a parser of their own, so that no program can begin a sequence
/// that swallows a message.
fn write_lines(consoles: Option<&mut Consoles>, message: &[u8]) {
    let Some(consoles) = consoles else { return };
    let Some(console) = consoles.get(consoles.fg_console) else {
        return;
    };
    let (mut parser, mut effects) = (Parser::default(), Effects::default());
    let mut write = |text| parser.write(&mut console.screen, text, &mut effects);
    for (number, line) in message.split(|&byte| byte == b'\n').enumerate() {
        if number > 0 {
            write(b"\r\n");
        }
        write(line);
    }
    consoles.show();
}

static BEEP: Beep = Beep::new();
const BEEP_LENGTH: u32 = HZ / 8;
/// The port whose two low bits switch the loudspeaker on.
const LOUDSPEAKER: u16 = 0x61;
const LOUDSPEAKER_ON: u8 = 3;

/// Rings the bell, an eighth of a second of 750 Hz (0.11: `sysbeep`).
///
/// Channel 2 of the timer drives the loudspeaker when both low bits of port
/// 61h are set (Intel 8254; IBM PC AT Technical Reference).
pub fn sysbeep() {
    const TIMER_HZ: u32 = 1_193_182;
    const PITCH: u32 = 750;
    const DIVISOR: [u8; 4] = (TIMER_HZ / PITCH).to_le_bytes();
    const SQUARE_WAVE_ON_2: u8 = 0xB6;
    // SAFETY: only this module uses channel 2 and the loudspeaker.
    unsafe {
        outb_p(inb_p(LOUDSPEAKER) | LOUDSPEAKER_ON, LOUDSPEAKER);
        outb_p(SQUARE_WAVE_ON_2, 0x43);
        outb_p(DIVISOR[0], 0x42);
        outb_p(DIVISOR[1], 0x42);
    }
    BEEP.start(BEEP_LENGTH);
}

/// Stops the beep when it is over; called at each clock tick (0.11: `sysbeepstop`).
pub fn do_tick() {
    if BEEP.tick() {
        // SAFETY: as in `sysbeep`.
        unsafe { outb_p(inb_p(LOUDSPEAKER) & !LOUDSPEAKER_ON, LOUDSPEAKER) };
    }
}
