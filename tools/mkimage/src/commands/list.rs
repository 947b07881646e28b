// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands that show what there is: `ls`, `tree`, `find`, `stat`, `du`.

use super::images::Images;
use super::json::{self, print};
use super::walk::{children, walk};
use crate::cli::{FindArgs, LsArgs, Place};
use abi::sys::stat::{
    S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_ISBLK, S_ISCHR, S_ISDIR, S_ISGID,
    S_ISLNK, S_ISUID, S_ISVTX, Stat,
};
use abi::sys::types::{Device, Time};
use abi::time::gmtime;
use mkimage::error::{OutputContext, Result};
use mkimage::image_path::{Escaped, ImagePath};
use mkimage::ownership::kind_word;
use mkimage::root_fs::Mounted;
use serde_json::Value;
use std::collections::HashSet;
use std::io::Write;

/// `ls`
pub fn ls(images: &Images, arguments: &LsArgs, out: &mut dyn Write) -> Result<()> {
    let path = &arguments.path;
    images.inspect(&arguments.at, |mounted| {
        let stat = mounted.stat(path)?;
        let files = match S_ISDIR(stat.st_mode) {
            true => children(mounted, path)?,
            false => vec![(path.clone(), stat)],
        };
        if arguments.json {
            let name = |path: &ImagePath| match S_ISDIR(stat.st_mode) {
                true => path.name().unwrap_or_default().to_owned(),
                false => path.to_bytes(),
            };
            let values = files
                .iter()
                .map(|(path, stat)| value(mounted, path, &name(path), stat));
            return print(&values.collect::<Vec<_>>(), out);
        }
        if !S_ISDIR(stat.st_mode) {
            return line(mounted, path, &path.to_string(), &stat, arguments.long, out);
        }
        if !arguments.recursive {
            return lines(mounted, &files, arguments.long, out);
        }
        let below = walk(mounted, path)?;
        let directories = below.iter().filter(|entry| entry.is_directory());
        writeln!(out, "{path}:").on_output()?;
        lines(mounted, &files, arguments.long, out)?;
        for directory in directories {
            writeln!(out, "\n{}:", directory.path).on_output()?;
            let files = below
                .iter()
                .filter(|entry| entry.path.parent().as_ref() == Some(&directory.path));
            let files: Vec<_> = files
                .map(|entry| (entry.path.clone(), entry.stat))
                .collect();
            lines(mounted, &files, arguments.long, out)?;
        }
        Ok(())
    })
}

fn lines(
    mounted: &Mounted<'_>,
    files: &[(ImagePath, Stat)],
    long: bool,
    out: &mut dyn Write,
) -> Result<()> {
    files.iter().try_for_each(|(path, stat)| {
        let name = Escaped(path.name().unwrap_or_default()).to_string();
        line(mounted, path, &name, stat, long, out)
    })
}

/// A file for programs.
fn value(mounted: &Mounted<'_>, path: &ImagePath, name: &[u8], stat: &Stat) -> Value {
    json::file(name, stat, target(mounted, path, stat).as_deref())
}

/// What a symbolic link says.
fn target(mounted: &Mounted<'_>, path: &ImagePath, stat: &Stat) -> Option<Vec<u8>> {
    if !S_ISLNK(stat.st_mode) {
        return None;
    }
    let target = mounted.read_link(path);
    target.inspect_err(|error| mounted.complain(error)).ok()
}

fn line(
    mounted: &Mounted<'_>,
    path: &ImagePath,
    name: &str,
    stat: &Stat,
    long: bool,
    out: &mut dyn Write,
) -> Result<()> {
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
    let arrow = arrow(mounted, path, stat);
    writeln!(
        out,
        "{mode} {st_nlink:>3} {st_uid:>5} {st_gid:>5} {size:>9} {time} {name}{arrow}"
    )
    .on_output()
}

