// SPDX-License-Identifier: GPL-2.0-or-later
//! Splitting values into fields, as `IFS` says: a blank of it ends a field, however
//! many there are; any other character of it ends one each time.

use alloc::vec::Vec;

/// What `IFS` is where it is not set.
pub const DEFAULT_IFS: &[u8] = b" \t\n";

/// What the bytes of a value are to the one who splits it.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// A part of a field.
    Field,
    /// A blank that separates.
    Blank,
    /// Another character that separates.
    Separator,
}

/// What a byte is.
pub fn kind(byte: u8, ifs: &[u8]) -> Kind {
    match (ifs.contains(&byte), byte) {
        (false, _) => Kind::Field,
        (true, b' ' | b'\t' | b'\n') => Kind::Blank,
        (true, _) => Kind::Separator,
    }
}

/// The fields of a line that `read` has read, at most `count`, the last of which
/// takes the rest as it is but for blanks at its end. The second of each pair says
/// whether a backslash stood before the byte, so that it separates nothing.
pub fn split_line(line: &[(u8, bool)], count: usize, ifs: &[u8]) -> Vec<Vec<u8>> {
    let kind = |&(byte, escaped): &(u8, bool)| match escaped {
        true => Kind::Field,
        false => kind(byte, ifs),
    };
    let is_blank = |byte: &(u8, bool)| kind(byte) == Kind::Blank;
    let mut rest = without_start(line, &is_blank);
    let mut fields = Vec::new();
    while fields.len() + 1 < count && !rest.is_empty() {
        let end = rest.iter().position(|byte| kind(byte) != Kind::Field);
        let (field, behind) = rest.split_at(end.unwrap_or(rest.len()));
        fields.push(text(field));
        rest = without_start(behind, &is_blank);
        if let Some((first, behind)) = rest.split_first()
            && kind(first) == Kind::Separator
        {
            rest = without_start(behind, &is_blank);
        }
    }
    if fields.len() < count {
        while let Some((last, before)) = rest.split_last()
            && is_blank(last)
        {
            rest = before;
        }
        // One separator behind a single field is none of it.
        let mut kinds = rest.iter().map(&kind);
        let first = kinds.position(|kind| kind != Kind::Field);
        if let Some((_, before)) = rest.split_last()
            && first == Some(before.len())
        {
            rest = before;
        }
        fields.push(text(rest));
    }
    fields
}

fn without_start<'a, T>(mut items: &'a [T], unwanted: &dyn Fn(&T) -> bool) -> &'a [T] {
    while let Some((first, rest)) = items.split_first()
        && unwanted(first)
    {
        items = rest;
    }
    items
}

fn text(bytes: &[(u8, bool)]) -> Vec<u8> {
    bytes.iter().map(|&(byte, _)| byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_read() {
        for (line, count, ifs, expected) in [
            ("a b c", 2, " ", "a|b c"),
            ("  a  b  c  ", 2, " ", "a|b  c"),
            ("a", 3, " ", "a|"),
            ("a:b:c", 2, ":", "a|b:c"),
            ("a::c", 3, ":", "a||c"),
            ("a:", 1, ":", "a"),
            ("a:b:", 1, ":", "a:b:"),
            ("a : b", 2, " :", "a|b"),
            ("a b", 2, "", "a b|"),
            ("", 1, " ", ""),
        ] {
            let line: Vec<_> = line.bytes().map(|byte| (byte, false)).collect();
            let fields = split_line(&line, count, ifs.as_bytes());
            let fields: Vec<_> = fields
                .into_iter()
                .map(|field| String::from_utf8(field).unwrap())
                .collect();
            assert_eq!(fields.join("|"), expected, "{ifs:?}");
        }
        let escaped = [(b'a', false), (b' ', true), (b'b', false)];
        assert_eq!(
            split_line(&escaped, 2, b" "),
            [b"a b".to_vec(), b"".to_vec()]
        );
    }
}
