// SPDX-License-Identifier: GPL-2.0-or-later
//! The instructions of the 387, one at a time (0.12: `do_emu` in
//! `kernel/math/math_emulate.c`; Intel SDM vol. 2, and its opcode map for the
//! escape codes D8 to DF).
//!
//! [`do_emu`] is given the state and an instruction whose operand has been
//! found already; it reaches that through the [`Machine`]. Whatever goes wrong
//! (an exception without mask, an operand that cannot be reached) leaves the
//! registers as they were: the work is done on the state itself, but a copy is
//! put back.
#![forbid(unsafe_code)]

use super::add::{add, subtract};
use super::compare::{UNORDERED, check, compare, examine};
use super::control;
use super::convert::round_to_integer;
use super::div::divide;
use super::error::{Context, Result, Stop};
use super::get_put;
use super::i387::{C0, C1, C2, C3, CONDITION, I387};
use super::log::{power_less_one, y_log2_x, y_log2_x_plus_1};
use super::mul::multiply;
use super::remainder::{Quotient, remainder};
use super::round::{Wide, to_register};
use super::scale::{extract, scale};
use super::sqrt::square_root;
use super::temp_real::TempReal;
use super::trig::{arc_tangent, cosine, sine, sine_and_cosine, tangent};

/// What an instruction reaches besides the coprocessor.
pub trait Machine {
    /// Reads the operand in memory.
    fn read(&mut self, bytes: &mut [u8]) -> Result<()>;
    /// Writes it: all or nothing.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;
    /// FNSTSW AX.
    fn set_ax(&mut self, value: u16);
}

/// An instruction without prefixes and address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// The low three bits of the first byte, D8 to DF.
    pub escape: u8,
    /// The second byte: C0 and up for registers only.
    pub modrm: u8,
    /// 16-bit operand size: FSTENV and its kin write a smaller format.
    pub short: bool,
}

impl Instruction {
    /// Bits 3 to 5 of the second byte.
    fn operation(&self) -> u8 {
        self.modrm >> 3 & 7
    }

    /// Which register.
    fn index(&self) -> usize {
        usize::from(self.modrm & 7)
    }

    /// Whether it has an operand in memory.
    pub fn has_memory_operand(&self) -> bool {
        self.modrm < 0xC0
    }
}

/// Carries out an instruction.
pub fn do_emu(
    i387: &mut I387,
    instruction: Instruction,
    machine: &mut dyn Machine,
) -> Result<Kind> {
    if i387.is_error_pending() && !control::comes_through(instruction) {
        return Err(Stop::Pending);
    }
    let before = *i387;
    if let Some(done) = control::do_emu(i387, instruction, machine) {
        return match done {
            Ok(()) => Ok(Kind::Control),
            Err(stop) => {
                *i387 = before;
                Err(stop)
            }
        };
    }
    let mut context = Context::new(i387.control());
    let done = if instruction.has_memory_operand() {
        memory(i387, instruction, machine, &mut context)
    } else {
        registers(i387, instruction, &mut context)
    };
    match done {
        Ok(()) => {}
        Err(Stop::Unmasked) => {
            // The condition bits are all that it may have changed.
            let condition = i387.status();
            *i387 = before;
            i387.set_condition(CONDITION, condition);
        }
        Err(stop) => {
            *i387 = before;
            return Err(stop);
        }
    }
    let c1 = if context.rounded_up { C1 } else { 0 };
    i387.set_status(i387.status() & !C1 | c1 | context.raised.bits());
    Ok(Kind::Numeric)
}

/// Whether an instruction leaves its place behind for an exception handler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It does not.
    Control,
    /// It does.
    Numeric,
}

fn memory(
    i387: &mut I387,
    instruction: Instruction,
    machine: &mut dyn Machine,
    context: &mut Context,
) -> Result<()> {
    let operation = instruction.operation();
    match (instruction.escape, operation) {
        (0 | 2 | 4 | 6, _) => {
            let other = get_put::get_operand(instruction.escape, machine, context)?;
            arithmetic(i387, operation, Some(other), 0, 0, context)
        }
        (escape, 0) | (escape @ (3 | 7), 5) | (escape @ 7, 4) => {
            get_put::load(i387, escape, operation, machine, context)
        }
        (escape, 2 | 3) | (escape @ (3 | 7), 7) | (escape @ 7, 6) => {
            get_put::store(i387, escape, operation, machine, context)?;
            if operation != 2 {
                i387.pop();
            }
            Ok(())
        }
        _ => Err(Stop::Illegal),
    }
}

