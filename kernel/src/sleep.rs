// SPDX-License-Identifier: GPL-2.0-or-later
//! Sleeps that a signal ends (0.11: `interruptible_sleep_on` in `kernel/sched.c`).
//!
//! They are above the scheduler and below whoever acts upon signals: a signal
//! that only stops the task is dealt with here, and the sleep goes on when the
//! task does; any other ends the sleep, and what becomes of it is decided on the
//! way back to ring 3.
#![deny(unsafe_code)]

use crate::job_control;
use crate::sched::{State, current, jiffies, place_in, schedule_asleep, set_timeout, sleep_on};
use abi::{Errno, Result};
use asm::system;
use core::sync::atomic::Ordering::Relaxed;
use sync::WaitQueue;

/// As `sched::sleep_while`, but `EINTR` as soon as a signal is let in
/// (0.11: `interruptible_sleep_on`).
pub fn interruptible_sleep_while(queue: &WaitQueue, busy: &mut dyn FnMut() -> bool) -> Result<()> {
    let flags = system::save_flags_and_cli();
    let mut result = Ok(());
    while result.is_ok() && busy() {
        if current().pending_signals() == 0 {
            sleep_on(queue, State::Interruptible);
        } else if !job_control::stop_here() {
            result = Err(Errno::EINTR);
        }
    }
    system::restore_flags(flags);
    result
}

/// As [`interruptible_sleep_while`], on several queues at once; ends as well
/// when `ticks` clock ticks have gone by, for ever if `None`
/// (0.12: the waiting in `do_select`).
pub fn interruptible_sleep_on_any(
    queues: &[&WaitQueue],
    ticks: Option<u32>,
    busy: &mut dyn FnMut() -> bool,
) -> Result<()> {
    let task = current();
    let start = jiffies();
    // What is left to sleep; nothing is left once the time is over.
    let left = |ticks: u32| ticks.checked_sub(jiffies().wrapping_sub(start));
    let flags = system::save_flags_and_cli();
    let mut result = Ok(());
    while result.is_ok() && busy() && ticks.is_none_or(|ticks| left(ticks) > Some(0)) {
        if task.pending_signals() == 0 {
            // Who was woken before is in some of the queues no more.
            for queue in queues {
                let (word, bit) = place_in(queue, task);
                word.fetch_or(bit, Relaxed);
            }
            set_timeout(ticks.and_then(left));
            task.set_state(State::Interruptible);
            schedule_asleep();
        } else if !job_control::stop_here() {
            result = Err(Errno::EINTR);
        }
    }
    for queue in queues {
        let (word, bit) = place_in(queue, task);
        word.fetch_and(!bit, Relaxed);
    }
    set_timeout(None);
    system::restore_flags(flags);
    result
}
