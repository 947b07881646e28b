// SPDX-License-Identifier: GPL-2.0-or-later
//! The math coprocessor (0.11: `math_state_restore`, `kernel/math/`).
//!
//! Its registers are saved lazily: a task switch only sets CR0.TS (the
//! processor does). The first instruction for the coprocessor then traps, and
//! [`math_state_restore`] saves the registers for the task that used it last
//! and loads those of the current one.

use crate::sched::{TASK, Task, current};
use core::arch::asm;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// What FNSAVE writes (Intel SDM vol. 1, 8.1.10; 0.11: `struct i387_struct`).
#[repr(C, align(4))]
#[derive(Clone, Copy)]
pub struct I387([u8; 108]);

impl I387 {
    /// Zeroes, for a task that has not used the coprocessor.
    pub const fn new() -> I387 {
        I387([0; 108])
    }
}

/// Nobody.
const NO_TASK: usize = usize::MAX;
/// Whose registers are in the coprocessor (0.11: `last_task_used_math`).
static LAST_TASK_USED_MATH: AtomicUsize = AtomicUsize::new(NO_TASK);

const CR0_EM: u32 = 1 << 2;

fn has_x87() -> bool {
    let cr0: u32;
    // SAFETY: reading a control register changes nothing.
    unsafe { asm!("mov {0}, cr0", out(reg) cr0, options(nomem, nostack, preserves_flags)) };
    cr0 & CR0_EM == 0
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

/// Gives the coprocessor to the current task. False if there is none.
pub fn math_state_restore() -> bool {
    if !has_x87() {
        return false;
    }
    clts();
    let task = current();
    let last = LAST_TASK_USED_MATH.load(Relaxed);
    if last == task.number() {
        return true;
    }
    if let Some(last) = TASK.get(last) {
        save(&last.i387);
    }
    if task.used_math.get() != 0 {
        // SAFETY: saved by `save` for this very task.
        unsafe { asm!("frstor [{0}]", in(reg) task.i387.get()) };
    } else {
        // SAFETY: TS is clear, so it does not trap.
        unsafe { asm!("fninit") };
        task.used_math.set(1);
    }
    LAST_TASK_USED_MATH.store(task.number(), Relaxed);
    true
}

/// A pending coprocessor error of the current task: forget the exception so
/// that it does not come again in the signal handler.
pub fn math_error() {
    clts();
    // SAFETY: TS is clear; clears the error bits of the status word only.
    unsafe { asm!("fnclex") };
}

/// A child starts with its parent's coprocessor registers.
pub fn fork(child: &Task) {
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

/// Coprocessor instructions trap again.
fn set_ts() {
    const CR0_TS: u32 = 1 << 3;
    // SAFETY: the trap brings the registers back.
    unsafe {
        asm!("mov {0}, cr0", "or {0}, {ts}", "mov cr0, {0}", out(reg) _, ts = const CR0_TS,
            options(nostack));
    }
}

/// A task ends or starts a new program: its registers are of no use.
pub fn exit(task: &Task) {
    task.used_math.set(0);
    if LAST_TASK_USED_MATH.load(Relaxed) == task.number() {
        LAST_TASK_USED_MATH.store(NO_TASK, Relaxed);
        set_ts();
    }
}
