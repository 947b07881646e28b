// SPDX-License-Identifier: GPL-2.0-or-later
//! What a task has of being traced; what is done with it is in `ptrace.rs`.
#![deny(unsafe_code)]

mod registers;

pub use registers::UserRegisters;
use sync::{AtomicWord, Lock};

sync::process_struct! {
    /// What a task has of all this. All zero: nobody traces it.
    pub struct Trace {
        fresh {
            /// The process id of the tracer, or 0.
            pub tracer: AtomicWord = AtomicWord::new(0),
            /// 1 while it stands in a stop of its tracer's.
            pub stopped: AtomicWord = AtomicWord::new(0),
            /// 1: the trap flag is the tracer's.
            pub step: AtomicWord = AtomicWord::new(0),
            /// 1: it stops at the next entry or end of a system call.
            pub system_calls: AtomicWord = AtomicWord::new(0),
            /// The number of the signal that it goes on with; 0 for none.
            pub signal: AtomicWord = AtomicWord::new(0),
            /// 1 while its tracer is at its memory: it may not go on yet.
            pub examined: AtomicWord = AtomicWord::new(0),
            /// What it goes on with, while it stands.
            pub registers: Lock<UserRegisters> = Lock::new(UserRegisters::new()),
        }
    }
}

impl Trace {
    /// Whether somebody traces it.
    #[inline(always)]
    pub fn is_traced(&self) -> bool {
        self.tracer.get() != 0
    }

    /// Whether it stands in a stop that only its tracer and SIGKILL end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.get() != 0
    }

    /// Whether its trap flag is not its own.
    pub fn is_stepped(&self) -> bool {
        self.step.get() != 0
    }
}
