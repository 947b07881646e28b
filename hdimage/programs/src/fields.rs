// SPDX-License-Identifier: GPL-2.0-or-later
//! Fields of lines, lists of numbers, and sets of characters: what `sort`, `cut`
//! and `tr` work with.

use crate::number::unsigned;
use alloc::vec::Vec;

/// The line from field `number` on, counted from 1. Without a separator, a field
/// is the blanks in front of a word, and the word.
pub fn from(line: &[u8], number: usize, separator: Option<u8>) -> &[u8] {
    let mut rest = line;
    for _ in 1..number {
        let length = match separator {
            Some(separator) => rest
                .iter()
                .position(|&byte| byte == separator)
                .map(|at| at + 1),
            None => {
                let blanks = rest
                    .iter()
                    .take_while(|byte| byte.is_ascii_whitespace())
                    .count();
                let word = rest.iter().skip(blanks);
                let word = word.take_while(|byte| !byte.is_ascii_whitespace()).count();
                Some(blanks + word)
            }
        };
        rest = length
            .and_then(|length| rest.get(length..))
            .unwrap_or_default();
    }
    rest
}

/// The number that text begins with, behind blanks; 0 if it begins with none.
/// One that is too large counts as the largest.
pub fn number(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let value = digits.fold(0i64, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add((digit - b'0').into())
    });
    if negative { -value } else { value }
}

/// Ranges of numbers from 1 on, as `cut` takes them: `1,3-5,7-`, `-3`.
pub struct List(Vec<(u32, u32)>);

impl List {
    /// Reads a list; `None` if it is none.
    pub fn parse(text: &[u8]) -> Option<List> {
        let ranges = text.split(|&byte| byte == b',').map(|range| {
            let mut ends = range.splitn(2, |&byte| byte == b'-');
            let (first, last) = (ends.next()?, ends.next());
            let (low, high) = match (first, last) {
                (b"", None | Some(b"")) => return None,
                (b"", Some(last)) => (1, unsigned(last, 10)?),
                (first, None) => (unsigned(first, 10)?, unsigned(first, 10)?),
                (first, Some(b"")) => (unsigned(first, 10)?, u32::MAX),
                (first, Some(last)) => (unsigned(first, 10)?, unsigned(last, 10)?),
            };
            (low > 0 && low <= high).then_some((low, high))
        });
        ranges.collect::<Option<Vec<_>>>().map(List)
    }

    /// Whether the number is in the list.
    pub fn contains(&self, number: usize) -> bool {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        self.0
            .iter()
            .any(|&(low, high)| (low..=high).contains(&number))
    }
}

/// The characters that `tr` is given, in order: ranges `a-z`, classes like
/// `[:upper:]`, and `\n`, `\t`, `\\`, `\012`.
pub fn characters(mut text: &[u8]) -> Vec<u8> {
    let mut set = Vec::new();
    while !text.is_empty() {
        if let Some((class, rest)) = class(text) {
            set.extend((0..=u8::MAX).filter(class));
            text = rest;
            continue;
        }
        if let Some((byte, count, rest)) = repeated(text) {
            // Without a number, it fills whatever there is to fill.
            set.resize(set.len() + count.unwrap_or(256).min(256), byte);
            text = rest;
            continue;
        }
        let (low, rest) = character(text);
        text = rest;
        match rest {
            [b'-', end, ..] if *end != b']' || rest.len() == 2 => {
                let (high, rest) = character(&text[1..]);
                text = rest;
                set.extend(low..=high);
            }
            _ => set.push(low),
        }
    }
    set
}

/// `[x*3]` or `[x*]` that the text begins with: the character, how many times it stands
/// there, and what is behind. The number is octal if it begins with a 0.
fn repeated(text: &[u8]) -> Option<(u8, Option<usize>, &[u8])> {
    let (byte, rest) = character(text.strip_prefix(b"[")?);
    let rest = rest.strip_prefix(b"*")?;
    let end = rest.iter().position(|&byte| byte == b']')?;
    let (digits, rest) = rest.split_at(end);
    let base = if digits.starts_with(b"0") { 8 } else { 10 };
    let count = match digits {
        [] => None,
        digits => Some(unsigned(digits, base)? as usize).filter(|&count| count > 0),
    };
    Some((byte, count, &rest[1..]))
}

