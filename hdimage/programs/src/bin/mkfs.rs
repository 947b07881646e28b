// SPDX-License-Identifier: GPL-2.0-or-later
//! `mkfs [-f] [-i inodes] device [blocks]`: makes an empty Minix file system (v1,
//! names of 14 characters) as large as the device, or of so many blocks. What was
//! there is lost. A device that is mounted, and a whole disk that has a partition
//! table, are left alone without `-f`.
#![no_std]
#![no_main]

use abi::Errno;
use abi::fcntl::O_RDWR;
use abi::sys::stat::{S_IFDIR, S_ISBLK};
use abi::sys::types::{Device, major};
use core::ffi::CStr;
use programs::command::{At, Outcome, fail, options, report, status, usage};
use programs::disk::{self, BLOCK, MOST_BLOCKS, is_mounted};
use programs::number::unsigned;
use programs::partitions::{PARTITIONS, SECTOR, Table};
use user::calls::{self, File};
use user::println;

user::program!(main);

const USAGE: &str = "mkfs [-f] [-i inodes] device [blocks]";

const BITS_PER_BLOCK: u32 = 8 * BLOCK;
const INODES_PER_BLOCK: u32 = 32;
const MAGIC: u16 = 0x137F;
/// Cleanly unmounted.
const STATE_VALID: u16 = 1;
/// 7 direct zones, 512 by one step, 512 times 512 by two.
const MAX_SIZE: u32 = (7 + 512 + 512 * 512) * BLOCK;
/// The boot block and the super block come first.
const FIRST_MAP: u32 = 2;
/// `.` and `..`, with the number of the root inode before each.
const ROOT_DIRECTORY: &[u8; 32] =
    b"\x01\0.\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0..\0\0\0\0\0\0\0\0\0\0\0\0";

/// What lies where, in blocks.
struct Layout {
    zones: u32,
    inodes: u32,
    inode_map: u32,
    zone_map: u32,
    first_zone: u32,
}

impl Layout {
    fn new(zones: u32, inodes: Option<u32>) -> Option<Layout> {
        let inodes = inodes.unwrap_or(zones / 3).max(1);
        let inodes = inodes.checked_next_multiple_of(INODES_PER_BLOCK)?;
        let inode_map = (inodes + 1).div_ceil(BITS_PER_BLOCK);
        let zone_map = zones.div_ceil(BITS_PER_BLOCK);
        let first_zone = FIRST_MAP + inode_map + zone_map + inodes / INODES_PER_BLOCK;
        let is_possible = inodes <= 0xFFFF && zones <= MOST_BLOCKS && first_zone < zones;
        is_possible.then_some(Layout {
            zones,
            inodes,
            inode_map,
            zone_map,
            first_zone,
        })
    }
}

fn main() -> i32 {
    let options = options("fi:", USAGE);
    let number = |text: &CStr| unsigned(text.to_bytes(), 10).unwrap_or_else(|| usage(USAGE));
    let (device, blocks) = match options.operands.as_slice() {
        [device] => (device, None),
        [device, blocks] => (device, Some(number(blocks))),
        _ => usage(USAGE),
    };
    let inodes = options.value('i').map(number);
    report(mkfs(device, blocks, inodes, options.has('f')));
    status()
}

fn mkfs(path: &CStr, blocks: Option<u32>, inodes: Option<u32>, force: bool) -> Outcome {
    let device = Disk(File::open_with(path, O_RDWR, 0).at(path)?);
    if !force && let Some(reason) = device.reason_against().at(path)? {
        fail(
            &[path.to_bytes()],
            format_args!("{reason}; -f makes a file system all the same"),
        );
    }
    let blocks = blocks.unwrap_or_else(|| disk::blocks(&device.0).min(MOST_BLOCKS));
    let Some(layout) = Layout::new(blocks, inodes) else {
        fail(&[path.to_bytes()], "no file system can be of this size");
    };
    device.fill(&layout).at(path)?;
    calls::sync();
    println!("{} inodes", layout.inodes);
    println!("{} blocks", layout.zones);
    println!("Firstdatazone={}", layout.first_zone);
    Ok(())
}

