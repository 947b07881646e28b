// SPDX-License-Identifier: GPL-2.0-or-later
//! Messages of the kernel (0.11: `kernel/printk.c`, `kernel/vsprintf.c`).
//!
//! [`printk!`](crate::printk) formats like `println!` without the newline and
//! writes to the console and to the first serial line. It allocates nothing
//! and may be called from interrupt handlers; the formatting is `core::fmt`'s.

use crate::chr_drv::{console, serial};
use core::fmt::{self, Write};

/// Prints a message of the kernel.
#[macro_export]
macro_rules! printk {
    ($($argument:tt)*) => { $crate::printk::printk(format_args!($($argument)*)) };
}

struct Messages;

impl Write for Messages {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        console::write_message(text.as_bytes());
        serial::write_message(text.as_bytes());
        Ok(())
    }
}

/// What the macro calls.
pub fn printk(message: fmt::Arguments<'_>) {
    // Neither sink fails.
    let _ = Messages.write_fmt(message);
}
