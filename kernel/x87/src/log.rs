// SPDX-License-Identifier: GPL-2.0-or-later
//! F2XM1, FYL2X, FYL2XP1: powers and logarithms to the base 2.
#![forbid(unsafe_code)]

use super::add::add;
use super::div::quotient;
use super::error::{Context, Exceptions, Result, nan_operand, nan_operands};
use super::poly::{alternating_sum, inverse_factorials, inverse_odd_numbers, multiply_high, sum};
use super::round::{Wide, to_register};
use super::temp_real::{Finite, TempReal, Value};

/// 1/1!, 1/2!, 1/3! ...
const EXPONENTIAL: [u128; 30] = inverse_factorials(1, 1);
/// 1, 1/3, 1/5 ...
const LOGARITHM: [u128; 24] = inverse_odd_numbers();

/// ln 2 in units of 2^-128.
const LN_2: u128 = 0xB172_17F7_D1CF_79AB_C9E3_B398_03F2_F6AF;
/// 1 / ln 2 in units of 2^-127.
const LOG2_E: u128 = 0xB8AA_3B29_5C17_F0BB_BE87_FED0_691D_3E88;
/// √2 in units of 2^-63.
const SQUARE_ROOT_OF_2: u64 = 0xB504_F333_F9DE_6484;

/// F2XM1: 2^a - 1, for a from -1 to 1. For other numbers the coprocessor promises nothing;
/// here the result is `a`.
pub fn power_less_one(a: TempReal, context: &mut Context) -> Result<TempReal> {
    if let Some(nan) = nan_operand(a, context)? {
        return Ok(nan);
    }
    match a.value() {
        Value::Infinity if a.is_negative() => Ok(TempReal::ONE.with_sign(true)),
        Value::Finite(number) => {
            context.note_denormals(&[a])?;
            match (number.exponent, number.significand, a.is_negative()) {
                (i32::MIN..0, ..) => {
                    let power = power_of_finite(Wide::from_finite(a.is_negative(), number));
                    to_register(power, 64, context)
                }
                (0, 0x8000_0000_0000_0000, true) => Ok(TempReal::new(true, 0x3FFE, 1 << 63)),
                _ => Ok(a),
            }
        }
        _ => Ok(a),
    }
}

/// The sum z · (1 + z/2! + z²/3! + ...), where z = a · ln 2.
fn power_of_finite(a: Wide) -> Wide {
    let z = multiply_high(a.fraction(), LN_2);
    let series = if a.negative {
        alternating_sum(z, &EXPONENTIAL)
    } else {
        sum(z, &EXPONENTIAL)
    };
    let natural = a.times_wide(Wide {
        negative: false,
        exponent: -1,
        significand: LN_2,
    });
    natural.times(series)
}

/// FYL2X: y · log2 x.
pub fn y_log2_x(y: TempReal, x: TempReal, context: &mut Context) -> Result<TempReal> {
    if let Some(nan) = nan_operands(y, x, context)? {
        return Ok(nan);
    }
    let (y_value, x_value) = (y.value(), x.value());
    let negative = y.is_negative();
    if x_value != Value::Zero && x.is_negative() {
        return context.invalid();
    }
    match (y_value, x_value) {
        (Value::Zero, Value::Zero | Value::Infinity) => context.invalid(),
        (Value::Infinity, Value::Zero) => Ok(TempReal::infinity(!negative)),
        (_, Value::Zero) => {
            context.raise(Exceptions::ZERO_DIVIDE)?;
            Ok(TempReal::infinity(!negative))
        }
        (_, Value::Infinity) => {
            context.note_denormals(&[y])?;
            Ok(TempReal::infinity(negative))
        }
        (Value::Infinity, _) if x == TempReal::ONE => context.invalid(),
        (_, Value::Finite(number)) => {
            context.note_denormals(&[y, x])?;
            times_logarithm(y, logarithm(number), context)
        }
        _ => Ok(TempReal::INDEFINITE),
    }
}

