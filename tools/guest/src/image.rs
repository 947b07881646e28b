// SPDX-License-Identifier: GPL-2.0-or-later
//! The few things about a disk image that a test needs to know or change.
//!
//! The layout is the one that `mkimage` writes: 512-byte sectors, a partition
//! table in sector 0, the kernel command line in sector 5.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use mkimage::changes::ChangedDisk;
use mkimage::complaints::Complaints;
use mkimage::disk::parse_command_line;
use mkimage::geometry::Geometry;
use mkimage::image::Image;
use mkimage::image_path::ImagePath;
use mkimage::lock::open_to_change;
use mkimage::root_fs::with_file_system;

/// Bytes of a sector.
pub const SECTOR: u64 = 512;
/// Sectors of a cylinder of our own disks: 16 heads of 63 sectors.
pub const CYLINDER: u64 = 16 * 63;
/// The sector that holds the kernel command line, ended by a NUL.
pub const COMMAND_LINE_SECTOR: u64 = 5;

const PARTITION_TABLE: usize = 446;
const PARTITION_ENTRY: usize = 16;

/// How the disk in `image` counts.
///
/// # Errors
/// Where the image isn't made of whole cylinders.
pub fn geometry(image: &Path) -> Result<Geometry> {
    let place = || format!("{}", image.display());
    let bytes = std::fs::metadata(image).with_context(place)?.len();
    let start = read(image, 0, bytes.min(SECTOR) as usize)?;
    let whole = bytes.is_multiple_of(SECTOR);
    let found = Geometry::detect(&start, bytes / SECTOR).filter(|_| whole);
    found.with_context(|| {
        format!(
            "{}: {bytes} bytes is not a number of whole cylinders",
            image.display()
        )
    })
}

/// Reads `count` bytes at byte `offset` of `image`.
pub fn read(image: &Path, offset: u64, count: usize) -> Result<Vec<u8>> {
    let place = || format!("{}: {count} bytes at {offset}", image.display());
    let mut bytes = vec![0; count];
    let mut file = File::open(image).with_context(place)?;
    file.seek(SeekFrom::Start(offset)).with_context(place)?;
    file.read_exact(&mut bytes).with_context(place)?;
    Ok(bytes)
}

/// Writes `bytes` at byte `offset` of `image`, under the lock that `mkimage` takes.
///
/// # Errors
/// Where an emulator has it open, too.
pub fn write(image: &Path, offset: u64, bytes: &[u8]) -> Result<()> {
    let place = || format!("{}: {} bytes at {offset}", image.display(), bytes.len());
    let file = open_to_change(image)?;
    file.write_all_at(bytes, offset).with_context(place)
}

/// The kernel command line in `image` with `words` added. A word `name=value`
/// replaces the word of that name that was there.
pub fn command_line_with(image: &Path, words: &str) -> Result<String> {
    let sector = read(image, COMMAND_LINE_SECTOR * SECTOR, SECTOR as usize)?;
    // A disk without a kernel may have anything there.
    let old = parse_command_line(&sector).unwrap_or_default();
    let line = merge_words(old, words);
    ensure!(
        line.len() < SECTOR as usize,
        "the kernel command line is too long: {line}"
    );
    Ok(line)
}

/// Adds `words` to the kernel command line in `image`, as [`command_line_with`].
pub fn add_to_command_line(image: &Path, words: &str) -> Result<()> {
    let mut sector = command_line_with(image, words)?.into_bytes();
    sector.resize(SECTOR as usize, 0);
    write(image, COMMAND_LINE_SECTOR * SECTOR, &sector)
}

/// Writes a program into the root file system of `image`.
pub fn put_program(image: &Path, path: &str, contents: &[u8]) -> Result<()> {
    const MODE: u16 = 0o755;
    let path = &ImagePath::from(OsString::from(path));
    let opened = Image::open_to_change(image)?;
    let region = opened.file_system(None)?;
    let disk = ChangedDisk::new(image, &opened.file, region)?;
    with_file_system(image, disk.clone(), 0, &Complaints::default(), |mounted| {
        mounted.write_file(path, MODE, contents)
    })?;
    Ok(opened.change(&disk.changes())?)
}

fn merge_words(old: &str, new: &str) -> String {
    let name = |word: &str| word.split('=').next().unwrap_or_default().to_string();
    let replaced: Vec<String> = new.split_whitespace().map(name).collect();
    let kept = old
        .split_whitespace()
        .filter(|word| !replaced.contains(&name(word)));
    kept.chain(new.split_whitespace())
        .collect::<Vec<_>>()
        .join(" ")
}

