// SPDX-License-Identifier: GPL-2.0-or-later
//! Where everything goes that is written on the host.
//!
//! Output is a regular file that is not the input, or a stream: `-` for standard
//! output, a named pipe, a character device, a socket. A stream is written to
//! and stays what it is; a file is replaced whole or not at all.
//!
//! A [`NewFile`] is written where nobody sees it. [`NewFile::commit`] brings it
//! to the disk and gives it its name, or sends it down the stream; without that,
//! nothing has happened. Zeros are not written, so an image takes only the room
//! of what is in it.

use crate::error::{Error, Fault, HostContext, Result};
use crate::progress::Progress;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Seek, stdout};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tempfile::{Builder, TempPath};

/// The unit in which zeros are left out: a file system's block.
const BLOCK_SIZE: usize = 4096;
const ZEROS: [u8; BLOCK_SIZE] = [0; BLOCK_SIZE];

/// A file in the making.
pub struct NewFile {
    file: File,
    target: PathBuf,
    destination: Destination,
}

/// What becomes of it.
enum Destination {
    /// It takes the target's name; until then it has this one.
    Name(TempPath),
    /// Its bytes go down here.
    Stream(File),
}

/// Whether `target` means standard output.
pub fn is_standard_output(target: &Path) -> bool {
    target == "-" || target == "/dev/stdout"
}

/// Whether what is written to `target` can't be read again.
pub fn is_stream(target: &Path) -> bool {
    is_standard_output(target) || fs::metadata(target).is_ok_and(|found| !found.is_file())
}

impl NewFile {
    /// Begins a file of `length` zeros that will be `target`, and that is made of
    /// the files `inputs`.
    pub fn create(target: &Path, length: u64, inputs: &[&Path]) -> Result<NewFile> {
        let (file, target, destination) = match find(target, inputs)? {
            Some(stream) => {
                let file = tempfile::tempfile().on_host("create a file for", target)?;
                (file, target.to_owned(), Destination::Stream(stream))
            }
            None => {
                // A symbolic link stays one; the file it leads to is replaced.
                let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
                let (file, name) = temporary_beside(&target)?;
                (file, target, Destination::Name(name))
            }
        };
        file.set_len(length).on_host("write", &target)?;
        Ok(NewFile {
            file,
            target,
            destination,
        })
    }

    /// Begins a changed copy of `target`.
    pub fn copy_of(target: &Path) -> Result<NewFile> {
        let mut old = File::open(target).on_host("open", target)?;
        let metadata = old.metadata().on_host("look at", target)?;
        let new = NewFile::create(target, metadata.len(), &[])?;
        new.file()
            .set_permissions(metadata.permissions())
            .on_host("set the mode of", target)?;
        let mut chunk = vec![0; 64 * BLOCK_SIZE];
        let mut offset = 0;
        let progress = Progress::bytes("copying", metadata.len());
        loop {
            let count = old.read(&mut chunk).on_host("read", target)?;
            if count == 0 {
                return Ok(new);
            }
            new.write_at(&chunk[..count], offset)?;
            offset += count as u64;
            progress.add(count as u64);
        }
    }

    /// The file, to be written in other ways.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Writes over what is there; nothing has been written there before
    /// except zeros, for zeros are left out.
    fn write_sparse(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        for (index, block) in bytes.chunks(BLOCK_SIZE).enumerate() {
            if *block != ZEROS[..block.len()] {
                self.file
                    .write_all_at(block, offset + (index * BLOCK_SIZE) as u64)?;
            }
        }
        Ok(())
    }

    /// Writes `bytes` at `offset` where there were zeros.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> Result<()> {
        self.write_sparse(bytes, offset)
            .on_host("write", &self.target)
    }

    /// Writes `bytes` at `offset` whatever was there.
    pub fn overwrite_at(&self, bytes: &[u8], offset: u64) -> Result<()> {
        self.file
            .write_all_at(bytes, offset)
            .on_host("write", &self.target)
    }

    /// Brings the file to the disk and puts it in the old one's place, or sends
    /// it down the stream.
    pub fn commit(mut self) -> Result<()> {
        let target = self.target;
        match self.destination {
            Destination::Name(name) => {
                self.file.sync_all().on_host("write", &target)?;
                name.persist(&target)
                    .map_err(|error| error.error)
                    .on_host("replace", &target)
            }
            Destination::Stream(mut stream) => {
                self.file.rewind().on_host("read again", &target)?;
                let sent = io::copy(&mut self.file, &mut stream).map(drop);
                match is_standard_output(&target) {
                    true => sent.map_err(Error::Output),
                    false => sent.on_host("write", &target),
                }
            }
        }
    }
}

/// A file without contents in the folder of `target`.
fn temporary_beside(target: &Path) -> Result<(File, TempPath)> {
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let temporary = Builder::new()
        .prefix(".mkimage-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .on_host("create a file in", folder)?;
    Ok(temporary.into_parts())
}

/// Looks at what is called `target`: a stream is opened, a file that may be
/// replaced or made is `None`.
fn find(target: &Path, inputs: &[&Path]) -> Result<Option<File>> {
    if is_standard_output(target) {
        let stream = stdout().as_fd().try_clone_to_owned();
        let stream = File::from(stream.map_err(Error::Output)?);
        let metadata = stream.metadata().map_err(Error::Output)?;
        check_not_input(target, &metadata, inputs)?;
        return Ok(Some(stream));
    }
    let metadata = match fs::metadata(target) {
        Ok(metadata) => metadata,
        Err(_) if fs::symlink_metadata(target).is_ok_and(|found| found.is_symlink()) => {
            return refuse(target, "a symbolic link that leads nowhere");
        }
        Err(_) => return Ok(None),
    };
    check_not_input(target, &metadata, inputs)?;
    let kind = metadata.file_type();
    if kind.is_file() {
        Ok(None)
    } else if kind.is_fifo() || kind.is_char_device() {
        let stream = OpenOptions::new().write(true).open(target);
        stream.map(Some).on_host("open", target)
    } else if kind.is_socket() {
        let stream = UnixStream::connect(target).on_host("connect to", target)?;
        Ok(Some(OwnedFd::from(stream).into()))
    } else if kind.is_dir() {
        refuse(target, "a directory")
    } else {
        refuse(target, "a block device")
    }
}

fn refuse<T>(target: &Path, what: &str) -> Result<T> {
    let problem = format!("{what}, expected a file, a pipe or `-`");
    Err(Fault::new("output", problem).in_file(target))
}

/// What is read can't be written at the same time, under whatever name.
fn check_not_input(target: &Path, metadata: &Metadata, inputs: &[&Path]) -> Result<()> {
    let identity = |found: &Metadata| (found.dev(), found.ino());
    let is_same = |input: &&&Path| {
        metadata.is_file()
            && fs::metadata(input).is_ok_and(|it| identity(&it) == identity(metadata))
    };
    match inputs.iter().find(is_same) {
        None => Ok(()),
        Some(input) => {
            let problem = format!("the same file as the input {}", input.display());
            refuse(target, &problem)
        }
    }
}

#[cfg(test)]
mod tests;
