// SPDX-License-Identifier: GPL-2.0-or-later
//! Where things lie on a disk image, and how the partition table says so.
//!
//! Our image, in sectors of 512 bytes:
//!
//! | LBA | what |
//! |---|---|
//! | 0 | boot sector: code, ROOT_DEV at 444, partition table at 446, 55 AA |
//! | 1..=4 | setup |
//! | 5 | kernel command line, ASCII, ended by a NUL |
//! | 2048.. | partition 1: the kernel ([`kernel_header`](crate::kernel_header)) |
//! | a cylinder's start.. | partition 2: the root file system |
//!
//! Images of other makers are found by looking: [`Layout::detect`] knows a
//! partition table, our bootable [`floppy`](crate::floppy), and a bare Minix file
//! system, which other floppies are.
//!
//! 0.11 reads the same table in `sys_setup` (`kernel/blk_drv/hd.c`) and has
//! ROOT_DEV in the boot sector, at 508, where the table would end.

use crate::error::Fault;
use crate::floppy::Regions;
use crate::foreign;
use crate::geometry::Geometry;
use abi::command_line::CommandLine;
use abi::hdreg;
pub use abi::hdreg::{
    MINIX as MINIX_PARTITION, PARTITION_TABLE as PARTITION_TABLE_OFFSET, PARTITIONS, Partition,
    SECTOR_SIZE, SIGNATURE as BOOT_SIGNATURE,
};
use abi::pod::Pod;
use abi::sys::types::Device;
use fs::layout::{BLOCK_SIZE, DiskSuper, SUPER_MAGIC, SUPER_MAGIC_30};

/// Where the boot sector holds the minor, then the major number of the root
/// device.
pub const ROOT_DEVICE_OFFSET: usize = 444;
/// Where the boot sector holds 55 AA; without it the BIOS does not start it.
pub const BOOT_SIGNATURE_OFFSET: usize = 510;
/// First sector of setup.
pub const SETUP_LBA: u32 = 1;
/// Sectors of setup.
pub const SETUP_SECTORS: usize = 4;
/// The sector of the kernel command line.
pub const COMMAND_LINE_LBA: u32 = 5;
/// Bytes of a command line, its NUL not counted.
pub const COMMAND_LINE_MAX: usize = SECTOR_SIZE - 1;
/// First sector of the kernel's partition: 1 MB, where partitioning tools put
/// the first partition.
pub const KERNEL_LBA: u32 = 2048;
/// Partition type of the kernel: "non-file-system data".
pub const KERNEL_PARTITION: u8 = 0xda;

/// Heads of our disks.
pub const HEADS: u32 = 16;
/// Sectors per track of our disks.
pub const SECTORS_PER_TRACK: u32 = 63;
/// Sectors per cylinder of our disks.
pub const SECTORS_PER_CYLINDER: u32 = HEADS * SECTORS_PER_TRACK;
/// 32-bit sector numbers, and an IDE disk's 65535 cylinders at most.
pub const CYLINDERS_MAX: u32 = 65535;

/// An entry for a partition of at least one sector on one of our disks.
pub fn partition_entry(kind: u8, bootable: bool, first: u32, sectors: u32) -> Partition {
    Geometry::ours(SECTORS_PER_CYLINDER).entry(kind, bootable, first, sectors)
}

/// A stretch of an image, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Region {
    /// Offset of its first byte.
    pub start: u64,
    /// How many bytes.
    pub length: u64,
}

impl Region {
    /// The bytes of a partition.
    pub fn of(entry: &Partition) -> Region {
        Region {
            start: u64::from(entry.start_sect) * SECTOR_SIZE as u64,
            length: u64::from(entry.nr_sects) * SECTOR_SIZE as u64,
        }
    }
}

/// How the image is divided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Layout {
    /// A boot sector with a partition table.
    Partitioned {
        /// Entries as they stand, unused ones too.
        table: [Partition; PARTITIONS],
        /// Which device the boot sector names as root.
        root_device: Device,
    },
    /// A floppy that boots.
    Floppy {
        /// Where kernel and RAM disk's root are.
        regions: Regions,
        /// Which device the boot sector names as root.
        root_device: Device,
    },
    /// One Minix file system from end to end.
    Bare,
}

