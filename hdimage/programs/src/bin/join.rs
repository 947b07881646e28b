// SPDX-License-Identifier: GPL-2.0-or-later
//! `join [-a n]... [-v n]... [-1 field] [-2 field] [-j field] [-t character] [-e text] [-o list]
//! file1 file2`: prints a line for each pair of lines of two sorted files that have the
//! same first field. `-a` prints lines of that file that have no partner too, `-v` only
//! those. `-j` is `-1` and `-2` at once. A list is `0,1.2,2.1`: 0 for the common field, or a file and a field.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ffi::CStr;
use programs::command::{fail, options, report, status, usage};
use programs::files::read_input;
use programs::number::unsigned;
use user::stdio;

extern crate alloc;

user::program!(main);

const USAGE: &str = "join [-a n]... [-v n]... [-1 field] [-2 field] [-t character] \
    [-e text] [-o list] file1 file2";

struct Join<'a> {
    separator: Option<u8>,
    empty: &'a [u8],
    /// For each column of the output the file and the field; file 0 is the common field.
    columns: Option<Vec<(usize, usize)>>,
    fields: [usize; 2],
}

fn main() -> i32 {
    let options = options("a:v:1:2:j:t:e:o:", USAGE);
    let &[first, second] = options.operands.as_slice() else {
        usage(USAGE)
    };
    let field = |letter: char| {
        let text = options.value(letter).or(options.value('j')).unwrap_or(c"1");
        number(text.to_bytes())
    };
    let separator = options.value('t').map(|text| match text.to_bytes() {
        &[separator] => separator,
        _ => usage(USAGE),
    });
    let lists: Vec<&[u8]> = options.values('o').map(CStr::to_bytes).collect();
    let join = Join {
        separator,
        empty: options.value('e').unwrap_or(c"").to_bytes(),
        columns: (!lists.is_empty()).then(|| columns(&lists.join(&b','))),
        fields: [field('1'), field('2')],
    };
    let wants = |letter: char, file: &CStr| options.values(letter).any(|value| value == file);
    let only_single = options.has('v');
    let single = [c"1", c"2"].map(|file| wants('a', file) || wants('v', file));
    let texts = read_input(first).and_then(|first| Ok((first, read_input(second)?)));
    if let Some((first, second)) = report(texts) {
        join.all(&first, &second, single, !only_single);
    }
    status()
}

fn number(text: &[u8]) -> usize {
    match unsigned(text, 10) {
        Some(number) if number > 0 => number as usize,
        _ => fail(&[text], "not a field"),
    }
}

fn columns(list: &[u8]) -> Vec<(usize, usize)> {
    let columns = list.split(|byte| matches!(byte, b',' | b' '));
    let column = |text: &[u8]| match text {
        b"0" => (0, 1),
        [b'1', b'.', field @ ..] => (1, number(field)),
        [b'2', b'.', field @ ..] => (2, number(field)),
        other => fail(&[other], "not a field"),
    };
    columns.map(column).collect()
}

type Line<'a> = Vec<&'a [u8]>;

impl Join<'_> {
    fn lines<'b>(&self, text: &'b [u8]) -> Vec<Line<'b>> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let lines = text.split(|&byte| byte == b'\n');
        let fields = |line: &'b [u8]| match self.separator {
            Some(separator) => line.split(|&byte| byte == separator).collect(),
            None => {
                let words = line.split(u8::is_ascii_whitespace);
                words.filter(|word| !word.is_empty()).collect()
            }
        };
        match text.is_empty() {
            true => Vec::new(),
            false => lines.map(fields).collect(),
        }
    }

    fn key<'b>(&self, line: &Line<'b>, file: usize) -> &'b [u8] {
        line.get(self.fields[file] - 1).copied().unwrap_or_default()
    }

    fn all(&self, first: &[u8], second: &[u8], single: [bool; 2], pairs: bool) {
        let (first, second) = (self.lines(first), self.lines(second));
        let (mut a, mut b) = (first.as_slice(), second.as_slice());
        loop {
            let order = match (a.first(), b.first()) {
                (None, None) => return,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => self.key(a, 0).cmp(self.key(b, 1)),
            };
            match (order, a, b) {
                (Ordering::Less, [line, rest @ ..], _) => {
                    if single[0] {
                        self.put(self.key(line, 0), Some(line), None);
                    }
                    a = rest;
                }
                (Ordering::Greater, _, [line, rest @ ..]) => {
                    if single[1] {
                        self.put(self.key(line, 1), None, Some(line));
                    }
                    b = rest;
                }
                (_, [line, ..], _) => {
                    let key = self.key(line, 0);
                    let same = |lines: &[Line<'_>], file: usize| {
                        lines
                            .iter()
                            .take_while(|line| self.key(line, file) == key)
                            .count()
                    };
                    let (of_a, rest_of_a) = a.split_at(same(a, 0));
                    let (of_b, rest_of_b) = b.split_at(same(b, 1));
                    for one in of_a.iter().filter(|_| pairs) {
                        of_b.iter()
                            .for_each(|other| self.put(key, Some(one), Some(other)));
                    }
                    (a, b) = (rest_of_a, rest_of_b);
                }
                _ => return,
            }
        }
    }

    fn put(&self, key: &[u8], a: Option<&Line<'_>>, b: Option<&Line<'_>>) {
        let mut out: Vec<&[u8]> = Vec::new();
        let lines = [a, b];
        match &self.columns {
            Some(columns) => {
                for &(file, field) in columns {
                    let line = file
                        .checked_sub(1)
                        .and_then(|file| lines.get(file)?.as_ref());
                    let found = match file {
                        0 => Some(key),
                        _ => line.and_then(|line| line.get(field - 1)).copied(),
                    };
                    out.push(found.filter(|text| !text.is_empty()).unwrap_or(self.empty));
                }
            }
            None => {
                out.push(key);
                for (line, common) in lines.iter().zip(self.fields) {
                    let fields = line.iter().flat_map(|line| line.iter()).zip(1..);
                    let others = fields.filter(|(_, number)| *number != common);
                    out.extend(others.map(|(field, _)| *field));
                }
            }
        }
        stdio::put(&out.join(&self.separator.unwrap_or(b' ')));
        stdio::put(b"\n");
    }
}
