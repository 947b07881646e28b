// SPDX-License-Identifier: GPL-2.0-or-later
//! Programs as they were built in 1991: a.out files of magic number ZMAGIC,
//! linked at address 0, with their own start, their own `int 80h` and their own
//! signal restorers. The sources are beside this file; the host's assembler and
//! linker stand for those of the time, and the a.out file is written here, so
//! that nothing of `mkimage`'s is believed.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use guest::{Emulator, Guest, Machine};
use object::{Object, ObjectSection};
use tempfile::TempDir;

use crate::common::{LIMIT, boot_to_prompt, check_root, copy_of, halt, image, mkimage, name};
use crate::editions;

guest::in_both!(
    period_programs_run,
    period_program_controls_jobs,
    programs_of_other_formats_are_refused,
);

/// What each program is run as; `jobs` is a test of its own.
const COMMANDS: [&str; 6] = [
    "stack one two",
    "registers",
    "memory",
    "signals",
    "fpu",
    "files",
];

/// ZMAGIC (`include/a.out.h`).
const ZMAGIC: u32 = 0o413;
const HEADER_BLOCK: usize = 1024;

/// Assembles and links a program, with its text rounded up to `text_align`.
fn build(folder: &Path, program: &str, text_align: u32, magic: u32) -> Result<Vec<u8>> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/period");
    let (object, elf) = (folder.join("program.o"), folder.join("program.elf"));
    run(Command::new("as")
        .arg("--32")
        .arg("-I")
        .arg(&sources)
        .arg("-o")
        .arg(&object)
        .arg(sources.join(program).with_extension("s")))?;
    run(Command::new("ld")
        .args(["-m", "elf_i386", "--no-warn-rwx-segments", "--defsym"])
        .arg(format!("TEXT_ALIGN={text_align}"))
        .arg("-T")
        .arg(sources.join("period.ld"))
        .arg("-o")
        .arg(&elf)
        .arg(&object))?;
    a_out(&std::fs::read(&elf)?, magic)
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// A block with the header, the text, the data.
fn a_out(elf: &[u8], magic: u32) -> Result<Vec<u8>> {
    let elf = object::File::parse(elf)?;
    let section = |name: &str| elf.section_by_name(name);
    let bytes = |name| section(name).map_or(Ok(&[][..]), |section| section.data());
    let (text, data) = (bytes(".text")?, bytes(".data")?);
    let bss = section(".bss").map_or(0, |section| section.size());
    let words = [
        magic,
        u32::try_from(text.len())?,
        u32::try_from(data.len())?,
        u32::try_from(bss)?,
        0, // no symbols
        0, // starts at 0
        0, // no relocations
        0,
    ];
    let mut file: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    file.resize(HEADER_BLOCK, 0);
    file.extend_from_slice(text);
    file.extend_from_slice(data);
    Ok(file)
}

/// Boots a copy of an image with programs in /tmp.
fn boot_with(
    emulator: Emulator,
    image: &Path,
    programs: &[(String, Vec<u8>)],
) -> Result<(TempDir, Guest)> {
    let (folder, disk) = copy_of(image)?;
    for (program, contents) in programs {
        let file = folder.path().join("program");
        std::fs::write(&file, contents)?;
        let place = format!("/tmp/{program}");
        mkimage(&["put", name(&disk)?, name(&file)?, &place, "--mode", "755"])?;
    }
    let mut guest = boot_to_prompt(Machine::new(emulator, &disk).in_place())?;
    guest.command("cd /tmp")?;
    Ok((folder, guest))
}

fn period_programs_run(emulator: Emulator) -> Result<()> {
    run_on(emulator, &image())
}

#[test]
#[ignore = "needs QEMU"]
fn period_programs_run_in_wide() -> Result<()> {
    run_on(Emulator::Qemu, &editions::image())
}

fn run_on(emulator: Emulator, image: &Path) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut programs = Vec::new();
    // Segments of 1024 bytes as in 0.11's a.out.h, and pages.
    for align in [1024, 4096] {
        for command in COMMANDS {
            let program = command.split(' ').next().unwrap_or(command);
            let contents = build(folder.path(), program, align, ZMAGIC)?;
            programs.push((format!("{program}.{align}"), contents));
        }
    }
    let (disk_folder, mut guest) = boot_with(emulator, image, &programs)?;
    for align in [1024, 4096] {
        for command in COMMANDS {
            let mut words = command.splitn(2, ' ');
            let program = words.next().unwrap_or(command);
            let arguments = words.next().unwrap_or_default();
            let line = format!("./{program}.{align} {arguments}; echo status $?");
            let output = guest.command_within(&line, LIMIT)?;
            let greeting = if program == "stack" { "period\n" } else { "" };
            ensure!(
                output == format!("{greeting}status 0\n"),
                "{line}: {output:?}"
            );
        }
    }
    halt(&mut guest)?;
    check_root(&disk_folder.path().join("copy.img"))
}

fn period_program_controls_jobs(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let program = build(folder.path(), "jobs", 1024, ZMAGIC)?;
    let (_folder, mut guest) = boot_with(emulator, &image(), &[("jobs".into(), program)])?;
    guest.send("./jobs; echo status $?\n")?;
    guest.expect_serial("type: ", LIMIT)?;
    guest.send("now\n")?;
    guest.expect_serial("status 0", LIMIT)?;
    Ok(())
}

fn programs_of_other_formats_are_refused(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut programs = Vec::new();
    for (format, magic) in [("omagic", 0o407), ("nmagic", 0o410), ("qmagic", 0o314)] {
        programs.push((format.into(), build(folder.path(), "stack", 1024, magic)?));
    }
    let mut with_relocations = build(folder.path(), "stack", 1024, ZMAGIC)?;
    with_relocations[24] = 8;
    programs.push(("relocations".into(), with_relocations));
    let mut short = build(folder.path(), "stack", 1024, ZMAGIC)?;
    short.truncate(HEADER_BLOCK + 1000);
    programs.push(("short".into(), short));
    let (_folder, mut guest) = boot_with(emulator, &image(), &programs)?;
    for (program, _) in &programs {
        let output = guest.command(&format!("./{program}; echo status $?"))?;
        ensure!(
            output.contains("Exec format error") && output.ends_with("status 126\n"),
            "{program}: {output:?}"
        );
    }
    Ok(())
}
