// SPDX-License-Identifier: GPL-2.0-or-later
//! A file system as a disk, a disk as a file system, and what an emulator must
//! be told about either.

use crate::boot::BootCode;
use crate::disk::{
    Layout, MINIX_PARTITION, Partition, Region, SECTOR_SIZE, SECTORS_PER_CYLINDER, fill_boot_sector,
};
use crate::error::{Fault, FaultContext, Result};
use crate::geometry::Geometry;
use crate::image::Image;
use crate::output::NewFile;
use crate::progress::Progress;
use abi::sys::types::{Device, major};
use fs::layout::BLOCK_SIZE;
use fsck::UntrustedVolume;
use std::path::Path;

/// Bytes of a cylinder.
const CYLINDER: u64 = SECTORS_PER_CYLINDER as u64 * SECTOR_SIZE as u64;
/// Bytes copied at once.
const PIECE: u64 = 1 << 20;

/// A disk that is to be made of a file system.
#[derive(Clone, Copy, Default, Debug)]
pub struct DiskShape {
    /// Otherwise one of ours, of as many cylinders as it takes.
    pub geometry: Option<Geometry>,
    /// First sector of the partition, otherwise that of the second cylinder.
    pub first_sector: Option<u32>,
}

impl DiskShape {
    /// The geometry, first sector and length of a partition that is to hold
    /// `length` bytes: up to the end of a cylinder.
    fn layout(&self, length: u64) -> std::result::Result<(Geometry, u32, u32), Fault> {
        let cylinder = self
            .geometry
            .map_or(SECTORS_PER_CYLINDER, |it| it.cylinder());
        let first = self.first_sector.unwrap_or(cylinder);
        let too_large = || Fault::new("file system", "larger than the disk");
        let needed = u32::try_from(length.div_ceil(SECTOR_SIZE as u64))
            .ok()
            .and_then(|sectors| first.checked_add(sectors))
            .and_then(|end| end.checked_next_multiple_of(cylinder))
            .ok_or_else(too_large)?;
        let geometry = self.geometry.unwrap_or(Geometry::ours(needed));
        if first == 0 {
            let problem = "0, expected 1 or more: the partition table is in sector 0";
            return Err(Fault::new("first sector", problem));
        }
        if needed > geometry.total() {
            return Err(too_large());
        }
        Ok((geometry, first, needed - first))
    }
}

/// Makes a disk with one partition, the file system in `region` of `image`. It
/// does not boot; as a second disk it is `/dev/hd6`.
pub fn to_disk(image: &Image, region: Region, shape: &DiskShape, output: &Path) -> Result<()> {
    let (geometry, first, sectors) = shape.layout(region.length).in_file(&image.path)?;
    let unused = Partition::default();
    let entry = geometry.entry(MINIX_PARTITION, false, first, sectors);
    let mut boot_sector = BootCode::none().boot_sector;
    let root = Device::new(major::HARD_DISK, 1);
    fill_boot_sector(&mut boot_sector, root, &[entry, unused, unused, unused]);
    let at = |sectors: u32| u64::from(sectors) * SECTOR_SIZE as u64;
    let new = NewFile::create(output, at(geometry.total()), &[&image.path])?;
    new.write_at(&boot_sector, 0)?;
    copy(image, region, &new, at(first))?;
    new.commit()
}

/// Copies the file system in `region` of `image`, as far as it goes.
pub fn to_file_system(image: &Image, region: Region, output: &Path) -> Result<()> {
    let length = match UntrustedVolume::open(&image.read(region)?) {
        Ok(volume) => u64::from(volume.geometry.nzones) * BLOCK_SIZE as u64,
        Err(_) => region.length,
    };
    let region = Region {
        length: region.length.min(length),
        ..region
    };
    let new = NewFile::create(output, region.length, &[&image.path])?;
    copy(image, region, &new, 0)?;
    new.commit()
}

/// Copies the whole image and fills it up to whole cylinders.
pub fn to_raw(image: &Image, output: &Path) -> Result<()> {
    let region = Region {
        start: 0,
        length: image.length,
    };
    let length = image.length.div_ceil(CYLINDER) * CYLINDER;
    let new = NewFile::create(output, length, &[&image.path])?;
    copy(image, region, &new, 0)?;
    new.commit()
}

/// Copies a region to `offset` of a new file.
pub fn copy(image: &Image, region: Region, new: &NewFile, offset: u64) -> Result<()> {
    let progress = Progress::bytes("copying", region.length);
    let mut done = 0;
    while done < region.length {
        let piece = Region {
            start: region.start + done,
            length: (region.length - done).min(PIECE),
        };
        new.write_at(&image.read(piece)?, offset + done)?;
        done += piece.length;
        progress.add(piece.length);
    }
    Ok(())
}

/// The lines of a bochsrc for an image: a floppy by its size, otherwise a disk.
pub fn bochsrc(image: &Image) -> Vec<String> {
    let path = image.path.display();
    let floppy = match image.length / 1024 {
        160 => Some("160k"),
        180 => Some("180k"),
        320 => Some("320k"),
        360 => Some("360k"),
        720 => Some("720k"),
        1200 => Some("1_2"),
        1440 => Some("1_44"),
        2880 => Some("2_88"),
        _ => None,
    };
    let is_disk = matches!(image.layout, Layout::Partitioned { .. });
    if let (false, Some(kind)) = (is_disk, floppy) {
        return vec![format!("floppya: {kind}=\"{path}\", status=inserted")];
    }
    let sectors = image.length / SECTOR_SIZE as u64;
    let geometry = image.geometry.unwrap_or(Geometry::ours(sectors as u32));
    let mut lines = vec![format!(
        "ata0-master: type=disk, path=\"{path}\", mode=flat, {geometry}"
    )];
    if image.geometry.is_none() {
        lines.push(format!(
            "# {} bytes are behind the last whole cylinder; convert --to raw fills it up",
            image.length % CYLINDER
        ));
    }
    lines
}
