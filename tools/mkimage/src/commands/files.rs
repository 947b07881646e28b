// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands about the contents of files, and directories: `cat`, `get`, `put`,
//! `mkdir`, `rm`; and `a-out`, which makes such a file.

use super::images::Images;
use super::walk::walk;
use crate::cli::{Place, TimeArgs};
use abi::Errno;
use abi::sys::stat::{S_ISDIR, S_ISLNK, S_ISREG};
use fs::layout::BLOCK_SIZE;
use mkimage::error::{FaultContext, HostContext, OutputContext, Result};
use mkimage::holes::next_data;
use mkimage::image_path::ImagePath;
use mkimage::output::{NewFile, check_standard_output};
use mkimage::root_fs::Mounted;
use std::fs::{File, Permissions};
use std::io::{Read, Write, stdin};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

/// Bytes of a piece of a file.
const PIECE: usize = 1 << 16;

/// `a-out`
pub fn a_out(elf: &Path, file: &Path) -> Result<()> {
    let program = std::fs::read(elf).on_host("read", elf)?;
    let program = mkimage::a_out::from_elf(&program).in_file(elf)?;
    let new = NewFile::create(file, 0, &[elf])?;
    new.write_at(&program, 0)?;
    new.file()
        .set_permissions(Permissions::from_mode(0o755))
        .on_host("set the mode of", file)?;
    new.commit()
}

/// `cat`
pub fn cat(images: &Images, at: &Place, paths: &[ImagePath], out: &mut dyn Write) -> Result<()> {
    check_standard_output(Path::new("-"), &[&at.image])?;
    images.inspect(at, |mounted| {
        paths.iter().try_for_each(|path| match path.name() {
            Some(b"-") if path.parent() == Some(ImagePath::ROOT) => {
                std::io::copy(&mut stdin().lock(), out)
                    .map(drop)
                    .on_output()
            }
            _ => write_out(mounted, path, out),
        })
    })
}

/// Writes a file as a stream.
pub fn write_out(mounted: &Mounted<'_>, path: &ImagePath, out: &mut dyn Write) -> Result<()> {
    stream(out, &mut |take| read_regular(mounted, path, take))
}

/// Takes a piece of a file and where it begins.
pub type Take<'a> = &'a mut dyn FnMut(u64, &[u8]) -> Result<()>;

