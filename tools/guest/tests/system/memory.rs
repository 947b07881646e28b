// SPDX-License-Identifier: GPL-2.0-or-later
//! Machines whose memory is in pieces.

use crate::assembler::assemble_sector;
use crate::common::{boot_to_prompt, image};
use anyhow::{Result, ensure};
use guest::{Emulator, Machine};
use std::path::Path;

guest::in_both!(memory_with_holes_is_used_up_to_its_end);

/// Puts the program that answers for the BIOS into `target`. All bytes of a
/// ROM add up to 0.
fn make_rom(target: &Path) -> Result<()> {
    assemble_sector("memory_map.s", &[], target)?;
    let mut rom = std::fs::read(target)?;
    let sum = rom.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    if let Some(last) = rom.last_mut() {
        *last = last.wrapping_sub(sum);
    }
    Ok(std::fs::write(target, rom)?)
}

fn memory_with_holes_is_used_up_to_its_end(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let rom = folder.path().join("rom");
    make_rom(&rom)?;
    let mut guest = boot_to_prompt(Machine::new(emulator, image()).option_rom(rom))?;
    let log = guest.serial();
    ensure!(log.contains("24576 KB of memory"), "{log}");
    // Of 24 MB, 1 is a hole and 5 are kernel and buffers.
    let free = log
        .split_once(" free pages")
        .map_or("", |(before, _)| before);
    let free: u32 = free.rsplit(' ').next().unwrap_or_default().parse()?;
    ensure!((4500..4800).contains(&free), "{free} free pages");
    // It takes all of them and looks at what is in them.
    let output = guest.command("usertests memory_exhausted; echo status $?")?;
    ensure!(output.ends_with("status 0\n"), "{output}");
    Ok(())
}
