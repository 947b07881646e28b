// SPDX-License-Identifier: GPL-2.0-or-later
//! The format of programs (0.11: `include/a.out.h`).
//!
//! A file of magic number ZMAGIC is a block of 1024 bytes that begins with
//! [`Exec`], then `a_text` bytes of text, then `a_data` bytes of data, then
//! relocations and symbols, which the kernel does not read. Text is loaded at
//! address 0, data right behind it, and `a_bss` zero bytes follow.

use crate::abi_struct;
use crate::pod::Pod;

/// Text and data in one piece, header of 32 bytes ("impure").
pub const OMAGIC: u32 = 0o407;
/// Text read-only, data on the next page, header of 32 bytes ("pure").
pub const NMAGIC: u32 = 0o410;
/// Demand paged, header block of 1024 bytes: what 0.11 runs.
pub const ZMAGIC: u32 = 0o413;
/// Demand paged, header inside the first page of text (Linux 0.97).
pub const QMAGIC: u32 = 0o314;

/// Where the text of a ZMAGIC file begins (0.11: `N_TXTOFF`).
pub const ZMAGIC_TEXT_OFFSET: u32 = 1024;

abi_struct! {
    /// The header of a program (0.11: `struct exec`).
    pub struct Exec, 32 bytes {
        /// [`ZMAGIC`] or another magic number.
        0 => a_magic: u32,
        /// Bytes of text.
        4 => a_text: u32,
        /// Bytes of initialised data.
        8 => a_data: u32,
        /// Bytes of zeroes behind it.
        12 => a_bss: u32,
        /// Bytes of symbols in the file.
        16 => a_syms: u32,
        /// Address of the first instruction.
        20 => a_entry: u32,
        /// Bytes of relocations of the text.
        24 => a_trsize: u32,
        /// Bytes of relocations of the data.
        28 => a_drsize: u32,
    }
}

impl Exec {
    /// The header at the start of a file, or `None` if the file is too short.
    pub fn parse(file: &[u8]) -> Option<Exec> {
        Exec::from_bytes(file)
    }

    /// Where the data of a ZMAGIC program begins in its file (0.11: `N_DATOFF`); `None`
    /// beyond 4 GB.
    pub const fn data_offset(&self) -> Option<u32> {
        ZMAGIC_TEXT_OFFSET.checked_add(self.a_text)
    }

    /// The first address behind text, data and bss, or `None` beyond 4 GB.
    pub fn end(&self) -> Option<u32> {
        self.a_text
            .checked_add(self.a_data)?
            .checked_add(self.a_bss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_byte_for_byte() {
        let exec = Exec {
            a_magic: ZMAGIC,
            a_text: 0x3000,
            a_data: 0x1000,
            a_bss: 0x234,
            a_entry: 0x1004,
            ..Exec::default()
        };
        let mut bytes = [0; 32];
        bytes[0..2].copy_from_slice(&[0x0b, 0x01]);
        bytes[5] = 0x30;
        bytes[9] = 0x10;
        bytes[12..14].copy_from_slice(&[0x34, 0x02]);
        bytes[20..22].copy_from_slice(&[0x04, 0x10]);
        assert_eq!(exec.as_bytes(), bytes);
        assert_eq!(Exec::parse(&bytes), Some(exec));
        assert_eq!(Exec::parse(&bytes[..31]), None);
        assert_eq!(exec.data_offset(), Some(0x3400));
        assert_eq!(exec.end(), Some(0x4234));
        assert_eq!(
            Exec {
                a_bss: u32::MAX,
                ..exec
            }
            .end(),
            None
        );
    }

    #[test]
    fn magic_numbers() {
        assert_eq!(
            [OMAGIC, NMAGIC, ZMAGIC, QMAGIC],
            [0x107, 0x108, 0x10b, 0xcc]
        );
    }
}
