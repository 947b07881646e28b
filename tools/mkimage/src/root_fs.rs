// SPDX-License-Identifier: GPL-2.0-or-later
//! The bridge to the `fs` crate: the very code that the kernel runs makes and
//! changes the file systems of images.
//!
//! The calling sequence is [`with_file_system`] around calls of [`Mounted`];
//! at its end all that was written has reached the file.

use crate::complaints::complain;
use crate::error::{Error, Fault, Result};
use crate::foreign;
use crate::image_path::ImagePath;
use crate::tree::{Kind, Node, Tree};
use fs::host::{Attributes, Editor, EditorFile, Host, ReadInto, Storage};
use fs::layout::{BLOCK_SIZE, MAX_FILE_SIZE, NAME_LEN};
use fs::mkfs::Options;
use lib::Errno;
use lib::sys::stat::{S_IFBLK, S_IFCHR, S_ISDIR, S_ISLNK, S_ISREG, Stat};
use lib::sys::types::{Device, Time};
use lib::utime::Utimbuf;
use std::path::Path;

/// The device that the file system is on, as far as `fs` knows.
const DEVICE: Device = Device::new(3, 1);
/// Blocks of 1 KB in the buffer cache.
const BUFFERS: u32 = 4096;

/// Bytes of a piece of a file.
const PIECE: usize = 64 * BLOCK_SIZE;
/// After so many bad pieces the rest of a file is given up.
const PATIENCE: u32 = 1000;

/// A mounted file system.
///
/// No path reaches it with a name that it would cut off.
pub struct Mounted<'fs> {
    editor: Editor<'fs>,
    host: &'fs Host,
    image: &'fs Path,
}

/// A file that is being written.
pub struct Writer<'a, 'fs> {
    mounted: &'a Mounted<'fs>,
    path: &'a ImagePath,
    file: EditorFile<'a, 'fs>,
    end: u64,
}

