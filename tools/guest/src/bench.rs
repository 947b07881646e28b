// SPDX-License-Identifier: GPL-2.0-or-later
//! `make bench`: what each operation of the kernel costs, beside the C kernel.
//!
//! The guest's program `bench` counts ticks in Bochs, where one is an
//! instruction, on the very machine that the C kernel was measured on
//! (`docs/c-0.11-ticks.tsv`): two runs agree to the tick. A C program that does the same
//! as the one that measured the C kernel (`hdimage/c/tests/bench.c`) is put onto a copy
//! of the image and runs likewise: it has no second of rest before. The time of a boot is
//! taken by Bochs's debugger: from the kernel's entry to the first call that
//! waits for input of a terminal, which is the shell's behind its prompt.
//!
//! Another edition than classic is not compared with the C kernel, but with classic,
//! which is measured in the same way. Rows are [`table`]'s; what they may cost is in
//! [`ceilings`].

pub mod ceilings;
mod table;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::bochs::{self, Terminal};
use crate::process::Process;
use crate::symbols::Symbols;
use crate::{End, image};
use ceilings::Figures;
pub use table::{Column, Row, mean, ratios, rows, table};

/// How long a run may take.
const LIMIT: Duration = Duration::from_secs(300);
const START_TIME: Duration = Duration::from_secs(20);
/// The machine that the C kernel was measured on.
const MACHINE: [&str; 3] = [
    "cpu: model=p3_katmai, ips=10000000, reset_on_triple_fault=0",
    "clock: sync=none, time0=946681200, rtc_sync=0",
    "megs: 16",
];
/// The shell that waits for a command is here.
const WAITS_FOR_INPUT: &str = "kernel::chr_drv::tty_io::tty_read";

/// Our program.
const PROGRAM: &str = "/bin/bench";
/// Where the C program goes.
const C_PROGRAM: &str = "/bin/bench-c";

/// What is measured, and against what.
pub struct Options {
    /// The disk image. The guest works on a copy.
    pub image: PathBuf,
    /// The kernel as ELF.
    pub kernel: PathBuf,
    /// The figures of the C kernel.
    pub reference: PathBuf,
    /// The C program to run on this kernel, too.
    pub c_program: Option<PathBuf>,
    /// An image of the classic kernel, to compare with that instead.
    pub classic: Option<PathBuf>,
}

/// Measures and prints the table.
///
/// # Errors
/// Where a run does not come to its end, a row of the reference was not
/// measured, or a file can't be read.
pub fn run(options: &Options) -> Result<()> {
    if let Some(classic) = &options.classic {
        let (classic, wide) = (measure(classic)?, with_boot(options)?);
        ratios(&wide, &classic)?;
        let figures = Figures {
            classic,
            wide,
            ..Figures::default()
        };
        print!("{}", beside_classic(&figures));
        return Ok(());
    }
    let mut figures = Figures {
        classic: with_boot(options)?,
        ..Figures::default()
    };
    if let Some(program) = &options.c_program {
        figures.c_program = measure_c(&options.image, program)?;
    }
    print!("{}", beside_c(&figures, &reference(options)?)?);
    Ok(())
}

/// The table of the classic kernel beside the C kernel, with what its columns mean.
///
/// # Errors
/// Where a row of the C kernel was not measured.
pub fn beside_c(figures: &Figures, reference: &[Row]) -> Result<String> {
    ratios(&figures.classic, reference)?;
    let mut columns = vec![column("Rust program", &figures.classic)];
    let mut text = "\
Ticks (instructions) of one operation.
C kernel: by a C program on Linux 0.11.
Rust program: by a Rust program on our kernel, which has had a second of rest."
        .to_string();
    if !figures.c_program.is_empty() {
        ratios(&figures.c_program, reference)?;
        columns.push(column("C program", &figures.c_program));
        text += "
C program: by a C program on our kernel, without the rest.";
    }
    text += "\nratio: to the ticks of the C kernel.\n\n";
    Ok(text + &table(&column("C kernel", reference), &columns))
}

