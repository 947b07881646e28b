// SPDX-License-Identifier: GPL-2.0-or-later
//! `update`: brings a new system to a disk that a person has worked on.
//!
//! Three images are compared: the person's disk, the new one, and the base, which
//! is what the disk was last brought up to. Of each file, and of boot code, command
//! line and kernel, these are the cases:
//!
//! * the disk has what the base has: the disk gets what the new one has;
//! * the new one has what the base has: the disk keeps what it has;
//! * both differ from the base, and from each other: the disk keeps what it has,
//!   and the file is named.
//!
//! At the end the base becomes a copy of the new image. When that does not come
//! about any more, the next call finds disk and new image alike, and goes on.

mod tree;

use super::Outcome;
use super::files::{read_file, write_in};
use super::fsck::report_of;
use super::images::now;
use crate::cli::UpdateArgs;
use abi::Errno;
use abi::sys::stat::{S_IFMT, Stat};
use fsck::Problem;
use mkimage::changes::{Change, ChangedDisk};
use mkimage::complaints::Complaints;
use mkimage::disk::{COMMAND_LINE_LBA, SETUP_SECTORS};
use mkimage::disk::{PARTITION_TABLE_OFFSET, ROOT_DEVICE_OFFSET, Region, SECTOR_SIZE, SETUP_LBA};
use mkimage::error::{Error, Fault, FaultContext, HostContext, OutputContext, Result};
use mkimage::image::Image;
use mkimage::image_path::ImagePath;
use mkimage::kernel_header::KernelHeader;
use mkimage::lock;
use mkimage::output::NewFile;
use mkimage::root_fs::{Mounted, with_file_system};
use std::collections::{BTreeSet, HashMap};
use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use tree::{Contents, Node, Tree, find, has_parent, with_tree};

/// `update`
pub fn update(arguments: &UpdateArgs, out: &mut dyn Write) -> Result<Outcome> {
    let (disk, new) = (&arguments.disk, &arguments.from);
    let base = arguments.base.clone().unwrap_or_else(|| base_of(disk));
    let disk_name = disk.display();
    if arguments.fresh || !disk.exists() {
        // The base first: a disk without one is nobody's business.
        if disk.exists() {
            check_free(disk)?;
        }
        keep_base(arguments, &base)?;
        copy(new, disk)?;
        writeln!(out, "{disk_name}: made").on_output()?;
        return Ok(Outcome::Done);
    }
    if !base.exists() {
        writeln!(
            out,
            "{disk_name}: left as it is, as there is no {}, which would tell what is yours",
            base.display()
        )
        .on_output()?;
        return Ok(Outcome::Done);
    }
    if same_bytes(&base, new)? {
        return Ok(Outcome::Done);
    }
    check_free(disk)?;
    for image in [disk, new, &base] {
        let problems = problems_of(image)?;
        if problems > 0 {
            let name = image.display();
            writeln!(
                out,
                "{name}: its file system has {problems} problems, so {disk_name} was not brought \
                 up to date; `mkimage fsck --repair {name}` repairs it"
            )
            .on_output()?;
            return Ok(Outcome::Damaged);
        }
    }
    let merge = merge(disk, new, &base).map_err(|error| explain_full(error, disk))?;
    keep_base(arguments, &base)?;
    merge.print(disk, new, out)?;
    Ok(Outcome::Done)
}

/// Where the base of `disk` is.
fn base_of(disk: &Path) -> PathBuf {
    let mut name = disk.as_os_str().to_owned();
    name.push(".base");
    name.into()
}

fn keep_base(arguments: &UpdateArgs, base: &Path) -> Result<()> {
    if arguments.keep_base {
        return Ok(());
    }
    copy(&arguments.from, base)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let file = File::open(from).on_host("open", from)?;
    let length = lock::length(&file).on_host("look at", from)?;
    let new = NewFile::create(to, length, &[from])?;
    read_file(&file, from, &mut |offset, bytes| {
        new.write_at(bytes, offset)
    })?;
    new.commit()
}

fn same_bytes(one: &Path, other: &Path) -> Result<bool> {
    let open = |path: &Path| File::open(path).map(BufReader::new).on_host("open", path);
    let (mut ours, mut theirs) = (open(one)?, open(other)?);
    loop {
        let left = ours.fill_buf().on_host("read", one)?;
        let right = theirs.fill_buf().on_host("read", other)?;
        let count = left.len().min(right.len());
        if count == 0 || left[..count] != right[..count] {
            return Ok(left.is_empty() && right.is_empty());
        }
        ours.consume(count);
        theirs.consume(count);
    }
}

/// Whoever runs a machine has the lock of its disk; there is no use in waiting.
fn check_free(disk: &Path) -> Result<()> {
    let file = File::open(disk).on_host("open", disk)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            Err(Fault::new("lock", "the disk is in use by a machine that runs").in_file(disk))
        }
        // Changing it will tell what else is wrong.
        _ => Ok(()),
    }
}

