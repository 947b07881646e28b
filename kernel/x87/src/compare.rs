// SPDX-License-Identifier: GPL-2.0-or-later
//! Comparing and examining (0.12: `kernel/math/compare.c`).
#![forbid(unsafe_code)]

use super::error::{Context, Exceptions, Result};
use super::i387::{C0, C1, C2, C3};
use super::temp_real::{TempReal, Value};
use core::cmp::Ordering;

/// The condition bits of a comparison with a NaN.
pub const UNORDERED: u16 = C3 | C2 | C0;

/// The condition bits for a compared with b.
pub fn compare(a: TempReal, b: TempReal) -> u16 {
    match order(a, b) {
        _ if !is_number(a) || !is_number(b) => UNORDERED,
        Ordering::Less => C0,
        Ordering::Equal => C3,
        Ordering::Greater => 0,
    }
}

/// Raises the exceptions of a comparison. With `ordered` every NaN is invalid (FCOM),
/// without it only those that signal (FUCOM). The condition bits are valid in any case.
pub fn check(a: TempReal, b: TempReal, ordered: bool, context: &mut Context) -> Result<()> {
    let invalid = |operand: TempReal| match operand.value() {
        Value::Unsupported => true,
        Value::Nan => ordered || operand.is_signalling(),
        _ => false,
    };
    if invalid(a) || invalid(b) {
        context.raise(Exceptions::INVALID)?;
    }
    if is_number(a) && is_number(b) {
        context.note_denormals(&[a, b])?;
    }
    Ok(())
}

fn is_number(a: TempReal) -> bool {
    !matches!(a.value(), Value::Nan | Value::Unsupported)
}

/// The order of two numbers or infinities.
fn order(a: TempReal, b: TempReal) -> Ordering {
    let magnitudes = magnitude(a).cmp(&magnitude(b));
    match (a.is_negative(), b.is_negative()) {
        _ if a.value() == Value::Zero && b.value() == Value::Zero => Ordering::Equal,
        (false, false) => magnitudes,
        (true, true) => magnitudes.reverse(),
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
    }
}

/// Exponent and significand: such pairs have the same order as the numbers.
fn magnitude(a: TempReal) -> (i32, u64) {
    match a.value() {
        Value::Finite(number) => (number.exponent, number.significand),
        Value::Infinity => (i32::MAX, 0),
        _ => (i32::MIN, 0),
    }
}

/// FXAM: the condition bits for what is in a register, which may be empty.
/// C1 is the sign.
pub fn examine(a: TempReal, empty: bool) -> u16 {
    let class = match a.value() {
        _ if empty => C3 | C0,
        Value::Unsupported => 0,
        Value::Nan => C0,
        Value::Infinity => C2 | C0,
        Value::Zero => C3,
        Value::Finite(_) if a.is_denormal() => C3 | C2,
        Value::Finite(_) => C2,
    };
    class | if a.is_negative() { C1 } else { 0 }
}
