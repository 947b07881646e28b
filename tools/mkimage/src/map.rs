// SPDX-License-Identifier: GPL-2.0-or-later
//! A picture of the disk as SVG: the whole disk to scale as a bar, and below
//! it each block of the file system as a square, coloured by whose it is.
//!
//! The picture needs nothing beside it, and the same image gives the same
//! bytes. Each piece tells its name when the mouse points at it.

use crate::disk::{COMMAND_LINE_LBA, Layout, Region, SECTOR_SIZE};
use crate::error::{FaultContext, Result};
use crate::image::Image;
use crate::kernel_header::KernelHeader;
use crate::ownership::{Use, names, uses};
use fs::layout::{BLOCK_SIZE, InodeNumber};
use fsck::UntrustedVolume;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Width of the bar and the squares.
const WIDTH: usize = 1152;
const MARGIN: usize = 24;
const BAR_TOP: usize = 72;
const BAR_HEIGHT: usize = 36;
/// Where the squares begin.
const GRID_TOP: usize = 168;
/// Files that get a colour of their own.
const LARGEST: usize = 12;
/// More rows of free blocks than this become one band.
const FREE_ROWS: usize = 3;
/// Height of such a band.
const BAND: f64 = 30.0;
/// Pieces of the bar that the file system is shown in.
const BAR_STEP: f64 = 2.0;

const BOOT: &str = "#c0392b";
const KERNEL: &str = "#2e8b57";
const SUPER: &str = "#8e44ad";
const INODE_MAP: &str = "#b07cc6";
const ZONE_MAP: &str = "#d2b4de";
const INODE_TABLE: &str = "#f0b429";
const DIRECTORY: &str = "#17202a";
const LIST: &str = "#7f8c8d";
const LOST: &str = "#ff00aa";
const FREE: &str = "#eceff1";
const OUTSIDE: &str = "#ffffff";
/// Smaller files take turns, so that neighbours can be told apart.
const SMALL: [&str; 3] = ["#90a4c0", "#a9b9cf", "#7b92b2"];
const LARGE: [&str; LARGEST] = [
    "#1f77b4", "#e8743b", "#19a979", "#ed4a7b", "#945ecf", "#13a4b4", "#525df4", "#bf399e",
    "#8c564b", "#ee6868", "#2f6497", "#8fbc3f",
];

/// The picture of an image, and of the file system of partition `number` or
/// the root's.
pub fn svg(image: &Image, number: Option<u8>) -> Result<String> {
    let region = image.file_system(number)?;
    let bytes = image.read(region)?;
    let volume = UntrustedVolume::open(&bytes).in_file(&image.path)?;
    let mut picture = Picture::default();
    let uses = uses(&volume);
    let names = names(&volume, &uses);
    let largest = largest(&uses);
    picture.bar(image, region, &uses)?;
    picture.squares(&uses, &names, &largest);
    picture.describe(&uses, &names, &largest);
    let name = image.path.file_name().unwrap_or_default().to_string_lossy();
    Ok(picture.finish(&name, image.length, &volume))
}

#[derive(Default)]
struct Picture {
    body: String,
    legend: Vec<(&'static str, String)>,
    height: usize,
}

/// What XML can't have as it is.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character if character.is_control() => escaped.push('\u{fffd}'),
            // Not allowed in XML at all.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

impl Picture {
    fn rectangle(&mut self, [x, y, width, height]: [f64; 4], colour: &str, title: &str) {
        // Writing to a String can't fail.
        let _ = writeln!(
            self.body,
            "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\" \
             fill=\"{colour}\"><title>{}</title></rect>",
            escape(title)
        );
    }

    fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{}</text>",
            escape(text)
        );
    }

    /// The whole disk to scale; what is too narrow to be seen gets two units.
    fn bar(&mut self, image: &Image, shown: Region, uses: &[Use]) -> Result<()> {
        let scale = WIDTH as f64 / image.length.max(1) as f64;
        let mut piece = |start: u64, length: u64, colour: &str, title: &str| {
            let x = MARGIN as f64 + start as f64 * scale;
            let width = (length as f64 * scale).max(2.0);
            let place = [x, BAR_TOP as f64, width, BAR_HEIGHT as f64];
            self.rectangle(place, colour, title);
            x
        };
        piece(0, image.length, OUTSIDE, "not in a partition");
        let mut labels = Vec::new();
        if !matches!(image.layout, Layout::Bare) {
            let boot = match image.layout.kernel() {
                Ok(_) => COMMAND_LINE_LBA + 1,
                Err(_) => 1,
            };
            let title = format!("boot: sectors 0 to {}", boot - 1);
            piece(0, u64::from(boot) * SECTOR_SIZE as u64, BOOT, &title);
        }
        if let Layout::Floppy { regions, .. } = &image.layout {
            let Region { start, length } = regions.kernel;
            piece(start, length, KERNEL, "kernel, and free sectors behind it");
        }
        if let Layout::Partitioned { table, .. } = &image.layout {
            for (number, entry) in (1..).zip(table).filter(|(_, entry)| !entry.is_unused()) {
                let Region { start, length } = Region::of(entry);
                let title = format!(
                    "partition {number}, type {:02X}h: {} KB from sector {}",
                    entry.sys_ind,
                    entry.nr_sects / 2,
                    entry.start_sect
                );
                let colour = if entry.is_minix() { SMALL[1] } else { FREE };
                let x = piece(start, length, colour, &title);
                labels.push((x, format!("{number}: {} KB", entry.nr_sects / 2)));
                let sector = Region {
                    start,
                    length: SECTOR_SIZE as u64,
                };
                if let Ok(header) = KernelHeader::parse(&image.read(sector)?) {
                    let title = format!("kernel: {} bytes", header.length);
                    piece(start, u64::from(header.length).min(length), KERNEL, &title);
                }
            }
        }
        self.bar_of_file_system(scale, shown.start, uses);
        let _ = writeln!(
            self.body,
            "<rect x=\"{MARGIN}\" y=\"{BAR_TOP}\" width=\"{WIDTH}\" height=\"{BAR_HEIGHT}\" \
             fill=\"none\" stroke=\"#90a4ae\"/>"
        );
        for (x, label) in labels {
            self.text(x + 4.0, (BAR_TOP + BAR_HEIGHT + 16) as f64, "small", &label);
        }
        if !matches!(image.layout, Layout::Bare) {
            self.legend.push((BOOT, "boot code, command line".into()));
            self.legend.push((KERNEL, "kernel".into()));
        }
        Ok(())
    }

    /// What is used of the file system, in its place on the bar.
    fn bar_of_file_system(&mut self, scale: f64, start: u64, uses: &[Use]) {
        let x = MARGIN as f64 + start as f64 * scale;
        let width = (uses.len() * BLOCK_SIZE) as f64 * scale;
        let steps = ((width / BAR_STEP) as usize).max(1);
        let telling = |step: usize| {
            let blocks = step * uses.len() / steps..(step + 1) * uses.len() / steps;
            let ranks = uses[blocks].iter().map(|used| match used {
                Use::Free | Use::Boot => (0, FREE, "free"),
                Use::Super | Use::InodeMap | Use::ZoneMap | Use::InodeTable => {
                    (2, INODE_TABLE, "bitmaps and inodes")
                }
                _ => (1, SMALL[2], "files"),
            });
            ranks.max().unwrap_or((0, FREE, "free"))
        };
        let steps: Vec<_> = (0..steps).map(telling).collect();
        let step_width = width / steps.len() as f64;
        let mut done = 0;
        for run in steps.chunk_by(|a, b| a == b) {
            let place = [
                x + done as f64 * step_width,
                BAR_TOP as f64,
                run.len() as f64 * step_width,
                BAR_HEIGHT as f64,
            ];
            self.rectangle(place, run[0].1, run[0].2);
            done += run.len();
        }
    }

    /// A square for each block, a band for many rows of free ones.
    fn squares(&mut self, uses: &[Use], names: &[String], largest: &[InodeNumber]) {
        let columns = columns(uses);
        let cell = WIDTH as f64 / columns as f64;
        let rows: Vec<&[Use]> = uses.chunks(columns).collect();
        let is_free = |row: &[Use]| row.iter().all(|used| *used == Use::Free);
        let mut y = GRID_TOP as f64;
        let mut first = 0;
        for group in rows.chunk_by(|a, b| is_free(a) && is_free(b)) {
            let blocks = group.iter().map(|row| row.len()).sum::<usize>();
            if group.len() > FREE_ROWS {
                let title = title(Use::Free, first, blocks, names);
                let place = [MARGIN as f64, y, WIDTH as f64 - 1.0, BAND - 1.0];
                self.rectangle(place, FREE, &title);
                self.text(MARGIN as f64 + 10.0, y + 19.0, "small", &title);
                y += BAND;
                first += blocks;
                continue;
            }
            for row in group {
                self.row(row, first, [y, cell], names, largest);
                y += cell;
                first += row.len();
            }
        }
        self.height = y.ceil() as usize;
    }

    fn row(
        &mut self,
        row: &[Use],
        mut first: usize,
        [y, cell]: [f64; 2],
        names: &[String],
        largest: &[InodeNumber],
    ) {
        let gap = if cell >= 6.0 { 1.0 } else { 0.4 };
        let mut x = MARGIN as f64;
        for run in row.chunk_by(|a, b| a == b) {
            let width = run.len() as f64 * cell;
            let title = title(run[0], first, run.len(), names);
            let place = [x, y, width - gap, cell - gap];
            self.rectangle(place, colour(run[0], largest), &title);
            x += width;
            first += run.len();
        }
    }

    /// The legend's lines, for what there is.
    fn describe(&mut self, uses: &[Use], names: &[String], largest: &[InodeNumber]) {
        let count = |test: &dyn Fn(&Use) -> bool| uses.iter().filter(|used| test(used)).count();
        for (example, word) in [
            (Use::Boot, "boot block"),
            (Use::Super, "super block"),
            (Use::InodeMap, "inode bitmap"),
            (Use::ZoneMap, "zone bitmap"),
            (Use::InodeTable, "inode table"),
            (Use::Lost, "marked used, but in no file"),
            (Use::Free, "free"),
        ] {
            let blocks = count(&|used| *used == example);
            if blocks > 0 {
                let line = format!("{word}: {blocks} KB");
                self.legend.push((colour(example, &[]), line));
            }
        }
        let directories = count(&|used| matches!(used, Use::Directory(_)));
        self.legend
            .push((DIRECTORY, format!("directories: {directories} KB")));
        let lists = count(&|used| matches!(used, Use::List(_)));
        self.legend
            .push((LIST, format!("lists of zones: {lists} KB")));
        for number in largest {
            let blocks = count(&|used| *used == Use::File(*number));
            let name = &names[usize::from(number.0)];
            let name = if name.is_empty() {
                "in no directory"
            } else {
                name
            };
            let line = format!("{name}: {blocks} KB");
            self.legend
                .push((colour(Use::File(*number), largest), line));
        }
        let small = count(&|used| match used {
            Use::File(number) => !largest.contains(number),
            _ => false,
        });
        self.legend
            .push((SMALL[0], format!("other files: {small} KB")));
    }

    fn finish(mut self, name: &str, length: u64, volume: &UntrustedVolume<'_>) -> String {
        let title = format!("{name}: {} KB", length / 1024);
        self.text(MARGIN as f64, 40.0, "title", &title);
        self.text(MARGIN as f64, 62.0, "small", "the disk, to scale");
        let caption = format!(
            "the file system, a square for each of its {} blocks of 1 KB",
            volume.geometry.nzones
        );
        self.text(MARGIN as f64, (GRID_TOP - 12) as f64, "small", &caption);
        const LEGEND_COLUMNS: usize = 4;
        let top = self.height + 36;
        let rows = self.legend.len().div_ceil(LEGEND_COLUMNS);
        for (index, (colour, text)) in std::mem::take(&mut self.legend).into_iter().enumerate() {
            let x = (MARGIN + index / rows * (WIDTH / LEGEND_COLUMNS)) as f64;
            let y = (top + index % rows * 22) as f64;
            self.rectangle([x, y - 11.0, 14.0, 14.0], colour, &text);
            self.text(x + 22.0, y, "legend", &text);
        }
        let (width, height) = (WIDTH + 2 * MARGIN, top + rows * 22 + MARGIN);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\">\n\
             <title>{}</title>\n\
             <style>text {{ font-family: sans-serif; fill: #263238 }} .title {{ font-size: 22px; \
             font-weight: bold }} .small {{ font-size: 13px; fill: #546e7a }} \
             .legend {{ font-size: 13px }}</style>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#fafbfc\"/>\n{}</svg>\n",
            escape(&title),
            self.body
        )
    }
}

