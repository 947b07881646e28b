// SPDX-License-Identifier: GPL-2.0-or-later
//! A comment of ours that names what an item was in 0.11, "(0.11: `wake_up`)",
//! and the map say the same.

mod common;

use common::project;
use side_by_side::facts::{File, Symbol};
use side_by_side::pages::others;
use side_by_side::project::{Project, Source};
use side_by_side::rust::Item;

/// The names in the first "(0.11: ...)" of the comment above an item.
fn named(source: &Source, item: &Item) -> Vec<String> {
    let lines = source.text.lines().skip(item.lines.start() - 1);
    let comment: Vec<&str> = lines
        .map_while(|line| line.trim_start().strip_prefix("///"))
        .collect();
    names_in(&comment.join(" "))
}

/// What is in backquotes between "(0.11:" and the parenthesis that closes it. What
/// stands behind a semicolon or after other words is about something else.
fn names_in(comment: &str) -> Vec<String> {
    let Some((_, twin)) = comment.split_once("(0.11: ") else {
        return Vec::new();
    };
    let mut names = Vec::new();
    let mut rest = twin.trim_start();
    while let Some((name, behind)) = rest.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
        names.push(name.trim_start_matches("struct ").to_owned());
        rest = behind
            .trim_start_matches([',', ' '])
            .trim_start_matches("and ");
    }
    names
}

/// The symbols of a name.
fn symbols<'a>(project: &'a Project, name: &str) -> Vec<(&'a File, &'a Symbol)> {
    let all = project
        .files
        .iter()
        .flat_map(|file| file.symbols.iter().map(move |symbol| (file, symbol)));
    all.filter(|(_, symbol)| symbol.name.trim_start_matches('_') == name.trim_start_matches('_'))
        .collect()
}

/// Whether the map has an item, or one around it or in it, for a symbol.
fn agrees(project: &Project, path: &str, item: &Item, (file, symbol): (&File, &Symbol)) -> bool {
    let items = project
        .entry(file, symbol)
        .into_iter()
        .flat_map(|entry| &entry.items);
    items.filter(|found| found.file == path).any(|found| {
        let overlaps = |found: &Item| {
            found.lines.start() <= item.lines.end() && item.lines.start() <= found.lines.end()
        };
        // A field and a method may have the same path.
        found.item == item.path || project.item(found).is_some_and(overlaps)
    })
}

#[test]
fn the_map_and_the_comments_agree() {
    let project = Project::open(&project()).unwrap();
    let others = others(&project).unwrap();
    let others = others.iter().map(|(path, source)| (path.as_str(), source));
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (path, source) in project.sources().chain(others) {
        for item in source
            .items
            .iter()
            .filter(|item| !item.path.contains("!::"))
        {
            for name in named(source, item) {
                let symbols = symbols(&project, &name);
                compared += symbols.len().min(1);
                if !symbols.is_empty()
                    && !symbols
                        .iter()
                        .any(|symbol| agrees(&project, path, item, *symbol))
                {
                    let (file, symbol) = symbols[0];
                    wrong.push(format!("{path}::{}: its comment says `{name}`, but docs/map.toml does not name it for {}: `{}`", item.path, file.path, symbol.key));
                }
            }
        }
    }
    assert!(
        compared > 200,
        "only {compared} names were found in comments"
    );
    assert!(
        wrong.is_empty(),
        "{} items:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn names_are_found_in_comments() {
    let names = |comment| names_in(comment);
    assert_eq!(names(" Wakes all (0.11: `wake_up`). More"), ["wake_up"]);
    assert_eq!(
        names("(0.11: `struct tty_queue`, `_b` and `c`)"),
        ["tty_queue", "_b", "c"]
    );
    assert_eq!(names("(0.11: `a`, a quarter of `b`)"), ["a"]);
    assert!(names("(since 0.12: `a`)").is_empty());
}
