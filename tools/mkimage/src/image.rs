// SPDX-License-Identifier: GPL-2.0-or-later
//! An image file that is there already.

use crate::changes::Change;
use crate::disk::{self, COMMAND_LINE_LBA, Layout, Region, SECTOR_SIZE};
use crate::error::{Fault, FaultContext, HostContext, Result};
use crate::geometry::Geometry;
use crate::lock::{length, open_to_change, open_to_read};
use crate::output::rewrite;
use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What of an image tells how it is divided: on a floppy, the kernel's header too.
const START: u64 = 4096;
/// No Minix v1 file system reaches further: its zone numbers have 16 bits.
const FILE_SYSTEM_MAX: u64 = 65536 * 1024;

/// What a file begins with that is compressed by gzip.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// What a file begins with that is compressed by xz.
const XZ: &[u8] = b"\xfd7zXZ\0";
/// KB of memory that xz may ask for: a little more than `xz -9` needs.
const XZ_MEMORY: u32 = 80 << 10;
/// More is not unpacked.
const UNPACKED_MAX: u64 = 1 << 33;

/// An image and how it is divided.
pub struct Image {
    /// Its name on the host.
    pub path: PathBuf,
    /// It itself.
    pub file: File,
    /// Its size in bytes.
    pub length: u64,
    /// What was found in it.
    pub layout: Layout,
    /// How a disk counts, if it has whole cylinders.
    pub geometry: Option<Geometry>,
    /// What tells that the file ends too early, if it does.
    pub missing: Option<Fault>,
    /// Where it should end.
    end: u64,
}

impl Image {
    /// Opens an image to read it, and finds out how it is divided. All of it must be
    /// there.
    pub fn open(path: &Path) -> Result<Image> {
        Image::of(path, unpacked(path, open_to_read(path)?)?)
    }

    /// Opens an image for [`Image::change`]; until it is closed, nobody else does.
    pub fn open_to_change(path: &Path) -> Result<Image> {
        Image::of(path, open_to_change(path)?)
    }

    /// As [`Image::open`], for those who save what is there of an image that ends too
    /// early.
    pub fn open_partly(path: &Path) -> Result<Image> {
        Image::of_part(path, unpacked(path, open_to_read(path)?)?)
    }

    /// Finds out how the image `path` is divided, which is open as `file`.
    pub fn of(path: &Path, file: File) -> Result<Image> {
        let mut image = Image::of_what_is_there(path, file)?;
        match image.missing.take() {
            Some(fault) => Err(fault.in_file(path)),
            None => Ok(image),
        }
    }

    /// As [`Image::of`], of an image that may end too early. A bare file system is as
    /// long as its file, whatever it says itself.
    pub fn of_what_is_there(path: &Path, file: File) -> Result<Image> {
        let image = Image::of_part(path, file)?;
        Ok(match image.layout {
            Layout::Bare => Image {
                missing: None,
                end: image.length,
                ..image
            },
            _ => image,
        })
    }

    fn of_part(path: &Path, file: File) -> Result<Image> {
        let length = length(&file).on_host("look at", path)?;
        let mut start = vec![0; length.min(START) as usize];
        file.read_exact_at(&mut start, 0).on_host("read", path)?;
        let (end, missing) = match disk::missing(&start, length) {
            Some((end, fault)) => (end, Some(fault)),
            None => (length, None),
        };
        let layout = Layout::detect(&start, end).in_file(path)?;
        Ok(Image {
            path: path.to_owned(),
            file,
            length,
            layout,
            geometry: Geometry::detect(&start, length / SECTOR_SIZE as u64),
            missing,
            end,
        })
    }

    /// Brings changes to an image that is open for it: all of them, or none.
    pub fn change(&self, changes: &[Change]) -> Result<()> {
        rewrite(&self.path, &self.file, changes)
    }

    /// The bytes of a region; zeros behind the end of the file.
    pub fn read(&self, region: Region) -> Result<Vec<u8>> {
        let there = self.length.saturating_sub(region.start).min(region.length);
        let mut bytes = vec![0; region.length as usize];
        self.file
            .read_exact_at(&mut bytes[..there as usize], region.start)
            .on_host("read", &self.path)?;
        Ok(bytes)
    }

