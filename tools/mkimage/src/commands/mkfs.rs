// SPDX-License-Identifier: GPL-2.0-or-later
//! `mkfs`: an empty file system in a file or partition.

use super::images::now;
use crate::cli::MkfsArgs;
use fs::mkfs::Options;
use mkimage::disk::{Layout, Region};
use mkimage::error::{Error, Fault, FaultContext, HostContext, Result};
use mkimage::image::Image;
use mkimage::output::NewFile;
use mkimage::root_fs::make;
use mkimage::usage::Usage;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Zone numbers have 16 bits.
const BLOCKS_MAX: u64 = 65535;
/// Boot block, super block, two bitmaps, inodes and one zone for the root.
const BLOCKS_MIN: u64 = 6;
/// As far as this, other file systems and partition tables show.
const LOOKED_AT: u64 = 64 * 1024;

/// `mkfs`
pub fn mkfs(arguments: &MkfsArgs) -> Result<()> {
    let path = &arguments.image;
    let (new, region) = match arguments.partition {
        Some(number) => partition(arguments, path, number)?,
        None => whole_file(arguments, path)?,
    };
    let blocks = region.length / 1024;
    let options = Options {
        inodes: arguments.inodes.map(u32::from),
        long_names: arguments.names == "30",
        ..Options::new(0)
    };
    let file = new.file().try_clone().on_host("open", path)?;
    let time = arguments.time.time.unwrap_or_else(now);
    make(path, file, region, &options, time).map_err(|error| match error {
        Error::InImage { .. } => {
            let problem = format!("so many inodes don't fit into {blocks} KB");
            Fault::new("inodes", problem).in_file(path)
        }
        error => error,
    })?;
    new.commit()
}

/// A copy of the image, and where the partition is.
fn partition(arguments: &MkfsArgs, path: &Path, number: u8) -> Result<(NewFile, Region)> {
    let image = Image::open(path)?;
    let region = image.layout.partition(number).in_file(path)?;
    // The rest of a larger partition stays unused.
    let length = region.length.min(BLOCKS_MAX * 1024);
    let region = region_of(path, region.start, length)?;
    if let Layout::Partitioned { table, .. } = &image.layout
        && !table[usize::from(number) - 1].is_minix()
        && !arguments.force
    {
        let kind = table[usize::from(number) - 1].kind;
        let problem = format!("type {kind:02X}h, expected 81h, a Minix partition, or --force");
        return Err(Fault::new(format!("partition {number}"), problem).in_file(path));
    }
    let place = format!("partition {number}");
    check_nothing_lost(arguments, &image.file, region, &place)?;
    Ok((NewFile::copy_of(path)?, region))
}

/// A file of the size that was asked for, or of the old one's.
fn whole_file(arguments: &MkfsArgs, path: &Path) -> Result<(NewFile, Region)> {
    let old = match path.exists() {
        true => Some(File::open(path).on_host("open", path)?),
        false => None,
    };
    let old_length = match &old {
        Some(file) => Some(file.metadata().on_host("look at", path)?.len()),
        None => None,
    };
    let Some(length) = arguments.size.or(old_length) else {
        return Err(Fault::new("size", "expected --size for a new file").in_file(path));
    };
    if let (Some(file), Some(length)) = (&old, old_length) {
        check_nothing_lost(arguments, file, Region { start: 0, length }, "file")?;
    }
    let region = region_of(path, 0, length)?;
    Ok((NewFile::create(path, length, &[])?, region))
}

/// What a file system can fill of so many bytes. Of 64 MB, the last block has
/// no number.
fn region_of(path: &Path, start: u64, length: u64) -> Result<Region> {
    let blocks = length / 1024;
    if !(BLOCKS_MIN..=BLOCKS_MAX + 1).contains(&blocks) {
        let problem = format!("{blocks} KB, expected {BLOCKS_MIN} KB to 64 MB");
        return Err(Fault::new("size", problem).in_file(path));
    }
    let length = blocks.min(BLOCKS_MAX) * 1024;
    Ok(Region { start, length })
}

/// Without `--force`, only zeros are written over.
fn check_nothing_lost(
    arguments: &MkfsArgs,
    file: &File,
    region: Region,
    place: &str,
) -> Result<()> {
    let mut start = vec![0; region.length.min(LOOKED_AT) as usize];
    file.read_exact_at(&mut start, region.start)
        .on_host("read", &arguments.image)?;
    if arguments.force || start.iter().all(|&byte| byte == 0) {
        return Ok(());
    }
    let what = match Layout::detect(&start, region.length) {
        Ok(Layout::Partitioned { .. }) => "a disk with partitions".to_owned(),
        Ok(Layout::Floppy { .. }) => "a bootable floppy".to_owned(),
        Ok(Layout::Bare) => match used_inodes(file, region) {
            Some(inodes) => format!("a Minix file system with {inodes} inodes in use"),
            None => "a Minix file system".to_owned(),
        },
        Err(_) => "data".to_owned(),
    };
    let problem = format!("holds {what}; --force makes a new file system all the same");
    Err(Fault::new(place, problem).in_file(&arguments.image))
}

fn used_inodes(file: &File, region: Region) -> Option<u32> {
    let mut bytes = vec![0; region.length.min(BLOCKS_MAX * 1024) as usize];
    file.read_exact_at(&mut bytes, region.start).ok()?;
    let usage = Usage::of(&bytes).ok()?;
    Some(usage.inodes - usage.free_inodes)
}
