// SPDX-License-Identifier: GPL-2.0-or-later
//! One process watches another. 0.11 has only the call's number; this answers to
//! `kernel/ptrace.c` of Linux 0.95 to 0.99.
//!
//! A *tracee* stops where a signal would be acted upon ([`stop_for_signal`]), after
//! `execve`, and, if asked for, where a system call begins and ends
//! ([`stop_at_system_call`]). Its tracer learns of the stop by `waitpid`. While the
//! tracee is stopped, the tracer reads and writes its memory and its registers by
//! [`sys_ptrace`]. Then it lets the tracee go on, with the signal, with another one
//! or with none:
//!
//! ```text
//! tracee                          tracer
//! PTRACE_TRACEME, execve          fork
//! stop: SIGTRAP          --->     waitpid: status 0x057f
//!                                 PTRACE_PEEKTEXT, PTRACE_POKEUSER ...
//! goes on                <---     PTRACE_CONT, signal 0
//! ```
//!
//! A tracee gains no rights by `execve`, and a tracer that ends lets its tracees
//! go. Only the super-user may trace a process that he may not read. For all others
//! the ids of the process must be the caller's; it must run a program that it may
//! read, without set-id bits, and must still have the ids with which it began to
//! run it ([`Task::guarded`]). A tracee may not execute a program that it cannot
//! read. All this costs nothing while nobody is traced: system calls have another
//! gate only while a tracer asks for stops at them.
#![deny(unsafe_code)]

use crate::deliver::{WAITING_PARENTS, deliver, tell_father};
use crate::frame::{EFLAGS_TF, Registers};
use crate::record;
use crate::sched::{self, State, Task, current};
use crate::segment::{copy_from_task, copy_to_task, put_user, read_fs_gs};
use crate::trace::{Trace, UserRegisters};
use abi::ptrace::*;
use abi::signal::{Signal, SignalSet};
use abi::sys::types::UserAddress;
use abi::sys::wait::WaitStatus;
use abi::{Errno, Result};
use asm::system::{restore_flags, save_flags_and_cli};
use sync::AtomicWord;

/// How many tasks are traced.
static TRACEES: AtomicWord = AtomicWord::new(0);

fn begin(trace: &Trace, tracer: u32) {
    trace.tracer.set(tracer);
    TRACEES.add(1);
}

fn end(trace: &Trace) {
    trace.tracer.set(0);
    TRACEES.add(1u32.wrapping_neg());
}

/// `ptrace`. `ESRCH` unless `pid` is a stopped tracee of the caller, `EPERM` for a
/// process that may not be traced, `EIO` for everything else that makes no sense.
pub fn sys_ptrace(request: u32, pid: u32, address: u32, data: u32) -> Result<u32> {
    match request {
        PTRACE_TRACEME => trace_me(),
        PTRACE_ATTACH => attach(living_task(pid)?),
        PTRACE_KILL => {
            deliver(Signal::SIGKILL, tracee(pid)?);
            Ok(0)
        }
        _ => {
            let tracee = tracee(pid)?;
            if tracee.state() != State::Stopped || !tracee.trace.is_stopped() {
                return Err(Errno::ESRCH);
            }
            examine(tracee, request, address, data)
        }
    }
}

fn living_task(pid: u32) -> Result<&'static Task> {
    sched::find_task(pid)
        .filter(|task| task.state() != State::Zombie)
        .ok_or(Errno::ESRCH)
}

fn tracee(pid: u32) -> Result<&'static Task> {
    let task = living_task(pid)?;
    if task.trace.tracer.get() == current().pid.get() {
        Ok(task)
    } else {
        Err(Errno::ESRCH)
    }
}

/// Lets the parent trace the caller. Init cannot trace, so its child would wait for
/// ever.
fn trace_me() -> Result<u32> {
    let me = current();
    let father = me.father.get();
    let may_trace = me.guarded.get() == 0 || is_superuser(father);
    if me.trace.is_traced() || father <= sched::INIT_PID || !may_trace {
        return Err(Errno::EPERM);
    }
    begin(&me.trace, father);
    Ok(0)
}

fn is_superuser(pid: u32) -> bool {
    sched::find_task(pid).is_some_and(|task| task.fs_task.is_superuser())
}

/// Whether the task has a tracer that is not the super-user.
pub fn has_ordinary_tracer(task: &Task) -> bool {
    task.trace.is_traced() && !is_superuser(task.trace.tracer.get())
}

