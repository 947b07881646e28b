// SPDX-License-Identifier: GPL-2.0-or-later
//! Where the commands about files find their file system.
//!
//! What changes a file system does so in a copy of the image, which takes the
//! image's place at the end.

use crate::cli::{Place, TimeArgs};
use lib::sys::types::Time;
use mkimage::error::{HostContext, Result};
use mkimage::image::Image;
use mkimage::output::NewFile;
use mkimage::root_fs::{Mounted, with_file_system};
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs `work` on the file system of an image, which is not changed.
pub fn inspect<T>(at: &Place, work: impl FnOnce(&Mounted<'_>) -> Result<T>) -> Result<T> {
    let image = Image::open(&at.image)?;
    let region = image.file_system(at.partition)?;
    with_file_system(&image.path, image.file, region, 0, work)
}

/// Runs `work` on the file system of an image, and changes the image if it
/// succeeds.
pub fn edit(
    at: &Place,
    time: &TimeArgs,
    work: impl FnOnce(&Mounted<'_>) -> Result<()>,
) -> Result<()> {
    let region = Image::open(&at.image)?.file_system(at.partition)?;
    let new = NewFile::copy_of(&at.image)?;
    let file = new.file().try_clone().on_host("open", &at.image)?;
    with_file_system(&at.image, file, region, time.time.unwrap_or_else(now), work)?;
    new.commit()
}

pub fn now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time::try_from(since.as_secs()).unwrap_or(Time::MAX)
}
