// SPDX-License-Identifier: GPL-2.0-or-later
//! Ending tasks, telling the parent, sending signals (0.11: `kernel/exit.c`).
//!
//! A task ends in [`do_exit`]: it gives back memory, files and directories and
//! stays as a zombie, which is only a slot with an exit code, until its parent asks
//! for it by `waitpid` ([`sys_waitpid`]), which [`release`]s the slot. Orphans
//! become children of task 1. `deliver.rs`, below this file, sends signals for
//! everybody.
#![deny(unsafe_code)]

use crate::chr_drv::tty_io;
use crate::deliver::{WAITING_PARENTS, deliver, tell, tell_father};
use crate::fork;
use crate::job_control;
use crate::ptrace;
use crate::sched::timer::Alarm;
use crate::sched::{self, INIT_PID, State, Task, current, find_task};
use crate::segment::{Access, put_user, verify_area};
use crate::sleep;
use abi::signal::{SIG_DFL, SIG_IGN, Signal};
use abi::sys::types::UserAddress;
use abi::sys::wait::{WNOHANG, WUNTRACED, WaitStatus};
use abi::{Errno, Result};
use asm::system::{restore_flags, save_flags_and_cli};
use mm::memory;

/// Sends a signal if the caller may do so (0.11: `send_sig`); `EPERM` otherwise.
fn send_sig(signal: Option<Signal>, task: &Task) -> Result<()> {
    let caller = current();
    let same_user = caller.fs_task.euid.get() == task.fs_task.euid.get()
        || caller.fs_task.uid.get() == task.fs_task.uid.get();
    let same_session_cont =
        || signal == Some(Signal::SIGCONT) && caller.session.get() == task.session.get();
    if !(same_user || caller.fs_task.is_superuser() || same_session_cont()) {
        return Err(Errno::EPERM);
    }
    // Init gets only the signals that it has handlers for: no signal may end it.
    let unwanted = |signal| task.pid.get() == INIT_PID && !is_caught(signal, task);
    match signal {
        Some(signal) if !unwanted(signal) => deliver(signal, task),
        _ => {}
    }
    Ok(())
}

fn is_caught(signal: Signal, task: &Task) -> bool {
    !matches!(task.actions.handler(signal), SIG_DFL | SIG_IGN)
}

/// `kill`: sends a signal to one process (`pid` > 0), to the caller's group (0), to
/// all but init and the caller (-1), or to the group `-pid` (less than -1). Signal
/// 0 only checks. `ESRCH` if there is no such process, `EPERM` if the caller may
/// send to none of them.
pub fn sys_kill(pid: i32, signal: u32) -> Result<u32> {
    let signal = match signal {
        0 => None,
        number => Some(Signal::new(number).ok_or(Errno::EINVAL)?),
    };
    let me = current();
    let my_pid = me.pid.get();
    match pid {
        1.. if pid as u32 == my_pid => send_sig(signal, me)?,
        1.. => send_sig(signal, find_task(pid as u32).ok_or(Errno::ESRCH)?)?,
        0 => kill_all(signal, |task| task.pgrp.get() == me.pgrp.get())?,
        -1 => kill_all(signal, |task| {
            task.pid.get() > INIT_PID && task.pid.get() != my_pid
        })?,
        _ => kill_all(signal, |task| task.pgrp.get() == pid.unsigned_abs())?,
    }
    Ok(0)
}

/// Sends a signal to all tasks that are `chosen`, as far as the caller may.
fn kill_all(signal: Option<Signal>, chosen: impl Fn(&Task) -> bool) -> Result<()> {
    let mut result = Err(Errno::ESRCH);
    for task in sched::tasks().filter(|task| task.state() != State::Zombie && chosen(task)) {
        let sent = send_sig(signal, task);
        if result.is_err() {
            result = sent;
        }
    }
    result
}

/// Frees a zombie's slot (0.11: `release`).
fn release(task: &Task) {
    debug_assert!(task.state() == State::Zombie);
    task.pid.set(0);
    task.pgrp.set(0);
    task.session.set(0);
    fork::free_slot_memory(task);
    task.set_state(State::Unused);
}

/// Ends the current task (0.11: `do_exit`).
pub fn do_exit(status: WaitStatus) -> ! {
    let task = current();
    assert!(task.number() > 1, "task 0 or 1 tried to exit: {status:?}");
    let space = task.space().expect("threads of the kernel do not end");
    memory::free_page_tables(space, sched::give_way);
    drop_files(task);
    give_children_to_init(task);
    ptrace::task_ends(task);
    // A session loses its terminal with its leader, and its tasks are told.
    if task.leader.get() != 0 {
        tty_io::leader_ended(task);
    }
    crate::math::drop_state(task);
    task.set_alarm(Alarm::NONE);
    // A signal that is sent until here finds a task, a later one a zombie.
    let flags = save_flags_and_cli();
    task.exit_code.set(status_at_end(task, status).0);
    task.set_state(State::Zombie);
    restore_flags(flags);
    if let Some(father) = find_task(task.father.get()) {
        if job_control::ties(father, task) {
            job_control::untie(task.pgrp.get());
        }
        sched::give_time_back(task, father);
        tell(father);
    }
    ptrace::wake_tracer(task);
    sched::schedule();
    unreachable!("a zombie was scheduled");
}

