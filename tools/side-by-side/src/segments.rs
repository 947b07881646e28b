// SPDX-License-Identifier: GPL-2.0-or-later
//! A source of 0.11, cut at its symbols.
//!
//! The facts say in which line each symbol is. What belongs to it is the
//! comment right above, and in C the text up to the end of its body or
//! declaration, in assembly that up to the next label. Constants that follow on
//! each other, or that the map has as a run, are one segment. What lies between
//! is a segment too, so that nothing of the file is lost.

use crate::assembly;
use crate::error::Problem;
use crate::facts::{File, Kind, Symbol};
use crate::highlight::character_length;
use crate::map::FileEntry;
use std::ops::RangeInclusive;

/// A stretch of lines.
#[derive(Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Counted from 1.
    pub lines: RangeInclusive<usize>,
    /// What it declares; nothing for what lies between.
    pub symbols: Vec<&'a Symbol>,
}

/// A file cut up.
#[derive(Debug, Default)]
pub struct Cut<'a> {
    /// All of it, in order.
    pub segments: Vec<Segment<'a>>,
    /// Symbols that are not in it.
    pub missing: Vec<&'a Symbol>,
    /// Symbols that are missing or in other lines than they should be.
    pub problems: Vec<Problem>,
}

/// Cuts up the text of a file; `entry` is what the map has of it.
pub fn cut<'a>(text: &str, file: &'a File, entry: Option<&FileEntry>) -> Cut<'a> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Cut::default();
    let mut places: Vec<(usize, &Symbol)> = Vec::new();
    for symbol in &file.symbols {
        match locate(&lines, symbol) {
            Some(index) => {
                if index + 1 != symbol.line {
                    let what = format!(
                        "expected the {} `{}` here, found it in line {}",
                        symbol.kind,
                        symbol.name,
                        index + 1
                    );
                    found
                        .problems
                        .push(Problem::at(&file.path, symbol.line, what));
                }
                places.push((index, symbol));
            }
            None => {
                let there = match lines.get(symbol.line - 1) {
                    Some(line) => format!("found `{}`", line.trim()),
                    None => format!("found the end of the file behind line {}", lines.len()),
                };
                let what = format!("expected the {} `{}`, {there}", symbol.kind, symbol.name);
                found
                    .problems
                    .push(Problem::at(&file.path, symbol.line, what));
                found.missing.push(symbol);
            }
        }
    }
    places.sort_by_key(|(index, _)| *index);
    found.segments = with_gaps(segments(&lines, file, entry, &places), lines.len());
    found
}

/// The index of a symbol's line: the one that the facts name or, if the file
/// has been changed, the nearest that looks like its declaration.
fn locate(lines: &[&str], symbol: &Symbol) -> Option<usize> {
    let expected = symbol.line - 1;
    let is_here = |index: usize| lines.get(index).is_some_and(|line| names(line, symbol));
    if is_here(expected) {
        return Some(expected);
    }
    (0..lines.len())
        .filter(|&index| is_here(index) && declares(lines[index], symbol))
        .min_by_key(|index| index.abs_diff(expected))
}

/// Whether the symbol's name is in a line.
fn names(line: &str, symbol: &Symbol) -> bool {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| word == symbol.name)
}

/// Whether a line that has the name looks like its declaration.
fn declares(line: &str, symbol: &Symbol) -> bool {
    let at_margin = line.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    match symbol.kind {
        Kind::Label => assembly::label(line) == Some(&symbol.name),
        Kind::Function => at_margin && !line.trim_end().ends_with(';'),
        Kind::Struct => at_margin && line.contains("struct") && line.contains('{'),
        Kind::Variable | Kind::Typedef | Kind::SyscallStub => at_margin,
        Kind::Macro | Kind::Constant => {
            let line = line.trim_start();
            line.starts_with('#') && line.contains("define") || line.starts_with(&symbol.name)
        }
    }
}

