// SPDX-License-Identifier: GPL-2.0-or-later
//! The words of our sources, in Rust and assembly.
//!
//! A path is followed as the compiler would: from `crate`, `self`, `super`, a
//! `use` line, an item of the file, a module or another crate. Where a `pub use`
//! hides the way, the crate's only item of that name is meant. A method is known
//! behind `self.`, or if it is the only one of its name.

use super::{Id, Word};
use crate::highlight::Class;
use crate::rust::{Item, module_of};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use syn::spanned::Spanned;

/// How often a path may be replaced by what a `use` line says.
const LONGEST_CHAIN: usize = 5;

/// Methods of Rust's library: that one of ours is the only one of this name
/// says nothing.
const OF_THE_LIBRARY: &str = "\
    add advance all alloc allocate and any as_bytes as_bytes_mut as_mut as_ref borrow buffer \
    bytes call chain check clear clone cmp collect column contains copied copy copy_from \
    count current data dealloc deref deref_mut digits done drain drop end ends_with entries \
    entry eq err error expect extend file filter find finish first flags flatten flush fmt \
    fold from get get_mut grow hash header index insert into into_raw is_empty is_err \
    is_full is_nan is_negative is_none is_null is_ok is_ready is_some iter iter_mut join key \
    kind last layout len limit line lines load lock map mask max merge min mul neg next not \
    number offset ok options or parse partition peek pop position precision product push \
    read read_line realloc remaining remove replace reserve reset retain rev reverse seek \
    set set_position size skip sort sources split split_at start starts_with step_by store \
    sub sum swap take then to_bytes to_owned to_string trim truncate unlock unwrap unwrap_or \
    update valid value wait wake width write write_str written zip";

/// The items of all files.
#[derive(Default)]
pub struct Names<'a> {
    files: BTreeMap<&'a str, File<'a>>,
    /// The file of a module.
    modules: BTreeMap<(&'a str, Vec<&'a str>), &'a str>,
    /// The items of each crate; none where several have the name.
    crates: BTreeMap<&'a str, BTreeMap<&'a str, Option<Id>>>,
    /// The methods of all crates by their name; likewise.
    methods: BTreeMap<&'a str, Option<Id>>,
}

