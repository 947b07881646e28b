// SPDX-License-Identifier: GPL-2.0-or-later
//! The rows of a page: one for each symbol of a file of 0.11.

mod block;

use super::differences::Difference;
use super::site::{Ours, Site, Theirs, Twin};
use super::{href, our_page, page_name, to_stop};
use crate::facts::Symbol;
use crate::links::{Definition, Id};
use crate::map::{Entry, ItemPath};
use crate::segments::Segment;
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

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

/// Who uses a definition, if anybody does.
pub fn users(site: &Site, page: &str, id: Option<Id>) -> Markup {
    let users: Vec<&Definition> = id.iter().flat_map(|id| site.links.users(*id)).collect();
    let name = id.map(|id| site.links.definition(id).name.as_str());
    html! {
        @if !users.is_empty() {
            details class="users" {
                summary { code { (name.unwrap_or_default()) } " is used by " (users.len()) }
                p { @for (n, user) in users.iter().enumerate() {
                    @if n > 0 { ", " }
                    a href=(href(page, user)) title=(user.file) { code { (user.name) } }
                } }
            }
        }
    }
}

/// A file's page in the making.
pub struct Rows<'s, 'a> {
    pub site: &'s Site<'a>,
    pub differences: &'s [Difference],
    /// The place of the file in the order of files.
    pub place: usize,
    /// Those of our files whose rest, which answers to nothing of 0.11, is on a
    /// page already.
    pub shown_rest: &'s mut BTreeSet<&'a str>,
    /// Our items that are on the page, with the symbol they stand at.
    shown: BTreeMap<ItemPath, String>,
    /// The lines of ours that are on the page.
    lines: BTreeMap<&'s str, Vec<RangeInclusive<usize>>>,
}

impl<'s, 'a> Rows<'s, 'a> {
    /// Nothing yet.
    pub fn new(
        site: &'s Site<'a>,
        differences: &'s [Difference],
        place: usize,
        shown_rest: &'s mut BTreeSet<&'a str>,
    ) -> Rows<'s, 'a> {
        let (shown, lines) = (BTreeMap::new(), BTreeMap::new());
        Rows {
            site,
            differences,
            place,
            shown_rest,
            shown,
            lines,
        }
    }

    fn theirs(&self) -> &'s Theirs<'a> {
        &self.site.theirs[self.place]
    }

    fn page(&self) -> String {
        page_name(&self.theirs().file.path)
    }

    /// All rows.
    pub fn all(mut self) -> Markup {
        let theirs = self.theirs();
        let is_missing = theirs.text.is_none() && !theirs.cut.problems.is_empty();
        let no_text = theirs.text.is_none() && !is_missing;
        let mut rows = Vec::new();
        if theirs.cut.segments.is_empty() {
            rows.push(self.head(&html! {}));
        }
        for (n, segment) in theirs.cut.segments.iter().enumerate() {
            rows.push(self.segment(n, segment));
        }
        for symbol in &theirs.cut.missing {
            let gap = html! {
                p class="gap" { "Expected in line " (symbol.line) ", but the sources that were given have no such " (symbol.kind.to_string()) "." }
            };
            rows.push(self.symbols(&[symbol], &gap));
        }
        let same_line = |a: &Symbol, b: &Symbol| a.line == b.line;
        for symbols in theirs.file.symbols.chunk_by(same_line).filter(|_| no_text) {
            let place =
                html! { span class="where" { (theirs.file.path) ", line " (symbols[0].line) } };
            rows.push(self.symbols(&symbols.iter().collect::<Vec<_>>(), &place));
        }
        for path in self
            .site
            .project
            .map
            .file(&theirs.file.path)
            .iter()
            .flat_map(|entry| &entry.files)
        {
            if let Some((path, ours)) = self.site.ours.get_key_value(path.as_str())
                && self.shown_rest.insert(path)
            {
                rows.push(self.rest(path, ours));
            }
        }
        html! {
            @if is_missing { p class="gap" { "This file is missing among the sources that were given." } }
            @for row in rows { (row) }
        }
    }