/// The segments of symbols, in order and apart from each other.
fn segments<'a>(
    lines: &[&str],
    file: &File,
    entry: Option<&FileEntry>,
    places: &[(usize, &'a Symbol)],
) -> Vec<Segment<'a>> {
    let mut segments: Vec<Segment> = Vec::new();
    for (n, &(index, symbol)) in places.iter().enumerate() {
        let last = segments
            .last_mut()
            .filter(|last| last.lines.contains(&(index + 1)));
        if let Some(last) = last {
            last.symbols.push(symbol);
            continue;
        }
        let last = segments.last_mut().filter(|last| {
            last.symbols.last().is_some_and(|before| {
                is_block(lines, entry, (*last.lines.end(), before), (index, symbol))
            })
        });
        if let Some(last) = last {
            last.lines = *last.lines.start()..=end_of_macro(lines, index);
            last.symbols.push(symbol);
            continue;
        }
        let first = with_comment(lines, beginning(lines, index))
            .max(segments.last().map_or(0, |last| *last.lines.end()));
        let next = places[n + 1..]
            .iter()
            .find(|(next, other)| *next > index && is_apart(other))
            .map_or(lines.len(), |(next, _)| with_comment(lines, *next));
        let end = if matches!(symbol.kind, Kind::Macro | Kind::Constant) {
            end_of_macro(lines, index)
        } else if file.is_assembly() {
            next
        } else {
            end_of_declaration(lines, index, symbol.kind).min(next.max(index + 1))
        };
        segments.push(Segment {
            lines: first + 1..=end,
            symbols: vec![symbol],
        });
    }
    segments
}

/// Whether a symbol, by the index of its line, belongs to the block of constants
/// that another one has ended: without a blank line between, or by the map.
fn is_block(
    lines: &[&str],
    entry: Option<&FileEntry>,
    (end, before): (usize, &Symbol),
    (index, symbol): (usize, &Symbol),
) -> bool {
    let run = |symbol: &Symbol| entry?.symbols.get(&symbol.key)?.run.as_deref();
    before.kind == Kind::Constant
        && symbol.kind == Kind::Constant
        && (lines[end..index].iter().all(|line| !line.trim().is_empty())
            || run(symbol).is_some() && run(symbol) == run(before))
}

/// How many lines there are up to the end of a macro that begins in a line.
fn end_of_macro(lines: &[&str], index: usize) -> usize {
    let continued = |line: &&&str| line.trim_end().ends_with('\\');
    index + 1 + lines[index..].iter().take_while(continued).count()
}

/// Whether a symbol is never inside another one's declaration.
fn is_apart(symbol: &Symbol) -> bool {
    matches!(symbol.kind, Kind::Function | Kind::Label)
}

