// SPDX-License-Identifier: GPL-2.0-or-later
//! Where the sources define what the debugging information has no line for: types
//! and their fields.

use crate::debug_info::Place;
use anyhow::{Context, Result};
use side_by_side::rust::{Item, items};
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the crates that the kernel is made of.
const CRATES: [(&str, &str); 7] = [
    ("kernel", "kernel/src"),
    ("x87", "kernel/x87/src"),
    ("fs", "fs/src"),
    ("mm", "mm/src"),
    ("abi", "lib/abi/src"),
    ("asm", "lib/asm/src"),
    ("sync", "lib/sync/src"),
];

/// The sources, parsed.
pub struct Sources {
    root: PathBuf,
    files: Vec<(String, Vec<Item>)>,
}

impl Sources {
    /// Those of the project in a folder.
    pub fn read(root: &Path) -> Result<Sources> {
        let root = fs::canonicalize(root).context("the folder of the project")?;
        let mut files = Vec::new();
        for (_, folder) in CRATES {
            read_folder(&root, &root.join(folder), &mut files)?;
        }
        Ok(Sources { root, files })
    }

    /// A file as it is called in the project. `None` if it is not of it.
    pub fn in_project(&self, place: &Place) -> Option<Place> {
        let path = Path::new(&place.file);
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        let is_ours = inside.is_relative() && self.root.join(inside).is_file();
        is_ours.then(|| Place {
            file: inside.to_string_lossy().into_owned(),
            line: place.line,
        })
    }

    /// Where an item is defined: `kernel::sched::task::Task`.
    pub fn find(&self, path: &str) -> Option<Place> {
        let (crate_name, rest) = path.split_once("::")?;
        let (modules, item) = rest.rsplit_once("::").unwrap_or(("", rest));
        let (_, folder) = CRATES.iter().find(|(name, _)| *name == crate_name)?;
        let mut found: Vec<_> = self.named(folder, item).collect();
        // Several of that name: the one in the file of its module.
        let last = modules.rsplit("::").next().unwrap_or_default();
        found.sort_by_key(|place| !place.file.ends_with(&format!("/{last}.rs")));
        found.into_iter().next()
    }

    /// Where a field is defined: `kernel::sched::task::Task::pid`.
    pub fn find_field(&self, path: &str) -> Option<Place> {
        let (owner, field) = path.rsplit_once("::")?;
        let (modules, owner) = owner.rsplit_once("::")?;
        let (crate_name, _) = modules.split_once("::").unwrap_or((modules, ""));
        let (_, folder) = CRATES.iter().find(|(name, _)| *name == crate_name)?;
        self.named(folder, &format!("{owner}::{field}")).next()
    }

    /// All items of a name in the files of a folder.
    pub fn named<'a>(&'a self, folder: &'a str, item: &'a str) -> impl Iterator<Item = Place> + 'a {
        let files = self
            .files
            .iter()
            .filter(move |(file, _)| file.starts_with(folder));
        files.flat_map(move |(file, items)| {
            // One that a macro defines goes by the macro's name, too.
            let found = items.iter().filter(move |found| {
                let path = found.path.rsplit("!::").next();
                path == Some(item)
            });
            found.map(move |found| Place {
                file: file.clone(),
                line: *found.lines.start() as u64,
            })
        })
    }
}

fn read_folder(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<Item>)>) -> Result<()> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            read_folder(root, &path, files)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            let found = items(&fs::read_to_string(&path)?)
                .with_context(|| format!("{} is no Rust", path.display()))?;
            let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
            files.push((name, found));
        }
    }
    Ok(())
}
