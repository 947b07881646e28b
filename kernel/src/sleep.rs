// SPDX-License-Identifier: GPL-2.0-or-later
//! Sleeps that a signal ends (0.11: `interruptible_sleep_on` in `kernel/sched.c`).
//!
//! This file is above the scheduler and below the files that act on signals. A
//! signal that only stops the task is handled here: the sleep goes on when the task
//! goes on. Any other signal ends the sleep; the task acts on it on the way back to
//! ring 3.
#![deny(unsafe_code)]

use crate::job_control;
use crate::sched::{State, current, jiffies, schedule_asleep, set_timeout, sleep_on};
use abi::{Errno, Result};
use asm::system;
use core::sync::atomic::Ordering::Relaxed;
use sync::WaitQueue;

/// As `sched::sleep_while`, but ends with `EINTR` when a signal is pending (0.11:
/// `interruptible_sleep_on`).
pub fn interruptible_sleep_while(queue: &WaitQueue, busy: &mut dyn FnMut() -> bool) -> Result<()> {
    let flags = system::save_flags_and_cli();
    let mut result = Ok(());
    while result.is_ok() && busy() {
        result = sleep_on_masked(queue);
    }
    system::restore_flags(flags);
    result
}

/// Sleeps once: until somebody wakes the queue, or until a signal comes. `EINTR` if one
/// is pending already. (0.11: `interruptible_sleep_on`.)
///
/// The caller asks in a loop whether it still has to wait, and only tasks may change the
/// answer: an interrupt handler could do so between the question and the sleep.
pub fn interruptible_sleep_on(queue: &WaitQueue) -> Result<()> {
    let flags = system::save_flags_and_cli();
    let result = sleep_on_masked(queue);
    system::restore_flags(flags);
    result
}

#[inline(always)]
fn sleep_on_masked(queue: &WaitQueue) -> Result<()> {
    if current().pending_signals() == 0 {
        sleep_on(queue, State::Interruptible);
    } else if !job_control::stop_here() {
        return Err(Errno::EINTR);
    }
    Ok(())
}

/// As [`interruptible_sleep_while`], but sleeps on several queues at once, and ends
/// also after `ticks` clock ticks, unless that is `None` (0.12: the loop in
/// `do_select`).
pub fn interruptible_sleep_on_any(
    queues: &[&WaitQueue],
    ticks: Option<u32>,
    busy: &mut dyn FnMut() -> bool,
) -> Result<()> {
    let task = current();
    let (word, bit) = task.place();
    let start = jiffies();
    // The ticks that are left; `None` after the time is over.
    let left = |ticks: u32| ticks.checked_sub(jiffies().wrapping_sub(start));
    let flags = system::save_flags_and_cli();
    let mut result = Ok(());
    while result.is_ok() && busy() && ticks.is_none_or(|ticks| left(ticks) > Some(0)) {
        if task.pending_signals() == 0 {
            // A task that was woken before is missing in some of the queues.
            for queue in queues {
                queue.sleepers[word].fetch_or(bit, Relaxed);
            }
            set_timeout(ticks.and_then(left));
            task.set_state(State::Interruptible);
            schedule_asleep();
        } else if !job_control::stop_here() {
            result = Err(Errno::EINTR);
        }
    }
    for queue in queues {
        queue.sleepers[word].fetch_and(!bit, Relaxed);
    }
    set_timeout(None);
    system::restore_flags(flags);
    result
}