/// ` -> TARGET`, behind a symbolic link.
fn arrow(mounted: &Mounted<'_>, path: &ImagePath, stat: &Stat) -> String {
    match target(mounted, path, stat) {
        Some(target) => format!(" -> {}", Escaped(&target)),
        None => String::new(),
    }
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
fn date(time: Time) -> String {
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

/// `tree`
pub fn tree(
    images: &Images,
    at: &Place,
    path: &ImagePath,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<()> {
    images.inspect(at, |mounted| {
        let stat = mounted.stat(path)?;
        let below = walk(mounted, path)?;
        if as_json {
            let value = |path: &ImagePath, stat| value(mounted, path, &path.to_bytes(), stat);
            let mut files = vec![value(path, &stat)];
            files.extend(below.iter().map(|entry| value(&entry.path, &entry.stat)));
            return print(&files, out);
        }
        writeln!(out, "{path}").on_output()?;
        for entry in below {
            let arrow = arrow(mounted, &entry.path, &entry.stat);
            let name = Escaped(entry.name());
            writeln!(out, "{}{name}{arrow}", entry.drawing).on_output()?;
        }
        Ok(())
    })
}

/// `find`
pub fn find(images: &Images, arguments: &FindArgs, out: &mut dyn Write) -> Result<()> {
    let is_meant = |path: &ImagePath, stat: &Stat| {
        let name = String::from_utf8_lossy(path.name().unwrap_or(b"/"));
        let kind = match mode_letters(stat.st_mode).remove(0) {
            '-' => 'f',
            letter => letter,
        };
        arguments
            .name
            .as_ref()
            .is_none_or(|pattern| pattern.matches(&name))
            && arguments
                .kind
                .as_ref()
                .is_none_or(|it| it.starts_with(kind))
    };
    images.inspect(&arguments.at, |mounted| {
        let top = (arguments.path.clone(), mounted.stat(&arguments.path)?);
        let below = walk(mounted, &arguments.path)?;
        let below = below.into_iter().map(|entry| (entry.path, entry.stat));
        let mut found = [top].into_iter().chain(below);
        found.try_for_each(|(path, stat)| match is_meant(&path, &stat) {
            true => writeln!(out, "{path}").on_output(),
            false => Ok(()),
        })
    })
}

/// `stat`
pub fn stat(images: &Images, at: &Place, paths: &[ImagePath], out: &mut dyn Write) -> Result<()> {
    images.inspect(at, |mounted| {
        paths.iter().try_for_each(|path| {
            let stat = mounted.stat(path)?;
            let blocks = mounted.blocks(path)?;
            let (kind, arrow) = (kind_word(stat.st_mode), arrow(mounted, path, &stat));
            let size = match S_ISCHR(stat.st_mode) || S_ISBLK(stat.st_mode) {
                true => format!("device {}", Device(stat.st_rdev)),
                false => format!("{} bytes in {blocks} KB", stat.st_size),
            };
            writeln!(
                out,
                "{path}{arrow}: {kind}, inode {}\n  {size}\n  mode {:04o} {}, links {}, owner {}:{}\n  \
                 changed {}, {} s since 1970",
                stat.st_ino,
                stat.st_mode & 0o7777,
                mode_letters(stat.st_mode),
                stat.st_nlink,
                stat.st_uid,
                stat.st_gid,
                date(stat.st_mtime),
                stat.st_mtime,
            )
            .on_output()
        })
    })
}

/// `du`: a file of several names counts once.
pub fn du(
    images: &Images,
    at: &Place,
    summarize: bool,
    path: &ImagePath,
    out: &mut dyn Write,
) -> Result<()> {
    images.inspect(at, |mounted| {
        let mut sums = vec![(path.clone(), mounted.blocks(path)?)];
        let mut seen = HashSet::new();
        for entry in walk(mounted, path)? {
            let blocks = match seen.insert(entry.stat.st_ino) {
                true => mounted.blocks(&entry.path)?,
                false => 0,
            };
            if entry.is_directory() {
                sums.push((entry.path.clone(), 0));
            }
            let within = |(directory, _): &&mut (ImagePath, u32)| entry.path.is_within(directory);
            sums.iter_mut()
                .filter(within)
                .for_each(|(_, sum)| *sum += blocks);
        }
        let shown = if summarize { 1 } else { sums.len() };
        sums.iter()
            .take(shown)
            .try_for_each(|(path, sum)| writeln!(out, "{sum:>8} {path}").on_output())
    })
}