fn attach(task: &'static Task) -> Result<u32> {
    let me = current();
    let is_system = task.pid.get() <= sched::INIT_PID || task.space().is_err();
    if core::ptr::eq(task, me) || is_system || task.trace.is_traced() {
        return Err(Errno::EPERM);
    }
    let (mine, its) = (&me.fs_task, &task.fs_task);
    let same_user = [&its.uid, &its.euid].map(|id| id.get()) == [mine.uid.get(); 2];
    let same_group = [&its.gid, &its.egid].map(|id| id.get()) == [mine.gid.get(); 2];
    let may_trace = same_user && same_group && task.guarded.get() == 0;
    if !(may_trace || mine.is_superuser()) {
        return Err(Errno::EPERM);
    }
    begin(&task.trace, me.pid.get());
    deliver(Signal::SIGSTOP, task);
    if task.state() == State::Stopped {
        // It runs to the stop at which its tracer can work with it.
        task.wake();
    }
    Ok(0)
}

/// The requests to a stopped tracee.
fn examine(tracee: &'static Task, request: u32, address: u32, data: u32) -> Result<u32> {
    let trace = &tracee.trace;
    match request {
        PTRACE_PEEKTEXT | PTRACE_PEEKDATA => {
            let mut word = [0; 4];
            hold(trace, || {
                copy_from_task(tracee, UserAddress(address), &mut word)
            })?;
            put_user(UserAddress(data), &word)?;
        }
        PTRACE_POKETEXT | PTRACE_POKEDATA => hold(trace, || {
            copy_to_task(tracee, UserAddress(address), &data.to_le_bytes())
        })?,
        PTRACE_PEEKUSER => {
            let word = trace.registers.lock().peek(address)?;
            put_user(UserAddress(data), &word)?;
        }
        PTRACE_POKEUSER => trace.registers.lock().poke(address, data)?,
        PTRACE_CONT | PTRACE_SYSCALL | PTRACE_SINGLESTEP | PTRACE_DETACH => {
            if data != 0 && Signal::new(data).is_none() {
                return Err(Errno::EIO);
            }
            trace.step.set(u32::from(request == PTRACE_SINGLESTEP));
            stop_at_system_calls(trace, request == PTRACE_SYSCALL);
            if request == PTRACE_DETACH {
                end(trace);
            }
            trace.signal.set(data);
            tracee.wake();
        }
        _ => return Err(Errno::EIO),
    }
    Ok(0)
}

/// Accesses a tracee's memory, which may sleep. If the tracee is killed meanwhile,
/// it waits until this is done.
fn hold(trace: &Trace, access: impl FnOnce() -> Result<()>) -> Result<()> {
    trace.memory.down(sched::sleep_while);
    let result = access();
    trace.memory.up(sched::wake_up);
    result.map_err(|_| Errno::EIO)
}

fn stop_at_system_calls(trace: &Trace, stop: bool) {
    if u32::from(stop) != trace.system_calls.get() {
        trace.system_calls.set(stop.into());
        // The clock may choose the gate too.
        let flags = save_flags_and_cli();
        record::choose_gate();
        restore_flags(flags);
    }
}

/// Stops a tracee before it acts on a signal; its tracer decides what becomes of
/// the signal.
pub fn stop_for_signal(signal: Signal, registers: &mut Registers) -> Option<Signal> {
    let task = current();
    let signal = stop(signal, registers)?;
    if SignalSet(task.blocked.get()).contains(signal) {
        deliver(signal, task);
        return None;
    }
    // This signal has stopped it already.
    (!task.stops_by_default(signal)).then_some(signal)
}

/// Stops a tracee where a system call begins or ends. Returns false if it was
/// killed.
pub fn stop_at_system_call(registers: &mut Registers) -> bool {
    let task = current();
    if task.trace.system_calls.get() != 0 {
        if let Some(signal) = stop(Signal::SIGTRAP, registers) {
            deliver(signal, task);
        }
        set_trap_flag(registers);
    }
    !is_killed(task)
}

/// Whether the task was killed already, so that nobody would end its stop.
fn is_killed(task: &Task) -> bool {
    SignalSet(task.signal.get()).contains(Signal::SIGKILL)
}

