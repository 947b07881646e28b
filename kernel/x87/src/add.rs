// SPDX-License-Identifier: GPL-2.0-or-later
//! Sums and differences (0.12: `kernel/math/add.c`).
#![forbid(unsafe_code)]

use super::error::{Context, Result, Rounding, nan_operands};
use super::round::{Wide, shift_right_sticky, to_register};
use super::temp_real::{Finite, TempReal, Value};

/// a + b.
pub fn add(a: TempReal, b: TempReal, context: &mut Context) -> Result<TempReal> {
    match nan_operands(a, b, context)? {
        Some(nan) => Ok(nan),
        None => signed_sum(a, b, b.is_negative(), context),
    }
}

/// a - b.
pub fn subtract(a: TempReal, b: TempReal, context: &mut Context) -> Result<TempReal> {
    match nan_operands(a, b, context)? {
        Some(nan) => Ok(nan),
        None => signed_sum(a, b, !b.is_negative(), context),
    }
}

/// The sum, with the sign of b given.
fn signed_sum(
    a: TempReal,
    b: TempReal,
    b_negative: bool,
    context: &mut Context,
) -> Result<TempReal> {
    let a_negative = a.is_negative();
    let (a_value, b_value) = (a.value(), b.value());
    if a_value == Value::Infinity && b_value == Value::Infinity && a_negative != b_negative {
        return context.invalid();
    }
    context.note_denormals(&[a, b])?;
    let sum = match (a_value, b_value) {
        (Value::Infinity, _) => return Ok(TempReal::infinity(a_negative)),
        (_, Value::Infinity) => return Ok(TempReal::infinity(b_negative)),
        (Value::Finite(a), Value::Finite(b)) => sum_of_finite(a_negative, a, b_negative, b),
        (Value::Finite(a), _) => Some(Wide::from_finite(a_negative, a)),
        (_, Value::Finite(b)) => Some(Wide::from_finite(b_negative, b)),
        // Two zeroes of the same sign keep that sign.
        _ if a_negative == b_negative => return Ok(TempReal::zero(a_negative)),
        _ => None,
    };
    match sum {
        Some(sum) => to_register(sum, context.precision, context),
        None => Ok(TempReal::zero(context.rounding == Rounding::Down)),
    }
}

/// The exact sum, `None` for zero.
fn sum_of_finite(a_negative: bool, a: Finite, b_negative: bool, b: Finite) -> Option<Wide> {
    if (a.exponent, a.significand) < (b.exponent, b.significand) {
        return sum_of_finite(b_negative, b, a_negative, a);
    }
    // One bit is left free for a carry. Below the last bit of the smaller number there is
    // enough room, so that the lowest bit can stand for all that is lost.
    let large = u128::from(a.significand) << 63;
    let small = shift_right_sticky(
        u128::from(b.significand) << 63,
        a.exponent.abs_diff(b.exponent),
    );
    let sum = if a_negative == b_negative {
        large + small
    } else {
        large - small
    };
    Wide::new(a_negative, a.exponent + 1, sum)
}