struct File<'a> {
    of: &'a str,
    module: Vec<&'a str>,
    items: BTreeMap<&'a str, Id>,
    spans: Vec<(RangeInclusive<usize>, Id)>,
    /// The type of the methods in some lines.
    types: Vec<(RangeInclusive<usize>, &'a str)>,
    uses: Uses,
    /// Where words are that are declared, not meant: fields, variants, rows.
    declared: BTreeSet<(usize, &'a str)>,
}

impl<'a> Names<'a> {
    /// The items of a file, each with its number.
    pub fn add(&mut self, path: &'a str, text: &str, items: &'a [Item], first: Id) {
        let (of, module) = module(path);
        let mut file = File {
            of,
            module,
            items: BTreeMap::new(),
            spans: Vec::new(),
            types: Vec::new(),
            uses: if path.ends_with(".rs") {
                uses(text)
            } else {
                Uses::default()
            },
            declared: BTreeSet::new(),
        };
        let all = self.crates.entry(of).or_default();
        for (item, id) in items.iter().zip(first..) {
            let (owner, name) = item.path.rsplit_once("::").unwrap_or(("", &item.path));
            if file.items.contains_key(item.path.as_str()) {
                continue;
            }
            file.items.insert(&item.path, id);
            only(all, &item.path, id);
            if item.whole {
                file.spans.push((item.lines.clone(), id));
                if !owner.is_empty() {
                    only(&mut self.methods, name, id);
                    file.types.push((item.lines.clone(), owner));
                }
            } else if item.lines.clone().count() < 40 {
                for line in item.lines.clone() {
                    file.declared.insert((line, name));
                }
            }
        }
        self.modules.insert((of, file.module.clone()), path);
        self.files.insert(path, file);
    }

    /// The item that a line belongs to.
    pub fn enclosing(&self, path: &str, line: usize) -> Option<Id> {
        let spans = &self.files.get(path)?.spans;
        super::enclosing(spans.iter().map(|(lines, id)| (lines, *id)), line)
    }

    /// What a word of a file means.
    pub fn resolve(&self, path: &str, word: &Word) -> Option<Id> {
        let file = self.files.get(path)?;
        if word.class == Class::Comment {
            return self.path(file, &linked_path(word)?, LONGEST_CHAIN);
        }
        if !matches!(word.class, Class::Plain | Class::Directive) {
            return None;
        }
        if file.declared.contains(&(word.line, word.text)) {
            return None;
        }
        if !path.ends_with(".rs") {
            let is_register = word.before.ends_with('%');
            return (!is_register)
                .then(|| self.label(file, word.text))
                .flatten();
        }
        self.word(file, word)
    }

    fn label(&self, file: &File, name: &str) -> Option<Id> {
        let elsewhere = || *self.crates.get(file.of)?.get(name)?;
        file.items.get(name).copied().or_else(elsewhere)
    }

    fn word(&self, file: &File, word: &Word) -> Option<Id> {
        let before = word.before.trim_end();
        let after = word.after.trim_start();
        let is_called = after.starts_with('(') || after.starts_with("::<");
        if let Some(object) = before.strip_suffix('.') {
            return self.method(file, word, object, is_called);
        }
        let path = path_before(word)?;
        let is_use = file
            .uses
            .lines
            .iter()
            .any(|lines| lines.contains(&word.line));
        let is_type = word.text.starts_with(|c: char| c.is_ascii_uppercase());
        // A module in a path.
        if after.starts_with("::") && !is_called && !is_type {
            return None;
        }
        let is_item = || {
            let keyword = before.split_whitespace().next_back();
            let is_declared = keyword == Some("fn") || keyword == Some("mod");
            let is_macro = word.class == Class::Directive;
            !is_declared && (is_type || is_called || is_macro)
        };
        if path.len() == 1 && !is_use && !is_item() {
            return None;
        }
        self.path(file, &path, LONGEST_CHAIN)
    }

    /// What stands behind a dot.
    fn method(&self, file: &File, word: &Word, object: &str, is_called: bool) -> Option<Id> {
        let is_self = object.strip_suffix("self").is_some_and(|before| {
            !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.')
        });
        if is_self {
            let types = file
                .types
                .iter()
                .find(|(lines, _)| lines.contains(&word.line));
            let (_, owner) = types?;
            return self.of_type(file, &format!("{owner}::{}", word.text));
        }
        let is_known = || !OF_THE_LIBRARY.split(' ').any(|name| name == word.text);
        (is_called && is_known())
            .then(|| *self.methods.get(word.text)?)
            .flatten()
    }

    fn of_type(&self, file: &File, path: &str) -> Option<Id> {
        let elsewhere = || *self.crates.get(file.of)?.get(path)?;
        file.items.get(path).copied().or_else(elsewhere)
    }

    /// What a path means that is read in a file.
    fn path(&self, file: &File, path: &[&str], longest: usize) -> Option<Id> {
        let joined = path.join("::");
        if let Some(id) = file.items.get(joined.as_str()) {
            return Some(*id);
        }
        let (first, rest) = path.split_first()?;
        let (of, mut module, mut rest) = match *first {
            "Self" => return None,
            "crate" => (file.of, Vec::new(), rest),
            "self" => (file.of, file.module.clone(), rest),
            "super" => {
                let mut module = file.module.clone();
                module.pop()?;
                (file.of, module, rest)
            }
            _ => {
                if let Some(used) = file.uses.names.get(*first) {
                    let used = used.as_ref()?;
                    let full: Vec<&str> = used
                        .iter()
                        .map(String::as_str)
                        .chain(rest.iter().copied())
                        .collect();
                    return if longest > 0 && full != path {
                        self.path(file, &full, longest - 1)
                    } else {
                        self.absolute(file, path, longest)
                    };
                }
                return self.absolute(file, path, longest);
            }
        };
        while let Some((&"super", more)) = rest.split_first() {
            module.pop()?;
            rest = more;
        }
        self.inside(of, module, rest, longest)
    }

    /// A path that begins with a module below or another crate.
    fn absolute(&self, file: &File, path: &[&str], longest: usize) -> Option<Id> {
        let (first, rest) = path.split_first()?;
        if rest.is_empty() {
            return None;
        }
        let below = [&file.module[..], &[*first]].concat();
        if self.modules.contains_key(&(file.of, below)) {
            return self.inside(file.of, file.module.clone(), path, longest);
        }
        if self.crates.contains_key(first) {
            return self.inside(first, Vec::new(), rest, longest);
        }
        // A type that is known from elsewhere: its methods are where they are.
        None
    }

    /// A path from a module of a crate on.
    fn inside<'s>(
        &'s self,
        of: &str,
        module: Vec<&'s str>,
        path: &[&'s str],
        longest: usize,
    ) -> Option<Id> {
        let (of, items) = self.crates.get_key_value(of)?;
        let mut module = module;
        let mut path = path;
        while path.len() > 1 {
            let below = [&module[..], &path[..1]].concat();
            if !self.modules.contains_key(&(*of, below.clone())) {
                break;
            }
            (module, path) = (below, &path[1..]);
        }
        // A module, not one of its items.
        if path.len() == 1
            && self
                .modules
                .contains_key(&(*of, [&module[..], path].concat()))
        {
            return None;
        }
        let joined = path.join("::");
        if let Some(file) = self
            .modules
            .get(&(*of, module))
            .and_then(|path| self.files.get(path))
        {
            if let Some(id) = file.items.get(joined.as_str()) {
                return Some(*id);
            }
            if let Some(Some(used)) = file.uses.names.get(*path.first()?)
                && longest > 0
            {
                let full: Vec<&str> = used
                    .iter()
                    .map(String::as_str)
                    .chain(path[1..].iter().copied())
                    .collect();
                if let Some(id) = self.path(file, &full, longest - 1) {
                    return Some(id);
                }
            }
        }
        *items.get(joined.as_str())?
    }
}

/// Notes a name; of several nothing stays.
fn only<'a>(names: &mut BTreeMap<&'a str, Option<Id>>, name: &'a str, id: Id) {
    names
        .entry(name)
        .and_modify(|found| *found = None)
        .or_insert(Some(id));
}

