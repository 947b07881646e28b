// SPDX-License-Identifier: GPL-2.0-or-later
//! The mutants that docs/mutants.md lets survive are changes of functions that exist.

mod common;

use common::project;
use std::fs;

/// File and change of each row of the table.
fn rows(page: &str) -> impl Iterator<Item = (&str, &str)> {
    page.lines().filter_map(|line| {
        line.strip_prefix("| `")?
            .split_once("` | ")?
            .0
            .split_once(": ")
    })
}

/// The function that is changed: `delete ! in Type::name`, `replace name -> bool with true`.
fn function(change: &str) -> &str {
    let path = match change.rsplit_once(" in ") {
        Some((_, path)) => path,
        None => change.split(" -> ").next().unwrap_or_default(),
    };
    let name = path.rsplit([' ', ':']).next();
    name.unwrap_or_default()
}

#[test]
fn each_row_names_a_function_that_exists() {
    let page = fs::read_to_string(project().join("docs/mutants.md")).unwrap();
    for (file, change) in rows(&page) {
        let source = fs::read_to_string(project().join(file));
        let source = source.unwrap_or_else(|error| panic!("{file}: {error}"));
        let name = function(change);
        let is_there = ["(", "<"]
            .iter()
            .any(|end| source.contains(&format!("fn {name}{end}")));
        assert!(is_there, "{file} has no function {name}: {change}");
    }
}

#[test]
fn the_function_of_a_change_is_found() {
    let page = "| `a.rs: delete ! in Fs<'fs>::name` | x |\n\
                | `b.rs: replace <impl fmt::Display for B>::fmt -> fmt::Result with Ok(Default::default())` | y |\n\
                | `c.rs: replace f -> bool with true` | z |\n";
    let found: Vec<_> = rows(page)
        .map(|(file, change)| (file, function(change)))
        .collect();
    assert_eq!(found, [("a.rs", "name"), ("b.rs", "fmt"), ("c.rs", "f")]);
}
