// SPDX-License-Identifier: GPL-2.0-or-later
//! File name patterns: `*`, `?`, `[a-z]`, `[!a-z]`, and `\` before a character
//! that stands for itself.

use alloc::vec::Vec;

/// Whether the pattern has characters that stand for others.
pub fn has_magic(pattern: &[u8]) -> bool {
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'*' | b'?' | b'[' => return true,
            _ => {}
        }
    }
    false
}

/// The pattern without its backslashes: what it says if nothing matches it.
pub fn unescape(pattern: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(pattern.len());
    let mut bytes = pattern.iter();
    while let Some(&byte) = bytes.next() {
        let byte = if byte == b'\\' {
            bytes.next().copied().unwrap_or(byte)
        } else {
            byte
        };
        text.push(byte);
    }
    text
}

/// Adds `text` to a pattern so that it stands for itself.
pub fn escape_into(pattern: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        if b"\\*?[".contains(&byte) {
            pattern.push(b'\\');
        }
        pattern.push(byte);
    }
}

/// Whether the pattern matches all of `name`.
pub fn matches(mut pattern: &[u8], mut name: &[u8]) -> bool {
    // Where to go on if what follows the last star does not match: the star
    // then takes one character more.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', rest @ ..] = pattern {
            retry = Some((rest, name));
            pattern = rest;
            continue;
        }
        if pattern.is_empty() && name.is_empty() {
            return true;
        }
        match match_one(pattern, name) {
            Some(rest) => (pattern, name) = (rest, name.get(1..).unwrap_or_default()),
            None => match retry {
                Some((after_star, [_, tail @ ..])) => {
                    retry = Some((after_star, tail));
                    (pattern, name) = (after_star, tail);
                }
                _ => return false,
            },
        }
    }
}

/// Matches one character; the pattern behind it, if it does.
fn match_one<'a>(pattern: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let &byte = name.first()?;
    match pattern {
        [b'?', rest @ ..] => Some(rest),
        [b'[', rest @ ..] => match match_set(rest, byte) {
            Some((true, rest)) => Some(rest),
            Some((false, _)) => None,
            // Without its `]`, a `[` stands for itself.
            None => (byte == b'[').then_some(rest),
        },
        [b'\\', literal, rest @ ..] | [literal, rest @ ..] => (*literal == byte).then_some(rest),
        [] => None,
    }
}

/// Whether `byte` is in the set that `pattern` begins with (behind its `[`),
/// and the pattern behind the `]`. `None` if there is no `]`.
pub fn match_set(pattern: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let (negated, mut rest) = match pattern {
        [b'!' | b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut found = false;
    let mut first = true;
    loop {
        rest = match rest {
            [b']', rest @ ..] if !first => return Some((found != negated, rest)),
            [low, b'-', high, rest @ ..] if *high != b']' => {
                found |= (*low..=*high).contains(&byte);
                rest
            }
            [single, rest @ ..] => {
                found |= *single == byte;
                rest
            }
            [] => return None,
        };
        first = false;
    }
}

/// All paths that match, in order; `list` tells the names in a directory
/// (given as a path that is empty for the working directory, or ends with a
/// slash).
pub fn expand(pattern: &[u8], list: &mut dyn FnMut(&[u8]) -> Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut paths = alloc::vec![Vec::new()];
    let mut searched = false;
    for component in pattern.split_inclusive(|&byte| byte == b'/') {
        let (name, slash) = match component {
            [name @ .., b'/'] => (name, &b"/"[..]),
            name => (name, &b""[..]),
        };
        let magic = has_magic(name);
        searched |= magic;
        if !searched || name.is_empty() {
            paths
                .iter_mut()
                .for_each(|path| path.extend([&unescape(name), slash].concat()));
            continue;
        }
        let mut found = Vec::new();
        for directory in &paths {
            for entry in list(directory) {
                let hidden = entry.first() == Some(&b'.') && name.first() != Some(&b'.');
                if !hidden && matches(name, &entry) {
                    found.push([directory, entry.as_slice(), slash].concat());
                }
            }
        }
        paths = found;
    }
    if searched && pattern.ends_with(b"/") {
        // Only a directory has names in it.
        paths.retain(|path| !list(path).is_empty());
    }
    paths.sort_unstable();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_names() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*.rs", "main.rs", true),
            ("*.rs", "main.c", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("?b", "ab", true),
            ("?", "", false),
            ("[a-cx]1", "b1", true),
            ("[a-cx]1", "x1", true),
            ("[a-cx]1", "d1", false),
            ("[!a-c]", "d", true),
            ("[!a-c]", "a", false),
            ("[]]", "]", true),
            ("[", "[", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("abc", "ab", false),
            ("ab", "abc", false),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn many_stars_are_quick() {
        assert!(!matches(&b"*a".repeat(40), &b"a".repeat(39)));
    }

    #[test]
    fn escapes() {
        let mut pattern = Vec::new();
        escape_into(&mut pattern, b"a*\\b");
        assert_eq!(pattern, b"a\\*\\\\b");
        assert!(!has_magic(&pattern));
        assert_eq!(unescape(&pattern), b"a*\\b");
        assert!(has_magic(b"\\\\*"));
    }

    #[test]
    fn whole_paths() {
        let mut list = |path: &[u8]| -> Vec<Vec<u8>> {
            let names: &[&str] = match path {
                b"" => &[".", "..", ".hid", "b", "a"],
                b"/" | b"a/" => &[".", "..", "x1", "x2"],
                _ => &[],
            };
            names.iter().map(|name| name.as_bytes().to_vec()).collect()
        };
        let mut run = |pattern: &str| -> Vec<String> {
            let paths = expand(pattern.as_bytes(), &mut list);
            paths
                .into_iter()
                .map(|path| String::from_utf8(path).unwrap())
                .collect()
        };
        assert_eq!(run("*"), ["a", "b"]);
        assert_eq!(run(".h*"), [".hid"]);
        assert_eq!(run("*/x*"), ["a/x1", "a/x2"]);
        assert_eq!(run("*/x2"), ["a/x2"]);
        assert_eq!(run("*/"), ["a/"]);
        assert_eq!(run("/x?"), ["/x1", "/x2"]);
        assert_eq!(run("nothing*"), [""; 0]);
    }
}
