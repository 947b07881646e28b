// SPDX-License-Identifier: GPL-2.0-or-later
//! The bridge to the `fs` crate: the very code that the kernel runs makes and
//! changes the file systems of images.
//!
//! The calling sequence is [`with_file_system`] around calls of [`Mounted`];
//! at its end all that was written has reached the file.

mod contents;

use crate::complaints::Complaints;
use crate::error::{Error, Fault, Result};
use crate::foreign;
use crate::image_path::ImagePath;
use crate::tree::{Kind, Node, Tree};
use abi::Errno;
use abi::fcntl::O_RDONLY;
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_ISDIR, Stat};
use abi::sys::types::{Device, Time};
use abi::unistd::SEEK_CUR;
use abi::utime::Utimbuf;
use contents::OpenFile;
use fs::host::{Host, ReadInto, Storage};
use fs::layout::{BLOCK_SIZE, ENTRY_NAME, NAME_LEN};
use fs::mkfs::Options;
use fs::{Fs, FsTask};
use std::path::Path;

pub use contents::Writer;

/// The device that the file system is on, as far as `fs` knows.
const DEVICE: Device = Device::new(3, 1);
/// Blocks of 1 KB in the buffer cache.
const BUFFERS: u32 = 4096;
/// After so many bad entries the rest of a directory is given up.
const BAD_ENTRIES: u32 = 1000;

/// A mounted file system, used as the super-user does, with umask 0.
///
/// No path reaches it with a name that it would cut off.
pub struct Mounted<'fs> {
    fs: &'fs Fs<'fs>,
    task: FsTask<'fs>,
    host: &'fs Host,
    image: &'fs Path,
    complaints: &'fs Complaints,
}

