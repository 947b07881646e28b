// SPDX-License-Identifier: GPL-2.0-or-later
//! What `make latency` promises: no stretch with interrupts masked is long.

use anyhow::{Result, ensure};
use guest::latency::{self, Options};

use crate::common::{LIMIT, made};

/// The most instructions with interrupts masked.
const MOST: u64 = 20_000;

#[test]
#[ignore = "needs Bochs"]
fn interrupts_are_never_masked_for_long() -> Result<()> {
    let kernel = made("LATENCY_KERNEL", "target/i686-kernel/latency/kernel");
    let worst = latency::measure(&Options {
        image: made("LATENCY_IMAGE", "build/latency.img"),
        kernel: kernel.clone(),
        // The kernel has much to say from an interrupt where there is no disk.
        command: "cat /dev/fd0; usertests".into(),
        limit: 4 * LIMIT,
    })?;
    let table = latency::table(&worst, &kernel)?;
    ensure!(worst[0].ticks <= MOST, "{table}");
    // Many places were measured.
    ensure!(worst.len() >= 10, "{table}");
    Ok(())
}
