// SPDX-License-Identifier: GPL-2.0-or-later

use crate::pages::{all, links, page, sources};
use std::path::Path;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_comment_becomes_a_page() {
    let source = "// SPDX\n//! `x [-a] file`, `x -l`: does it. With `-a` all of\n//! it.\n//!\n//! More\n//! text.\n//!\n//! # Examples\n//!\n//! ```text\n//! x -a f\n//! ```\n#![no_std]\n";
    assert_eq!(
        page("x", source).as_deref(),
        Some(
            "NAME\n    x - does it\n\nSYNOPSIS\n    x [-a] file\n    x -l\n\nDESCRIPTION\n    \
             Does it. With -a all of it.\n\n    More text.\n\nEXAMPLES\n    x -a f\n"
        )
    );
    assert_eq!(page("x", "//! Something else.\n"), None);
}

#[test]
fn each_command_has_a_page() {
    let pages = all(folder());
    let names: Vec<&str> = pages
        .iter()
        .flat_map(|(names, _)| names.split(' '))
        .collect();
    let mut missing = Vec::new();
    for name in sources(folder()).keys() {
        if !names.contains(&name.as_str()) {
            missing.push(name.clone());
        }
    }
    assert!(
        missing.is_empty(),
        "their sources do not begin with `how to call it`: {missing:?}"
    );
    assert!(
        links(folder())
            .iter()
            .all(|(link, _)| names.contains(&link.as_str()))
    );
    assert!(names.contains(&"ls") && names.contains(&"man") && names.contains(&"egrep"));
}

/// The letters in the first argument of `options(...)` and of its kin.
fn letters(source: &str) -> Vec<char> {
    let mut letters = Vec::new();
    for call in [" options(", " leading_options("] {
        for (at, _) in source.match_indices(call) {
            let Some(text) = source[at + call.len()..].trim_start().strip_prefix('"') else {
                continue;
            };
            let text = text.split('"').next().unwrap();
            letters.extend(text.chars().filter(|&letter| letter != ':'));
        }
    }
    letters
}

#[test]
fn each_option_is_in_its_page() {
    let mut missing = Vec::new();
    for (name, source) in sources(folder()) {
        let text = page(&name, &source).unwrap_or_default();
        let word = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | '|' | ',' | '.');
        let named: Vec<&str> = text
            .split(word)
            .filter_map(|word| word.strip_prefix('-'))
            .collect();
        for letter in letters(&source) {
            if !named.iter().any(|named| named.contains(letter)) {
                missing.push(format!("{name} -{letter}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn pages_fit_the_screen() {
    for (names, page) in all(folder()) {
        let long = page.lines().find(|line| line.chars().count() > 79);
        assert_eq!(long, None, "{names}");
        assert!(page.is_ascii(), "{names}");
    }
}
