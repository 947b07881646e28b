// SPDX-License-Identifier: GPL-2.0-or-later
//! `fsck`: the check, the repair, and taking it back.

use super::Outcome;
use super::images::now;
use super::json::{self, print};
use crate::cli::FsckArgs;
use fs::layout::BLOCK_SIZE;
use fsck::{
    Block, Blocks, Changes, Device, Kept, Options, Problem, Repaired, Report, check,
    repair_until_clean,
};
use mkimage::backup::Backup;
use mkimage::changes::Change;
use mkimage::complaints::Complaints;
use mkimage::disk::{Region, SECTOR_SIZE};
use mkimage::error::{Error, Fault, FaultContext, HostContext, OutputContext, Result};
use mkimage::image::{Image, unpacked};
use mkimage::lock::{self, open_to_change, open_to_read};
use mkimage::output::{NewFile, rewrite};
use std::fs::{self as host, File};
use std::io::{IsTerminal, Write, stderr, stdin};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The file system that was asked for.
struct Place {
    path: PathBuf,
    /// Locked, if it is to be repaired.
    file: File,
    length: u64,
    region: Region,
    /// What tells that the file ends too early, if it does.
    missing: Option<Fault>,
}

impl Device for &Place {
    fn count(&self) -> u32 {
        (self.region.length / BLOCK_SIZE as u64) as u32
    }

    /// Zeros stand for what is behind the end of the file.
    fn read(&self, first: u32, blocks: &mut [Block]) -> bool {
        let bytes = blocks.as_flattened_mut();
        let start = self.region.start + u64::from(first) * BLOCK_SIZE as u64;
        let there = self.length.saturating_sub(start).min(bytes.len() as u64);
        let (there, behind) = bytes.split_at_mut(there as usize);
        behind.fill(0);
        self.file.read_exact_at(there, start).is_ok()
    }
}

/// `fsck`: each problem on a line of its own, then a summary.
pub fn fsck(arguments: &FsckArgs, out: &mut dyn Write) -> Result<Outcome> {
    if let Some(backup) = &arguments.undo {
        return undo(arguments, backup, out);
    }
    let mut place = find(arguments)?;
    let complaints = Complaints::default();
    if let Some(fault) = place.missing.take() {
        complaints.complain(&fault.in_file(&place.path));
    }
    let is_whole = !complaints.were_made();
    let blocks = Kept::new(&place);
    let (report, is_hopeless) = match check(&blocks) {
        Ok(report) => (report, false),
        Err(fault) if blocks.unreadable().is_some() => return Err(fault).in_file(&place.path),
        Err(fault) => (hopeless(fault.problem), !arguments.force),
    };
    if arguments.repair && !report.is_clean() && !is_hopeless {
        return mend(arguments, &place, &blocks, &report, out);
    }
    show(arguments, &report, is_whole, out)
}

/// What is wrong with the file system of an image, all of which must be there.
pub fn report_of(path: &Path) -> Result<Report> {
    let image = Image::open(path)?;
    let region = image.file_system(None)?;
    let place = Place {
        path: image.path,
        file: image.file,
        length: image.length,
        region,
        missing: None,
    };
    check(&Kept::new(&place)).in_file(path)
}

fn show(
    arguments: &FsckArgs,
    report: &Report,
    is_whole: bool,
    out: &mut dyn Write,
) -> Result<Outcome> {
    match arguments.json {
        true => print(&json::report(report, None), out)?,
        false => print_report(report, out)?,
    }
    Ok(match report.is_clean() && is_whole {
        true => Outcome::Done,
        false => Outcome::Damaged,
    })
}

/// Where nothing can be looked at, that is the one problem.
fn hopeless(problem: String) -> Report {
    Report {
        problems: vec![Problem::NoSuperBlock { problem }],
        count: 1,
        ..Report::default()
    }
}

