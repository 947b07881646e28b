// SPDX-License-Identifier: GPL-2.0-or-later
//! `make bench`: what each operation of the kernel costs, beside the C kernel.
//!
//! The guest's program `bench` counts ticks in Bochs, where one is an
//! instruction, on the very machine that the C kernel was measured on
//! (`docs/c-0.11-ticks.tsv`): two runs agree to the tick. The time of a boot is
//! taken by Bochs's debugger: from the kernel's entry to the first call that
//! waits for input of a terminal, which is the shell's behind its prompt.
//!
//! Another edition than classic is not compared with the C kernel, but with classic,
//! which is measured in the same way.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::bochs::{self, Terminal};
use crate::process::Process;
use crate::symbols::Symbols;
use crate::{End, image};

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

/// What is measured, and against what.
pub struct Options {
    /// The disk image. The guest works on a copy.
    pub image: PathBuf,
    /// The kernel as ELF.
    pub kernel: PathBuf,
    /// The figures of the C kernel.
    pub reference: PathBuf,
    /// An image of the classic kernel, to compare with that instead.
    pub classic: Option<PathBuf>,
}

/// One line of what `bench` prints, or of the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What is timed.
    pub name: String,
    /// How often it was done.
    pub times: u32,
    /// The ticks of doing it once.
    pub ticks: u64,
}

/// Measures and prints the table.
///
/// # Errors
/// Where a run does not come to its end, a row of the reference was not
/// measured, or a file can't be read.
pub fn run(options: &Options) -> Result<()> {
    let (kernel, reference) = match &options.classic {
        Some(classic) => ("classic", measure(classic)?),
        None => ("C 0.11", reference(options)?),
    };
    let mut measured = measure(&options.image)?;
    measured.push(Row {
        name: "boot".into(),
        times: 1,
        ticks: boot_ticks(options)?,
    });
    print!("{}", table(&measured, kernel, &reference)?);
    Ok(())
}

/// The figures of the C kernel.
pub fn reference(options: &Options) -> Result<Vec<Row>> {
    let text = fs::read_to_string(&options.reference)
        .with_context(|| format!("{}", options.reference.display()))?;
    Ok(rows(&text))
}

/// The lines `name times ticks`; everything else is skipped.
pub fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        let mut fields = line.trim_end().split('\t');
        Some(Row {
            name: fields.next()?.to_string(),
            times: fields.next()?.parse().ok()?,
            ticks: fields.next()?.parse().ok()?,
        })
    };
    text.lines().filter_map(row).collect()
}

/// For each row of the reference, in its order, the measured ticks in terms of the
/// reference's.
///
/// # Errors
/// Where a row was not measured, or not as often.
pub fn ratios(measured: &[Row], reference: &[Row]) -> Result<Vec<f64>> {
    let ratio = |known: &Row| {
        let found = |row: &&Row| row.name == known.name && row.times == known.times;
        match measured.iter().find(found) {
            Some(row) => Ok(row.ticks as f64 / known.ticks as f64),
            None => bail!("bench: no row {} of {} times", known.name, known.times),
        }
    };
    reference.iter().map(ratio).collect()
}

/// The geometric mean.
pub fn mean(ratios: &[f64]) -> f64 {
    let sum: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    (sum / ratios.len() as f64).exp()
}

/// The measured rows, each with the figure of the reference, which is of `kernel`, and
/// the ratio, and the geometric mean of the ratios.
///
/// # Errors
/// As [`ratios`].
pub fn table(measured: &[Row], kernel: &str, reference: &[Row]) -> Result<String> {
    let ratios = ratios(measured, reference)?;
    let mut text = format!("row\ttimes\tticks\t{kernel}\tratio\n");
    for row in measured {
        write!(text, "{}\t{}\t{}", row.name, row.times, row.ticks)?;
        match reference.iter().position(|known| known.name == row.name) {
            Some(n) => writeln!(text, "\t{}\t{:.3}", reference[n].ticks, ratios[n])?,
            None => text.push_str("\t-\t-\n"),
        }
    }
    writeln!(text, "geometric mean\t\t\t\t{:.3}", mean(&ratios))?;
    Ok(text)
}

