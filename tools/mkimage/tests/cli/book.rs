// SPDX-License-Identifier: GPL-2.0-or-later
//! The examples of `docs/mkimage.md` are run, and do what the page says.

use crate::project::Project;
use std::fs;
use std::process::Command;

const BOOK: &str = include_str!("../../../../docs/mkimage.md");

/// The examples below a heading: what is typed, and the lines that come of it.
fn examples(heading: &str) -> Vec<(String, String)> {
    let section = BOOK.split("\n## ").find(|it| it.starts_with(heading));
    // Every second piece is between two fences.
    let blocks = section.unwrap().split("```").skip(1).step_by(2);
    let mut examples: Vec<(String, String)> = Vec::new();
    for line in blocks.flat_map(|block| block.lines().skip(1)) {
        match (line.strip_prefix("$ "), examples.last_mut()) {
            (Some(typed), _) => examples.push((typed.to_owned(), String::new())),
            (None, Some((_, printed))) => *printed += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    examples
}

/// Runs all examples below a heading one after the other, in a folder with an
/// image where the page has it.
fn run_all(heading: &str) {
    let project = Project::built();
    fs::create_dir(project.path("build")).unwrap();
    fs::rename(project.path("image"), project.path("build/eleven.img")).unwrap();
    let program = assert_cmd::cargo::cargo_bin("mkimage");
    let folders = [program.parent().unwrap().to_str().unwrap(), env!("PATH")];
    let examples = examples(heading);
    assert!(examples.len() > 5, "{heading}");
    for (typed, expected) in examples {
        let mut shell = Command::new("sh");
        shell
            .current_dir(project.path(""))
            .env("PATH", folders.join(":"))
            .args(["-c", &format!("exec 2>&1; {typed}")]);
        let output = shell.output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed.trim_end(), expected.trim_end(), "$ {typed}");
    }
}

#[test]
fn output_and_locks() {
    run_all("Output, and who else has the image");
}

#[test]
fn check_and_repair() {
    run_all("Check and repair");
}

#[test]
fn archives() {
    run_all("Archives");
}
