// SPDX-License-Identifier: GPL-2.0-or-later
//! Files of the host that are replaced whole or not at all.
//!
//! A [`NewFile`] is written under another name in the same folder.
//! [`NewFile::commit`] brings it to the disk and gives it its name; without
//! that, it is removed again and the old file stays as it was. Zeros are not
//! written, so an image takes only the room of what is in it.

use crate::error::{HostContext, Result};
use crate::progress::Progress;
use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// The unit in which zeros are left out: a file system's block.
const BLOCK_SIZE: usize = 4096;
const ZEROS: [u8; BLOCK_SIZE] = [0; BLOCK_SIZE];

/// A file in the making.
pub struct NewFile {
    temporary: NamedTempFile,
    target: PathBuf,
}

impl NewFile {
    /// Begins a file of `length` zeros that will be `target`.
    pub fn create(target: &Path, length: u64) -> Result<NewFile> {
        // A symbolic link stays one; the file it leads to is replaced.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let folder = match target.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let temporary = Builder::new()
            .prefix(".mkimage-")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder)
            .on_host("create a file in", folder)?;
        temporary
            .as_file()
            .set_len(length)
            .on_host("write", &target)?;
        Ok(NewFile { temporary, target })
    }

    /// Begins a changed copy of `target`.
    pub fn copy_of(target: &Path) -> Result<NewFile> {
        let mut old = File::open(target).on_host("open", target)?;
        let metadata = old.metadata().on_host("look at", target)?;
        let new = NewFile::create(target, metadata.len())?;
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
        self.temporary.as_file()
    }

    /// Writes over what is there; nothing has been written there before
    /// except zeros, for zeros are left out.
    fn write_sparse(&self, bytes: &[u8], offset: u64) -> std::io::Result<()> {
        for (index, block) in bytes.chunks(BLOCK_SIZE).enumerate() {
            if *block != ZEROS[..block.len()] {
                self.file()
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
        self.file()
            .write_all_at(bytes, offset)
            .on_host("write", &self.target)
    }

    /// Brings the file to the disk and puts it in the old one's place.
    pub fn commit(self) -> Result<()> {
        self.file().sync_all().on_host("write", &self.target)?;
        let target = self.target;
        self.temporary
            .persist(&target)
            .map_err(|error| error.error)
            .on_host("replace", &target)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_old_file_stays_until_commit() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("image");
        fs::write(&target, "old").unwrap();
        let abandoned = NewFile::create(&target, 100).unwrap();
        abandoned.write_at(b"new", 0).unwrap();
        drop(abandoned);
        assert_eq!(fs::read(&target).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["image"]);

        let new = NewFile::create(&target, 5).unwrap();
        new.write_at(b"new", 1).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"old");
        new.commit().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"\0new\0");
        assert_eq!(names(folder.path()), ["image"]);
    }

    #[test]
    fn zeros_take_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("image");
        let new = NewFile::create(&target, 1 << 20).unwrap();
        new.write_at(&[0; 1 << 19], 0).unwrap();
        new.write_at(&[1], 1 << 19).unwrap();
        new.commit().unwrap();
        let copy = NewFile::copy_of(&target).unwrap();
        copy.commit().unwrap();
        let metadata = fs::metadata(&target).unwrap();
        assert_eq!(metadata.len(), 1 << 20);
        assert!(
            metadata.blocks() * 512 <= 1 << 17,
            "{} blocks",
            metadata.blocks()
        );
        assert_eq!(fs::read(&target).unwrap()[1 << 19], 1);
    }

    #[test]
    fn a_copy_keeps_contents_mode_and_links() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("image"), folder.path().join("link"));
        let old: Vec<u8> = (0..300_000u32).map(|n| (n / 1000) as u8).collect();
        fs::write(&target, &old).unwrap();
        fs::set_permissions(&target, Permissions::from_mode(0o640)).unwrap();
        symlink("image", &link).unwrap();
        let copy = NewFile::copy_of(&link).unwrap();
        copy.overwrite_at(&[0xff], 299_999).unwrap();
        copy.commit().unwrap();
        let new = fs::read(&target).unwrap();
        assert_eq!((&new[..299_999], new[299_999]), (&old[..299_999], 0xff));
        assert_eq!(fs::metadata(&target).unwrap().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
