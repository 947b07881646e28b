// SPDX-License-Identifier: GPL-2.0-or-later
//! The bridge to the `fs` crate: the very code that the kernel runs makes and
//! changes the file systems of images.
//!
//! The calling sequence is [`with_file_system`] around calls of [`Mounted`];
//! at its end all that was written has reached the file.

use crate::disk::Region;
use crate::error::{Error, Fault, Result};
use crate::image_path::ImagePath;
use crate::tree::{Kind, Node, Tree};
use fs::host::{Attributes, Editor, FileDisk, Host, ReadInto};
use fs::layout::{BLOCK_SIZE, NAME_LEN};
use fs::mkfs::Options;
use lib::Errno;
use lib::sys::stat::{S_IFBLK, S_IFCHR, Stat};
use lib::sys::types::{Device, Time};
use lib::utime::Utimbuf;
use std::fs::File;
use std::path::Path;

/// The device that the file system is on, as far as `fs` knows.
const DEVICE: Device = Device::new(3, 1);
/// Blocks of 1 KB in the buffer cache.
const BUFFERS: u32 = 4096;

/// A mounted file system.
pub struct Mounted<'fs> {
    editor: Editor<'fs>,
    image: &'fs Path,
}

/// Mounts the file system in `region` of `file`, which is (to become) the
/// image `image`; runs `work` on it, and brings everything to the file.
/// `time` is the time of everything that is changed.
pub fn with_file_system<T>(
    image: &Path,
    file: File,
    region: Region,
    time: Time,
    work: impl FnOnce(&Mounted<'_>) -> Result<T>,
) -> Result<T> {
    let host = attach(file, region, time);
    let fs = host.fs();
    let editor = Editor::mount(&fs, DEVICE).map_err(|errno| {
        // The file system's own messages say more than the error number.
        let messages = host.take_messages().concat();
        let problem = format!("cannot be mounted: {}: {}", errno.text(), messages.trim());
        Fault::new("file system", problem).in_file(image)
    })?;
    let mounted = Mounted { editor, image };
    let result = work(&mounted)?;
    mounted
        .editor
        .unmount()
        .map_err(in_image(image, "/", "write"))?;
    Ok(result)
}

/// Makes an empty file system that fills `region` of `file`, as `options` say
/// but for the number of blocks.
pub fn make(image: &Path, file: File, region: Region, options: &Options, time: Time) -> Result<()> {
    let blocks = u32::try_from(region.length / BLOCK_SIZE as u64).unwrap_or(u32::MAX);
    let options = Options { blocks, ..*options };
    let host = attach(file, region, time);
    let made = host.fs().mkfs(DEVICE, &options);
    made.map_err(in_image(image, "/", "make a file system"))
}

fn attach(file: File, region: Region, time: Time) -> Host {
    let host = Host::new(BUFFERS);
    host.attach(DEVICE, FileDisk::new(file, region.start, region.length));
    host.set_time(time);
    host
}

fn in_image<'a>(
    image: &'a Path,
    path: &'a str,
    action: &'static str,
) -> impl Fn(Errno) -> Error + 'a {
    move |errno| Error::InImage {
        image: image.to_owned(),
        path: path.to_owned(),
        action,
        errno,
    }
}

