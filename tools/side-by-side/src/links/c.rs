// SPDX-License-Identifier: GPL-2.0-or-later
//! The words of 0.11's sources.
//!
//! A name means what its own file defines, else what a header defines that the
//! file includes, else what another file exports; if several do, nothing. A
//! name that is declared inside a function means that. An assembly label has
//! the underscore that the compiler of the time put before names of C.

use super::{Id, Word, words};
use crate::facts::{File, Kind, Symbol};
use crate::highlight::{Class, Language, Line, highlight};
use crate::segments::{Cut, Segment};
use std::collections::{BTreeMap, BTreeSet};

/// The definitions of all files.
#[derive(Default)]
pub struct Names<'a> {
    by_name: BTreeMap<&'a str, Vec<Name<'a>>>,
    included: BTreeMap<&'a str, Vec<String>>,
}

struct Name<'a> {
    id: Id,
    file: &'a str,
    line: usize,
    kind: Kind,
    /// Whether other files may mean it.
    is_seen: bool,
}

impl<'a> Names<'a> {
    /// The definitions of a file; each symbol with its number.
    pub fn add(&mut self, file: &'a File, text: &str, symbols: &[(&'a Symbol, Id)]) {
        let lines: Vec<&str> = text.lines().collect();
        let is_header = file.path.ends_with(".h");
        for (symbol, id) in symbols {
            let exports = matches!(
                symbol.kind,
                Kind::Function | Kind::Variable | Kind::Label | Kind::SyscallStub
            );
            let is_static = lines
                .get(symbol.line - 1)
                .is_some_and(|line| line.trim_start().starts_with("static"));
            self.by_name.entry(&symbol.name).or_default().push(Name {
                id: *id,
                file: &file.path,
                line: symbol.line,
                kind: symbol.kind,
                is_seen: is_header || exports && !is_static,
            });
        }
        self.included.insert(
            &file.path,
            lines
                .iter()
                .filter_map(|line| header(&file.path, line))
                .collect(),
        );
    }

    /// The headers that a file includes, directly or not.
    fn headers(&self, file: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut next = vec![file];
        while let Some(file) = next.pop() {
            for header in self.included.get(file).into_iter().flatten() {
                if found.insert(header.as_str()) {
                    next.push(header);
                }
            }
        }
        found
    }

    /// What a name means wherever it stands, if that is one thing.
    pub fn anywhere(&self, name: &str) -> Option<Id> {
        match self.by_name.get(name).map(Vec::as_slice) {
            Some([first, others @ ..]) if others.iter().all(|other| other.file == first.file) => {
                Some(first.id)
            }
            _ => None,
        }
    }

    /// The words of a file.
    pub fn of<'s>(&'s self, file: &'s File, text: &'s str, cut: &'s Cut<'a>) -> Words<'s, 'a> {
        let lines = highlight(text, Language::of(&file.path, text));
        let texts: Vec<&str> = text.lines().collect();
        let locals = |segment: &'s Segment<'a>| {
            let number = segment.lines.clone();
            let lines = number.map(|n| (texts[n - 1], &lines[n - 1]));
            (segment, declared(lines, segment))
        };
        Words {
            names: self,
            file,
            headers: self.headers(&file.path),
            locals: cut.segments.iter().map(locals).collect(),
        }
    }
}

/// The header that a line includes.
fn header(file: &str, line: &str) -> Option<String> {
    let name = line
        .strip_prefix('#')?
        .trim_start()
        .strip_prefix("include")?;
    let name = name.trim();
    if let Some(name) = name.strip_prefix('<') {
        return Some(format!("include/{}", name.split('>').next()?));
    }
    let name = name.strip_prefix('"')?.split('"').next()?;
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    Some(format!("{folder}/{name}"))
}

/// What the words of a file mean.
pub struct Words<'s, 'a> {
    names: &'s Names<'a>,
    file: &'s File,
    headers: BTreeSet<&'s str>,
    locals: Vec<(&'s Segment<'a>, BTreeSet<&'s str>)>,
}

impl Words<'_, '_> {
    /// What a word means.
    pub fn resolve(&self, word: &Word) -> Option<Id> {
        let is_here = |name: &Name| name.file == self.file.path && name.line == word.line;
        let found = self.names.by_name.get(word.text);
        // Where it is defined, no link is needed.
        if found.is_some_and(|names| names.iter().any(is_here)) {
            return None;
        }
        let before = word.before.trim_end();
        if word.class != Class::Plain || before.ends_with(['.', '%']) || before.ends_with("->") {
            return None;
        }
        if self.file.is_assembly() {
            return self.in_assembly(word.text);
        }
        let is_struct = before.ends_with("struct");
        if !is_struct && self.is_local(word) {
            return None;
        }
        let fits = |kind: Kind| (kind == Kind::Struct) == is_struct && kind != Kind::Label;
        self.find(word.text, &fits).or_else(|| {
            (!is_struct)
                .then(|| self.find(&format!("_{}", word.text), &|kind| kind == Kind::Label))?
        })
    }