    fn segment(&mut self, n: usize, segment: &Segment) -> Markup {
        let listing = &self.site.listings[self.place];
        let left = listing.show(&self.site.links, &self.page(), &segment.lines, false);
        if !segment.symbols.is_empty() {
            return self.symbols(&segment.symbols, &left);
        }
        if n == 0 {
            return self.head(&left);
        }
        if listing.is_blank(&segment.lines) {
            return html! {};
        }
        html! { section class="row between" { div class="pair" { div { (left) } div {} } } }
    }

    /// Some lines of ours.
    fn show(&mut self, path: &'s str, ours: &Ours, lines: &RangeInclusive<usize>) -> Markup {
        self.lines.entry(path).or_default().push(lines.clone());
        ours.listing
            .show(&self.site.links, &self.page(), lines, false)
    }

    /// What comes before the first symbol, and how our file begins.
    fn head(&mut self, left: &Markup) -> Markup {
        let path = self.site.project.map.answer(&self.theirs().file.path);
        let ours = path.and_then(|path| self.site.ours.get_key_value(path));
        let right = ours.map(|(path, ours)| {
            let comments = |line: &&str| line.starts_with(['/', '#']);
            let end = ours.source.text.lines().take_while(comments).count();
            html! {
                span class="where" { a href=(our_page(path)) { (path) } }
                (self.show(path, ours, &(1..=end)))
            }
        });
        html! {
            section class="row between" {
                div class="pair" { div { (left) } div { @if let Some(right) = right { (right) } } }
            }
        }
    }

