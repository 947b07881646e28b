// SPDX-License-Identifier: GPL-2.0-or-later
//! FSCALE and FXTRACT: exponents as numbers.
#![forbid(unsafe_code)]

use super::convert::from_integer;
use super::error::{Context, Exceptions, Result, nan_operand, nan_operands};
use super::round::{Wide, to_register};
use super::temp_real::{BIAS, Finite, TempReal, Value};

/// Beyond this every number overflows or underflows.
const LARGEST_SCALE: i32 = 1 << 17;

/// FSCALE: a · 2^b, with b chopped to an integer.
pub fn scale(a: TempReal, b: TempReal, context: &mut Context) -> Result<TempReal> {
    if let Some(nan) = nan_operands(a, b, context)? {
        return Ok(nan);
    }
    let negative = a.is_negative();
    match (a.value(), b.value(), b.is_negative()) {
        (Value::Zero, Value::Infinity, false) | (Value::Infinity, Value::Infinity, true) => {
            context.invalid()
        }
        (a_value, b_value, down) => {
            context.note_denormals(&[a, b])?;
            match (a_value, b_value) {
                (_, Value::Infinity) if down => Ok(TempReal::zero(negative)),
                (_, Value::Infinity) => Ok(TempReal::infinity(negative)),
                (Value::Finite(number), by) => {
                    let mut wide = Wide::from_finite(negative, number);
                    let by = chopped(by);
                    wide.exponent += if down { -by } else { by };
                    to_register(wide, 64, context)
                }
                _ => Ok(a),
            }
        }
    }
}

/// The integer part.
fn chopped(number: Value) -> i32 {
    match number {
        Value::Finite(Finite {
            exponent: exponent @ 0..17,
            significand,
        }) => (significand >> (63 - exponent)) as i32,
        Value::Finite(Finite { exponent: 17.., .. }) => LARGEST_SCALE,
        _ => 0,
    }
}

/// FXTRACT: the exponent, and the significand from 1 up to 2 with the sign.
pub fn extract(a: TempReal, context: &mut Context) -> Result<(TempReal, TempReal)> {
    if let Some(nan) = nan_operand(a, context)? {
        return Ok((nan, nan));
    }
    match a.value() {
        Value::Finite(number) => {
            context.note_denormals(&[a])?;
            let significand = TempReal::new(a.is_negative(), BIAS as u16, number.significand);
            Ok((from_integer(number.exponent.into()), significand))
        }
        Value::Zero => {
            context.raise(Exceptions::ZERO_DIVIDE)?;
            Ok((TempReal::infinity(true), a))
        }
        _ => Ok((TempReal::infinity(false), a)),
    }
}
