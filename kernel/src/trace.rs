// SPDX-License-Identifier: GPL-2.0-or-later
//! What a task knows of its tracer; `ptrace.rs` works with it.
#![deny(unsafe_code)]

mod registers;

pub use registers::UserRegisters;
use sync::{AtomicWord, Lock, Semaphore};

sync::process_struct! {
    /// The tracing state of a task. If all is zero, nobody traces it.
    pub struct Trace {
        slot {
            /// Whoever has its one permit may use the task's memory: its tracer, or
            /// the task itself when it goes on after a stop.
            pub memory: Semaphore = Semaphore::new(1),
            /// The registers that it goes on with, while it is stopped.
            pub registers: Lock<UserRegisters> = Lock::new(UserRegisters::new()),
        }
        fresh {
            /// The process id of the tracer, or 0.
            pub tracer: AtomicWord = AtomicWord::new(0),
            /// 1 while it is stopped for its tracer.
            pub stopped: AtomicWord = AtomicWord::new(0),
            /// 1 if the tracer has set the trap flag.
            pub step: AtomicWord = AtomicWord::new(0),
            /// 1 if it stops at the next entry or end of a system call.
            pub system_calls: AtomicWord = AtomicWord::new(0),
            /// The number of the signal that it goes on with, or 0.
            pub signal: AtomicWord = AtomicWord::new(0),
        }
    }
}

impl Trace {
    /// Whether somebody traces it.
    #[inline(always)]
    pub fn is_traced(&self) -> bool {
        self.tracer.get() != 0
    }

    /// Whether it is in a stop that only its tracer and SIGKILL end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.get() != 0
    }

    /// Whether the tracer has set its trap flag.
    pub fn is_stepped(&self) -> bool {
        self.step.get() != 0
    }
}
