// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel thread that writes to the disks what was changed, every 30 seconds, so
//! that a power cut costs no more than that (0.11: the program `/etc/update`, which
//! calls `sync`).
#![deny(unsafe_code)]

use crate::file_system::file_system;
use crate::kernel_thread::kernel_thread;
use crate::printk;
use crate::sched::HZ;
use crate::sleep::interruptible_sleep_on_any;

/// Ticks from one write-back to the next.
const PERIOD: u32 = 30 * HZ;

/// Starts the thread, when root is mounted. Without it only `sync` writes.
pub fn start() {
    if let Err(error) = kernel_thread("[kupdate]", kupdate) {
        printk!("No write-back every 30 seconds: {error}\n");
    }
}

extern "C" fn kupdate() -> ! {
    loop {
        // Nobody wakes it, and signals are blocked: this ends when the time is over.
        let _ = interruptible_sleep_on_any(&[], Some(PERIOD), &mut || true);
        // The drivers have reported what could not be written.
        let _ = file_system().sys_sync();
    }
}
