// SPDX-License-Identifier: GPL-2.0-or-later
//! `info`: everything about an image on one page, with a drawing of the disk.

use super::json::{self, print};
use abi::sys::types::Device;
use fs::layout::BLOCK_SIZE;
use mkimage::disk::{KERNEL_PARTITION, Layout, Partition, Region, SECTOR_SIZE, parse_command_line};
use mkimage::drawing::draw;
use mkimage::error::{Fault, OutputContext, Result};
use mkimage::floppy::Regions;
use mkimage::foreign;
use mkimage::geometry::Geometry;
use mkimage::image::Image;
use mkimage::kernel_header::{KernelHeader, checksum};
use mkimage::packed::unpack;
use mkimage::usage::Usage;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write, stdout};
use std::path::Path;

/// Prints the page.
pub fn info(path: &Path, as_json: bool, out: &mut dyn Write) -> Result<()> {
    let image = Image::open_partly(path)?;
    if as_json {
        return print(&as_value(&image)?, out);
    }
    let has_colours =
        stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    for line in describe(&image)?
        .into_iter()
        .chain(draw(&image, has_colours)?)
    {
        writeln!(out, "{line}").on_output()?;
    }
    Ok(())
}

/// The same for programs.
fn as_value(image: &Image) -> Result<Value> {
    let sectors = image.length / SECTOR_SIZE as u64;
    let mut value = json!({ "bytes": image.length, "sectors": sectors });
    if let Some(missing) = &image.missing {
        value["problem"] = json!(missing.to_string());
    }
    if let Some(geometry) = image.geometry {
        let Geometry {
            cylinders,
            heads,
            sectors,
        } = geometry;
        value["geometry"] = json!({ "cylinders": cylinders, "heads": heads, "spt": sectors });
    }
    match &image.layout {
        Layout::Bare => value["file_system"] = file_system(image, image.file_system(None)?)?,
        Layout::Floppy {
            regions,
            root_device,
        } => {
            add_boot(&mut value, image, *root_device)?;
            value["kernel"] = kernel_value(image, regions.kernel)?;
            if let Some(root) = regions.root {
                value["file_system"] = file_system(image, root)?;
            }
        }
        Layout::Partitioned { table, root_device } => {
            add_boot(&mut value, image, *root_device)?;
            let used = (1u8..).zip(table).filter(|(_, entry)| !entry.is_unused());
            let partitions = used.map(|(number, entry)| partition(image, number, entry));
            value["partitions"] = Value::Array(partitions.collect::<Result<_>>()?);
        }
    }
    Ok(value)
}

fn add_boot(value: &mut Value, image: &Image, root_device: Device) -> Result<()> {
    if image.layout.kernel().is_ok() {
        value["root_device"] = json!(root_device.to_string());
        let sector = image.command_line_sector()?;
        value["command_line"] = json!(parse_command_line(&sector).ok());
    }
    Ok(())
}

fn kernel_value(image: &Image, region: Region) -> Result<Value> {
    Ok(match kernel(image, region)? {
        Ok(KernelOnDisk {
            stored,
            kernel,
            is_good,
        }) => json!({
            "bytes": stored,
            "unpacked_bytes": kernel.length,
            "load_address": kernel.load_address,
            "entry": kernel.entry,
            "memory_end": kernel.memory_end,
            "checksum": kernel.checksum,
            "is_checksum_good": is_good,
        }),
        Err(problem) => json!({ "problem": problem }),
    })
}

fn partition(image: &Image, number: u8, entry: &Partition) -> Result<Value> {
    let mut value = json!({
        "number": number,
        "type": entry.sys_ind,
        "active": entry.boot_ind == 0x80,
        "first_sector": entry.start_sect,
        "sectors": entry.nr_sects,
    });
    if entry.sys_ind == KERNEL_PARTITION {
        value["kernel"] = kernel_value(image, Region::of(entry))?;
    }
    if entry.is_minix() {
        value["file_system"] = file_system(image, image.file_system(Some(number))?)?;
    } else if let Some(name) = foreign_name(image, Region::of(entry))? {
        value["holds"] = json!(name);
    }
    Ok(value)
}

fn file_system(image: &Image, region: Region) -> Result<Value> {
    Ok(match Usage::of(&image.read(region)?) {
        Ok(usage) => json::usage(&usage),
        Err(fault) => json!({ "problem": fault.to_string() }),
    })
}

fn describe(image: &Image) -> Result<Vec<String>> {
    let sectors = image.length / SECTOR_SIZE as u64;
    let mut lines = vec![format!(
        "{}: {} bytes, {sectors} sectors",
        image.path.display(),
        image.length
    )];
    lines.extend(image.missing.iter().map(Fault::to_string));
    match &image.layout {
        Layout::Bare => lines.extend(describe_file_system(image, image.file_system(None)?)?),
        Layout::Floppy {
            regions,
            root_device,
        } => lines.extend(describe_floppy(image, regions, *root_device)?),
        Layout::Partitioned { table, root_device } => {
            lines.extend(describe_disk(image, *root_device)?);
            for (number, entry) in (1..).zip(table) {
                lines.extend(describe_partition(image, number, entry)?);
            }
        }
    }
    Ok(lines)
}

