// SPDX-License-Identifier: GPL-2.0-or-later
//! `cut -c list [file...]`, `cut -b list [file...]`, `cut -f list [-d character] [-s] [file...]`: prints some
//! characters, or some fields (separated by tabs), of each line; `-b` is `-c`. A list is
//! `1,3-5,7-`. A line without a separator is printed whole, but with `-s` not at all.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use programs::command::{At, fail, options, status, usage};
use programs::fields::List;
use programs::files::for_each_stream;
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

const USAGE: &str = "cut -c list [file...]\n       cut -f list [-d character] [-s] [file...]";

fn main() -> i32 {
    let options = options("c:b:f:d:s", USAGE);
    let characters = options.value('c').or(options.value('b'));
    let (text, by_fields) = match (characters, options.value('f')) {
        (Some(list), None) => (list.to_bytes(), false),
        (None, Some(list)) => (list.to_bytes(), true),
        _ => usage(USAGE),
    };
    let list = List::parse(text).unwrap_or_else(|| fail(&[text], "not a list of numbers"));
    let separator = match options.value('d').unwrap_or(c"\t").to_bytes() {
        &[separator] => separator,
        _ => usage(USAGE),
    };
    for_each_stream(&options.operands, |fd, path| {
        let mut reader = LineReader::new(fd);
        let mut line = Vec::new();
        while reader.read_line(&mut line).at(path)? {
            if !by_fields {
                put_line(&selected(line.iter().copied(), &list));
            } else if line.contains(&separator) {
                let fields = line.split(|&byte| byte == separator);
                put_line(&selected(fields, &list).join(&separator));
            } else if !options.has('s') {
                put_line(&line);
            }
        }
        Ok(())
    });
    status()
}

/// The items whose numbers, from 1 on, are in the list.
fn selected<T>(items: impl Iterator<Item = T>, list: &List) -> Vec<T> {
    let numbered = (1..).zip(items);
    let selected = numbered.filter(|(number, _)| list.contains(*number));
    selected.map(|(_, item)| item).collect()
}

fn put_line(line: &[u8]) {
    stdio::put(line);
    stdio::put(b"\n");
}
