// SPDX-License-Identifier: GPL-2.0-or-later
//! Ring 3: the tests that run in the guest (`hdimage/programs/src/bin/usertests`).

use anyhow::{Result, ensure};
use guest::Emulator;

use crate::common::{LIMIT, boot};

guest::in_both!(usertests_pass);

fn usertests_pass(emulator: Emulator) -> Result<()> {
    let output = boot(emulator)?.command_within("usertests; echo status $?", 4 * LIMIT)?;
    ensure!(output.ends_with("status 0\n"), "{}", failures(&output));
    Ok(())
}

/// The lines that tell of anything but success, as there are some hundred.
fn failures(output: &str) -> String {
    let told = output.lines().filter(|line| !line.contains("... ok"));
    told.collect::<Vec<_>>().join("\n")
}
