// SPDX-License-Identifier: GPL-2.0-or-later
//! The labels of an assembly file, ours or 0.11's.

use crate::rust::Item;
use std::collections::BTreeSet;

/// The labels and constants of a source. A label has the lines from the comment
/// above it to the next label, a constant (`.equ`) its own. Local labels (`1:`) count as part of what they are in. A
/// macro whose first argument becomes a label makes one by each call.
pub fn items(source: &str) -> Vec<Item> {
    let mut items = labels(source);
    for (index, line) in source.lines().enumerate() {
        if let Some(name) = constant(line) {
            items.push(Item {
                path: name.to_owned(),
                lines: index + 1..=index + 1,
                whole: false,
            });
        }
    }
    items
}

/// The name of `.equ NAME, value`.
fn constant(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix(".equ ")?.split_once(',')?;
    Some(name.trim())
}

fn labels(source: &str) -> Vec<Item> {
    let lines: Vec<&str> = source.lines().collect();
    let makers = label_makers(&lines);
    let mut starts: Vec<(String, usize)> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if let Some(name) = label(line).or_else(|| made_label(line, &makers)) {
            starts.push((name.to_owned(), index));
        }
    }
    let ends: Vec<usize> = starts
        .iter()
        .skip(1)
        .map(|(_, start)| with_comment(&lines, *start))
        .chain([lines.len()])
        .collect();
    starts
        .into_iter()
        .zip(ends)
        .map(|((path, start), end)| {
            let first = with_comment(&lines, start) + 1;
            Item {
                path,
                lines: first..=end.max(start + 1),
                whole: true,
            }
        })
        .collect()
}

/// The label that a line begins with.
pub fn label(line: &str) -> Option<&str> {
    let (name, _) = line.trim_start().split_once(':')?;
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    (begins_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).then_some(name)
}

/// The macros with a line that makes a label of their first parameter.
fn label_makers<'a>(lines: &[&'a str]) -> BTreeSet<&'a str> {
    let mut makers = BTreeSet::new();
    let mut open: Option<(&str, &str)> = None;
    for line in lines {
        let line = line.trim();
        if let Some(head) = line.strip_prefix(".macro") {
            let mut words = head.split([' ', ',', '\t']).filter(|word| !word.is_empty());
            open = words.next().zip(words.next());
        } else if line == ".endm" {
            open = None;
        } else if let Some((name, parameter)) = open
            && line
                .strip_prefix('\\')
                .and_then(|line| line.strip_prefix(parameter))
                == Some(":")
        {
            makers.insert(name);
        }
    }
    makers
}

fn made_label<'a>(line: &'a str, makers: &BTreeSet<&str>) -> Option<&'a str> {
    let mut words = line.split([' ', ',', '\t']).filter(|word| !word.is_empty());
    words.next().filter(|word| makers.contains(word))?;
    words.next()
}

/// Where a label's comment begins, and what else belongs to it: an index.
fn with_comment(lines: &[&str], label: usize) -> usize {
    let belongs = |line: &&&str| line.starts_with('#') || line.trim_start().starts_with(".globl");
    let above = lines.get(..label).unwrap_or_default();
    label - above.iter().rev().take_while(belongs).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
        .macro  entry name, handler
\\name:
        pushl   $\\handler
        .endm
        entry   debug, do_debug
# What all have in common.
        .globl  common
common:
1:      pushal
        jmp     1b
gdt:    .word   0
";

    #[test]
    fn constants_are_items_too() {
        let found = items(".equ FIRST, 1\none: nop\n.equ SECOND, 2 # two\n nop\n");
        let found: Vec<_> = found
            .iter()
            .map(|item| (item.path.as_str(), item.lines.clone()))
            .collect();
        assert_eq!(found, [("one", 2..=4), ("FIRST", 1..=1), ("SECOND", 3..=3)]);
    }

    #[test]
    fn labels_reach_to_the_next() {
        let found: Vec<(String, usize, usize)> = labels(SOURCE)
            .into_iter()
            .map(|item| (item.path, *item.lines.start(), *item.lines.end()))
            .collect();
        let expected = [("debug", 5, 5), ("common", 6, 10), ("gdt", 11, 11)];
        assert_eq!(
            found,
            expected.map(|(name, first, last)| (name.to_owned(), first, last))
        );
    }
}
