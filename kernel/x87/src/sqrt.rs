// SPDX-License-Identifier: GPL-2.0-or-later
//! The square root.
#![forbid(unsafe_code)]

use super::error::{Context, Result, nan_operand};
use super::round::{Wide, to_register};
use super::temp_real::{Finite, TempReal, Value};

/// The root of a; of -0 it is -0.
pub fn square_root(a: TempReal, context: &mut Context) -> Result<TempReal> {
    if let Some(nan) = nan_operand(a, context)? {
        return Ok(nan);
    }
    match a.value() {
        Value::Zero => Ok(a),
        _ if a.is_negative() => context.invalid(),
        Value::Finite(number) => {
            context.note_denormals(&[a])?;
            to_register(root(number), context.precision, context)
        }
        _ => Ok(a),
    }
}

/// The root, bit by bit from the highest: 64 bits and the remainder's.
fn root(number: Finite) -> Wide {
    // An even exponent can be halved without a rest.
    let odd = number.exponent & 1;
    let square = u128::from(number.significand) << (63 + odd);
    let mut root: u128 = 0;
    let mut remainder = square;
    for bit in (0..64).rev() {
        // (root + 2^bit)^2 - root^2
        let step = (root << (bit + 1)) + (1 << (2 * bit));
        if remainder >= step {
            remainder -= step;
            root += 1 << bit;
        }
    }
    // The next bit is set if the rest is more than the root; it is never
    // exactly half of a bit.
    let next = u128::from(remainder > root);
    let significand = root << 64 | next << 63 | u128::from(remainder != 0);
    Wide {
        negative: false,
        exponent: (number.exponent - odd) / 2,
        significand,
    }
}
