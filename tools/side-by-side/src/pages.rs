// SPDX-License-Identifier: GPL-2.0-or-later
//! 0.11's source and ours, side by side: a page in HTML for each file of 0.11,
//! and one that lists them.
//!
//! A page goes through 0.11's file from top to bottom. Each of its symbols is
//! a row: left 0.11's text, right our items, or why there are none. What lies
//! between is a row too. At the end stands what only our files have. Pages
//! need nothing else: no script, no other file.

mod listing;
mod rows;

use crate::error::{Error, Problem, Result};
use crate::facts::File;
use crate::original::Original;
use crate::project::Project;
use crate::segments::{Cut, cut};
use listing::Ours;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

const STYLE: &str = include_str!("style.css");

/// Writes all pages into a folder. Returns which files of 0.11's sources are not
/// what they were; they are shown as they are. Refuses another release.
pub fn write(
    project: &Project,
    original: Option<&Original>,
    folder: &Path,
) -> Result<Vec<Problem>> {
    let pages = make(project, original);
    let differences: Vec<Problem> = pages
        .iter()
        .filter_map(|page| page.difference.clone())
        .collect();
    if original.is_some() {
        refuse_another_release(project, &pages)?;
    }
    std::fs::create_dir_all(folder).map_err(Error::host(folder, "make the folder"))?;
    for page in &pages {
        write_page(&folder.join(page_name(&page.file.path)), page.html.clone())?;
    }
    write_page(
        &folder.join("index.html"),
        index(project, &pages, &differences),
    )?;
    Ok(differences)
}

/// A page before it is written.
struct Page<'a> {
    file: &'a File,
    found: usize,
    /// Symbols that are not where they should be.
    problems: Vec<Problem>,
    difference: Option<Problem>,
    html: Markup,
}

fn make<'a>(project: &'a Project, original: Option<&Original>) -> Vec<Page<'a>> {
    let ours = Ours::new(project);
    let mut shown_rest = BTreeSet::new();
    let mut pages = Vec::new();
    for (n, file) in project.files.iter().enumerate() {
        let text = original.and_then(|original| original.text(&file.path));
        let cut = match text {
            Some(text) => cut(text, file, project.map.file(&file.path)),
            None if original.is_none() => without(file),
            None => missing(file),
        };
        let neighbours =
            [n.checked_sub(1), Some(n + 1)].map(|n| n.and_then(|n| project.files.get(n)));
        let body = rows::rows(&ours, file, text.unwrap_or_default(), &cut, &mut shown_rest);
        let html = page(project, file, neighbours, body);
        let found = file.symbols.len() - cut.missing.len();
        pages.push(Page {
            file,
            found,
            difference: original.and_then(|original| difference(original, file, &cut)),
            problems: cut.problems,
            html,
        });
    }
    pages
}

/// How a file differs from what it was, and what that means for its symbols.
fn difference(original: &Original, file: &File, cut: &Cut) -> Option<Problem> {
    let mut what = original.differs(file)?;
    if original.text(&file.path).is_some() {
        let moved = cut.problems.len() - cut.missing.len();
        if moved > 0 {
            what += &format!("; symbols in other lines: {moved}");
        }
        let missing: Vec<String> = cut
            .missing
            .iter()
            .map(|symbol| format!("`{}`", symbol.name))
            .collect();
        if !missing.is_empty() {
            what += &format!("; not in it: {}", missing.join(", "));
        }
    }
    Some(Problem::with(&file.path, what))
}

/// A file while there are no sources of 0.11.
fn without(file: &File) -> Cut<'_> {
    Cut {
        missing: file.symbols.iter().collect(),
        ..Cut::default()
    }
}

/// A file that 0.11's sources lack.
fn missing(file: &File) -> Cut<'_> {
    let what = "this file is missing, expected it among the sources of Linux 0.11";
    Cut {
        problems: vec![Problem::with(&file.path, what)],
        missing: file.symbols.iter().collect(),
        ..Cut::default()
    }
}

