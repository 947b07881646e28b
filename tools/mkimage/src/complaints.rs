// SPDX-License-Identifier: GPL-2.0-or-later
//! What is wrong, but does not keep a command from going on.
//!
//! A command that reads goes on past what is damaged, so that the rest can be
//! saved: it complains, and the exit status says at the end that not all went
//! well.

use crate::error::Error;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static WAS_MADE: AtomicBool = AtomicBool::new(false);

/// Shows the message, and goes on.
pub fn complain(error: &Error) {
    eprintln!("mkimage: {error}");
    WAS_MADE.store(true, Relaxed);
}

/// Whether there was a complaint.
pub fn were_made() -> bool {
    WAS_MADE.load(Relaxed)
}
