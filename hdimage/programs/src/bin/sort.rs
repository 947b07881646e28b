// SPDX-License-Identifier: GPL-2.0-or-later
//! `sort [-nrufb] [-k field] [-t character] [file...]`: prints the lines of all files
//! in order: of their bytes, or with `-n` of the numbers they begin with; `-k`
//! compares from that field on, counted from 1; `-r` turns the order, `-f` takes
//! capitals for small letters, `-u` prints equal lines once.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::cmp::Ordering;
use lib::user::stdio::{self, LineReader};
use programs::command::{At, options, status, usage};
use programs::fields;
use programs::files::for_each_input;
use programs::number::unsigned;

extern crate alloc;

lib::program!(main);

const USAGE: &str = "sort [-nrufb] [-k field] [-t character] [file...]";

fn main() -> i32 {
    stdio::set_error_status(2);
    let options = options("nrufbk:t:", USAGE);
    let field = options.value('k').map_or(Some(1), |text| {
        let digits = text.to_bytes().split(|&byte| byte == b',').next();
        unsigned(digits?, 10).filter(|&field| field > 0)
    });
    let Some(field) = field else { usage(USAGE) };
    let separator = options
        .value('t')
        .and_then(|text| text.to_bytes().first().copied());
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for_each_input(&options.operands, |fd, path| {
        let mut reader = LineReader::new(fd);
        let mut line = Vec::new();
        while reader.read_line(&mut line).at(path)? {
            lines.push(line.clone());
        }
        Ok(())
    });
    let key = |line: &Vec<u8>| -> Vec<u8> {
        let mut key = fields::from(line, field as usize, separator).to_vec();
        if options.has('b') || options.has('n') {
            key = key.trim_ascii_start().to_vec();
        }
        if options.has('f') {
            key.make_ascii_uppercase();
        }
        key
    };
    let compare = |a: &(Vec<u8>, Vec<u8>), b: &(Vec<u8>, Vec<u8>)| -> Ordering {
        let order = match options.has('n') {
            true => fields::number(&a.0).cmp(&fields::number(&b.0)),
            false => a.0.cmp(&b.0),
        };
        if options.has('r') {
            order.reverse()
        } else {
            order
        }
    };
    let mut lines: Vec<_> = lines.into_iter().map(|line| (key(&line), line)).collect();
    // Lines with the same key are in the order of their bytes, but for `-u`
    // the first of them counts.
    lines.sort_by(|a, b| match compare(a, b) {
        Ordering::Equal if options.has('u') => Ordering::Equal,
        Ordering::Equal if options.has('r') => b.1.cmp(&a.1),
        Ordering::Equal => a.1.cmp(&b.1),
        order => order,
    });
    if options.has('u') {
        lines.dedup_by(|a, b| compare(a, b).is_eq());
    }
    for (_, line) in &lines {
        stdio::put(line);
        stdio::put(b"\n");
    }
    status()
}