/// Squares of a row: a multiple of 32, such that the blocks in use make a
/// picture of good proportions, of squares that are neither points nor boards.
fn columns(uses: &[Use]) -> usize {
    let used = uses.iter().filter(|used| **used != Use::Free).count();
    let ideal = (used as f64 * 1.8).sqrt() as usize;
    ideal.next_multiple_of(32).clamp(64, 288)
}

/// The files with the most blocks, the largest first.
fn largest(uses: &[Use]) -> Vec<InodeNumber> {
    let mut blocks: BTreeMap<u16, usize> = BTreeMap::new();
    for used in uses {
        if let Use::File(number) = used {
            *blocks.entry(number.0).or_default() += 1;
        }
    }
    let mut files: Vec<(u16, usize)> = blocks.into_iter().collect();
    files.sort_by_key(|&(number, count)| (std::cmp::Reverse(count), number));
    let largest = files.into_iter().take(LARGEST);
    largest.map(|(number, _)| InodeNumber(number)).collect()
}

fn colour(used: Use, largest: &[InodeNumber]) -> &'static str {
    match used {
        Use::Boot => BOOT,
        Use::Super => SUPER,
        Use::InodeMap => INODE_MAP,
        Use::ZoneMap => ZONE_MAP,
        Use::InodeTable => INODE_TABLE,
        Use::Directory(_) => DIRECTORY,
        Use::List(_) => LIST,
        Use::Lost => LOST,
        Use::Free => FREE,
        Use::File(number) => match largest.iter().position(|other| *other == number) {
            Some(index) => LARGE[index % LARGE.len()],
            None => SMALL[usize::from(number.0) % SMALL.len()],
        },
    }
}