impl Layout {
    /// Finds out from the first four kilobytes of an image of `length` bytes.
    pub fn detect(start: &[u8], length: u64) -> Result<Layout, Fault> {
        let root_device = || Device::new(start[ROOT_DEVICE_OFFSET + 1], start[ROOT_DEVICE_OFFSET]);
        if let Some(table) = partition_table(start, length) {
            return Ok(Layout::Partitioned {
                table,
                root_device: root_device(),
            });
        }
        if let Some(regions) = Regions::detect(start, length) {
            return Ok(Layout::Floppy {
                regions,
                root_device: root_device(),
            });
        }
        if has_minix_magic(start) {
            return Ok(Layout::Bare);
        }
        Err(foreign::fault(
            start,
            "sectors 0 to 3",
            "a boot sector with a partition table, or a Minix super block at byte 1024",
        ))
    }

    /// The region of partition `number` (1..=4), or of the root file system:
    /// the partition ROOT_DEV names if it is a Minix one, otherwise the first
    /// that is; of a floppy the RAM disk's root.
    pub fn file_system(&self, number: Option<u8>, length: u64) -> Result<Region, Fault> {
        let (table, root_device) = match (self, number) {
            (Layout::Partitioned { table, root_device }, _) => (table, root_device),
            (_, Some(number)) => {
                let problem = "the image has no partitions";
                return Err(Fault::new(format!("partition {number}"), problem));
            }
            (Layout::Bare, None) => return Ok(Region { start: 0, length }),
            (Layout::Floppy { regions, .. }, None) => {
                return regions.root.ok_or_else(|| {
                    let problem = "expected ramdisk=KB,BLOCK: the floppy has no file system";
                    Fault::new("command line", problem)
                });
            }
        };
        if let Some(number) = number {
            return used_entry(table, number).map(Region::of);
        }
        let root_entry = used_entry(table, root_device.minor())
            .ok()
            .filter(|entry| entry.is_minix());
        root_entry
            .or_else(|| {
                table
                    .iter()
                    .find(|entry| !entry.is_unused() && entry.is_minix())
            })
            .map(Region::of)
            .ok_or_else(|| {
                Fault::new(
                    "partition table",
                    "expected a Minix partition (type 81h or 80h)",
                )
            })
    }

    /// The region of partition `number`, whatever it holds.
    pub fn partition(&self, number: u8) -> Result<Region, Fault> {
        self.file_system(Some(number), 0)
    }

    /// The region of the kernel.
    pub fn kernel(&self) -> Result<Region, Fault> {
        match self {
            Layout::Partitioned { table, .. } if table[0].sys_ind == KERNEL_PARTITION => {
                Ok(Region::of(&table[0]))
            }
            Layout::Floppy { regions, .. } => Ok(regions.kernel),
            _ => Err(Fault::new(
                "partition table",
                "expected partition 1 to be the kernel's (type DAh)",
            )),
        }
    }
}

fn used_entry(table: &[Partition; PARTITIONS], number: u8) -> Result<&Partition, Fault> {
    usize::from(number)
        .checked_sub(1)
        .and_then(|index| table.get(index))
        .filter(|entry| !entry.is_unused())
        .ok_or_else(|| Fault::new(format!("partition {number}"), "there is no such partition"))
}

/// The table of a boot sector, if it looks like one: the signature is there,
/// at least one entry is used, and all used ones lie inside the disk, behind
/// its first sector.
pub fn partition_table(start: &[u8], length: u64) -> Option<[Partition; PARTITIONS]> {
    let table = hdreg::partition_table(start.first_chunk()?)?;
    let plausible = |entry: &Partition| {
        let region = Region::of(entry);
        entry.is_unused()
            || (matches!(entry.boot_ind, 0 | 0x80)
                && region.start > 0
                && region.start + region.length <= length)
    };
    (table.iter().all(plausible) && !table.iter().all(Partition::is_unused)).then_some(table)
}

