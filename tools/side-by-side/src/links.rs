// SPDX-License-Identifier: GPL-2.0-or-later
//! Where the words of a source are defined, and who uses a definition.
//!
//! Both sides are read by their words, not by their grammar, so a word is
//! resolved only where its surroundings leave one meaning: no link is better
//! than a wrong one. [`c`] has the rules for 0.11's sources, [`rust`] those for
//! ours.
//!
//! ```text
//! let mut links = Links::default();
//! let id = links.add(Definition { ... });     // for all of both sides
//! links.uses(caller, id);                     // while a source is read
//! links.users(id);                            // when all have been read
//! ```

pub mod c;
pub mod rust;

use crate::highlight::{Class, Line};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The number of a definition.
pub type Id = usize;

/// What a word can mean.
#[derive(Debug)]
pub struct Definition {
    /// Its name, or the path of an item.
    pub name: String,
    /// What it is, in a word; nothing for our items.
    pub kind: String,
    /// The file that it is in.
    pub file: String,
    /// Where it is on that file's page.
    pub anchor: String,
    /// Whether it is on our side.
    pub is_ours: bool,
}

/// All definitions, and which uses which.
#[derive(Default)]
pub struct Links {
    definitions: Vec<Definition>,
    users: BTreeMap<Id, BTreeSet<Id>>,
}

impl Links {
    /// One more definition.
    pub fn add(&mut self, definition: Definition) -> Id {
        self.definitions.push(definition);
        self.definitions.len() - 1
    }

    /// The definition of a number.
    pub fn definition(&self, id: Id) -> &Definition {
        &self.definitions[id]
    }

    /// All of them.
    pub fn all(&self) -> &[Definition] {
        &self.definitions
    }

    /// Notes that a definition mentions another one.
    pub fn uses(&mut self, user: Id, used: Id) {
        if user != used {
            self.users.entry(used).or_default().insert(user);
        }
    }

    /// Which definitions mention it.
    pub fn users(&self, id: Id) -> impl Iterator<Item = &Definition> {
        self.users
            .get(&id)
            .into_iter()
            .flatten()
            .map(|id| self.definition(*id))
    }
}

/// A word and what stands around it.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    /// The word.
    pub text: &'a str,
    /// Its line, counted from 1.
    pub line: usize,
    /// What the colours say of it.
    pub class: Class,
    /// The line before it.
    pub before: &'a str,
    /// The line behind it.
    pub after: &'a str,
}

/// The words of a piece of a line; `at` is where the piece begins.
pub fn words<'a>(
    line: &'a str,
    number: usize,
    (class, piece): (Class, &'a str),
    at: usize,
) -> impl Iterator<Item = (usize, Word<'a>)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + piece[from..].find(is_part)?;
        let rest = &piece[start..];
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        from = start + length;
        let word = Word {
            text: &rest[..length],
            line: number,
            class,
            before: &line[..at + start],
            after: &line[at + from..],
        };
        Some((start, word))
    })
    .filter(|(_, word)| !word.text.starts_with(|c: char| c.is_ascii_digit()))
}

/// A line cut into pieces, of which some lead to a definition.
pub type Linked<'a> = Vec<(Class, &'a str, Option<Id>)>;

/// The pieces of a line again, with the words apart that `resolve` knows.
pub fn link<'a>(
    number: usize,
    text: &'a str,
    line: &Line<'a>,
    resolve: &dyn Fn(&Word<'a>) -> Option<Id>,
) -> Linked<'a> {
    let mut pieces = Vec::new();
    let mut at = 0;
    for &(class, piece) in line {
        let mut done = 0;
        for (start, word) in words(text, number, (class, piece), at) {
            if let Some(id) = resolve(&word) {
                if start > done {
                    pieces.push((class, &piece[done..start], None));
                }
                pieces.push((class, word.text, Some(id)));
                done = start + word.text.len();
            }
        }
        if done < piece.len() {
            pieces.push((class, &piece[done..], None));
        }
        at += piece.len();
    }
    pieces
}

/// The smallest of some stretches that has a line.
pub fn enclosing<'a>(
    stretches: impl Iterator<Item = (&'a RangeInclusive<usize>, Id)>,
    line: usize,
) -> Option<Id> {
    stretches
        .filter(|(lines, _)| lines.contains(&line))
        .min_by_key(|(lines, _)| lines.end() - lines.start())
        .map(|(_, id)| id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::highlight::{Language, highlight};

    #[test]
    fn words_that_are_known_become_pieces() {
        let text = "\tcall(a1, \"call\", 1call);";
        let lines = highlight(text, Language::C);
        let linked = link(1, text, &lines[0], &|word| {
            (word.class == Class::Plain && word.text == "call").then_some(7)
        });
        let joined: String = linked.iter().map(|(_, text, _)| *text).collect();
        assert_eq!(joined, text);
        let targets: Vec<_> = linked.iter().filter(|piece| piece.2.is_some()).collect();
        assert_eq!(targets, [&(Class::Plain, "call", Some(7))]);
    }

    #[test]
    fn users_are_told_once_and_none_uses_itself() {
        let mut links = Links::default();
        let [a, b] = ["a", "b"].map(|name| {
            links.add(Definition {
                name: name.to_owned(),
                kind: "function".to_owned(),
                file: "x.c".to_owned(),
                anchor: name.to_owned(),
                is_ours: false,
            })
        });
        links.uses(b, a);
        links.uses(b, a);
        links.uses(a, a);
        let users: Vec<_> = links.users(a).map(|user| user.name.as_str()).collect();
        assert_eq!(users, ["b"]);
        assert_eq!(links.users(b).count(), 0);
    }
}
