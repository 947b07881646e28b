// SPDX-License-Identifier: GPL-2.0-or-later
//! Floppy disks: whole, mounted, missing, protected and changed.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use guest::{Emulator, Guest, Machine, image};
use tempfile::TempDir;

use crate::common::{self, LIMIT, boot, boot_to_prompt, copy_of_image, halt, mkimage, name};

guest::in_both!(
    long_names_are_listed_and_removed,
    a_floppy_is_mounted_written_and_clean,
    a_whole_floppy_is_read_and_written,
    two_floppies_are_used_at_once,
    a_drive_without_a_disk_is_an_error,
    a_drive_that_is_not_there_is_an_error,
    a_write_protected_floppy_is_an_error,
    the_motor_stops_some_time_after_the_last_use,
);

/// How long a drive without a disk may keep somebody waiting.
const PATIENCE: Duration = Duration::from_secs(20);
pub const FLOPPY_BYTES: usize = 1440 * 1024;

/// A floppy with an empty file system.
fn floppy(folder: &TempDir, file: &str) -> Result<PathBuf> {
    let path = folder.path().join(file);
    mkimage(&["mkfs", name(&path)?, "--size", "1440K"])?;
    Ok(path)
}

/// A floppy each of whose blocks is another.
fn numbered_floppy(folder: &TempDir, file: &str, seed: u32) -> Result<PathBuf> {
    let path = folder.path().join(file);
    let words = (0..FLOPPY_BYTES as u32 / 4).map(|word| (word ^ seed).wrapping_mul(0x9E37_79B9));
    let bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
    std::fs::write(&path, bytes)?;
    Ok(path)
}

/// Checks a floppy's file system by our own checker and the real one.
fn check(floppy: &Path) -> Result<()> {
    mkimage(&["fsck", name(floppy)?])?;
    let status = std::process::Command::new("fsck.minix")
        .arg("-f")
        .arg(floppy)
        .output()?
        .status;
    ensure!(
        status.success(),
        "fsck.minix {}: {status}",
        floppy.display()
    );
    Ok(())
}

/// A command that must print nothing.
fn quietly(guest: &mut Guest, command: &str) -> Result<()> {
    let output = guest.command_within(command, 3 * LIMIT)?;
    ensure!(output.is_empty(), "{command}: {output}");
    Ok(())
}

fn a_floppy_is_mounted_written_and_clean(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = floppy(&folder, "floppy.img")?;
    let mut guest = boot_to_prompt(Machine::new(emulator, common::image()).floppy(0, &disk))?;
    quietly(&mut guest, "mount /dev/fd0 /mnt")?;
    quietly(
        &mut guest,
        "mkdir /mnt/d; cp /bin/sh /mnt/d/sh; echo hello > /mnt/hello",
    )?;
    quietly(&mut guest, "umount /dev/fd0")?;
    // The second time everything comes from the disk.
    quietly(
        &mut guest,
        "mount /dev/fd0 /mnt; cmp /bin/sh /mnt/d/sh; umount /dev/fd0",
    )?;
    halt(&mut guest)?;
    check(&disk)?;
    ensure!(mkimage(&["cat", name(&disk)?, "/hello"])? == "hello\n");
    Ok(())
}

fn a_whole_floppy_is_read_and_written(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = numbered_floppy(&folder, "floppy.img", 0)?;
    let contents = std::fs::read(&disk)?;
    let (_copy, hard_disk) = copy_of_image()?;
    let target = format!("{}:/tmp/floppy", name(&hard_disk)?);
    mkimage(&["cp", name(&disk)?, &target])?;
    let mut guest = boot_to_prompt(Machine::new(emulator, &hard_disk).floppy(0, &disk))?;
    quietly(&mut guest, "cmp /dev/fd0 /tmp/floppy")?;
    // By the minor number that leaves the kind of disk to the drive.
    quietly(&mut guest, "mknod /tmp/fd b 2 0; cmp /tmp/fd /tmp/floppy")?;
    // Two blocks that lie on both sides of the disk, and the last one.
    let output = guest.command(
        "dd if=/bin/sh of=/dev/fd0 bs=1k seek=8 count=2; \
         dd if=/bin/sh of=/dev/fd0 bs=1k seek=1439",
    )?;
    ensure!(output.contains("No space left on device"), "{output}");
    let shell = guest.command("dd if=/bin/sh bs=1k count=1 | od")?;
    ensure!(guest.command("dd if=/dev/fd0 bs=1k skip=1439 | od")? == shell);
    halt(&mut guest)?;
    let after = std::fs::read(&disk)?;
    let changed: Vec<usize> = (0..FLOPPY_BYTES / 1024)
        .filter(|block| after[block * 1024..][..1024] != contents[block * 1024..][..1024])
        .collect();
    ensure!(changed == [8, 9, 1439], "{changed:?}");
    Ok(())
}

