// SPDX-License-Identifier: GPL-2.0-or-later
//! Regular expressions of `awk` are extended ones with escapes, in brackets too.

use super::lexer::escape;
use crate::regex::{Options, Regex, RegexError, Syntax};
use alloc::vec::Vec;

/// Makes a regular expression of its text.
pub fn regex(text: &[u8]) -> Result<Regex, RegexError> {
    let options = Options {
        syntax: Syntax::Extended,
        ..Options::default()
    };
    Regex::new(&posix(text), options)
}

/// The same expression without what only `awk` has.
fn posix(mut text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some((&byte, rest)) = text.split_first() {
        text = rest;
        match byte {
            b'[' => text = brackets(rest, &mut out),
            b'\\' => match (rest, escape(rest)) {
                // `\b` is a backspace in a text, but an edge of a word here.
                ([b'b' | b'\\', ..], _) | (_, None) => {
                    out.push(b'\\');
                    let behind = rest.split_first();
                    out.extend(behind.map(|(byte, _)| byte));
                    text = behind.map_or(rest, |(_, rest)| rest);
                }
                (_, Some((byte, behind))) => {
                    if byte.is_ascii_punctuation() && byte != b'"' && byte != b'/' {
                        out.push(b'\\');
                    }
                    out.push(byte);
                    text = behind;
                }
            },
            byte => out.push(byte),
        }
    }
    out
}

/// What is behind a `[`, up to its `]`; what is behind that. In POSIX's brackets a `]`
/// stands for itself in front, a `-` behind, and a `^` anywhere but in front.
fn brackets<'a>(text: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let (negated, mut rest) = match text {
        [b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let start = rest.len();
    let (mut inside, mut close, mut dash, mut caret) = (Vec::new(), false, false, false);
    while let Some((&byte, behind)) = rest.split_first() {
        let first = rest.len() == start;
        rest = behind;
        match byte {
            b']' if first => close = true,
            b']' => break,
            b'[' if matches!(behind, [b':' | b'.' | b'=', ..]) => {
                let end = behind.windows(2).skip(1).position(|end| end[1] == b']');
                let end = end.map_or(behind.len(), |end| end + 3);
                inside.push(byte);
                inside.extend_from_slice(behind.get(..end).unwrap_or_default());
                rest = behind.get(end..).unwrap_or_default();
            }
            b'\\' => {
                let plain = behind.split_first().map(|(byte, rest)| (*byte, rest));
                let Some((byte, behind)) = escape(behind).or(plain) else {
                    break;
                };
                rest = behind;
                match byte {
                    b']' => close = true,
                    b'-' => dash = true,
                    b'^' => caret = true,
                    byte => inside.push(byte),
                }
            }
            byte => inside.push(byte),
        }
    }
    // A lone `^` cannot be anywhere but in front.
    if caret && !negated && inside.is_empty() && !close && !dash {
        out.extend_from_slice(b"\\^");
        return rest;
    }
    let part = |wanted: bool, text: &'static [u8]| if wanted { text } else { b"" };
    let (first, last) = match inside.is_empty() && !close && !negated {
        true => (part(dash, b"-"), &b""[..]),
        false => (&b""[..], part(dash, b"-")),
    };
    for piece in [
        b"[",
        part(negated, b"^"),
        part(close, b"]"),
        first,
        &inside,
        part(caret, b"^"),
        last,
        b"]",
    ] {
        out.extend_from_slice(piece);
    }
    rest
}
