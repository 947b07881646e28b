// SPDX-License-Identifier: GPL-2.0-or-later
//! The clock after 497 days: its ticks, 32 bits of them, begin again at 0.

use crate::common::{boot, kernel};
use anyhow::{Context, Result, ensure};
use guest::Emulator;
use guest::symbols::Symbols;

guest::in_both!(time_goes_on_when_the_ticks_begin_again);

fn time_goes_on_when_the_ticks_begin_again(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    let address = Symbols::read(&kernel())?.address("kernel::sched::JIFFIES")?;
    ensure!(address % 4 == 0, "dd takes blocks of 4 bytes");
    // Two seconds are left: `8` is 38h, of FFFFFF38h.
    let place = address / 4;
    let output = guest.command(&format!(
        "echo -n 8aaa | tr a '\\377' | dd of=/dev/mem bs=4 count=1 seek={place}; \
         date +%s; sleep 4; date +%s"
    ))?;
    let times = output.lines().filter_map(|line| line.parse().ok());
    let times: Vec<u32> = times.collect();
    let [before, after] = times[..] else {
        anyhow::bail!("{output}")
    };
    let passed = after.checked_sub(before).with_context(|| output.clone())?;
    ensure!((4..=10).contains(&passed), "{passed} seconds: {output}");
    // Select and alarms beyond.
    let output = guest.command("usertests signal_alarm* select_*; echo status $?")?;
    ensure!(output.contains("status 0\n"), "{output}");
    Ok(())
}
