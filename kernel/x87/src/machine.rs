// SPDX-License-Identifier: GPL-2.0-or-later
//! What an instruction of the 387 is, and what it reaches.
#![forbid(unsafe_code)]

use super::error::Result;

/// What an instruction reaches besides the coprocessor.
pub trait Machine {
    /// Reads the operand in memory.
    fn read(&mut self, bytes: &mut [u8]) -> Result<()>;
    /// Writes the operand in memory, either all of it or nothing.
    fn write(&mut self, bytes: &[u8]) -> Result<()>;
    /// FNSTSW AX.
    fn set_ax(&mut self, value: u16);
}

/// An instruction without prefixes and address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// The low three bits of the first byte, D8 to DF.
    pub escape: u8,
    /// The second byte: from C0 on there is no operand in memory.
    pub modrm: u8,
    /// 16-bit operand size: FSTENV and its kin write a smaller format.
    pub short: bool,
}

impl Instruction {
    /// Bits 3 to 5 of the second byte.
    pub fn operation(&self) -> u8 {
        self.modrm >> 3 & 7
    }

    /// The number of the register.
    pub fn index(&self) -> usize {
        usize::from(self.modrm & 7)
    }

    /// Whether it has an operand in memory.
    pub fn has_memory_operand(&self) -> bool {
        self.modrm < 0xC0
    }
}
