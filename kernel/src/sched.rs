// SPDX-License-Identifier: GPL-2.0-or-later
//! Tasks, the scheduler, sleeping and waking
//! (0.11: `kernel/sched.c`, `include/linux/sched.h`).
//!
//! A task keeps the processor until it calls [`schedule`]: in a system call that
//! has to wait, or on the way back to ring 3, when its time slice is used up or a
//! more urgent task was woken. The kernel itself is never preempted; where it works
//! for long it calls [`give_way`].
//!
//! The usual way to wait is [`sleep_while`], and whoever makes the condition
//! false calls [`wake_up`] on the same queue:
//!
//! ```text
//! sched::sleep_while(&self.queue, &mut || self.is_busy());   // waiter
//! self.set_idle(); sched::wake_up(&self.queue);              // other side
//! ```
//!
//! `sleep.rs` has the sleeps that a signal may end, and `clock.rs` the clock that
//! ends time slices; both are above this file.
//!
//! The switch itself is the processor's: a far jump to the TSS selector of the
//! next task saves all registers in the old TSS and loads them from the new.

pub mod calls;
mod task;
pub mod timer;

pub use abi::limits::HZ;
pub use task::{NO_TTY, State, TASK, Task};

use abi::limits::NR_TASKS;
use abi::sys::types::Time;
use abi::{Errno, Result};
use asm::system;
use core::arch::asm;
use core::sync::atomic::Ordering::Relaxed;
use mm::memory;
use sync::{AtomicWord, TaskCell, WaitQueue};
use task::DEFAULT_PRIORITY;
use timer::Alarm;

/// The process id of task 1, which adopts orphans.
pub const INIT_PID: u32 = 1;

static CURRENT: TaskCell<&Task> = TaskCell::new(&TASK[0]);
/// Bit `n % 32` of word `n / 32`: task `n` is [`State::Running`].
static RUNNABLE: [AtomicWord; 2] = [const { AtomicWord::new(0) }; 2];
/// No task beyond this slot has ever been used.
static HIGHEST_SLOT: AtomicWord = AtomicWord::new(0);
/// Ticks since the start; after 497 days they begin again at 0. The clock counts
/// them; all others call [`jiffies`].
pub static JIFFIES: AtomicWord = AtomicWord::new(0);
/// Seconds since 1970, which the clock counts. All others call [`current_time`].
pub static TIME: AtomicWord = AtomicWord::new(0);
/// The earliest [`Task::alarm`] or [`Task::timeout`], or a tick before it.
pub static NEXT_ALARM: AtomicWord = AtomicWord::new(timer::MOST_TICKS);

/// Work that is to be done before ring 3 goes on: bits of [`Work`]. If it is not 0,
/// `system_call.s` calls [`schedule_masked`] or `signal::do_pending_work`.
#[unsafe(no_mangle)]
pub static PENDING_WORK: AtomicWord = AtomicWord::new(0);

/// What there is to do before ring 3 goes on.
#[repr(u32)]
pub enum Work {
    /// Another task may be more urgent.
    Reschedule = 1,
    /// A signal may be waiting for the current task.
    Signal = 2,
    /// A terminal has a long line to edit.
    Terminal = 4,
}

/// The task that has the processor (0.11: `current`).
#[inline(always)]
pub fn current() -> &'static Task {
    CURRENT.get()
}

/// Whether the caller is the super-user (0.11: `suser`).
pub fn suser() -> bool {
    current().fs_task.is_superuser()
}

/// `EPERM` for anybody else.
pub fn require_super_user() -> Result<()> {
    if suser() { Ok(()) } else { Err(Errno::EPERM) }
}

/// All tasks that exist, zombies included, but not the idle task.
pub fn tasks() -> impl Iterator<Item = &'static Task> {
    slots().filter(|task| task.exists())
}

/// The task with a process id. The state of those with another id does not matter.
pub fn find_task(pid: u32) -> Option<&'static Task> {
    slots().find(|task| task.pid.get() == pid && task.exists())
}

/// The slots that have ever been used, without that of the idle task.
pub fn slots() -> impl Iterator<Item = &'static Task> {
    TASK[1..=HIGHEST_SLOT.get() as usize % NR_TASKS].iter()
}