fn registers(i387: &mut I387, instruction: Instruction, context: &mut Context) -> Result<()> {
    let index = instruction.index();
    match (instruction.escape, instruction.operation(), index) {
        (0, operation, _) => arithmetic(i387, operation, None, index, 0, context),
        (1, 0, _) => {
            if i387.hold(&[index], context)? {
                i387.push(i387.st(index), context)
            } else {
                i387.place(TempReal::INDEFINITE);
                Ok(())
            }
        }
        (1, 1, _) | (5 | 7, 1, _) => exchange(i387, index, context),
        (1, 4, _) => sign_and_test(i387, index, context),
        (1, 5, _) => constant(i387, index, context),
        (1, 6, _) => first_functions(i387, index, context),
        (1, 7, _) => second_functions(i387, index, context),
        (2, 5, 1) => compare_with(i387, Some(1), false, context).map(|()| pop_twice(i387)),
        (4, operation @ (2 | 3), _) => arithmetic(i387, operation, None, index, 0, context),
        (4, operation, _) => arithmetic(i387, operation, None, index, index, context),
        (5, 0, _) => {
            i387.set_empty(index);
            Ok(())
        }
        (7, 0, _) => {
            i387.set_empty(index);
            i387.pop();
            Ok(())
        }
        (5, 2, _) => {
            let value = operand(i387, 0, context)?;
            i387.set_st(index, value);
            Ok(())
        }
        (5, 3, _) | (7, 2 | 3, _) => {
            let value = operand(i387, 0, context)?;
            i387.set_st(index, value);
            i387.pop();
            Ok(())
        }
        (5, 4, _) => compare_with(i387, Some(index), false, context),
        (5, 5, _) => compare_with(i387, Some(index), false, context).map(|()| i387.pop()),
        (6, 2, _) => compare_with(i387, Some(index), true, context).map(|()| i387.pop()),
        (6, 3, 1) => compare_with(i387, Some(1), true, context).map(|()| pop_twice(i387)),
        (6, 3, _) => Err(Stop::Illegal),
        (6, operation, _) => {
            arithmetic(i387, operation, None, index, index, context)?;
            i387.pop();
            Ok(())
        }
        _ => Err(Stop::Illegal),
    }
}

fn pop_twice(i387: &mut I387) {
    i387.pop();
    i387.pop();
}

/// What is in a register; an indefinite if it is empty.
fn operand(i387: &I387, index: usize, context: &mut Context) -> Result<TempReal> {
    Ok(if i387.hold(&[index], context)? {
        i387.st(index)
    } else {
        TempReal::INDEFINITE
    })
}

/// The eight operations that there are in all operand forms. The operands are
/// ST(0), and `other` or else ST(index); the result goes to ST(to).
fn arithmetic(
    i387: &mut I387,
    operation: u8,
    other: Option<TempReal>,
    index: usize,
    to: usize,
    context: &mut Context,
) -> Result<()> {
    if let 2 | 3 = operation {
        i387.set_condition(CONDITION, UNORDERED);
        let held = i387.hold(&[0, index], context)?;
        let b = other.unwrap_or(i387.st(index));
        set_order(i387, held, b, true, context)?;
        if operation == 3 {
            i387.pop();
        }
        return Ok(());
    }
    let result = if i387.hold(&[0, index], context)? {
        let (a, b) = (i387.st(0), other.unwrap_or(i387.st(index)));
        match operation {
            0 => add(a, b, context)?,
            1 => multiply(a, b, context)?,
            4 => subtract(a, b, context)?,
            5 => subtract(b, a, context)?,
            6 => divide(a, b, context)?,
            _ => divide(b, a, context)?,
        }
    } else {
        TempReal::INDEFINITE
    };
    i387.set_st(to, result);
    Ok(())
}

/// Compares ST(0) with another register, or with zero.
fn compare_with(
    i387: &mut I387,
    index: Option<usize>,
    ordered: bool,
    context: &mut Context,
) -> Result<()> {
    i387.set_condition(CONDITION, UNORDERED);
    let held = i387.hold(&[0, index.unwrap_or(0)], context)?;
    let b = index.map_or(TempReal::ZERO, |index| i387.st(index));
    set_order(i387, held, b, ordered, context)
}

