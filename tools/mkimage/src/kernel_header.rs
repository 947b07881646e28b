// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel as it lies in partition 1: a header sector, then the flat image.
//!
//! This module is the description of the format; the loader in `boot/` reads
//! it with the same numbers. The header, [`KernelHeader`], is the first 28
//! bytes of the partition's first sector; the rest of the sector is zero.
//!
//! The image begins in the partition's second sector. Addresses are physical. It is the
//! kernel, or a [`packed`](crate::packed) one.
//!
//! 0.11 has no such header: `tools/build.c` wrote the kernel behind the setup
//! sectors, and `bootsect.s` read a fixed number of bytes.

use crate::disk::SECTOR_SIZE;
use crate::elf::{Executable, too_big};
use crate::error::Fault;
use crate::packed::Unpacker;
use abi::abi_struct;
use abi::pod::Pod;

/// The first four bytes.
pub const MAGIC: [u8; 4] = *b"ELVN";
/// The version this tool writes and the loader reads.
pub const VERSION: u32 = 1;
/// Where the kernel is linked to begin and the loader puts it: 1 MB.
pub const LOAD_ADDRESS: u32 = 0x10_0000;

abi_struct! {
    /// The header. Numbers are little-endian, addresses physical.
    pub struct KernelHeader, 28 bytes {
        /// [`MAGIC`].
        0 => magic: [u8; 4],
        /// [`VERSION`].
        4 => version: u32,
        /// Bytes of the image: a multiple of 512, padded with zeros.
        8 => length: u32,
        /// Where the first byte of the image belongs.
        12 => load_address: u32,
        /// Where the loader jumps to.
        16 => entry: u32,
        /// The first byte behind the kernel's bss.
        20 => memory_end: u32,
        /// [`checksum`] of the image.
        24 => checksum: u32,
    }
}

impl KernelHeader {
    /// The header sector.
    pub fn to_sector(&self) -> [u8; SECTOR_SIZE] {
        let mut sector = [0; SECTOR_SIZE];
        sector[..size_of::<KernelHeader>()].copy_from_slice(self.as_bytes());
        sector
    }

    /// Reads the start of a partition and checks what can be checked without
    /// the image.
    pub fn parse(sector: &[u8]) -> Result<KernelHeader, Fault> {
        let fault = |offset, problem: String| {
            Err(Fault::new(format!("kernel header, byte {offset}"), problem))
        };
        let Some(header) = KernelHeader::from_bytes(sector).filter(|header| header.magic == MAGIC)
        else {
            return fault(0, "expected the bytes ELVN".into());
        };
        if header.version != VERSION {
            return fault(4, format!("version {}, expected {VERSION}", header.version));
        }
        if header.length == 0 || !header.length.is_multiple_of(SECTOR_SIZE as u32) {
            return fault(
                8,
                format!(
                    "length {}, expected a multiple of {SECTOR_SIZE} above 0",
                    header.length
                ),
            );
        }
        Ok(header)
    }
}

