// SPDX-License-Identifier: GPL-2.0-or-later
//! `fdisk [-l] [disk...]`: lists the partitions of disks, `/dev/hd0` and `/dev/hd5` if
//! none is named. `-l` changes nothing: it only lists. Sizes are kilobytes.
//!
//! The table is in the first sector of the disk, at byte 446: four entries of 16 bytes,
//! and the signature 55 AA at the end.
#![no_std]
#![no_main]

use core::ffi::CStr;
use lib::println;
use lib::user::calls::File;
use lib::user::stdio;
use programs::command::{At, Outcome, complain, options, report, status};
use programs::io::Read;

lib::program!(main);

const SECTOR: usize = 512;
/// Where the table is.
const TABLE: usize = 446;
const ENTRY: usize = 16;
const SIGNATURE: [u8; 2] = [0x55, 0xaa];

fn main() -> i32 {
    let options = options("l", "fdisk [-l] [disk...]");
    let named = !options.operands.is_empty();
    let both = [c"/dev/hd0", c"/dev/hd5"];
    let disks = if named {
        options.operands.as_slice()
    } else {
        &both
    };
    for disk in disks {
        // That there is no second disk is no error.
        if named || File::open(disk).is_ok() {
            report(list(disk));
        }
    }
    status()
}

fn list(disk: &CStr) -> Outcome {
    let mut file = File::open(disk).at(disk)?;
    let mut sector = [0; SECTOR];
    file.read_exact(&mut sector).at(disk)?;
    if !sector.ends_with(&SIGNATURE) {
        complain(&[disk.to_bytes()], "no partition table");
        return Ok(());
    }
    stdio::put(disk.to_bytes());
    println!(":\n    Boot      Start        End       Size  Type");
    let table = sector
        .get(TABLE..SECTOR - SIGNATURE.len())
        .unwrap_or_default();
    for (number, entry) in (1..).zip(table.chunks_exact(ENTRY)) {
        let word = |at: usize| {
            let bytes = entry.get(at..at + 4).unwrap_or_default();
            bytes.try_into().map_or(0, u32::from_le_bytes)
        };
        let (active, kind) = (entry.first() == Some(&0x80), entry.get(4).copied());
        let (kind, start, count) = (kind.unwrap_or(0), word(8), word(12));
        if kind != 0 {
            let boot = if active { '*' } else { ' ' };
            let end = start.wrapping_add(count).wrapping_sub(1);
            let name = kind_name(kind);
            println!(
                "{number:3} {boot}    {start:10} {end:10} {:10}  {kind:2x} {name}",
                count / 2
            );
        }
    }
    Ok(())
}

/// What the more common types of partitions are for.
fn kind_name(kind: u8) -> &'static str {
    match kind {
        0x01 | 0x04 | 0x06 | 0x0b | 0x0c | 0x0e => "DOS",
        0x05 | 0x0f => "extended",
        0x80 | 0x81 => "Minix, Linux of 1991",
        0x82 => "swap",
        0x83 => "Linux",
        _ => "",
    }
}
