// SPDX-License-Identifier: GPL-2.0-or-later
//! What a task may use at most (0.12: `rlim` in `struct task_struct`); the calls
//! are in `resource.rs`.
#![deny(unsafe_code)]

use abi::limits::{NR_OPEN, NR_TASKS};
use abi::sys::resource::{RLIM_INFINITY, RLIM_NLIMITS, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_STACK};
use static_assertions::const_assert;
use sync::AtomicWord;

/// No limit: more than any of these can be. (Programs know it as [`RLIM_INFINITY`].)
pub const INFINITY: u32 = u32::MAX;
/// How large a stack may become, as long as nobody changes that.
const DEFAULT_STACK: u32 = 8 << 20;
/// How many processes a user may have, as long as nobody changes that. Their open
/// files leave some for others.
const DEFAULT_PROCESSES: u32 = NR_TASKS as u32 / 2;
const_assert!(DEFAULT_PROCESSES as usize * NR_OPEN < fs::NR_FILE - fs::RESERVED_FILES as usize);

/// The limits of a task (0.12: `rlim` in `struct task_struct`).
pub struct Limits(pub [Limit; RLIM_NLIMITS]);

sync::process_struct! {
    /// One limit, in the order of [`Rlimit`]; at first it is infinite.
    pub struct Limit {
        inherited {
            /// The limit in force.
            pub soft: AtomicWord = AtomicWord::new(INFINITY),
            /// How far the process may raise it.
            pub hard: AtomicWord = AtomicWord::new(INFINITY),
        }
    }
}

/// A limit as programs know it.
pub fn to_rlim(limit: u32) -> i32 {
    limit.min(RLIM_INFINITY as u32) as i32
}

/// A limit from a program; `None` if it is negative.
pub fn from_rlim(limit: i32) -> Option<u32> {
    match limit {
        RLIM_INFINITY => Some(INFINITY),
        _ => limit.try_into().ok(),
    }
}

impl Limit {
    /// A limit that only the super-user may raise.
    const fn both(value: u32) -> Limit {
        Limit {
            soft: AtomicWord::new(value),
            hard: AtomicWord::new(value),
        }
    }
}

impl Limits {
    /// Limits the stack, the processes of a user and open files, and nothing else.
    pub const fn new() -> Limits {
        let mut limits = [const { Limit::new() }; RLIM_NLIMITS];
        limits[RLIMIT_STACK as usize].soft = AtomicWord::new(DEFAULT_STACK);
        limits[RLIMIT_NPROC as usize] = Limit::both(DEFAULT_PROCESSES);
        limits[RLIMIT_NOFILE as usize] = Limit::both(NR_OPEN as u32);
        Limits(limits)
    }

    /// The limit in force; infinite for a resource without one.
    #[inline(always)]
    pub fn get(&self, resource: u32) -> u32 {
        let limit = self.0.get(resource as usize);
        limit.map_or(INFINITY, |limit| limit.soft.get())
    }

    /// Takes over another task's limits (`fork`).
    pub fn copy_from(&self, other: &Limits) {
        for (to, from) in self.0.iter().zip(&other.0) {
            to.copy_from(from);
        }
    }
}
