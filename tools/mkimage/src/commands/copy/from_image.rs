// SPDX-License-Identifier: GPL-2.0-or-later
//! Trees of an image.

use super::{Files, Item, Kind, Source, is_directory_error};
use crate::cli::CpArgs;
use crate::commands::files::{Take, read_regular};
use crate::commands::walk::walk;
use abi::sys::stat::{S_ISBLK, S_ISCHR, S_ISDIR, S_ISFIFO, S_ISLNK, Stat};
use abi::sys::types::Device;
use mkimage::error::Result;
use mkimage::image_path::ImagePath;
use mkimage::root_fs::Mounted;
use std::collections::HashMap;

/// Looks at `path`, and lets `work` copy it; `only_contents` if it ends with `/.`.
pub fn read(
    mounted: &Mounted<'_>,
    arguments: &CpArgs,
    path: &ImagePath,
    only_contents: bool,
    work: &mut dyn FnMut(&Source<'_>) -> Result<()>,
) -> Result<()> {
    let stat = mounted.stat(path)?;
    if S_ISDIR(stat.st_mode) && !arguments.recursive {
        return Err(is_directory_error(&path.to_string(), mounted.image()));
    }
    let follow = !arguments.recursive;
    work(&Source {
        name: path.name().filter(|_| !only_contents).map(<[u8]>::to_vec),
        items: items(mounted, path, &stat, follow)?,
        files: &Below {
            mounted,
            top: path.clone(),
        },
    })
}

/// What is at `path` and below it; a symbolic link at `path` itself may count as
/// what it leads to.
pub fn items(
    mounted: &Mounted<'_>,
    path: &ImagePath,
    stat: &Stat,
    follow: bool,
) -> Result<Vec<Item>> {
    let mut reader = Reader {
        mounted,
        items: Vec::new(),
        names: HashMap::new(),
    };
    reader.add(path, ImagePath::ROOT, stat, follow)?;
    for entry in walk(mounted, path)? {
        let relative = entry.path.relative_to(path);
        if let Err(error) = reader.add(&entry.path, relative, &entry.stat, false) {
            mounted.complain(&error);
        }
    }
    Ok(reader.items)
}

/// Files below a directory of an image.
pub struct Below<'a, 'fs> {
    pub mounted: &'a Mounted<'fs>,
    pub top: ImagePath,
}

impl Files for Below<'_, '_> {
    fn read(&self, relative: &ImagePath, take: Take<'_>) -> Result<u64> {
        read_regular(self.mounted, &self.top.append(relative), take)
    }
}

struct Reader<'a, 'fs> {
    mounted: &'a Mounted<'fs>,
    items: Vec<Item>,
    /// Files with several names, by inode number.
    names: HashMap<u16, ImagePath>,
}

impl Reader<'_, '_> {
    fn add(
        &mut self,
        path: &ImagePath,
        relative: ImagePath,
        stat: &Stat,
        follow: bool,
    ) -> Result<()> {
        let stat = match follow && S_ISLNK(stat.st_mode) {
            true => &self.mounted.stat_followed(path)?,
            false => stat,
        };
        let mode = stat.st_mode;
        let kind = if S_ISDIR(mode) {
            Kind::Directory
        } else if let Some(first) = self.names.get(&stat.st_ino) {
            Kind::Link(first.clone())
        } else if S_ISLNK(mode) {
            Kind::SymbolicLink(self.mounted.read_link(path)?)
        } else if S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode) {
            Kind::Special(Device(stat.st_rdev))
        } else {
            Kind::File
        };
        if stat.st_nlink > 1 && !S_ISDIR(mode) {
            self.names
                .entry(stat.st_ino)
                .or_insert_with(|| relative.clone());
        }
        self.items.push(Item {
            relative,
            kind,
            mode: stat.st_mode,
            owner: Some((stat.st_uid, stat.st_gid)),
            time: stat.st_mtime,
        });
        Ok(())
    }
}
