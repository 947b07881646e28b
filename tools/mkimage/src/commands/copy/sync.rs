// SPDX-License-Identifier: GPL-2.0-or-later
//! `sync`: a directory of an image becomes like a folder of the host.

use super::to_image::{make, preserve};
use super::{Item, Kind, Side, Source, from_host};
use crate::cli::{Place, SyncArgs};
use crate::commands::files::{make_all, read_file, read_regular, remove};
use crate::commands::images::Images;
use crate::commands::walk::walk;
use abi::sys::stat::{S_IFMT, S_ISDIR, S_ISLNK, S_ISREG};
use mkimage::error::{Error, Fault, HostContext, OutputContext, Result};
use mkimage::image_path::ImagePath;
use mkimage::root_fs::Mounted;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// `sync`
pub fn sync(images: &Images, arguments: &SyncArgs, out: &mut dyn Write) -> Result<()> {
    let Side::Image { image, path } = Side::parse(&arguments.to) else {
        let problem = "expected IMAGE:/PATH, a directory in an image";
        return Err(Fault::new("sync", problem).in_file(Path::new(&arguments.to)));
    };
    let folder = &arguments.folder;
    let metadata = fs::metadata(folder).on_host("look at", folder)?;
    if !metadata.is_dir() {
        return Err(Fault::new("sync", "expected a folder").in_file(folder));
    }
    let source = Source {
        name: None,
        items: from_host::items(folder, &metadata)?,
        files: &from_host::Below(folder.clone()),
    };
    let at = Place {
        image,
        partition: arguments.partition,
    };
    let plan = images.inspect(&at, |mounted| Plan::of(mounted, arguments, &source, &path))?;
    plan.print(&path, out)?;
    if arguments.dry_run || plan.is_empty() {
        return Ok(());
    }
    images.edit(&at, &arguments.time, |mounted| {
        make_all(mounted, &path)?;
        // What was found before may have changed.
        let plan = Plan::of(mounted, arguments, &source, &path)?;
        for old in &plan.removed {
            remove(mounted, old, true)?;
        }
        for item in &plan.made {
            make(mounted, &source, item, &path)?;
        }
        let has_time = |item: &&&Item| !matches!(item.kind, Kind::SymbolicLink(_) | Kind::Link(_));
        let made = plan.made.iter().rev().filter(has_time);
        made.into_iter()
            .try_for_each(|item| preserve(mounted, item, &path.append(&item.relative)))
    })
}

/// What is to be done.
struct Plan<'a> {
    /// No one is below another.
    removed: Vec<ImagePath>,
    made: Vec<&'a Item>,
}

impl<'a> Plan<'a> {
    fn of(
        mounted: &Mounted<'_>,
        arguments: &SyncArgs,
        source: &'a Source<'_>,
        to: &ImagePath,
    ) -> Result<Plan<'a>> {
        let mut plan = Plan {
            removed: Vec::new(),
            made: Vec::new(),
        };
        let items = source.items.iter().map(|item| (&item.relative, item));
        let wanted: BTreeMap<&ImagePath, &Item> = items.collect();
        if arguments.delete && mounted.is_directory(to)? {
            for entry in walk(mounted, to)? {
                let is_below = plan
                    .removed
                    .last()
                    .is_some_and(|last| entry.path.is_within(last));
                let item = wanted.get(&entry.path.relative_to(to));
                let stays = item.is_some_and(|item| {
                    matches!(item.kind, Kind::Directory) == entry.is_directory()
                });
                if !is_below && !stays {
                    plan.removed.push(entry.path);
                }
            }
        }
        for item in source.items.iter().filter(|item| !item.relative.is_root()) {
            let path = to.append(&item.relative);
            let is_gone = plan.removed.iter().any(|old| path.is_within(old));
            if is_gone || !is_equal(mounted, source, item, &path, to)? {
                plan.made.push(item);
            }
        }
        Ok(plan)
    }

    fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.made.is_empty()
    }

    fn print(&self, to: &ImagePath, out: &mut dyn Write) -> Result<()> {
        let removed = self.removed.iter().map(|path| format!("- {path}"));
        let made = self.made.iter();
        let made = made.map(|item| format!("+ {}", to.append(&item.relative)));
        let mut lines = removed.chain(made);
        lines.try_for_each(|line| writeln!(out, "{line}").on_output())
    }
}

/// Whether what is at `path` is as `item` says.
fn is_equal(
    mounted: &Mounted<'_>,
    source: &Source<'_>,
    item: &Item,
    path: &ImagePath,
    to: &ImagePath,
) -> Result<bool> {
    let Ok(Some(old)) = mounted.find(path) else {
        return Ok(false);
    };
    let is_same_mode = old.st_mode & !S_IFMT == item.mode & !S_IFMT;
    Ok(match &item.kind {
        Kind::Directory => S_ISDIR(old.st_mode),
        Kind::SymbolicLink(target) => S_ISLNK(old.st_mode) && mounted.read_link(path)? == *target,
        Kind::Link(first) => mounted
            .find(&to.append(first))?
            .is_some_and(|first| first.st_ino == old.st_ino),
        Kind::Special(device) => {
            old.st_mode & S_IFMT == item.mode & S_IFMT && old.st_rdev == device.0
        }
        Kind::File => {
            S_ISREG(old.st_mode) && is_same_mode && has_same_contents(mounted, source, item, path)?
        }
    })
}

fn has_same_contents(
    mounted: &Mounted<'_>,
    source: &Source<'_>,
    item: &Item,
    path: &ImagePath,
) -> Result<bool> {
    let copy = tempfile::tempfile().on_host("create a file for", Path::new("sync"))?;
    let here = Path::new("sync");
    let size = read_regular(mounted, path, &mut |offset, bytes| {
        copy.write_all_at(bytes, offset).on_host("write", here)
    })?;
    copy.set_len(size).on_host("write", here)?;
    let mut is_same = true;
    let mut old = Vec::new();
    let mut zeros = Vec::new();
    let read = source.files.read(&item.relative, &mut |offset, bytes| {
        old.resize(bytes.len(), 0);
        is_same &= read_fully(&copy, &mut old, offset) && old == bytes;
        if !is_same {
            // The rest does not matter.
            return Err(Fault::new("sync", "").in_file(here));
        }
        zeros.resize(bytes.len(), 0);
        copy.write_all_at(&zeros, offset).on_host("write", here)
    });
    match read {
        // What is left must be zeros: the source has holes there.
        Ok(length) => Ok(length == size && is_zero(&copy)?),
        Err(Error::Contents { .. }) if !is_same => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a file has nothing but zeros.
fn is_zero(file: &File) -> Result<bool> {
    let mut is_zero = true;
    read_file(file, Path::new("sync"), &mut |_, bytes| {
        is_zero &= bytes.iter().all(|&byte| byte == 0);
        Ok(())
    })?;
    Ok(is_zero)
}

fn read_fully(file: &File, bytes: &mut [u8], offset: u64) -> bool {
    file.read_exact_at(bytes, offset).is_ok()
}
