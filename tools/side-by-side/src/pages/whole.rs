// SPDX-License-Identifier: GPL-2.0-or-later
//! A file of ours from its first line to its last, with what it answers to
//! beside it.

use super::rows::{inline, twin_link, users};
use super::site::{Ours, Site, Theirs, Twin};
use super::{our_page, page_name, to_stop, up};
use crate::rust::Item;
use maud::{Markup, html};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Lines that belong together, and the items in them.
struct Stretch<'s> {
    lines: RangeInclusive<usize>,
    items: Vec<&'s Item>,
}

/// The rows of a page.
pub fn rows(site: &Site, path: &str, ours: &Ours) -> Markup {
    let page = our_page(path);
    let mut shown = BTreeSet::new();
    let mut rows = Vec::new();
    let mut heads = Some(heads(site, path));
    for stretch in stretches(site, path, ours) {
        let head = heads.take();
        let twins: Vec<Twin> = stretch
            .items
            .iter()
            .flat_map(|item| site.twins(path, &item.path))
            .collect();
        let notes = notes(site, &twins);
        let right = ours.listing.show(&site.links, &page, &stretch.lines, true);
        let whole: Vec<&&Item> = stretch.items.iter().filter(|item| item.whole).collect();
        let is_test = whole.is_empty()
            && is_test(
                &ours.source.text,
                *stretch.lines.start(),
                *stretch.lines.end(),
            );
        let row = html! {
            section class={ "row" @if stretch.items.is_empty() { " between" } } {
                @if let Some(item) = whole.first() { h2 { code { (item.path) } (to_stop(site, &page, path, item)) } }
                @for note in notes { p class="differs" { (note) } }
                div class="pair" {
                    div {
                        @if let Some(head) = head { (head) }
                        @for twin in twins { (left(site, &page, twin, &mut shown)) } }
                    div {
                        (right)
                        @for item in &whole { (users(site, &page, site.item(path, &item.path))) }
                    }
                }
            }
        };
        rows.push(match is_test {
            true => html! { details { summary { "tests" } (row) } },
            false => row,
        });
    }
    html! { @for row in rows { (row) } }
}

/// How the files of 0.11 begin to which a file answers first of all.
fn heads(site: &Site, path: &str) -> Markup {
    let page = our_page(path);
    let is_first = |theirs: &Theirs| site.project.map.answer(&theirs.file.path) == Some(path);
    html! {
        @for (theirs, listing) in site.theirs.iter().zip(&site.listings).filter(|(theirs, _)| is_first(theirs)) {
            span class="where" { a href={ (up(&page)) (page_name(&theirs.file.path)) } { (theirs.file.path) } }
            @if let Some(head) = theirs.cut.segments.first().filter(|head| head.symbols.is_empty()) {
                (listing.show(&site.links, &page, &head.lines, false))
            }
        }
    }
}

/// What the map says of some symbols.
fn notes(site: &Site, twins: &[Twin]) -> Vec<Markup> {
    let note = |(theirs, symbol): &Twin| {
        let note = site.project.entry(theirs.file, symbol)?.note.as_deref()?;
        Some(html! { code { (symbol.name) } ": " (inline(note)) })
    };
    twins.iter().filter_map(note).collect()
}

/// A symbol's text, unless it is above.
fn left(site: &Site, page: &str, twin: Twin, shown: &mut BTreeSet<(String, usize)>) -> Markup {
    let (theirs, symbol) = twin;
    let segment = theirs.cut.segments.iter().find(|segment| {
        segment
            .symbols
            .iter()
            .any(|other| std::ptr::eq(*other, symbol))
    });
    let listing = site
        .theirs
        .iter()
        .position(|other| std::ptr::eq(other, theirs))
        .map(|place| &site.listings[place]);
    let text = segment
        .zip(listing)
        .filter(|(segment, _)| shown.insert((theirs.file.path.clone(), *segment.lines.start())));
    html! {
        span class="where" { (twin_link(page, twin)) }
        @if let Some((segment, listing)) = text { (listing.show(&site.links, page, &segment.lines, false)) }
    }
}

/// The file cut at its items; a row of a table is one if the map names it.
fn stretches<'s>(site: &Site, path: &str, ours: &'s Ours) -> Vec<Stretch<'s>> {
    let is_named = |item: &Item| !site.twins(path, &item.path).is_empty();
    let mut items: Vec<&Item> = ours
        .source
        .items
        .iter()
        .filter(|item| item.whole || is_named(item))
        .collect();
    items.sort_by_key(|item| (*item.lines.start(), std::cmp::Reverse(*item.lines.end())));
    let mut all: Vec<Stretch> = Vec::new();
    let mut next = 1;
    for item in items {
        if *item.lines.start() < next {
            if let Some(last) = all.last_mut() {
                last.items.push(item);
                last.lines = *last.lines.start()..=(*last.lines.end()).max(*item.lines.end());
                next = last.lines.end() + 1;
            }
            continue;
        }
        gap(&mut all, next..=item.lines.start() - 1);
        all.push(Stretch {
            lines: item.lines.clone(),
            items: vec![item],
        });
        next = item.lines.end() + 1;
    }
    gap(&mut all, next..=ours.listing.length());
    all
}

fn gap(all: &mut Vec<Stretch>, lines: RangeInclusive<usize>) {
    if !lines.is_empty() {
        all.push(Stretch {
            lines,
            items: Vec::new(),
        });
    }
}

/// Whether some lines are the module of the tests.
fn is_test(text: &str, first: usize, last: usize) -> bool {
    let mut lines = text.lines().skip(first - 1).take(last + 1 - first);
    lines.find(|line| !line.trim().is_empty()) == Some("#[cfg(test)]") && lines.count() > 3
}

/// The files of 0.11 that a file of ours answers to, as links from a page.
pub fn answered(site: &Site, page: &str, path: &str) -> Markup {
    let files = site
        .theirs
        .iter()
        .filter(|theirs| site.answers(theirs.file).contains(&path));
    html! {
        @for theirs in files {
            a href={ (up(page)) (page_name(&theirs.file.path)) } { code { (theirs.file.path) } } " "
        }
    }
}
