// SPDX-License-Identifier: GPL-2.0-or-later
//! How far long work has got, on standard error if that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::Cell;
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
            is_shown: Cell::new(false),
        }
    }

    /// So much more is done.
    pub fn add(&self, count: u64) {
        self.reach(self.bar.position() + count);
    }

    /// So much is done in all.
    pub fn reach(&self, position: u64) {
        if !self.is_shown.get() && self.start.elapsed() > PATIENCE {
            self.is_shown.set(true);
            // Only where that is a terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(position);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_late_and_counts() {
        for (progress, action) in [
            (Progress::bytes("copying", 1000), "copying"),
            (Progress::items("making", 1000), "making"),
        ] {
            let bar = progress.bar.clone();
            assert_eq!(
                (bar.length(), bar.message()),
                (Some(1000), action.to_owned())
            );
            progress.add(3);
            assert!(!progress.is_shown.get(), "too soon");
            let late = Progress {
                bar: bar.clone(),
                start: Instant::now() - 2 * PATIENCE,
                is_shown: Cell::new(false),
            };
            late.add(4);
            assert!(late.is_shown.get());
            assert_eq!(bar.position(), 7);
            assert!(!bar.is_finished());
            drop(progress);
            assert!(bar.is_finished(), "and it goes at the end");
        }
    }
}
