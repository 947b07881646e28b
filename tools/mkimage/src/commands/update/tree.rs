// SPDX-License-Identifier: GPL-2.0-or-later
//! What an image has, to be compared with another. Only what two files are compared by
//! is in memory, and that as long as it takes.

use crate::commands::walk::walk;
use ::fs::host::FileDisk;
use ::fs::layout::BLOCK_SIZE;
use abi::sys::stat::{S_ISDIR, S_ISLNK, S_ISREG, Stat};
use abi::sys::types::Device;
use mkimage::complaints::Complaints;
use mkimage::error::Result;
use mkimage::image::Image;
use mkimage::image_path::ImagePath;
use mkimage::root_fs::{Mounted, with_file_system};
use std::collections::BTreeMap;
use std::path::Path;

/// What one of the three has in one place, but for the bytes of files.
#[derive(PartialEq, Eq)]
pub struct Node {
    pub mode: u16,
    pub owner: (u16, u8),
    pub contents: Contents,
}

#[derive(PartialEq, Eq)]
pub enum Contents {
    Directory,
    /// A file of this size.
    File(i32),
    SymbolicLink(Vec<u8>),
    /// A device, or a pipe.
    Special(Device),
}

impl Node {
    fn read(mounted: &Mounted<'_>, path: &ImagePath, stat: &Stat) -> Result<Node> {
        let mode = stat.st_mode;
        let mut node = Node {
            mode,
            owner: (stat.st_uid, stat.st_gid),
            contents: Contents::Directory,
        };
        if S_ISLNK(mode) {
            // Mode and owner of a link say nothing.
            (node.mode, node.owner) = (0, (0, 0));
            node.contents = Contents::SymbolicLink(mounted.read_link(path)?);
        } else if S_ISREG(mode) {
            node.contents = Contents::File(stat.st_size);
        } else if !S_ISDIR(mode) {
            node.contents = Contents::Special(Device(stat.st_rdev));
        }
        Ok(node)
    }

    pub fn is_directory(&self) -> bool {
        self.contents == Contents::Directory
    }
}

/// The blocks of a file that are not all zeros, by their offsets: whether the others
/// are holes makes no difference.
fn blocks_of(mounted: &Mounted<'_>, path: &ImagePath) -> Result<BTreeMap<u64, Vec<u8>>> {
    let mut blocks = BTreeMap::new();
    mounted.read_pieces(path, &mut |offset, bytes| {
        let offsets = (offset..).step_by(BLOCK_SIZE);
        let read = offsets.zip(bytes.chunks(BLOCK_SIZE).map(<[u8]>::to_vec));
        blocks.extend(read.filter(|(_, block)| block.iter().any(|byte| *byte != 0)));
        Ok(())
    })?;
    Ok(blocks)
}

/// All of a file system but its root directory.
pub struct Tree<'a, 'fs> {
    pub mounted: &'a Mounted<'fs>,
    pub stats: BTreeMap<ImagePath, Stat>,
}

impl<'a, 'fs> Tree<'a, 'fs> {
    pub fn find(&self, path: &ImagePath) -> Result<Place<'a, 'fs>> {
        Place::of(self.mounted, path, self.stats.get(path))
    }
}

/// Runs `work` on what the image `path` has.
pub fn with_tree<T>(
    path: &Path,
    complaints: &Complaints,
    work: impl FnOnce(&Tree<'_, '_>) -> Result<T>,
) -> Result<T> {
    let image = Image::open(path)?;
    let region = image.file_system(None)?;
    let disk = FileDisk::new(image.file, region.start, region.length);
    with_file_system(path, disk, 0, complaints, |mounted| {
        let entries = walk(mounted, &ImagePath::ROOT)?.into_iter();
        let stats = entries.map(|entry| (entry.path, entry.stat)).collect();
        work(&Tree { mounted, stats })
    })
}

/// A place of one of the three, and what it has there, if anything.
pub struct Place<'a, 'fs> {
    pub mounted: &'a Mounted<'fs>,
    pub node: Option<Node>,
}

impl<'a, 'fs> Place<'a, 'fs> {
    fn of(mounted: &'a Mounted<'fs>, path: &ImagePath, stat: Option<&Stat>) -> Result<Self> {
        let node = stat.map(|stat| Node::read(mounted, path, stat));
        let node = node.transpose()?;
        Ok(Place { mounted, node })
    }

    /// Whether `other` has the same at the same `path`. Files are read for that, two at
    /// a time.
    pub fn is_like(&self, other: &Place<'_, '_>, path: &ImagePath) -> Result<bool> {
        let is_file = |node: &Node| matches!(node.contents, Contents::File(_));
        Ok(self.node == other.node
            && (!self.node.as_ref().is_some_and(is_file)
                || blocks_of(self.mounted, path)? == blocks_of(other.mounted, path)?))
    }
}

/// What the disk has at `path`; what is behind a symbolic link is elsewhere.
pub fn find<'a, 'fs>(mounted: &'a Mounted<'fs>, path: &ImagePath) -> Result<Place<'a, 'fs>> {
    let stat = match has_parent(mounted, path)? {
        true => mounted.find(path)?,
        false => None,
    };
    Place::of(mounted, path, stat.as_ref())
}

/// Whether all that is above `path` are directories.
pub fn has_parent(disk: &Mounted<'_>, path: &ImagePath) -> Result<bool> {
    match path.parent() {
        Some(parent) => Ok(has_parent(disk, &parent)? && disk.is_directory(&parent)?),
        None => Ok(true),
    }
}
