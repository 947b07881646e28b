// SPDX-License-Identifier: GPL-2.0-or-later
//! A kernel that is compressed on the disk.
//!
//! For the loader it is a kernel like any other ([`kernel_header`](crate::kernel_header)),
//! which begins at 2 MB. What runs there is an [`Unpacker`], `boot/src/unpack.rs`: it
//! unpacks the true kernel to where that belongs, checks it, and jumps to it. So an image
//! is
//!
//! | bytes | what |
//! |---|---|
//! | 0..28 | the header that the kernel would have uncompressed |
//! | 28..32 | where the block begins |
//! | 32..36 | how many bytes it has |
//! | 36.. | the unpacker |
//! | behind it | the kernel, as a block of LZ4 |
//!
//! Boot code that has no unpacker takes a kernel as it is.

use crate::elf::section_at;
use crate::error::Fault;
use crate::kernel_header::{KernelHeader, LOAD_ADDRESS, checksum};
use abi::abi_struct;
use abi::pod::Pod;
use lz4::block::{CompressionMode, compress};

/// What [`Unpacker`] is called in the boot code.
const SECTION: &str = ".unpack";
/// A kernel is packed once and read often.
const SMALLEST: CompressionMode = CompressionMode::HIGHCOMPRESSION(12);

abi_struct! {
    /// What a packed kernel begins with.
    pub struct PackedHeader, 36 bytes {
        /// The header that the kernel would have uncompressed.
        0 => kernel: KernelHeader,
        /// Where the block begins in the image.
        28 => offset: u32,
        /// Bytes of the block.
        32 => length: u32,
    }
}

/// The code in front of a compressed kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unpacker {
    /// With room for a [`PackedHeader`] in front.
    bytes: Vec<u8>,
    /// Where it is linked to be loaded.
    pub address: u32,
}

impl Unpacker {
    /// Takes it out of the ELF file of the boot code, if there is one.
    pub fn from_elf(elf: &[u8]) -> Result<Option<Unpacker>, Fault> {
        let Some((address, bytes)) = section_at(elf, SECTION)? else {
            return Ok(None);
        };
        let fault = |problem: String| Err(Fault::new(format!("section {SECTION}"), problem));
        if address <= LOAD_ADDRESS {
            return fault(format!("at {address:#x}, expected above {LOAD_ADDRESS:#x}"));
        }
        if bytes.len() <= size_of::<PackedHeader>() {
            return fault(format!("{} bytes, expected some code", bytes.len()));
        }
        let bytes = bytes.to_vec();
        Ok(Some(Unpacker { bytes, address }))
    }

    /// That of a packed kernel, whose header and image these are.
    pub fn of_image(header: &KernelHeader, image: &[u8]) -> Option<Unpacker> {
        let packed = packed_header(image)?;
        let bytes = image.get(..packed.offset as usize)?.to_vec();
        let address = header.load_address;
        (address > LOAD_ADDRESS && bytes.len() > size_of::<PackedHeader>())
            .then_some(Unpacker { bytes, address })
    }

    /// How long a kernel may be: it must not reach the unpacker.
    pub fn capacity(&self) -> usize {
        (self.address - LOAD_ADDRESS) as usize
    }

    /// The image of a packed kernel, and where the loader jumps to.
    pub fn pack(&self, kernel: KernelHeader, image: &[u8]) -> Result<(Vec<u8>, u32), Fault> {
        let block = compress(image, Some(SMALLEST), false)
            .map_err(|error| Fault::new("kernel", format!("cannot be packed: {error}")))?;
        let header = PackedHeader {
            kernel,
            offset: self.bytes.len().next_multiple_of(4) as u32,
            length: block.len() as u32,
        };
        let mut packed = self.bytes.clone();
        packed[..size_of::<PackedHeader>()].copy_from_slice(header.as_bytes());
        packed.resize(header.offset as usize, 0);
        packed.extend(block);
        Ok((packed, self.address + size_of::<PackedHeader>() as u32))
    }
}

/// The kernel within `image`, if it is a packed one; `None` within if its block is
/// broken.
pub fn unpack(image: &[u8]) -> Option<(KernelHeader, Option<Vec<u8>>)> {
    let packed = packed_header(image)?;
    let kernel = packed.kernel;
    let start = packed.offset as usize;
    let block = image.get(start..start.saturating_add(packed.length as usize));
    // No byte of a block stands for more than 255.
    let is_possible = |block: &&[u8]| kernel.length as usize / 255 <= block.len();
    let unpacked = block.filter(is_possible).and_then(|block| {
        let bytes = lz4_flex::block::decompress(block, kernel.length as usize).ok()?;
        (bytes.len() == kernel.length as usize && checksum(&bytes) == kernel.checksum)
            .then_some(bytes)
    });
    Some((kernel, unpacked))
}