    /// Where the file system of partition `number` is, or the root's.
    pub fn file_system(&self, number: Option<u8>) -> Result<Region> {
        let region = self
            .layout
            .file_system(number, self.end)
            .in_file(&self.path)?;
        Ok(Region {
            length: region.length.min(FILE_SYSTEM_MAX),
            ..region
        })
    }

    /// The sector of the command line.
    pub fn command_line_sector(&self) -> Result<Vec<u8>> {
        let start = u64::from(COMMAND_LINE_LBA) * SECTOR_SIZE as u64;
        self.read(Region {
            start,
            length: SECTOR_SIZE as u64,
        })
    }
}

/// What is compressed by gzip or xz is read from an unpacked copy.
pub fn unpacked(path: &Path, file: File) -> Result<File> {
    let mut start = [0; XZ.len()];
    let length = file.read_at(&mut start, 0).on_host("read", path)?;
    let start = &start[..length];
    if !start.starts_with(GZIP) && !start.starts_with(XZ) {
        return Ok(file);
    }
    let mut copy = tempfile::tempfile().on_host("create a file for", path)?;
    let mut contents = unpack(start, BufReader::new(file)).take(UNPACKED_MAX);
    io::copy(&mut contents, &mut copy).on_host("unpack", path)?;
    Ok(copy)
}

/// Unpacks a stream that begins with `start`, if it is compressed by gzip or xz.
pub fn unpack<'a>(start: &[u8], stream: impl BufRead + 'a) -> Box<dyn Read + 'a> {
    match start {
        start if start.starts_with(GZIP) => Box::new(MultiGzDecoder::new(stream)),
        start if start.starts_with(XZ) => {
            Box::new(XzReader::new_mem_limit(stream, true, XZ_MEMORY))
        }
        _ => Box::new(stream),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::{Seek, Write};
    use std::os::unix::fs::MetadataExt;

    /// A file of `length` bytes with the magic number and a count of 360 blocks.
    fn bare(length: u64) -> File {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&360u16.to_le_bytes(), 1026).unwrap();
        file.write_all_at(&[0x7f, 0x13], 1040).unwrap();
        file.set_len(length).unwrap();
        file
    }

    #[test]
    fn a_file_system_that_is_cut_off() {
        let path = Path::new("image");
        let problem = "the file system has 360 blocks, the file ends at block 300";
        let part = Image::of_part(path, bare(300 << 10)).unwrap();
        assert_eq!(part.missing.as_ref().unwrap().problem, problem);
        assert_eq!(part.file_system(None).unwrap().length, 360 << 10);
        // Who does not save what is left of it takes the file as it is.
        let there = Image::of_what_is_there(path, bare(300 << 10)).unwrap();
        assert!(there.missing.is_none());
        assert_eq!(there.file_system(None).unwrap().length, 300 << 10);
    }

    /// Of a larger file no more is read than a file system can have.
    #[test]
    fn a_file_system_ends_where_its_numbers_do() {
        let image = Image::of(Path::new("image"), bare(1 << 30)).unwrap();
        assert_eq!(image.file_system(None).unwrap().length, 65536 << 10);
    }

    #[test]
    fn only_what_is_compressed_is_unpacked() {
        let path = Path::new("image");
        let file = bare(4096);
        let inode = file.metadata().unwrap().ino();
        assert_eq!(
            unpacked(path, file).unwrap().metadata().unwrap().ino(),
            inode
        );
        let mut encoder = GzEncoder::new(tempfile::tempfile().unwrap(), Compression::fast());
        encoder.write_all(b"contents").unwrap();
        let mut file = encoder.finish().unwrap();
        file.rewind().unwrap();
        let copy = unpacked(path, file).unwrap();
        let mut contents = [0; 8];
        copy.read_exact_at(&mut contents, 0).unwrap();
        assert_eq!(
            (&contents, copy.metadata().unwrap().len()),
            (b"contents", 8)
        );
    }
}
