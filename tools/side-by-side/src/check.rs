// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether the map is whole and right: every file and symbol of 0.11 is in it,
//! nothing else is, and all that it names exists.

use crate::error::Problem;
use crate::facts::{FILES, File, SYMBOLS};
use crate::map::{Entry, FileEntry, MAP};
use crate::project::{Project, Source};
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
                Some(found) => self.entry(&format!("{}: `{}`", file.path, symbol.key), found),
                None => self.problem(
                    entry.line,
                    format!(
                        "{}: `{}` is missing, expected an item or the reason for having none: \
                         {SYMBOLS}:{} has it as a {} in line {}",
                        file.path, symbol.key, symbol.row, symbol.kind, symbol.line
                    ),
                ),
            }
        }
        for (key, found) in &entry.symbols {
            if !file.symbols.iter().any(|symbol| symbol.key == *key) {
                let what = format!(
                    "{}: `{key}` is no symbol of it, expected one that {SYMBOLS} lists",
                    file.path
                );
                self.problem(found.line, what);
            }
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
