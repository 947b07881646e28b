// SPDX-License-Identifier: GPL-2.0-or-later
//! What is wrong, but does not keep a command from going on.
//!
//! A command that reads goes on past what is damaged, so that the rest can be
//! saved: it complains, and the exit status says at the end that not all went
//! well.

use crate::error::Error;
use std::cell::Cell;

/// Whether there was a complaint.
#[derive(Default)]
pub struct Complaints(Cell<bool>);

impl Complaints {
    /// Shows the message, and goes on.
    pub fn complain(&self, error: &Error) {
        eprintln!("mkimage: {error}");
        self.0.set(true);
    }

    /// Whether there was a complaint.
    pub fn were_made(&self) -> bool {
        self.0.get()
    }
}
