// SPDX-License-Identifier: GPL-2.0-or-later
//! The instructions of the 387, one at a time (0.12: `do_emu` in
//! `kernel/math/math_emulate.c`; Intel SDM vol. 2, and its opcode map for the
//! escape codes D8 to DF).
//!
//! [`do_emu`] is given the state and an instruction whose operand has been found
//! already; it reaches that through the [`Machine`]. After an error (an exception
//! without mask, an operand that cannot be reached) the registers are as before:
//! the instruction works on the state itself, but a copy is put back.
#![forbid(unsafe_code)]

use super::add::{add, subtract};
use super::compare::{UNORDERED, check, compare, examine};
use super::control;
use super::div::divide;
use super::error::{Context, Result, Stop};
use super::functions::{self, of_one};
use super::get_put;
use super::i387::{C1, CONDITION, I387};
use super::machine::{Instruction, Machine};
use super::mul::multiply;
use super::round::{Wide, to_register};
use super::temp_real::TempReal;

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
            // It may only have changed the condition bits.
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
    /// It does not leave it behind.
    Control,
    /// It leaves it behind.
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
            arithmetic(i387, operation, Other::Number(other), 0, context)
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
    let other = Other::Register(index);
    match (instruction.escape, instruction.operation(), index) {
        (0, operation, _) => arithmetic(i387, operation, other, 0, context),
        (1, 0, _) => {
            if i387.hold(&[index], context)? {
                i387.push(i387.st(index), context)
            } else {
                i387.push_unchecked(TempReal::INDEFINITE);
                Ok(())
            }
        }
        (1, 1, _) | (5 | 7, 1, _) => exchange(i387, index, context),
        (1, 4, _) => sign_and_test(i387, index, context),
        (1, 5, _) => constant(i387, index, context),
        (1, 6 | 7, _) => functions::do_emu(i387, instruction.modrm & 15, context),
        (2, 5, 1) => compare_with(i387, other, false, context).map(|()| pop_twice(i387)),
        (4, operation @ (2 | 3), _) => arithmetic(i387, operation, other, 0, context),
        (4, operation, _) => arithmetic(i387, operation, other, index, context),
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
        (5, 4, _) => compare_with(i387, other, false, context),
        (5, 5, _) => compare_with(i387, other, false, context).map(|()| i387.pop()),
        (6, 2, _) => compare_with(i387, other, true, context).map(|()| i387.pop()),
        (6, 3, 1) => compare_with(i387, other, true, context).map(|()| pop_twice(i387)),
        (6, 3, _) => Err(Stop::Illegal),
        (6, operation, _) => {
            arithmetic(i387, operation, other, index, context)?;
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

/// The operand besides ST(0).
#[derive(Clone, Copy)]
enum Other {
    Register(usize),
    Number(TempReal),
}

impl Other {
    /// Both operands, `None` if one of them is an empty register.
    fn with_top(self, i387: &I387, context: &mut Context) -> Result<Option<(TempReal, TempReal)>> {
        let (index, b) = match self {
            Other::Register(index) => (index, i387.st(index)),
            Other::Number(number) => (0, number),
        };
        let held = i387.hold(&[0, index], context)?;
        Ok(held.then_some((i387.st(0), b)))
    }
}

/// Carries out one of the eight operations that take all forms of operands. The result
/// goes to ST(to).
fn arithmetic(
    i387: &mut I387,
    operation: u8,
    other: Other,
    to: usize,
    context: &mut Context,
) -> Result<()> {
    if let 2 | 3 = operation {
        compare_with(i387, other, true, context)?;
        if operation == 3 {
            i387.pop();
        }
        return Ok(());
    }
    let result = match other.with_top(i387, context)? {
        None => TempReal::INDEFINITE,
        Some((a, b)) => match operation {
            0 => add(a, b, context)?,
            1 => multiply(a, b, context)?,
            4 => subtract(a, b, context)?,
            5 => subtract(b, a, context)?,
            6 => divide(a, b, context)?,
            _ => divide(b, a, context)?,
        },
    };
    i387.set_st(to, result);
    Ok(())
}

/// Compares ST(0). The condition bits are valid even if an exception is not masked.
fn compare_with(i387: &mut I387, other: Other, ordered: bool, context: &mut Context) -> Result<()> {
    i387.set_condition(CONDITION, UNORDERED);
    if let Some((a, b)) = other.with_top(i387, context)? {
        i387.set_condition(CONDITION, compare(a, b));
        check(a, b, ordered, context)?;
    }
    Ok(())
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
        0 => of_one(i387, context, |a, _| Ok(a.with_sign(!a.is_negative()))),
        1 => of_one(i387, context, |a, _| Ok(a.with_sign(false))),
        4 => compare_with(i387, Other::Number(TempReal::ZERO), true, context),
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

/// D9 E8 to EF: pushes a constant, rounded as the control word says. The rounding is no
/// exception.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// No memory at all.
    struct Nowhere;

    impl Machine for Nowhere {
        fn read(&mut self, _: &mut [u8]) -> Result<()> {
            Err(Stop::Fault)
        }

        fn write(&mut self, _: &[u8]) -> Result<()> {
            Err(Stop::Fault)
        }

        fn set_ax(&mut self, _: u16) {}
    }

    fn run(i387: &mut I387, escape: u8, modrm: u8) -> Result<Kind> {
        let instruction = Instruction {
            escape,
            modrm,
            short: false,
        };
        do_emu(i387, instruction, &mut Nowhere)
    }

    fn with_one() -> I387 {
        let mut i387 = I387::new();
        i387.initialise();
        i387.push_unchecked(TempReal::ONE);
        i387
    }

    #[test]
    fn a_fault_changes_nothing() {
        let before = with_one();
        for escape in 0..8 {
            for modrm in 0..0xC0 {
                let mut i387 = before;
                let stop = run(&mut i387, escape, modrm);
                assert!(matches!(stop, Err(Stop::Fault | Stop::Illegal)));
                assert_eq!(i387, before, "{escape:x} {modrm:x}");
            }
        }
    }

    #[test]
    fn an_exception_is_reported_by_the_next_instruction_that_waits() {
        const ZERO_DIVIDE: u16 = 4;
        let mut i387 = with_one();
        i387.set_control(!ZERO_DIVIDE);
        // 1 / 0: nothing happens but the exception.
        i387.push_unchecked(TempReal::ZERO);
        assert_eq!(run(&mut i387, 0, 0xF9), Ok(Kind::Numeric));
        assert_eq!(i387.st(0), TempReal::ZERO);
        assert!(i387.is_error_pending());
        let before = i387;
        // FLD1, FADD, FCHS, FLDENV wait.
        for (escape, modrm) in [(1, 0xE8), (0, 0xC1), (1, 0xE0), (1, 0x20)] {
            assert_eq!(run(&mut i387, escape, modrm), Err(Stop::Pending));
            assert_eq!(i387, before);
        }
        // FNSTSW AX, FNSTCW to memory that is not there.
        assert_eq!(run(&mut i387, 7, 0xE0), Ok(Kind::Control));
        assert_eq!(run(&mut i387, 1, 0x38), Err(Stop::Fault));
        // FNCLEX.
        assert_eq!(run(&mut i387, 3, 0xE2), Ok(Kind::Control));
        assert_eq!(run(&mut i387, 1, 0xE8), Ok(Kind::Numeric));
    }
}
