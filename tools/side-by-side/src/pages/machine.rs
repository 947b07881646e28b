// SPDX-License-Identifier: GPL-2.0-or-later
//! Ways from the pages to the running machine of `make web`: to what it shows of a
//! file's work, and to its kernel, stopped at a function.

use super::up;
use crate::error::{Error, Problem, Result};
use crate::rust::Item;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What the machine shows of what some of our files do: the panel that docs/web.md
/// calls so.
const PANELS: [(&str, &str); 9] = [
    ("kernel/src/sched", "tasks"),
    ("kernel/src/fork", "tasks"),
    ("kernel/src/exit", "tasks"),
    ("kernel/src/system_call", "calls"),
    ("kernel/src/record.rs", "calls"),
    ("kernel/src/descriptor", "segments"),
    ("mm/src/memory/frames.rs", "memory"),
    ("mm/src/", "walk"),
    ("fs/src/buffer", "buffers"),
];
/// Of a function that is inlined in more, or in those of Rust's library, only their
/// number is told.
const MOST_TOLD: usize = 3;
/// The machine puts a jump of so many bytes where the kernel is to stop.
const JUMP_SIZE: u64 = 2;

/// The machine.
pub struct Machine {
    address: String,
    symbols: Symbols,
}

/// What `tools/web/symbols` writes of the machine's kernel, as far as it is wanted here.
#[derive(Deserialize)]
struct Symbols {
    functions: Vec<Function>,
    inlined: Vec<Inlined>,
}

/// A function with code of its own.
#[derive(Deserialize)]
struct Function {
    _address: u64,
    size: u64,
    name: String,
    /// Where it is defined; labels of assembly have no place.
    file: Option<String>,
    line: Option<usize>,
}

/// A function that is inlined.
#[derive(Deserialize)]
struct Inlined {
    name: String,
    file: String,
    line: usize,
    /// In which of the others.
    places: Vec<usize>,
}

impl Machine {
    /// The machine at an address, seen from the top of the pages, with the symbols of
    /// its kernel in a file.
    pub fn open(address: &str, symbols: &Path) -> Result<Machine> {
        let text = std::fs::read_to_string(symbols).map_err(Error::host(symbols, "read"))?;
        let wrong = |error: serde_json::Error| {
            let what = format!("expected what tools/web/symbols writes, but {error}");
            Error::Contents(Problem::with(&symbols.display().to_string(), what))
        };
        Ok(Machine {
            address: address.to_owned(),
            symbols: serde_json::from_str(&text).map_err(wrong)?,
        })
    }

    /// The way from a page to the machine, and there to what it shows of one of our files.
    pub fn link(&self, page: &str, ours: &str) -> Markup {
        let panel = PANELS.iter().find(|(start, _)| ours.starts_with(start));
        let address = format!("{}{}", up(page), self.address);
        html! {
            @match panel {
                Some((_, panel)) => a href={ (address) "?open=" (panel) } { "in the machine" },
                None => a href=(address) { "the machine" },
            }
        }
    }

    /// The way from a page to the machine with its kernel stopped at an item of a file,
    /// if that is a function. Where the compiler has inlined it, it is told so.
    pub fn stop(&self, page: &str, file: &str, item: &Item) -> Markup {
        let own = self.own(file, item);
        let inlined = self.inlined(file, item);
        let link = |name: &str, text: &str| {
            html! { a href={ (up(page)) (self.address) "?stop=" (encoded(name)) } { (text) } }
        };
        html! {
            @match (own, inlined.len()) {
                (None, 0) => {},
                (None, 1..=MOST_TOLD) if inlined.values().all(|is_ours| *is_ours) => span class="stop" {
                    "inlined; stop the kernel in "
                    @for (n, name) in inlined.keys().enumerate() { @if n > 0 { ", " } (link(name, &short(name))) }
                },
                (None, many) => span class="stop" { "inlined in " (many) @if many == 1 { " function" } @else { " functions" } },
                (Some(name), copies) => span class="stop" {
                    (link(name, "stop the kernel here"))
                    @if copies > 0 { ", but for the copies that are inlined in " (copies) }
                },
            }
        }
    }

    /// The name of an item that has code of its own.
    fn own(&self, file: &str, item: &Item) -> Option<&str> {
        let is_it = |function: &&Function| match (&function.file, function.line) {
            (Some(found), Some(line)) => found == file && is_named(item, &function.name, line),
            _ => file.ends_with(".s") && function.name == item.path,
        };
        let mut functions = self.symbols.functions.iter();
        let found = functions.find(|function| function.size >= JUMP_SIZE && is_it(function));
        found.map(|function| plain(&function.name))
    }

