// SPDX-License-Identifier: GPL-2.0-or-later
//! The expressions of `$((...))`, and of `expr`: C's, on 32-bit numbers that
//! wrap around.
//!
//! ```text
//! expression = binary ["?" expression ":" expression]
//! binary     = unary { operator unary }      by precedence
//! unary      = { "+" | "-" | "!" | "~" } primary
//! primary    = number | NAME | "(" expression ")"
//! ```

use super::lexer::is_name_byte;
use crate::number::signed;
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

/// Why an expression has no value.
pub type Result<T> = core::result::Result<T, &'static str>;

/// The value of an expression; `variable` tells that of a name. An unset or
/// empty variable counts as 0, as does an empty expression.
pub fn evaluate(text: &[u8], variable: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> Result<i32> {
    let mut parser = Parser {
        rest: text,
        variable,
        depth: 0,
    };
    parser.skip_blanks();
    if parser.rest.is_empty() {
        return Ok(0);
    }
    let value = parser.expression()?;
    if parser.rest.is_empty() {
        Ok(value)
    } else {
        Err("syntax error in expression")
    }
}

struct Parser<'a> {
    rest: &'a [u8],
    variable: &'a dyn Fn(&[u8]) -> Option<Vec<u8>>,
    depth: u32,
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

    fn expression(&mut self) -> Result<i32> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("expression is nested too deeply");
        }
        let mut value = self.binary(1)?;
        if self.accept(b"?") {
            let chosen = self.expression()?;
            if !self.accept(b":") {
                return Err("missing : in expression");
            }
            let other = self.expression()?;
            value = if value != 0 { chosen } else { other };
        }
        self.depth -= 1;
        Ok(value)
    }

    /// Operators that bind at least as tightly as `lowest`.
    fn binary(&mut self, lowest: u32) -> Result<i32> {
        let mut left = self.unary()?;
        while let Some(&(operator, precedence)) = OPERATORS
            .iter()
            .find(|(operator, _)| self.rest.starts_with(operator))
            .filter(|(_, precedence)| *precedence >= lowest)
        {
            self.accept(operator);
            let right = self.binary(precedence + 1)?;
            left = apply(left, operator, right)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<i32> {
        let mut operators = Vec::new();
        while let Some(&operator) = self.rest.first().filter(|byte| b"+-!~".contains(byte)) {
            self.accept(&[operator]);
            operators.push(operator);
        }
        let value = self.primary()?;
        Ok(operators
            .iter()
            .rev()
            .fold(value, |value, operator| match operator {
                b'-' => value.wrapping_neg(),
                b'!' => (value == 0).into(),
                b'~' => !value,
                _ => value,
            }))
    }

    fn primary(&mut self) -> Result<i32> {
        if self.accept(b"(") {
            let value = self.expression()?;
            return if self.accept(b")") {
                Ok(value)
            } else {
                Err("missing ) in expression")
            };
        }
        let length = self.rest.iter().position(|&byte| !is_name_byte(byte));
        let (word, behind) = self.rest.split_at(length.unwrap_or(self.rest.len()));
        self.rest = behind;
        self.skip_blanks();
        match word.first() {
            None => Err("operand expected in expression"),
            Some(b'0'..=b'9') => signed(word).ok_or("bad number in expression"),
            Some(_) => match (self.variable)(word) {
                Some(value) if !value.trim_ascii().is_empty() => {
                    signed(value.trim_ascii()).ok_or("variable is no number")
                }
                _ => Ok(0),
            },
        }
    }
}

fn apply(left: i32, operator: &[u8], right: i32) -> Result<i32> {
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
        b"/" | b"%" if right == 0 => return Err("division by zero"),
        b"/" => left.wrapping_div(right),
        _ => left.wrapping_rem(right),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<i32> {
        evaluate(text.as_bytes(), &|name| match name {
            b"x" => Some(b" 7 ".to_vec()),
            b"word" => Some(b"seven".to_vec()),
            _ => None,
        })
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
            ("2147483647 + 1", i32::MIN),
            ("(0-2147483647-1) / -1", i32::MIN),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn mistakes() {
        assert_eq!(value("1 / 0"), Err("division by zero"));
        assert_eq!(value("1 % (2 - 2)"), Err("division by zero"));
        assert_eq!(value("1 +"), Err("operand expected in expression"));
        assert_eq!(value("1 2"), Err("syntax error in expression"));
        assert_eq!(value("(1"), Err("missing ) in expression"));
        assert_eq!(value("1 ? 2"), Err("missing : in expression"));
        assert_eq!(value("12a"), Err("bad number in expression"));
        assert_eq!(value("word"), Err("variable is no number"));
        let deep = "(".repeat(10_000);
        assert_eq!(value(&deep), Err("expression is nested too deeply"));
    }
}
