// SPDX-License-Identifier: GPL-2.0-or-later
//! The rooms of the kernel: which files import each other in a circle, on which floor
//! each is, and which have no unsafe code.
//!
//! A file that imports another one stands above it. Files in a circle have no
//! floor: none of them can be read before the others. Each circle that there is
//! stands in [`RECURSIONS`] with the reason why it has to be; another one fails
//! the test, which prints its files and their imports.
//!
//! An import is a path from the crate's root (`crate::sched::current`), from the
//! module above (`super::blk`) or to a module that the file declares, in a `use`
//! or anywhere else. A file and the files in the folder of its name (`hd.rs`,
//! `hd/registers.rs`) are one.

mod common;

use common::project;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use side_by_side::rust::module_of;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The circles of `kernel/src` that may be: the files, and why.
const RECURSIONS: &[(&[&str], &str)] = &[(
    &["chr_drv/serial.rs", "chr_drv/tty_io.rs"],
    "what comes over a line is echoed on it, and what a program writes goes out by its interrupts",
)];

/// Each file with the files that it imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// The modules of a crate: the file of each path (`["blk_drv", "hd"]`), and the
/// file's text.
#[derive(Default)]
struct Crate {
    files: BTreeMap<Vec<String>, (String, String)>,
}

impl Crate {
    /// All sources below a folder. `main.rs` or `lib.rs` is the root.
    fn read(folder: &Path) -> Crate {
        let mut found = Crate::default();
        found.read_folder(folder, "");
        found
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                self.read_folder(&entry.path(), &format!("{name}/"));
            } else if name.ends_with(".rs") {
                self.add(&name, &std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }

    fn add(&mut self, file: &str, text: &str) {
        let path = module_of(file).into_iter().map(String::from);
        self.files
            .insert(path.collect(), (file.into(), text.into()));
    }

    /// The file that a module counts as: its own, or that of the module in whose
    /// folder it is, unless that is a `mod.rs`.
    fn room(&self, module: &[String]) -> &str {
        let (file, _) = &self.files[module];
        let above = &module[..module.len().saturating_sub(1)];
        match self.files.get(above) {
            Some((parent, _)) if !above.is_empty() && !parent.ends_with("/mod.rs") => {
                self.room(above)
            }
            _ => file,
        }
    }

    /// The innermost module on the way that `path` goes.
    fn module_of<'a>(&self, path: &'a [String]) -> &'a [String] {
        let is_file = |length: &usize| self.files.contains_key(&path[..*length]);
        let length = (0..=path.len()).rev().find(is_file);
        &path[..length.unwrap_or(0)]
    }

    fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (module, (_, text)) in &self.files {
            let tokens: TokenStream = text.parse().unwrap();
            let mut paths = Vec::new();
            Scan { of: self, module }.all(tokens, module, &mut paths);
            let room = self.room(module);
            let others = imports.entry(room.to_string()).or_default();
            for path in paths {
                let other = self.module_of(&path);
                if self.files.contains_key(other) && self.room(other) != room {
                    others.insert(self.room(other).to_string());
                }
            }
        }
        imports
    }
}

/// Looks for paths in one file.
struct Scan<'a> {
    of: &'a Crate,
    module: &'a [String],
}

impl Scan<'_> {
    /// Paths in the tokens of module `here`, which may be one within the file.
    fn all(&self, tokens: TokenStream, here: &[String], paths: &mut Vec<Vec<String>>) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(word) => {
                    let before = index
                        .checked_sub(1)
                        .map(|before| tokens[before].to_string());
                    let goes_on = is_double_colon(&tokens[index + 1..]);
                    if goes_on && before.as_deref() != Some(":") {
                        let start = self.start(&word.to_string(), here);
                        if let Some((start, rest)) = start {
                            follow(start, &tokens[index + rest..], paths);
                        }
                    }
                }
                TokenTree::Group(group) => match name_of_module(&tokens[..index]) {
                    Some(name) if group.delimiter() == Delimiter::Brace => {
                        self.all(group.stream(), &joined(here, &name), paths);
                    }
                    _ => self.all(group.stream(), here, paths),
                },
                _ => {}
            }
        }
    }

    /// Where a path that begins with this word starts, and with which token from
    /// the word on it goes on. `None` if it does not lead to another file.
    fn start(&self, word: &str, here: &[String]) -> Option<(Vec<String>, usize)> {
        match word {
            "crate" => Some((Vec::new(), 1)),
            "super" => Some((here[..here.len().saturating_sub(1)].to_vec(), 1)),
            _ => {
                let child = joined(self.module, word);
                (here == self.module && self.of.files.contains_key(&child)).then_some((child, 1))
            }
        }
    }
}

