// SPDX-License-Identifier: GPL-2.0-or-later
//! `fsck`: the check, and the repair.

use super::Outcome;
use super::files::now;
use super::json::{self, print};
use crate::cli::FsckArgs;
use mkimage::disk::Region;
use mkimage::error::{FaultContext, OutputContext, Result};
use mkimage::fsck::{Options, Report, check, repair};
use mkimage::image::Image;
use mkimage::output::NewFile;
use std::io::Write;

/// A repair that leaves errors is repeated; it has never been seen to need it.
const ROUNDS: usize = 3;
const BLOCK: usize = 1024;

/// `fsck`: each problem on a line of its own, then a summary.
pub fn fsck(arguments: &FsckArgs, out: &mut dyn Write) -> Result<Outcome> {
    let image = Image::open(&arguments.at.image)?;
    let region = image.file_system(arguments.at.partition)?;
    let bytes = image.read(region)?;
    let report = check(&bytes).in_file(&image.path)?;
    if !arguments.repair || report.is_clean() {
        match arguments.json {
            true => print(&json::report(&report, None), out)?,
            false => print_report(&report, out)?,
        }
        return Ok(if report.is_clean() {
            Outcome::Done
        } else {
            Outcome::Damaged
        });
    }
    let mut repaired = bytes.clone();
    let (actions, after) = repair_until_clean(arguments, &mut repaired).in_file(&image.path)?;
    let is_written = after.is_clean() && !arguments.dry_run;
    if is_written {
        write(&image, region, &bytes, &repaired)?;
    }
    if arguments.json {
        print(&json::report(&report, Some((&actions, is_written))), out)?;
    } else {
        print_actions(&report, &actions, &after, arguments.dry_run, out)?;
    }
    Ok(if is_written {
        Outcome::Done
    } else {
        Outcome::Damaged
    })
}

type Repaired = std::result::Result<(Vec<String>, Report), mkimage::error::Fault>;

fn repair_until_clean(arguments: &FsckArgs, bytes: &mut [u8]) -> Repaired {
    let options = Options {
        keep_lost_zones: !arguments.free_lost_zones,
        time: arguments.time.time.unwrap_or_else(now),
    };
    let mut actions = Vec::new();
    for _ in 0..ROUNDS {
        actions.extend(repair(bytes, &options)?);
        if check(bytes)?.is_clean() {
            break;
        }
    }
    Ok((actions, check(bytes)?))
}

/// Puts the changed blocks into a copy of the image, and that in its place.
fn write(image: &Image, region: Region, old: &[u8], new: &[u8]) -> Result<()> {
    let copy = NewFile::copy_of(&image.path)?;
    let blocks = old.chunks(BLOCK).zip(new.chunks(BLOCK)).enumerate();
    for (index, (_, block)) in blocks.filter(|(_, (old, new))| old != new) {
        copy.overwrite_at(block, region.start + (index * BLOCK) as u64)?;
    }
    copy.commit()
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

fn print_actions(
    before: &Report,
    actions: &[String],
    after: &Report,
    dry_run: bool,
    out: &mut dyn Write,
) -> Result<()> {
    for action in actions {
        writeln!(out, "{action}").on_output()?;
    }
    if !after.is_clean() {
        writeln!(out, "these are left, so nothing was changed:").on_output()?;
        return print_report(after, out);
    }
    let (inodes, zones) = (after.inodes_used, after.zones_used);
    let count = before.count;
    let verdict = match dry_run {
        true => format!("{count} problems would be repaired; nothing was changed"),
        false => format!("{count} problems repaired"),
    };
    writeln!(
        out,
        "{verdict}; clean: {inodes} inodes, {zones} zones in use"
    )
    .on_output()
}
