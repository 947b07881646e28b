// SPDX-License-Identifier: GPL-2.0-or-later
//! The coprocessor, there and emulated: the same programs compute the same.

use crate::common::{LIMIT, boot, image};
use anyhow::{Result, ensure};
use guest::{Emulator, Guest, Machine, PROMPT_TIME};

guest::in_both!(the_coprocessor_computes, the_emulator_computes_the_same);

fn the_coprocessor_computes(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    ensure!(guest.serial().contains("Math coprocessor: 387"));
    programs_that_compute_pass(&mut guest)
}

fn the_emulator_computes_the_same(emulator: Emulator) -> Result<()> {
    let mut guest = Machine::new(emulator, image())
        .command_line("no387 console=ttyS0")
        .boot()?;
    guest.expect_prompt("the first prompt", PROMPT_TIME)?;
    ensure!(guest.serial().contains("Math coprocessor: emulated"));
    programs_that_compute_pass(&mut guest)
}

fn programs_that_compute_pass(guest: &mut Guest) -> Result<()> {
    let output = guest.command("/usr/lib/tests/t_fpu")?;
    ensure!(output == "ok\n", "{output:?}");
    let output = guest.command_within("usertests 'fpu_*'; echo status $?", 2 * LIMIT)?;
    ensure!(output.ends_with("status 0\n"), "{output}");
    Ok(())
}
