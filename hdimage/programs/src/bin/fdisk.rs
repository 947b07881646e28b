// SPDX-License-Identifier: GPL-2.0-or-later
//! `fdisk -l [disk...]`, `fdisk disk`: lists the partitions of disks, `/dev/hd0` and
//! `/dev/hd5` if none is named; changes those of one disk, by letters that it asks for.
//!
//! `-l` changes nothing: it only lists. Without it nothing is written before the letter
//! `w`, and the kernel looks at the new table at the next start. Sizes are kilobytes, a
//! sector has 512 bytes. No file system is made, and none is moved.
#![no_std]
#![no_main]

use abi::fcntl::O_RDWR;
use abi::unistd::SEEK_SET;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Outcome, complain, options, report, status, usage};
use programs::io::{BufReader, Read};
use programs::number::unsigned;
use programs::partitions::{Fault, MINIX, PARTITIONS, Partition, SECTOR, Table};
use user::calls::{self, Fd, File};
use user::stdio;
use user::{print, println};

extern crate alloc;

user::program!(main);

const USAGE: &str = "fdisk -l [disk...]\n       fdisk disk";
const HELP: &str = "a  boot from a partition, or no longer\n\
    d  delete a partition\n\
    m  show this\n\
    n  add a partition\n\
    p  show the table\n\
    q  end without writing\n\
    t  change what a partition is for\n\
    w  write the table and end";

fn main() -> i32 {
    let options = options("l", USAGE);
    match options.operands.as_slice() {
        [disk] if !options.has('l') => {
            report(edit(disk));
        }
        [] => {
            // That there is no second disk is no error.
            for disk in [c"/dev/hd0", c"/dev/hd5"] {
                if File::open(disk).is_ok() {
                    report(list(disk));
                }
            }
        }
        disks if options.has('l') => disks.iter().for_each(|disk| {
            report(list(disk));
        }),
        _ => usage(USAGE),
    }
    status()
}

fn list(disk: &CStr) -> Outcome {
    let mut sector = [0; SECTOR];
    File::open(disk)
        .and_then(|mut file| file.read_exact(&mut sector))
        .at(disk)?;
    match Table::parse(&sector) {
        Some(table) => show(disk, &table),
        None => complain(&[disk.to_bytes()], "no partition table"),
    }
    Ok(())
}

