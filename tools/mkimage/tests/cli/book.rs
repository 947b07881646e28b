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

/// The tour is in `examples.rs`.
#[test]
fn no_section_with_examples_is_left_out() {
    let sections = BOOK.split("\n## ").filter(|it| it.contains("\n$ "));
    let headings: Vec<&str> = sections.filter_map(|it| it.lines().next()).collect();
    let tested = [
        "A tour",
        "Output, and who else has the image",
        "Archives",
        "Check and repair",
    ];
    assert_eq!(headings, tested);
}

/// The first column of the table below a heading.
fn first_column(heading: &str) -> Vec<&'static str> {
    let section = BOOK.split("\n## ").find(|it| it.starts_with(heading));
    let rows = section.unwrap().lines().skip_while(|it| *it != "|---|---|");
    let cells = rows.skip(1).map_while(|row| row.strip_prefix("| "));
    cells.map(|row| row.split(" |").next().unwrap()).collect()
}

/// The numbers of an undo file are where the page says.
#[test]
fn an_undo_file_is_laid_out_as_the_table_says() {
    let project = Project::new();
    project.done(&["mkfs", "try.img", "--size", "360K"]);
    let before = project.read("try.img");
    let mut damaged = before.clone();
    damaged[1024] = 3;
    project.write("try.img", &damaged);
    project.done(&["fsck", "--repair", "try.img"]);
    let undo = project.read("try.img.undo");
    let offsets = first_column("Check and repair");
    assert_eq!(offsets.last(), Some(&"behind it"));
    let offsets: Vec<usize> = offsets.iter().filter_map(|it| it.parse().ok()).collect();
    let [name, version, count, length, start, path_length, path] = offsets[..] else {
        panic!("{offsets:?}");
    };
    let number = |offset: usize| u32::from_le_bytes(undo[offset..][..4].try_into().unwrap());
    assert_eq!(undo[name..][..8], *b"mkimage\0");
    assert_eq!((number(version), number(count)), (1, 1));
    assert_eq!((number(length), number(length + 4)), (360 * 1024, 0));
    assert_eq!((number(start), number(start + 4)), (0, 0));
    let behind = path + number(path_length) as usize;
    assert!(undo[path..behind].ends_with(b"try.img"));
    assert_eq!(number(behind), 2);
    assert_eq!(undo[behind + 4..][..512], damaged[1024..1536]);
    assert_eq!(undo[behind + 516..], before[1024..1536]);
}

/// Our own manifest has all keys of the table, and no others.
#[test]
fn the_keys_of_the_manifest_are_in_the_table() {
    let manifest = include_str!("../../../../hdimage/image.toml");
    let manifest: toml::Table = manifest.parse().unwrap();
    let mut keys = Vec::new();
    for (key, value) in &manifest {
        match (key.as_str(), value) {
            ("disk" | "root" | "programs", toml::Value::Table(table)) => {
                keys.extend(table.iter().map(|(name, value)| match value {
                    toml::Value::Array(all) if all.iter().all(toml::Value::is_table) => {
                        format!("`[[{key}.{name}]]`")
                    }
                    _ => format!("`{key}.{name}`"),
                }));
            }
            (_, toml::Value::Table(_)) => keys.push(format!("`[{key}]`")),
            (_, toml::Value::Array(_)) => keys.push(format!("`[[{key}]]`")),
            _ => keys.push(format!("`{key}`")),
        }
    }
    let mut told = first_column("The manifest");
    keys.sort();
    told.sort();
    assert_eq!(keys, told);
}
