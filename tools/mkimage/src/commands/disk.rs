// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands about the image as a whole, or a whole file system.

use super::Outcome;
use crate::cli::Place;
use mkimage::disk::{
    COMMAND_LINE_LBA, Region, SECTOR_SIZE, command_line_sector, parse_command_line,
};
use mkimage::error::{FaultContext, HostContext, OutputContext, Result};
use mkimage::fsck::check;
use mkimage::image::Image;
use mkimage::kernel_header;
use mkimage::output::NewFile;
use mkimage::usage::Usage;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// `df`: what is used of the file system, by its bitmaps.
pub fn df(at: &Place, out: &mut dyn Write) -> Result<()> {
    let image = Image::open(&at.image)?;
    let usage = Usage::of(&image.read(image.file_system(at.partition)?)?).in_file(&image.path)?;
    let mut line = |what: &str, [total, free]: [u32; 2]| {
        let used = total - free;
        let percent = (u64::from(used) * 100).div_ceil(u64::from(total).max(1));
        writeln!(out, "{what:<10}{total:>8}{used:>8}{free:>8}{percent:>6}%").on_output()
    };
    line("KB", [usage.zones, usage.free_zones])?;
    line("inodes", [usage.inodes, usage.free_inodes])
}

/// `fsck`: each problem on a line of its own, then a summary.
pub fn fsck(at: &Place, out: &mut dyn Write) -> Result<Outcome> {
    let image = Image::open(&at.image)?;
    let report = check(&image.read(image.file_system(at.partition)?)?).in_file(&image.path)?;
    for problem in &report.problems {
        writeln!(out, "{problem}").on_output()?;
    }
    let more = report.count - report.problems.len();
    if more > 0 {
        writeln!(out, "... and {more} more").on_output()?;
    }
    let (inodes, zones) = (report.inodes_used, report.zones_used);
    if report.is_clean() {
        writeln!(out, "clean: {inodes} inodes, {zones} zones in use").on_output()?;
        return Ok(Outcome::Done);
    }
    writeln!(
        out,
        "{} problems; {inodes} inodes, {zones} zones in use",
        report.count
    )
    .on_output()?;
    Ok(Outcome::Damaged)
}

/// `cmdline IMAGE`
pub fn show_command_line(path: &Path, out: &mut dyn Write) -> Result<()> {
    let sector = our_image(path)?.command_line_sector()?;
    writeln!(out, "{}", parse_command_line(&sector).in_file(path)?).on_output()
}

/// `cmdline IMAGE LINE`: one sector is written, in place.
pub fn set_command_line(path: &Path, line: &str) -> Result<()> {
    our_image(path)?;
    let sector = command_line_sector(line).in_file(path)?;
    let file = OpenOptions::new()
        .write(true)
        .open(path)
        .on_host("open", path)?;
    let start = u64::from(COMMAND_LINE_LBA) * SECTOR_SIZE as u64;
    file.write_all_at(&sector, start).on_host("write", path)
}

/// An image with the kernel's partition: elsewhere sector 5 may be anything.
fn our_image(path: &Path) -> Result<Image> {
    let image = Image::open(path)?;
    image.layout.kernel().in_file(path)?;
    Ok(image)
}

/// `kernel`: the partition's old contents are cleared.
pub fn replace_kernel(path: &Path, kernel: &Path) -> Result<()> {
    let region = our_image(path)?.layout.kernel().in_file(path)?;
    let elf = fs::read(kernel).on_host("read", kernel)?;
    let mut bytes = kernel_header::from_elf(&elf, region.length as usize).in_file(kernel)?;
    bytes.resize(region.length as usize, 0);
    let new = NewFile::copy_of(path)?;
    new.overwrite_at(&bytes, region.start)?;
    new.commit()
}

/// `extract`
pub fn extract(path: &Path, partition: u8, file: &Path) -> Result<()> {
    let image = Image::open(path)?;
    let region = image.layout.partition(partition).in_file(path)?;
    let new = NewFile::create(file, region.length)?;
    let mut offset = 0;
    while offset < region.length {
        let length = (region.length - offset).min(1 << 20);
        let piece = Region {
            start: region.start + offset,
            length,
        };
        new.write_at(&image.read(piece)?, offset)?;
        offset += length;
    }
    new.commit()
}
