// SPDX-License-Identifier: GPL-2.0-or-later
//! Trees of the host.

use super::{Item, Kind, Source, is_directory_error};
use crate::cli::CpArgs;
use lib::sys::stat::{S_IFBLK, S_IFCHR, S_IFIFO};
use lib::sys::types::{Device, Time};
use mkimage::error::{Fault, HostContext, Result};
use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// Looks at `path`; `only_contents` if it ends with `/.`.
pub fn read(arguments: &CpArgs, path: &Path, only_contents: bool) -> Result<Source> {
    let metadata = match arguments.recursive {
        true => fs::symlink_metadata(path),
        false => fs::metadata(path),
    }
    .on_host("look at", path)?;
    if metadata.is_dir() && !arguments.recursive {
        return Err(is_directory_error("copy", path));
    }
    let name = match only_contents {
        true => String::new(),
        false => name_of(path)?,
    };
    let mut reader = Reader::default();
    reader.add(path, String::new(), &metadata)?;
    let items = reader.items;
    Ok(Source { name, items })
}

fn name_of(path: &Path) -> Result<String> {
    let whole = fs::canonicalize(path);
    let name = match path.file_name() {
        Some(name) => Some(name),
        None => whole.as_deref().ok().and_then(Path::file_name),
    };
    let name = name.unwrap_or_default().to_str().map(str::to_owned);
    name.ok_or_else(|| Fault::new("name", "expected UTF-8").in_file(path))
}

#[derive(Default)]
struct Reader {
    items: Vec<Item>,
    /// Files with several names, by device and inode number.
    names: HashMap<(u64, u64), String>,
}

impl Reader {
    fn add(&mut self, path: &Path, relative: String, metadata: &Metadata) -> Result<()> {
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
            time: Time::try_from(metadata.mtime()).unwrap_or(0),
        });
        if metadata.is_dir() {
            let mut entries = fs::read_dir(path)
                .and_then(|entries| entries.collect::<std::io::Result<Vec<_>>>())
                .on_host("list", path)?;
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                let path = entry.path();
                let below = match relative.as_str() {
                    "" => name_of(&path)?,
                    above => format!("{above}/{}", name_of(&path)?),
                };
                let metadata = entry.metadata().on_host("look at", &path)?;
                self.add(&path, below, &metadata)?;
            }
        }
        Ok(())
    }

    fn kind(&mut self, path: &Path, relative: &str, metadata: &Metadata) -> Result<Kind> {
        let file_type = metadata.file_type();
        if file_type.is_dir() {
            return Ok(Kind::Directory);
        }
        if metadata.nlink() > 1 {
            let key = (metadata.dev(), metadata.ino());
            if let Some(first) = self.names.get(&key) {
                return Ok(Kind::Link(first.clone()));
            }
            self.names.insert(key, relative.to_owned());
        }
        if file_type.is_symlink() {
            let target = fs::read_link(path).on_host("read", path)?;
            return Ok(Kind::SymbolicLink(target.to_string_lossy().into_owned()));
        }
        if file_type.is_file() {
            return Ok(Kind::HostFile(path.to_owned()));
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
