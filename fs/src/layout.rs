// SPDX-License-Identifier: GPL-2.0-or-later
//! The layout of the Minix v1 file system on the disk (0.11: the `d_` structures of
//! `include/linux/fs.h`, `struct dir_entry`).
//!
//! ```text
//! block 0     1       2 ..          ..        ..           firstdatazone ..
//!       boot  super   inode bitmap  zone map  inode table  data          nzones
//! ```
//!
//! A block is 1024 bytes, and so is a zone. Numbers are little-endian. Bit `n`
//! of the inode bitmap stands for inode `n`; bit `n` of the zone bitmap for
//! zone `firstdatazone - 1 + n`; bit 0 of both is always set.
//!
//! The disk is not trusted: [`Geometry::check`] decides whether all others may use
//! a super block's numbers.

use abi::sys::types::Time;
use core::fmt;

/// Bytes of a block, and of a zone (0.11: `BLOCK_SIZE`).
pub const BLOCK_SIZE: usize = 1024;
/// The block that holds the super block.
pub const SUPER_BLOCK: u32 = 1;
/// Magic number of a file system with 14-character names (0.11: `SUPER_MAGIC`).
pub const SUPER_MAGIC: u16 = 0x137F;
/// Magic number of a file system with 30-character names.
pub const SUPER_MAGIC_30: u16 = 0x138F;
/// State of a file system (from Linux 0.99 on, util-linux: `s_state`): nothing is
/// known, as with 0.11.
pub const STATE_UNKNOWN: u16 = 0;
/// In the state: it was unmounted cleanly, or `fsck` has checked it.
pub const STATE_VALID: u16 = 1;
/// In the state: errors were found.
pub const STATE_ERRORS: u16 = 2;
/// In the state: this system has mounted it for writing and, unless [`STATE_VALID`]
/// is set too, has not unmounted it since. Linux removes the valid mark and leaves
/// 0, which cannot be told from [`STATE_UNKNOWN`].
pub const STATE_IN_USE: u16 = 4;
/// The inode of the root directory (0.11: `ROOT_INO`).
pub const ROOT_INODE: InodeNumber = InodeNumber(1);
/// Bytes of a name on our own file systems (0.11: `NAME_LEN`).
pub const NAME_LEN: usize = 14;
/// Bytes of a name on any file system that is read.
pub const NAME_LEN_MAX: usize = 30;
/// Blocks each bitmap may have (0.11: `I_MAP_SLOTS`, `Z_MAP_SLOTS`).
pub const MAP_SLOTS: usize = 8;
/// Bits of one bitmap block.
pub const BITS_PER_BLOCK: u32 = BLOCK_SIZE as u32 * 8;
/// Bytes of an inode.
pub const INODE_SIZE: usize = 32;
/// Inodes of one block of the inode table (0.11: `INODES_PER_BLOCK`).
pub const INODES_PER_BLOCK: u32 = (BLOCK_SIZE / INODE_SIZE) as u32;
/// Zone numbers of one indirect block.
pub const ZONES_PER_BLOCK: u32 = BLOCK_SIZE as u32 / 2;
/// Zone numbers of an inode.
pub const INODE_ZONES: usize = 9;
/// This many zones of an inode hold the file's first blocks.
pub const DIRECT_ZONES: u32 = 7;
/// The zone of an inode that lists the next [`ZONES_PER_BLOCK`] blocks.
pub const INDIRECT: usize = 7;
/// The zone of an inode that lists blocks that list blocks.
pub const DOUBLE_INDIRECT: usize = 8;
/// Blocks of the largest file.
pub const MAX_FILE_BLOCKS: u32 = DIRECT_ZONES + ZONES_PER_BLOCK + ZONES_PER_BLOCK * ZONES_PER_BLOCK;
/// Bytes of the largest file.
pub const MAX_FILE_SIZE: u32 = MAX_FILE_BLOCKS * BLOCK_SIZE as u32;

static_assertions::const_assert_eq!(MAX_FILE_SIZE, 0x1008_1C00);

/// The number of an inode on its device, from 1 up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(transparent)]
pub struct InodeNumber(pub u16);

impl fmt::Display for InodeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a zone on its device, as inodes and indirect blocks hold it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
#[repr(transparent)]
pub struct Zone(pub u16);

