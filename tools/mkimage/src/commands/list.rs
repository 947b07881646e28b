// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands that show what there is: `ls`, `tree`.

use super::images::inspect;
use super::json::{self, print};
use super::walk::{children, walk};
use crate::cli::{LsArgs, Place};
use lib::sys::stat::{
    S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_ISBLK, S_ISCHR, S_ISDIR, S_ISGID,
    S_ISLNK, S_ISUID, S_ISVTX, Stat,
};
use lib::sys::types::{Device, Time};
use lib::time::gmtime;
use mkimage::complaints::complain;
use mkimage::error::{OutputContext, Result};
use mkimage::image_path::{Escaped, ImagePath};
use mkimage::root_fs::Mounted;
use serde_json::Value;
use std::io::Write;

/// `ls`
pub fn ls(arguments: &LsArgs, out: &mut dyn Write) -> Result<()> {
    let path = &arguments.path;
    inspect(&arguments.at, |mounted| {
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
        for (path, stat_of_file) in &files {
            let name = match S_ISDIR(stat.st_mode) {
                true => Escaped(path.name().unwrap_or_default()).to_string(),
                false => path.to_string(),
            };
            line(mounted, path, &name, stat_of_file, arguments.long, out)?;
        }
        Ok(())
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
    target.inspect_err(complain).ok()
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
pub fn tree(at: &Place, path: &ImagePath, as_json: bool, out: &mut dyn Write) -> Result<()> {
    inspect(at, |mounted| {
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
