// SPDX-License-Identifier: GPL-2.0-or-later
//! The end of the kernel after a bug (0.11: `kernel/panic.c`).
//!
//! A panic is always a bug of the kernel: nothing that a program or a disk does
//! leads here. It prints once what happened and where, and stops. It does not write
//! to the disk, since what it would write may be wrong.

use crate::chr_drv::{console, uart};
use core::arch::asm;
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use mm::LinearAddress;
use mm::memory::{self, Space};

/// A writer that takes no lock, since a lock may be held when the panic comes.
struct LastWords;

impl Write for LastWords {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        uart::write_panic(text.as_bytes());
        console::write_panic(text.as_bytes());
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    asm::system::cli();
    static PANICKED: AtomicBool = AtomicBool::new(false);
    if !PANICKED.swap(true, Relaxed) {
        let _ = writeln!(LastWords, "\nKernel panic: {}", info.message());
        if let Some(location) = info.location() {
            let _ = writeln!(LastWords, "at {}:{}", location.file(), location.line());
        }
        backtrace();
        let _ = writeln!(LastWords, "The machine has stopped.");
    }
    loop {
        // SAFETY: with interrupts masked this stops the processor for good.
        unsafe { asm!("hlt") };
    }
}

/// Prints the return addresses on the stack, as far as frames are chained.
fn backtrace() {
    const MOST_FRAMES: usize = 16;
    let mut frame: *const [u32; 2];
    // SAFETY: reading ebp changes nothing.
    unsafe { asm!("mov {0}, ebp", out(reg) frame, options(nomem, nostack, preserves_flags)) };
    let _ = write!(LastWords, "Called from:");
    for _ in 0..MOST_FRAMES {
        let address = LinearAddress(frame.addr() as u32);
        let is_mapped = memory::lookup(Space::KERNEL, address).is_some();
        if !frame.is_aligned() || frame.is_null() || !is_mapped {
            break;
        }
        // SAFETY: the address is aligned and mapped, and what is there is only
        // printed.
        let [next, return_address] = unsafe { frame.read_volatile() };
        if return_address == 0 || next <= address.0 {
            break;
        }
        let _ = write!(LastWords, " {return_address:#x}");
        frame = core::ptr::with_exposed_provenance(next as usize);
    }
    let _ = writeln!(LastWords);
}