/// Mounts the file system on `disk`, which is (to become) a part of the image
/// `image`; runs `work` on it, and brings everything to the file.
/// `time` is the time of everything that is changed; what can't be read gets among
/// the `complaints`.
pub fn with_file_system<T>(
    image: &Path,
    mut disk: impl Storage + 'static,
    time: Time,
    complaints: &Complaints,
    work: impl FnOnce(&Mounted<'_>) -> Result<T>,
) -> Result<T> {
    let start = start_of(&mut disk);
    let host = attach(disk, time);
    let fs = host.fs();
    let mounted = Mounted {
        fs: &fs,
        task: FsTask::new(),
        host: &host,
        image,
        complaints,
    };
    mounted.task.umask.set(0);
    fs.mount_root(DEVICE, &mounted.task).map_err(|errno| {
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
    let result = work(&mounted)?;
    mounted.task.clear();
    fs.umount_root(DEVICE)
        .map_err(mounted.error(&ImagePath::ROOT, "write"))?;
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

    /// Says what is wrong, and goes on.
    pub fn complain(&self, error: &Error) {
        self.complaints.complain(error);
    }

    /// Bytes of the longest name.
    pub fn longest_name(&self) -> usize {
        let geometry = self.fs.geometry(DEVICE);
        geometry.map_or(NAME_LEN, |geometry| geometry.name_len.into())
    }

    /// A path as the file system takes it. Names that it would cut off are
    /// refused, so that no two become one.
    fn checked(&self, path: &ImagePath) -> Result<Vec<u8>> {
        path.check_lengths(self.longest_name())
            .map_err(|problem| self.fault(path, problem))?;
        Ok(path.to_bytes())
    }

    /// Makes a system call about `path`.
    fn call<T>(
        &self,
        path: &ImagePath,
        action: &'static str,
        call: impl FnOnce(&'fs Fs<'fs>, &FsTask<'fs>, &[u8]) -> abi::Result<T>,
    ) -> Result<T> {
        let bytes = self.checked(path)?;
        call(self.fs, &self.task, &bytes).map_err(self.error(path, action))
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
        match &node.kind {
            Kind::Directory => self.mkdir(path, node.mode)?,
            Kind::File(contents) => self.write_file(path, node.mode, contents)?,
            Kind::Device { is_block, device } => {
                let kind = if *is_block { S_IFBLK } else { S_IFCHR };
                self.mknod(path, kind | node.mode, *device)?;
            }
            Kind::Link(target) => return self.link(target, path),
        }
        self.chown(path, node.uid, node.gid)?;
        // A change of the owner may take the special bits away.
        self.chmod(path, node.mode)
    }

    /// What `stat` tells of a path, of a symbolic link itself.
    pub fn stat(&self, path: &ImagePath) -> Result<Stat> {
        self.call(path, "look at", |fs, task, path| fs.sys_lstat(task, path))
    }

    /// As [`Mounted::stat`], but of what a symbolic link leads to.
    pub fn stat_followed(&self, path: &ImagePath) -> Result<Stat> {
        self.call(path, "look at", |fs, task, path| fs.sys_stat(task, path))
    }

    /// As [`Mounted::stat`], but `None` if there is no such file.
    pub fn find(&self, path: &ImagePath) -> Result<Option<Stat>> {
        self.call(path, "look at", |fs, task, path| {
            match fs.sys_lstat(task, path) {
                Err(Errno::ENOENT) => Ok(None),
                found => found.map(Some),
            }
        })
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

    /// The names in a directory in order, `.` and `..` left out. There is a
    /// complaint about what can't be read of it.
    pub fn read_dir(&self, path: &ImagePath) -> Result<Vec<Vec<u8>>> {
        let size = self.call(path, "list", |fs, task, path| {
            let stat = fs.sys_stat(task, path)?;
            let is_directory = S_ISDIR(stat.st_mode);
            is_directory.then_some(stat.st_size).ok_or(Errno::ENOTDIR)
        })?;
        let file = OpenFile::open(self, path, O_RDONLY, "list")?;
        let mut names: Vec<Vec<u8>> = Vec::new();
        let mut bad = None;
        let mut bad_count = 0;
        loop {
            match self.fs.sys_readdir(&self.task, file.fd) {
                Ok(Some(entry)) => names.push(entry.name().to_vec()),
                Ok(None) => break,
                Err(errno) => {
                    bad.get_or_insert(errno);
                    bad_count += 1;
                    let step = (ENTRY_NAME + NAME_LEN) as i32;
                    let position = self.fs.sys_lseek(&self.task, file.fd, step, SEEK_CUR);
                    let is_inside = position.is_ok_and(|position| position < size as usize);
                    if !is_inside || bad_count > BAD_ENTRIES {
                        break;
                    }
                }
            }
        }
        if let Some(errno) = bad {
            self.complain(&self.error(path, "list all of it")(errno));
        }
        names.retain(|name| name != b"." && name != b"..");
        names.sort();
        Ok(names)
    }

    /// Makes a directory.
    pub fn mkdir(&self, path: &ImagePath, mode: u16) -> Result<()> {
        self.call(path, "make the directory", |fs, task, path| {
            fs.sys_mkdir(task, path, mode)?;
            // `mkdir` leaves the special bits out.
            fs.sys_chmod(task, path, mode)
        })
    }

    /// Removes the name of a file.
    pub fn unlink(&self, path: &ImagePath) -> Result<()> {
        self.call(path, "remove", |fs, task, path| fs.sys_unlink(task, path))
    }

    /// Removes an empty directory.
    pub fn rmdir(&self, path: &ImagePath) -> Result<()> {
        self.call(path, "remove", |fs, task, path| fs.sys_rmdir(task, path))
    }

    /// Gives a file another name, in place of what has it now.
    pub fn rename(&self, old: &ImagePath, new: &ImagePath) -> Result<()> {
        let new = self.checked(new)?;
        self.call(old, "rename", |fs, task, old| {
            fs.sys_rename(task, old, &new)
        })
    }

    /// Blocks that a file takes, lists of zones too; none for a device or pipe.
    pub fn blocks(&self, path: &ImagePath) -> Result<u32> {
        self.call(path, "look at", |fs, task, path| {
            Ok(fs.lnamei(task, path)?.blocks())
        })
    }

    /// Makes another name for a file.
    pub fn link(&self, old: &ImagePath, new: &ImagePath) -> Result<()> {
        let old = self.checked(old)?;
        self.call(new, "make a link", |fs, task, new| {
            fs.sys_link(task, &old, new)
        })
    }

    /// Makes a symbolic link.
    pub fn symlink(&self, target: &[u8], path: &ImagePath) -> Result<()> {
        self.call(path, "make a symbolic link", |fs, task, path| {
            fs.sys_symlink(task, target, path)
        })
    }

    /// What a symbolic link says.
    pub fn read_link(&self, path: &ImagePath) -> Result<Vec<u8>> {
        let mut buffer = [0; BLOCK_SIZE];
        let length = self.call(path, "read the link", |fs, task, path| {
            fs.sys_readlink(task, path, &mut ReadInto(&mut buffer))
        })?;
        Ok(buffer[..length].to_vec())
    }

    /// Makes a device node or named pipe; `mode` has the type.
    pub fn mknod(&self, path: &ImagePath, mode: u16, device: Device) -> Result<()> {
        self.call(path, "make the node", |fs, task, path| {
            fs.sys_mknod(task, path, mode, device)
        })
    }

    /// Sets the permissions.
    pub fn chmod(&self, path: &ImagePath, mode: u16) -> Result<()> {
        self.call(path, "set the mode", |fs, task, path| {
            fs.sys_chmod(task, path, mode)
        })
    }

    /// Sets owner and group.
    pub fn chown(&self, path: &ImagePath, uid: u16, gid: u8) -> Result<()> {
        self.call(path, "set the owner", |fs, task, path| {
            fs.sys_chown(task, path, uid, gid)
        })
    }

    /// Sets owner, group and time of a symbolic link itself.
    pub fn set_link_attributes(
        &self,
        path: &ImagePath,
        uid: u16,
        gid: u8,
        time: Time,
    ) -> Result<()> {
        self.call(path, "set owner and time", |fs, task, path| {
            fs.lnamei(task, path)?.set_owner_and_time(uid, gid, time);
            Ok(())
        })
    }

    /// Sets the time of the last change.
    pub fn set_time(&self, path: &ImagePath, time: Time) -> Result<()> {
        let times = Utimbuf {
            actime: time,
            modtime: time,
        };
        self.call(path, "set the time", |fs, task, path| {
            fs.sys_utime(task, path, Some(times))
        })
    }
}
