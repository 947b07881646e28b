// SPDX-License-Identifier: GPL-2.0-or-later
//! Some symbols of 0.11 beside our items in a terminal: a text of two columns,
//! in colour if that is wanted.
//!
//! What is shown is named as `sched.c:schedule`, or by a file or a symbol alone.

mod columns;

use crate::error::{Error, Problem, Result};
use crate::excerpts::{Excerpt, excerpts};
use crate::facts::{File, Kind, Symbol};
use crate::highlight::{Class, Language, highlight};
use crate::map::{Entry, ItemPath};
use crate::original::Original;
use crate::project::Project;
use crate::segments::{Segment, cut};
pub use columns::Look;
use columns::{Column, Style};
use std::ops::RangeInclusive;

/// The text that shows what is named.
pub fn show(
    project: &Project,
    original: Option<&Original>,
    named: &str,
    look: &Look,
) -> Result<String> {
    let files = find(project, named)?;
    let mut text = String::new();
    for (file, symbol) in files {
        let show = Show {
            project,
            file,
            original: original.and_then(|original| original.text(&file.path)),
            look,
        };
        text += &show.file(symbol);
    }
    Ok(text)
}

/// The files that are meant, and the symbol in them if it is not all of them.
fn find<'a>(project: &'a Project, named: &'a str) -> Result<Vec<(&'a File, Option<&'a str>)>> {
    let nothing = |what: String| Err(Error::Contents(Problem::with(named, what)));
    let has = |file: &File, name: &str| file.symbols.iter().any(|symbol| symbol.name == name);
    let (path, name) = match named.split_once(':') {
        Some((path, name)) => (path, Some(name)),
        None if project.files.iter().any(|file| is_called(file, named)) => (named, None),
        None => ("", Some(named)),
    };
    let files: Vec<&File> = project
        .files
        .iter()
        .filter(|file| path.is_empty() || is_called(file, path))
        .collect();
    if files.is_empty() {
        return nothing(format!(
            "Linux 0.11 has no file `{path}`, expected one of docs/map.md, as in sched.c:schedule"
        ));
    }
    let Some(name) = name else {
        return Ok(files.into_iter().map(|file| (file, None)).collect());
    };
    let found: Vec<(&File, Option<&str>)> = files
        .iter()
        .filter(|file| has(file, name))
        .map(|file| (*file, Some(name)))
        .collect();
    match (&found[..], &files[..]) {
        ([], [file]) => nothing(format!(
            "{} has no `{name}`, expected one of its symbols in docs/map.md",
            file.path
        )),
        ([], _) => nothing(format!(
            "no file of Linux 0.11 has `{name}`, expected a file or symbol of docs/map.md"
        )),
        _ => Ok(found),
    }
}

/// Whether a file has that path, or ends with it.
fn is_called(file: &File, name: &str) -> bool {
    let around = file.path.strip_suffix(name);
    !name.is_empty() && around.is_some_and(|around| around.is_empty() || around.ends_with('/'))
}

struct Show<'a> {
    project: &'a Project,
    file: &'a File,
    original: Option<&'a str>,
    look: &'a Look,
}

