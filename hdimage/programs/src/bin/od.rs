// SPDX-License-Identifier: GPL-2.0-or-later
//! `od [-bcdox] [file...]`: shows bytes: as octal words, or octal bytes (`-b`),
//! characters (`-c`), decimal (`-d`) or hexadecimal (`-x`) words.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use lib::{print, println};
use programs::command::{options, status};
use programs::files::{for_each_chunk, for_each_file};

extern crate alloc;

lib::program!(main);

/// Bytes of a line.
const LINE: usize = 16;

fn main() -> i32 {
    let options = options("bcdox", "od [-bcdox] [file...]");
    let format = ['b', 'c', 'd', 'x']
        .into_iter()
        .find(|&letter| options.has(letter))
        .unwrap_or('o');
    let mut dump = Dump {
        format,
        offset: 0,
        pending: Vec::new(),
        last: Vec::new(),
        repeated: false,
    };
    for_each_file(&options.operands, |fd, path| {
        for_each_chunk(
            fd,
            |chunk| {
                dump.add(chunk);
                Ok(())
            },
            path,
        )
    });
    dump.end();
    status()
}

struct Dump {
    format: char,
    offset: usize,
    pending: Vec<u8>,
    last: Vec<u8>,
    /// The line before was left out, as it was like the one before it.
    repeated: bool,
}

impl Dump {
    fn add(&mut self, chunk: &[u8]) {
        for &byte in chunk {
            self.pending.push(byte);
            if self.pending.len() == LINE {
                self.line();
            }
        }
    }

    fn end(&mut self) {
        if !self.pending.is_empty() {
            self.line();
        }
        println!("{:07o}", self.offset);
    }

    fn line(&mut self) {
        if self.pending == self.last {
            if !self.repeated {
                println!("*");
            }
            self.repeated = true;
        } else {
            self.repeated = false;
            print!("{:07o}", self.offset);
            self.show();
            println!();
        }
        self.offset += self.pending.len();
        core::mem::swap(&mut self.pending, &mut self.last);
        self.pending.clear();
    }

    fn show(&self) {
        match self.format {
            'b' => self.pending.iter().for_each(|byte| print!(" {byte:03o}")),
            'c' => self.pending.iter().for_each(|&byte| show_character(byte)),
            _ => self.pending.chunks(2).for_each(|word| self.show_word(word)),
        }
    }

    fn show_word(&self, word: &[u8]) {
        // An odd byte at the end is a word with a zero.
        let word = u16::from_le_bytes([word[0], word.get(1).copied().unwrap_or(0)]);
        match self.format {
            'd' => print!(" {word:5}"),
            'x' => print!(" {word:04x}"),
            _ => print!(" {word:06o}"),
        }
    }
}

fn show_character(byte: u8) {
    match byte {
        b'\0' => print!("  \\0"),
        b'\t' => print!("  \\t"),
        b'\n' => print!("  \\n"),
        b'\r' => print!("  \\r"),
        b' '..=b'~' => print!("   {}", char::from(byte)),
        _ => print!(" {byte:03o}"),
    }
}