impl Zone {
    /// No zone: a block that was never written and reads as zeros.
    pub const HOLE: Zone = Zone(0);

    /// Whether this is [`Zone::HOLE`].
    pub const fn is_hole(self) -> bool {
        self.0 == 0
    }

    /// The block of the device that is this zone.
    pub const fn block(self) -> u32 {
        self.0 as u32
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The 16-bit number at `offset`; 0 behind the end.
#[inline(always)]
pub fn u16_at(bytes: &[u8], offset: usize) -> u16 {
    match bytes.get(offset..) {
        Some([low, high, ..]) => u16::from_le_bytes([*low, *high]),
        _ => 0,
    }
}

/// The 32-bit number at `offset`; 0 behind the end.
#[inline(always)]
pub fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    match bytes.get(offset..) {
        Some([a, b, c, d, ..]) => u32::from_le_bytes([*a, *b, *c, *d]),
        _ => 0,
    }
}

/// Stores bytes at `offset`; nothing behind the end.
#[inline(always)]
pub fn put_at<const N: usize>(bytes: &mut [u8], offset: usize, value: [u8; N]) {
    if let Some(place) = bytes
        .get_mut(offset..)
        .and_then(|rest| rest.first_chunk_mut())
    {
        *place = value;
    }
}

/// The super block (0.11: `struct d_super_block`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DiskSuper {
    /// Inodes, numbered 1..=ninodes.
    pub ninodes: u16,
    /// Zones of the device, with those before the data.
    pub nzones: u16,
    /// Blocks of the inode bitmap.
    pub imap_blocks: u16,
    /// Blocks of the zone bitmap.
    pub zmap_blocks: u16,
    /// The first zone that files may have.
    pub firstdatazone: u16,
    /// A zone is `1024 << log_zone_size` bytes. Only 0 is supported.
    pub log_zone_size: u16,
    /// Bytes a file may have.
    pub max_size: u32,
    /// [`SUPER_MAGIC`] or [`SUPER_MAGIC_30`].
    pub magic: u16,
    /// [`STATE_UNKNOWN`], or bits such as [`STATE_VALID`].
    pub state: u16,
}

/// Offsets of the fields of [`DiskSuper`].
mod super_offset {
    pub const NINODES: usize = 0;
    pub const NZONES: usize = 2;
    pub const IMAP_BLOCKS: usize = 4;
    pub const ZMAP_BLOCKS: usize = 6;
    pub const FIRSTDATAZONE: usize = 8;
    pub const LOG_ZONE_SIZE: usize = 10;
    pub const MAX_SIZE: usize = 12;
    pub const MAGIC: usize = 16;
    pub const STATE: usize = 18;
}

impl DiskSuper {
    /// Reads block [`SUPER_BLOCK`].
    pub fn parse(block: &[u8; BLOCK_SIZE]) -> DiskSuper {
        use super_offset::*;
        DiskSuper {
            ninodes: u16_at(block, NINODES),
            nzones: u16_at(block, NZONES),
            imap_blocks: u16_at(block, IMAP_BLOCKS),
            zmap_blocks: u16_at(block, ZMAP_BLOCKS),
            firstdatazone: u16_at(block, FIRSTDATAZONE),
            log_zone_size: u16_at(block, LOG_ZONE_SIZE),
            max_size: u32_at(block, MAX_SIZE),
            magic: u16_at(block, MAGIC),
            state: u16_at(block, STATE),
        }
    }

    /// Writes it into block [`SUPER_BLOCK`]; the rest of the block stays.
    pub fn store(&self, block: &mut [u8; BLOCK_SIZE]) {
        use super_offset::*;
        put_at(block, NINODES, self.ninodes.to_le_bytes());
        put_at(block, NZONES, self.nzones.to_le_bytes());
        put_at(block, IMAP_BLOCKS, self.imap_blocks.to_le_bytes());
        put_at(block, ZMAP_BLOCKS, self.zmap_blocks.to_le_bytes());
        put_at(block, FIRSTDATAZONE, self.firstdatazone.to_le_bytes());
        put_at(block, LOG_ZONE_SIZE, self.log_zone_size.to_le_bytes());
        put_at(block, MAX_SIZE, self.max_size.to_le_bytes());
        put_at(block, MAGIC, self.magic.to_le_bytes());
        put_at(block, STATE, self.state.to_le_bytes());
    }
}

