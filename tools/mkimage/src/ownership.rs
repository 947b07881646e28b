// SPDX-License-Identifier: GPL-2.0-or-later
//! Whose each block of a file system is, and what the files are called.
//!
//! A zone that two files claim counts as the first one's, by inode number;
//! damage is [`fsck`](crate::fsck)'s business.

use crate::image_path::Escaped;
use abi::sys::stat::{S_ISDIR, S_ISLNK};
use fs::layout::{InodeNumber, ROOT_INODE, SUPER_BLOCK, Zone};
use fsck::{Entry, UntrustedVolume, has_zones};
use std::collections::VecDeque;

/// Longer paths are of no use to anybody.
const PATH_MAX: usize = 1024;

/// What a block is used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// Block 0, left to boot code.
    Boot,
    /// The super block.
    Super,
    /// The bitmap of inodes.
    InodeMap,
    /// The bitmap of zones.
    ZoneMap,
    /// The inode table.
    InodeTable,
    /// Contents of a file or symbolic link.
    File(InodeNumber),
    /// Contents of a directory.
    Directory(InodeNumber),
    /// A list of zones of a file.
    List(InodeNumber),
    /// Marked as used, but in no file.
    Lost,
    /// Free.
    Free,
}

/// What each block of the file system is used for, in order.
pub fn uses(volume: &UntrustedVolume<'_>) -> Vec<Use> {
    let geometry = &volume.geometry;
    let mut uses: Vec<Use> = (0..u32::from(geometry.nzones))
        .map(|block| match block {
            0 => Use::Boot,
            SUPER_BLOCK => Use::Super,
            _ if block < geometry.zone_map() => Use::InodeMap,
            _ if block < geometry.inode_table() => Use::ZoneMap,
            _ if block < geometry.firstdatazone.into() => Use::InodeTable,
            _ if volume.is_zone_marked(Zone(block as u16)) => Use::Lost,
            _ => Use::Free,
        })
        .collect();
    let mut is_owned = vec![false; uses.len()];
    for number in volume.inode_numbers() {
        let inode = volume.inode(number);
        if !volume.is_inode_marked(number) || !has_zones(inode.mode) {
            continue;
        }
        volume.walk_zones(&inode, &mut |found| {
            let index = usize::from(found.zone.0);
            if !geometry.has_zone(found.zone) || std::mem::replace(&mut is_owned[index], true) {
                return false;
            }
            uses[index] = match found.level {
                0 if S_ISDIR(inode.mode) => Use::Directory(number),
                0 => Use::File(number),
                _ => Use::List(number),
            };
            true
        });
    }
    uses
}

/// A path for each inode, by its number; empty if it is in no directory. Only
/// directory blocks that are the directory's own by `uses` are read.
pub fn names(volume: &UntrustedVolume<'_>, uses: &[Use]) -> Vec<String> {
    let mut names = vec![String::new(); usize::from(volume.geometry.ninodes) + 1];
    let mut blocks: Vec<Vec<u32>> = vec![Vec::new(); names.len()];
    for (block, used) in (0..).zip(uses) {
        if let Use::Directory(number) = used {
            blocks[usize::from(number.0)].push(block);
        }
    }
    names[usize::from(ROOT_INODE.0)] = "/".into();
    let mut queue = VecDeque::from([ROOT_INODE]);
    while let Some(directory) = queue.pop_front() {
        let above = names[usize::from(directory.0)]
            .trim_end_matches('/')
            .to_owned();
        if above.len() > PATH_MAX {
            continue;
        }
        for block in std::mem::take(&mut blocks[usize::from(directory.0)]) {
            let Some(block) = volume.block(block) else {
                continue;
            };
            for bytes in block.chunks_exact(volume.geometry.entry_size()) {
                let entry = Entry::parse(bytes);
                let is_new = volume.geometry.has_inode(entry.number)
                    && names[usize::from(entry.number.0)].is_empty()
                    && entry.name != b"."
                    && entry.name != b"..";
                if is_new {
                    let name = Escaped(&entry.name);
                    names[usize::from(entry.number.0)] = format!("{above}/{name}");
                    queue.push_back(entry.number);
                }
            }
        }
    }
    names
}

