// SPDX-License-Identifier: GPL-2.0-or-later
//! `sort [-bcCdfimnrsu] [-o file] [-k start[,end]]... [-t character] [file...]`: prints the
//! lines of all files in order: of their bytes, or with `-n` of the numbers that they
//! begin with. `-k` compares from one field to another, `-r` turns the order, `-f` takes
//! capitals for small letters, `-d` and `-i` leave characters out, `-u` prints equal
//! lines once, `-s` leaves them in the order in which they were. `-m` takes files that are
//! in order already, `-c` only tells whether the file is in order, `-C` without a word.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ffi::CStr;
use programs::command::{At, complain, options, report, status, usage};
use programs::files::for_each_input;
use programs::io::text;
use programs::sorting::{Key, Order};
use user::calls::{self, Fd, File};
use user::stdio::{self, LineReader};

extern crate alloc;

user::program!(main);

const USAGE: &str = "sort [-bcdfimnrsu] [-o file] [-k start[,end]]... [-t character] [file...]";

struct Sorter {
    keys: Vec<Key>,
    separator: Option<u8>,
    order: Order,
    /// Lines with the same keys are not compared any further.
    keys_only: bool,
}

impl Sorter {
    fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        let by_keys = self
            .keys
            .iter()
            .map(|key| key.compare(a, b, self.separator));
        let order = by_keys.fold(Ordering::Equal, Ordering::then);
        if order.is_ne() || self.keys_only {
            return order;
        }
        match self.order.reverse {
            true => b.cmp(a),
            false => a.cmp(b),
        }
    }

    /// The lines of files that are in order already (`-m`): always the first of those
    /// that come next.
    fn merged(&self, files: Vec<Vec<Vec<u8>>>) -> Vec<Vec<u8>> {
        let mut files: Vec<_> = files.into_iter().map(Vec::into_iter).collect();
        let mut lines = Vec::new();
        loop {
            let heads = files.iter_mut().filter(|file| !file.as_slice().is_empty());
            let first = heads.min_by(|a, b| self.compare(&a.as_slice()[0], &b.as_slice()[0]));
            match first.and_then(Iterator::next) {
                Some(line) => lines.push(line),
                None => return lines,
            }
        }
    }

    /// The first line that is not behind the one before.
    fn disorder<'a>(&self, lines: &'a [Vec<u8>], different: bool) -> Option<&'a [u8]> {
        let mut pairs = lines.windows(2);
        let wrong = pairs.find(|pair| match self.compare(&pair[0], &pair[1]) {
            Ordering::Less => false,
            Ordering::Equal => different,
            Ordering::Greater => true,
        });
        wrong.and_then(|pair| pair.last()).map(Vec::as_slice)
    }
}

fn main() -> i32 {
    stdio::set_error_status(2);
    let options = options("bcCdfimnrsuk:t:o:", USAGE);
    let mut order = Order::default();
    for letter in "bdfinr".chars().filter(|&letter| options.has(letter)) {
        order.add(letter as u8);
    }
    let mut keys: Vec<Key> = Vec::new();
    for text in options.values('k').map(CStr::to_bytes) {
        match Key::parse(text, order) {
            Some(key) => keys.push(key),
            None => {
                complain(&[text], "not a key");
                return 2;
            }
        }
    }
    if keys.is_empty() {
        keys.push(Key::whole(order));
    }
    let separator = options.value('t').map(|text| match text.to_bytes() {
        &[separator] => separator,
        b"\\0" => 0,
        _ => usage(USAGE),
    });
    let sorter = Sorter {
        keys,
        separator,
        order,
        keys_only: options.has('u') || options.has('s'),
    };
    let mut files: Vec<Vec<Vec<u8>>> = Vec::new();
    for_each_input(&options.operands, |fd, path| {
        let mut reader = LineReader::new(fd);
        let (mut lines, mut line) = (Vec::new(), Vec::new());
        while reader.read_line(&mut line).at(path)? {
            lines.push(line.clone());
        }
        files.push(lines);
        Ok(())
    });
    let mut lines = match options.has('m') {
        true => sorter.merged(files),
        false => files.into_iter().flatten().collect(),
    };
    if options.has('c') || options.has('C') {
        if status() != 0 {
            return 2;
        }
        let Some(line) = sorter.disorder(&lines, options.has('u')) else {
            return 0;
        };
        if options.has('c') {
            complain(&[b"disorder"], text(line));
        }
        return 1;
    }
    if !options.has('m') {
        lines.sort_by(|a, b| sorter.compare(a, b));
    }
    if options.has('u') {
        lines.dedup_by(|a, b| sorter.compare(a, b).is_eq());
    }
    // All was read: the output may be one of the inputs.
    if let Some(path) = options.value('o') {
        let opened = File::create(path).and_then(|file| calls::dup2(file.fd(), Fd::STDOUT));
        if report(opened.at(path)).is_none() {
            return 2;
        }
    }
    for line in &lines {
        stdio::put(line);
        stdio::put(b"\n");
    }
    2 * status()
}
