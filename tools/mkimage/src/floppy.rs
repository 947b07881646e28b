// SPDX-License-Identifier: GPL-2.0-or-later
//! The bootable floppy disk of 1.44 MB (0.11: what `tools/build.c` wrote).
//!
//! In sectors of 512 bytes:
//!
//! | LBA | what |
//! |---|---|
//! | 0 | boot sector: code, ROOT_DEV at 444, no partitions, 55 AA |
//! | 1..=4 | setup, with the loader of a floppy |
//! | 5 | kernel command line |
//! | 6.. | the kernel ([`kernel_header`]) |
//! | an even one.. | a root file system for the RAM disk, if there is to be one |
//!
//! Where that begins says the word `ramdisk=KB,BLOCK` of the command line: the
//! size of the RAM disk, and the block of 1 KB. 0.11 had it at block 256 and the
//! size in its Makefile.

use crate::boot::{BootCode, Loader};
use crate::disk::{
    BOOT_SIGNATURE, BOOT_SIGNATURE_OFFSET, COMMAND_LINE_LBA, Partition, Region, SECTOR_SIZE,
    SETUP_LBA, command_line_sector, fill_boot_sector, parse_command_line,
};
use crate::error::{Fault, FaultContext, HostContext, Result};
use crate::image::Image;
use crate::kernel_header::{self, KernelHeader};
use crate::output::NewFile;
use abi::sys::types::{Device, major};
use fs::layout::BLOCK_SIZE;
use fsck::UntrustedVolume;
use std::path::Path;

/// Bytes of the floppy: 80 cylinders, 2 heads, 18 sectors.
pub const FLOPPY_SIZE: u64 = 80 * 2 * 18 * SECTOR_SIZE as u64;
/// Sector of the kernel's header.
pub const FLOPPY_KERNEL_LBA: u32 = COMMAND_LINE_LBA + 1;

/// Minor number of drive 0 with a disk of 1.44 MB: four times the kind of disk,
/// which is 7, plus the drive.
const FLOPPY_1440K: u8 = 7 << 2;

/// What a floppy is made of.
pub struct Inputs<'a> {
    /// ELF file of the boot code.
    pub boot: &'a Path,
    /// ELF file of the kernel.
    pub kernel: &'a Path,
    /// ROOT_DEV; otherwise the first partition of the first hard disk, or the
    /// floppy if the RAM disk is to be loaded from it.
    pub root_device: Option<Device>,
    /// The kernel command line.
    pub command_line: &'a str,
    /// An image whose root file system the RAM disk is to hold.
    pub ramdisk_root: Option<&'a Path>,
}

/// Makes the floppy `output`.
pub fn make(inputs: &Inputs<'_>, output: &Path) -> Result<()> {
    let read = |path| std::fs::read(path).on_host("read", path);
    let boot = BootCode::from_elf(&read(inputs.boot)?, Loader::Floppy).in_file(inputs.boot)?;
    let start = offset(FLOPPY_KERNEL_LBA);
    let room = (FLOPPY_SIZE - start) as usize;
    let kernel = kernel_header::from_elf(&read(inputs.kernel)?, room, boot.unpacker.as_ref())
        .in_file(inputs.kernel)?;
    let kernel_end = start + kernel.len() as u64;
    let root = match inputs.ramdisk_root {
        Some(path) => Some(Root::read(path, kernel_end)?),
        None => None,
    };
    let words = root.as_ref().map(Root::command_line);
    let line = [inputs.command_line, words.as_deref().unwrap_or_default()].join(" ");
    let command_line = command_line_sector(line.trim()).in_file(output)?;
    let mut boot_sector = boot.boot_sector;
    let no_partitions = [Partition::default(); 4];
    let usual = match root {
        Some(_) => Device::new(major::FLOPPY, FLOPPY_1440K),
        None => Device::new(major::HARD_DISK, 1),
    };
    let root_device = inputs.root_device.unwrap_or(usual);
    fill_boot_sector(&mut boot_sector, root_device, &no_partitions);

    let sources: Vec<&Path> = [inputs.boot, inputs.kernel]
        .into_iter()
        .chain(inputs.ramdisk_root)
        .collect();
    let floppy = NewFile::create(output, FLOPPY_SIZE, &sources)?;
    floppy.write_at(&boot_sector, 0)?;
    floppy.write_at(&boot.setup, offset(SETUP_LBA))?;
    floppy.write_at(&command_line, offset(COMMAND_LINE_LBA))?;
    floppy.write_at(&kernel, start)?;
    if let Some(root) = root {
        floppy.write_at(&root.bytes, root.block * BLOCK_SIZE as u64)?;
    }
    floppy.commit()
}

fn offset(lba: u32) -> u64 {
    u64::from(lba) * SECTOR_SIZE as u64
}

/// The root file system for the RAM disk.
struct Root {
    bytes: Vec<u8>,
    /// Where on the floppy, in KB.
    block: u64,
}

impl Root {
    /// Takes it out of an image; it goes behind `kernel_end`.
    fn read(path: &Path, kernel_end: u64) -> Result<Root> {
        let image = Image::open(path)?;
        let mut bytes = image.read(image.file_system(None)?)?;
        let blocks = usize::from(UntrustedVolume::open(&bytes).in_file(path)?.geometry.nzones);
        bytes.truncate(blocks * BLOCK_SIZE);
        let block = kernel_end.div_ceil(BLOCK_SIZE as u64);
        let room = FLOPPY_SIZE / BLOCK_SIZE as u64 - block;
        if blocks as u64 > room {
            let problem = format!("{blocks} KB, but the floppy has {room} KB behind the kernel");
            return Err(Fault::new("root file system", problem).in_file(path));
        }
        Ok(Root { bytes, block })
    }

