// SPDX-License-Identifier: GPL-2.0-or-later
//! A stretch of a source with line numbers and colours.

use crate::highlight::{Class, Language, Line, highlight};
use crate::project::{Project, Source};
use maud::{Markup, html};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The project, and its sources made ready to be shown.
pub struct Ours<'a> {
    /// The project.
    pub project: &'a Project,
    listings: BTreeMap<&'a str, Listing<'a>>,
}

impl<'a> Ours<'a> {
    /// Makes all sources ready.
    pub fn new(project: &'a Project) -> Ours<'a> {
        let ready =
            |(path, source): (&'a str, &'a Source)| (path, Listing::new(path, &source.text));
        Ours {
            project,
            listings: project.sources().map(ready).collect(),
        }
    }

    /// Some lines of a source.
    pub fn show(&self, path: &str, lines: &RangeInclusive<usize>) -> Markup {
        html! { @if let Some(listing) = self.listings.get(path) { (listing.show(lines)) } }
    }
}

/// A source made ready to be shown in pieces.
pub struct Listing<'a>(Vec<Line<'a>>);

impl<'a> Listing<'a> {
    /// Colours the text of a file.
    pub fn new(path: &str, text: &'a str) -> Listing<'a> {
        Listing(highlight(text, Language::of(path, text)))
    }

    /// Some lines, without blank ones at both ends.
    pub fn show(&self, lines: &RangeInclusive<usize>) -> Markup {
        let numbered = lines
            .clone()
            .filter_map(|number| Some((number, self.0.get(number - 1)?)));
        let is_blank = |line: &Line| line.iter().all(|(_, text)| text.trim().is_empty());
        let mut shown: Vec<_> = numbered.skip_while(|(_, line)| is_blank(line)).collect();
        while shown.last().is_some_and(|(_, line)| is_blank(line)) {
            shown.pop();
        }
        html! {
            @if !shown.is_empty() {
                pre {
                    @for (number, line) in shown {
                        span class="n" { (number) }
                        @for (class, text) in line { (piece(*class, text)) }
                        "\n"
                    }
                }
            }
        }
    }

    /// Whether some lines are all blank.
    pub fn is_blank(&self, lines: &RangeInclusive<usize>) -> bool {
        self.0[lines.start() - 1..*lines.end()]
            .iter()
            .flatten()
            .all(|(_, text)| text.trim().is_empty())
    }
}

fn piece(class: Class, text: &str) -> Markup {
    let name = match class {
        Class::Plain => return html! { (text) },
        Class::Comment => "c",
        Class::String => "s",
        Class::Number => "u",
        Class::Keyword => "k",
        Class::Directive => "d",
        Class::Label => "l",
    };
    html! { span class=(name) { (text) } }
}
