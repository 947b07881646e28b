// SPDX-License-Identifier: GPL-2.0-or-later
//! From the linker's ELF to the a.out that `execve` takes (0.11:
//! `include/a.out.h`).
//!
//! A ZMAGIC file is a header in a block of its own, then the text, then the
//! data; text begins at address 0, data follows it, bss follows the data. Our
//! programs are linked from 4096 up, so that page 0 can stay unmapped and a
//! null pointer faults: the first page of the text is filler. The file's
//! reader sees zeros there, and on the disk it is a hole. Text and data share no
//! page; a program without data ends in the file where its text does.
//!
//! What a program's ELF must look like is `hdimage/programs/program.ld`'s
//! business: segments that are not written from 4096 up, then at most one
//! that is, starting on a page of its own.

use crate::elf::{Executable, Segment};
use crate::error::Fault;
use abi::a_out::{Exec, ZMAGIC, ZMAGIC_TEXT_OFFSET};
use abi::limits::PAGE_SIZE;
use abi::pod::Pod;

/// Text, data and bss together may take this much of the 64 MB of a process
/// (0.11's limit in `do_execve`; the rest is for heap and stack).
pub const MEMORY_LIMIT: u32 = 0x300_0000;
const TEXT_OFFSET: usize = ZMAGIC_TEXT_OFFSET as usize;

/// The a.out file of the program `elf`.
pub fn from_elf(elf: &[u8]) -> Result<Vec<u8>, Fault> {
    let executable = Executable::parse(elf)?;
    let (text, data) = split(&executable)?;
    let text_end = text
        .iter()
        .map(|segment| segment.virtual_address + segment.memory_size)
        .max()
        .unwrap_or(0);
    let whole_pages = text_end
        .checked_next_multiple_of(PAGE_SIZE)
        .ok_or_else(|| too_large(text_end))?;
    // Behind a text without data nothing is in the file that would need a page.
    let bare = text_end.next_multiple_of(4);
    let (text_size, data_size, bss_size) = match data {
        None => (bare, 0, 0),
        Some(segment) if segment.virtual_address != whole_pages => {
            let problem = format!(
                "data begins at {:#x}, expected {whole_pages:#x}, the page after the text",
                segment.virtual_address
            );
            return Err(Fault::new(segment.place(), problem));
        }
        Some(segment) if segment.data.is_empty() => {
            let end = whole_pages.saturating_add(segment.memory_size);
            (bare, 0, end - bare)
        }
        Some(segment) => {
            let initialised = (segment.data.len() as u32).next_multiple_of(4);
            let bss_size = segment.memory_size.saturating_sub(initialised);
            (whole_pages, initialised, bss_size)
        }
    };
    let total = text_size.saturating_add(data_size).saturating_add(bss_size);
    if total > MEMORY_LIMIT {
        return Err(too_large(total));
    }
    if executable.entry_segment()?.writable {
        return Err(Fault::new(
            "ELF header, e_entry",
            "the program starts in its data, expected in its text",
        ));
    }

    let header = Exec {
        a_magic: ZMAGIC,
        a_text: text_size,
        a_data: data_size,
        a_bss: bss_size,
        a_entry: executable.entry,
        ..Exec::default()
    };
    let mut file = header.as_bytes().to_vec();
    file.resize(TEXT_OFFSET + (text_size + data_size) as usize, 0);
    let written = text.into_iter().chain(data);
    for segment in written.filter(|segment| !segment.data.is_empty()) {
        let start = TEXT_OFFSET + segment.virtual_address as usize;
        file[start..start + segment.data.len()].copy_from_slice(segment.data);
    }
    Ok(file)
}

fn too_large(total: u32) -> Fault {
    Fault::new(
        "PT_LOAD segments",
        format!("take memory up to {total:#x}, a process has room up to {MEMORY_LIMIT:#x}"),
    )
}

