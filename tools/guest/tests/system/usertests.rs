// SPDX-License-Identifier: GPL-2.0-or-later
//! Ring 3: the tests that run in the guest (`hdimage/tests/src/bin/usertests`).

use anyhow::{Result, ensure};
use guest::{Emulator, Guest, Machine};

use crate::common::{self, LIMIT, boot, boot_to_prompt, has_v86, skip};
use crate::editions::boot_wide;
use crate::v86::faults;

guest::in_both!(usertests_pass);

/// Megabytes of the machine in which the wide edition is tried: more than its kernel
/// maps.
const WIDE_MEMORY: u32 = 512;

fn usertests_pass(emulator: Emulator) -> Result<()> {
    pass(boot(emulator)?, "")
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
    pass(boot_to_prompt(machine.memory(megabytes))?, "")
}

/// Programs see the same in both editions.
#[test]
#[ignore = "needs QEMU"]
fn usertests_pass_in_wide() -> Result<()> {
    pass(boot_wide(Emulator::Qemu, WIDE_MEMORY)?, "")
}

/// All but those that v86 breaks, which docs/v86.md lists.
#[test]
#[ignore = "needs v86"]
fn usertests_pass_in_v86() -> Result<()> {
    if !has_v86("usertests")? {
        return Ok(());
    }
    let mut left_out = String::from("-x");
    for fault in faults()?.iter().filter(|fault| !fault.tests.is_empty()) {
        let (names, what) = (fault.tests.join(" "), &fault.what);
        skip(&format!(
            "usertests {names} in v86, which {what} (docs/v86/{})",
            fault.program
        ))?;
        left_out += &format!(" {names}");
    }
    pass(boot(Emulator::V86)?, &left_out)
}

fn pass(mut guest: Guest, words: &str) -> Result<()> {
    let output = guest.command_within(&format!("usertests {words}; echo status $?"), 4 * LIMIT)?;
    ensure!(output.ends_with("status 0\n"), "{}", failures(&output));
    Ok(())
}

/// The lines that tell of anything but success, as there are some hundred.
fn failures(output: &str) -> String {
    let told = output.lines().filter(|line| !line.contains("... ok"));
    told.collect::<Vec<_>>().join("\n")
}
