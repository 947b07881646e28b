// SPDX-License-Identifier: GPL-2.0-or-later
//! The keys that `sort` compares lines by.

use crate::fields;
use crate::number::unsigned;
use core::cmp::Ordering;

/// How keys are compared.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct Order {
    /// `n`: by the numbers that they begin with.
    pub numeric: bool,
    /// `r`: the other way round.
    pub reverse: bool,
    /// `f`: capitals as small letters.
    pub fold: bool,
    /// `b`: without the blanks in front.
    pub skip_blanks: bool,
    /// `d`: only by blanks, letters and digits.
    pub dictionary: bool,
    /// `i`: only by what can be printed.
    pub printable: bool,
}

impl Order {
    /// Adds what a letter stands for; whether it stands for anything.
    pub fn add(&mut self, letter: u8) -> bool {
        let field = match letter {
            b'n' => &mut self.numeric,
            b'r' => &mut self.reverse,
            b'f' => &mut self.fold,
            b'b' => &mut self.skip_blanks,
            b'd' => &mut self.dictionary,
            b'i' => &mut self.printable,
            _ => return false,
        };
        *field = true;
        true
    }
}

/// A place in a line: a field and a character of it, both counted from 1.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Place {
    field: usize,
    /// 0 at the end of a key is the end of the field.
    character: usize,
    skip_blanks: bool,
}

/// A key: from one place of the line to another, or to its end.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Key {
    start: Place,
    end: Option<Place>,
    order: Order,
}

impl Key {
    /// The whole line.
    pub fn whole(order: Order) -> Key {
        let start = Place {
            field: 1,
            character: 1,
            skip_blanks: order.skip_blanks,
        };
        Key {
            start,
            end: None,
            order,
        }
    }

    /// Reads `2.3,4.5nr`. Without letters of its own it has the order of all others.
    pub fn parse(text: &[u8], others: Order) -> Option<Key> {
        let mut ends = text.splitn(2, |&byte| byte == b',');
        let mut order = Order::default();
        let mut start = place(ends.next()?, 1, &mut order)?;
        let mut end = match ends.next() {
            Some(end) => Some(place(end, 0, &mut order)?),
            None => None,
        };
        if start.character == 0 {
            return None;
        }
        if order == Order::default() {
            order = others;
            start.skip_blanks = others.skip_blanks;
            if let Some(end) = &mut end {
                end.skip_blanks = others.skip_blanks;
            }
        }
        Some(Key { start, end, order })
    }

    /// What of a line is compared.
    pub fn of<'a>(&self, line: &'a [u8], separator: Option<u8>) -> &'a [u8] {
        let start = offset(line, self.start, separator);
        let end = match self.end {
            None => line.len(),
            Some(end) if end.character == 0 => field_end(line, end.field, separator),
            Some(mut end) => {
                end.character += 1;
                offset(line, end, separator)
            }
        };
        line.get(start..end).unwrap_or_default()
    }

    /// Compares two lines.
    pub fn compare(&self, a: &[u8], b: &[u8], separator: Option<u8>) -> Ordering {
        let (a, b) = (self.of(a, separator), self.of(b, separator));
        let order = match self.order.numeric {
            true => numbers(a, b),
            false => texts(a, b, self.order),
        };
        match self.order.reverse {
            true => order.reverse(),
            false => order,
        }
    }
}

fn place(text: &[u8], otherwise: usize, order: &mut Order) -> Option<Place> {
    let letters = text.iter().rev();
    let letters = letters
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let (numbers, letters) = text.split_at(text.len() - letters);
    let mut skip_blanks = false;
    for &letter in letters {
        match letter {
            b'b' => skip_blanks = true,
            letter if order.add(letter) => {}
            _ => return None,
        }
    }
    let mut numbers = numbers.splitn(2, |&byte| byte == b'.');
    let field = unsigned(numbers.next()?, 10).filter(|&field| field > 0)?;
    let character = match numbers.next() {
        Some(character) => unsigned(character, 10)? as usize,
        None => otherwise,
    };
    // A field with letters of its own does not take those of all.
    order.skip_blanks |= skip_blanks;
    Some(Place {
        field: field as usize,
        character,
        skip_blanks,
    })
}

/// Where in the line the place is.
fn offset(line: &[u8], place: Place, separator: Option<u8>) -> usize {
    let rest = fields::from(line, place.field, separator);
    let blanks = match place.skip_blanks {
        true => rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count(),
        false => 0,
    };
    let start = line.len() - rest.len() + blanks;
    (start + place.character.saturating_sub(1)).min(line.len())
}

fn field_end(line: &[u8], field: usize, separator: Option<u8>) -> usize {
    let behind = fields::from(line, field + 1, separator);
    let end = line.len() - behind.len();
    // The separator is no part of the field.
    let ends_with_it = end > 0 && separator.is_some() && line.get(end - 1).copied() == separator;
    let is_last = fields::from(line, field, separator)
        .iter()
        .all(|&byte| Some(byte) != separator);
    end - usize::from(ends_with_it && !is_last)
}

