// SPDX-License-Identifier: GPL-2.0-or-later
//! The map as it is written down in `docs/map.toml`:
//!
//! ```toml
//! ["kernel/sched.c"]
//! file = ["kernel/src/sched.rs", "kernel/src/sched/task.rs"]
//! note = "what a learner should know of the file as a whole"
//!
//! ["kernel/sched.c".symbols]
//! schedule = "::schedule"
//! sleep_on = { item = "::sleep_while", note = "how it differs" }
//! task = "kernel/src/sched/task.rs::TASK"
//! show_stat = { none = "why there is none, and what took its place" }
//! ```
//!
//! An item without a file, `::schedule`, is in the first of `file`.
//!
//! A run of constants is one row, and `*` in its items stands for each name:
//!
//! ```toml
//! "EPERM..ENOTEMPTY" = "::errno_table!::*"      # from one line to the other
//! "__NR_*" = "::system_call_table!::*"          # what is behind the prefix
//! ```
//!
//! A constant with a row of its own is not in the run around it.

use crate::error::{Error, Problem, Result};
use crate::facts::{File, Kind};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor, value::MapAccessDeserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use toml::Spanned;

/// The map, in the project.
pub const MAP: &str = "docs/map.toml";

/// What became of all files.
#[derive(Debug, Default)]
pub struct Map {
    files: BTreeMap<String, FileEntry>,
}

/// What became of a file.
#[derive(Debug)]
pub struct FileEntry {
    /// Its line in the map.
    pub line: usize,
    /// Our files; the first answers to it, the others hold parts.
    pub files: Vec<String>,
    /// How it differs as a whole.
    pub note: Option<String>,
    /// What became of its symbols, by key.
    pub symbols: BTreeMap<String, Entry>,
    /// What became of runs of constants, in the order in which they are
    /// written; [`Map::spread`] makes entries of them.
    pub runs: Vec<Run>,
}

/// A row for constants that stand together.
#[derive(Debug)]
pub struct Run {
    /// The row's key: `FIRST..LAST` or `PREFIX*`.
    pub key: String,
    /// What became of them, with `*` for the name.
    pub entry: Entry,
    /// How many constants it is about.
    pub length: usize,
}

/// What became of a symbol.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its line in the map.
    pub line: usize,
    /// Our items; the first does its job, the others have a part in it. Empty
    /// if there is none, and then the note says why.
    pub items: Vec<ItemPath>,
    /// How it differs.
    pub note: Option<String>,
    /// The key of the run that it is from.
    pub run: Option<String>,
}

/// A file of ours and an item or label in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemPath {
    /// From the project's folder.
    pub file: String,
    /// The path in the file.
    pub item: String,
}

impl fmt::Display for ItemPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.file, self.item)
    }
}

impl Map {
    /// What became of a file of 0.11.
    pub fn file(&self, path: &str) -> Option<&FileEntry> {
        self.files.get(path)
    }

    /// Our file that answers to a file of 0.11.
    pub fn answer(&self, path: &str) -> Option<&str> {
        self.file(path)?.files.first().map(String::as_str)
    }

    /// All files, by name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &FileEntry)> {
        self.files
            .iter()
            .map(|(path, entry)| (path.as_str(), entry))
    }

    /// Gives each constant of a run an entry of its own.
    pub fn spread(&mut self, files: &[File]) {
        for file in files {
            if let Some(entry) = self.files.get_mut(&file.path) {
                entry.spread(file);
            }
        }
    }

    /// Reads the map of a project.
    pub fn read(project: &Path) -> Result<Map> {
        let path = project.join(MAP);
        let text = std::fs::read_to_string(&path).map_err(Error::host(path, "read"))?;
        Map::parse(&text).map_err(Error::Contents)
    }

    /// The map that a text says.
    pub fn parse(text: &str) -> std::result::Result<Map, Problem> {
        let line_at = |offset: usize| text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
        let raw: BTreeMap<Spanned<String>, RawFile> =
            toml::from_str(text).map_err(|error| Problem {
                file: MAP.to_owned(),
                line: error.span().map(|span| line_at(span.start)),
                what: error.message().to_owned(),
            })?;
        let mut files = BTreeMap::new();
        for (path, file) in raw {
            let line = line_at(path.span().start);
            files.insert(path.into_inner(), file.finish(line, &line_at)?);
        }
        Ok(Map { files })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    file: OneOrMore,
    note: Option<String>,
    #[serde(default)]
    symbols: BTreeMap<Spanned<String>, RawEntry>,
}