fn is_whole_disk(device: Device) -> bool {
    device.major() == major::HARD_DISK && usize::from(device.minor()) % (1 + PARTITIONS) == 0
}

struct Disk(File);

impl Disk {
    /// Why it should stay as it is.
    fn reason_against(&self) -> abi::Result<Option<&'static str>> {
        let stat = calls::fstat(self.0.fd())?;
        let device = Device(stat.st_rdev);
        Ok(if !S_ISBLK(stat.st_mode) {
            None
        } else if is_mounted(device) {
            Some("it is mounted")
        } else if is_whole_disk(device) && self.has_partitions()? {
            Some("it has a partition table")
        } else {
            None
        })
    }

    /// Whether it begins with a boot sector in which a partition is entered.
    fn has_partitions(&self) -> abi::Result<bool> {
        let mut sector = [0; SECTOR];
        disk::seek(&self.0, 0)?;
        calls::read_on(self.0.fd(), &mut sector)?;
        let table = Table::parse(&sector);
        Ok(table.is_some_and(|table| table.used().next().is_some()))
    }

    /// Writes a block: the pieces, each at its offset, among zeros.
    fn write(&self, block: u32, pieces: &[(usize, &[u8])]) -> abi::Result<()> {
        let mut data = [0; BLOCK as usize];
        for (offset, piece) in pieces {
            let place = data.get_mut(*offset..offset + piece.len());
            place.ok_or(Errno::EINVAL)?.copy_from_slice(piece);
        }
        self.write_data(block, &data)
    }

    fn write_data(&self, block: u32, data: &[u8]) -> abi::Result<()> {
        disk::seek(&self.0, block)?;
        calls::write_all(self.0.fd(), data)
    }

    fn fill(&self, layout: &Layout) -> abi::Result<()> {
        let inode_table = FIRST_MAP + layout.inode_map + layout.zone_map;
        self.write(0, &[])?;
        self.write_map(FIRST_MAP, layout.inode_map, layout.inodes)?;
        let zones = layout.zones - layout.first_zone;
        self.write_map(FIRST_MAP + layout.inode_map, layout.zone_map, zones)?;
        // Mode, user, size, time, group, links, first zone.
        let root: [&[u8]; 6] = [
            &(S_IFDIR | 0o755).to_le_bytes(),
            &[0, 0],
            &(ROOT_DIRECTORY.len() as u32).to_le_bytes(),
            &calls::time().to_le_bytes(),
            &[0, 2],
            &(layout.first_zone as u16).to_le_bytes(),
        ];
        self.write(inode_table, &[(0, &root.concat())])?;
        for block in inode_table + 1..layout.first_zone {
            self.write(block, &[])?;
        }
        self.write(layout.first_zone, &[(0, ROOT_DIRECTORY)])?;
        // Last, so that nothing looks like a file system before it is one.
        let words = [
            layout.inodes as u16,
            layout.zones as u16,
            layout.inode_map as u16,
            layout.zone_map as u16,
            layout.first_zone as u16,
            0,
            MAX_SIZE as u16,
            (MAX_SIZE >> 16) as u16,
            MAGIC,
            STATE_VALID,
        ];
        let words = words.map(u16::to_le_bytes);
        self.write(1, &[(0, words.as_flattened())])
    }

    /// A bitmap: bit 0 stands for nothing and bit 1 for the root, which are in
    /// use, as is what lies behind `last`.
    fn write_map(&self, first: u32, blocks: u32, last: u32) -> abi::Result<()> {
        for index in 0..blocks {
            let mut data = [0; BLOCK as usize];
            for (byte, number) in data.iter_mut().zip((index * BITS_PER_BLOCK..).step_by(8)) {
                for bit in 0..8 {
                    if number + bit <= 1 || number + bit > last {
                        *byte |= 1 << bit;
                    }
                }
            }
            self.write_data(first + index, &data)?;
        }
        Ok(())
    }
}
