// SPDX-License-Identifier: GPL-2.0-or-later
//! FSIN, FCOS, FSINCOS, FPTAN, FPATAN.
//!
//! Angles are reduced by a π of 66 bits, as the 387 does (Intel SDM vol. 1,
//! 8.3.8): programs know the results it gives. That reduction is exact, and
//! what is left is an angle up to π/4, for which the series converge fast.
#![forbid(unsafe_code)]

use super::div::quotient;
use super::error::{Context, Result, nan_operand, nan_operands};
use super::poly::{ONE, alternating_sum, inverse_factorials, inverse_odd_numbers, multiply_high};
use super::round::{Wide, shift_right_sticky, to_register};
use super::temp_real::{Finite, TempReal, Value};

/// π/2 in units of 2^-67, of 66 bits.
const HALF_PI: u128 = 0xC_90FD_AA22_168C_234C;

/// 1/1!, 1/3!, 1/5! ...
const SINE: [u128; 15] = inverse_factorials(1, 2);
/// 1/0!, 1/2!, 1/4! ...
const COSINE: [u128; 15] = inverse_factorials(0, 2);
/// 1, 1/3, 1/5 ...
const ARC_TANGENT: [u128; 13] = inverse_odd_numbers();

/// An angle is `quarters` of π/2 and `rest`, which is from -π/4 to π/4.
struct Angle {
    quarters: u32,
    rest: Wide,
}

/// Reduces an angle; `None` from 2^63 on, which the coprocessor leaves to the program.
fn reduce(negative: bool, number: Finite) -> Option<Angle> {
    // In units of 2^-67.
    let Ok(shift) = u32::try_from(number.exponent + 4) else {
        return Some(Angle {
            quarters: 0,
            rest: Wide::from_finite(negative, number),
        });
    };
    if number.exponent >= 63 {
        return None;
    }
    let mut rest = u128::from(number.significand);
    let mut quarters: u32 = 0;
    for _ in 0..shift {
        rest <<= 1;
        quarters = quarters.wrapping_mul(2);
        if rest >= HALF_PI {
            rest -= HALF_PI;
            quarters |= 1;
        }
    }
    let beyond = rest > HALF_PI / 2;
    if beyond {
        rest = HALF_PI - rest;
        quarters = quarters.wrapping_add(1);
    }
    if negative {
        quarters = quarters.wrapping_neg();
    }
    let rest = Wide::new(negative != beyond, 60, rest)?;
    Some(Angle { quarters, rest })
}

impl Angle {
    fn sine(&self) -> Wide {
        self.sine_of_quarter(self.quarters)
    }

    fn cosine(&self) -> Wide {
        self.sine_of_quarter(self.quarters.wrapping_add(1))
    }

    fn tangent(&self) -> Wide {
        let is_tiny = self.rest.exponent < -64 && self.quarters & 1 == 0;
        if is_tiny {
            // x + x³/3: a little more than x.
            let significand = self.rest.significand | 1;
            return Wide {
                significand,
                ..self.rest
            };
        }
        let quotient = self.sine().divided_by(self.cosine());
        // It is never exact, even if all bits that are there happen to be zero.
        let significand = quotient.significand | 1;
        Wide {
            significand,
            ..quotient
        }
    }

    /// The sine of the rest and so many quarters.
    fn sine_of_quarter(&self, quarters: u32) -> Wide {
        let fraction = self.rest.fraction();
        let square = multiply_high(fraction, fraction);
        let wide = if quarters & 1 == 0 {
            // It is made a little less, so that the smallest angles are rounded the right way.
            self.rest.times(alternating_sum(square, &SINE) - 1)
        } else {
            let cosine = alternating_sum(square, &COSINE) - 1;
            Wide::new(false, 0, cosine).unwrap_or(self.rest)
        };
        Wide {
            negative: wide.negative != (quarters & 2 != 0),
            ..wide
        }
    }
}

/// What the functions of an angle return: the result, or `None` if the angle
/// is too large (C2 is set, nothing else happens).
type Reduced<T> = Result<Option<T>>;

/// The sine and the cosine.
pub fn sine_and_cosine(a: TempReal, context: &mut Context) -> Reduced<(TempReal, TempReal)> {
    if let Some(nan) = nan_operand(a, context)? {
        return Ok(Some((nan, nan)));
    }
    match a.value() {
        Value::Zero => Ok(Some((a, TempReal::ONE))),
        Value::Finite(number) => {
            let Some(angle) = reduce(a.is_negative(), number) else {
                return Ok(None);
            };
            context.note_denormals(&[a])?;
            let sine = to_register(angle.sine(), 64, context)?;
            Ok(Some((sine, to_register(angle.cosine(), 64, context)?)))
        }
        _ => context.invalid().map(|nan| Some((nan, nan))),
    }
}

/// FSIN.
pub fn sine(a: TempReal, context: &mut Context) -> Reduced<TempReal> {
    one_function(a, a, Angle::sine, context)
}

/// FCOS.
pub fn cosine(a: TempReal, context: &mut Context) -> Reduced<TempReal> {
    one_function(a, TempReal::ONE, Angle::cosine, context)
}

/// FPTAN, without the 1 that it pushes.
pub fn tangent(a: TempReal, context: &mut Context) -> Reduced<TempReal> {
    one_function(a, a, Angle::tangent, context)
}