impl Show<'_> {
    /// All of a file, or what declares a symbol.
    fn file(&self, symbol: Option<&str>) -> String {
        let is_wanted = |found: &Symbol| symbol.is_none_or(|name| name == found.name);
        let entry = self.project.map.file(&self.file.path);
        let cut = cut(self.original.unwrap_or_default(), self.file, entry);
        let mut text = String::new();
        for segment in &cut.segments {
            let is_shown = match &segment.symbols[..] {
                [] => symbol.is_none(),
                symbols => symbols.iter().any(|symbol| is_wanted(symbol)),
            };
            if is_shown {
                text += &self.segment(segment);
            }
        }
        for symbol in cut.missing.iter().filter(|symbol| is_wanted(symbol)) {
            text += &self.missing(symbol);
        }
        text
    }

    fn segment(&self, segment: &Segment) -> String {
        let mut left = self.look.column();
        self.lines(
            &mut left,
            &self.file.path,
            self.original.unwrap_or_default(),
            &segment.lines,
        );
        self.head(&segment.symbols) + &self.look.beside(left, self.ours(&segment.symbols))
    }

    /// A symbol for which there is no C.
    fn missing(&self, symbol: &Symbol) -> String {
        let mut left = self.look.column();
        let why = match self.original {
            Some(_) => "not in the sources that were given",
            None => "not here: `make original` says where to get the C",
        };
        left.words(Style::Remark, why);
        self.head(&[symbol]) + &self.look.beside(left, self.ours(&[symbol]))
    }

    /// What stands above both: names, kind, place, and how they differ.
    fn head(&self, symbols: &[&Symbol]) -> String {
        let mut head = self.look.whole_width();
        let (Some(first), Some(last)) = (symbols.first(), symbols.last()) else {
            return String::new();
        };
        let names = match symbols {
            [symbol] => format!("{}, {}", symbol.name, symbol.kind),
            _ => format!("{} to {}, {}", first.name, last.name, symbols.len()),
        };
        let title = format!("{names}, {}:{}", self.file.path, first.line);
        head.words(Style::Title, &title);
        let mut told: Vec<&Entry> = Vec::new();
        for entry in self.entries(symbols) {
            let again = |other: &&Entry| other.run.is_some() && other.run == entry.run;
            if entry.items.is_empty() || told.iter().any(again) {
                continue;
            }
            if let Some(note) = &entry.note {
                head.words(Style::Remark, &note.replace('`', ""));
            }
            told.push(entry);
        }
        self.look.alone(head)
    }

    fn entries<'s>(&'s self, symbols: &'s [&Symbol]) -> impl Iterator<Item = &'s Entry> {
        symbols
            .iter()
            .filter_map(|symbol| self.project.entry(self.file, symbol))
    }

    /// Our side of some symbols.
    fn ours(&self, symbols: &[&Symbol]) -> Column {
        let mut column = self.look.column();
        let mut paths: Vec<&ItemPath> = Vec::new();
        let mut none: Vec<&str> = Vec::new();
        for entry in self.entries(symbols) {
            for path in &entry.items {
                if !paths.contains(&path) {
                    paths.push(path);
                }
            }
            match &entry.note {
                Some(why) if entry.items.is_empty() && !none.contains(&why.as_str()) => {
                    none.push(why);
                }
                _ => {}
            }
        }
        let is_block = symbols.len() > 1 && symbols.iter().all(|of| of.kind == Kind::Constant);
        let shown: Vec<Excerpt> = if is_block {
            excerpts(self.project, &paths)
        } else {
            let one = |path: &&ItemPath| excerpts(self.project, &[path]);
            paths.iter().flat_map(one).collect()
        };
        for excerpt in shown {
            column.words(Style::Place, &excerpt.name);
            if let Ok(source) = self.project.source(&excerpt.file) {
                for lines in &excerpt.lines {
                    self.lines(&mut column, &excerpt.file, &source.text, lines);
                }
            }
        }
        for why in none {
            column.words(Style::Remark, &format!("none: {}", why.replace('`', "")));
        }
        column
    }

    /// Some lines of a text, numbered, without blank ones at both ends.
    fn lines(&self, column: &mut Column, path: &str, text: &str, lines: &RangeInclusive<usize>) {
        let all = highlight(text, Language::of(path, text));
        let is_blank = |number: &usize| {
            let line = all.get(number - 1);
            line.is_none_or(|line| line.iter().all(|(_, text)| text.trim().is_empty()))
        };
        let mut numbers: Vec<usize> = lines.clone().skip_while(is_blank).collect();
        while numbers.last().is_some_and(is_blank) {
            numbers.pop();
        }
        for number in numbers {
            let pieces: &[(Class, &str)] = all.get(number - 1).map_or(&[], |line| line);
            column.line(number, pieces);
        }
    }
}
