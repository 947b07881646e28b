// SPDX-License-Identifier: GPL-2.0-or-later
//! The core of the kernel, the files that a first reader walks through: their sizes
//! stand in docs/reading-guide.md, and do not grow.
//!
//! A row of the table there has our files, the lines of code that they have at most,
//! and 0.11's files with theirs. Neither comments nor blank lines nor tests count. A
//! path that ends with `/` means all files in that folder.

mod common;

use common::project;
use std::fs;
use std::path::Path;

/// The lines of code that the core had when it was last made shorter. It may get
/// shorter still; then this number and the one in the table follow.
const MOST_LINES: usize = 8505;
/// How far a row may be below its number before the number has to follow.
const SLACK: usize = 20;

/// A row of the table.
struct Row<'a> {
    paths: Vec<&'a str>,
    lines: usize,
}

/// The cells of a row that has four of them and says how many lines.
fn row(line: &str) -> Option<Row<'_>> {
    let mut cells = line.strip_prefix("| ")?.split(" | ");
    let (ours, lines) = (cells.next()?, cells.next()?.parse().ok()?);
    let paths = ours.split('`').skip(1).step_by(2).collect();
    Some(Row { paths, lines })
}

fn rows(page: &str) -> Vec<Row<'_>> {
    let part = page.split("## The core").nth(1).unwrap();
    let part = part.split("\n## ").next().unwrap();
    part.lines().filter_map(row).collect()
}

/// The lines of a source that are neither comment nor blank nor test.
fn lines_of_code(source: &str) -> usize {
    let (mut lines, mut count) = (source.lines(), 0);
    while let Some(line) = lines.next() {
        let text = line.trim_start();
        if line == "#[cfg(test)]" && lines.next().is_some_and(|next| next.ends_with('{')) {
            // A module of tests ends its file.
            break;
        }
        let is_code = !text.is_empty() && !text.starts_with("//") && !text.starts_with("# ");
        count += usize::from(is_code && !matches!(text, "#" | "#[cfg(test)]"));
    }
    count
}

/// The lines of code of a file, or of all in a folder but tests.
fn count(path: &Path) -> usize {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap();
        return entries.map(|entry| count(&entry.unwrap().path())).sum();
    }
    if path.ends_with("tests.rs") {
        return 0;
    }
    let source = fs::read_to_string(path);
    lines_of_code(&source.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

#[test]
fn the_core_does_not_grow() {
    let page = fs::read_to_string(project().join("docs/reading-guide.md")).unwrap();
    let mut rows = rows(&page);
    let all = rows.pop_if(|row| row.paths.is_empty());
    assert!(rows.len() > 10, "only {} rows were found", rows.len());
    let mut wrong = String::new();
    for Row { paths, lines } in &rows {
        let found: usize = paths.iter().map(|path| count(&project().join(path))).sum();
        println!("{paths:?}: {found}");
        if !(found..=found + SLACK).contains(lines) {
            wrong += &format!("{paths:?} have {found} lines of code, the page says {lines}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let sum: usize = rows.iter().map(|row| row.lines).sum();
    assert_eq!(all.map(|row| row.lines), Some(sum), "the last row");
    assert!(sum <= MOST_LINES, "the core has grown to {sum} lines");
}

#[test]
fn comments_and_tests_are_no_code() {
    let source = "// a\n//! b\n\nuse c;\n    /// d\nfn e() {} // f\n#[cfg(test)]\nmod tests;\n\
                  #[inline]\nfn g() {}\n#[cfg(test)]\nmod tests {\n    fn h() {}\n}\n";
    assert_eq!(lines_of_code(source), 4);
    assert_eq!(lines_of_code("# a\n#\nb:\n        call c  # d\n"), 2);
    let page = "## The core\n\n| here | lines |\n|---|---|\n| `a.rs` `b/` | 10 | `a.c` | 9 |\n\
                | all | 10 | | 9 |\n\n## After\n\n| `c.rs` | 9 | | |\n";
    let rows = rows(page);
    let found: Vec<_> = rows.iter().map(|row| (&row.paths[..], row.lines)).collect();
    assert_eq!(found, [(&["a.rs", "b/"][..], 10), (&[], 10)]);
}