/// Lets the guest run `bench` in place of the shell, on a copy of `image`.
///
/// # Errors
/// Where it does not come to its end, or a row could not be measured.
pub fn measure(image: &Path) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir().context("a folder for the emulator's files")?;
    let disk = copy_image(image, folder.path())?;
    image::add_to_command_line(&disk, "console=ttyS0 init=/bin/bench")?;
    let (mut process, _terminal) = start(&disk, "c\n", folder.path())?;
    let output = wait(&mut process)?;
    let serial = fs::read_to_string(folder.path().join("serial.txt"))?;
    ensure!(
        output == End::Shutdown && !serial.contains("bench: "),
        "bench: {output}; it said:\n{serial}"
    );
    Ok(rows(&serial))
}

/// The ticks from the kernel's entry until the shell waits for a command.
pub(crate) fn boot_ticks(options: &Options) -> Result<u64> {
    let folder = tempfile::tempdir().context("a folder for the emulator's files")?;
    let disk = copy_image(&options.image, folder.path())?;
    let symbols = Symbols::read(&options.kernel)?;
    let commands = format!(
        "lb {:#x}\nlb {:#x}\nc\nptime\nc\nptime\nq\n",
        symbols.entry(),
        symbols.address(WAITS_FOR_INPUT)?
    );
    let (mut process, _terminal) = start(&disk, &commands, folder.path())?;
    wait(&mut process)?;
    let output = process.output();
    match times(&output)[..] {
        [entry, prompt] => Ok(prompt - entry),
        _ => bail!("Bochs did not come from the kernel's entry to a prompt:\n{output}"),
    }
}

/// The answers to `ptime`.
fn times(output: &str) -> Vec<u64> {
    let time = |line: &str| line.split_once("ptime: ")?.1.trim().parse().ok();
    output.lines().filter_map(time).collect()
}

pub(crate) fn copy_image(image: &Path, folder: &Path) -> Result<PathBuf> {
    let disk = folder.join("disk.img");
    fs::copy(image, &disk).with_context(|| format!("{}", image.display()))?;
    Ok(disk)
}

/// Starts Bochs as the measured machine. Its terminal must live as long.
pub(crate) fn start(disk: &Path, commands: &str, folder: &Path) -> Result<(Process, Terminal)> {
    let file = folder.join("commands");
    fs::write(&file, commands)?;
    let mut command = bochs::command(&bochs::Options {
        image: disk,
        volatile: false,
        display: "term",
        commands: &file,
        log: &folder.join("bochs.log"),
    })?;
    command.args(MACHINE);
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
    fn rows_are_found_among_other_lines() {
        let text = "Eleven\r\nnull-call\t2000\t53\tgetppid()\r\nrow\ttimes\tticks\n";
        let row = Row {
            name: "null-call".into(),
            times: 2000,
            ticks: 53,
        };
        assert_eq!(rows(text), [row]);
    }

    #[test]
    fn the_table_has_ratios_and_their_geometric_mean() {
        let measured = rows("a\t1\t50\nb\t2\t8\nc\t1\t7\n");
        let reference = rows("a\t1\t100\nb\t2\t1\n");
        assert_eq!(
            table(&measured, "C 0.11", &reference).unwrap(),
            "row\ttimes\tticks\tC 0.11\tratio\n\
             a\t1\t50\t100\t0.500\nb\t2\t8\t1\t8.000\nc\t1\t7\t-\t-\n\
             geometric mean\t\t\t\t2.000\n"
        );
    }

    #[test]
    fn a_missing_row_is_an_error() {
        let reference = rows("a\t1\t100\nb\t2\t1\n");
        for measured in ["a\t1\t50\n", "a\t1\t50\nb\t3\t1\n"] {
            let error = table(&rows(measured), "C 0.11", &reference).unwrap_err();
            assert_eq!(error.to_string(), "bench: no row b of 2 times");
        }
    }

    #[test]
    fn the_answers_to_ptime_are_found() {
        let output = "<bochs:3> ptime: 12\n(0) Breakpoint\nptime: 300\n";
        assert_eq!(times(output), [12, 300]);
    }
}
