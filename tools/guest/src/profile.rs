// SPDX-License-Identifier: GPL-2.0-or-later
//! `make profile`: where the instructions of a boot go, or of a job that the guest does.
//!
//! Bochs's debugger lets the machine run some instructions at a time and shows the
//! next one each time: a sample of the program counter. A first run finds the ticks of
//! begin and end; two runs agree to the sample. A boot lasts from the kernel's entry to
//! the first call that waits for input of a terminal, as in `make bench`. A job is a line
//! for the guest's shell, which runs it in place of all that a boot ends with; it lasts
//! from one call of `umask` to the last one, which the shell makes before and after it.
//! A sample in ring 3 counts for the programs, any other for the kernel's function that
//! holds the address. Instead, all instructions of one call may be shown: [`call`].

pub mod call;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::bench::{self, Disks, copy_image, start, times_at, wait};
use crate::image;
use crate::latency::innermost;
use crate::symbols::Symbols;

/// Instructions between two samples at least: a prime, so that no loop keeps step with it.
const EVERY: u64 = 397;
/// About how many samples are taken at most.
const MOST_SAMPLES: u64 = 200_000;
/// The call that begins and ends a job, and how often it may be made in it.
const MARK: &str = "kernel::system_call::SYS_CALL_TABLE::umask";
const MOST_MARKS: usize = 20_000;
/// The script that runs a job.
const SCRIPT: &str = "/tmp/profile";
/// Where the programs of our disks are, and of those of 1991.
const PATH: &str = "/bin:/usr/bin:/usr/local/bin:/etc:/sbin";
/// How many functions are shown, and how many inlined ones of each.
const SHOWN: usize = 40;
const SHOWN_INLINED: usize = 4;
/// Ring 3, in the last bits of the code segment's selector.
const RING: u64 = 3;

/// What is sampled.
pub struct Options {
    /// The disk image. The guest works on a copy.
    pub image: PathBuf,
    /// The kernel as ELF.
    pub kernel: PathBuf,
    /// What the guest's shell runs; a boot without this.
    pub job: Option<String>,
    /// A floppy with the kernel, for a disk that has none.
    pub floppy: Option<PathBuf>,
    /// A call, and which one of them, to show all instructions of instead.
    pub call: Option<(String, usize)>,
}

/// Where one sample was taken: the selector of the code segment and the offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// The selector in CS.
    pub selector: u64,
    /// The offset in EIP.
    pub offset: u64,
}

/// The samples of a run.
pub struct Profile {
    /// Instructions from one to the next.
    pub every: u64,
    /// Ticks of the whole. A processor that waits for an interrupt takes ticks, but no
    /// instructions.
    pub ticks: u64,
    /// The samples, in order.
    pub samples: Vec<Sample>,
}

/// Samples a boot or a job, or a call in it, and prints the table.
///
/// # Errors
/// Where the run does not come to its end, or the kernel can't be read.
pub fn run(options: &Options) -> Result<()> {
    let profile = match &options.call {
        Some((name, nth)) => call::instructions(options, name, *nth)?,
        None => sample(options)?,
    };
    print!("{}", table(&profile, &options.kernel)?);
    Ok(())
}

/// Samples a boot or a job.
///
/// # Errors
/// Where Bochs does not come from its begin to its end.
pub fn sample(options: &Options) -> Result<Profile> {
    let symbols = Symbols::read(&options.kernel)?;
    let (marks, most) = match options.job {
        Some(_) => (vec![symbols.address(MARK)?], MOST_MARKS),
        None => (bench::boot_marks(&symbols)?.to_vec(), 2),
    };
    let folder = tempfile::tempdir().context("a folder for the emulator's files")?;
    let disks = prepare(options, folder.path())?;
    let times = times_at(&disks, &marks, most, folder.path())?;
    ensure!(
        options.job.is_none() || times.len() < most,
        "the job has called umask too often"
    );
    let ticks = times[times.len() - 1] - times[0];
    let every = interval(ticks);
    let steps = format!("s {every}\n").repeat((ticks / every) as usize);
    let commands = format!("{}c\n{steps}q\n", bench::breakpoints(&marks));
    // The first run has written to the disk.
    let disks = prepare(options, folder.path())?;
    let (mut process, _terminal) = start(&disks, &commands, folder.path())?;
    wait(&mut process)?;
    let samples = samples(&process.output(), times.len());
    ensure!(!samples.is_empty(), "Bochs has shown no instruction");
    Ok(Profile {
        every,
        ticks,
        samples,
    })
}

/// Copies of the disks, with the job in place of the shell.
fn prepare(options: &Options, folder: &Path) -> Result<Disks> {
    let disk = copy_image(&options.image, folder, "disk.img")?;
    let floppy = options.floppy.as_ref();
    let floppy = floppy.map(|image| copy_image(image, folder, "floppy.img"));
    let floppy = floppy.transpose()?;
    if let Some(job) = &options.job {
        // A job may end its shell, and init goes on to another one after some statuses.
        let script = format!(
            "#!/bin/sh\nPATH={PATH}\nexport PATH\numask 022\n(\n{job}\n)\numask 022\nexit 0\n"
        );
        image::put_program(&disk, SCRIPT, script.as_bytes())?;
        let words = format!("console=ttyS0 init={SCRIPT}");
        image::add_to_command_line(floppy.as_ref().unwrap_or(&disk), &words)?;
    }
    Ok(Disks { disk, floppy })
}

