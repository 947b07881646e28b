// SPDX-License-Identifier: GPL-2.0-or-later
//! Mutual exclusion on a machine with one processor, where nobody can wait for a
//! spinning lock: whoever could release it does not run. (On the host, where threads
//! wait for each other, [`spin::Mutex`] stands for this type.)
//!
//! So a load and a store take the lock. The one of an [`IrqLock`](crate::IrqLock) is taken
//! with interrupts masked, so that no handler comes between them.

use crate::word::TaskCell;
use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};

/// A value, and whether somebody has access to it.
pub(crate) struct Mutex<T> {
    held: TaskCell<bool>,
    value: UnsafeCell<T>,
}

// SAFETY: there is one guard at a time, so tasks only hand the value to each other.
unsafe impl<T: Send> Sync for Mutex<T> {}

/// Exclusive access to the value.
pub(crate) struct MutexGuard<'a, T>(&'a Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Mutex {
            held: TaskCell::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// Takes it if it is free.
    #[inline(always)]
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        if self.held.get() {
            return None;
        }
        self.held.set(true);
        Some(MutexGuard(self))
    }

    /// A copy of the value if it is free.
    #[inline(always)]
    pub(crate) fn get(&self) -> Option<T>
    where
        T: Copy,
    {
        // SAFETY: there is no guard, and none is made while the value is copied.
        (!self.held.get()).then(|| unsafe { *self.value.get() })
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: while this guard lives there is no other.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and this guard is borrowed exclusively.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.held.set(false);
    }
}
