// SPDX-License-Identifier: GPL-2.0-or-later
//! `side-by-side show`: both sources of a symbol beside each other in the terminal.

mod common;

use assert_cmd::Command;
use common::{project, tree, write_folder};
use side_by_side::facts::MACROS;
use side_by_side::original::{Original, kept};
use side_by_side::project::Project;
use side_by_side::segments::cut;
use tempfile::TempDir;

/// Status, standard output and standard error.
fn show(words: &[&str]) -> (i32, String, String) {
    let folder = TempDir::new().unwrap();
    write_folder(&tree(), folder.path());
    let mut command = Command::cargo_bin("side-by-side").unwrap();
    command
        .env("COLUMNS", "120")
        .arg("--project")
        .arg(project());
    let output = command
        .arg("show")
        .args(words)
        .arg(folder.path())
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// The text, where all is well.
fn shown(words: &[&str]) -> String {
    let (status, text, messages) = show(words);
    assert_eq!((status, messages.as_str()), (0, ""));
    text
}

/// Both sides of each row.
fn sides(text: &str) -> (String, String) {
    let rows = text.lines().filter_map(|line| line.split_once(" │"));
    let trimmed = rows.map(|(left, right)| (left.trim_end(), right.trim_start()));
    let (left, right): (Vec<&str>, Vec<&str>) = trimmed.unzip();
    (left.join("\n"), right.join("\n"))
}

#[test]
fn a_function_stands_beside_ours() {
    let text = shown(&["sched.c:schedule"]);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("schedule, function, kernel/sched.c:104"));
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("looks at a bitmap of runnable tasks")
    );
    let (left, right) = sides(&text);
    assert!(left.contains(" 104 int schedule(void)"), "{left}");
    assert!(
        right.starts_with("kernel/src/sched.rs::schedule\n"),
        "{right}"
    );
    assert!(right.contains("pub fn schedule() {"), "{right}");
    assert!(right.contains("fn switch_to("), "{right}");
    assert!(
        !text.contains('\x1b'),
        "no colours where the output is no terminal"
    );
    for line in text.lines() {
        assert!(line.chars().count() <= 120, "{line}");
    }
}

#[test]
fn a_macro_is_found_by_its_name_alone_and_a_constant_with_its_block() {
    let text = shown(&["switch_to"]);
    assert!(
        text.starts_with("switch_to, macro, include/linux/sched.h:171\n"),
        "{text}"
    );
    assert!(sides(&text).1.contains("fn switch_to("));
    let text = shown(&["errno.h:EROFS"]);
    assert!(
        text.starts_with("ERROR to ENOTEMPTY, 40, include/errno.h:19\n"),
        "{text}"
    );
    let (left, right) = sides(&text);
    assert!(
        left.contains("#define EROFS 1") && right.contains("30 EROFS"),
        "{text}"
    );
    assert!(right.contains("none: 99, which nothing returns"), "{right}");
    // In all files that have it.
    let text = shown(&["CMOS_READ"]);
    assert!(text.contains("init/main.c:69") && text.contains("kernel/blk_drv/hd.c:28"));
}

#[test]
fn a_file_is_shown_whole() {
    let text = shown(&["mm/memory.c"]);
    let (left, _) = sides(&text);
    for line in [
        "/* line 1 of <mm/memory.c> */",
        "CODE_SPACE(a)",
        "int do_no_page(void)",
    ] {
        assert!(left.contains(line), "{line}: {left}");
    }
}

#[test]
fn colours_and_width_can_be_asked_for() {
    let text = shown(&["sched.c:schedule", "--color", "always", "--width", "90"]);
    assert!(text.contains("\x1b[34mint\x1b[0m"), "{text}");
    let text = shown(&["sched.c:schedule", "--width", "90"]);
    assert!(
        text.lines().all(|line| line.chars().count() <= 90),
        "{text}"
    );
}

#[test]
fn without_the_c_it_says_so() {
    let folder = TempDir::new().unwrap();
    let lacking = folder.path().join("linux");
    let mut tree = tree();
    tree.remove("kernel/sched.c");
    write_folder(&tree, &lacking);
    let mut command = Command::cargo_bin("side-by-side").unwrap();
    command.arg("--project").arg(project());
    command.args(["show", "sched.c:schedule"]).arg(&lacking);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("not here: `make original` says"), "{text}");
    assert!(text.contains("pub fn schedule() {"), "{text}");
}

#[test]
fn what_0_11_does_not_have_is_refused() {
    for (named, expected) in [
        (
            "sched.c:shedule",
            "sched.c:shedule: kernel/sched.c has no `shedule`, expected one of",
        ),
        (
            "shed.c:schedule",
            "shed.c:schedule: Linux 0.11 has no file `shed.c`, expected one of",
        ),
        (
            "shedule",
            "shedule: no file of Linux 0.11 has `shedule`, expected a file or symbol",
        ),
        (":", "no file of Linux 0.11 has ``"),
    ] {
        let (status, text, messages) = show(&[named]);
        assert_eq!((status, text.as_str()), (1, ""), "{named}");
        assert!(messages.contains(expected), "{messages}");
    }
}

/// With the real sources, where they are kept: every macro is in its line, and none
/// stands beside nothing.
#[test]
fn no_macro_lies_on_an_empty_line() {
    let project = Project::open(&project()).unwrap();
    let Some(folder) = kept(&project.root) else {
        eprintln!("`make original` has brought no sources: only the made up ones are looked at");
        return;
    };
    let original = Original::open(&folder, &project.files).unwrap();
    let mut looked_at = 0;
    for file in &project.files {
        if original.differs(file).is_some() {
            continue;
        }
        let text = original.text(&file.path).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let cut = cut(text, file, project.map.file(&file.path));
        assert_eq!(cut.problems, []);
        for segment in &cut.segments {
            for symbol in segment
                .symbols
                .iter()
                .filter(|symbol| symbol.table == MACROS)
            {
                let line = lines[symbol.line - 1];
                assert!(line.contains(&symbol.name), "{}:{}", file.path, symbol.line);
                assert!(
                    segment.lines.contains(&symbol.line),
                    "{}:{}",
                    file.path,
                    symbol.line
                );
                looked_at += 1;
                let entry = project.entry(file, symbol).unwrap();
                for path in &entry.items {
                    let item = project.item(path).unwrap();
                    let ours = &project.source(&path.file).unwrap().text;
                    let mut ours = ours.lines().skip(item.lines.start() - 1);
                    assert_ne!(ours.next().unwrap_or_default().trim(), "", "{path}");
                }
            }
        }
    }
    println!("{looked_at} macros and constants");
}
