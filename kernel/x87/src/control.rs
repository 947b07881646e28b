// SPDX-License-Identifier: GPL-2.0-or-later
//! The instructions that move the coprocessor's state, not its numbers: FLDCW,
//! FNSTSW, FNSTENV, FNSAVE, FNINIT and the like.
//!
//! They round nothing and leave no trace for exception handlers. Those with an
//! N in their names are carried out even while an exception waits.
#![forbid(unsafe_code)]

use super::error::{Exceptions, Result};
use super::i387::I387;
use super::machine::{Instruction, Machine};
use super::temp_real::TempReal;

/// How many words FNSTENV writes, and how many bytes with 32-bit and 16-bit operands.
const ENVIRONMENT_WORDS: usize = 7;
const ENVIRONMENT_SIZE: usize = 28;
const SHORT_ENVIRONMENT_SIZE: usize = 14;
/// How many bytes of registers FNSAVE writes behind that.
const REGISTERS_SIZE: usize = 8 * TempReal::SIZE;
/// What is read from the unused halves of the words.
const UNUSED: u32 = 0xFFFF_0000;

/// Whether an instruction is carried out even while an exception waits.
pub fn comes_through(instruction: Instruction) -> bool {
    matches!(
        (instruction.escape, instruction.modrm),
        (1, 0x30..=0x3F | 0x70..=0x7F | 0xB0..=0xBF)
            | (5, 0x30..=0x3F | 0x70..=0x7F | 0xB0..=0xBF)
            | (3, 0xE0..=0xE4)
            | (7, 0xE0)
    )
}

/// Carries out a control instruction; `None` if it is none.
pub fn do_emu(
    i387: &mut I387,
    instruction: Instruction,
    machine: &mut dyn Machine,
) -> Option<Result<()>> {
    let operation = instruction.modrm >> 3 & 7;
    Some(
        match (
            instruction.has_memory_operand(),
            instruction.escape,
            operation,
        ) {
            (true, 1, 4) => load_environment(i387, instruction.short, machine),
            (true, 1, 5) => load_control(i387, machine),
            (true, 1, 6) => store_environment(i387, instruction.short, machine),
            (true, 1, 7) => machine.write(&i387.control().to_le_bytes()),
            (true, 5, 4) => restore(i387, instruction.short, machine),
            (true, 5, 6) => save(i387, instruction.short, machine),
            (true, 5, 7) => machine.write(&i387.status().to_le_bytes()),
            (false, 3, 4) => match instruction.modrm & 7 {
                2 => {
                    i387.clear_exceptions();
                    Ok(())
                }
                3 => {
                    i387.initialise();
                    Ok(())
                }
                // FNENI, FNDISI of the 8087 and FNSETPM of the 287.
                0 | 1 | 4 => Ok(()),
                _ => return None,
            },
            // FNOP.
            (false, 1, 2) if instruction.modrm & 7 == 0 => Ok(()),
            (false, 7, 4) if instruction.modrm & 7 == 0 => {
                machine.set_ax(i387.status());
                Ok(())
            }
            _ => return None,
        },
    )
}

fn load_control(i387: &mut I387, machine: &mut dyn Machine) -> Result<()> {
    let mut bytes = [0; 2];
    machine.read(&mut bytes)?;
    i387.set_control(u16::from_le_bytes(bytes));
    Ok(())
}

/// The environment as bytes, and how many of them are used.
fn environment(i387: &I387, short: bool) -> ([u8; ENVIRONMENT_SIZE], usize) {
    let words: [u32; ENVIRONMENT_WORDS] = [
        i387.cwd | UNUSED,
        i387.swd | UNUSED,
        i387.twd | UNUSED,
        i387.fip,
        i387.fcs,
        i387.foo,
        i387.fos | UNUSED,
    ];
    let mut bytes = [0; ENVIRONMENT_SIZE];
    let size = environment_size(short);
    for (place, word) in bytes.chunks_exact_mut(size / ENVIRONMENT_WORDS).zip(words) {
        let word = word.to_le_bytes();
        place.copy_from_slice(&word[..place.len()]);
    }
    (bytes, size)
}

const fn environment_size(short: bool) -> usize {
    if short {
        SHORT_ENVIRONMENT_SIZE
    } else {
        ENVIRONMENT_SIZE
    }
}

/// Sets the environment from bytes, of which there are as many as in one of the two sizes.
fn set_environment(i387: &mut I387, bytes: &[u8]) {
    let size = bytes.len() / ENVIRONMENT_WORDS;
    let word = |index: usize| {
        let mut word = [0; 4];
        word[..size].copy_from_slice(&bytes[index * size..][..size]);
        u32::from_le_bytes(word)
    };
    *i387 = I387 {
        cwd: word(0),
        swd: word(1) & !UNUSED,
        twd: word(2),
        fip: word(3),
        fcs: word(4),
        foo: word(5),
        fos: word(6) & !UNUSED,
        st_space: i387.st_space,
    };
}

fn load_environment(i387: &mut I387, short: bool, machine: &mut dyn Machine) -> Result<()> {
    let mut bytes = [0; ENVIRONMENT_SIZE];
    let bytes = &mut bytes[..environment_size(short)];
    machine.read(bytes)?;
    // The registers stay where they are, even if another one becomes ST(0).
    let top = i387.top();
    set_environment(i387, bytes);
    let turned = (i387.top() + 8 - top) % 8;
    i387.st_space.rotate_left(turned as usize);
    i387.settle();
    Ok(())
}

fn store_environment(i387: &mut I387, short: bool, machine: &mut dyn Machine) -> Result<()> {
    let (bytes, size) = environment(i387, short);
    machine.write(&bytes[..size])?;
    i387.set_control(i387.control() | Exceptions::all_but_stack_fault().bits());
    Ok(())
}

fn save(i387: &mut I387, short: bool, machine: &mut dyn Machine) -> Result<()> {
    let (environment, size) = environment(i387, short);
    let mut bytes = [0; ENVIRONMENT_SIZE + REGISTERS_SIZE];
    bytes[..size].copy_from_slice(&environment[..size]);
    bytes[size..size + REGISTERS_SIZE].copy_from_slice(i387.st_space.as_flattened());
    machine.write(&bytes[..size + REGISTERS_SIZE])?;
    i387.initialise();
    Ok(())
}

fn restore(i387: &mut I387, short: bool, machine: &mut dyn Machine) -> Result<()> {
    let size = environment_size(short);
    let mut bytes = [0; ENVIRONMENT_SIZE + REGISTERS_SIZE];
    let bytes = &mut bytes[..size + REGISTERS_SIZE];
    machine.read(bytes)?;
    set_environment(i387, &bytes[..size]);
    i387.st_space
        .as_flattened_mut()
        .copy_from_slice(&bytes[size..]);
    i387.settle();
    Ok(())
}
