// SPDX-License-Identifier: GPL-2.0-or-later
//! `free [-km]`: tells how much memory there is, and how much of it is free, in
//! kilobytes (`-k`), with `-m` in megabytes.
//!
//! The first line of `/dev/usage` has words, and behind each a number.
#![no_std]
#![no_main]

use programs::command::{options, report, status};
use programs::files::read_file;
use programs::number::unsigned;
use user::println;

user::program!(main);

const PAGE_KILOBYTES: u32 = 4;

fn main() -> i32 {
    let options = options("km", "free [-k|-m]");
    let divisor = if options.has('m') { 1024 } else { 1 };
    if let Some(text) = report(read_file(c"/dev/usage")) {
        let free = value(&text, b"pages") * PAGE_KILOBYTES;
        let total = value(&text, b"of") * PAGE_KILOBYTES;
        let buffers = value(&text, b"cache");
        let show = [total, total.saturating_sub(free), free, buffers].map(|size| size / divisor);
        println!("              total       used       free    buffers");
        let [total, used, free, buffers] = show;
        println!("Mem:     {total:10} {used:10} {free:10} {buffers:10}");
    }
    status()
}

/// The number behind `word`; 0 where it is not there.
fn value(text: &[u8], word: &[u8]) -> u32 {
    let mut words = text.split(|byte| byte.is_ascii_whitespace());
    let found = words.find(|known| *known == word).and(words.next());
    found.and_then(|number| unsigned(number, 10)).unwrap_or(0)
}
