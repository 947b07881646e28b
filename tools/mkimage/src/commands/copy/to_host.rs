// SPDX-License-Identifier: GPL-2.0-or-later
//! Trees made on the host.

use super::{Item, Kind, Source};
use crate::cli::CpArgs;
use mkimage::error::{Fault, HostContext, Result};
use mkimage::output::NewFile;
use mkimage::progress::Progress;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// Makes all items of `source`, which is in one of `images`, at `to`. Modes and times of directories come
/// last: nothing could be made in one without permission to write.
pub fn write(arguments: &CpArgs, source: &Source, to: &Path, images: &[&Path]) -> Result<()> {
    let progress = Progress::items("copying", source.items.len() as u64);
    for item in &source.items {
        make(arguments, item, to, images)?;
        progress.add(1);
    }
    let directories = source.items.iter().rev();
    for item in directories.filter(|item| matches!(item.kind, Kind::Directory)) {
        let path = path_of(to, &item.relative);
        let permissions = Permissions::from_mode(u32::from(item.mode) & 0o777);
        fs::set_permissions(&path, permissions).on_host("set the mode of", &path)?;
        if arguments.preserve {
            let directory = File::open(&path).on_host("open", &path)?;
            set_time(&directory, item, &path)?;
        }
    }
    Ok(())
}

fn path_of(to: &Path, relative: &str) -> PathBuf {
    match relative {
        "" => to.to_owned(),
        relative => to.join(relative),
    }
}

fn set_time(file: &File, item: &Item, path: &Path) -> Result<()> {
    let time = UNIX_EPOCH + Duration::from_secs(item.time.into());
    file.set_modified(time).on_host("set the time of", path)
}

fn make(arguments: &CpArgs, item: &Item, to: &Path, images: &[&Path]) -> Result<()> {
    let path = path_of(to, &item.relative);
    match &item.kind {
        Kind::Directory => {
            // A link to a directory would lead elsewhere.
            let is_there = fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir());
            if is_there || (item.relative.is_empty() && path.is_dir()) {
                return Ok(());
            }
            fs::create_dir(&path).on_host("create the directory", &path)
        }
        Kind::Bytes(contents) => {
            if path.is_dir() {
                let problem = "expected no directory, for the file of that name";
                return Err(Fault::new("copy", problem).in_file(&path));
            }
            let new = NewFile::create(&path, contents.len() as u64, images)?;
            new.write_at(contents, 0)?;
            let permissions = Permissions::from_mode(u32::from(item.mode) & 0o777);
            new.file()
                .set_permissions(permissions)
                .on_host("set the mode of", &path)?;
            if arguments.preserve {
                set_time(new.file(), item, &path)?;
            }
            new.commit()
        }
        Kind::SymbolicLink(target) => symlink(target, &path).on_host("create the link", &path),
        Kind::Link(first) => {
            fs::hard_link(path_of(to, first), &path).on_host("create the link", &path)
        }
        // Not made without the super-user, and refused unless to be left out;
        // the host's files come from images only.
        Kind::Special(_) | Kind::HostFile(_) => Ok(()),
    }
}