/// What is wrong with a super block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadSuper {
    /// Neither of the two magic numbers.
    Magic,
    /// Zones larger than a block.
    ZoneSize,
    /// No inodes, or more than the inode bitmap has bits for.
    InodeCount,
    /// More zones than the device or the zone bitmap has room for.
    ZoneCount,
    /// A bitmap of no block, or of more than [`MAP_SLOTS`].
    BitmapSize,
    /// Data would begin inside the inode table, or behind the end.
    FirstDataZone,
}

impl fmt::Display for BadSuper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadSuper::Magic => "not a Minix v1 file system (bad magic number)",
            BadSuper::ZoneSize => "zones larger than a block are not supported",
            BadSuper::InodeCount => "the inode bitmap is too small for the inodes",
            BadSuper::ZoneCount => "more zones than the device or the zone bitmap holds",
            BadSuper::BitmapSize => "a bitmap has no blocks or more than 8",
            BadSuper::FirstDataZone => "the data zones do not begin behind the inode table",
        })
    }
}

/// The numbers of a super block, after they were checked against each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Geometry {
    /// Inodes, numbered 1..=ninodes.
    pub ninodes: u16,
    /// Zones of the device, with those before the data.
    pub nzones: u16,
    /// Blocks of the inode bitmap.
    pub imap_blocks: u16,
    /// Blocks of the zone bitmap.
    pub zmap_blocks: u16,
    /// The first zone that files may have.
    pub firstdatazone: u16,
    /// Bytes a file may have.
    pub max_size: u32,
    /// Bytes of a name: [`NAME_LEN`] or [`NAME_LEN_MAX`].
    pub name_len: u8,
}

impl Geometry {
    /// An empty geometry: it has no inode and no zone.
    pub const NONE: Geometry = Geometry {
        ninodes: 0,
        nzones: 0,
        imap_blocks: 0,
        zmap_blocks: 0,
        firstdatazone: 0,
        max_size: 0,
        name_len: 0,
    };

    /// Checks a super block against itself and the size of its device.
    pub fn check(disk: &DiskSuper, device_blocks: u32) -> Result<Geometry, BadSuper> {
        let name_len = match disk.magic {
            SUPER_MAGIC => NAME_LEN as u8,
            SUPER_MAGIC_30 => NAME_LEN_MAX as u8,
            _ => return Err(BadSuper::Magic),
        };
        if disk.log_zone_size != 0 {
            return Err(BadSuper::ZoneSize);
        }
        let slots = 1..=MAP_SLOTS as u16;
        if !slots.contains(&disk.imap_blocks) || !slots.contains(&disk.zmap_blocks) {
            return Err(BadSuper::BitmapSize);
        }
        let inode_bits = u32::from(disk.imap_blocks) * BITS_PER_BLOCK;
        if disk.ninodes == 0 || u32::from(disk.ninodes) >= inode_bits {
            return Err(BadSuper::InodeCount);
        }
        let geometry = Geometry {
            ninodes: disk.ninodes,
            nzones: disk.nzones,
            imap_blocks: disk.imap_blocks,
            zmap_blocks: disk.zmap_blocks,
            firstdatazone: disk.firstdatazone,
            max_size: disk.max_size.min(MAX_FILE_SIZE),
            name_len,
        };
        let table_end = geometry.inode_table() + u32::from(disk.ninodes).div_ceil(INODES_PER_BLOCK);
        if u32::from(disk.firstdatazone) < table_end || disk.firstdatazone >= disk.nzones {
            return Err(BadSuper::FirstDataZone);
        }
        let zone_bits = u32::from(disk.zmap_blocks) * BITS_PER_BLOCK;
        if u32::from(disk.nzones) > device_blocks || geometry.data_zones() >= zone_bits {
            return Err(BadSuper::ZoneCount);
        }
        Ok(geometry)
    }

    /// The first block of the inode bitmap.
    pub const fn inode_map(&self) -> u32 {
        SUPER_BLOCK + 1
    }

    /// The first block of the zone bitmap.
    pub const fn zone_map(&self) -> u32 {
        self.inode_map() + self.imap_blocks as u32
    }

    /// The first block of the inode table.
    pub const fn inode_table(&self) -> u32 {
        self.zone_map() + self.zmap_blocks as u32
    }

