// SPDX-License-Identifier: GPL-2.0-or-later
//! Exceptions of the coprocessor, and what an operation does about them
//! (0.12: `kernel/math/error.c`; Intel SDM vol. 1, 8.4 and 8.5).
//!
//! An operation is given a [`Context`]: how to round, and which exceptions are
//! masked. It reports each exception with [`Context::raise`]. If that one is
//! masked the operation goes on to the prescribed result (a NaN, an infinity
//! ...); if not, `raise` is an error and the operation is over. Overflow and
//! underflow have rules of their own, in [`super::round`].
#![forbid(unsafe_code)]

use super::temp_real::{TempReal, Value};

bitflags::bitflags! {
    /// The low bits of the status word; the low six of the control word mask
    /// them.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct Exceptions: u16 {
        /// There is no sensible result: 0/0, the root of -1, a signalling NaN ...
        const INVALID = 1 << 0;
        /// An operand is a denormal.
        const DENORMAL = 1 << 1;
        /// A finite number was divided by zero.
        const ZERO_DIVIDE = 1 << 2;
        /// The result is too large.
        const OVERFLOW = 1 << 3;
        /// The result is too small for full precision.
        const UNDERFLOW = 1 << 4;
        /// The result was rounded.
        const PRECISION = 1 << 5;
        /// Together with `INVALID`: the reason was the register stack.
        const STACK_FAULT = 1 << 6;
    }
}

/// Why an instruction was not carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// An exception that is not masked: only the status word changes.
    Unmasked,
    /// An earlier exception has not been dealt with.
    Pending,
    /// No such instruction.
    Illegal,
    /// The operand cannot be read or written.
    Fault,
    /// There is no page for it.
    OutOfMemory,
}

/// What an operation returns.
pub type Result<T> = core::result::Result<T, Stop>;

/// Where to round to: bits 10 and 11 of the control word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// To the nearest number, and to the even one of two that are equally near.
    Nearest,
    /// To minus infinity.
    Down,
    /// To plus infinity.
    Up,
    /// To zero.
    Chop,
}

/// How one instruction is to be carried out, and what came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// Where to round to.
    pub rounding: Rounding,
    /// Bits of the significand of sums, products, quotients and roots: 24, 53
    /// or 64.
    pub precision: u32,
    /// Exceptions that have a prescribed result.
    pub masked: Exceptions,
    /// Exceptions that have come up.
    pub raised: Exceptions,
    /// The result is larger, without its sign, than the exact one. On a stack
    /// fault: the stack was full, not empty. C1 of the status word.
    pub rounded_up: bool,
    /// The operand in memory was a denormal before it was widened.
    pub denormal_operand: bool,
}

impl Context {
    /// A context as a control word says (Intel SDM vol. 1, 8.1.5).
    pub fn new(control: u16) -> Context {
        Context {
            rounding: match control >> 10 & 3 {
                0 => Rounding::Nearest,
                1 => Rounding::Down,
                2 => Rounding::Up,
                _ => Rounding::Chop,
            },
            precision: match control >> 8 & 3 {
                0 => 24,
                2 => 53,
                _ => 64,
            },
            masked: Exceptions::from_bits_truncate(control) & Exceptions::all_but_stack_fault(),
            raised: Exceptions::empty(),
            rounded_up: false,
            denormal_operand: false,
        }
    }

    /// Notes exceptions; an error if one of them is not masked.
    pub fn raise(&mut self, exceptions: Exceptions) -> Result<()> {
        self.raised |= exceptions;
        if self.is_masked(exceptions) {
            Ok(())
        } else {
            Err(Stop::Unmasked)
        }
    }

    /// Whether all of them have a prescribed result.
    pub fn is_masked(&self, exceptions: Exceptions) -> bool {
        self.masked
            .contains(exceptions & Exceptions::all_but_stack_fault())
    }

    /// The answer to an invalid operation.
    pub fn invalid(&mut self) -> Result<TempReal> {
        self.raise(Exceptions::INVALID)?;
        Ok(TempReal::INDEFINITE)
    }

    /// Notes denormals among the operands. Called after all checks for what is invalid.
    pub fn note_denormals(&mut self, operands: &[TempReal]) -> Result<()> {
        if self.denormal_operand || operands.iter().any(|operand| operand.is_denormal()) {
            self.raise(Exceptions::DENORMAL)?;
        }
        Ok(())
    }
}

impl Exceptions {
    /// All exceptions that can be masked.
    pub const fn all_but_stack_fault() -> Exceptions {
        Exceptions::from_bits_truncate(0x3F)
    }
}

/// The result if the operand is a NaN or is badly made, else `None`. Every operation calls
/// this first.
pub fn nan_operand(a: TempReal, context: &mut Context) -> Result<Option<TempReal>> {
    match a.value() {
        Value::Unsupported => context.invalid().map(Some),
        Value::Nan => {
            if a.is_signalling() {
                context.raise(Exceptions::INVALID)?;
            }
            Ok(Some(a.quieted()))
        }
        _ => Ok(None),
    }
}

/// The same for two operands (Intel SDM vol. 1, table 4-7).
pub fn nan_operands(a: TempReal, b: TempReal, context: &mut Context) -> Result<Option<TempReal>> {
    if a.value() == Value::Unsupported || b.value() == Value::Unsupported {
        return context.invalid().map(Some);
    }
    if a.is_signalling() || b.is_signalling() {
        context.raise(Exceptions::INVALID)?;
    }
    let result = match (a.is_nan(), b.is_nan()) {
        (false, false) => return Ok(None),
        (true, false) => a,
        (false, true) => b,
        (true, true) if a.is_signalling() && !b.is_signalling() => b,
        (true, true) if b.is_signalling() && !a.is_signalling() => a,
        (true, true) => larger(a, b),
    };
    Ok(Some(result.quieted()))
}

/// The NaN with the larger significand; if both are equal, the positive one.
fn larger(a: TempReal, b: TempReal) -> TempReal {
    let order = a.significand.cmp(&b.significand);
    if order.then(b.is_negative().cmp(&a.is_negative())).is_ge() {
        a
    } else {
        b
    }
}