/// FYL2XP1: y · log2(1 + x), for x from -0.29 to 0.29. It is exact where x is tiny. For
/// other numbers the coprocessor promises nothing.
pub fn y_log2_x_plus_1(y: TempReal, x: TempReal, context: &mut Context) -> Result<TempReal> {
    if let Some(nan) = nan_operands(y, x, context)? {
        return Ok(nan);
    }
    let number = match (y.value(), x.value()) {
        (Value::Infinity, Value::Zero) => return context.invalid(),
        (_, Value::Zero) => {
            context.note_denormals(&[y])?;
            return Ok(TempReal::zero(y.is_negative() != x.is_negative()));
        }
        (_, Value::Finite(number)) if number.exponent < -1 => number,
        _ => {
            context.precision = 64;
            let sum = add(x, TempReal::ONE, context)?;
            return y_log2_x(y, sum, context);
        }
    };
    context.note_denormals(&[y, x])?;
    times_logarithm(y, Some(logarithm_of_sum(x.is_negative(), number)), context)
}

/// y · logarithm, where `None` is the logarithm of 1.
fn times_logarithm(
    y: TempReal,
    logarithm: Option<Wide>,
    context: &mut Context,
) -> Result<TempReal> {
    let sign = |logarithm: Wide| y.is_negative() != logarithm.negative;
    match (y.value(), logarithm) {
        (Value::Finite(number), Some(logarithm)) => {
            let factor = Wide::from_finite(y.is_negative(), number);
            to_register(factor.times_wide(logarithm), 64, context)
        }
        (Value::Infinity, Some(logarithm)) => Ok(TempReal::infinity(sign(logarithm))),
        (Value::Zero, Some(logarithm)) => Ok(TempReal::zero(sign(logarithm))),
        _ => Ok(TempReal::zero(y.is_negative())),
    }
}

/// log2, `None` for 0. The number is m · 2^k with m between √½ and √2, and
/// log2 m is 2 artanh((m - 1) / (m + 1)) / ln 2.
fn logarithm(number: Finite) -> Option<Wide> {
    let upper = number.significand > SQUARE_ROOT_OF_2;
    let k = number.exponent + i32::from(upper);
    // m in units of 2^-64.
    let one = 1 << 64;
    let m = u128::from(number.significand) << u32::from(!upper);
    let below = m < one;
    let fraction = (m != one).then(|| {
        let s = quotient(below, 0, m.abs_diff(one), m + one, 128);
        twice_artanh_over_ln_2(s)
    });
    match fraction {
        None if k == 0 => None,
        Some(fraction) if k == 0 => Some(fraction),
        _ => {
            // The unit is 2^-112, because k may have 15 bits.
            let whole = u128::from(k.unsigned_abs()) << 112;
            let fraction = fraction.map_or(0, |fraction| fraction.fraction() >> 16);
            let negative = k < 0;
            let sum = if below == negative {
                whole + fraction
            } else {
                whole - fraction
            };
            Wide::new(negative, 15, sum)
        }
    }
}

/// log2(1 + x) for x between -1/2 and 1/2: as above, with x / (2 + x).
fn logarithm_of_sum(negative: bool, x: Finite) -> Wide {
    let x = Wide::from_finite(negative, x);
    // 2 + x in units of 2^-126.
    let fraction = x.fraction() >> 2;
    let sum = if negative {
        (1 << 127) - fraction
    } else {
        (1 << 127) + fraction
    };
    match Wide::new(false, 1, sum) {
        Some(sum) => twice_artanh_over_ln_2(x.divided_by(sum)),
        None => x,
    }
}

/// 2/ln 2 · (s + s³/3 + s⁵/5 + ...), for s up to 1/5.
fn twice_artanh_over_ln_2(s: Wide) -> Wide {
    let fraction = s.fraction();
    let series = sum(multiply_high(fraction, fraction), &LOGARITHM);
    let natural = s.times(series);
    Wide {
        exponent: natural.exponent + 1,
        ..natural
    }
    .times(LOG2_E)
}
