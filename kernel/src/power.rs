// SPDX-License-Identifier: GPL-2.0-or-later
//! Switching the machine off and starting it again.
//!
//! 0.11 could only be rebooted, by Ctrl-Alt-Del (`reboot` in
//! `kernel/chr_drv/keyboard.S`). A machine of 1991 cannot switch itself off, but an
//! emulator can be told to end. The tests need that.

use crate::chr_drv::{i8042, uart};
use crate::printk;
use asm::io::outb;
use asm::system::cli;
use core::arch::asm;

/// Bochs ends when this is written to its shutdown port, byte by byte.
const BOCHS_SHUTDOWN: &[u8] = b"Shutdown";
const BOCHS_SHUTDOWN_PORT: u16 = 0x8900;
/// QEMU's `isa-debug-exit` device; ends with status `2 * value + 1`.
const QEMU_EXIT_PORT: u16 = 0xF4;
const QEMU_EXIT_VALUE: u8 = 0x31;

/// Stops the machine for good; an emulator that listens ends.
pub fn halt() -> ! {
    printk!("System halted.\n");
    cli();
    uart::flush_messages();
    for &byte in BOCHS_SHUTDOWN {
        // SAFETY: no device of a real PC is behind this port.
        unsafe { outb(byte, BOCHS_SHUTDOWN_PORT) };
    }
    // SAFETY: F4h was the reset of the coprocessor of an AT's second half; the
    // machine stops here anyway.
    unsafe { outb(QEMU_EXIT_VALUE, QEMU_EXIT_PORT) };
    loop {
        // SAFETY: with interrupts masked this stops the processor for good.
        unsafe { asm!("hlt") };
    }
}

/// Prints why the kernel cannot work on this machine, and stops. This is no panic,
/// since nothing is broken.
pub fn stop(why: core::fmt::Arguments<'_>) -> ! {
    printk!("{why}.\nThe machine has stopped.\n");
    loop {
        asm::system::sti_and_hlt();
    }
}

/// Starts the machine again.
pub fn restart() -> ! {
    printk!("Restarting.\n");
    reboot()
}

/// Restarts the machine: the controller resets the processor, and if it does
/// not, an exception without an interrupt table does (0.11: `reboot`).
pub fn reboot() -> ! {
    cli();
    uart::flush_messages();
    for _ in 0..16 {
        i8042::pulse_reset();
    }
    let no_table = [0u16; 3];
    // SAFETY: nothing goes on after this. The processor finds no handler, not even
    // for that fault, and shuts down; then the machine restarts.
    unsafe { asm!("lidt [{0}]", "int3", "2: hlt", "jmp 2b", in(reg) &no_table, options(noreturn)) };
}