/// If ^C comes while the program ends by itself, it counts as ended by SIGINT. The
/// shell sees only how the program ended, and may have a loop to leave.
fn status_at_end(task: &Task, status: WaitStatus) -> WaitStatus {
    let is_interrupted = task.pending_signals() & Signal::SIGINT.bit() != 0
        && task.actions.handler(Signal::SIGINT) == SIG_DFL;
    match status.exit_status() {
        Some(_) if is_interrupted => WaitStatus::from_signal(Signal::SIGINT),
        _ => status,
    }
}

/// Closes files and semaphores, and releases directories and the program's file.
fn drop_files(task: &Task) {
    task.fs_task.clear();
    task.semaphores.set(0);
    let _closed_without_lock = task.executable.lock().take();
}

/// Gives the children to init, which collects those that are zombies.
fn give_children_to_init(task: &Task) {
    let pid = task.pid.get();
    for child in sched::tasks().filter(|child| child.father.get() == pid) {
        let was_tied = job_control::is_tied(child);
        child.father.set(INIT_PID);
        if was_tied {
            job_control::untie(child.pgrp.get());
        }
        if child.state() == State::Zombie {
            tell_father(INIT_PID);
        }
    }
}

/// `exit`.
pub fn sys_exit(status: u32) -> Result<u32> {
    do_exit(WaitStatus::from_exit(status))
}

/// Whether the first argument of `waitpid` means this task.
fn is_meant(task: &Task, pid: i32) -> bool {
    match pid {
        1.. => task.pid.get() == pid as u32,
        0 => task.pgrp.get() == current().pgrp.get(),
        -1 => true,
        _ => task.pgrp.get() == pid.unsigned_abs(),
    }
}

/// What `waitpid` has found.
enum Found {
    /// No child.
    None,
    /// Children, but none with news.
    Busy,
    /// A child with news.
    News(&'static Task, WaitStatus),
}

fn look_for_child(pid: i32, options: u32) -> Found {
    let mut found = Found::None;
    let me = current().pid.get();
    for child in sched::slots() {
        let tracer = child.trace.tracer.get();
        if child.father.get() != me && tracer != me || !is_meant(child, pid) {
            continue;
        }
        let status = WaitStatus(child.exit_code.get());
        // Only the tracer of a traced task gets its news, and it gets each stop.
        let mine = tracer == 0 || tracer == me;
        let stops = options & WUNTRACED != 0 || tracer != 0;
        match child.state() {
            State::Unused | State::New => {}
            State::Zombie if mine => return Found::News(child, status),
            State::Stopped if mine && stops && status.0 != 0 => {
                return Found::News(child, status);
            }
            _ => found = Found::Busy,
        }
    }
    found
}

/// `waitpid`: waits until a child ends (or stops, with WUNTRACED), or a tracee
/// stops or ends. Stores its status if `status` is not null, and returns its
/// process id. `ECHILD` if there is no such child, `EINTR` on a signal; 0 with
/// WNOHANG if there is no news.
///
/// Nothing may sleep or fail between looking at a child and taking its news: the
/// child might have other news by then, or stay a zombie that nobody knows of.
pub fn sys_waitpid(pid: i32, status: UserAddress, options: u32) -> Result<u32> {
    if !status.is_null() {
        // The memory is prepared for writing, so storing the status later neither
        // sleeps nor fails.
        verify_area(Access::Write, status, size_of::<u32>())?;
    }
    let mut found = Found::None;
    let mut is_busy = || {
        found = look_for_child(pid, options);
        matches!(found, Found::Busy)
    };
    match options & WNOHANG {
        0 => sleep::interruptible_sleep_while(&WAITING_PARENTS, &mut is_busy)?,
        _ => drop(is_busy()),
    }
    match found {
        Found::None => Err(Errno::ECHILD),
        Found::Busy => Ok(0),
        Found::News(child, code) => {
            let pid = collect(child);
            if !status.is_null() {
                put_user(status, &code.0)?;
            }
            Ok(pid)
        }
    }
}

/// Takes the news of a child, and releases a zombie.
fn collect(child: &Task) -> u32 {
    let pid = child.pid.get();
    let me = current();
    if child.state() == State::Zombie && child.trace.is_traced() {
        ptrace::forget(child);
    } else if child.state() == State::Zombie {
        me.cutime
            .add(child.utime.get().wrapping_add(child.cutime.get()));
        me.cstime
            .add(child.stime.get().wrapping_add(child.cstime.get()));
        release(child);
    } else {
        // A stop is reported only once.
        child.exit_code.set(0);
    }
    pid
}
