// SPDX-License-Identifier: GPL-2.0-or-later
//! What the image tool takes out of the linker's ELF files.
//!
//! Kernel and programs come as PT_LOAD segments, the boot code as two
//! sections. Reading the format is the `object` crate's work; here is only
//! what must hold for ours. (ELF: Tool Interface Standard, Executable and
//! Linking Format 1.2.)

use crate::error::Fault;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader};
use object::{LittleEndian, Object, ObjectSection};

type Result<T> = std::result::Result<T, Fault>;

/// One PT_LOAD segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Its number among the program headers, for messages.
    pub index: usize,
    /// Where the program sees it.
    pub virtual_address: u32,
    /// Where the loader puts it.
    pub physical_address: u32,
    /// What the file holds of it.
    pub data: &'a [u8],
    /// Its size in memory; what goes beyond `data` is zero.
    pub memory_size: u32,
    /// Whether the program may write to it.
    pub writable: bool,
}

impl Segment<'_> {
    /// For messages.
    pub fn place(&self) -> String {
        format!("program header {}", self.index)
    }
}

/// A linked 32-bit x86 program.
#[derive(Debug)]
pub struct Executable<'a> {
    /// Virtual address of the first instruction.
    pub entry: u32,
    /// The PT_LOAD segments that occupy memory, in order of the file.
    pub segments: Vec<Segment<'a>>,
}

/// A program as it lies in physical memory, bss left out.
#[derive(Debug)]
pub struct FlatImage {
    /// Physical address of the first byte.
    pub load_address: u32,
    /// Physical address of the first instruction.
    pub entry: u32,
    /// Physical address of the first byte behind the bss.
    pub memory_end: u32,
    /// From the load address to the last initialised byte.
    pub bytes: Vec<u8>,
}

/// Reads the file header and checks that it is ours.
fn header(data: &[u8]) -> Result<&elf::FileHeader32<LittleEndian>> {
    let fault = |problem: &str| Fault::new("ELF header", problem);
    let header = elf::FileHeader32::<LittleEndian>::parse(data)
        .map_err(|_| fault("expected a little-endian 32-bit ELF file"))?;
    if header.e_machine.get(LittleEndian) != elf::EM_386 {
        return Err(fault("expected an ELF file for the Intel 80386"));
    }
    if header.e_type.get(LittleEndian) != elf::ET_EXEC {
        return Err(fault(
            "expected a linked executable with fixed addresses (ET_EXEC)",
        ));
    }
    Ok(header)
}

impl<'a> Executable<'a> {
    /// Reads an ELF file.
    pub fn parse(data: &'a [u8]) -> Result<Executable<'a>> {
        let header = header(data)?;
        let program_headers = header
            .program_headers(LittleEndian, data)
            .map_err(|error| Fault::new("ELF header, e_phoff", error.to_string()))?;
        let mut segments = Vec::new();
        for (index, program_header) in program_headers.iter().enumerate() {
            let fault = |problem: &str| Fault::new(format!("program header {index}"), problem);
            match program_header.p_type(LittleEndian) {
                elf::PT_LOAD => {}
                elf::PT_INTERP | elf::PT_DYNAMIC => {
                    return Err(fault("dynamically linked, expected a static executable"));
                }
                _ => continue,
            }
            let memory_size = program_header.p_memsz(LittleEndian);
            if memory_size == 0 {
                continue;
            }
            let segment = Segment {
                index,
                virtual_address: program_header.p_vaddr(LittleEndian),
                physical_address: program_header.p_paddr(LittleEndian),
                data: program_header
                    .data(LittleEndian, data)
                    .map_err(|()| fault("its bytes go beyond the end of the file"))?,
                memory_size,
                writable: program_header.p_flags(LittleEndian) & elf::PF_W != elf::ProgramFlags(0),
            };
            if segment.data.len() > memory_size as usize {
                return Err(fault("has more bytes in the file than in memory"));
            }
            if segment.virtual_address.checked_add(memory_size).is_none()
                || segment.physical_address.checked_add(memory_size).is_none()
            {
                return Err(fault("goes beyond the end of the address space"));
            }
            segments.push(segment);
        }
        if segments.is_empty() {
            return Err(Fault::new(
                "program headers",
                "expected at least one PT_LOAD segment",
            ));
        }
        Ok(Executable {
            entry: header.e_entry.get(LittleEndian),
            segments,
        })
    }

    /// Lays the segments out by physical address, in at most `capacity` bytes.
    pub fn flatten(&self, capacity: usize) -> Result<FlatImage> {
        let mut segments = self.segments.clone();
        segments.sort_by_key(|segment| segment.physical_address);
        for pair in segments.windows(2) {
            if pair[0].physical_address + pair[0].memory_size > pair[1].physical_address {
                return Err(Fault::new(
                    pair[1].place(),
                    format!("overlaps {}", pair[0].place()),
                ));
            }
        }
        let load_address = segments[0].physical_address;
        let mut bytes = Vec::new();
        let mut memory_end = load_address;
        for segment in &segments {
            memory_end = segment.physical_address + segment.memory_size;
            if segment.data.is_empty() {
                continue;
            }
            let offset = (segment.physical_address - load_address) as usize;
            if offset + segment.data.len() > capacity {
                return Err(too_big(offset + segment.data.len(), capacity));
            }
            bytes.resize(offset, 0);
            bytes.extend_from_slice(segment.data);
        }
        Ok(FlatImage {
            load_address,
            entry: self.physical_entry()?,
            memory_end,
            bytes,
        })
    }

    /// The segment that holds the first instruction.
    pub fn entry_segment(&self) -> Result<&Segment<'a>> {
        self.segments
            .iter()
            .find(|segment| {
                self.entry >= segment.virtual_address
                    && ((self.entry - segment.virtual_address) as usize) < segment.data.len()
            })
            .ok_or_else(|| {
                let problem = format!(
                    "entry {:#x}, expected an address inside a segment",
                    self.entry
                );
                Fault::new("ELF header, e_entry", problem)
            })
    }

