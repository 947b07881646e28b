// SPDX-License-Identifier: GPL-2.0-or-later
//! The sixteen functions D9 F0 to FF: how each takes its operands from the
//! stack and puts its results there.
#![forbid(unsafe_code)]

use super::convert::round_to_integer;
use super::error::{Context, Result};
use super::i387::{C0, C1, C2, C3, CONDITION, I387};
use super::log::{power_less_one, y_log2_x, y_log2_x_plus_1};
use super::remainder::{Quotient, remainder};
use super::scale::{extract, scale};
use super::sqrt::square_root;
use super::temp_real::TempReal;
use super::trig::{arc_tangent, cosine, sine, sine_and_cosine, tangent};

/// Puts a function of ST(0) in its place.
pub fn of_one(
    i387: &mut I387,
    context: &mut Context,
    function: fn(TempReal, &mut Context) -> Result<TempReal>,
) -> Result<()> {
    let result = if i387.hold(&[0], context)? {
        function(i387.st(0), context)?
    } else {
        TempReal::INDEFINITE
    };
    i387.set_st(0, result);
    Ok(())
}

/// Puts a function of ST(1) and ST(0) in place of both.
fn of_two(
    i387: &mut I387,
    context: &mut Context,
    function: fn(TempReal, TempReal, &mut Context) -> Result<TempReal>,
) -> Result<()> {
    let result = if i387.hold(&[0, 1], context)? {
        function(i387.st(1), i387.st(0), context)?
    } else {
        TempReal::INDEFINITE
    };
    i387.set_st(1, result);
    i387.pop();
    Ok(())
}

/// Puts two results in place of ST(0), the second one on top. There must be room for one
/// more.
fn two_results(
    i387: &mut I387,
    context: &mut Context,
    function: impl FnOnce(TempReal, &mut Context) -> Result<Option<(TempReal, TempReal)>>,
) -> Result<()> {
    let indefinite = (TempReal::INDEFINITE, TempReal::INDEFINITE);
    let results = if i387.hold(&[0], context)? && i387.has_room(context)? {
        function(i387.st(0), context)?
    } else {
        Some(indefinite)
    };
    match results {
        Some((below, above)) => {
            i387.set_st(0, below);
            i387.push_unchecked(above);
        }
        None => i387.set_condition(C2, C2),
    }
    Ok(())
}

/// A function of an angle, which may be too large.
fn of_angle(
    i387: &mut I387,
    context: &mut Context,
    function: fn(TempReal, &mut Context) -> Result<Option<TempReal>>,
) -> Result<()> {
    i387.set_condition(C2, 0);
    let result = if i387.hold(&[0], context)? {
        function(i387.st(0), context)?
    } else {
        Some(TempReal::INDEFINITE)
    };
    match result {
        Some(result) => i387.set_st(0, result),
        None => i387.set_condition(C2, C2),
    }
    Ok(())
}

/// FPTAN: the tangent and a 1, or the same NaN twice.
fn tangent_and_one(angle: TempReal, context: &mut Context) -> Result<Option<(TempReal, TempReal)>> {
    Ok(tangent(angle, context)?.map(|result| {
        let above = if result.is_nan() {
            result
        } else {
            TempReal::ONE
        };
        (result, above)
    }))
}

/// D9 F0 to FF, by the last four bits.
pub fn do_emu(i387: &mut I387, function: u8, context: &mut Context) -> Result<()> {
    match function {
        0 => of_one(i387, context, power_less_one),
        1 => of_two(i387, context, y_log2_x),
        2 => {
            i387.set_condition(C2, 0);
            two_results(i387, context, tangent_and_one)
        }
        3 => of_two(i387, context, arc_tangent),
        4 => two_results(i387, context, |a, context| extract(a, context).map(Some)),
        5 => reduce(i387, Quotient::Nearest, context),
        6 => {
            i387.turn(7);
            Ok(())
        }
        7 => {
            i387.turn(1);
            Ok(())
        }
        8 => reduce(i387, Quotient::Chopped, context),
        9 => of_two(i387, context, y_log2_x_plus_1),
        10 => of_one(i387, context, square_root),
        11 => {
            i387.set_condition(C2, 0);
            two_results(i387, context, sine_and_cosine)
        }
        12 => of_one(i387, context, round_to_integer),
        13 => {
            let result = if i387.hold(&[0, 1], context)? {
                scale(i387.st(0), i387.st(1), context)?
            } else {
                TempReal::INDEFINITE
            };
            i387.set_st(0, result);
            Ok(())
        }
        14 => of_angle(i387, context, sine),
        _ => of_angle(i387, context, cosine),
    }
}

/// FPREM and FPREM1. The condition bits tell of the quotient, if there is one:
/// C0 is bit 2, C3 bit 1 and C1 bit 0; C2 says that there is more to do.
fn reduce(i387: &mut I387, kind: Quotient, context: &mut Context) -> Result<()> {
    i387.set_condition(C2, 0);
    let mut condition = i387.status() & (C0 | C3);
    let result = if i387.hold(&[0, 1], context)? {
        let result = remainder(i387.st(0), i387.st(1), kind, context)?;
        if !result.rest.is_nan() {
            condition = quotient_bits(result.quotient);
        }
        context.rounded_up = condition & C1 != 0;
        result.rest
    } else {
        TempReal::INDEFINITE
    };
    i387.set_condition(CONDITION, condition);
    i387.set_st(0, result);
    Ok(())
}

/// The condition bits of a quotient; `None` if the reduction is incomplete.
fn quotient_bits(quotient: Option<u64>) -> u16 {
    let Some(quotient) = quotient else {
        return C2;
    };
    [(4, C0), (2, C3), (1, C1)]
        .iter()
        .filter(|(bit, _)| quotient & bit != 0)
        .fold(0, |bits, (_, flag)| bits | flag)
}
