// SPDX-License-Identifier: GPL-2.0-or-later
//! `diff [-bwiuqrsNa] [-U lines] file1 file2`: tells what has to be changed in one file to
//! get the other. `-u` shows three lines around each change, `-r` compares trees, `-N`
//! takes a file that is not there for an empty one, `-q` only tells whether files differ,
//! `-b` and `-w` do not look at blanks, `-i` not at capitals. Status 0 if they are the
//! same, 1 if not, 2 after an error.
#![no_std]
#![no_main]

use abi::Errno;
use abi::sys::stat::{S_ISDIR, Stat};
use alloc::ffi::CString;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::ops::Range;
use programs::command::{At, Outcome, fail, options, report, usage};
use programs::date::formatted_date;
use programs::diff::{Change, changes, classes};
use programs::files::{for_each_chunk, is_directory, names_in, read_file};
use programs::io::text;
use programs::number::unsigned;
use programs::path::{base_name, join};
use user::calls::{self, Fd};
use user::{env, stdio};
use user::{print, println};

extern crate alloc;

user::program!(main);

const USAGE: &str = "diff [-bwiuqrsNa] [-U lines] file1 file2";

/// How blanks count.
#[derive(Clone, Copy, PartialEq)]
enum Blanks {
    All,
    /// However many there are, and none at the end.
    Runs,
    None,
}

struct Diff {
    blanks: Blanks,
    fold: bool,
    /// The lines around a change.
    context: Option<usize>,
    brief: bool,
    recursive: bool,
    missing_is_empty: bool,
    tell_same: bool,
    binary_too: bool,
    /// What stands before each of several comparisons.
    words: Vec<u8>,
}

/// A file that is compared.
struct Side<'a> {
    path: &'a CStr,
    text: Vec<u8>,
    time: u32,
}

fn main() -> i32 {
    stdio::set_error_status(2);
    let options = options("bwiuqrsNaU:", USAGE);
    let &[first, second] = options.operands.as_slice() else {
        usage(USAGE)
    };
    let context = options.value('U').map(|text| {
        let text = text.to_bytes();
        unsigned(text, 10).unwrap_or_else(|| fail(&[text], "not a number")) as usize
    });
    let flags = env::args()
        .iter()
        .filter(|word| word.to_bytes().starts_with(b"-"));
    let flags = flags
        .map(|word| word.to_bytes())
        .filter(|word| word.len() > 1);
    let words: Vec<&[u8]> = core::iter::once(&b"diff"[..]).chain(flags).collect();
    let diff = Diff {
        blanks: match (options.has('w'), options.has('b')) {
            (true, _) => Blanks::None,
            (_, true) => Blanks::Runs,
            _ => Blanks::All,
        },
        fold: options.has('i'),
        context: context.or(options.has('u').then_some(3)),
        brief: options.has('q'),
        recursive: options.has('r'),
        missing_is_empty: options.has('N'),
        tell_same: options.has('s'),
        binary_too: options.has('a'),
        words: words.join(&b' '),
    };
    let (in_first, in_second) = (is_directory(first), is_directory(second));
    let same = match (in_first, in_second) {
        (true, true) => diff.directories(first, second),
        (true, false) if second != c"-" => {
            diff.files(&join(first, base_name(second)), second, false)
        }
        (false, true) if first != c"-" => diff.files(first, &join(second, base_name(first)), false),
        _ => diff.files(first, second, false),
    };
    match report(same) {
        Some(same) if programs::command::status() == 0 => (!same).into(),
        _ => 2,
    }
}

fn read(path: &CStr) -> Outcome<(Vec<u8>, Option<Stat>)> {
    if path == c"-" {
        let mut text = Vec::new();
        let keep = |chunk: &[u8]| {
            text.extend_from_slice(chunk);
            Ok(())
        };
        for_each_chunk(Fd::STDIN, keep, path)?;
        return Ok((text, None));
    }
    let stat = calls::stat(path).at(path)?;
    if S_ISDIR(stat.st_mode) {
        return Err(Errno::EISDIR).at(path);
    }
    Ok((read_file(path)?, Some(stat)))
}

