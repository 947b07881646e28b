// SPDX-License-Identifier: GPL-2.0-or-later
//! `od [-abcdoxv] [-A d|o|x|n] [-t type]... [-j skip] [-N count] [file...]`: shows bytes.
//! A type is `a`, `c`, or `d`, `o`, `u`, `x` with the number of bytes behind it; `-b` is
//! `-t o1`, `-c` is `-t c`, and so on. Called as `hexdump` with `-C`, it shows bytes in
//! hexadecimal and as characters; there, `-s` and `-n` are what `-j` and `-N` are here.
#![no_std]
#![no_main]

use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{fail, options, status, usage};
use programs::dump::{Type, types};
use programs::files::{for_each_chunk, for_each_file};
use programs::number::unsigned;
use user::{env, stdio};
use user::{print, println};

extern crate alloc;

user::program!(main);

/// Bytes of a line.
const LINE: usize = 16;
const OD: &str = "od [-abcdoxv] [-A d|o|x|n] [-t type]... [-j skip] [-N count] [file...]";
const HEXDUMP: &str = "hexdump [-Cv] [-s skip] [-n count] [file...]";

/// What is shown of a line.
enum Style {
    /// One line for each type.
    Types(Vec<Type>),
    /// Hexadecimal words.
    Words,
    /// Hexadecimal bytes, and characters.
    Canonical,
}

fn main() -> i32 {
    let hexdump = env::program_name() == b"hexdump";
    let options = match hexdump {
        true => options("Cvs:n:", HEXDUMP),
        false => options("abcdoxvA:t:j:N:", OD),
    };
    let (skip, count) = if hexdump { ('s', 'n') } else { ('j', 'N') };
    let number = |letter: char| options.value(letter).map(size);
    let base = match options.value('A').unwrap_or(c"o").to_bytes() {
        _ if hexdump => b'x',
        &[base @ (b'd' | b'o' | b'x' | b'n')] => base,
        _ => usage(OD),
    };
    let style = match (hexdump, options.has('C')) {
        (true, true) => Style::Canonical,
        (true, false) => Style::Words,
        _ => {
            let mut all = Vec::new();
            for text in options.values('t') {
                let text = text.to_bytes();
                all.extend(types(text).unwrap_or_else(|| fail(&[text], "not a type")));
            }
            for letter in ['a', 'b', 'c', 'd', 'o', 'x'] {
                let old = options.has(letter).then(|| Type::old(letter));
                all.extend(old);
            }
            if all.is_empty() {
                all.push(Type::old('o'));
            }
            Style::Types(all)
        }
    };
    let mut dump = Dump {
        style,
        base,
        all: options.has('v'),
        offset: 0,
        skip: number(skip).unwrap_or(0),
        left: number(count).unwrap_or(usize::MAX),
        pending: Vec::new(),
        last: None,
        repeated: false,
        some: false,
    };
    dump.offset = dump.skip;
    for_each_file(&options.operands, |fd, path| {
        dump.some = true;
        let each = |chunk: &[u8]| {
            dump.add(chunk);
            Ok(())
        };
        for_each_chunk(fd, each, path)
    });
    dump.end();
    status()
}

/// A number: decimal, octal with a 0, hexadecimal with 0x; times 512, 1024 or 1048576
/// with b, k, m.
fn size(text: &CStr) -> usize {
    let text = text.to_bytes();
    let (base, digits) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', digits @ ..] if !digits.is_empty() => (8, digits),
        digits => (10, digits),
    };
    let (digits, unit) = match digits {
        [digits @ .., b'b'] if base != 16 => (digits, 512),
        [digits @ .., b'k'] => (digits, 1024),
        [digits @ .., b'm'] => (digits, 1 << 20),
        digits => (digits, 1),
    };
    let size = unsigned(digits, base).and_then(|size| size.checked_mul(unit));
    size.unwrap_or_else(|| fail(&[text], "not a number")) as usize
}

struct Dump {
    style: Style,
    base: u8,
    /// Lines that are like the one before are shown, too.
    all: bool,
    offset: usize,
    skip: usize,
    left: usize,
    pending: Vec<u8>,
    last: Option<Vec<u8>>,
    /// The line before was left out, as it was like the one before it.
    repeated: bool,
    /// Some file could be opened.
    some: bool,
}

impl Dump {
    fn add(&mut self, chunk: &[u8]) {
        let skipped = self.skip.min(chunk.len());
        self.skip -= skipped;
        let rest = chunk.iter().skip(skipped).take(self.left);
        self.left -= rest.len();
        for &byte in rest {
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
        // Whoever dumps nothing as hexdump gets nothing.
        let nothing = self.last.is_none() && !matches!(self.style, Style::Types(_));
        if self.base != b'n' && self.some && !nothing {
            self.put_offset();
            println!();
        }
    }

    fn put_offset(&self) {
        match (&self.style, self.base) {
            (Style::Canonical, _) => print!("{:08x}", self.offset),
            (Style::Words, _) => print!("{:07x}", self.offset),
            (_, b'd') => print!("{:07}", self.offset),
            (_, b'x') => print!("{:06x}", self.offset),
            (_, b'o') => print!("{:07o}", self.offset),
            _ => {}
        }
    }

    fn line(&mut self) {
        let line = core::mem::take(&mut self.pending);
        if !self.all && line.len() == LINE && self.last.as_ref() == Some(&line) {
            if !self.repeated {
                println!("*");
            }
            self.repeated = true;
        } else {
            self.repeated = false;
            self.show(&line);
        }
        self.offset += line.len();
        self.last = Some(line);
    }

    fn show(&self, line: &[u8]) {
        match &self.style {
            Style::Types(types) => {
                let widest = types.iter().map(Type::byte_width).max().unwrap_or(0);
                for (number, one) in types.iter().enumerate() {
                    match number {
                        0 => self.put_offset(),
                        _ if self.base == b'n' => {}
                        _ => print!("{:1$}", "", if self.base == b'x' { 6 } else { 7 }),
                    }
                    let mut text = Vec::new();
                    one.show(line, widest, &mut text);
                    stdio::put(&text);
                    println!();
                }
            }
            Style::Words => {
                self.put_offset();
                for word in line.chunks(2) {
                    let high = word.get(1).copied().unwrap_or(0);
                    print!(" {:04x}", u16::from_le_bytes([word[0], high]));
                }
                let missing = (LINE - line.len()) / 2;
                println!("{:1$}", "", 5 * missing);
            }
            Style::Canonical => {
                self.put_offset();
                for index in 0..LINE {
                    print!("{}", if index % 8 == 0 { "  " } else { " " });
                    match line.get(index) {
                        Some(byte) => print!("{byte:02x}"),
                        None => print!("  "),
                    }
                }
                let shown = |byte: &u8| {
                    if matches!(byte, b' '..=b'~') {
                        *byte
                    } else {
                        b'.'
                    }
                };
                let text: Vec<u8> = line.iter().map(shown).collect();
                stdio::put(&[b"  |", text.as_slice(), b"|\n"].concat());
            }
        }
    }
}
