// SPDX-License-Identifier: GPL-2.0-or-later
//! How far long work has got, on standard error if that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::Cell;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

/// Work that is done sooner goes without a bar.
const PATIENCE: Duration = Duration::from_millis(300);

/// A bar that appears when the work takes long, and vanishes at its end.
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
    is_shown: Cell<bool>,
}

impl Progress {
    /// Work of `total` bytes.
    pub fn bytes(action: &'static str, total: u64) -> Progress {
        Progress::new(
            action,
            total,
            "{msg:>12} [{bar:40}] {bytes}/{total_bytes} {eta}",
        )
    }

    /// Work on `total` things.
    pub fn items(action: &'static str, total: u64) -> Progress {
        Progress::new(action, total, "{msg:>12} [{bar:40}] {pos}/{len} {eta}")
    }

    fn new(action: &'static str, total: u64, template: &str) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ");
        bar.set_style(style);
        bar.set_message(action);
        Progress {
            bar,
            start: Instant::now(),
            is_shown: Cell::new(!stderr().is_terminal()),
        }
    }

    /// So much more is done.
    pub fn add(&self, count: u64) {
        if !self.is_shown.get() && self.start.elapsed() > PATIENCE {
            self.is_shown.set(true);
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(count);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
