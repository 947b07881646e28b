// SPDX-License-Identifier: GPL-2.0-or-later
//! What the tool tells of itself.

use crate::project::Project;

/// The names of all commands.
pub fn commands(project: &Project) -> Vec<String> {
    let help = project.output(&["--help"]);
    let commands = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().next().unwrap().to_owned());
    commands.filter(|command| command != "help").collect()
}

#[test]
fn help_shows_examples_and_shells_complete() {
    let project = Project::new();
    let help = project.output(&["--help"]);
    assert!(help.contains("mkimage build --manifest hdimage/image.toml"));
    for status in ["0  done", "1  failed", "2  wrong", "4  `fsck`"] {
        assert!(help.contains(status), "{help}");
    }
    assert!(
        project
            .output(&["completions", "bash"])
            .contains("_mkimage")
    );
}

#[test]
fn each_command_has_examples() {
    let project = Project::new();
    let commands = commands(&project);
    assert!(commands.len() >= 25);
    for command in &commands {
        let help = project.output(&[command, "--help"]);
        let example = format!("Examples:\n  mkimage {command}");
        assert!(help.contains(&example), "{command}: {help}");
    }
}

/// The book says the same as the help.
#[test]
fn the_book_has_every_command_and_status() {
    let project = Project::new();
    let book = include_str!("../../../../docs/mkimage.md");
    for command in commands(&project) {
        assert!(book.contains(&format!("`{command}`")), "{command}");
    }
    for status in ["| 0 |", "| 1 |", "| 2 |", "| 4 |"] {
        assert!(book.contains(status), "{status}");
    }
}