/// The table of the wide kernel beside the classic one.
pub fn beside_classic(figures: &Figures) -> String {
    table(
        &column("classic", &figures.classic),
        &[column("wide", &figures.wide)],
    )
}

/// The rows of two images, each with a heading.
///
/// # Errors
/// Where one of them can't be measured.
pub fn compare(old: (&str, &Path), new: (&str, &Path)) -> Result<String> {
    let (old_rows, new_rows) = (measure(old.1)?, measure(new.1)?);
    Ok(table(
        &column(old.0, &old_rows),
        &[column(new.0, &new_rows)],
    ))
}

/// Measures all that has a ceiling, at the same time.
///
/// # Errors
/// Where a run does not come to its end.
pub fn measure_all(options: &Options, wide: &Path) -> Result<Figures> {
    thread::scope(|scope| {
        let wide = scope.spawn(|| measure(wide));
        let c_program = scope.spawn(|| match &options.c_program {
            Some(program) => measure_c(&options.image, program),
            None => Ok(Vec::new()),
        });
        let panicked = |_| anyhow!("a run");
        Ok(Figures {
            classic: with_boot(options)?,
            wide: wide.join().map_err(panicked)??,
            c_program: c_program.join().map_err(panicked)??,
        })
    })
}

fn column<'a>(heading: &'a str, rows: &'a [Row]) -> Column<'a> {
    Column { heading, rows }
}

/// The rows of our program, and the boot.
fn with_boot(options: &Options) -> Result<Vec<Row>> {
    let mut measured = measure(&options.image)?;
    measured.push(Row {
        name: "boot".into(),
        times: 1,
        ticks: boot_ticks(options)?,
    });
    Ok(measured)
}

/// The figures of the C kernel.
pub fn reference(options: &Options) -> Result<Vec<Row>> {
    let text = fs::read_to_string(&options.reference)
        .with_context(|| format!("{}", options.reference.display()))?;
    Ok(rows(&text))
}

/// Lets the guest run `bench` in place of the shell, on a copy of `image`.
///
/// # Errors
/// Where it does not come to its end, or a row could not be measured.
pub fn measure(image: &Path) -> Result<Vec<Row>> {
    measure_by(image, PROGRAM, None)
}

/// As [`measure`], with a C program of the host.
///
/// # Errors
/// As [`measure`].
pub fn measure_c(image: &Path, program: &Path) -> Result<Vec<Row>> {
    measure_by(image, C_PROGRAM, Some(program))
}

fn measure_by(image: &Path, program: &str, of_host: Option<&Path>) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir().context("a folder for the emulator's files")?;
    let disk = copy_image(image, folder.path(), "disk.img")?;
    if let Some(file) = of_host {
        let bytes = fs::read(file).with_context(|| format!("{}", file.display()))?;
        image::put_program(&disk, program, &bytes)?;
    }
    image::add_to_command_line(&disk, &format!("console=ttyS0 init={program}"))?;
    let disks = Disks { disk, floppy: None };
    let (mut process, _terminal) = start(&disks, "c\n", folder.path())?;
    let output = wait(&mut process)?;
    let serial = fs::read_to_string(folder.path().join("serial.txt"))?;
    ensure!(
        output == End::Shutdown && !serial.contains("bench: "),
        "{program}: {output}; it said:\n{serial}"
    );
    Ok(rows(&serial))
}

/// The ticks from the kernel's entry until the shell waits for a command.
fn boot_ticks(options: &Options) -> Result<u64> {
    let [entry, prompt] = boot_times(&options.image, &options.kernel, None)?;
    Ok(prompt - entry)
}

/// The ticks from power-on to the kernel's entry, and until the shell waits for a command.
/// The machine boots from the image, or from `floppy`. The guest works on copies.
///
/// # Errors
/// If the guest does not come as far.
pub fn boot_times(image: &Path, kernel: &Path, floppy: Option<&Path>) -> Result<[u64; 2]> {
    let folder = tempfile::tempdir().context("a folder for the emulator's files")?;
    let copy = |floppy| copy_image(floppy, folder.path(), "floppy.img");
    let disks = Disks {
        disk: copy_image(image, folder.path(), "disk.img")?,
        floppy: floppy.map(copy).transpose()?,
    };
    let marks = boot_marks(&Symbols::read(kernel)?)?;
    let times = times_at(&disks, &marks, marks.len(), folder.path())?;
    Ok([times[0], times[1]])
}

