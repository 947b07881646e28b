// SPDX-License-Identifier: GPL-2.0-or-later
//! The way to the prompt, and what stands on the screen where it ends early.

use crate::common::{self, LIMIT, boot, boot_to_prompt, copy_of_image, halt};
use anyhow::{Context, Result, ensure};
use guest::image::{self, SECTOR};
use guest::{Emulator, End, Guest, Machine, PROMPT_TIME};
use mkimage::kernel_header::{KernelHeader, checksum};
use mkimage::packed::unpack;
use std::path::Path;

guest::in_both!(
    prompt_is_reached_on_the_serial_line,
    prompt_is_reached_on_the_screen,
    init_runs_another_program_and_halts,
    halt_switches_the_machine_off,
    a_shell_that_ends_is_followed_by_another,
    bad_words_are_told,
    tasks_run_with_their_tss_exposed,
    an_init_that_cannot_be_run_is_told,
    a_missing_start_up_script_is_told,
    a_missing_shell_is_told_with_growing_pauses,
    damaged_kernel_is_named,
    a_kernel_that_unpacks_wrongly_is_told,
    a_kernel_that_is_not_packed_boots,
    missing_kernel_is_named,
    foreign_partition_is_named,
    a_boot_disk_on_the_second_channel_is_told,
    a_boot_disk_that_is_the_only_one_and_the_second_unit_boots,
    missing_setup_is_named,
    missing_root_is_named,
    too_little_memory_is_named,
);
common::in_v86!(
    prompt_is_reached_on_the_serial_line,
    prompt_is_reached_on_the_screen,
    halt_switches_the_machine_off,
    a_missing_shell_is_told_with_growing_pauses,
    damaged_kernel_is_named,
);

fn prompt_is_reached_on_the_serial_line(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    ensure!(guest.command("echo hello")? == "hello\n");
    Ok(())
}

fn prompt_is_reached_on_the_screen(emulator: Emulator) -> Result<()> {
    let mut guest = Machine::new(emulator, common::image()).boot()?;
    guest.expect_screen_prompt(PROMPT_TIME)?;
    // The messages of the kernel go to both.
    for text in [guest.screen()?.text(), guest.serial()] {
        ensure!(text.contains("KB of memory"), "{text}");
    }
    Ok(())
}

fn init_runs_another_program_and_halts(emulator: Emulator) -> Result<()> {
    let machine = Machine::new(emulator, common::image());
    let mut guest = machine
        .command_line("init=/bin/uname console=ttyS0")
        .boot()?;
    guest.expect_serial("the program has ended", PROMPT_TIME)?;
    ensure!(guest.wait_end(LIMIT)? == End::Shutdown);
    Ok(())
}

/// The console that the command line names is used at once, whichever is in front.
#[test]
#[ignore = "needs QEMU and the image"]
fn init_waits_for_no_console() -> Result<()> {
    let machine = Machine::new(Emulator::Qemu, common::image());
    let mut guest = machine
        .command_line("init=/bin/uname console=tty2")
        .boot()?;
    ensure!(guest.wait_end(LIMIT)? == End::Shutdown);
    Ok(())
}

fn halt_switches_the_machine_off(emulator: Emulator) -> Result<()> {
    halt(&mut boot(emulator)?)
}

#[test]
#[ignore = "needs QEMU and the image"]
fn reboot_restarts_qemu() -> Result<()> {
    let mut guest = boot(Emulator::Qemu)?;
    guest.send("reboot\n")?;
    ensure!(guest.wait_end(LIMIT)? == End::Restart);
    Ok(())
}

#[test]
#[ignore = "needs Bochs and the image"]
fn reboot_boots_again_in_bochs() -> Result<()> {
    let mut guest = boot(Emulator::Bochs)?;
    guest.send("reboot\n")?;
    guest.expect_prompt("the prompt of the second boot", PROMPT_TIME)?;
    Ok(())
}

fn a_shell_that_ends_is_followed_by_another(emulator: Emulator) -> Result<()> {
    let mut guest = boot(emulator)?;
    for _ in 0..3 {
        guest.command("exit")?;
    }
    ensure!(guest.command("echo again")? == "again\n");
    Ok(())
}

/// Boots an image that `damage` has worked on; it must stop with `message`.
fn stops_with(
    emulator: Emulator,
    damage: impl Fn(&Path) -> Result<()>,
    message: &str,
) -> Result<()> {
    let (_folder, copy) = copy_of_image()?;
    damage(&copy)?;
    let mut guest = Machine::new(emulator, copy).in_place().boot()?;
    guest.expect_screen(message, PROMPT_TIME)?;
    ensure!(guest.poll_end()?.is_none(), "it does not stand still");
    Ok(())
}

/// Byte 0 of partition `number`.
fn start_of(disk: &Path, number: usize) -> Result<u64> {
    Ok(image::partition(disk, number)?.0 * SECTOR)
}