    /// The functions that an item is inlined in, and whether each is one of ours.
    fn inlined(&self, file: &str, item: &Item) -> BTreeMap<&str, bool> {
        let is_it = |inlined: &&Inlined| {
            inlined.file == file && is_named(item, &inlined.name, inlined.line)
        };
        let copies = self.symbols.inlined.iter().filter(is_it);
        copies
            .flat_map(|inlined| &inlined.places)
            .filter_map(|place| self.symbols.functions.get(*place))
            .map(|function| (plain(&function.name), function.file.is_some()))
            .collect()
    }
}

/// Whether a function of this name in this line is an item.
fn is_named(item: &Item, name: &str, line: usize) -> bool {
    item.lines.contains(&line) && last(plain(name)) == last(&item.path)
}

/// A name without what a generic function is made for: `get_user::<u32>`.
fn plain(name: &str) -> &str {
    let made_for = name.ends_with('>').then(|| name.find("::<")).flatten();
    &name[..made_for.unwrap_or(name.len())]
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// A name without its modules: `SYS_CALL_TABLE::fork`, of `<fs::Fs>::bread` `Fs::bread`.
fn short(name: &str) -> String {
    if name.contains(" as ") {
        return name.to_owned();
    }
    let name = name.replace(['<', '>'], "");
    let start = name.rmatch_indices("::").nth(1).map_or(0, |(at, _)| at + 2);
    name[start..].to_owned()
}

/// A word of an address.
fn encoded(name: &str) -> String {
    let byte = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b':' | b'_' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    name.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        let symbols = r#"{
            "functions": [
                [1, 9, "kernel::sched::schedule", "kernel/src/sched.rs", 12],
                [10, 9, "kernel::calls::fork", "kernel/src/calls.rs", 3],
                [20, 9, "<fs::Fs>::read::<u8>", "fs/src/read.rs", 7],
                [30, 9, "system_call", null, null],
                [39, 1, "label", null, null],
                [40, 9, "kernel::sched::schedule::{closure#0}", "kernel/src/sched.rs", 14]
            ],
            "inlined": [
                ["kernel::fork::copy_process", "kernel/src/fork.rs", 20, [1, 2]],
                ["kernel::sched::schedule", "kernel/src/sched.rs", 12, [1]],
                ["kernel::fork::small", "kernel/src/fork.rs", 30, [0, 1, 2, 3]]
            ]
        }"#;
        Machine {
            address: "../index.html".into(),
            symbols: serde_json::from_str(symbols).unwrap(),
        }
    }

    fn stop(file: &str, path: &str, first: usize, last: usize) -> String {
        let item = Item {
            path: path.into(),
            lines: first..=last,
            whole: true,
        };
        let link = machine().stop("kernel/src/x.rs.html", file, &item);
        link.into_string().replace("../../../index.html", "M")
    }

    #[test]
    fn what_has_code_of_its_own_is_stopped_at() {
        assert_eq!(
            stop("kernel/src/sched.rs", "schedule", 10, 19),
            "<span class=\"stop\"><a href=\"M?stop=kernel::sched::schedule\">stop the kernel here</a>, \
             but for the copies that are inlined in 1</span>"
        );
        assert_eq!(
            stop("fs/src/read.rs", "Fs::read", 6, 9),
            "<span class=\"stop\"><a href=\"M?stop=%3Cfs::Fs%3E::read\">stop the kernel here</a></span>"
        );
        let label = stop("kernel/src/system_call.s", "system_call", 1, 9);
        assert!(label.contains("M?stop=system_call"), "{label}");
        // In a byte there is no room for the jump.
        assert_eq!(stop("kernel/src/system_call.s", "label", 1, 9), "");
    }

    #[test]
    fn what_is_inlined_is_told_so() {
        assert_eq!(
            stop("kernel/src/fork.rs", "copy_process", 18, 29),
            "<span class=\"stop\">inlined; stop the kernel in \
             <a href=\"M?stop=%3Cfs::Fs%3E::read\">Fs::read</a>, \
             <a href=\"M?stop=kernel::calls::fork\">calls::fork</a></span>"
        );
        assert_eq!(
            stop("kernel/src/fork.rs", "small", 30, 31),
            "<span class=\"stop\">inlined in 4 functions</span>"
        );
        assert_eq!(stop("kernel/src/fork.rs", "Other", 1, 99), "");
    }
}
