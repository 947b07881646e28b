// SPDX-License-Identifier: GPL-2.0-or-later
//! `make soak`: random system calls in the guest (`usertests -s`), by the
//! million, in pieces.
//!
//! A piece is a boot of a fresh copy of the image, some ten thousand calls by a
//! user or by the super-user in a jail, and a look at the disk afterwards. The
//! pieces that are done stand in a file, so that a run that was broken off goes
//! on where it was. A piece that fails leaves its disk, and says how to make the
//! round that failed again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::{Emulator, End, Machine, PROMPT_TIME, image};

/// Calls of a round of `usertests -s`.
const CALLS_OF_ROUND: u32 = 500;
/// How long a piece may take, and switching off.
const LIMIT: Duration = Duration::from_secs(1800);
const HALT_TIME: Duration = Duration::from_secs(60);
/// The partition of the root file system.
const ROOT: usize = 2;

/// Who makes the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Who {
    /// A user without rights.
    Guest,
    /// The super-user in a jail without device nodes.
    Root,
}

impl Who {
    fn flag(self) -> &'static str {
        match self {
            Self::Guest => "-s",
            Self::Root => "-S",
        }
    }
}

/// What is to be done.
pub struct Options {
    /// The disk image. Each piece works on a copy.
    pub image: PathBuf,
    /// Where the list of what is done goes, and disks.
    pub folder: PathBuf,
    /// In which emulators.
    pub emulators: Vec<Emulator>,
    /// By whom.
    pub who: Vec<Who>,
    /// Calls in each emulator by each.
    pub calls: u32,
    /// Calls of a piece.
    pub piece: u32,
}

/// A part of the work.
#[derive(Debug, Clone)]
pub struct Piece {
    /// In which emulator.
    pub emulator: Emulator,
    /// By whom.
    pub who: Who,
    /// The first round, whose number is its seed.
    pub round: u32,
    /// How many calls.
    pub calls: u32,
}

impl Piece {
    /// Its line in the list of what is done.
    fn name(&self) -> String {
        let Self { emulator, who, .. } = self;
        let (round, calls) = (self.round, self.calls);
        format!("{emulator:?} {who:?} {round} {calls}").to_lowercase()
    }

    fn command(&self) -> String {
        format!(
            "usertests {} {} {}",
            self.who.flag(),
            self.round,
            self.calls
        )
    }

    /// Runs it on `disk`, which it writes to.
    ///
    /// # Errors
    /// Where a round fails, the machine does not switch itself off, or the file
    /// system has an error afterwards.
    pub fn run(&self, disk: &Path) -> Result<()> {
        let mut guest = Machine::new(self.emulator, disk)
            .in_place()
            .command_line("console=ttyS0")
            .boot()?;
        guest.expect_prompt("the first prompt", PROMPT_TIME)?;
        let command = format!("{}; echo status $?", self.command());
        let said = guest.command_within(&command, LIMIT)?;
        ensure!(said.ends_with("status 0\n"), "{}", guest.failure(&said));
        guest.send("sync; halt\n")?;
        let end = guest.wait_end(HALT_TIME)?;
        ensure!(end == End::Shutdown, "{}", guest.failure(&end.to_string()));
        check(disk)
    }
}

/// Does all pieces that are not done yet.
///
/// # Errors
/// Where one fails; the rest is not begun.
pub fn run(options: &Options) -> Result<()> {
    let folder = &options.folder;
    fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
    let list = folder.join("done");
    let mut done = fs::read_to_string(&list).unwrap_or_default();
    let pieces = pieces(options);
    for (number, piece) in pieces.iter().enumerate() {
        let name = piece.name();
        if done.lines().any(|line| line == name) {
            continue;
        }
        let start = Instant::now();
        let disk = folder.join("disk.img");
        fs::copy(&options.image, &disk).with_context(|| format!("{}", options.image.display()))?;
        if let Err(error) = piece.run(&disk) {
            bail!("{name}: {error:#}\n{}", how_to_repeat(piece, &disk));
        }
        done += &format!("{name}\n");
        fs::write(&list, &done)?;
        let seconds = start.elapsed().as_secs();
        println!("{}/{}: {name}: {seconds} s", number + 1, pieces.len());
    }
    println!(
        "{} pieces done; {} lists them",
        pieces.len(),
        list.display()
    );
    Ok(())
}

fn pieces(options: &Options) -> Vec<Piece> {
    let rounds = options.piece.div_ceil(CALLS_OF_ROUND);
    let number = options.calls.div_ceil(options.piece);
    let mut pieces = Vec::new();
    for index in 0..number {
        for &emulator in &options.emulators {
            for &who in &options.who {
                pieces.push(Piece {
                    emulator,
                    who,
                    round: index * rounds,
                    calls: options.piece,
                });
            }
        }
    }
    pieces
}

fn how_to_repeat(piece: &Piece, disk: &Path) -> String {
    let (emulator, flag) = (piece.emulator, piece.who.flag());
    format!(
        "The disk is {}. Once more, from the round N that was said to fail:\n\
         target/debug/guest boot --emulator {} --timeout 600 \
         --send 'usertests {flag} N 1\\n'",
        disk.display(),
        format!("{emulator:?}").to_lowercase(),
    )
}

/// Has our own checker and the real `fsck.minix` look at the root file system.
///
/// # Errors
/// Where one finds anything.
pub fn check(disk: &Path) -> Result<()> {
    let root = disk.with_extension("root");
    image::extract_partition(disk, ROOT, &root)?;
    let report = fsck::check(&fs::read(&root)?)?;
    ensure!(report.is_clean(), "fsck: {:#?}", report.problems);
    let output = Command::new("fsck.minix")
        .arg("-f")
        .arg(&root)
        .output()
        .context("fsck.minix, of the package util-linux")?;
    let words = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "fsck.minix: {}\n{words}",
        output.status
    );
    fs::remove_file(&root)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_go_on_where_the_one_before_ends() {
        let pieces = pieces(&Options {
            image: PathBuf::new(),
            folder: PathBuf::new(),
            emulators: vec![Emulator::Qemu],
            who: vec![Who::Guest, Who::Root],
            calls: 2000,
            piece: 1000,
        });
        let names: Vec<String> = pieces.iter().map(Piece::name).collect();
        assert_eq!(
            names,
            [
                "qemu guest 0 1000",
                "qemu root 0 1000",
                "qemu guest 2 1000",
                "qemu root 2 1000"
            ]
        );
    }
}
