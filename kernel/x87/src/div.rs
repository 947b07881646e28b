// SPDX-License-Identifier: GPL-2.0-or-later
//! Quotients (0.12: `kernel/math/div.c`).
#![forbid(unsafe_code)]

use super::error::{Context, Exceptions, Result, nan_operands};
use super::round::{Wide, to_register};
use super::temp_real::{TempReal, Value};

/// a / b.
pub fn divide(a: TempReal, b: TempReal, context: &mut Context) -> Result<TempReal> {
    if let Some(nan) = nan_operands(a, b, context)? {
        return Ok(nan);
    }
    let negative = a.is_negative() != b.is_negative();
    let (a_value, b_value) = (a.value(), b.value());
    if let (Value::Zero, Value::Zero) | (Value::Infinity, Value::Infinity) = (a_value, b_value) {
        return context.invalid();
    }
    if let (Value::Finite(_), Value::Zero) = (a_value, b_value) {
        context.raise(Exceptions::ZERO_DIVIDE)?;
        return Ok(TempReal::infinity(negative));
    }
    context.note_denormals(&[a, b])?;
    match (a_value, b_value) {
        (Value::Infinity, _) => Ok(TempReal::infinity(negative)),
        (Value::Finite(a), Value::Finite(b)) => {
            let quotient = quotient(
                negative,
                a.exponent - b.exponent,
                u128::from(a.significand),
                u128::from(b.significand),
                QUOTIENT_BITS,
            );
            to_register(quotient, context.precision, context)
        }
        _ => Ok(TempReal::zero(negative)),
    }
}

/// The bits of the significand, one more because the first may be zero, and one for
/// rounding.
const QUOTIENT_BITS: u32 = 66;

/// ± a / b · 2^exponent by long division. Both are below 2^127 and not zero.
/// The first `bits` bits are exact, of which the very first may be zero; the
/// lowest bit stands for the rest.
pub fn quotient(negative: bool, exponent: i32, a: u128, b: u128, bits: u32) -> Wide {
    debug_assert!(a != 0 && b != 0 && (a | b) >> 127 == 0);
    let (a_zeros, b_zeros) = (a.leading_zeros(), b.leading_zeros());
    // One bit is left free for the doubled remainder.
    let divisor = b << (b_zeros - 1);
    let mut remainder = a << (a_zeros - 1);
    let mut quotient: u128 = 0;
    for _ in 0..bits {
        quotient <<= 1;
        if remainder >= divisor {
            remainder -= divisor;
            quotient |= 1;
        }
        remainder <<= 1;
    }
    let aligned = quotient << (128 - bits) | u128::from(remainder != 0);
    let zeros = aligned.leading_zeros();
    Wide {
        negative,
        exponent: exponent + b_zeros as i32 - a_zeros as i32 - zeros as i32,
        significand: aligned << zeros,
    }
}
