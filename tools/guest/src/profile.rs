// SPDX-License-Identifier: GPL-2.0-or-later
//! `make profile`: where the instructions of a boot go.
//!
//! Bochs's debugger lets the machine run some instructions at a time and shows the
//! next one each time: a sample of the program counter. All is counted from the
//! kernel's entry to the first call that waits for input of a terminal, as in
//! `make bench`; two runs agree to the sample. A sample in ring 3 counts for the
//! programs, any other for the kernel's function that holds the address.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::bench::{Options, boot_ticks, copy_image, start, wait};
use crate::latency::innermost;
use crate::symbols::Symbols;

/// Instructions between two samples: a prime, so that no loop keeps step with it.
const EVERY: u64 = 397;
/// How many functions are shown, and how many inlined ones of each.
const SHOWN: usize = 40;
const SHOWN_INLINED: usize = 4;
/// Ring 3, in the last bits of the code segment's selector.
const RING: u64 = 3;

/// Where one sample was taken: the selector of the code segment and the offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The selector in CS.
    pub selector: u64,
    /// The offset in EIP.
    pub offset: u64,
}

/// Samples a boot and prints the table.
///
/// # Errors
/// Where the run does not come to its end, or the kernel can't be read.
pub fn run(options: &Options) -> Result<()> {
    let samples = sample(options)?;
    print!("{}", table(&samples, &options.kernel)?);
    Ok(())
}

/// The samples of a boot, in order.
///
/// # Errors
/// Where Bochs does not come from the kernel's entry to a prompt.
pub fn sample(options: &Options) -> Result<Vec<Sample>> {
    let folder = tempfile::tempdir().context("a folder for the emulator's files")?;
    let disk = copy_image(&options.image, folder.path())?;
    let symbols = Symbols::read(&options.kernel)?;
    let ticks = boot_ticks(options)?;
    let steps = format!("s {EVERY}\n").repeat((ticks / EVERY) as usize);
    let commands = format!("lb {:#x}\nc\n{steps}q\n", symbols.entry());
    let (mut process, _terminal) = start(&disk, &commands, folder.path())?;
    wait(&mut process)?;
    let samples: Vec<Sample> = process.output().lines().filter_map(place).collect();
    ensure!(!samples.is_empty(), "Bochs has shown no instruction");
    Ok(samples)
}

/// The line `(0) [0x000000101234] 0008:c0001234 (unk. ctxt): mov eax, ebx`.
fn place(line: &str) -> Option<Sample> {
    let (_, rest) = line.split_once("(0) [0x")?;
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
pub fn table(samples: &[Sample], kernel: &Path) -> Result<String> {
    let symbols = Symbols::read(kernel)?;
    let (programs, kernels): (Vec<Sample>, Vec<Sample>) = samples
        .iter()
        .partition(|sample| sample.selector & RING == RING);
    let offsets: Vec<u64> = kernels.iter().map(|sample| sample.offset).collect();
    let mut functions: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for (offset, inlined) in offsets.iter().zip(innermost(kernel, &offsets)?) {
        let function = symbols.name_at(*offset).unwrap_or("before the kernel");
        *functions
            .entry(function)
            .or_default()
            .entry(inlined)
            .or_default() += 1;
    }
    let mut text = String::new();
    let mut line = |count: usize, indent: &str, name: &str| {
        let share = 100.0 * count as f64 / samples.len() as f64;
        writeln!(
            text,
            "{share:6.2} %  {:9} {indent}{name}",
            count as u64 * EVERY
        )
    };
    line(samples.len(), "", "all, in instructions")?;
    line(programs.len(), "", "programs")?;
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
    fn the_next_instruction_is_a_sample() {
        let line = "(0) [0x00000000e05b] 000f:00000000e05b (unk. ctxt): jmpf 0xf000:e062";
        let sample = Sample {
            selector: 0xF,
            offset: 0xE05B,
        };
        assert_eq!(place(line), Some(sample));
        assert_eq!(place("Next at t=12"), None);
    }
}
