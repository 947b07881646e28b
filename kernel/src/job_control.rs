// SPDX-License-Identifier: GPL-2.0-or-later
//! Stopping, and orphaned process groups (POSIX; 0.11 has no job control).
//!
//! A signal that stops a task does so on its way back to ring 3, or where it sleeps
//! in a system call ([`stop_here`]), which then goes on as if nothing had happened.
//!
//! Somebody can continue a process group that is stopped if the parent of one of
//! its members is in another group of the same session, as a shell with job control
//! is. A group without such a parent is orphaned. The terminal does not stop an
//! orphaned group, since it would stay stopped for ever. When a stopped group
//! becomes orphaned because a process ends, it gets SIGHUP and SIGCONT.

#![deny(unsafe_code)]

use crate::deliver::{kill_pgrp, tell_father};
use crate::sched::{self, INIT_PID, State, Task, current, find_task};
use abi::signal::{Signal, SignalSet};
use abi::sys::wait::WaitStatus;
use asm::system::{restore_flags, save_flags_and_cli};

/// Whether the group of this task is not orphaned because of this task's parent.
pub fn is_tied(task: &Task) -> bool {
    find_task(task.father.get()).is_some_and(|father| ties(father, task))
}

/// As [`is_tied`], for a caller that has found the parent. Init as a parent does not
/// count: it adopts orphans only.
pub fn ties(father: &Task, task: &Task) -> bool {
    father.session.get() == task.session.get()
        && father.pgrp.get() != task.pgrp.get()
        && father.pid.get() != INIT_PID
}

fn members(pgrp: u32) -> impl Iterator<Item = &'static Task> {
    sched::tasks().filter(move |task| task.pgrp.get() == pgrp && task.state() != State::Zombie)
}

/// Whether nobody could continue the group.
pub fn is_orphaned(pgrp: u32) -> bool {
    !members(pgrp).any(is_tied)
}

/// A process ends, and a member of the group loses the parent that tied it.
pub fn untie(pgrp: u32) {
    if is_orphaned(pgrp) && members(pgrp).any(|task| task.state() == State::Stopped) {
        kill_pgrp(pgrp, Signal::SIGHUP);
        kill_pgrp(pgrp, Signal::SIGCONT);
    }
}

/// Stops the task in the middle of a system call, if the next signal is one that
/// stops it. The call goes on afterwards instead of ending with `EINTR`. Returns
/// false if the signal needs something else.
pub fn stop_here() -> bool {
    let task = current();
    let Some(signal) = SignalSet(task.pending_signals()).first() else {
        return false;
    };
    let stops = stops_untraced(task, signal);
    if stops {
        stop_unless_orphaned(signal);
    }
    stops
}

/// Whether the signal stops the task at once. A tracer must be asked first, on the
/// way back to ring 3.
pub fn stops_untraced(task: &Task, signal: Signal) -> bool {
    task.stops_by_default(signal) && !task.trace.is_traced()
}

/// Stops the task. A signal of the terminal stops it only if somebody could
/// continue it.
pub fn stop_unless_orphaned(signal: Signal) {
    let task = current();
    if signal == Signal::SIGSTOP || !is_orphaned(task.pgrp.get()) {
        stop(signal);
    } else {
        task.signal.clear_bits(signal.bit());
    }
}

/// Tells the parent and stops until SIGCONT. Interrupts are masked in between, so
/// that a SIGCONT of an interrupt handler comes either before the signal is taken,
/// and cancels it, or when the task has stopped, and ends the stop.
fn stop(signal: Signal) {
    let task = current();
    let flags = save_flags_and_cli();
    let stops = SignalSet(task.signal.get()).contains(signal);
    if stops {
        task.signal.clear_bits(signal.bit());
        task.exit_code.set(WaitStatus::from_stop(signal).0);
        task.set_state(State::Stopped);
    }
    restore_flags(flags);
    if stops {
        tell_father(task.father.get());
        sched::schedule();
        task.exit_code.set(0);
    }
}
