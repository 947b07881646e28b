// SPDX-License-Identifier: GPL-2.0-or-later
//! A whole disk of 1991, with gcc 1.40 on it, builds the kernel of that time: what
//! comes out is what was there. `$PERIOD_DISK` names the disk; it is not part of
//! this project, and where there is none nothing is tested.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use guest::{Emulator, Machine, PROMPT_TIME, Prompt};

use crate::common::{self, LIMIT, mkimage_bytes, name, skip};

guest::in_both!(a_kernel_of_1991_is_built_to_the_byte);

/// How long the compiler may take.
const COMPILE_TIME: Duration = Duration::from_secs(400);
const SOURCES: &str = "/usr/src/linux";
const IMAGE: &str = "/usr/src/linux/Image";
/// Also with the folder before it.
const PROMPT: &str = r"\[/.*\]# |# ";

fn a_kernel_of_1991_is_built_to_the_byte(emulator: Emulator) -> Result<()> {
    let Some(original) = std::env::var_os("PERIOD_DISK").filter(|name| !name.is_empty()) else {
        return skip("a disk of 1991: PERIOD_DISK names none");
    };
    let original = PathBuf::from(original);
    let folder = tempfile::tempdir()?;
    let disk = folder.path().join("disk.img");
    std::fs::copy(&original, &disk).with_context(|| format!("{}", original.display()))?;
    let before = mkimage_bytes(&["cat", name(&disk)?, IMAGE])?;
    ensure!(!before.is_empty(), "{IMAGE} is empty");

    // What the guest boots from is a copy too, and its image here is one.
    let floppy = folder.path().join("floppy.img");
    std::fs::copy(common::image().with_file_name("floppy.img"), &floppy)?;
    let machine = Machine::new(emulator, &disk)
        .floppy(0, &floppy)
        .boot_from_floppy()
        .memory(16)
        .prompt(Prompt::new(PROMPT)?)
        .in_place();
    let mut guest = machine.boot()?;
    guest.type_line(&format!("cd {SOURCES}"), PROMPT_TIME)?;
    let screen = guest.type_line("make clean; ls Image", LIMIT)?;
    ensure!(screen.text().contains("Image: ENOENT"), "{screen}");
    guest.type_line("make", COMPILE_TIME)?;
    guest.type_line("sync", LIMIT)?;
    guest.cut_power()?;

    let after = mkimage_bytes(&["cat", name(&disk)?, IMAGE])?;
    ensure!(
        after == before,
        "{} bytes, not these {}",
        after.len(),
        before.len()
    );
    Ok(())
}