    /// How many zones files may have; bits 1..=this of the zone bitmap.
    pub const fn data_zones(&self) -> u32 {
        self.nzones as u32 - self.firstdatazone as u32
    }

    /// Whether there is such an inode.
    pub const fn has_inode(&self, number: InodeNumber) -> bool {
        number.0 >= 1 && number.0 <= self.ninodes
    }

    /// Whether files may have this zone.
    pub const fn has_zone(&self, zone: Zone) -> bool {
        zone.0 >= self.firstdatazone && zone.0 < self.nzones
    }

    /// The block that an inode is in, and its offset there.
    pub const fn inode_place(&self, number: InodeNumber) -> (u32, usize) {
        let index = (number.0 as u32).saturating_sub(1);
        let block = self.inode_table() + index / INODES_PER_BLOCK;
        (block, (index % INODES_PER_BLOCK) as usize * INODE_SIZE)
    }

    /// Bytes of a directory entry: the inode number and the name.
    pub const fn entry_size(&self) -> usize {
        2 + self.name_len as usize
    }
}

/// An inode on disk (0.11: `struct d_inode`). The fields are in the disk's order, so
/// that the compiler copies them together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct DiskInode {
    /// Type and permissions (`abi::sys::stat`); 0 in a free inode.
    pub mode: u16,
    /// Owner.
    pub uid: u16,
    /// Bytes.
    pub size: u32,
    /// When it was last changed.
    pub time: Time,
    /// Group.
    pub gid: u8,
    /// Directory entries that refer to it.
    pub nlinks: u8,
    /// Seven blocks, an indirect and a double indirect block. A device node
    /// has its device number in the first.
    pub zones: [Zone; INODE_ZONES],
}

/// Offsets of the fields of [`DiskInode`].
mod inode_offset {
    pub const MODE: usize = 0;
    pub const UID: usize = 2;
    pub const SIZE: usize = 4;
    pub const TIME: usize = 8;
    pub const GID: usize = 12;
    pub const NLINKS: usize = 13;
    pub const ZONES: usize = 14;
}

static_assertions::const_assert_eq!(inode_offset::ZONES + 2 * INODE_ZONES, INODE_SIZE);

impl DiskInode {
    /// A free one.
    pub const NONE: DiskInode = DiskInode {
        mode: 0,
        uid: 0,
        size: 0,
        time: 0,
        gid: 0,
        nlinks: 0,
        zones: [Zone::HOLE; INODE_ZONES],
    };

    /// Reads the inode that begins at `offset` of a block.
    pub fn parse(block: &[u8; BLOCK_SIZE], offset: usize) -> DiskInode {
        use inode_offset::*;
        let Some(bytes) = block
            .get(offset..)
            .and_then(|rest| rest.first_chunk::<INODE_SIZE>())
        else {
            return DiskInode::NONE;
        };
        DiskInode {
            mode: u16_at(bytes, MODE),
            uid: u16_at(bytes, UID),
            size: u32_at(bytes, SIZE),
            time: u32_at(bytes, TIME),
            gid: bytes[GID],
            nlinks: bytes[NLINKS],
            zones: core::array::from_fn(|n| Zone(u16_at(bytes, ZONES + 2 * n))),
        }
    }

    /// Writes it at `offset` of a block.
    #[inline]
    pub fn store(&self, block: &mut [u8; BLOCK_SIZE], offset: usize) {
        use inode_offset::*;
        let mut bytes = [0; INODE_SIZE];
        put_at(&mut bytes, MODE, self.mode.to_le_bytes());
        put_at(&mut bytes, UID, self.uid.to_le_bytes());
        put_at(&mut bytes, SIZE, self.size.to_le_bytes());
        put_at(&mut bytes, TIME, self.time.to_le_bytes());
        put_at(&mut bytes, GID, [self.gid, self.nlinks]);
        for (n, zone) in self.zones.iter().enumerate() {
            put_at(&mut bytes, ZONES + 2 * n, zone.0.to_le_bytes());
        }
        put_at(block, offset, bytes);
    }
}

static_assertions::const_assert_eq!(inode_offset::GID + 1, inode_offset::NLINKS);

/// The offset of the name in a directory entry, after the inode number.
pub const ENTRY_NAME: usize = 2;
