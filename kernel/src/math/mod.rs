// SPDX-License-Identifier: GPL-2.0-or-later
//! The math coprocessor (0.11: `math_state_restore`, `kernel/math/`).
//!
//! Its registers are saved lazily: at a task switch the processor only sets CR0.TS.
//! The first instruction for the coprocessor then traps, and [`math_state_restore`]
//! saves the registers for the task that used it last and loads those of the
//! current one.
//!
//! Without a coprocessor, or with `no387` on the command line, CR0.EM is set and
//! every such instruction traps: [`math_emulate`] executes it. The arithmetic is in the
//! crate [`x87`].
//!
//! A program shares the coprocessor with its signal handlers, as in 0.11; `fork`
//! copies the state, and `exec` begins with a clean one.

pub mod math_emulate;

use crate::control_registers::{CR0_EM, CR0_MP, CR0_TS, cr0};
use crate::sched::{TASK, Task, current};
use crate::setup_data;
use core::arch::asm;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use x87::i387::I387;

/// The coprocessor has the registers of no task.
const NO_TASK: usize = usize::MAX;
/// The task whose registers are in the coprocessor (0.11: `last_task_used_math`).
static LAST_TASK_USED_MATH: AtomicUsize = AtomicUsize::new(NO_TASK);

/// Whether there is a coprocessor that is used.
pub fn has_x87() -> bool {
    cr0() & CR0_EM == 0
}

/// Chooses the coprocessor or the emulator, and prints which. head.s has looked for
/// a coprocessor; the word `no387` on the command line hides it.
pub fn math_init() {
    if has_x87() && !setup_data::parameters().no387 {
        crate::printk!("Math coprocessor: 387\n");
    } else {
        // TS is set too and stays set, so that WAIT traps as well.
        set_cr0(CR0_EM | CR0_MP | CR0_TS);
        crate::printk!("Math coprocessor: emulated\n");
    }
}

/// Lets coprocessor instructions through until the next task switch.
fn clts() {
    // SAFETY: only the lazy switching below depends on TS.
    unsafe { asm!("clts", options(nomem, nostack, preserves_flags)) };
}

/// Saves the coprocessor's registers and resets it.
fn save(state: &UnsafeCell<I387>) {
    // SAFETY: the cell belongs to the task whose registers these are, and is
    // used here only; TS is clear.
    unsafe { asm!("fnsave [{0}]", "fwait", in(reg) state.get()) };
}

/// Gives the coprocessor to the current task.
pub fn math_state_restore() {
    clts();
    let task = current();
    let last = LAST_TASK_USED_MATH.load(Relaxed);
    if last == task.number() {
        return;
    }
    if let Some(last) = TASK.get(last) {
        save(&last.i387);
    }
    if task.used_math.get() == 0 {
        begin(task);
    }
    // A task that has ended may have left an exception behind, for which FRSTOR
    // would stop here in the kernel: FNCLEX does not wait.
    // SAFETY: TS is clear, and `begin` or `save` has put this there for the same task.
    unsafe { asm!("fnclex", "frstor [{0}]", in(reg) task.i387.get()) };
    LAST_TASK_USED_MATH.store(task.number(), Relaxed);
}

/// Prepares the first instruction of a program for the coprocessor. FNINIT alone
/// would leave the numbers of another program there.
fn begin(task: &Task) {
    // SAFETY: only the current task is here, and its registers are neither in
    // the coprocessor nor in use by the emulator.
    unsafe { *task.i387.get() = I387::clean() };
    task.used_math.set(1);
}

/// Forgets the pending exception of the coprocessor, which is the current task's, so that
/// it does not come again in the signal handler.
pub fn math_error() {
    clts();
    // SAFETY: TS is clear, and this clears only the error bits of the status word.
    unsafe { asm!("fnclex") };
}

/// Gives a child the coprocessor registers of its parent.
pub fn copy_state(child: &Task) {
    let parent = current();
    if parent.used_math.get() == 0 {
        return;
    }
    if LAST_TASK_USED_MATH.load(Relaxed) == parent.number() {
        clts();
        save(&parent.i387);
        LAST_TASK_USED_MATH.store(NO_TASK, Relaxed);
        set_ts();
    }
    // SAFETY: neither task's registers are in the coprocessor now, and the
    // child does not run yet.
    unsafe { *child.i387.get() = *parent.i387.get() };
}

/// Makes coprocessor instructions trap again.
fn set_ts() {
    set_cr0(CR0_TS);
}

/// Sets bits of CR0 that make instructions trap.
fn set_cr0(bits: u32) {
    // SAFETY: the trap loads the registers again, or emulates the instruction.
    unsafe {
        asm!("mov {0}, cr0", "or {0}, {1}", "mov cr0, {0}", out(reg) _, in(reg) bits,
            options(nostack));
    }
}

/// Forgets the registers of a task that ends or starts a new program.
pub fn drop_state(task: &Task) {
    task.used_math.set(0);
    if LAST_TASK_USED_MATH.load(Relaxed) == task.number() {
        LAST_TASK_USED_MATH.store(NO_TASK, Relaxed);
        set_ts();
    }
}
