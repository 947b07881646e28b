// SPDX-License-Identifier: GPL-2.0-or-later
//! The structures of a file system byte for byte, each line with what it
//! means: a [`Dump`] is text by `Display` and JSON by `Serialize`.

use crate::error::Fault;
use crate::image_path::Escaped;
use crate::ownership::{Use, kind_word, names, uses};
use abi::sys::types::{Device, Time};
use abi::time::gmtime;
use fs::layout::{
    BLOCK_SIZE, DiskInode, Geometry, INODE_SIZE, InodeNumber, STATE_ERRORS, STATE_IN_USE,
    STATE_UNKNOWN, STATE_VALID, SUPER_BLOCK, Zone, u16_at,
};
use fsck::{Blocks, Entry, UntrustedVolume, has_zones, super_block};
use serde::Serialize;
use std::fmt;

/// Bytes of a line without meaning of its own.
const LINE: usize = 16;

/// What was asked for.
#[derive(Debug, Serialize)]
pub struct Dump {
    /// What it is, whose, and where.
    pub title: String,
    /// Its bytes in order; lines of zeros without meaning are left out.
    pub lines: Vec<Line>,
    /// What else can be said.
    pub notes: Vec<String>,
}

/// Some bytes that belong together.
#[derive(Debug, Serialize)]
pub struct Line {
    /// From the start of the file system.
    pub offset: usize,
    /// The bytes.
    #[serde(serialize_with = "as_hex")]
    pub bytes: Vec<u8>,
    /// Name of the field; empty if it is one of many.
    pub field: String,
    /// What they mean.
    pub meaning: String,
}

fn as_hex<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(bytes))
}

fn hex(bytes: &[u8]) -> String {
    let words: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    words.join(" ")
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        let bytes = |line: &Line| line.bytes.len() * 3;
        let width = self.lines.iter().map(bytes).max().unwrap_or(0);
        let fields = self.lines.iter().map(|line| line.field.len());
        let field_width = fields.max().unwrap_or(0);
        let mut next = None;
        for line in &self.lines {
            if next.is_some_and(|next| next != line.offset) {
                writeln!(f, "*")?;
            }
            next = Some(line.offset + line.bytes.len());
            let text = format!(
                "{:08x}  {:width$} {:field_width$}  {}",
                line.offset,
                hex(&line.bytes),
                line.field,
                line.meaning
            );
            writeln!(f, "{}", text.trim_end())?;
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))
    }
}

/// The super block of the file system in `image`, sound or not.
pub fn dump_super(image: &[u8]) -> Result<Dump, Fault> {
    let disk = super_block(&image)?;
    let block = image.block(SUPER_BLOCK).unwrap_or(&[0; BLOCK_SIZE]);
    let magic = match disk.magic {
        0x137f => "Minix v1, names of 14 bytes",
        0x138f => "Minix v1, names of 30 bytes",
        0x2468 | 0x2478 => "Minix v2, which is not supported",
        _ => "not that of a Minix file system",
    };
    let state = match disk.state & (STATE_VALID | STATE_ERRORS | STATE_IN_USE) {
        STATE_UNKNOWN => "not marked as unmounted cleanly (0.11 never does)",
        STATE_IN_USE => "in use, or not unmounted",
        state if state & STATE_ERRORS != 0 => "errors were found",
        _ => "unmounted cleanly",
    };
    let fields: [(usize, &str, String); 9] = [
        (2, "ninodes", format!("{} inodes", disk.ninodes)),
        (2, "nzones", format!("{} blocks in all", disk.nzones)),
        (
            2,
            "imap_blocks",
            format!("{} blocks of inode bitmap", disk.imap_blocks),
        ),
        (
            2,
            "zmap_blocks",
            format!("{} blocks of zone bitmap", disk.zmap_blocks),
        ),
        (
            2,
            "firstdatazone",
            format!("data from block {} on", disk.firstdatazone),
        ),
        (
            2,
            "log_zone_size",
            format!("zones of {} KB", 1u64 << disk.log_zone_size.min(32)),
        ),
        (
            4,
            "max_size",
            format!("files of up to {} bytes", disk.max_size),
        ),
        (2, "magic", format!("{:#06x}: {magic}", disk.magic)),
        (2, "state", format!("{:#x}: {state}", disk.state)),
    ];
    let mut lines = Vec::new();
    let mut offset = 0;
    for (length, field, meaning) in fields {
        lines.push(Line {
            offset: BLOCK_SIZE + offset,
            bytes: block[offset..offset + length].to_vec(),
            field: field.into(),
            meaning,
        });
        offset += length;
    }
    let blocks = (image.len() / BLOCK_SIZE) as u32;
    let note = match Geometry::check(&disk, blocks) {
        Ok(geometry) => format!(
            "inode bitmap from block {}, zone bitmap from {}, inodes from {}, data from {} to {}",
            geometry.inode_map(),
            geometry.zone_map(),
            geometry.inode_table(),
            geometry.firstdatazone,
            geometry.nzones - 1
        ),
        Err(bad) => format!("refused: {bad}"),
    };
    Ok(Dump {
        title: "super block: block 1".into(),
        lines,
        notes: vec![note],
    })
}

