// SPDX-License-Identifier: GPL-2.0-or-later
//! Trees made in an image.

use super::{Item, Kind, Source};
use crate::cli::CpArgs;
use ::fs::layout::MAX_FILE_SIZE;
use lib::Errno;
use lib::sys::stat::{S_IFMT, S_ISDIR, S_ISREG};
use mkimage::error::{HostContext, Result};
use mkimage::progress::Progress;
use mkimage::root_fs::Mounted;
use std::fs;

/// Makes all items of `source` at `to`.
pub fn write(mounted: &Mounted<'_>, arguments: &CpArgs, source: &Source, to: &str) -> Result<()> {
    let progress = Progress::items("copying", source.items.len() as u64);
    for item in &source.items {
        make(mounted, arguments, item, to)?;
        progress.add(1);
    }
    // Backwards: making a file changes the time of its directory.
    for item in source.items.iter().rev().filter(|_| arguments.preserve) {
        if matches!(item.kind, Kind::SymbolicLink(_) | Kind::Link(_)) {
            continue;
        }
        let path = path_of(to, &item.relative);
        if let Some((uid, gid)) = item.owner {
            mounted.chown(&path, uid, gid)?;
            // A change of the owner may take the special bits away.
            mounted.chmod(&path, item.mode & !S_IFMT)?;
        }
        mounted.set_time(&path, item.time)?;
    }
    Ok(())
}

fn path_of(to: &str, relative: &str) -> String {
    match relative {
        "" => to.to_owned(),
        relative => format!("{}/{relative}", to.trim_end_matches('/')),
    }
}

fn make(mounted: &Mounted<'_>, arguments: &CpArgs, item: &Item, to: &str) -> Result<()> {
    let path = path_of(to, &item.relative);
    let old = mounted.find(&path)?.map(|stat| stat.st_mode);
    let mode = item.mode & !S_IFMT;
    let exists = mounted.error(&path, "copy over it");
    match (&item.kind, old) {
        (Kind::Directory, Some(old)) if S_ISDIR(old) => return Ok(()),
        (Kind::Bytes(_) | Kind::HostFile(_), Some(old)) if S_ISREG(old) => {}
        (Kind::Special(_), _) if arguments.skip_special => return Ok(()),
        (_, Some(_)) => return Err(exists(Errno::EEXIST)),
        (_, None) => mounted.check_name(&path)?,
    }
    match &item.kind {
        Kind::Directory => mounted.mkdir(&path, mode),
        Kind::Bytes(contents) => mounted.write_file(&path, mode, contents),
        Kind::HostFile(file) => {
            let length = fs::metadata(file).on_host("look at", file)?.len();
            if length > MAX_FILE_SIZE.into() {
                return Err(mounted.error(&path, "write")(Errno::EFBIG));
            }
            let contents = fs::read(file).on_host("read", file)?;
            mounted.write_file(&path, mode, &contents)
        }
        Kind::SymbolicLink(target) => mounted.symlink(target, &path),
        Kind::Special(device) => mounted.mknod(&path, item.mode, *device),
        Kind::Link(first) => mounted.link(&path_of(to, first), &path),
    }
}