/// Ticks since the start (0.11: `jiffies`).
pub fn jiffies() -> u32 {
    JIFFIES.get()
}

/// Seconds since 1970 (0.11: `CURRENT_TIME`).
pub fn current_time() -> Time {
    TIME.get()
}

/// Sets the clock: it is `time` now.
pub fn set_current_time(time: Time) {
    TIME.set(time);
}

/// Gives the processor to the runnable task with the most time left, to the
/// idle task if there is none (0.11: `schedule`).
///
/// No spinning lock may be held: the next task might want the same one.
pub fn schedule() {
    let flags = system::save_flags_and_cli();
    schedule_masked();
    system::restore_flags(flags);
}

/// [`schedule`] where interrupts are masked already, as on the way back to ring 3.
pub extern "C" fn schedule_masked() {
    assert!(sync::guards_alive() == 0, "schedule() with a lock held");
    PENDING_WORK.clear_bits(Work::Reschedule as u32);
    switch_to(next_task());
}

/// [`schedule`] for a task that has marked itself asleep with interrupts masked.
/// Whoever wakes it from now on makes it runnable. So pending interrupts are let in
/// first: of many tasks that were woken for something that only one can have, each
/// comes here at once, and interrupts would stay masked for all of them.
pub fn schedule_asleep() {
    system::let_interrupts_in();
    schedule_masked();
}

/// Lets other tasks run if it is their turn. A system call does this between two
/// pieces of long work, when it holds no spinning lock and its data are consistent.
/// Returns false if a signal is about to end the caller, which then stops early
/// where that makes sense.
///
/// So a task cannot keep the processor for longer in the kernel than in ring 3.
#[inline(always)]
pub fn give_way() -> bool {
    !must_give_way() || give_way_now()
}

/// Whether [`give_way`] has anything to do.
#[inline(always)]
pub fn must_give_way() -> bool {
    PENDING_WORK.get() != 0
}

#[cold]
fn give_way_now() -> bool {
    if PENDING_WORK.get() & Work::Reschedule as u32 != 0 {
        schedule();
    }
    !current().is_ending()
}

/// Chooses; gives out new time slices when all runnable tasks have used theirs.
fn next_task() -> &'static Task {
    loop {
        // Task 0 runs when nobody else does.
        let (mut next, mut most) = (&TASK[0], 0);
        let runnable = [RUNNABLE[0].get() & !1, RUNNABLE[1].get()];
        for (index, mut left) in runnable.into_iter().enumerate() {
            while left != 0 {
                let task = &TASK[index * 32 + left.trailing_zeros() as usize];
                left &= left - 1;
                let counter = task.counter.get();
                if counter > most {
                    (next, most) = (task, counter);
                }
            }
        }
        if most != 0 || runnable == [0, 0] {
            return next;
        }
        for task in tasks() {
            task.counter
                .set((task.counter.get() >> 1) + task.priority.get());
        }
    }
}

/// Jumps to the task's TSS, unless it is running already (0.11: `switch_to`).
/// Returns when somebody switches to the caller again.
fn switch_to(next: &'static Task) {
    if core::ptr::eq(next, current()) {
        return;
    }
    CURRENT.set(next);
    // The task acts on its signals on its way back to ring 3.
    if next.pending_signals() != 0 {
        PENDING_WORK.set_bits(Work::Signal as u32);
    }
    // SAFETY: the selector names the TSS of a task that `set_context` made or that
    // was left by this jump. The processor keeps all registers in the TSS, so for
    // the compiler this is one slow instruction.
    unsafe { asm!("ljmp [{0}]", in(reg) &next.tss) };
}

/// Sleeps on a queue until `busy` returns false. Signals do not end the sleep
/// (0.11: `sleep_on` in a `while` loop).
///
/// `busy` is called with interrupts masked, so a wake-up between the call and the
/// sleep cannot be lost.
pub fn sleep_while(queue: &WaitQueue, busy: &mut dyn FnMut() -> bool) {
    let flags = system::save_flags_and_cli();
    while busy() {
        sleep_on(queue, State::Uninterruptible);
    }
    system::restore_flags(flags);
}

