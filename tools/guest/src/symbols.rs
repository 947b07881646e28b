// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel's symbols, for the debugger of Bochs.
//!
//! `ldsym global "FILE"` reads lines of an address in hexadecimal, a blank and
//! a name. A Rust name holds `::` and is quoted at the prompt:
//! `lb "kernel::sched::schedule"`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use object::{Object, ObjectSymbol, SymbolKind};

/// The symbols of an ELF file by address, with readable names.
pub struct Symbols {
    by_address: BTreeMap<u64, String>,
    entry: u64,
}

impl Symbols {
    /// Reads the symbols of the ELF file `elf`.
    pub fn read(elf: &Path) -> Result<Self> {
        let place = || format!("{}", elf.display());
        let bytes = std::fs::read(elf).with_context(place)?;
        let file = object::File::parse(bytes.as_slice()).with_context(place)?;
        let mut by_address = BTreeMap::new();
        for symbol in file.symbols() {
            let wanted = matches!(
                symbol.kind(),
                SymbolKind::Text | SymbolKind::Data | SymbolKind::Unknown
            );
            let name = symbol.name().unwrap_or_default();
            if wanted && symbol.is_definition() && !name.is_empty() {
                // The linker may have put `.0` behind a name that is Rust's.
                let name = match name.split_once('.') {
                    Some((whole, _)) if whole.starts_with("_R") => whole,
                    _ => name,
                };
                // `#` leaves out the hash that tells equal names apart.
                let readable = format!("{:#}", rustc_demangle::demangle(name));
                by_address.entry(symbol.address()).or_insert(readable);
            }
        }
        Ok(Self {
            by_address,
            entry: file.entry(),
        })
    }

    /// Where the program starts.
    pub fn entry(&self) -> u64 {
        self.entry
    }

    /// The address of the symbol `name`.
    pub fn address(&self, name: &str) -> Result<u64> {
        let found = self.by_address.iter().find(|(_, known)| *known == name);
        found
            .map(|(address, _)| *address)
            .ok_or_else(|| anyhow!("there is no symbol {name}"))
    }

    /// The text that `ldsym` reads.
    pub fn to_ldsym(&self) -> String {
        self.by_address
            .iter()
            // A blank would end the name.
            .map(|(address, name)| format!("{address:08x} {}\n", name.replace(' ', "_")))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_for_each_address_without_blanks_in_the_name() {
        let names = [(0x10_0000, "start"), (0x10_0010, "<A as B>::c")];
        let by_address = names
            .map(|(address, name)| (address, name.to_string()))
            .into();
        let symbols = Symbols {
            by_address,
            entry: 0x10_0000,
        };
        assert_eq!(symbols.to_ldsym(), "00100000 start\n00100010 <A_as_B>::c\n");
        assert_eq!(symbols.address("start").unwrap(), 0x10_0000);
        assert!(symbols.address("stop").is_err());
    }
}
