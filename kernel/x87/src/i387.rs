// SPDX-License-Identifier: GPL-2.0-or-later
//! The state of a coprocessor: its three words, where its last instruction
//! was, and its eight registers, which are a stack (0.11: `struct
//! i387_struct`; Intel SDM vol. 1, 8.1).
//!
//! The layout is what FNSAVE writes and FRSTOR reads. So the registers are in the
//! order of the stack, ST(0) first, and not in the order of their numbers: pushing
//! and popping rotates them. The tags are in the order of the numbers.
#![forbid(unsafe_code)]

use super::error::{Context, Exceptions, Result};
use super::temp_real::{TempReal, Value};
use static_assertions::const_assert_eq;

/// Condition bits of the status word.
pub const C0: u16 = 1 << 8;
/// How the last result was rounded, or what was wrong with the stack.
pub const C1: u16 = 1 << 9;
/// A reduction is incomplete.
pub const C2: u16 = 1 << 10;
/// Equal.
pub const C3: u16 = 1 << 14;
/// Condition bits that comparing sets.
pub const CONDITION: u16 = C0 | C2 | C3;

/// Number of the register that is ST(0), in the status word.
const TOP_SHIFT: u32 = 11;
const TOP_MASK: u16 = 7 << TOP_SHIFT;
/// An exception is not masked.
const ERROR_SUMMARY: u16 = 1 << 7;
/// The same bit once more, since the 387; on an 8087 it is "busy".
const BUSY: u16 = 1 << 15;

/// Bit 6 of the control word always reads 1, and the bits above 12 do not exist. Bit 12
/// chose how a 287 treats infinity.
const CONTROL_ONES: u16 = 0x40;
const CONTROL_BITS: u16 = 0x1F3F;
/// What FNINIT sets: everything masked, 64 bits, to the nearest.
const INITIAL_CONTROL: u16 = 0x37F;

/// Tag of an empty register; two bits for each.
const EMPTY: u32 = 3;

/// The state.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct I387 {
    /// Control word; the upper half is unused, as in the next two.
    pub cwd: u32,
    /// Status word.
    pub swd: u32,
    /// Tag word.
    pub twd: u32,
    /// Where the last instruction was.
    pub fip: u32,
    /// Its code selector, and its opcode without the first five bits.
    pub fcs: u32,
    /// Where its operand was.
    pub foo: u32,
    /// Its data selector.
    pub fos: u32,
    /// ST(0) to ST(7).
    pub st_space: [[u8; TempReal::SIZE]; 8],
}

const_assert_eq!(size_of::<I387>(), 108);

impl Default for I387 {
    fn default() -> I387 {
        I387::new()
    }
}

impl I387 {
    /// All zeroes, for a task that has not used the coprocessor.
    pub const fn new() -> I387 {
        I387 {
            cwd: 0,
            swd: 0,
            twd: 0,
            fip: 0,
            fcs: 0,
            foo: 0,
            fos: 0,
            st_space: [[0; TempReal::SIZE]; 8],
        }
    }

    /// The state that a program begins with: that of FNINIT, and registers without
    /// numbers of another program.
    pub const fn clean() -> I387 {
        I387 {
            cwd: INITIAL_CONTROL as u32,
            twd: 0xFFFF,
            ..I387::new()
        }
    }

    /// FNINIT. The registers keep their bits, but are empty.
    pub fn initialise(&mut self) {
        self.turn(8 - self.top());
        *self = I387 {
            st_space: self.st_space,
            ..I387::clean()
        };
    }

    /// The control word.
    pub fn control(&self) -> u16 {
        self.cwd as u16
    }

    /// Changes the control word. Exceptions that are no longer masked are pending then.
    pub fn set_control(&mut self, control: u16) {
        self.cwd = u32::from(control & CONTROL_BITS | CONTROL_ONES);
        self.set_status(self.status());
    }

    /// The status word.
    pub fn status(&self) -> u16 {
        self.swd as u16
    }

    /// Changes the status word. Whether an exception is pending follows from
    /// the rest.
    pub fn set_status(&mut self, status: u16) {
        let unmasked = status & !self.control() & Exceptions::all_but_stack_fault().bits();
        let summary = if unmasked != 0 {
            ERROR_SUMMARY | BUSY
        } else {
            0
        };
        self.swd = u32::from(status & !(ERROR_SUMMARY | BUSY) | summary);
    }

