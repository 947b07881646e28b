// SPDX-License-Identifier: GPL-2.0-or-later
//! One process watches another (0.11 has the number only; answers to
//! `kernel/ptrace.c` of Linux 0.95 to 0.99).
//!
//! A *tracee* stops where a signal would be acted upon ([`stop_for_signal`]),
//! after `execve`, and, if asked for, where a system call begins and ends
//! ([`stop_at_system_call`]). Its tracer learns of it by `waitpid`; while the
//! tracee stands, the tracer reads and writes its memory and its registers by
//! [`sys_ptrace`], and lets it go on, with the signal, another or none:
//!
//! ```text
//! tracee                          tracer
//! PTRACE_TRACEME, execve          fork
//! stop: SIGTRAP          --->     waitpid: status 0x057f
//!                                 PTRACE_PEEKTEXT, PTRACE_POKEUSER ...
//! goes on                <---     PTRACE_CONT, signal 0
//! ```
//!
//! Whoever is traced gains no rights by `execve`, and a tracer that ends lets
//! its tracees go. Nobody but the super-user traces a process that he may not
//! read: the ids must be the caller's, and what the process runs must be a
//! program that it may read, without set-id bits, under the ids with which it
//! began to run it ([`Task::guarded`]). A tracee may not become a program that
//! it cannot read. Where nobody is traced, none of this costs anything:
//! system calls have another gate only while somebody asks for their stops.
#![deny(unsafe_code)]

use crate::deliver::{deliver, tell_father};
use crate::frame::{EFLAGS_TF, Registers};
use crate::record;
use crate::sched::{self, State, Task, current};
use crate::segment::{copy_from_task, copy_to_task, put_user, read_gs};
use crate::trace::{Trace, UserRegisters};
use abi::ptrace::*;
use abi::signal::{Signal, SignalSet};
use abi::sys::types::UserAddress;
use abi::sys::wait::WaitStatus;
use abi::{Errno, Result};
use asm::system::{restore_flags, save_flags_and_cli};
use sync::{AtomicWord, WaitQueue};

/// Tracees whose tracer is still at their memory wait here.
static EXAMINED: WaitQueue = WaitQueue::new();
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

/// `ptrace`. `ESRCH` unless `pid` is a tracee of the caller's and stands,
/// `EPERM` for one that may not be traced, `EIO` for everything else that
/// makes no sense.
pub fn sys_ptrace(request: u32, pid: u32, address: u32, data: u32) -> Result<u32> {
    match request {
        PTRACE_TRACEME => trace_me(),
        PTRACE_ATTACH => attach(find_task(pid)?),
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

fn find_task(pid: u32) -> Result<&'static Task> {
    sched::find_task(pid)
        .filter(|task| task.state() != State::Zombie)
        .ok_or(Errno::ESRCH)
}

fn tracee(pid: u32) -> Result<&'static Task> {
    let task = find_task(pid)?;
    if task.trace.tracer.get() == current().pid.get() {
        Ok(task)
    } else {
        Err(Errno::ESRCH)
    }
}

/// Init does not know how to trace, and would wait for ever.
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
    sched::find_task(pid).is_some_and(|task| task.fs.is_superuser())
}

/// Whether somebody traces the task who may see no more than it may itself.
pub fn has_ordinary_tracer(task: &Task) -> bool {
    task.trace.is_traced() && !is_superuser(task.trace.tracer.get())
}

fn attach(task: &'static Task) -> Result<u32> {
    let me = current();
    if core::ptr::eq(task, me) || task.pid.get() <= sched::INIT_PID || task.trace.is_traced() {
        return Err(Errno::EPERM);
    }
    let (mine, its) = (&me.fs, &task.fs);
    let same_user = [&its.uid, &its.euid].map(|id| id.get()) == [mine.uid.get(); 2];
    let same_group = [&its.gid, &its.egid].map(|id| id.get()) == [mine.gid.get(); 2];
    let may_trace = same_user && same_group && task.guarded.get() == 0;
    if !(may_trace || mine.is_superuser()) {
        return Err(Errno::EPERM);
    }
    begin(&task.trace, me.pid.get());
    deliver(Signal::SIGSTOP, task);
    if task.state() == State::Stopped {
        // It comes to the stop that its tracer can work with.
        task.wake();
    }
    Ok(0)
}

