// SPDX-License-Identifier: GPL-2.0-or-later
//! What a task is (0.11: `struct task_struct` in `include/linux/sched.h`).

use super::timer::Alarm;
use super::{HIGHEST_SLOT, PENDING_WORK, RUNNABLE, Work, current};
use crate::actions::Actions;
use crate::descriptor::{Descriptor, Ring, Selector};
use crate::descriptor_tables::{self, Tss};
use crate::limits::Limits;
use crate::trace::Trace;
use abi::limits::NR_TASKS;
use abi::signal::{SIG_DFL, Signal, SignalSet};
use abi::{Errno, Result};
use core::cell::UnsafeCell;
use fs::{Executable, FsTask};
use mm::LinearAddress;
use mm::memory::Space;
use sync::{AtomicWord, Lock, TaskCell};
use x87::i387::I387;

/// The time slice of a task whose priority nobody changed, in ticks.
pub(super) const DEFAULT_PRIORITY: u32 = 15;
/// "No controlling terminal" in [`Task::tty`].
pub const NO_TTY: u32 = u32::MAX;

/// What a task is doing (0.11: `TASK_RUNNING` and so on).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum State {
    /// It wants the processor.
    Running = 0,
    /// It sleeps; a signal wakes it.
    Interruptible = 1,
    /// It sleeps until it is woken.
    Uninterruptible = 2,
    /// It has ended, but its parent has not asked for it yet.
    Zombie = 3,
    /// It was stopped by a signal.
    Stopped = 4,
    /// There is no such task; nor is there one in the states behind this.
    Unused = 5,
    /// `fork` is making it; there is no such task yet.
    New = 6,
}