fn show(disk: &CStr, table: &Table) {
    stdio::put(disk.to_bytes());
    println!(":\n    Boot      Start        End       Size  Type");
    for (number, partition) in table.used() {
        let boot = if partition.active { '*' } else { ' ' };
        println!(
            "{number:3} {boot}    {:10} {:10} {:10}  {:2x} {}",
            partition.start,
            partition.end().saturating_sub(1),
            partition.count / 2,
            partition.kind,
            kind_name(partition.kind)
        );
    }
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

fn edit(disk: &CStr) -> Outcome {
    let mut file = File::open_with(disk, O_RDWR, 0).at(disk)?;
    let mut sector = [0; SECTOR];
    file.read_exact(&mut sector).at(disk)?;
    let mut editor = Editor {
        input: BufReader::new(Fd::STDIN),
        table: Table::parse(&sector).unwrap_or_default(),
        sectors: sectors(&file).at(disk)?,
    };
    println!("{} sectors; m shows the letters", editor.sectors);
    while let Some(line) = editor.ask("fdisk: ") {
        match line.trim_ascii() {
            b"" => {}
            b"p" => show(disk, &editor.table),
            b"n" => editor.add(),
            b"d" => editor.change(|partition| *partition = Partition::default()),
            b"a" => editor.change(|partition| partition.active = !partition.active),
            b"t" => editor.change_kind(),
            b"q" => break,
            b"w" => match editor.table.fault(editor.sectors) {
                None => {
                    editor.table.store(&mut sector);
                    return write(&file, &sector).at(disk);
                }
                Some(fault) => tell(fault),
            },
            _ => println!("{HELP}"),
        }
    }
    Ok(())
}

fn tell(fault: Fault) {
    match fault {
        Fault::Overlap(one, other) => println!("partitions {one} and {other} overlap"),
        Fault::Outside(number) => println!("partition {number} is not on the disk"),
    }
}

fn write(file: &File, sector: &[u8; SECTOR]) -> abi::Result<()> {
    calls::lseek(file.fd(), 0, SEEK_SET)?;
    calls::write_all(file.fd(), sector)?;
    calls::sync();
    println!("written; the kernel looks at it at the next start");
    Ok(())
}

/// How many sectors the disk has: a byte can be read of each, and of none behind them.
fn sectors(file: &File) -> abi::Result<u64> {
    let is_there = |sector: u32| {
        let place = calls::lseek(file.fd(), sector as i32 * SECTOR as i32, SEEK_SET);
        place.is_ok() && calls::read(file.fd(), &mut [0]) == Ok(1)
    };
    // Places on a disk are numbers below 2^31.
    let (mut there, mut missing) = (0, (1 << 31) / SECTOR as u32);
    while there + 1 < missing {
        let middle = (there + missing) / 2;
        if is_there(middle) {
            there = middle;
        } else {
            missing = middle;
        }
    }
    Ok(missing.into())
}

struct Editor {
    input: BufReader<Fd>,
    table: Table,
    sectors: u64,
}

impl Editor {
    /// A line of input; `None` at its end.
    fn ask(&mut self, question: &str) -> Option<Vec<u8>> {
        print!("{question}");
        stdio::flush();
        let mut line = Vec::new();
        let count = self.input.read_until(b'\n', &mut line).unwrap_or(0);
        (count != 0).then_some(line)
    }

    /// Asks for a partition's number.
    fn ask_number(&mut self) -> Option<usize> {
        let line = self.ask("Partition (1 to 4): ")?;
        let number = unsigned(line.trim_ascii(), 10).map(|number| number as usize);
        let number = number.filter(|number| (1..=PARTITIONS).contains(number));
        if number.is_none() {
            println!("there is no such partition");
        }
        number
    }

    /// Changes the partition that is asked for, if it is there.
    fn change(&mut self, work: impl FnOnce(&mut Partition)) {
        let number = self.ask_number();
        let slot = number.and_then(|number| self.table.0.get_mut(number - 1));
        match slot {
            Some(partition) if partition.kind != 0 => work(partition),
            Some(_) => println!("it is empty"),
            None => {}
        }
    }

    fn change_kind(&mut self) {
        let line = self.ask("Type (as 81 for Minix): ").unwrap_or_default();
        let kind = unsigned(line.trim_ascii(), 16).and_then(|kind| u8::try_from(kind).ok());
        match kind {
            Some(kind @ 1..) => self.change(|partition| partition.kind = kind),
            _ => println!("a type is a number from 1 to ff"),
        }
    }

    fn add(&mut self) {
        let Some(number) = self.ask_number() else {
            return;
        };
        let line = self.ask("First sector: ").unwrap_or_default();
        let Some(start) = unsigned(line.trim_ascii(), 10) else {
            return println!("a sector is a number");
        };
        let question = "Last sector, or size as +100K or +10M: ";
        let line = self.ask(question).unwrap_or_default();
        let Some(count) = count(start, line.trim_ascii()) else {
            return println!("it ends before it begins");
        };
        let mut table = self.table;
        let Some(slot) = table.0.get_mut(number - 1) else {
            return;
        };
        if slot.kind != 0 {
            return println!("it is there already; d deletes it");
        }
        *slot = Partition {
            active: false,
            kind: MINIX,
            start,
            count,
        };
        match table.fault(self.sectors) {
            None => self.table = table,
            Some(fault) => tell(fault),
        }
    }
}

/// How many sectors there are from `start` to what was typed.
fn count(start: u32, text: &[u8]) -> Option<u32> {
    const OF_KILOBYTE: u32 = 2;
    let size = |digits, unit: u32| unsigned(digits, 10)?.checked_mul(unit);
    match text {
        [b'+', digits @ .., b'K' | b'k'] => size(digits, OF_KILOBYTE),
        [b'+', digits @ .., b'M' | b'm'] => size(digits, OF_KILOBYTE * 1024),
        [b'+', digits @ ..] => size(digits, 1),
        digits => unsigned(digits, 10)?.checked_sub(start)?.checked_add(1),
    }
}
