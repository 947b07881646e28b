// SPDX-License-Identifier: GPL-2.0-or-later
//! The keyboard (0.11: `kernel/chr_drv/keyboard.S`).
//!
//! Each interrupt brings a scan code, which a [`Decoder`] turns into what is
//! typed on the console in front, or into something for the kernel itself:
//!
//! ```text
//! Alt-F1 to F4       bring a console to the front
//! Ctrl-Alt-Del       restarts the machine
//! Ctrl-Scroll Lock   lists the tasks
//! ```
#![deny(unsafe_code)]

mod decoder;
mod layout;
mod lights;

use super::i8042::{has_data, read_data, send};
use super::tty_io;
use crate::frame::Registers;
use crate::irq::set_irq_handler;
use crate::power;
use crate::printk;
use crate::sched;
use crate::setup_data;
use decoder::{Action, Decoder, Leds};
use lights::{ACKNOWLEDGE, Lights, RESEND};
use sync::IrqLock;

const IRQ: u8 = 1;
/// The most bytes that are handled in one interrupt.
const MOST_BYTES: u32 = 32;

struct Keyboard {
    decoder: Decoder,
    lights: Lights,
    /// The index of the layout.
    layout: usize,
}

static KEYBOARD: IrqLock<Keyboard> = IrqLock::new(Keyboard {
    decoder: Decoder::new(&layout::LAYOUTS[0]),
    lights: Lights::new(),
    layout: 0,
});

/// Sets layout and lights and takes interrupts from the keyboard.
pub fn keyboard_init() {
    if let Some(number) = setup_data::parameters().keyboard {
        set_layout(number);
    }
    // Bytes that were typed before would keep the first interrupt from coming.
    for _ in 0..MOST_BYTES {
        if !has_data() {
            break;
        }
        read_data();
    }
    set_irq_handler(IRQ, keyboard_interrupt);
    let mut keyboard = KEYBOARD.lock();
    let leds = keyboard.decoder.leds();
    keyboard.set_leds(leds);
}

/// The layout, an index of [`kd::LAYOUTS`].
pub fn layout() -> usize {
    KEYBOARD.lock().layout
}

/// Sets another layout. Returns false if there is none with this number.
pub fn set_layout(number: usize) -> bool {
    let Some(layout) = layout::LAYOUTS.get(number) else {
        return false;
    };
    let mut keyboard = KEYBOARD.lock();
    keyboard.layout = number;
    keyboard.decoder.set_layout(layout);
    true
}

fn keyboard_interrupt(_: &Registers) {
    for _ in 0..MOST_BYTES {
        if !has_data() {
            return;
        }
        let action = KEYBOARD.lock().byte(read_data());
        match action {
            Some(Action::Type(characters)) => {
                tty_io::do_tty_interrupt(tty_io::front_console(), characters.as_bytes());
            }
            Some(Action::Console(number)) => {
                tty_io::change_console(number);
            }
            Some(Action::ShowTasks) => show_tasks(),
            Some(Action::Reboot) => power::reboot(),
            Some(Action::Light(_)) | None => {}
        }
    }
}

impl Keyboard {
    /// A byte from the keyboard: an answer or a scan code.
    fn byte(&mut self, byte: u8) -> Option<Action> {
        match byte {
            ACKNOWLEDGE | RESEND => {
                if let Some(byte) = self.lights.answer(byte) {
                    send(byte);
                }
                None
            }
            code => {
                let action = self.decoder.scan_code(code);
                if let Some(Action::Light(leds)) = action {
                    self.set_leds(leds);
                }
                action
            }
        }
    }

    fn set_leds(&mut self, leds: Leds) {
        send(self.lights.set(leds));
    }
}

/// Prints a line about each task (0.11: `show_stat`, which any function key
/// called).
fn show_tasks() {
    printk!("\n pid ppid pgrp state\n");
    for task in sched::tasks() {
        let (pid, father, pgrp) = (task.pid.get(), task.father.get(), task.pgrp.get());
        printk!("{pid:4} {father:4} {pgrp:4} {:?}\n", task.state());
    }
}
