// SPDX-License-Identifier: GPL-2.0-or-later
//! `mkfs`: an empty file system in a file or partition.

use super::images::now;
use crate::cli::MkfsArgs;
use ::fs::host::Storage;
use ::fs::mkfs::Options;
use mkimage::changes::ChangedDisk;
use mkimage::disk::{Layout, Region};
use mkimage::error::{Error, Fault, FaultContext, HostContext, Result};
use mkimage::image::Image;
use mkimage::lock::{self, open_to_change, open_to_read};
use mkimage::output::{NewFile, rewrite};
use mkimage::root_fs::make;
use mkimage::usage::Usage;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::Path;

/// Zone numbers have 16 bits.
const BLOCKS_MAX: u64 = 65535;
/// Boot block, super block, two bitmaps, inodes and one zone for the root.
const BLOCKS_MIN: u64 = 6;
/// As far as this, other file systems and partition tables tell what they are.
const LOOKED_AT: u64 = 64 * 1024;

/// `mkfs`
pub fn mkfs(arguments: &MkfsArgs) -> Result<()> {
    match arguments.partition {
        Some(number) => partition(arguments, number),
        None => whole_file(arguments),
    }
}

/// Makes the file system on a disk of the right size.
fn fill(arguments: &MkfsArgs, disk: impl Storage + 'static) -> Result<()> {
    let path = &arguments.image;
    let blocks = disk.blocks();
    let options = Options {
        inodes: arguments.inodes.map(u32::from),
        long_names: arguments.names == "30",
        ..Options::new(0)
    };
    let time = arguments.time.time.unwrap_or_else(now);
    make(path, disk, &options, time).map_err(|error| match error {
        Error::InImage { .. } => {
            let problem = format!("so many inodes don't fit into {blocks} KB");
            Fault::new("inodes", problem).in_file(path)
        }
        error => error,
    })
}

/// Makes it in a part of what is there already.
fn change(arguments: &MkfsArgs, file: &File, region: Region) -> Result<()> {
    let disk = ChangedDisk::new(&arguments.image, file, region)?;
    fill(arguments, disk.clone())?;
    rewrite(&arguments.image, file, &disk.changes())
}

fn partition(arguments: &MkfsArgs, number: u8) -> Result<()> {
    let path = &arguments.image;
    let image = Image::open_to_change(path)?;
    let region = image.layout.partition(number).in_file(path)?;
    // The rest of a larger partition stays unused.
    let length = region.length.min(BLOCKS_MAX * 1024);
    let region = region_of(path, region.start, length)?;
    if let Layout::Partitioned { table, .. } = &image.layout
        && !table[usize::from(number) - 1].is_minix()
        && !arguments.force
    {
        let kind = table[usize::from(number) - 1].sys_ind;
        let problem = format!("type {kind:02X}h, expected 81h, a Minix partition, or --force");
        return Err(Fault::new(format!("partition {number}"), problem).in_file(path));
    }
    let place = format!("partition {number}");
    check_nothing_lost(arguments, &image.file, region, &place)?;
    change(arguments, &image.file, region)
}

/// A new file or one in an old one's place, of the size that was asked for or of
/// the old one's; or a block device.
fn whole_file(arguments: &MkfsArgs) -> Result<()> {
    let path = &arguments.image;
    let found = fs::metadata(path).ok();
    let is_device = found.is_some_and(|it| it.file_type().is_block_device());
    let old = match path.exists() {
        true if is_device => Some(open_to_change(path)?),
        true => Some(open_to_read(path)?),
        false => None,
    };
    let old_length = match &old {
        Some(file) => Some(lock::length(file).on_host("look at", path)?),
        None => None,
    };
    let Some(length) = arguments.size.or(old_length) else {
        return Err(Fault::new("size", "expected --size for a new file").in_file(path));
    };
    if let (Some(file), Some(length)) = (&old, old_length) {
        check_nothing_lost(arguments, file, Region { start: 0, length }, "file")?;
    }
    let region = region_of(path, 0, length)?;
    if let (Some(device), true) = (&old, is_device) {
        return change(arguments, device, region);
    }
    // Its lock, if it has one, would be in the new one's way.
    drop(old);
    let new = NewFile::create(path, length, &[])?;
    fill(arguments, new.disk(region)?)?;
    new.commit()
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
    if arguments.force {
        return Ok(());
    }
    let Some(first) = first_in_use(file, region).on_host("read", &arguments.image)? else {
        return Ok(());
    };
    let mut start = vec![0; region.length.min(LOOKED_AT) as usize];
    file.read_exact_at(&mut start, region.start)
        .on_host("read", &arguments.image)?;
    let what = match Layout::detect(&start, region.length) {
        Ok(Layout::Partitioned { .. }) => "a disk with partitions".to_owned(),
        Ok(Layout::Floppy { .. }) => "a bootable floppy".to_owned(),
        Ok(Layout::Bare) => match used_inodes(file, region) {
            Some(inodes) => format!("a Minix file system with {inodes} inodes in use"),
            None => "a Minix file system".to_owned(),
        },
        Err(_) if first > 0 => format!("data from byte {first} on"),
        Err(_) => "data".to_owned(),
    };
    let problem = format!("holds {what}; --force makes a new file system all the same");
    Err(Fault::new(place, problem).in_file(&arguments.image))
}

/// Where in the region the first byte is that is not zero.
fn first_in_use(file: &File, region: Region) -> std::io::Result<Option<u64>> {
    let mut chunk = vec![0; 1 << 20];
    for offset in (0..region.length).step_by(chunk.len()) {
        let part = (region.length - offset).min(chunk.len() as u64) as usize;
        let part = &mut chunk[..part];
        file.read_exact_at(part, region.start + offset)?;
        if let Some(place) = part.iter().position(|&byte| byte != 0) {
            return Ok(Some(offset + place as u64));
        }
    }
    Ok(None)
}

fn used_inodes(file: &File, region: Region) -> Option<u32> {
    let mut bytes = vec![0; region.length.min(BLOCKS_MAX * 1024) as usize];
    file.read_exact_at(&mut bytes, region.start).ok()?;
    let usage = Usage::of(&bytes).ok()?;
    Some(usage.inodes - usage.free_inodes)
}
