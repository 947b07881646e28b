// SPDX-License-Identifier: GPL-2.0-or-later
//! The layout on the disk, byte by byte.

use fs::layout::{BLOCK_SIZE, BadSuper, DiskInode, DiskSuper, Geometry, InodeNumber, Zone};

const SUPER: DiskSuper = DiskSuper {
    ninodes: 0x0140,
    nzones: 0x0302,
    imap_blocks: 1,
    zmap_blocks: 2,
    firstdatazone: 0x0A0B,
    log_zone_size: 0,
    max_size: 0x1008_1C00,
    magic: 0x137F,
    state: 1,
};

#[test]
fn super_block() {
    let mut block = [0; BLOCK_SIZE];
    SUPER.store(&mut block);
    let expected = [
        0x40, 0x01, 0x02, 0x03, 1, 0, 2, 0, 0x0B, 0x0A, 0, 0, 0x00, 0x1C, 0x08, 0x10, 0x7F, 0x13,
        1, 0,
    ];
    assert_eq!(block[..20], expected);
    assert!(block[20..].iter().all(|byte| *byte == 0));
    assert_eq!(DiskSuper::parse(&block), SUPER);
}

#[test]
fn inode() {
    let inode = DiskInode {
        mode: 0o100644,
        uid: 0x0102,
        size: 0x0304_0506,
        time: 0x0708_090A,
        gid: 0x0B,
        nlinks: 0x0C,
        zones: std::array::from_fn(|n| Zone(0x1000 + n as u16)),
    };
    let mut block = [0xFF; BLOCK_SIZE];
    inode.store(&mut block, 64);
    let expected = [
        0xA4, 0x81, 0x02, 0x01, 0x06, 0x05, 0x04, 0x03, 0x0A, 0x09, 0x08, 0x07, 0x0B,
        0x0C, // zones
        0, 0x10, 1, 0x10, 2, 0x10, 3, 0x10, 4, 0x10, 5, 0x10, 6, 0x10, 7, 0x10, 8, 0x10,
    ];
    assert_eq!(block[64..96], expected);
    assert!(
        block[..64]
            .iter()
            .chain(&block[96..])
            .all(|byte| *byte == 0xFF)
    );
    assert_eq!(DiskInode::parse(&block, 64), inode);
}

/// A 1440 KB floppy as `mkfs.minix` makes it.
fn floppy() -> DiskSuper {
    DiskSuper {
        ninodes: 480,
        nzones: 1440,
        imap_blocks: 1,
        zmap_blocks: 1,
        firstdatazone: 19,
        log_zone_size: 0,
        ..SUPER
    }
}

#[test]
fn where_things_are() {
    let geometry = Geometry::check(&floppy(), 1440).unwrap();
    assert_eq!(
        (
            geometry.inode_map(),
            geometry.zone_map(),
            geometry.inode_table()
        ),
        (2, 3, 4)
    );
    assert_eq!(geometry.inode_place(InodeNumber(1)), (4, 0));
    assert_eq!(geometry.inode_place(InodeNumber(32)), (4, 31 * 32));
    assert_eq!(geometry.inode_place(InodeNumber(33)), (5, 0));
    assert_eq!(geometry.data_zones(), 1421);
    assert!(geometry.has_inode(InodeNumber(480)) && !geometry.has_inode(InodeNumber(481)));
    assert!(!geometry.has_inode(InodeNumber(0)));
    assert!(geometry.has_zone(Zone(19)) && geometry.has_zone(Zone(1439)));
    assert!(!geometry.has_zone(Zone(18)) && !geometry.has_zone(Zone(1440)));
    assert_eq!(geometry.entry_size(), 16);
}

#[test]
fn long_names() {
    let disk = DiskSuper {
        magic: 0x138F,
        ..floppy()
    };
    let geometry = Geometry::check(&disk, 1440).unwrap();
    assert_eq!((geometry.name_len, geometry.entry_size()), (30, 32));
}

#[test]
fn a_hole_is_no_zone() {
    assert!(Zone(0).is_hole() && !Zone(1).is_hole());
    assert_eq!(Zone(0xFFFF).block(), 0xFFFF);
}

#[test]
fn what_messages_say() {
    assert_eq!(format!("{} {}", InodeNumber(17), Zone(65000)), "17 65000");
    for (bad, words) in [
        (BadSuper::Magic, "not a Minix v1 file system"),
        (BadSuper::ZoneSize, "zones larger than a block"),
        (BadSuper::InodeCount, "too small for the inodes"),
        (BadSuper::ZoneCount, "more zones than"),
        (BadSuper::BitmapSize, "no blocks or more than 8"),
        (BadSuper::FirstDataZone, "behind the inode table"),
    ] {
        assert!(bad.to_string().contains(words), "{bad:?}");
    }
}

#[test]
fn impossible_super_blocks() {
    let bad = |change: &dyn Fn(&mut DiskSuper)| {
        let mut disk = floppy();
        change(&mut disk);
        Geometry::check(&disk, 1440).unwrap_err()
    };
    assert_eq!(bad(&|disk| disk.magic = 0x2468), BadSuper::Magic);
    assert_eq!(bad(&|disk| disk.log_zone_size = 1), BadSuper::ZoneSize);
    assert_eq!(bad(&|disk| disk.imap_blocks = 0), BadSuper::BitmapSize);
    assert_eq!(bad(&|disk| disk.zmap_blocks = 9), BadSuper::BitmapSize);
    assert_eq!(bad(&|disk| disk.ninodes = 0), BadSuper::InodeCount);
    assert_eq!(bad(&|disk| disk.ninodes = 8192), BadSuper::InodeCount);
    assert_eq!(bad(&|disk| disk.nzones = 1441), BadSuper::ZoneCount);
    assert_eq!(
        bad(&|disk| disk.firstdatazone = 18),
        BadSuper::FirstDataZone
    );
    assert_eq!(
        bad(&|disk| disk.firstdatazone = 1440),
        BadSuper::FirstDataZone
    );
    let large = DiskSuper {
        nzones: 8192 + 19,
        ..floppy()
    };
    assert_eq!(Geometry::check(&large, 65535), Err(BadSuper::ZoneCount));
    let large = DiskSuper {
        nzones: 8191 + 19,
        ..floppy()
    };
    assert!(Geometry::check(&large, 65535).is_ok());
}
