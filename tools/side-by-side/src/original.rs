// SPDX-License-Identifier: GPL-2.0-or-later
//! The sources of Linux 0.11, which readers bring themselves: a folder, or an
//! archive made by tar. They may be in a folder of their own inside, `linux/`.

use crate::error::{Error, Result};
use crate::facts::File;
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// A file that tells where the tree begins.
const LANDMARK: &str = "init/main.c";
/// How many folders may be around the tree.
const MOST_AROUND: usize = 3;
/// No source of 0.11 is larger than a tenth of this.
const LARGEST_SOURCE: u64 = 1 << 20;

/// The text of its files.
#[derive(Debug)]
pub struct Original {
    texts: BTreeMap<String, String>,
}

impl Original {
    /// Reads what is there of `files` in a folder or an archive.
    pub fn open(path: &Path, files: &[File]) -> Result<Original> {
        let metadata =
            std::fs::metadata(path).map_err(Error::host(path, "read the sources of Linux 0.11"))?;
        let found = if metadata.is_dir() {
            read_folder(path, files)?
        } else {
            read_archive(path, files)?
        };
        let top = found
            .keys()
            .filter_map(|name| name.strip_suffix(LANDMARK))
            .min_by_key(|top| top.len())
            .ok_or_else(|| {
                let problem =
                    format!("expected the sources of Linux 0.11, but there is no {LANDMARK} in it");
                Error::NotTheOriginal {
                    path: path.to_owned(),
                    problem,
                }
            })?;
        let texts = found
            .iter()
            .filter_map(|(name, bytes)| Some((name.strip_prefix(top)?.to_owned(), decode(bytes))))
            .collect();
        Ok(Original { texts })
    }

    /// The text of a file, if it is there.
    pub fn text(&self, file: &str) -> Option<&str> {
        self.texts.get(file).map(String::as_str)
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

/// The wanted files of an archive, by their path in it.
fn read_archive(path: &Path, files: &[File]) -> Result<BTreeMap<String, Vec<u8>>> {
    let bytes = std::fs::read(path).map_err(Error::host(path, "read"))?;
    let not_tar = |problem: String| Error::NotTheOriginal {
        path: path.to_owned(),
        problem,
    };
    let tar = unpack(bytes).map_err(not_tar)?;
    let broken = |error: std::io::Error| {
        not_tar(format!(
            "expected a folder, a .tar or a .tar.gz file, but {error}"
        ))
    };
    let mut found = BTreeMap::new();
    for entry in tar::Archive::new(&tar[..]).entries().map_err(broken)? {
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

/// Undoes gzip.
fn unpack(bytes: Vec<u8>) -> std::result::Result<Vec<u8>, String> {
    const OTHERS: [(&[u8], &str); 4] = [
        (&[0x1F, 0x9D], "compress"),
        (b"BZh", "bzip2"),
        (b"\xFD7zXZ", "xz"),
        (b"PK\x03\x04", "zip"),
    ];
    if let Some((_, packer)) = OTHERS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(format!(
            "packed by {packer}, expected a folder, a .tar or a .tar.gz file: unpack it first"
        ));
    }
    if !bytes.starts_with(&[0x1F, 0x8B]) {
        return Ok(bytes);
    }
    let mut tar = Vec::new();
    match GzDecoder::new(&bytes[..]).read_to_end(&mut tar) {
        Ok(_) => Ok(tar),
        Err(error) => Err(format!(
            "expected a .tar.gz file, but behind {} bytes it cannot be unpacked: {error}",
            tar.len()
        )),
    }
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
