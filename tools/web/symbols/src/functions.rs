// SPDX-License-Identifier: GPL-2.0-or-later
//! The functions of the kernel: those that have code of their own, and those that the
//! compiler has put into others.

use crate::debug_info::DebugInfo;
use crate::sources::Sources;
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Those with code of their own, in order of their addresses.
pub struct Functions<'a>(Vec<Function<'a>>);

struct Function<'a> {
    address: u64,
    size: u64,
    /// As the linker calls it.
    mangled: &'a str,
}

impl<'a> Functions<'a> {
    /// Those of an ELF file; `labels` are none, though they are in the code.
    pub fn of(elf: &object::File<'a>, labels: &[String]) -> Functions<'a> {
        let text = elf.section_by_name(".text").map(|section| section.index());
        // The entries in assembly are labels.
        let is_code = |symbol: &object::Symbol<'_, '_>| {
            let kinds = [SymbolKind::Text, SymbolKind::Label, SymbolKind::Unknown];
            let is_label = |name| labels.iter().any(|label| label == name);
            symbol.section_index() == text
                && kinds.contains(&symbol.kind())
                && !symbol.name().is_ok_and(is_label)
        };
        let mut symbols: Vec<_> = elf.symbols().filter(is_code).collect();
        symbols.sort_by_key(ObjectSymbol::address);
        let ends = symbols.iter().skip(1).map(ObjectSymbol::address);
        let ends: Vec<_> = ends.chain([0]).collect();
        let function = |(symbol, next): (&object::Symbol<'a, '_>, u64)| {
            Some(Function {
                address: symbol.address(),
                size: match symbol.size() {
                    0 => next.saturating_sub(symbol.address()),
                    size => size,
                },
                mangled: symbol.name().ok()?,
            })
        };
        Functions(symbols.iter().zip(ends).filter_map(function).collect())
    }

    /// Of each: address, size, name, file, line.
    pub fn rows(&self, info: &DebugInfo, sources: &Sources) -> Value {
        let row = |function: &Function| {
            let place = info.functions.get(function.mangled);
            let place = place.and_then(|place| sources.in_project(place));
            let (file, line) = place.map(|place| (place.file, place.line)).unzip();
            let name = demangled(function.mangled);
            json!([function.address, function.size, name, file, line])
        };
        self.0.iter().map(row).collect()
    }

    /// Of each function that the compiler has put into others: name, file, line, and
    /// the places of those others among the rows.
    pub fn inlined(&self, info: &DebugInfo, sources: &Sources) -> Value {
        let places: BTreeMap<&str, usize> = (self.0.iter().map(|function| function.mangled))
            .zip(0..)
            .collect();
        let mut copies: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (function, into) in &info.inlined {
            if let Some(place) = places.get(into.as_str()) {
                copies.entry(function).or_default().push(*place);
            }
        }
        let row = |(mangled, into): (&str, Vec<usize>)| {
            let place = sources.in_project(info.functions.get(mangled)?)?;
            Some(json!([demangled(mangled), place.file, place.line, into]))
        };
        copies.into_iter().filter_map(row).collect()
    }
}

fn demangled(mangled: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(mangled))
}
