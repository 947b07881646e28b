// SPDX-License-Identifier: GPL-2.0-or-later
//! Small ELF files for tests, through `object`'s writer.

// The unit tests include this file too, and call other parts of it.
#![allow(dead_code)]

use object::Endianness;
use object::elf;
use object::write::elf::{FileHeader, ProgramHeader, SectionHeader, Writer};

struct Segment {
    kind: elf::ProgramType,
    virtual_address: u32,
    physical_address: u32,
    data: Vec<u8>,
    memory_size: u32,
    flags: elf::ProgramFlags,
}

/// An executable for the 80386 in the making.
pub struct ElfBuilder {
    entry: u32,
    machine: elf::Machine,
    kind: elf::FileType,
    segments: Vec<Segment>,
    sections: Vec<(&'static str, u32, Vec<u8>)>,
}

impl ElfBuilder {
    /// An executable that starts at virtual address `entry`.
    pub fn new(entry: u32) -> Self {
        ElfBuilder {
            entry,
            machine: elf::EM_386,
            kind: elf::ET_EXEC,
            segments: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// For another processor.
    pub fn machine(mut self, machine: elf::Machine) -> Self {
        self.machine = machine;
        self
    }

    /// Another kind of ELF file.
    pub fn kind(mut self, kind: elf::FileType) -> Self {
        self.kind = kind;
        self
    }

    /// Adds a PT_LOAD segment; `flags` are letters of `rwx`.
    pub fn segment(
        self,
        virtual_address: u32,
        physical_address: u32,
        data: &[u8],
        memory_size: u32,
        flags: &str,
    ) -> Self {
        self.segment_of_kind(
            elf::PT_LOAD,
            virtual_address,
            physical_address,
            data,
            memory_size,
            flags,
        )
    }

    /// Adds a segment of any kind.
    pub fn segment_of_kind(
        mut self,
        kind: elf::ProgramType,
        virtual_address: u32,
        physical_address: u32,
        data: &[u8],
        memory_size: u32,
        flags: &str,
    ) -> Self {
        let bits = [('r', elf::PF_R), ('w', elf::PF_W), ('x', elf::PF_X)];
        let flags = bits
            .iter()
            .filter(|(letter, _)| flags.contains(*letter))
            .map(|(_, bit)| bit.0)
            .sum();
        self.segments.push(Segment {
            kind,
            virtual_address,
            physical_address,
            data: data.to_vec(),
            memory_size,
            flags: elf::ProgramFlags(flags),
        });
        self
    }

    /// Adds a section that no segment covers.
    pub fn section(self, name: &'static str, data: &[u8]) -> Self {
        self.section_at(name, 0, data)
    }

    /// Adds a section that has an address.
    pub fn section_at(mut self, name: &'static str, address: u32, data: &[u8]) -> Self {
        self.sections.push((name, address, data.to_vec()));
        self
    }

    /// The bytes of the file.
    pub fn build(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(Endianness::Little, false, &mut bytes);
        writer.reserve_file_header();
        writer.reserve_program_headers(self.segments.len() as u32);
        let segment_offsets: Vec<u64> = self
            .segments
            .iter()
            .map(|segment| writer.reserve(segment.data.len() as u64, 1))
            .collect();
        let mut section_offsets = Vec::new();
        let mut section_names = Vec::new();
        for (name, _, data) in &self.sections {
            section_names.push(writer.add_section_name(name.as_bytes()));
            writer.reserve_section_index();
            section_offsets.push(writer.reserve(data.len() as u64, 1));
        }
        if !self.sections.is_empty() {
            writer.reserve_shstrtab_section_index();
            writer.reserve_shstrtab().unwrap();
            writer.reserve_section_headers();
        }

        writer
            .write_file_header(&FileHeader {
                os_abi: elf::ELFOSABI_NONE,
                abi_version: 0,
                e_type: self.kind,
                e_machine: self.machine,
                e_entry: self.entry.into(),
                e_flags: elf::FileFlags(0),
            })
            .unwrap();
        writer.write_align_program_headers();
        for (segment, offset) in self.segments.iter().zip(&segment_offsets) {
            writer.write_program_header(&ProgramHeader {
                p_type: segment.kind,
                p_flags: segment.flags,
                p_offset: *offset,
                p_vaddr: segment.virtual_address.into(),
                p_paddr: segment.physical_address.into(),
                p_filesz: segment.data.len() as u64,
                p_memsz: segment.memory_size.into(),
                p_align: 1,
            });
        }
        for (segment, offset) in self.segments.iter().zip(&segment_offsets) {
            writer.pad_until(*offset);
            writer.write(&segment.data);
        }
        for ((_, _, data), offset) in self.sections.iter().zip(&section_offsets) {
            writer.pad_until(*offset);
            writer.write(data);
        }
        if !self.sections.is_empty() {
            writer.write_shstrtab();
            writer.write_null_section_header();
            for (((_, address, data), offset), name) in self
                .sections
                .iter()
                .zip(&section_offsets)
                .zip(&section_names)
            {
                let header = SectionHeader {
                    sh_name: writer.section_name_offset(Some(*name)),
                    sh_type: elf::SHT_PROGBITS,
                    sh_flags: elf::SectionFlags(0),
                    sh_addr: (*address).into(),
                    sh_offset: *offset,
                    sh_size: data.len() as u64,
                    sh_link: 0,
                    sh_info: 0,
                    sh_addralign: 1,
                    sh_entsize: 0,
                };
                writer.write_section_header(&header);
            }
            writer.write_shstrtab_section_header();
        }
        bytes
    }
}
