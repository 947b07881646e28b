// SPDX-License-Identifier: GPL-2.0-or-later
//! Interrupts of devices, and the two 8259A controllers that bring them (0.11:
//! the interrupt entries of `kernel/system_call.s`).
//!
//! A driver registers its handler once, by [`set_irq_handler`]. From then on
//! `asm.s` calls [`do_irq`] at each interrupt of that line:
//!
//! ```text
//! irq_entries (asm.s) -> do_irq -> the driver's handler
//!                               -> end_of_interrupt
//! ```

use crate::chr_drv::random;
use crate::frame::Registers;
use asm::io::{inb, outb};
use asm::system::{restore_flags, save_flags_and_cli};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Lines of the two interrupt controllers.
pub const IRQS: usize = 16;
/// setup.s has moved the controllers to these vectors.
pub const FIRST_IRQ_VECTOR: u8 = 0x20;
/// The clock's line.
pub const TIMER_IRQ: u8 = 0;
/// The line by which the second controller asks the first.
const CASCADE_IRQ: u8 = 2;

/// Called with interrupts masked, with the registers of what was interrupted.
pub type Handler = fn(&Registers);

/// The handlers: addresses of [`Handler`]s, 0 for none.
static IRQ_HANDLERS: [AtomicUsize; IRQS] = [const { AtomicUsize::new(0) }; IRQS];

/// The two 8259A interrupt controllers (Intel 8259A data sheet).
mod controller {
    use super::{inb, outb};

    const MASTER_COMMAND: u16 = 0x20;
    const MASTER_MASK: u16 = 0x21;
    const SLAVE_COMMAND: u16 = 0xA0;
    const SLAVE_MASK: u16 = 0xA1;
    const END_OF_INTERRUPT: u8 = 0x20;

    /// Allows the interrupts of a line.
    pub fn unmask(line: u8) {
        let (port, bit) = if line < 8 {
            (MASTER_MASK, line)
        } else {
            (SLAVE_MASK, line - 8)
        };
        // SAFETY: only this function uses the mask registers, with interrupts
        // masked or before there are any, and the line has a handler.
        unsafe { outb(inb(port) & !(1 << bit), port) };
    }

    /// Tells the controllers that the interrupt of a line has been handled.
    pub fn end_of_interrupt(line: u8) {
        // SAFETY: the command allows the next interrupt of the same line,
        // which waits until interrupts are taken again.
        unsafe {
            if line >= 8 {
                outb(END_OF_INTERRUPT, SLAVE_COMMAND);
            }
            outb(END_OF_INTERRUPT, MASTER_COMMAND);
        }
    }
}

/// Makes `handler` be called at each interrupt of `line`.
pub fn set_irq_handler(line: u8, handler: Handler) {
    let flags = save_flags_and_cli();
    IRQ_HANDLERS[usize::from(line)].store(handler as usize, Relaxed);
    controller::unmask(line);
    if line >= 8 {
        controller::unmask(CASCADE_IRQ);
    }
    restore_flags(flags);
}

/// What all interrupt entries call.
pub extern "fastcall" fn do_irq(registers: &mut Registers, line: u32) {
    let line = line as u8;
    if line != TIMER_IRQ {
        random::add_interrupt_randomness(line);
    }
    let handler = IRQ_HANDLERS[usize::from(line)].load(Relaxed);
    if handler != 0 {
        // SAFETY: `set_irq_handler` stored a `Handler`.
        let handler: Handler = unsafe { core::mem::transmute(handler) };
        handler(registers);
    }
    controller::end_of_interrupt(line);
}