/// Adds what lies between, unless it is blank.
fn with_gaps(segments: Vec<Segment<'_>>, length: usize) -> Vec<Segment<'_>> {
    let mut all = Vec::new();
    let mut next = 1;
    for segment in segments {
        if *segment.lines.start() > next {
            all.push(Segment {
                lines: next..=segment.lines.start() - 1,
                symbols: Vec::new(),
            });
        }
        next = segment.lines.end() + 1;
        all.push(segment);
    }
    if next <= length {
        all.push(Segment {
            lines: next..=length,
            symbols: Vec::new(),
        });
    }
    all
}

/// Where a declaration begins whose name is in a line: behind a structure
/// without a name it is at the end.
fn beginning(lines: &[&str], index: usize) -> usize {
    let at_margin = |line: &&str| line.starts_with(|first: char| first.is_ascii_alphabetic());
    if !lines[index].starts_with('}') {
        return index;
    }
    lines[..index].iter().rposition(at_margin).unwrap_or(index)
}

/// Where the comment right above a line begins: an index.
fn with_comment(lines: &[&str], index: usize) -> usize {
    let above = &lines[..index];
    let of_assembler = above
        .iter()
        .rev()
        .take_while(|line| line.trim_start().starts_with(['!', '|']))
        .count();
    if of_assembler > 0 {
        return index - of_assembler;
    }
    if !above
        .last()
        .is_some_and(|line| line.trim_end().ends_with("*/"))
    {
        return index;
    }
    match above.iter().rposition(|line| line.contains("/*")) {
        Some(start) if above[start].trim_start().starts_with("/*") => start,
        _ => index,
    }
}

/// How many lines there are up to the end of what is declared in a line.
fn end_of_declaration(lines: &[&str], index: usize, kind: Kind) -> usize {
    let mut scan = Scan::default();
    for (n, line) in lines.iter().enumerate().skip(index) {
        if line.starts_with('#') && scan.text == Text::Code {
            continue;
        }
        match scan.line(line, kind) {
            Some(End::Here) => return n + 1,
            Some(End::Before) => return scan.last_line.map_or(n, |last| last + 1).max(index + 1),
            None => {}
        }
        if scan.closed {
            scan.last_line.get_or_insert(n);
        }
    }
    lines.len()
}

#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
enum Text {
    #[default]
    Code,
    Comment,
    String,
}

enum End {
    /// In this line.
    Here,
    /// With the parenthesis that was closed last: a macro's call, not a
    /// function.
    Before,
}

/// Where in a declaration the next character is.
#[derive(Default)]
struct Scan {
    text: Text,
    braces: usize,
    parentheses: usize,
    /// Its parameters are complete.
    closed: bool,
    /// The line where they were.
    last_line: Option<usize>,
}

impl Scan {
    /// Goes through a line; says if the declaration ends.
    fn line(&mut self, line: &str, kind: Kind) -> Option<End> {
        let mut characters = line.char_indices();
        while let Some((at, c)) = characters.next() {
            let rest = &line[at..];
            match self.text {
                Text::Comment => {
                    if rest.starts_with("*/") {
                        characters.next();
                        self.text = Text::Code;
                    }
                }
                Text::String => match c {
                    '\\' => drop(characters.next()),
                    '"' => self.text = Text::Code,
                    _ => {}
                },
                Text::Code if rest.starts_with("/*") => {
                    characters.next();
                    self.text = Text::Comment;
                }
                Text::Code if rest.starts_with("//") => return None,
                Text::Code if c == '"' => self.text = Text::String,
                Text::Code if c == '\'' => {
                    for _ in 1..character_length(rest).unwrap_or(1) {
                        characters.next();
                    }
                }
                Text::Code if c.is_whitespace() => {}
                Text::Code => {
                    let end = self.code(c, kind);
                    if end.is_some() {
                        return end;
                    }
                }
            }
        }
        None
    }

    /// A character of the code.
    fn code(&mut self, c: char, kind: Kind) -> Option<End> {
        let is_function = matches!(kind, Kind::Function | Kind::SyscallStub);
        match c {
            '(' => self.parentheses += 1,
            ')' => {
                self.parentheses = self.parentheses.saturating_sub(1);
                self.closed |= is_function && self.parentheses == 0 && self.braces == 0;
            }
            '{' => self.braces += 1,
            '}' => {
                self.braces = self.braces.saturating_sub(1);
                return (is_function && self.braces == 0).then_some(End::Here);
            }
            ';' if self.braces == 0 && self.parentheses == 0 => return Some(End::Here),
            _ if self.closed && self.braces == 0 => return Some(End::Before),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts;

    const C: &str = "\
/* top */
int count = 0;

/*
 * Says '}'.
 */
static int first(int a,
        int b)
{
    if (a) { return '}'; }
#define X {
    return \"}\";
}
_call(int, second)
int other;
struct list {
    int a;
} items, * next;

/* no name */
struct {
    int b;
} single = { 1 };
";

    fn file(path: &str, rows: &str) -> File {
        let table = format!("file\tline\tkind\tname\n{rows}");
        facts::parse(&facts::file_row(path, b""), &table, "")
            .unwrap()
            .remove(0)
    }

    fn shape(cut: &Cut) -> Vec<(usize, usize, Vec<String>)> {
        let names = |segment: &Segment| {
            segment
                .symbols
                .iter()
                .map(|symbol| symbol.name.clone())
                .collect()
        };
        cut.segments
            .iter()
            .map(|segment| (*segment.lines.start(), *segment.lines.end(), names(segment)))
            .collect()
    }

    #[test]
    fn c_is_cut_where_declarations_end() {
        let file = file(
            "a.c",
            "a.c\t2\tvariable\tcount\na.c\t7\tfunction\tfirst\na.c\t14\tfunction\t_call\n\
             a.c\t16\tstruct\tlist\na.c\t18\tvariable\titems\na.c\t18\tvariable\tnext\n\
             a.c\t23\tvariable\tsingle\n",
        );
        let cut = cut(C, &file, None);
        assert_eq!(cut.problems, []);
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            shape(&cut),
            [
                (1, 2, names(&["count"])),
                (3, 3, vec![]),
                (4, 13, names(&["first"])),
                (14, 14, names(&["_call"])),
                (15, 15, vec![]),
                (16, 18, names(&["list", "items", "next"])),
                (19, 19, vec![]),
                (20, 23, names(&["single"])),
            ]
        );
    }

    #[test]
    fn constants_that_follow_on_each_other_are_a_block() {
        let table = "file\tline\tkind\tname\targuments\tvalue\n\
            a.h\t2\tconstant\tONE\t-\t1\na.h\t3\tconstant\tTWO\t-\t2\n\
            a.h\t5\tmacro\tADD\t2\t-\na.h\t8\tconstant\tTEN\t-\t10\n\
            a.h\t10\tconstant\tLAST\t-\t11\n";
        let text = "/* numbers */\n#define ONE 1\n#define TWO 2\n\n#define ADD(a, b) \\\n\
            ((a) + (b))\n\n#define TEN 10\n\n#define LAST 11\n";
        let file = facts::parse(&facts::file_row("a.h", b""), "", table)
            .unwrap()
            .remove(0);
        let map = |rows: &str| {
            let text = format!("[\"a.h\"]\nfile = \"a.rs\"\n[\"a.h\".symbols]\n{rows}");
            let mut map = crate::map::Map::parse(&text).unwrap();
            map.spread(std::slice::from_ref(&file));
            map
        };
        let lines = |map: &crate::map::Map| -> Vec<_> {
            let segments = cut(text, &file, map.file("a.h")).segments;
            segments.into_iter().map(|segment| segment.lines).collect()
        };
        assert_eq!(
            lines(&map("")),
            [1..=3, 4..=4, 5..=6, 7..=7, 8..=8, 9..=9, 10..=10]
        );
        assert_eq!(
            lines(&map("\"TEN..LAST\" = \"::*\"")),
            [1..=3, 4..=4, 5..=6, 7..=7, 8..=10]
        );
    }

    #[test]
    fn assembly_is_cut_at_labels() {
        let file = file("a.s", "a.s\t2\tlabel\tone\na.s\t6\tlabel\ttwo\n");
        let cut = cut(
            "\t.text\none:\n1:\tjmp 1b\n\n! the second\ntwo:\n\tret\n",
            &file,
            None,
        );
        assert_eq!(cut.problems, []);
        assert_eq!(
            shape(&cut),
            [
                (1, 1, vec![]),
                (2, 4, vec!["one".into()]),
                (5, 7, vec!["two".into()])
            ]
        );
    }

    #[test]
    fn what_is_elsewhere_is_found_and_told() {
        let file = file("a.c", "a.c\t3\tvariable\tcount\na.c\t9\tfunction\tgone\n");
        let cut = cut(C, &file, None);
        let problems: Vec<String> = cut.problems.iter().map(Problem::to_string).collect();
        assert_eq!(
            problems,
            [
                "a.c:3: expected the variable `count` here, found it in line 2",
                "a.c:9: expected the function `gone`, found `{`",
            ]
        );
        assert_eq!(cut.missing.len(), 1);
    }
}
