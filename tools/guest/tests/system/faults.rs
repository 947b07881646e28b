// SPDX-License-Identifier: GPL-2.0-or-later
//! Programs that do what they must not: each is killed or gets an error
//! number, and the shell goes on.

use crate::common::boot;
use anyhow::{Result, ensure};
use guest::Emulator;

guest::in_both!(
    faulty_programs_are_killed,
    checking_programs_find_nothing_wrong
);

/// Programs of `/usr/lib/tests` and the signal that ends each.
const KILLED: &[(&str, u32)] = &[
    ("t_null", 11),
    ("t_textend", 11),
    ("t_cli", 11),
    ("t_div0", 8),
    ("t_ud2", 4),
    ("t_int3", 5),
];

/// Programs of `/usr/lib/tests` that check the kernel and print `ok`: bad
/// addresses to every call, the coprocessor, the terminal's modes.
const CHECKING: &[&str] = &["t_badptr", "t_fpu", "t_tty"];

fn faulty_programs_are_killed(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    for (program, signal) in KILLED {
        let output = guest.command(&format!("/usr/lib/tests/{program}; echo status $?"))?;
        // What a shell gives for a program that a signal ended.
        let status = format!("status {}\n", 128 + signal);
        ensure!(
            output.ends_with(&status),
            "{program}: {output:?}, not {status:?}"
        );
    }
    ensure!(guest.command("echo alive | cat")? == "alive\n");
    Ok(())
}

fn checking_programs_find_nothing_wrong(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    for program in CHECKING {
        let output = guest.command(&format!("/usr/lib/tests/{program}; echo status $?"))?;
        ensure!(output.ends_with("ok\nstatus 0\n"), "{program}: {output:?}");
    }
    ensure!(guest.command("echo alive | cat")? == "alive\n");
    Ok(())
}
