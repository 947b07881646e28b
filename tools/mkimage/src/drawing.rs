// SPDX-License-Identifier: GPL-2.0-or-later
//! The disk drawn to scale with block characters, for a terminal.
//!
//! The disk is cut into equal parts, one for each place; a place shows the
//! most telling thing in its part, so that even the boot sector is seen.

use crate::disk::{COMMAND_LINE_LBA, Layout, Region, SECTOR_SIZE};
use crate::error::Result;
use crate::image::Image;
use crate::kernel_header::KernelHeader;
use crate::ownership::{Use, uses};
use fsck::UntrustedVolume;

/// Places of a line.
const COLUMNS: usize = 64;
/// Lines.
const ROWS: usize = 4;
/// From nearly empty to full.
const FILL: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What is in some bytes of the disk, the least telling first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Content {
    Outside,
    Free,
    Data,
    Kernel,
    Tables,
    Boot,
}

impl Content {
    /// The number of an ANSI colour.
    fn colour(self) -> u8 {
        match self {
            Content::Outside | Content::Free => 90,
            Content::Data => 34,
            Content::Kernel => 32,
            Content::Tables => 33,
            Content::Boot => 31,
        }
    }
}

/// A stretch of the disk, in bytes.
struct Stretch {
    start: u64,
    end: u64,
    content: Content,
}

/// The drawing and its legend, line by line.
pub fn draw(image: &Image, with_colours: bool) -> Result<Vec<String>> {
    let stretches = stretches(image)?;
    let places = (COLUMNS * ROWS) as u64;
    let per_place = image.length.div_ceil(places).max(1);
    let cells: Vec<(Content, char)> = (0..places)
        .map(|place| place * per_place)
        .take_while(|&start| start < image.length)
        .map(|start| cell(&stretches, start, (start + per_place).min(image.length)))
        .collect();
    let mut lines = vec![format!("one place is {} KB", per_place.div_ceil(1024))];
    for row in cells.chunks(COLUMNS) {
        let runs = row.chunk_by(|(a, _), (b, _)| a == b).map(|run| {
            let text: String = run.iter().map(|(_, character)| character).collect();
            paint(&text, run[0].0, with_colours)
        });
        lines.push(format!("  {}", runs.collect::<String>()));
    }
    let legend = [
        (Content::Boot, "▚ boot"),
        (Content::Kernel, "▓ kernel"),
        (Content::Tables, "▒ bitmaps and inodes"),
        (Content::Data, "▁▄█ files, by how full"),
        (Content::Free, "░ free"),
        (Content::Outside, "· no partition"),
    ];
    let present = legend
        .into_iter()
        .filter(|(content, _)| cells.iter().any(|(other, _)| other == content));
    let words: Vec<String> = present
        .map(|(content, text)| paint(text, content, with_colours))
        .collect();
    lines.push(format!("  {}", words.join("   ")));
    Ok(lines)
}

fn paint(text: &str, content: Content, with_colours: bool) -> String {
    match with_colours {
        true => format!("\x1b[{}m{text}\x1b[0m", content.colour()),
        false => text.to_owned(),
    }
}

/// What the bytes from `start` to `end` look like.
fn cell(stretches: &[Stretch], start: u64, end: u64) -> (Content, char) {
    let first = stretches.partition_point(|stretch| stretch.end <= start);
    let mut content = Content::Outside;
    let mut used = 0;
    for stretch in stretches[first..]
        .iter()
        .take_while(|stretch| stretch.start < end)
    {
        content = content.max(stretch.content);
        if stretch.content == Content::Data {
            used += stretch.end.min(end) - stretch.start.max(start);
        }
    }
    let character = match content {
        Content::Outside => '·',
        Content::Free => '░',
        Content::Kernel => '▓',
        Content::Tables => '▒',
        Content::Boot => '▚',
        Content::Data => FILL[((used * 8).div_ceil(end - start) as usize).clamp(1, 8) - 1],
    };
    (content, character)
}

