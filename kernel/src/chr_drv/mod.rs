// SPDX-License-Identifier: GPL-2.0-or-later
//! Character devices: the terminals (0.11: `kernel/chr_drv/`).
//!
//! What is typed comes from [`keyboard`] or [`serial`] by interrupt, is made
//! into lines by the line discipline of [`tty_io`], and waits there to be
//! read. What is written goes through the same discipline to [`console`] or
//! [`serial`].
//!
//! # Locks
//! All are [`IrqLock`](lib::lock::IrqLock)s, taken in this order:
//!
//! 1. a terminal's state ([`tty_io`]);
//! 2. the console ([`console`]), or a UART ([`serial`]), or the keyboard
//!    ([`keyboard`]).
//!
//! Signals are sent after all of them are released.

pub mod console;
pub mod keyboard;
pub mod serial;
pub mod tty_io;
pub mod tty_ioctl;
