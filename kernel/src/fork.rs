// SPDX-License-Identifier: GPL-2.0-or-later
//! Making a task (0.11: `kernel/fork.c`).
//!
//! The child gets a slot: its linear memory, its kernel stack and its two GDT
//! entries. Its page tables refer to the parent's pages until one of the two writes
//! ([`mm::memory::copy_page_tables`]); its registers are the parent's at the system
//! call, with `eax` 0. When `schedule` jumps to its TSS for the first time, it goes
//! back to ring 3 as if it had made the call.

use crate::descriptor::Selector;
use crate::descriptor_tables::Tss;
use crate::frame::{EFLAGS_ALWAYS_1, EFLAGS_TF, Registers};
use crate::sched::{self, State, TASK, Task, current};
use crate::segment::read_fs_gs;
use abi::limits::NR_TASKS;
use abi::signal::Signal;
use abi::sys::resource::RLIMIT_NPROC;
use abi::{Errno, Result};
use asm::system;
use mm::LinearAddress;
use mm::memory::{self, KERNEL_STACKS, PAGE_SIZE, Space};
use sync::AtomicWord;

/// Bytes in a kernel stack.
pub const KERNEL_STACK_SIZE: u32 = 2 * PAGE_SIZE as u32;
/// From one kernel stack to the next; the lower half stays unmapped, so that
/// running off a stack faults.
const KERNEL_STACK_STRIDE: u32 = 2 * KERNEL_STACK_SIZE;

/// The last process id given out.
static LAST_PID: AtomicWord = AtomicWord::new(0);
/// Nobody has a number behind the last one and below this: groups and sessions have
/// numbers that were process ids.
static NEXT_USED_PID: AtomicWord = AtomicWord::new(0);
/// Only the super-user may take the last free slots.
const RESERVED_TASKS: usize = 8;
/// Process ids stay below this, so that they fit 0.11's `short`s.
const PID_LIMIT: u32 = 0x7FFF;

/// `fork` (0.11: `_sys_fork`, `copy_process`).
///
/// `EAGAIN` if no slot is free or the user has as many processes as allowed
/// (RLIMIT_NPROC), `ENOMEM` if there are no pages for the page tables.
pub fn sys_fork(registers: &Registers) -> Result<u32> {
    let child = find_empty_process()?;
    // Other tasks may fork while this one gives way.
    child.set_state(State::New);
    child.fs_task.uid.set(current().fs_task.uid.get());
    copy_process(registers, child).inspect_err(|_| {
        free_slot_memory(child);
        child.set_state(State::Unused);
    })
}

fn copy_process(registers: &Registers, child: &'static Task) -> Result<u32> {
    let esp0 = kernel_stack(child.number())?;
    let space = Space::of(child.number());
    space.create()?;
    copy_mem(space)?;
    let pid = next_pid();
    copy_task(child, pid);
    let esp = put_frame(registers, esp0);
    child.set_context(context_of(child.number(), space, esp0, esp));
    let flags = system::save_flags_and_cli();
    if current().is_ending() {
        // A signal that was sent to the whole group meanwhile has not reached the
        // child, which was no process yet.
        child.signal.set_bits(Signal::SIGKILL.bit());
    }
    child.set_state(State::Running);
    system::restore_flags(flags);
    Ok(pid)
}

/// The first unused slot, if the caller may have it. Only the super-user may take
/// the last slots, or more slots than the limit allows. Threads of the kernel are in
/// his share.
pub fn find_empty_process() -> Result<&'static Task> {
    let mut slots = TASK[1..].iter();
    let empty = slots.find(|task| task.state() == State::Unused);
    let empty = empty.ok_or(Errno::EAGAIN)?;
    let caller = current();
    if !caller.fs_task.may_use_reserve() {
        // Processes that are being made count too.
        let used = || {
            TASK[1..]
                .iter()
                .filter(|task| task.state() != State::Unused && task.space().is_ok())
        };
        let is_own = |task: &&Task| task.fs_task.uid.get() == caller.fs_task.uid.get();
        let (own, all) = (used().filter(is_own).count() as u32, used().count());
        if own >= caller.limits.get(RLIMIT_NPROC) || all >= NR_TASKS - 1 - RESERVED_TASKS {
            return Err(Errno::EAGAIN);
        }
    }
    Ok(empty)
}

