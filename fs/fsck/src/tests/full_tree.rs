// SPDX-License-Identifier: GPL-2.0-or-later
//! A file system with files of all depths, and what is in it, by path: for
//! tests that compare what a repair leaves with what was sound before.

use crate::UntrustedVolume;
use abi::Errno;
use abi::fcntl::{O_CREAT, O_WRONLY};
use abi::sys::stat::{S_ISDIR, S_ISLNK, S_ISREG};
use abi::sys::types::Device;
use fs::host::{Host, MemoryDisk, WriteFrom};
use fs::layout::{BLOCK_SIZE, DiskInode, InodeNumber, ROOT_INODE};
use fs::mkfs::Options;
use fs::{Fs, FsTask};
use std::collections::BTreeMap;

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
    make_with(options, |tree| {
        for name in ["/a", "/a/b", "/a/b/c", "/d"] {
            tree.mkdir(name);
        }
        let write = |name: &str, length| tree.write(name, &text(name, length));
        for n in 0..files {
            write(&format!("/a/{n}"), 100 + n).unwrap();
            write(&format!("/a/b/{n}"), 5000).unwrap();
            write(&format!("/a/b/c/{n}"), 20_000).unwrap();
            write(&format!("/d/{n}"), 0).unwrap();
        }
        write("/5", 540_000).unwrap();
        tree.link("/d/0", "/a/b/c/link");
        tree.symlink("a/b", "/symlink");
        if is_full {
            let length = options.blocks as usize * BLOCK_SIZE;
            assert_eq!(write("/fill", length), Err(Errno::ENOSPC));
        }
    })
}

const ROOT: Device = Device::new(3, 2);

/// A mounted file system, made by its own code.
pub(crate) struct Tree<'a> {
    fs: &'a Fs<'a>,
    task: FsTask<'a>,
}

impl<'a> Tree<'a> {
    pub(crate) fn mkdir(&self, name: &str) {
        let made = self.fs.sys_mkdir(&self.task, name.as_bytes(), 0o755);
        made.unwrap();
    }

    /// Makes a file; one for which there is no room stays as far as there is.
    pub(crate) fn write(&self, name: &str, contents: &[u8]) -> abi::Result<()> {
        let flags = O_CREAT | O_WRONLY;
        let fd = (self.fs).sys_open(&self.task, name.as_bytes(), flags, 0o755)? as u32;
        let mut left = WriteFrom(contents);
        let mut written = 0;
        let done = loop {
            match self.fs.sys_write(&self.task, fd, &mut left) {
                Ok(0) if written < contents.len() => break Err(Errno::ENOSPC),
                Ok(count) => written += count,
                Err(error) => break Err(error),
            }
            left = WriteFrom(&contents[written..]);
            if written == contents.len() {
                break Ok(());
            }
        };
        self.fs.sys_close(&self.task, fd).unwrap();
        done
    }

    pub(crate) fn link(&self, old: &str, new: &str) {
        let made = (self.fs).sys_link(&self.task, old.as_bytes(), new.as_bytes());
        made.unwrap();
    }

    fn symlink(&self, target: &str, name: &str) {
        let made = (self.fs).sys_symlink(&self.task, target.as_bytes(), name.as_bytes());
        made.unwrap();
    }
}

/// A file system made with `options`, and what `work` does to it.
pub(crate) fn make_with(options: &Options, work: impl FnOnce(&Tree<'_>)) -> Vec<u8> {
    let disk = MemoryDisk::new(options.blocks);
    on_disk(&disk, Some(options), |tree| {
        tree.task.umask.set(0);
        work(tree);
    });
    disk.to_bytes()
}

fn on_disk<R>(disk: &MemoryDisk, made: Option<&Options>, work: impl FnOnce(&Tree<'_>) -> R) -> R {
    let host = Host::new(256);
    host.attach(ROOT, disk.clone());
    let fs = host.fs();
    if let Some(options) = made {
        fs.mkfs(ROOT, options).unwrap();
    }
    let task = FsTask::new();
    fs.mount_root(ROOT, &task).unwrap();
    let tree = Tree { fs: &fs, task };
    let result = work(&tree);
    tree.task.clear();
    fs.umount_root(ROOT).unwrap();
    result
}

/// Which inode the path leads to.
pub(crate) fn find(image: &[u8], name: &str) -> InodeNumber {
    let disk = MemoryDisk::from_bytes(image.to_vec());
    let stat = on_disk(&disk, None, |tree| {
        tree.fs.sys_stat(&tree.task, name.as_bytes())
    });
    InodeNumber(stat.unwrap().st_ino)
}

/// Every path of an image, and what it leads to.
pub(crate) fn contents(image: &[u8]) -> Contents {
    let volume = UntrustedVolume::open(&image).unwrap();
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
