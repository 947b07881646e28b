// SPDX-License-Identifier: GPL-2.0-or-later
//! Trees made on the host.

use super::{Item, Kind, Source};
use crate::cli::CpArgs;
use mkimage::error::{Fault, HostContext, Result};
use mkimage::output::NewFile;
use mkimage::progress::Progress;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

/// Makes all items of `source`, which is in one of `images`, at `to`, over those that
/// are there. Modes and times of directories come last: nothing could be made in one
/// without permission to write.
pub fn write(arguments: &CpArgs, source: &Source<'_>, to: &Path, images: &[&Path]) -> Result<()> {
    let progress = Progress::items("copying", source.items.len() as u64);
    for item in &source.items {
        make(arguments, source, item, to, images)?;
        progress.add(1);
    }
    let directories = source.items.iter().rev();
    for item in directories.filter(|item| matches!(item.kind, Kind::Directory)) {
        let path = item.relative.on_host(to);
        let permissions = Permissions::from_mode(u32::from(item.mode) & 0o777);
        fs::set_permissions(&path, permissions).on_host("set the mode of", &path)?;
        if arguments.preserve {
            let directory = File::open(&path).on_host("open", &path)?;
            set_time(&directory, item, &path)?;
        }
    }
    Ok(())
}

fn set_time(file: &File, item: &Item, path: &Path) -> Result<()> {
    let time = UNIX_EPOCH + Duration::from_secs(item.time.into());
    file.set_modified(time).on_host("set the time of", path)
}

fn make(
    arguments: &CpArgs,
    source: &Source<'_>,
    item: &Item,
    to: &Path,
    images: &[&Path],
) -> Result<()> {
    let path = item.relative.on_host(to);
    let old = fs::symlink_metadata(&path).ok();
    match &item.kind {
        Kind::Directory => {
            // A link to a directory would lead elsewhere.
            let is_there = old.is_some_and(|found| found.is_dir());
            if is_there || (item.relative.is_root() && path.is_dir()) {
                return Ok(());
            }
            fs::create_dir(&path).on_host("create the directory", &path)
        }
        Kind::File => {
            if path.is_dir() {
                let problem = "expected no directory, for the file of that name";
                return Err(Fault::new("copy", problem).in_file(&path));
            }
            // So would a link to a file, and a file that has other names, unless it
            // was named itself.
            let is_shared =
                |old: &fs::Metadata| old.is_symlink() || (old.is_file() && old.nlink() > 1);
            if !item.relative.is_root() && old.as_ref().is_some_and(is_shared) {
                fs::remove_file(&path).on_host("replace", &path)?;
            }
            let new = NewFile::create(&path, 0, images)?;
            let size = source.files.read(&item.relative, &mut |offset, bytes| {
                new.write_at(bytes, offset)
            })?;
            new.file().set_len(size).on_host("write", &path)?;
            let permissions = Permissions::from_mode(u32::from(item.mode) & 0o777);
            new.file()
                .set_permissions(permissions)
                .on_host("set the mode of", &path)?;
            if arguments.preserve {
                set_time(new.file(), item, &path)?;
            }
            new.commit()
        }
        Kind::SymbolicLink(target) => {
            remove_old(&path)?;
            symlink(OsStr::from_bytes(target), &path).on_host("create the link", &path)
        }
        Kind::Link(first) => {
            let first = first.on_host(to);
            let inode = |path: &Path| {
                let found = fs::symlink_metadata(path).ok()?;
                Some((found.dev(), found.ino()))
            };
            if inode(&first).is_some_and(|it| inode(&path) == Some(it)) {
                return Ok(());
            }
            remove_old(&path)?;
            fs::hard_link(&first, &path).on_host("create the link", &path)
        }
        // Not made without the super-user, and refused unless to be left out.
        Kind::Special(_) => Ok(()),
    }
}

/// Makes room for a link. What else than a file or link is in its place stays.
fn remove_old(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(old) if old.is_file() || old.is_symlink() => {
            fs::remove_file(path).on_host("replace", path)
        }
        _ => Ok(()),
    }
}
