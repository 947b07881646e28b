// SPDX-License-Identifier: GPL-2.0-or-later
//! What Linux 0.11 consists of: its source files, and in each its functions,
//! global variables, types and labels with the line where they are.
//!
//! These are facts about the release of December 1991 and never change.

use crate::error::{Error, Problem, Result};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

/// The list of files, in the project: one a line.
pub const FILES: &str = "docs/linux-0.11-files.txt";
/// The table of symbols: file, line, kind and name, separated by tabs.
pub const SYMBOLS: &str = "docs/linux-0.11-symbols.tsv";

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A C function.
    Function,
    /// A variable of a whole file, or of all.
    Variable,
    /// A structure.
    Struct,
    /// A type's other name.
    Typedef,
    /// A label of an assembly file.
    Label,
}

impl Kind {
    const ALL: [(&'static str, Kind); 5] = [
        ("function", Kind::Function),
        ("variable", Kind::Variable),
        ("struct", Kind::Struct),
        ("typedef", Kind::Typedef),
        ("label", Kind::Label),
    ];

    fn parse(word: &str) -> Option<Kind> {
        Kind::ALL
            .into_iter()
            .find(|(name, _)| *name == word)
            .map(|(_, kind)| kind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Kind::ALL
            .into_iter()
            .find(|(_, kind)| kind == self)
            .map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// The row's line in the table.
    pub row: usize,
    /// The line in 0.11's file, counted from 1.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
    /// Its name; labels with the underscore that the C compiler gave them.
    pub name: String,
    /// What the map calls it: the name, or "kind name" where a file has
    /// several symbols of that name.
    pub key: String,
}

/// A source file of 0.11.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// From the top of the source tree, as `kernel/sched.c`.
    pub path: String,
    /// In the order of the file; some headers have none.
    pub symbols: Vec<Symbol>,
}

impl File {
    /// Whether it is an assembly file.
    pub fn is_assembly(&self) -> bool {
        self.path.ends_with(".s") || self.path.ends_with(".S")
    }
}

/// Reads both tables of a project.
pub fn read(project: &Path) -> Result<Vec<File>> {
    let read = |name: &str| {
        let path = project.join(name);
        std::fs::read_to_string(&path).map_err(Error::host(path, "read"))
    };
    parse(&read(FILES)?, &read(SYMBOLS)?).map_err(Error::Contents)
}

/// The files with their symbols. Lines that begin with `#` are comments.
pub fn parse(files: &str, symbols: &str) -> std::result::Result<Vec<File>, Problem> {
    let mut all: Vec<File> = lines(files)
        .map(|(_, path)| File {
            path: path.to_owned(),
            symbols: Vec::new(),
        })
        .collect();
    for (row, text) in lines(symbols).skip(1) {
        let problem = |what: &str| Problem::at(SYMBOLS, row, format!("{what}, found `{text}`"));
        let [path, line, kind, name] = text.split('\t').collect::<Vec<_>>()[..] else {
            return Err(problem(
                "expected file, line, kind and name with tabs between",
            ));
        };
        let file = all
            .iter_mut()
            .find(|file| file.path == path)
            .ok_or_else(|| problem(&format!("expected a file that {FILES} lists")))?;
        file.symbols.push(Symbol {
            row,
            line: line
                .parse()
                .map_err(|_| problem("expected a line number"))?,
            kind: Kind::parse(kind).ok_or_else(|| problem("expected a kind of symbol"))?,
            name: name.to_owned(),
            key: name.to_owned(),
        });
    }
    for file in &mut all {
        file.symbols.sort_by_key(|symbol| symbol.line);
        name_apart(&mut file.symbols);
    }
    Ok(all)
}

/// Adds the kind to the keys that would be the same.
fn name_apart(symbols: &mut [Symbol]) {
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<String> = symbols
        .iter()
        .map(|symbol| symbol.name.clone())
        .filter(|name| !seen.insert(name.clone()))
        .collect();
    for symbol in symbols {
        if twice.contains(&symbol.name) {
            symbol.key = format!("{} {}", symbol.kind, symbol.name);
        }
    }
}

/// The lines that say something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}
