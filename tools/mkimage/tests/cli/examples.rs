// SPDX-License-Identifier: GPL-2.0-or-later
//! Every example of the help and of docs/mkimage.md is run, and does what the page
//! says.

use crate::help::commands;
use crate::project::{Project, boot_code};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

/// The project's own folder as after `make`: the image is made of the real manifest;
/// kernel and programs are small ones.
fn checkout() -> Project {
    let project = Project::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for folder in [
        "build",
        "target/i686-kernel/release",
        "target/i686-kernel/programs",
    ] {
        fs::create_dir_all(project.path(folder)).unwrap();
    }
    symlink(
        root.join("hdimage").canonicalize().unwrap(),
        project.path("hdimage"),
    )
    .unwrap();
    // The code in front of a compressed kernel comes with the boot code.
    let boot = boot_code().section_at(".unpack", 0x20_0000, &[0x90; 100]);
    project.write("boot", boot.build());
    for name in ["boot", "kernel"] {
        let to = format!("target/i686-kernel/release/{name}");
        fs::copy(project.path(name), project.path(&to)).unwrap();
        fs::remove_file(project.path(name)).unwrap();
    }
    let bins =
        ["programs", "manual", "tests"].map(|part| root.join(format!("hdimage/{part}/src/bin")));
    for entry in bins.iter().flat_map(|bin| fs::read_dir(bin).unwrap()) {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let to = format!("target/i686-kernel/programs/{name}");
        fs::copy(project.path("built/ls"), project.path(&to)).unwrap();
    }
    project.done(&[
        "build",
        "--manifest",
        "hdimage/image.toml",
        "--output",
        "build/eleven.img",
        "--boot",
        "target/i686-kernel/release/boot",
        "--kernel",
        "target/i686-kernel/release/kernel",
        "--programs",
        "target/i686-kernel/programs",
    ]);
    project
}

/// Runs lines of a shell in `folder` of the project, where `mkimage` is a command.
fn shell(project: &Project, folder: &Path, lines: &str) -> Output {
    let tool = assert_cmd::cargo::cargo_bin("mkimage");
    let path = std::env::var("PATH").unwrap();
    let folders = [
        tool.parent().unwrap().to_str().unwrap(),
        &path,
        "/usr/sbin:/sbin",
    ];
    let mut command = Command::new("bash");
    command.args(["-eo", "pipefail", "-c", lines]);
    command.current_dir(project.path("").join(folder));
    command.env("PATH", folders.join(":"));
    command.env_remove("SOURCE_DATE_EPOCH");
    // Editors and the like ask nobody.
    command.env("EDITOR", "sed -i s/hello/hi/");
    command.stdin(std::process::Stdio::null());
    command.output().unwrap()
}

fn joined(text: &str) -> String {
    text.replace("\\\n", "")
}

/// The examples at the end of a help text, their comments left out.
fn examples_of(help: &str) -> Vec<String> {
    let (_, examples) = help.split_once("Examples:\n").unwrap();
    let examples = joined(examples.split("\n\n").next().unwrap());
    let lines = examples.lines().filter_map(|line| line.strip_prefix("  "));
    // A comment stands behind three spaces, a continued line's words too.
    let without_comment = |line: &str| {
        let words: Vec<&str> = line.split("   ").collect();
        let is_example = |word: &&&str| !word.trim().is_empty() && word.trim().starts_with("--");
        let more = words[1..].iter().filter(is_example).copied();
        [words[0]]
            .into_iter()
            .chain(more)
            .collect::<Vec<_>>()
            .join(" ")
    };
    lines.map(without_comment).collect()
}

