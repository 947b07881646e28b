// SPDX-License-Identifier: GPL-2.0-or-later
//! `cp`: files and trees between host and images.
//!
//! All sources are looked at first, and become a list of [`Item`]s, a
//! directory before its contents; then they are made at the destination.

mod from_host;
mod from_image;
mod to_host;
mod to_image;

use super::files::{absolute, edit, inspect, join};
use crate::cli::{CpArgs, Place};
use lib::Errno;
use lib::sys::stat::S_ISDIR;
use lib::sys::types::{Device, Time};
use mkimage::error::{Error, Fault, Result};
use std::path::{Path, PathBuf};

/// A file, wherever it is.
enum Side {
    Host(PathBuf),
    Image { image: PathBuf, path: String },
}

/// Something to be made, below the destination.
struct Item {
    /// Empty for what was named itself, otherwise `a/b`.
    relative: String,
    kind: Kind,
    mode: u16,
    /// Owner and group, if they mean anything on the other side.
    owner: Option<(u16, u8)>,
    time: Time,
}

enum Kind {
    Directory,
    /// Contents in memory: an image has 64 MB at most.
    Bytes(Vec<u8>),
    /// Contents still on the host.
    HostFile(PathBuf),
    SymbolicLink(String),
    /// A device node or pipe; the mode has the type.
    Special(Device),
    /// Another name of an item before it.
    Link(String),
}

/// What is copied, under which name if it goes into a directory.
struct Source {
    /// Empty where only the contents are meant: `/` and `folder/.`.
    name: String,
    items: Vec<Item>,
}

impl Side {
    /// `IMAGE:/PATH`, otherwise a file of the host.
    fn parse(word: &str) -> Side {
        match word.split_once(":/") {
            Some((image, path)) if !image.is_empty() => Side::Image {
                image: image.into(),
                path: absolute(path),
            },
            _ => Side::Host(word.into()),
        }
    }
}

/// The image that a word names.
fn image_of(word: &str) -> Option<PathBuf> {
    match Side::parse(word) {
        Side::Image { image, .. } => Some(image),
        Side::Host(_) => None,
    }
}

/// `cp`
pub fn cp(arguments: &CpArgs) -> Result<()> {
    let Some((last, words)) = arguments.paths.split_last() else {
        return Ok(());
    };
    let sources = words
        .iter()
        .map(|word| read_source(arguments, word, last))
        .collect::<Result<Vec<Source>>>()?;
    match Side::parse(last) {
        Side::Host(target) => {
            let images: Vec<PathBuf> = words.iter().filter_map(|word| image_of(word)).collect();
            let images: Vec<&Path> = images.iter().map(PathBuf::as_path).collect();
            let is_directory = target.is_dir();
            check_single(&sources, is_directory, &target, "")?;
            check_special(arguments, &sources)?;
            for source in &sources {
                let to = match is_directory && !source.name.is_empty() {
                    true => target.join(&source.name),
                    false => target.clone(),
                };
                to_host::write(arguments, source, &to, &images)?;
            }
            Ok(())
        }
        Side::Image { image, path } => {
            edit(&place(arguments, &image), &arguments.time, |mounted| {
                let found = mounted.find(&path)?;
                let is_directory = found.is_some_and(|stat| S_ISDIR(stat.st_mode));
                check_single(&sources, is_directory, &image, &path)?;
                for source in &sources {
                    let to = match is_directory && !source.name.is_empty() {
                        true => join(&path, &source.name),
                        false => path.clone(),
                    };
                    to_image::write(mounted, arguments, source, &to)?;
                }
                Ok(())
            })
        }
    }
}

fn place(arguments: &CpArgs, image: &Path) -> Place {
    Place {
        image: image.to_owned(),
        partition: arguments.partition,
    }
}

fn read_source(arguments: &CpArgs, word: &str, last: &str) -> Result<Source> {
    match Side::parse(word) {
        Side::Host(path) => {
            if let Side::Host(_) = Side::parse(last) {
                let problem = "expected IMAGE:/PATH on one side; from host to host there is cp(1)";
                return Err(Fault::new(format!("copy to {last}"), problem).in_file(&path));
            }
            from_host::read(arguments, &path, word.ends_with("/."))
        }
        Side::Image { image, path } => inspect(&place(arguments, &image), |mounted| {
            from_image::read(mounted, arguments, &path)
        }),
    }
}

/// Several sources, or the contents of one, need a directory.
fn check_single(sources: &[Source], is_directory: bool, file: &Path, path: &str) -> Result<()> {
    if sources.len() < 2 || is_directory {
        return Ok(());
    }
    let place = if path.is_empty() { "destination" } else { path };
    let problem = "expected a directory, as there are several files to copy";
    Err(Fault::new(place, problem).in_file(file))
}

fn check_special(arguments: &CpArgs, sources: &[Source]) -> Result<()> {
    let is_special = |item: &&Item| matches!(item.kind, Kind::Special(_));
    let mut items = sources.iter().flat_map(|source| &source.items);
    match items.find(is_special) {
        Some(item) if !arguments.skip_special => {
            let problem = "a device or pipe, which is not made on the host; \
                           --skip-special leaves it out";
            Err(Fault::new("copy", problem).in_file(Path::new(&item.relative)))
        }
        _ => Ok(()),
    }
}

/// A directory without `-r`.
fn is_directory_error(path: &str, image: &Path) -> Error {
    Error::InImage {
        image: image.to_owned(),
        path: path.to_owned(),
        action: "copy without -r",
        errno: Errno::EISDIR,
    }
}
