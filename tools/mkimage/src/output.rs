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

use crate::changes::Change;
use crate::disk::{Region, SECTOR_SIZE};
use crate::error::{Error, Fault, HostContext, Result};
use crate::holes::next_data;
use crate::lock::{is_changed_in_place, is_same, name_of, open_to_change};
use crate::progress::Progress;
use ::fs::host::FileDisk;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, posix_fallocate};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::unistd::linkat;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom, stdout};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{
    FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown,
};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tempfile::{Builder, TempPath};

/// Bytes that are copied between two steps of the progress bar.
const PIECE: u64 = 16 << 20;
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
    /// It takes the target's name. Until then it has none, or another where the
    /// host's file system knows no files without a name.
    Name {
        name: Option<(TempPath, SignalsWait)>,
        /// The file that is replaced, and with it its lock.
        _old: Option<File>,
    },
    /// Its bytes go over those of a file that can't be replaced.
    Over(File),
    /// Its bytes go down here.
    Stream(File),
}

/// What has the name of the output already.
enum Found {
    Nothing,
    File(File),
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
        let stream = match find(target, inputs)? {
            Found::Nothing => return NewFile::replacing(target, None, length),
            Found::File(old) => return NewFile::replacing(target, Some(old), length),
            Found::Stream(stream) => stream,
        };
        let destination = Destination::Stream(stream);
        NewFile::begin(unnamed(target)?, target.to_owned(), destination, length)
    }

    /// Begins a file of `length` zeros that replaces the regular file `old`, if
    /// there is one, with its owner and mode. Where that can't be, because the
    /// folder or the owner is not the user's own, its bytes are to go over the old
    /// ones.
    fn replacing(target: &Path, old: Option<File>, length: u64) -> Result<NewFile> {
        // A symbolic link stays one; the file it leads to is replaced.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let Some(old) = old else {
            let created = create_beside(&target).on_host("create a file in", folder_of(&target));
            let (file, name) = created?;
            return NewFile::begin(file, target, Destination::Name { name, _old: None }, length);
        };
        let metadata = old.metadata().on_host("look at", &target)?;
        let beside = match is_changed_in_place(&metadata) {
            true => None,
            false => create_beside(&target)
                .and_then(|(file, name)| keep_attributes(&file, &metadata).map(|()| (file, name)))
                .ok(),
        };
        let (file, destination) = match beside {
            Some((file, name)) => {
                let _old = Some(old);
                (file, Destination::Name { name, _old })
            }
            None => (unnamed(&target)?, Destination::Over(old)),
        };
        NewFile::begin(file, target, destination, length)
    }

    fn begin(
        file: File,
        target: PathBuf,
        destination: Destination,
        length: u64,
    ) -> Result<NewFile> {
        file.set_len(length).on_host("write", &target)?;
        Ok(NewFile {
            file,
            target,
            destination,
        })
    }

    /// The file, to be written in other ways.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// A part of the file as a disk.
    pub fn disk(&self, region: Region) -> Result<FileDisk> {
        let file = self.file.try_clone().on_host("open", &self.target)?;
        Ok(FileDisk::new(file, region.start, region.length))
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
            Destination::Name { name, _old } => {
                self.file.sync_all().on_host("write", &target)?;
                let (name, _wait) = match name {
                    Some(named) => named,
                    None => name_beside(&self.file, &target)?,
                };
                name.persist(&target)
                    .map_err(|error| error.error)
                    .on_host("replace", &target)
            }
            Destination::Over(mut old) => {
                let _wait = SignalsWait::begin();
                let length = self.file.metadata().on_host("look at", &target)?.len();
                reserve(&old, [(0, length)]).on_host("write", &target)?;
                self.file.rewind().on_host("read again", &target)?;
                old.rewind().on_host("write", &target)?;
                io::copy(&mut self.file, &mut old)
                    .and_then(|_| old.set_len(length))
                    .and_then(|()| old.sync_all())
                    .on_host("write all of", &target)
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

/// Changes the file or block device `path`, which is locked as `file`: all of
/// `changes` reach it or none does. A new file takes its place; but a device, a
/// file of several names or another's, and what has changes in one sector only,
/// is written in place.
pub fn rewrite(path: &Path, file: &File, changes: &[Change]) -> Result<()> {
    let metadata = file.metadata().on_host("look at", path)?;
    if is_changed_in_place(&metadata) || is_one_sector(changes) {
        return write_in_place(path, file, changes);
    }
    let old = file.try_clone().on_host("open", path)?;
    let new = NewFile::replacing(path, Some(old), metadata.len())?;
    if let Destination::Over(_) = new.destination {
        return write_in_place(path, file, changes);
    }
    copy_data(file, &new.file, metadata.len()).on_host("copy", path)?;
    for change in changes {
        new.overwrite_at(&change.bytes, change.offset)?;
    }
    new.commit()
}

/// A disk writes a sector as a whole.
fn is_one_sector(changes: &[Change]) -> bool {
    let sectors = |change: &Change| {
        let end = change.offset + change.bytes.len() as u64;
        change.offset / SECTOR_SIZE as u64..end.div_ceil(SECTOR_SIZE as u64)
    };
    match changes {
        [] => true,
        [change] => sectors(change).count() <= 1,
        _ => false,
    }
}

/// Room is found first, and no signal ends it half-way.
fn write_in_place(path: &Path, file: &File, changes: &[Change]) -> Result<()> {
    let _wait = SignalsWait::begin();
    let places = changes.iter().map(|it| (it.offset, it.bytes.len() as u64));
    reserve(file, places).on_host("write", path)?;
    changes
        .iter()
        .try_for_each(|change| file.write_all_at(&change.bytes, change.offset))
        .and_then(|()| file.sync_all())
        .on_host("write all changes of", path)
}

/// Sees to it that there is room for what will be written into a file.
fn reserve(file: &File, places: impl IntoIterator<Item = (u64, u64)>) -> io::Result<()> {
    if !file.metadata()?.is_file() {
        return Ok(());
    }
    for (offset, length) in places {
        match posix_fallocate(file, offset as i64, length as i64) {
            // The host's file system can't, or nothing is to be written.
            Ok(()) | Err(Errno::EOPNOTSUPP | Errno::EINVAL) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Copies what is not a hole; a host that can lets both files share it.
fn copy_data(mut old: &File, mut new: &File, length: u64) -> io::Result<()> {
    let progress = Progress::bytes("copying", length);
    let mut end = 0;
    while let Some(data) = next_data(old, end, length) {
        end = data.end.min(data.start + PIECE);
        old.seek(SeekFrom::Start(data.start))?;
        new.seek(SeekFrom::Start(data.start))?;
        io::copy(&mut old.take(end - data.start), &mut new)?;
        progress.reach(end);
    }
    Ok(())
}

/// Signals that end the process wait as long as this lives.
struct SignalsWait(SigSet);

impl SignalsWait {
    fn begin() -> SignalsWait {
        let set: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]
            .into_iter()
            .collect();
        let before = set.thread_swap_mask(SigmaskHow::SIG_BLOCK);
        SignalsWait(before.unwrap_or(SigSet::empty()))
    }
}

impl Drop for SignalsWait {
    fn drop(&mut self) {
        // It was the mask before, so it can be set.
        let _ = self.0.thread_set_mask();
    }
}

/// Owner, then mode: a change of the owner takes special bits away.
fn keep_attributes(file: &File, metadata: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (metadata.uid(), metadata.gid()) {
        fchown(file, Some(metadata.uid()), Some(metadata.gid()))?;
    }
    file.set_permissions(metadata.permissions())
}

/// A file that nobody sees and that vanishes by itself.
fn unnamed(target: &Path) -> Result<File> {
    tempfile::tempfile().on_host("create a file for", target)
}

fn folder_of(target: &Path) -> &Path {
    match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn builder() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(".mkimage-");
    builder
}

/// A file in the folder of `target`, without a name if that can be.
fn create_beside(target: &Path) -> io::Result<(File, Option<(TempPath, SignalsWait)>)> {
    let folder = folder_of(target);
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o666);
    let unnamed = options.custom_flags(OFlag::O_TMPFILE.bits()).open(folder);
    if let Some(file) = unnamed.ok().filter(|file| path_of(file).exists()) {
        return Ok((file, None));
    }
    let wait = SignalsWait::begin();
    let temporary = builder()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    let (file, name) = temporary.into_parts();
    Ok((file, Some((name, wait))))
}

/// Where the host shows a file that is open.
fn path_of(file: &File) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

/// Gives a file without a name one beside `target`.
fn name_beside(file: &File, target: &Path) -> Result<(TempPath, SignalsWait)> {
    let wait = SignalsWait::begin();
    let link = |name: &Path| {
        let flag = AtFlags::AT_SYMLINK_FOLLOW;
        linkat(AT_FDCWD, &path_of(file), AT_FDCWD, name, flag).map_err(io::Error::from)
    };
    let named = builder().make_in(folder_of(target), link);
    let named = named.on_host("create a file for", target)?;
    Ok((named.into_temp_path(), wait))
}

/// Opens what is called `target` already.
fn find(target: &Path, inputs: &[&Path]) -> Result<Found> {
    if is_standard_output(target) {
        return check_standard_output(target, inputs).map(Found::Stream);
    }
    let metadata = match fs::metadata(target) {
        Ok(metadata) => metadata,
        Err(_) if fs::symlink_metadata(target).is_ok_and(|found| found.is_symlink()) => {
            return refuse(target, "a symbolic link that leads nowhere");
        }
        Err(_) => return Ok(Found::Nothing),
    };
    check_not_input(target, &metadata, inputs)?;
    let kind = metadata.file_type();
    if kind.is_file() {
        open_to_change(target).map(Found::File)
    } else if kind.is_fifo() || kind.is_char_device() {
        let stream = OpenOptions::new().write(true).open(target);
        stream.map(Found::Stream).on_host("open", target)
    } else if kind.is_socket() {
        let stream = UnixStream::connect(target).on_host("connect to", target)?;
        Ok(Found::Stream(OwnedFd::from(stream).into()))
    } else {
        refuse(target, name_of(kind))
    }
}

/// Standard output, here called `target`. It may have been led to a file, but not to one
/// of `inputs`.
pub fn check_standard_output(target: &Path, inputs: &[&Path]) -> Result<File> {
    let stream = stdout().as_fd().try_clone_to_owned();
    let stream = File::from(stream.map_err(Error::Output)?);
    let metadata = stream.metadata().map_err(Error::Output)?;
    check_not_input(target, &metadata, inputs)?;
    Ok(stream)
}

fn refuse<T>(target: &Path, what: &str) -> Result<T> {
    let problem = format!("{what}, expected a file, a pipe or `-`");
    Err(Fault::new("output", problem).in_file(target))
}

/// What is read can't be written at the same time, under whatever name.
fn check_not_input(target: &Path, metadata: &Metadata, inputs: &[&Path]) -> Result<()> {
    let is_input = |input: &&&Path| {
        metadata.is_file() && fs::metadata(input).is_ok_and(|found| is_same(&found, metadata))
    };
    match inputs.iter().find(is_input) {
        None => Ok(()),
        Some(input) => {
            let problem = format!("the same file as the input {}", input.display());
            refuse(target, &problem)
        }
    }
}

#[cfg(test)]
mod tests;
