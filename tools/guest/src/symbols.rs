// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel's symbols under the names that a person types.
//!
//! A name is the Rust path without the hashes of the compiler, for a static as
//! for a function: `kernel::sched::JIFFIES`; a method's is `fs::Fs::bread`. Where
//! two crates each have their copy of a small function, the second copy's name
//! ends in `.2`.
//!
//! For Bochs [`Symbols::to_ldsym`] makes what `ldsym global "FILE"` reads: lines
//! of an address in hexadecimal, a blank and a name. At its prompt a name is
//! quoted: `lb "kernel::sched::schedule"`. gdb has the functions' names from the debug
//! information, but shows statics by those of the symbol table: for them
//! [`Symbols::to_redefine`] has `objcopy` put ours there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use object::{Object, ObjectSymbol, SymbolKind};

/// The symbols of an ELF file by address.
pub struct Symbols {
    by_address: BTreeMap<u64, Symbol>,
    entry: u64,
}

struct Symbol {
    /// As the file has it.
    raw: String,
    /// As people see it.
    plain: String,
    is_static: bool,
}

impl Symbols {
    /// Reads the symbols of the ELF file `elf`.
    pub fn read(elf: &Path) -> Result<Self> {
        let place = || format!("{}", elf.display());
        let bytes = std::fs::read(elf).with_context(place)?;
        let file = object::File::parse(bytes.as_slice()).with_context(place)?;
        let mut raw = BTreeMap::new();
        for symbol in file.symbols() {
            let wanted = matches!(
                symbol.kind(),
                SymbolKind::Text | SymbolKind::Data | SymbolKind::Unknown
            );
            let name = symbol.name().unwrap_or_default();
            if wanted && symbol.is_definition() && !name.is_empty() {
                let is_static = symbol.kind() == SymbolKind::Data;
                raw.entry(symbol.address()).or_insert((name, is_static));
            }
        }
        Ok(Self::new(raw, file.entry()))
    }

    fn new(raw: BTreeMap<u64, (&str, bool)>, entry: u64) -> Self {
        let mut copies = HashMap::new();
        let by_address = raw.into_iter().map(|(address, (raw, is_static))| {
            let plain = plain(raw);
            let copy = copies.entry(plain.clone()).or_insert(0);
            *copy += 1;
            let plain = match *copy {
                1 => plain,
                copy => format!("{plain}.{copy}"),
            };
            let raw = raw.to_string();
            (
                address,
                Symbol {
                    raw,
                    plain,
                    is_static,
                },
            )
        });
        Self {
            by_address: by_address.collect(),
            entry,
        }
    }

    /// Where the program starts.
    pub fn entry(&self) -> u64 {
        self.entry
    }

    /// The address of the symbol `name`.
    pub fn address(&self, name: &str) -> Result<u64> {
        let found = self
            .by_address
            .iter()
            .find(|(_, known)| known.plain == name);
        found
            .map(|(address, _)| *address)
            .ok_or_else(|| anyhow!("there is no symbol {name}"))
    }

    /// The symbol that holds `address`: the last one that does not begin behind it.
    pub fn name_at(&self, address: u64) -> Option<&str> {
        let (_, symbol) = self.by_address.range(..=address).next_back()?;
        Some(&symbol.plain)
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_address.values().map(|symbol| symbol.plain.as_str())
    }

    /// The text that `ldsym` reads.
    pub fn to_ldsym(&self) -> String {
        self.by_address
            .iter()
            .map(|(address, symbol)| format!("{address:08x} {}\n", symbol.plain))
            .collect()
    }

    /// The statics' names in the file and ours, as `objcopy --redefine-syms` reads
    /// them.
    pub fn to_redefine(&self) -> String {
        let mut seen = HashSet::new();
        self.by_address
            .values()
            .filter(|symbol| symbol.is_static && symbol.raw != symbol.plain)
            // `#`, as in `{closure#0}`, begins a comment there.
            .filter(|symbol| !symbol.plain.contains('#') && seen.insert(&symbol.raw))
            .map(|symbol| format!("{} {}\n", symbol.raw, symbol.plain))
            .collect()
    }
}

/// The name that a person types for the symbol `raw`.
fn plain(raw: &str) -> String {
    // The linker may have put `.0` behind a name that is Rust's.
    let raw = match raw.split_once('.') {
        Some((whole, _)) if whole.starts_with("_R") => whole,
        _ => raw,
    };
    // `#` leaves out the hash that tells equal names apart.
    let path = format!("{:#}", rustc_demangle::demangle(raw));
    // Debuggers take a blank for the end of the name.
    method(&path).unwrap_or(path).replace(' ', "_")
}

/// `Type::name` for `<Type>::name`; none where the brackets hold more, as
/// `<Type as Trait>`, or there are none.
fn method(path: &str) -> Option<String> {
    let inner = path.strip_prefix('<')?;
    let mut open = 1;
    let end = inner.find(|character| {
        open += match character {
            '<' => 1,
            '>' => -1,
            _ => 0,
        };
        open == 0
    })?;
    let (of, rest) = inner.split_at(end);
    let is_path = of.starts_with(char::is_alphabetic) && !of.contains(' ');
    is_path.then(|| format!("{of}{}", &rest[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const JIFFIES: &str = "_RNvNtCsjkbpWC5jXng_6kernel5sched7JIFFIES.0";

    #[test]
    fn names_are_paths_without_hashes_brackets_and_blanks() {
        assert_eq!(plain(JIFFIES), "kernel::sched::JIFFIES");
        assert_eq!(plain("system_call"), "system_call");
        assert_eq!(
            method("<a::B<C>>::d::<E>").as_deref(),
            Some("a::B<C>::d::<E>")
        );
        assert_eq!(method("<A as B>::c"), None);
        assert_eq!(method("<&A>::c"), None);
        assert_eq!(method("a::b"), None);
    }

    #[test]
    fn each_address_has_a_name_of_its_own() {
        let raw = [
            (0x10, ("start", false)),
            (0x20, (JIFFIES, true)),
            (0x30, ("start", false)),
        ];
        let symbols = Symbols::new(raw.into(), 0x10);
        assert_eq!(
            symbols.to_ldsym(),
            "00000010 start\n00000020 kernel::sched::JIFFIES\n00000030 start.2\n"
        );
        assert_eq!(
            symbols.to_redefine(),
            format!("{JIFFIES} kernel::sched::JIFFIES\n")
        );
        assert_eq!(symbols.address("start.2").unwrap(), 0x30);
        assert!(symbols.address("stop").is_err());
    }
}
