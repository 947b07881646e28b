// SPDX-License-Identifier: GPL-2.0-or-later
//! Makes the whole image (0.11: `tools/build.c`, and the hands of whoever set
//! up the root disk).
//!
//! All input is read and checked first; then the image is written beside the
//! old one and takes its place.

use crate::boot::{BootCode, Loader};
use crate::complaints::Complaints;
use crate::disk::{
    COMMAND_LINE_LBA, KERNEL_LBA, KERNEL_PARTITION, MINIX_PARTITION, Partition, Region,
    SECTOR_SIZE, SECTORS_PER_CYLINDER, SETUP_LBA, command_line_sector, fill_boot_sector,
    partition_entry,
};
use crate::error::{Error, FaultContext, HostContext, Result};
use crate::image_path::ImagePath;
use crate::kernel_header;
use crate::manifest::{Manifest, Source};
use crate::output::NewFile;
use crate::root_fs::{make, with_file_system};
use crate::tree::{self, Tree};
use abi::Errno;
use abi::sys::types::Time;
use fs::mkfs::Options;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What an image is made of.
pub struct Inputs<'a> {
    /// The manifest.
    pub manifest: &'a Path,
    /// ELF file of the boot code.
    pub boot: Option<&'a Path>,
    /// ELF file of the kernel.
    pub kernel: Option<&'a Path>,
    /// Folder with the ELF files of the programs.
    pub programs: Option<&'a Path>,
    /// Command line instead of the manifest's.
    pub command_line: Option<&'a str>,
    /// Time of all files instead of the manifest's.
    pub time: Option<Time>,
}

/// Makes the image `output`.
pub fn build(inputs: &Inputs<'_>, output: &Path) -> Result<()> {
    let (manifest, source) = Manifest::load(inputs.manifest)?;
    let [kernel_partition, root_partition] = partitions(&manifest);
    let tree = tree::gather(&manifest, &source, inputs.programs)?;
    let boot = match inputs.boot {
        Some(path) => BootCode::from_elf(&read(path)?, Loader::Disk).in_file(path)?,
        None => BootCode::none(),
    };
    let kernel = match inputs.kernel {
        Some(path) => {
            let capacity = Region::of(&kernel_partition).length as usize;
            kernel_header::from_elf(&read(path)?, capacity, boot.unpacker.as_ref()).in_file(path)?
        }
        None => Vec::new(),
    };
    let line = inputs
        .command_line
        .unwrap_or(manifest.disk.command_line.get_ref());
    let command_line = command_line_sector(line).in_file(inputs.manifest)?;
    let time = inputs.time.unwrap_or(manifest.time.0);

    let mut boot_sector = boot.boot_sector;
    let unused = Partition::default();
    let table = [kernel_partition, root_partition, unused, unused];
    fill_boot_sector(&mut boot_sector, manifest.root_device(), &table);

    let root = Region::of(&root_partition);
    let sources = sources(inputs, &tree);
    let sources: Vec<&Path> = sources.iter().map(PathBuf::as_path).collect();
    let image = NewFile::create(output, root.start + root.length, &sources)?;
    let at = |lba: u32| u64::from(lba) * SECTOR_SIZE as u64;
    image.write_at(&boot_sector, 0)?;
    image.write_at(&boot.setup, at(SETUP_LBA))?;
    image.write_at(&command_line, at(COMMAND_LINE_LBA))?;
    image.write_at(&kernel, at(KERNEL_LBA))?;
    let disk = || image.disk(root);
    let options = Options {
        inodes: Some((*manifest.root.inodes.get_ref()).into()),
        ..Options::new(0)
    };
    make(output, disk()?, &options, time)?;
    let complaints = Complaints::default();
    with_file_system(output, disk()?, time, &complaints, |mounted| {
        mounted.populate(&tree)
    })
    .map_err(|error| explain_full(error, &manifest, &source))?;
    image.commit()
}

/// All files that the image is made of.
fn sources(inputs: &Inputs<'_>, tree: &Tree) -> Vec<PathBuf> {
    let named = [Some(inputs.manifest), inputs.boot, inputs.kernel];
    let programs = inputs.programs.into_iter().flat_map(|folder| {
        let names = tree.keys().filter_map(ImagePath::name);
        names.map(|name| folder.join(OsStr::from_bytes(name)))
    });
    let named = named.into_iter().flatten().map(Path::to_owned);
    let trees = tree.values().map(|node| PathBuf::from(node.origin()));
    named.chain(programs).chain(trees).collect()
}

/// The two partitions: the kernel's up to the root cylinder, the root's from
/// there to the end.
fn partitions(manifest: &Manifest) -> [Partition; 2] {
    let border = manifest.disk.root_cylinder.get_ref() * SECTORS_PER_CYLINDER;
    let end = manifest.disk.cylinders.get_ref() * SECTORS_PER_CYLINDER;
    [
        partition_entry(KERNEL_PARTITION, true, KERNEL_LBA, border - KERNEL_LBA),
        partition_entry(MINIX_PARTITION, false, border, end - border),
    ]
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).on_host("read", path)
}

/// A full file system is the manifest's mistake.
fn explain_full(error: Error, manifest: &Manifest, source: &Source) -> Error {
    match error {
        Error::InImage {
            path,
            errno: Errno::ENOSPC,
            ..
        } => {
            let problem = format!("the root file system is full at {path}, expected a larger disk");
            source.error(manifest.disk.cylinders.span(), problem)
        }
        error => error,
    }
}
