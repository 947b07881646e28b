// SPDX-License-Identifier: GPL-2.0-or-later
//! Where the commands about files find their file system.
//!
//! What changes a file system does so in memory; the image gets it at the end. In a
//! `shell` that is the end of the shell: between [`Images::open`] and
//! [`Images::finish`], the commands about its image work on what it has in memory.

use crate::cli::{Place, TimeArgs};
use ::fs::host::FileDisk;
use abi::sys::types::Time;
use mkimage::changes::ChangedDisk;
use mkimage::complaints::Complaints;
use mkimage::disk::Region;
use mkimage::error::{Fault, Result};
use mkimage::image::Image;
use mkimage::root_fs::{Mounted, with_file_system};
use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

/// The images of one command, or of all commands of a shell.
#[derive(Default)]
pub struct Images {
    /// The one that the shell has open.
    open: Option<Open>,
    /// What could not be read.
    complaints: Complaints,
}

/// The image of a shell, and how it is by now.
struct Open {
    image: Image,
    region: Region,
    disk: RefCell<ChangedDisk>,
}

impl Images {
    /// Opens the image of a shell.
    pub fn open(at: &Place) -> Result<Images> {
        let image = Image::open_to_change(&at.image)?;
        let region = image.file_system(at.partition)?;
        let disk = RefCell::new(ChangedDisk::new(&image.path, &image.file, region)?);
        Ok(Images {
            open: Some(Open {
                image,
                region,
                disk,
            }),
            complaints: Complaints::default(),
        })
    }

    /// Brings the changes of a shell to its image.
    pub fn finish(&self) -> Result<()> {
        match &self.open {
            Some(Open { image, disk, .. }) => image.change(&disk.borrow().changes()),
            None => Ok(()),
        }
    }

    /// Whether something could not be read.
    pub fn are_damaged(&self) -> bool {
        self.complaints.were_made()
    }

    /// The disk of the shell, if it has the image `at` open.
    fn open_disk(&self, at: &Place) -> Result<Option<&RefCell<ChangedDisk>>> {
        let open = self.open.as_ref().filter(|it| it.image.path == at.image);
        let Some(Open {
            image,
            region,
            disk,
        }) = open
        else {
            return Ok(None);
        };
        if at.partition.is_some() && image.file_system(at.partition)? != *region {
            let problem = "expected the partition that the shell has open";
            return Err(Fault::new("partition", problem).in_file(&image.path));
        }
        Ok(Some(disk))
    }

    /// Runs `work` on the file system of an image, which is not changed.
    pub fn inspect<T>(
        &self,
        at: &Place,
        work: impl FnOnce(&Mounted<'_>) -> Result<T>,
    ) -> Result<T> {
        if let Some(disk) = self.open_disk(at)? {
            let disk = disk.borrow().snapshot();
            return with_file_system(&at.image, disk, 0, &self.complaints, work);
        }
        let image = Image::open_partly(&at.image)?;
        let region = image.file_system(at.partition)?;
        if let Some(fault) = image.missing {
            self.complaints.complain(&fault.in_file(&image.path));
        }
        let disk = FileDisk::new(image.file, region.start, region.length);
        with_file_system(&image.path, disk, 0, &self.complaints, work)
    }

    /// Runs `work` on the file system of an image, and changes the image if it
    /// succeeds.
    pub fn edit(
        &self,
        at: &Place,
        time: &TimeArgs,
        work: impl FnOnce(&Mounted<'_>) -> Result<()>,
    ) -> Result<()> {
        let time = time.time.unwrap_or_else(now);
        if let Some(open) = self.open_disk(at)? {
            let disk = open.borrow().snapshot();
            with_file_system(&at.image, disk.clone(), time, &self.complaints, work)?;
            open.replace(disk);
            return Ok(());
        }
        let image = Image::open_to_change(&at.image)?;
        let region = image.file_system(at.partition)?;
        let disk = ChangedDisk::new(&image.path, &image.file, region)?;
        with_file_system(&image.path, disk.clone(), time, &self.complaints, work)?;
        image.change(&disk.changes())
    }
}

pub fn now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time::try_from(since.as_secs()).unwrap_or(Time::MAX)
}