/// The crate and the module of a file.
fn module(path: &str) -> (&str, Vec<&str>) {
    let (folder, inner) = match path.split_once("/src/") {
        Some((folder, inner)) => (folder, inner),
        None => path.rsplit_once('/').unwrap_or(("", path)),
    };
    // A program is a crate of its own.
    if inner.starts_with("bin/") {
        return (path, Vec::new());
    }
    let of = folder.rsplit('/').next().unwrap_or(folder);
    match inner.ends_with(".rs") {
        true => (of, module_of(inner)),
        false => (of, vec![inner]),
    }
}

/// The path that ends with a word: `a::b::word`; nothing if it has other parts.
fn path_before<'a>(word: &Word<'a>) -> Option<Vec<&'a str>> {
    let mut path = vec![word.text];
    let mut before = word.before;
    while let Some(rest) = before.strip_suffix("::") {
        let start = rest
            .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .map_or(0, |at| at + 1);
        if start == rest.len() {
            return None;
        }
        path.insert(0, &rest[start..]);
        before = &rest[..start];
    }
    Some(path)
}

/// The path up to a word in a comment that has a link, as in "[`a::word`]".
fn linked_path<'a>(word: &Word<'a>) -> Option<Vec<&'a str>> {
    let (_, start) = word.before.rsplit_once("[`")?;
    let (end, _) = word.after.split_once("`]")?;
    let is_path = |text: &str| {
        text.chars()
            .all(|c| c.is_alphanumeric() || "_:".contains(c))
    };
    (is_path(start) && is_path(end)).then(|| path_before(word))?
}

/// What the `use` lines of a file say.
#[derive(Debug, Default)]
struct Uses {
    /// Name and path; no path if two lines give the name.
    names: BTreeMap<String, Option<Vec<String>>>,
    /// Where they are.
    lines: Vec<RangeInclusive<usize>>,
}

fn uses(text: &str) -> Uses {
    let mut found = Uses::default();
    if let Ok(file) = syn::parse_file(text) {
        found.items(&file.items);
    }
    found
}

impl Uses {
    fn items(&mut self, items: &[syn::Item]) {
        for item in items {
            match item {
                syn::Item::Use(item) => {
                    let span = item.span();
                    self.lines.push(span.start().line..=span.end().line);
                    self.tree(&item.tree, &mut Vec::new());
                }
                // What the tests use is their own.
                syn::Item::Mod(item) if item.ident != "tests" => {
                    self.items(item.content.as_ref().map_or(&[], |(_, items)| items));
                }
                _ => {}
            }
        }
    }

