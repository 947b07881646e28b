// SPDX-License-Identifier: GPL-2.0-or-later
//! Trees of the host, and standard input.

use super::{Files, Item, Kind, Source, is_directory_error};
use crate::cli::CpArgs;
use crate::commands::files::{Take, read_file, read_stream};
use crate::commands::images::now;
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFIFO};
use abi::sys::types::{Device, Time};
use mkimage::error::{Fault, HostContext, Result};
use mkimage::image_path::ImagePath;
use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::stdin;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Looks at `path`, and lets `work` copy it; `only_contents` if it ends with `/.`.
pub fn read(
    arguments: &CpArgs,
    path: &Path,
    only_contents: bool,
    work: &mut dyn FnMut(&Source<'_>) -> Result<()>,
) -> Result<()> {
    let metadata = match arguments.recursive {
        true => fs::symlink_metadata(path),
        false => fs::metadata(path),
    }
    .on_host("look at", path)?;
    if metadata.is_dir() && !arguments.recursive {
        return Err(is_directory_error("copy", path));
    }
    work(&Source {
        name: if only_contents { None } else { name_of(path) },
        items: match arguments.recursive {
            true => items(path, &metadata)?,
            // A device or pipe is read.
            false => vec![file(&metadata)],
        },
        files: &Below(path.to_owned()),
    })
}

/// What is at `path` and below it.
pub fn items(path: &Path, metadata: &Metadata) -> Result<Vec<Item>> {
    let mut reader = Reader::default();
    reader.add(path, ImagePath::ROOT, metadata)?;
    Ok(reader.items)
}

/// Standard input as a file.
pub fn stream() -> Source<'static> {
    let item = Item {
        relative: ImagePath::ROOT,
        kind: Kind::File,
        mode: 0o644,
        owner: None,
        time: now(),
    };
    Source {
        name: None,
        items: vec![item],
        files: &Stream,
    }
}

fn file(metadata: &Metadata) -> Item {
    Item {
        relative: ImagePath::ROOT,
        kind: Kind::File,
        mode: (metadata.mode() & 0o7777) as u16,
        owner: None,
        time: time_of(metadata),
    }
}

fn time_of(metadata: &Metadata) -> Time {
    Time::try_from(metadata.mtime()).unwrap_or(0)
}

/// Files below a folder of the host.
pub struct Below(pub PathBuf);

impl Files for Below {
    fn read(&self, relative: &ImagePath, take: Take<'_>) -> Result<u64> {
        let path = relative.on_host(&self.0);
        let file = File::open(&path).on_host("open", &path)?;
        read_file(&file, &path, take)
    }
}

struct Stream;

impl Files for Stream {
    fn read(&self, _: &ImagePath, take: Take<'_>) -> Result<u64> {
        read_stream(&mut stdin().lock(), Path::new("-"), take)
    }
}

fn name_of(path: &Path) -> Option<Vec<u8>> {
    let whole = fs::canonicalize(path);
    let name = match path.file_name() {
        Some(name) => Some(name),
        None => whole.as_deref().ok().and_then(Path::file_name),
    };
    name.map(|name| name.as_bytes().to_owned())
}

#[derive(Default)]
struct Reader {
    items: Vec<Item>,
    /// Files with several names, by device and inode number.
    names: HashMap<(u64, u64), ImagePath>,
}

impl Reader {
    fn add(&mut self, path: &Path, relative: ImagePath, metadata: &Metadata) -> Result<()> {
        let kind = self.kind(path, &relative, metadata)?;
        let file_type = match metadata.file_type() {
            kind if kind.is_char_device() => S_IFCHR,
            kind if kind.is_block_device() => S_IFBLK,
            kind if kind.is_fifo() => S_IFIFO,
            _ => 0,
        };
        self.items.push(Item {
            relative: relative.clone(),
            kind,
            mode: file_type | (metadata.mode() & 0o7777) as u16,
            owner: None,
            time: time_of(metadata),
        });
        if metadata.is_dir() {
            let mut entries = fs::read_dir(path)
                .and_then(|entries| entries.collect::<std::io::Result<Vec<_>>>())
                .on_host("list", path)?;
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                let path = entry.path();
                let below = relative
                    .join(entry.file_name().as_bytes())
                    .map_err(|problem| Fault::new("copy", problem).in_file(&path))?;
                let metadata = entry.metadata().on_host("look at", &path)?;
                self.add(&path, below, &metadata)?;
            }
        }
        Ok(())
    }

    fn kind(&mut self, path: &Path, relative: &ImagePath, metadata: &Metadata) -> Result<Kind> {
        let file_type = metadata.file_type();
        if file_type.is_dir() {
            return Ok(Kind::Directory);
        }
        if metadata.nlink() > 1 {
            let key = (metadata.dev(), metadata.ino());
            if let Some(first) = self.names.get(&key) {
                return Ok(Kind::Link(first.clone()));
            }
            self.names.insert(key, relative.clone());
        }
        if file_type.is_symlink() {
            let target = fs::read_link(path).on_host("read", path)?;
            return Ok(Kind::SymbolicLink(target.into_os_string().into_vec()));
        }
        if file_type.is_file() {
            return Ok(Kind::File);
        }
        let device = metadata.rdev();
        let (major, minor) = ((device >> 8) & 0xfff, device & 0xff);
        match u8::try_from(major) {
            Ok(major) if !file_type.is_socket() => {
                Ok(Kind::Special(Device::new(major, minor as u8)))
            }
            _ => Err(Fault::new("copy", "a kind of file that an image can't have").in_file(path)),
        }
    }
}
