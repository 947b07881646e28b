// SPDX-License-Identifier: GPL-2.0-or-later
//! Boot sectors that tests bring along as source.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

/// Assembles `tests/SOURCE` into the sector `target`, to run at 7C00. `symbols`
/// are what the source leaves open, `NAME=VALUE`.
pub fn assemble_sector(source: &str, symbols: &[&str], target: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let object = folder.path().join("sector.o");
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(source);
    let mut assembler = Command::new("as");
    assembler.args(["--32", "-o"]).args([&object, &source]);
    for symbol in symbols {
        assembler.args(["--defsym", symbol]);
    }
    run(&mut assembler)?;
    let mut linker = Command::new("ld");
    linker.args(["-m", "elf_i386", "-Ttext=0x7C00", "--oformat=binary", "-o"]);
    run(linker.args([target, &object]))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?}");
    Ok(())
}
