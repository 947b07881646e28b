// SPDX-License-Identifier: GPL-2.0-or-later
//! Trees written as an archive, in the format of GNU tar: it has names of any length,
//! and holes.

use super::from_image::{self, Below};
use super::{Files, Item, Kind};
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFMT};
use mkimage::error::{HostContext, Result};
use mkimage::image_path::ImagePath;
use mkimage::progress::Progress;
use mkimage::root_fs::Mounted;
use std::io::{self, Read, Write};
use std::path::Path;
use tar::{Builder, EntryType, GnuExtSparseHeader, GnuSparseHeader, Header};

/// Writes what is at `path` and below it to `to`, which is called `archive`.
pub fn write(
    mounted: &Mounted<'_>,
    path: &ImagePath,
    archive: &Path,
    to: &mut dyn Write,
) -> Result<()> {
    let items = from_image::items(mounted, path, &mounted.stat(path)?, false)?;
    let files = Below {
        mounted,
        top: path.clone(),
    };
    let mut builder = Builder::new(to);
    let progress = Progress::items("archiving", items.len() as u64);
    for item in &items {
        let contents = match item.kind {
            Kind::File => Contents::read(&files, item)?,
            _ => Contents::default(),
        };
        append(&mut builder, item, &name_of(item, path), &contents).on_host("write", archive)?;
        progress.add(1);
    }
    builder.finish().on_host("write", archive)
}

/// The pieces of a file, without its holes.
#[derive(Default)]
struct Contents {
    size: u64,
    /// Where each piece begins in the file, and its length.
    pieces: Vec<(u64, u64)>,
    /// One behind the other.
    bytes: Vec<u8>,
}

impl Contents {
    fn read(files: &dyn Files, item: &Item) -> Result<Contents> {
        let mut contents = Contents::default();
        contents.size = files.read(&item.relative, &mut |offset, bytes| {
            let length = bytes.len() as u64;
            match contents.pieces.last_mut() {
                Some((start, before)) if *start + *before == offset => *before += length,
                _ => contents.pieces.push((offset, length)),
            }
            contents.bytes.extend_from_slice(bytes);
            Ok(())
        })?;
        Ok(contents)
    }

    fn has_holes(&self) -> bool {
        self.bytes.len() as u64 != self.size
    }
}

/// The name of an item in the archive; `.` is what was named itself.
fn name_of(item: &Item, top: &ImagePath) -> Vec<u8> {
    let is_directory = matches!(item.kind, Kind::Directory);
    let mut name = match (item.relative.is_root(), top.name()) {
        (true, Some(name)) if !is_directory => name.to_vec(),
        (true, _) => b".".to_vec(),
        (false, _) => relative_name(&item.relative),
    };
    if is_directory {
        name.push(b'/');
    }
    name
}

fn relative_name(path: &ImagePath) -> Vec<u8> {
    path.names().collect::<Vec<_>>().join(&b'/')
}

fn append(
    builder: &mut Builder<&mut dyn Write>,
    item: &Item,
    name: &[u8],
    contents: &Contents,
) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_mode((item.mode & !S_IFMT).into());
    let (uid, gid) = item.owner.unwrap_or_default();
    header.set_uid(uid.into());
    header.set_gid(gid.into());
    header.set_mtime(item.time.into());
    header.set_size(contents.bytes.len() as u64);
    header.set_entry_type(entry_type(item));
    let mut map = Vec::new();
    match &item.kind {
        Kind::SymbolicLink(target) => set_target(builder, &mut header, target)?,
        Kind::Link(first) => set_target(builder, &mut header, &relative_name(first))?,
        Kind::Special(device) => {
            header.set_device_major(device.major().into())?;
            header.set_device_minor(device.minor().into())?;
        }
        Kind::File if contents.has_holes() => map = set_holes(&mut header, contents),
        Kind::File | Kind::Directory => {}
    }
    if !set_field(&mut header.as_old_mut().name, name) {
        append_long_name(builder, EntryType::GNULongName, name)?;
    }
    header.set_cksum();
    builder.append(&header, map[..].chain(&contents.bytes[..]))
}

fn entry_type(item: &Item) -> EntryType {
    match (&item.kind, item.mode & S_IFMT) {
        (Kind::Directory, _) => EntryType::Directory,
        (Kind::File, _) => EntryType::Regular,
        (Kind::SymbolicLink(_), _) => EntryType::Symlink,
        (Kind::Link(_), _) => EntryType::Link,
        (Kind::Special(_), S_IFBLK) => EntryType::Block,
        (Kind::Special(_), S_IFCHR) => EntryType::Char,
        (Kind::Special(_), _) => EntryType::Fifo,
    }
}

/// Where a link leads, byte for byte.
fn set_target(
    builder: &mut Builder<&mut dyn Write>,
    header: &mut Header,
    target: &[u8],
) -> io::Result<()> {
    match set_field(&mut header.as_old_mut().linkname, target) {
        true => Ok(()),
        false => append_long_name(builder, EntryType::GNULongLink, target),
    }
}

/// Fills a field of a header with as much of a name as it holds. Whether that is all.
fn set_field(field: &mut [u8], name: &[u8]) -> bool {
    let length = name.len().min(field.len());
    field[..length].copy_from_slice(&name[..length]);
    length == name.len()
}

/// A name that has no room in a header stands before it as an entry of its own.
fn append_long_name(
    builder: &mut Builder<&mut dyn Write>,
    kind: EntryType,
    name: &[u8],
) -> io::Result<()> {
    let mut header = Header::new_gnu();
    set_field(&mut header.as_old_mut().name, b"././@LongLink");
    header.set_mode(0o644);
    header.set_size(name.len() as u64 + 1);
    header.set_entry_type(kind);
    header.set_cksum();
    builder.append(&header, name.chain(&[0][..]))
}

/// Says in the header of a file where its pieces are. Returns what does not fit into
/// it and stands before the contents.
fn set_holes(header: &mut Header, contents: &Contents) -> Vec<u8> {
    let mut pieces = contents.pieces.iter().copied();
    let mut last = Some((contents.size, 0));
    let mut fill = |fields: &mut [GnuSparseHeader]| {
        for field in fields {
            // An empty piece at the end tells where that is.
            if let Some((offset, length)) = pieces.next().or_else(|| last.take()) {
                field.set_offset(offset);
                field.set_length(length);
            }
        }
        last.is_some()
    };
    let mut more = Vec::new();
    header.set_entry_type(EntryType::GNUSparse);
    if let Some(gnu) = header.as_gnu_mut() {
        gnu.set_real_size(contents.size);
        let mut is_more = fill(&mut gnu.sparse);
        gnu.set_is_extended(is_more);
        while is_more {
            let mut block = GnuExtSparseHeader::new();
            is_more = fill(&mut block.sparse);
            block.set_is_extended(is_more);
            more.extend_from_slice(block.as_bytes());
        }
    }
    more
}