/// How much of the file system is damaged. That it was not unmounted is no damage
/// yet: a person may have left the machine while it did nothing.
fn problems_of(path: &Path) -> Result<usize> {
    let report = report_of(path)?;
    let is_harmless = report.problems.contains(&Problem::NotUnmounted);
    Ok(report.count - usize::from(is_harmless))
}

/// A full disk is the person's to clear.
fn explain_full(error: Error, disk: &Path) -> Error {
    match error {
        Error::InImage {
            path,
            errno: Errno::ENOSPC,
            ..
        } => {
            let problem = "the disk is full with it, so nothing was changed; \
                           remove files of yours, or begin a new disk";
            Fault::new(path, problem).in_file(disk)
        }
        error => error,
    }
}

/// What comes to the disk, and what does not.
#[derive(Default)]
struct Merge {
    taken: Vec<String>,
    removed: Vec<String>,
    conflicts: BTreeSet<String>,
}

/// What becomes of something on the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is like the new one's.
    IsNew,
    /// It stays what it is.
    Stays,
    /// It becomes what the new one has.
    BecomesNew,
}

impl Merge {
    /// The disk gets the new one's if only that one has changed; a conflict is noted.
    fn decide(
        &mut self,
        name: &str,
        is_disk_like_new: impl FnOnce() -> Result<bool>,
        is_new_like_base: impl FnOnce() -> Result<bool>,
        is_disk_like_base: impl FnOnce() -> Result<bool>,
    ) -> Result<Fate> {
        if is_disk_like_new()? {
            return Ok(Fate::IsNew);
        }
        if is_new_like_base()? {
            return Ok(Fate::Stays);
        }
        if is_disk_like_base()? {
            return Ok(Fate::BecomesNew);
        }
        self.conflicts.insert(name.to_owned());
        Ok(Fate::Stays)
    }

    fn print(&self, disk: &Path, new: &Path, out: &mut dyn Write) -> Result<()> {
        let (disk, new) = (disk.display(), new.display());
        for name in &self.conflicts {
            writeln!(
                out,
                "{disk}: {name}: changed by you and in {new}: yours is kept"
            )
            .on_output()?;
        }
        let (taken, removed) = (self.taken.len(), self.removed.len());
        let names: Vec<&str> = self.taken.iter().map(String::as_str).collect();
        let what = match names[..] {
            [] => "nothing".to_owned(),
            [.., _] if taken <= 4 => names.join(", "),
            _ => format!("{} and {} more", names[..3].join(", "), taken - 3),
        };
        writeln!(out, "{disk}: brought up to date: {what}; {removed} removed").on_output()
    }
}

fn merge(disk: &Path, new: &Path, base: &Path) -> Result<Merge> {
    let mut merge = Merge::default();
    let image = Image::open_to_change(disk)?;
    let region = image.file_system(None)?;
    let mut changes = merge_boot(&mut merge, &image, new, base)?;
    let complaints = Complaints::default();
    let changed = ChangedDisk::new(disk, &image.file, region)?;
    with_tree(new, &complaints, |new| {
        with_tree(base, &complaints, |base| {
            with_file_system(disk, changed.clone(), now(), &complaints, |mounted| {
                merge_trees(&mut merge, mounted, new, base)
            })
        })
    })?;
    changes.extend(changed.changes());
    if complaints.were_made() {
        let problem = "not all of the images could be read, so nothing was changed";
        return Err(Fault::new("update", problem).in_file(disk));
    }
    image.change(&changes)?;
    Ok(merge)
}

/// What is outside of the file system: by name, where, and the bytes.
fn boot_parts(image: &Image) -> Result<Vec<(&'static str, Region, Vec<u8>)>> {
    let sectors = |first: u32, count: usize| Region {
        start: u64::from(first) * SECTOR_SIZE as u64,
        length: (count * SECTOR_SIZE) as u64,
    };
    let boot_sector = Region {
        start: 0,
        length: ROOT_DEVICE_OFFSET.min(PARTITION_TABLE_OFFSET) as u64,
    };
    let kernel = image.layout.kernel().in_file(&image.path)?;
    let header = KernelHeader::parse(&image.read(Region {
        length: SECTOR_SIZE as u64,
        ..kernel
    })?);
    let length = header.map_or(0, |header| SECTOR_SIZE as u64 + u64::from(header.length));
    let whole_kernel = Region {
        length: length.min(kernel.length),
        ..kernel
    };
    [
        ("boot sector", boot_sector, boot_sector),
        (
            "set-up",
            sectors(SETUP_LBA, SETUP_SECTORS),
            sectors(SETUP_LBA, SETUP_SECTORS),
        ),
        (
            "command line",
            sectors(COMMAND_LINE_LBA, 1),
            sectors(COMMAND_LINE_LBA, 1),
        ),
        ("kernel", kernel, whole_kernel),
    ]
    .into_iter()
    .map(|(name, room, used)| Ok((name, room, image.read(used)?)))
    .collect()
}

