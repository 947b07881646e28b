// SPDX-License-Identifier: GPL-2.0-or-later
//! Where root may be: the RAM disk, a floppy, the second hard disk.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use guest::{Emulator, Machine, PROMPT_TIME, image};
use tempfile::TempDir;

use crate::common::{self, LIMIT, boot_to_prompt, check_root, halt, mkimage, name};
use crate::floppies::FLOPPY_BYTES;

guest::in_both!(
    a_ram_disk_takes_a_file_system,
    a_ram_disk_that_is_too_large_is_left_out,
    root_is_loaded_from_a_floppy_into_the_ram_disk,
    a_floppy_without_an_image_falls_back,
    an_image_that_is_too_large_falls_back,
    a_floppy_is_root,
    the_second_disk_is_read_mounted_and_written,
    the_second_disk_is_root,
    mkfs_spares_what_is_in_use,
    a_file_system_is_unmounted_by_its_directory,
    a_disk_in_use_is_changed_by_nobody_else,
    dma_moves_what_is_written_and_read,
    dma_works_in_the_wide_edition,
);

/// Where an image for the RAM disk begins on a floppy.
const IMAGE_BYTE: usize = 256 * 1024;
/// The type of a partition with a Minix file system.
const MINIX_PARTITION: u8 = 0x81;

/// A file with a small root file system.
fn small_root(folder: &TempDir, size: &str) -> Result<PathBuf> {
    let root = folder.path().join("root");
    let (image, target) = (common::image(), name(&root)?);
    mkimage(&["mkfs", target, "--size", size])?;
    mkimage(&["mkdir", target, "/bin", "/mnt", "/root", "/tmp"])?;
    for from in ["/dev", "/etc"] {
        let from = format!("{}:{from}", name(&image)?);
        mkimage(&["cp", "-rp", &from, &format!("{target}:/")])?;
    }
    for program in ["sh", "echo", "mount", "umount", "sync", "halt", "cat"] {
        let from = format!("{}:/bin/{program}", name(&image)?);
        mkimage(&["cp", &from, &format!("{target}:/bin/")])?;
    }
    Ok(root)
}

/// A floppy with `contents` at `offset`.
fn floppy(folder: &TempDir, offset: usize, contents: &[u8]) -> Result<PathBuf> {
    let path = folder.path().join("floppy.img");
    let mut bytes = vec![0; offset];
    bytes.extend(contents);
    ensure!(bytes.len() <= FLOPPY_BYTES);
    bytes.resize(FLOPPY_BYTES, 0);
    std::fs::write(&path, bytes)?;
    Ok(path)
}

/// Boots with `words` on the command line; gives the messages of the kernel
/// and what `mount` says is mounted.
fn boot_with(machine: &Machine, words: &str) -> Result<(String, String)> {
    let words = format!("console=ttyS0 {words}");
    let mut guest = machine.clone().command_line(&words).boot()?;
    let messages = guest.expect_prompt("the first prompt", PROMPT_TIME)?;
    let mounted = guest.command("mount")?;
    halt(&mut guest)?;
    Ok((messages, mounted))
}

fn a_ram_disk_takes_a_file_system(emulator: Emulator) -> Result<()> {
    let machine = Machine::new(emulator, common::image());
    let mut guest = machine.command_line("console=ttyS0 ramdisk=1000").boot()?;
    guest.expect_prompt("the first prompt", PROMPT_TIME)?;
    ensure!(guest.command("cat /dev/ram | wc -c")?.trim() == "1024000");
    let output = guest.command("mkfs /dev/ram; mount /dev/ram /mnt")?;
    ensure!(output.contains("1000 blocks"), "{output}");
    let output = guest.command(
        "cp /bin/sh /mnt/sh; umount /dev/ram; mount /dev/ram /mnt; cmp /bin/sh /mnt/sh; \
         echo status $?; umount /dev/ram",
    )?;
    ensure!(output == "status 0\n", "{output}");
    Ok(())
}

fn a_ram_disk_that_is_too_large_is_left_out(emulator: Emulator) -> Result<()> {
    let machine = Machine::new(emulator, common::image()).memory(8);
    for size in ["8192", "4194304", "4294967295"] {
        let (messages, mounted) = boot_with(&machine, &format!("ramdisk={size}"))?;
        ensure!(messages.contains("not so much memory"), "{messages}");
        ensure!(mounted == "/dev/hd2 on /\n", "{mounted}");
    }
    Ok(())
}