    /// A row of symbols that stand in the same lines.
    fn symbols(&mut self, symbols: &[&Symbol], left: &Markup) -> Markup {
        if block::is_block(symbols) {
            return self.block(symbols, left);
        }
        let theirs = self.theirs();
        let entries: Vec<(&Symbol, Option<&'s Entry>)> = symbols
            .iter()
            .map(|symbol| (*symbol, self.site.project.entry(theirs.file, symbol)))
            .collect();
        let right = self.right(&entries);
        let users: Vec<Markup> = symbols
            .iter()
            .map(|symbol| users(self.site, &self.page(), self.site.symbol(theirs, symbol)))
            .collect();
        html! {
            @for symbol in symbols.iter().skip(1) { span id=(anchor(symbol)) {} }
            section class="row" id=(anchor(symbols[0])) {
                (headings(&entries))
                @for difference in self.differences.iter().filter(|difference| symbols.iter().any(|symbol| difference.is_about(symbol))) {
                    (difference.show())
                }
                div class="pair" {
                    div { (left) @for users in users { (users) } }
                    div { (right) }
                }
            }
        }
    }

    /// The right side: our items for some symbols, or why there are none.
    fn right(&mut self, entries: &[(&Symbol, Option<&'s Entry>)]) -> Markup {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut items = Vec::new();
        let mut seen = BTreeSet::new();
        for (symbol, entry) in entries {
            let Some(entry) = entry else {
                items.push(
                    html! { p class="gap" { "The map does not know " code { (symbol.name) } "." } },
                );
                continue;
            };
            if entry.items.is_empty() {
                let reason = entry.note.as_deref().unwrap_or_default();
                match reasons.iter_mut().find(|(other, _)| *other == reason) {
                    Some((_, names)) => names.push(&symbol.name),
                    None => reasons.push((reason, vec![&symbol.name])),
                }
            }
            for path in entry.items.iter().filter(|path| seen.insert(*path)) {
                items.push(self.item(symbol, path));
            }
        }
        html! {
            @for item in items { (item) }
            @for (reason, names) in reasons {
                p class="none" {
                    "None"
                    @if entries.len() > 1 { " for " @for (n, name) in names.iter().enumerate() { @if n > 0 { ", " } code { (name) } } }
                    ": " (inline(reason)) "."
                }
            }
        }
    }

    fn item(&mut self, symbol: &Symbol, path: &'s ItemPath) -> Markup {
        if let Some(above) = self.shown.get(path) {
            return html! { span class="where" { (path.to_string()) ", shown at " a href={ "#" (above) } { (above) } } };
        }
        let ours = self.site.ours.get(path.file.as_str());
        let Some((ours, item)) = ours.and_then(|ours| Some((ours, ours.source.item(&path.item)?)))
        else {
            return html! { p class="gap" { (path.to_string()) " does not exist." } };
        };
        self.shown.insert(path.clone(), anchor(symbol));
        let id = self.site.item(&path.file, &path.item);
        let around = head_around(&ours.source.text, *item.lines.start());
        let is_shown = |lines: &RangeInclusive<usize>| {
            self.lines
                .get(path.file.as_str())
                .is_some_and(|shown| shown.contains(lines))
        };
        let around = around.filter(|lines| !is_shown(lines));
        html! {
            span class="where" {
                @if let Some(id) = id { a href=(href(&self.page(), self.site.links.definition(id))) { (path.to_string()) } }
                (to_stop(self.site, &self.page(), &path.file, item))
            }
            @if let Some(around) = &around { div class="around" { (self.show(&path.file, ours, around)) } }
            (self.show(&path.file, ours, &item.lines))
            (users(self.site, &self.page(), id))
        }
    }

    /// What one of our files has beside what the map names.
    fn rest(&mut self, path: &'a str, ours: &'s Ours<'a>) -> Markup {
        let mut named = self.site.named(path);
        named.extend(self.lines.get(path).into_iter().flatten().cloned());
        let runs = unnamed(&ours.source.text, &named);
        let count: usize = runs.iter().map(|run| run.clone().count()).sum();
        let page = self.page();
        html! {
            @if !runs.is_empty() {
                details {
                    summary { code { (path) } ": what answers to nothing of this file or has its own place (" (count) " lines); "
                        a href=(our_page(path)) { "the whole file" } }
                    @for run in runs {
                        section class="row between" {
                            div class="pair" { div {} div { (ours.listing.show(&self.site.links, &page, &run, false)) } }
                        }
                    }
                }
            }
        }
    }
}

/// A heading for each symbol, with what the map notes.
fn headings(entries: &[(&Symbol, Option<&Entry>)]) -> Markup {
    html! {
        @for (symbol, entry) in entries {
            h2 {
                a href={ "#" (anchor(symbol)) } { code { (symbol.name) } }
                span class="kind" { (symbol.kind.to_string()) }
                @if let Some(note) = entry.filter(|entry| !entry.items.is_empty()).and_then(|entry| entry.note.as_deref()) {
                    span class="note" { (inline(note)) }
                }
            }
        }
    }
}

/// The first line of the `impl` or the like that a line is in: what stands above
/// with less indentation, and opens a block.
fn head_around(text: &str, line: usize) -> Option<RangeInclusive<usize>> {
    let lines: Vec<&str> = text.lines().collect();
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let own = indentation(lines.get(line - 1)?);
    let above = lines[..line - 1].iter().rposition(|line| {
        !line.trim().is_empty() && indentation(line) < own && !line.trim_start().starts_with(')')
    })?;
    let start = lines[..=above].iter().rposition(|line| {
        let line = line.trim_start();
        [
            "impl",
            "unsafe impl",
            "pub trait",
            "trait",
            "mod",
            "pub mod",
            "pub(crate) mod",
        ]
        .iter()
        .any(|word| line.starts_with(word))
    })?;
    (above - start < 4).then_some(start + 1..=above + 1)
}

/// The lines that are not among some, but for blank ones and tests.
fn unnamed(text: &str, named: &[RangeInclusive<usize>]) -> Vec<RangeInclusive<usize>> {
    let mut runs: Vec<RangeInclusive<usize>> = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (number, line) in (1..).zip(&lines) {
        if *line == "#[cfg(test)]"
            && lines
                .get(number)
                .is_some_and(|next| next.starts_with("mod ") && next.ends_with('{'))
        {
            break;
        }
        if named.iter().any(|lines| lines.contains(&number)) {
            continue;
        }
        match runs.last_mut().filter(|run| *run.end() + 1 == number) {
            Some(run) => *run = *run.start()..=number,
            None => runs.push(number..=number),
        }
    }
    runs.retain(|run| {
        lines[run.start() - 1..*run.end()]
            .iter()
            .any(|line| !["", "}"].contains(&line.trim()))
    });
    runs
}

/// A symbol with its file, as a link to its row.
pub fn twin_link(page: &str, (theirs, symbol): Twin) -> Markup {
    let up = super::up(page);
    html! {
        a href={ (up) (page_name(&theirs.file.path)) "#" (anchor(symbol)) } { (theirs.file.path) ": " (symbol.name) }
    }
}
