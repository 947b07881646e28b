// SPDX-License-Identifier: GPL-2.0-or-later
//! All that the pages are made of: both sides' sources with their links, and
//! which item answers to which symbol.

use super::listing::Listing;
use super::machine::Machine;
use crate::error::{Error, Problem, Result};
use crate::facts::{File, Symbol};
use crate::links::{Definition, Id, Links, c, enclosing, rust};
use crate::original::Original;
use crate::project::{Project, Source};
use crate::segments::{Cut, cut};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;

/// Where our sources are, beside those that the map names.
const FOLDERS: [&str; 5] = ["boot", "kernel", "mm", "fs", "lib"];
/// What is in them that never runs on the machine.
const LEFT_OUT: [&str; 3] = ["tests", "target", "build.rs"];

/// Our sources that the map does not name, by path.
pub fn others(project: &Project) -> Result<BTreeMap<String, Source>> {
    let mut found = BTreeMap::new();
    let mut folders: Vec<String> = FOLDERS.map(str::to_owned).to_vec();
    while let Some(folder) = folders.pop() {
        let path = project.root.join(&folder);
        for entry in std::fs::read_dir(&path).map_err(Error::host(&path, "read"))? {
            let entry = entry.map_err(Error::host(&path, "read"))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let inner = format!("{folder}/{name}");
            if LEFT_OUT.contains(&name.as_str()) {
                continue;
            }
            if entry.path().is_dir() {
                folders.push(inner);
            } else if is_source(&name) && project.source(&inner).is_err() {
                found.insert(inner.clone(), read(&project.root, &inner)?);
            }
        }
    }
    Ok(found)
}

fn is_source(name: &str) -> bool {
    name.ends_with(".rs") || name.ends_with(".s")
}

fn read(root: &Path, path: &str) -> Result<Source> {
    let host = root.join(path);
    let text = std::fs::read_to_string(&host).map_err(Error::host(host, "read"))?;
    Source::new(path, text).map_err(|what| Error::Contents(Problem::with(path, what)))
}

/// A file of 0.11.
pub struct Theirs<'a> {
    /// Its symbols.
    pub file: &'a File,
    /// Its text, if it was given.
    pub text: Option<&'a str>,
    /// The text cut up.
    pub cut: Cut<'a>,
    /// The number of its first symbol; the others follow.
    first: Id,
}

/// A file of ours.
pub struct Ours<'a> {
    /// Its text and items.
    pub source: &'a Source,
    /// Its text to be shown.
    pub listing: Listing<'a>,
    /// The number of its first item; the others follow.
    first: Id,
}

/// A symbol and its file.
pub type Twin<'a> = (&'a Theirs<'a>, &'a Symbol);

/// Both sides.
pub struct Site<'a> {
    /// Facts, map and sources.
    pub project: &'a Project,
    /// 0.11's files, in their order.
    pub theirs: Vec<Theirs<'a>>,
    /// Their texts to be shown, in the same order.
    pub listings: Vec<Listing<'a>>,
    /// Our files, by path.
    pub ours: BTreeMap<&'a str, Ours<'a>>,
    /// What leads where.
    pub links: Links,
    /// The running machine that the pages lead to.
    pub machine: Option<Machine>,
    /// Which symbols became an item, by file and path: places in `theirs`, and
    /// of the symbol in its file.
    twins: BTreeMap<(&'a str, &'a str), Vec<(usize, usize)>>,
}

