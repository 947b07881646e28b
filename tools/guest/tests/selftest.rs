// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of the harness on a guest of its own (`boot_sector.s`), so that a
//! fault of the harness is told from a fault of the kernel. They need the
//! emulators and run with `--ignored`, as `make test` does.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use guest::{Emulator, End, Guest, Machine, image};

const LIMIT: Duration = Duration::from_secs(20);
const COMMAND_OFF: &str = "\x01";
const COMMAND_FAULT: &str = "\x02";
const COMMAND_RESTART: &str = "\x03";
const COMMAND_LOWER: &str = "\x04";
const COMMAND_WRITE: &str = "\x05";

/// Assembles the test guest and puts it on a disk of two cylinders.
fn build_disk(folder: &Path) -> PathBuf {
    let run = |program: &str, arguments: &[&str]| {
        let status = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .status();
        assert!(status.expect(program).success(), "{program} {arguments:?}");
    };
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/boot_sector.s");
    run("as", &["--32", "-o", "sector.o", source]);
    let link = [
        "-m",
        "elf_i386",
        "-Ttext=0x7C00",
        "--oformat=binary",
        "-o",
        "disk.img",
        "sector.o",
    ];
    run("ld", &link);
    let disk = folder.join("disk.img");
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(&disk)
        .expect("the disk");
    let size = 2 * image::HEADS * image::SECTORS_PER_TRACK * image::SECTOR;
    file.set_len(size).expect("the disk");
    disk
}

/// Boots the test guest and waits until it is ready.
fn boot(emulator: Emulator) -> Guest {
    let folder = tempfile::tempdir().expect("a folder");
    let machine = Machine::new(emulator, build_disk(folder.path()));
    let mut guest = machine.boot().expect("boot");
    guest
        .expect_serial("self-test ready\r\n# ", LIMIT)
        .expect("ready");
    guest
}

/// Makes a test of each function for each emulator.
macro_rules! in_both {
    ($($name:ident),* $(,)?) => {
        mod in_bochs { $(
            #[test]
            #[ignore = "needs Bochs"]
            fn $name() { super::$name(guest::Emulator::Bochs); }
        )* }
        mod in_qemu { $(
            #[test]
            #[ignore = "needs QEMU"]
            fn $name() { super::$name(guest::Emulator::Qemu); }
        )* }
    };
}

in_both!(
    serial_line_works_both_ways,
    keys_arrive_with_shift_and_control,
    picture_that_starts_lower_is_read_from_there,
    shutdown_is_recognised,
    triple_fault_is_recognised,
    time_over_shows_screen_and_line,
    a_copy_takes_the_writes_unless_in_place,
    dropping_the_guest_ends_the_emulator,
);

fn serial_line_works_both_ways(emulator: Emulator) {
    let mut guest = boot(emulator);
    guest.send("there and back").expect("send");
    guest
        .expect_serial("there and back", LIMIT)
        .expect("the echo");
    guest
        .expect_screen("# there and back", LIMIT)
        .expect("the screen");
}

fn keys_arrive_with_shift_and_control(emulator: Emulator) {
    let mut guest = boot(emulator);
    guest
        .type_keys("ls -l | Wc \"$HOME\"; {a_b}~x\x7fy")
        .expect("type");
    // The BIOS takes the backspace key as moving the cursor back.
    guest
        .expect_screen("# ls -l | Wc \"$HOME\"; {a_b}~y", LIMIT)
        .expect("the screen");
    assert_eq!(guest.serial(), "self-test ready\r\n# ");
}

fn picture_that_starts_lower_is_read_from_there(emulator: Emulator) {
    let mut guest = boot(emulator);
    guest
        .expect_screen("self-test ready", LIMIT)
        .expect("the first line");
    guest.send(COMMAND_LOWER).expect("send");
    guest
        .expect_screen_that("the second line on top", LIMIT, |screen| {
            screen.lines()[0] == "#"
        })
        .expect("the picture moved up");
}

fn shutdown_is_recognised(emulator: Emulator) {
    let mut guest = boot(emulator);
    guest.send(COMMAND_OFF).expect("send");
    assert_eq!(guest.wait_end(LIMIT).expect("an end"), End::Shutdown);
    let error = guest
        .expect_serial("more", LIMIT)
        .expect_err("nothing can come");
    assert!(
        error.to_string().contains("shut down by the guest"),
        "{error}"
    );
}

fn triple_fault_is_recognised(emulator: Emulator) {
    let mut guest = boot(emulator);
    guest.send(COMMAND_FAULT).expect("send");
    assert_eq!(guest.wait_end(LIMIT).expect("an end"), End::TripleFault);
}

#[test]
#[ignore = "needs QEMU"]
fn restart_is_recognised_in_qemu() {
    let mut guest = boot(Emulator::Qemu);
    guest.send(COMMAND_RESTART).expect("send");
    assert_eq!(guest.wait_end(LIMIT).expect("an end"), End::Restart);
}

#[test]
#[ignore = "needs Bochs"]
fn restart_boots_again_in_bochs() {
    let mut guest = boot(Emulator::Bochs);
    guest.send(COMMAND_RESTART).expect("send");
    guest
        .expect_serial("self-test ready", LIMIT)
        .expect("a second boot");
}

fn time_over_shows_screen_and_line(emulator: Emulator) {
    let mut guest = boot(emulator);
    guest.expect_screen("#", LIMIT).expect("the screen");
    let start = Instant::now();
    let error = guest
        .expect_serial("never", Duration::from_millis(300))
        .expect_err("time over");
    assert!(start.elapsed() < Duration::from_secs(5));
    let text = error.to_string();
    assert!(
        text.contains("waited for \"never\" on the serial line, but time is over"),
        "{text}"
    );
    assert!(text.contains("|self-test ready "), "no screen in {text}");
    assert!(
        text.contains("serial line:\nself-test ready\n"),
        "no serial line in {text}"
    );
}

fn a_copy_takes_the_writes_unless_in_place(emulator: Emulator) {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = build_disk(folder.path());
    let sector_6 = || image::read(&disk, 6 * image::SECTOR, 4).expect("sector 6");
    let write = |machine: Machine| {
        let mut guest = machine.boot().expect("boot");
        guest.expect_serial("# ", LIMIT).expect("ready");
        guest.send(COMMAND_WRITE).expect("send");
        guest.send("done").expect("send");
        guest.expect_serial("done", LIMIT).expect("written");
        guest.send(COMMAND_OFF).expect("send");
        guest.wait_end(LIMIT).expect("an end");
    };
    let machine = Machine::new(emulator, &disk);
    write(machine.clone());
    assert_eq!(sector_6(), [0; 4]);
    write(machine.in_place());
    assert_eq!(sector_6(), [b's', 7, b'e', 7]);
}

fn dropping_the_guest_ends_the_emulator(emulator: Emulator) {
    let guest = boot(emulator);
    let id = guest.process_id();
    let process = PathBuf::from(format!("/proc/{id}"));
    assert!(process.exists());
    drop(guest);
    assert!(!process.exists());
}