fn root_is_loaded_from_a_floppy_into_the_ram_disk(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let root = std::fs::read(small_root(&folder, "1000K")?)?;
    let disk = floppy(&folder, IMAGE_BYTE, &root)?;
    let before = std::fs::read(&disk)?;
    let machine = Machine::new(emulator, common::image()).floppy(0, &disk);
    for root in ["/dev/ram", "/dev/fd0"] {
        let (messages, mounted) = boot_with(&machine, &format!("root={root} ramdisk=1024"))?;
        ensure!(messages.contains("\x08 1000"), "{messages}");
        ensure!(mounted == "/dev/ram on /\n", "{mounted}");
    }
    ensure!(std::fs::read(&disk)? == before);
    // From another block.
    let disk = floppy(&folder, 4096, &root)?;
    let machine = Machine::new(emulator, common::image()).floppy(0, &disk);
    let (_, mounted) = boot_with(&machine, "root=/dev/ram ramdisk=1000,4")?;
    ensure!(mounted == "/dev/ram on /\n", "{mounted}");
    Ok(())
}

fn a_floppy_without_an_image_falls_back(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = floppy(&folder, 0, &[])?;
    let machine = Machine::new(emulator, common::image());
    let machines = [
        machine.clone().floppy(0, &disk),
        machine.empty_floppy_drive(0),
    ];
    for machine in machines {
        let (messages, mounted) = boot_with(&machine, "root=/dev/ram ramdisk=1024")?;
        ensure!(messages.contains("no file system at block"), "{messages}");
        ensure!(mounted == "/dev/hd2 on /\n", "{mounted}");
    }
    Ok(())
}

fn an_image_that_is_too_large_falls_back(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let root = std::fs::read(small_root(&folder, "1000K")?)?;
    let disk = floppy(&folder, IMAGE_BYTE, &root)?;
    let machine = Machine::new(emulator, common::image()).floppy(0, &disk);
    let (messages, mounted) = boot_with(&machine, "root=/dev/ram ramdisk=999")?;
    ensure!(messages.contains("the image has"), "{messages}");
    ensure!(mounted == "/dev/hd2 on /\n", "{mounted}");
    Ok(())
}

fn a_floppy_is_root(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let root = small_root(&folder, "1440K")?;
    let machine = Machine::new(emulator, common::image()).floppy(0, &root);
    let mut guest = machine.command_line("console=ttyS0 root=/dev/fd0").boot()?;
    guest.expect_prompt("the first prompt", PROMPT_TIME)?;
    ensure!(guest.command("mount")? == "/dev/fd0 on /\n");
    guest.command_within("echo written > /tmp/x; sync", LIMIT)?;
    halt(&mut guest)?;
    mkimage(&["fsck", name(&root)?])?;
    ensure!(mkimage(&["cat", name(&root)?, "/tmp/x"])? == "written\n");
    Ok(())
}

#[test]
#[ignore = "needs QEMU and the image"]
fn the_root_floppy_is_asked_for() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let root = small_root(&folder, "1440K")?;
    let machine = Machine::new(Emulator::Qemu, common::image());
    for first in [Some(floppy(&folder, 0, &[])?), None] {
        let machine = match first {
            Some(blank) => machine.clone().floppy(0, blank),
            None => machine.clone().empty_floppy_drive(0),
        };
        let mut guest = machine.command_line("console=ttyS0 root=/dev/fd0").boot()?;
        guest.expect_serial("Insert root floppy", PROMPT_TIME)?;
        // It is not there yet.
        guest.send("\n")?;
        guest.expect_serial("Insert root floppy", LIMIT)?;
        guest.change_floppy(0, Some(&root))?;
        guest.send("\n")?;
        guest.expect_prompt("the first prompt", PROMPT_TIME)?;
        ensure!(guest.command("mount")? == "/dev/fd0 on /\n");
        halt(&mut guest)?;
    }
    Ok(())
}

