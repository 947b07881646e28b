// SPDX-License-Identifier: GPL-2.0-or-later
//! The same kernel from a floppy, and a disk of 1991 as its root: 410 cylinders
//! of 16 heads and 38 sectors, a Minix partition right behind the partition
//! table, no boot code, no kernel, and on it nothing that 0.11 did not have.

use crate::assembler::assemble_sector;
use crate::common::{self, LIMIT, check_partition_by_fsck_minix, halt, mkimage, name};
use anyhow::{Context, Result, ensure};
use guest::image::{self, SECTOR};
use guest::{Emulator, End, Guest, Machine, PROMPT_TIME};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

guest::in_both!(
    a_floppy_boots_with_the_root_of_the_hard_disk,
    an_old_disk_is_root_of_a_kernel_from_a_floppy,
    an_old_disk_is_root_of_a_kernel_from_our_disk,
    a_disk_without_our_terminals_gets_its_shell_on_the_screen,
    a_floppy_boots_into_a_ram_disk,
    damaged_kernel_on_a_floppy_is_named,
    missing_kernel_on_a_floppy_is_named,
    unreadable_sector_of_a_floppy_is_named,
    a_floppy_is_tried_again,
    too_little_memory_is_named_from_a_floppy,
    a_floppy_s_setup_on_a_hard_disk_is_named,
    missing_root_is_named_from_a_floppy,
);

/// Sector of the kernel's header on a floppy.
const KERNEL: u64 = 6;
/// How the disk of 1991 is called by the kernel.
const GEOMETRY: &str = "121 MB, 410/16/38";
/// Its nodes: 0.11's numbers, and no names but 0.11's.
const NODES: &[(&str, [&str; 3])] = &[
    ("/dev/tty", ["c", "5", "0"]),
    ("/dev/tty0", ["c", "4", "0"]),
    ("/dev/tty1", ["c", "4", "1"]),
    ("/dev/tty2", ["c", "4", "2"]),
    ("/dev/null", ["c", "1", "3"]),
    ("/dev/hd0", ["b", "3", "0"]),
    ("/dev/hd1", ["b", "3", "1"]),
    ("/dev/hd5", ["b", "3", "5"]),
    ("/dev/hd6", ["b", "3", "6"]),
];

/// Its start-up script. First it starts what `update` of 0.11 does.
const RC: &str =
    "(while sync; do sleep 30; done) &\necho '/dev/hd1 /' > /etc/mtab\necho $HOME >> /etc/mtab\n";
/// What is done on it.
const JOB: &str = "echo $HOME > /tmp/said\n\
                   ls -l /bin | sort | tail -3 >> /tmp/said\n\
                   cp /bin/sh /usr/root/copy\n\
                   sync\n\
                   echo job done\n";

/// The floppy that `make floppy` makes, beside the image.
fn floppy() -> PathBuf {
    common::image().with_file_name("floppy.img")
}

/// A copy of the floppy that a test may change.
fn copy_of_floppy() -> Result<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.img");
    std::fs::copy(floppy(), &copy).with_context(|| format!("{}", floppy().display()))?;
    Ok((folder, copy))
}

/// A machine that boots `floppy`, with `disk` as its hard disk.
fn from_floppy(emulator: Emulator, floppy: &Path, disk: &Path) -> Machine {
    Machine::new(emulator, disk)
        .floppy(0, floppy)
        .boot_from_floppy()
}

/// Makes the disk of 1991 with our programs on it. What it says when it starts,
/// and where home is, 0.11's disks said.
fn old_disk(folder: &Path) -> Result<PathBuf> {
    let disk = folder.join("old.img");
    let to = name(&disk)?;
    let image = common::image();
    let shape = ["--geometry", "410/16/38", "--first-sector", "2"];
    let convert = ["convert", name(&image)?, to, "--to", "disk"];
    mkimage(&[&convert[..], &shape[..]].concat())?;
    mkimage(&["rm", "-r", to, "/dev", "/etc", "/usr"])?;
    mkimage(&["mkdir", "-p", to, "/dev", "/etc", "/usr/root"])?;
    for (path, words) in NODES {
        mkimage(&[&["mknod", to, path][..], &words[..]].concat())?;
    }
    for (path, text) in [("/etc/rc", RC), ("/job", JOB)] {
        let file = folder.join("file");
        std::fs::write(&file, text)?;
        mkimage(&["put", to, name(&file)?, path])?;
    }
    Ok(disk)
}

