// SPDX-License-Identifier: GPL-2.0-or-later
//! The two spinning locks of the kernel. The type of a lock is its policy.
//!
//! * [`Lock`] guards state that only tasks touch.
//! * [`IrqLock`] guards state that an interrupt handler touches too: while its
//!   guard lives, interrupts are masked.
//!
//! The kernel has one processor and a task keeps it until it calls `schedule()`, so
//! neither ever really spins, provided that **no guard is alive across
//! `schedule()`**. [`guards_alive`] lets `schedule()` assert that. State that must
//! stay locked over a sleep is in a sleeping lock instead (`crate::SleepLock`).
//!
//! On the host the same types really exclude threads from each other. With more than
//! one processor the kernel's locks would do that too.
//!
//! 0.11 has no lock type; it wrote `cli()` and `sti()` by hand.

use asm::system::{restore_flags, save_flags_and_cli};
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};

#[cfg(target_os = "none")]
use crate::mutex::{Mutex, MutexGuard};
#[cfg(target_os = "none")]
use crate::word::TaskCell;
#[cfg(not(target_os = "none"))]
use spin::{Mutex, MutexGuard};

/// Guards of [`Lock`]s; tasks alone count them.
#[cfg(target_os = "none")]
static TASK_GUARDS: TaskCell<u32> = TaskCell::new(0);
/// Guards of [`IrqLock`]s; whoever counts them has interrupts masked.
#[cfg(target_os = "none")]
static IRQ_GUARDS: TaskCell<u32> = TaskCell::new(0);

/// How many guards of either lock type are alive. It is always 0 on the host, where
/// the kernel does not schedule the threads.
#[inline(always)]
pub fn guards_alive() -> u32 {
    #[cfg(target_os = "none")]
    return TASK_GUARDS.get() + IRQ_GUARDS.get();
    #[cfg(not(target_os = "none"))]
    0
}

/// Counts a guard that is made (1) or dropped (-1).
macro_rules! count_guard {
    ($guards:ident, $change:literal) => {
        #[cfg(target_os = "none")]
        $guards.set($guards.get().wrapping_add_signed($change));
    };
}

/// Counts `with` too, where checks are dearer than instructions: in the debugging
/// kernel, whose profile has debug assertions for this crate.
macro_rules! count_step {
    ($guards:ident, $change:literal) => {
        #[cfg(debug_assertions)]
        count_guard!($guards, $change);
    };
}

/// Takes a lock. In the kernel it must be free: on one processor nobody else could
/// release it, so waiting would never end.
#[inline(always)]
fn take<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    #[cfg(target_os = "none")]
    return mutex.try_lock().unwrap_or_else(|| taken_twice());
    #[cfg(not(target_os = "none"))]
    mutex.lock()
}

#[cfg(target_os = "none")]
#[cold]
#[inline(never)]
fn taken_twice() -> ! {
    panic!("a lock is taken by whoever holds it");
}

/// A value that only tasks touch, never an interrupt handler.
pub struct Lock<T>(Mutex<T>);

/// Exclusive access to the value of a [`Lock`].
pub struct LockGuard<'a, T>(MutexGuard<'a, T>);

