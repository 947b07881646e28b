// SPDX-License-Identifier: GPL-2.0-or-later
//! `strings [-a] [-n length] [-t d|o|x] [file...]`: prints the texts in files: each run of
//! at least four characters that can be printed; with `-t` where they are. `-a`, the whole file, is always so.
#![no_std]
#![no_main]

use alloc::format;
use alloc::vec::Vec;
use programs::command::{fail, options, status, usage};
use programs::files::{for_each_chunk, for_each_stream};
use programs::number::unsigned;
use user::stdio;

extern crate alloc;

user::program!(main);

const USAGE: &str = "strings [-n length] [-t d|o|x] [file...]";

struct Search {
    least: usize,
    base: Option<u8>,
    run: Vec<u8>,
    place: u32,
}

impl Search {
    fn byte(&mut self, byte: u8) {
        if matches!(byte, b' '..=b'~' | b'\t') {
            self.run.push(byte);
        } else {
            self.end();
        }
        self.place = self.place.wrapping_add(1);
    }

    fn end(&mut self) {
        if self.run.len() >= self.least {
            let start = self.place.wrapping_sub(self.run.len() as u32);
            let place = match self.base {
                Some(b'd') => format!("{start:7} "),
                Some(b'o') => format!("{start:7o} "),
                Some(_) => format!("{start:7x} "),
                None => "".into(),
            };
            stdio::put(place.as_bytes());
            stdio::put(&self.run);
            stdio::put(b"\n");
        }
        self.run.clear();
    }
}

fn main() -> i32 {
    let options = options("an:t:", USAGE);
    let text = options.value('n').unwrap_or(c"4").to_bytes();
    let least = unsigned(text, 10).filter(|&least| least > 0);
    let least = least.unwrap_or_else(|| fail(&[text], "not a length"));
    let base = match options.value('t').map(|base| base.to_bytes()) {
        None => None,
        Some(&[base @ (b'd' | b'o' | b'x')]) => Some(base),
        Some(_) => usage(USAGE),
    };
    for_each_stream(&options.operands, |fd, path| {
        let mut search = Search {
            least: least as usize,
            base,
            run: Vec::new(),
            place: 0,
        };
        let each = |chunk: &[u8]| {
            chunk.iter().for_each(|&byte| search.byte(byte));
            Ok(())
        };
        for_each_chunk(fd, each, path)?;
        search.end();
        Ok(())
    });
    status()
}