/// Mounts the file system on `disk`, which is (to become) a part of the image
/// `image`; runs `work` on it, and brings everything to the file.
/// `time` is the time of everything that is changed.
pub fn with_file_system<T>(
    image: &Path,
    mut disk: impl Storage + 'static,
    time: Time,
    work: impl FnOnce(&Mounted<'_>) -> Result<T>,
) -> Result<T> {
    let start = start_of(&mut disk);
    let host = attach(disk, time);
    let fs = host.fs();
    let editor = Editor::mount(&fs, DEVICE).map_err(|errno| {
        match foreign::name(&start) {
            Some(_) => foreign::fault(&start, "file system", "Minix version 1"),
            None => {
                let said = messages(&host);
                let problem = format!("cannot be mounted: {}: {said}", errno.text());
                Fault::new("file system", problem)
            }
        }
        .in_file(image)
    })?;
    // How much is free interests nobody here.
    host.take_messages();
    let mounted = Mounted {
        editor,
        host: &host,
        image,
    };
    let result = work(&mounted)?;
    let Mounted { editor, .. } = mounted;
    editor
        .unmount()
        .map_err(|errno| in_image(&host, image, &ImagePath::ROOT, "write", errno))?;
    Ok(result)
}

/// Makes an empty file system that fills `disk`, as `options` say but for the
/// number of blocks.
pub fn make(
    image: &Path,
    disk: impl Storage + 'static,
    options: &Options,
    time: Time,
) -> Result<()> {
    let options = Options {
        blocks: disk.blocks(),
        ..*options
    };
    let host = attach(disk, time);
    let made = host.fs().mkfs(DEVICE, &options);
    let action = "make a file system";
    made.map_err(|errno| in_image(&host, image, &ImagePath::ROOT, action, errno))
}

/// The first blocks, which tell the kind of a file system.
fn start_of(disk: &mut impl Storage) -> Vec<u8> {
    let mut start = Vec::new();
    let mut block = [0; BLOCK_SIZE];
    for number in 0..disk.blocks().min(2) {
        if disk.read(number, &mut block).is_ok() {
            start.extend_from_slice(&block);
        }
    }
    start
}

fn attach(disk: impl Storage + 'static, time: Time) -> Host {
    let host = Host::new(BUFFERS);
    host.attach(DEVICE, disk);
    host.set_time(time);
    host
}

/// The file system's own messages, which say more than an error number: the first
/// few that differ.
fn messages(host: &Host) -> String {
    let mut messages = host.take_messages();
    messages.dedup();
    // There is but one device, of which nobody has heard.
    let start = format!("file system error on {DEVICE}: ");
    let device = format!("{DEVICE}");
    let shown = |message: &String| {
        let message = message.trim();
        message.strip_prefix(&start).unwrap_or(message).to_owned()
    };
    let messages = messages
        .iter()
        .filter(|message| !message.starts_with(&device));
    messages.take(3).map(shown).collect::<Vec<_>>().join("; ")
}

fn in_image(
    host: &Host,
    image: &Path,
    path: &ImagePath,
    action: &'static str,
    errno: Errno,
) -> Error {
    Error::InImage {
        image: image.to_owned(),
        path: path.to_string(),
        action,
        errno,
        messages: messages(host),
    }
}

impl<'fs> Mounted<'fs> {
    /// The image on the host.
    pub fn image(&self) -> &Path {
        self.image
    }

    /// Makes an error number of an attempt on `path` into an [`Error`].
    pub fn error<'a>(
        &'a self,
        path: &'a ImagePath,
        action: &'static str,
    ) -> impl Fn(Errno) -> Error + 'a {
        move |errno| in_image(self.host, self.image, path, action, errno)
    }

    /// Says what is wrong with what is at `path`.
    pub fn fault(&self, path: &ImagePath, problem: impl Into<String>) -> Error {
        Fault::new(path.to_string(), problem).in_file(self.image)
    }

    /// Bytes of the longest name.
    pub fn longest_name(&self) -> usize {
        let geometry = self.editor.fs().geometry(DEVICE);
        geometry.map_or(NAME_LEN, |geometry| geometry.name_len.into())
    }

    /// A path as the file system takes it. Names that it would cut off are
    /// refused, so that no two become one.
    fn checked(&self, path: &ImagePath) -> Result<Vec<u8>> {
        path.check_lengths(self.longest_name())
            .map_err(|problem| self.fault(path, problem))?;
        Ok(path.to_bytes())
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
        let bytes = &self.checked(path)?;
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
            Kind::Link(target) => self.editor.link(&self.checked(target)?, bytes),
        }
        .map_err(self.error(path, "create"))
    }

    /// What `stat` tells of a path, of a symbolic link itself.
    pub fn stat(&self, path: &ImagePath) -> Result<Stat> {
        self.editor
            .fs()
            .sys_lstat(self.editor.task(), &self.checked(path)?)
            .map_err(self.error(path, "look at"))
    }

    /// As [`Mounted::stat`], but of what a symbolic link leads to.
    pub fn stat_followed(&self, path: &ImagePath) -> Result<Stat> {
        self.editor
            .fs()
            .sys_stat(self.editor.task(), &self.checked(path)?)
            .map_err(self.error(path, "look at"))
    }

    /// As [`Mounted::stat`], but `None` if there is no such file.
    pub fn find(&self, path: &ImagePath) -> Result<Option<Stat>> {
        match self
            .editor
            .fs()
            .sys_lstat(self.editor.task(), &self.checked(path)?)
        {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::ENOENT) => Ok(None),
            Err(errno) => Err(self.error(path, "look at")(errno)),
        }
    }

    /// Whether there is a directory.
    pub fn is_directory(&self, path: &ImagePath) -> Result<bool> {
        let found = self.find(path)?;
        Ok(found.is_some_and(|stat| S_ISDIR(stat.st_mode)))
    }

    /// Where a file called `name` goes that is meant for `path`: into it, if it is
    /// a directory.
    pub fn destination(&self, path: &ImagePath, name: Option<&[u8]>) -> Result<ImagePath> {
        match name {
            Some(name) if self.is_directory(path)? => {
                path.join(name).map_err(|problem| self.fault(path, problem))
            }
            _ => Ok(path.clone()),
        }
    }

    /// Shows the contents of a file piece by piece, each with its offset; holes are
    /// left out, and so is what can't be read, about which there is a complaint.
    /// Returns the file's size.
    pub fn read_pieces(
        &self,
        path: &ImagePath,
        take: &mut dyn FnMut(u64, &[u8]) -> Result<()>,
    ) -> Result<u64> {
        let file = self
            .editor
            .open(&self.checked(path)?)
            .map_err(self.error(path, "read"))?;
        let mut piece = vec![0; PIECE];
        let mut position = 0;
        let mut bad = None;
        let mut bad_count = 0;
        while let Some(data) = file.next_data(position) {
            match file.read_at(data, &mut piece) {
                Ok(0) => break,
                Ok(count) => {
                    take(data.into(), &piece[..count])?;
                    position = data + count as u32;
                }
                Err(_) if bad_count == PATIENCE => break,
                Err(errno) => {
                    bad.get_or_insert((data, self.error(path, "read")(errno)));
                    bad_count += 1;
                    position = (data / BLOCK_SIZE as u32 + 1) * BLOCK_SIZE as u32;
                }
            }
        }
        if let Some((first, error)) = bad {
            complain(&error);
            self.host.take_messages();
            let problem = match bad_count {
                PATIENCE.. => format!("what is behind byte {first} can't be read"),
                count => format!("{count} of its blocks can't be read, the first at byte {first}"),
            };
            complain(&self.fault(path, format!("{problem}; zeros stand for it")));
        }
        Ok(file.size().into())
    }

    /// The names in a directory in order, `.` and `..` left out. There is a
    /// complaint about what can't be read of it.
    pub fn read_dir(&self, path: &ImagePath) -> Result<Vec<Vec<u8>>> {
        let bytes = self.checked(path)?;
        let (entries, bad) = self
            .editor
            .read_dir_partly(&bytes)
            .map_err(self.error(path, "list"))?;
        if let Some(errno) = bad {
            complain(&self.error(path, "list all of it")(errno));
        }
        let names = entries.into_iter().map(|entry| entry.name);
        let mut names: Vec<Vec<u8>> = names.filter(|name| name != b"." && name != b"..").collect();
        names.sort();
        Ok(names)
    }

    /// Begins to write a file, over the old one if there is one. Its mode is set
    /// at the end, by [`Writer::finish`].
    pub fn create_file<'a>(&'a self, path: &'a ImagePath) -> Result<Writer<'a, 'fs>> {
        let file = self
            .editor
            .create(&self.checked(path)?)
            .map_err(self.error(path, "write"))?;
        Ok(Writer {
            mounted: self,
            path,
            file,
            end: 0,
        })
    }

    /// Makes a directory.
    pub fn mkdir(&self, path: &ImagePath, mode: u16) -> Result<()> {
        self.editor
            .mkdir(&self.checked(path)?, &Attributes::new(mode))
            .map_err(self.error(path, "make the directory"))
    }

    /// Removes the name of a file.
    pub fn unlink(&self, path: &ImagePath) -> Result<()> {
        self.editor
            .fs()
            .sys_unlink(self.editor.task(), &self.checked(path)?)
            .map_err(self.error(path, "remove"))
    }

    /// Removes an empty directory.
    pub fn rmdir(&self, path: &ImagePath) -> Result<()> {
        self.editor
            .fs()
            .sys_rmdir(self.editor.task(), &self.checked(path)?)
            .map_err(self.error(path, "remove"))
    }

    /// Gives a file another name, in place of what has it now.
    pub fn rename(&self, old: &ImagePath, new: &ImagePath) -> Result<()> {
        self.editor
            .fs()
            .sys_rename(self.editor.task(), &self.checked(old)?, &self.checked(new)?)
            .map_err(self.error(old, "rename"))
    }

    /// Blocks that a file takes, lists of zones too; none for a device or pipe.
    pub fn blocks(&self, path: &ImagePath, stat: &Stat) -> Result<u32> {
        if S_ISLNK(stat.st_mode) {
            return Ok(1);
        }
        if !S_ISDIR(stat.st_mode) && !S_ISREG(stat.st_mode) {
            return Ok(0);
        }
        let file = self.editor.open(&self.checked(path)?);
        Ok(file.map_err(self.error(path, "open"))?.blocks())
    }

    /// Makes another name for a file.
    pub fn link(&self, old: &ImagePath, new: &ImagePath) -> Result<()> {
        self.editor
            .link(&self.checked(old)?, &self.checked(new)?)
            .map_err(self.error(new, "make a link"))
    }

    /// Makes a symbolic link.
    pub fn symlink(&self, target: &[u8], path: &ImagePath) -> Result<()> {
        self.editor
            .symlink(target, &self.checked(path)?)
            .map_err(self.error(path, "make a symbolic link"))
    }

    /// What a symbolic link says.
    pub fn read_link(&self, path: &ImagePath) -> Result<Vec<u8>> {
        let mut buffer = [0; BLOCK_SIZE];
        let mut into = ReadInto(&mut buffer);
        let length = self
            .editor
            .fs()
            .sys_readlink(self.editor.task(), &self.checked(path)?, &mut into)
            .map_err(self.error(path, "read the link"))?;
        Ok(buffer[..length].to_vec())
    }

    /// Makes a device node or named pipe; `mode` has the type.
    pub fn mknod(&self, path: &ImagePath, mode: u16, device: Device) -> Result<()> {
        self.editor
            .mknod(&self.checked(path)?, &Attributes::new(mode), device)
            .map_err(self.error(path, "make the node"))
    }

    /// Sets the permissions.
    pub fn chmod(&self, path: &ImagePath, mode: u16) -> Result<()> {
        self.editor
            .fs()
            .sys_chmod(self.editor.task(), &self.checked(path)?, mode)
            .map_err(self.error(path, "set the mode"))
    }

    /// Sets owner and group.
    pub fn chown(&self, path: &ImagePath, uid: u16, gid: u8) -> Result<()> {
        self.editor
            .fs()
            .sys_chown(self.editor.task(), &self.checked(path)?, uid, gid)
            .map_err(self.error(path, "set the owner"))
    }

    /// Sets owner, group and time of a symbolic link itself.
    pub fn set_link_attributes(
        &self,
        path: &ImagePath,
        uid: u16,
        gid: u8,
        time: Time,
    ) -> Result<()> {
        let attributes = Attributes {
            uid,
            gid,
            mtime: Some(time),
            ..Attributes::new(0o777)
        };
        self.editor
            .set_link_attributes(&self.checked(path)?, &attributes)
            .map_err(self.error(path, "set owner and time"))
    }

    /// Sets the time of the last change.
    pub fn set_time(&self, path: &ImagePath, time: Time) -> Result<()> {
        let times = Utimbuf {
            actime: time,
            modtime: time,
        };
        self.editor
            .fs()
            .sys_utime(self.editor.task(), &self.checked(path)?, Some(times))
            .map_err(self.error(path, "set the time"))
    }
}