sync::process_struct! {
    /// A process (0.11: `struct task_struct`).
    ///
    /// Slots are fixed: task `n` has linear memory `n * 64 MB`, GDT entries `4 + 2n`
    /// and `5 + 2n`, and the kernel stack `n`. Single numbers are [`AtomicWord`]s, or
    /// [`TaskCell`]s if no interrupt handler looks at them; what belongs together is
    /// behind a lock. A child either inherits a field
    /// (`inherited`) or begins with a new one (`fresh`).
    pub struct Task {
        slot {
            state: AtomicWord = AtomicWord::new(State::Unused as u32),
            number: TaskCell<u32> = TaskCell::new(0),
            /// The bit of [`Task::place`].
            bit: TaskCell<u32> = TaskCell::new(0),
            /// Where a far jump to this task goes: an offset, which a jump to a TSS does
            /// not use, and the selector (Intel SDM vol. 2A, JMP).
            pub(super) tss: [AtomicWord; 2] = [const { AtomicWord::new(0) }; 2],
            /// The local descriptor table: nothing, code, data; both are the whole space.
            ldt: UnsafeCell<[Descriptor; 3]> = UnsafeCell::new([Descriptor::NULL; 3]),
            /// State of the coprocessor while another task uses it, if
            /// `used_math` is 1.
            pub i387: UnsafeCell<I387> = UnsafeCell::new(I387::new()),
        }
        inherited {
            /// Ticks of a whole time slice.
            pub priority: AtomicWord = AtomicWord::new(DEFAULT_PRIORITY),
            /// Signals that are blocked.
            pub blocked: AtomicWord = AtomicWord::new(0),
            /// What it does about signals.
            pub actions: Actions = Actions::new(),

            /// Process group.
            pub pgrp: AtomicWord = AtomicWord::new(0),
            /// Session.
            pub session: AtomicWord = AtomicWord::new(0),
            /// Index of the controlling terminal, or [`NO_TTY`].
            pub tty: AtomicWord = AtomicWord::new(NO_TTY),

            /// First byte behind the text, an offset in the segment.
            pub end_code: TaskCell<u32> = TaskCell::new(0),
            /// First byte behind the initialised data.
            pub end_data: TaskCell<u32> = TaskCell::new(0),
            /// First byte behind the heap.
            pub brk: TaskCell<u32> = TaskCell::new(0),
            /// Where the stack began.
            pub start_stack: TaskCell<u32> = TaskCell::new(0),
            /// First offset that belongs to the program: 0, or 4096 if nothing is
            /// linked to page 0.
            pub start_code: TaskCell<u32> = TaskCell::new(0),
            /// Where the program starts.
            pub entry: TaskCell<u32> = TaskCell::new(0),
            /// The name of the program, zero-padded, for `ps`.
            pub name: Lock<[u8; 16]> = Lock::new([0; 16]),
            /// The file that pages of the program are loaded from.
            pub executable: Lock<Option<Executable<'static>>> = Lock::new(None),
            /// The semaphores it has open, a bit each; see `sem.rs`.
            pub semaphores: AtomicWord = AtomicWord::new(0),
            /// 1 once it has used the coprocessor.
            pub used_math: TaskCell<u32> = TaskCell::new(0),

            /// 1 if only the super-user may trace it, since it may know what its
            /// user may not. It runs a program that the user cannot read or that
            /// has set-id bits, or it has changed its ids since it began to run the
            /// program.
            pub guarded: TaskCell<u32> = TaskCell::new(0),
            /// What the process may use at most.
            pub limits: Limits = Limits::new(),
            /// Ids, umask, working and root directory, open files.
            pub fs_task: FsTask<'static> = FsTask::new(),
        }
        fresh {
            /// Ticks left of the time slice.
            pub counter: AtomicWord = AtomicWord::new(DEFAULT_PRIORITY),
            /// Signals that were sent: bit `n - 1` for signal `n`.
            pub signal: AtomicWord = AtomicWord::new(0),
            /// What `blocked` was before `sigsuspend`, if `has_saved_mask` is 1.
            pub saved_mask: TaskCell<u32> = TaskCell::new(0),
            /// See `saved_mask`.
            pub has_saved_mask: TaskCell<u32> = TaskCell::new(0),
            /// Exit status in the form of `waitpid`.
            pub exit_code: TaskCell<u32> = TaskCell::new(0),

            /// Process id; unique among all tasks.
            pub pid: AtomicWord = AtomicWord::new(0),
            /// The parent's process id.
            pub father: AtomicWord = AtomicWord::new(0),
            /// 1 if it leads its session.
            pub leader: TaskCell<u32> = TaskCell::new(0),
            /// 1 if it is a thread of the kernel, which has no program and no memory.
            pub kernel_thread: TaskCell<u32> = TaskCell::new(0),

            /// See [`Task::alarm`].
            alarm_tick: AtomicWord = AtomicWord::new(0),
            alarm_seconds_beyond: AtomicWord = AtomicWord::new(0),
            /// Tick at which its sleep ends; 0 for never.
            pub timeout: AtomicWord = AtomicWord::new(0),
            /// Ticks in ring 3.
            pub utime: AtomicWord = AtomicWord::new(0),
            /// Ticks in ring 0.
            pub stime: AtomicWord = AtomicWord::new(0),
            /// Ticks in ring 3 of children that ended.
            pub cutime: AtomicWord = AtomicWord::new(0),
            /// Ticks in ring 0 of children that ended.
            pub cstime: AtomicWord = AtomicWord::new(0),
            /// Tick of the fork.
            pub start_time: TaskCell<u32> = TaskCell::new(0),

            /// Its tracer.
            pub trace: Trace = Trace::new(),
        }
    }
}

// SAFETY: the cells are reached only through the functions that say when this is
// allowed.
unsafe impl Sync for Task {}

/// All tasks (0.11: `task`). Slot 0 is the idle task.
pub static TASK: [Task; NR_TASKS] = [const { Task::new() }; NR_TASKS];

impl Task {
    /// When SIGALRM is due.
    pub fn alarm(&self) -> Alarm {
        Alarm {
            tick: self.alarm_tick.get(),
            seconds_beyond: self.alarm_seconds_beyond.get(),
        }
    }

    /// Sets the alarm. Interrupts are masked, or `alarm` is [`Alarm::NONE`].
    pub fn set_alarm(&self, alarm: Alarm) {
        self.alarm_tick.set(alarm.tick);
        self.alarm_seconds_beyond.set(alarm.seconds_beyond);
    }

    /// The number of its slot.
    #[inline(always)]
    pub fn number(&self) -> usize {
        self.number.get() as usize
    }