impl RawFile {
    fn finish(
        self,
        line: usize,
        line_at: &dyn Fn(usize) -> usize,
    ) -> std::result::Result<FileEntry, Problem> {
        let files = self.file.0;
        let Some(first) = files.first() else {
            return Err(Problem::at(
                MAP,
                line,
                "`file` is empty, expected at least one of our files",
            ));
        };
        let mut symbols = BTreeMap::new();
        let mut runs = Vec::new();
        for (key, raw) in self.symbols {
            let line = line_at(key.span().start);
            let entry = raw
                .finish(line, first)
                .map_err(|what| Problem::at(MAP, line, format!("{}: {what}", key.get_ref())))?;
            let key = key.into_inner();
            if key.contains("..") || key.ends_with('*') {
                let entry = Entry {
                    run: Some(key.clone()),
                    ..entry
                };
                runs.push(Run {
                    key,
                    entry,
                    length: 0,
                });
            } else {
                symbols.insert(key, entry);
            }
        }
        runs.sort_by_key(|run| run.entry.line);
        Ok(FileEntry {
            line,
            files,
            note: self.note,
            symbols,
            runs,
        })
    }
}

impl FileEntry {
    fn spread(&mut self, file: &File) {
        for run in &mut self.runs {
            for (key, name) in run_members(&run.key, file) {
                // A row of its own, or a run that is written above.
                self.symbols.entry(key.to_owned()).or_insert_with(|| {
                    run.length += 1;
                    run.entry.of(name)
                });
            }
        }
    }

    /// The run that an entry is from.
    pub fn run(&self, entry: &Entry) -> Option<&Run> {
        let key = entry.run.as_ref()?;
        self.runs.iter().find(|run| run.key == *key)
    }
}

impl Entry {
    /// The entry of one constant of a run.
    fn of(&self, name: &str) -> Entry {
        let mut entry = self.clone();
        for path in &mut entry.items {
            path.item = path.item.replace('*', name);
        }
        entry
    }
}

/// The constants that the key of a run means: the keys, and what `*` is.
fn run_members<'a>(run: &'a str, file: &'a File) -> Vec<(&'a str, &'a str)> {
    let constants = file
        .symbols
        .iter()
        .filter(|symbol| symbol.kind == Kind::Constant);
    if let Some(prefix) = run.strip_suffix('*') {
        return constants
            .filter_map(|symbol| Some((symbol.key.as_str(), symbol.name.strip_prefix(prefix)?)))
            .collect();
    }
    let Some((first, last)) = run.split_once("..") else {
        return Vec::new();
    };
    let line_of = |name: &str| {
        let found = file.symbols.iter().find(|symbol| symbol.name == name);
        found.map(|symbol| symbol.line)
    };
    match (line_of(first), line_of(last)) {
        (Some(first), Some(last)) => constants
            .filter(|symbol| (first..=last).contains(&symbol.line))
            .map(|symbol| (symbol.key.as_str(), symbol.name.as_str()))
            .collect(),
        _ => Vec::new(),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFields {
    item: Option<OneOrMore>,
    none: Option<String>,
    note: Option<String>,
}

struct RawEntry(RawFields);

impl RawEntry {
    fn finish(self, line: usize, first_file: &str) -> std::result::Result<Entry, String> {
        match self.0 {
            RawFields {
                item: Some(OneOrMore(items)),
                none: None,
                note,
            } if !items.is_empty() => {
                let items = items
                    .iter()
                    .map(|item| item_path(item, first_file))
                    .collect::<std::result::Result<_, _>>()?;
                Ok(Entry {
                    line,
                    items,
                    note,
                    run: None,
                })
            }
            RawFields {
                item: None,
                none: Some(reason),
                note: None,
            } => Ok(Entry {
                line,
                items: Vec::new(),
                note: Some(reason),
                run: None,
            }),
            _ => Err(
                "expected either `item` and perhaps a `note`, or the reason for having `none`"
                    .to_owned(),
            ),
        }
    }
}

fn item_path(text: &str, first_file: &str) -> std::result::Result<ItemPath, String> {
    match text.split_once("::") {
        Some((file, item)) if !item.is_empty() => Ok(ItemPath {
            file: if file.is_empty() { first_file } else { file }.to_owned(),
            item: item.to_owned(),
        }),
        _ => Err(format!(
            "found `{text}`, expected an item such as `::name` or `folder/file.rs::name`"
        )),
    }
}

/// A string, or a list of them.
struct OneOrMore(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        struct Strings;
        impl<'de> Visitor<'de> for Strings {
            type Value = OneOrMore;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }
            fn visit_str<E>(self, text: &str) -> std::result::Result<OneOrMore, E> {
                Ok(OneOrMore(vec![text.to_owned()]))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> std::result::Result<OneOrMore, A::Error> {
                let mut strings = Vec::new();
                while let Some(text) = list.next_element()? {
                    strings.push(text);
                }
                Ok(OneOrMore(strings))
            }
        }
        deserializer.deserialize_any(Strings)
    }
}

