// SPDX-License-Identifier: GPL-2.0-or-later
//! Making an empty file system on a device (0.11 had it in a separate program,
//! `mkfs`).
//!
//! The layout is that of the `mkfs.minix` of util-linux: one inode for each
//! three blocks unless told otherwise, as many as fill their last block.

use crate::Fs;
use crate::layout::{
    BITS_PER_BLOCK, BLOCK_SIZE, DiskInode, DiskSuper, ENTRY_NAME, Geometry, INODES_PER_BLOCK,
    MAX_FILE_SIZE, NAME_LEN, NAME_LEN_MAX, ROOT_INODE, STATE_VALID, SUPER_BLOCK, SUPER_MAGIC,
    SUPER_MAGIC_30, Zone, put_at,
};
use abi::sys::stat::S_IFDIR;
use abi::sys::types::Device;
use abi::{Errno, Result};

/// What [`Fs::mkfs`] makes.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Blocks of the file system; at most 65535, the largest zone number.
    pub blocks: u32,
    /// How many inodes there are at least; `None` means one for each three blocks.
    pub inodes: Option<u32>,
    /// Whether names have 30 characters instead of 14.
    pub long_names: bool,
}

impl Options {
    /// With 14-character names and the usual number of inodes.
    pub const fn new(blocks: u32) -> Options {
        Options {
            blocks,
            inodes: None,
            long_names: false,
        }
    }

    /// The super block and geometry; `EINVAL` if these numbers are impossible.
    fn super_block(&self) -> Result<(DiskSuper, Geometry)> {
        let nzones = u16::try_from(self.blocks).map_err(|_| Errno::EINVAL)?;
        let wanted = self
            .inodes
            .unwrap_or(self.blocks / 3)
            .clamp(1, u32::from(u16::MAX));
        // The inodes fill their last block, if the number is not too large.
        let full = wanted.next_multiple_of(INODES_PER_BLOCK);
        let ninodes = u16::try_from(full).unwrap_or(u16::MAX);
        let inode_blocks = u32::from(ninodes).div_ceil(INODES_PER_BLOCK);
        let imap_blocks = (u32::from(ninodes) + 1).div_ceil(BITS_PER_BLOCK);
        let mut zmap_blocks = 0;
        let mut first = 0;
        // The zone bitmap has no bits for itself: it gets smaller as it grows.
        for blocks in 1..=crate::layout::MAP_SLOTS as u32 {
            first = SUPER_BLOCK + 1 + imap_blocks + blocks + inode_blocks;
            zmap_blocks = blocks;
            if self.blocks.saturating_sub(first) < blocks * BITS_PER_BLOCK {
                break;
            }
        }
        let disk = DiskSuper {
            ninodes,
            nzones,
            imap_blocks: imap_blocks as u16,
            zmap_blocks: zmap_blocks as u16,
            firstdatazone: u16::try_from(first).map_err(|_| Errno::EINVAL)?,
            log_zone_size: 0,
            max_size: MAX_FILE_SIZE,
            magic: if self.long_names {
                SUPER_MAGIC_30
            } else {
                SUPER_MAGIC
            },
            state: STATE_VALID,
        };
        let geometry = Geometry::check(&disk, self.blocks).map_err(|_| Errno::EINVAL)?;
        Ok((disk, geometry))
    }
}

impl<'fs> Fs<'fs> {
    /// Writes an empty file system on a device, with a root directory that belongs
    /// to the super-user. The old contents are lost. `EINVAL` if the size is
    /// impossible, `ENOSPC` if the device is smaller, `EBUSY` if it is mounted.
    pub fn mkfs(&'fs self, device: Device, options: &Options) -> Result<()> {
        let (disk, geometry) = options.super_block()?;
        if self.get_super(device).is_some() {
            return Err(Errno::EBUSY);
        }
        if self.platform.device_blocks(device) < options.blocks {
            return Err(Errno::ENOSPC);
        }
        let store = |block: u32, fill: &dyn Fn(&mut [u8; BLOCK_SIZE])| {
            self.getblk(device, block).overwrite(|data| {
                *data = [0; BLOCK_SIZE];
                fill(data);
            });
        };
        store(0, &|_| {});
        store(SUPER_BLOCK, &|data| disk.store(data));
        // The root's inode and its one zone are in use.
        for n in 0..u32::from(geometry.imap_blocks) {
            let last = u32::from(geometry.ninodes);
            store(geometry.inode_map() + n, &|data| fill_map(data, n, last));
        }
        for n in 0..u32::from(geometry.zmap_blocks) {
            store(geometry.zone_map() + n, &|data| {
                fill_map(data, n, geometry.data_zones())
            });
        }
        for block in geometry.inode_table()..u32::from(geometry.firstdatazone) {
            store(block, &|_| {});
        }
        let zone = Zone(geometry.firstdatazone);
        let (block, offset) = geometry.inode_place(ROOT_INODE);
        let mut root = DiskInode {
            mode: S_IFDIR | 0o755,
            nlinks: 2,
            size: 2 * geometry.entry_size() as u32,
            time: self.current_time(),
            ..DiskInode::NONE
        };
        root.zones[0] = zone;
        store(block, &|data| root.store(data, offset));
        store(zone.block(), &|data| {
            for (place, name) in [(0, &b"."[..]), (geometry.entry_size(), &b".."[..])] {
                put_at(data, place, ROOT_INODE.0.to_le_bytes());
                data[place + ENTRY_NAME..][..name.len()].copy_from_slice(name);
            }
        });
        self.sync_dev(device)
    }
}

/// Fills block `n` of a new bitmap: bits 0 and 1 are set, and so are those behind
/// `last`, which stand for nothing.
fn fill_map(data: &mut [u8; BLOCK_SIZE], n: u32, last: u32) {
    for (byte, first) in data.iter_mut().zip((n * BITS_PER_BLOCK..).step_by(8)) {
        for bit in 0..8 {
            let number = first + bit;
            if number <= 1 || number > last {
                *byte |= 1 << bit;
            }
        }
    }
}

static_assertions::const_assert_eq!(NAME_LEN + ENTRY_NAME, 16);
static_assertions::const_assert_eq!(NAME_LEN_MAX + ENTRY_NAME, 32);