/// Writes what `read` shows piece by piece as a stream, with zeros for the holes
/// between; `read` returns the size.
pub fn stream(out: &mut dyn Write, read: &mut dyn FnMut(Take<'_>) -> Result<u64>) -> Result<()> {
    let mut done = 0;
    let size = read(&mut |offset, bytes| {
        write_zeros(offset - done, out)?;
        done = offset + bytes.len() as u64;
        out.write_all(bytes).on_output()
    })?;
    write_zeros(size.saturating_sub(done), out)
}

fn write_zeros(count: u64, out: &mut dyn Write) -> Result<()> {
    std::io::copy(&mut std::io::repeat(0).take(count), out)
        .map(drop)
        .on_output()
}

/// `get`
pub fn get(images: &Images, at: &Place, path: &ImagePath, file: &Path) -> Result<()> {
    images.inspect(at, |mounted| {
        let to = match (file.is_dir(), path.name()) {
            (true, Some(name)) => file.join(std::ffi::OsStr::from_bytes(name)),
            _ => file.to_owned(),
        };
        let new = NewFile::create(&to, 0, &[&at.image])?;
        let size = read_regular(mounted, path, &mut |offset, bytes| {
            new.write_at(bytes, offset)
        })?;
        new.file().set_len(size).on_host("write", &to)?;
        let mode = u32::from(mounted.stat_followed(path)?.st_mode & 0o777);
        new.file()
            .set_permissions(Permissions::from_mode(mode))
            .on_host("set the mode of", &to)?;
        new.commit()
    })
}

/// Shows the pieces of a file as [`Mounted::read_pieces`]. A directory would read
/// as its entries, and a device not at all.
pub fn read_regular(mounted: &Mounted<'_>, path: &ImagePath, take: Take<'_>) -> Result<u64> {
    let mode = mounted.stat(path)?.st_mode;
    if S_ISDIR(mode) {
        return Err(mounted.error(path, "read")(Errno::EISDIR));
    }
    if !S_ISREG(mode) && !S_ISLNK(mode) {
        return Err(mounted.error(path, "read")(Errno::ENXIO));
    }
    mounted.read_pieces(path, take)
}

/// `put`
pub fn put(
    images: &Images,
    at: &Place,
    file: &Path,
    path: &ImagePath,
    mode: Option<u16>,
    time: &TimeArgs,
) -> Result<()> {
    images.edit(at, time, |mounted| {
        if file == Path::new("-") {
            let mode = mode_of_new(mounted, path, mode, 0o644)?;
            return write_in(mounted, path, mode, &mut |take| {
                read_stream(&mut stdin().lock(), file, take)
            });
        }
        let contents = File::open(file).on_host("open", file)?;
        let metadata = contents.metadata().on_host("look at", file)?;
        let is_executable = metadata.permissions().mode() & 0o100 != 0;
        let name = file.file_name().map(OsStrExt::as_bytes);
        let path = &mounted.destination(path, name)?;
        let usual = if is_executable { 0o755 } else { 0o644 };
        let mode = mode_of_new(mounted, path, mode, usual)?;
        write_in(mounted, path, mode, &mut |take| {
            read_file(&contents, file, take)
        })
    })
}

/// The mode that was asked for, or that of a file that is there.
fn mode_of_new(
    mounted: &Mounted<'_>,
    path: &ImagePath,
    mode: Option<u16>,
    usual: u16,
) -> Result<u16> {
    match (mode, mounted.find(path)?) {
        (_, Some(stat)) if !S_ISREG(stat.st_mode) => {
            Err(mounted.error(path, "write")(Errno::EEXIST))
        }
        (None, Some(stat)) => Ok(stat.st_mode & 0o7777),
        (mode, _) => Ok(mode.unwrap_or(usual)),
    }
}

/// Writes a file in the image with what `read` shows; it returns the size.
pub fn write_in(
    mounted: &Mounted<'_>,
    path: &ImagePath,
    mode: u16,
    read: &mut dyn FnMut(Take<'_>) -> Result<u64>,
) -> Result<()> {
    let mut writer = mounted.create_file(path)?;
    let size = read(&mut |offset, bytes| writer.write(offset, bytes))?;
    writer.finish(size, mode)
}

/// As [`read_stream`], for what was opened at `path`: the holes of a file are left
/// out, a device or pipe is read to its end.
pub fn read_file(mut file: &File, path: &Path, take: Take<'_>) -> Result<u64> {
    let metadata = file.metadata().on_host("look at", path)?;
    let length = metadata.len();
    // What the host makes up as it is read has no blocks, and no length.
    if !metadata.is_file() || length == 0 {
        return read_stream(&mut file, path, take);
    }
    let mut piece = vec![0; PIECE];
    let mut position = 0;
    while let Some(data) = next_data(file, position, length) {
        // Pieces begin and end where blocks of the image do.
        let start = data.start - data.start % BLOCK_SIZE as u64;
        let end = data.end.next_multiple_of(BLOCK_SIZE as u64).min(length);
        let wanted = (end - start).min(PIECE as u64) as usize;
        let count = file.read_at(&mut piece[..wanted], start);
        let count = count.on_host("read", path)?;
        take(start, &piece[..count])?;
        position = start + count as u64;
        if count < wanted {
            // It became shorter meanwhile, or the host only makes it up.
            return Ok(position);
        }
    }
    Ok(length)
}

/// Shows the pieces of what comes from `source`, which is called `file`, and returns
/// how much it was.
pub fn read_stream(source: &mut dyn Read, file: &Path, take: Take<'_>) -> Result<u64> {
    let mut piece = Vec::with_capacity(PIECE);
    let mut offset = 0;
    loop {
        piece.clear();
        // Whole pieces, however few bytes come at a time.
        let count = source.take(PIECE as u64).read_to_end(&mut piece);
        let count = count.on_host("read", file)?;
        take(offset, &piece)?;
        offset += count as u64;
        if count < PIECE {
            return Ok(offset);
        }
    }
}

/// `mkdir`
pub fn mkdir(
    images: &Images,
    at: &Place,
    parents: bool,
    paths: &[ImagePath],
    time: &TimeArgs,
) -> Result<()> {
    images.edit(at, time, |mounted| {
        paths.iter().try_for_each(|path| match parents {
            true => make_all(mounted, path),
            false => mounted.mkdir(path, 0o755),
        })
    })
}

/// Makes a directory and those that it is in, as far as they are not there.
pub fn make_all(mounted: &Mounted<'_>, path: &ImagePath) -> Result<()> {
    if mounted.find(path)?.is_some() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_all(mounted, &parent)?;
    }
    mounted.mkdir(path, 0o755)
}

/// `rm`
pub fn rm(
    images: &Images,
    at: &Place,
    recursive: bool,
    paths: &[ImagePath],
    time: &TimeArgs,
) -> Result<()> {
    images.edit(at, time, |mounted| {
        paths
            .iter()
            .try_for_each(|path| remove(mounted, path, recursive))
    })
}

/// Removes a file, or with `recursive` a directory with all that is in it.
pub fn remove(mounted: &Mounted<'_>, path: &ImagePath, recursive: bool) -> Result<()> {
    if path.is_root() {
        return Err(mounted.error(path, "remove")(Errno::EBUSY));
    }
    if !S_ISDIR(mounted.stat(path)?.st_mode) {
        return mounted.unlink(path);
    }
    if !recursive {
        return Err(mounted.error(path, "remove")(Errno::EISDIR));
    }
    for entry in walk(mounted, path)?.into_iter().rev() {
        match entry.is_directory() {
            true => mounted.rmdir(&entry.path)?,
            false => mounted.unlink(&entry.path)?,
        }
    }
    mounted.rmdir(path)
}