/// Where a boot begins, and where it ends.
pub(crate) fn boot_marks(symbols: &Symbols) -> Result<[u64; 2]> {
    Ok([symbols.entry(), symbols.address(WAITS_FOR_INPUT)?])
}

/// The ticks at which the machine comes to one of the linear addresses: the first `most`
/// of them, or all until the guest switches itself off.
///
/// # Errors
/// Where these are fewer than two.
pub(crate) fn times_at(
    disks: &Disks,
    addresses: &[u64],
    most: usize,
    folder: &Path,
) -> Result<Vec<u64>> {
    let go_on = "c\nptime\n".repeat(most);
    let commands = format!("{}{go_on}q\n", breakpoints(addresses));
    let (mut process, _terminal) = start(disks, &commands, folder)?;
    wait(&mut process)?;
    let output = process.output();
    let times = times(&output);
    let serial = fs::read_to_string(folder.join("serial.txt")).unwrap_or_default();
    ensure!(
        times.len() >= 2,
        "the guest did not come to the end of what is measured; it said:\n{serial}\n{output}"
    );
    Ok(times)
}

/// The commands that have Bochs stop at linear addresses.
pub(crate) fn breakpoints(addresses: &[u64]) -> String {
    let command = |address| format!("lb {address:#x}\n");
    addresses.iter().map(command).collect()
}

/// The answers to `ptime`.
fn times(output: &str) -> Vec<u64> {
    let time = |line: &str| line.split_once("ptime: ")?.1.trim().parse().ok();
    output.lines().filter_map(time).collect()
}

/// A copy called `name` that may be written to.
pub(crate) fn copy_image(image: &Path, folder: &Path, name: &str) -> Result<PathBuf> {
    let disk = folder.join(name);
    let place = || format!("{}", image.display());
    let mut from = fs::File::open(image).with_context(place)?;
    // Not `fs::copy`: the original may be protected.
    io::copy(&mut from, &mut fs::File::create(&disk)?).with_context(place)?;
    Ok(disk)
}

/// What the measured machine boots from.
pub(crate) struct Disks {
    /// The first hard disk.
    pub(crate) disk: PathBuf,
    /// A floppy that it boots from instead.
    pub(crate) floppy: Option<PathBuf>,
}

/// Starts Bochs as the measured machine. Its terminal must live as long.
pub(crate) fn start(disks: &Disks, commands: &str, folder: &Path) -> Result<(Process, Terminal)> {
    let file = folder.join("commands");
    fs::write(&file, commands)?;
    let mut command = bochs::command(&bochs::Options {
        image: &disks.disk,
        volatile: false,
        display: "term",
        commands: &file,
        log: &folder.join("bochs.log"),
    })?;
    command.args(MACHINE);
    if let Some(floppy) = &disks.floppy {
        command.args(bochs::boot_floppy(floppy));
    }
    let serial = folder.join("serial.txt");
    command.arg(format!(
        "com1: enabled=1, mode=file, dev={}",
        serial.display()
    ));
    let mut process = Process::start(&mut command)?;
    let terminal = Terminal::open(&mut process, START_TIME)?;
    Ok((process, terminal))
}

pub(crate) fn wait(process: &mut Process) -> Result<End> {
    match process.wait(LIMIT)? {
        Some(status) => {
            // The threads that collect its last words need a moment.
            std::thread::sleep(Duration::from_millis(50));
            Ok(bochs::end(status, &process.output()))
        }
        None => bail!(
            "bench: still running after {} s:\n{}",
            LIMIT.as_secs(),
            process.output()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_to_ptime_are_found() {
        let output = "<bochs:3> ptime: 12\n(0) Breakpoint\nptime: 300\n";
        assert_eq!(times(output), [12, 300]);
    }
}
