// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether the map is whole and right: every file and symbol of 0.11 is in it,
//! nothing else is, all that it names exists, and a constant for which it has no
//! note is the same number there and here.

use crate::error::Problem;
use crate::facts::{FILES, File, MACROS, SYMBOLS, Symbol};
use crate::map::{Entry, FileEntry, MAP};
use crate::project::{Project, Source};
use crate::values::value;
use std::collections::BTreeSet;

/// All that is wrong.
pub fn check(project: &Project) -> Vec<Problem> {
    let mut check = Check {
        project,
        problems: Vec::new(),
        unusable: BTreeSet::new(),
    };
    for file in &project.files {
        match project.map.file(&file.path) {
            Some(entry) => check.file(file, entry),
            None => check.problems.push(Problem::with(
                MAP,
                format!(
                    "[\"{}\"] is missing, expected our file for it: {FILES} lists it",
                    file.path
                ),
            )),
        }
    }
    for (path, entry) in project.map.files() {
        if !project.files.iter().any(|file| file.path == path) {
            let what = format!("[\"{path}\"] is no file of 0.11, expected one that {FILES} lists");
            check.problem(entry.line, what);
        }
    }
    check.problems
}

struct Check<'a> {
    project: &'a Project,
    problems: Vec<Problem>,
    /// Sources of ours that are missing or cannot be parsed, told once.
    unusable: BTreeSet<String>,
}

impl<'a> Check<'a> {
    fn problem(&mut self, line: usize, what: String) {
        self.problems.push(Problem::at(MAP, line, what));
    }

    fn file(&mut self, file: &File, entry: &FileEntry) {
        for path in &entry.files {
            self.source(path, entry.line, &format!("{}: our file for it", file.path));
        }
        for symbol in &file.symbols {
            match entry.symbols.get(&symbol.key) {
                Some(found) => {
                    let name = format!("{}: `{}`", file.path, symbol.key);
                    self.entry(&name, found);
                    self.value(&name, symbol, found);
                }
                None => self.problem(
                    entry.line,
                    format!(
                        "{}: `{}` is missing, expected an item or the reason for having none: \
                         {}:{} has it as a {} in line {}",
                        file.path, symbol.key, symbol.table, symbol.row, symbol.kind, symbol.line
                    ),
                ),
            }
        }
        for (key, found) in &entry.symbols {
            if !file.symbols.iter().any(|symbol| symbol.key == *key) {
                let what = format!(
                    "{}: `{key}` is no symbol of it, expected one that {SYMBOLS} or {MACROS} lists",
                    file.path
                );
                self.problem(found.line, what);
            }
        }
        for run in entry.runs.iter().filter(|run| run.length < 2) {
            let what = format!(
                "{}: `{}` is about {} constants, expected `FIRST..LAST` or `PREFIX*` of several \
                 that {MACROS} lists and that have no rows of their own",
                file.path, run.key, run.length
            );
            self.problem(run.entry.line, what);
        }
    }

    /// A constant that became a constant is the same number, or the map says
    /// how it differs.
    fn value(&mut self, name: &str, symbol: &Symbol, entry: &Entry) {
        let ([path], None, Some(there)) = (&entry.items[..], &entry.note, symbol.value) else {
            return;
        };
        let (Ok(source), Some(item)) = (self.project.source(&path.file), self.project.item(path))
        else {
            return;
        };
        if let Some(here) = value(source, item)
            && here != there
        {
            let what = format!(
                "{name}: {path} is {here}, expected {there} as in 0.11, or a note that says why not"
            );
            self.problem(entry.line, what);
        }
    }

    /// What became of a symbol; `symbol` names it.
    fn entry(&mut self, symbol: &str, entry: &Entry) {
        for path in &entry.items {
            if let Some(source) = self.source(&path.file, entry.line, symbol)
                && source.item(&path.item).is_none()
            {
                let what = format!(
                    "{symbol}: {} has no `{}`, expected the item that does its job",
                    path.file, path.item
                );
                self.problem(entry.line, what);
            }
        }
        let is_line = |note: &str| !note.trim().is_empty() && !note.contains('\n');
        if entry.note.as_deref().is_some_and(|note| !is_line(note)) {
            let what = format!("{symbol}: expected the note to be one line");
            self.problem(entry.line, what);
        }
    }

    /// A source that the map names for `what`.
    fn source(&mut self, path: &str, line: usize, what: &str) -> Option<&'a Source> {
        match self.project.source(path) {
            Ok(source) => Some(source),
            Err(problem) => {
                if self.unusable.insert(path.to_owned()) {
                    self.problem(line, format!("{what}: {problem}"));
                }
                None
            }
        }
    }
}