    fn physical_entry(&self) -> Result<u32> {
        let segment = self.entry_segment()?;
        Ok(self.entry - segment.virtual_address + segment.physical_address)
    }
}

/// The image does not fit.
pub fn too_big(length: usize, capacity: usize) -> Fault {
    let problem = format!("the image takes {length} bytes, but its place holds {capacity} of it");
    Fault::new("PT_LOAD segments", problem)
}

/// The bytes of section `name`.
pub fn section<'a>(data: &'a [u8], name: &str) -> Result<&'a [u8]> {
    match section_at(data, name)? {
        Some((_, bytes)) => Ok(bytes),
        None => Err(Fault::new(
            "section headers",
            format!("expected a section {name}"),
        )),
    }
}

/// The address and the bytes of section `name`, if there is one.
pub fn section_at<'a>(data: &'a [u8], name: &str) -> Result<Option<(u32, &'a [u8])>> {
    header(data)?;
    let file = object::read::elf::ElfFile32::<LittleEndian>::parse(data)
        .map_err(|error| Fault::new("section headers", error.to_string()))?;
    let Some(section) = file.section_by_name(name) else {
        return Ok(None);
    };
    let bytes = section
        .data()
        .map_err(|error| Fault::new(format!("section {name}"), error.to_string()))?;
    Ok(Some((section.address() as u32, bytes)))
}

#[cfg(test)]
#[path = "../tests/cli/elf_builder.rs"]
pub(crate) mod testing;

#[cfg(test)]
mod tests {
    use super::testing::ElfBuilder;
    use super::*;

    fn small() -> ElfBuilder {
        ElfBuilder::new(0x1000).segment(0x1000, 0x1000, &[0x90; 16], 16, "rx")
    }

    #[test]
    fn segments_are_read() {
        let elf = small()
            .segment(0x2000, 0x8000, &[1, 2, 3], 100, "rw")
            .build();
        let executable = Executable::parse(&elf).unwrap();
        assert_eq!(executable.entry, 0x1000);
        let [text, data] = &executable.segments[..] else {
            panic!("two segments")
        };
        assert_eq!(
            (text.virtual_address, text.memory_size, text.writable),
            (0x1000, 16, false)
        );
        assert_eq!(
            (data.virtual_address, data.physical_address),
            (0x2000, 0x8000)
        );
        assert_eq!(
            (data.data, data.memory_size, data.writable),
            (&[1, 2, 3][..], 100, true)
        );
    }