type Class = fn(&u8) -> bool;

/// A class that the text begins with, and what is behind it.
fn class(text: &[u8]) -> Option<(Class, &[u8])> {
    const CLASSES: [(&[u8], Class); 12] = [
        (b"[:alnum:]", u8::is_ascii_alphanumeric),
        (b"[:alpha:]", u8::is_ascii_alphabetic),
        (b"[:blank:]", |byte| matches!(byte, b' ' | b'\t')),
        (b"[:cntrl:]", u8::is_ascii_control),
        (b"[:digit:]", u8::is_ascii_digit),
        (b"[:graph:]", u8::is_ascii_graphic),
        (b"[:lower:]", u8::is_ascii_lowercase),
        (b"[:print:]", |byte| matches!(byte, b' '..=b'~')),
        (b"[:punct:]", u8::is_ascii_punctuation),
        (b"[:space:]", |byte| matches!(byte, b' ' | b'\t'..=b'\r')),
        (b"[:upper:]", u8::is_ascii_uppercase),
        (b"[:xdigit:]", u8::is_ascii_hexdigit),
    ];
    CLASSES
        .iter()
        .find_map(|&(name, class)| Some((class, text.strip_prefix(name)?)))
}

/// One character, perhaps with a backslash, and what is behind it.
fn character(text: &[u8]) -> (u8, &[u8]) {
    match text {
        [b'\\', b'0'..=b'7', ..] => {
            let digits = text[1..].iter().take(3);
            let digits = digits.take_while(|digit| (b'0'..=b'7').contains(digit));
            let length = digits.clone().count();
            let value = digits.fold(0u8, |value, digit| {
                value.wrapping_mul(8).wrapping_add(digit - b'0')
            });
            (value, &text[1 + length..])
        }
        [b'\\', letter, rest @ ..] => {
            let byte = match letter {
                b'a' => 7,
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'v' => 11,
                other => *other,
            };
            (byte, rest)
        }
        [byte, rest @ ..] => (*byte, rest),
        [] => (0, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_lines() {
        assert_eq!(from(b"a  b c", 1, None), b"a  b c");
        assert_eq!(from(b"a  b c", 2, None), b"  b c");
        assert_eq!(from(b"a  b c", 4, None), b"");
        assert_eq!(from(b"a::b", 2, Some(b':')), b":b");
        assert_eq!(from(b"a::b", 3, Some(b':')), b"b");
        assert_eq!(from(b"a::b", 4, Some(b':')), b"");
    }

    #[test]
    fn leading_numbers() {
        for (text, expected) in [("12ab", 12), (" -3", -3), ("x", 0), ("", 0)] {
            assert_eq!(number(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(number(&b"9".repeat(40)), i64::MAX);
    }

    #[test]
    fn lists() {
        let list = List::parse(b"1,3-5,9-").unwrap();
        let found: Vec<usize> = (0..12).filter(|&number| list.contains(number)).collect();
        assert_eq!(found, [1, 3, 4, 5, 9, 10, 11]);
        assert!(List::parse(b"-2").unwrap().contains(1));
        for wrong in ["", "0", "3-1", "a", "1,", "-", "1-2-3"] {
            assert!(List::parse(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }

    #[test]
    fn sets_of_characters() {
        assert_eq!(characters(b"a-cx"), b"abcx");
        assert_eq!(characters(b"-a"), b"-a");
        assert_eq!(characters(b"a-"), b"a-");
        assert_eq!(characters(b"\\n\\\\\\012\\0"), b"\n\\\n\0");
        assert_eq!(characters(b"[:digit:]x"), b"0123456789x");
        assert_eq!(characters(b"c-a"), b"");
        assert_eq!(characters(b"a[x*3]b"), b"axxxb");
        assert_eq!(characters(b"[x*010]"), b"xxxxxxxx");
        assert_eq!(characters(b"[x*]").len(), 256);
        assert_eq!(characters(b"[*"), b"[*");
        assert_eq!(characters(b"[:xdigit:]").len(), 22);
        assert_eq!(characters(b"[:space:]"), b"\t\n\x0b\x0c\r ");
    }
}