/// What tells that an image which begins with `start` is longer than its `length`
/// bytes, and how long it is.
pub fn missing(start: &[u8], length: u64) -> Option<(u64, Fault)> {
    let table = partition_table(start, u64::MAX);
    if partition_table(start, length).is_none() && table.is_some() {
        let used = || table.iter().flatten().filter(|entry| !entry.is_unused());
        let is_known = |entry: &Partition| {
            (entry.is_minix() || entry.sys_ind == KERNEL_PARTITION)
                && Region::of(entry).start < length
        };
        let end = used()
            .map(Region::of)
            .map(|region| region.start + region.length);
        let (true, Some(end)) = (used().any(is_known), end.max()) else {
            return None;
        };
        let sectors = |bytes| bytes / SECTOR_SIZE as u64;
        let problem = format!(
            "the table reaches sector {}, the file ends at sector {}",
            sectors(end),
            sectors(length)
        );
        return Some((end, Fault::new("partition table", problem)));
    }
    let block = start.get(BLOCK_SIZE..)?.first_chunk::<BLOCK_SIZE>()?;
    let blocks = u64::from(DiskSuper::parse(block).nzones);
    let end = blocks * BLOCK_SIZE as u64;
    if table.is_some() || !has_minix_magic(start) || end <= length {
        return None;
    }
    let problem = format!(
        "the file system has {blocks} blocks, the file ends at block {}",
        length / BLOCK_SIZE as u64
    );
    Some((end, Fault::new("super block", problem)))
}

/// Whether there is the magic number of a Minix super block of version 1, at byte 16
/// of block 1: 137Fh with names of 14 characters, 138Fh with 30.
fn has_minix_magic(start: &[u8]) -> bool {
    let magic = start.get(1024 + 16..).and_then(u16::from_bytes);
    matches!(magic, Some(SUPER_MAGIC | SUPER_MAGIC_30))
}

/// Fills what is the image's own into the boot sector: ROOT_DEV and the
/// partition table.
pub fn fill_boot_sector(
    sector: &mut [u8; SECTOR_SIZE],
    root_device: Device,
    table: &[Partition; PARTITIONS],
) {
    sector[ROOT_DEVICE_OFFSET] = root_device.minor();
    sector[ROOT_DEVICE_OFFSET + 1] = root_device.major();
    sector[PARTITION_TABLE_OFFSET..BOOT_SIGNATURE_OFFSET].copy_from_slice(table.as_bytes());
}

/// The sector that holds the command line `text`.
pub fn command_line_sector(text: &str) -> Result<[u8; SECTOR_SIZE], Fault> {
    let fault = |problem| Err(Fault::new("command line", problem));
    if text.len() > COMMAND_LINE_MAX {
        return fault(format!(
            "{} bytes, expected at most {COMMAND_LINE_MAX}",
            text.len()
        ));
    }
    if let Some(character) = text
        .chars()
        .find(|character| !(' '..='~').contains(character))
    {
        return fault(format!("holds {character:?}, expected printable ASCII"));
    }
    let mut bad = None;
    CommandLine::parse(text, &mut |word| bad = bad.or(Some(word)));
    if let Some(word) = bad {
        return fault(word.to_string());
    }
    let mut sector = [0; SECTOR_SIZE];
    sector[..text.len()].copy_from_slice(text.as_bytes());
    Ok(sector)
}

