// SPDX-License-Identifier: GPL-2.0-or-later
//! The boot sectors of docs/v86 show what v86 does wrong, so a machine that is
//! right must pass them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use guest::{Emulator, Machine};

use crate::common;

guest::in_both!(boot_sectors_for_v86_say_k);

const LIMIT: Duration = Duration::from_secs(20);
/// A boot sector needs no more; the BIOS takes a floppy of this size.
const FLOPPY: u64 = 1440 * 1024;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/v86")
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

fn boot_sectors_for_v86_say_k(emulator: Emulator) -> Result<()> {
    let mut seen = 0;
    for source in fs::read_dir(folder())? {
        let source = source?.path();
        let at = tempfile::tempdir()?;
        let disk = build(&source, at.path())?;
        let mut guest = Machine::new(emulator, common::image())
            .floppy(0, disk)
            .boot_from_floppy()
            .boot()?;
        guest
            .expect_serial("K", LIMIT)
            .with_context(|| format!("{}", source.display()))?;
        seen += 1;
    }
    ensure!(seen == 4, "{seen} boot sectors");
    Ok(())
}
