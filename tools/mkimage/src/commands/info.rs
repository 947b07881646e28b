// SPDX-License-Identifier: GPL-2.0-or-later
//! `info`: everything about an image on one page.

use lib::sys::types::Device;
use mkimage::disk::{
    HEADS, KERNEL_PARTITION, Layout, PartitionEntry, Region, SECTOR_SIZE, SECTORS_PER_CYLINDER,
    SECTORS_PER_TRACK, parse_command_line,
};
use mkimage::error::{OutputContext, Result};
use mkimage::image::Image;
use mkimage::kernel_header::{KernelHeader, checksum};
use mkimage::usage::Usage;
use std::io::Write;
use std::path::Path;

/// Prints the page.
pub fn info(path: &Path, out: &mut dyn Write) -> Result<()> {
    let image = Image::open(path)?;
    for line in describe(&image)? {
        writeln!(out, "{line}").on_output()?;
    }
    Ok(())
}

fn describe(image: &Image) -> Result<Vec<String>> {
    let sectors = image.length / SECTOR_SIZE as u64;
    let mut lines = vec![format!(
        "{}: {} bytes, {sectors} sectors",
        image.path.display(),
        image.length
    )];
    match &image.layout {
        Layout::Bare => lines.extend(describe_file_system(image, image.file_system(None)?)?),
        Layout::Partitioned { table, root_device } => {
            lines.extend(describe_disk(image, sectors, *root_device)?);
            for (number, entry) in (1..).zip(table) {
                lines.extend(describe_partition(image, number, entry)?);
            }
        }
    }
    Ok(lines)
}

fn describe_disk(image: &Image, sectors: u64, root_device: Device) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    if sectors.is_multiple_of(SECTORS_PER_CYLINDER.into()) {
        let cylinders = sectors / u64::from(SECTORS_PER_CYLINDER);
        lines.push(format!(
            "geometry: cylinders={cylinders}, heads={HEADS}, spt={SECTORS_PER_TRACK}"
        ));
    }
    lines.push(format!("boot sector: root device {root_device}"));
    if image.layout.kernel().is_ok() {
        lines.push(match parse_command_line(&image.command_line_sector()?) {
            Ok(line) => format!("command line: {line:?}"),
            Err(fault) => fault.to_string(),
        });
    }
    Ok(lines)
}

fn describe_partition(image: &Image, number: u8, entry: &PartitionEntry) -> Result<Vec<String>> {
    if entry.is_unused() {
        return Ok(Vec::new());
    }
    let last = u64::from(entry.first_lba) + u64::from(entry.sectors) - 1;
    let boot = if entry.status == 0x80 { ", active" } else { "" };
    let mut lines = vec![format!(
        "partition {number}: type {:02X}h, sectors {} to {last}, {} KB{boot}",
        entry.kind,
        entry.first_lba,
        entry.sectors / 2
    )];
    if entry.kind == KERNEL_PARTITION {
        lines.push(describe_kernel(image, entry.region())?);
    }
    if entry.is_minix() {
        lines.extend(describe_file_system(
            image,
            image.file_system(Some(number))?,
        )?);
    }
    Ok(lines)
}

fn describe_kernel(image: &Image, region: Region) -> Result<String> {
    let sector = Region {
        length: SECTOR_SIZE as u64,
        ..region
    };
    let header = match KernelHeader::parse(&image.read(sector)?) {
        Ok(header) => header,
        Err(fault) => return Ok(format!("  no kernel: {fault}")),
    };
    let KernelHeader {
        length,
        load_address,
        entry,
        memory_end,
        ..
    } = header;
    let contents = Region {
        start: region.start + SECTOR_SIZE as u64,
        length: length.into(),
    };
    let sum = match contents.length + SECTOR_SIZE as u64 <= region.length {
        true => checksum(&image.read(contents)?),
        false => {
            return Ok(format!(
                "  kernel: {length} bytes, more than the partition holds"
            ));
        }
    };
    let verdict = if sum == header.checksum {
        "good"
    } else {
        "WRONG"
    };
    Ok(format!(
        "  kernel: {length} bytes at {load_address:#x}, entry {entry:#x}, memory to {memory_end:#x}, \
         checksum {:08x} {verdict}",
        header.checksum
    ))
}

fn describe_file_system(image: &Image, region: Region) -> Result<Vec<String>> {
    Ok(vec![match Usage::of(&image.read(region)?) {
        Err(fault) => format!("  no file system: {fault}"),
        Ok(usage) => format!(
            "  Minix file system, names of {} characters: {} of {} KB and {} of {} inodes free",
            usage.name_length, usage.free_zones, usage.zones, usage.free_inodes, usage.inodes
        ),
    }])
}
