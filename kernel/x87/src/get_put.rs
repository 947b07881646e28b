// SPDX-License-Identifier: GPL-2.0-or-later
//! Operands in memory (0.12: `kernel/math/get_put.c`).
//!
//! The format of an operand follows from the escape code and, where that has several
//! formats, from the operation.
#![forbid(unsafe_code)]

use super::convert::{
    from_decimal, from_double, from_integer, from_single, loaded, to_decimal, to_double,
    to_integer, to_single,
};
use super::error::{Context, Result};
use super::i387::I387;
use super::machine::Machine;
use super::temp_real::TempReal;

fn get<const N: usize>(machine: &mut dyn Machine) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    machine.read(&mut bytes)?;
    Ok(bytes)
}

/// The operand of an arithmetic instruction: D8 short real, DA short integer,
/// DC long real, DE word integer.
pub fn get_operand(
    escape: u8,
    machine: &mut dyn Machine,
    context: &mut Context,
) -> Result<TempReal> {
    Ok(match escape {
        0 => from_single(u32::from_le_bytes(get(machine)?), context),
        2 => from_integer(i32::from_le_bytes(get(machine)?).into()),
        4 => from_double(u64::from_le_bytes(get(machine)?), context),
        _ => from_integer(i16::from_le_bytes(get(machine)?).into()),
    })
}

/// FLD, FILD, FBLD.
pub fn load(
    i387: &mut I387,
    escape: u8,
    operation: u8,
    machine: &mut dyn Machine,
    context: &mut Context,
) -> Result<()> {
    let value = match (escape, operation) {
        (1, _) => from_single(u32::from_le_bytes(get(machine)?), context),
        (3, 0) => from_integer(i32::from_le_bytes(get(machine)?).into()),
        (3, _) => TempReal::from_bytes(get(machine)?),
        (5, _) => from_double(u64::from_le_bytes(get(machine)?), context),
        (_, 0) => from_integer(i16::from_le_bytes(get(machine)?).into()),
        (_, 4) => from_decimal(get(machine)?),
        _ => from_integer(i64::from_le_bytes(get(machine)?)),
    };
    // The format of the registers is taken as it is. If there is no room, the value does
    // not matter.
    let value = if let 1 | 5 = escape
        && i387.is_empty(7)
    {
        loaded(value, context)?
    } else {
        value
    };
    i387.push(value, context)
}

/// FST, FIST, FBSTP: writes ST(0), or an indefinite of the format if that is
/// empty.
pub fn store(
    i387: &I387,
    escape: u8,
    operation: u8,
    machine: &mut dyn Machine,
    context: &mut Context,
) -> Result<()> {
    let held = i387.hold(&[0], context)?;
    let value = if held {
        i387.st(0)
    } else {
        TempReal::INDEFINITE
    };
    match (escape, operation) {
        (1, _) => machine.write(&to_single(value, context)?.to_le_bytes()),
        (5, _) => machine.write(&to_double(value, context)?.to_le_bytes()),
        (3, 7) => machine.write(&value.to_bytes()),
        (3, _) => machine.write(&(to_integer(value, 32, context)? as i32).to_le_bytes()),
        (_, 7) => machine.write(&to_integer(value, 64, context)?.to_le_bytes()),
        (_, 6) => machine.write(&to_decimal(value, context)?),
        _ => machine.write(&(to_integer(value, 16, context)? as i16).to_le_bytes()),
    }
}
