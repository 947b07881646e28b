// SPDX-License-Identifier: GPL-2.0-or-later
//! The rows of docs/differences.md, for the symbols that they are about.

use super::rows::inline;
use crate::facts::{File, Symbol};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The page, in the project.
pub const PAGE: &str = "docs/differences.md";

/// A row: what is so here, what in 0.11, and why.
pub struct Difference {
    cells: [String; 3],
    /// Symbols of 0.11.
    about: BTreeSet<String>,
}

impl Difference {
    /// Whether it is about a symbol.
    pub fn is_about(&self, symbol: &Symbol) -> bool {
        self.about.contains(&symbol.name)
    }

    /// A row of a page.
    pub fn show(&self) -> Markup {
        let [here, there, why] = &self.cells;
        html! {
            p class="differs" {
                (inline(here)) "; 0.11: " (inline(there)) "."
                @if !why.is_empty() { " Why: " (inline(why)) "." }
            }
        }
    }
}

/// The rows of a page. What is in backquotes there names a symbol, or a system
/// call, and that is meant where there is one.
pub fn read(page: &str, files: &[File]) -> Vec<Difference> {
    let symbols: BTreeSet<&str> = files
        .iter()
        .flat_map(|file| &file.symbols)
        .map(|symbol| symbol.name.as_str())
        .collect();
    let about = |text: &str| -> BTreeSet<String> {
        let words = text.split('`').skip(1).step_by(2);
        words
            .filter_map(|word| {
                let call = format!("sys_{word}");
                let name = [call.as_str(), word]
                    .into_iter()
                    .find(|name| symbols.contains(name))?;
                Some(name.to_owned())
            })
            .collect()
    };
    let rows = page.lines().filter_map(|line| {
        let line = line.strip_prefix("| ")?.strip_suffix('|')?;
        let line = line.replace("\\|", "\u{1}");
        let cells: Vec<String> = line
            .split('|')
            .map(|cell| without_links(&cell.trim().replace('\u{1}', "|")))
            .collect();
        <[String; 3]>::try_from(cells).ok()
    });
    rows.map(|cells| {
        let about = about(&format!("{} {}", cells[0], cells[1]));
        Difference { cells, about }
    })
    .filter(|difference| !difference.about.is_empty())
    .collect()
}

/// Of `[text](place)` the text.
fn without_links(cell: &str) -> String {
    let mut rest = cell;
    let mut text = String::new();
    while let Some((before, link)) = rest.split_once('[') {
        let Some((name, behind)) = link
            .split_once("](")
            .and_then(|(name, place)| Some((name, place.split_once(')')?.1)))
        else {
            break;
        };
        text += before;
        text += name;
        rest = behind;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts;

    #[test]
    fn a_row_is_about_the_symbols_that_it_names() {
        let symbols = "file\tline\tkind\tname\na.c\t1\tfunction\tsys_brk\na.c\t2\tfunction\tbrk\na.c\t3\tfunction\tfork\n";
        let files = facts::parse(&facts::file_row("a.c", b""), symbols, "").unwrap();
        let page = "| here | 0.11 | why |\n|---|---|---|\n| `brk` gives ([page](x.md)) | `a \\| b` | so |\n| none | - | |\n";
        let rows = read(page, &files);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].cells, ["`brk` gives (page)", "`a | b`", "so"]);
        let about: Vec<_> = files[0]
            .symbols
            .iter()
            .map(|symbol| rows[0].is_about(symbol))
            .collect();
        assert_eq!(about, [true, false, false]);
    }
}
