// SPDX-License-Identifier: GPL-2.0-or-later
//! The sources of Linux 0.11, which readers bring themselves: a folder, an
//! archive made by tar, or the image of a disk, as there are of 1991. They may be
//! in folders of their own inside: `linux/`, on a disk `/usr/src/linux-0.11.org/`.
//!
//! What is brought need not be unchanged: [`Original::differs`] says where it is
//! not what [`facts`](crate::facts) knows.

mod disk;
mod kept;

use crate::error::{Error, Problem, Result};
use crate::facts::File;
pub use kept::{KEPT, keep, kept};
use mkimage::image::unpacked;
use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::path::{Component, Path, PathBuf};

/// A file that tells where the tree begins.
const LANDMARK: &str = "init/main.c";
/// How many folders may be around the tree.
const MOST_AROUND: usize = 3;
/// No source of 0.11 is larger than a tenth of this.
const LARGEST_SOURCE: u64 = 1 << 20;
/// What can be brought.
const EXPECTED: &str = "expected a folder, a .tar, .tar.gz or .tar.xz file, or the image of a disk with Minix's file system";

/// Files by their path in what was brought.
type Found = BTreeMap<String, Vec<u8>>;

/// The text of its files.
#[derive(Debug)]
pub struct Original {
    /// What they are in: the folder, archive or image, and the folder inside.
    pub place: String,
    contents: Found,
    texts: BTreeMap<String, String>,
}

impl Original {
    /// Reads what is there of `files` in a folder, an archive or an image. Of
    /// several trees it takes the one with most of the files as they should be.
    pub fn open(path: &Path, files: &[File]) -> Result<Original> {
        let metadata =
            std::fs::metadata(path).map_err(Error::host(path, "read the sources of Linux 0.11"))?;
        let found = if metadata.is_dir() {
            read_folder(path, files)?
        } else {
            read_file(path, files)?
        };
        let top = best_tree(&found, files).ok_or_else(|| {
            let problem = format!(
                "expected the sources of Linux 0.11, but there is no folder with {LANDMARK} in it"
            );
            not_the_original(path, problem)
        })?;
        let contents: Found = found
            .iter()
            .filter_map(|(name, bytes)| Some((name.strip_prefix(top)?.to_owned(), bytes.clone())))
            .collect();
        let texts = contents
            .iter()
            .map(|(name, bytes)| (name.clone(), decode(bytes)))
            .collect();
        Ok(Original {
            place: path.join(top).display().to_string(),
            contents,
            texts,
        })
    }

    /// The text of a file, if it is there.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.texts.get(file).map(String::as_str)
    }

    /// The files that are not what they were in 1991, and what they are instead.
    pub fn differences(&self, files: &[File]) -> Vec<Problem> {
        let difference = |file: &File| Some(Problem::with(&file.path, self.differs(file)?));
        files.iter().filter_map(difference).collect()
    }

    /// How a file differs from what it was in 1991; `None` if it does not.
    pub fn differs(&self, file: &File) -> Option<String> {
        let Some(contents) = self.contents.get(&file.path) else {
            return Some("is missing".to_owned());
        };
        if file.is(contents) {
            return None;
        }
        Some(match contents.len() as u64 {
            size if size != file.size => {
                format!("has {size} bytes, in Linux 0.11 {}", file.size)
            }
            size => format!("has {size} bytes as in Linux 0.11, but others"),
        })
    }
}

/// The folder inside with most files as they should be; of equals the shortest path.
fn best_tree<'a>(found: &'a Found, files: &[File]) -> Option<&'a str> {
    let unchanged = |top: &str| {
        let contents = |file: &File| found.get(&format!("{top}{}", file.path));
        files
            .iter()
            .filter(|file| contents(file).is_some_and(|contents| file.is(contents)))
            .count()
    };
    found
        .keys()
        .filter_map(|name| name.strip_suffix(LANDMARK))
        .max_by_key(|top| (unchanged(top), std::cmp::Reverse(top.len())))
}

/// What mkimage says of a file, without the name of the file.
fn without_name(path: &Path, error: &mkimage::error::Error) -> String {
    let said = error.to_string();
    let name = format!("{}: ", path.display());
    said.strip_prefix(&name).unwrap_or(&said).to_owned()
}

fn not_the_original(path: &Path, problem: String) -> Error {
    Error::NotTheOriginal {
        path: path.to_owned(),
        problem,
    }
}

/// Whether a path ends like that of a file of 0.11, with not too much around.
fn is_wanted(path: &str, files: &[File]) -> bool {
    files.iter().any(|file| {
        path.strip_suffix(&file.path).is_some_and(|top| {
            (top.is_empty() || top.ends_with('/')) && top.matches('/').count() <= MOST_AROUND
        })
    })
}

