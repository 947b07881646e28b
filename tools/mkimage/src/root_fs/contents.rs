// SPDX-License-Identifier: GPL-2.0-or-later
//! The contents of files, read and written piece by piece.

use super::Mounted;
use crate::error::Result;
use crate::image_path::ImagePath;
use abi::Errno;
use abi::fcntl::{O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY};
use abi::unistd::SEEK_SET;
use fs::host::{ReadInto, WriteFrom};
use fs::layout::{BLOCK_SIZE, MAX_FILE_SIZE};
use fs::platform::UserBuffer;

/// Bytes of a piece of a file.
const PIECE: usize = 64 * BLOCK_SIZE;
/// After so many bad blocks the rest of a file is given up.
const PATIENCE: u32 = 1000;

/// An open file; closed when it is dropped.
pub(super) struct OpenFile<'a, 'fs> {
    mounted: &'a Mounted<'fs>,
    path: &'a ImagePath,
    pub(super) fd: u32,
}

/// A file that is being written.
pub struct Writer<'a, 'fs> {
    file: OpenFile<'a, 'fs>,
    end: u64,
}

impl<'fs> Mounted<'fs> {
    /// Shows the contents of a file piece by piece, each with its offset; holes are
    /// left out, and so is what can't be read, about which there is a complaint.
    /// Returns the file's size.
    pub fn read_pieces(
        &self,
        path: &ImagePath,
        take: &mut dyn FnMut(u64, &[u8]) -> Result<()>,
    ) -> Result<u64> {
        let file = OpenFile::open(self, path, O_RDONLY, "read")?;
        let opened = self.task.file(file.fd).map_err(self.error(path, "read"))?;
        let inode = opened.inode();
        let mut piece = vec![0; PIECE];
        let mut position = 0;
        let mut bad = None;
        let mut bad_count = 0;
        while let Some(data) = inode.next_data(position) {
            match file.read_at(data, &mut piece) {
                Ok(0) => break,
                Ok(count) => {
                    take(data.into(), &piece[..count])?;
                    position = data + count as u32;
                }
                Err(_) if bad_count == PATIENCE => break,
                Err(errno) => {
                    bad.get_or_insert((data, self.error(path, "read")(errno)));
                    bad_count += 1;
                    position = (data / BLOCK_SIZE as u32 + 1) * BLOCK_SIZE as u32;
                }
            }
        }
        if let Some((first, error)) = bad {
            self.complain(&error);
            self.host.take_messages();
            let problem = match bad_count {
                PATIENCE.. => format!("what is behind byte {first} can't be read"),
                count => format!("{count} of its blocks can't be read, the first at byte {first}"),
            };
            self.complain(&self.fault(path, format!("{problem}; zeros stand for it")));
        }
        Ok(inode.size().into())
    }

    /// Begins to write a file, over the old one if there is one. Its mode is set
    /// at the end, by [`Writer::finish`].
    pub fn create_file<'a>(&'a self, path: &'a ImagePath) -> Result<Writer<'a, 'fs>> {
        let flags = O_CREAT | O_TRUNC | O_WRONLY;
        let file = OpenFile::open(self, path, flags, "write")?;
        Ok(Writer { file, end: 0 })
    }

    /// Writes a whole file, over the old one if there is one.
    pub fn write_file(&self, path: &ImagePath, mode: u16, contents: &[u8]) -> Result<()> {
        let mut writer = self.create_file(path)?;
        writer.write(0, contents)?;
        writer.finish(contents.len() as u64, mode)
    }
}

impl<'a, 'fs> OpenFile<'a, 'fs> {
    pub(super) fn open(
        mounted: &'a Mounted<'fs>,
        path: &'a ImagePath,
        flags: u32,
        action: &'static str,
    ) -> Result<OpenFile<'a, 'fs>> {
        let fd = mounted.call(path, action, |fs, task, path| {
            fs.sys_open(task, path, flags, 0o600)
        })? as u32;
        Ok(OpenFile { mounted, path, fd })
    }

    /// Reads from `position` on; less than was asked for where the rest can't be
    /// read, and nothing at the end.
    fn read_at(&self, position: u32, bytes: &mut [u8]) -> abi::Result<usize> {
        self.seek(position)?;
        let Mounted { fs, task, .. } = self.mounted;
        fs.sys_read(task, self.fd, &mut ReadInto(bytes))
    }

    /// Writes all `bytes` from `position` on.
    fn write_at(&self, position: u32, bytes: &[u8]) -> abi::Result<()> {
        self.seek(position)?;
        let Mounted { fs, task, .. } = self.mounted;
        let mut rest = WriteFrom(bytes);
        while rest.remaining() != 0 {
            fs.sys_write(task, self.fd, &mut rest)?;
        }
        Ok(())
    }

    fn seek(&self, position: u32) -> abi::Result<()> {
        let position = i32::try_from(position).map_err(|_| Errno::EFBIG)?;
        let Mounted { fs, task, .. } = self.mounted;
        fs.sys_lseek(task, self.fd, position, SEEK_SET).map(drop)
    }
}

impl Drop for OpenFile<'_, '_> {
    fn drop(&mut self) {
        // It is open, and closing writes nothing.
        let _ = self.mounted.fs.sys_close(&self.mounted.task, self.fd);
    }
}

impl Writer<'_, '_> {
    /// Writes bytes at `offset`, a block's start and not before what is written
    /// already. Blocks of nothing but zeros become holes.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.check_size(offset + bytes.len() as u64)?;
        for (index, block) in bytes.chunks(BLOCK_SIZE).enumerate() {
            if block.iter().any(|byte| *byte != 0) {
                let position = offset as u32 + (index * BLOCK_SIZE) as u32;
                self.write_block(position, block)?;
            }
        }
        Ok(())
    }

    /// The file has `size` bytes; zeros, if they were not written. Sets its mode.
    pub fn finish(mut self, size: u64, mode: u16) -> Result<()> {
        self.check_size(size)?;
        if self.end < size {
            self.write_block(size as u32 - 1, &[0])?;
        }
        let OpenFile { mounted, path, .. } = self.file;
        drop(self.file);
        mounted.chmod(path, mode)
    }

    fn write_block(&mut self, position: u32, block: &[u8]) -> Result<()> {
        let OpenFile { mounted, path, .. } = self.file;
        let written = self.file.write_at(position, block);
        written.map_err(mounted.error(path, "write"))?;
        self.end = u64::from(position) + block.len() as u64;
        Ok(())
    }

    fn check_size(&self, size: u64) -> Result<()> {
        if size <= MAX_FILE_SIZE.into() {
            return Ok(());
        }
        let problem = format!("a file has at most {MAX_FILE_SIZE} bytes, this one is larger");
        Err(self.file.mounted.fault(self.file.path, problem))
    }
}
