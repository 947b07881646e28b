// SPDX-License-Identifier: GPL-2.0-or-later
//! The keyboard's controller, an 8042, which can also reset the processor (0.11:
//! `kb_wait` and the ports of `kernel/chr_drv/keyboard.S`).
//!
//! Source: IBM PC AT Technical Reference, keyboard controller.

use asm::io::{inb, outb, poll};

/// The keyboard's bytes in both directions.
const DATA: u16 = 0x60;
/// Read: [`HAS_DATA`], [`IS_BUSY`]. Written: commands to the controller.
const STATUS: u16 = 0x64;
const HAS_DATA: u8 = 1;
const IS_BUSY: u8 = 2;
/// To the controller: pulse the line that resets the processor.
const PULSE_RESET: u8 = 0xFE;
/// Times to ask whether the controller takes a byte.
const MOST_POLLS: u32 = 10_000;
fn status() -> u8 {
    // SAFETY: only this module uses the controller; reading its status changes
    // nothing.
    unsafe { inb(STATUS) }
}

/// Whether the keyboard has sent a byte.
pub fn has_data() -> bool {
    status() & HAS_DATA != 0
}

/// Takes the byte that waits.
pub fn read_data() -> u8 {
    // SAFETY: only this module uses the controller, so nobody else misses the byte.
    unsafe { inb(DATA) }
}

/// Waits until the controller takes a byte, but not for ever (0.11:
/// `kb_wait`).
fn kb_wait() {
    let _ = poll(MOST_POLLS, || (status() & IS_BUSY == 0).then_some(()));
}

/// Sends a byte to the keyboard.
pub fn send(byte: u8) {
    kb_wait();
    // SAFETY: only this module uses the keyboard, which can only send bytes.
    unsafe { outb(byte, DATA) };
}

/// Makes the controller reset the processor, which may take a moment.
pub fn pulse_reset() {
    kb_wait();
    // SAFETY: the machine starts again; the caller wants that.
    unsafe { outb(PULSE_RESET, STATUS) };
}