/// The next number that no process, group or session has.
pub fn next_pid() -> u32 {
    loop {
        let pid = LAST_PID.get() + 1;
        LAST_PID.set(pid % PID_LIMIT);
        if pid >= NEXT_USED_PID.get() || pid == 1 {
            NEXT_USED_PID.set(used_pid_from(pid));
        }
        if pid < NEXT_USED_PID.get() {
            return pid;
        }
    }
}

/// The lowest number from `pid` on that a process, a group or a session has.
fn used_pid_from(pid: u32) -> u32 {
    let ids = sched::tasks().flat_map(|task| [&task.pid, &task.pgrp, &task.session]);
    let used = ids.map(AtomicWord::get).filter(|&id| id >= pid);
    used.min().unwrap_or(u32::MAX)
}

/// Slots below this keep kernel stack and page directory when they are given up.
const KEPT_SLOTS: usize = 16;

/// The top of a slot's kernel stack. Takes pages for it, unless the slot has kept
/// its pages.
pub fn kernel_stack(number: usize) -> Result<u32> {
    let top = KERNEL_STACKS.0 + (number as u32 + 1) * KERNEL_STACK_STRIDE;
    for address in (top - KERNEL_STACK_SIZE..top).step_by(PAGE_SIZE) {
        let address = LinearAddress(address);
        if memory::lookup(Space::KERNEL, address).is_none() {
            memory::put_kernel_page(memory::get_free_page().ok_or(Errno::ENOMEM)?, address)?;
        }
    }
    Ok(top)
}

/// Gives back the kernel stack and the page directory of a task that has ended. The
/// lowest slots keep theirs, because the next tasks use those. A task cannot free
/// what it runs on, so its parent does this.
pub fn free_slot_memory(task: &Task) {
    let number = task.number();
    if number >= KEPT_SLOTS {
        let top = KERNEL_STACKS.0 + (number as u32 + 1) * KERNEL_STACK_STRIDE;
        let bottom = LinearAddress(top - KERNEL_STACK_SIZE);
        memory::free_pages(Space::KERNEL, bottom, LinearAddress(top), || true);
        Space::of(number).remove();
    }
}

/// Lets the child's linear memory refer to the parent's pages
/// (0.11: `copy_mem`).
fn copy_mem(child: Space) -> Result<()> {
    memory::copy_page_tables(current().space()?, child, sched::give_way)
}

/// Copies everything of the task but memory and registers (0.11: `*p = *current`).
fn copy_task(child: &Task, pid: u32) {
    let parent = current();
    child.copy_from(parent);
    child.pid.set(pid);
    child.father.set(parent.pid.get());
    sched::share_time(child);
    child.start_time.set(sched::jiffies());
    crate::math::copy_state(child);
}

/// Puts the child's registers of ring 3 onto its kernel stack, from where it takes
/// them on its way back. Returns their address.
fn put_frame(registers: &Registers, esp0: u32) -> u32 {
    let address = esp0 - size_of::<Registers>() as u32;
    let place = core::ptr::with_exposed_provenance_mut::<Registers>(address as usize);
    // SAFETY: the stack is mapped, and its task does not run yet.
    unsafe {
        place.copy_from_nonoverlapping(registers, 1);
        (*place).eax = 0;
        (*place).eflags = eflags_of_child(registers);
    }
    address
}

unsafe extern "C" {
    // Where a system call goes back to ring 3, in system_call.s.
    safe fn ret_to_user_masked();
}

/// The registers that the child starts with in the kernel. Interrupts are masked,
/// so that a signal that comes until then is not missed.
pub fn context_of(number: usize, space: Space, esp0: u32, esp: u32) -> Tss {
    let data = u32::from(Selector::KERNEL_DATA.0);
    let [fs, gs] = read_fs_gs();
    Tss {
        esp0,
        cr3: space.cr3().0,
        eip: ret_to_user_masked as *const () as usize as u32,
        eflags: EFLAGS_ALWAYS_1,
        esp,
        es: data,
        cs: u32::from(Selector::KERNEL_CODE.0),
        ss: data,
        ds: data,
        fs,
        gs,
        ldt: u32::from(Selector::ldt(number).0),
        ..Tss::new()
    }
}

/// A trap flag that the tracer has set is not inherited, because nobody would wait
/// for the child's step.
fn eflags_of_child(registers: &Registers) -> u32 {
    match current().trace.is_stepped() {
        true => registers.eflags & !EFLAGS_TF,
        false => registers.eflags,
    }
}