    fn tree(&mut self, tree: &syn::UseTree, path: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(part) => {
                path.push(part.ident.to_string());
                self.tree(&part.tree, path);
                path.pop();
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                if let Some(last) = path.last() {
                    self.name(last.clone(), path.clone());
                }
            }
            syn::UseTree::Name(name) => {
                let name = name.ident.to_string();
                self.name(name.clone(), [&path[..], &[name]].concat());
            }
            syn::UseTree::Rename(name) => {
                let full = [&path[..], &[name.ident.to_string()]].concat();
                self.name(name.rename.to_string(), full);
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(tree, path);
                }
            }
            syn::UseTree::Glob(_) => {}
        }
    }

    fn name(&mut self, name: String, path: Vec<String>) {
        let is_another = |found: &Option<Vec<String>>| found.as_ref() != Some(&path);
        if self.names.get(&name).is_some_and(is_another) {
            self.names.insert(name, None);
        } else {
            self.names.insert(name, Some(path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::highlight::{Language, highlight};
    use crate::links::words;
    use crate::rust::items;

    const FILES: [(&str, &str); 4] = [
        (
            "kernel/src/main.rs",
            "mod sched;\npub use fs::File as Node;\nstruct Local;\nfn wake_up() {}\n",
        ),
        (
            "kernel/src/sched.rs",
            "use crate::{Local, Node};\nuse fs::{self, pipe, open_file};\n\
             pub struct Task { queue: u32 }\nimpl Task {\n    fn run_now(&self) {\n        \
             self.queue; self.stop(); other.run_now(); other.push(); wake_up();\n    }\n    \
             fn stop(&self) { open_file(); pipe::read(); Node::size(); super::wake_up(); }\n}\n\
             fn pipe_of(local: Local) { let wake_up = 1; wake_up; fs::pipe::read(); unknown(); }\n",
        ),
        (
            "fs/src/lib.rs",
            "pub mod pipe;\npub struct File;\nimpl File { pub fn size() {} }\n\
             pub fn open_file() {}\nimpl Stack { fn push(&self) {} }\n",
        ),
        (
            "fs/src/pipe.rs",
            "/// See [`super::File`].\npub fn read() {}\n",
        ),
    ];

    /// Each word of a file that leads somewhere, and the item it means.
    fn links(path: &str) -> Vec<String> {
        let sources: Vec<Vec<Item>> = FILES.iter().map(|(_, text)| items(text).unwrap()).collect();
        let mut names = Names::default();
        let mut places = Vec::new();
        for ((path, text), items) in FILES.iter().zip(&sources) {
            names.add(path, text, items, places.len());
            places.extend(items.iter().map(|item| format!("{path}::{}", item.path)));
        }
        let text = FILES.iter().find(|(name, _)| *name == path).unwrap().1;
        let mut found = Vec::new();
        for (index, line) in highlight(text, Language::Rust).iter().enumerate() {
            let text = text.lines().nth(index).unwrap();
            let mut at = 0;
            for piece in line {
                for (_, word) in words(text, index + 1, *piece, at) {
                    let owner = names.enclosing(path, word.line);
                    if let Some(id) = names.resolve(path, &word).filter(|id| Some(*id) != owner) {
                        found.push(format!("{} {}", word.text, places[id]));
                    }
                }
                at += piece.1.len();
            }
        }
        found
    }

    #[test]
    fn paths_are_followed_and_what_is_not_certain_has_no_link() {
        assert_eq!(
            links("kernel/src/sched.rs"),
            [
                "Local kernel/src/main.rs::Local",
                "Node fs/src/lib.rs::File",
                "open_file fs/src/lib.rs::open_file",
                "Task kernel/src/sched.rs::Task",
                "queue kernel/src/sched.rs::Task::queue",
                "stop kernel/src/sched.rs::Task::stop",
                "open_file fs/src/lib.rs::open_file",
                "read fs/src/pipe.rs::read",
                "Node fs/src/lib.rs::File",
                "size fs/src/lib.rs::File::size",
                "wake_up kernel/src/main.rs::wake_up",
                "Local kernel/src/main.rs::Local",
                "read fs/src/pipe.rs::read",
            ]
        );
    }

    #[test]
    fn a_comment_has_the_links_that_it_says() {
        assert_eq!(links("fs/src/pipe.rs"), ["File fs/src/lib.rs::File"]);
    }
}
