// SPDX-License-Identifier: GPL-2.0-or-later
//! A file system with files of all depths, and what is in it, by path: for
//! tests that compare what a repair leaves with what was sound before.

use crate::complaints::Complaints;
use crate::image_path::ImagePath;
use crate::root_fs::{Mounted, make as make_file_system, with_file_system};
use crate::volume::UntrustedVolume;
use fs::host::MemoryDisk;
use fs::layout::{BLOCK_SIZE, DiskInode, InodeNumber, ROOT_INODE};
use fs::mkfs::Options;
use lib::sys::stat::{S_ISDIR, S_ISLNK, S_ISREG};
use std::collections::BTreeMap;
use std::path::Path;

/// What a path leads to: the mode, and the contents of a file.
pub(crate) type Contents = BTreeMap<String, (u16, Vec<u8>)>;

/// Bytes that differ from file to file and from block to block, and that no
/// list of zones could be.
fn text(name: &str, length: usize) -> Vec<u8> {
    let lines = (0..).flat_map(|line| format!("{name}: line {line}\n").into_bytes());
    lines.take(length).collect()
}

/// A file system made with `options`, and on it a tree with `files` files of each
/// kind.
pub(crate) fn full_tree(options: &Options, files: usize) -> Vec<u8> {
    make(options, files, false)
}

/// The same without a free zone.
pub(crate) fn full_disk(options: &Options, files: usize) -> Vec<u8> {
    make(options, files, true)
}

fn make(options: &Options, files: usize, is_full: bool) -> Vec<u8> {
    make_with(options, |mounted| {
        let write = |name: &str, length| {
            let contents = text(name, length);
            mounted.write_file(&path(name), 0o755, &contents)
        };
        for name in ["/a", "/a/b", "/a/b/c", "/d"] {
            mounted.mkdir(&path(name), 0o755).unwrap();
        }
        for n in 0..files {
            write(&format!("/a/{n}"), 100 + n).unwrap();
            write(&format!("/a/b/{n}"), 5000).unwrap();
            write(&format!("/a/b/c/{n}"), 20_000).unwrap();
            write(&format!("/d/{n}"), 0).unwrap();
        }
        write("/5", 540_000).unwrap();
        mounted.link(&path("/d/0"), &path("/a/b/c/link")).unwrap();
        mounted.symlink(b"a/b", &path("/symlink")).unwrap();
        if is_full {
            let error = write("/fill", options.blocks as usize * BLOCK_SIZE);
            let error = error.unwrap_err().to_string();
            assert!(error.contains("No space left"), "{error}");
        }
    })
}

/// A file system made with `options`, and what `work` does to it.
pub(crate) fn make_with(options: &Options, work: impl FnOnce(&Mounted<'_>)) -> Vec<u8> {
    let disk = MemoryDisk::new(options.blocks);
    let image = Path::new("image");
    make_file_system(image, disk.clone(), options, 0).unwrap();
    let done = with_file_system(image, disk.clone(), 0, &Complaints::default(), |mounted| {
        work(mounted);
        Ok(())
    });
    done.unwrap();
    disk.to_bytes()
}

/// The path that `name` is.
pub(crate) fn path(name: &str) -> ImagePath {
    name.parse().unwrap()
}

/// Which inode the path leads to.
pub(crate) fn find(image: &[u8], name: &str) -> InodeNumber {
    let disk = MemoryDisk::from_bytes(image.to_vec());
    let (image, complaints) = (Path::new("image"), Complaints::default());
    let stat = with_file_system(image, disk, 0, &complaints, |mounted| {
        mounted.stat(&path(name))
    });
    InodeNumber(stat.unwrap().st_ino)
}

/// Every path of an image, and what it leads to.
pub(crate) fn contents(image: &[u8]) -> Contents {
    let volume = UntrustedVolume::open(image).unwrap();
    let mut contents = Contents::new();
    let mut stack = vec![(ROOT_INODE, String::new())];
    while let Some((number, path)) = stack.pop() {
        for entry in volume.entries(&volume.inode(number)) {
            if entry.number.0 == 0 || entry.name == b"." || entry.name == b".." {
                continue;
            }
            let path = format!("{path}/{}", String::from_utf8(entry.name).unwrap());
            let inode = volume.inode(entry.number);
            if S_ISDIR(inode.mode) {
                stack.push((entry.number, path.clone()));
            }
            contents.insert(path, (inode.mode, bytes_of(&volume, &inode)));
        }
    }
    contents
}

fn bytes_of(volume: &UntrustedVolume<'_>, inode: &DiskInode) -> Vec<u8> {
    if !S_ISREG(inode.mode) && !S_ISLNK(inode.mode) {
        return Vec::new();
    }
    let mut bytes = Vec::new();
    for zone in volume.file_blocks(inode) {
        let block = zone.and_then(|zone| volume.block(zone.block()));
        bytes.extend(block.unwrap_or(&[0; BLOCK_SIZE]));
    }
    bytes.resize(inode.size as usize, 0);
    bytes
}