/// Text segments and data segment, each where it is allowed to be.
fn split<'e, 'a>(
    executable: &'e Executable<'a>,
) -> Result<(Vec<&'e Segment<'a>>, Option<&'e Segment<'a>>), Fault> {
    let (data, text): (Vec<_>, Vec<_>) = executable
        .segments
        .iter()
        .partition(|segment| segment.writable);
    if let Some(segment) = executable
        .segments
        .iter()
        .find(|segment| segment.virtual_address < PAGE_SIZE)
    {
        let problem = format!(
            "begins at {:#x}, expected {PAGE_SIZE:#x} or above: page 0 stays empty",
            segment.virtual_address
        );
        return Err(Fault::new(segment.place(), problem));
    }
    match &data[..] {
        [] => Ok((text, None)),
        [segment] => Ok((text, Some(segment))),
        [_, second, ..] => Err(Fault::new(
            second.place(),
            "a second writable segment, expected at most one",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::testing::ElfBuilder;

    fn words(file: &[u8]) -> Vec<u32> {
        file[..32]
            .chunks(4)
            .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
            .collect()
    }

    fn fault(elf: ElfBuilder) -> String {
        from_elf(&elf.build()).unwrap_err().to_string()
    }

    #[test]
    fn header_words_and_places() {
        let elf = ElfBuilder::new(0x1010)
            .segment(0x1000, 0x1000, &[0xaa; 0x20], 0x20, "rx")
            .segment(0x2000, 0x2000, &[0xbb; 6], 0x100, "rw")
            .build();
        let file = from_elf(&elf).unwrap();
        assert_eq!(words(&file), [0x10b, 0x2000, 8, 0xf8, 0, 0x1010, 0, 0]);
        assert_eq!(file.len(), 1024 + 0x2000 + 8);
        assert!(
            file[32..1024 + 0x1000].iter().all(|&byte| byte == 0),
            "filler page"
        );
        assert_eq!(
            file[1024 + 0x1000..][..0x21],
            [&[0xaa; 0x20][..], &[0]].concat()
        );
        assert_eq!(
            file[1024 + 0x2000..],
            [0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0, 0]
        );
    }

    #[test]
    fn without_data_and_with_bss_only() {
        let text =
            || ElfBuilder::new(0x1000).segment(0x1000, 0x1000, &[0xaa; 0x1001], 0x1001, "rx");
        assert_eq!(
            words(&from_elf(&text().build()).unwrap())[1..4],
            [0x2004, 0, 0]
        );
        let bss = text().segment(0x3000, 0x3000, &[], 0x50, "rw").build();
        let file = from_elf(&bss).unwrap();
        assert_eq!(words(&file)[1..4], [0x2004, 0, 0x104c]);
        assert_eq!(file.len(), 1024 + 0x2004);
        let read_only_first = ElfBuilder::new(0x2000)
            .segment(0x1000, 0x1000, &[1], 1, "r")
            .segment(0x2000, 0x2000, &[2], 1, "rx")
            .build();
        assert_eq!(
            words(&from_elf(&read_only_first).unwrap())[1..4],
            [0x2004, 0, 0]
        );
    }

    #[test]
    fn programs_linked_otherwise_are_refused() {
        let text = || ElfBuilder::new(0x1000).segment(0x1000, 0x1000, &[0xaa; 4], 4, "rx");
        assert!(
            fault(ElfBuilder::new(0).segment(0, 0, &[0; 4], 4, "rx"))
                .contains("page 0 stays empty")
        );
        assert!(fault(text().segment(0x3000, 0, &[1], 1, "rw")).contains("expected 0x2000"));
        assert!(
            fault(
                text()
                    .segment(0x2000, 0, &[1], 1, "rw")
                    .segment(0x3000, 0, &[1], 1, "rw")
            )
            .contains("second")
        );
        assert!(fault(text().segment(0x2000, 0, &[1], 0x300_0000, "rw")).contains("0x3002000"));
        // One that takes all there is.
        let largest = text().segment(0x2000, 0, &[1], MEMORY_LIMIT - 0x2000, "rw");
        let file = from_elf(&largest.build()).unwrap();
        assert_eq!(words(&file)[1..4], [0x2000, 4, MEMORY_LIMIT - 0x2004]);
        assert!(
            fault(
                ElfBuilder::new(0x2000)
                    .segment(0x1000, 0, &[1], 1, "rx")
                    .segment(0x2000, 0, &[1], 1, "rw")
            )
            .contains("starts in its data")
        );
        assert!(
            fault(ElfBuilder::new(0x4000).segment(0x1000, 0, &[1], 1, "rx")).contains("e_entry")
        );
    }
}