/// What is where, in ascending order; gaps are outside of everything.
fn stretches(image: &Image) -> Result<Vec<Stretch>> {
    let mut stretches = Vec::new();
    match &image.layout {
        Layout::Bare => push_file_system(image, None, &mut stretches)?,
        Layout::Floppy { regions, .. } => {
            push(&mut stretches, 0, regions.kernel.start, Content::Boot);
            push_kernel(image, regions.kernel, &mut stretches)?;
            if regions.root.is_some() {
                push_file_system(image, None, &mut stretches)?;
            }
        }
        Layout::Partitioned { table, .. } => {
            let boot = match image.layout.kernel() {
                Ok(_) => u64::from(COMMAND_LINE_LBA + 1) * SECTOR_SIZE as u64,
                Err(_) => SECTOR_SIZE as u64,
            };
            push(&mut stretches, 0, boot, Content::Boot);
            for (number, entry) in (1u8..).zip(table) {
                if entry.is_unused() {
                    continue;
                }
                if entry.is_minix() {
                    push_file_system(image, Some(number), &mut stretches)?;
                } else {
                    push_kernel(image, Region::of(entry), &mut stretches)?;
                }
            }
        }
    }
    stretches.sort_by_key(|stretch| stretch.start);
    Ok(stretches)
}

fn push(stretches: &mut Vec<Stretch>, start: u64, length: u64, content: Content) {
    let end = start + length;
    match stretches.last_mut() {
        Some(last) if last.end == start && last.content == content => last.end = end,
        _ if length > 0 => stretches.push(Stretch {
            start,
            end,
            content,
        }),
        _ => {}
    }
}

fn push_kernel(image: &Image, region: Region, stretches: &mut Vec<Stretch>) -> Result<()> {
    let used = kernel_length(image, region.start)?.min(region.length);
    push(stretches, region.start, used, Content::Kernel);
    let rest = region.length - used;
    push(stretches, region.start + used, rest, Content::Free);
    Ok(())
}

/// Header and image of the kernel, if there is one.
fn kernel_length(image: &Image, start: u64) -> Result<u64> {
    let sector = Region {
        start,
        length: SECTOR_SIZE as u64,
    };
    let header = KernelHeader::parse(&image.read(sector)?);
    Ok(header.map_or(0, |header| SECTOR_SIZE as u64 + u64::from(header.length)))
}

