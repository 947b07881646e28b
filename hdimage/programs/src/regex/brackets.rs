// SPDX-License-Identifier: GPL-2.0-or-later
//! Sets of bytes, and the `[...]` of an expression that says what is in one.

use super::RegexError;

/// A set of bytes, a bit each.
#[derive(Clone, PartialEq, Eq)]
pub struct ByteSet([u32; 8]);

impl ByteSet {
    /// The bytes of which `contains` says so.
    pub fn of(contains: impl Fn(u8) -> bool) -> ByteSet {
        let mut set = ByteSet([0; 8]);
        for byte in (0..=u8::MAX).filter(|&byte| contains(byte)) {
            set.add(byte);
        }
        set
    }

    /// One byte.
    pub fn single(byte: u8) -> ByteSet {
        let mut set = ByteSet([0; 8]);
        set.add(byte);
        set
    }

    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte / 32)] |= 1 << (byte % 32);
    }

    /// Whether the byte is in it.
    pub fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte / 32)] & 1 << (byte % 32) != 0
    }

    /// All bytes that are not in it.
    pub fn inverse(&self) -> ByteSet {
        ByteSet(self.0.map(|bits| !bits))
    }

    /// With each letter its other case.
    pub fn of_both_cases(&self) -> ByteSet {
        ByteSet::of(|byte| {
            self.contains(byte)
                || self.contains(byte.to_ascii_lowercase())
                || self.contains(byte.to_ascii_uppercase())
        })
    }
}

/// Whether the byte is part of a word.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The bytes of a `[:class:]`.
fn class(name: &[u8], ignore_case: bool) -> Result<ByteSet, RegexError> {
    let contains = match name {
        b"alpha" => |byte: u8| byte.is_ascii_alphabetic(),
        b"digit" => |byte: u8| byte.is_ascii_digit(),
        b"alnum" => |byte: u8| byte.is_ascii_alphanumeric(),
        b"upper" if !ignore_case => |byte: u8| byte.is_ascii_uppercase(),
        b"lower" if !ignore_case => |byte: u8| byte.is_ascii_lowercase(),
        b"upper" | b"lower" => |byte: u8| byte.is_ascii_alphabetic(),
        b"space" => |byte: u8| byte.is_ascii_whitespace() || byte == 0x0b,
        b"blank" => |byte: u8| byte == b' ' || byte == b'\t',
        b"punct" => |byte: u8| byte.is_ascii_punctuation(),
        b"print" => |byte: u8| byte.is_ascii_graphic() || byte == b' ',
        b"graph" => |byte: u8| byte.is_ascii_graphic(),
        b"cntrl" => |byte: u8| byte.is_ascii_control(),
        b"xdigit" => |byte: u8| byte.is_ascii_hexdigit(),
        _ => return Err(RegexError::InvalidClass),
    };
    Ok(ByteSet::of(contains))
}

/// One thing in brackets.
enum Element {
    Byte(u8),
    Class(ByteSet),
}

/// Reads what is behind a `[`: the set, and the text behind its `]`.
pub fn parse(text: &[u8], ignore_case: bool) -> Result<(ByteSet, &[u8]), RegexError> {
    let (negated, mut rest) = match text {
        [b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut set = ByteSet([0; 8]);
    let mut first = true;
    loop {
        if let [b']', behind @ ..] = rest
            && !first
        {
            let set = if ignore_case {
                set.of_both_cases()
            } else {
                set
            };
            let set = if negated { set.inverse() } else { set };
            return Ok((set, behind));
        }
        first = false;
        let (element, behind) = element(rest, ignore_case)?;
        rest = behind;
        match element {
            Element::Class(class) => {
                for byte in (0..=u8::MAX).filter(|&byte| class.contains(byte)) {
                    set.add(byte);
                }
            }
            Element::Byte(low) => {
                let high = match rest {
                    [b'-', end @ ..] if end.first().is_some_and(|&byte| byte != b']') => {
                        let (high, behind) = self::element(end, ignore_case)?;
                        rest = behind;
                        match high {
                            Element::Byte(high) if high >= low => high,
                            _ => return Err(RegexError::InvalidRange),
                        }
                    }
                    _ => low,
                };
                (low..=high).for_each(|byte| set.add(byte));
            }
        }
    }
}

/// Reads one byte, `[:class:]`, `[.x.]` or `[=x=]`.
fn element(text: &[u8], ignore_case: bool) -> Result<(Element, &[u8]), RegexError> {
    let [b'[', kind @ (b':' | b'.' | b'='), inside @ ..] = text else {
        return match text {
            [byte, rest @ ..] => Ok((Element::Byte(*byte), rest)),
            [] => Err(RegexError::UnmatchedBracket),
        };
    };
    let end = inside
        .windows(2)
        .position(|end| end == [*kind, b']'])
        .ok_or(RegexError::UnmatchedBracket)?;
    let (name, rest) = (&inside[..end], &inside[end + 2..]);
    let element = match (kind, name) {
        (b':', name) => Element::Class(class(name, ignore_case)?),
        (_, [byte]) => Element::Byte(*byte),
        _ => return Err(RegexError::InvalidCollation),
    };
    Ok((element, rest))
}