/// The command line in its sector.
pub fn parse_command_line(sector: &[u8]) -> Result<&str, Fault> {
    let line = sector.split(|&byte| byte == 0).next().unwrap_or_default();
    std::str::from_utf8(line)
        .ok()
        .filter(|line| line.len() <= COMMAND_LINE_MAX && line.is_ascii())
        .ok_or_else(|| Fault::new("sector 5", "expected a command line, ASCII ended by a NUL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: u64 = 65 * SECTORS_PER_CYLINDER as u64 * 512;

    fn sector(table: [Partition; PARTITIONS], root_device: Device) -> [u8; SECTOR_SIZE] {
        let mut sector = [0; SECTOR_SIZE];
        sector[BOOT_SIGNATURE_OFFSET..].copy_from_slice(&BOOT_SIGNATURE);
        fill_boot_sector(&mut sector, root_device, &table);
        sector
    }

    fn ours() -> [Partition; PARTITIONS] {
        [
            partition_entry(KERNEL_PARTITION, true, 2048, 8032),
            partition_entry(MINIX_PARTITION, false, 10080, 55440),
            Partition::default(),
            Partition::default(),
        ]
    }

    #[test]
    fn boot_sector_byte_for_byte() {
        let sector = sector(ours(), Device::new(3, 2));
        assert_eq!(sector[444..446], [2, 3]);
        assert_eq!(
            sector[446..478],
            [
                // 2048 = 800h, 8032 = 1F60h; the last sector is 10079: 9,15,63.
                [
                    0x80, 0, 33, 2, 0xda, 15, 63, 9, 0x00, 0x08, 0, 0, 0x60, 0x1f, 0, 0
                ],
                // 10080 = 2760h, 55440 = D890h; the last sector is 65519: 64,15,63.
                [
                    0, 0, 1, 10, 0x81, 15, 63, 64, 0x60, 0x27, 0, 0, 0x90, 0xd8, 0, 0
                ],
            ]
            .concat()
        );
        assert_eq!(sector[478..], [[0; 32].as_slice(), &[0x55, 0xaa]].concat());
        let layout = Layout::detect(&sector, LENGTH).unwrap();
        assert_eq!(
            layout,
            Layout::Partitioned {
                table: ours(),
                root_device: Device::new(3, 2)
            }
        );
    }

    #[test]
    fn the_root_file_system_is_found() {
        let find = |table, root, number| {
            Layout::detect(&sector(table, root), LENGTH)
                .unwrap()
                .file_system(number, LENGTH)
                .map(|region| region.start)
        };
        assert_eq!(find(ours(), Device::new(3, 2), None), Ok(10080 * 512));
        assert_eq!(find(ours(), Device::NONE, None), Ok(10080 * 512));
        assert_eq!(find(ours(), Device::NONE, Some(1)), Ok(2048 * 512));
        assert_eq!(
            find(ours(), Device::NONE, Some(3)).unwrap_err().place,
            "partition 3"
        );
        assert_eq!(
            find(ours(), Device::NONE, Some(0)).unwrap_err().place,
            "partition 0"
        );
        // Of two Minix partitions ROOT_DEV's is taken, the old type too.
        let mut two = ours();
        two[3] = partition_entry(0x80, false, 63, 100);
        assert_eq!(find(two, Device::new(3, 4), None), Ok(63 * 512));
        let mut none = ours();
        none[1].sys_ind = 0x83;
        assert!(find(none, Device::new(3, 2), None).is_err());
    }

    #[test]
    fn bare_file_systems_are_detected() {
        for magic in [0x137fu16, 0x138f] {
            let mut start = [0; 2048];
            start[1040..1042].copy_from_slice(&magic.to_le_bytes());
            let layout = Layout::detect(&start, 360 * 1024).unwrap();
            assert_eq!(layout, Layout::Bare);
            assert_eq!(
                layout.file_system(None, 368_640),
                Ok(Region {
                    start: 0,
                    length: 368_640
                })
            );
            assert!(layout.file_system(Some(1), 368_640).is_err());
        }
    }

    #[test]
    fn a_table_that_cannot_be_one_is_none() {
        assert!(Layout::detect(&[0; 2048], LENGTH).is_err());
        assert!(Layout::detect(&[], 0).is_err());
        let refused = |change: fn(&mut [u8; SECTOR_SIZE])| {
            let mut sector = sector(ours(), Device::NONE);
            change(&mut sector);
            Layout::detect(&sector, LENGTH).is_err()
        };
        assert!(!refused(|_| ()));
        assert!(refused(|sector| sector[510] = 0));
        assert!(refused(|sector| sector[446] = 0x12));
        assert!(
            refused(|sector| sector[446 + 16 + 12 + 3] = 1),
            "beyond the end"
        );
        assert!(
            refused(|sector| sector[446 + 8..446 + 12].fill(0)),
            "over the boot sector"
        );
        assert!(refused(|sector| sector[446..510].fill(0)), "no partitions");
    }

    /// Each end of the file for what the table or the super block says.
    #[test]
    fn what_is_cut_off_is_told() {
        let told =
            |start: &[u8], length| missing(start, length).map(|(end, fault)| (end, fault.problem));
        let table = |sectors| {
            let problem = "the table reaches sector 65520, the file ends at sector";
            Some((LENGTH, format!("{problem} {sectors}")))
        };
        let image = sector(ours(), Device::NONE);
        assert_eq!(told(&image, LENGTH), None);
        assert_eq!(told(&image, LENGTH - 1), table(65519));
        // The first of the partitions begins at sector 2048.
        assert_eq!(told(&image, 2048 * 512 + 1), table(2048));
        assert_eq!(told(&image, 2048 * 512), None, "nothing of it is there");
        let mut minix = ours();
        minix[0].sys_ind = 0x83;
        let others = sector(minix, Device::NONE);
        assert_eq!(told(&others, 10080 * 512 + 1), table(10080));
        minix[1].sys_ind = 0x83;
        assert_eq!(
            told(&sector(minix, Device::NONE), LENGTH - 1),
            None,
            "of others"
        );

        let mut bare = [0; 2048];
        (bare[1026], bare[1027]) = (104, 1); // nzones: 360
        bare[1040..1042].copy_from_slice(&SUPER_MAGIC.to_le_bytes());
        assert_eq!(told(&bare, 360 << 10), None);
        let problem = "the file system has 360 blocks, the file ends at block 359";
        let found = told(&bare, (360 << 10) - 1);
        assert_eq!(found, Some((360 << 10, problem.to_owned())));
        assert_eq!(told(&bare[..2047], 1), None);
        bare[..SECTOR_SIZE].copy_from_slice(&image);
        let cut = LENGTH - 1;
        (bare[1026], bare[1027]) = (0xff, 0xff);
        assert_eq!(told(&bare, LENGTH), None, "the table holds");
        assert_eq!(told(&bare, cut), table(65519));
        (bare[510], bare[1040]) = (0, 0);
        assert_eq!(told(&bare, 2048), None, "neither");
    }

    #[test]
    fn what_is_no_partition() {
        let unused = |kind, sectors| partition_entry(kind, false, 63, sectors).is_unused();
        assert!(unused(0, 100) && unused(0x81, 0) && !unused(0x81, 100));
        // One without sectors is no root, whatever its type.
        let mut table = ours();
        table[0] = partition_entry(MINIX_PARTITION, false, 63, 0);
        let layout = Layout::detect(&sector(table, Device::NONE), LENGTH).unwrap();
        let root = layout.file_system(None, LENGTH).unwrap();
        assert_eq!(root.start, 10080 * 512);
        assert!(layout.kernel().is_err(), "partition 1 is not the kernel's");
        let layout = Layout::detect(&sector(ours(), Device::NONE), LENGTH).unwrap();
        assert_eq!(layout.kernel().unwrap(), Region::of(&ours()[0]));
        assert_eq!(layout.partition(2).unwrap(), Region::of(&ours()[1]));
        assert!(Layout::Bare.kernel().is_err() && Layout::Bare.partition(1).is_err());
    }

    #[test]
    fn command_lines() {
        let sector = command_line_sector("root=/dev/hd2 init=/bin/sh").unwrap();
        assert_eq!(sector[..27], *b"root=/dev/hd2 init=/bin/sh\0");
        assert_eq!(
            parse_command_line(&sector),
            Ok("root=/dev/hd2 init=/bin/sh")
        );
        let longest = format!("init=/{}", "x".repeat(505));
        assert_eq!(
            parse_command_line(&command_line_sector(&longest).unwrap()),
            Ok(&longest[..])
        );
        assert!(command_line_sector(&"x".repeat(512)).is_err());
        assert!(command_line_sector("grüße").is_err());
        assert!(command_line_sector("two\nlines").is_err());
        let told = command_line_sector("no387 console=bogus").unwrap_err();
        assert!(told.problem.starts_with("console=bogus: expected"));
        assert!(parse_command_line(&[b'x'; 512]).is_err());
        assert!(parse_command_line(&[0xff, 0]).is_err());
    }
}
