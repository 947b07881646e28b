// SPDX-License-Identifier: GPL-2.0-or-later
//! Tasks of the kernel's own (0.11 has none of these).
//!
//! A kernel thread is a task without a program. It has a slot, a kernel stack and a
//! TSS as all tasks have, and the scheduler treats it as one of them. It has no
//! memory in ring 3, no files, no terminal and no parent. It runs a function in ring
//! 0 for ever. The kernel is not preempted, so that function has to sleep, or to give
//! way, now and then.
//!
//! ```text
//! kernel_thread("[kupdate]", kupdate)?;    // in a system call of init
//! ```
//!
//! All signals are blocked, SIGKILL too, so nobody can end or stop a thread.
//!
//! `kupdate.rs` has the only one. The idle task is none, since it begins by making
//! init by `fork`, which copies what a program has in ring 3. The motors of the
//! floppy drives need none: the clock counts two numbers down, and only while a motor
//! is on.
#![deny(unsafe_code)]

use crate::descriptor_tables::Tss;
use crate::fork::{context_of, find_empty_process, kernel_stack, next_pid};
use crate::sched::{self, State, TASK};
use abi::Result;
use asm::system;
use mm::memory::Space;

/// Makes a thread that runs `run`. Its name, which `ps` shows, is in brackets, so
/// that it is not taken for that of a program.
///
/// `EAGAIN` if the caller may have no slot, `ENOMEM` if there is no page for the
/// stack.
pub fn kernel_thread(name: &str, run: extern "C" fn() -> !) -> Result<()> {
    let task = find_empty_process()?;
    let esp0 = kernel_stack(task.number())?;
    // Task 0 has root's rights and nothing open.
    task.copy_from(&TASK[0]);
    task.kernel_thread.set(1);
    task.blocked.set(u32::MAX);
    task.pid.set(next_pid());
    task.start_time.set(sched::jiffies());
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    *task.name.lock() = bytes;
    let tss = Tss {
        eip: begin as *const () as usize as u32,
        ecx: run as *const () as usize as u32,
        // As if `begin` had been called: below its frame is a return address.
        esp: esp0 - size_of::<u32>() as u32,
        ..context_of(task.number(), Space::KERNEL, esp0, esp0)
    };
    task.set_context(tss);
    task.set_state(State::Running);
    Ok(())
}

/// Where a thread begins, with interrupts masked as after each task switch. Its
/// argument is in `ecx`.
extern "fastcall" fn begin(run: extern "C" fn() -> !) -> ! {
    system::sti();
    run()
}