fn title(used: Use, first: usize, count: usize, names: &[String]) -> String {
    let what = match used {
        Use::Boot => "boot block".into(),
        Use::Super => "super block".into(),
        Use::InodeMap => "inode bitmap".into(),
        Use::ZoneMap => "zone bitmap".into(),
        Use::InodeTable => "inode table".into(),
        Use::Lost => "marked used, but in no file".into(),
        Use::Free => "free".into(),
        Use::File(number) | Use::Directory(number) | Use::List(number) => {
            let name = &names[usize::from(number.0)];
            let name = if name.is_empty() {
                "in no directory"
            } else {
                name
            };
            let list = if let Use::List(_) = used {
                ", list of zones"
            } else {
                ""
            };
            format!("{name} (inode {number}){list}")
        }
    };
    match count {
        1 => format!("block {first}: {what}"),
        _ => format!("blocks {first} to {}: {what}", first + count - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::BootCode;
    use crate::disk::{
        KERNEL_PARTITION, MINIX_PARTITION, Partition, fill_boot_sector, partition_entry,
    };
    use crate::kernel_header::{MAGIC, VERSION};
    use crate::sample::sample;
    use abi::sys::types::Device;
    use fs::layout::INODE_SIZE;
    use std::os::unix::fs::FileExt;
    use std::path::Path;

    #[test]
    fn what_xml_cannot_have() {
        assert_eq!(escape("a<b>&\"\u{1}"), "a&lt;b&gt;&amp;&quot;\u{fffd}");
    }

    #[test]
    fn the_largest_files_come_first() {
        let file = |number| Use::File(InodeNumber(number));
        let uses = [
            file(9),
            file(4),
            Use::Free,
            file(7),
            file(7),
            file(4),
            file(4),
        ];
        assert_eq!(largest(&uses), [4, 7, 9].map(InodeNumber));
    }

    /// The sample as it is, but of 640 blocks, of which the last is lost, and one in
    /// the fifth row of squares.
    fn tall_sample() -> Vec<u8> {
        let mut image = sample();
        image.resize(640 * BLOCK_SIZE, 0);
        image[BLOCK_SIZE + 2..BLOCK_SIZE + 4].copy_from_slice(&640u16.to_le_bytes());
        // Bit 1 is zone 5.
        for zone in [4 * 64 + 10, 639] {
            let bit = zone - 4;
            image[3 * BLOCK_SIZE + bit / 8] |= 1 << (bit % 8);
        }
        image
    }

    fn picture_of(bytes: &[u8], number: Option<u8>) -> String {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(bytes, 0).unwrap();
        let image = Image::of(Path::new("folder/disk.img"), file).unwrap();
        svg(&image, number).unwrap()
    }

    /// Three rows of free blocks are shown, and four are a band. All of the picture
    /// is in `map/disk.svg`, to be looked at when it changes.
    #[test]
    fn the_picture_of_a_disk() {
        let mut disk = vec![0; 1024 * 1024];
        let table = [
            partition_entry(KERNEL_PARTITION, true, 64, 128),
            Partition::default(),
            partition_entry(MINIX_PARTITION, false, 256, 1300),
            partition_entry(0x83, false, 1600, 200),
        ];
        let mut boot_sector = BootCode::none().boot_sector;
        fill_boot_sector(&mut boot_sector, Device::NONE, &table);
        disk[..SECTOR_SIZE].copy_from_slice(&boot_sector);
        let header = KernelHeader {
            magic: MAGIC,
            version: VERSION,
            length: 20 * 1024,
            ..KernelHeader::default()
        };
        disk[64 * SECTOR_SIZE..65 * SECTOR_SIZE].copy_from_slice(&header.to_sector());
        let file_system = tall_sample();
        disk[256 * SECTOR_SIZE..][..file_system.len()].copy_from_slice(&file_system);
        let picture = picture_of(&disk, Some(3));
        assert!(picture == include_str!("map/disk.svg"), "{picture}");
    }

    /// More files than have a colour of their own, with lists of zones.
    #[test]
    fn the_picture_of_many_files() {
        let mut image = tall_sample();
        let inode = |number: usize| 4 * BLOCK_SIZE + (number - 1) * INODE_SIZE;
        image[2 * BLOCK_SIZE] = 0xff;
        image[2 * BLOCK_SIZE + 1] = 0xff;
        image[2 * BLOCK_SIZE + 2] = 0x1f;
        for number in 4..=20u16 {
            let at = inode(number.into());
            image[at..at + 2].copy_from_slice(&0o100_644u16.to_le_bytes());
            let zones = [
                20 + 3 * number,
                21 + 3 * number,
                0,
                0,
                0,
                0,
                0,
                22 + 3 * number,
            ];
            // The first ones have one block less.
            for (slot, zone) in zones.into_iter().enumerate().skip(usize::from(number < 7)) {
                let at = at + 14 + 2 * slot;
                image[at..at + 2].copy_from_slice(&zone.to_le_bytes());
            }
        }
        let picture = picture_of(&image, None);
        let legend = |text: &str| picture.contains(&format!("\"legend\">{text}</text>"));
        assert!(legend("lists of zones: 17 KB") && legend("directories: 2 KB"));
        // 12 of 14 files with two blocks are named.
        assert_eq!(
            picture.matches("\"legend\">in no directory: 2 KB<").count(),
            12
        );
        assert!(legend("other files: 8 KB"), "{picture}");
        for colour in LARGE {
            assert!(picture.contains(colour), "{colour}");
        }
        assert!(!picture.contains(">boot code") && !picture.contains(">boot: "));
        // What there is not is not in the legend.
        let lost = ">marked used, but in no file: ";
        assert!(picture.contains(lost) && !picture_of(&sample(), None).contains(lost));
    }

    #[test]
    fn squares_are_neither_points_nor_boards() {
        for blocks in [10, 360, 1440, 27720, 65535] {
            let columns = columns(&vec![Use::Lost; blocks]);
            let side = WIDTH / columns;
            assert!((4..=18).contains(&side), "{blocks}: {side}");
            assert!(blocks.div_ceil(columns) * side < 1300, "{blocks}");
        }
        assert_eq!(columns(&[Use::Free; 65535]), 64);
        // The root of 49896 is 223.
        assert_eq!(columns(&[Use::Lost; 27720]), 224);
    }
}
