// SPDX-License-Identifier: GPL-2.0-or-later
//! `cp`: files and trees between host and images.
//!
//! One source after the other is looked at and becomes a list of [`Item`]s, a
//! directory before its contents; then they are made at the destination, and the
//! contents of files go there piece by piece.

mod from_host;
mod from_image;
mod from_tar;
mod sync;
mod tar;
mod to_host;
mod to_image;
mod to_tar;

use super::files::{Take, stream};
use super::images::Images;
use crate::cli::{CpArgs, Place};
use abi::Errno;
use abi::sys::types::{Device, Time};
use mkimage::error::{Error, Fault, Result};
use mkimage::image_path::ImagePath;
use mkimage::output::check_standard_output;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub use sync::sync;
pub use tar::tar;

/// A file, wherever it is.
enum Side {
    Host(PathBuf),
    /// Standard input or output.
    Stream,
    Image {
        image: PathBuf,
        path: ImagePath,
    },
}

/// Something to be made, below the destination.
struct Item {
    /// `/` for what was named itself.
    relative: ImagePath,
    kind: Kind,
    mode: u16,
    /// Owner and group, if they mean anything on the other side.
    owner: Option<(u16, u8)>,
    time: Time,
}

enum Kind {
    Directory,
    File,
    SymbolicLink(Vec<u8>),
    /// A device node or pipe; the mode has the type.
    Special(Device),
    /// Another name of an item before it.
    Link(ImagePath),
}

/// What is copied, under which name if it goes into a directory.
struct Source<'a> {
    /// Not there where only the contents are meant: `/` and `folder/.`.
    name: Option<Vec<u8>>,
    items: Vec<Item>,
    files: &'a dyn Files,
}

/// Where the contents of files come from.
trait Files {
    /// Shows the pieces of the file of an item, perhaps without its holes, and
    /// returns its size.
    fn read(&self, relative: &ImagePath, take: Take<'_>) -> Result<u64>;
}

impl Side {
    /// `IMAGE:/PATH`, `-`, otherwise a file of the host.
    fn parse(word: &OsStr) -> Side {
        let bytes = word.as_bytes();
        match bytes.windows(2).position(|pair| pair == b":/") {
            Some(end) if end > 0 => Side::Image {
                image: OsStr::from_bytes(&bytes[..end]).into(),
                path: OsStr::from_bytes(&bytes[end + 1..]).to_owned().into(),
            },
            _ if bytes == b"-" => Side::Stream,
            _ => Side::Host(word.into()),
        }
    }
}

/// The image that a word names.
fn image_of(word: &OsStr) -> Option<PathBuf> {
    match Side::parse(word) {
        Side::Image { image, .. } => Some(image),
        Side::Host(_) | Side::Stream => None,
    }
}

/// `cp`
pub fn cp(images: &Images, arguments: &CpArgs, out: &mut dyn Write) -> Result<()> {
    let Some((last, words)) = arguments.paths.split_last() else {
        return Ok(());
    };
    let inputs: Vec<PathBuf> = words.iter().filter_map(|word| image_of(word)).collect();
    let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    match Side::parse(last) {
        Side::Host(target) => {
            let is_directory = target.is_dir();
            check_single(words, is_directory, &target, "destination")?;
            for_each_source(images, arguments, words, last, &mut |source| {
                check_special(arguments, source)?;
                let to = match &source.name {
                    Some(name) if is_directory => target.join(OsStr::from_bytes(name)),
                    _ => target.clone(),
                };
                to_host::write(arguments, source, &to, &inputs)
            })
        }
        Side::Stream => {
            check_standard_output(Path::new(last), &inputs)?;
            for_each_source(images, arguments, words, last, &mut |source| {
                copy_to_stream(source, out)
            })
        }
        Side::Image { image, path } => {
            images.edit(&place(arguments, &image), &arguments.time, |mounted| {
                let is_directory = mounted.is_directory(&path)?;
                check_single(words, is_directory, &image, &path.to_string())?;
                for_each_source(images, arguments, words, last, &mut |source| {
                    let to = mounted.destination(&path, source.name.as_deref())?;
                    to_image::write(mounted, arguments, source, &to)
                })
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

/// Looks at each source, and lets `work` copy it.
fn for_each_source(
    images: &Images,
    arguments: &CpArgs,
    words: &[OsString],
    last: &OsStr,
    work: &mut dyn FnMut(&Source<'_>) -> Result<()>,
) -> Result<()> {
    let is_from_host = |word: &OsString| matches!(Side::parse(word), Side::Host(_) | Side::Stream);
    if let (false, Some(word)) = (
        matches!(Side::parse(last), Side::Image { .. }),
        words.iter().find(|word| is_from_host(word)),
    ) {
        let problem = "expected IMAGE:/PATH on one side; from host to host there is cp(1)";
        let place = format!("copy to {}", last.display());
        return Err(Fault::new(place, problem).in_file(Path::new(word)));
    }
    for word in words {
        let only_contents = word.as_bytes().ends_with(b"/.");
        match Side::parse(word) {
            Side::Host(path) => from_host::read(arguments, &path, only_contents, work)?,
            Side::Stream => work(&from_host::stream())?,
            Side::Image { image, path } => images
                .inspect(&place(arguments, &image), |mounted| {
                    from_image::read(mounted, arguments, &path, only_contents, work)
                })?,
        }
    }
    Ok(())
}

fn copy_to_stream(source: &Source<'_>, out: &mut dyn Write) -> Result<()> {
    let [
        Item {
            kind: Kind::File,
            relative,
            ..
        },
    ] = &source.items[..]
    else {
        let problem = "expected a regular file for standard output";
        return Err(Fault::new("copy", problem).in_file(Path::new("-")));
    };
    stream(out, &mut |take| source.files.read(relative, take))
}

/// Several sources need a directory.
fn check_single(words: &[OsString], is_directory: bool, file: &Path, place: &str) -> Result<()> {
    if words.len() < 2 || is_directory {
        return Ok(());
    }
    let problem = "expected a directory, as there are several files to copy";
    Err(Fault::new(place, problem).in_file(file))
}

fn check_special(arguments: &CpArgs, source: &Source<'_>) -> Result<()> {
    let is_special = |item: &&Item| matches!(item.kind, Kind::Special(_));
    match source.items.iter().find(is_special) {
        Some(item) if !arguments.skip_special => {
            let problem = "a device or pipe, which is not made on the host; \
                           --skip-special leaves it out";
            let name = source.name.as_deref().unwrap_or_default();
            let path = item.relative.on_host(Path::new(OsStr::from_bytes(name)));
            Err(Fault::new("copy", problem).in_file(&path))
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
        messages: String::new(),
    }
}