fn damaged_kernel_is_named(emulator: Emulator) -> Result<()> {
    let flip = |disk: &Path| {
        let place = start_of(disk, 1)? + 20 * SECTOR;
        let byte = image::read(disk, place, 1)?[0];
        image::write(disk, place, &[!byte])
    };
    stops_with(emulator, flip, "Kernel checksum is wrong")
}

/// Changes what is behind the header of the kernel; the loader finds no fault with it.
fn change_image(disk: &Path, change: impl Fn(&mut [u8])) -> Result<()> {
    let start = start_of(disk, 1)?;
    let sector = image::read(disk, start, SECTOR as usize)?;
    let mut header = KernelHeader::parse(&sector)?;
    let mut bytes = image::read(disk, start + SECTOR, header.length as usize)?;
    change(&mut bytes);
    header.checksum = checksum(&bytes);
    image::write(disk, start, &header.to_sector())?;
    image::write(disk, start + SECTOR, &bytes)
}

/// The checksum of the kernel as it is unpacked is in the bytes from 24 on; a length of
/// the block, from 32 on, that is too short leaves it unfinished.
fn a_kernel_that_unpacks_wrongly_is_told(emulator: Emulator) -> Result<()> {
    for byte in [24, 33] {
        let damage = |disk: &Path| change_image(disk, |image| image[byte] ^= 1);
        let told = "Kernel cannot be unpacked: it is damaged";
        stops_with(emulator, damage, told)?;
    }
    Ok(())
}

/// So it is on older disks.
fn a_kernel_that_is_not_packed_boots(emulator: Emulator) -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let start = start_of(&disk, 1)?;
    let sector = image::read(&disk, start, SECTOR as usize)?;
    let length = KernelHeader::parse(&sector)?.length as usize;
    let (kernel, unpacked) = unpack(&image::read(&disk, start + SECTOR, length)?)
        .context("the kernel of the image is not packed")?;
    image::write(&disk, start, &kernel.to_sector())?;
    image::write(
        &disk,
        start + SECTOR,
        &unpacked.context("its block is broken")?,
    )?;
    boot_to_prompt(Machine::new(emulator, disk)).map(drop)
}

fn missing_kernel_is_named(emulator: Emulator) -> Result<()> {
    let wipe = |disk: &Path| image::write(disk, start_of(disk, 1)?, &[0; SECTOR as usize]);
    stops_with(
        emulator,
        wipe,
        "Disk 1: no kernel\nDisk 2: no answer\nNo kernel: ",
    )
}

fn foreign_partition_is_named(emulator: Emulator) -> Result<()> {
    const TYPE_OF_PARTITION_1: u64 = 446 + 4;
    let retype = |disk: &Path| image::write(disk, TYPE_OF_PARTITION_1, &[0x83]);
    stops_with(emulator, retype, "partition 1 is not of type DAh")
}

/// Where the loader does not find the kernel, it tells what it has found, and
/// what has to be done.
const WHERE_IT_MUST_BE: &str =
    "No kernel: the boot disk must be disk 1 or 2 of ATA channel 1 (1F0h)";

fn a_boot_disk_on_the_second_channel_is_told(emulator: Emulator) -> Result<()> {
    let machine = Machine::new(emulator, common::image()).disk_at(1, 0);
    let mut guest = machine.boot()?;
    guest.expect_screen("Disk 1: no answer\nDisk 2: no answer\n", PROMPT_TIME)?;
    guest.expect_serial(WHERE_IT_MUST_BE, LIMIT)?;
    Ok(())
}

/// The BIOS boots from the second channel, though there are other disks.
#[test]
#[ignore = "needs QEMU and the image"]
fn a_disk_without_a_kernel_in_front_of_the_boot_disk_is_told() -> Result<()> {
    let (_folder, other) = copy_of_image()?;
    image::write(&other, start_of(&other, 1)?, &[0; SECTOR as usize])?;
    let machine = Machine::new(Emulator::Qemu, common::image())
        .disk_at(1, 0)
        .second_disk(other);
    let mut guest = machine.boot()?;
    // A drive answers for the one that is not there.
    guest.expect_screen("Disk 1: error 4\nDisk 2: no kernel\n", PROMPT_TIME)?;
    guest.expect_serial(WHERE_IT_MUST_BE, LIMIT)?;
    Ok(())
}

fn a_boot_disk_that_is_the_only_one_and_the_second_unit_boots(emulator: Emulator) -> Result<()> {
    let machine = Machine::new(emulator, common::image()).disk_at(0, 1);
    let words = "root=/dev/hd7 console=ttyS0";
    let mut guest = machine.command_line(words).boot()?;
    guest.expect_prompt("the prompt", PROMPT_TIME)?;
    guest.command("ls /")?;
    Ok(())
}