/// A disk with a small root file system in its first partition.
fn second_disk(folder: &TempDir) -> Result<PathBuf> {
    let root = small_root(folder, "2M")?;
    let disk = folder.path().join("second.img");
    image::write_disk(
        &disk,
        MINIX_PARTITION,
        &[std::fs::read(&root)?, vec![7; 2048]],
    )?;
    Ok(disk)
}

/// Checks the file system in the first partition of `disk`.
fn check(disk: &Path) -> Result<()> {
    mkimage(&["fsck", name(disk)?, "--partition", "1"]).map(drop)
}

fn the_second_disk_is_read_mounted_and_written(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = second_disk(&folder)?;
    let size = std::fs::metadata(&disk)?.len();
    let mut guest = boot_to_prompt(Machine::new(emulator, common::image()).second_disk(&disk))?;
    let count = guest.command_within("cat /dev/hd5 | wc -c", 2 * LIMIT)?;
    ensure!(count.trim() == size.to_string(), "{count}, not {size}");
    // Both disks at once.
    let output = guest.command_within(
        "cat /dev/hd5 > /tmp/5 & cat /dev/hd6 > /tmp/6 & wait; \
         cmp /dev/hd5 /tmp/5; cmp /dev/hd6 /tmp/6; echo done",
        3 * LIMIT,
    )?;
    ensure!(
        output.contains("\ndone\n") && !output.contains("differ") && !output.contains("EOF"),
        "{output}"
    );
    ensure!(guest.command("cat /dev/hd7 | wc -c")?.trim() == "2048");
    let output = guest.command(
        "mount /dev/hd6 /mnt; cp /bin/sh /mnt/tmp/new; \
         umount /dev/hd6; mount /dev/hd6 /mnt; cmp /bin/sh /mnt/tmp/new; echo status $?; \
         umount /dev/hd6",
    )?;
    ensure!(output == "status 0\n", "{output}");
    let output = guest.command("cat /dev/hd8; echo status $?")?;
    ensure!(output.contains("No such device or address"), "{output}");
    halt(&mut guest)?;
    check(&disk)
}

fn a_disk_in_use_is_changed_by_nobody_else(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = second_disk(&folder)?;
    let put = || {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let words = ["put", name(&disk)?, source, "/new", "--partition", "1"];
        mkimage(&words).map(drop)
    };
    let mut guest = boot_to_prompt(Machine::new(emulator, common::image()).second_disk(&disk))?;
    let before = std::fs::read(&disk)?;
    let refused = put().expect_err("it is in use").to_string();
    let holder = match emulator {
        Emulator::Qemu => "QEMU has it open",
        Emulator::Bochs => "Bochs has it open",
        Emulator::V86 => bail!("v86 tells nobody"),
    };
    ensure!(refused.contains(holder), "{refused}");
    ensure!(
        std::fs::read(&disk)? == before,
        "it was changed all the same"
    );
    // To look is allowed.
    check(&disk)?;
    halt(&mut guest)?;
    put()?;
    // One that is killed leaves nothing in the way.
    let machine = Machine::new(emulator, common::image()).second_disk(&disk);
    drop(boot_to_prompt(machine)?);
    put()?;
    check(&disk)
}

fn the_second_disk_is_root(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = second_disk(&folder)?;
    let machine = Machine::new(emulator, common::image()).second_disk(&disk);
    let mut guest = machine.command_line("console=ttyS0 root=/dev/hd6").boot()?;
    guest.expect_prompt("the first prompt", PROMPT_TIME)?;
    ensure!(guest.command("mount; echo there > /tmp/x")? == "/dev/hd6 on /\n");
    let output = guest.command("mount /dev/hd2 /mnt; cat /mnt/tmp/x")?;
    ensure!(output.contains("No such file"), "{output}");
    guest.command("umount /dev/hd2")?;
    halt(&mut guest)?;
    check(&disk)
}

