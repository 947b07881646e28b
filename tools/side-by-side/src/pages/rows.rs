// SPDX-License-Identifier: GPL-2.0-or-later
//! The rows of a page.

mod block;

use super::listing::{Listing, Ours};
use crate::facts::{File, Symbol};
use crate::map::{Entry, ItemPath};
use crate::project::Project;
use crate::segments::{Cut, Segment};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// All rows of a file's page. `shown_rest` has those of our files whose rest,
/// which answers to nothing of 0.11, is on a page already.
pub fn rows(
    ours: &Ours,
    file: &File,
    text: &str,
    cut: &Cut,
    shown_rest: &mut BTreeSet<String>,
) -> Markup {
    let mut page = Rows {
        ours,
        file,
        original: Listing::new(&file.path, text),
        shown: BTreeMap::new(),
    };
    let segments: Vec<Markup> = cut
        .segments
        .iter()
        .enumerate()
        .map(|(n, segment)| page.segment(n, segment))
        .collect();
    let missing: Vec<Markup> = cut
        .missing
        .iter()
        .map(|symbol| page.missing(symbol))
        .collect();
    html! {
        @if text.is_empty() { p class="gap" { "This file is missing among the sources that were given." } }
        @if segments.is_empty() { (page.head(&html! {})) }
        @for row in segments { (row) }
        @for row in missing { (row) }
        @for path in ours.project.map.file(&file.path).iter().flat_map(|entry| &entry.files) {
            @if shown_rest.insert(path.clone()) { (rest(ours, path)) }
        }
    }
}

/// What links call a symbol.
pub fn anchor(symbol: &Symbol) -> String {
    let key = symbol.key.replace(' ', "-");
    match symbol.repeated {
        0 => key,
        times => format!("{key}-{}", times + 1),
    }
}

/// A note: what is in backquotes is code.
pub fn inline(note: &str) -> Markup {
    html! {
        @for (n, part) in note.split('`').enumerate() {
            @if n % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

struct Rows<'a> {
    ours: &'a Ours<'a>,
    file: &'a File,
    original: Listing<'a>,
    /// Our items that are on the page, with the symbol they stand at.
    shown: BTreeMap<ItemPath, String>,
}

impl Rows<'_> {
    fn segment(&mut self, n: usize, segment: &Segment) -> Markup {
        let left = self.original.show(&segment.lines);
        if !segment.symbols.is_empty() {
            return self.symbols(&segment.symbols, &left);
        }
        if n == 0 {
            return self.head(&left);
        }
        if self.original.is_blank(&segment.lines) {
            return html! {};
        }
        html! { section class="row between" { div class="pair" { div { (left) } div {} } } }
    }

    /// What comes before the first symbol, and how our file begins.
    fn head(&self, left: &Markup) -> Markup {
        let path = self
            .ours
            .project
            .map
            .file(&self.file.path)
            .and_then(|entry| entry.files.first());
        let source = path.and_then(|path| Some((path, self.ours.project.source(path).ok()?)));
        html! {
            section class="row between" {
                div class="pair" {
                    div { (left) }
                    div {
                        @if let Some((path, source)) = source {
                            @let end = source.text.lines().take_while(|line| line.starts_with(['/', '#'])).count();
                            span class="where" { (path) }
                            (self.ours.show(path, &(1..=end)))
                        }
                    }
                }
            }
        }
    }

    /// A row of symbols that stand in the same lines.
    fn symbols(&mut self, symbols: &[&Symbol], left: &Markup) -> Markup {
        if block::is_block(symbols) {
            return self.block(symbols, left);
        }
        let entries: Vec<(&Symbol, Option<&Entry>)> = symbols
            .iter()
            .map(|symbol| (*symbol, self.ours.project.entry(self.file, symbol)))
            .collect();
        let right: Vec<Markup> = entries
            .iter()
            .map(|(symbol, entry)| self.items(symbol, *entry))
            .collect();
        html! {
            @for (symbol, _) in entries.iter().skip(1) { span id=(anchor(symbol)) {} }
            section class="row" id=(anchor(symbols[0])) {
                @for (symbol, entry) in &entries {
                    h2 {
                        a href={ "#" (anchor(symbol)) } { code { (symbol.name) } }
                        span class="kind" { (symbol.kind.to_string()) }
                        @if let Some(note) = entry.filter(|entry| !entry.items.is_empty()).and_then(|entry| entry.note.as_deref()) {
                            span class="note" { (inline(note)) }
                        }
                    }
                }
                div class="pair" {
                    div { (left) }
                    div { @for items in right { (items) } }
                }
            }
        }
    }

    /// A symbol that is not in the file it should be in.
    fn missing(&mut self, symbol: &Symbol) -> Markup {
        let gap = html! {
            p class="gap" { "Expected in line " (symbol.line) ", but the sources that were given have no such " (symbol.kind.to_string()) "." }
        };
        self.symbols(&[symbol], &gap)
    }

    /// The right side: our items for a symbol.
    fn items(&mut self, symbol: &Symbol, entry: Option<&Entry>) -> Markup {
        let Some(entry) = entry else {
            return html! { p class="gap" { "The map does not know it." } };
        };
        if entry.items.is_empty() {
            return html! { p class="none" { "None: " (inline(entry.note.as_deref().unwrap_or_default())) "." } };
        }
        html! { @for path in &entry.items { (self.item(symbol, path)) } }
    }

    fn item(&mut self, symbol: &Symbol, path: &ItemPath) -> Markup {
        if let Some(above) = self.shown.get(path) {
            return html! { span class="where" { (path.to_string()) ", shown at " a href={ "#" (above) } { (above) } } };
        }
        let Some(item) = self.ours.project.item(path) else {
            return html! { p class="gap" { (path.to_string()) " does not exist." } };
        };
        self.shown.insert(path.clone(), anchor(symbol));
        html! {
            span class="where" { (path.to_string()) }
            (self.ours.show(&path.file, &item.lines))
        }
    }
}

/// What one of our files has that answers to nothing of 0.11.
fn rest(ours: &Ours, path: &str) -> Markup {
    let Ok(source) = ours.project.source(path) else {
        return html! {};
    };
    let named = named_lines(ours.project, path);
    let rest: Vec<_> = source
        .items
        .iter()
        .filter(|item| {
            item.whole
                && !named.iter().any(|lines| {
                    lines.start() <= item.lines.end() && item.lines.start() <= lines.end()
                })
        })
        .collect();
    html! {
        @if !rest.is_empty() {
            details {
                summary { code { (path) } ": what answers to nothing of 0.11 (" (rest.len()) ")" }
                @for item in rest {
                    section class="row" {
                        h2 { code { (item.path) } }
                        div class="pair" { div {} div { (ours.show(path, &item.lines)) } }
                    }
                }
            }
        }
    }
}

/// The lines of a file of ours that the map names.
fn named_lines(project: &Project, path: &str) -> Vec<RangeInclusive<usize>> {
    let entries = project
        .map
        .files()
        .flat_map(|(_, file)| file.symbols.values());
    let items = entries
        .flat_map(|entry| &entry.items)
        .filter(|item| item.file == path);
    items
        .filter_map(|item| Some(project.item(item)?.lines.clone()))
        .collect()
}
