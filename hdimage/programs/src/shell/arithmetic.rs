// SPDX-License-Identifier: GPL-2.0-or-later
//! The expressions of `$((...))`: C's, on 64-bit numbers that wrap around.
//!
//! ```text
//! expression  = NAME assign expression | conditional
//! conditional = binary ["?" expression ":" conditional]
//! binary      = unary { operator unary }      by precedence
//! unary       = { "+" | "-" | "!" | "~" } primary
//! primary     = number | ("++" | "--") NAME | NAME ["++" | "--"] | "(" list ")"
//! list        = expression { "," expression }
//! ```
//!
//! What C would not evaluate, as the right side of `0 && x`, sets nothing and
//! divides by nothing.

use super::is_name_byte;
use alloc::vec::Vec;

/// How deep an expression may be nested, so that none overflows the stack.
const DEEPEST: u32 = 50;

/// The binary operators and how tightly each binds; where one begins with
/// another, the longer comes first.
const OPERATORS: [(&[u8], u32); 18] = [
    (b"||", 1),
    (b"&&", 2),
    (b"==", 6),
    (b"!=", 6),
    (b"<<", 8),
    (b">>", 8),
    (b"<=", 7),
    (b">=", 7),
    (b"<", 7),
    (b">", 7),
    (b"|", 3),
    (b"^", 4),
    (b"&", 5),
    (b"+", 9),
    (b"-", 9),
    (b"*", 10),
    (b"/", 10),
    (b"%", 10),
];

/// What may stand before the `=` of an assignment.
const ASSIGNED: [&[u8]; 11] = [
    b"", b"*", b"/", b"%", b"+", b"-", b"<<", b">>", b"&", b"^", b"|",
];

/// Why an expression has no value.
pub type Result<T> = core::result::Result<T, &'static str>;

/// The variables of an expression.
pub trait Variables {
    /// The value of a name; an error where it must be set and is not.
    fn value(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>>;
    /// Sets a variable.
    fn assign(&mut self, name: &[u8], value: i64) -> Result<()>;
}

/// The value of an expression. An unset or empty variable counts as 0, as does an
/// empty expression.
pub fn evaluate(text: &[u8], variables: &mut dyn Variables) -> Result<i64> {
    let mut parser = Parser {
        rest: text,
        variables,
        depth: 0,
        skipping: 0,
    };
    parser.skip_blanks();
    if parser.rest.is_empty() {
        return Ok(0);
    }
    let value = parser.list()?;
    match parser.rest.is_empty() {
        true => Ok(value),
        false => Err("syntax error in expression"),
    }
}

struct Parser<'a> {
    rest: &'a [u8],
    variables: &'a mut dyn Variables,
    depth: u32,
    /// How many operators around say that this is not evaluated.
    skipping: u32,
}