/// Uses the disk of 1991 by keyboard and screen, as nothing on it is for the
/// serial line, and switches off; then the disk must be whole.
fn use_old_disk(mut guest: Guest, disk: &Path) -> Result<()> {
    guest.expect_screen_prompt(PROMPT_TIME)?;
    ensure!(guest.serial().contains(GEOMETRY), "{}", guest.serial());
    let screen = guest.type_line("cat /etc/mtab", LIMIT)?.text();
    ensure!(
        screen.contains("/dev/hd1 /\n/\n"),
        "the rc script: {screen}"
    );
    let screen = guest.type_line("sh /job", LIMIT)?.text();
    ensure!(screen.contains("job done"), "{screen}");
    guest.type_keys("halt\n")?;
    let end = guest.wait_end(LIMIT)?;
    ensure!(end == End::Shutdown, "{}", guest.failure(&format!("{end}")));
    let disk_name = name(disk)?;
    mkimage(&["fsck", disk_name])?;
    check_partition_by_fsck_minix(disk, 1)?;
    let said = mkimage(&["cat", disk_name, "/tmp/said"])?;
    ensure!(said.starts_with("/usr/root\n"), "{said}");
    ensure!(said.lines().count() == 4, "{said}");
    let cat = |path| common::mkimage_bytes(&["cat", disk_name, path]);
    ensure!(cat("/usr/root/copy")? == cat("/bin/sh")?);
    Ok(())
}

/// Boots `floppy` with the second partition of our disk as root.
fn prompt_of_hard_disk(emulator: Emulator, floppy: &Path) -> Result<Guest> {
    let machine = from_floppy(emulator, floppy, &common::image());
    let mut guest = machine.command_line("root=/dev/hd2 console=ttyS0").boot()?;
    guest.expect_prompt("the first prompt", PROMPT_TIME)?;
    ensure!(guest.command("echo hello")? == "hello\n");
    Ok(guest)
}

fn a_floppy_boots_with_the_root_of_the_hard_disk(emulator: Emulator) -> Result<()> {
    let mut guest = prompt_of_hard_disk(emulator, &floppy())?;
    // The dots of the loader end before the kernel speaks.
    let said = guest.serial().replace('\r', "");
    ensure!(said.contains("\nLoading system ...\n...."), "{said}");
    let dots = said.lines().find(|line| line.starts_with("...."));
    ensure!(
        dots.is_some_and(|line| line.trim_matches('.').is_empty()),
        "{said}"
    );
    ensure!(said.contains("\nhd0: 31 MB, 65/16/63"), "{said}");
    halt(&mut guest)
}

fn an_old_disk_is_root_of_a_kernel_from_a_floppy(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = old_disk(folder.path())?;
    let (_floppy_folder, floppy) = copy_of_floppy()?;
    let machine = from_floppy(emulator, &floppy, &disk).in_place();
    use_old_disk(machine.boot()?, &disk)
}

fn an_old_disk_is_root_of_a_kernel_from_our_disk(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = old_disk(folder.path())?;
    let machine = Machine::new(emulator, common::image())
        .second_disk(&disk)
        .command_line("root=/dev/hd6");
    use_old_disk(machine.boot()?, &disk)
}

/// The BIOS calls the disk that it boots from its first, whatever the
/// controller calls it.
#[test]
#[ignore = "needs QEMU and the image"]
fn our_disk_boots_as_the_second_one_behind_an_old_one() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = old_disk(folder.path())?;
    let (_folder, ours) = common::copy_of_image()?;
    let machine = Machine::new(Emulator::Qemu, &disk)
        .in_place()
        .second_disk(ours)
        .boot_from_second_disk()
        .command_line("root=/dev/hd1");
    use_old_disk(machine.boot()?, &disk)
}

fn a_disk_without_our_terminals_gets_its_shell_on_the_screen(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = old_disk(folder.path())?;
    mkimage(&["rm", name(&disk)?, "/dev/tty1", "/dev/tty2"])?;
    for words in ["", "console=ttyS0"] {
        let machine = from_floppy(emulator, &floppy(), &disk);
        let mut guest = machine.command_line(words).boot()?;
        guest.type_line("echo hello > /dev/tty0", PROMPT_TIME)?;
        guest.expect_screen("\nhello\n", LIMIT)?;
    }
    Ok(())
}