    /// Tells the task the number of its slot, and enters what is always the same there:
    /// its segments and their descriptors. Done once, before anything else.
    pub(super) fn set_number(&self, number: usize) {
        self.number.set(number as u32);
        self.bit.set(1 << (number % 32));
        self.tss[1].set(Selector::tss(number).0.into());
        let space = Space::of(number);
        let (base, size) = (space.base(), u64::from(space.size()));
        // SAFETY: no task runs yet.
        unsafe {
            *self.ldt.get() = [
                Descriptor::NULL,
                Descriptor::code(base, size, Ring::User),
                Descriptor::data(base, size, Ring::User),
            ];
        }
        descriptor_tables::set_task_descriptors(number, LinearAddress(self.ldt.get() as u32));
    }

    /// The linear memory of its program; `EFAULT` for a thread of the kernel, which has
    /// none.
    #[inline(always)]
    pub fn space(&self) -> Result<Space> {
        match self.kernel_thread.get() {
            0 => Ok(Space::of(self.number())),
            _ => Err(Errno::EFAULT),
        }
    }

    /// The state of the task.
    pub fn state(&self) -> State {
        match self.state.get() {
            0 => State::Running,
            1 => State::Interruptible,
            2 => State::Uninterruptible,
            3 => State::Zombie,
            4 => State::Stopped,
            5 => State::Unused,
            _ => State::New,
        }
    }

    /// Whether there is such a task.
    pub fn exists(&self) -> bool {
        self.state.get() < State::Unused as u32
    }

    /// Whether it sleeps until somebody wakes it.
    #[inline(always)]
    pub fn is_asleep(&self) -> bool {
        (State::Interruptible as u32..=State::Uninterruptible as u32).contains(&self.state.get())
    }

    /// Changes the state, in two steps. A task that goes to sleep or stops masks
    /// interrupts meanwhile: an interrupt handler that wakes it between the steps
    /// would leave a running task that is not in [`RUNNABLE`].
    pub fn set_state(&self, state: State) {
        self.state.set(state as u32);
        let (word, bit) = self.place();
        match state {
            State::Running => RUNNABLE[word].set_bits(bit),
            _ => RUNNABLE[word].clear_bits(bit),
        }
    }

    /// Where a set of tasks has this one: the index of a word, and the bit.
    #[inline(always)]
    pub fn place(&self) -> (usize, u32) {
        (self.number() / 32 % RUNNABLE.len(), self.bit.get())
    }

    /// Makes the task runnable. It runs before the current task if it has more time
    /// left.
    pub fn wake(&self) {
        self.set_state(State::Running);
        if self.counter.get() > current().counter.get() || current().number() == 0 {
            PENDING_WORK.set_bits(Work::Reschedule as u32);
        }
    }

    /// Signals that were sent and are not blocked.
    #[inline(always)]
    pub fn pending_signals(&self) -> u32 {
        self.signal.get() & !self.blocked.get()
    }

    /// Whether a pending signal will end the task, whatever its program does. A
    /// task that is traced is ended only by SIGKILL: the tracer decides about all
    /// other signals.
    pub fn is_ending(&self) -> bool {
        for signal in SignalSet(self.pending_signals()).minus(SignalSet::STOPS) {
            let ends = !self.trace.is_traced()
                && !self.actions.ignores(signal)
                && self.actions.handler(signal) == SIG_DFL;
            if ends || signal == Signal::SIGKILL {
                return self.number() != 1;
            }
        }
        false
    }

    /// Whether the signal would stop the task.
    pub fn stops_by_default(&self, signal: Signal) -> bool {
        SignalSet::STOPS.contains(signal) && self.actions.handler(signal) == SIG_DFL
    }

    /// Sets up the registers before the task first runs. From now on
    /// [`tasks`](super::tasks) looks at its slot.
    pub fn set_context(&self, tss: Tss) {
        debug_assert!(self.state() != State::Running);
        // SAFETY: the task does not run and is not runnable, so the processor does not
        // use it. Only fork comes here, on the one processor.
        unsafe { descriptor_tables::tss(self.number()).write(tss) };
        HIGHEST_SLOT.set(HIGHEST_SLOT.get().max(self.number.get()));
    }
}