/// A kernel that is not packed begins with an instruction.
fn packed_header(image: &[u8]) -> Option<PackedHeader> {
    let header = PackedHeader::from_bytes(image)?;
    KernelHeader::parse(header.kernel.as_bytes()).ok()?;
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::testing::ElfBuilder;
    use crate::kernel_header::from_elf;

    fn unpacker() -> Unpacker {
        let boot = ElfBuilder::new(0).section_at(SECTION, 0x20_0000, &[0xcc; 50]);
        Unpacker::from_elf(&boot.build()).unwrap().unwrap()
    }

    fn packed_kernel() -> Vec<u8> {
        let elf = ElfBuilder::new(0x10_0004)
            .segment(0x10_0000, 0x10_0000, &[0x90; 3000], 5000, "rwx")
            .build();
        from_elf(&elf, 1 << 20, Some(&unpacker())).unwrap()
    }

    #[test]
    fn boot_code_need_not_have_an_unpacker() {
        let boot = ElfBuilder::new(0).section(".setup", &[1]);
        assert_eq!(Unpacker::from_elf(&boot.build()), Ok(None));
        for (address, code) in [(0x10_0000, &[0; 50][..]), (0x20_0000, &[0; 36])] {
            let boot = ElfBuilder::new(0).section_at(SECTION, address, code);
            assert_eq!(
                Unpacker::from_elf(&boot.build()).unwrap_err().place,
                "section .unpack"
            );
        }
    }

    #[test]
    fn the_loader_gets_a_kernel_that_unpacks_itself() {
        let bytes = packed_kernel();
        let header = KernelHeader::parse(&bytes).unwrap();
        let image = &bytes[512..];
        assert_eq!(
            (header.length, header.load_address, header.entry),
            (512, 0x20_0000, 0x20_0024)
        );
        assert_eq!(header.checksum, checksum(image));
        // What is loaded reaches farther than the kernel.
        assert_eq!(header.memory_end, 0x20_0200);
        assert_eq!(image[36..50], [0xcc; 14]);
        let (kernel, unpacked) = unpack(image).unwrap();
        assert_eq!(
            (
                kernel.length,
                kernel.load_address,
                kernel.entry,
                kernel.memory_end
            ),
            (3072, 0x10_0000, 0x10_0004, 0x10_1388)
        );
        let unpacked = unpacked.unwrap();
        assert_eq!(
            (&unpacked[..3000], &unpacked[3000..]),
            (&[0x90; 3000][..], &[0; 72][..])
        );
        assert_eq!(
            Unpacker::of_image(&header, image).unwrap().address,
            0x20_0000
        );
    }

    /// The bytes in front of the block may be those of the unpacker and what fills up.
    #[test]
    fn the_unpacker_of_an_image_packs_as_the_first() {
        let bytes = packed_kernel();
        let header = KernelHeader::parse(&bytes).unwrap();
        let again = Unpacker::of_image(&header, &bytes[512..]).unwrap();
        let (kernel, image) = unpack(&bytes[512..]).unwrap();
        let (packed, entry) = again.pack(kernel, &image.unwrap()).unwrap();
        assert_eq!(packed[..], bytes[512..512 + packed.len()]);
        assert_eq!(entry, header.entry);
    }

    #[test]
    fn a_kernel_as_it_is_is_not_packed() {
        assert!(unpack(&[0x90; 512]).is_none());
        assert!(unpack(b"ELVN").is_none());
    }

    #[test]
    fn a_broken_block_unpacks_to_nothing() {
        let image = packed_kernel()[512..].to_vec();
        for at in [8, 24, 28, 32, 56] {
            let mut broken = image.clone();
            broken[at] ^= 0x40;
            let unpacked = unpack(&broken);
            assert!(
                unpacked.is_none_or(|(_, bytes)| bytes.is_none()),
                "byte {at}"
            );
        }
        for at in 8..36 {
            let mut broken = image.clone();
            broken[at] = 0xFF;
            unpack(&broken);
        }
    }
}
