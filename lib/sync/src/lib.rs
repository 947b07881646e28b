// SPDX-License-Identifier: GPL-2.0-or-later
//! What the kernel locks and waits with.
//!
//! | type | guards | who has to wait |
//! |---|---|---|
//! | [`Lock`] | what only tasks touch | nobody: no task sleeps while it has one |
//! | [`IrqLock`] | what an interrupt handler touches too | the interrupt |
//! | [`SleepLock`] | what must stay as it is over a sleep | a task, asleep |
//! | [`Semaphore`] | a number of things that are the same | a task, asleep |
//! | [`TaskCell`] | itself: one value that only tasks touch | nobody |
//! | [`AtomicWord`] | itself: one number, read and written whole | nobody |
//!
//! A task sleeps on a [`WaitQueue`]. The kernel and the host each implement
//! [`Sleep`].
//!
//! [`process_struct!`] says for each field of a process what `fork` does with it.
#![cfg_attr(not(test), no_std)]

mod lock;
#[cfg(target_os = "none")]
mod mutex;
mod process_struct;
mod semaphore;
mod wait;
mod word;

pub use lock::{IrqLock, IrqLockGuard, Lock, LockGuard, guards_alive};
pub use semaphore::Semaphore;
pub use wait::{Sleep, SleepGuard, SleepLock, WaitQueue};
pub use word::{AtomicWord, TaskCell};