/// Compares the decimal numbers that texts begin with, however long they are.
fn numbers(a: &[u8], b: &[u8]) -> Ordering {
    let (negative_a, a) = number(a);
    let (negative_b, b) = number(b);
    match (negative_a, negative_b) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => magnitudes(a, b),
        (true, true) => magnitudes(b, a),
    }
}

/// Digits before and behind the point.
type Digits<'a> = (&'a [u8], &'a [u8]);

/// Whether it is below 0, and its digits; those that make no difference are left out.
fn number(text: &[u8]) -> (bool, Digits<'_>) {
    let text = text.trim_ascii_start();
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(text) => (true, text),
        None => (false, text),
    };
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole, rest) = text.split_at(digits(text));
    let fraction = rest.strip_prefix(b".").unwrap_or_default();
    let fraction = fraction.get(..digits(fraction)).unwrap_or_default();
    let zeros = whole.iter().take_while(|&&digit| digit == b'0').count();
    let whole = whole.get(zeros..).unwrap_or_default();
    let zeros = fraction
        .iter()
        .rev()
        .take_while(|&&digit| digit == b'0')
        .count();
    let fraction = fraction.get(..fraction.len() - zeros).unwrap_or_default();
    // -0 is 0.
    let is_zero = whole.is_empty() && fraction.is_empty();
    (negative && !is_zero, (whole, fraction))
}

fn magnitudes(a: Digits<'_>, b: Digits<'_>) -> Ordering {
    (a.0.len(), a.0, a.1).cmp(&(b.0.len(), b.0, b.1))
}

fn texts(a: &[u8], b: &[u8], order: Order) -> Ordering {
    let counts = |byte: &&u8| {
        let in_dictionary = byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'\t');
        (!order.dictionary || in_dictionary) && (!order.printable || matches!(byte, b' '..=b'~'))
    };
    let folded = |byte: &u8| match order.fold {
        true => byte.to_ascii_uppercase(),
        false => *byte,
    };
    let a = a.iter().filter(counts).map(folded);
    a.cmp(b.iter().filter(counts).map(folded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str, line: &str, separator: Option<u8>) -> String {
        let key = Key::parse(text.as_bytes(), Order::default()).unwrap();
        String::from_utf8(key.of(line.as_bytes(), separator).to_vec()).unwrap()
    }

    #[test]
    fn keys() {
        for (text, line, separator, expected) in [
            ("2", "a  b c", None, "  b c"),
            ("2b", "a  b c", None, "b c"),
            ("2,2", "a  b c", None, "  b"),
            ("2.2,2.3", "abc defg", None, "de"),
            ("2.2b,2.3b", "abc defg", None, "ef"),
            ("2", "a:b:c", Some(b':'), "b:c"),
            ("2,2", "a:b:c", Some(b':'), "b"),
            ("3,3", "a:b:c", Some(b':'), "c"),
            ("2,2", "a::c", Some(b':'), ""),
            ("1.2,1", "abc:d", Some(b':'), "bc"),
            ("5", "a b", None, ""),
            ("3,2", "a b c", None, ""),
            ("1,1", "a:", Some(b':'), "a"),
        ] {
            assert_eq!(key(text, line, separator), expected, "{text} {line}");
        }
        for wrong in ["", "0", "1.0", "a", "1x", "1,0", "1,", ".2"] {
            assert_eq!(
                Key::parse(wrong.as_bytes(), Order::default()),
                None,
                "{wrong}"
            );
        }
    }

    #[test]
    fn numbers_of_any_length() {
        let compare = |a: &str, b: &str| numbers(a.as_bytes(), b.as_bytes());
        for (a, b) in [
            ("9", "10"),
            ("-2", "-1"),
            ("-1", "x"),
            ("1.05", "1.5"),
            ("  3", "0012"),
            ("99999999999999999998", "99999999999999999999"),
            ("", "1"),
        ] {
            assert_eq!(compare(a, b), Ordering::Less, "{a} {b}");
            assert_eq!(compare(b, a), Ordering::Greater, "{a} {b}");
        }
        assert_eq!(compare("-0", "0.0"), Ordering::Equal);
        assert_eq!(compare("1.50x", "01.5"), Ordering::Equal);
    }

    #[test]
    fn orders() {
        let order = |letters: &str| {
            let mut order = Order::default();
            assert!(letters.bytes().all(|letter| order.add(letter)));
            order
        };
        assert_eq!(texts(b"a", b"B", order("f")), Ordering::Less);
        assert_eq!(texts(b"a-b", b"ab", order("d")), Ordering::Equal);
        assert_eq!(texts(b"a\x01b", b"ab", order("i")), Ordering::Equal);
        let key = Key::whole(order("rn"));
        assert_eq!(key.compare(b"2", b"10", None), Ordering::Greater);
    }
}