    #[test]
    fn what_is_no_executable_of_ours_is_refused() {
        let place = |bytes: &[u8]| Executable::parse(bytes).unwrap_err().place;
        assert_eq!(place(b"#!/bin/sh\n"), "ELF header");
        assert_eq!(
            place(&small().machine(elf::EM_X86_64).build()),
            "ELF header"
        );
        assert_eq!(place(&small().kind(elf::ET_DYN).build()), "ELF header");
        assert_eq!(place(&ElfBuilder::new(0).build()), "program headers");
        let dynamic = small()
            .segment_of_kind(elf::PT_INTERP, 0, 0, b"/lib/ld.so", 10, "r")
            .build();
        assert_eq!(place(&dynamic), "program header 1");
        let larger_in_file = ElfBuilder::new(0).segment(0, 0, &[0; 8], 4, "r").build();
        assert_eq!(place(&larger_in_file), "program header 0");
        let wraps = ElfBuilder::new(0)
            .segment(0xffff_f000, 0, &[0; 8], 0x1000, "r")
            .build();
        assert_eq!(place(&wraps), "program header 0");
        let whole = small().build();
        assert_eq!(place(&whole[..whole.len() - 1]), "program header 0");
    }

    #[test]
    fn flat_image_is_by_physical_address() {
        let elf = ElfBuilder::new(0xc010_0002)
            .segment(0xc010_1000, 0x10_1000, &[5; 4], 8, "rw")
            .segment(0xc010_0000, 0x10_0000, &[9; 4], 4, "rx")
            .build();
        let executable = Executable::parse(&elf).unwrap();
        let flat = executable.flatten(0x2000).unwrap();
        assert_eq!(
            (flat.load_address, flat.entry, flat.memory_end),
            (0x10_0000, 0x10_0002, 0x10_1008)
        );
        assert_eq!(flat.bytes.len(), 0x1004);
        assert_eq!(
            (&flat.bytes[..5], &flat.bytes[0x1000..]),
            (&[9, 9, 9, 9, 0][..], &[5; 4][..])
        );
        assert!(
            executable
                .flatten(0x1003)
                .unwrap_err()
                .problem
                .contains("holds 4099")
        );
    }

    #[test]
    fn overlap_and_stray_entry_are_refused() {
        let overlap = small().segment(0x5000, 0x100f, &[1], 1, "rw").build();
        let fault = Executable::parse(&overlap)
            .unwrap()
            .flatten(0x2000)
            .unwrap_err();
        assert_eq!(
            fault.to_string(),
            "program header 1: overlaps program header 0"
        );
        let stray = ElfBuilder::new(0x2000)
            .segment(0x1000, 0x1000, &[0; 16], 16, "rx")
            .build();
        assert_eq!(
            Executable::parse(&stray)
                .unwrap()
                .flatten(0x2000)
                .unwrap_err()
                .place,
            "ELF header, e_entry"
        );
    }

    /// A segment may begin where another ends, and an image may fill its place.
    #[test]
    fn what_just_fits_is_taken() {
        let elf = small().segment(0x5000, 0x1010, &[7], 1, "rw").build();
        let executable = Executable::parse(&elf).unwrap();
        let flat = executable.flatten(17).unwrap();
        assert_eq!(flat.bytes, [&[0x90; 16][..], &[7]].concat());
        assert!(executable.flatten(16).is_err());
    }

    #[test]
    fn the_entry_is_in_the_bytes_of_a_segment() {
        let entry = |entry| {
            let elf = ElfBuilder::new(entry).segment(0x1000, 0x1000, &[0x90; 16], 32, "rx");
            let elf = elf.build();
            let executable = Executable::parse(&elf).unwrap();
            executable.entry_segment().is_ok()
        };
        assert!(entry(0x1000) && entry(0x100f));
        assert!(!entry(0xfff), "before it");
        assert!(!entry(0x1010), "in its bss");
    }

    #[test]
    fn sections_are_found_by_name() {
        let elf = small()
            .section(".bootsect", &[1, 2])
            .section(".setup", &[3])
            .build();
        assert_eq!(section(&elf, ".setup").unwrap(), [3]);
        assert_eq!(section(&elf, ".bootsect").unwrap(), [1, 2]);
        assert!(
            section(&elf, ".none")
                .unwrap_err()
                .problem
                .contains(".none")
        );
        assert!(section(b"", ".setup").is_err());
    }
}
