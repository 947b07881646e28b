// SPDX-License-Identifier: GPL-2.0-or-later
//! Makes pages of the comments at the heads of the programs' sources.
//!
//! Such a comment begins with how the command is called, in backticks, a colon, and
//! what it does: "`cat [file...]`: prints files one after the other." The first sentence
//! becomes NAME, what is in backticks SYNOPSIS, all text DESCRIPTION. A heading `#
//! Examples` begins a section of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Columns of a page.
const WIDTH: usize = 76;
const INDENT: &str = "    ";

/// The sources of the commands in the folders of `image.toml`, by name.
pub fn sources(folder: &Path) -> BTreeMap<String, String> {
    let mut sources = BTreeMap::new();
    for bin in ["../programs/src/bin", "../tests/src/bin", "src/bin"] {
        for entry in fs::read_dir(folder.join(bin))
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = entry.path();
            let file = if path.is_dir() {
                path.join("main.rs")
            } else {
                path.clone()
            };
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            // What only the tests run is no command.
            if name.starts_with("t_") {
                continue;
            }
            if let Ok(source) = fs::read_to_string(file) {
                sources.insert(name, source);
            }
        }
    }
    sources
}

/// Other names of commands: the links of `image.toml`.
pub fn links(folder: &Path) -> Vec<(String, String)> {
    let manifest = fs::read_to_string(folder.join("../image.toml")).unwrap_or_default();
    let is_link = |line: &str| {
        let (name, target) = line.split_once(" = ")?;
        let name = name.strip_prefix("\"/bin/")?.strip_suffix('"')?;
        let target = target.strip_prefix("\"/bin/")?.strip_suffix('"')?;
        Some((name.to_string(), target.to_string()))
    };
    manifest.lines().filter_map(is_link).collect()
}

/// All pages: the names of the command, with blanks between them, and the text.
pub fn all(folder: &Path) -> Vec<(String, String)> {
    let links = links(folder);
    let names = |name: &str| {
        let others = links.iter().filter(|(_, target)| target == name);
        let others: Vec<&str> = others.map(|(link, _)| link.as_str()).collect();
        [&[name], others.as_slice()].concat().join(" ")
    };
    let page = |(name, source): (&String, &String)| Some((names(name), page(name, source)?));
    sources(folder).iter().filter_map(page).collect()
}

/// The comment at the head of a source.
fn comment(source: &str) -> Vec<&str> {
    let lines = source.lines().filter(|line| !line.starts_with("// "));
    let lines = lines.map_while(|line| line.strip_prefix("//!"));
    lines
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect()
}

/// A page; `None` if the comment does not say how the command is called.
pub fn page(name: &str, source: &str) -> Option<String> {
    let comment = comment(source);
    let end = comment
        .iter()
        .position(|line| line.is_empty())
        .unwrap_or(comment.len());
    let (first, rest) = comment.split_at(end);
    let first = first.join(" ");
    let (synopsis, text) = first.split_once("`: ")?;
    let synopsis = synopsis.strip_prefix('`')?;
    let sentence = text.split_once(". ").map_or(text, |(sentence, _)| sentence);
    let sentence = plain(sentence.trim_end_matches('.'));
    let mut page = String::from("NAME\n");
    fill(&mut page, &format!("{name} - {sentence}"));
    page += "\nSYNOPSIS\n";
    for line in synopsis.split("`, `") {
        fill(&mut page, line);
    }
    page += "\nDESCRIPTION\n";
    fill(&mut page, &capital(&plain(text)));
    add_rest(&mut page, rest);
    Some(page)
}

/// The paragraphs behind the first one: text, headings, and what stands in fences.
fn add_rest(page: &mut String, rest: &[&str]) {
    let mut paragraph = Vec::new();
    let mut fenced = false;
    for line in rest.iter().chain(&[""]) {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            *page += &format!("{INDENT}{line}\n");
        } else if let Some(heading) = line.strip_prefix("# ") {
            *page += &format!("\n{}\n", heading.to_uppercase());
        } else if line.is_empty() {
            if !paragraph.is_empty() {
                if !page.ends_with("S\n") {
                    page.push('\n');
                }
                fill(page, &plain(&paragraph.join(" ")));
            }
            paragraph.clear();
        } else {
            paragraph.push(*line);
        }
    }
}

/// Text without what only a reader of the source needs: marks, and links to items.
fn plain(text: &str) -> String {
    text.replace("[`", "").replace("`]", "").replace('`', "")
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// Adds a paragraph in lines of the page's width.
fn fill(page: &mut String, text: &str) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && INDENT.len() + line.len() + 1 + word.len() > WIDTH {
            *page += &format!("{INDENT}{line}\n");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += word;
    }
    *page += &format!("{INDENT}{line}\n");
}