/// The wanted files of a folder, by their path in it.
fn read_folder(root: &Path, files: &[File]) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut tops = vec![(root.to_owned(), String::new())];
    while let Some((folder, name)) = tops.pop() {
        if folder.join(LANDMARK).is_file() {
            for file in files {
                let path = folder.join(&file.path);
                if path.is_file() {
                    let source = std::fs::File::open(&path).map_err(Error::host(&path, "read"))?;
                    found.insert(format!("{name}{}", file.path), read_source(source, &path)?);
                }
            }
        } else if name.matches('/').count() < MOST_AROUND {
            tops.extend(
                folders_in(&folder)?
                    .into_iter()
                    .map(|(path, inner)| (path, format!("{name}{inner}/"))),
            );
        }
    }
    Ok(found)
}

/// The folders in a folder, with their names.
fn folders_in(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let entries = std::fs::read_dir(folder).map_err(Error::host(folder, "read"))?;
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::host(folder, "read"))?;
        // Links could lead in a circle.
        if entry.file_type().is_ok_and(|kind| kind.is_dir())
            && let Ok(name) = entry.file_name().into_string()
        {
            folders.push((entry.path(), name));
        }
    }
    Ok(folders)
}

/// The wanted files of an archive or an image, packed or not.
fn read_file(path: &Path, files: &[File]) -> Result<Found> {
    let file = std::fs::File::open(path).map_err(Error::host(path, "read"))?;
    let start = start_of(&file).map_err(Error::host(path, "read"))?;
    if let Some(packer) = other_packer(&start) {
        let problem = format!("packed by {packer}, {EXPECTED}: unpack it first");
        return Err(not_the_original(path, problem));
    }
    let mut file = unpacked(path, file).map_err(|error| {
        not_the_original(
            path,
            format!("{EXPECTED}, but {}", without_name(path, &error)),
        )
    })?;
    let start = start_of(&file).map_err(Error::host(path, "read"))?;
    if !is_tar(&start) && disk::is_image(path, &file) {
        return disk::read(path, file, files);
    }
    if !is_tar(&start) {
        let problem = format!("{EXPECTED}, but it begins like none of them");
        return Err(not_the_original(path, problem));
    }
    file.rewind().map_err(Error::host(path, "read"))?;
    read_archive(path, file, files)
}

/// The first bytes of a file, as many as tell what it is.
fn start_of(file: &std::fs::File) -> std::io::Result<Vec<u8>> {
    use std::os::unix::fs::FileExt;
    let mut start = vec![0; 512];
    let length = file.read_at(&mut start, 0)?;
    start.truncate(length);
    Ok(start)
}

/// Whether a file begins like an archive: with a header that has tar's mark, or a
/// right sum, as those before 1988 have.
fn is_tar(start: &[u8]) -> bool {
    let Ok(header) = <[u8; 512]>::try_from(start) else {
        return false;
    };
    let header = tar::Header::from_byte_slice(&header);
    let sum = header.as_bytes().iter().enumerate().map(|(at, &byte)| {
        // The sum itself counts as spaces.
        u32::from(if (148..156).contains(&at) { b' ' } else { byte })
    });
    header.cksum().is_ok_and(|told| told == sum.sum::<u32>())
}

/// The wanted files of an archive, by their path in it.
fn read_archive(path: &Path, file: std::fs::File, files: &[File]) -> Result<Found> {
    let broken = |error: std::io::Error| not_the_original(path, format!("{EXPECTED}, but {error}"));
    let mut found = BTreeMap::new();
    for entry in tar::Archive::new(file).entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let name = plain(&entry.path().map_err(broken)?);
        if entry.header().entry_type().is_file() && is_wanted(&name, files) {
            let contents = read_source(entry, &path.join(&name))?;
            found.insert(name, contents);
        }
    }
    Ok(found)
}

/// A path without `./` and the like.
fn plain(path: &Path) -> String {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    names.collect::<Vec<_>>().join("/")
}

/// Who packed a file, if it is somebody whose files are not unpacked here.
fn other_packer(start: &[u8]) -> Option<&'static str> {
    const OTHERS: [(&[u8], &str); 4] = [
        (&[0x1F, 0x9D], "compress"),
        (b"BZh", "bzip2"),
        (b"PK\x03\x04", "zip"),
        (b"\x28\xB5\x2F\xFD", "zstd"),
    ];
    let packer = OTHERS.iter().find(|(magic, _)| start.starts_with(magic))?;
    Some(packer.1)
}

fn read_source(source: impl Read, path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source
        .take(LARGEST_SOURCE)
        .read_to_end(&mut bytes)
        .map_err(Error::host(path, "read"))?;
    Ok(bytes)
}

/// Text in UTF-8, or else in Latin-1, of which every byte is a character.
fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_a_character() {
        assert_eq!(decode("für".as_bytes()), "für");
        assert_eq!(decode(b"f\xFCr"), "für");
    }

    #[test]
    fn names_in_archives_are_made_plain() {
        assert_eq!(
            plain(Path::new("./linux//init/main.c")),
            "linux/init/main.c"
        );
    }
}