    fn command_line(&self) -> String {
        format!("ramdisk={},{}", self.bytes.len() / BLOCK_SIZE, self.block)
    }
}

/// Where kernel and RAM disk's root lie on a floppy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Regions {
    /// The kernel, and what is free behind it.
    pub kernel: Region,
    /// The root file system for the RAM disk.
    pub root: Option<Region>,
}

impl Regions {
    /// Looks whether an image that begins with `start` and has `length` bytes is
    /// such a floppy.
    pub fn detect(start: &[u8], length: u64) -> Option<Regions> {
        let sector = |lba: u32| start.get(offset(lba) as usize..)?.get(..SECTOR_SIZE);
        let is_floppy = length == FLOPPY_SIZE
            && sector(0)?[BOOT_SIGNATURE_OFFSET..] == BOOT_SIGNATURE
            && KernelHeader::parse(sector(FLOPPY_KERNEL_LBA)?).is_ok();
        if !is_floppy {
            return None;
        }
        let first = offset(FLOPPY_KERNEL_LBA);
        let line = parse_command_line(sector(COMMAND_LINE_LBA)?).unwrap_or_default();
        let root = ramdisk(line).filter(|root| root.start > first);
        let end = root.map_or(FLOPPY_SIZE, |root| root.start);
        let kernel = Region {
            start: first,
            length: end - first,
        };
        Some(Regions { kernel, root })
    }
}

/// The region that `ramdisk=KB,BLOCK` tells, as far as there is a floppy.
fn ramdisk(line: &str) -> Option<Region> {
    let words = line.split_ascii_whitespace();
    let (size, block) = words
        .filter_map(|word| word.strip_prefix("ramdisk="))
        .find_map(|value| value.split_once(','))?;
    let start = block.parse::<u64>().ok()?.checked_mul(BLOCK_SIZE as u64)?;
    let room = FLOPPY_SIZE.checked_sub(start).filter(|room| *room > 0)?;
    let length = size.parse::<u64>().ok()?.checked_mul(BLOCK_SIZE as u64)?;
    Some(Region {
        start,
        length: length.min(room),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first sectors of a floppy with this command line.
    fn start(line: &str) -> Vec<u8> {
        let header = KernelHeader {
            magic: kernel_header::MAGIC,
            version: kernel_header::VERSION,
            length: 512,
            ..KernelHeader::default()
        };
        let mut start = vec![0; 8 * SECTOR_SIZE];
        start[BOOT_SIGNATURE_OFFSET..SECTOR_SIZE].copy_from_slice(&BOOT_SIGNATURE);
        start[offset(COMMAND_LINE_LBA) as usize..][..line.len()].copy_from_slice(line.as_bytes());
        start[offset(FLOPPY_KERNEL_LBA) as usize..][..SECTOR_SIZE]
            .copy_from_slice(&header.to_sector());
        start
    }

    #[test]
    fn a_floppy_of_ours_has_three_marks() {
        let good = start("");
        let kernel = Region {
            start: 3072,
            length: FLOPPY_SIZE - 3072,
        };
        let found = Regions::detect(&good, FLOPPY_SIZE);
        assert_eq!(found, Some(Regions { kernel, root: None }));
        for at in [BOOT_SIGNATURE_OFFSET, 3072] {
            let mut other = good.clone();
            other[at] ^= 1;
            assert_eq!(Regions::detect(&other, FLOPPY_SIZE), None, "byte {at}");
        }
        for length in [FLOPPY_SIZE - 512, FLOPPY_SIZE + 512] {
            assert_eq!(Regions::detect(&good, length), None);
        }
        assert_eq!(Regions::detect(&good[..3500], FLOPPY_SIZE), None);
    }

    /// Nonsense in the command line makes no region that is not on the floppy.
    #[test]
    fn the_ramdisks_root_is_behind_the_kernel_and_on_the_floppy() {
        let root = |line: &str| {
            let regions = Regions::detect(&start(line), FLOPPY_SIZE).unwrap();
            let end = regions.root.map_or(FLOPPY_SIZE, |root| root.start);
            assert_eq!(regions.kernel.start + regions.kernel.length, end);
            regions
                .root
                .map(|root| (root.start / 1024, root.length / 1024))
        };
        assert_eq!(root("no387 ramdisk=360,7 init=/bin/sh"), Some((7, 360)));
        // Block 3 is where the kernel's header is.
        assert_eq!(root("ramdisk=360,3"), None);
        assert_eq!(root("ramdisk=360,4"), Some((4, 360)));
        // What reaches over the end is cut off; 1440 is behind the end.
        assert_eq!(root("ramdisk=360,1439"), Some((1439, 1)));
        assert_eq!(root("ramdisk=360,1440"), None);
        for line in [
            "ramdisk=360",
            "ramdisk=360,x",
            "ramdisk=,7",
            "ramdisk=360,99999999999999999",
        ] {
            assert_eq!(root(line), None, "{line}");
        }
    }
}