impl<T> Lock<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Lock(Mutex::new(value))
    }

    /// Takes the lock. Do not sleep while the guard lives.
    #[inline(always)]
    pub fn lock(&self) -> LockGuard<'_, T> {
        let guard = take(&self.0);
        count_guard!(TASK_GUARDS, 1);
        LockGuard(guard)
    }

    /// Calls `work`, a few steps that do not sleep, with the value under the lock.
    /// [`guards_alive`] counts it in the debugging kernel only.
    #[inline(always)]
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        count_step!(TASK_GUARDS, 1);
        let result = work(&mut take(&self.0));
        count_step!(TASK_GUARDS, -1);
        result
    }

    /// As [`Lock::lock`], but returns `None` instead of waiting.
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        let guard = self.0.try_lock()?;
        count_guard!(TASK_GUARDS, 1);
        Some(LockGuard(guard))
    }

    /// A copy of the value; a caller that uses only parts of it copies no more than
    /// those.
    #[inline(always)]
    pub fn get(&self) -> T
    where
        T: Copy,
    {
        #[cfg(target_os = "none")]
        return self.0.get().unwrap_or_else(|| taken_twice());
        #[cfg(not(target_os = "none"))]
        *self.0.lock()
    }

    /// The value, when nobody else can have it.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }

    /// Takes over the value of another. The value that was here is dropped
    /// under the lock, so it may not sleep then.
    pub fn copy_from(&self, other: &Lock<T>)
    where
        T: Clone,
    {
        self.with(|value| other.with(|other| value.clone_from(other)));
    }
}

impl<T> Deref for LockGuard<'_, T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for LockGuard<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> Drop for LockGuard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        count_guard!(TASK_GUARDS, -1);
    }
}

/// A value shared with interrupt handlers.
pub struct IrqLock<T>(Mutex<T>);

/// Exclusive access to the value of an [`IrqLock`]; interrupts are masked
/// until it is dropped.
pub struct IrqLockGuard<'a, T> {
    guard: ManuallyDrop<MutexGuard<'a, T>>,
    flags: u32,
}

impl<T> IrqLock<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        IrqLock(Mutex::new(value))
    }

    /// Masks interrupts and takes the lock. Do not sleep while the guard lives.
    #[inline(always)]
    pub fn lock(&self) -> IrqLockGuard<'_, T> {
        let flags = save_flags_and_cli();
        let guard = take(&self.0);
        count_guard!(IRQ_GUARDS, 1);
        IrqLockGuard {
            guard: ManuallyDrop::new(guard),
            flags,
        }
    }

    /// Calls `work`, a few steps that do not sleep, with the value under the lock.
    /// Interrupts are masked only if `is_contended`: otherwise no interrupt handler may
    /// want the value meanwhile. Only tasks call it; [`guards_alive`] counts it in the
    /// debugging kernel only.
    #[inline(always)]
    pub fn with<R>(&self, is_contended: bool, work: impl FnOnce(&mut T) -> R) -> R {
        let flags = if is_contended {
            save_flags_and_cli()
        } else {
            0
        };
        count_step!(TASK_GUARDS, 1);
        let result = work(&mut take(&self.0));
        count_step!(TASK_GUARDS, -1);
        restore_flags(flags);
        result
    }

    /// As [`IrqLock::lock`], while another guard masks interrupts, and is counted, anyway.
    #[inline(always)]
    pub fn lock_too<'a, U>(
        &'a self,
        _other: &'a IrqLockGuard<'_, U>,
    ) -> impl DerefMut<Target = T> + use<'a, T, U> {
        take(&self.0)
    }

    /// As [`IrqLock::lock`], but returns `None` instead of waiting. `panic` needs
    /// it, since it must print its message whatever happened before.
    pub fn try_lock(&self) -> Option<IrqLockGuard<'_, T>> {
        let flags = save_flags_and_cli();
        match self.0.try_lock() {
            Some(guard) => {
                count_guard!(IRQ_GUARDS, 1);
                Some(IrqLockGuard {
                    guard: ManuallyDrop::new(guard),
                    flags,
                })
            }
            None => {
                restore_flags(flags);
                None
            }
        }
    }

    /// The value, when nobody else can have it.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

impl<T> Deref for IrqLockGuard<'_, T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for IrqLockGuard<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

impl<T> Drop for IrqLockGuard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: dropped here and nowhere else; the lock must be free before
        // an interrupt handler can run and want it.
        unsafe { ManuallyDrop::drop(&mut self.guard) };
        count_guard!(IRQ_GUARDS, -1);
        restore_flags(self.flags);
    }
}