impl Mounted<'_> {
    /// The image on the host.
    pub fn image(&self) -> &Path {
        self.image
    }

    /// Makes an error number of an attempt on `path` into an [`Error`].
    pub fn error<'a>(
        &'a self,
        path: &'a str,
        action: &'static str,
    ) -> impl Fn(Errno) -> Error + 'a {
        in_image(self.image, path, action)
    }

    /// Creates everything that is in `tree`, second names last: they may sort
    /// before the first.
    pub fn populate(&self, tree: &Tree) -> Result<()> {
        let is_link = |node: &Node| matches!(node.kind, Kind::Link(_));
        let (links, files): (Vec<_>, Vec<_>) = tree.iter().partition(|(_, node)| is_link(node));
        files
            .into_iter()
            .chain(links)
            .try_for_each(|(path, node)| self.create(path, node))
    }

    fn create(&self, path: &ImagePath, node: &Node) -> Result<()> {
        let path = path.to_string();
        let bytes = path.as_bytes();
        let mut attributes = Attributes::new(node.mode);
        attributes.uid = node.uid;
        attributes.gid = node.gid;
        match &node.kind {
            Kind::Directory => self.editor.mkdir(bytes, &attributes),
            Kind::File(contents) => self
                .editor
                .write_file_with_holes(bytes, &attributes, contents),
            Kind::Device { is_block, device } => {
                attributes.mode |= if *is_block { S_IFBLK } else { S_IFCHR };
                self.editor.mknod(bytes, &attributes, *device)
            }
            Kind::Link(target) => self.editor.link(target.to_string().as_bytes(), bytes),
        }
        .map_err(self.error(&path, "create"))
    }

    /// What `stat` tells of a path, of a symbolic link itself.
    pub fn stat(&self, path: &str) -> Result<Stat> {
        self.editor
            .fs()
            .sys_lstat(self.editor.task(), path.as_bytes())
            .map_err(self.error(path, "look at"))
    }

    /// As [`Mounted::stat`], but `None` if there is no such file.
    pub fn find(&self, path: &str) -> Result<Option<Stat>> {
        match self
            .editor
            .fs()
            .sys_lstat(self.editor.task(), path.as_bytes())
        {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::ENOENT) => Ok(None),
            Err(errno) => Err(self.error(path, "look at")(errno)),
        }
    }

    /// The contents of a file.
    pub fn read_file(&self, path: &str) -> Result<Vec<u8>> {
        self.editor
            .read_file(path.as_bytes())
            .map_err(self.error(path, "read"))
    }

    /// The names in a directory in order, `.` and `..` left out.
    pub fn read_dir(&self, path: &str) -> Result<Vec<String>> {
        let entries = self
            .editor
            .read_dir(path.as_bytes())
            .map_err(self.error(path, "list"))?;
        let mut names: Vec<String> = entries
            .into_iter()
            .map(|entry| String::from_utf8_lossy(&entry.name).into_owned())
            .filter(|name| name != "." && name != "..")
            .collect();
        names.sort();
        Ok(names)
    }

    /// Writes a file, over the old one if there is one.
    pub fn write_file(&self, path: &str, mode: u16, contents: &[u8]) -> Result<()> {
        self.editor
            .write_file(path.as_bytes(), &Attributes::new(mode), contents)
            .map_err(self.error(path, "write"))
    }

    /// Makes a directory.
    pub fn mkdir(&self, path: &str, mode: u16) -> Result<()> {
        self.editor
            .mkdir(path.as_bytes(), &Attributes::new(mode))
            .map_err(self.error(path, "make the directory"))
    }

    /// Removes the name of a file.
    pub fn unlink(&self, path: &str) -> Result<()> {
        self.editor
            .fs()
            .sys_unlink(self.editor.task(), path.as_bytes())
            .map_err(self.error(path, "remove"))
    }

    /// Removes an empty directory.
    pub fn rmdir(&self, path: &str) -> Result<()> {
        self.editor
            .fs()
            .sys_rmdir(self.editor.task(), path.as_bytes())
            .map_err(self.error(path, "remove"))
    }

    /// Makes another name for a file.
    pub fn link(&self, old: &str, new: &str) -> Result<()> {
        self.check_name(new)?;
        self.editor
            .link(old.as_bytes(), new.as_bytes())
            .map_err(self.error(new, "make a link"))
    }

    /// Makes a symbolic link.
    pub fn symlink(&self, target: &str, path: &str) -> Result<()> {
        self.check_name(path)?;
        self.editor
            .symlink(target.as_bytes(), path.as_bytes())
            .map_err(self.error(path, "make a symbolic link"))
    }

    /// What a symbolic link says.
    pub fn read_link(&self, path: &str) -> Result<String> {
        let mut buffer = [0; BLOCK_SIZE];
        let mut into = ReadInto(&mut buffer);
        let length = self
            .editor
            .fs()
            .sys_readlink(self.editor.task(), path.as_bytes(), &mut into)
            .map_err(self.error(path, "read the link"))?;
        Ok(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    /// Makes a device node or named pipe; `mode` has the type.
    pub fn mknod(&self, path: &str, mode: u16, device: Device) -> Result<()> {
        self.check_name(path)?;
        self.editor
            .mknod(path.as_bytes(), &Attributes::new(mode), device)
            .map_err(self.error(path, "make the node"))
    }

    /// Sets the permissions.
    pub fn chmod(&self, path: &str, mode: u16) -> Result<()> {
        self.editor
            .fs()
            .sys_chmod(self.editor.task(), path.as_bytes(), mode)
            .map_err(self.error(path, "set the mode"))
    }

    /// Sets owner and group.
    pub fn chown(&self, path: &str, uid: u16, gid: u8) -> Result<()> {
        self.editor
            .fs()
            .sys_chown(self.editor.task(), path.as_bytes(), uid, gid)
            .map_err(self.error(path, "set the owner"))
    }

    /// Sets the time of the last change.
    pub fn set_time(&self, path: &str, time: Time) -> Result<()> {
        let times = Utimbuf {
            actime: time,
            modtime: time,
        };
        self.editor
            .fs()
            .sys_utime(self.editor.task(), path.as_bytes(), Some(times))
            .map_err(self.error(path, "set the time"))
    }

    /// The file system cuts longer names off; so that no two become one, they
    /// are refused here.
    pub fn check_name(&self, path: &str) -> Result<()> {
        let longest = self
            .editor
            .fs()
            .geometry(DEVICE)
            .map_or(NAME_LEN, |geometry| geometry.name_len.into());
        let name = path.rsplit('/').next().unwrap_or_default();
        if name.len() <= longest {
            return Ok(());
        }
        let problem = format!("a name of {} bytes, expected at most {longest}", name.len());
        Err(Fault::new(path, problem).in_file(self.image))
    }
}
