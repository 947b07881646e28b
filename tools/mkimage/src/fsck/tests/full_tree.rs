// SPDX-License-Identifier: GPL-2.0-or-later
//! A file system with files of all depths, and what is in it, by path: for
//! tests that compare what a repair leaves with what was sound before.

use crate::volume::Volume;
use fs::host::{Attributes, Editor, Host, MemoryDisk};
use fs::layout::{BLOCK_SIZE, DiskInode, ROOT_INODE};
use fs::mkfs::Options;
use lib::sys::stat::{S_ISDIR, S_ISLNK, S_ISREG};
use lib::sys::types::Device;
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
    let device = Device::new(3, 1);
    let host = Host::new(256);
    let disk = MemoryDisk::new(options.blocks);
    host.attach(device, disk.clone());
    let fs = host.fs();
    fs.mkfs(device, options).unwrap();
    let editor = Editor::mount(&fs, device).unwrap();
    let attributes = Attributes::new(0o755);
    let write = |name: &str, length| {
        let contents = text(name, length);
        (editor.write_file(name.as_bytes(), &attributes, &contents)).unwrap();
    };
    for name in ["/a", "/a/b", "/a/b/c", "/d"] {
        editor.mkdir(name.as_bytes(), &attributes).unwrap();
    }
    for n in 0..files {
        write(&format!("/a/{n}"), 100 + n);
        write(&format!("/a/b/{n}"), 5000);
        write(&format!("/a/b/c/{n}"), 20_000);
        write(&format!("/d/{n}"), 0);
    }
    write("/5", 540_000);
    editor.link(b"/d/0", b"/a/b/c/link").unwrap();
    editor.symlink(b"a/b", b"/symlink").unwrap();
    if is_full {
        let much = text("/fill", options.blocks as usize * BLOCK_SIZE);
        let error = editor.write_file(b"/fill", &attributes, &much).unwrap_err();
        assert_eq!(error, lib::Errno::ENOSPC);
    }
    editor.unmount().unwrap();
    disk.to_bytes()
}

/// Every path of an image, and what it leads to.
pub(crate) fn contents(image: &[u8]) -> Contents {
    let volume = Volume::open(image).unwrap();
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

fn bytes_of(volume: &Volume<'_>, inode: &DiskInode) -> Vec<u8> {
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