/// A word for what an inode is.
pub fn kind_word(mode: u16) -> &'static str {
    use abi::sys::stat::{S_ISBLK, S_ISCHR, S_ISFIFO, S_ISREG};
    match mode {
        mode if S_ISDIR(mode) => "directory",
        mode if S_ISREG(mode) => "file",
        mode if S_ISLNK(mode) => "symbolic link",
        mode if S_ISCHR(mode) => "character device",
        mode if S_ISBLK(mode) => "block device",
        mode if S_ISFIFO(mode) => "named pipe",
        0 => "free",
        _ => "of no known type",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::complaints::Complaints;
    use crate::root_fs::{make, with_file_system};
    use crate::sample::sample;
    use fs::host::MemoryDisk;
    use fs::layout::BLOCK_SIZE;
    use fs::mkfs::Options;
    use std::path::Path;

    /// The root in zone 5, `/d` in zone 6, `/d/f` in zone 7.
    fn small_file_system() -> Vec<u8> {
        let disk = MemoryDisk::new(64);
        let path = Path::new("image");
        let options = Options {
            inodes: Some(32),
            ..Options::new(64)
        };
        make(path, disk.clone(), &options, 0).unwrap();
        with_file_system(path, disk.clone(), 0, &Complaints::default(), |mounted| {
            mounted.mkdir(&"/d".parse().unwrap(), 0o755)?;
            mounted.write_file(&"/d/f".parse().unwrap(), 0o644, b"abc")
        })
        .unwrap();
        disk.to_bytes()
    }

    #[test]
    fn kinds_in_words() {
        for (mode, word) in [
            (0o040_755, "directory"),
            (0o100_644, "file"),
            (0o120_777, "symbolic link"),
            (0o020_600, "character device"),
            (0o060_600, "block device"),
            (0o010_600, "named pipe"),
            (0, "free"),
            (0o140_777, "of no known type"),
            (0o000_644, "of no known type"),
        ] {
            assert_eq!(kind_word(mode), word, "{mode:o}");
        }
    }

    /// Zones that two files claim, that do not exist, or that nobody has.
    #[test]
    fn of_a_damaged_file_system() {
        let mut image = sample();
        let inode = |number: usize| 4 * BLOCK_SIZE + (number - 1) * 32;
        image[2 * BLOCK_SIZE] = 0b1_1111;
        image[inode(4)..][..2].copy_from_slice(&0o100_644u16.to_le_bytes());
        for (slot, zone) in [7, 60_000, 9].into_iter().enumerate() {
            image[inode(4) + 14 + 2 * slot..][..2].copy_from_slice(&u16::to_le_bytes(zone));
        }
        // Inode 5 has a mode, but is marked as free.
        image[inode(5)..][..2].copy_from_slice(&0o100_644u16.to_le_bytes());
        image[inode(5) + 14] = 10;
        image[inode(1) + 14] = 0;
        let volume = UntrustedVolume::open(&image).unwrap();
        let expected = [
            Use::Lost,
            Use::Directory(InodeNumber(2)),
            Use::File(InodeNumber(3)),
            Use::Free,
            Use::File(InodeNumber(4)),
            Use::Free,
        ];
        assert_eq!(uses(&volume)[5..11], expected);
    }

    #[test]
    fn of_the_small_file_system() {
        let mut image = small_file_system();
        // Zone 8 is marked, but nobody's.
        image[3 * BLOCK_SIZE] = 0b1_1111;
        let volume = UntrustedVolume::open(&image).unwrap();
        let uses = uses(&volume);
        let (directory, file) = (Use::Directory, Use::File);
        assert_eq!(
            uses[..10],
            [
                Use::Boot,
                Use::Super,
                Use::InodeMap,
                Use::ZoneMap,
                Use::InodeTable,
                directory(InodeNumber(1)),
                directory(InodeNumber(2)),
                file(InodeNumber(3)),
                Use::Lost,
                Use::Free
            ]
        );
        assert!(uses[9..].iter().all(|&used| used == Use::Free));
        let names = names(&volume, &uses);
        assert_eq!(names[..5], ["", "/", "/d", "/d/f", ""]);
    }
}
