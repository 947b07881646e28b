// SPDX-License-Identifier: GPL-2.0-or-later
//! The project's folder: facts, map, and the sources that the map names.

use crate::assembly;
use crate::error::Result;
use crate::facts::{self, File, Symbol};
use crate::map::{Entry, ItemPath, Map};
use crate::rust::{self, Item};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Everything that is looked at.
pub struct Project {
    /// Its folder.
    pub root: PathBuf,
    /// 0.11's files and symbols.
    pub files: Vec<File>,
    /// What became of them.
    pub map: Map,
    sources: BTreeMap<String, std::result::Result<Source, String>>,
}

/// A source of ours.
pub struct Source {
    /// Its text.
    pub text: String,
    /// Its items or labels.
    pub items: Vec<Item>,
}

impl Source {
    /// A source by its name and text; says what is wrong with it.
    pub(crate) fn new(path: &str, text: String) -> std::result::Result<Source, String> {
        let items = if path.ends_with(".rs") {
            rust::items(&text).map_err(|error| {
                let line = error.span().start().line;
                format!("{path}:{line}: cannot be parsed: {error}")
            })?
        } else {
            assembly::items(&text)
        };
        Ok(Source { text, items })
    }

    /// The item of a path. Of several, as for several processors, the first.
    pub fn item(&self, path: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.path == path)
    }
}

impl Project {
    /// Reads it all.
    pub fn open(root: &Path) -> Result<Project> {
        Ok(Project::new(root, facts::read(root)?, Map::read(root)?))
    }

    /// Facts and a map, for sources in a folder.
    pub fn new(root: &Path, files: Vec<File>, mut map: Map) -> Project {
        map.spread(&files);
        let mut sources = BTreeMap::new();
        for (_, entry) in map.files() {
            let items = entry.symbols.values().flat_map(|symbol| &symbol.items);
            for path in entry.files.iter().chain(items.map(|item| &item.file)) {
                if !sources.contains_key(path) {
                    let text = std::fs::read_to_string(root.join(path));
                    let source = text
                        .map_err(|error| format!("cannot read {path}: {error}"))
                        .and_then(|text| Source::new(path, text));
                    sources.insert(path.clone(), source);
                }
            }
        }
        Project {
            root: root.to_owned(),
            files,
            map,
            sources,
        }
    }

    /// A source that the map names, or what is wrong with it.
    pub fn source(&self, path: &str) -> std::result::Result<&Source, &str> {
        match self.sources.get(path) {
            Some(Ok(source)) => Ok(source),
            Some(Err(problem)) => Err(problem),
            None => Err("the map does not name it"),
        }
    }

    /// All sources that the map names and that can be read, by name.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.sources
            .iter()
            .filter_map(|(path, source)| Some((path.as_str(), source.as_ref().ok()?)))
    }

    /// What became of a symbol.
    pub fn entry(&self, file: &File, symbol: &Symbol) -> Option<&Entry> {
        self.map.file(&file.path)?.symbols.get(&symbol.key)
    }

    /// The item that a path of the map means.
    pub fn item(&self, path: &ItemPath) -> Option<&Item> {
        self.source(&path.file).ok()?.item(&path.item)
    }
}
