// SPDX-License-Identifier: GPL-2.0-or-later
//! Bytes as text, in the types that `od` knows.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How bytes are shown.
#[derive(Debug, PartialEq)]
pub struct Type {
    letter: u8,
    /// The bytes of a number.
    size: usize,
}

/// The types of a text like `x1` or `cd2`; None if it is not understood.
pub fn types(mut text: &[u8]) -> Option<Vec<Type>> {
    let mut all = Vec::new();
    while let Some((&letter, rest)) = text.split_first() {
        text = rest;
        let mut size = match letter {
            b'a' | b'c' => 1,
            b'd' | b'o' | b'u' | b'x' => 4,
            _ => return None,
        };
        if let Some((&digit, rest)) = text.split_first()
            && letter > b'c'
        {
            let known = match digit {
                b'1' | b'C' => Some(1),
                b'2' | b'S' => Some(2),
                b'4' | b'I' | b'L' => Some(4),
                b'8' => Some(8),
                b'0'..=b'9' => return None,
                _ => None,
            };
            if let Some(known) = known {
                size = known;
                text = rest;
            }
        }
        all.push(Type { letter, size });
    }
    (!all.is_empty()).then_some(all)
}

impl Type {
    /// That of one of the old options `-a -b -c -d -o -x`.
    pub fn old(letter: char) -> Type {
        let (letter, size) = match letter {
            'a' => (b'a', 1),
            'b' => (b'o', 1),
            'c' => (b'c', 1),
            'd' => (b'u', 2),
            'x' => (b'x', 2),
            _ => (b'o', 2),
        };
        Type { letter, size }
    }

    /// The columns of a number, without the blank before it.
    fn width(&self) -> usize {
        match (self.letter, self.size) {
            (b'a' | b'c', _) => 3,
            (b'x', size) => 2 * size,
            (b'o', size) => (8 * size).div_ceil(3),
            (b'd', size) => [4, 6, 11, 20][size.ilog2() as usize],
            (_, size) => [3, 5, 10, 20][size.ilog2() as usize],
        }
    }

    /// The columns that eight bytes need.
    pub fn byte_width(&self) -> usize {
        (self.width() + 1) * 8 / self.size
    }

    /// Adds a line to `out`. If several types are shown one below the other, all are as
    /// wide as the widest, which is `widest` for eight bytes.
    pub fn show(&self, line: &[u8], widest: usize, out: &mut Vec<u8>) {
        let count = 8 / self.size;
        let surplus = widest - self.byte_width();
        for (number, piece) in line.chunks(self.size).enumerate() {
            // What is too much is spread over the numbers of eight bytes.
            let number = number % count;
            let blanks = surplus * (number + 1) / count - surplus * number / count;
            let text = self.text(piece);
            out.extend_from_slice(format!("{text:>0$}", self.width() + 1 + blanks).as_bytes());
        }
    }

    fn text(&self, piece: &[u8]) -> String {
        let mut bytes = [0; 8];
        // What is missing at the end of the file is 0.
        for (to, from) in bytes.iter_mut().zip(piece) {
            *to = *from;
        }
        let value = u64::from_le_bytes(bytes);
        let width = self.width();
        match self.letter {
            b'a' => name(bytes[0] & 0x7f),
            b'c' => character(bytes[0]),
            b'd' => {
                let unused = 64 - 8 * self.size as u32;
                format!("{}", (value << unused) as i64 >> unused)
            }
            b'o' => format!("{value:0width$o}"),
            b'x' => format!("{value:0width$x}"),
            _ => format!("{value}"),
        }
    }
}

fn character(byte: u8) -> String {
    let escape = match byte {
        0 => "\\0",
        7 => "\\a",
        8 => "\\b",
        9 => "\\t",
        10 => "\\n",
        11 => "\\v",
        12 => "\\f",
        13 => "\\r",
        b' '..=b'~' => return char::from(byte).into(),
        _ => return format!("{byte:03o}"),
    };
    escape.into()
}

fn name(byte: u8) -> String {
    const NAMES: [&str; 33] = [
        "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr",
        "so", "si", "dle", "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub",
        "esc", "fs", "gs", "rs", "us", "sp",
    ];
    match NAMES.get(usize::from(byte)) {
        Some(name) => (*name).into(),
        None if byte == 0x7f => "del".into(),
        None => char::from(byte).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, line: &[u8]) -> String {
        let all = types(text.as_bytes()).unwrap();
        let mut out = Vec::new();
        all[0].show(line, all[0].byte_width(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_type() {
        assert_eq!(shown("x1", b"\x01\xff"), " 01 ff");
        assert_eq!(shown("x2", b"\x01\xff\x02"), " ff01 0002");
        assert_eq!(shown("d1", b"\x01\xff"), "    1   -1");
        assert_eq!(shown("o1", b"\xff"), " 377");
        assert_eq!(shown("u4", b"\xff\xff\xff\xff"), " 4294967295");
        assert_eq!(shown("d", b"\xfe\xff\xff\xff"), "          -2");
        assert_eq!(shown("c", b"a\n\0\x80"), "   a  \\n  \\0 200");
        assert_eq!(shown("a", b"a \x7f\n"), "   a  sp del  nl");
        assert_eq!(shown("x8", b"\x01"), " 0000000000000001");
    }

    #[test]
    fn lists_of_types() {
        assert_eq!(types(b"x1c").map(|all| all.len()), Some(2));
        assert_eq!(types(b"d2o"), types(b"dSo4"));
        for wrong in ["", "y", "x3", "1"] {
            assert_eq!(types(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
