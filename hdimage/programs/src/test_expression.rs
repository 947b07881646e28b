// SPDX-License-Identifier: GPL-2.0-or-later
//! The expressions of `test`.
//!
//! ```text
//! or      = and { "-o" and }
//! and     = not { "-a" not }
//! not     = "!" not | primary
//! primary = "(" or ")" | word operator word | "-x" word | word
//! ```

use crate::number::signed;

/// What is asked about a file: the letter of the test, and the path.
pub type FileTest<'a> = &'a mut dyn FnMut(u8, &[u8]) -> bool;

/// The file tests there are, and `-t`, which asks about a descriptor.
const FILE_TESTS: &[u8] = b"bcdefghkLprstuwx";

/// Whether the expression is true; what is wrong with it if it is none. No
/// words at all are false.
pub fn evaluate(words: &[&[u8]], file_test: FileTest<'_>) -> Result<bool, &'static str> {
    let mut parser = Parser { words, file_test };
    if words.is_empty() {
        return Ok(false);
    }
    let value = parser.or()?;
    if parser.words.is_empty() {
        Ok(value)
    } else {
        Err("unexpected word")
    }
}

struct Parser<'a> {
    words: &'a [&'a [u8]],
    file_test: FileTest<'a>,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Result<&'a [u8], &'static str> {
        let (first, rest) = self.words.split_first().ok_or("argument expected")?;
        self.words = rest;
        Ok(first)
    }

    fn accept(&mut self, word: &[u8]) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.words = &self.words[1..];
        }
        found
    }

    fn or(&mut self) -> Result<bool, &'static str> {
        let mut value = self.and()?;
        while self.accept(b"-o") {
            value |= self.and()?;
        }
        Ok(value)
    }

    fn and(&mut self) -> Result<bool, &'static str> {
        let mut value = self.not()?;
        while self.accept(b"-a") {
            value &= self.not()?;
        }
        Ok(value)
    }

    fn not(&mut self) -> Result<bool, &'static str> {
        let mut negated = false;
        // A `!` with nothing behind it is a word like any other.
        while self.words.len() > 1 && !self.at_binary() && self.accept(b"!") {
            negated = !negated;
        }
        Ok(self.primary()? != negated)
    }

    /// Whether the second of three words is an operator: then the first is an
    /// operand, whatever it looks like.
    fn at_binary(&self) -> bool {
        matches!(self.words, [_, operator, _, ..] if is_binary(operator))
    }

    fn primary(&mut self) -> Result<bool, &'static str> {
        if self.at_binary() {
            let (left, operator, right) = (self.next()?, self.next()?, self.next()?);
            return binary(left, operator, right);
        }
        if self.words.len() > 1 && self.accept(b"(") {
            let value = self.or()?;
            return if self.accept(b")") {
                Ok(value)
            } else {
                Err("missing )")
            };
        }
        let word = self.next()?;
        match word {
            [b'-', letter] if !self.words.is_empty() => match letter {
                b'n' => Ok(!self.next()?.is_empty()),
                b'z' => Ok(self.next()?.is_empty()),
                letter if FILE_TESTS.contains(letter) => {
                    let path = self.next()?;
                    Ok((self.file_test)(*letter, path))
                }
                _ => Ok(true),
            },
            _ => Ok(!word.is_empty()),
        }
    }
}

fn is_binary(operator: &[u8]) -> bool {
    matches!(
        operator,
        b"=" | b"!=" | b"-eq" | b"-ne" | b"-lt" | b"-le" | b"-gt" | b"-ge"
    )
}

fn binary(left: &[u8], operator: &[u8], right: &[u8]) -> Result<bool, &'static str> {
    match operator {
        b"=" => return Ok(left == right),
        b"!=" => return Ok(left != right),
        _ => {}
    }
    let number = |text| signed(text).ok_or("integer expected");
    let order = number(left)?.cmp(&number(right)?);
    Ok(match operator {
        b"-eq" => order.is_eq(),
        b"-ne" => order.is_ne(),
        b"-lt" => order.is_lt(),
        b"-le" => order.is_le(),
        b"-gt" => order.is_gt(),
        _ => order.is_ge(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(expression: &str) -> Result<bool, &'static str> {
        let words: Vec<_> = expression.split_whitespace().map(str::as_bytes).collect();
        evaluate(&words, &mut |letter, path| {
            letter == b'f' && path == b"file"
        })
    }

    #[test]
    fn expressions() {
        for (expression, expected) in [
            ("", false),
            ("a", true),
            ("-n a", true),
            ("-z a", false),
            ("-f", true),
            ("-f file", true),
            ("-d file", false),
            ("! -f file", false),
            ("!", true),
            ("a = a", true),
            ("a != a", false),
            ("! = !", true),
            ("-f = -f", true),
            ("-3 -lt 2", true),
            ("2 -ge 3", false),
            ("a -a -f file", true),
            ("-d file -o a = a", true),
            ("a = b -a ( a = a -o a )", false),
            ("! ( a = b )", true),
        ] {
            assert_eq!(test(expression), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn mistakes() {
        assert_eq!(test("a -eq 1"), Err("integer expected"));
        assert_eq!(test("a b"), Err("unexpected word"));
        assert_eq!(test("( a = a"), Err("missing )"));
        assert_eq!(test("a -a"), Err("argument expected"));
    }
}
