// SPDX-License-Identifier: GPL-2.0-or-later
//! Messages of the kernel (0.11: `kernel/printk.c`, `kernel/vsprintf.c`).
//!
//! [`printk!`](crate::printk) formats like `println!` without the newline and
//! writes to the console and to the first serial line, and keeps the last messages
//! for `/dev/kmsg`. It allocates nothing and may be called from interrupt handlers;
//! `core::fmt` does the formatting.
#![deny(unsafe_code)]

mod log;

use crate::chr_drv::{console, uart};
use core::fmt::{self, Write};
use log::Log;
use sync::IrqLock;

static LOG: IrqLock<Log> = IrqLock::new(Log::new());

/// Copies messages that are kept: see [`Log::read`].
pub fn read_log(position: u32, buffer: &mut [u8]) -> (u32, usize) {
    LOG.lock().read(position, buffer)
}

/// Prints a message of the kernel.
#[macro_export]
macro_rules! printk {
    ($($argument:tt)*) => { $crate::printk::printk(format_args!($($argument)*)) };
}

struct Messages;

impl Write for Messages {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        LOG.lock().put(text.as_bytes());
        console::write_message(text.as_bytes());
        uart::write_message(text.as_bytes());
        Ok(())
    }
}

/// What the macro calls.
pub fn printk(message: fmt::Arguments<'_>) {
    // Writing never fails.
    let _ = Messages.write_fmt(message);
}
