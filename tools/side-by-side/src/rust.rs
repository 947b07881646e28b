// SPDX-License-Identifier: GPL-2.0-or-later
//! The items of a Rust file, found by parsing it.
//!
//! Their paths are those of the language, from the file on: `schedule`,
//! `Task::wake` (a method, of whatever trait), `State::Running` (a variant),
//! `Task::pid` (a field), `controller::unmask` (of a module in the same file).
//! What a macro is given is no syntax of the language; of that are found
//!
//! * items declared by a keyword, as `abi_struct! { pub struct Exec, ...`:
//!   `Exec`; constants in one of these, as flags are: `Flags::READY`;
//! * any other word, for tables: `system_call_table!::open`.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use std::ops::RangeInclusive;
use syn::spanned::Spanned;

/// An item and the lines it takes, its documentation included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// From the file on.
    pub path: String,
    /// Counted from 1.
    pub lines: RangeInclusive<usize>,
    /// Whether it stands for itself and is not part of another one.
    pub whole: bool,
}

/// The module that a file of a crate is, by its path from the folder of sources on: of
/// `blk_drv/hd.rs` it is `blk_drv`, `hd`; of the crate's root, nothing.
pub fn module_of(file: &str) -> Vec<&str> {
    let mut module: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    if matches!(module[..], ["lib" | "main"] | [.., "mod"]) {
        module.pop();
    }
    module
}

/// All items of a source, in their order.
pub fn items(source: &str) -> syn::Result<Vec<Item>> {
    let mut found = Items::default();
    for item in syn::parse_file(source)?.items {
        found.item("", &item);
    }
    Ok(found.0)
}

#[derive(Default)]
struct Items(Vec<Item>);

impl Items {
    fn add(&mut self, path: String, span: Span, whole: bool) {
        let lines = span.start().line..=span.end().line;
        self.0.push(Item { path, lines, whole });
    }

    fn item(&mut self, prefix: &str, item: &syn::Item) {
        let span = item.span();
        let path = |name: &syn::Ident| format!("{prefix}{name}");
        match item {
            syn::Item::Const(item) if item.ident != "_" => self.add(path(&item.ident), span, true),
            syn::Item::Static(item) => self.add(path(&item.ident), span, true),
            syn::Item::Fn(item) => self.add(path(&item.sig.ident), span, true),
            syn::Item::Type(item) => self.add(path(&item.ident), span, true),
            syn::Item::Struct(item) => {
                self.add(path(&item.ident), span, true);
                self.fields(&path(&item.ident), &item.fields);
            }
            syn::Item::Union(item) => self.add(path(&item.ident), span, true),
            syn::Item::Enum(item) => {
                self.add(path(&item.ident), span, true);
                for variant in &item.variants {
                    self.add(
                        format!("{}::{}", path(&item.ident), variant.ident),
                        variant.span(),
                        false,
                    );
                }
            }
            syn::Item::Trait(item) => {
                self.add(path(&item.ident), span, true);
                for part in &item.items {
                    if let syn::TraitItem::Fn(method) = part {
                        let name = format!("{}::{}", path(&item.ident), method.sig.ident);
                        self.add(name, part.span(), false);
                    }
                }
            }
            syn::Item::Impl(item) => self.implementation(prefix, item),
            syn::Item::Mod(item) => {
                if let Some((_, items)) = &item.content
                    && !is_for_tests(&item.attrs)
                {
                    let inner = format!("{}::", path(&item.ident));
                    for item in items {
                        self.item(&inner, item);
                    }
                }
            }
            syn::Item::ForeignMod(block) => {
                for part in &block.items {
                    if let syn::ForeignItem::Fn(function) = part {
                        self.add(path(&function.sig.ident), part.span(), false);
                    }
                }
            }
            syn::Item::Macro(item) => self.macro_item(prefix, item, span),
            _ => {}
        }
    }

    fn fields(&mut self, path: &str, fields: &syn::Fields) {
        for field in fields {
            if let Some(name) = &field.ident {
                self.add(format!("{path}::{name}"), field.span(), false);
            }
        }
    }