/// Inode `number`.
pub fn dump_inode(volume: &UntrustedVolume<'_>, number: u16) -> Result<Dump, Fault> {
    let number = InodeNumber(number);
    if !volume.geometry.has_inode(number) {
        let problem = format!("expected 1 to {}", volume.geometry.ninodes);
        return Err(Fault::new(format!("inode {number}"), problem));
    }
    let uses = uses(volume);
    let name = &names(volume, &uses)[usize::from(number.0)];
    let (block, start) = volume.geometry.inode_place(number);
    let bytes = volume.block(block).unwrap_or(&[0; BLOCK_SIZE]);
    let inode = DiskInode::parse(bytes, start);
    let mut fields = vec![
        (
            2,
            "mode".to_owned(),
            format!("{:#o}: {}", inode.mode, kind_word(inode.mode)),
        ),
        (2, "uid".into(), inode.uid.to_string()),
        (4, "size".into(), format!("{} bytes", inode.size)),
        (4, "time".into(), date(inode.time)),
        (1, "gid".into(), inode.gid.to_string()),
        (1, "nlinks".into(), format!("names: {}", inode.nlinks)),
    ];
    for (slot, zone) in inode.zones.iter().enumerate() {
        let what = match slot {
            0 if !has_zones(inode.mode) && inode.mode != 0 => {
                let device = Device(zone.0);
                format!("device {},{}", device.major(), device.minor())
            }
            _ if zone.is_hole() => String::new(),
            7 => format!("zone {zone}: lists the next 512 blocks"),
            8 => format!("zone {zone}: lists lists of blocks"),
            _ => format!("zone {zone}"),
        };
        fields.push((2, format!("zone[{slot}]"), what));
    }
    let mut lines = Vec::new();
    let mut offset = 0;
    for (length, field, meaning) in fields {
        lines.push(Line {
            offset: block as usize * BLOCK_SIZE + start + offset,
            bytes: bytes[start + offset..start + offset + length].to_vec(),
            field,
            meaning,
        });
        offset += length;
    }
    debug_assert_eq!(offset, INODE_SIZE);
    let marked = match volume.is_inode_marked(number) {
        true => "used",
        false => "free",
    };
    let name = if name.is_empty() {
        "in no directory"
    } else {
        name
    };
    Ok(Dump {
        title: format!("inode {number}: block {block}, byte {start}; {name}; marked {marked}"),
        lines,
        notes: zones_note(volume, &inode),
    })
}

/// All zones of a file, as runs.
fn zones_note(volume: &UntrustedVolume<'_>, inode: &DiskInode) -> Vec<String> {
    if !has_zones(inode.mode) {
        return Vec::new();
    }
    let blocks = volume.file_blocks(inode);
    let runs = blocks.chunk_by(|a, b| match (a, b) {
        (Some(a), Some(b)) => a.0.checked_add(1) == Some(b.0),
        (None, None) => true,
        _ => false,
    });
    let words: Vec<String> = runs
        .map(|run| match run {
            [Some(zone)] => zone.to_string(),
            [Some(first), .., Some(last)] => format!("{first}-{last}"),
            holes => format!("({} not there)", holes.len()),
        })
        .collect();
    match words.is_empty() {
        true => vec!["no data".into()],
        false => vec![format!("data in zones {}", words.join(", "))],
    }
}

fn date(time: Time) -> String {
    let tm = gmtime(time);
    format!(
        "{}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
        tm.tm_year + 1900,
        tm.tm_mon + 1,
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec
    )
}

