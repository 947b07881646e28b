// SPDX-License-Identifier: GPL-2.0-or-later
//! What is for one run only, and who may run on a disk.

use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Result, ensure};
use guest::{Emulator, Machine, lock};

use crate::common::{self, boot_to_prompt, copy_of_image, halt, image, name};

guest::in_both!(
    words_for_one_run_leave_the_disk_alone,
    a_disk_has_one_machine,
    lines_need_no_newline_and_prompts_may_differ,
);
common::in_v86!(
    words_for_one_run_leave_the_disk_alone,
    a_disk_has_one_machine,
    lines_need_no_newline_and_prompts_may_differ,
);

fn guest_program(words: &[&str]) -> Result<Output> {
    Ok(Command::new(env!("CARGO_BIN_EXE_guest"))
        .args(words)
        .output()?)
}

fn words_of(emulator: Emulator) -> &'static str {
    match emulator {
        Emulator::Bochs => "bochs",
        Emulator::Qemu => "qemu",
        Emulator::V86 => "v86",
    }
}

/// With them the shell is on the serial line; the machine works in place.
fn words_for_one_run_leave_the_disk_alone(emulator: Emulator) -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let machine = Machine::new(emulator, &disk).in_place();
    let mut guest = boot_to_prompt(machine.clone())?;
    guest.command("echo mine > /etc/mine")?;
    halt(&mut guest)?;
    let start = |path: &Path| guest::image::read(path, 0, 2048 * 512);
    ensure!(start(&disk)? == start(&image())?);
    let mut guest = machine.boot()?;
    guest.type_line("cat /etc/mine", guest::PROMPT_TIME)?;
    guest.expect_screen("\nmine\n", guest::PROMPT_TIME)?;
    Ok(())
}

fn a_disk_has_one_machine(emulator: Emulator) -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let emulator = words_of(emulator);
    let runs = [
        [
            "run",
            "--emulator",
            emulator,
            "--disk",
            name(&disk)?,
            "--memory",
            "32",
        ],
        [
            "boot",
            "--emulator",
            emulator,
            "--image",
            name(&disk)?,
            "--in-place",
            "--send=halt",
        ],
    ];
    let lock = lock::hold(&disk)?;
    for words in runs {
        let output = guest_program(&words)?;
        let said = String::from_utf8(output.stderr)?;
        ensure!(said.contains("another machine runs on this disk"), "{said}");
        ensure!(!output.status.success());
    }
    drop(lock);
    for words in runs {
        let output = guest_program(&words)?;
        ensure!(output.status.success(), "{output:?}");
    }
    Ok(())
}

/// Of the emulator's own lock, where ours was not asked for.
#[test]
#[ignore = "needs QEMU and the image"]
fn what_qemu_says_is_shown() -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    let machine = Machine::new(Emulator::Qemu, &disk).in_place();
    let _first = machine.boot()?;
    let error = machine.boot().err().map(|error| format!("{error:#}"));
    let error = error.unwrap_or_default();
    ensure!(error.contains("Failed to get \"write\" lock"), "{error}");
    Ok(())
}

fn lines_need_no_newline_and_prompts_may_differ(emulator: Emulator) -> Result<()> {
    let output = guest_program(&[
        "boot",
        "--emulator",
        words_of(emulator),
        "--image",
        name(&image())?,
        "--timeout=60",
        r"--prompt=\[/.*\]% |# ",
        "--send=PS1='[/x]% '",
        "--send=echo one",
        "--send=echo two\\n",
        "--send=echo three\\n\\c",
        "--send=halt",
    ])?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{said}");
    ensure!(
        said.contains(
            "\n[/x]% echo one\none\n[/x]% echo two\ntwo\n[/x]% echo three\nthree\n[/x]% halt"
        ),
        "{said}"
    );
    Ok(())
}