fn set_order(
    i387: &mut I387,
    held: bool,
    b: TempReal,
    ordered: bool,
    context: &mut Context,
) -> Result<()> {
    if held {
        i387.set_condition(CONDITION, compare(i387.st(0), b));
        check(i387.st(0), b, ordered, context)
    } else {
        Ok(())
    }
}

/// FXCH. An empty register takes part as an indefinite.
fn exchange(i387: &mut I387, index: usize, context: &mut Context) -> Result<()> {
    let a = operand(i387, 0, context)?;
    let b = operand(i387, index, context)?;
    i387.set_st(0, b);
    i387.set_st(index, a);
    Ok(())
}

/// D9 E0 to E7.
fn sign_and_test(i387: &mut I387, index: usize, context: &mut Context) -> Result<()> {
    match index {
        0 | 1 => {
            let value = operand(i387, 0, context)?;
            if !i387.is_empty(0) {
                i387.set_st(0, value.with_sign(index == 0 && !value.is_negative()));
            } else {
                i387.set_st(0, value);
            }
            Ok(())
        }
        4 => compare_with(i387, None, true, context),
        5 => {
            let bits = examine(i387.st(0), i387.is_empty(0));
            context.rounded_up = bits & C1 != 0;
            i387.set_condition(CONDITION, bits);
            Ok(())
        }
        _ => Err(Stop::Illegal),
    }
}

/// The constants, to 128 bits, each with its exponent: log2 10, log2 e, π,
/// log10 2, ln 2.
const CONSTANTS: [(i32, u128); 5] = [
    (1, 0xD49A_784B_CD1B_8AFE_492B_F6FF_4DAF_DB4C),
    (0, 0xB8AA_3B29_5C17_F0BB_BE87_FED0_691D_3E88),
    (1, 0xC90F_DAA2_2168_C234_C4C6_628B_80DC_1CD1),
    (-2, 0x9A20_9A84_FBCF_F798_8F89_59AC_0B7C_9178),
    (-1, 0xB172_17F7_D1CF_79AB_C9E3_B398_03F2_F6AF),
];

/// D9 E8 to EF: a constant, rounded as the control word says, but no exception
/// for that.
fn constant(i387: &mut I387, index: usize, context: &mut Context) -> Result<()> {
    let value = match index {
        0 => TempReal::ONE,
        6 => TempReal::ZERO,
        7 => return Err(Stop::Illegal),
        _ => {
            let (exponent, significand) = CONSTANTS[(index - 1) % CONSTANTS.len()];
            let wide = Wide {
                negative: false,
                exponent,
                significand,
            };
            to_register(wide, 64, &mut context.clone())?
        }
    };
    i387.push(value, context)
}

/// Puts a function of ST(0) in its place.
fn of_one(
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

/// Puts two results in place of ST(0): the second ends up on top. There must
/// be room for one more.
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
            i387.place(above);
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

/// FPTAN: the tangent and a 1, but a NaN twice.
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

/// D9 F0 to F7.
fn first_functions(i387: &mut I387, index: usize, context: &mut Context) -> Result<()> {
    match index {
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
        _ => {
            i387.turn(1);
            Ok(())
        }
    }
}

/// D9 F8 to FF.
fn second_functions(i387: &mut I387, index: usize, context: &mut Context) -> Result<()> {
    match index {
        0 => reduce(i387, Quotient::Chopped, context),
        1 => of_two(i387, context, y_log2_x_plus_1),
        2 => of_one(i387, context, square_root),
        3 => {
            i387.set_condition(C2, 0);
            two_results(i387, context, sine_and_cosine)
        }
        4 => of_one(i387, context, round_to_integer),
        5 => {
            let result = if i387.hold(&[0, 1], context)? {
                scale(i387.st(0), i387.st(1), context)?
            } else {
                TempReal::INDEFINITE
            };
            i387.set_st(0, result);
            Ok(())
        }
        6 => of_angle(i387, context, sine),
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

/// `None`: incomplete.
fn quotient_bits(quotient: Option<u64>) -> u16 {
    let Some(quotient) = quotient else {
        return C2;
    };
    [(4, C0), (2, C3), (1, C1)]
        .iter()
        .filter(|(bit, _)| quotient & bit != 0)
        .fold(0, |bits, (_, flag)| bits | flag)
}
