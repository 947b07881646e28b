// SPDX-License-Identifier: GPL-2.0-or-later
//! What the processor tells about a page fault (0.11: `mm/page.s`).
//!
//! The entry is one of the exceptions in `kernel/src/asm.s`. Its error code gets a
//! name for each bit here.

use mm::LinearAddress;

/// A page fault, decoded from `cr2` and the error code
/// (Intel SDM vol. 3, 4.7 "Page-Fault Exceptions").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageFault {
    /// The linear address that was accessed.
    pub address: LinearAddress,
    /// True if the page is present but the access is not allowed; false if it is
    /// missing.
    pub protection: bool,
    /// The access was a write.
    pub write: bool,
    /// The access came from ring 3.
    pub user: bool,
}

impl PageFault {
    const PROTECTION: u32 = 1 << 0;
    const WRITE: u32 = 1 << 1;
    const USER: u32 = 1 << 2;

    /// From the error code on the stack and the contents of `cr2`.
    #[inline(always)]
    pub const fn decode(error_code: u32, cr2: u32) -> PageFault {
        PageFault {
            address: LinearAddress(cr2),
            protection: error_code & Self::PROTECTION != 0,
            write: error_code & Self::WRITE != 0,
            user: error_code & Self::USER != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_code_bits() {
        let missing = PageFault::decode(0b100, 0x0400_1234);
        assert!(!missing.protection && !missing.write && missing.user);
        let copy_on_write = PageFault::decode(0b011, 0x1000);
        assert!(copy_on_write.protection && copy_on_write.write && !copy_on_write.user);
        assert_eq!(missing.address, LinearAddress(0x0400_1234));
    }
}
