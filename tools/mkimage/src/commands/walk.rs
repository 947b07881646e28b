// SPDX-License-Identifier: GPL-2.0-or-later
//! What is below a directory of an image, as far as it can be looked at.

use abi::sys::stat::{S_ISDIR, Stat};
use mkimage::error::Result;
use mkimage::image_path::{Escaped, ImagePath};
use mkimage::root_fs::Mounted;
use std::collections::HashSet;

/// No path of a sound image comes near this.
const DEPTH_MAX: usize = 500;

/// A file, and what it is.
pub struct Entry {
    pub path: ImagePath,
    pub stat: Stat,
    /// The lines that lead to it.
    pub drawing: String,
}

impl Entry {
    pub fn is_directory(&self) -> bool {
        S_ISDIR(self.stat.st_mode)
    }

    /// Its name.
    pub fn name(&self) -> &[u8] {
        self.path.name().unwrap_or(b"/")
    }
}

/// The files in a directory by their names. About those that can't be looked at,
/// or can't have their name, there is a complaint.
pub fn children(mounted: &Mounted<'_>, directory: &ImagePath) -> Result<Vec<(ImagePath, Stat)>> {
    let mut files: Vec<(ImagePath, Stat)> = Vec::new();
    for name in mounted.read_dir(directory)? {
        let bad = |problem: &str| {
            let problem = format!("`{}` {problem}; try fsck", Escaped(&name));
            mounted.complain(&mounted.fault(directory, problem));
        };
        let Ok(path) = directory.join(&name) else {
            bad("cannot be the name of a file");
            continue;
        };
        if files.last().is_some_and(|(last, _)| *last == path) {
            bad("occurs twice");
            continue;
        }
        match mounted.stat(&path) {
            Ok(stat) => files.push((path, stat)),
            Err(error) => mounted.complain(&error),
        }
    }
    Ok(files)
}

/// What is below a directory, a directory before its contents.
pub fn walk(mounted: &Mounted<'_>, path: &ImagePath) -> Result<Vec<Entry>> {
    let mut walk = Walk {
        mounted,
        seen: HashSet::new(),
        entries: Vec::new(),
    };
    let stat = mounted.stat(path)?;
    if S_ISDIR(stat.st_mode) {
        walk.seen.insert(stat.st_ino);
        walk.directory(path, "", 0)?;
    }
    Ok(walk.entries)
}

struct Walk<'a, 'fs> {
    mounted: &'a Mounted<'fs>,
    /// Directories entered, by inode number: none is entered twice.
    seen: HashSet<u16>,
    entries: Vec<Entry>,
}

impl Walk<'_, '_> {
    fn directory(&mut self, path: &ImagePath, margin: &str, depth: usize) -> Result<()> {
        let files = children(self.mounted, path)?;
        let last = files.len().saturating_sub(1);
        for (index, (path, stat)) in files.into_iter().enumerate() {
            let (branch, below) = if index == last {
                ("└── ", "    ")
            } else {
                ("├── ", "│   ")
            };
            self.entries.push(Entry {
                path: path.clone(),
                stat,
                drawing: format!("{margin}{branch}"),
            });
            if !S_ISDIR(stat.st_mode) {
                continue;
            }
            if !self.seen.insert(stat.st_ino) {
                let problem = "the directory has another name too, and is shown there; try fsck";
                self.mounted.complain(&self.mounted.fault(&path, problem));
            } else if depth == DEPTH_MAX {
                let problem = "directories are nested too deeply, what is below is left out";
                self.mounted.complain(&self.mounted.fault(&path, problem));
            } else if let Err(error) = self.directory(&path, &format!("{margin}{below}"), depth + 1)
            {
                self.mounted.complain(&error);
            }
        }
        Ok(())
    }
}