fn two_floppies_are_used_at_once(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disks = [floppy(&folder, "a.img")?, floppy(&folder, "b.img")?];
    let machine = Machine::new(emulator, common::image())
        .floppy(0, &disks[0])
        .floppy(1, &disks[1]);
    let mut guest = boot_to_prompt(machine)?;
    quietly(&mut guest, "mkdir /tmp/a /tmp/b")?;
    quietly(&mut guest, "mount /dev/fd0 /tmp/a; mount /dev/fd1 /tmp/b")?;
    quietly(
        &mut guest,
        "cp /bin/sh /tmp/a/sh; umount /dev/fd0; mount /dev/fd0 /tmp/a",
    )?;
    let output = guest.command_within(
        "cp /tmp/a/sh /tmp/b/sh & cp /bin/ls /tmp/a/ls & cp /bin/sort /tmp/b/sort; wait; sync",
        3 * LIMIT,
    )?;
    ensure!(!output.contains("rror"), "{output}");
    quietly(&mut guest, "umount /dev/fd0; umount /dev/fd1")?;
    quietly(&mut guest, "mount /dev/fd0 /tmp/a; mount /dev/fd1 /tmp/b")?;
    quietly(
        &mut guest,
        "cmp /tmp/a/ls /bin/ls; cmp /tmp/b/sort /bin/sort; cmp /tmp/a/sh /tmp/b/sh",
    )?;
    quietly(&mut guest, "umount /dev/fd0; umount /dev/fd1")?;
    halt(&mut guest)?;
    disks.iter().try_for_each(|disk| check(disk))
}

fn a_drive_without_a_disk_is_an_error(emulator: Emulator) -> Result<()> {
    let mut guest = boot_to_prompt(Machine::new(emulator, common::image()).empty_floppy_drive(0))?;
    let start = Instant::now();
    for command in [
        "mount /dev/fd0 /mnt",
        "cat /dev/fd0",
        "echo x > /dev/fd0; sync",
    ] {
        let output = guest.command(command)?;
        ensure!(
            output.contains("no disk in the drive"),
            "{command}: {output}"
        );
    }
    ensure!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    Ok(())
}

fn a_drive_that_is_not_there_is_an_error(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    for command in ["cat /dev/fd1", "mount /dev/fd1 /mnt", "echo x > /dev/fd1"] {
        let output = guest.command(command)?;
        ensure!(
            output.contains("No such device or address"),
            "{command}: {output}"
        );
    }
    Ok(())
}

fn a_write_protected_floppy_is_an_error(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = floppy(&folder, "floppy.img")?;
    mkimage(&["mkdir", name(&disk)?, "/d"])?;
    let before = std::fs::read(&disk)?;
    let machine = Machine::new(emulator, common::image()).floppy(0, &disk);
    let mut guest = boot_to_prompt(machine.write_protected(0))?;
    quietly(
        &mut guest,
        "mount -r /dev/fd0 /mnt; test -d /mnt/d; umount /dev/fd0",
    )?;
    let output = guest.command("mount /dev/fd0 /mnt; echo x > /mnt/x; sync")?;
    ensure!(output.contains("write protected"), "{output}");
    guest.command("umount /dev/fd0")?;
    let output = guest.command("umount /dev/fd0; echo status $?")?;
    ensure!(output.ends_with("status 1\n"), "still mounted: {output}");
    // The machine goes on.
    quietly(&mut guest, "mount -r /dev/fd0 /mnt; umount /dev/fd0")?;
    halt(&mut guest)?;
    ensure!(std::fs::read(&disk)? == before);
    Ok(())
}

