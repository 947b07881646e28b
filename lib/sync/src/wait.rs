// SPDX-License-Identifier: GPL-2.0-or-later
//! Waiting: queues of sleeping tasks, and the lock that may be held over a
//! sleep (0.11: `sleep_on`, `wake_up` and the locks built on them).
//!
//! * A task is in its queue before it calls the `busy()` that sends it to sleep. So
//!   whoever changes what `busy()` returns and finds the queue empty needs no
//!   [`Sleep::wake_up`].
//! * No guard of a spinning lock is alive when a task goes to sleep.

use core::sync::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{Acquire, Release, SeqCst},
};

/// Tasks that sleep until something happens (0.11: `struct task_struct **`).
///
/// Each task has one bit, which [`Sleep`] sets and clears. (0.11 chained the
/// sleepers through local variables on their kernel stacks; a set cannot lose one.)
pub struct WaitQueue {
    /// Bit `n % 32` of word `n / 32`: task `n` sleeps here.
    pub sleepers: [AtomicU32; 2],
}

impl WaitQueue {
    /// A queue nobody sleeps on.
    pub const fn new() -> Self {
        WaitQueue {
            sleepers: [const { AtomicU32::new(0) }; 2],
        }
    }

    /// Whether nobody sleeps here.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.sleepers[0].load(SeqCst) | self.sleepers[1].load(SeqCst) == 0
    }
}

impl Default for WaitQueue {
    fn default() -> Self {
        Self::new()
    }
}

/// How a task sleeps and is woken. The kernel and the host implement this
/// differently.
pub trait Sleep {
    /// Sleeps on `queue` until `busy()` is false; returns at once if it is.
    ///
    /// No wake-up is lost between a `busy()` that returns true and the sleep: the
    /// kernel masks interrupts, and the host holds a mutex.
    fn sleep_while(&self, queue: &WaitQueue, busy: &mut dyn FnMut() -> bool);

    /// Wakes all tasks that sleep on `queue`. Interrupts may be masked.
    fn wake_up(&self, queue: &WaitQueue);
}

/// A lock that may be held over a sleep (0.11: `b_lock`, `i_lock`, `s_lock`).
///
/// It is not recursive. Taking it may sleep, so no spinning guard may be alive.
/// Another task may release it than the one that took it: the task that starts a
/// transfer locks the buffer, and the disk's interrupt unlocks it.
pub struct SleepLock {
    locked: AtomicBool,
    queue: WaitQueue,
}

impl SleepLock {
    /// A free lock.
    pub const fn new() -> Self {
        SleepLock {
            locked: AtomicBool::new(false),
            queue: WaitQueue::new(),
        }
    }

    /// Whether somebody holds it.
    #[inline(always)]
    pub fn is_locked(&self) -> bool {
        self.locked.load(Acquire)
    }

    /// Takes it if it is free.
    #[inline(always)]
    pub fn try_lock(&self) -> bool {
        // An interrupt handler may release it between a load and a store, but does not
        // take it; on the host threads do.
        if cfg!(not(target_os = "none")) {
            return !self.locked.swap(true, SeqCst);
        }
        let is_free = !self.is_locked();
        if is_free {
            self.locked.store(true, Release);
        }
        is_free
    }

    /// Sleeps until it is free, and takes it.
    #[inline]
    pub fn lock(&self, sleep: &dyn Sleep) {
        if !self.try_lock() {
            self.wait_and_lock(sleep);
        }
    }

    #[cold]
    fn wait_and_lock(&self, sleep: &dyn Sleep) {
        sleep.sleep_while(&self.queue, &mut || !self.try_lock());
    }

    /// Sleeps until it is free, without taking it.
    #[inline]
    pub fn wait(&self, sleep: &dyn Sleep) {
        if self.is_locked() {
            sleep.sleep_while(&self.queue, &mut || self.is_locked());
        }
    }

    /// Releases it and wakes the tasks that wait for it.
    #[inline]
    pub fn unlock(&self, sleep: &dyn Sleep) {
        debug_assert!(self.is_locked());
        // No task comes between this and the look at the queue, but on the host.
        let order = if cfg!(target_os = "none") {
            Release
        } else {
            SeqCst
        };
        self.locked.store(false, order);
        if !self.queue.is_empty() {
            sleep.wake_up(&self.queue);
        }
    }

    /// Takes it until the guard is dropped.
    #[inline]
    pub fn hold<'a>(&'a self, sleep: &'a dyn Sleep) -> SleepGuard<'a> {
        self.lock(sleep);
        SleepGuard { lock: self, sleep }
    }
}

/// Releases a [`SleepLock`] when dropped.
pub struct SleepGuard<'a> {
    lock: &'a SleepLock,
    sleep: &'a dyn Sleep,
}

impl Drop for SleepGuard<'_> {
    fn drop(&mut self) {
        self.lock.unlock(self.sleep);
    }
}

impl Default for SleepLock {
    fn default() -> Self {
        Self::new()
    }
}