    fn implementation(&mut self, prefix: &str, item: &syn::ItemImpl) {
        let Some(name) = type_name(&item.self_ty) else {
            return;
        };
        for part in &item.items {
            let member = match part {
                syn::ImplItem::Fn(part) => &part.sig.ident,
                syn::ImplItem::Const(part) => &part.ident,
                _ => continue,
            };
            self.add(format!("{prefix}{name}::{member}"), part.span(), true);
        }
    }

    /// A `macro_rules!`, or a call of a macro that makes items.
    fn macro_item(&mut self, prefix: &str, item: &syn::ItemMacro, span: Span) {
        let called = item
            .mac
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string());
        let name = match &item.ident {
            Some(name) => {
                self.add(format!("{prefix}{name}"), span, true);
                name.to_string()
            }
            None => called.unwrap_or_default(),
        };
        self.tokens(prefix, &name, None, item.mac.tokens.clone(), span);
    }

    /// Words in a macro. An item declared there is shown with all of the macro,
    /// any other word with its line; those in parentheses only take part in a row.
    /// `owner` is the structure that they are in.
    fn tokens(
        &mut self,
        prefix: &str,
        name: &str,
        owner: Option<&str>,
        tokens: TokenStream,
        span: Span,
    ) {
        const DECLARATIONS: [&str; 6] = ["struct", "enum", "fn", "static", "const", "type"];
        let mut before = String::new();
        let mut declared = None;
        for token in tokens {
            match token {
                TokenTree::Ident(word) => {
                    if let ("const", Some(owner)) = (before.as_str(), owner) {
                        self.add(format!("{owner}::{word}"), word.span(), false);
                    } else if DECLARATIONS.contains(&before.as_str()) {
                        self.add(format!("{prefix}{word}"), span, false);
                        if before == "struct" {
                            declared = Some(format!("{prefix}{word}"));
                        }
                    } else {
                        self.add(format!("{prefix}{name}!::{word}"), word.span(), false);
                    }
                    before = word.to_string();
                }
                TokenTree::Group(group) => {
                    before.clear();
                    if group.delimiter() == Delimiter::Brace {
                        let owner = declared.take();
                        self.tokens(prefix, name, owner.as_deref(), group.stream(), span);
                    }
                }
                _ => before.clear(),
            }
        }
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|word| word == "test")
    })
}

/// The name that the methods of an `impl` go by.
fn type_name(of: &syn::Type) -> Option<String> {
    match of {
        syn::Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        syn::Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "
/// Documented.
pub static TABLE: [u8; 1] = [0];

enum State {
    Running,
}

impl Drop for Thing {
    /// Gives it back.
    fn drop(&mut self) {
    }
}

mod ports {
    pub fn read() {}
}

bitflags! {
    struct Flags: u8 {
        const BIT = 1;
    }
}

calls! {
    0 setup sys_setup ();
    1 exit sys_exit (status);
}

#[cfg(test)]
mod tests {
    fn not_seen() {}
}
";

    /// The lines of an item.
    fn lines(path: &str) -> Option<(usize, usize)> {
        let items = items(SOURCE).unwrap();
        let item = items.iter().find(|item| item.path == path)?;
        Some((*item.lines.start(), *item.lines.end()))
    }

    #[test]
    fn items_have_the_paths_of_the_language_and_their_lines() {
        assert_eq!(lines("TABLE"), Some((2, 3)));
        assert_eq!(lines("State::Running"), Some((6, 6)));
        assert_eq!(lines("Thing::drop"), Some((10, 12)));
        assert_eq!(lines("ports::read"), Some((16, 16)));
        assert_eq!(lines("tests::not_seen"), None);
        assert_eq!(lines("not_seen"), None);
    }

    #[test]
    fn macros_are_searched_for_declarations_and_words() {
        assert_eq!(lines("Flags"), Some((19, 23)));
        assert_eq!(lines("Flags::BIT"), Some((21, 21)));
        assert_eq!(lines("calls!::exit"), Some((27, 27)));
        assert_eq!(lines("calls!::status"), None);
        assert_eq!(lines("calls!::write"), None);
    }
}
