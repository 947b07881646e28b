// SPDX-License-Identifier: GPL-2.0-or-later
//! Signals of the current task: the calls that set their actions, and the actions
//! themselves (0.11: `kernel/signal.c`).
//!
//! [`do_pending_work`] runs on the way back to ring 3, and calls [`do_signal`] for
//! each signal. That either ends or stops the task, or lets ring 3 go on in the
//! handler: it pushes what the handler's restorer needs onto the user stack (the
//! frame is drawn in `abi::signal`) and changes `eip` and `esp` of the interrupted
//! program.
#![deny(unsafe_code)]

use crate::chr_drv::tty_io;
use crate::exit::do_exit;
use crate::fault;
use crate::frame::{EFLAGS_DF, EFLAGS_TF, Registers};
use crate::job_control::{stop_unless_orphaned, stops_untraced};
use crate::ptrace;
use crate::sched::{self, PENDING_WORK, Task, Work, current};
use crate::segment::{get_user, put_user};
use crate::sleep::interruptible_sleep_while;
use abi::signal::{SIG_DFL, SIG_IGN, Sigaction, Signal, SignalFlags, SignalSet};
use abi::sys::types::UserAddress;
use abi::sys::wait::WaitStatus;
use abi::{Errno, Result};
use asm::system;
use mm::memory::TASK_SIZE;
use sync::WaitQueue;

/// `pause` and `sigsuspend` sleep here; only signals wake them.
static NEVER: WaitQueue = WaitQueue::new();

/// `sgetmask`: the signals that are blocked.
pub fn sys_sgetmask() -> Result<u32> {
    Ok(current().blocked.get())
}

/// `ssetmask`: blocks exactly these signals; returns the old mask.
pub fn sys_ssetmask(mask: u32) -> Result<u32> {
    let task = current();
    let old = task.blocked.get();
    block(task, SignalSet(mask));
    Ok(old)
}

/// Blocks exactly these signals, as far as they can be blocked.
fn block(task: &Task, mask: SignalSet) {
    task.blocked.set(mask.minus(SignalSet::UNBLOCKABLE).0);
    note_pending(task);
}

/// Called when a signal may have become pending, because it is no longer blocked or
/// ignored.
fn note_pending(task: &Task) {
    if task.pending_signals() != 0 {
        PENDING_WORK.set_bits(Work::Signal as u32);
    }
}

/// `sigpending`: stores the signals that were sent and are blocked.
pub fn sys_sigpending(set: UserAddress) -> Result<u32> {
    let task = current();
    put_user(set, &(task.signal.get() & task.blocked.get()))?;
    Ok(0)
}

/// A signal whose action may be set.
fn catchable(signal: u32) -> Result<Signal> {
    match Signal::new(signal) {
        None | Some(Signal::SIGKILL | Signal::SIGSTOP) => Err(Errno::EINVAL),
        Some(signal) => Ok(signal),
    }
}

/// `signal`: a handler for one occurrence; returns the old handler.
pub fn sys_signal(signal: u32, handler: UserAddress, restorer: UserAddress) -> Result<u32> {
    let flags = SignalFlags::SA_ONESHOT | SignalFlags::SA_NOMASK;
    let action = Sigaction {
        sa_handler: handler,
        sa_mask: SignalSet::EMPTY,
        sa_flags: flags.bits(),
        sa_restorer: restorer,
    };
    let signal = catchable(signal)?;
    let old = current().actions.handler(signal);
    set_action(signal, action);
    Ok(old.0)
}

/// `sigaction`: reads the new action if not null, stores the old if not null.
pub fn sys_sigaction(signal: u32, action: UserAddress, old_action: UserAddress) -> Result<u32> {
    let signal = catchable(signal)?;
    let old = current().actions.get(signal);
    if !old_action.is_null() {
        put_user(old_action, &old)?;
    }
    if !action.is_null() {
        let mut action: Sigaction = get_user(action)?;
        if !action.flags().contains(SignalFlags::SA_NOMASK) {
            action.sa_mask = action.sa_mask.with(signal);
        } else {
            action.sa_mask = SignalSet::EMPTY;
        }
        set_action(signal, action);
    }
    Ok(0)
}

fn set_action(signal: Signal, action: Sigaction) {
    let task = current();
    task.actions.set(signal, action);
    note_pending(task);
}

/// `pause`: sleeps until a signal has been handled. The idle task lives here.
pub fn sys_pause() -> Result<u32> {
    if current().number() == 0 {
        sched::idle();
        return Ok(0);
    }
    interruptible_sleep_while(&NEVER, &mut || true)?;
    Ok(0)
}

/// `sigsuspend`: blocks exactly `mask` and sleeps until a signal. Only the
/// handler sees that mask: afterwards the old one is back.
pub fn sys_sigsuspend(_: u32, _: u32, mask: u32) -> Result<u32> {
    let task = current();
    let old = task.blocked.get();
    block(task, SignalSet(mask));
    while task.pending_signals() == 0 {
        // This ends only with EINTR, which is returned below.
        let _ = interruptible_sleep_while(&NEVER, &mut || true);
    }
    task.saved_mask.set(old);
    task.has_saved_mask.set(1);
    Err(Errno::EINTR)
}

