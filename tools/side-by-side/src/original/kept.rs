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
/// half of its files at least are unchanged.
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

/// As other folders are, not as temporary ones.
fn accessible() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o755)
}
