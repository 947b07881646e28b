// SPDX-License-Identifier: GPL-2.0-or-later
//! The system's name (0.11: `include/sys/utsname.h`).

use crate::abi_struct;

/// Bytes of each field, the closing NUL included.
pub const UTS_LENGTH: usize = 9;

abi_struct! {
    /// What `uname` tells; each field ends with a NUL (0.11: `struct utsname`).
    pub struct Utsname, 45 bytes {
        /// The operating system.
        0 => sysname: [u8; UTS_LENGTH],
        /// This machine's name in its network.
        9 => nodename: [u8; UTS_LENGTH],
        /// The release of the system.
        18 => release: [u8; UTS_LENGTH],
        /// The version of that release.
        27 => version: [u8; UTS_LENGTH],
        /// The kind of machine.
        36 => machine: [u8; UTS_LENGTH],
    }
}

/// A field of [`Utsname`] from `text`, of which at most eight bytes are taken.
pub const fn uts_field(text: &str) -> [u8; UTS_LENGTH] {
    let text = text.as_bytes();
    let mut field = [0; UTS_LENGTH];
    let mut index = 0;
    while index < UTS_LENGTH - 1 && index < text.len() {
        field[index] = text[index];
        index += 1;
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_end_with_nul() {
        assert_eq!(&uts_field("i386"), b"i386\0\0\0\0\0");
        assert_eq!(&uts_field("much too long"), b"much too\0");
    }
}