impl<'de> Deserialize<'de> for RawEntry {
    fn deserialize<D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> std::result::Result<Self, D::Error> {
        struct ItemOrFields;
        impl<'de> Visitor<'de> for ItemOrFields {
            type Value = RawEntry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an item, or a table with `item` and `note`, or with `none`")
            }
            fn visit_str<E>(self, text: &str) -> std::result::Result<RawEntry, E> {
                let item = Some(OneOrMore(vec![text.to_owned()]));
                Ok(RawEntry(RawFields {
                    item,
                    ..RawFields::default()
                }))
            }
            fn visit_map<A: MapAccess<'de>>(
                self,
                map: A,
            ) -> std::result::Result<RawEntry, A::Error> {
                RawFields::deserialize(MapAccessDeserializer::new(map)).map(RawEntry)
            }
        }
        deserializer.deserialize_any(ItemOrFields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        Map::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn the_forms_of_an_entry() {
        let map = Map::parse(
            "[\"a.c\"]\nfile = [\"a.rs\", \"b.rs\"]\n[\"a.c\".symbols]\n\
             one = \"::one\"\ntwo = { item = [\"b.rs::T::two\", \"::one\"], note = \"n\" }\nthree = { none = \"why\" }\n",
        )
        .unwrap();
        let entry = |name: &str| {
            let entry = &map.file("a.c").unwrap().symbols[name];
            (
                entry.line,
                entry
                    .items
                    .iter()
                    .map(ItemPath::to_string)
                    .collect::<Vec<_>>(),
                entry.note.as_deref(),
            )
        };
        assert_eq!(entry("one"), (4, vec!["a.rs::one".into()], None));
        assert_eq!(
            entry("two"),
            (
                5,
                vec!["b.rs::T::two".into(), "a.rs::one".into()],
                Some("n")
            )
        );
        assert_eq!(entry("three"), (6, vec![], Some("why")));
    }

    #[test]
    fn a_run_gives_each_constant_an_entry() {
        let table = "file\tline\tkind\tname\targuments\tvalue\n\
            a.h\t1\tconstant\tA_ONE\t-\t1\na.h\t2\tconstant\tA_TWO\t-\t2\n\
            a.h\t3\tmacro\tA_THREE\t1\t-\na.h\t4\tconstant\tFOUR\t-\t4\n\
            a.h\t5\tconstant\tFIVE\t-\t5\na.h\t6\tconstant\tSIX\t-\t6\n";
        let files = crate::facts::parse(&crate::facts::file_row("a.h", b""), "", table).unwrap();
        let mut map = Map::parse(
            "[\"a.h\"]\nfile = \"a.rs\"\n[\"a.h\".symbols]\n\"A_*\" = \"::table!::*\"\n\
             \"FOUR..SIX\" = { item = \"::Numbers::*\", note = \"n\" }\nFIVE = \"::five\"\n",
        )
        .unwrap();
        map.spread(&files);
        let file = map.file("a.h").unwrap();
        let items: Vec<(&str, String)> = file
            .symbols
            .iter()
            .map(|(key, entry)| (key.as_str(), entry.items[0].item.clone()))
            .collect();
        let expected = [
            ("A_ONE", "table!::ONE"),
            ("A_TWO", "table!::TWO"),
            ("FIVE", "five"),
            ("FOUR", "Numbers::FOUR"),
            ("SIX", "Numbers::SIX"),
        ];
        assert_eq!(items, expected.map(|(key, item)| (key, item.to_owned())));
        let lengths: Vec<usize> = file.runs.iter().map(|run| run.length).collect();
        assert_eq!(lengths, [2, 2]);
        assert_eq!(file.run(&file.symbols["SIX"]).unwrap().key, "FOUR..SIX");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert_eq!(
            problem("[\"a.c\"]\nfile = \"a.rs\"\n[\"a.c\".symbols]\none = \"one\"\n"),
            "docs/map.toml:4: one: found `one`, expected an item such as `::name` or `folder/file.rs::name`"
        );
        assert!(
            problem("[\"a.c\"]\nfile = \"a.rs\"\n[\"a.c\".symbols]\none = {}\n")
                .starts_with("docs/map.toml:4: one: expected either")
        );
        assert!(problem("[\"a.c\"]\nfile = []\n").starts_with("docs/map.toml:1: `file` is empty"));
        assert!(
            problem("[\"a.c\"]\nfile = \"a\"\nfiel = 1\n")
                .starts_with("docs/map.toml:3: unknown field `fiel`")
        );
    }
}
