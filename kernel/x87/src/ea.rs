// SPDX-License-Identifier: GPL-2.0-or-later
//! Taking an instruction apart: prefixes, escape code, and the address of the
//! operand (0.12: `kernel/math/ea.c`; Intel SDM vol. 2, 2.1).
#![forbid(unsafe_code)]

use super::error::{Result, Stop};
use super::machine::Instruction;

/// A segment register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Segment {
    Es,
    Cs,
    Ss,
    Ds,
    Fs,
    Gs,
}

/// Where an operand is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address {
    /// The segment.
    pub segment: Segment,
    /// The offset in the segment.
    pub offset: u32,
}

/// What stands in the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decoded {
    /// FWAIT.
    Wait,
    /// An instruction for the coprocessor, and its operand if that is in
    /// memory.
    Escape(Instruction, Option<Address>),
    /// Something else.
    Other,
}

/// eax, ecx, edx, ebx, esp, ebp, esi, edi, as instructions number them.
pub type GeneralRegisters = [u32; 8];
const EBX: usize = 3;
const ESP: usize = 4;
const EBP: usize = 5;
const ESI: usize = 6;
const EDI: usize = 7;

/// The most bytes of an instruction.
const LONGEST: u32 = 15;

/// The bytes of one instruction, one after the other.
struct Bytes<'a> {
    next: &'a mut dyn FnMut() -> Result<u8>,
    count: u32,
}

impl Bytes<'_> {
    fn u8(&mut self) -> Result<u8> {
        self.count += 1;
        if self.count > LONGEST {
            return Err(Stop::Illegal);
        }
        (self.next)()
    }

    fn i8(&mut self) -> Result<u32> {
        Ok(self.u8()? as i8 as u32)
    }

    fn u16(&mut self) -> Result<u32> {
        Ok(u16::from_le_bytes([self.u8()?, self.u8()?]).into())
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(self.u16()? | self.u16()? << 16)
    }
}

/// Takes apart what stands at the program's next instruction.
pub fn decode(
    next: &mut dyn FnMut() -> Result<u8>,
    registers: &GeneralRegisters,
) -> Result<Decoded> {
    let mut bytes = Bytes { next, count: 0 };
    let (mut segment, mut short, mut short_address) = (None, false, false);
    let escape = loop {
        match bytes.u8()? {
            0x26 => segment = Some(Segment::Es),
            0x2E => segment = Some(Segment::Cs),
            0x36 => segment = Some(Segment::Ss),
            0x3E => segment = Some(Segment::Ds),
            0x64 => segment = Some(Segment::Fs),
            0x65 => segment = Some(Segment::Gs),
            0x66 => short = true,
            0x67 => short_address = true,
            // REP does nothing here.
            0xF2 | 0xF3 => {}
            0x9B => return Ok(Decoded::Wait),
            byte @ 0xD8..=0xDF => break byte & 7,
            _ => return Ok(Decoded::Other),
        }
    };
    let modrm = bytes.u8()?;
    let instruction = Instruction {
        escape,
        modrm,
        short,
    };
    if !instruction.has_memory_operand() {
        return Ok(Decoded::Escape(instruction, None));
    }
    let address = if short_address {
        short_effective_address(modrm, &mut bytes, registers)?
    } else {
        effective_address(modrm, &mut bytes, registers)?
    };
    let address = Address {
        segment: segment.unwrap_or(address.segment),
        ..address
    };
    Ok(Decoded::Escape(instruction, Some(address)))
}

/// Bits 6 and 7 of the second byte say how long the displacement is.
fn is_displacement_only(modrm: u8, base: usize) -> bool {
    modrm >> 6 == 0 && base == EBP
}

/// Addresses of 32 bits (SDM vol. 2, tables 2-2 and 2-3).
fn effective_address(
    modrm: u8,
    bytes: &mut Bytes<'_>,
    registers: &GeneralRegisters,
) -> Result<Address> {
    let mut base = usize::from(modrm & 7);
    let mut index = 0;
    if base == ESP {
        let sib = bytes.u8()?;
        base = usize::from(sib & 7);
        let number = usize::from(sib >> 3 & 7);
        if number != ESP {
            index = registers[number] << (sib >> 6);
        }
    }
    let (from_base, segment) = match base {
        _ if is_displacement_only(modrm, base) => (bytes.u32()?, Segment::Ds),
        ESP | EBP => (registers[base], Segment::Ss),
        _ => (registers[base], Segment::Ds),
    };
    let displacement = match modrm >> 6 {
        1 => bytes.i8()?,
        2 => bytes.u32()?,
        _ => 0,
    };
    Ok(Address {
        segment,
        offset: from_base.wrapping_add(index).wrapping_add(displacement),
    })
}

