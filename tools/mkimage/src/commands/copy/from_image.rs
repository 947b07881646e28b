// SPDX-License-Identifier: GPL-2.0-or-later
//! Trees of an image.

use super::{Item, Kind, Source, is_directory_error};
use crate::cli::CpArgs;
use crate::commands::files::{read_regular, walk};
use lib::sys::stat::{S_ISBLK, S_ISCHR, S_ISDIR, S_ISFIFO, S_ISLNK, Stat};
use lib::sys::types::Device;
use mkimage::error::{Fault, Result};
use mkimage::root_fs::Mounted;
use std::collections::{HashMap, HashSet};

/// Looks at `path` and reads what is there.
pub fn read(mounted: &Mounted<'_>, arguments: &CpArgs, path: &str) -> Result<Source> {
    let stat = mounted.stat(path)?;
    if S_ISDIR(stat.st_mode) && !arguments.recursive {
        return Err(is_directory_error(path, mounted.image()));
    }
    let mut reader = Reader {
        mounted,
        items: Vec::new(),
        names: HashMap::new(),
    };
    let follow = !arguments.recursive;
    reader.add(path, String::new(), &stat, follow)?;
    if S_ISDIR(stat.st_mode) {
        let mut seen = HashSet::new();
        for entry in walk(mounted, path)? {
            let relative = entry.path[path.trim_end_matches('/').len() + 1..].to_owned();
            check_name(mounted, &entry.path, &entry.name)?;
            if !seen.insert(relative.clone()) {
                let problem = "the name occurs twice in its directory; try fsck";
                return Err(Fault::new(entry.path, problem).in_file(mounted.image()));
            }
            reader.add(&entry.path, relative, &entry.stat, false)?;
        }
    }
    let name = path.rsplit('/').next().unwrap_or_default();
    Ok(Source {
        name: name.to_owned(),
        items: reader.items,
    })
}

/// A damaged image must not lead the copy elsewhere on the host.
fn check_name(mounted: &Mounted<'_>, path: &str, name: &str) -> Result<()> {
    match name {
        "" | "." | ".." => {}
        name if name.contains(['/', '\0']) => {}
        _ => return Ok(()),
    }
    let problem = "a name that can't be; try fsck";
    Err(Fault::new(path, problem).in_file(mounted.image()))
}

struct Reader<'a, 'fs> {
    mounted: &'a Mounted<'fs>,
    items: Vec<Item>,
    /// Files with several names, by inode number.
    names: HashMap<u16, String>,
}

impl Reader<'_, '_> {
    fn add(&mut self, path: &str, relative: String, stat: &Stat, follow: bool) -> Result<()> {
        let mode = stat.st_mode;
        let kind = if S_ISDIR(mode) {
            Kind::Directory
        } else if let Some(first) = self.names.get(&stat.st_ino) {
            Kind::Link(first.clone())
        } else if S_ISLNK(mode) && !follow {
            Kind::SymbolicLink(self.mounted.read_link(path)?)
        } else if S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode) {
            Kind::Special(Device(stat.st_rdev))
        } else {
            Kind::Bytes(read_regular(self.mounted, path)?)
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