impl<'a> Site<'a> {
    /// Reads and links it all; `others` are our sources that the map does not name.
    pub fn new(
        project: &'a Project,
        original: Option<&'a Original>,
        others: &'a BTreeMap<String, Source>,
    ) -> Site<'a> {
        let mut links = Links::default();
        let theirs = theirs(project, original, &mut links);
        let others = others.iter().map(|(path, source)| (path.as_str(), source));
        let sources: BTreeMap<&str, &Source> = project.sources().chain(others).collect();
        let mut names = rust::Names::default();
        let mut firsts = Vec::new();
        for (path, source) in &sources {
            let first = links.all().len();
            for item in &source.items {
                links.add(Definition {
                    name: item.path.clone(),
                    kind: String::new(),
                    file: (*path).to_owned(),
                    anchor: format!("L{}", item.lines.start()),
                    is_ours: true,
                });
            }
            names.add(path, &source.text, &source.items, first);
            firsts.push(first);
        }
        let (of_c, listings) = their_listings(&theirs, &mut links);
        let ours = sources
            .into_iter()
            .zip(firsts)
            .map(|((path, source), first)| {
                let listing = Listing::new(
                    path,
                    &source.text,
                    &mut links,
                    &|word| {
                        let in_comment = || {
                            let before = word.before.strip_suffix("struct ").unwrap_or(word.before);
                            let is_named = before.ends_with('`')
                                && before.contains("0.11")
                                && word.after.starts_with('`');
                            is_named.then(|| of_c.anywhere(word.text))?
                        };
                        names.resolve(path, word).or_else(in_comment)
                    },
                    &|line| names.enclosing(path, line),
                );
                (
                    path,
                    Ours {
                        source,
                        listing,
                        first,
                    },
                )
            })
            .collect();
        Site {
            project,
            twins: twins(project, &theirs),
            theirs,
            listings,
            ours,
            links,
            machine: None,
        }
    }

    /// The number of a symbol.
    pub fn symbol(&self, theirs: &Theirs, symbol: &Symbol) -> Option<Id> {
        let place = theirs
            .file
            .symbols
            .iter()
            .position(|other| std::ptr::eq(other, symbol))?;
        Some(theirs.first + place)
    }

    /// The number of an item.
    pub fn item(&self, file: &str, path: &str) -> Option<Id> {
        let ours = self.ours.get(file)?;
        let place = ours
            .source
            .items
            .iter()
            .position(|item| item.path == path)?;
        Some(ours.first + place)
    }

    /// The symbols that became an item.
    pub fn twins(&self, file: &str, item: &str) -> Vec<Twin<'_>> {
        let places = self.twins.get(&(file, item)).into_iter().flatten();
        places
            .map(|&(n, symbol)| (&self.theirs[n], &self.theirs[n].file.symbols[symbol]))
            .collect()
    }

    /// The lines of one of our files that the map names.
    pub fn named(&self, path: &str) -> Vec<RangeInclusive<usize>> {
        let Some(ours) = self.ours.get(path) else {
            return Vec::new();
        };
        let items = ours.source.items.iter();
        items
            .filter(|item| self.twins.contains_key(&(path, item.path.as_str())))
            .map(|item| item.lines.clone())
            .collect()
    }

    /// Our files that a file of 0.11 became: those that the map says, and those
    /// where its symbols are.
    pub fn answers(&self, file: &File) -> Vec<&'a str> {
        let Some(entry) = self.project.map.file(&file.path) else {
            return Vec::new();
        };
        let of_symbols = file
            .symbols
            .iter()
            .filter_map(|symbol| entry.symbols.get(&symbol.key))
            .flat_map(|entry| &entry.items)
            .map(|item| &item.file);
        let mut seen = BTreeSet::new();
        entry
            .files
            .iter()
            .chain(of_symbols)
            .filter(|path| seen.insert(path.as_str()))
            .map(String::as_str)
            .collect()
    }
}

/// 0.11's files, cut up; their symbols get numbers.
fn theirs<'a>(
    project: &'a Project,
    original: Option<&'a Original>,
    links: &mut Links,
) -> Vec<Theirs<'a>> {
    let mut all = Vec::new();
    for file in &project.files {
        let text = original.and_then(|original| original.text(&file.path));
        let cut = match text {
            Some(text) => cut(text, file, project.map.file(&file.path)),
            None if original.is_some() => missing(file),
            None => Cut::default(),
        };
        let first = links.all().len();
        for symbol in &file.symbols {
            links.add(Definition {
                name: symbol.name.clone(),
                kind: symbol.kind.to_string(),
                file: file.path.clone(),
                anchor: super::rows::anchor(symbol),
                is_ours: false,
            });
        }
        all.push(Theirs {
            file,
            text,
            cut,
            first,
        });
    }
    all
}

/// A file that 0.11's sources lack.
fn missing(file: &File) -> Cut<'_> {
    let what = "this file is missing, expected it among the sources of Linux 0.11";
    Cut {
        problems: vec![Problem::with(&file.path, what)],
        missing: file.symbols.iter().collect(),
        ..Cut::default()
    }
}

/// 0.11's texts with their links.
fn their_listings<'a>(
    theirs: &[Theirs<'a>],
    links: &mut Links,
) -> (c::Names<'a>, Vec<Listing<'a>>) {
    let mut names = c::Names::default();
    for Theirs {
        file, text, first, ..
    } in theirs
    {
        let symbols: Vec<(&Symbol, Id)> = file.symbols.iter().zip(*first..).collect();
        names.add(file, text.unwrap_or_default(), &symbols);
    }
    let listing = |theirs: &Theirs<'a>| {
        let text = theirs.text.unwrap_or_default();
        let words = names.of(theirs.file, text, &theirs.cut);
        let segments = theirs.cut.segments.iter().filter_map(|segment| {
            let first = segment.symbols.first()?;
            let place = theirs
                .file
                .symbols
                .iter()
                .position(|symbol| std::ptr::eq(symbol, *first))?;
            Some((&segment.lines, theirs.first + place))
        });
        let segments: Vec<_> = segments.collect();
        let owner = |line| enclosing(segments.iter().copied(), line);
        Listing::new(
            &theirs.file.path,
            text,
            links,
            &|word| words.resolve(word),
            &owner,
        )
    };
    let listings = theirs.iter().map(listing).collect();
    (names, listings)
}

/// Which symbols became which item.
fn twins<'a>(
    project: &'a Project,
    theirs: &[Theirs<'a>],
) -> BTreeMap<(&'a str, &'a str), Vec<(usize, usize)>> {
    let mut twins: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (n, Theirs { file, .. }) in theirs.iter().enumerate() {
        for (place, symbol) in file.symbols.iter().enumerate() {
            for item in project
                .entry(file, symbol)
                .iter()
                .flat_map(|entry| &entry.items)
            {
                let key = (item.file.as_str(), item.item.as_str());
                twins.entry(key).or_default().push((n, place));
            }
        }
    }
    twins
}
