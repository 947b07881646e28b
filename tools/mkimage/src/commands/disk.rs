// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands about the image as a whole, or a whole file system.

use super::images::Images;
use super::json::{self, print};
use crate::cli::{ConvertArgs, DumpArgs, Form, Place, Structure};
use fsck::UntrustedVolume;
use mkimage::changes::Change;
use mkimage::convert::{DiskShape, bochsrc, copy, to_disk, to_file_system, to_raw};
use mkimage::disk::{
    COMMAND_LINE_LBA, Layout, SECTOR_SIZE, command_line_sector, parse_command_line,
};
use mkimage::dump::{dump_bitmap, dump_inode, dump_super, dump_zone};
use mkimage::error::{Fault, FaultContext, HostContext, OutputContext, Result};
use mkimage::image::Image;
use mkimage::image_path::ImagePath;
use mkimage::kernel_header::{self, KernelHeader};
use mkimage::map::svg;
use mkimage::output::{NewFile, is_stream};
use mkimage::packed::Unpacker;
use mkimage::usage::Usage;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::Path;

/// `df`: what is used of the file system, by its bitmaps.
pub fn df(at: &Place, as_json: bool, out: &mut dyn Write) -> Result<()> {
    let image = Image::open(&at.image)?;
    let usage = Usage::of(&image.read(image.file_system(at.partition)?)?).in_file(&image.path)?;
    if as_json {
        return print(&json::usage(&usage), out);
    }
    let mut line = |what: &str, [total, free]: [u32; 2]| {
        let used = total - free;
        let percent = (u64::from(used) * 100).div_ceil(u64::from(total).max(1));
        writeln!(out, "{what:<10}{total:>8}{used:>8}{free:>8}{percent:>6}%").on_output()
    };
    line("KB", [usage.zones, usage.free_zones])?;
    line("inodes", [usage.inodes, usage.free_inodes])
}

/// `cmdline IMAGE`
pub fn show_command_line(path: &Path, out: &mut dyn Write) -> Result<()> {
    let sector = our_image(Image::open(path)?)?.command_line_sector()?;
    writeln!(out, "{}", parse_command_line(&sector).in_file(path)?).on_output()
}

/// `cmdline IMAGE LINE`: one sector is written, in place.
pub fn set_command_line(path: &Path, line: &str) -> Result<()> {
    let image = our_image(Image::open_to_change(path)?)?;
    let sector = command_line_sector(line).in_file(path)?;
    image.change(&[Change {
        offset: u64::from(COMMAND_LINE_LBA) * SECTOR_SIZE as u64,
        bytes: sector.to_vec(),
    }])
}

/// An image with the kernel's partition: elsewhere sector 5 may be anything.
fn our_image(image: Image) -> Result<Image> {
    let path = &image.path;
    image.layout.kernel().in_file(path)?;
    Ok(image)
}

/// `kernel`: the partition's old contents are cleared. If the old kernel is packed, the
/// new one is, by the same code.
pub fn replace_kernel(path: &Path, kernel: &Path) -> Result<()> {
    let image = our_image(Image::open_to_change(path)?)?;
    let region = image.layout.kernel().in_file(path)?;
    let elf = fs::read(kernel).on_host("read", kernel)?;
    let old = image.read(region)?;
    let header = KernelHeader::parse(&old).ok();
    let unpacker = header.and_then(|header| Unpacker::of_image(&header, &old[SECTOR_SIZE..]));
    let mut bytes = kernel_header::from_elf(&elf, old.len(), unpacker.as_ref()).in_file(kernel)?;
    bytes.resize(region.length as usize, 0);
    image.change(&[Change {
        offset: region.start,
        bytes,
    }])
}

/// `extract`
pub fn extract(path: &Path, partition: u8, file: &Path) -> Result<()> {
    let image = Image::open(path)?;
    let region = image.layout.partition(partition).in_file(path)?;
    let new = NewFile::create(file, region.length, &[path])?;
    copy(&image, region, &new, 0)?;
    new.commit()
}

/// `dump`
pub fn dump(images: &Images, arguments: &DumpArgs, out: &mut dyn Write) -> Result<()> {
    let image = Image::open(&arguments.at.image)?;
    let bytes = image.read(image.file_system(arguments.at.partition)?)?;
    let mut which = arguments.which.clone().unwrap_or_default();
    if arguments.what == Structure::Inode && which.starts_with('/') {
        let path = ImagePath::from(OsString::from(which));
        let stat = images.inspect(&arguments.at, |mounted| mounted.stat(&path))?;
        which = stat.st_ino.to_string();
    }
    let dump = match arguments.what {
        Structure::Super => dump_super(&bytes),
        what => UntrustedVolume::open(&bytes)
            .map_err(Fault::from)
            .and_then(|volume| match what {
                Structure::Inode => dump_inode(&volume, number(&which)?),
                Structure::Zone => dump_zone(&volume, number(&which)?),
                _ => match which.as_str() {
                    "inodes" | "zones" => Ok(dump_bitmap(&volume, which == "zones")),
                    _ => Err(Fault::new(
                        "bitmap",
                        format!("{which:?}, expected inodes or zones"),
                    )),
                },
            }),
    }
    .in_file(&image.path)?;
    match arguments.json {
        true => print(&dump, out),
        false => write!(out, "{dump}").on_output(),
    }
}

fn number(text: &str) -> std::result::Result<u16, Fault> {
    let problem = || Fault::new("number", format!("{text:?}, expected 0 to 65535"));
    text.parse().map_err(|_| problem())
}

/// `map`
pub fn map(at: &Place, file: &Path) -> Result<()> {
    let picture = svg(&Image::open(&at.image)?, at.partition)?;
    let new = NewFile::create(file, 0, &[&at.image])?;
    new.overwrite_at(picture.as_bytes(), 0)?;
    new.commit()
}

/// `convert`
pub fn convert(arguments: &ConvertArgs, out: &mut dyn Write) -> Result<()> {
    let mut image = Image::open(&arguments.at.image)?;
    if let Some(output) = &arguments.output {
        let form = match (arguments.to, &image.layout) {
            (Some(form), _) => form,
            (None, Layout::Bare) => Form::Disk,
            (None, Layout::Partitioned { .. } | Layout::Floppy { .. }) => Form::Raw,
        };
        let region = || image.file_system(arguments.at.partition);
        let shape = DiskShape {
            geometry: arguments.geometry,
            first_sector: arguments.first_sector,
        };
        match form {
            Form::Disk => to_disk(&image, region()?, &shape, output),
            Form::FileSystem => to_file_system(&image, region()?, output),
            Form::Raw => to_raw(&image, output),
        }?;
        if is_stream(output) {
            return Ok(());
        }
        image = Image::open(output)?;
    }
    bochsrc(&image)
        .iter()
        .try_for_each(|line| writeln!(out, "{line}").on_output())
}