fn describe_disk(image: &Image, root_device: Device) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    if let Some(geometry) = image.geometry {
        lines.push(format!("geometry: {geometry}"));
    }
    lines.extend(describe_boot(image, root_device)?);
    Ok(lines)
}

fn describe_boot(image: &Image, root_device: Device) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    // In a boot sector of others these bytes mean something else.
    if image.layout.kernel().is_ok() {
        lines.push(format!("boot sector: root device {root_device}"));
        lines.push(match parse_command_line(&image.command_line_sector()?) {
            Ok(line) => format!("command line: {line:?}"),
            Err(fault) => fault.to_string(),
        });
    }
    Ok(lines)
}

fn describe_floppy(image: &Image, regions: &Regions, root_device: Device) -> Result<Vec<String>> {
    let mut lines = vec!["bootable floppy".to_owned()];
    lines.extend(describe_boot(image, root_device)?);
    lines.push(describe_kernel(image, regions.kernel)?);
    if let Some(root) = regions.root {
        let block = root.start / BLOCK_SIZE as u64;
        lines.push(format!("root of the RAM disk: from block {block} on"));
        lines.extend(describe_file_system(image, root)?);
    }
    Ok(lines)
}

fn describe_partition(image: &Image, number: u8, entry: &Partition) -> Result<Vec<String>> {
    if entry.is_unused() {
        return Ok(Vec::new());
    }
    let last = u64::from(entry.start_sect) + u64::from(entry.nr_sects) - 1;
    let boot = if entry.boot_ind == 0x80 {
        ", active"
    } else {
        ""
    };
    let mut lines = vec![format!(
        "partition {number}: type {:02X}h, sectors {} to {last}, {} KB{boot}",
        entry.sys_ind,
        entry.start_sect,
        entry.nr_sects / 2
    )];
    if entry.sys_ind == KERNEL_PARTITION {
        lines.push(describe_kernel(image, Region::of(entry))?);
    }
    if entry.is_minix() {
        lines.extend(describe_file_system(
            image,
            image.file_system(Some(number))?,
        )?);
    } else if let Some(name) = foreign_name(image, Region::of(entry))? {
        lines.push(format!("  {name}"));
    }
    Ok(lines)
}

/// A kernel as it is stored.
struct KernelOnDisk {
    /// Bytes behind the header, compressed or not.
    stored: u32,
    /// The header that it has, or would have, uncompressed.
    kernel: KernelHeader,
    /// Whether all checksums are right.
    is_good: bool,
}

/// The kernel, or what is wrong.
fn kernel(image: &Image, region: Region) -> Result<std::result::Result<KernelOnDisk, String>> {
    let sector = Region {
        length: SECTOR_SIZE as u64,
        ..region
    };
    let header = match KernelHeader::parse(&image.read(sector)?) {
        Ok(header) => header,
        Err(fault) => return Ok(Err(format!("no kernel: {fault}"))),
    };
    let contents = Region {
        start: region.start + SECTOR_SIZE as u64,
        length: header.length.into(),
    };
    if contents.length + SECTOR_SIZE as u64 > region.length {
        let length = header.length;
        return Ok(Err(format!(
            "kernel: {length} bytes, more than the partition holds"
        )));
    }
    if contents.start + contents.length > image.length {
        return Ok(Err("kernel: the file ends before it does".to_owned()));
    }
    let bytes = image.read(contents)?;
    let is_good = checksum(&bytes) == header.checksum;
    let (kernel, is_whole) = match unpack(&bytes) {
        Some((kernel, unpacked)) => (kernel, unpacked.is_some()),
        None => (header, true),
    };
    Ok(Ok(KernelOnDisk {
        stored: header.length,
        kernel,
        is_good: is_good && is_whole,
    }))
}

fn describe_kernel(image: &Image, region: Region) -> Result<String> {
    let found = match kernel(image, region)? {
        Ok(found) => found,
        Err(problem) => return Ok(format!("  {problem}")),
    };
    let KernelHeader {
        length,
        load_address,
        entry,
        memory_end,
        checksum,
        ..
    } = found.kernel;
    let unpacked = match found.stored {
        stored if stored == length => String::new(),
        stored => format!("{stored} bytes, unpacked "),
    };
    let verdict = if found.is_good { "good" } else { "WRONG" };
    Ok(format!(
        "  kernel: {unpacked}{length} bytes at {load_address:#x}, entry {entry:#x}, \
         memory to {memory_end:#x}, checksum {checksum:08x} {verdict}"
    ))
}

fn describe_file_system(image: &Image, region: Region) -> Result<Vec<String>> {
    Ok(vec![match Usage::of(&image.read(region)?) {
        Err(fault) => match foreign_name(image, region)? {
            Some(name) => format!("  {name}, which is not read here"),
            None => format!("  no file system: {fault}"),
        },
        Ok(usage) => format!(
            "  Minix file system, names of {} characters: {} of {} KB and {} of {} inodes free",
            usage.name_length, usage.free_zones, usage.zones, usage.free_inodes, usage.inodes
        ),
    }])
}

/// What a partition of others holds.
fn foreign_name(image: &Image, region: Region) -> Result<Option<&'static str>> {
    let start = Region {
        length: region.length.min(4 * BLOCK_SIZE as u64),
        ..region
    };
    Ok(foreign::name(&image.read(start)?))
}