fn a_floppy_boots_into_a_ram_disk(emulator: Emulator) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |file: &str| folder.path().join(file);
    let (image, root, floppy) = (common::image(), path("root.img"), path("floppy.img"));
    mkimage(&["mkfs", name(&root)?, "--size", "600K"])?;
    mkimage(&["mkdir", name(&root)?, "/bin", "/dev", "/etc"])?;
    mkimage(&["mknod", name(&root)?, "/dev/ttyS0", "c", "4", "64"])?;
    for program in ["sh", "echo", "ls", "df", "sync", "halt"] {
        let from = format!("{}:/bin/{program}", image.display());
        let to = format!("{}:/bin/", root.display());
        mkimage(&["cp", &from, &to])?;
    }
    let kernel = common::kernel();
    let boot = kernel.with_file_name("boot");
    let words = ["floppy", "--output", name(&floppy)?, "--boot", name(&boot)?];
    let more = ["--kernel", name(&kernel)?, "--ramdisk-root", name(&root)?];
    mkimage(&[&words[..], &more[..]].concat())?;
    let machine = from_floppy(emulator, &floppy, &image);
    let mut guest = common::boot_to_prompt(machine)?;
    ensure!(guest.command("echo bin/*")? == "bin/df bin/echo bin/halt bin/ls bin/sh bin/sync\n");
    guest.command("echo kept > /etc/file")?;
    halt(&mut guest)
}

/// Boots a floppy that `damage` has worked on; it must stop with `message`.
fn stops_with(
    emulator: Emulator,
    damage: impl Fn(&Path) -> Result<()>,
    message: &str,
) -> Result<()> {
    let (_folder, copy) = copy_of_floppy()?;
    damage(&copy)?;
    let machine = from_floppy(emulator, &copy, &common::image());
    let mut guest = machine.boot()?;
    guest.expect_screen(message, PROMPT_TIME)?;
    guest.expect_serial(message, LIMIT)?;
    ensure!(guest.poll_end()?.is_none(), "it does not stand still");
    Ok(())
}

fn damaged_kernel_on_a_floppy_is_named(emulator: Emulator) -> Result<()> {
    let flip = |floppy: &Path| {
        let place = (KERNEL + 20) * SECTOR;
        let byte = image::read(floppy, place, 1)?[0];
        image::write(floppy, place, &[!byte])
    };
    stops_with(emulator, flip, "Kernel checksum is wrong")
}

fn missing_kernel_on_a_floppy_is_named(emulator: Emulator) -> Result<()> {
    let wipe = |floppy: &Path| image::write(floppy, KERNEL * SECTOR, &[0; SECTOR as usize]);
    stops_with(emulator, wipe, "No kernel: no ELVN header at sector 6")
}

/// Sector 5 of cylinder 2, head 1 of a floppy fails so many times.
fn spoil_sector_94(floppy: &Path, times: u32) -> Result<()> {
    const LAST_SECTOR: u64 = 2879;
    let folder = tempfile::tempdir()?;
    let sector = folder.path().join("sector");
    let times = format!("TIMES={times}");
    let symbols = ["CYLINDER=2", "HEAD=1", "SECTOR=5", &times];
    assemble_sector("bad_sector.s", &symbols, &sector)?;
    let displaced = image::read(floppy, 0, SECTOR as usize)?;
    image::write(floppy, LAST_SECTOR * SECTOR, &displaced)?;
    image::write(floppy, 0, &std::fs::read(sector)?)
}

fn unreadable_sector_of_a_floppy_is_named(emulator: Emulator) -> Result<()> {
    let spoil = |floppy: &Path| spoil_sector_94(floppy, 1000);
    stops_with(emulator, spoil, "Disk read error at sector 94")
}

fn a_floppy_is_tried_again(emulator: Emulator) -> Result<()> {
    let (_folder, copy) = copy_of_floppy()?;
    spoil_sector_94(&copy, 4)?;
    prompt_of_hard_disk(emulator, &copy).map(drop)
}

fn too_little_memory_is_named_from_a_floppy(emulator: Emulator) -> Result<()> {
    let machine = from_floppy(emulator, &floppy(), &common::image()).memory(1);
    let mut guest = machine.boot()?;
    guest.expect_screen(
        "Too little memory. The kernel needs this many KB",
        PROMPT_TIME,
    )?;
    Ok(())
}

fn a_floppy_s_setup_on_a_hard_disk_is_named(emulator: Emulator) -> Result<()> {
    let (_folder, disk) = common::copy_of_image()?;
    let setup = image::read(&floppy(), SECTOR, 4 * SECTOR as usize)?;
    image::write(&disk, SECTOR, &setup)?;
    let mut guest = Machine::new(emulator, disk).in_place().boot()?;
    guest.expect_screen("Boot drive is not a floppy drive", PROMPT_TIME)?;
    Ok(())
}

/// By default root is /dev/hd1, which is our disk's kernel.
fn missing_root_is_named_from_a_floppy(emulator: Emulator) -> Result<()> {
    stops_with(
        emulator,
        |_| Ok(()),
        "No root file system: cannot mount /dev/hd1",
    )
}