/// A panic shows where in our sources, or in Rust's library, but no path of the
/// machine that has built it.
#[test]
#[ignore = "needs the image"]
fn no_path_of_the_builder_is_in_the_image() -> Result<()> {
    let mut image = std::fs::read(common::image())?;
    let kernel = start_of(&common::image(), 1)? + SECTOR;
    let (_, unpacked) = unpack(&image[kernel as usize..]).context("no packed kernel")?;
    image.extend(unpacked.context("its block is broken")?);
    let text = String::from_utf8_lossy(&image);
    for path in ["rust/core/src/", "kernel/src/"] {
        ensure!(text.contains(path), "{path} is not in the image");
    }
    let project = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    for path in [
        common::name(&project)?,
        ".cargo/",
        ".rustup/",
        "rustlib/",
        "registry/",
    ] {
        ensure!(!text.contains(path), "{path} is in the image");
    }
    Ok(())
}

fn missing_setup_is_named(emulator: Emulator) -> Result<()> {
    let wipe = |disk: &Path| image::write(disk, SECTOR, &[0; 4 * SECTOR as usize]);
    stops_with(emulator, wipe, "No setup")
}

fn missing_root_is_named(emulator: Emulator) -> Result<()> {
    // The super block is block 1 of 1024 bytes.
    let wipe = |disk: &Path| image::write(disk, start_of(disk, 2)? + 1024, &[0; 1024]);
    stops_with(emulator, wipe, "No root file system")
}

fn too_little_memory_is_named(emulator: Emulator) -> Result<()> {
    let mut guest = Machine::new(emulator, common::image()).memory(1).boot()?;
    guest.expect_screen("Too little memory", PROMPT_TIME)?;
    Ok(())
}

#[test]
#[ignore = "needs the emulators and the image"]
fn a_machine_of_the_smallest_size_reaches_the_prompt() -> Result<()> {
    for emulator in [Emulator::Bochs, Emulator::Qemu] {
        let mut guest = boot_to_prompt(Machine::new(emulator, common::image()).memory(8))?;
        guest.command("ls /")?;
    }
    Ok(())
}

/// Words that are wrong are told, each with what was expected, and left out.
fn bad_words_are_told(emulator: Emulator) -> Result<()> {
    let words = "root=bogus ramdisk=abc init=relative keyboard=bogus no387=1 hello console=ttyS0";
    let mut guest = Machine::new(emulator, common::image())
        .command_line(words)
        .boot()?;
    let messages = guest.expect_prompt("the prompt", PROMPT_TIME)?;
    for word in words.split(' ').filter(|word| *word != "console=ttyS0") {
        let told = format!("Command line, left out: {word}: expected ");
        ensure!(messages.contains(&told), "{word}: {messages}");
    }
    ensure!(!messages.contains("left out: console"), "{messages}");
    Ok(())
}

/// As for v86. Nothing else is different, so the programs see nothing of it.
fn tasks_run_with_their_tss_exposed(emulator: Emulator) -> Result<()> {
    let mut guest = Machine::new(emulator, common::image())
        .command_line("expose-tss console=ttyS0")
        .boot()?;
    let messages = guest.expect_prompt("the prompt", PROMPT_TIME)?;
    ensure!(
        messages.contains("The TSSs are exposed to ring 3"),
        "{messages}"
    );
    let said = guest.command("usertests fork_chain trap_far_jumps; echo status $?")?;
    ensure!(said.ends_with("status 0\n"), "{}", guest.failure(&said));
    Ok(())
}

fn an_init_that_cannot_be_run_is_told(emulator: Emulator) -> Result<()> {
    let mut guest = Machine::new(emulator, common::image())
        .command_line("init=/nosuch console=ttyS0")
        .boot()?;
    let messages = guest.expect_prompt("the prompt", PROMPT_TIME)?;
    for told in [
        "init: cannot run /nosuch: No such file or directory\n",
        "init: going on as without init=\n",
    ] {
        ensure!(messages.contains(told), "{messages}");
    }
    Ok(())
}

/// A disk on which something is missing that task 1 wants.
fn without(emulator: Emulator, path: &str) -> Result<Guest> {
    let (_folder, copy) = copy_of_image()?;
    common::mkimage(&["rm", common::name(&copy)?, path])?;
    Machine::new(emulator, copy)
        .command_line("console=ttyS0")
        .boot()
}

fn a_missing_start_up_script_is_told(emulator: Emulator) -> Result<()> {
    let mut guest = without(emulator, "/etc/rc")?;
    let messages = guest.expect_prompt("the prompt", PROMPT_TIME)?;
    let told = "init: cannot open /etc/rc: No such file or directory\n";
    ensure!(messages.contains(told), "{messages}");
    Ok(())
}

/// Without a shell the next one is tried again and again, each time later.
fn a_missing_shell_is_told_with_growing_pauses(emulator: Emulator) -> Result<()> {
    let mut guest = without(emulator, "/bin/sh")?;
    for pause in [1, 2, 4] {
        guest.expect_serial("cannot run /bin/sh: No such file", PROMPT_TIME)?;
        let told = format!("another one in {pause} s.");
        guest.expect_serial(&told, PROMPT_TIME)?;
    }
    Ok(())
}
