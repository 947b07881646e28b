// SPDX-License-Identifier: GPL-2.0-or-later
//! What Linux 0.11 consists of: its source files, and in each its functions,
//! global variables, types, labels, macros and constants with the line where
//! they are.
//!
//! These are facts about the release of December 1991 and never change.

use crate::error::{Error, Problem, Result};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

/// The list of files, in the project: name, size and SHA-256, separated by tabs.
pub const FILES: &str = "docs/linux-0.11-files.txt";
/// The table of symbols: file, line, kind and name, separated by tabs.
pub const SYMBOLS: &str = "docs/linux-0.11-symbols.tsv";
/// The table of macros and constants: as [`SYMBOLS`], then the number of
/// arguments and the value, or `-`.
pub const MACROS: &str = "docs/linux-0.11-macros.tsv";

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
    /// A macro with arguments.
    Macro,
    /// A macro without, or a constant of an assembly file.
    Constant,
    /// A function that a `_syscall` macro makes.
    SyscallStub,
}

impl Kind {
    const ALL: [(&'static str, Kind); 8] = [
        ("function", Kind::Function),
        ("variable", Kind::Variable),
        ("struct", Kind::Struct),
        ("typedef", Kind::Typedef),
        ("label", Kind::Label),
        ("macro", Kind::Macro),
        ("constant", Kind::Constant),
        ("syscall-stub", Kind::SyscallStub),
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
    /// The table that it is in.
    pub table: &'static str,
    /// The row's line in the table.
    pub row: usize,
    /// The line in 0.11's file, counted from 1.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
    /// Its name; labels with the underscore that the C compiler gave them.
    pub name: String,
    /// What the map calls it: the name, or "kind name" where a file has
    /// symbols of several kinds with that name.
    pub key: String,
    /// How many symbols of this key stand above it: a macro may be defined
    /// several times, each under another condition.
    pub repeated: usize,
    /// Of a constant: its value, if that is a plain number.
    pub value: Option<i64>,
}

/// A source file of 0.11.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// From the top of the source tree, as `kernel/sched.c`.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// In the order of the file.
    pub symbols: Vec<Symbol>,
}

impl File {
    /// Whether this is its contents.
    pub fn is(&self, contents: &[u8]) -> bool {
        contents.len() as u64 == self.size && sha256(contents) == self.sha256
    }

    /// Whether it is an assembly file.
    pub fn is_assembly(&self) -> bool {
        self.path.ends_with(".s") || self.path.ends_with(".S")
    }
}

/// Reads the tables of a project.
pub fn read(project: &Path) -> Result<Vec<File>> {
    let read = |name: &str| {
        let path = project.join(name);
        std::fs::read_to_string(&path).map_err(Error::host(path, "read"))
    };
    parse(&read(FILES)?, &read(SYMBOLS)?, &read(MACROS)?).map_err(Error::Contents)
}

/// The files with their symbols and macros. Lines that begin with `#` are
/// comments, the first of the others in a table is its head.
pub fn parse(files: &str, symbols: &str, macros: &str) -> std::result::Result<Vec<File>, Problem> {
    let mut all: Vec<File> = lines(files)
        .map(|(row, text)| {
            parse_file(text).ok_or_else(|| {
                let what =
                    format!("expected name, size and SHA-256 with tabs between, found `{text}`");
                Problem::at(FILES, row, what)
            })
        })
        .collect::<std::result::Result<_, _>>()?;
    for (table, text) in [(SYMBOLS, symbols), (MACROS, macros)] {
        for (row, text) in lines(text).skip(1) {
            let problem = |what: String| Problem::at(table, row, format!("{what}, found `{text}`"));
            let (path, symbol) =
                parse_row(table, row, text).map_err(|what| problem(what.into()))?;
            let file = all
                .iter_mut()
                .find(|file| file.path == path)
                .ok_or_else(|| problem(format!("expected a file that {FILES} lists")))?;
            file.symbols.push(symbol);
        }
    }
    for file in &mut all {
        file.symbols.sort_by_key(|symbol| symbol.line);
        name_apart(&mut file.symbols);
    }
    Ok(all)
}

/// The row that [`FILES`] has of a file with these contents.
pub fn file_row(path: &str, contents: &[u8]) -> String {
    format!("{path}\t{}\t{}\n", contents.len(), sha256(contents))
}

/// The SHA-256 of some bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse_file(text: &str) -> Option<File> {
    let [path, size, sha256] = text.split('\t').collect::<Vec<_>>()[..] else {
        return None;
    };
    (sha256.len() == 64).then_some(())?;
    Some(File {
        path: path.to_owned(),
        size: size.parse().ok()?,
        sha256: sha256.to_owned(),
        symbols: Vec::new(),
    })
}

/// A row: the file, and the symbol in it.
fn parse_row<'a>(
    table: &'static str,
    row: usize,
    text: &'a str,
) -> std::result::Result<(&'a str, Symbol), &'static str> {
    let fields: Vec<&str> = text.split('\t').collect();
    let (path, line, kind, name, value) = match (table, &fields[..]) {
        (SYMBOLS, &[path, line, kind, name]) => (path, line, kind, name, "-"),
        (MACROS, &[path, line, kind, name, _, value]) => (path, line, kind, name, value),
        (MACROS, _) => {
            return Err("expected file, line, kind, name, arguments and value with tabs between");
        }
        _ => return Err("expected file, line, kind and name with tabs between"),
    };
    let value = match value {
        "-" => None,
        number => Some(number.parse().map_err(|_| "expected a value, or `-`")?),
    };
    let symbol = Symbol {
        table,
        row,
        line: line.parse().map_err(|_| "expected a line number")?,
        kind: Kind::parse(kind).ok_or("expected a kind of symbol")?,
        name: name.to_owned(),
        key: name.to_owned(),
        repeated: 0,
        value,
    };
    Ok((path, symbol))
}

/// Adds the kind to keys that symbols of several kinds would have, and counts
/// those that are left the same.
fn name_apart(symbols: &mut [Symbol]) {
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    let mut several = BTreeSet::new();
    for symbol in symbols.iter() {
        let first = kinds.entry(symbol.name.clone()).or_insert(symbol.kind);
        if *first != symbol.kind {
            several.insert(symbol.name.clone());
        }
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for symbol in symbols {
        if several.contains(&symbol.name) {
            symbol.key = format!("{} {}", symbol.kind, symbol.name);
        }
        let count = seen.entry(symbol.key.clone()).or_default();
        symbol.repeated = *count;
        *count += 1;
    }
}

/// The lines that say something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}
