// SPDX-License-Identifier: GPL-2.0-or-later
//! What the configuration space of a PCI function says about it (PCI Local Bus
//! Specification 2.1, 6.1 and 6.2).
#![forbid(unsafe_code)]

/// Who made the device (low half), and which device it is.
pub const ID: u8 = 0x00;
/// What the function may do (low half), and its status.
pub const COMMAND: u8 = 0x04;
/// From the upper byte on: class, subclass, programming interface; then the revision.
pub const CLASS: u8 = 0x08;
/// Where the ports of an IDE controller's bus master are.
pub const BASE_ADDRESS_4: u8 = 0x20;

/// The IDE functions that are known: those of PIIX, PIIX3 and PIIX4.
const PIIX_IDE: [u32; 3] = [0x1230_8086, 0x7010_8086, 0x7111_8086];

/// Whether a function with these registers is the IDE controller of a PIIX, with a bus
/// master.
pub fn is_ide(id: u32, class: u32) -> bool {
    const IDE: u32 = 0x0101;
    /// The bit of the programming interface that says so.
    const HAS_BUS_MASTER: u32 = 1 << 15;
    PIIX_IDE.contains(&id) && class >> 16 == IDE && class & HAS_BUS_MASTER != 0
}

/// The first of the bus master's 16 ports; `None` if the BIOS gave it none.
pub fn io_base(base_address: u32) -> Option<u16> {
    const IS_IO: u32 = 1;
    let port = u16::try_from(base_address & !0xF).ok()?;
    (base_address & IS_IO != 0 && port != 0).then_some(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ide_function_of_a_piix_is_taken() {
        for id in PIIX_IDE {
            assert!(is_ide(id, 0x0101_8000) && is_ide(id, 0x0101_8002));
            assert!(!is_ide(id, 0x0101_0000), "it has no bus master");
            assert!(!is_ide(id, 0x0106_8000) && !is_ide(id, 0x0601_8000));
        }
        // The bridge to ISA in the same chip, another maker's chip, and nothing.
        assert!(!is_ide(0x7000_8086, 0x0601_0000));
        assert!(!is_ide(0x0571_1106, 0x0101_8A06));
        assert!(!is_ide(u32::MAX, u32::MAX));
    }

    #[test]
    fn ports_that_the_bios_has_not_set_are_none() {
        assert_eq!(io_base(0xC041), Some(0xC040));
        assert_eq!(io_base(0xC040), None, "that is memory");
        assert_eq!(io_base(0x0001), None);
        assert_eq!(io_base(0x1_C001), None, "there are 64 K ports");
    }
}
