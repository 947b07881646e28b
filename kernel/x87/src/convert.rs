// SPDX-License-Identifier: GPL-2.0-or-later
//! The formats that numbers have in memory: reals of 32 and 64 bits, integers,
//! decimal digits (0.12: `kernel/math/convert.c`; Intel SDM vol. 1, 4.2 and
//! 4.7).
#![forbid(unsafe_code)]

use super::error::{Context, Exceptions, Result, nan_operand};
use super::round::{self, Fields, Format, Wide, rounds_up, to_format, to_register};
use super::temp_real::{Finite, TempReal, Value};

/// A number of 32 bits. A denormal is noted in the context; nothing is raised.
pub fn from_single(bits: u32, context: &mut Context) -> TempReal {
    let negative = bits >> 31 != 0;
    let exponent = (bits >> 23 & 0xFF) as u16;
    let fraction = u64::from(bits & 0x7F_FFFF) << 40;
    widen(negative, exponent, 0xFF, fraction, context)
}

/// The same for a number of 64 bits.
pub fn from_double(bits: u64, context: &mut Context) -> TempReal {
    let negative = bits >> 63 != 0;
    let exponent = (bits >> 52 & 0x7FF) as u16;
    let fraction = (bits & 0xF_FFFF_FFFF_FFFF) << 11;
    widen(negative, exponent, 0x7FF, fraction, context)
}

/// Makes a register's number of the fields of a smaller format. The top exponent of the
/// format stands for what is no finite number, and the fraction begins below the highest
/// bit.
fn widen(
    negative: bool,
    exponent: u16,
    top: u16,
    fraction: u64,
    context: &mut Context,
) -> TempReal {
    const BIAS: u16 = super::temp_real::BIAS as u16;
    let integer_bit = 1 << 63;
    // Half of the exponents are negative.
    let rebias = BIAS - top / 2;
    match exponent {
        0 if fraction == 0 => TempReal::zero(negative),
        0 => {
            context.denormal_operand = true;
            let zeros = fraction.leading_zeros();
            TempReal::new(negative, rebias + 1 - zeros as u16, fraction << zeros)
        }
        _ if exponent == top => TempReal::new(negative, 0x7FFF, integer_bit | fraction),
        _ => TempReal::new(negative, exponent + rebias, integer_bit | fraction),
    }
}

/// Checks a real of 32 or 64 bits for FLD: this notices a NaN or a denormal. The denormal
/// is loaded even if the exception is not masked.
pub fn loaded(a: TempReal, context: &mut Context) -> Result<TempReal> {
    if let Some(nan) = nan_operand(a, context)? {
        return Ok(nan);
    }
    if context.denormal_operand {
        context.raised |= Exceptions::DENORMAL;
    }
    Ok(a)
}

/// A number of 32 bits.
pub fn to_single(a: TempReal, context: &mut Context) -> Result<u32> {
    let (negative, fields) = narrowed(a, round::SINGLE, 0xFF, context)?;
    let fraction = (fields.significand >> 40) as u32 & 0x7F_FFFF;
    Ok(u32::from(negative) << 31 | u32::from(fields.exponent) << 23 | fraction)
}

/// A number of 64 bits.
pub fn to_double(a: TempReal, context: &mut Context) -> Result<u64> {
    let (negative, fields) = narrowed(a, round::DOUBLE, 0x7FF, context)?;
    let fraction = fields.significand >> 11 & 0xF_FFFF_FFFF_FFFF;
    Ok(u64::from(negative) << 63 | u64::from(fields.exponent) << 52 | fraction)
}

/// Sign and fields in a smaller format, whose top exponent is `top`.
fn narrowed(
    a: TempReal,
    format: Format,
    top: u16,
    context: &mut Context,
) -> Result<(bool, Fields)> {
    let a = nan_operand(a, context)?.unwrap_or(a);
    let negative = a.is_negative();
    let fields = match a.value() {
        Value::Finite(number) => to_format(Wide::from_finite(negative, number), format, context)?,
        Value::Zero => Fields {
            exponent: 0,
            significand: 0,
        },
        _ => Fields {
            exponent: top,
            significand: a.significand,
        },
    };
    Ok((negative, fields))
}

/// Makes a real of an integer, which is always exact.
pub fn from_integer(integer: i64) -> TempReal {
    match integer.unsigned_abs() {
        0 => TempReal::ZERO,
        magnitude => {
            let zeros = magnitude.leading_zeros();
            let exponent = super::temp_real::BIAS as u16 + 63 - zeros as u16;
            TempReal::new(integer < 0, exponent, magnitude << zeros)
        }
    }
}

/// A magnitude rounded to an integer.
struct Integer {
    magnitude: u128,
    inexact: bool,
    up: bool,
}