/// What `system_call.s` calls before ring 3 goes on when [`PENDING_WORK`] is set, but
/// not for another task (0.11: the second half of `ret_from_sys_call`). Interrupts are
/// masked before and after it. It is called again as long as there is work.
pub extern "fastcall" fn do_pending_work(registers: &mut Registers) {
    let work = PENDING_WORK.take();
    system::sti();
    if work & Work::Terminal as u32 != 0 {
        go_on_editing();
    }
    let task = current();
    if let Some(signal) = SignalSet(task.pending_signals()).first()
        && task.number() != 0
    {
        do_signal(task, signal, registers);
        note_pending(task);
    }
    system::cli();
}

/// Interrupts are taken between the pieces of this work.
#[cold]
fn go_on_editing() {
    let flags = system::save_flags_and_cli();
    tty_io::go_on_editing();
    system::let_interrupts_in();
    system::restore_flags(flags);
}

/// Acts on a pending signal.
pub fn do_signal(task: &Task, signal: Signal, registers: &mut Registers) {
    if stops_untraced(task, signal) {
        stop_unless_orphaned(signal);
    } else {
        take_signal(task, signal, registers);
    }
    if task.has_saved_mask.get() != 0 && task.pending_signals() == 0 {
        task.has_saved_mask.set(0);
        block(task, SignalSet(task.saved_mask.get()));
    }
}

fn take_signal(task: &Task, signal: Signal, registers: &mut Registers) {
    task.signal.clear_bits(signal.bit());
    if task.trace.is_traced() {
        take_traced_signal(task, signal, registers);
    } else {
        act_upon(task, signal, registers);
    }
}

/// The tracer decides about all signals but SIGKILL.
#[cold]
fn take_traced_signal(task: &Task, signal: Signal, registers: &mut Registers) {
    if signal == Signal::SIGKILL {
        default_action(signal);
    } else if let Some(signal) = ptrace::stop_for_signal(signal, registers) {
        act_upon(task, signal, registers);
    }
    ptrace::set_trap_flag(registers);
}

#[inline(always)]
fn act_upon(task: &Task, signal: Signal, registers: &mut Registers) {
    match task.actions.handler(signal) {
        SIG_IGN => {}
        SIG_DFL => default_action(signal),
        _ => call_handler(task, signal, &task.actions.get(signal), registers),
    }
}

#[cold]
fn default_action(signal: Signal) {
    match signal {
        Signal::SIGCHLD | Signal::SIGCONT => {}
        // Such a task has been stopped already.
        _ if SignalSet::STOPS.contains(signal) => {}
        _ if current().number() == 1 => {}
        _ => do_exit(WaitStatus::from_signal(signal)),
    }
}

/// Makes ring 3 go on in the handler. If the stack cannot take the frame, or the
/// handler is outside the segment, the task ends.
#[inline(always)]
fn call_handler(task: &Task, signal: Signal, action: &Sigaction, registers: &mut Registers) {
    let flags = action.flags();
    if flags.contains(SignalFlags::SA_ONESHOT) {
        task.actions.reset(signal);
    }
    match push_frame(task, signal, action, registers) {
        Ok(()) if action.sa_handler.0 < TASK_SIZE => {}
        Err(Errno::ENOMEM) => {
            fault::tell_out_of_memory(task);
            do_exit(WaitStatus::from_signal(Signal::SIGKILL));
        }
        _ => do_exit(WaitStatus::from_signal(Signal::SIGSEGV)),
    }
    registers.eip = action.sa_handler.0;
    // Compiled code expects a clear direction flag, and only the program is
    // stepped, not the handler. The restorer brings both flags back.
    registers.eflags &= !(EFLAGS_TF | EFLAGS_DF);
    task.has_saved_mask.set(0);
    let mask = SignalSet(task.blocked.get() | action.sa_mask.0);
    task.blocked.set(mask.minus(SignalSet::UNBLOCKABLE).0);
}

/// Pushes the frame that the restorer pops again. It has a mask only if one is to
/// be restored.
#[inline(always)]
fn push_frame(
    task: &Task,
    signal: Signal,
    action: &Sigaction,
    registers: &mut Registers,
) -> Result<()> {
    // After `sigsuspend` the mask from before that call comes back.
    let mask = || match task.has_saved_mask.get() {
        0 => task.blocked.get(),
        _ => task.saved_mask.get(),
    };
    let (restorer, number) = (action.sa_restorer.0, signal.number());
    let Registers {
        eax,
        ecx,
        edx,
        eflags,
        eip,
        ..
    } = *registers;
    if action.flags().contains(SignalFlags::SA_NOMASK) {
        push(registers, &[restorer, number, eax, ecx, edx, eflags, eip])
    } else {
        push(
            registers,
            &[restorer, number, mask(), eax, ecx, edx, eflags, eip],
        )
    }
}

/// Pushes words onto the user stack, the last first.
fn push<const WORDS: usize>(registers: &mut Registers, words: &[u32; WORDS]) -> Result<()> {
    let size = size_of_val(words) as u32;
    let esp = registers.esp.checked_sub(size).ok_or(Errno::EFAULT)?;
    put_user(UserAddress(esp), words)?;
    registers.esp = esp;
    Ok(())
}