/// All paths that go on from `start` with these tokens, which begin with `::`.
fn follow(start: Vec<String>, tokens: &[TokenTree], paths: &mut Vec<Vec<String>>) {
    if !is_double_colon(tokens) {
        return paths.push(start);
    }
    match tokens.get(2) {
        Some(TokenTree::Ident(word)) if word == "super" => {
            follow(
                start[..start.len().saturating_sub(1)].to_vec(),
                &tokens[3..],
                paths,
            );
        }
        Some(TokenTree::Ident(word)) => {
            follow(joined(&start, &word.to_string()), &tokens[3..], paths)
        }
        Some(TokenTree::Group(group)) => {
            // `crate::{a::b, c}`.
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            let is_comma = |token: &TokenTree| token.to_string() == ",";
            for part in inner.split(is_comma) {
                match part {
                    [] => {}
                    [TokenTree::Ident(word), rest @ ..] if word == "self" => {
                        follow(start.clone(), rest, paths)
                    }
                    [first, rest @ ..] => follow(joined(&start, &first.to_string()), rest, paths),
                }
            }
        }
        _ => paths.push(start),
    }
}

fn is_double_colon(tokens: &[TokenTree]) -> bool {
    tokens.len() >= 2 && tokens[..2].iter().all(|token| token.to_string() == ":")
}

/// The module whose body comes next, if it is one.
fn name_of_module(before: &[TokenTree]) -> Option<String> {
    match before {
        [.., TokenTree::Ident(word), TokenTree::Ident(name)] if word == "mod" => {
            Some(name.to_string())
        }
        _ => None,
    }
}

fn joined(path: &[String], word: &str) -> Vec<String> {
    path.iter().cloned().chain([word.to_string()]).collect()
}

/// All that is reached from a file by imports.
fn reached<'a>(imports: &'a Imports, from: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut left: Vec<&str> = vec![from];
    while let Some(file) = left.pop() {
        for other in &imports[file] {
            if reached.insert(other.as_str()) {
                left.push(other);
            }
        }
    }
    reached
}

/// The circles, the largest first: sets of files each of which reaches all
/// others (the strongly connected components with more than one file).
fn circles(imports: &Imports) -> Vec<BTreeSet<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> = imports
        .keys()
        .map(|file| (file.as_str(), reached(imports, file)))
        .collect();
    let mut found = BTreeSet::new();
    for (file, others) in &reached {
        let comes_back = |other: &&&str| reached[**other].contains(file);
        let circle: BTreeSet<&str> = others.iter().filter(comes_back).copied().collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    found
}

/// The files of a circle, a line each, with what they import of it.
fn drawn(imports: &Imports, circle: &BTreeSet<&str>) -> String {
    let mut text = format!("a circle of {} files:\n", circle.len());
    for file in circle {
        let others: Vec<&str> = imports[*file]
            .iter()
            .map(String::as_str)
            .filter(|other| circle.contains(other))
            .collect();
        text += &format!("    {file} -> {}\n", others.join(" "));
    }
    text
}

