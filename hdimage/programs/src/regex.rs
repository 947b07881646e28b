// SPDX-License-Identifier: GPL-2.0-or-later
//! Basic regular expressions, as `grep` takes them: `.`, `*`, `^`, `$`,
//! `[...]`, `[^...]`, and `\` before a character that stands for itself.

use crate::glob::match_set;
use alloc::vec::Vec;

/// A set of bytes.
#[derive(Clone)]
struct ByteSet([bool; 256]);

/// One character of the expression, perhaps with a star.
struct Item {
    set: ByteSet,
    star: bool,
}

/// An expression ready to be matched.
pub struct Regex {
    items: Vec<Item>,
    /// Begins with `^`.
    at_start: bool,
    /// Ends with `$`.
    at_end: bool,
}

/// Why an expression is none.
#[derive(Debug, PartialEq)]
pub enum RegexError {
    /// A `[` without its `]`.
    UnmatchedBracket,
    /// A `\` at the end.
    TrailingBackslash,
}

impl core::fmt::Display for RegexError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            RegexError::UnmatchedBracket => "Unmatched [",
            RegexError::TrailingBackslash => "Trailing backslash",
        })
    }
}

impl ByteSet {
    fn of(contains: impl Fn(u8) -> bool, ignore_case: bool) -> ByteSet {
        let mut set = ByteSet([false; 256]);
        for (byte, member) in (0..=u8::MAX).zip(&mut set.0) {
            *member = contains(byte)
                || ignore_case
                    && (contains(byte.to_ascii_lowercase()) || contains(byte.to_ascii_uppercase()));
        }
        set
    }

    fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }
}

impl Regex {
    /// Makes an expression of its text.
    pub fn new(text: &[u8], ignore_case: bool) -> Result<Regex, RegexError> {
        let (at_start, mut rest) = match text {
            [b'^', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let mut items: Vec<Item> = Vec::new();
        let mut at_end = false;
        while let [byte, tail @ ..] = rest {
            rest = tail;
            let set = match byte {
                b'$' if tail.is_empty() => {
                    at_end = true;
                    break;
                }
                b'*' if !items.is_empty() => {
                    items
                        .iter_mut()
                        .rev()
                        .take(1)
                        .for_each(|item| item.star = true);
                    continue;
                }
                b'.' => ByteSet::of(|_| true, false),
                b'[' => {
                    let (_, behind) = match_set(tail, 0).ok_or(RegexError::UnmatchedBracket)?;
                    rest = behind;
                    let contains = |byte| match_set(tail, byte).is_some_and(|(found, _)| found);
                    ByteSet::of(contains, ignore_case)
                }
                b'\\' => {
                    let [literal, behind @ ..] = tail else {
                        return Err(RegexError::TrailingBackslash);
                    };
                    rest = behind;
                    ByteSet::of(|byte| byte == *literal, ignore_case)
                }
                _ => ByteSet::of(|other| other == *byte, ignore_case),
            };
            items.push(Item { set, star: false });
        }
        Ok(Regex {
            items,
            at_start,
            at_end,
        })
    }

    /// Whether the expression matches anywhere in the line.
    pub fn matches(&self, line: &[u8]) -> bool {
        let mut found = false;
        self.follow(line, self.at_start, &mut |_| {
            found = true;
            false
        });
        found
    }

    /// How many bytes at the start of the line the expression matches: as many
    /// as possible. `None` if it does not match there.
    pub fn match_at_start(&self, line: &[u8]) -> Option<usize> {
        let mut longest = None;
        self.follow(line, true, &mut |end| {
            longest = Some(end);
            true
        });
        longest
    }

    /// Calls `found` with the end of each match, until that says false.
    ///
    /// All ways to match are followed side by side, so the time is the length
    /// of the line times that of the expression, whatever the stars.
    fn follow(&self, line: &[u8], only_at_start: bool, found: &mut dyn FnMut(usize) -> bool) {
        let mut reached = alloc::vec![false; self.items.len() + 1];
        let mut next = reached.clone();
        for position in 0..=line.len() {
            if position == 0 || !only_at_start {
                reached[0] = true;
            }
            self.skip_stars(&mut reached);
            let complete = reached[self.items.len()] && (!self.at_end || position == line.len());
            if complete && !found(position) {
                return;
            }
            let Some(&byte) = line.get(position) else {
                return;
            };
            next.fill(false);
            for (index, item) in self.items.iter().enumerate() {
                if reached[index] && item.set.contains(byte) {
                    next[if item.star { index } else { index + 1 }] = true;
                }
            }
            core::mem::swap(&mut reached, &mut next);
        }
    }

    /// A starred item may match nothing.
    fn skip_stars(&self, reached: &mut [bool]) {
        for (index, item) in self.items.iter().enumerate() {
            if item.star && reached[index] {
                reached[index + 1] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(expression: &str, line: &str) -> bool {
        Regex::new(expression.as_bytes(), false)
            .unwrap()
            .matches(line.as_bytes())
    }

    #[test]
    fn expressions() {
        for (expression, line, expected) in [
            ("bin", "usr/bin", true),
            ("bin", "bi", false),
            ("^bin", "usr/bin", false),
            ("^bin", "bin/sh", true),
            ("bin$", "usr/bin", true),
            ("bin$", "bin/sh", false),
            ("^$", "", true),
            ("^$", "x", false),
            ("", "anything", true),
            ("a.c", "abc", true),
            ("a.c", "ac", false),
            ("ab*c", "ac", true),
            ("ab*c", "abbbc", true),
            ("ab*c", "abbb", false),
            ("^a.*z$", "a to z", true),
            ("[0-9][0-9]*$", "tty12", true),
            ("[^a-z]", "abc", false),
            ("[^a-z]", "abC", true),
            ("*a", "*a", true),
            ("*a", "ba", false),
            ("a\\.c", "abc", false),
            ("a\\.c", "a.c", true),
            ("a$b", "a$b", true),
            ("[]x]", "]", true),
        ] {
            assert_eq!(found(expression, line), expected, "{expression} in {line}");
        }
    }

    #[test]
    fn length_of_match() {
        let length = |expression: &str, line: &str| {
            let regex = Regex::new(expression.as_bytes(), false).unwrap();
            regex.match_at_start(line.as_bytes())
        };
        assert_eq!(length("a*", "aab"), Some(2));
        assert_eq!(length("b", "aab"), None);
        assert_eq!(length(".*", "abc"), Some(3));
        assert_eq!(length("^a$", "ab"), None);
        assert_eq!(length("x*", "ab"), Some(0));
    }

    #[test]
    fn ignoring_case() {
        assert!(
            Regex::new(b"Hello [w]", true)
                .unwrap()
                .matches(b"hELLO World")
        );
        assert!(!Regex::new(b"Hello", false).unwrap().matches(b"hello"));
    }

    #[test]
    fn many_stars_are_quick() {
        let expression = format!("{}b", "a*".repeat(50));
        assert!(!found(&expression, &"a".repeat(2000)));
    }

    #[test]
    fn mistakes() {
        assert_eq!(
            Regex::new(b"[a", false).err(),
            Some(RegexError::UnmatchedBracket)
        );
        assert_eq!(
            Regex::new(b"a\\", false).err(),
            Some(RegexError::TrailingBackslash)
        );
    }
}
