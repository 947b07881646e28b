// SPDX-License-Identifier: GPL-2.0-or-later
//! Archives made into trees of an image.
//!
//! Whoever made the archive is not trusted: nothing is made or changed outside the
//! directory. `..` leads no further up than that, no symbolic link is followed below
//! it, and what has the name of an entry is replaced, not written to, as it may have
//! other names outside.

use super::to_image::{make, preserve};
use super::{Files, Item, Kind, Source};
use crate::cli::TarArgs;
use crate::commands::files::{Take, make_all, read_stream};
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFIFO, S_ISDIR};
use abi::sys::types::{Device, Time};
use mkimage::error::{Fault, Result};
use mkimage::image_path::{Escaped, ImagePath};
use mkimage::root_fs::Mounted;
use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use tar::{Archive, Entry, EntryType};

/// Makes what comes from `from` in the directory `to`.
pub fn read(
    mounted: &Mounted<'_>,
    to: &ImagePath,
    arguments: &TarArgs,
    from: &mut dyn Read,
) -> Result<()> {
    make_all(mounted, to)?;
    let archive = &arguments.archive;
    // What is wrong is shown with bytes of the archive.
    let bad = |error: io::Error| {
        let problem = format!(
            "{}, expected one of tar",
            Escaped(error.to_string().as_bytes())
        );
        Fault::new("archive", problem).in_file(archive)
    };
    let mut reader = Archive::new(from);
    let mut directories = Vec::new();
    let mut is_empty = true;
    for entry in reader.entries().map_err(bad)? {
        let mut entry = entry.map_err(bad)?;
        is_empty = false;
        if entry.header().entry_type() == EntryType::XGlobalHeader {
            continue;
        }
        let name = entry.path_bytes().into_owned();
        let wrong = |problem: String| {
            let place = format!("entry `{}`", Escaped(&name));
            Fault::new(place, problem).in_file(archive)
        };
        let kind = kind_of(&mut entry, &name).map_err(bad)?;
        let (kind, file_type) = match kind {
            Ok(kind) => kind,
            Err(Unknown::Kind(problem)) => {
                mounted.complain(&wrong(problem));
                continue;
            }
            Err(Unknown::Device(problem)) => return Err(wrong(problem)),
        };
        let (mode, time) = mode_and_time(&entry).map_err(bad)?;
        let item = Item {
            relative: path_of(&name),
            kind,
            mode: file_type | mode,
            owner: Some(owner_of(&entry, arguments).map_err(wrong)?),
            time,
        };
        make_item(mounted, to, archive, &item, entry)?;
        if matches!(item.kind, Kind::Directory) {
            directories.push(item);
        }
    }
    if is_empty {
        let problem = "nothing is in it, expected one of tar";
        return Err(Fault::new("archive", problem).in_file(archive));
    }
    // Backwards: making a file changes the time of its directory.
    let mut directories = directories.iter().rev();
    directories.try_for_each(|item| preserve(mounted, item, &to.append(&item.relative)))
}

/// A name of the archive as a path below the directory.
fn path_of(name: &[u8]) -> ImagePath {
    OsString::from_vec(name.to_vec()).into()
}

/// Why an entry can't be made.
enum Unknown {
    /// It may be left out.
    Kind(String),
    Device(String),
}

/// What an entry is, and its type in a mode.
fn kind_of<R: Read>(
    entry: &mut Entry<'_, R>,
    name: &[u8],
) -> io::Result<std::result::Result<(Kind, u16), Unknown>> {
    let entry_type = entry.header().entry_type();
    let target = entry.link_name_bytes().unwrap_or_default().into_owned();
    let kind = match entry_type {
        // The oldest archives have no type for directories.
        EntryType::Regular if name.ends_with(b"/") => Kind::Directory,
        EntryType::Regular | EntryType::Continuous => match sparse_of_pax(entry)? {
            None => Kind::File,
            Some(name) => {
                let problem = format!(
                    "`{}` is a file with holes in the format of pax, expected that of GNU tar; \
                     left out",
                    Escaped(&name)
                );
                return Ok(Err(Unknown::Kind(problem)));
            }
        },
        EntryType::GNUSparse => Kind::File,
        EntryType::Directory => Kind::Directory,
        EntryType::Symlink => Kind::SymbolicLink(target),
        EntryType::Link => Kind::Link(path_of(&target)),
        EntryType::Fifo => return Ok(Ok((Kind::Special(Device(0)), S_IFIFO))),
        EntryType::Char => return device_of(entry, S_IFCHR),
        EntryType::Block => return device_of(entry, S_IFBLK),
        other => {
            let letter = Escaped(&[other.as_byte()]).to_string();
            let problem = format!("a kind that is not known (`{letter}`), left out");
            return Ok(Err(Unknown::Kind(problem)));
        }
    };
    Ok(Ok((kind, 0)))
}

