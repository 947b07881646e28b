// SPDX-License-Identifier: GPL-2.0-or-later
//! Sources of Linux 0.11 on the image of a disk, by the code of `mkimage`. The
//! image is never written to.

use super::{Found, LANDMARK, LARGEST_SOURCE, not_the_original, without_name};
use crate::error::Result;
use crate::facts::File;
use mkimage::changes::ChangedDisk;
use mkimage::complaints::Complaints;
use mkimage::image::Image;
use mkimage::image_path::ImagePath;
use mkimage::root_fs::{Mounted, with_file_system};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

/// Folders whose folders may be a tree.
const AROUND: [&str; 2] = ["/usr/src", "/"];

/// Whether a file is the image of a disk that has a file system.
pub fn is_image(path: &Path, file: &std::fs::File) -> bool {
    let open = || Image::of(path, file.try_clone().ok()?).ok();
    open().is_some_and(|image| image.file_system(None).is_ok())
}

/// The wanted files of all trees on an image, by their path.
pub fn read(path: &Path, file: std::fs::File, files: &[File]) -> Result<Found> {
    let read = || {
        let image = Image::of(path, file)?;
        let region = image.file_system(None)?;
        let disk = ChangedDisk::new(path, &image.file, region)?;
        with_file_system(path, disk, 0, &Complaints::default(), |mounted| {
            read_trees(mounted, files)
        })
    };
    read().map_err(|error: mkimage::error::Error| {
        let problem = format!("cannot be read as a disk: {}", without_name(path, &error));
        not_the_original(path, problem)
    })
}

fn path(text: &str) -> ImagePath {
    ImagePath::from(OsString::from(text))
}

fn read_trees(mounted: &Mounted<'_>, files: &[File]) -> mkimage::error::Result<Found> {
    let mut found = BTreeMap::new();
    for around in AROUND {
        if mounted.find(&path(around))?.is_none() {
            continue;
        }
        for name in mounted.read_dir(&path(around))? {
            let name = String::from_utf8_lossy(&name);
            let tree = format!("{}/{name}", around.trim_end_matches('/'));
            if mounted
                .find(&path(&format!("{tree}/{LANDMARK}")))
                .is_ok_and(|found| found.is_some())
            {
                read_tree(mounted, &tree, files, &mut found)?;
            }
        }
    }
    Ok(found)
}

fn read_tree(
    mounted: &Mounted<'_>,
    tree: &str,
    files: &[File],
    found: &mut Found,
) -> mkimage::error::Result<()> {
    for file in files {
        let name = format!("{tree}/{}", file.path);
        if mounted.find(&path(&name))?.is_none() {
            continue;
        }
        let mut contents = Vec::new();
        mounted.read_pieces(&path(&name), &mut |offset, piece| {
            if offset < LARGEST_SOURCE {
                // Holes are left out: they are zeros.
                contents.resize(offset as usize, 0);
                contents.extend_from_slice(piece);
            }
            Ok(())
        })?;
        found.insert(name.trim_start_matches('/').to_owned(), contents);
    }
    Ok(())
}