#[test]
fn the_kernel_has_no_circle_of_imports_but_the_recursions() {
    let imports = Crate::read(&project().join("kernel/src")).imports();
    assert!(
        imports.len() > 50,
        "only {} files were found",
        imports.len()
    );
    let found = circles(&imports);
    let allowed: Vec<BTreeSet<&str>> = RECURSIONS
        .iter()
        .map(|(files, _)| files.iter().copied().collect())
        .collect();
    let mut wrong = String::new();
    for circle in &found {
        let drawing = drawn(&imports, circle);
        println!("{drawing}");
        if !allowed.contains(circle) {
            wrong += &drawing;
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    for circle in &allowed {
        assert!(found.contains(circle), "this circle has opened: {circle:?}");
    }
}

/// The imports of a file in a crate of three.
fn imports_of(text: &str) -> Vec<String> {
    let mut sources = Crate::default();
    sources.add("main.rs", "");
    sources.add("a.rs", text);
    sources.add("b.rs", "");
    sources.add("c/mod.rs", "");
    sources.add("c/d.rs", "");
    sources.add("c/d/e.rs", "use super::super::super::a;");
    sources.imports()["a.rs"].iter().cloned().collect()
}

#[test]
fn paths_of_all_kinds_are_imports() {
    assert_eq!(imports_of("use crate::b::{self, Thing};"), ["b.rs"]);
    assert_eq!(
        imports_of("use crate::{b, c::d::Thing};"),
        ["b.rs", "c/d.rs"]
    );
    assert_eq!(
        imports_of("use crate::c::{Thing, d::e};"),
        ["c/d.rs", "c/mod.rs"]
    );
    assert_eq!(
        imports_of("fn f() { super::b::g(&[crate::c::X]) }"),
        ["b.rs", "c/mod.rs"]
    );
    assert_eq!(imports_of("m! { x => crate::b::y }"), ["b.rs"]);
    assert_eq!(imports_of("use crate::Thing;"), ["main.rs"]);
}

#[test]
fn what_only_looks_like_an_import_is_none() {
    assert!(
        imports_of("/// [`crate::b`]\nuse other::c::d; mod t { use super::Thing; }").is_empty()
    );
    assert!(imports_of("use crate::a::Thing; fn f() { \"crate::b\" }").is_empty());
}

#[test]
fn circles_are_found_with_their_files_and_no_others() {
    let mut sources = Crate::default();
    sources.add("main.rs", "mod a; fn f() { a::g() }");
    sources.add("a.rs", "use crate::b;");
    sources.add("b.rs", "mod inner;");
    sources.add("b/inner.rs", "use crate::c;");
    sources.add("c.rs", "use crate::a; use crate::d;");
    sources.add("d.rs", "");
    let imports = sources.imports();
    assert_eq!(
        circles(&imports),
        [BTreeSet::from(["a.rs", "b.rs", "c.rs"])]
    );
    assert!(imports["main.rs"].contains("a.rs"));
}

/// The floors that the reading guide draws, the highest first, each with its files.
fn floors(guide: &str) -> Vec<Vec<&str>> {
    let drawing = guide.split("## The floors of the kernel").nth(1).unwrap();
    let lines = drawing.split("```").nth(1).unwrap().lines().skip(1);
    let mut floors: Vec<Vec<&str>> = Vec::new();
    for line in lines {
        let mut words = line.split_whitespace();
        if !line.starts_with(' ') {
            words.next();
            floors.push(Vec::new());
        }
        floors.last_mut().unwrap().extend(words);
    }
    floors
}

/// The floor of a file, counted from the top.
fn floor_of(floors: &[Vec<&str>], file: &str) -> usize {
    let name = file.trim_end_matches(".rs").trim_end_matches("/mod");
    let others = name
        .rsplit_once('/')
        .map(|(folder, _)| format!("{folder}/*"));
    let has = |name: &str| floors.iter().position(|floor| floor.contains(&name));
    let found = has(name).or_else(|| has(&others?));
    found.unwrap_or_else(|| panic!("the reading guide has no floor for {file}"))
}

#[test]
fn no_file_of_the_kernel_imports_one_of_a_higher_floor() {
    let guide = std::fs::read_to_string(project().join("docs/reading-guide.md")).unwrap();
    let floors = floors(&guide);
    let imports = Crate::read(&project().join("kernel/src")).imports();
    let mut wrong = String::new();
    for (file, others) in &imports {
        let floor = floor_of(&floors, file);
        for other in others {
            if floor_of(&floors, other) < floor {
                wrong += &format!("{file} imports {other} from a floor above it\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    for name in floors.iter().flatten() {
        let file = |end: &str| imports.contains_key(&format!("{name}{end}"));
        let is_there = name.ends_with("/*") || file(".rs") || file("/mod.rs");
        assert!(is_there, "the reading guide draws {name}, which is no file");
    }
}

/// Whether the file says that it has no unsafe code, for itself and all below it.
fn denies_unsafe(text: &str) -> bool {
    ["#![deny(unsafe_code)]", "#![forbid(unsafe_code)]"]
        .iter()
        .any(|attribute| text.lines().any(|line| line == *attribute))
}

/// `unsafe` or assembly.
fn has_unsafe(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "unsafe" || word == "global_asm",
        TokenTree::Group(group) => has_unsafe(group.stream()),
        _ => false,
    })
}

#[test]
fn a_file_without_unsafe_code_keeps_it_so() {
    let sources = Crate::read(&project().join("kernel/src"));
    for (module, (file, text)) in &sources.files {
        let above = (0..=module.len()).filter_map(|length| sources.files.get(&module[..length]));
        let is_denied = above.into_iter().any(|(_, text)| denies_unsafe(text));
        assert!(
            is_denied || has_unsafe(text.parse().unwrap()),
            "{file} has no unsafe code: let it say #![deny(unsafe_code)]"
        );
    }
}
