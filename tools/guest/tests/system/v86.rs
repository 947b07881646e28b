// SPDX-License-Identifier: GPL-2.0-or-later
//! docs/v86.md tells what v86 does wrong, and what that breaks in `usertests`: this is
//! the list of the tests that are left out there. Its boot sectors show it, so a machine
//! that is right must pass them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use guest::{Emulator, Guest, Machine};

use crate::common::{self, LIMIT, boot};

guest::in_both!(boot_sectors_for_v86_say_k);

/// A boot sector needs no more; the BIOS takes a floppy of this size.
const FLOPPY: u64 = 1440 * 1024;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// A row of the table in docs/v86.md.
pub struct Fault {
    /// Its boot sector.
    pub program: String,
    /// What v86 does.
    pub what: String,
    /// The tests of `usertests` that it breaks.
    pub tests: Vec<String>,
}

/// The rows of the table in docs/v86.md.
pub fn faults() -> Result<Vec<Fault>> {
    let text = fs::read_to_string(docs().join("v86.md"))?;
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ["));
    rows.map(|row| {
        let [program, _, what, breaks] = row.split(" | ").collect::<Vec<_>>()[..] else {
            bail!("docs/v86.md: {row}");
        };
        let quoted = breaks.split('`').skip(1).step_by(2);
        let is_test = |name: &&str| {
            name.bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        };
        Ok(Fault {
            program: program.split(']').next().unwrap_or_default().into(),
            what: what.into(),
            tests: quoted.filter(is_test).map(String::from).collect(),
        })
    })
    .collect()
}

/// Runs the commands in a file's first comment, in a folder of their own.
fn build(source: &Path, at: &Path) -> Result<PathBuf> {
    let text = fs::read_to_string(source)?;
    let commands = text.lines().filter_map(|line| line.strip_prefix("#     "));
    let name = source.file_name().context("a name")?;
    fs::copy(source, at.join(name))?;
    let commands: Vec<&str> = commands.collect();
    ensure!(commands.len() == 2, "{}", source.display());
    for command in commands {
        let status = Command::new("sh")
            .current_dir(at)
            .args(["-ec", command])
            .status()?;
        ensure!(status.success(), "{command}");
    }
    let disk = at.join(name).with_extension("img");
    let file = fs::File::options().write(true).open(&disk)?;
    ensure!(file.metadata()?.len() == 512, "{}", disk.display());
    file.set_len(FLOPPY)?;
    Ok(disk)
}

/// Boots each boot sector; `check` is told its name and its guest.
fn run_boot_sectors(
    emulator: Emulator,
    check: impl Fn(&str, &mut Guest) -> Result<()>,
) -> Result<()> {
    let faults = faults()?;
    let sources = fs::read_dir(docs().join("v86"))?.count();
    ensure!(
        sources == faults.len() && sources > 0,
        "{sources} boot sectors"
    );
    for Fault { program, .. } in &faults {
        let at = tempfile::tempdir()?;
        let disk = build(&docs().join("v86").join(program), at.path())?;
        let machine = Machine::new(emulator, common::image()).floppy(0, disk);
        let mut guest = machine.boot_from_floppy().boot()?;
        check(program, &mut guest).with_context(|| program.clone())?;
    }
    Ok(())
}

fn boot_sectors_for_v86_say_k(emulator: Emulator) -> Result<()> {
    run_boot_sectors(emulator, |_, guest| {
        guest.expect_serial("K", LIMIT).map(drop)
    })
}

/// When one does, v86 has been mended: then its row goes.
#[test]
#[ignore = "needs v86"]
fn boot_sectors_say_nothing_in_v86() -> Result<()> {
    const TIME: Duration = Duration::from_secs(1);
    if !common::has_v86("boot_sectors_say_nothing_in_v86")? {
        return Ok(());
    }
    run_boot_sectors(Emulator::V86, |_, guest| {
        let booting = guest.expect_screen("Booting from Floppy", LIMIT);
        let died = guest.poll_end()?.is_some();
        ensure!(died || booting.is_ok(), "{booting:?}");
        let heard = guest.expect_serial("K", TIME);
        ensure!(heard.is_err(), "v86 is right by now");
        Ok(())
    })
}

/// The same for the tests that are left out: each one, alone, still fails or hangs, or
/// v86 dies.
#[test]
#[ignore = "needs v86"]
fn usertests_left_out_in_v86_fail_there() -> Result<()> {
    /// One that takes longer hangs, here at least.
    const TIME: Duration = Duration::from_secs(4);
    if !common::has_v86("usertests_left_out_in_v86_fail_there")? {
        return Ok(());
    }
    let mut guest = boot(Emulator::V86)?;
    for name in faults()?.iter().flat_map(|fault| &fault.tests) {
        guest.send(&format!("usertests {name}; echo status $?\n"))?;
        guest.expect_serial(&format!("{name} ... "), LIMIT)?;
        if let Ok(said) = guest.expect_prompt("the prompt", TIME) {
            ensure!(
                said.ends_with("status 1\n"),
                "{name}: v86 is right by now: {said}"
            );
            continue;
        }
        if let Some(end) = guest.poll_end()? {
            ensure!(end.to_string().contains("v86 has died"), "{end}");
            // The last screen can be had all the same.
            ensure!(guest.screen()?.text().contains("KB of memory"));
        }
        guest = boot(Emulator::V86)?;
    }
    Ok(())
}
