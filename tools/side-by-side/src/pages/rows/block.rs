// SPDX-License-Identifier: GPL-2.0-or-later
//! A block of constants beside a block: one row for those that stand together.

use super::super::our_page;
use super::{Rows, anchor, inline, users};
use crate::excerpts::excerpts;
use crate::facts::{Kind, Symbol};
use crate::map::{Entry, ItemPath};
use maud::{Markup, html};

/// Whether the symbols of a segment are constants that are shown as a block.
pub(super) fn is_block(symbols: &[&Symbol]) -> bool {
    symbols.len() > 1 && symbols.iter().all(|symbol| symbol.kind == Kind::Constant)
}

/// Who uses each constant of a block; of many it is folded away.
fn folded(users: impl Iterator<Item = Markup>) -> Markup {
    const MOST_OPEN: usize = 6;
    let all: Vec<Markup> = users.filter(|users| !users.0.is_empty()).collect();
    let shown = html! { @for users in &all { (users) } };
    html! {
        @if all.len() <= MOST_OPEN { (shown) } @else {
            details class="users" { summary { (all.len()) " of these are used" } (shown) }
        }
    }
}

/// What the map says of constants that stand together: a row of it.
struct MapRow<'a> {
    names: Vec<&'a str>,
    entry: &'a Entry,
}

impl MapRow<'_> {
    fn names(&self) -> Markup {
        let prefix = self.entry.run.as_ref().filter(|run| run.ends_with('*'));
        html! {
            @match (prefix, &self.names[..]) {
                (Some(prefix), _) => { code { (prefix) } }
                (None, [first, .., last]) => { code { (first) } " to " code { (last) } }
                (None, names) => { @for name in names { code { (name) } } }
            }
        }
    }
}

impl<'s> Rows<'s, '_> {
    pub(super) fn block(&mut self, symbols: &[&Symbol], left: &Markup) -> Markup {
        let (site, theirs) = (self.site, self.theirs());
        let project = site.project;
        let mut rows: Vec<MapRow> = Vec::new();
        let mut paths: Vec<&ItemPath> = Vec::new();
        for symbol in symbols {
            let Some(entry) = project.entry(theirs.file, symbol) else {
                continue;
            };
            let known = rows
                .iter_mut()
                .find(|row| entry.run.is_some() && row.entry.run == entry.run);
            match known {
                Some(row) => row.names.push(&symbol.name),
                None => rows.push(MapRow {
                    names: vec![&symbol.name],
                    entry,
                }),
            }
            for path in &entry.items {
                if !self.shown.contains_key(path) {
                    paths.push(path);
                    self.shown.insert(path.clone(), anchor(symbol));
                }
            }
        }
        let page = self.page();
        let mut right = Vec::new();
        for excerpt in excerpts(project, &paths) {
            let Some((path, ours)) = site.ours.get_key_value(excerpt.file.as_str()) else {
                continue;
            };
            let first = excerpt.lines.first().map_or(1, |lines| *lines.start());
            right.push(html! {
                span class="where" { a href={ (our_page(path)) "#L" (first) } { (excerpt.name) } }
                @for lines in &excerpt.lines { (self.show(path, ours, lines)) }
            });
        }
        html! {
            @for symbol in symbols.iter().skip(1) { span id=(anchor(symbol)) {} }
            section class="row" id=(anchor(symbols[0])) {
                h2 {
                    a href={ "#" (anchor(symbols[0])) } {
                        code { (symbols[0].name) } " to " code { (symbols[symbols.len() - 1].name) }
                    }
                    span class="kind" { (symbols.len()) " constants" }
                }
                div class="pair" {
                    div {
                        (left)
                        (folded(symbols.iter().map(|symbol| users(site, &page, site.symbol(theirs, symbol)))))
                    }
                    div {
                        @for excerpt in right { (excerpt) }
                        @for row in &rows {
                            @if row.entry.items.is_empty() {
                                p class="none" { (row.names()) ": none, " (inline(row.entry.note.as_deref().unwrap_or_default())) "." }
                            } @else {
                                @if row.entry.items.iter().all(|path| !paths.contains(&path)) {
                                    (self.shown_at(row))
                                }
                                @if let Some(note) = &row.entry.note {
                                    p class="none" { (row.names()) ": " (inline(note)) "." }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// A row whose items stand further up.
    fn shown_at(&self, row: &MapRow) -> Markup {
        html! {
            @for path in &row.entry.items {
                @if let Some(above) = self.shown.get(path) {
                    span class="where" { (row.names()) ": " (path.to_string()) ", shown at " a href={ "#" (above) } { (above) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_users_are_folded_away() {
        let of = |count: usize| {
            let users = (0..count).flat_map(|_| [html! { "used" }, html! {}]);
            folded(users).into_string()
        };
        assert_eq!(of(0), "");
        assert_eq!(of(6), "used".repeat(6));
        let start = "<details class=\"users\"><summary>7 of these are used</summary>used";
        assert!(of(7).starts_with(start), "{}", of(7));
    }
}
