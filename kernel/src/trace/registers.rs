// SPDX-License-Identifier: GPL-2.0-or-later
//! The registers of a stopped process as its tracer sees them: which ones exist,
//! which ones it may change, and to what.

use crate::descriptor::Selector;
use abi::ptrace::register::{COUNT, CS, DS, EFL, ES, FS, GS, ORIG_EAX, SS};
use abi::{Errno, Result};

/// The flags that a program may change itself: CF, PF, AF, ZF, SF, TF, DF, OF
/// (Intel SDM vol. 1, 3.4.3).
const EFLAGS_OF_PROGRAMS: u32 = 0xDD5;
const WORD: u32 = 4;

/// The user area: words in the order of [`abi::ptrace::register`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UserRegisters(pub [u32; COUNT]);

impl UserRegisters {
    /// All registers zero.
    pub const fn new() -> UserRegisters {
        UserRegisters([0; COUNT])
    }

    /// The word at an address of the user area. `EIO` if there is none.
    pub fn peek(&self, address: u32) -> Result<u32> {
        self.0.get(index(address)?).copied().ok_or(Errno::EIO)
    }

    /// Changes the word at an address. `EIO` if this word, or this value, is not
    /// allowed: a selector must be the program's own, and only flags that a program
    /// may set are changed.
    pub fn poke(&mut self, address: u32, value: u32) -> Result<()> {
        let index = index(address)?;
        let register = self.0.get_mut(index).ok_or(Errno::EIO)?;
        *register = match index {
            ORIG_EAX | FS | GS => return Err(Errno::EIO),
            CS if value != u32::from(Selector::USER_CODE.0) => return Err(Errno::EIO),
            SS if value != u32::from(Selector::USER_DATA.0) => return Err(Errno::EIO),
            DS | ES if !is_data_selector(value) => return Err(Errno::EIO),
            EFL => *register & !EFLAGS_OF_PROGRAMS | value & EFLAGS_OF_PROGRAMS,
            _ => value,
        };
        Ok(())
    }
}

fn index(address: u32) -> Result<usize> {
    if address.is_multiple_of(WORD) {
        Ok((address / WORD) as usize)
    } else {
        Err(Errno::EIO)
    }
}

/// Whether a program may have this in a data segment register.
fn is_data_selector(value: u32) -> bool {
    [Selector::NULL, Selector::USER_CODE, Selector::USER_DATA]
        .iter()
        .any(|selector| u32::from(selector.0) == value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::ptrace::register::{EAX, EBX, EIP, UESP};

    fn at(register: usize) -> u32 {
        register as u32 * WORD
    }

    #[test]
    fn words_of_the_user_area() {
        let mut registers = UserRegisters::new();
        for register in [EBX, EAX, EIP, UESP] {
            registers.poke(at(register), 0x1000 + at(register)).unwrap();
            assert_eq!(registers.peek(at(register)), Ok(0x1000 + at(register)));
        }
        assert_eq!([at(EBX), at(EAX), at(EIP), at(UESP)], [0, 24, 48, 60]);
        for address in [1, 2, 3, 17, at(COUNT), at(COUNT) + 4, u32::MAX, 1 << 31] {
            assert_eq!(registers.peek(address), Err(Errno::EIO));
            assert_eq!(registers.poke(address, 0), Err(Errno::EIO));
        }
    }

    #[test]
    fn no_selector_but_the_programs_own() {
        let mut registers = UserRegisters::new();
        for value in [0u32, 8, 0x0b, 0x10, 0x0c, 0x14, 0x1f, 0x20, 0x1_0017] {
            for register in [CS, SS, FS, GS, ORIG_EAX] {
                assert_eq!(registers.poke(at(register), value), Err(Errno::EIO));
            }
            for register in [DS, ES] {
                let may = value == 0;
                assert_eq!(registers.poke(at(register), value).is_ok(), may);
            }
        }
        registers.poke(at(CS), 0x0f).unwrap();
        registers.poke(at(SS), 0x17).unwrap();
        registers.poke(at(DS), 0x17).unwrap();
        assert_eq!(registers.peek(at(DS)), Ok(0x17));
    }

    #[test]
    fn no_flag_that_is_the_systems() {
        let mut registers = UserRegisters::new();
        registers.0[EFL] = 0x202;
        registers.poke(at(EFL), u32::MAX).unwrap();
        // IF as it was; neither IOPL, NT, RF nor VM.
        assert_eq!(registers.peek(at(EFL)), Ok(0x202 | EFLAGS_OF_PROGRAMS));
        registers.poke(at(EFL), 0).unwrap();
        assert_eq!(registers.peek(at(EFL)), Ok(0x202));
    }
}
