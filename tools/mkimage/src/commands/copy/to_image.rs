// SPDX-License-Identifier: GPL-2.0-or-later
//! Trees made in an image.

use super::{Item, Kind, Source};
use crate::cli::CpArgs;
use abi::Errno;
use abi::sys::stat::{S_IFMT, S_ISDIR, S_ISLNK, S_ISREG};
use mkimage::error::Result;
use mkimage::image_path::ImagePath;
use mkimage::progress::Progress;
use mkimage::root_fs::Mounted;

/// Makes all items of `source` at `to`, over those that are there.
pub fn write(
    mounted: &Mounted<'_>,
    arguments: &CpArgs,
    source: &Source<'_>,
    to: &ImagePath,
) -> Result<()> {
    let progress = Progress::items("copying", source.items.len() as u64);
    for item in &source.items {
        if !(arguments.skip_special && matches!(item.kind, Kind::Special(_))) {
            make(mounted, source, item, to)?;
        }
        progress.add(1);
    }
    // Backwards: making a file changes the time of its directory.
    for item in source.items.iter().rev().filter(|_| arguments.preserve) {
        match item.kind {
            Kind::Link(_) => continue,
            Kind::Special(_) if arguments.skip_special => continue,
            _ => preserve(mounted, item, &to.append(&item.relative))?,
        }
    }
    Ok(())
}

/// Sets the owner, if there is one, and the time.
pub fn preserve(mounted: &Mounted<'_>, item: &Item, path: &ImagePath) -> Result<()> {
    if matches!(item.kind, Kind::SymbolicLink(_)) {
        let (uid, gid) = item.owner.unwrap_or_default();
        return mounted.set_link_attributes(path, uid, gid, item.time);
    }
    if let Some((uid, gid)) = item.owner {
        mounted.chown(path, uid, gid)?;
        // A change of the owner may take the special bits away.
        mounted.chmod(path, item.mode & !S_IFMT)?;
    }
    mounted.set_time(path, item.time)
}

/// Makes an item of `source` below `to`, over what is there of its kind.
pub fn make(mounted: &Mounted<'_>, source: &Source<'_>, item: &Item, to: &ImagePath) -> Result<()> {
    let path = to.append(&item.relative);
    let mode = item.mode & !S_IFMT;
    if let Some(old) = mounted.find(&path)? {
        let is_file_or_link = S_ISREG(old.st_mode) || S_ISLNK(old.st_mode);
        match &item.kind {
            Kind::Directory if S_ISDIR(old.st_mode) => return Ok(()),
            Kind::File if S_ISREG(old.st_mode) => {}
            Kind::Link(first) if mounted.stat(&to.append(first))?.st_ino == old.st_ino => {
                return Ok(());
            }
            Kind::File | Kind::SymbolicLink(_) | Kind::Link(_) if is_file_or_link => {
                mounted.unlink(&path)?;
            }
            Kind::Special(_) if item.mode & S_IFMT == old.st_mode & S_IFMT => {
                mounted.unlink(&path)?;
            }
            _ => return Err(mounted.error(&path, "copy over it")(Errno::EEXIST)),
        }
    }
    match &item.kind {
        Kind::Directory => mounted.mkdir(&path, mode),
        Kind::File => {
            let mut writer = mounted.create_file(&path)?;
            let size = source.files.read(&item.relative, &mut |offset, bytes| {
                writer.write(offset, bytes)
            })?;
            writer.finish(size, mode)
        }
        Kind::SymbolicLink(target) => mounted.symlink(target, &path),
        Kind::Special(device) => mounted.mknod(&path, item.mode, *device),
        Kind::Link(first) => mounted.link(&to.append(first), &path),
    }
}