fn push_file_system(
    image: &Image,
    partition: Option<u8>,
    stretches: &mut Vec<Stretch>,
) -> Result<()> {
    let region = image.file_system(partition)?;
    let bytes = image.read(region)?;
    let Ok(volume) = UntrustedVolume::open(&bytes) else {
        push(stretches, region.start, region.length, Content::Free);
        return Ok(());
    };
    let mut start = region.start;
    for used in uses(&volume) {
        let content = match used {
            Use::Boot | Use::Free => Content::Free,
            Use::Super | Use::InodeMap | Use::ZoneMap | Use::InodeTable => Content::Tables,
            Use::File(_) | Use::Directory(_) | Use::List(_) | Use::Lost => Content::Data,
        };
        push(stretches, start, 1024, content);
        start += 1024;
    }
    let end = region.start + region.length;
    push(stretches, start, end.saturating_sub(start), Content::Free);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::BootCode;
    use crate::disk::{
        BOOT_SIGNATURE, BOOT_SIGNATURE_OFFSET, KERNEL_PARTITION, MINIX_PARTITION, Partition,
        fill_boot_sector, partition_entry,
    };
    use crate::floppy::FLOPPY_SIZE;
    use crate::kernel_header::{MAGIC, VERSION};
    use crate::sample::sample;
    use abi::sys::types::Device;
    use std::os::unix::fs::FileExt;
    use std::path::Path;

    #[test]
    fn a_place_shows_the_most_telling_thing() {
        let mut stretches = Vec::new();
        for (start, length, content) in [
            (0, 10, Content::Boot),
            (100, 50, Content::Free),
            (150, 25, Content::Data),
            (175, 25, Content::Free),
            (200, 100, Content::Data),
            (300, 1, Content::Tables),
        ] {
            push(&mut stretches, start, length, content);
        }
        assert_eq!(cell(&stretches, 0, 100), (Content::Boot, '▚'));
        assert_eq!(cell(&stretches, 50, 100), (Content::Outside, '·'));
        assert_eq!(cell(&stretches, 100, 150), (Content::Free, '░'));
        assert_eq!(cell(&stretches, 100, 200), (Content::Data, '▂'));
        assert_eq!(cell(&stretches, 200, 300), (Content::Data, '█'));
        assert_eq!(cell(&stretches, 200, 301), (Content::Tables, '▒'));
    }

    /// The places of an image with these contents, in one row, and the legend.
    fn drawn(bytes: &[u8]) -> (String, String) {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(bytes, 0).unwrap();
        let image = Image::of(Path::new("image"), file).unwrap();
        let mut lines = draw(&image, false).unwrap();
        let legend = lines.pop().unwrap();
        let rows = lines[1..].iter().map(|line| line.trim_start());
        (rows.collect(), legend.trim_start().to_owned())
    }

    /// The header of a kernel of `length` bytes.
    fn kernel(length: u32) -> [u8; SECTOR_SIZE] {
        let header = KernelHeader {
            magic: MAGIC,
            version: VERSION,
            length,
            ..KernelHeader::default()
        };
        header.to_sector()
    }

    fn run(character: &str, places: usize) -> String {
        character.repeat(places)
    }

    /// A place for each sector of a disk.
    #[test]
    fn a_disk_is_drawn() {
        let mut disk = vec![0; 256 * SECTOR_SIZE];
        let table = [
            partition_entry(KERNEL_PARTITION, true, 16, 32),
            partition_entry(MINIX_PARTITION, false, 64, 160),
            partition_entry(0x83, false, 224, 16),
            Partition::default(),
        ];
        let mut boot_sector = BootCode::none().boot_sector;
        fill_boot_sector(&mut boot_sector, Device::NONE, &table);
        disk[..SECTOR_SIZE].copy_from_slice(&boot_sector);
        disk[16 * SECTOR_SIZE..][..SECTOR_SIZE].copy_from_slice(&kernel(3072));
        let file_system = sample();
        disk[64 * SECTOR_SIZE..][..file_system.len()].copy_from_slice(&file_system);
        let (places, legend) = drawn(&disk);
        let expected = [
            run("▚", 6),
            run("·", 10),
            run("▓", 7),
            run("░", 25),
            run("·", 16),
            // Block 0, the tables, two directories and a file, and what is free.
            run("░", 2) + &run("▒", 8) + &run("█", 6) + &run("░", 144),
            run("░", 16),
            run("·", 16),
        ];
        assert_eq!(places, expected.concat());
        assert_eq!(
            legend,
            "▚ boot   ▓ kernel   ▒ bitmaps and inodes   ▁▄█ files, by how full   \
             ░ free   · no partition"
        );
    }

    /// A place for each 5760 bytes.
    #[test]
    fn a_floppy_is_drawn() {
        let mut floppy = vec![0; FLOPPY_SIZE as usize];
        floppy[BOOT_SIGNATURE_OFFSET..SECTOR_SIZE].copy_from_slice(&BOOT_SIGNATURE);
        floppy[2560..2574].copy_from_slice(b"ramdisk=64,100");
        floppy[3072..3584].copy_from_slice(&kernel(10240));
        floppy[100 << 10..164 << 10].copy_from_slice(&sample());
        let (places, _) = drawn(&floppy);
        let expected = [
            run("▚", 1),
            run("▓", 2),
            run("░", 14),
            // Super block to inodes are in bytes 103424 to 107519; the last KB of
            // files is from 109568 on, but for 128 bytes.
            run("▒", 2),
            run("▂", 1),
            run("░", 10),
            run("·", 226),
        ];
        assert_eq!(places, expected.concat());
    }

    /// A file system that can't be read, of 234 places of 11 bytes each.
    #[test]
    fn the_last_place_ends_where_the_file_does() {
        let mut bare = vec![0; 234 * 11];
        bare[1040..1042].copy_from_slice(&[0x7f, 0x13]);
        assert_eq!(drawn(&bare), (run("░", 234), "░ free".to_owned()));
    }

    #[test]
    fn colours_are_asked_for() {
        assert_eq!(paint("x", Content::Boot, true), "\x1b[31mx\x1b[0m");
        assert_eq!(paint("x", Content::Boot, false), "x");
    }
}