    fn in_assembly(&self, name: &str) -> Option<Id> {
        let here = |kind: Kind| kind != Kind::Struct;
        self.find(name, &here).or_else(|| {
            let of_c = |kind: Kind| matches!(kind, Kind::Function | Kind::Variable);
            self.find(name.strip_prefix('_')?, &of_c)
        })
    }

    fn is_local(&self, word: &Word) -> bool {
        self.locals
            .iter()
            .any(|(segment, names)| segment.lines.contains(&word.line) && names.contains(word.text))
    }

    fn find(&self, name: &str, fits: &dyn Fn(Kind) -> bool) -> Option<Id> {
        let all: Vec<&Name> = self
            .names
            .by_name
            .get(name)?
            .iter()
            .filter(|name| fits(name.kind))
            .collect();
        let here = |name: &&&Name| name.file == self.file.path;
        let included = |name: &&&Name| self.headers.contains(name.file);
        // A label of one assembly file is not seen by others without the underscore.
        let exported = |found: &&&Name| {
            found.is_seen
                && !found.file.ends_with(".h")
                && !found.file.starts_with("tools/")
                && (found.kind != Kind::Label || name.starts_with('_'))
        };
        if let Some(name) = all.iter().find(here) {
            return Some(name.id);
        }
        // A macro may be defined twice in a file, each under another condition.
        let only = |names: Vec<&&Name>| match names[..] {
            [first, ref others @ ..] if others.iter().all(|other| other.file == first.file) => {
                Some(first.id)
            }
            _ => None,
        };
        let of_headers: Vec<_> = all.iter().filter(included).collect();
        if !of_headers.is_empty() {
            return only(of_headers);
        }
        only(all.iter().filter(exported).collect())
    }
}

const TYPES: [&str; 9] = [
    "int", "char", "long", "short", "unsigned", "signed", "float", "double", "void",
];
const TAGGED: [&str; 3] = ["struct", "union", "enum"];
/// The types of 0.11's headers end so.
const TYPE_END: &str = "_t";

/// The names that a segment declares beside its symbols: variables and
/// parameters of a function, parameters of a macro.
fn declared<'a, 'l>(
    lines: impl Iterator<Item = (&'a str, &'l Line<'a>)>,
    segment: &Segment,
) -> BTreeSet<&'a str>
where
    'a: 'l,
{
    let mut scan = Declarations::default();
    for (number, (text, line)) in lines.enumerate() {
        scan.line(number, text, line);
    }
    for symbol in &segment.symbols {
        scan.names.remove(symbol.name.as_str());
    }
    scan.names
}

/// Where in a declaration the next word is.
#[derive(Default)]
struct Declarations<'a> {
    names: BTreeSet<&'a str>,
    /// In a declaration, and a name comes next.
    now: (bool, bool),
    /// The same for the parentheses around.
    around: Vec<(bool, bool)>,
    /// The next word is the name of a structure, or `extern` came before.
    is_tag: bool,
    is_extern: bool,
}

impl<'a> Declarations<'a> {
    fn line(&mut self, number: usize, text: &'a str, line: &Line<'a>) {
        if let Some(parameters) = macro_parameters(text) {
            self.names.extend(parameters);
        }
        let mut at = 0;
        for &(class, piece) in line {
            if matches!(class, Class::Plain | Class::Keyword) {
                let mut done = 0;
                for (start, word) in words(text, number, (class, piece), at) {
                    piece[done..start].chars().for_each(|c| self.mark(c));
                    self.word(word.text);
                    done = start + word.text.len();
                }
                piece[done..].chars().for_each(|c| self.mark(c));
            }
            at += piece.len();
        }
    }

    fn word(&mut self, word: &'a str) {
        if std::mem::take(&mut self.is_tag) {
            return;
        }
        if word == "extern" {
            self.is_extern = true;
        } else if TAGGED.contains(&word) {
            self.is_tag = true;
            self.now = (true, true);
        } else if TYPES.contains(&word) || word.ends_with(TYPE_END) {
            self.now = (true, true);
        } else if self.now == (true, true) && !["register", "const", "volatile"].contains(&word) {
            self.now.1 = false;
            if !self.is_extern {
                self.names.insert(word);
            }
        }
    }

