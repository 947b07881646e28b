// SPDX-License-Identifier: GPL-2.0-or-later
//! A small file system for tests, byte by byte.

use abi::sys::stat::{S_IFDIR, S_IFREG};
use fs::layout::{BLOCK_SIZE, DiskInode, DiskSuper, MAX_FILE_SIZE, SUPER_MAGIC, Zone};

/// 64 blocks and 32 inodes: inode bitmap in block 2, zone bitmap in 3, inodes in 4,
/// data from 5 on, the root in 5. On it `/d` (inode 2, zone 6) and `/d/f` (inode 3, 3
/// bytes in zone 7).
pub fn sample() -> Vec<u8> {
    let mut image = vec![0; 64 * BLOCK_SIZE];
    let disk = DiskSuper {
        ninodes: 32,
        nzones: 64,
        imap_blocks: 1,
        zmap_blocks: 1,
        firstdatazone: 5,
        max_size: MAX_FILE_SIZE,
        magic: SUPER_MAGIC,
        ..DiskSuper::default()
    };
    disk.store(image[BLOCK_SIZE..].first_chunk_mut().unwrap());
    image[2 * BLOCK_SIZE] = 0b1111;
    image[3 * BLOCK_SIZE] = 0b1111;
    for (index, (mode, size, nlinks, zone)) in [
        (S_IFDIR | 0o755, 48, 3, 5),
        (S_IFDIR | 0o755, 48, 2, 6),
        (S_IFREG | 0o644, 3, 1, 7),
    ]
    .into_iter()
    .enumerate()
    {
        let mut inode = DiskInode {
            mode,
            size,
            nlinks,
            ..DiskInode::NONE
        };
        inode.zones[0] = Zone(zone);
        let table = image[4 * BLOCK_SIZE..].first_chunk_mut().unwrap();
        inode.store(table, index * 32);
    }
    for (zone, slot, number, name) in [
        (5, 0, 1, "."),
        (5, 1, 1, ".."),
        (5, 2, 2, "d"),
        (6, 0, 2, "."),
        (6, 1, 1, ".."),
        (6, 2, 3, "f"),
    ] {
        let entry = &mut image[zone * BLOCK_SIZE + slot * 16..][..16];
        entry[0] = number;
        entry[2..2 + name.len()].copy_from_slice(name.as_bytes());
    }
    image
}