impl Diff {
    /// Whether two directories are the same.
    fn directories(&self, first: &CStr, second: &CStr) -> Outcome<bool> {
        let (a, b) = (names_in(first)?, names_in(second)?);
        let mut names: Vec<&Vec<u8>> = a.iter().chain(&b).collect();
        names.sort_unstable();
        names.dedup();
        let mut same = true;
        for name in names {
            let (one, other) = (join(first, name), join(second, name));
            let only = match (a.contains(name), b.contains(name)) {
                (true, false) => Some((first, &one)),
                (false, true) => Some((second, &other)),
                _ => None,
            };
            if let Some((directory, path)) = only
                && !(self.missing_is_empty && (self.recursive || !is_directory(path)))
            {
                println!("Only in {}: {}", text(directory.to_bytes()), text(name));
                same = false;
                continue;
            }
            same &= report(self.entries(&one, &other)).unwrap_or(true);
        }
        Ok(same)
    }

    /// Whether what has the same name in two directories is the same.
    fn entries(&self, one: &CString, other: &CString) -> Outcome<bool> {
        let exists = |path: &CStr| calls::lstat(path).is_ok();
        let kinds = (is_directory(one), is_directory(other));
        match kinds {
            (true, true) if self.recursive => self.directories(one, other),
            (true, true) => {
                let (one, other) = (text(one.to_bytes()), text(other.to_bytes()));
                println!("Common subdirectories: {one} and {other}");
                Ok(true)
            }
            (false, false) => self.files(one, other, true),
            _ if !exists(one) || !exists(other) => {
                // A directory that is only there once: all that is in it is new.
                let names = names_in(if kinds.0 { one } else { other })?;
                let mut same = true;
                for name in names {
                    let entries = self.entries(&join(one, &name), &join(other, &name));
                    same &= report(entries).unwrap_or(true);
                }
                Ok(same)
            }
            (first_is, _) => {
                let kind = |is: bool| if is { "directory" } else { "regular file" };
                println!(
                    "File {} is a {} while file {} is a {}",
                    text(one.to_bytes()),
                    kind(first_is),
                    text(other.to_bytes()),
                    kind(!first_is)
                );
                Ok(false)
            }
        }
    }

    /// Whether two files are the same; shows what is not. In a tree it tells which.
    fn files(&self, first: &CStr, second: &CStr, in_tree: bool) -> Outcome<bool> {
        let side = |path| -> Outcome<Side<'_>> {
            let (text, stat) = match read(path) {
                Err(failure) if self.missing_is_empty && failure.errno() == Errno::ENOENT => {
                    return Ok(Side {
                        path,
                        text: Vec::new(),
                        time: 0,
                    });
                }
                result => result?,
            };
            let time = stat.map_or_else(calls::time, |stat| stat.st_mtime);
            Ok(Side { path, text, time })
        };
        let (first, second) = (side(first)?, side(second)?);
        let names = [first.path, second.path].map(|path| text(path.to_bytes()));
        if first.text == second.text {
            if self.tell_same {
                println!("Files {} and {} are identical", names[0], names[1]);
            }
            return Ok(true);
        }
        let is_binary = |side: &Side<'_>| side.text.iter().take(4096).any(|&byte| byte == 0);
        if !self.binary_too && (is_binary(&first) || is_binary(&second)) {
            let word = if self.brief { "Files" } else { "Binary files" };
            println!("{word} {} and {} differ", names[0], names[1]);
            return Ok(false);
        }
        let lines = [&first, &second].map(|side| -> Vec<&[u8]> {
            side.text.split_inclusive(|&byte| byte == b'\n').collect()
        });
        let (a, b) = classes(&lines[0], &lines[1], |line| self.key(line));
        let changes = changes(&a, &b);
        if changes.is_empty() {
            return Ok(true);
        }
        if self.brief {
            println!("Files {} and {} differ", names[0], names[1]);
            return Ok(false);
        }
        if in_tree {
            println!("{} {} {}", text(&self.words), names[0], names[1]);
        }
        match self.context {
            Some(context) => {
                put_header(b"---", &first);
                put_header(b"+++", &second);
                unified(&lines[0], &lines[1], &changes, context);
            }
            None => changes
                .iter()
                .for_each(|change| normal(&lines[0], &lines[1], change)),
        }
        Ok(false)
    }

    /// What of a line counts.
    fn key(&self, line: &[u8]) -> Vec<u8> {
        let mut key = Vec::with_capacity(line.len());
        match self.blanks {
            Blanks::All => key.extend_from_slice(line),
            Blanks::None => key.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace())),
            Blanks::Runs => {
                for &byte in line.trim_ascii_end() {
                    match byte.is_ascii_whitespace() {
                        true if key.last() == Some(&b' ') => {}
                        true => key.push(b' '),
                        false => key.push(byte),
                    }
                }
            }
        }
        if self.fold {
            key.make_ascii_lowercase();
        }
        key
    }
}