/// Addresses of 16 bits (SDM vol. 2, table 2-1).
fn short_effective_address(
    modrm: u8,
    bytes: &mut Bytes<'_>,
    registers: &GeneralRegisters,
) -> Result<Address> {
    let displacement_only = modrm & 0xC7 == 6;
    let (base, segment) = match modrm & 7 {
        0 => (registers[EBX].wrapping_add(registers[ESI]), Segment::Ds),
        1 => (registers[EBX].wrapping_add(registers[EDI]), Segment::Ds),
        2 => (registers[EBP].wrapping_add(registers[ESI]), Segment::Ss),
        3 => (registers[EBP].wrapping_add(registers[EDI]), Segment::Ss),
        4 => (registers[ESI], Segment::Ds),
        5 => (registers[EDI], Segment::Ds),
        6 if displacement_only => (bytes.u16()?, Segment::Ds),
        6 => (registers[EBP], Segment::Ss),
        _ => (registers[EBX], Segment::Ds),
    };
    let displacement = match modrm >> 6 {
        1 => bytes.i8()?,
        2 => bytes.u16()?,
        _ => 0,
    };
    Ok(Address {
        segment,
        offset: base.wrapping_add(displacement) & 0xFFFF,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTERS: GeneralRegisters = [
        0x100,
        0x2000,
        0x3_0000,
        0x40_0008,
        0x7_0000,
        0x6_0000,
        0x500,
        0xFFFF_FFFC,
    ];

    fn decoded(code: &[u8]) -> Result<Decoded> {
        let mut bytes = code.iter();
        let mut next = || bytes.next().copied().ok_or(Stop::Fault);
        let decoded = decode(&mut next, &REGISTERS)?;
        assert_eq!(bytes.len(), 0, "not all of it belongs to the instruction");
        Ok(decoded)
    }

    fn address(code: &[u8]) -> (Segment, u32) {
        match decoded(code) {
            Ok(Decoded::Escape(_, Some(address))) => (address.segment, address.offset),
            other => panic!("{code:x?}: {other:?}"),
        }
    }

    #[test]
    fn addresses_of_32_bits() {
        use Segment::{Ds, Ss};
        assert_eq!(address(&[0xD9, 0x00]), (Ds, 0x100));
        assert_eq!(address(&[0xD9, 0x05, 4, 3, 2, 1]), (Ds, 0x0102_0304));
        assert_eq!(address(&[0xD9, 0x45, 0xFC]), (Ss, 0x5_FFFC));
        assert_eq!(address(&[0xD9, 0x83, 4, 0, 0, 0x80]), (Ds, 0x8040_000C));
        assert_eq!(address(&[0xD9, 0x47, 5]), (Ds, 1));
        // [esp], [esp + 8], [eax + 4 ecx], [8 edx + 16], [ebp + edi - 1]
        assert_eq!(address(&[0xD9, 0x04, 0x24]), (Ss, 0x7_0000));
        assert_eq!(address(&[0xD9, 0x44, 0x24, 8]), (Ss, 0x7_0008));
        assert_eq!(address(&[0xD9, 0x04, 0x88]), (Ds, 0x8100));
        assert_eq!(address(&[0xD9, 0x04, 0xD5, 16, 0, 0, 0]), (Ds, 0x18_0010));
        assert_eq!(address(&[0xD9, 0x44, 0x3D, 0xFF]), (Ss, 0x5_FFFB));
    }

    #[test]
    fn addresses_of_16_bits() {
        use Segment::{Ds, Ss};
        assert_eq!(address(&[0x67, 0xD9, 0x00]), (Ds, 0x508));
        assert_eq!(address(&[0x67, 0xD9, 0x01]), (Ds, 4));
        assert_eq!(address(&[0x67, 0xD9, 0x42, 0xFF]), (Ss, 0x4FF));
        assert_eq!(address(&[0x67, 0xD9, 0x06, 0x34, 0x12]), (Ds, 0x1234));
        assert_eq!(address(&[0x67, 0xD9, 0x86, 0x34, 0x12]), (Ss, 0x1234));
    }

    #[test]
    fn prefixes() {
        assert_eq!(address(&[0x64, 0xD9, 0x00]), (Segment::Fs, 0x100));
        assert_eq!(address(&[0x3E, 0xD9, 0x45, 0]), (Segment::Ds, 0x6_0000));
        let environment = Instruction {
            escape: 1,
            modrm: 0x30,
            short: true,
        };
        let at = Address {
            segment: Segment::Es,
            offset: 0x100,
        };
        assert_eq!(
            decoded(&[0x66, 0xF3, 0x26, 0xD9, 0x30]),
            Ok(Decoded::Escape(environment, Some(at)))
        );
        assert_eq!(decoded(&[0x66, 0x9B]), Ok(Decoded::Wait));
        // LOCK, and INT 80h.
        assert_eq!(decoded(&[0xF0]), Ok(Decoded::Other));
        assert_eq!(decoded(&[0xCD]), Ok(Decoded::Other));
    }

    #[test]
    fn what_cannot_be_read_is_a_fault() {
        for code in [&[0xD9][..], &[0xD9, 0x04], &[0xD9, 0x45], &[0xD9, 5, 1, 2]] {
            assert_eq!(decoded(code), Err(Stop::Fault));
        }
    }

    #[test]
    fn no_instruction_is_longer_than_15_bytes() {
        let mut count = 0;
        let mut next = || {
            count += 1;
            Ok(0x66)
        };
        assert_eq!(decode(&mut next, &REGISTERS), Err(Stop::Illegal));
        assert_eq!(count, 15);
    }
}
