// SPDX-License-Identifier: GPL-2.0-or-later
//! `grep [-EFGivwxnclLqshHorRy] [-A|-B|-C n] [-m n] [-e pattern] [-f file] pattern
//! [file...]`: prints the lines that match a regular expression. `egrep` is `grep -E`,
//! `fgrep` is `grep -F`. Succeeds if there is one; status 2 on errors.
#![no_std]
#![no_main]

use abi::Errno;
use abi::sys::stat::S_ISDIR;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Outcome, complain, options, report, status, usage};
use programs::files::{is_output, names_in, read_file};
use programs::number::unsigned;
use programs::options::Options;
use programs::path::join;
use programs::regex::{self, Regex, Syntax, Whole};
use user::calls::{self, Fd, File};
use user::crt0::exit;
use user::env;
use user::stdio::{self, LineReader};
use user::{print, println};

extern crate alloc;

user::program!(main);

const USAGE: &str = "grep [-EFGivwxnclLqshHor] [-A n] [-B n] [-C n] [-m n] pattern [file...]\n       \
    grep ... [-e pattern]... [-f file]... [file...]";

fn main() -> i32 {
    stdio::set_error_status(2);
    let mut options = options("EFGivwxnclLqshHorRye:f:A:B:C:m:", USAGE);
    let patterns = patterns(&mut options);
    let recursive = options.has('r') || options.has('R');
    let several = options.operands.len() > 1 || recursive;
    let context = |letter| {
        number(&options, letter)
            .or(number(&options, 'C'))
            .unwrap_or(0)
    };
    let grep = Grep {
        regexes: patterns
            .iter()
            .map(|pattern| compile(pattern, &options))
            .collect(),
        with_names: (several || options.has('H')) && !options.has('h'),
        before: context('B'),
        behind: context('A'),
        most: number(&options, 'm').unwrap_or(usize::MAX),
        options: &options,
    };
    let mut found = false;
    let operands: &[&CStr] = match options.operands.as_slice() {
        [] if recursive => &[c"."],
        [] => &[c"-"],
        operands => operands,
    };
    for path in operands {
        found |= grep.path(path, recursive);
        if found && options.has('q') {
            return 0;
        }
    }
    match status() {
        0 => (!found).into(),
        _ => 2,
    }
}

/// The number that an option has as its value.
fn number(options: &Options<'_>, letter: char) -> Option<usize> {
    let text = options.value(letter)?.to_bytes();
    match unsigned(text, 10) {
        Some(number) => Some(number as usize),
        None => usage(USAGE),
    }
}

/// One pattern a line: those of `-e` and `-f`, else the first operand.
fn patterns(options: &mut Options<'static>) -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = options
        .values('e')
        .map(|text| text.to_bytes().to_vec())
        .collect();
    for path in options.values('f') {
        let Some(mut text) = report(read_file(path)) else {
            exit(2)
        };
        // A file without a line has no pattern, not an empty one.
        if text.pop_if(|byte| *byte == b'\n').is_some() || !text.is_empty() {
            texts.push(text);
        }
    }
    if !options.has('e') && !options.has('f') {
        if options.operands.is_empty() {
            usage(USAGE);
        }
        texts.push(options.operands.remove(0).to_bytes().to_vec());
    }
    let lines = texts
        .iter()
        .flat_map(|text| text.split(|&byte| byte == b'\n'));
    lines.map(<[u8]>::to_vec).collect()
}

fn compile(pattern: &[u8], options: &Options<'_>) -> Regex {
    let name = env::program_name();
    let how = regex::Options {
        syntax: match () {
            () if options.has('F') || name == b"fgrep" => Syntax::Fixed,
            () if options.has('E') || name == b"egrep" => Syntax::Extended,
            () => Syntax::Basic,
        },
        ignore_case: options.has('i') || options.has('y'),
        whole: match () {
            () if options.has('x') => Whole::Line,
            () if options.has('w') => Whole::Word,
            () => Whole::Part,
        },
    };
    Regex::new(pattern, how).unwrap_or_else(|error| {
        complain(&[], error);
        exit(2)
    })
}

struct Grep<'a> {
    regexes: Vec<Regex>,
    with_names: bool,
    /// How many lines are shown before and behind a match.
    before: usize,
    behind: usize,
    /// After how many lines a file is done.
    most: usize,
    options: &'a Options<'static>,
}