fn put_header(mark: &[u8], side: &Side<'_>) {
    let time = formatted_date(b"%Y-%m-%d %H:%M:%S.000000000 +0000", side.time);
    stdio::put(&[mark, b" ", side.path.to_bytes(), b"\t", &time, b"\n"].concat());
}

fn put_line(mark: &[u8], line: &[u8]) {
    stdio::put(mark);
    stdio::put(line);
    if !line.ends_with(b"\n") {
        stdio::put(b"\n\\ No newline at end of file\n");
    }
}

/// `3`, or `3,5`: lines counted from 1. None at all are the line before.
fn put_lines(range: &Range<usize>) {
    match range.len() {
        0 | 1 => print!("{}", range.end),
        _ => print!("{},{}", range.start + 1, range.end),
    }
}

fn normal(old: &[&[u8]], new: &[&[u8]], change: &Change) {
    put_lines(&change.old);
    stdio::put(match (change.old.is_empty(), change.new.is_empty()) {
        (true, _) => b"a",
        (_, true) => b"d",
        _ => b"c",
    });
    put_lines(&change.new);
    println!();
    for line in old.get(change.old.clone()).unwrap_or_default() {
        put_line(b"< ", line);
    }
    if !change.old.is_empty() && !change.new.is_empty() {
        println!("---");
    }
    for line in new.get(change.new.clone()).unwrap_or_default() {
        put_line(b"> ", line);
    }
}

/// Changes with lines around them. Those that are near each other stand together.
fn unified(old: &[&[u8]], new: &[&[u8]], changes: &[Change], context: usize) {
    let near = |a: &Change, b: &Change| b.old.start - a.old.end <= 2 * context;
    for group in changes.chunk_by(near) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let before = context.min(first.old.start);
        let behind = context.min(old.len() - last.old.end);
        let range = |start: usize, end: usize| start - before..end + behind;
        stdio::put(b"@@ -");
        put_extent(&range(first.old.start, last.old.end));
        stdio::put(b" +");
        put_extent(&range(first.new.start, last.new.end));
        stdio::put(b" @@\n");
        let mut place = first.old.start - before;
        for change in group {
            let lines = |mark: &[u8], lines: Option<&[&[u8]]>| {
                lines
                    .unwrap_or_default()
                    .iter()
                    .for_each(|line| put_line(mark, line));
            };
            lines(b" ", old.get(place..change.old.start));
            lines(b"-", old.get(change.old.clone()));
            lines(b"+", new.get(change.new.clone()));
            place = change.old.end;
        }
        for line in old.get(place..place + behind).unwrap_or_default() {
            put_line(b" ", line);
        }
    }
}

/// `3`, or `3,2`: the first line and how many there are. None at all are behind the line
/// before.
fn put_extent(range: &Range<usize>) {
    match range.len() {
        0 => print!("{},0", range.start),
        1 => print!("{}", range.start + 1),
        count => print!("{},{count}", range.start + 1),
    }
}
