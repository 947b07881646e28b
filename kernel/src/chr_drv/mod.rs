// SPDX-License-Identifier: GPL-2.0-or-later
//! Character devices: the terminals (0.11: `kernel/chr_drv/`), and memory as a
//! device ([`mem`], [`random`]).
//!
//! What is typed comes from [`keyboard`] or [`serial`] by interrupt, is made
//! into lines by the line discipline of [`tty_io`], and waits there to be
//! read. What is written goes through the same discipline to [`console`] or
//! [`serial`].
//!
//! # Locks
//! All are [`IrqLock`](sync::IrqLock)s, taken in this order:
//!
//! 1. a terminal's state ([`tty_io`]);
//! 2. the console ([`console`]), or a UART ([`uart`]), or the keyboard
//!    ([`keyboard`]).
//!
//! Signals are sent after all of them are released.
#![deny(unsafe_code)]

#[allow(unsafe_code)]
pub mod console;
#[allow(unsafe_code)]
pub mod i8042;
pub mod keyboard;
#[allow(unsafe_code)]
pub mod mem;
mod queue;
#[allow(unsafe_code)]
pub mod random;
pub mod serial;
mod sink;
pub mod tty_io;
pub mod tty_ioctl;
#[allow(unsafe_code)]
pub mod uart;

/// Sets up terminals, serial lines and keyboard. Interrupts may come after this
/// (0.11: `tty_init`).
pub fn tty_init() {
    tty_io::set_defaults();
    serial::rs_init();
    keyboard::keyboard_init();
}

/// Each clock tick.
#[inline(always)]
pub fn do_tick() {
    console::do_tick();
    serial::do_tick();
}
