// SPDX-License-Identifier: GPL-2.0-or-later
//! The CMOS clock, which knows the time at the start (0.11: `time_init` and
//! `CMOS_READ` in `init/main.c`), and the memory beside it. The clock is set to UTC.
//! `mktime` in `abi::time` answers to `kernel/mktime.c`.

mod date;

use abi::sys::types::Time;
use abi::time::mktime;
use asm::io::{inb_p, outb_p};
use date::Registers;

const CMOS_ADDRESS: u16 = 0x70;
const CMOS_DATA: u16 = 0x71;

/// Registers of the Motorola MC146818A real-time clock.
pub mod register {
    pub const SECONDS: u8 = 0;
    pub const MINUTES: u8 = 2;
    pub const HOURS: u8 = 4;
    pub const DAY: u8 = 7;
    pub const MONTH: u8 = 8;
    pub const YEAR: u8 = 9;
    /// Bit 7: an update is under way.
    pub const STATUS_A: u8 = 0x0A;
    /// Says how to read the others.
    pub const STATUS_B: u8 = 0x0B;
    /// This one belongs to the PC, not to the clock.
    pub const CENTURY: u8 = 0x32;
    /// Which floppy drives there are. It belongs to the PC, not to the clock (IBM
    /// PC AT, CMOS RAM).
    pub const FLOPPY_DRIVES: u8 = 0x10;
}

/// Reads a register of the clock or of the memory beside it. Call this only before
/// interrupts are taken. Bit 7 of the address would mask the NMI, also afterwards.
/// 0.11 sets it, but our handler of the NMI leaves the clock alone.
pub fn read_cmos(register: u8) -> u8 {
    // SAFETY: the CMOS clock's two ports are used here only, before
    // interrupts are taken.
    unsafe {
        outb_p(register, CMOS_ADDRESS);
        inb_p(CMOS_DATA)
    }
}

fn read_clock() -> Registers {
    Registers {
        seconds: read_cmos(register::SECONDS),
        minutes: read_cmos(register::MINUTES),
        hours: read_cmos(register::HOURS),
        day: read_cmos(register::DAY),
        month: read_cmos(register::MONTH),
        year: read_cmos(register::YEAR),
        century: read_cmos(register::CENTURY),
        status_b: read_cmos(register::STATUS_B),
    }
}

/// Seconds since 1970 (0.11: `time_init`, `kernel_mktime`); 0 if the clock has
/// nonsense. The clock is read until two answers in a row are the same, so that it
/// is never caught between two digits, and never while it updates itself.
pub fn time_init() -> Time {
    const MOST_READS: usize = 1000;
    const UPDATE_IN_PROGRESS: u8 = 0x80;
    let mut last = read_clock();
    for _ in 0..MOST_READS {
        let updating = read_cmos(register::STATUS_A) & UPDATE_IN_PROGRESS != 0;
        let now = read_clock();
        if now == last && !updating {
            break;
        }
        last = now;
    }
    mktime(&last.date()).unwrap_or(0)
}