/// Block `number` of the file system.
pub fn dump_zone(volume: &UntrustedVolume<'_>, number: u16) -> Result<Dump, Fault> {
    let Some(block) = volume.block(number.into()) else {
        let last = volume.blocks.count() - 1;
        let problem = format!("expected 0 to {last}");
        return Err(Fault::new(format!("zone {number}"), problem));
    };
    let uses = uses(volume);
    let used = uses.get(usize::from(number)).copied().unwrap_or(Use::Free);
    let names = names(volume, &uses);
    let owner = |number: InodeNumber| {
        let name = &names[usize::from(number.0)];
        format!(
            "inode {number} ({})",
            if name.is_empty() {
                "in no directory"
            } else {
                name
            }
        )
    };
    let whose = match used {
        Use::Boot => "boot block".into(),
        Use::Super => "super block".into(),
        Use::InodeMap => "inode bitmap".into(),
        Use::ZoneMap => "zone bitmap".into(),
        Use::InodeTable => "inode table".into(),
        Use::Free => "free".into(),
        Use::Lost => "marked used, but in no file".into(),
        Use::File(number) => format!("contents of {}", owner(number)),
        Use::Directory(number) => format!("entries of {}", owner(number)),
        Use::List(number) => format!("list of zones of {}", owner(number)),
    };
    let start = usize::from(number) * BLOCK_SIZE;
    let lines = match used {
        Use::Directory(_) => lines_of(block, volume.geometry.entry_size(), start, entry_meaning),
        Use::List(_) => lines_of(block, LINE, start, list_meaning),
        _ => lines_of(block, LINE, start, text_meaning),
    };
    Ok(Dump {
        title: format!("zone {number}: {whose}"),
        lines,
        notes: Vec::new(),
    })
}

/// Cuts a block into lines; leaves out what is all zeros.
fn lines_of(block: &[u8], size: usize, start: usize, meaning: fn(&[u8]) -> String) -> Vec<Line> {
    let lines = (start..).step_by(size).zip(block.chunks(size));
    lines
        .filter(|(_, bytes)| bytes.iter().any(|&byte| byte != 0))
        .map(|(offset, bytes)| Line {
            offset,
            bytes: bytes.to_vec(),
            field: String::new(),
            meaning: meaning(bytes),
        })
        .collect()
}

fn entry_meaning(bytes: &[u8]) -> String {
    let entry = Entry::parse(bytes);
    let name = Escaped(&entry.name);
    match entry.number.0 {
        0 => format!("free, was `{name}`"),
        number => format!("`{name}` is inode {number}"),
    }
}

fn list_meaning(bytes: &[u8]) -> String {
    let numbers: Vec<String> = bytes
        .chunks_exact(2)
        .map(|entry| format!("{:>5}", Zone(u16_at(entry, 0)).to_string()))
        .collect();
    numbers.join(" ")
}

fn text_meaning(bytes: &[u8]) -> String {
    let shown = |&byte: &u8| match byte {
        b' '..=b'~' => char::from(byte),
        _ => '.',
    };
    format!("|{}|", bytes.iter().map(shown).collect::<String>())
}