    fn mark(&mut self, c: char) {
        match c {
            '(' | '[' => {
                self.around.push(self.now);
                // `(*name)` goes on with the declaration, parameters begin anew.
                if self.now != (true, true) {
                    self.now = (false, false);
                }
            }
            ')' | ']' => {
                let around = self.around.pop().unwrap_or_default();
                self.now = (around.0, around.1 && self.now.1);
            }
            ',' => self.now.1 = self.now.0,
            '{' | '}' | ';' => {
                self.now = (false, false);
                self.around.clear();
                (self.is_tag, self.is_extern) = (false, false);
            }
            _ => {}
        }
    }
}

/// The parameters of the macro that a line defines.
fn macro_parameters(line: &str) -> Option<impl Iterator<Item = &str>> {
    let define = line
        .strip_prefix('#')?
        .trim_start()
        .strip_prefix("define")?;
    let (name, rest) = define.trim_start().split_once('(')?;
    let (parameters, _) = rest.split_once(')')?;
    (!name.contains(char::is_whitespace)).then(|| parameters.split(',').map(str::trim))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts;
    use crate::segments::cut;

    const FILES: [(&str, &str); 5] = [
        ("include/a.h", "#include <b.h>\nstruct task { int pid; };\n"),
        (
            "include/b.h",
            "extern int shared(int count);\ntypedef int pid_t;\n",
        ),
        (
            "k/one.c",
            "#include <a.h>\nint count = 0;\nstatic int hidden(void) { return 1; }\n\
             int shared(int count)\n{\n\tstruct task * p, * task = 0;\n\tint (*fn)(int wake) = 0;\n\
             \tp->count = count; task = 0; return hidden() + fn(p);\n}\nint wake;\n\
             int other(void)\n{\n\treturn shared(count) + wake + (int) sizeof(struct task) + system();\n}\n",
        ),
        (
            "k/two.c",
            "int hidden;\nint count2(void)\n{\n\treturn hidden + count + wake; /* shared */\n}\n",
        ),
        (
            "k/low.s",
            "_system:\n\tcall _shared\n\tjmp wake\nwake:\tret\n",
        ),
    ];
    const SYMBOLS: &str = "file\tline\tkind\tname\n\
        include/a.h\t2\tstruct\ttask\ninclude/b.h\t2\ttypedef\tpid_t\n\
        k/one.c\t2\tvariable\tcount\nk/one.c\t3\tfunction\thidden\nk/one.c\t4\tfunction\tshared\n\
        k/one.c\t10\tvariable\twake\nk/one.c\t11\tfunction\tother\n\
        k/two.c\t1\tvariable\thidden\nk/two.c\t2\tfunction\tcount2\n\
        k/low.s\t1\tlabel\t_system\nk/low.s\t4\tlabel\twake\n";

    /// Each word of a file that leads somewhere: line, word, and where.
    fn links(path: &str) -> Vec<String> {
        let list: String = FILES
            .iter()
            .map(|(path, _)| facts::file_row(path, b""))
            .collect();
        let files = facts::parse(&list, SYMBOLS, "").unwrap();
        let mut names = Names::default();
        let mut places = Vec::new();
        for (file, (_, text)) in files.iter().zip(FILES) {
            let mut symbols = Vec::new();
            for symbol in &file.symbols {
                symbols.push((symbol, places.len()));
                places.push(format!("{}:{}", file.path, symbol.line));
            }
            names.add(file, text, &symbols);
        }
        let at = FILES.iter().position(|(name, _)| *name == path).unwrap();
        let text = FILES[at].1;
        let cut = cut(text, &files[at], None);
        let here = names.of(&files[at], text, &cut);
        let mut found = Vec::new();
        for (index, line) in highlight(text, Language::of(path, text)).iter().enumerate() {
            let text = text.lines().nth(index).unwrap();
            let mut offset = 0;
            for piece in line {
                for (_, word) in words(text, index + 1, *piece, offset) {
                    if let Some(id) = here.resolve(&word)
                        && !places[id].ends_with(&format!("{path}:{}", index + 1))
                    {
                        found.push(format!("{} {} {}", index + 1, word.text, places[id]));
                    }
                }
                offset += piece.1.len();
            }
        }
        found
    }

    #[test]
    fn names_of_the_file_of_headers_and_of_other_files() {
        assert_eq!(
            links("k/one.c"),
            [
                "6 task include/a.h:2",
                "8 hidden k/one.c:3",
                "13 shared k/one.c:4",
                "13 count k/one.c:2",
                "13 wake k/one.c:10",
                "13 task include/a.h:2",
                "13 system k/low.s:1",
            ]
        );
        assert_eq!(
            links("k/two.c"),
            [
                "4 hidden k/two.c:1",
                "4 count k/one.c:2",
                "4 wake k/one.c:10"
            ]
        );
    }

    #[test]
    fn labels() {
        assert_eq!(
            links("k/low.s"),
            ["2 _shared k/one.c:4", "3 wake k/low.s:4"]
        );
    }
}