impl<'a> Parser<'a> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    /// Goes over `text`, and blanks behind it, if it comes next.
    fn accept(&mut self, text: &[u8]) -> bool {
        let behind = self.rest.strip_prefix(text);
        if let Some(behind) = behind {
            self.rest = behind;
            self.skip_blanks();
        }
        behind.is_some()
    }

    /// What `parse` finds, without effect if `skipped`.
    fn skipped_if(&mut self, skipped: bool, parse: fn(&mut Self) -> Result<i64>) -> Result<i64> {
        self.skipping += u32::from(skipped);
        let value = parse(self)?;
        self.skipping -= u32::from(skipped);
        Ok(value)
    }

    fn list(&mut self) -> Result<i64> {
        let mut value = self.expression()?;
        while self.accept(b",") {
            value = self.expression()?;
        }
        Ok(value)
    }

    fn expression(&mut self) -> Result<i64> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("expression is nested too deeply");
        }
        let start = self.rest;
        let name = self.word();
        let value = match self.assignment_operator().filter(|_| is_name(name)) {
            Some(operator) => {
                let right = self.expression()?;
                let value = match operator {
                    b"" => right,
                    operator => {
                        let left = self.variable(name)?;
                        self.apply(left, operator, right)?
                    }
                };
                self.assign(name, value)?
            }
            None => {
                self.rest = start;
                self.conditional()?
            }
        };
        self.depth -= 1;
        Ok(value)
    }

    /// Goes over `=`, `+=` and their like; tells what stands before the `=`.
    fn assignment_operator(&mut self) -> Option<&'static [u8]> {
        let operator = ASSIGNED.into_iter().find(|operator| {
            let behind = self.rest.strip_prefix(*operator);
            let behind = behind.and_then(|rest| rest.strip_prefix(b"="));
            behind.is_some_and(|rest| !rest.starts_with(b"="))
        })?;
        self.rest = self.rest.get(operator.len() + 1..)?;
        self.skip_blanks();
        Some(operator)
    }

    fn conditional(&mut self) -> Result<i64> {
        let condition = self.binary(1)?;
        if !self.accept(b"?") {
            return Ok(condition);
        }
        let chosen = self.skipped_if(condition == 0, Self::expression)?;
        if !self.accept(b":") {
            return Err("missing : in expression");
        }
        // As it stands on the right, it may be a chain of many.
        let other = self.skipped_if(condition != 0, Self::expression)?;
        Ok(if condition != 0 { chosen } else { other })
    }

    /// Operators that bind at least as tightly as `lowest`.
    fn binary(&mut self, lowest: u32) -> Result<i64> {
        let mut left = self.unary()?;
        while let Some(&(operator, precedence)) = OPERATORS
            .iter()
            .find(|(operator, _)| self.rest.starts_with(operator))
            .filter(|(_, precedence)| *precedence >= lowest)
        {
            self.accept(operator);
            let decided = match operator {
                b"&&" => left == 0,
                b"||" => left != 0,
                _ => false,
            };
            self.skipping += u32::from(decided);
            let right = self.binary(precedence + 1)?;
            self.skipping -= u32::from(decided);
            left = self.apply(left, operator, right)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<i64> {
        let mut operators = Vec::new();
        while let Some(&operator) = self.rest.first().filter(|byte| b"+-!~".contains(byte)) {
            if let Some(value) = self.stepped()? {
                return Ok(apply_unary(&operators, value));
            }
            self.accept(&[operator]);
            operators.push(operator);
        }
        let value = self.primary()?;
        Ok(apply_unary(&operators, value))
    }

    /// `++NAME` and `--NAME`, if that comes next.
    fn stepped(&mut self) -> Result<Option<i64>> {
        let step = match self.rest {
            [b'+', b'+', rest @ ..] => (1, rest),
            [b'-', b'-', rest @ ..] => (-1, rest),
            _ => return Ok(None),
        };
        let start = core::mem::replace(&mut self.rest, step.1);
        self.skip_blanks();
        let name = self.word();
        if !is_name(name) {
            self.rest = start;
            return Ok(None);
        }
        let value = self.variable(name)?.wrapping_add(step.0);
        self.assign(name, value).map(Some)
    }

    /// The letters and digits that come next.
    fn word(&mut self) -> &'a [u8] {
        let length = self.rest.iter().position(|&byte| !is_name_byte(byte));
        let (word, behind) = self.rest.split_at(length.unwrap_or(self.rest.len()));
        self.rest = behind;
        self.skip_blanks();
        word
    }

    fn primary(&mut self) -> Result<i64> {
        if self.accept(b"(") {
            let value = self.list()?;
            return match self.accept(b")") {
                true => Ok(value),
                false => Err("missing ) in expression"),
            };
        }
        let word = self.word();
        match word.first() {
            None => Err("operand expected in expression"),
            Some(b'0'..=b'9') => number(word).ok_or("bad number in expression"),
            Some(_) => {
                let value = self.variable(word)?;
                let step = match self.rest {
                    [b'+', b'+', ..] => 1,
                    [b'-', b'-', ..] => -1,
                    _ => return Ok(value),
                };
                // `a - -1` has a blank between.
                let behind = self.rest.get(2..).unwrap_or_default();
                if behind.first().is_some_and(|&byte| is_name_byte(byte)) {
                    return Ok(value);
                }
                self.rest = behind;
                self.skip_blanks();
                self.assign(word, value.wrapping_add(step))?;
                Ok(value)
            }
        }
    }

    fn variable(&mut self, name: &[u8]) -> Result<i64> {
        if self.skipping > 0 {
            return Ok(0);
        }
        let value = self.variables.value(name)?.unwrap_or_default();
        let value = match value.trim_ascii() {
            [] => Some(0),
            [b'-', digits @ ..] => number(digits).map(i64::wrapping_neg),
            [b'+', digits @ ..] | digits => number(digits),
        };
        value.ok_or("variable is no number")
    }

    fn assign(&mut self, name: &[u8], value: i64) -> Result<i64> {
        if self.skipping == 0 {
            self.variables.assign(name, value)?;
        }
        Ok(value)
    }

    fn apply(&self, left: i64, operator: &[u8], right: i64) -> Result<i64> {
        Ok(match operator {
            b"||" => (left != 0 || right != 0).into(),
            b"&&" => (left != 0 && right != 0).into(),
            b"|" => left | right,
            b"^" => left ^ right,
            b"&" => left & right,
            b"==" => (left == right).into(),
            b"!=" => (left != right).into(),
            b"<" => (left < right).into(),
            b"<=" => (left <= right).into(),
            b">" => (left > right).into(),
            b">=" => (left >= right).into(),
            b"<<" => left.wrapping_shl(right as u32),
            b">>" => left.wrapping_shr(right as u32),
            b"+" => left.wrapping_add(right),
            b"-" => left.wrapping_sub(right),
            b"*" => left.wrapping_mul(right),
            _ if right == 0 && self.skipping > 0 => 0,
            _ if right == 0 => return Err("division by zero"),
            b"/" => left.wrapping_div(right),
            _ => left.wrapping_rem(right),
        })
    }
}

