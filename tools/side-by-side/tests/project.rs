// SPDX-License-Identifier: GPL-2.0-or-later
//! The map of this project, and that whatever is wrong with a map is found.

mod common;

use common::project;
use side_by_side::check::check;
use side_by_side::facts;
use side_by_side::guide::{GUIDE, guide};
use side_by_side::map::{MAP, Map};
use side_by_side::project::Project;

#[test]
fn every_symbol_of_0_11_has_an_item_that_exists_or_a_reason() {
    let project = Project::open(&project()).unwrap();
    let symbols: usize = project.files.iter().map(|file| file.symbols.len()).sum();
    assert_eq!(
        (project.files.len(), symbols),
        (92, 657),
        "the facts were changed"
    );
    let problems: Vec<String> = check(&project)
        .iter()
        .map(|problem| problem.to_string())
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_guide_is_made_of_this_map() {
    let project = Project::open(&project()).unwrap();
    let made = guide(&project);
    let kept = std::fs::read_to_string(project.root.join(GUIDE)).unwrap();
    let lines = made.lines().zip(kept.lines()).enumerate();
    if let Some((index, (made, kept))) = { lines }.find(|(_, (made, kept))| made != kept) {
        panic!(
            "{GUIDE}:{}: expected\n{made}\nfound\n{kept}\n`make map` makes it of {MAP}",
            index + 1
        );
    }
    assert!(
        made == kept,
        "{GUIDE} ends elsewhere than `make map` would end it"
    );
}

/// What is wrong with this project's map after `old` in it was replaced.
fn problems_with(old: &str, new: &str) -> Vec<String> {
    let text = std::fs::read_to_string(project().join(MAP)).unwrap();
    assert!(text.contains(old), "{MAP} does not contain {old}");
    let map = Map::parse(&text.replacen(old, new, 1)).unwrap();
    let changed = Project::new(&project(), facts::read(&project()).unwrap(), map);
    check(&changed)
        .iter()
        .map(|problem| problem.to_string())
        .collect()
}

/// Without its line: one problem, that contains `expected`.
fn check_problem(old: &str, new: &str, expected: &str) {
    let problems = problems_with(old, new);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("docs/map.toml:"), "{problems:?}");
    assert!(problems[0].contains(expected), "{problems:?}");
}

#[test]
fn a_missing_symbol_is_found() {
    check_problem(
        "sys_exit = \"::sys_exit\"\n",
        "",
        "kernel/exit.c: `sys_exit` is missing, expected an item or the reason for having none: \
         docs/linux-0.11-symbols.tsv:",
    );
}

#[test]
fn a_symbol_that_0_11_lacks_is_found() {
    check_problem(
        "sys_exit = \"::sys_exit\"\n",
        "sys_exit = \"::sys_exit\"\nsys_leave = \"::sys_exit\"\n",
        "kernel/exit.c: `sys_leave` is no symbol of it",
    );
}

#[test]
fn an_item_that_does_not_exist_is_found() {
    check_problem(
        "sys_exit = \"::sys_exit\"\n",
        "sys_exit = \"::sys_leave\"\n",
        "kernel/exit.c: `sys_exit`: kernel/src/exit.rs has no `sys_leave`",
    );
    // A word of a comment is no item, and neither is a local label.
    check_problem(
        "_system_call = { item = \"::system_call\"",
        "_system_call = { item = \"::hottest\"",
        "kernel/src/system_call.s has no `hottest`",
    );
}

#[test]
fn a_file_that_does_not_exist_is_found() {
    check_problem(
        "file = \"kernel/src/signal.rs\"",
        "file = [\"kernel/src/signal.rs\", \"kernel/src/signals.rs\"]",
        "kernel/signal.c: our file for it: cannot read kernel/src/signals.rs",
    );
}

#[test]
fn a_file_of_0_11_without_ours_is_found() {
    let problems = problems_with("[\"lib/close.c\"]", "[\"lib/clos.c\"]");
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0].starts_with("docs/map.toml: [\"lib/close.c\"] is missing"),
        "{problems:?}"
    );
    assert!(
        problems[1].contains("[\"lib/clos.c\"] is no file of 0.11"),
        "{problems:?}"
    );
}

#[test]
fn a_source_that_cannot_be_parsed_is_told_once() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("a.rs"), "fn one() {}\nfn fn() {}\n").unwrap();
    let table = "file\tline\tkind\tname\na.c\t1\tfunction\tone\na.c\t2\tfunction\ttwo\n";
    let files = facts::parse("a.c", table).unwrap();
    let map = "[\"a.c\"]\nfile = \"a.rs\"\n[\"a.c\".symbols]\none = \"::one\"\ntwo = \"::two\"\n";
    let project = Project::new(folder.path(), files, Map::parse(map).unwrap());
    let problems: Vec<String> = check(&project)
        .iter()
        .map(|problem| problem.to_string())
        .collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0]
            .starts_with("docs/map.toml:1: a.c: our file for it: a.rs:2: cannot be parsed: "),
        "{problems:?}"
    );
}
