// SPDX-License-Identifier: GPL-2.0-or-later
//! Broken and malicious file systems on a second disk. The kernel refuses them
//! with a message, or works on what is sound; it never panics or hangs, it can
//! unmount them again, and the root file system takes no harm.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use guest::{Emulator, Guest, Machine, image};

use crate::common::{LIMIT, boot_to_prompt, check_root, copy_of_image, halt};

/// What is done on each file system. Most of it may fail; so may all.
const WORK: &[&str] = &[
    "ls -lR /mnt > /dev/null",
    "cat /mnt/small /mnt/d/* /mnt/d/e/* /mnt/many/* > /dev/null",
    "cp /bin/ls /mnt/new; cp /bin/ls /mnt/d/new; mkdir /mnt/d/e/new",
    "echo more >> /mnt/small; echo more >> /mnt/d/indirect; echo less > /mnt/d/e/double",
    "ln /mnt/small /mnt/d/more; mv /mnt/d/e /mnt/empty; mv /mnt/d /mnt/moved",
    "rm /mnt/small /mnt/moved/indirect; rm -r /mnt/moved /mnt/empty /mnt/many",
    "sync",
];
/// How long a command may take before it is ended by ^C: a tree that leads
/// back to itself keeps `ls -R` busy for as long as path names can be.
const PATIENCE: Duration = Duration::from_secs(15);
/// So many partitions has a disk.
const PARTITIONS: u32 = 4;
/// The type of a partition with a Minix file system.
const MINIX: u8 = 0x81;

#[test]
#[ignore = "needs QEMU and the image"]
fn hostile_file_systems_in_qemu() -> Result<()> {
    for first in (0..40).step_by(PARTITIONS as usize) {
        mount_them(Emulator::Qemu, first)?;
    }
    Ok(())
}

#[test]
#[ignore = "needs Bochs and the image"]
fn hostile_file_systems_in_bochs() -> Result<()> {
    for first in (40..48).step_by(PARTITIONS as usize) {
        mount_them(Emulator::Bochs, first)?;
    }
    Ok(())
}

/// Boots with the file systems `first` and the following ones.
fn mount_them(emulator: Emulator, first: u32) -> Result<()> {
    let (folder, disk) = copy_of_image()?;
    let second = folder.path().join("second.img");
    let numbers = first..first + PARTITIONS;
    let contents = numbers.clone().map(|number| hostile(number, folder.path()));
    image::write_disk(&second, MINIX, &contents.collect::<Result<Vec<_>>>()?)?;
    let machine = Machine::new(emulator, &disk).in_place();
    let mut guest = boot_to_prompt(machine.second_disk(&second))?;
    for (number, minor) in numbers.zip(6..) {
        work_on(&mut guest, minor).with_context(|| format!("file system {number}"))?;
    }
    halt(&mut guest)?;
    check_root(&disk)
}

fn work_on(guest: &mut Guest, minor: u32) -> Result<()> {
    if !succeeds(guest, &format!("mount /dev/hd{minor} /mnt"))? {
        println!("hd{minor} is refused");
        return Ok(());
    }
    for command in WORK {
        succeeds(guest, command)?;
    }
    ensure!(
        succeeds(guest, &format!("umount /dev/hd{minor}"))?,
        "{}",
        guest.failure("it can't be unmounted")
    );
    Ok(())
}

/// Whether `command` ends with 0. What it prints may be anything, and it may
/// have to be stopped.
fn succeeds(guest: &mut Guest, command: &str) -> Result<bool> {
    // The quotes keep what is typed from looking like what is awaited.
    guest.send(&format!("{command}; echo sta''tus $?.\n"))?;
    if guest.expect_serial("status ", PATIENCE).is_err() {
        println!("{command} is stopped");
        guest.send("\x03")?;
        guest.send("echo sta''tus stopped.\n")?;
        guest.expect_serial("status ", LIMIT)?;
    }
    let status = guest.expect_serial(".", LIMIT)?;
    guest.expect_prompt("the prompt", LIMIT)?;
    Ok(status == "0")
}

/// File system `number` of the corpus that the host's tests of `fs` have found
/// worth a look; its example `hostile` is built beside this test.
fn hostile(number: u32, folder: &Path) -> Result<Vec<u8>> {
    let program = Path::new(env!("CARGO_BIN_EXE_guest")).with_file_name("examples/hostile");
    let file = folder.join("hostile");
    let output = Command::new(&program)
        .arg(number.to_string())
        .arg(&file)
        .output()
        .with_context(|| format!("{}: cargo build -p fs --example hostile", program.display()))?;
    ensure!(output.status.success(), "hostile {number}: {output:?}");
    Ok(std::fs::read(&file)?)
}
