// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the harness on a guest of its own (`boot_sector.s`), so that a
//! fault of the harness is told from a fault of the kernel. They need the
//! emulators and run with `--ignored`, as `make test` does.

mod assembler;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use guest::{Emulator, End, Guest, Machine, image};

const LIMIT: Duration = Duration::from_secs(20);
const COMMAND_OFF: &str = "\x01";
const COMMAND_FAULT: &str = "\x02";
const COMMAND_RESTART: &str = "\x03";
const COMMAND_LOWER: &str = "\x04";
const COMMAND_WRITE: &str = "\x05";

guest::in_both!(
    serial_line_works_both_ways,
    keys_arrive_with_shift_and_control,
    blanks_replace_what_stood_there,
    picture_that_starts_lower_is_read_from_there,
    a_floppy_boots_beside_a_disk_that_does_not,
    shutdown_is_recognised,
    triple_fault_is_recognised,
    time_over_shows_screen_and_line,
    a_copy_takes_the_writes_unless_in_place,
    dropping_the_guest_ends_the_emulator,
);

/// Assembles the test guest and puts it on a disk of two cylinders.
fn build_disk(folder: &Path) -> Result<PathBuf> {
    let disk = folder.join("disk.img");
    assembler::assemble_sector("boot_sector.s", &[], &disk)?;
    let size = 2 * image::CYLINDER * image::SECTOR;
    std::fs::OpenOptions::new()
        .write(true)
        .open(&disk)?
        .set_len(size)?;
    Ok(disk)
}

/// Boots the test guest and waits until it is ready.
fn boot(emulator: Emulator) -> Result<Guest> {
    let folder = tempfile::tempdir()?;
    let mut guest = Machine::new(emulator, build_disk(folder.path())?).boot()?;
    guest.expect_serial("self-test ready\r\n# ", LIMIT)?;
    Ok(guest)
}

fn serial_line_works_both_ways(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.send("there and back")?;
    guest.expect_serial("there and back", LIMIT)?;
    guest.expect_screen("# there and back", LIMIT)?;
    Ok(())
}

fn keys_arrive_with_shift_and_control(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.type_keys("ls -l | Wc \"$HOME\"; {a_b}~x\x7fy")?;
    // The BIOS takes the backspace key as moving the cursor back.
    guest.expect_screen("# ls -l | Wc \"$HOME\"; {a_b}~y", LIMIT)?;
    ensure!(guest.serial() == "self-test ready\r\n# ");
    Ok(())
}

fn blanks_replace_what_stood_there(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.send(&"x".repeat(70))?;
    guest.expect_screen("# xxxxx", LIMIT)?;
    guest.send(&format!("\ra{}b{}c", " ".repeat(30), " ".repeat(38)))?;
    guest.expect_screen(&format!("a{}b{}cx", " ".repeat(30), " ".repeat(38)), LIMIT)?;
    Ok(())
}

fn picture_that_starts_lower_is_read_from_there(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.expect_screen("self-test ready", LIMIT)?;
    guest.send(COMMAND_LOWER)?;
    guest.expect_screen_that("the second line on top", LIMIT, |screen| {
        screen.lines()[0] == "#"
    })?;
    Ok(())
}

fn a_floppy_boots_beside_a_disk_that_does_not(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = build_disk(folder.path())?;
    let floppy = folder.path().join("floppy.img");
    std::fs::copy(&disk, &floppy)?;
    image::write(&disk, 0, &[0; image::SECTOR as usize])?;
    std::fs::OpenOptions::new()
        .write(true)
        .open(&floppy)?
        .set_len(1440 * 1024)?;
    let machine = Machine::new(emulator, &disk).floppy(0, &floppy);
    let mut guest = machine.boot_from_floppy().boot()?;
    guest.expect_serial("self-test ready\r\n# ", LIMIT)?;
    Ok(())
}

fn shutdown_is_recognised(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.send(COMMAND_OFF)?;
    ensure!(guest.wait_end(LIMIT)? == End::Shutdown);
    let error = guest
        .expect_serial("more", LIMIT)
        .expect_err("nothing can come");
    ensure!(
        error.to_string().contains("shut down by the guest"),
        "{error}"
    );
    Ok(())
}

fn triple_fault_is_recognised(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.send(COMMAND_FAULT)?;
    ensure!(guest.wait_end(LIMIT)? == End::TripleFault);
    Ok(())
}

#[test]
#[ignore = "needs QEMU"]
fn restart_is_recognised_in_qemu() -> Result<()> {
    let mut guest = boot(Emulator::Qemu)?;
    guest.send(COMMAND_RESTART)?;
    ensure!(guest.wait_end(LIMIT)? == End::Restart);
    Ok(())
}

#[test]
#[ignore = "needs Bochs"]
fn restart_boots_again_in_bochs() -> Result<()> {
    let mut guest = boot(Emulator::Bochs)?;
    guest.send(COMMAND_RESTART)?;
    guest.expect_serial("self-test ready", LIMIT)?;
    Ok(())
}

fn time_over_shows_screen_and_line(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    guest.expect_screen("#", LIMIT)?;
    let start = Instant::now();
    let error = guest
        .expect_serial("never", Duration::from_millis(300))
        .expect_err("time over");
    ensure!(start.elapsed() < Duration::from_secs(5));
    let text = error.to_string();
    for part in [
        "waited for \"never\" on the serial line, but time is over",
        "|self-test ready ",
        "serial line:\nself-test ready\n",
    ] {
        ensure!(text.contains(part), "no {part:?} in {text}");
    }
    Ok(())
}

fn a_copy_takes_the_writes_unless_in_place(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = build_disk(folder.path())?;
    let sector_6 = || image::read(&disk, 6 * image::SECTOR, 4);
    let write = |machine: &Machine| -> Result<()> {
        let mut guest = machine.boot()?;
        guest.expect_serial("# ", LIMIT)?;
        guest.send(COMMAND_WRITE)?;
        guest.send("done")?;
        guest.expect_serial("done", LIMIT)?;
        guest.send(COMMAND_OFF)?;
        guest.wait_end(LIMIT)?;
        Ok(())
    };
    let machine = Machine::new(emulator, &disk);
    write(&machine)?;
    ensure!(sector_6()? == [0; 4]);
    write(&machine.in_place())?;
    ensure!(sector_6()? == [b's', 7, b'e', 7]);
    Ok(())
}

fn dropping_the_guest_ends_the_emulator(emulator: Emulator) -> Result<()> {
    let guest = boot(emulator)?;
    let process = PathBuf::from(format!("/proc/{}", guest.process_id()));
    ensure!(process.exists());
    drop(guest);
    ensure!(!process.exists());
    Ok(())
}