/// The bitmap of inodes, or that of zones.
pub fn dump_bitmap(volume: &UntrustedVolume<'_>, of_zones: bool) -> Dump {
    let geometry = &volume.geometry;
    let (what, map, blocks, last, first) = match of_zones {
        false => {
            let last = u32::from(geometry.ninodes);
            ("inode", geometry.inode_map(), geometry.imap_blocks, last, 1)
        }
        true => {
            let first = u32::from(geometry.firstdatazone);
            let last = geometry.data_zones();
            (
                "zone",
                geometry.zone_map(),
                geometry.zmap_blocks,
                last,
                first,
            )
        }
    };
    let mut lines = Vec::new();
    const LINES: u32 = (BLOCK_SIZE / LINE) as u32;
    for line in 0..u32::from(blocks) * LINES {
        let bits = line * LINE as u32 * 8..(line + 1) * LINE as u32 * 8;
        let offset = map as usize * BLOCK_SIZE + line as usize * LINE;
        let block = volume.block(map + line / LINES).unwrap_or(&[0; BLOCK_SIZE]);
        let bytes = &block[offset % BLOCK_SIZE..][..LINE];
        let (low, high) = (bits.start.max(1), (bits.end - 1).min(last));
        if low > high || bytes.iter().all(|&byte| byte == 0) {
            continue;
        }
        let used = (low..=high).filter(|&bit| volume.bit(map, bit)).count();
        let (from, to) = (first + low - 1, first + high - 1);
        lines.push(Line {
            offset,
            bytes: bytes.to_vec(),
            field: String::new(),
            meaning: format!("{from} to {to}: {used} used"),
        });
    }
    let used = (1..=last).filter(|&bit| volume.bit(map, bit)).count();
    Dump {
        title: format!(
            "{what} bitmap: {blocks} blocks from block {map}; bit 1 is {what} {first}, \
             bit {last} is {what} {}",
            first + last - 1
        ),
        lines,
        notes: vec![format!("{used} of {last} {what}s used")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root_fs::make;
    use crate::sample::sample;
    use fs::host::MemoryDisk;
    use fs::mkfs::Options;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;
    use std::path::Path;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(11), cases: 200, ..ProptestConfig::default() })]

        /// What shows structures copes with all that they can hold.
        #[test]
        fn of_anything(
            changes in prop::collection::vec((2..10usize, 0..BLOCK_SIZE, any::<u8>()), 1..200),
            number in 0..12u16,
        ) {
            let disk = MemoryDisk::new(64);
            make(Path::new("image"), disk.clone(), &Options::new(64), 0).unwrap();
            let mut image = disk.to_bytes();
            for (block, offset, value) in changes {
                image[block * BLOCK_SIZE + offset] = value;
            }
            let volume = UntrustedVolume::open(&image).unwrap();
            let _ = dump_inode(&volume, number).map(|dump| dump.to_string());
            dump_zone(&volume, number).unwrap().to_string();
            dump_bitmap(&volume, number % 2 == 0).to_string();
        }
    }

    /// The sample with these 16-bit numbers at these bytes.
    fn changed(changes: &[(usize, u16)]) -> Vec<u8> {
        let mut image = sample();
        for &(offset, value) in changes {
            image[offset..offset + 2].copy_from_slice(&value.to_le_bytes());
        }
        image
    }

    #[test]
    fn words_for_magic_state_and_zone_size() {
        let meaning = |offset, value, field| {
            let dump = dump_super(&changed(&[(BLOCK_SIZE + offset, value)])).unwrap();
            let line = dump.lines.into_iter().find(|line| line.field == field);
            line.unwrap().meaning
        };
        for (magic, expected) in [
            (0x138f, "0x138f: Minix v1, names of 30 bytes"),
            (0x2468, "0x2468: Minix v2, which is not supported"),
            (0x2478, "0x2478: Minix v2, which is not supported"),
            (0x1234, "0x1234: not that of a Minix file system"),
        ] {
            assert_eq!(meaning(16, magic, "magic"), expected);
        }
        for (state, expected) in [
            (0, "0x0: not marked as unmounted cleanly (0.11 never does)"),
            (1, "0x1: unmounted cleanly"),
            (2, "0x2: errors were found"),
            (3, "0x3: errors were found"),
            (4, "0x4: in use, or not unmounted"),
            (5, "0x5: unmounted cleanly"),
            (6, "0x6: errors were found"),
            // The other bits mean nothing.
            (
                0x10,
                "0x10: not marked as unmounted cleanly (0.11 never does)",
            ),
        ] {
            assert_eq!(meaning(18, state, "state"), expected);
        }
        assert_eq!(meaning(10, 2, "log_zone_size"), "zones of 4 KB");
    }

    /// More zones than blocks are refused, and as many are not.
    #[test]
    fn the_super_block_is_checked_against_the_blocks() {
        let note = |zones| {
            let dump = dump_super(&changed(&[(BLOCK_SIZE + 2, zones)])).unwrap();
            dump.notes.concat()
        };
        assert_eq!(
            note(64),
            "inode bitmap from block 2, zone bitmap from 3, inodes from 4, data from 5 to 63"
        );
        assert!(note(65).starts_with("refused: more zones than the device"));
    }

    #[test]
    fn a_file_with_lists_and_holes() {
        // /d/f: zones 7, none, 8, 9, 6 none, a list in 10 and a list of lists in 11.
        let zones = 4 * BLOCK_SIZE + 2 * INODE_SIZE + 14;
        let mut changes = vec![
            (zones + 4, 8),
            (zones + 6, 9),
            (zones + 14, 10),
            (zones + 16, 11),
        ];
        // The first entry of the list is a zone, the second and third are holes.
        changes.extend([(10 * BLOCK_SIZE, 12), (10 * BLOCK_SIZE + 6, 13)]);
        changes.push((3 * BLOCK_SIZE, 0b11_1111_1111));
        let mut image = changed(&changes);
        let size = 4 * BLOCK_SIZE + 2 * INODE_SIZE + 4;
        image[size..size + 4].copy_from_slice(&(11 * 1024u32).to_le_bytes());
        let volume = UntrustedVolume::open(&image).unwrap();
        let inode = dump_inode(&volume, 3).unwrap();
        let meaning = |field: &str| {
            let line = inode.lines.iter().find(|line| line.field == field);
            line.unwrap().meaning.as_str()
        };
        assert_eq!(meaning("zone[1]"), "");
        assert_eq!(meaning("zone[7]"), "zone 10: lists the next 512 blocks");
        assert_eq!(meaning("zone[8]"), "zone 11: lists lists of blocks");
        let data = "data in zones 7, (1 not there), 8-9, (3 not there), 12, (2 not there), 13";
        assert_eq!(inode.notes, [data]);

        let list = dump_zone(&volume, 10).unwrap();
        assert_eq!(list.title, "zone 10: list of zones of inode 3 (/d/f)");
        let [line] = &list.lines[..] else {
            panic!("one line: {list}")
        };
        assert_eq!(line.offset, 10 * BLOCK_SIZE);
        assert_eq!(
            line.meaning,
            "   12     0     0    13     0     0     0     0"
        );
    }

    #[test]
    fn contents_are_shown_as_text() {
        let mut image = sample();
        image[7 * BLOCK_SIZE..][..18].copy_from_slice(b"\x1f ~\x7f\xe4Minix 0.11 te");
        let volume = UntrustedVolume::open(&image).unwrap();
        let file = dump_zone(&volume, 7).unwrap();
        assert_eq!(file.title, "zone 7: contents of inode 3 (/d/f)");
        let meanings: Vec<_> = file.lines.iter().map(|it| it.meaning.as_str()).collect();
        assert_eq!(meanings, ["|. ~..Minix 0.11 |", "|te..............|"]);
    }

    /// The lines of a bitmap of zones, of which bit 1 is the first data zone.
    #[test]
    fn bitmaps_line_by_line() {
        // 300 data zones, so bits 1 to 300 in lines of 128.
        let mut image = vec![0; 305 * BLOCK_SIZE];
        image[..64 * BLOCK_SIZE].copy_from_slice(&changed(&[(BLOCK_SIZE + 2, 305)]));
        image[3 * BLOCK_SIZE..4 * BLOCK_SIZE].fill(0xff);
        image[3 * BLOCK_SIZE + 16..3 * BLOCK_SIZE + 32].fill(0);
        let volume = UntrustedVolume::open(&image).unwrap();
        let dump = dump_bitmap(&volume, true);
        assert_eq!(
            dump.title,
            "zone bitmap: 1 blocks from block 3; bit 1 is zone 5, bit 300 is zone 304"
        );
        let lines: Vec<_> = dump
            .lines
            .iter()
            .map(|it| (it.offset, it.meaning.as_str()))
            .collect();
        let start = 3 * BLOCK_SIZE;
        assert_eq!(
            lines,
            [
                (start, "5 to 131: 127 used"),
                (start + 32, "260 to 304: 45 used")
            ]
        );
        assert!(dump.lines.iter().all(|line| line.bytes.len() == LINE));
        assert_eq!(dump.notes, ["172 of 300 zones used"]);

        // Two blocks of a bitmap.
        let counts = [(2, 9000), (6, 2), (8, 6)].map(|(at, value)| (BLOCK_SIZE + at, value));
        let mut large = changed(&counts);
        large.resize(9000 * BLOCK_SIZE, 0);
        large[4 * BLOCK_SIZE + 8994 / 8 - 8192 / 8] |= 1 << (8994 % 8);
        let volume = UntrustedVolume::open(&large).unwrap();
        let last = dump_bitmap(&volume, true).lines.pop().unwrap();
        assert_eq!(last.meaning, "8965 to 8999: 1 used");

        // The last bit is the first of a line.
        image[BLOCK_SIZE + 2..BLOCK_SIZE + 4].copy_from_slice(&(5u16 + 256).to_le_bytes());
        let volume = UntrustedVolume::open(&image).unwrap();
        let last = dump_bitmap(&volume, true).lines.pop().unwrap();
        assert_eq!(last.meaning, "260 to 260: 1 used");
    }
}
