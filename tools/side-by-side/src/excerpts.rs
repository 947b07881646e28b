// SPDX-License-Identifier: GPL-2.0-or-later
//! Some items of ours as stretches of lines to be shown: those of one file
//! together, in its order, and what stands between neighbours with them.

use crate::map::ItemPath;
use crate::project::{Project, Source};
use std::ops::RangeInclusive;

/// Stretches of one file.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The file, and the item around all of them if there is one.
    pub name: String,
    /// The file.
    pub file: String,
    /// In order, apart from each other.
    pub lines: Vec<RangeInclusive<usize>>,
}

/// The stretches of some items, those that do not exist left out.
pub fn excerpts(project: &Project, paths: &[&ItemPath]) -> Vec<Excerpt> {
    let mut files: Vec<&str> = Vec::new();
    for path in paths {
        if !files.contains(&path.file.as_str()) {
            files.push(&path.file);
        }
    }
    let excerpt = |file: &&str| {
        let source = project.source(file).ok()?;
        let paths: Vec<&str> = paths
            .iter()
            .filter(|path| path.file == **file)
            .map(|path| path.item.as_str())
            .collect();
        let lines = join(
            source,
            paths
                .iter()
                .filter_map(|path| Some(source.item(path)?.lines.clone()))
                .collect(),
        );
        (!lines.is_empty()).then(|| Excerpt {
            name: match around(&paths) {
                Some(item) => format!("{file}::{item}"),
                None => (*file).to_owned(),
            },
            file: (*file).to_owned(),
            lines,
        })
    };
    files.iter().filter_map(excerpt).collect()
}

/// The item around all of these, or the only one.
fn around<'a>(paths: &[&'a str]) -> Option<&'a str> {
    if let [path] = paths {
        return Some(path);
    }
    let of = |path: &'a str| path.rsplit_once("::").map(|(around, _)| around);
    let first = of(paths.first()?)?;
    paths
        .iter()
        .all(|path| of(path) == Some(first))
        .then_some(first)
}

/// Sorts stretches, gives each the comment above it, and makes one of those
/// between which nothing but comments stands.
fn join(source: &Source, mut ranges: Vec<RangeInclusive<usize>>) -> Vec<RangeInclusive<usize>> {
    let lines: Vec<&str> = source.text.lines().collect();
    let is_comment = |number: usize| {
        let line = lines.get(number - 1).map_or("", |line| line.trim_start());
        line.starts_with("//") || line.starts_with("#[")
    };
    ranges.sort_by_key(|range| *range.start());
    let mut joined: Vec<RangeInclusive<usize>> = Vec::new();
    for range in ranges {
        let mut start = *range.start();
        while start > 1 && is_comment(start - 1) {
            start -= 1;
        }
        match joined.last_mut() {
            Some(last) if start <= last.end() + 1 => {
                *last = *last.start()..=*last.end().max(range.end());
            }
            _ => joined.push(start..=*range.end()),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_shown_together_with_their_comments() {
        let text = "/// One.\nA\n// Two.\nB\nC\n\nD\n".to_owned();
        let source = Source {
            text,
            items: Vec::new(),
        };
        assert_eq!(
            join(&source, vec![7..=7, 2..=2, 4..=4, 5..=5]),
            [1..=5, 7..=7]
        );
    }

    #[test]
    fn what_is_around_all_is_found() {
        assert_eq!(around(&["a!::ONE", "a!::TWO"]), Some("a!"));
        assert_eq!(around(&["a!::ONE", "TWO"]), None);
        assert_eq!(around(&["ONE", "TWO"]), None);
        assert_eq!(around(&["a!::ONE"]), Some("a!::ONE"));
    }
}
