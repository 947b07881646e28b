// SPDX-License-Identifier: GPL-2.0-or-later
//! Rounding, the last step of every operation.
//!
//! An operation computes a [`Wide`]: 128 bits of significand, of which the
//! lowest also stands for everything below it. [`to_register`] and
//! [`to_format`] make a number of fewer bits of that, and see to overflow,
//! underflow and inexactness (Intel SDM vol. 1, 4.8.4 and 4.9.1).
#![forbid(unsafe_code)]

use super::error::{Context, Exceptions, Result, Rounding, Stop};
use super::temp_real::{BIAS, Finite, TempReal};

/// ± significand · 2^(exponent - 127). The highest bit of the significand is
/// set. Its lowest bit is also set if the exact number has bits further down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wide {
    /// The sign.
    pub negative: bool,
    /// The exponent of the highest bit.
    pub exponent: i32,
    /// The significand, whose highest bit is set.
    pub significand: u128,
}

impl Wide {
    /// significand · 2^(exponent - 127), `None` for zero.
    pub fn new(negative: bool, exponent: i32, significand: u128) -> Option<Wide> {
        if significand == 0 {
            return None;
        }
        let zeros = significand.leading_zeros();
        Some(Wide {
            negative,
            exponent: exponent - zeros as i32,
            significand: significand << zeros,
        })
    }

    /// A register's number.
    pub fn from_finite(negative: bool, number: Finite) -> Wide {
        Wide {
            negative,
            exponent: number.exponent,
            significand: u128::from(number.significand) << 64,
        }
    }
}

/// What a kind of number has room for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// Bits of the significand, with the integer bit.
    bits: u32,
    /// The smallest exponent with full precision.
    lowest: i32,
    /// The largest exponent.
    highest: i32,
}

/// 32 bits.
pub const SINGLE: Format = Format {
    bits: 24,
    lowest: -126,
    highest: 127,
};

/// 64 bits.
pub const DOUBLE: Format = Format {
    bits: 53,
    lowest: -1022,
    highest: 1023,
};

/// A register, with all or a part of its bits in use.
const fn register(bits: u32) -> Format {
    Format {
        bits,
        lowest: 1 - BIAS,
        highest: BIAS,
    }
}

/// The fields of a rounded number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fields {
    /// The biased exponent; 0 for a denormal or zero, the highest one for infinity.
    pub exponent: u16,
    /// The significand, whose highest bit is set in normal numbers and infinities.
    pub significand: u64,
}

/// A significand cut to some bits.
struct Cut {
    significand: u128,
    /// All bits were ones, so that the exponent is one more.
    carry: bool,
    inexact: bool,
    up: bool,
}

/// Shifts right; the lowest bit stands for what is lost.
pub fn shift_right_sticky(significand: u128, count: u32) -> u128 {
    match significand.checked_shr(count) {
        Some(shifted) => shifted | u128::from(shifted << count != significand),
        None => u128::from(significand != 0),
    }
}

/// Whether to round up, away from zero. `rest` is what is cut off, and `half` is half of
/// the last bit that stays.
pub fn rounds_up(negative: bool, odd: bool, rest: u128, half: u128, rounding: Rounding) -> bool {
    match rounding {
        Rounding::Nearest => rest > half || rest == half && odd,
        Rounding::Down => negative && rest != 0,
        Rounding::Up => !negative && rest != 0,
        Rounding::Chop => false,
    }
}

fn cut(negative: bool, significand: u128, bits: u32, rounding: Rounding) -> Cut {
    let last = 1 << (128 - bits);
    let rest = significand & (last - 1);
    let kept = significand - rest;
    let up = rounds_up(negative, kept & last != 0, rest, last / 2, rounding);
    let (sum, carry) = kept.overflowing_add(if up { last } else { 0 });
    Cut {
        significand: if carry { 1 << 127 } else { sum },
        carry,
        inexact: rest != 0,
        up,
    }
}

/// Rounds a number for the memory to a format. An overflow or underflow is not stored
/// unless it is masked.
pub fn to_format(wide: Wide, format: Format, context: &mut Context) -> Result<Fields> {
    round(wide, format, false, context)
}