fn find(arguments: &FsckArgs) -> Result<Place> {
    let path = arguments.image.as_deref().unwrap_or(Path::new(""));
    let file = match arguments.repair && !arguments.dry_run {
        true => open_to_change(path),
        false => open_to_read(path).and_then(|file| unpacked(path, file)),
    }?;
    // What is repaired must be all there.
    let of = match arguments.repair {
        true => Image::of,
        false => Image::of_what_is_there,
    };
    let image = match of(path, file.try_clone().on_host("open", path)?) {
        Ok(image) => image,
        Err(error @ Error::Contents { .. }) => return bare_without_magic(path, file).ok_or(error),
        Err(error) => return Err(error),
    };
    let region = image.file_system(arguments.partition)?;
    Ok(Place {
        path: image.path,
        file,
        length: image.length,
        region,
        missing: image.missing,
    })
}

/// A bare file system is told by its magic number. If that is wrong, all the rest
/// may still tell one.
fn bare_without_magic(path: &Path, file: File) -> Option<Place> {
    let length = lock::length(&file).ok()?;
    let region = Region {
        start: 0,
        length: length.min(FILE_SYSTEM_MAX),
    };
    let place = Place {
        path: path.to_owned(),
        file,
        length,
        region,
        missing: None,
    };
    check(&Kept::new(&place)).ok().map(|_| place)
}

/// Zone numbers have 16 bits.
const FILE_SYSTEM_MAX: u64 = 65536 * 1024;

/// Finds what to change, and writes it.
fn mend(
    arguments: &FsckArgs,
    place: &Place,
    blocks: &dyn Blocks,
    before: &Report,
    out: &mut dyn Write,
) -> Result<Outcome> {
    let options = Options {
        keep_lost_zones: !arguments.free_lost_zones,
        trust_super_block: arguments.force,
        time: arguments.time.time.unwrap_or_else(now),
    };
    let repaired = repair_until_clean(blocks, &options).in_file(&place.path)?;
    let verdict = verdict(arguments, &repaired);
    let backup = match verdict {
        Verdict::Write => write(arguments, place, blocks, &repaired.changes)?,
        _ => None,
    };
    let is_written = verdict == Verdict::Write;
    if arguments.json {
        let done = json::Repair {
            actions: &repaired.actions,
            is_written,
            backup: backup.as_deref(),
        };
        print(&json::report(before, Some(&done)), out)?;
    } else {
        print_repair(before, &repaired, verdict, out)?;
        if let Some(backup) = &backup {
            let backup = backup.display();
            writeln!(out, "{backup} keeps what was changed: fsck --undo {backup}").on_output()?;
        }
    }
    Ok(match is_written {
        true => Outcome::Done,
        false => Outcome::Damaged,
    })
}

/// What to do with the changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// They are written.
    Write,
    /// Nobody wanted more than to know.
    DryRun,
    /// They would not make it clean.
    NotClean,
    /// They would lose more than they keep, and nobody has agreed.
    TooMuchLost,
}

fn verdict(arguments: &FsckArgs, repaired: &Repaired) -> Verdict {
    if !repaired.after.is_clean() {
        return Verdict::NotClean;
    }
    if arguments.dry_run {
        return Verdict::DryRun;
    }
    if repaired.loses_more_than_it_keeps() && !arguments.force && !is_agreed(repaired) {
        return Verdict::TooMuchLost;
    }
    Verdict::Write
}

/// Asks, where there is somebody.
fn is_agreed(repaired: &Repaired) -> bool {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return false;
    }
    eprint!("The repair {}. Repair it? [y/N] ", cost(repaired));
    let mut answer = String::new();
    stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

fn cost(repaired: &Repaired) -> String {
    let (lost, kept) = (repaired.lost, repaired.kept);
    format!(
        "throws away {} files and {} zones, and keeps {} and {}",
        lost.files, lost.zones, kept.files, kept.zones
    )
}

/// Changes the sectors of the image; before it, puts what they were into a file
/// beside it.
fn write(
    arguments: &FsckArgs,
    place: &Place,
    blocks: &dyn Blocks,
    changes: &Changes,
) -> Result<Option<PathBuf>> {
    let path = host::canonicalize(&place.path).on_host("find", &place.path)?;
    let backup = Backup::of(&path, place.length, place.region, blocks, changes);
    let changes: Vec<Change> = (backup.sectors.iter())
        .map(|sector| Change {
            offset: sector.offset(),
            bytes: sector.new.to_vec(),
        })
        .collect();
    let name = match (arguments.no_backup, &arguments.backup) {
        (true, _) => None,
        (false, Some(name)) => Some(name.clone()),
        (false, None) => Some(unused_name(&place.path)),
    };
    if let Some(name) = &name {
        let bytes = backup.to_bytes();
        let file = NewFile::create(name, bytes.len() as u64, &[&place.path])?;
        file.write_at(&bytes, 0)?;
        file.commit()?;
    }
    rewrite(&place.path, &place.file, &changes)?;
    Ok(name)
}

