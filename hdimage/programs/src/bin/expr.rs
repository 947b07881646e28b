// SPDX-License-Identifier: GPL-2.0-or-later
//! `expr expression`: prints its value. Each number and operator is an argument:
//! `|`, `&`, `= != < <= > >=`, `+ -`, `* / %`, `string : regex` (how many characters
//! match), and parentheses. Status 1 if the value is empty or 0, 2 if there is none.
#![no_std]
#![no_main]

use alloc::format;
use alloc::vec::Vec;
use lib::user::{env, stdio};
use programs::command::complain;
use programs::number::signed;
use programs::regex::Regex;

extern crate alloc;

lib::program!(main);

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
        Some(word) => Ok(word.to_vec()),
    }
}

fn is_null(value: &[u8]) -> bool {
    value.is_empty() || signed(value) == Some(0)
}

fn apply(left: Vec<u8>, operator: &[u8], right: Vec<u8>) -> Result<Vec<u8>> {
    match operator {
        b"|" => return Ok(if is_null(&left) { right } else { left }),
        b"&" if is_null(&left) || is_null(&right) => return Ok(b"0".to_vec()),
        b"&" => return Ok(left),
        b":" => {
            let regex = Regex::new(&right, false).map_err(|_| "bad regular expression")?;
            let length = regex.match_at_start(&left).unwrap_or(0);
            return Ok(format!("{length}").into_bytes());
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