/// The requests to a tracee that stands.
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

/// Does something with a tracee's memory, which may sleep; should the tracee
/// be killed meanwhile, it waits.
fn hold(trace: &Trace, access: impl FnOnce() -> Result<()>) -> Result<()> {
    trace.examined.set(1);
    let result = access();
    trace.examined.set(0);
    sched::wake_up(&EXAMINED);
    result.map_err(|_| Errno::EIO)
}

fn stop_at_system_calls(trace: &Trace, stop: bool) {
    if u32::from(stop) != trace.system_calls.get() {
        trace.system_calls.set(stop.into());
        // The clock may choose as well.
        let flags = save_flags_and_cli();
        record::choose_gate();
        restore_flags(flags);
    }
}

/// Before a tracee acts on a signal: its tracer decides what becomes of it.
pub fn stop_for_signal(signal: Signal, registers: &mut Registers) -> Option<Signal> {
    let task = current();
    let signal = stop(signal, registers)?;
    if SignalSet(task.blocked.get()).contains(signal) {
        deliver(signal, task);
        return None;
    }
    // It has been stopped by this signal.
    (!task.stops_by_default(signal)).then_some(signal)
}

/// Where a system call of a tracee begins and ends. False if it was killed.
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

/// Nobody would end the stop of a task that was killed already.
fn is_killed(task: &Task) -> bool {
    SignalSet(task.signal.get()).contains(Signal::SIGKILL)
}

/// Stands until the tracer, SIGKILL or the tracer's end lets the current task
/// go on; the signal that it is to go on with.
fn stop(signal: Signal, registers: &mut Registers) -> Option<Signal> {
    let task = current();
    let trace = &task.trace;
    if trace.is_stepped() {
        registers.eflags &= !EFLAGS_TF;
        trace.step.set(0);
    }
    *trace.registers.lock() = user_registers(registers);
    trace.signal.set(0);
    // A SIGKILL of an interrupt handler comes either before, and then it does
    // not stand, or when it stands, and ends that.
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
    sched::sleep_while(&EXAMINED, &mut || trace.examined.get() != 0);
    trace.stopped.set(0);
    task.exit_code.set(0);
    set_user_registers(registers, &trace.registers.lock());
    Signal::new(trace.signal.get())
}

/// On the way back to ring 3: one instruction only, if the tracer has said so.
pub fn set_trap_flag(registers: &mut Registers) {
    if current().trace.is_stepped() {
        registers.eflags |= EFLAGS_TF;
    }
}

/// Whether a debug trap comes of a step that nobody waits for any more: its
/// tracer has ended.
pub fn is_stale_step(registers: &mut Registers) -> bool {
    let trace = &current().trace;
    let stale = trace.is_stepped() && !trace.is_traced();
    if stale {
        trace.step.set(0);
        registers.eflags &= !EFLAGS_TF;
    }
    stale
}

/// A task ends: its tracees go on without it, and it makes no more stops.
#[inline(always)]
pub fn task_ends(task: &Task) {
    task.trace.step.set(0);
    if TRACEES.get() != 0 {
        release_tracees(task);
        stop_at_system_calls(&task.trace, false);
        // A tracer that is not the father still hears of the end.
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

/// The tracer needs to know no more of a task; of its end the father does.
pub fn forget(tracee: &Task) {
    end(&tracee.trace);
    if tracee.state() == State::Zombie {
        tell_father(tracee.father.get());
    }
}

/// The stack frame of ring 3 in the order of the user area. `gs` is the
/// program's all the time.
fn user_registers(registers: &Registers) -> UserRegisters {
    const IN_SYSTEM_CALL: u32 = u32::MAX;
    let number = match registers.handler {
        IN_SYSTEM_CALL => registers.error_code,
        _ => u32::MAX,
    };
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
        registers.fs & 0xFFFF,
        read_gs(),
        number,
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
        fs,
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
    (registers.ds, registers.es, registers.fs) = (ds, es, fs);
    (registers.cs, registers.ss, registers.eflags) = (cs, ss, eflags);
}
