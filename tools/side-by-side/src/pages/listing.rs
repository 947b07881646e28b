// SPDX-License-Identifier: GPL-2.0-or-later
//! A stretch of a source with line numbers, colours and links.

use super::href;
use crate::highlight::{Class, Language, highlight};
use crate::links::{Id, Linked, Links, Word, link};
use maud::{Markup, html};
use std::ops::RangeInclusive;

/// A source made ready to be shown in pieces.
pub struct Listing<'a> {
    lines: Vec<Linked<'a>>,
    /// Whether it is indented by tabs.
    has_tabs: bool,
}

impl<'a> Listing<'a> {
    /// Colours the text of a file and links its words. `owner` is the definition
    /// that a line belongs to; it is noted as a user of what its words mean.
    pub fn new(
        path: &str,
        text: &'a str,
        links: &mut Links,
        resolve: &dyn Fn(&Word) -> Option<Id>,
        owner: &dyn Fn(usize) -> Option<Id>,
    ) -> Listing<'a> {
        let mut lines = Vec::new();
        let coloured = highlight(text, Language::of(path, text));
        for (number, (text, line)) in (1..).zip(text.lines().zip(&coloured)) {
            let owner = owner(number);
            let linked = link(number, text, line, &|word| {
                resolve(word).filter(|id| Some(*id) != owner)
            });
            for (class, _, id) in &linked {
                if let (Some(owner), Some(id)) = (owner, id)
                    && *class != Class::Comment
                {
                    links.uses(owner, *id);
                }
            }
            lines.push(linked);
        }
        Listing {
            lines,
            has_tabs: text.contains("\n\t"),
        }
    }

    /// How many lines there are.
    pub fn length(&self) -> usize {
        self.lines.len()
    }

    /// Some lines on a page, without blank ones at both ends. Each has an anchor
    /// if the page is that of the file.
    pub fn show(
        &self,
        links: &Links,
        page: &str,
        lines: &RangeInclusive<usize>,
        anchors: bool,
    ) -> Markup {
        let is_blank = |number: &usize| self.is_blank(&(*number..=*number));
        let end = (*lines.end()).min(self.length());
        let mut shown: Vec<usize> = (*lines.start()..=end).skip_while(is_blank).collect();
        while shown.last().is_some_and(is_blank) {
            shown.pop();
        }
        html! {
            @if !shown.is_empty() {
                pre class=[self.has_tabs.then_some("tabs")] {
                    @for number in shown {
                        span class="n" data-n=(number) id=[anchors.then(|| format!("L{number}"))] {
                            @for (class, text, id) in &self.lines[number - 1] { (piece(links, page, *class, text, *id)) }
                            "\n"
                        }
                    }
                }
            }
        }
    }

    /// Whether some lines are all blank.
    pub fn is_blank(&self, lines: &RangeInclusive<usize>) -> bool {
        let end = (*lines.end()).min(self.length());
        let pieces = self
            .lines
            .get(lines.start() - 1..end)
            .into_iter()
            .flatten()
            .flatten();
        pieces
            .into_iter()
            .all(|(_, text, _)| text.trim().is_empty())
    }
}

fn piece(links: &Links, page: &str, class: Class, text: &str, id: Option<Id>) -> Markup {
    let name = match class {
        Class::Plain => None,
        Class::Comment => Some("c"),
        Class::String => Some("s"),
        Class::Number => Some("u"),
        Class::Keyword => Some("k"),
        Class::Directive => Some("d"),
        Class::Label => Some("l"),
    };
    match (id, name) {
        (Some(id), _) => {
            html! { a class=[name] href=(href(page, links.definition(id))) { (text) } }
        }
        (None, Some(name)) => html! { span class=(name) { (text) } },
        (None, None) => html! { (text) },
    }
}