fn apply_unary(operators: &[u8], value: i64) -> i64 {
    operators
        .iter()
        .rev()
        .fold(value, |value, operator| match operator {
            b'-' => value.wrapping_neg(),
            b'!' => (value == 0).into(),
            b'~' => !value,
            _ => value,
        })
}

fn is_name(word: &[u8]) -> bool {
    word.first().is_some_and(|byte| !byte.is_ascii_digit())
}

/// A number as C writes it: `0x` before a hexadecimal one, 0 before an octal one.
fn number(word: &[u8]) -> Option<i64> {
    let (digits, base) = match word {
        [b'0', b'x' | b'X', digits @ ..] => (digits, 16),
        [b'0', digits @ ..] if !digits.is_empty() => (digits, 8),
        digits => (digits, 10),
    };
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0i64, |value, &digit| {
        let digit = char::from(digit).to_digit(base)?;
        Some(value.wrapping_mul(base.into()).wrapping_add(digit.into()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    struct Names(BTreeMap<Vec<u8>, Vec<u8>>);

    impl Variables for Names {
        fn value(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>> {
            Ok(self.0.get(name).cloned())
        }

        fn assign(&mut self, name: &[u8], value: i64) -> Result<()> {
            let text = value.to_string().into_bytes();
            self.0.insert(name.to_vec(), text);
            Ok(())
        }
    }

    fn names() -> Names {
        let given = [("x", " 7 "), ("word", "seven"), ("h", "0x1f"), ("m", "-3")];
        let bytes = |text: &str| text.as_bytes().to_vec();
        Names(
            given
                .map(|(name, value)| (bytes(name), bytes(value)))
                .into(),
        )
    }

    fn value(text: &str) -> Result<i64> {
        evaluate(text.as_bytes(), &mut names())
    }

    #[test]
    fn expressions() {
        for (text, expected) in [
            ("", 0),
            ("1+2", 3),
            (" 1 + 2 * 3 ", 7),
            ("(1+2)*3", 9),
            ("10-3-2", 5),
            ("-x + 1", -6),
            ("- -1", 1),
            ("--1", 1),
            ("!0 + ~0", 0),
            ("7/2*2 + 7%2", 7),
            ("-7 / 2", -3),
            ("1 << 4 | 1", 17),
            ("6 ^ 3 & 2", 4),
            ("1 < 2 == 1", 1),
            ("2 >= 3", 0),
            ("1 && 0 || x", 1),
            ("0 ? 1 : x > 5 ? 2 : 3", 2),
            ("unset + 1", 1),
            ("0x1F + 010", 39),
            ("h + m", 28),
            ("9223372036854775807 + 1", i64::MIN),
            ("(0-9223372036854775807-1) / -1", i64::MIN),
            ("(0-9223372036854775807-1) % -1", 0),
            ("x-1", 6),
            ("x - -1", 8),
            ("1, 2", 2),
            ("0 && 1/0", 0),
            ("1 || 1/0", 1),
            ("1 ? 5 : 1/0", 5),
            ("x == 7", 1),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn assignments() {
        for (text, expected, x) in [
            ("x = 3", 3, "3"),
            ("x += 3", 10, "10"),
            ("x <<= 1", 14, "14"),
            ("x = x = 2", 2, "2"),
            ("x++ + x", 15, "8"),
            ("--x", 6, "6"),
            ("0 && (x = 1)", 0, " 7 "),
            ("1 ? 2 : (x = 1)", 2, " 7 "),
            ("x %= 4", 3, "3"),
            ("x |= 8", 15, "15"),
        ] {
            let mut names = names();
            assert_eq!(
                evaluate(text.as_bytes(), &mut names),
                Ok(expected),
                "{text}"
            );
            assert_eq!(names.0.get(&b"x"[..]).unwrap(), x.as_bytes(), "{text}");
        }
    }

    #[test]
    fn mistakes() {
        assert_eq!(value("1 / 0"), Err("division by zero"));
        assert_eq!(value("1 % (2 - 2)"), Err("division by zero"));
        assert_eq!(value("1 +"), Err("operand expected in expression"));
        assert_eq!(value("1 2"), Err("syntax error in expression"));
        assert_eq!(value("1 = 2"), Err("syntax error in expression"));
        assert_eq!(value("(1"), Err("missing ) in expression"));
        assert_eq!(value("1 ? 2"), Err("missing : in expression"));
        assert_eq!(value("12a"), Err("bad number in expression"));
        assert_eq!(value("08"), Err("bad number in expression"));
        assert_eq!(value("word"), Err("variable is no number"));
        let deep = "(".repeat(100_000);
        assert_eq!(value(&deep), Err("expression is nested too deeply"));
    }
}
