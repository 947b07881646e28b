// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether the map is whole and right: every file and symbol of 0.11 is in it,
//! nothing else is, and all that it names exists.

use crate::error::Problem;
use crate::facts::{FILES, File, SYMBOLS};
use crate::map::{Entry, FileEntry, MAP};
use crate::project::Project;
use std::collections::BTreeSet;

/// All that is wrong.
pub fn check(project: &Project) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in &project.files {
        match project.map.file(&file.path) {
            Some(entry) => check_file(project, file, entry, &mut problems),
            None => problems.push(Problem::with(
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
            problems.push(Problem::at(
                MAP,
                entry.line,
                format!("[\"{path}\"] is no file of 0.11, expected one that {FILES} lists"),
            ));
        }
    }
    problems
}

fn check_file(project: &Project, file: &File, entry: &FileEntry, problems: &mut Vec<Problem>) {
    for path in &entry.files {
        if let Err(problem) = project.source(path) {
            problems.push(Problem::at(
                MAP,
                entry.line,
                format!("{}: expected our file for it, but {problem}", file.path),
            ));
        }
    }
    for symbol in &file.symbols {
        match entry.symbols.get(&symbol.key) {
            Some(found) => check_entry(project, &file.path, &symbol.key, found, problems),
            None => problems.push(Problem::at(
                MAP,
                entry.line,
                format!(
                    "{}: `{}` is missing, expected an item or the reason for having none: {SYMBOLS}:{} has it as a {} in line {}",
                    file.path, symbol.key, symbol.row, symbol.kind, symbol.line
                ),
            )),
        }
    }
    let known: BTreeSet<&str> = file
        .symbols
        .iter()
        .map(|symbol| symbol.key.as_str())
        .collect();
    for (key, found) in &entry.symbols {
        if !known.contains(key.as_str()) {
            problems.push(Problem::at(
                MAP,
                found.line,
                format!(
                    "{}: `{key}` is no symbol of it, expected one that {SYMBOLS} lists",
                    file.path
                ),
            ));
        }
    }
}

fn check_entry(
    project: &Project,
    file: &str,
    key: &str,
    entry: &Entry,
    problems: &mut Vec<Problem>,
) {
    let mut problem = |what: String| {
        problems.push(Problem::at(
            MAP,
            entry.line,
            format!("{file}: `{key}`: {what}"),
        ))
    };
    for path in &entry.items {
        match project.source(&path.file) {
            Err(wrong) => problem(wrong.to_owned()),
            Ok(source) if source.item(&path.item).is_none() => {
                problem(format!(
                    "{} has no `{}`, expected the item that does its job",
                    path.file, path.item
                ));
            }
            Ok(_) => {}
        }
    }
    if entry
        .note
        .as_ref()
        .is_some_and(|note| note.trim().is_empty() || note.contains('\n'))
    {
        problem("expected the note to be one line".to_owned());
    }
}
