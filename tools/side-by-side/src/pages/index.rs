// SPDX-License-Identifier: GPL-2.0-or-later
//! The page that lists all others, and the index of the search.

use super::order::Step;
use super::rows::inline;
use super::site::Site;
use super::{frame, our_page, page_name, to_machine, whole};
use crate::error::Problem;
use maud::html;
use std::collections::BTreeMap;

/// `index.html`.
pub fn page(site: &Site, steps: &[Step], problems: &[Problem]) -> String {
    let symbols: usize = site
        .theirs
        .iter()
        .map(|theirs| theirs.file.symbols.len())
        .sum();
    let lines: usize = site.ours.values().map(|ours| ours.listing.length()).sum();
    let body = html! {
        div class="intro" {
            p {
                "Linux 0.11 of 1991 on the left, Eleven on the right: " (site.theirs.len()) " files with "
                (symbols) " symbols, and " (site.ours.len()) " files with " (lines) " lines. "
                @if site.theirs.iter().any(|theirs| theirs.text.is_some()) {
                    "The left side is from the sources that were given to " code { "make side-by-side" } " and is no part of Eleven."
                } @else {
                    "The text of the left side is no part of Eleven: " code { "make side-by-side C=PATH" } " adds it for who has it."
                }
            }
            p { a href="#guide" { "The order to read in" } " · " a href="#theirs" { "The files of 0.11" } " · " a href="#ours" { "The files of Eleven" } }
        }
        @if !problems.is_empty() {
            ul class="problems" {
                @for problem in problems { li { (problem.to_string()) } }
            }
        }
        h2 id="guide" { "The order to read in" }
        ol class="steps" { @for step in steps { li { (step.show()) } } }
        h2 id="theirs" { "The files of 0.11" }
        table {
            tr { th { "Linux 0.11" } th { "symbols" } th { "Eleven" } th { "remarks" } }
            @for theirs in &site.theirs {
                @let entry = site.project.map.file(&theirs.file.path);
                tr {
                    td { a href=(page_name(&theirs.file.path)) { (theirs.file.path) } }
                    td class="count" { (theirs.file.symbols.len()) }
                    td class="twins" { @for path in entry.iter().flat_map(|entry| &entry.files) {
                        @if site.ours.contains_key(path.as_str()) { a href=(our_page(path)) { code { (path) } } " " }
                    } }
                    td { (inline(entry.and_then(|entry| entry.note.as_deref()).unwrap_or_default())) }
                }
            }
        }
        h2 id="ours" { "The files of Eleven" }
        table {
            tr { th { "Eleven" } th { "lines" } th { "Linux 0.11" } }
            @for (path, ours) in &site.ours {
                tr {
                    td { a href=(our_page(path)) { (path) } }
                    td class="count" { (ours.listing.length()) }
                    td class="twins" { (whole::answered(site, "index.html", path)) }
                }
            }
        }
    };
    let title = "Linux 0.11 and Eleven, side by side";
    frame(
        "index.html",
        title,
        &html! { h1 { (title) } (to_machine(site, "index.html", "")) },
        &body,
    )
}

/// `symbols.js`: page, file, whether it is ours, and names; a name that is no
/// anchor has that behind it.
pub fn symbols(site: &Site) -> String {
    let mut files: BTreeMap<(bool, &str), Vec<String>> = BTreeMap::new();
    for definition in site.links.all() {
        // The words of a table are no names.
        if definition.name.contains("!::") {
            continue;
        }
        let name = match definition.name == definition.anchor {
            true => definition.name.clone(),
            false => format!("{}\t{}", definition.name, definition.anchor),
        };
        files
            .entry((definition.is_ours, &definition.file))
            .or_default()
            .push(format!("{name:?}"));
    }
    let mut text = String::from("// Made by `make side-by-side`.\nconst SYMBOLS = [\n");
    for ((is_ours, file), names) in files {
        let page = if is_ours {
            our_page(file)
        } else {
            page_name(file)
        };
        text += &format!("[{page:?}, {file:?}, {is_ours}, [{}]],\n", names.join(","));
    }
    text + "];\n"
}
