// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands about files in an image.
//!
//! What changes a file system does so in a copy of the image, which takes the
//! image's place at the end.

use super::json::{self, print};
use crate::cli::{Place, TimeArgs};
use lib::Errno;
use lib::sys::stat::{
    S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_ISBLK, S_ISCHR, S_ISDIR, S_ISGID,
    S_ISLNK, S_ISREG, S_ISUID, S_ISVTX, Stat,
};
use lib::sys::types::{Device, Time};
use lib::time::gmtime;
use mkimage::error::{Fault, HostContext, OutputContext, Result};
use mkimage::image::Image;
use mkimage::output::NewFile;
use mkimage::root_fs::{Mounted, with_file_system};
use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// No path of a sound image comes near this; one that loops does.
const PATH_MAX: usize = 4096;

/// Runs `work` on the file system of an image, which is not changed.
pub(super) fn inspect<T>(at: &Place, work: impl FnOnce(&Mounted<'_>) -> Result<T>) -> Result<T> {
    let image = Image::open(&at.image)?;
    let region = image.file_system(at.partition)?;
    with_file_system(&image.path, image.file, region, 0, work)
}

/// Runs `work` on the file system of an image, and changes the image if it
/// succeeds.
pub(super) fn edit(
    at: &Place,
    time: &TimeArgs,
    work: impl FnOnce(&Mounted<'_>) -> Result<()>,
) -> Result<()> {
    let region = Image::open(&at.image)?.file_system(at.partition)?;
    let new = NewFile::copy_of(&at.image)?;
    let file = new.file().try_clone().on_host("open", &at.image)?;
    with_file_system(&at.image, file, region, time.time.unwrap_or_else(now), work)?;
    new.commit()
}

pub(super) fn now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time::try_from(since.as_secs()).unwrap_or(Time::MAX)
}

/// Every path is taken from the root directory.
pub(super) fn absolute(path: &str) -> String {
    format!("/{}", path.trim_matches('/'))
}

pub(super) fn join(directory: &str, name: &str) -> String {
    format!("{}/{name}", directory.trim_end_matches('/'))
}

/// `ls`
pub fn ls(at: &Place, long: bool, as_json: bool, path: &str, out: &mut dyn Write) -> Result<()> {
    let path = absolute(path);
    inspect(at, |mounted| {
        let stat = mounted.stat(&path)?;
        let mut files = Vec::new();
        if S_ISDIR(stat.st_mode) {
            for name in mounted.read_dir(&path)? {
                let stat = mounted.stat(&join(&path, &name))?;
                files.push((name, stat));
            }
        } else {
            files.push((path, stat));
        }
        if as_json {
            let values = files.iter().map(|(name, stat)| json::file(name, stat));
            return print(&values.collect::<Vec<_>>(), out);
        }
        files
            .iter()
            .try_for_each(|(name, stat)| list(name, stat, long, out))
    })
}

fn list(name: &str, stat: &Stat, long: bool, out: &mut dyn Write) -> Result<()> {
    if !long {
        return writeln!(out, "{name}").on_output();
    }
    let size = if S_ISCHR(stat.st_mode) || S_ISBLK(stat.st_mode) {
        let device = Device(stat.st_rdev);
        format!("{}, {}", device.major(), device.minor())
    } else {
        stat.st_size.to_string()
    };
    let Stat {
        st_mode,
        st_nlink,
        st_uid,
        st_gid,
        ..
    } = *stat;
    let time = date(stat.st_mtime);
    let mode = mode_letters(st_mode);
    writeln!(
        out,
        "{mode} {st_nlink:>3} {st_uid:>5} {st_gid:>5} {size:>9} {time} {name}"
    )
    .on_output()
}

/// As `ls -l` has it: `drwxr-xr-x`.
fn mode_letters(mode: u16) -> String {
    let kind = match mode & S_IFMT {
        S_IFDIR => 'd',
        S_IFCHR => 'c',
        S_IFBLK => 'b',
        S_IFIFO => 'p',
        S_IFLNK => 'l',
        _ => '-',
    };
    let mut letters = String::from(kind);
    for (shift, special, letter) in [(6, S_ISUID, 's'), (3, S_ISGID, 's'), (0, S_ISVTX, 't')] {
        let bits = mode >> shift;
        letters.push(if bits & 4 != 0 { 'r' } else { '-' });
        letters.push(if bits & 2 != 0 { 'w' } else { '-' });
        letters.push(match (bits & 1 != 0, mode & special != 0) {
            (true, true) => letter,
            (false, true) => letter.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    letters
}

/// Year, month, day, hour and minute in UTC.
pub(super) fn date(time: Time) -> String {
    let tm = gmtime(time);
    format!(
        "{}-{:02}-{:02} {:02}:{:02}",
        tm.tm_year + 1900,
        tm.tm_mon + 1,
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min
    )
}

/// `cat`
pub fn cat(at: &Place, paths: &[String], out: &mut dyn Write) -> Result<()> {
    inspect(at, |mounted| {
        paths.iter().try_for_each(|path| {
            out.write_all(&read_regular(mounted, &absolute(path))?)
                .on_output()
        })
    })
}

/// `get`
pub fn get(at: &Place, path: &str, file: &Path) -> Result<()> {
    let contents = inspect(at, |mounted| read_regular(mounted, &absolute(path)))?;
    let new = NewFile::create(file, contents.len() as u64, &[&at.image])?;
    new.write_at(&contents, 0)?;
    new.commit()
}

/// A directory reads as its entries, and a device not at all.
pub(super) fn read_regular(mounted: &Mounted<'_>, path: &str) -> Result<Vec<u8>> {
    let mode = mounted.stat(path)?.st_mode;
    if S_ISDIR(mode) {
        return Err(mounted.error(path, "read")(Errno::EISDIR));
    }
    if !S_ISREG(mode) && !S_ISLNK(mode) {
        return Err(mounted.error(path, "read")(Errno::ENXIO));
    }
    mounted.read_file(path)
}

/// `put`
pub fn put(at: &Place, file: &Path, path: &str, mode: Option<u16>, time: &TimeArgs) -> Result<()> {
    let contents = fs::read(file).on_host("read", file)?;
    let permissions = fs::metadata(file).on_host("look at", file)?.permissions();
    let host_mode = if permissions.mode() & 0o100 != 0 {
        0o755
    } else {
        0o644
    };
    edit(at, time, |mounted| {
        let mut path = absolute(path);
        if mounted
            .find(&path)?
            .is_some_and(|stat| S_ISDIR(stat.st_mode))
        {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            path = join(&path, &name);
        }
        let mode = match (mode, mounted.find(&path)?) {
            (_, Some(stat)) if !S_ISREG(stat.st_mode) => {
                return Err(mounted.error(&path, "write")(Errno::EEXIST));
            }
            (None, Some(stat)) => stat.st_mode & 0o7777,
            (None, None) => host_mode,
            (Some(mode), _) => mode,
        };
        mounted.write_file(&path, mode, &contents)
    })
}

/// `mkdir`
pub fn mkdir(at: &Place, parents: bool, paths: &[String], time: &TimeArgs) -> Result<()> {
    edit(at, time, |mounted| {
        paths.iter().try_for_each(|path| {
            let path = absolute(path);
            if !parents {
                return mounted.mkdir(&path, 0o755);
            }
            let ends = path
                .match_indices('/')
                .map(|(index, _)| index)
                .chain([path.len()]);
            for end in ends.filter(|&end| end > 0) {
                if mounted.find(&path[..end])?.is_none() {
                    mounted.mkdir(&path[..end], 0o755)?;
                }
            }
            Ok(())
        })
    })
}

/// `rm`
pub fn rm(at: &Place, recursive: bool, paths: &[String], time: &TimeArgs) -> Result<()> {
    edit(at, time, |mounted| {
        for path in paths {
            let path = absolute(path);
            if path == "/" {
                return Err(mounted.error(&path, "remove")(Errno::EBUSY));
            }
            if !S_ISDIR(mounted.stat(&path)?.st_mode) {
                mounted.unlink(&path)?;
                continue;
            }
            if !recursive {
                return Err(mounted.error(&path, "remove")(Errno::EISDIR));
            }
            for entry in walk(mounted, &path)?.into_iter().rev() {
                match entry.is_directory {
                    true => mounted.rmdir(&entry.path)?,
                    false => mounted.unlink(&entry.path)?,
                }
            }
            mounted.rmdir(&path)?;
        }
        Ok(())
    })
}

/// `tree`
pub fn tree(at: &Place, path: &str, as_json: bool, out: &mut dyn Write) -> Result<()> {
    let path = absolute(path);
    inspect(at, |mounted| {
        let stat = mounted.stat(&path)?;
        if as_json {
            let below = walk(mounted, &path)?;
            let mut files = vec![json::file(&path, &stat)];
            files.extend(
                below
                    .iter()
                    .map(|entry| json::file(&entry.path, &entry.stat)),
            );
            return print(&files, out);
        }
        writeln!(out, "{path}").on_output()?;
        for entry in walk(mounted, &path)? {
            writeln!(out, "{}{}", entry.drawing, entry.name).on_output()?;
        }
        Ok(())
    })
}

/// What is below a directory, a directory before its contents.
pub(super) fn walk(mounted: &Mounted<'_>, path: &str) -> Result<Vec<Entry>> {
    let mut walk = Walk {
        mounted,
        seen: HashSet::new(),
        entries: Vec::new(),
    };
    walk.directory(path, "")?;
    Ok(walk.entries)
}

pub(super) struct Entry {
    pub path: String,
    pub name: String,
    pub is_directory: bool,
    pub stat: Stat,
    /// The lines that lead to it.
    pub drawing: String,
}

struct Walk<'a, 'fs> {
    mounted: &'a Mounted<'fs>,
    /// Directories entered, by inode number: none is entered twice.
    seen: HashSet<u16>,
    entries: Vec<Entry>,
}

impl Walk<'_, '_> {
    fn directory(&mut self, path: &str, margin: &str) -> Result<()> {
        let stat = self.mounted.stat(path)?;
        if !S_ISDIR(stat.st_mode) || !self.seen.insert(stat.st_ino) {
            return Ok(());
        }
        if path.len() > PATH_MAX {
            let problem = "directories are nested without end, expected a tree; try fsck";
            return Err(
                Fault::new(format!("{}...", &path[..40]), problem).in_file(self.mounted.image())
            );
        }
        let names = self.mounted.read_dir(path)?;
        let last = names.len().saturating_sub(1);
        for (index, name) in names.into_iter().enumerate() {
            let path = join(path, &name);
            let stat = self.mounted.stat(&path)?;
            let is_directory = S_ISDIR(stat.st_mode);
            let (branch, below) = if index == last {
                ("└── ", "    ")
            } else {
                ("├── ", "│   ")
            };
            let drawing = format!("{margin}{branch}");
            self.entries.push(Entry {
                path: path.clone(),
                name,
                is_directory,
                stat,
                drawing,
            });
            if is_directory {
                self.directory(&path, &format!("{margin}{below}"))?;
            }
        }
        Ok(())
    }
}
