// SPDX-License-Identifier: GPL-2.0-or-later
//! The clock tick, which keeps the time and starts what is due (0.11: `do_timer` in
//! `kernel/sched.c`, and the 8254 timer in its `sched_init`).
//!
//! [`start_clock`] is the last step of setting up interrupts. From then on
//! [`do_timer`] is called a hundred times a second. This file is above the drivers
//! and the scheduler, and only `main` imports it.
#![deny(unsafe_code)]

use crate::deliver::deliver;
use crate::frame::Registers;
use crate::irq::{TIMER_IRQ, set_irq_handler};
use crate::sched::{
    HZ, JIFFIES, NEXT_ALARM, PENDING_WORK, State, TIME, Work, current, jiffies, look_at, tasks,
    timer,
};
use crate::{blk_drv, chr_drv, record, resource};
use abi::signal::Signal;
use asm::io::outb_p;
use timer::Alarm;

/// Channel 0 of the 8254 timer interrupts a hundred times a second
/// (Intel 8254 data sheet; 0.11: `sched_init`).
#[allow(unsafe_code)]
pub fn start_clock() {
    const COMMAND: u16 = 0x43;
    const CHANNEL_0: u16 = 0x40;
    /// Channel 0, low byte then high byte, mode 2, binary. (0.11 used mode 3, which
    /// takes its request back after half a tick: a request that comes while
    /// interrupts are masked would be lost.)
    const RATE_GENERATOR: u8 = 0x34;
    const INPUT_FREQUENCY: u32 = 1_193_180;
    const LATCH: u16 = (INPUT_FREQUENCY / HZ) as u16;
    let [low, high] = LATCH.to_le_bytes();
    // SAFETY: nothing else programs channel 0.
    unsafe {
        outb_p(RATE_GENERATOR, COMMAND);
        outb_p(low, CHANNEL_0);
        outb_p(high, CHANNEL_0);
    }
    set_irq_handler(TIMER_IRQ, do_timer);
}

/// The clock tick, a hundred a second (0.11: `do_timer`).
fn do_timer(registers: &Registers) {
    JIFFIES.add(1);
    if jiffies().is_multiple_of(HZ) {
        TIME.add(1);
    }
    let task = current();
    match registers.is_from_user() {
        true => task.utime.add(1),
        false => task.stime.add(1),
    }
    chr_drv::do_tick();
    blk_drv::do_tick();
    record::do_tick();
    if timer::has_come(NEXT_ALARM.get(), jiffies()) {
        ring_alarms();
    }
    match task.counter.get() {
        0 | 1 => {
            task.counter.set(0);
            PENDING_WORK.set_bits(Work::Reschedule as u32);
            resource::check_cpu_limit(task);
        }
        left => task.counter.set(left - 1),
    }
}

/// Sends the signals and ends the sleeps that are due.
fn ring_alarms() {
    let is_due = |tick| tick != 0 && timer::has_come(tick, jiffies());
    NEXT_ALARM.set(timer::after(jiffies(), timer::MOST_TICKS));
    for task in tasks() {
        if is_due(task.timeout.get()) {
            task.timeout.set(0);
            if task.state() == State::Interruptible {
                task.wake();
            }
        }
        if is_due(task.alarm().tick) {
            task.set_alarm(task.alarm().count_on());
            if task.alarm() == Alarm::NONE {
                deliver(Signal::SIGALRM, task);
            }
        }
        look_at(task.timeout.get());
        look_at(task.alarm().tick);
    }
}