impl Grep<'_> {
    /// Whether the file, or one in the directory, has a line that is wanted.
    fn path(&self, path: &CStr, recursive: bool) -> bool {
        match self.open(path, recursive) {
            Ok(found) => found,
            Err(_) if self.options.has('s') => {
                programs::command::failed();
                false
            }
            Err(failure) => {
                report(Err::<(), _>(failure));
                false
            }
        }
    }

    fn open(&self, path: &CStr, recursive: bool) -> Outcome<bool> {
        if path == c"-" {
            return self.file(Fd::STDIN, c"(standard input)");
        }
        let file = File::open(path).at(path)?;
        if !S_ISDIR(calls::fstat(file.fd()).at(path)?.st_mode) {
            return self.file(file.fd(), path);
        }
        if !recursive {
            return Err(Errno::EISDIR).at(path);
        }
        let mut found = false;
        for name in names_in(path)? {
            // Without an operand, names are those in the working directory.
            let inside = if path == c"." && self.options.operands.is_empty() {
                join(c"", &name)
            } else {
                join(path, &name)
            };
            // A link leads out of the tree.
            let link = calls::readlink(&inside, &mut [0; 1]).is_ok();
            found |= !link && self.path(&inside, true);
        }
        Ok(found)
    }

    /// Whether the file has a line that is wanted.
    fn file(&self, fd: Fd, path: &CStr) -> Outcome<bool> {
        let [invert, quiet, names_only, names_without, count_only] =
            ['v', 'q', 'l', 'L', 'c'].map(|letter| self.options.has(letter));
        let silent = quiet || names_only || names_without;
        if !silent && is_output(fd) {
            complain(&[path.to_bytes()], "input file is also the output");
            return Ok(false);
        }
        let mut reader = LineReader::new(fd);
        let mut line = Vec::new();
        let mut count = 0;
        let mut lines = Lines::default();
        while (count < self.most || lines.still > 0) && reader.read_line(&mut line).at(path)? {
            lines.number += 1;
            let wanted = count < self.most
                && self.regexes.iter().any(|regex| regex.matches(&line)) != invert;
            count += usize::from(wanted);
            if wanted && silent {
                break;
            }
            if !silent && !count_only {
                self.show(path, &mut lines, &line, wanted);
            }
        }
        if names_only && count > 0 || names_without && count == 0 {
            stdio::put(path.to_bytes());
            println!();
        } else if count_only && !silent {
            self.print_prefix(path, None, ":");
            println!("{count}");
        }
        Ok(count > 0)
    }

    /// Shows a line that is wanted, and the lines around it.
    fn show(&self, path: &CStr, lines: &mut Lines, line: &[u8], wanted: bool) {
        if wanted {
            let first = lines.number - lines.earlier.len();
            if self.before + self.behind > 0 && lines.shown > 0 && first > lines.shown + 1 {
                println!("--");
            }
            for (number, line) in (first..).zip(lines.earlier.drain(..)) {
                self.print(path, number, &line, "-");
            }
            self.print(path, lines.number, line, ":");
            lines.still = self.behind;
        } else if lines.still > 0 {
            self.print(path, lines.number, line, "-");
            lines.still -= 1;
        } else {
            lines.earlier.push_back(line.to_vec());
            if lines.earlier.len() > self.before {
                lines.earlier.pop_front();
            }
            return;
        }
        lines.shown = lines.number;
    }

    fn print(&self, path: &CStr, number: usize, line: &[u8], mark: &str) {
        if !self.options.has('o') {
            self.print_prefix(path, Some(number), mark);
            stdio::put(line);
            stdio::put(b"\n");
            return;
        }
        // Context and lines that do not match have no parts that do.
        let mut from = if mark == ":" && !self.options.has('v') {
            0
        } else {
            usize::MAX
        };
        while from <= line.len() {
            let found = self
                .regexes
                .iter()
                .filter_map(|regex| regex.find(line, from));
            let ranges = found.map(|found| found.range());
            let Some(range) = ranges.min_by_key(|it| (it.start, usize::MAX - it.end)) else {
                return;
            };
            from = range.end.max(range.start + 1);
            if !range.is_empty() {
                self.print_prefix(path, Some(number), mark);
                stdio::put(line.get(range).unwrap_or_default());
                stdio::put(b"\n");
            }
        }
    }

    fn print_prefix(&self, path: &CStr, number: Option<usize>, mark: &str) {
        if self.with_names {
            stdio::put(path.to_bytes());
            print!("{mark}");
        }
        if let Some(number) = number.filter(|_| self.options.has('n')) {
            print!("{number}{mark}");
        }
    }
}

/// Where in a file the search is.
#[derive(Default)]
struct Lines {
    /// Of the line at hand, counted from 1.
    number: usize,
    /// The last line that was shown.
    shown: usize,
    /// How many lines behind a match are still to be shown.
    still: usize,
    /// The last lines that were not shown.
    earlier: VecDeque<Vec<u8>>,
}