fn the_motor_stops_some_time_after_the_last_use(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = floppy(&folder, "floppy.img")?;
    let mut guest = boot_to_prompt(Machine::new(emulator, common::image()).floppy(0, &disk))?;
    // The digital output register, port 3F2h: bit 4 is the motor.
    let register = "dd if=/dev/port bs=1 skip=1010 count=1 | od";
    let output = guest.command(&format!(
        "dd if=/dev/fd0 of=/dev/null bs=1k count=1; {register}"
    ))?;
    ensure!(output.contains("000034"), "{output}");
    let output = guest.command(&format!("sleep 5; {register}"))?;
    ensure!(output.contains("000014"), "{output}");
    Ok(())
}

#[test]
#[ignore = "needs QEMU and the image"]
fn a_changed_floppy_is_read_anew() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disks = [1, 2].map(|seed| numbered_floppy(&folder, &format!("{seed}.img"), seed));
    let [first, second] = disks;
    let machine = Machine::new(Emulator::Qemu, common::image());
    let mut guest = boot_to_prompt(machine.floppy(0, first?))?;
    let read = "head -c 65536 /dev/fd0 | od";
    let before = guest.command(read)?;
    ensure!(guest.command(read)? == before);
    guest.change_floppy(0, Some(&second?))?;
    let after = guest.command(read)?;
    ensure!(after != before && !after.contains("rror"), "{after}");
    ensure!(guest.command(read)? == after);
    guest.change_floppy(0, None)?;
    let output = guest.command(read)?;
    ensure!(output.contains("no disk in the drive"), "{output}");
    Ok(())
}

/// What was meant for the first disk must not get onto the second.
/// The default of the real `mkfs.minix -1`: names of 30 characters.
fn long_names_are_listed_and_removed(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let floppy = folder.path().join("long.img");
    std::fs::write(&floppy, vec![0; FLOPPY_BYTES])?;
    let made = std::process::Command::new("mkfs.minix")
        .arg("-1")
        .arg(&floppy)
        .output()?;
    ensure!(made.status.success());
    let machine = Machine::new(emulator, common::image()).floppy(0, &floppy);
    let mut guest = boot_to_prompt(machine)?;
    const DIRECTORY: &str = "/mnt/a-directory-with-a-long-name";
    quietly(&mut guest, "mount /dev/fd0 /mnt; cd /mnt")?;
    quietly(&mut guest, &format!("mkdir {DIRECTORY}; cd {DIRECTORY}"))?;
    quietly(&mut guest, "echo > a-file-with-a-long-name; echo > b")?;
    for (command, expected) in [
        ("ls | cat", "a-file-with-a-long-name\nb\n".to_string()),
        ("echo a*name", "a-file-with-a-long-name\n".to_string()),
        (
            "find /mnt -name 'a-f*'",
            format!("{DIRECTORY}/a-file-with-a-long-name\n"),
        ),
        ("pwd", format!("{DIRECTORY}\n")),
        ("cd /; rm -r /mnt/*; ls /mnt", String::new()),
    ] {
        let output = guest.command(command)?;
        ensure!(output == expected, "{command}: {output:?}");
    }
    quietly(&mut guest, "umount /dev/fd0")?;
    halt(&mut guest)?;
    check(&floppy)
}

#[test]
#[ignore = "needs QEMU and the image"]
fn a_floppy_changed_while_mounted_is_not_written() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (first, second) = (floppy(&folder, "a.img")?, floppy(&folder, "b.img")?);
    mkimage(&["mkdir", name(&second)?, "/second"])?;
    let before = std::fs::read(&second)?;
    let machine = Machine::new(Emulator::Qemu, common::image());
    let mut guest = boot_to_prompt(machine.floppy(0, &first))?;
    quietly(&mut guest, "mount /dev/fd0 /mnt; echo one > /mnt/one; sync")?;
    quietly(&mut guest, "echo two > /mnt/two")?;
    guest.change_floppy(0, Some(&second))?;
    let output = guest.command("sync")?;
    ensure!(output.contains("the disk was changed"), "{output}");
    // Somebody sits in it while the device is asked for.
    guest.command("(cd /mnt; cat /dev/fd0 > /dev/null; echo three > three; sync)")?;
    guest.command("umount /dev/fd0")?;
    ensure!(image::read(&second, 0, FLOPPY_BYTES)? == before);
    let output = guest.command("mount /dev/fd0 /mnt; ls /mnt; umount /dev/fd0")?;
    ensure!(output == "second\n", "{output}");
    // It was taken out while it was mounted.
    ensure!(check(&first).is_err());
    mkimage(&["fsck", "--repair", name(&first)?])?;
    check(&first)
}
