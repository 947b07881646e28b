// SPDX-License-Identifier: GPL-2.0-or-later
//! Products (0.12: `kernel/math/mul.c`).
#![forbid(unsafe_code)]

use super::error::{Context, Result, nan_operands};
use super::round::{Wide, to_register};
use super::temp_real::{TempReal, Value};

/// a · b.
pub fn multiply(a: TempReal, b: TempReal, context: &mut Context) -> Result<TempReal> {
    if let Some(nan) = nan_operands(a, b, context)? {
        return Ok(nan);
    }
    let negative = a.is_negative() != b.is_negative();
    let (a_value, b_value) = (a.value(), b.value());
    if let (Value::Zero, Value::Infinity) | (Value::Infinity, Value::Zero) = (a_value, b_value) {
        return context.invalid();
    }
    context.note_denormals(&[a, b])?;
    match (a_value, b_value) {
        (Value::Infinity, _) | (_, Value::Infinity) => Ok(TempReal::infinity(negative)),
        (Value::Finite(a), Value::Finite(b)) => {
            let product = u128::from(a.significand) * u128::from(b.significand);
            // Two factors below 2 make a product below 4.
            match Wide::new(negative, a.exponent + b.exponent + 1, product) {
                Some(product) => to_register(product, context.precision, context),
                None => Ok(TempReal::zero(negative)),
            }
        }
        _ => Ok(TempReal::zero(negative)),
    }
}