/// Stops the current task until the tracer, SIGKILL or the tracer's end lets it go
/// on. Returns the signal that it goes on with.
fn stop(signal: Signal, registers: &mut Registers) -> Option<Signal> {
    let task = current();
    let trace = &task.trace;
    if trace.is_stepped() {
        registers.eflags &= !EFLAGS_TF;
        trace.step.set(0);
    }
    *trace.registers.lock() = user_registers(registers);
    trace.signal.set(0);
    // A SIGKILL of an interrupt handler comes either before, and then the task does
    // not stop, or after, and ends the stop.
    let flags = save_flags_and_cli();
    let stands = !is_killed(task);
    if stands {
        trace.stopped.set(1);
        task.exit_code.set(WaitStatus::from_stop(signal).0);
        task.set_state(State::Stopped);
    }
    restore_flags(flags);
    if stands {
        tell_father(trace.tracer.get());
        sched::schedule();
    }
    // Its tracer may still be at its memory.
    trace.memory.down(sched::sleep_while);
    trace.memory.up(sched::wake_up);
    trace.stopped.set(0);
    task.exit_code.set(0);
    set_user_registers(registers, &trace.registers.lock());
    Signal::new(trace.signal.get())
}

/// Sets the trap flag on the way back to ring 3, if the tracer wants a single step.
pub fn set_trap_flag(registers: &mut Registers) {
    if current().trace.is_stepped() {
        registers.eflags |= EFLAGS_TF;
    }
}

/// Whether a debug trap comes from a step that nobody waits for any more, because
/// the tracer has ended.
pub fn is_stale_step(registers: &mut Registers) -> bool {
    let trace = &current().trace;
    let stale = trace.is_stepped() && !trace.is_traced();
    if stale {
        trace.step.set(0);
        registers.eflags &= !EFLAGS_TF;
    }
    stale
}

/// Called when a task ends: its tracees go on without it, and it stops no more for
/// its own tracer.
#[inline(always)]
pub fn task_ends(task: &Task) {
    task.trace.step.set(0);
    if TRACEES.get() != 0 {
        release_tracees(task);
        stop_at_system_calls(&task.trace, false);
        // A tracer that is not the parent still gets the news of the end.
        if task.trace.is_traced() && task.trace.tracer.get() == task.father.get() {
            end(&task.trace);
        }
    }
}

fn release_tracees(task: &Task) {
    let pid = task.pid.get();
    for tracee in sched::tasks().filter(|other| other.trace.tracer.get() == pid) {
        forget(tracee);
        stop_at_system_calls(&tracee.trace, false);
        if tracee.trace.is_stopped() && tracee.state() == State::Stopped {
            tracee.trace.signal.set(0);
            tracee.wake();
        }
    }
}

/// Lets the tracer look at a task that has ended. If it is not the parent, too, it gets
/// no signal.
pub fn wake_tracer(task: &Task) {
    if task.trace.is_traced()
        && let Some(tracer) = sched::find_task(task.trace.tracer.get())
    {
        sched::wake_up_task(&WAITING_PARENTS, tracer);
    }
}

/// Ends tracing after the tracer has got the last news of the task; its parent
/// still waits for the end.
pub fn forget(tracee: &Task) {
    end(&tracee.trace);
    if tracee.state() == State::Zombie {
        tell_father(tracee.father.get());
    }
}

/// The registers of ring 3 in the order of the user area.
fn user_registers(registers: &Registers) -> UserRegisters {
    let [fs, gs] = read_fs_gs();
    UserRegisters([
        registers.ebx,
        registers.ecx,
        registers.edx,
        registers.esi,
        registers.edi,
        registers.ebp,
        registers.eax,
        registers.ds & 0xFFFF,
        registers.es & 0xFFFF,
        fs,
        gs,
        registers.error_code,
        registers.eip,
        registers.cs & 0xFFFF,
        registers.eflags,
        registers.esp,
        registers.ss & 0xFFFF,
    ])
}

fn set_user_registers(registers: &mut Registers, from: &UserRegisters) {
    let [
        ebx,
        ecx,
        edx,
        esi,
        edi,
        ebp,
        eax,
        ds,
        es,
        _fs,
        _gs,
        _number,
        eip,
        cs,
        eflags,
        esp,
        ss,
    ] = from.0;
    (registers.ebx, registers.ecx, registers.edx) = (ebx, ecx, edx);
    (registers.esi, registers.edi, registers.ebp) = (esi, edi, ebp);
    (registers.eax, registers.eip, registers.esp) = (eax, eip, esp);
    (registers.ds, registers.es) = (ds, es);
    (registers.cs, registers.ss, registers.eflags) = (cs, ss, eflags);
}