fn one_function(
    a: TempReal,
    of_zero: TempReal,
    function: impl Fn(&Angle) -> Wide,
    context: &mut Context,
) -> Reduced<TempReal> {
    if let Some(nan) = nan_operand(a, context)? {
        return Ok(Some(nan));
    }
    match a.value() {
        Value::Zero => Ok(Some(of_zero)),
        Value::Finite(number) => {
            let Some(angle) = reduce(a.is_negative(), number) else {
                return Ok(None);
            };
            context.note_denormals(&[a])?;
            to_register(function(&angle), 64, context).map(Some)
        }
        _ => context.invalid().map(Some),
    }
}

/// π in units of 2^-126, and π/4 in units of 2^-128.
const PI: u128 = 0xC90F_DAA2_2168_C234_C4C6_628B_80DC_1CD1;

/// FPATAN: the angle of the point (x, y).
pub fn arc_tangent(y: TempReal, x: TempReal, context: &mut Context) -> Result<TempReal> {
    if let Some(nan) = nan_operands(y, x, context)? {
        return Ok(nan);
    }
    context.note_denormals(&[y, x])?;
    let negative = y.is_negative();
    // The angle between the ray and the nearest half of an axis.
    let (small, from_y) = match (y.value(), x.value()) {
        (Value::Infinity, Value::Infinity) => (Some(Wide::new_fraction(PI)), false),
        (Value::Zero, _) | (_, Value::Infinity) => (None, false),
        (Value::Infinity, _) | (_, Value::Zero) => (None, true),
        (Value::Finite(y), Value::Finite(x)) => {
            let y_is_larger = (y.exponent, y.significand) > (x.exponent, x.significand);
            let angle = if y_is_larger {
                small_angle(x, y)
            } else {
                small_angle(y, x)
            };
            (Some(angle), y_is_larger)
        }
        _ => return context.invalid(),
    };
    let (axis, subtract) = match (from_y, x.is_negative()) {
        (false, false) => {
            return match small {
                Some(small) => to_register(Wide { negative, ..small }, 64, context),
                None => Ok(TempReal::zero(negative)),
            };
        }
        (false, true) => (PI, true),
        (true, false) => (PI >> 1, true),
        (true, true) => (PI >> 1, false),
    };
    // This changes units of 2^-128 into those of π.
    let small = small.map_or(0, |small| shift_right_sticky(small.fraction(), 2));
    let angle = if subtract { axis - small } else { axis + small };
    match Wide::new(negative, 1, angle | 1) {
        Some(angle) => to_register(angle, 64, context),
        None => Ok(TempReal::zero(negative)),
    }
}

impl Wide {
    /// A fraction in units of 2^-128, not zero.
    fn new_fraction(fraction: u128) -> Wide {
        let zeros = fraction.leading_zeros();
        Wide {
            negative: false,
            exponent: -1 - zeros as i32,
            significand: fraction.checked_shl(zeros).unwrap_or(1 << 127),
        }
    }
}

/// Angles whose tangents are known: 0/16 to 16/16.
const STEPS: u128 = 16;
const KNOWN_ANGLES: [u128; STEPS as usize + 1] = known_angles();

/// The arc tangent of a/b, where a is not the larger one.
///
/// It is the sum of the arc tangents of the nearest i/16 and of a small tangent t:
/// t = (a/b - i/16) / (1 + a/b · i/16).
fn small_angle(a: Finite, b: Finite) -> Wide {
    let distance = b.exponent.abs_diff(a.exponent);
    let (a_units, b_units) = (u128::from(a.significand), u128::from(b.significand));
    if distance > 5 {
        let tangent = quotient(false, a.exponent - b.exponent, a_units, b_units, 128);
        return series(tangent);
    }
    let b_units = b_units << distance;
    let step = (2 * STEPS * a_units + b_units) / (2 * b_units);
    let numerator = (STEPS * a_units).abs_diff(step * b_units);
    let denominator = STEPS * b_units + step * a_units;
    let below = STEPS * a_units < step * b_units;
    let known = KNOWN_ANGLES[step as usize % KNOWN_ANGLES.len()];
    let rest = if numerator == 0 {
        0
    } else {
        let rest = series(quotient(false, 0, numerator, denominator, 128));
        if step == 0 {
            return rest;
        }
        rest.fraction()
    };
    Wide::new_fraction(if below { known - rest } else { known + rest })
}

/// t - t³/3 + t⁵/5 ..., for t up to 1/32.
fn series(tangent: Wide) -> Wide {
    let fraction = tangent.fraction();
    let square = multiply_high(fraction, fraction);
    tangent.times(alternating_sum(square, &ARC_TANGENT) - 1)
}

/// Euler's series for the arc tangent of x = i/16, which converges up to 1:
/// the sum of terms t0 = x/(1+x²), t(n+1) = t(n) · (2n+2)/(2n+3) · x²/(1+x²).
const fn known_angles() -> [u128; STEPS as usize + 1] {
    let mut table = [0; STEPS as usize + 1];
    let mut i = 1;
    while i <= STEPS {
        let hypotenuse = STEPS * STEPS + i * i;
        // Units of 2^-128 from a division of 2^127.
        let mut term = ONE / hypotenuse * (2 * STEPS * i);
        let mut sum = 0;
        let mut n = 0;
        while term > 0 {
            sum += term;
            term = term / hypotenuse * (i * i);
            term = term / (2 * n + 3) * (2 * n + 2);
            n += 1;
        }
        table[i as usize] = sum;
        i += 1;
    }
    table
}
