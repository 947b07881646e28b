// SPDX-License-Identifier: GPL-2.0-or-later
//! Values that are read and written whole, without a lock. The type tells who may
//! touch them:
//!
//! * [`TaskCell`]: tasks, one of which runs at a time;
//! * [`AtomicWord`]: interrupt handlers, too.

#[cfg(target_os = "none")]
use core::cell::UnsafeCell;

/// A value that only tasks change. An interrupt handler may read it only if tasks change
/// it with interrupts masked.
///
/// A task keeps the processor until it calls `schedule()`, so it may change the value in
/// several steps. To the compiler it is plain memory: two reads become one if nothing
/// between them could change it. (On the host, where threads are, a [`spin::Mutex`]
/// stands for the memory, and each access is a step of its own.)
pub struct TaskCell<T> {
    #[cfg(target_os = "none")]
    value: UnsafeCell<T>,
    #[cfg(not(target_os = "none"))]
    value: spin::Mutex<T>,
}

// SAFETY: the tasks run one at a time, and no reference to the value gets out of `get`
// and `set`. The value is at most a word, so that even a handler would find it whole.
#[cfg(target_os = "none")]
unsafe impl<T: Copy + Send> Sync for TaskCell<T> {}

impl<T: Copy> TaskCell<T> {
    /// A cell that starts as `value`, which is at most a word.
    pub const fn new(value: T) -> Self {
        const { assert!(size_of::<T>() <= size_of::<u32>()) };
        TaskCell {
            #[cfg(target_os = "none")]
            value: UnsafeCell::new(value),
            #[cfg(not(target_os = "none"))]
            value: spin::Mutex::new(value),
        }
    }

    /// Its value.
    #[inline(always)]
    pub fn get(&self) -> T {
        #[cfg(target_os = "none")]
        // SAFETY: nobody writes it meanwhile: see above.
        return unsafe { *self.value.get() };
        #[cfg(not(target_os = "none"))]
        return *self.value.lock();
    }

    /// Gives it a value.
    #[inline(always)]
    pub fn set(&self, value: T) {
        #[cfg(target_os = "none")]
        // SAFETY: nobody reads or writes it meanwhile: see above.
        unsafe {
            *self.value.get() = value;
        }
        #[cfg(not(target_os = "none"))]
        {
            *self.value.lock() = value;
        }
    }

    /// Gives it a value, and returns the one that it had.
    #[inline(always)]
    pub fn replace(&self, value: T) -> T {
        #[cfg(target_os = "none")]
        // SAFETY: nobody reads or writes it meanwhile: see above.
        return unsafe { core::mem::replace(&mut *self.value.get(), value) };
        #[cfg(not(target_os = "none"))]
        return core::mem::replace(&mut *self.value.lock(), value);
    }

    /// Takes over the value of another.
    #[inline(always)]
    pub fn copy_from(&self, other: &Self) {
        self.set(other.get());
    }
}

impl TaskCell<u32> {
    /// Adds to it, wrapping.
    #[inline(always)]
    pub fn add(&self, amount: u32) {
        self.set(self.get().wrapping_add(amount));
    }
}

/// A number that tasks and interrupt handlers read and write whole, without a
/// lock. Each access is one plain instruction.
///
/// Changing it takes two accesses. If an interrupt handler changes it too, tasks
/// change it with interrupts masked, or not at all.
#[derive(Default)]
#[repr(transparent)]
pub struct AtomicWord(core::sync::atomic::AtomicU32);

impl AtomicWord {
    /// A word that starts as `value`.
    pub const fn new(value: u32) -> Self {
        AtomicWord(core::sync::atomic::AtomicU32::new(value))
    }

    /// Its value.
    #[inline(always)]
    pub fn get(&self) -> u32 {
        self.0.load(core::sync::atomic::Ordering::Relaxed)
    }

    /// Gives it a value.
    #[inline(always)]
    pub fn set(&self, value: u32) {
        self.0.store(value, core::sync::atomic::Ordering::Relaxed);
    }

    /// Takes over the value of another.
    #[inline(always)]
    pub fn copy_from(&self, other: &AtomicWord) {
        self.set(other.get());
    }

    /// Returns its value and sets it to 0, in one instruction.
    #[inline(always)]
    pub fn take(&self) -> u32 {
        self.0.swap(0, core::sync::atomic::Ordering::Relaxed)
    }

    /// Adds to it, wrapping.
    #[inline(always)]
    pub fn add(&self, amount: u32) {
        self.set(self.get().wrapping_add(amount));
    }

    /// Sets bits, in one instruction.
    #[inline(always)]
    pub fn set_bits(&self, bits: u32) {
        self.0.fetch_or(bits, core::sync::atomic::Ordering::Relaxed);
    }

    /// Clears bits, in one instruction.
    #[inline(always)]
    pub fn clear_bits(&self, bits: u32) {
        self.0
            .fetch_and(!bits, core::sync::atomic::Ordering::Relaxed);
    }
}