/// The name of a file with holes that only its extensions tell; the entry's own may
/// be one that is made up.
fn sparse_of_pax<R: Read>(entry: &mut Entry<'_, R>) -> io::Result<Option<Vec<u8>>> {
    let own_name = entry.path_bytes().into_owned();
    let mut name = None;
    for extension in entry.pax_extensions()?.into_iter().flatten() {
        let extension = extension?;
        match extension.key_bytes() {
            b"GNU.sparse.name" => name = Some(extension.value_bytes().to_vec()),
            key if key.starts_with(b"GNU.sparse.") => {
                name.get_or_insert_with(|| own_name.clone());
            }
            _ => {}
        }
    }
    Ok(name)
}

fn device_of<R: Read>(
    entry: &Entry<'_, R>,
    file_type: u16,
) -> io::Result<std::result::Result<(Kind, u16), Unknown>> {
    let major = entry.header().device_major()?.unwrap_or(0);
    let minor = entry.header().device_minor()?.unwrap_or(0);
    Ok(match (u8::try_from(major), u8::try_from(minor)) {
        (Ok(major), Ok(minor)) => Ok((Kind::Special(Device::new(major, minor)), file_type)),
        _ => {
            let problem = format!("device {major}, {minor}, expected numbers up to 255");
            Err(Unknown::Device(problem))
        }
    })
}

fn mode_and_time<R: Read>(entry: &Entry<'_, R>) -> io::Result<(u16, Time)> {
    let header = entry.header();
    let mode = (header.mode()? & 0o7777) as u16;
    Ok((mode, Time::try_from(header.mtime()?).unwrap_or(Time::MAX)))
}

fn owner_of<R: Read>(
    entry: &Entry<'_, R>,
    arguments: &TarArgs,
) -> std::result::Result<(u16, u8), String> {
    if let Some(owner) = arguments.owner {
        return Ok((owner.uid, owner.gid.unwrap_or(0)));
    }
    let bad = |error: io::Error| Escaped(error.to_string().as_bytes()).to_string();
    let number = |found: io::Result<u64>| found.map_err(bad);
    let (uid, gid) = (number(entry.header().uid())?, number(entry.header().gid())?);
    match (u16::try_from(uid), u8::try_from(gid)) {
        (Ok(uid), Ok(gid)) => Ok((uid, gid)),
        _ => Err(format!(
            "owner {uid}:{gid}, expected numbers up to 65535 and 255; --owner sets others"
        )),
    }
}

fn make_item<R: Read>(
    mounted: &Mounted<'_>,
    to: &ImagePath,
    archive: &Path,
    item: &Item,
    entry: Entry<'_, R>,
) -> Result<()> {
    make_parents(mounted, to, &item.relative)?;
    if let Kind::Link(first) = &item.kind {
        make_parents(mounted, to, first)?;
    }
    let path = to.append(&item.relative);
    make_room(mounted, to, item, &path)?;
    let source = Source {
        name: None,
        items: Vec::new(),
        files: &Contents {
            entry: RefCell::new(entry),
            archive,
        },
    };
    make(mounted, &source, item, to)?;
    match item.kind {
        Kind::Directory | Kind::Link(_) => Ok(()),
        _ => preserve(mounted, item, &path),
    }
}

/// Makes the directories that `relative` is in, as far as they are not there. What
/// else has such a name, a symbolic link too, is an error.
fn make_parents(mounted: &Mounted<'_>, to: &ImagePath, relative: &ImagePath) -> Result<()> {
    let Some(parent) = relative.parent() else {
        return Ok(());
    };
    let mut path = to.clone();
    for name in parent.names() {
        let join = path.join(name);
        path = join.map_err(|problem| mounted.fault(to, problem))?;
        match mounted.find(&path)? {
            None => mounted.mkdir(&path, 0o755)?,
            Some(found) if S_ISDIR(found.st_mode) => {}
            Some(_) => {
                let problem = "expected a directory, for what the archive has in it";
                return Err(mounted.fault(&path, problem));
            }
        }
    }
    Ok(())
}

/// Removes what is no directory and has the name of an item.
fn make_room(mounted: &Mounted<'_>, to: &ImagePath, item: &Item, path: &ImagePath) -> Result<()> {
    let Some(old) = mounted.find(path)?.filter(|old| !S_ISDIR(old.st_mode)) else {
        return Ok(());
    };
    match &item.kind {
        Kind::Directory => Ok(()),
        Kind::Link(first) if mounted.stat(&to.append(first))?.st_ino == old.st_ino => Ok(()),
        _ => mounted.unlink(path),
    }
}

/// The contents of an entry.
struct Contents<'a, 'b, R: Read> {
    entry: RefCell<Entry<'a, R>>,
    archive: &'b Path,
}

impl<R: Read> Files for Contents<'_, '_, R> {
    fn read(&self, _: &ImagePath, take: Take<'_>) -> Result<u64> {
        // Where the archive ends too early, the next entry is the error.
        read_stream(&mut *self.entry.borrow_mut(), self.archive, take)
    }
}
