// SPDX-License-Identifier: GPL-2.0-or-later
//! `trace`, and system calls gone wild: what a person sees of them.

use anyhow::{Context, Result, ensure};
use guest::Emulator;

use crate::common::{LIMIT, boot, image, mkimage_bytes, name};

guest::in_both!(
    trace_tells_calls_steps_and_breakpoints,
    random_calls_make_no_messages,
);

fn trace_tells_calls_steps_and_breakpoints(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    let output = guest.command("trace cat /none; echo status $?")?;
    for line in [
        "open(\"/none\", 0, 0) = -1 ENOENT (No such file or directory)\n",
        "exit(1) = ?\n",
        "status 1\n",
    ] {
        ensure!(output.contains(line), "{line:?}: {output}");
    }
    let output = guest.command("trace /usr/lib/tests/t_int3; echo status $?")?;
    ensure!(output.contains("--- SIGTRAP ---\n"), "{output}");
    ensure!(output.ends_with("status 133\n"), "{output}");

    let count = |output: &str| -> Result<u32> {
        let line = output.lines().find(|line| line.ends_with(" instructions"));
        let words = line.context("no count")?.split(' ').next();
        Ok(words.unwrap_or_default().parse()?)
    };
    let few = count(&guest.command("trace -s true")?)?;
    let more = count(&guest.command("trace -s wc /etc/passwd")?)?;
    ensure!(few > 10 && more > few, "{few} {more}");

    // The first instruction, where the registers are known.
    let program = mkimage_bytes(&["cat", name(&image())?, "/bin/true"])?;
    let entry = program.get(20..24).context("no header")?;
    let start = format!("{:08x}", u32::from_le_bytes(entry.try_into()?));
    let output = guest.command(&format!("trace -b {start} true; echo status $?"))?;
    let registers = format!("eip {start} ");
    ensure!(
        output.matches(&registers).count() == 1 && output.ends_with("status 0\n"),
        "{output}"
    );
    Ok(())
}

fn random_calls_make_no_messages(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    let output = guest.command_within("usertests fuzz_*", 3 * LIMIT)?;
    let told: Vec<_> = output
        .lines()
        .filter(|line| !line.starts_with("fuzz_"))
        .collect();
    ensure!(told == ["3 passed, 0 failed"], "{output}");
    Ok(())
}