impl Writer<'_, '_> {
    /// Writes bytes at `offset`, a block's start and not before what is written
    /// already. Blocks of nothing but zeros become holes.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let end = offset + bytes.len() as u64;
        self.check_size(end)?;
        for (index, block) in bytes.chunks(BLOCK_SIZE).enumerate() {
            if block.iter().any(|byte| *byte != 0) {
                let position = offset as u32 + (index * BLOCK_SIZE) as u32;
                self.write_block(position, block)?;
            }
        }
        Ok(())
    }

    /// The file has `size` bytes; zeros, if they were not written. Sets its mode.
    pub fn finish(mut self, size: u64, mode: u16) -> Result<()> {
        self.check_size(size)?;
        if self.end < size {
            self.write_block(size as u32 - 1, &[0])?;
        }
        drop(self.file);
        self.mounted.chmod(self.path, mode)
    }

    fn write_block(&mut self, position: u32, block: &[u8]) -> Result<()> {
        self.file
            .write_at(position, block)
            .map_err(self.mounted.error(self.path, "write"))?;
        self.end = u64::from(position) + block.len() as u64;
        Ok(())
    }

    fn check_size(&self, size: u64) -> Result<()> {
        if size <= MAX_FILE_SIZE.into() {
            return Ok(());
        }
        let problem = format!("a file has at most {MAX_FILE_SIZE} bytes, this one is larger");
        Err(self.mounted.fault(self.path, problem))
    }
}
