// SPDX-License-Identifier: GPL-2.0-or-later
//! The clock after 497 days: its ticks, 32 bits of them, begin again at 0. And how
//! the CMOS clock is left.

use crate::common::{boot, boot_to_prompt, image, kernel};
use anyhow::{Context, Result, ensure};
use guest::symbols::Symbols;
use guest::{Emulator, Machine};

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

/// Bit 7 of the number that was last written to port 70h masks the NMI. No emulator
/// heeds it, but QEMU can tell what is written.
#[test]
#[ignore = "needs QEMU and the image"]
fn reading_the_cmos_clock_leaves_the_nmi_unmasked() -> Result<()> {
    const NMI_MASK: u8 = 0x80;
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("ports");
    let guest = boot_to_prompt(Machine::new(Emulator::Qemu, image()).port_log(&log))?;
    drop(guest);
    let log = std::fs::read(&log)?;
    let lines = log.split(|byte| *byte == b'\n');
    let mut written = lines.filter_map(|line| {
        let line = str::from_utf8(line).ok()?;
        let (_, rest) = line.split_once(" addr 0x70 value 0x")?;
        u8::from_str_radix(rest.split(' ').next()?, 16).ok()
    });
    // The BIOS masks it.
    ensure!(written.any(|number| number & NMI_MASK != 0), "no log");
    let last = written.next_back().context("the kernel reads the clock")?;
    ensure!(last & NMI_MASK == 0, "{last:#x}");
    Ok(())
}
