// SPDX-License-Identifier: GPL-2.0-or-later
//! The map of this project, and that whatever is wrong with a map is found.

mod common;

use common::project;
use side_by_side::check::check;
use side_by_side::facts;
use side_by_side::guide::{GUIDE, guide};
use side_by_side::map::{MAP, Map};
use side_by_side::project::Project;
use side_by_side::values::value;

#[test]
fn every_symbol_of_0_11_has_an_item_that_exists_or_a_reason() {
    let project = Project::open(&project()).unwrap();
    let symbols: usize = project.files.iter().map(|file| file.symbols.len()).sum();
    assert_eq!(
        (project.files.len(), symbols),
        (92, 657 + 870),
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
    let map = Map::parse(&text.replace(old, new)).unwrap();
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
fn a_macro_without_a_row_is_found() {
    check_problem(
        "suser = { item = [\"fs/src/task.rs::FsTask::is_superuser\", \"kernel/src/sched.rs::suser\"] }\n",
        "",
        "include/linux/kernel.h: `suser` is missing, expected an item or the reason for having \
         none: docs/linux-0.11-macros.tsv:",
    );
}

#[test]
fn each_constant_of_a_run_must_be_here() {
    check_problem(
        "__NR_break = \"::system_call_table!::break_\"\n",
        "",
        "`__NR_break`: lib/abi/src/unistd.rs has no `system_call_table!::break`",
    );
}

#[test]
fn a_constant_that_is_another_number_is_found() {
    check_problem(
        "SIGIOT = \"::signal_table!::SIGABRT\"",
        "SIGIOT = \"::signal_table!::SIGTRAP\"",
        "`SIGIOT`: lib/abi/src/signal.rs::signal_table!::SIGTRAP is 5, expected 6 as in 0.11",
    );
    check_problem(
        "NR_HASH = { item = \"fs/src/buffer.rs::NR_HASH\", note = \"4096 chains instead of 307\" }",
        "NR_HASH = \"fs/src/buffer.rs::NR_HASH\"",
        "`NR_HASH`: fs/src/buffer.rs::NR_HASH is 4096, expected 307 as in 0.11",
    );
    check_problem(
        "__NR_break = \"::system_call_table!::break_\"",
        "__NR_break = \"::system_call_table!::stat\"",
        "`__NR_break`: lib/abi/src/unistd.rs::system_call_table!::stat is 18, expected 17",
    );
}

/// Most constants are compared: a change of how they are written must not end that.
#[test]
fn the_numbers_of_most_constants_are_compared() {
    let project = Project::open(&project()).unwrap();
    let compared = project
        .files
        .iter()
        .flat_map(|file| file.symbols.iter().map(move |symbol| (file, symbol)))
        .filter(|(_, symbol)| symbol.value.is_some())
        .filter_map(|(file, symbol)| project.entry(file, symbol))
        .filter_map(|entry| match &entry.items[..] {
            [path] if entry.note.is_none() => {
                value(project.source(&path.file).ok()?, project.item(path)?)
            }
            _ => None,
        })
        .count();
    assert!(compared > 380, "only {compared}");
}

#[test]
fn a_run_of_nothing_is_found() {
    check_problem(
        "\"NCC..NCCS\" = \"::*\"\n",
        "\"NCC..NCCS\" = \"::*\"\n\"NCC..NCCT\" = \"::*\"\n",
        "include/termios.h: `NCC..NCCT` is about 0 constants, expected `FIRST..LAST` or `PREFIX*`",
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
    let problems = problems_with("[\"lib/close.c\"", "[\"lib/clos.c\"");
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
    let files = facts::parse(&facts::file_row("a.c", b""), table, "").unwrap();
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
