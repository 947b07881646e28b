// SPDX-License-Identifier: GPL-2.0-or-later
//! A static variable of a program that is changed.
//!
//! A program has one thread, so nobody can wait for a variable. Only a signal handler,
//! or a value that prints something while it is printed, can ask for one that is in
//! use. Both are mistakes: the program ends, where a spinning lock would spin for ever.

use crate::calls;
use core::cell::{RefCell, RefMut};

/// A variable that has one user at a time.
pub struct Single<T>(RefCell<T>);

// SAFETY: a program has one thread, and `RefCell` refuses who interrupts it.
unsafe impl<T> Sync for Single<T> {}

impl<T> Single<T> {
    /// A variable with its first value.
    pub const fn new(value: T) -> Single<T> {
        Single(RefCell::new(value))
    }

    /// The value, until the guard is dropped.
    pub fn lock(&self) -> RefMut<'_, T> {
        match self.0.try_borrow_mut() {
            Ok(value) => value,
            Err(_) => in_use(),
        }
    }
}

/// Ends the program by itself: the usual end would ask for variables again.
#[cold]
fn in_use() -> ! {
    /// As of a program that is ended by SIGABRT (POSIX: `abort`).
    const STATUS: i32 = 128 + 6;
    calls::_exit(STATUS)
}