    /// Sets those bits of the status word that `mask` has.
    pub fn set_condition(&mut self, mask: u16, bits: u16) {
        self.set_status(self.status() & !mask | bits & mask);
    }

    /// FNCLEX: no exception has happened.
    pub fn clear_exceptions(&mut self) {
        self.set_status(self.status() & !Exceptions::all().bits());
    }

    /// Whether an exception waits to be reported.
    pub fn is_error_pending(&self) -> bool {
        self.status() & ERROR_SUMMARY != 0
    }

    /// Which register ST(0) is.
    pub fn top(&self) -> u32 {
        u32::from(self.status() >> TOP_SHIFT & 7)
    }

    /// Turns the stack without moving anything: FDECSTP by 7, FINCSTP by 1.
    pub fn turn(&mut self, by: u32) {
        let top = ((self.top() + by) & 7) as u16;
        self.set_status(self.status() & !TOP_MASK | top << TOP_SHIFT);
        self.st_space.rotate_left(by as usize & 7);
    }

    fn tag_shift(&self, index: usize) -> u32 {
        ((self.top() + index as u32) & 7) * 2
    }

    /// Whether ST(index) is empty.
    pub fn is_empty(&self, index: usize) -> bool {
        self.twd >> self.tag_shift(index) & 3 == EMPTY
    }

    fn set_tag(&mut self, index: usize, tag: u32) {
        let shift = self.tag_shift(index);
        self.twd = self.twd & !(3 << shift) | tag << shift;
    }

    /// FFREE: empties ST(index).
    pub fn set_empty(&mut self, index: usize) {
        self.set_tag(index, EMPTY);
    }

    /// What is in ST(index), whether it is empty or not.
    pub fn st(&self, index: usize) -> TempReal {
        TempReal::from_bytes(self.st_space[index & 7])
    }

    /// Puts something in ST(index).
    pub fn set_st(&mut self, index: usize, value: TempReal) {
        self.st_space[index & 7] = value.to_bytes();
        self.set_tag(index, tag_of(value));
    }

    /// Forgets ST(0).
    pub fn pop(&mut self) {
        self.set_empty(0);
        self.turn(1);
    }

    /// Pushes a value. If the stack is full, this is invalid, and with the mask an
    /// indefinite is pushed.
    pub fn push(&mut self, value: TempReal, context: &mut Context) -> Result<()> {
        let has_room = self.has_room(context)?;
        self.push_unchecked(if has_room {
            value
        } else {
            TempReal::INDEFINITE
        });
        Ok(())
    }

    /// Whether the stack has room for one more. If not, this is invalid, and with
    /// the mask the result is an indefinite.
    pub fn has_room(&self, context: &mut Context) -> Result<bool> {
        if !self.is_empty(7) {
            context.rounded_up = true;
            context.raise(Exceptions::INVALID | Exceptions::STACK_FAULT)?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Pushes a value without a check for room.
    pub fn push_unchecked(&mut self, value: TempReal) {
        self.turn(7);
        self.set_st(0, value);
    }

    /// Whether none of these registers is empty. Otherwise this is invalid, and
    /// with the mask the result is an indefinite.
    pub fn hold(&self, indices: &[usize], context: &mut Context) -> Result<bool> {
        if indices.iter().any(|&index| self.is_empty(index)) {
            context.rounded_up = false;
            context.raise(Exceptions::INVALID | Exceptions::STACK_FAULT)?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Makes the words agree with each other, after all were loaded from the
    /// program's memory. Only the tag "empty" is used; the others are computed.
    pub fn settle(&mut self) {
        self.set_control(self.control());
        self.twd &= 0xFFFF;
        for index in 0..8 {
            if !self.is_empty(index) {
                self.set_tag(index, tag_of(self.st(index)));
            }
        }
    }
}

/// 0 for numbers, 1 for zero, 2 for anything special.
fn tag_of(value: TempReal) -> u32 {
    match value.value() {
        Value::Zero => 1,
        Value::Finite(_) if !value.is_denormal() => 0,
        _ => 2,
    }
}