/// Rounds a number for a register to `bits`.
pub fn to_register(wide: Wide, bits: u32, context: &mut Context) -> Result<TempReal> {
    let fields = round(wide, register(bits), true, context)?;
    Ok(TempReal::new(
        wide.negative,
        fields.exponent,
        fields.significand,
    ))
}

/// If overflow or underflow in a register is not masked, the result is the number with its
/// exponent moved by so much, to the middle of all exponents.
const EXPONENT_ADJUSTMENT: i32 = 3 << 13;

fn round(wide: Wide, format: Format, register: bool, context: &mut Context) -> Result<Fields> {
    let mut exact = wide;
    let first = cut(
        exact.negative,
        exact.significand,
        format.bits,
        context.rounding,
    );
    let exponent = exact.exponent + i32::from(first.carry);
    let beyond = if exponent > format.highest {
        Exceptions::OVERFLOW
    } else if exponent < format.lowest {
        Exceptions::UNDERFLOW
    } else {
        Exceptions::empty()
    };
    if !context.is_masked(beyond) {
        context.raised |= beyond;
        if !register {
            return Err(Stop::Unmasked);
        }
        exact.exponent += match beyond {
            Exceptions::OVERFLOW => -EXPONENT_ADJUSTMENT,
            _ => EXPONENT_ADJUSTMENT,
        };
    } else if beyond == Exceptions::OVERFLOW {
        return Ok(overflow(exact.negative, format, context));
    }
    let adjusted = exact.exponent + i32::from(first.carry);
    if !context.is_masked(beyond) && !(format.lowest..=format.highest).contains(&adjusted) {
        return Ok(far_beyond(adjusted > format.highest, format, context));
    }
    if adjusted < format.lowest {
        return Ok(denormal(exact, format, context));
    }
    note_inexact(&first, context);
    Ok(Fields {
        exponent: (adjusted - format.lowest + 1) as u16,
        significand: (first.significand >> 64) as u64,
    })
}

fn note_inexact(cut: &Cut, context: &mut Context) {
    if cut.inexact {
        context.raised |= Exceptions::PRECISION;
    }
    context.rounded_up = cut.up;
}

/// Infinity, or the largest number where rounding goes the other way.
fn overflow(negative: bool, format: Format, context: &mut Context) -> Fields {
    context.raised |= Exceptions::OVERFLOW | Exceptions::PRECISION;
    let infinite = match context.rounding {
        Rounding::Nearest => true,
        Rounding::Down => negative,
        Rounding::Up => !negative,
        Rounding::Chop => false,
    };
    context.rounded_up = infinite;
    if infinite {
        infinity(format)
    } else {
        Fields {
            exponent: largest_exponent(format),
            significand: u64::MAX << (64 - format.bits),
        }
    }
}

/// The result if the number is out of range even with the exponent moved, which only
/// happens to FSCALE.
fn far_beyond(above: bool, format: Format, context: &mut Context) -> Fields {
    context.raised |= Exceptions::PRECISION;
    context.rounded_up = above;
    if above {
        infinity(format)
    } else {
        Fields {
            exponent: 0,
            significand: 0,
        }
    }
}

fn infinity(format: Format) -> Fields {
    Fields {
        exponent: largest_exponent(format) + 1,
        significand: 1 << 63,
    }
}

fn largest_exponent(format: Format) -> u16 {
    (format.highest - format.lowest + 1) as u16
}

/// A number below the lowest exponent: the significand moves down.
fn denormal(exact: Wide, format: Format, context: &mut Context) -> Fields {
    let shift = format.lowest.abs_diff(exact.exponent);
    let shifted = shift_right_sticky(exact.significand, shift);
    let cut = cut(exact.negative, shifted, format.bits, context.rounding);
    if cut.inexact {
        context.raised |= Exceptions::UNDERFLOW;
    }
    note_inexact(&cut, context);
    let significand = (cut.significand >> 64) as u64;
    Fields {
        // Rounding up may have made it normal.
        exponent: (significand >> 63) as u16,
        significand,
    }
}
