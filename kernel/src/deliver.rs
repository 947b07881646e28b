// SPDX-License-Identifier: GPL-2.0-or-later
//! Sending signals, and telling the parent (0.11: `send_sig`, `kill_session`,
//! `tell_father` in `kernel/exit.c`, `tty_intr` in `kernel/chr_drv/tty_io.c`).
//!
//! These functions check no permission, never sleep, and do nothing about the
//! signal: they note it, and wake the task that has to look at it. So drivers, page
//! faults and interrupt handlers can all call them. `signal.rs` acts on signals and
//! `exit.rs` ends tasks; both are above this file.
#![deny(unsafe_code)]

use crate::sched::{self, State, Task, Work, find_task};
use abi::signal::{SIG_IGN, Signal, SignalSet};
use sync::WaitQueue;

/// Parents and tracers that sleep in `waitpid`. Each is woken alone, by its children.
pub static WAITING_PARENTS: WaitQueue = WaitQueue::new();

/// Sends a signal without asking who sends it. Interrupt handlers may call it too
/// (0.11: `send_sig` with `priv`).
///
/// A signal that is ignored is not even noted, so that it interrupts nothing. But a
/// tracer sees all signals.
pub fn deliver(signal: Signal, task: &Task) {
    if !task.exists() || task.state() == State::Zombie {
        return;
    }
    match signal {
        Signal::SIGCONT | Signal::SIGKILL => {
            task.signal.clear_bits(SignalSet::STOPS.0);
            let is_held = task.trace.is_stopped() && signal != Signal::SIGKILL;
            if task.state() == State::Stopped && !is_held {
                task.wake();
            }
        }
        _ => {}
    }
    let is_blocked = SignalSet(task.blocked.get()).contains(signal);
    if !is_blocked && !task.trace.is_traced() && task.actions.ignores(signal) {
        return;
    }
    task.signal.set_bits(signal.bit());
    if !is_blocked {
        if task.state() == State::Interruptible {
            task.wake();
        }
        sched::PENDING_WORK.set_bits(Work::Signal as u32);
    }
}

/// Sends a signal that the task itself has caused and cannot put off. If it is
/// blocked or ignored, it takes its default action; else the task would cause it
/// again for ever.
pub fn force_signal(signal: Signal, task: &Task) {
    let blocked = SignalSet(task.blocked.get()).contains(signal);
    if blocked || task.actions.handler(signal) == SIG_IGN {
        task.actions.reset(signal);
        task.blocked.clear_bits(signal.bit());
    }
    deliver(signal, task);
}

/// Sends a signal to all tasks of a process group. Interrupt handlers may call it
/// too (0.11: `tty_intr`).
pub fn kill_pgrp(pgrp: u32, signal: Signal) {
    if pgrp != 0 {
        sched::tasks()
            .filter(|task| task.pgrp.get() == pgrp)
            .for_each(|task| deliver(signal, task));
    }
}

/// Tells the tasks of a session that its terminal has gone; 0 is no session.
/// Interrupt handlers may call it too (0.11: `kill_session`).
pub fn kill_session(session: u32) {
    let is_member = |task: &&Task| session != 0 && task.session.get() == session;
    for member in sched::tasks().filter(is_member) {
        deliver(Signal::SIGHUP, member);
        // A task that was stopped must run to hear of it.
        deliver(Signal::SIGCONT, member);
    }
}

/// Tells the parent that something happened to its child (0.11: `tell_father`). The
/// parent always exists: orphans are given to init first.
pub fn tell_father(father: u32) {
    if let Some(father) = find_task(father) {
        tell(father);
    }
}

/// As [`tell_father`], for a caller that has found the parent.
pub fn tell(father: &Task) {
    deliver(Signal::SIGCHLD, father);
    sched::wake_up_task(&WAITING_PARENTS, father);
}
