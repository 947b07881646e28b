// SPDX-License-Identifier: GPL-2.0-or-later
//! Remainders: FPREM and FPREM1 (Intel SDM vol. 2).
//!
//! Both subtract multiples of the divisor, at most 2^63 of them at a time. If
//! that was not enough, the result is an intermediate one (C2 is set), and the
//! program repeats the instruction. The result is always exact.
#![forbid(unsafe_code)]

use super::error::{Context, Result, nan_operands};
use super::round::{Wide, to_register};
use super::temp_real::{Finite, TempReal, Value};

/// Which multiple of the divisor to stop at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quotient {
    /// FPREM: the next one towards zero.
    Chopped,
    /// FPREM1, IEEE 754: the nearest, of two the even one.
    Nearest,
}

/// What comes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Remainder {
    /// What is left.
    pub rest: TempReal,
    /// The low bits of the quotient; `None` if the work is not done. Zero
    /// where there is no quotient.
    pub quotient: Option<u64>,
}

/// a - q · b.
pub fn remainder(
    a: TempReal,
    b: TempReal,
    kind: Quotient,
    context: &mut Context,
) -> Result<Remainder> {
    let whole = |rest| Remainder {
        rest,
        quotient: Some(0),
    };
    if let Some(nan) = nan_operands(a, b, context)? {
        return Ok(whole(nan));
    }
    let (a_value, b_value) = (a.value(), b.value());
    if a_value == Value::Infinity || b_value == Value::Zero {
        return context.invalid().map(whole);
    }
    context.note_denormals(&[a, b])?;
    let mut negative = a.is_negative();
    let (a_number, b_number) = match (a_value, b_value) {
        (Value::Finite(a), Value::Finite(b)) => (a, b),
        (Value::Finite(a), _) => {
            return to_register(Wide::from_finite(negative, a), 64, context).map(whole);
        }
        _ => return Ok(whole(a)),
    };
    let (mut rest, quotient) = reduce(a_number, b_number);
    let mut quotient = quotient;
    if let (Quotient::Nearest, Some(count)) = (kind, quotient)
        && rest.is_more_than_half(count)
    {
        rest.units = rest.divisor - rest.units;
        negative = !negative;
        quotient = Some(count.wrapping_add(1));
    }
    let rest = match rest.to_wide(negative) {
        Some(rest) => to_register(rest, 64, context)?,
        None => TempReal::zero(a.is_negative()),
    };
    Ok(Remainder { rest, quotient })
}

/// A rest of `units` · 2^(exponent - 64); there are fewer units than `divisor`.
struct Rest {
    units: u128,
    divisor: u128,
    exponent: i32,
}

impl Rest {
    /// Whether the next multiple is nearer; `quotient` is that of this one.
    fn is_more_than_half(&self, quotient: u64) -> bool {
        let twice = 2 * self.units;
        twice > self.divisor || twice == self.divisor && quotient & 1 != 0
    }

    fn to_wide(&self, negative: bool) -> Option<Wide> {
        Wide::new(negative, self.exponent + 63, self.units)
    }
}

/// The most steps at once, and the fewest if there are more to do.
const MOST_STEPS: u32 = 63;
const FEWEST_STEPS: u32 = 32;

/// |a| less a multiple of |b|.
fn reduce(a: Finite, b: Finite) -> (Rest, Option<u64>) {
    // The units are halves, so that half of a divisor without further bits is whole too.
    let mut units = u128::from(a.significand) << 1;
    let divisor = u128::from(b.significand) << 1;
    let Ok(distance) = u32::try_from(a.exponent - b.exponent) else {
        return smaller(a, b);
    };
    let done = distance <= MOST_STEPS;
    let steps = if done {
        distance
    } else {
        FEWEST_STEPS + distance % FEWEST_STEPS
    };
    let mut quotient: u64 = 0;
    for step in 0..=steps {
        if step > 0 {
            units <<= 1;
        }
        quotient <<= 1;
        if units >= divisor {
            units -= divisor;
            quotient |= 1;
        }
    }
    let rest = Rest {
        units,
        divisor,
        exponent: a.exponent - steps as i32,
    };
    (rest, done.then_some(quotient))
}

/// |a| is less than |b|, which has the larger exponent.
fn smaller(a: Finite, b: Finite) -> (Rest, Option<u64>) {
    // The units are those of a. From two bits of distance on, b is just much larger.
    let distance = b.exponent.abs_diff(a.exponent).min(2);
    let rest = Rest {
        units: u128::from(a.significand) << 1,
        divisor: u128::from(b.significand) << (1 + distance),
        exponent: a.exponent,
    };
    (rest, Some(0))
}
