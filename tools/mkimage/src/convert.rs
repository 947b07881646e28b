// SPDX-License-Identifier: GPL-2.0-or-later
//! A file system as a disk, a disk as a file system, and what an emulator must
//! be told about either.

use crate::boot::BootCode;
use crate::disk::{
    HEADS, Layout, MINIX_PARTITION, PartitionEntry, Region, SECTOR_SIZE, SECTORS_PER_CYLINDER,
    SECTORS_PER_TRACK, fill_boot_sector,
};
use crate::error::{Fault, Result};
use crate::image::Image;
use crate::output::NewFile;
use crate::progress::Progress;
use crate::volume::Volume;
use fs::layout::BLOCK_SIZE;
use lib::sys::types::{Device, major};
use std::path::Path;

/// Bytes of a cylinder.
const CYLINDER: u64 = SECTORS_PER_CYLINDER as u64 * SECTOR_SIZE as u64;
/// Bytes copied at once.
const PIECE: u64 = 1 << 20;

/// Makes a disk of whole cylinders with one partition, the file system in
/// `region` of `image`. It does not boot; as a second disk it is `/dev/hd6`.
pub fn to_disk(image: &Image, region: Region, output: &Path) -> Result<()> {
    let length = region.length.div_ceil(CYLINDER) * CYLINDER;
    let sectors = u32::try_from(length / SECTOR_SIZE as u64)
        .map_err(|_| Fault::new("file system", "larger than a disk can be").in_file(&image.path))?;
    let unused = PartitionEntry::default();
    let entry = PartitionEntry::new(MINIX_PARTITION, false, SECTORS_PER_CYLINDER, sectors);
    let mut boot_sector = BootCode::none().boot_sector;
    let root = Device::new(major::HARD_DISK, 1);
    fill_boot_sector(&mut boot_sector, root, &[entry, unused, unused, unused]);
    let new = NewFile::create(output, CYLINDER + length)?;
    new.write_at(&boot_sector, 0)?;
    copy(image, region, &new, CYLINDER)?;
    new.commit()
}

/// Copies the file system in `region` of `image`, as far as it goes.
pub fn to_file_system(image: &Image, region: Region, output: &Path) -> Result<()> {
    let length = match Volume::open(&image.read(region)?) {
        Ok(volume) => u64::from(volume.geometry.nzones) * BLOCK_SIZE as u64,
        Err(_) => region.length,
    };
    let region = Region {
        length: region.length.min(length),
        ..region
    };
    let new = NewFile::create(output, region.length)?;
    copy(image, region, &new, 0)?;
    new.commit()
}

/// Copies the whole image and fills it up to whole cylinders.
pub fn to_raw(image: &Image, output: &Path) -> Result<()> {
    let region = Region {
        start: 0,
        length: image.length,
    };
    let new = NewFile::create(output, image.length.div_ceil(CYLINDER) * CYLINDER)?;
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
    if let (Layout::Bare, Some(kind)) = (&image.layout, floppy) {
        return vec![format!("floppya: {kind}=\"{path}\", status=inserted")];
    }
    let cylinders = image.length / CYLINDER;
    let mut lines = vec![format!(
        "ata0-master: type=disk, path=\"{path}\", mode=flat, \
         cylinders={cylinders}, heads={HEADS}, spt={SECTORS_PER_TRACK}"
    )];
    if !image.length.is_multiple_of(CYLINDER) {
        lines.push(format!(
            "# {} bytes are behind the last whole cylinder; convert --to raw fills it up",
            image.length % CYLINDER
        ));
    }
    lines
}
