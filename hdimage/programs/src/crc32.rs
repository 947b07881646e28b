// SPDX-License-Identifier: GPL-2.0-or-later
//! The checksum of `gzip`: CRC-32 as in ISO 3309, the lowest bit first.

/// The polynomial, turned round.
const POLYNOMIAL: u32 = 0xedb8_8320;
/// What each byte comes to.
const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut value = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            value = (value >> 1) ^ if value & 1 == 1 { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
}

/// A checksum; it begins with that of nothing.
#[derive(Default)]
pub struct Crc32(u32);

impl Crc32 {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        let step = |sum: u32, byte: &u8| (sum >> 8) ^ TABLE[usize::from(sum as u8 ^ byte)];
        self.0 = !bytes.iter().fold(!self.0, step);
    }

    /// The checksum of all that was added.
    pub fn sum(&self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sums() {
        let mut crc = Crc32::default();
        assert_eq!(crc.sum(), 0);
        crc.add(b"1234");
        crc.add(b"56789");
        assert_eq!(crc.sum(), 0xcbf4_3926);
    }
}
