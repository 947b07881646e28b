// SPDX-License-Identifier: GPL-2.0-or-later
//! `expr expression`: prints its value. Each number and operator is an argument:
//! `|`, `&`, `= != < <= > >=`, `+ -`, `* / %`, `string : regex` (what its `\(...\)`
//! matches, or how many characters match where it has none), parentheses, `length
//! string`, `substr string from count`, `index string characters`, `match string
//! regex`, and `+` before a word that is none of these. Status 1 if the value is empty or 0, 2 if there is none.
#![no_std]
#![no_main]

use alloc::format;
use alloc::vec::Vec;
use programs::command::complain;
use programs::number::signed;
use programs::regex::{Options, Regex, RegexError};
use user::{env, stdio};

extern crate alloc;

user::program!(main);

type Result<T> = core::result::Result<T, &'static str>;
/// Operators of the same precedence, the loosest first.
const LEVELS: [&[&[u8]]; 6] = [
    &[b"|"],
    &[b"&"],
    &[b"=", b"!=", b"<", b"<=", b">", b">="],
    &[b"+", b"-"],
    &[b"*", b"/", b"%"],
    &[b":"],
];

fn main() -> i32 {
    stdio::set_error_status(2);
    let mut words = env::args()
        .iter()
        .map(|word| word.to_bytes())
        .collect::<Vec<_>>();
    words.reverse();
    match expression(&mut words, 0).and_then(|value| match words.is_empty() {
        true => Ok(value),
        false => Err("syntax error"),
    }) {
        Ok(value) => {
            stdio::put(&value);
            stdio::put(b"\n");
            is_null(&value).into()
        }
        Err(error) => {
            complain(&[], error);
            2
        }
    }
}

/// An expression of operators of a level or tighter ones. `words` holds what is
/// to come, the next word last.
fn expression(words: &mut Vec<&'static [u8]>, level: usize) -> Result<Vec<u8>> {
    let Some(operators) = LEVELS.get(level) else {
        return primary(words);
    };
    let mut left = expression(words, level + 1)?;
    while let Some(operator) = words.pop_if(|word| operators.contains(word)) {
        let right = expression(words, level + 1)?;
        left = apply(left, operator, right)?;
    }
    Ok(left)
}

fn primary(words: &mut Vec<&'static [u8]>) -> Result<Vec<u8>> {
    match words.pop() {
        None => Err("argument expected"),
        Some(b"(") => {
            let value = expression(words, 0)?;
            match words.pop() {
                Some(b")") => Ok(value),
                _ => Err("missing )"),
            }
        }
        Some(b"+") => words.pop().map(<[u8]>::to_vec).ok_or("argument expected"),
        Some(b"length") => Ok(decimal(primary(words)?.len())),
        Some(b"match") => apply(primary(words)?, b":", primary(words)?),
        Some(b"index") => {
            let (text, wanted) = (primary(words)?, primary(words)?);
            let place = text.iter().position(|byte| wanted.contains(byte));
            Ok(decimal(place.map_or(0, |place| place + 1)))
        }
        Some(b"substr") => {
            let (text, from, count) = (primary(words)?, primary(words)?, primary(words)?);
            let (Some(from @ 1..), Some(count @ 1..)) = (signed(&from), signed(&count)) else {
                return Ok(Vec::new());
            };
            let rest = text.iter().skip(from as usize - 1);
            Ok(rest.take(count as usize).copied().collect())
        }
        Some(word) => Ok(word.to_vec()),
    }
}

fn is_null(value: &[u8]) -> bool {
    value.is_empty() || signed(value) == Some(0)
}

/// The first group of a match at the start; without groups its length.
fn matched(regex: &Regex, text: &[u8]) -> Vec<u8> {
    let found = regex.match_at_start(text);
    if regex.groups() > 0 {
        let group = found.and_then(|found| found.group(1)).unwrap_or_default();
        return text.get(group).unwrap_or_default().to_vec();
    }
    decimal(found.map_or(0, |found| found.range().len()))
}

fn decimal(number: usize) -> Vec<u8> {
    format!("{number}").into_bytes()
}

fn apply(left: Vec<u8>, operator: &[u8], right: Vec<u8>) -> Result<Vec<u8>> {
    match operator {
        b"|" if !is_null(&left) => return Ok(left),
        b"|" if is_null(&right) => return Ok(b"0".to_vec()),
        b"|" => return Ok(right),
        b"&" if is_null(&left) || is_null(&right) => return Ok(b"0".to_vec()),
        b"&" => return Ok(left),
        b":" => {
            let regex = Regex::new(&right, Options::default()).map_err(RegexError::text)?;
            return Ok(matched(&regex, &left));
        }
        _ => {}
    }
    let numbers = (signed(&left), signed(&right));
    let order = match numbers {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.cmp(&right),
    };
    let value = match operator {
        b"=" => order.is_eq().into(),
        b"!=" => order.is_ne().into(),
        b"<" => order.is_lt().into(),
        b"<=" => order.is_le().into(),
        b">" => order.is_gt().into(),
        b">=" => order.is_ge().into(),
        _ => {
            let (Some(left), Some(right)) = numbers else {
                return Err("not a number");
            };
            match operator {
                b"+" => left.checked_add(right),
                b"-" => left.checked_sub(right),
                b"*" => left.checked_mul(right),
                _ if right == 0 => return Err("division by zero"),
                b"/" => left.checked_div(right),
                _ => left.checked_rem(right),
            }
            .ok_or("number too large")?
        }
    };
    Ok(format!("{value}").into_bytes())
}