fn merge_boot(merge: &mut Merge, disk: &Image, new: &Path, base: &Path) -> Result<Vec<Change>> {
    let (new, base) = (Image::open(new)?, Image::open(base)?);
    let parts = boot_parts(disk)?.into_iter();
    let parts = parts.zip(boot_parts(&new)?).zip(boot_parts(&base)?);
    let mut changes = Vec::new();
    for (((name, room, ours), (_, _, bytes)), (_, _, base)) in parts {
        let fate = merge.decide(
            name,
            || Ok(ours == bytes),
            || Ok(bytes == base),
            || Ok(ours == base),
        )?;
        if fate != Fate::BecomesNew {
            continue;
        }
        if bytes.len() as u64 > room.length {
            let problem = format!("{} bytes, there is room for {}", bytes.len(), room.length);
            return Err(Fault::new(name, problem).in_file(&disk.path));
        }
        merge.taken.push(name.to_owned());
        let offset = room.start;
        changes.push(Change { offset, bytes });
    }
    Ok(changes)
}

fn merge_trees(
    merge: &mut Merge,
    disk: &Mounted<'_>,
    new: &Tree<'_, '_>,
    base: &Tree<'_, '_>,
) -> Result<()> {
    let paths = new.stats.keys().chain(base.stats.keys());
    let paths: BTreeSet<&ImagePath> = paths.collect();
    let mut changes = Vec::new();
    // A name of each of the new one's files that the disk has, by inode number.
    let mut names = HashMap::new();
    for path in paths {
        let (ours, theirs, old) = (find(disk, path)?, new.find(path)?, base.find(path)?);
        let fate = merge.decide(
            &path.to_string(),
            || ours.is_like(&theirs, path),
            || theirs.is_like(&old, path),
            || ours.is_like(&old, path),
        )?;
        match (fate, new.stats.get(path)) {
            (Fate::BecomesNew, _) => changes.push((path, ours.node, theirs.node)),
            (Fate::IsNew, Some(stat)) => _ = names.entry(stat.st_ino).or_insert(path),
            _ => {}
        }
    }
    // What is in a directory goes before the directory itself.
    for (path, ours, theirs) in changes.iter().rev() {
        let stays = theirs.as_ref().map(Node::is_directory);
        match ours.as_ref().map(Node::is_directory) {
            None => {}
            Some(true) if stays == Some(true) => {}
            Some(is_directory) => remove(merge, disk, path, is_directory, stays.is_some())?,
        }
    }
    // And a directory comes before what is in it.
    for (path, _, theirs) in &changes {
        if let (Some(node), Some(stat)) = (theirs, new.stats.get(*path)) {
            let first = names.get(&stat.st_ino).copied();
            let first = first.filter(|_| !node.is_directory());
            if take(merge, disk, path, (new.mounted, node, stat), first)? {
                names.entry(stat.st_ino).or_insert(path);
            }
        }
    }
    Ok(())
}

/// A directory in which something of the person's is left stays; in the way of a
/// file of the new one's, that is a conflict.
fn remove(
    merge: &mut Merge,
    disk: &Mounted<'_>,
    path: &ImagePath,
    is_directory: bool,
    is_replaced: bool,
) -> Result<()> {
    if !is_directory {
        disk.unlink(path)?;
    } else if disk.read_dir(path)?.is_empty() {
        disk.rmdir(path)?;
    } else {
        if is_replaced {
            merge.conflicts.insert(path.to_string());
        }
        return Ok(());
    }
    if !is_replaced {
        merge.removed.push(path.to_string());
    }
    Ok(())
}

/// Makes what the new one has at `path`; says whether it did. Another name of a
/// file that is there already, `first`, becomes one.
fn take(
    merge: &mut Merge,
    disk: &Mounted<'_>,
    path: &ImagePath,
    (new, node, stat): (&Mounted<'_>, &Node, &Stat),
    first: Option<&ImagePath>,
) -> Result<bool> {
    let is_there = has_parent(disk, path)? && disk.find(path)?.is_some();
    if !has_parent(disk, path)? || (is_there && !node.is_directory()) {
        merge.conflicts.insert(path.to_string());
        return Ok(false);
    }
    merge.taken.push(path.to_string());
    let mode = node.mode & !S_IFMT;
    match (&node.contents, first) {
        (_, Some(first)) => disk.link(first, path)?,
        (Contents::Directory, _) if is_there => {}
        (Contents::Directory, _) => disk.mkdir(path, mode)?,
        (Contents::File(_), _) => write_in(disk, path, mode, &mut |pieces| {
            new.read_pieces(path, pieces)
        })?,
        (Contents::Special(device), _) => disk.mknod(path, node.mode, *device)?,
        (Contents::SymbolicLink(target), _) => {
            disk.symlink(target, path)?;
            return Ok(true);
        }
    }
    disk.chown(path, node.owner.0, node.owner.1)?;
    // A change of the owner may take the special bits away.
    disk.chmod(path, mode)?;
    if !node.is_directory() {
        disk.set_time(path, stat.st_mtime)?;
    }
    Ok(true)
}
