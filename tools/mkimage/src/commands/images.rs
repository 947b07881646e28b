// SPDX-License-Identifier: GPL-2.0-or-later
//! Where the commands about files find their file system.
//!
//! What changes a file system does so in memory; the image gets it at the end.

use crate::cli::{Place, TimeArgs};
use ::fs::host::FileDisk;
use lib::sys::types::Time;
use mkimage::changes::ChangedDisk;
use mkimage::complaints::complain;
use mkimage::error::Result;
use mkimage::image::Image;
use mkimage::root_fs::{Mounted, with_file_system};
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs `work` on the file system of an image, which is not changed.
pub fn inspect<T>(at: &Place, work: impl FnOnce(&Mounted<'_>) -> Result<T>) -> Result<T> {
    let image = Image::open_partly(&at.image)?;
    let region = image.file_system(at.partition)?;
    if let Some(fault) = image.missing {
        complain(&fault.in_file(&image.path));
    }
    let disk = FileDisk::new(image.file, region.start, region.length);
    with_file_system(&image.path, disk, 0, work)
}

/// Runs `work` on the file system of an image, and changes the image if it
/// succeeds.
pub fn edit(
    at: &Place,
    time: &TimeArgs,
    work: impl FnOnce(&Mounted<'_>) -> Result<()>,
) -> Result<()> {
    let image = Image::open_to_change(&at.image)?;
    let region = image.file_system(at.partition)?;
    let disk = ChangedDisk::new(&image.path, &image.file, region)?;
    let time = time.time.unwrap_or_else(now);
    with_file_system(&image.path, disk.clone(), time, work)?;
    image.change(&disk.changes())
}

pub fn now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time::try_from(since.as_secs()).unwrap_or(Time::MAX)
}