/// `None` from 2^64 on.
fn integer_of(negative: bool, number: Finite, context: &Context) -> Option<Integer> {
    let shift = u32::try_from(63 - number.exponent).ok()?;
    // 63 bits are behind the point. The last one stands for all below it.
    let fixed = round::shift_right_sticky(u128::from(number.significand) << 63, shift);
    let (half, unit) = (1 << 62, 1 << 63);
    let rest = fixed & (unit - 1);
    let whole = fixed >> 63;
    let up = rounds_up(negative, whole & 1 != 0, rest, half, context.rounding);
    Some(Integer {
        magnitude: whole + u128::from(up),
        inexact: rest != 0,
        up,
    })
}

fn note_inexact(integer: &Integer, context: &mut Context) {
    if integer.inexact {
        context.raised |= Exceptions::PRECISION;
    }
    context.rounded_up = integer.up;
}

/// The number as an integer without sign, which is `most` at the most, or one more for a
/// negative number with `twos_complement`. If there is no such integer, this is invalid,
/// and `None`.
fn to_magnitude(
    a: TempReal,
    most: u64,
    twos_complement: bool,
    context: &mut Context,
) -> Result<Option<u64>> {
    let negative = a.is_negative();
    let integer = match a.value() {
        Value::Zero => return Ok(Some(0)),
        Value::Finite(number) => integer_of(negative, number, context),
        _ => None,
    };
    let most = u128::from(most) + u128::from(negative && twos_complement);
    match integer {
        Some(integer) if integer.magnitude <= most => {
            note_inexact(&integer, context);
            Ok(Some(integer.magnitude as u64))
        }
        _ => {
            context.raise(Exceptions::INVALID)?;
            Ok(None)
        }
    }
}

/// The number as an integer of `bits` bits; the smallest such integer if it does not fit.
pub fn to_integer(a: TempReal, bits: u32, context: &mut Context) -> Result<i64> {
    let most = i64::MAX as u64 >> (64 - bits);
    Ok(match to_magnitude(a, most, true, context)? {
        Some(magnitude) if a.is_negative() => (magnitude as i64).wrapping_neg(),
        Some(magnitude) => magnitude as i64,
        None => i64::MIN >> (64 - bits),
    })
}

/// FRNDINT: an integer, still as a real.
pub fn round_to_integer(a: TempReal, context: &mut Context) -> Result<TempReal> {
    if let Some(nan) = nan_operand(a, context)? {
        return Ok(nan);
    }
    let Value::Finite(number) = a.value() else {
        return Ok(a);
    };
    context.note_denormals(&[a])?;
    if number.exponent >= 63 {
        return Ok(a);
    }
    let Some(integer) = integer_of(a.is_negative(), number, context) else {
        return Ok(a);
    };
    note_inexact(&integer, context);
    match Wide::new(a.is_negative(), 127, integer.magnitude) {
        Some(wide) => {
            let up = context.rounded_up;
            let rounded = to_register(wide, 64, context);
            context.rounded_up = up;
            rounded
        }
        None => Ok(TempReal::zero(a.is_negative())),
    }
}

/// The bytes of a packed decimal: nine have two digits each, and one has the sign.
pub const DECIMAL_SIZE: usize = 10;
const LARGEST_DECIMAL: u64 = 999_999_999_999_999_999;
/// What FBSTP writes for a number that has no 18 digits.
const DECIMAL_INDEFINITE: [u8; DECIMAL_SIZE] = [0, 0, 0, 0, 0, 0, 0, 0xC0, 0xFF, 0xFF];

/// FBLD: 18 decimal digits.
pub fn from_decimal(bytes: [u8; DECIMAL_SIZE]) -> TempReal {
    let [digits @ .., sign] = bytes;
    let magnitude = digits.iter().rev().fold(0, |sum: i64, byte| {
        sum * 100 + i64::from(byte >> 4) * 10 + i64::from(byte & 0xF)
    });
    from_integer(magnitude).with_sign(sign & 0x80 != 0)
}

/// FBSTP.
pub fn to_decimal(a: TempReal, context: &mut Context) -> Result<[u8; DECIMAL_SIZE]> {
    let Some(magnitude) = to_magnitude(a, LARGEST_DECIMAL, false, context)? else {
        return Ok(DECIMAL_INDEFINITE);
    };
    let mut left = magnitude;
    let mut bytes = [0; DECIMAL_SIZE];
    let [digits @ .., sign] = &mut bytes;
    for byte in digits {
        let pair = (left % 100) as u8;
        left /= 100;
        *byte = ((pair / 10) << 4) | (pair % 10);
    }
    *sign = if a.is_negative() { 0x80 } else { 0 };
    Ok(bytes)
}