fn mkfs_spares_what_is_in_use(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = second_disk(&folder)?;
    let mut guest = boot_to_prompt(Machine::new(emulator, common::image()).second_disk(&disk))?;
    let mut mkfs = |words: &str| guest.command(&format!("mkfs {words} 2>&1; echo status $?"));
    for (device, reason) in [
        ("/dev/hd2", "it is mounted"),
        ("/dev/hd0", "it has a partition table"),
        ("/dev/hd5", "it has a partition table"),
    ] {
        let output = mkfs(device)?;
        let expected = format!("mkfs: {device}: {reason}; ");
        ensure!(
            output.starts_with(&expected) && output.ends_with("status 1\n"),
            "{output}"
        );
    }
    // What is forced, a partition, and a disk without a table.
    for words in ["/dev/hd6", "-f /dev/hd5 1000", "/dev/hd5 1000"] {
        let output = mkfs(words)?;
        ensure!(
            output.contains("blocks\n") && output.ends_with("status 0\n"),
            "{output}"
        );
    }
    guest.command("mount /dev/hd5 /mnt; echo there > /mnt/x; sync")?;
    let output = guest.command("mkfs /dev/hd5 1000; umount /mnt")?;
    ensure!(
        output.contains("mkfs: /dev/hd5: it is mounted; "),
        "{output}"
    );
    let output = guest.command("mount /dev/hd5 /mnt; cat /mnt/x; umount /mnt")?;
    ensure!(output == "there\n", "{output}");
    halt(&mut guest)
}

fn a_file_system_is_unmounted_by_its_directory(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = second_disk(&folder)?;
    let mut guest = boot_to_prompt(Machine::new(emulator, common::image()).second_disk(&disk))?;
    guest.command("ln -s ../mnt /tmp/link; ln -s /dev/hd6 /tmp/node; mkdir /tmp/d")?;
    for path in [
        "/mnt",
        "/mnt/",
        "/mnt/tmp/..",
        "/tmp/link",
        "/tmp/node",
        "/dev/hd6",
    ] {
        let output = guest.command(&format!(
            "mount /dev/hd6 /mnt; test -d /mnt/tmp && umount {path}; echo status $?; \
             test -d /mnt/tmp; echo status $?"
        ))?;
        ensure!(output == "status 0\nstatus 1\n", "{path}: {output}");
    }
    for (path, error) in [
        ("/", "busy"),
        ("/mnt", "Invalid argument"),
        ("/tmp/d", "Invalid argument"),
        ("/etc/passwd", "Block device required"),
        ("/dev/null", "Block device required"),
        ("/dev/hd6", "Invalid argument"),
        ("/nothing", "No such file"),
    ] {
        let output = guest.command(&format!("umount {path}; echo status $?"))?;
        ensure!(
            output.contains(error) && output.ends_with("status 1\n"),
            "{path}: {output}"
        );
    }
    let output = guest.command("mount /dev/hd6 /mnt; (cd /mnt; umount /mnt; umount .)")?;
    ensure!(output.matches("busy").count() == 2, "{output}");
    let output = guest.command("umount /mnt/tmp; echo umount /mnt | su guest")?;
    ensure!(
        output.contains("Invalid argument") && output.contains("not permitted"),
        "{output}"
    );
    ensure!(guest.command("umount /mnt; mount")? == "/dev/hd2 on /\n");
    halt(&mut guest)?;
    check(&disk)
}

/// The commands that the disk is given: the last after `sync` and after `halt`
/// empties its cache, and none is written after it.
#[test]
#[ignore = "needs QEMU and the image"]
fn what_is_synced_is_on_the_medium() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    let machine = Machine::new(Emulator::Qemu, common::image()).disk_log(&log);
    let mut guest = boot_to_prompt(machine)?;
    let commands = || commands(&log);
    // Marked as in use before the first file is changed.
    ensure!(commands()?.iter().any(|line| line.contains(FLUSH_CACHE)));
    // The shell writes no history.
    guest.command("set +o emacs")?;
    guest.command("echo text > /tmp/file; sync")?;
    let synced = commands()?;
    let last = synced.last().context("no command")?;
    ensure!(last.contains(FLUSH_CACHE), "{synced:#?}");
    guest.command("sync; sync; sync")?;
    ensure!(commands()? == synced, "there was nothing to do");
    halt(&mut guest)?;
    let all = commands()?;
    let last = all.last().context("no command")?;
    ensure!(
        all.len() > synced.len() && last.contains(FLUSH_CACHE),
        "{all:#?}"
    );
    Ok(())
}

/// FLUSH CACHE in the log of the commands that a disk was given.
const FLUSH_CACHE: &str = "cmd 0xe7";