/// Sleeps once: until somebody wakes the queue, or until a signal comes if the
/// sleep is interruptible (0.11: `sleep_on`). Interrupts are masked.
pub fn sleep_on(queue: &WaitQueue, state: State) {
    let task = current();
    assert!(task.number() != 0, "task[0] trying to sleep");
    task.set_state(state);
    let (word, bit) = task.place();
    queue.sleepers[word].fetch_or(bit, Relaxed);
    schedule_asleep();
    // A signal woke it if its bit is still there.
    queue.sleepers[word].fetch_and(!bit, Relaxed);
}

/// Wakes all tasks that sleep on a queue (0.11: `wake_up`). Interrupt handlers may
/// call it.
pub fn wake_up(queue: &WaitQueue) {
    for (index, word) in queue.sleepers.iter().enumerate() {
        let mut sleepers = word.swap(0, Relaxed);
        while sleepers != 0 {
            let task = &TASK[index * 32 + sleepers.trailing_zeros() as usize];
            sleepers &= sleepers - 1;
            if task.is_asleep() {
                task.wake();
            }
        }
    }
}

/// Wakes one task, if it sleeps on the queue.
pub fn wake_up_task(queue: &WaitQueue, task: &Task) {
    let (word, bit) = task.place();
    if queue.sleepers[word].load(Relaxed) & bit != 0 && task.is_asleep() {
        queue.sleepers[word].fetch_and(!bit, Relaxed);
        task.wake();
    }
}

/// What the idle task does: it clears pages, so that page faults need not, and
/// waits until an interrupt makes a task runnable.
pub fn idle() {
    let somebody_waits = || RUNNABLE[0].get() & !1 | RUNNABLE[1].get() | PENDING_WORK.get() != 0;
    while memory::clear_free_page(somebody_waits) {}
    system::cli();
    if !somebody_waits() {
        system::sti_and_hlt();
    }
    system::sti();
    schedule();
}

/// Gives a new child half of what the current task has left of its time slice, so
/// that a task gains no time by forking (0.11 gave the child a whole time slice,
/// and took nothing). The parent keeps a single tick: the child then waits for the
/// next time slice.
pub fn share_time(child: &Task) {
    let parent = current();
    let half = parent.counter.get() / 2;
    child.counter.set(half);
    parent.counter.add(half.wrapping_neg());
}

/// Gives the parent what a task that ends has left, up to a whole time slice.
/// Without this a shell would lose half of its time to each command.
pub fn give_time_back(task: &Task, parent: &Task) {
    let (left, has) = (task.counter.take(), parent.counter.get());
    let most = parent.priority.get().max(has);
    parent.counter.set((has + left).min(most));
}

/// Sends SIGALRM to the current task after `seconds`, or never if that is 0.
/// Returns the seconds that were left of an earlier alarm, rounded up.
pub fn set_alarm(seconds: u32) -> u32 {
    let flags = system::save_flags_and_cli();
    let left = current().alarm().seconds_left(jiffies());
    let alarm = Alarm::after(jiffies(), seconds);
    current().set_alarm(alarm);
    look_at(alarm.tick);
    system::restore_flags(flags);
    left
}

/// Wakes the current task after `ticks` if it sleeps interruptibly then; `None`
/// means never (0.12: `current->timeout`). It may wake early if that is more than
/// [`timer::MOST_TICKS`].
pub fn set_timeout(ticks: Option<u32>) {
    let tick = ticks.map_or(0, |ticks| timer::after(jiffies(), ticks));
    current().timeout.set(tick);
    look_at(tick);
}

/// Makes the clock look for what is due at `tick`, unless that is 0.
pub fn look_at(tick: u32) {
    if tick != 0 && timer::has_come(tick, NEXT_ALARM.get()) {
        NEXT_ALARM.set(tick);
    }
}

/// Numbers the tasks; what is running is task 0. Starts the clock (0.11: `sched_init`).
pub fn sched_init(startup_time: Time) {
    for (number, task) in TASK.iter().enumerate() {
        task.set_number(number);
    }
    set_current_time(startup_time);
}