/// What the examples of the help expect beside the image.
fn fill(project: &Project) {
    for name in ["hello.txt", "a.out", "file"] {
        project.write(name, "hello\n");
    }
    for image in ["image.img", "old.img", "new.img", "root.img"] {
        project.done(&["mkfs", image, "--size", "720K"]);
    }
    for words in [
        &["mkdir", "old.img", "/home"][..],
        &["mkdir", "-p", "image.img", "/etc", "/dir"],
        &["mkdir", "-p", "build/eleven.img", "/home/linus", "/usr/src"],
        &["put", "build/eleven.img", "file", "/etc/motd"],
        &["put", "build/eleven.img", "file", "/bin/su"],
    ] {
        project.done(words);
    }
    for image in ["build/disk.img", "my.img", "base.img"] {
        fs::copy(project.path("build/eleven.img"), project.path(image)).unwrap();
    }
    project.write(
        "commands",
        "mkdir /a\nls -l /etc # all of it\ncp file :/a\n",
    );
    fs::create_dir(project.path("root/sub")).unwrap();
    let odd = vec![0; 1 << 20];
    let root = project.read("root.img");
    project.write("odd.img", [root, odd].concat());
}

#[test]
fn of_the_help() {
    let whole = checkout();
    fill(&whole);
    let image = whole.read("build/eleven.img");
    let mut count = 0;
    let mut failures = Vec::new();
    let commands = commands(&whole);
    for command in ["", "fsck"]
        .into_iter()
        .chain(commands.iter().map(String::as_str))
    {
        whole.write("build/eleven.img", &image);
        if command == "fsck" {
            // There should be something to repair.
            let mut damaged = image.clone();
            damaged[10080 * 512 + 0x21c40..][..2].fill(0);
            whole.write("build/eleven.img", damaged);
            let _ = fs::remove_file(whole.path("build/eleven.img.undo"));
        }
        let help = match command {
            "" => whole.output(&["--help"]),
            command => whole.output(&[command, "--help"]),
        };
        for example in examples_of(&help) {
            // There may be no floppy drive.
            if example.starts_with("Each command") || example.contains("/dev/fd0") {
                continue;
            }
            let output = shell(&whole, Path::new(""), &example);
            let is_repaired = example.contains("--repair") && !example.contains("--dry-run");
            let is_found = command == "fsck" && !is_repaired && !example.contains("--undo");
            let expected = if is_found { 4 } else { 0 };
            let message = String::from_utf8_lossy(&output.stderr);
            if output.status.code() != Some(expected) {
                failures.push(format!("{example}: {}, {message}", output.status));
            }
            count += 1;
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count > 60, "{count} examples");
}

/// Whether `text` is what `pattern` says, in which `...` stands for anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split("...");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, parts)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The commands of the page with what they print.
fn steps(page: &str) -> Vec<(String, String)> {
    let blocks = page.split("```\n").skip(1).step_by(2);
    let mut steps = Vec::new();
    for line in joined(&blocks.collect::<String>()).lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push((command.to_owned(), String::new())),
            (None, Some((_, output))) => *output += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    steps
}

#[test]
fn of_the_page() {
    let project = checkout();
    fs::copy(
        project.path("build/eleven.img"),
        project.path("build/disk.img"),
    )
    .unwrap();
    let page = include_str!("../../../../docs/mkimage.md");
    let tour = page
        .split("\n## ")
        .find(|section| section.starts_with("A tour"));
    let steps = steps(tour.unwrap());
    assert!(steps.len() > 15, "{steps:?}");
    let mut folder = "".to_owned();
    for (command, expected) in steps {
        if let Some(into) = command.strip_prefix("cd ") {
            folder = into.to_owned();
            continue;
        }
        // The next block begins at the top again.
        if command.contains("target/") {
            folder.clear();
        }
        let output = shell(&project, Path::new(&folder), &command);
        let text = String::from_utf8(output.stdout).unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        let is_check = command.starts_with("mkimage fsck build");
        let status = if is_check { 4 } else { 0 };
        assert_eq!(output.status.code(), Some(status), "{command}: {message}");
        assert!(
            is_like(text.trim_end(), expected.trim_end()),
            "{command} printed\n{text}\nand the page says\n{expected}"
        );
    }
}
