// SPDX-License-Identifier: GPL-2.0-or-later
//! Ring 3: the tests that run in the guest (`hdimage/programs/src/bin/usertests`).

use anyhow::{Result, ensure};
use guest::{Emulator, Guest, Machine};

use crate::common::{self, LIMIT, boot, boot_to_prompt};

guest::in_both!(usertests_pass);

fn usertests_pass(emulator: Emulator) -> Result<()> {
    pass(boot(emulator)?)
}

#[test]
#[ignore = "needs QEMU"]
fn usertests_pass_with_4_mb() -> Result<()> {
    pass_with_memory(4)
}

#[test]
#[ignore = "needs QEMU"]
fn usertests_pass_with_64_mb() -> Result<()> {
    pass_with_memory(64)
}

fn pass_with_memory(megabytes: u32) -> Result<()> {
    let machine = Machine::new(Emulator::Qemu, common::image());
    pass(boot_to_prompt(machine.memory(megabytes))?)
}

fn pass(mut guest: Guest) -> Result<()> {
    let output = guest.command_within("usertests; echo status $?", 4 * LIMIT)?;
    ensure!(output.ends_with("status 0\n"), "{}", failures(&output));
    Ok(())
}

/// The lines that tell of anything but success, as there are some hundred.
fn failures(output: &str) -> String {
    let told = output.lines().filter(|line| !line.contains("... ok"));
    told.collect::<Vec<_>>().join("\n")
}