fn commands(log: &Path) -> Result<Vec<String>> {
    let log = std::fs::read_to_string(log)?;
    let is_command = |line: &&str| line.contains("exec_cmd");
    Ok(log.lines().filter(is_command).map(String::from).collect())
}

#[test]
#[ignore = "needs QEMU"]
fn a_disk_that_aborts_flush_cache_is_not_asked_again() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    let machine = Machine::new(Emulator::Qemu, common::image()).aborts_flush();
    let mut guest = boot_to_prompt(machine.disk_log(&log))?;
    let output = guest.command("echo text > /tmp/file; sync; echo more > /tmp/file; sync")?;
    ensure!(output.is_empty(), "{output}");
    let said = guest.serial();
    let told = said.matches("hd0: cannot empty its cache").count();
    ensure!(told == 1, "told {told} times: {said}");
    let flushes = |all: Vec<String>| all.iter().filter(|it| it.contains(FLUSH_CACHE)).count();
    ensure!(flushes(commands(&log)?) == 1, "{:#?}", commands(&log)?);
    halt(&mut guest)
}

/// A block with a bad sector is tried until it is given up, with resets between the later
/// tries; its neighbours are read, in the same request too.
#[test]
#[ignore = "needs QEMU and the image"]
fn a_bad_sector_costs_its_block_only() -> Result<()> {
    one_block_fails("console=ttyS0")
}

/// The first try is by DMA, and then sectors are moved one by one.
#[test]
#[ignore = "needs QEMU and the image"]
fn a_bad_sector_costs_its_block_only_with_dma() -> Result<()> {
    one_block_fails("dma console=ttyS0")
}

fn one_block_fails(words: &str) -> Result<()> {
    let bad = std::fs::metadata(common::image())?.len() / 1024 - 4;
    let machine = Machine::new(Emulator::Qemu, common::image()).bad_sector(2 * bad + 1);
    let mut guest = machine.command_line(words).boot()?;
    guest.expect_prompt("the first prompt", PROMPT_TIME)?;
    for (block, is_read) in [(bad - 1, true), (bad, false), (bad + 1, true)] {
        let command = format!("dd if=/dev/hd0 of=/dev/null bs=1k count=1 skip={block}");
        // Reading ahead goes on for a moment, with messages.
        let output = guest.command(&format!("{command} && echo read; sleep 1"))?;
        ensure!(output.contains("read\n") == is_read, "{block}: {output}");
    }
    let said = guest.serial();
    let count = |text: &str| said.matches(text).count();
    let given_up = count(&format!("I/O error: /dev/hd0, block {bad}"));
    ensure!(given_up > 0 && given_up == count("I/O error"), "{said}");
    ensure!(count("HD controller reset") == 3 * given_up, "{said}");
    halt(&mut guest)
}

/// Files are copied and read again by DMA; then the disk is checked.
fn dma_moves_what_is_written_and_read(emulator: Emulator) -> Result<()> {
    copy_by_dma(emulator, &common::image())
}

fn dma_works_in_the_wide_edition(emulator: Emulator) -> Result<()> {
    copy_by_dma(emulator, &crate::editions::image())
}

fn copy_by_dma(emulator: Emulator, image: &Path) -> Result<()> {
    let (_folder, disk) = common::copy_of(image)?;
    let machine = Machine::new(emulator, &disk).in_place();
    let mut guest = machine.clone().command_line("dma console=ttyS0").boot()?;
    let messages = guest.expect_prompt("the first prompt", PROMPT_TIME)?;
    ensure!(messages.contains(", LBA, DMA\n"), "{messages}");
    guest.command_within("cp -r /bin /tmp/copy; sync", LIMIT)?;
    halt(&mut guest)?;
    check_root(&disk)?;
    // The cache is empty, so all is read from the disk.
    let mut guest = machine.command_line("dma console=ttyS0").boot()?;
    guest.expect_prompt("the first prompt", PROMPT_TIME)?;
    let compare = "for it in /bin/*; do cmp $it /tmp/copy/${it#/bin/}; done; echo all";
    let said = guest.command_within(compare, LIMIT)?;
    ensure!(said == "all\n", "{said}");
    let said = guest.serial();
    ensure!(!said.contains("HD ") && !said.contains("hd:"), "{said}");
    halt(&mut guest)?;
    check_root(&disk)
}