/// An error if most symbols are not even in their files.
fn refuse_another_release(project: &Project, pages: &[Page]) -> Result<()> {
    let all: usize = project.files.iter().map(|file| file.symbols.len()).sum();
    let found: usize = pages.iter().map(|page| page.found).sum();
    if found * 2 >= all {
        return Ok(());
    }
    let example = pages.iter().flat_map(|page| &page.problems).next();
    let example = example
        .map(|problem| format!("; for instance {problem}"))
        .unwrap_or_default();
    Err(Error::Contents(Problem::with(
        "the sources given",
        format!("expected Linux 0.11, but only {found} of its {all} symbols are in them{example}"),
    )))
}

fn page_name(path: &str) -> String {
    format!("{}.html", path.replace('/', "-"))
}

fn write_page(path: &Path, html: Markup) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .permissions(readable())
        .tempfile_in(folder)
        .map_err(Error::host(path, "write"))?;
    file.write_all(html.into_string().as_bytes())
        .map_err(Error::host(path, "write"))?;
    file.persist(path)
        .map_err(|error| Error::host(path, "write")(error.error))?;
    Ok(())
}

/// As other files are, not as temporary ones.
fn readable() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o644)
}

fn frame(title: &str, header: &Markup, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { (header) }
                (body)
            }
        }
    }
}

fn page(
    project: &Project,
    file: &File,
    [before, after]: [Option<&File>; 2],
    rows: Markup,
) -> Markup {
    let entry = project.map.file(&file.path);
    let header = html! {
        h1 { (file.path) }
        @if let Some(entry) = entry {
            span { @for (n, path) in entry.files.iter().enumerate() { @if n > 0 { ", " } code { (path) } } }
        }
        nav {
            @if let Some(file) = before { a href=(page_name(&file.path)) rel="prev" { "‹ " (file.path) } }
            a href="index.html" { "all files" }
            @if let Some(file) = after { a href=(page_name(&file.path)) rel="next" { (file.path) " ›" } }
        }
    };
    let body = html! {
        div class="intro" {
            @if let Some(note) = entry.and_then(|entry| entry.note.as_deref()) { p { (sentence(note)) } }
            ul class="index" {
                @for symbol in &file.symbols { li { a href={ "#" (rows::anchor(symbol)) } { code { (symbol.key) } } } }
            }
        }
        main { (rows) }
    };
    frame(
        &format!("{} – Linux 0.11 and Eleven", file.path),
        &header,
        &body,
    )
}

fn index(project: &Project, pages: &[Page], problems: &[Problem]) -> Markup {
    let symbols: usize = pages.iter().map(|page| page.file.symbols.len()).sum();
    let body = html! {
        div class="intro" {
            p {
                "Linux 0.11 of 1991 on the left, Eleven on the right: " (pages.len()) " files, "
                (symbols) " functions, variables, types and labels. The left side is from the sources that were "
                "given to " code { "make side-by-side" } " and is no part of Eleven."
            }
        }
        @if !problems.is_empty() {
            ul class="problems" {
                @for problem in problems { li { (problem.to_string()) } }
            }
        }
        table {
            tr { th { "Linux 0.11" } th { "symbols" } th { "Eleven" } th { "remarks" } }
            @for page in pages {
                @let entry = project.map.file(&page.file.path);
                tr {
                    td { a href=(page_name(&page.file.path)) { (page.file.path) } }
                    td class="count" { (page.file.symbols.len()) }
                    td class="ours" { @for path in entry.iter().flat_map(|entry| &entry.files) { code { (path) } " " } }
                    td { (rows::inline(entry.and_then(|entry| entry.note.as_deref()).unwrap_or_default())) }
                }
            }
        }
    };
    frame(
        "Linux 0.11 and Eleven, side by side",
        &html! { h1 { "Linux 0.11 and Eleven, side by side" } },
        &body,
    )
}

/// A note as a sentence.
fn sentence(note: &str) -> Markup {
    let mut characters = note.chars();
    let first: String = characters
        .next()
        .map(|first| first.to_uppercase().collect())
        .unwrap_or_default();
    html! { (rows::inline(&format!("{first}{}.", characters.as_str()))) }
}