/// First sector and number of sectors of partition `number` (1 to 4).
pub fn partition(image: &Path, number: usize) -> Result<(u64, u64)> {
    ensure!((1..=4).contains(&number), "there is no partition {number}");
    let sector = read(image, 0, SECTOR as usize)?;
    let start = PARTITION_TABLE + (number - 1) * PARTITION_ENTRY;
    let field = |offset: usize| {
        let bytes = sector[start + offset..][..4].try_into().unwrap_or_default();
        u64::from(u32::from_le_bytes(bytes))
    };
    match (field(8), field(12)) {
        (_, 0) => bail!("{}: partition {number} is empty", image.display()),
        found => Ok(found),
    }
}

/// Writes a disk with up to four partitions of the type `kind` that hold the
/// file systems `contents`, each on whole cylinders from the second on. The
/// partition table tells no CHS addresses.
pub fn write_disk(target: &Path, kind: u8, contents: &[Vec<u8>]) -> Result<()> {
    ensure!(contents.len() <= 4, "a disk has four partitions");
    let mut table = vec![0; SECTOR as usize];
    table[510..].copy_from_slice(&[0x55, 0xAA]);
    let mut first = CYLINDER;
    let file = File::create(target).with_context(|| format!("{}", target.display()))?;
    for (index, bytes) in contents.iter().enumerate() {
        let count = (bytes.len() as u64).div_ceil(SECTOR);
        let entry = &mut table[PARTITION_TABLE + index * PARTITION_ENTRY..][..PARTITION_ENTRY];
        entry[4] = kind;
        entry[8..12].copy_from_slice(&u32::try_from(first)?.to_le_bytes());
        entry[12..].copy_from_slice(&u32::try_from(count)?.to_le_bytes());
        write(target, first * SECTOR, bytes)?;
        first = (first + count).next_multiple_of(CYLINDER);
    }
    file.set_len(first * SECTOR)?;
    write(target, 0, &table)
}

/// Copies partition `number` of `image` into a file of its own.
pub fn extract_partition(image: &Path, number: usize, target: &Path) -> Result<()> {
    let (first, count) = partition(image, number)?;
    let bytes = read(image, first * SECTOR, (count * SECTOR) as usize)?;
    std::fs::write(target, bytes).with_context(|| format!("{}", target.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_word_replaces_the_old_one_of_its_name() {
        assert_eq!(
            merge_words("root=/dev/hd2 console=tty0", "console=ttyS0"),
            "root=/dev/hd2 console=ttyS0"
        );
        assert_eq!(merge_words("", "a b=c"), "a b=c");
    }

    #[test]
    fn partitions_are_found_where_they_were_written() -> Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        let contents = [vec![1; 2048], vec![2; 512]];
        write_disk(file.path(), 0x81, &contents)?;
        assert_eq!(geometry(file.path())?.cylinders, 3);
        for (index, expected) in contents.iter().enumerate() {
            let (first, count) = partition(file.path(), index + 1)?;
            let found = read(file.path(), first * SECTOR, (count * SECTOR) as usize)?;
            assert_eq!(found, *expected);
        }
        assert!(partition(file.path(), 3).is_err());
        Ok(())
    }

    #[test]
    fn an_image_that_an_emulator_has_is_not_written() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (image, lock) = (folder.path().join("a"), folder.path().join("a.lock"));
        std::fs::write(&image, "old")?;
        std::fs::write(&lock, "")?;
        let message = write(&image, 0, b"new").unwrap_err().to_string();
        assert!(message.contains("Bochs has it open"), "{message}");
        assert_eq!(std::fs::read(&image)?, b"old");
        std::fs::remove_file(lock)?;
        write(&image, 0, b"new")?;
        assert_eq!(std::fs::read(&image)?, b"new");
        Ok(())
    }

    #[test]
    fn an_image_of_broken_size_is_refused() -> Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        for (bytes, cylinders) in [
            (0, None),
            (SECTOR, None),
            (CYLINDER * SECTOR + 1, None),
            (3 * CYLINDER * SECTOR, Some(3)),
        ] {
            file.as_file().set_len(bytes)?;
            let found = geometry(file.path()).ok();
            assert_eq!(found.map(|geometry| geometry.cylinders), cylinders);
        }
        Ok(())
    }
}
