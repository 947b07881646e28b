// SPDX-License-Identifier: GPL-2.0-or-later
//! `tr [-cCds] from [to]`: copies standard input, each character of `from` replaced by
//! the one at the same place of `to` (by its last one if `to` is shorter); `-d`
//! removes them, `-s` keeps one of each run of what is replaced, `-c` means all
//! characters but those of `from`.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use programs::command::{options, report, status, usage};
use programs::fields::characters;
use programs::files::for_each_chunk;
use user::calls::Fd;
use user::stdio;

extern crate alloc;

user::program!(main);

const USAGE: &str = "tr [-cs] from to\n       tr [-c] -d from\n       tr [-c] -s from\n       \
    tr [-c] -ds from squeezed";

fn main() -> i32 {
    let options = options("cCds", USAGE);
    let (delete, squeeze) = (options.has('d'), options.has('s'));
    let (from, to) = match options.operands.as_slice() {
        [from] if delete || squeeze => (from, None),
        [from, to] if !delete || squeeze => (from, Some(characters(to.to_bytes()))),
        _ => usage(USAGE),
    };
    let mut from = characters(from.to_bytes());
    if options.has('c') || options.has('C') {
        from = (0..=u8::MAX).filter(|byte| !from.contains(byte)).collect();
    }
    let to = to.unwrap_or_else(|| from.clone());
    let mut last = None;
    let each = |chunk: &[u8]| {
        let mut output = Vec::with_capacity(chunk.len());
        for &byte in chunk {
            let place = from.iter().position(|&other| other == byte);
            match place {
                Some(_) if delete => continue,
                Some(place) => {
                    let new = to.get(place).or(to.last()).copied().unwrap_or(byte);
                    if !(squeeze && last == Some(new)) {
                        output.push(new);
                    }
                    last = Some(new);
                }
                // With both, the second set says what is squeezed.
                None if delete && squeeze && last == Some(byte) && to.contains(&byte) => {}
                None => {
                    output.push(byte);
                    last = delete.then_some(byte);
                }
            }
        }
        stdio::put(&output);
        stdio::flush();
        Ok(())
    };
    report(for_each_chunk(Fd::STDIN, each, c"-"));
    status()
}
