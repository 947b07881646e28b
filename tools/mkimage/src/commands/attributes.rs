// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands about names and attributes: `ln`, `mv`, `touch`, `mknod`, `chmod`,
//! `chown`.

use super::images::{Images, now};
use super::walk::walk;
use crate::cli::{ChmodArgs, ChownArgs, LnArgs, MknodArgs, NodeKind, Place, TimeArgs};
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFIFO, S_ISDIR, S_ISLNK};
use abi::sys::types::Device;
use mkimage::error::Result;
use mkimage::image_path::ImagePath;
use mkimage::root_fs::Mounted;
use std::os::unix::ffi::OsStrExt;

/// `ln`
pub fn ln(images: &Images, arguments: &LnArgs) -> Result<()> {
    images.edit(&arguments.at, &arguments.time, |mounted| {
        let target = ImagePath::from(arguments.target.clone());
        let path = &mounted.destination(&arguments.path, target.name())?;
        if arguments.force && mounted.find(path)?.is_some() && !mounted.is_directory(path)? {
            mounted.unlink(path)?;
        }
        match arguments.symbolic {
            true => mounted.symlink(arguments.target.as_bytes(), path),
            false => mounted.link(&target, path),
        }
    })
}

/// `mv`
pub fn mv(images: &Images, at: &Place, paths: &[ImagePath], time: &TimeArgs) -> Result<()> {
    let Some((to, from)) = paths.split_last() else {
        return Ok(());
    };
    images.edit(at, time, |mounted| {
        if from.len() > 1 && !mounted.is_directory(to)? {
            let problem = "expected a directory, as there are several files to move";
            return Err(mounted.fault(to, problem));
        }
        from.iter()
            .try_for_each(|path| mounted.rename(path, &mounted.destination(to, path.name())?))
    })
}

/// `touch`
pub fn touch(images: &Images, at: &Place, paths: &[ImagePath], time: &TimeArgs) -> Result<()> {
    let now = time.time.unwrap_or_else(now);
    images.edit(at, time, |mounted| {
        paths.iter().try_for_each(|path| match mounted.find(path)? {
            Some(_) => mounted.set_time(path, now),
            None => mounted.create_file(path)?.finish(0, 0o644),
        })
    })
}

/// `mknod`
pub fn mknod(images: &Images, arguments: &MknodArgs) -> Result<()> {
    let kind = match arguments.kind {
        NodeKind::B => S_IFBLK,
        NodeKind::C => S_IFCHR,
        NodeKind::P => S_IFIFO,
    };
    let device = match (arguments.major, arguments.minor) {
        (Some(major), Some(minor)) => Device::new(major, minor),
        _ => Device::NONE,
    };
    images.edit(&arguments.at, &arguments.time, |mounted| {
        mounted.mknod(&arguments.path, kind | arguments.mode, device)
    })
}

/// `chmod`
pub fn chmod(images: &Images, arguments: &ChmodArgs) -> Result<()> {
    images.edit(&arguments.at, &arguments.time, |mounted| {
        for_each(mounted, &arguments.paths, arguments.recursive, |path| {
            let mode = mounted.stat_followed(path)?.st_mode;
            mounted.chmod(path, arguments.mode.apply(mode, S_ISDIR(mode)))
        })
    })
}

/// `chown`
pub fn chown(images: &Images, arguments: &ChownArgs) -> Result<()> {
    images.edit(&arguments.at, &arguments.time, |mounted| {
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
    paths: &[ImagePath],
    recursive: bool,
    work: impl Fn(&ImagePath) -> Result<()>,
) -> Result<()> {
    for path in paths {
        let stat = mounted.stat(path)?;
        work(path)?;
        if recursive && S_ISDIR(stat.st_mode) {
            for entry in walk(mounted, path)? {
                if !S_ISLNK(entry.stat.st_mode) {
                    work(&entry.path)?;
                }
            }
        }
    }
    Ok(())
}
