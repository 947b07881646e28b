// SPDX-License-Identifier: GPL-2.0-or-later
//! A kernel command line for one run, without a change of the disk: an extension
//! ROM of the machine that holds it.
//!
//! The kernel takes the line of such a ROM instead of the disk's
//! (`setup_data.rs`). To the BIOS it is a ROM like any other: 55 AA, the length in
//! sectors, code to call (here a far return), and a sum of 0 (IBM PC/AT Technical
//! Reference, "ROM scan").

use crate::image::SECTOR;

/// Where the mark is: behind what the BIOS looks at.
const MARK_OFFSET: usize = 0x20;
/// By this the kernel knows the ROM.
const MARK: &[u8] = b"ELEVEN COMMANDS:";
/// The second sector is the line, ended by a NUL.
const LINE_OFFSET: usize = SECTOR as usize;
const LENGTH: usize = 2 * SECTOR as usize;

/// The ROM for `line`, which is shorter than a sector.
pub fn rom(line: &str) -> Vec<u8> {
    const FAR_RETURN: u8 = 0xCB;
    const SUM_OFFSET: usize = 4;
    let mut rom = vec![0; LENGTH];
    rom[..4].copy_from_slice(&[0x55, 0xAA, (LENGTH / SECTOR as usize) as u8, FAR_RETURN]);
    rom[MARK_OFFSET..][..MARK.len()].copy_from_slice(MARK);
    rom[LINE_OFFSET..][..line.len()].copy_from_slice(line.as_bytes());
    let sum = rom.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    rom[SUM_OFFSET] = sum.wrapping_neg();
    rom
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bios_takes_it_for_a_rom() {
        let rom = rom("no387 keyboard=de");
        assert_eq!(rom[..4], [0x55, 0xAA, 2, 0xCB]);
        assert_eq!(rom.len(), 1024);
        assert_eq!(rom.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)), 0);
        assert_eq!(&rom[512..530], b"no387 keyboard=de\0");
        // No pointers to PCI and plug-and-play data.
        assert_eq!(rom[0x18..0x1C], [0; 4]);
    }
}
