// SPDX-License-Identifier: GPL-2.0-or-later
//! `make latency`: how long interrupts are masked at most, and where.
//!
//! The kernel of the image is one that measures it (`lib/asm`'s
//! `system/measured.rs`) and tells the worst stretches on port E9h, which
//! Bochs prints. One tick is one instruction. The guest runs `usertests`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::{Emulator, Machine, PROMPT_TIME};

/// How many stretches are shown.
const SHOWN: usize = 10;
/// How many functions tell a place.
const FUNCTIONS: usize = 5;

/// What is measured.
pub struct Options {
    /// The disk image, with a kernel that measures. The guest works on a copy.
    pub image: PathBuf,
    /// That kernel as ELF.
    pub kernel: PathBuf,
    /// What the guest runs.
    pub command: String,
    /// How long that may take.
    pub limit: Duration,
}

/// A stretch with interrupts masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// How many instructions it took.
    pub ticks: u64,
    /// Where it began: the address, its caller, and the caller of that.
    pub from: Vec<u64>,
    /// Where it ended, likewise.
    pub to: Vec<u64>,
}

/// Measures and prints the worst stretches.
///
/// # Errors
/// Where the run does not come to its end or nothing was measured.
pub fn run(options: &Options) -> Result<()> {
    let worst = measure(options)?;
    print!("{}", table(&worst, &options.kernel)?);
    Ok(())
}

/// Runs the command in the guest; the worst stretches, longest first, one for
/// each pair of places.
///
/// # Errors
/// Where the command does not end with status 0 or nothing was measured.
pub fn measure(options: &Options) -> Result<Vec<Stretch>> {
    let mut guest = Machine::new(Emulator::Bochs, &options.image)
        .command_line("console=ttyS0")
        .boot()?;
    guest.expect_prompt("the first prompt", PROMPT_TIME)?;
    let command = format!("{}; echo status $?", options.command);
    let said = guest.command_within(&command, options.limit)?;
    let passed = said.ends_with("status 0\n");
    // Of some hundred lines those that tell of a failure.
    let told = said.lines().filter(|line| !line.contains("... ok"));
    let told: Vec<&str> = told.collect();
    ensure!(passed, "{}:\n{}", options.command, told.join("\n"));
    let worst = stretches(&guest.emulator_output());
    ensure!(
        !worst.is_empty(),
        "the kernel of the image does not measure"
    );
    Ok(worst)
}

/// The stretches in what Bochs has printed, longest first.
pub fn stretches(output: &str) -> Vec<Stretch> {
    let mut longest = BTreeMap::new();
    for stretch in output.lines().filter_map(stretch) {
        let places = (stretch.from[0], stretch.to[0]);
        let known = longest.entry(places).or_insert_with(|| stretch.clone());
        if known.ticks < stretch.ticks {
            *known = stretch;
        }
    }
    let mut all: Vec<Stretch> = longest.into_values().collect();
    all.sort_by_key(|stretch| std::cmp::Reverse(stretch.ticks));
    all
}

/// The line `masked TICKS from A B C to D E F`, behind whatever else Bochs
/// has printed there.
fn stretch(line: &str) -> Option<Stretch> {
    let (_, rest) = line.split_once("masked ")?;
    let (ticks, places) = rest.split_once(" from ")?;
    let (from, to) = places.split_once(" to ")?;
    let addresses = |text: &str| -> Option<Vec<u64>> {
        let words = text.split_whitespace();
        words
            .map(|word| u64::from_str_radix(word, 16).ok())
            .collect()
    };
    Some(Stretch {
        ticks: ticks.parse().ok()?,
        from: addresses(from).filter(|all| !all.is_empty())?,
        to: addresses(to).filter(|all| !all.is_empty())?,
    })
}

/// The worst stretches with the functions where they began and ended.
///
/// # Errors
/// Where `addr2line` can't read the kernel.
pub fn table(worst: &[Stretch], kernel: &Path) -> Result<String> {
    let mut text = String::new();
    for stretch in worst.iter().take(SHOWN) {
        text += &format!("{} instructions\n", stretch.ticks);
        text += &format!("  from {}\n", functions(kernel, &stretch.from)?);
        text += &format!("  to   {}\n", functions(kernel, &stretch.to)?);
    }
    Ok(text)
}

/// The functions that hold the addresses, those that were inlined too, the
/// innermost first.
fn functions(kernel: &Path, addresses: &[u64]) -> Result<String> {
    let text = addr2line(kernel, &["-i"], addresses)?;
    let lines: Vec<&str> = text.lines().collect();
    // Two lines for each function: its name, and the file and line.
    let named = lines
        .chunks_exact(2)
        .filter(|pair| tells_something(pair[0]));
    let shown = named.take(FUNCTIONS);
    let all: Vec<String> = shown
        .map(|pair| format!("{} ({})", pair[0], pair[1]))
        .collect();
    Ok(all.join(" < "))
}

/// What `addr2line` says of the addresses: two lines for each function.
fn addr2line(kernel: &Path, options: &[&str], addresses: &[u64]) -> Result<String> {
    // They may be more than a command line takes.
    let mut file = tempfile::NamedTempFile::new().context("a file for addresses")?;
    for address in addresses {
        writeln!(file, "{address:#x}")?;
    }
    let output = Command::new("addr2line")
        .args(options)
        .args(["-f", "-C", "-s", "-e"])
        .arg(kernel)
        .arg(format!("@{}", file.path().display()))
        .output()
        .context("addr2line, of the package binutils")?;
    ensure!(output.status.success(), "addr2line: {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// For each address the function that it belongs to in the source, inlined or not, and
/// the file.
pub(crate) fn innermost(kernel: &Path, addresses: &[u64]) -> Result<Vec<String>> {
    let text = addr2line(kernel, &[], addresses)?;
    let lines: Vec<&str> = text.lines().collect();
    let named = lines.chunks_exact(2).map(|pair| {
        let file = pair[1].split(':').next().unwrap_or_default();
        format!("{} ({file})", pair[0])
    });
    Ok(named.collect())
}

/// Whether a function is not one of the locks' own, which are in all places.
fn tells_something(function: &str) -> bool {
    let everywhere = ["??", "core::", "<*const", "asm::", "<sync::"];
    !everywhere.iter().any(|start| function.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_of_each_pair_of_places_is_kept() {
        let output = "noise masked 5 from 10 20 0 to 30 0 0\nmasked x\n\
                      masked 7 from 10 21 0 to 30 0 0\nmasked 6 from a 0 0 to 30 0 0\n";
        let worst = stretches(output);
        let seen: Vec<_> = worst.iter().map(|s| (s.ticks, s.from.clone())).collect();
        assert_eq!(seen, [(7, vec![0x10, 0x21, 0]), (6, vec![0xA, 0, 0])]);
    }
}
