// SPDX-License-Identifier: GPL-2.0-or-later
//! A counting semaphore (not in 0.11; the courses on 0.11 have it written).
//!
//! It holds a number of permits. [`down`](Semaphore::down) takes one and sleeps
//! until there is one; [`up`](Semaphore::up) gives one back. Both are told how
//! one sleeps and wakes here. A producer and a consumer meet so:
//!
//! ```text
//! free.down(sleep_while); put(item); filled.up(wake_up);    // producer
//! filled.down(sleep_while); take(item); free.up(wake_up);   // consumer
//! ```
//!
//! Whoever goes down first of those that `up` wakes has the permit; the others
//! sleep again. There is no order among them.

use crate::WaitQueue;
use core::sync::atomic::{AtomicU32, Ordering::SeqCst};

/// A number of permits, and the tasks that wait for one.
pub struct Semaphore {
    permits: AtomicU32,
    queue: WaitQueue,
}

impl Semaphore {
    /// The most permits there can be (POSIX: `SEM_VALUE_MAX`).
    pub const MAX: u32 = i32::MAX as u32;

    /// A semaphore with so many permits.
    pub const fn new(permits: u32) -> Self {
        Semaphore {
            permits: AtomicU32::new(permits),
            queue: WaitQueue::new(),
        }
    }

    /// Begins anew with so many permits. Nobody may be waiting.
    pub fn reset(&self, permits: u32) {
        debug_assert!(self.queue.is_empty());
        self.permits.store(permits, SeqCst);
    }

    /// How many permits there are now.
    pub fn permits(&self) -> u32 {
        self.permits.load(SeqCst)
    }

    /// Takes a permit if there is one.
    pub fn try_down(&self) -> bool {
        let one_less = |permits: u32| permits.checked_sub(1);
        self.permits.fetch_update(SeqCst, SeqCst, one_less).is_ok()
    }

    /// Takes a permit, sleeping until there is one (Dijkstra's P).
    pub fn down(&self, sleep_while: impl FnOnce(&WaitQueue, &mut dyn FnMut() -> bool)) {
        if !self.try_down() {
            sleep_while(&self.queue, &mut || !self.try_down());
        }
    }

    /// As [`Semaphore::down`], with a way of sleeping that may end early: then
    /// its error is the answer, and no permit was taken.
    pub fn down_interruptible<E>(
        &self,
        sleep_while: impl FnOnce(&WaitQueue, &mut dyn FnMut() -> bool) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.try_down() {
            return Ok(());
        }
        sleep_while(&self.queue, &mut || !self.try_down())
    }

    /// Gives a permit and wakes those who wait (Dijkstra's V). False, and nothing
    /// is changed, if there are [`Semaphore::MAX`] already. Interrupt handlers may.
    pub fn up(&self, wake_up: impl FnOnce(&WaitQueue)) -> bool {
        let one_more = |permits: u32| (permits < Self::MAX).then(|| permits + 1);
        let given = self.permits.fetch_update(SeqCst, SeqCst, one_more).is_ok();
        if !self.queue.is_empty() {
            wake_up(&self.queue);
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::AtomicBool;
    use std::thread;

    /// Sleeps by asking again and again.
    fn sleep_while(_queue: &WaitQueue, busy: &mut dyn FnMut() -> bool) {
        while busy() {
            thread::yield_now();
        }
    }

    fn wake_up(_queue: &WaitQueue) {}

    #[test]
    fn as_many_go_down_as_there_are_permits() {
        let semaphore = Semaphore::new(2);
        assert!(semaphore.try_down());
        assert!(semaphore.try_down());
        assert!(!semaphore.try_down());
        assert!(semaphore.up(wake_up));
        assert_eq!(semaphore.permits(), 1);
        assert!(semaphore.try_down());
        assert!(!semaphore.try_down());
    }

    #[test]
    fn one_permit_keeps_all_but_one_out() {
        let (semaphore, inside, done) =
            (Semaphore::new(1), AtomicBool::new(false), AtomicU32::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        semaphore.down(sleep_while);
                        assert!(!inside.swap(true, SeqCst), "two are inside");
                        done.fetch_add(1, SeqCst);
                        inside.store(false, SeqCst);
                        assert!(semaphore.up(wake_up));
                    }
                });
            }
        });
        assert_eq!(done.load(SeqCst), 2000);
        assert!(semaphore.try_down());
        assert!(!semaphore.try_down());
    }

    #[test]
    fn who_is_interrupted_has_no_permit() {
        let semaphore = Semaphore::new(0);
        let interrupted = |_: &WaitQueue, busy: &mut dyn FnMut() -> bool| {
            assert!(busy());
            Err("a signal")
        };
        assert_eq!(semaphore.down_interruptible(interrupted), Err("a signal"));
        assert!(semaphore.up(wake_up));
        assert_eq!(semaphore.down_interruptible(interrupted), Ok(()));
        assert!(!semaphore.try_down());
    }

    #[test]
    fn no_more_permits_than_the_most() {
        let semaphore = Semaphore::new(0);
        semaphore.reset(Semaphore::MAX);
        assert!(!semaphore.up(wake_up));
        assert!(semaphore.try_down());
        assert!(semaphore.up(wake_up));
        assert!(!semaphore.up(wake_up));
    }
}
