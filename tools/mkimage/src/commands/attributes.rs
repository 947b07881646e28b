// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands about names and attributes: `ln`, `mknod`, `chmod`, `chown`.

use super::files::{absolute, edit, join, walk};
use crate::cli::{ChmodArgs, ChownArgs, LnArgs, MknodArgs, NodeKind};
use lib::sys::stat::{S_IFBLK, S_IFCHR, S_IFIFO, S_ISDIR, S_ISLNK};
use lib::sys::types::Device;
use mkimage::error::Result;
use mkimage::root_fs::Mounted;

/// `ln`
pub fn ln(arguments: &LnArgs) -> Result<()> {
    edit(&arguments.at, &arguments.time, |mounted| {
        let mut path = absolute(&arguments.path);
        let is_directory = |path: &str| {
            let found = mounted.find(path)?;
            Ok(found.is_some_and(|stat| S_ISDIR(stat.st_mode)))
        };
        if is_directory(&path)? {
            let target = arguments.target.trim_end_matches('/');
            path = join(&path, target.rsplit('/').next().unwrap_or_default());
        }
        if arguments.force && mounted.find(&path)?.is_some() && !is_directory(&path)? {
            mounted.unlink(&path)?;
        }
        match arguments.symbolic {
            true => mounted.symlink(&arguments.target, &path),
            false => mounted.link(&absolute(&arguments.target), &path),
        }
    })
}

/// `mknod`
pub fn mknod(arguments: &MknodArgs) -> Result<()> {
    let kind = match arguments.kind {
        NodeKind::B => S_IFBLK,
        NodeKind::C => S_IFCHR,
        NodeKind::P => S_IFIFO,
    };
    let device = match (arguments.major, arguments.minor) {
        (Some(major), Some(minor)) => Device::new(major, minor),
        _ => Device::NONE,
    };
    edit(&arguments.at, &arguments.time, |mounted| {
        mounted.mknod(&absolute(&arguments.path), kind | arguments.mode, device)
    })
}

/// `chmod`
pub fn chmod(arguments: &ChmodArgs) -> Result<()> {
    edit(&arguments.at, &arguments.time, |mounted| {
        for_each(mounted, &arguments.paths, arguments.recursive, |path| {
            mounted.chmod(path, arguments.mode)
        })
    })
}

/// `chown`
pub fn chown(arguments: &ChownArgs) -> Result<()> {
    edit(&arguments.at, &arguments.time, |mounted| {
        for_each(mounted, &arguments.paths, arguments.recursive, |path| {
            let gid = match arguments.owner.gid {
                Some(gid) => gid,
                None => mounted.stat(path)?.st_gid,
            };
            mounted.chown(path, arguments.owner.uid, gid)
        })
    })
}

/// Calls `work` for each path and, with `recursive`, all that is below it.
/// Symbolic links below a directory are left alone.
fn for_each(
    mounted: &Mounted<'_>,
    paths: &[String],
    recursive: bool,
    work: impl Fn(&str) -> Result<()>,
) -> Result<()> {
    for path in paths {
        let path = absolute(path);
        let stat = mounted.stat(&path)?;
        work(&path)?;
        if recursive && S_ISDIR(stat.st_mode) {
            for entry in walk(mounted, &path)? {
                if !S_ISLNK(entry.stat.st_mode) {
                    work(&entry.path)?;
                }
            }
        }
    }
    Ok(())
}
