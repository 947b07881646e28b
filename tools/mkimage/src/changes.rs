// SPDX-License-Identifier: GPL-2.0-or-later
//! What is to be changed in an image. It stays in memory until the work on it
//! has succeeded.
//!
//! [`ChangedDisk`] is a part of an image as a disk for the `fs` crate; its
//! [`changes`](ChangedDisk::changes) go to
//! [`Image::change`](crate::image::Image::change).

use crate::disk::Region;
use crate::error::{HostContext, Result};
use fs::host::Storage;
use fs::layout::BLOCK_SIZE;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that are to stand at an offset.
pub struct Change {
    /// Where.
    pub offset: u64,
    /// What.
    pub bytes: Vec<u8>,
}

/// A disk that reads from a file and keeps for itself what is written. Clones
/// share that.
#[derive(Clone)]
pub struct ChangedDisk {
    file: Arc<File>,
    region: Region,
    written: Arc<Mutex<BTreeMap<u32, Box<[u8; BLOCK_SIZE]>>>>,
}

impl ChangedDisk {
    /// The bytes in `region` of `file`, which is the image `path`.
    pub fn new(path: &Path, file: &File, region: Region) -> Result<ChangedDisk> {
        Ok(ChangedDisk {
            file: Arc::new(file.try_clone().on_host("open", path)?),
            region,
            written: Arc::default(),
        })
    }

    /// A disk that begins with what has been written, and shares nothing that will be.
    pub fn snapshot(&self) -> ChangedDisk {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        ChangedDisk {
            written: Arc::new(Mutex::new(written.clone())),
            ..self.clone()
        }
    }

    /// What has been written, in the order of the disk.
    pub fn changes(&self) -> Vec<Change> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = written.iter().map(|(&number, block)| Change {
            offset: self.offset(number),
            bytes: block.to_vec(),
        });
        changes.collect()
    }

    fn offset(&self, number: u32) -> u64 {
        self.region.start + u64::from(number) * BLOCK_SIZE as u64
    }
}

impl Storage for ChangedDisk {
    fn blocks(&self) -> u32 {
        u32::try_from(self.region.length / BLOCK_SIZE as u64).unwrap_or(u32::MAX)
    }

    fn read(&mut self, number: u32, data: &mut [u8; BLOCK_SIZE]) -> io::Result<()> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        match written.get(&number) {
            Some(block) => {
                *data = **block;
                Ok(())
            }
            None => self.file.read_exact_at(data, self.offset(number)),
        }
    }

    fn write(&mut self, number: u32, data: &[u8; BLOCK_SIZE]) -> io::Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.insert(number, Box::new(*data));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a command of a shell wrote before it failed is not there afterwards.
    #[test]
    fn a_snapshot_shares_nothing_that_is_written_later() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(4096).unwrap();
        let region = Region {
            start: 1024,
            length: 3072,
        };
        let mut disk = ChangedDisk::new(Path::new("image"), &file, region).unwrap();
        assert_eq!(disk.blocks(), 3);
        disk.write(2, &[1; BLOCK_SIZE]).unwrap();
        let mut snapshot = disk.snapshot();
        snapshot.write(0, &[2; BLOCK_SIZE]).unwrap();
        disk.clone().write(1, &[3; BLOCK_SIZE]).unwrap();
        let changes = |disk: &ChangedDisk| {
            let changes = disk.changes().into_iter();
            let told = changes.map(|it| (it.offset, it.bytes[0], it.bytes.len()));
            told.collect::<Vec<_>>()
        };
        assert_eq!(changes(&disk), [(2048, 3, 1024), (3072, 1, 1024)]);
        assert_eq!(changes(&snapshot), [(1024, 2, 1024), (3072, 1, 1024)]);
        let mut block = [9; BLOCK_SIZE];
        snapshot.read(1, &mut block).unwrap();
        assert_eq!(block, [0; BLOCK_SIZE]);
        disk.read(1, &mut block).unwrap();
        assert_eq!(block, [3; BLOCK_SIZE]);
    }
}
