// SPDX-License-Identifier: GPL-2.0-or-later
//! The order of docs/reading-guide.md.

use maud::{Markup, html};

/// The guide, in the project.
pub const PAGE: &str = "docs/reading-guide.md";
/// Its part that says the order.
const HEADING: &str = "## In which order";

/// A step of the order: its text, in which `None` is plain and `Some` are the
/// files that the words name.
pub struct Step<'a>(Vec<(String, Vec<&'a str>)>);

impl<'a> Step<'a> {
    /// Its files.
    pub fn files(&self) -> impl Iterator<Item = &'a str> {
        self.0.iter().flat_map(|(_, files)| files.iter().copied())
    }

    /// Its text, with links to the first of the files that a word names.
    pub fn show(&self) -> Markup {
        html! {
            @for (text, files) in &self.0 {
                @match files.first() {
                    Some(file) => a href=(super::our_page(file)) { code { (text) } },
                    None => (text),
                }
            }
        }
    }
}

/// The steps that a text says, with files of `ours`.
pub fn read<'a>(page: &str, ours: &[&'a str]) -> Vec<Step<'a>> {
    let part = page.split(HEADING).nth(1).unwrap_or_default();
    let part = part.split("\n\n").nth(1).unwrap_or_default();
    let mut steps: Vec<String> = Vec::new();
    for line in part.lines() {
        let number = line
            .split_once(". ")
            .filter(|(number, _)| number.parse::<usize>().is_ok());
        match (number, steps.last_mut()) {
            (Some((_, text)), _) => steps.push(text.to_owned()),
            (None, Some(step)) => *step += &format!(" {}", line.trim()),
            (None, None) => {}
        }
    }
    steps.iter().map(|text| step(text, ours)).collect()
}

fn step<'a>(text: &str, ours: &[&'a str]) -> Step<'a> {
    let mut folder = String::new();
    let mut parts = Vec::new();
    for (n, part) in text.split('`').enumerate() {
        if n % 2 == 0 {
            parts.push((part.to_owned(), Vec::new()));
            continue;
        }
        let path = if part.contains('/') {
            part.to_owned()
        } else {
            format!("{folder}{part}")
        };
        if let Some((before, _)) = path.rsplit_once('/') {
            folder = format!("{before}/");
        }
        let is_meant =
            |file: &&&str| **file == path || path.ends_with('/') && file.starts_with(&path);
        parts.push((
            part.to_owned(),
            ours.iter().filter(is_meant).copied().collect(),
        ));
    }
    Step(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_name_files_and_folders() {
        let page = "# Guide\n\n## In which order\n\n1. `k/src/main.rs`, then `init.rs`:\n   first.\n2. `k/src/dev/`: then.\n\nEnd.\n";
        let ours = [
            "k/src/dev/a.rs",
            "k/src/dev/b.rs",
            "k/src/init.rs",
            "k/src/main.rs",
        ];
        let steps = read(page, &ours);
        let files: Vec<Vec<&str>> = steps.iter().map(|step| step.files().collect()).collect();
        assert_eq!(files, [vec![ours[3], ours[2]], vec![ours[0], ours[1]]]);
    }
}