/// Rotates the sum left by one bit and adds the next word, from 0 on. A
/// trailing piece of less than four bytes doesn't count; an image has none.
pub fn checksum(image: &[u8]) -> u32 {
    image.chunks_exact(4).fold(0u32, |sum, word| {
        sum.rotate_left(1)
            .wrapping_add(u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
    })
}

/// Header and image of the kernel `elf`, as they go into a partition of `capacity`
/// bytes: packed if there is an `unpacker`, and the kernel ends in front of it.
pub fn from_elf(
    elf: &[u8],
    capacity: usize,
    unpacker: Option<&Unpacker>,
) -> Result<Vec<u8>, Fault> {
    let executable = Executable::parse(elf)?;
    let room = (capacity / SECTOR_SIZE).saturating_sub(1) * SECTOR_SIZE;
    let flat = executable.flatten(room.max(unpacker.map_or(0, Unpacker::capacity)))?;
    if flat.load_address != LOAD_ADDRESS {
        let problem = format!(
            "begins at physical address {:#x}, expected {LOAD_ADDRESS:#x}",
            flat.load_address
        );
        return Err(Fault::new("lowest PT_LOAD segment", problem));
    }
    let (mut header, mut image) = whole_sectors(flat.bytes, flat.load_address, flat.entry);
    header.memory_end = flat.memory_end;
    if let Some(unpacker) = unpacker.filter(|unpacker| image.len() <= unpacker.capacity()) {
        let (packed, entry) = unpacker.pack(header, &image)?;
        (header, image) = whole_sectors(packed, unpacker.address, entry);
        header.memory_end = flat.memory_end.max(header.memory_end);
    }
    if image.len() > room {
        return Err(too_big(image.len(), room));
    }
    Ok([&header.to_sector()[..], &image].concat())
}

/// An image of whole sectors and its header; it needs no memory but its own.
fn whole_sectors(mut image: Vec<u8>, load_address: u32, entry: u32) -> (KernelHeader, Vec<u8>) {
    image.resize(image.len().next_multiple_of(SECTOR_SIZE), 0);
    let length = image.len() as u32;
    let header = KernelHeader {
        magic: MAGIC,
        version: VERSION,
        length,
        load_address,
        entry,
        memory_end: load_address + length,
        checksum: checksum(&image),
    };
    (header, image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::testing::ElfBuilder;

    #[test]
    fn checksum_rotates_then_adds() {
        assert_eq!(checksum(&[]), 0);
        assert_eq!(checksum(&[1, 0, 0, 0]), 1);
        // rotate(1) + 2 = 4; rotate(4) + 0x8000_0000 = 0x8000_0008;
        // rotate(0x8000_0008) + 0 = 0x0000_0011.
        let words = [1u32, 2, 0x8000_0000, 0].map(u32::to_le_bytes).concat();
        assert_eq!(checksum(&words), 0x11);
        // The sum wraps.
        assert_eq!(checksum(&[0xffu8; 8]), 0xffff_fffeu32);
    }

    #[test]
    fn header_fields_are_where_the_loader_looks() {
        let header = KernelHeader {
            magic: MAGIC,
            version: VERSION,
            length: 0x0004_0200,
            load_address: 0x10_0000,
            entry: 0x10_0020,
            memory_end: 0x15_1234,
            checksum: 0xdead_beef,
        };
        let sector = header.to_sector();
        let expected = [
            *b"ELVN",
            [1, 0, 0, 0],
            [0x00, 0x02, 0x04, 0x00],
            [0, 0, 0x10, 0],
            [0x20, 0, 0x10, 0],
            [0x34, 0x12, 0x15, 0],
            [0xef, 0xbe, 0xad, 0xde],
        ]
        .concat();
        assert_eq!(sector[..28], expected);
        assert!(sector[28..].iter().all(|&byte| byte == 0));
        assert_eq!(KernelHeader::parse(&sector), Ok(header));
    }

    #[test]
    fn a_header_of_something_else_is_refused() {
        let good = KernelHeader {
            magic: MAGIC,
            version: VERSION,
            length: 512,
            ..KernelHeader::default()
        }
        .to_sector();
        for (offset, place) in [(0, "byte 0"), (4, "byte 4"), (8, "byte 8")] {
            let mut sector = good;
            sector[offset] ^= 1;
            let fault = KernelHeader::parse(&sector).unwrap_err();
            assert!(fault.place.ends_with(place), "{fault}");
        }
    }

    #[test]
    fn a_kernel_elf_becomes_header_and_padded_image() {
        let elf = ElfBuilder::new(0x10_0004)
            .segment(0x10_0000, 0x10_0000, &[1, 0, 0, 0, 2, 0, 0, 0], 8, "rx")
            .segment(0x10_1000, 0x10_1000, &[7; 5], 0x2000, "rw")
            .build();
        let bytes = from_elf(&elf, 1 << 20, None).unwrap();
        let header = KernelHeader::parse(&bytes[..512]).unwrap();
        let image = &bytes[512..];
        assert_eq!(header.length, 0x1200);
        assert_eq!(image.len(), 0x1200);
        assert_eq!(header.entry, 0x10_0004);
        assert_eq!(header.memory_end, 0x10_3000);
        assert_eq!(image[..8], [1, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(image[0x1000..0x1006], [7, 7, 7, 7, 7, 0]);
        assert_eq!(header.checksum, checksum(image));
    }

    #[test]
    fn a_kernel_elsewhere_or_too_big_is_refused() {
        let low = ElfBuilder::new(0x9_0000)
            .segment(0x9_0000, 0x9_0000, &[0; 4], 4, "rx")
            .build();
        assert!(
            from_elf(&low, 1 << 20, None)
                .unwrap_err()
                .problem
                .contains("expected 0x100000")
        );
        let big = ElfBuilder::new(0x10_0000)
            .segment(0x10_0000, 0x10_0000, &[0x90; 1025], 1025, "rx")
            .build();
        assert!(from_elf(&big, 4 * 512, None).is_ok());
        let fault = from_elf(&big, 3 * 512, None).unwrap_err();
        assert!(fault.problem.contains("holds 1024"), "{fault}");
    }
}
