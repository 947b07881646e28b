// SPDX-License-Identifier: GPL-2.0-or-later
//! Where the commands about files find their file system.
//!
//! What changes a file system does so in memory; the image gets it at the end. In a
//! `shell` that is the end of the shell: between [`begin`] and [`end`], the commands
//! about its image work on what it has in memory.

use crate::cli::{Place, TimeArgs};
use ::fs::host::FileDisk;
use lib::sys::types::Time;
use mkimage::changes::ChangedDisk;
use mkimage::complaints::complain;
use mkimage::error::Result;
use mkimage::image::Image;
use mkimage::root_fs::{Mounted, with_file_system};
use std::cell::RefCell;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The image of a shell, and how it is by now.
struct Open {
    image: Image,
    disk: ChangedDisk,
}

thread_local! {
    static OPEN: RefCell<Option<Open>> = const { RefCell::new(None) };
}

/// Opens the image of a shell.
pub fn begin(at: &Place) -> Result<()> {
    let image = Image::open_to_change(&at.image)?;
    let region = image.file_system(at.partition)?;
    let disk = ChangedDisk::new(&image.path, &image.file, region)?;
    OPEN.set(Some(Open { image, disk }));
    Ok(())
}

/// Brings the changes of a shell to its image.
pub fn end() -> Result<()> {
    match OPEN.take() {
        Some(Open { image, disk }) => image.change(&disk.changes()),
        None => Ok(()),
    }
}

/// The disk of the shell, if `image` is the one that it has open.
fn open_disk(image: &Path) -> Option<ChangedDisk> {
    OPEN.with_borrow(|open| {
        let open = open.as_ref().filter(|open| open.image.path == image)?;
        Some(open.disk.snapshot())
    })
}

/// Runs `work` on the file system of an image, which is not changed.
pub fn inspect<T>(at: &Place, work: impl FnOnce(&Mounted<'_>) -> Result<T>) -> Result<T> {
    if let Some(disk) = open_disk(&at.image) {
        return with_file_system(&at.image, disk, 0, work);
    }
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
    let time = time.time.unwrap_or_else(now);
    if let Some(disk) = open_disk(&at.image) {
        with_file_system(&at.image, disk.clone(), time, work)?;
        OPEN.with_borrow_mut(|open| open.iter_mut().for_each(|open| open.disk = disk.clone()));
        return Ok(());
    }
    let image = Image::open_to_change(&at.image)?;
    let region = image.file_system(at.partition)?;
    let disk = ChangedDisk::new(&image.path, &image.file, region)?;
    with_file_system(&image.path, disk.clone(), time, work)?;
    image.change(&disk.changes())
}

pub fn now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time::try_from(since.as_secs()).unwrap_or(Time::MAX)
}