/// `IMAGE.undo`, or with a number behind it if that is there.
fn unused_name(image: &Path) -> PathBuf {
    let numbered = |suffix: &str| {
        let mut name = image.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let more = (2u32..).map(|count| numbered(&format!(".undo.{count}")));
    std::iter::once(numbered(".undo"))
        .chain(more)
        .find(|name| name.symlink_metadata().is_err())
        .unwrap_or_else(|| numbered(".undo"))
}

/// `fsck --undo`: the sectors as they were before a repair.
fn undo(arguments: &FsckArgs, name: &Path, out: &mut dyn Write) -> Result<Outcome> {
    let bytes = host::read(name).on_host("read", name)?;
    let backup = Backup::parse(&bytes).in_file(name)?;
    let path = arguments.image.as_deref().unwrap_or(&backup.image);
    let image = open_to_change(path)?;
    let length = lock::length(&image).on_host("look at", path)?;
    if length != backup.length {
        let problem = format!("{length} bytes, at the repair it had {}", backup.length);
        return Err(Fault::new("length", problem).in_file(path));
    }
    let mut changes = Vec::new();
    for sector in &backup.sectors {
        let mut now = [0; SECTOR_SIZE];
        (image.read_exact_at(&mut now, sector.offset())).on_host("read", path)?;
        if now != sector.new && now != sector.old && !arguments.force {
            let place = format!("sector {}", sector.number);
            let problem = "changed since the repair; --force puts the old one there all the same";
            return Err(Fault::new(place, problem).in_file(path));
        }
        changes.push(Change {
            offset: sector.offset(),
            bytes: sector.old.to_vec(),
        });
    }
    rewrite(path, &image, &changes)?;
    let count = backup.sectors.len();
    writeln!(
        out,
        "{}: {count} sectors are as before the repair",
        path.display()
    )
    .on_output()?;
    Ok(Outcome::Done)
}

fn print_problems(report: &Report, out: &mut dyn Write) -> Result<()> {
    for problem in &report.problems {
        writeln!(out, "{problem}").on_output()?;
    }
    let more = report.count - report.problems.len();
    if more > 0 {
        writeln!(out, "... and {more} more").on_output()?;
    }
    Ok(())
}

fn print_report(report: &Report, out: &mut dyn Write) -> Result<()> {
    print_problems(report, out)?;
    let (inodes, zones) = (report.inodes_used, report.zones_used);
    match report.count {
        0 => writeln!(out, "clean: {inodes} inodes, {zones} zones in use"),
        count => writeln!(
            out,
            "{count} problems; {inodes} inodes, {zones} zones in use"
        ),
    }
    .on_output()
}

fn print_repair(
    before: &Report,
    repaired: &Repaired,
    verdict: Verdict,
    out: &mut dyn Write,
) -> Result<()> {
    let Repaired { actions, after, .. } = repaired;
    for action in actions {
        writeln!(out, "{action}").on_output()?;
    }
    let (inodes, zones, count) = (after.inodes_used, after.zones_used, before.count);
    let verdict = match verdict {
        Verdict::NotClean => {
            writeln!(out, "these are left, so nothing was changed:").on_output()?;
            return print_report(after, out);
        }
        Verdict::TooMuchLost => {
            let cost = cost(repaired);
            let text = format!("the repair {cost}: nothing was changed; --force does it");
            return writeln!(out, "{text}").on_output();
        }
        Verdict::DryRun => format!("{count} problems would be repaired; nothing was changed"),
        Verdict::Write => format!("{count} problems repaired"),
    };
    writeln!(
        out,
        "{verdict}; clean: {inodes} inodes, {zones} zones in use"
    )
    .on_output()
}
