// SPDX-License-Identifier: GPL-2.0-or-later
//! Which word is to be completed, and what that makes of it.

use alloc::vec::Vec;

/// What a word may become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// The name of a command.
    Command,
    /// A file.
    File,
    /// A variable, behind a `$`.
    Variable,
}

/// Characters that a backslash must stand before in a name.
const SPECIAL: &[u8] = b" \t\n\\'\"`$&|;<>()*?[#~{}!";

/// The word that ends at `at`: what it may be, where its part to be completed begins,
/// and that part without backslashes.
pub fn word_before(line: &[u8], at: usize) -> (Kind, usize, Vec<u8>) {
    let text = line.get(..at).unwrap_or(line);
    let mut start = 0;
    let mut word = Vec::new();
    let mut first = true;
    let mut bytes = text.iter().copied().enumerate();
    while let Some((place, byte)) = bytes.next() {
        match byte {
            b'\\' => word.extend(bytes.next().map(|(_, byte)| byte)),
            b' ' | b'\t' | b'\'' | b'"' | b'=' | b':' | b'<' | b'>' => {
                first &= word.is_empty() && !matches!(byte, b'<' | b'>' | b'\'' | b'"');
                word.clear();
                start = place + 1;
            }
            b'|' | b'&' | b';' | b'(' | b'`' | b'{' | b'!' => {
                first = true;
                word.clear();
                start = place + 1;
            }
            b'$' => {
                word = b"$".to_vec();
                start = place;
            }
            byte => word.push(byte),
        }
    }
    match word.strip_prefix(b"$") {
        Some(name) => (Kind::Variable, start + 1, name.to_vec()),
        None if first && !word.contains(&b'/') => (Kind::Command, start, word),
        None => (Kind::File, start, word),
    }
}

/// What all names begin with.
pub fn common_start<'a>(names: &[&'a [u8]]) -> &'a [u8] {
    let (first, rest) = match names.split_first() {
        Some((first, rest)) => (*first, rest),
        None => return b"",
    };
    let same = |length: usize, name: &[u8]| {
        let pairs = first.iter().zip(name).take(length);
        pairs.take_while(|(one, other)| one == other).count()
    };
    let length = rest
        .iter()
        .fold(first.len(), |length, name| same(length, name));
    first.get(..length).unwrap_or_default()
}

/// A name as it is typed.
pub fn escaped(name: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in name {
        if SPECIAL.contains(&byte) {
            text.push(b'\\');
        }
        text.push(byte);
    }
    text
}
