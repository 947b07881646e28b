// SPDX-License-Identifier: GPL-2.0-or-later
//! One machine at a time writes to a disk: who runs one holds the lock of its
//! file. `mkimage` asks for the same lock.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Takes the lock of `disk`, which is held until the file is dropped.
///
/// # Errors
/// Where another machine has it.
pub fn hold(disk: &Path) -> Result<File> {
    let place = || format!("{}", disk.display());
    loop {
        let file = File::open(disk).with_context(place)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "{}: another machine runs on this disk; end it, or name another disk: \
                 make run DISK=my.img",
                disk.display()
            ),
            Err(TryLockError::Error(error)) => return Err(error).with_context(place),
        }
        // `mkimage` puts a new file in the place of an old one.
        let (ours, there) = (file.metadata()?, disk.metadata().with_context(place)?);
        if (ours.dev(), ours.ino()) == (there.dev(), there.ino()) {
            return Ok(file);
        }
    }
}
