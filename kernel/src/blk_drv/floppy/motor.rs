// SPDX-License-Identifier: GPL-2.0-or-later
//! Motors and selection of the drives (0.11: `ticks_to_floppy_on`,
//! `floppy_off`, `do_floppy_timer` in `kernel/sched.c`).
//!
//! A motor needs half a second to reach its speed, and runs on for a while
//! after the last use, so that the next one need not wait.

use super::MAX_DRIVES;
use super::controller::{self, DigitalOutput};
use crate::sched::HZ;
use sync::AtomicWord;

/// Ticks until a motor that was switched on has its full speed.
const SPIN_UP: u32 = HZ / 2;
/// Ticks until a drive that was selected is ready.
const SELECT: u32 = 2;
/// Ticks for which a motor runs on after the last use.
const RUN_ON: u32 = 3 * HZ;

/// Not 0 while a motor is on. Changed only under the driver's lock.
static RUNNING: AtomicWord = AtomicWord::new(0);

/// Whether a motor is on.
pub fn is_any_on() -> bool {
    RUNNING.get() != 0
}

/// The drives' motors, and which drive is selected.
pub struct Motors {
    /// What the register was given last (0.11: `current_DOR`).
    current_dor: DigitalOutput,
    /// Ticks until each drive is ready (0.11: `mon_timer`).
    mon_timer: [u32; MAX_DRIVES],
    /// Ticks until each motor is switched off; `None` while the drive is used
    /// (0.11: `moff_timer`).
    moff_timer: [Option<u32>; MAX_DRIVES],
}

fn motor(drive: usize) -> DigitalOutput {
    match drive {
        0 => DigitalOutput::MOTOR_0,
        _ => DigitalOutput::MOTOR_1,
    }
}

impl Motors {
    /// All motors are off, and the first drive is selected.
    pub const fn new() -> Motors {
        Motors {
            current_dor: DigitalOutput::ENABLE.union(DigitalOutput::INTERRUPT),
            mon_timer: [0; MAX_DRIVES],
            moff_timer: [Some(0); MAX_DRIVES],
        }
    }

    fn set_dor(&mut self, value: DigitalOutput) {
        self.current_dor = value;
        let motors = DigitalOutput::MOTOR_0 | DigitalOutput::MOTOR_1;
        RUNNING.set((value & motors).bits().into());
        controller::digital_output(value);
    }

    /// Selects a drive and switches its motor on, until
    /// [`Motors::floppy_off`]. Tells how many ticks it takes until the drive
    /// can be used; 0 if it can now.
    pub fn ticks_to_floppy_on(&mut self, drive: usize) -> u32 {
        let old = self.current_dor;
        let select = DigitalOutput::from_bits_retain(drive as u8);
        let new = (old - DigitalOutput::SELECT) | select | motor(drive);
        self.moff_timer[drive] = None;
        if new != old {
            let least = if old.contains(motor(drive)) {
                SELECT
            } else {
                SPIN_UP
            };
            self.mon_timer[drive] = self.mon_timer[drive].max(least);
            self.set_dor(new);
        }
        self.mon_timer[drive]
    }

    /// Lets a motor run on for a while, then switches it off.
    pub fn floppy_off(&mut self, drive: usize) {
        self.moff_timer[drive] = Some(RUN_ON);
    }

    /// Counts a clock tick.
    pub fn do_floppy_timer(&mut self) {
        for drive in 0..MAX_DRIVES {
            if !self.current_dor.contains(motor(drive)) {
                continue;
            }
            self.mon_timer[drive] = self.mon_timer[drive].saturating_sub(1);
            match &mut self.moff_timer[drive] {
                None => {}
                Some(0) => self.set_dor(self.current_dor - motor(drive)),
                Some(left) => *left -= 1,
            }
        }
    }

    /// Holds the controller in reset, then lets it go. The motors stay as they
    /// are.
    pub fn reset(&mut self) {
        controller::digital_output(self.current_dor - DigitalOutput::ENABLE);
        // This lasts some microseconds, which is enough at any data rate.
        for _ in 0..100 {
            asm::io::io_delay();
        }
        controller::digital_output(self.current_dor);
    }
}
