// SPDX-License-Identifier: GPL-2.0-or-later
//! The sources that were brought once, unpacked in the project's folder, so that
//! they need not be named again. Git ignores them: they are no part of it.

use super::{Original, not_the_original};
use crate::error::{Error, Problem, Result};
use crate::facts::File;
use std::path::{Path, PathBuf};

/// The folder, in the project.
pub const KEPT: &str = "docs/linux-0.11";

/// Where sources are kept, if they are.
pub fn kept(project: &Path) -> Option<PathBuf> {
    Some(project.join(KEPT)).filter(|folder| folder.is_dir())
}

/// Keeps what was brought, in place of what was kept before. It must be Linux 0.11:
/// half of its files at least are unchanged. A folder with anything else in it, such as
/// a person's own changes, is not replaced.
pub fn keep(path: &Path, original: &Original, files: &[File], project: &Path) -> Result<()> {
    let differences = original.differences(files);
    let unchanged = files.len() - differences.len();
    if unchanged * 2 < files.len() {
        let problem = format!(
            "expected Linux 0.11, but only {unchanged} of its {} files are in {}; for instance {}",
            files.len(),
            original.place,
            differences
                .first()
                .map(Problem::to_string)
                .unwrap_or_default()
        );
        return Err(not_the_original(path, problem));
    }
    let folder = project.join(KEPT);
    if let Some(found) = not_ours(&folder, original, files)? {
        let problem = "is not of Linux 0.11 as it was, and would be lost: move the folder away";
        return Err(not_the_original(&found, problem.to_owned()));
    }
    let parent = folder.parent().unwrap_or(project);
    let new = tempfile::Builder::new()
        .prefix(".linux-0.11-")
        .permissions(accessible())
        .tempdir_in(parent)
        .map_err(Error::host(parent, "make a folder in"))?;
    for (name, contents) in &original.contents {
        let path = new.path().join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::host(folder, "make the folder"))?;
        }
        std::fs::write(&path, contents).map_err(Error::host(&path, "write"))?;
    }
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::host(folder, "replace")(error));
        }
        _ => {}
    }
    std::fs::rename(new.keep(), &folder).map_err(Error::host(&folder, "make the folder"))?;
    Ok(())
}

/// What is at the place of the folder that keeping would lose: neither a file of Linux
/// 0.11 as it was, nor one of those that are to be kept.
fn not_ours(folder: &Path, original: &Original, files: &[File]) -> Result<Option<PathBuf>> {
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        let kind = match std::fs::symlink_metadata(&path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::host(path, "read")(error)),
        };
        if kind.is_dir() {
            for entry in std::fs::read_dir(&path).map_err(Error::host(&path, "read"))? {
                left.push(entry.map_err(Error::host(&path, "read"))?.path());
            }
            continue;
        }
        let name = path.strip_prefix(folder).ok().and_then(Path::to_str);
        let is_known = |contents: &[u8]| {
            let file = files.iter().find(|file| Some(file.path.as_str()) == name);
            file.is_some_and(|file| file.is(contents))
                || name
                    .and_then(|name| original.contents.get(name))
                    .map(Vec::as_slice)
                    == Some(contents)
        };
        if !kind.is_file() || !is_known(&std::fs::read(&path).map_err(Error::host(&path, "read"))?)
        {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// As other folders are, not as temporary ones.
fn accessible() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o755)
}