/// A prime, so that there are not too many samples.
fn interval(ticks: u64) -> u64 {
    let is_prime = |number: u64| {
        (2..)
            .take_while(|n| n * n <= number)
            .all(|n| !number.is_multiple_of(n))
    };
    let least = EVERY.max(ticks / MOST_SAMPLES);
    (least..).find(|&number| is_prime(number)).unwrap_or(least)
}

/// The samples from the first of `marks` breakpoints to the last.
fn samples(output: &str, marks: usize) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut passed = 0;
    let mut is_mark = false;
    for line in output.lines() {
        if line.contains(") Breakpoint ") {
            passed += 1;
            is_mark = true;
            if passed == marks {
                break;
            }
        } else if let Some(sample) = place(line) {
            // Bochs shows the instruction at a breakpoint, too.
            if passed > 0 && !is_mark {
                samples.push(sample);
            }
            is_mark = false;
        }
    }
    samples
}

/// The line `(0) [0x000000101234] 0008:c0001234 (unk. ctxt): mov eax, ebx`; in a trace
/// the ticks stand behind `(0)`.
fn place(line: &str) -> Option<Sample> {
    let (_, rest) = line.strip_prefix("(0)")?.split_once("[0x")?;
    let (_, rest) = rest.split_once("] ")?;
    let (selector, rest) = rest.split_once(':')?;
    let (offset, _) = rest.split_once(' ')?;
    Some(Sample {
        selector: u64::from_str_radix(selector, 16).ok()?,
        offset: u64::from_str_radix(offset, 16).ok()?,
    })
}

/// The samples of each function, most first, and below it those of what was inlined
/// there.
///
/// # Errors
/// Where the kernel, or `addr2line`, can't be read.
pub fn table(profile: &Profile, kernel: &Path) -> Result<String> {
    let symbols = Symbols::read(kernel)?;
    let samples = &profile.samples;
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    let mut programs = 0;
    for sample in samples {
        match sample.selector & RING {
            RING => programs += 1,
            _ => *counts.entry(sample.offset).or_default() += 1,
        }
    }
    let offsets: Vec<u64> = counts.keys().copied().collect();
    let mut functions: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for ((offset, count), inlined) in counts.iter().zip(innermost(kernel, &offsets)?) {
        let function = symbols.name_at(*offset).unwrap_or("before the kernel");
        let all = functions.entry(function).or_default();
        *all.entry(inlined).or_default() += count;
    }
    let mut text = match profile.every {
        1 => String::new(),
        every => format!("{} ticks, a sample each {every}\n", profile.ticks),
    };
    let mut line = |count: usize, indent: &str, name: &str| {
        let share = 100.0 * count as f64 / samples.len() as f64;
        writeln!(
            text,
            "{share:6.2} %  {:9} {indent}{name}",
            count as u64 * profile.every
        )
    };
    line(samples.len(), "", "all, in instructions")?;
    line(programs, "", "programs")?;
    line(samples.len() - programs, "", "kernel")?;
    for (function, inlined) in most(functions, |inlined| inlined.values().sum()) {
        line(inlined.values().sum(), "", function)?;
        for (name, count) in most(inlined, |count| *count)
            .into_iter()
            .take(SHOWN_INLINED)
        {
            line(count, "    ", &name)?;
        }
    }
    Ok(text)
}

/// The entries with the largest counts, largest first.
fn most<K: Ord, V>(all: BTreeMap<K, V>, count: impl Fn(&V) -> usize) -> Vec<(K, V)> {
    let mut sorted: Vec<(K, V)> = all.into_iter().collect();
    sorted.sort_by_key(|(_, value)| std::cmp::Reverse(count(value)));
    sorted.truncate(SHOWN);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instructions_between_the_marks_are_samples() {
        let output = "\
(0) [0x0000fffffff0] f000:fff0 (unk. ctxt): jmpf 0xf000:e05b
(0) Breakpoint 1, 0x00101000 in ?? ()
Next at t=12
(0) [0x000000101000] 0008:00101000 (unk. ctxt): cld
Next at t=409
(0) [0x00000000e05b] 000f:00000000e05b (unk. ctxt): jmpf 0xf000:e062
(0) Breakpoint 1, 0x00101000 in ?? ()
(0) [0x000000101000] 0008:00101000 (unk. ctxt): cld
(0) [0x000000101234] 0008:00101234 (unk. ctxt): mov eax, ebx
";
        let [program, kernel] = [(0xF, 0xE05B), (8, 0x10_1234)];
        let sample = |(selector, offset)| Sample { selector, offset };
        assert_eq!(samples(output, 3), [program, kernel].map(sample));
        assert_eq!(samples(output, 2), [program].map(sample));
    }

    #[test]
    fn a_long_run_has_fewer_samples() {
        assert_eq!(interval(2_000_000), EVERY);
        assert_eq!(interval(761_000_000), 3821);
    }
}
