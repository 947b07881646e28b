// SPDX-License-Identifier: GPL-2.0-or-later
//! The bitmaps: which zone and which inode is taken, which is given back, and what is
//! said of a wrong bit.

mod common;

use abi::Errno;
use abi::fcntl::{O_CREAT, O_RDWR};
use abi::sys::stat::S_IFBLK;
use common::{Machine, ROOT, mount, pattern, touch, unmount, write};
use fs::layout::{BITS_PER_BLOCK, BLOCK_SIZE, DIRECT_ZONES, DiskInode, INDIRECT, Zone};
use fs::layout::{DiskSuper, Geometry, InodeNumber, u16_at};
use fs::mkfs::Options;

fn geometry(machine: &Machine) -> Geometry {
    let bytes = machine.disk.to_bytes();
    let disk = DiskSuper::parse(bytes[BLOCK_SIZE..].first_chunk().unwrap());
    Geometry::check(&disk, (bytes.len() / BLOCK_SIZE) as u32).unwrap()
}

/// Sets or clears the bit of a zone on the disk.
fn mark(machine: &Machine, zone: u16, is_used: bool) {
    let geometry = geometry(machine);
    let bit = usize::from(zone - geometry.firstdatazone) + 1;
    machine.disk.with_bytes(|bytes| {
        let byte = &mut bytes[geometry.zone_map() as usize * BLOCK_SIZE + bit / 8];
        match is_used {
            true => *byte |= 1 << (bit % 8),
            false => *byte &= !(1 << (bit % 8)),
        }
    });
}

/// An inode as it is on the disk; `change` may change it there.
fn inode(machine: &Machine, number: u16, change: impl FnOnce(&mut DiskInode)) -> DiskInode {
    let (block, offset) = geometry(machine).inode_place(InodeNumber(number));
    machine.disk.with_bytes(|bytes| {
        let block = bytes[block as usize * BLOCK_SIZE..]
            .first_chunk_mut()
            .unwrap();
        let mut inode = DiskInode::parse(block, offset);
        change(&mut inode);
        inode.store(block, offset);
        inode
    })
}

/// A machine with one file of 60 blocks, which is inode 2.
fn with_a_file() -> (Machine, DiskInode) {
    let machine = Machine::new(300);
    machine.run(|fs, task| {
        write(fs, task, "/f", 0, &pattern(60 * BLOCK_SIZE, 1)).unwrap();
    });
    let inode = inode(&machine, 2, |_| {});
    (machine, inode)
}

/// What is said as the file goes; nothing is written to the disk after that.
fn said_at_the_end_of(machine: &Machine) -> String {
    let machine = Machine::on(64, machine.disk.clone());
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    let _ = fs.sys_unlink(&task, b"/f");
    let state = touch(&fs, &task, "/g");
    unmount(&fs, &task).unwrap();
    let said = machine.host.take_messages().concat();
    assert_eq!(state, Err(Errno::EROFS), "{said}");
    said
}

#[test]
fn each_zone_that_is_free_already_is_told() {
    let (machine, file) = with_a_file();
    let list = file.zones[INDIRECT];
    let sound = machine.disk.to_bytes();
    let listed = (0..60 - DIRECT_ZONES as usize).map(|slot| {
        let offset = list.block() as usize * BLOCK_SIZE + 2 * slot;
        Zone(u16_at(&sound, offset))
    });
    for zone in file.zones[..INDIRECT].iter().copied().chain(listed) {
        machine.disk.with_bytes(|bytes| bytes.clone_from(&sound));
        mark(&machine, zone.0, false);
        let said = said_at_the_end_of(&machine);
        let told = format!("freeing zone {zone}, which is free already");
        assert!(said.contains(&told), "{said}");
    }
    machine.disk.with_bytes(|bytes| bytes.clone_from(&sound));
    mark(&machine, list.0, false);
    let said = said_at_the_end_of(&machine);
    let told = format!("inode 2 has zone {list}, which is free");
    assert!(said.contains(&told), "{said}");
}

#[test]
fn no_zone_behind_the_last_is_freed() {
    let (machine, _) = with_a_file();
    let end = geometry(&machine).nzones;
    inode(&machine, 2, |inode| {
        for (n, zone) in inode.zones.iter_mut().enumerate() {
            *zone = Zone(if n < 4 { end - 2 + n as u16 } else { 0 });
        }
    });
    mark(&machine, end - 2, true);
    mark(&machine, end - 1, true);
    let said = said_at_the_end_of(&machine);
    assert!(said.contains(&format!("freeing zone {end}, ")), "{said}");
}

/// Two places of a file have one zone. It is freed for the first; what is said at the
/// second comes when its bit is cleared.
#[test]
fn a_zone_that_is_freed_twice_is_told() {
    let (machine, file) = with_a_file();
    let zone = file.zones[0];
    inode(&machine, 2, |inode| inode.zones[2] = zone);
    let machine = Machine::on(64, machine.disk.clone());
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    fs.sys_unlink(&task, b"/f").unwrap();
    fs.sys_sync().unwrap();
    let said = machine.host.take_messages().concat();
    let told = format!("zone {zone} is free already");
    assert!(said.contains(&told), "{said}");
    assert_eq!(touch(&fs, &task, "/g"), Err(Errno::EROFS));
    unmount(&fs, &task).unwrap();
}

/// Once the file system is read-only nothing becomes free any more, and what would have
/// is not counted after the next mount.
#[test]
fn what_waits_to_be_free_stays_where_an_error_was() {
    let (machine, file) = with_a_file();
    mark(&machine, file.zones[3].0, false);
    let machine = Machine::on(64, machine.disk.clone());
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    let free = fs.free_counts(ROOT).unwrap();
    let before = machine.disk.to_bytes();
    fs.sys_unlink(&task, b"/f").unwrap();
    let said = machine.host.take_messages().concat();
    assert!(said.contains("read-only"), "{said}");
    unmount(&fs, &task).unwrap();
    let geometry = geometry(&machine);
    let maps = |bytes: &[u8]| {
        let blocks = geometry.inode_map() as usize..geometry.inode_table() as usize;
        bytes[blocks.start * BLOCK_SIZE..blocks.end * BLOCK_SIZE].to_vec()
    };
    assert!(maps(&machine.disk.to_bytes()) == maps(&before));
    let task = mount(&fs).unwrap();
    assert_eq!(fs.free_counts(ROOT), Some(free));
    unmount(&fs, &task).unwrap();
}

/// A free inode that somebody has open is not given away.
#[test]
fn an_inode_that_is_free_and_in_use() {
    let machine = Machine::with(
        64,
        &Options {
            inodes: Some(32),
            ..Options::new(300)
        },
    );
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    fs.sys_mknod(&task, b"/disk", S_IFBLK | 0o600, ROOT)
        .unwrap();
    let fd = fs.sys_open(&task, b"/f", O_CREAT | O_RDWR, 0o644).unwrap();
    let number = fs.sys_fstat(&task, fd as u32).unwrap().st_ino;
    assert_eq!(number, 3);
    // The root directory, the node, and not the file.
    let map = fs.geometry(ROOT).unwrap().inode_map() as i32;
    write(&fs, &task, "/disk", map * BLOCK_SIZE as i32, &[0b0111]).unwrap();
    let made = (0..40).map(|n| touch(&fs, &task, &format!("/{n}")));
    let error = made.into_iter().find_map(Result::err);
    assert_eq!(error, Some(Errno::EIO));
    let said = machine.host.take_messages().concat();
    assert!(said.contains("inode 3 is free and in use"), "{said}");
    fs.sys_close(&task, fd as u32).unwrap();
}

/// The bits behind the last zone and the last inode stand for nothing, whatever they
/// are: some `mkfs` leave them clear.
#[test]
fn bits_behind_the_last_are_not_counted() {
    let machine = Machine::new(300);
    let free = |machine: &Machine| machine.run(|fs, _| fs.free_counts(ROOT).unwrap());
    let expected = free(&machine);
    let geometry = geometry(&machine);
    machine.disk.with_bytes(|bytes| {
        for (map, last) in [
            (geometry.inode_map(), u32::from(geometry.ninodes)),
            (geometry.zone_map(), geometry.data_zones()),
        ] {
            let map = &mut bytes[map as usize * BLOCK_SIZE..][..BLOCK_SIZE];
            for bit in last as usize + 1..8 * BLOCK_SIZE {
                map[bit / 8] &= !(1 << (bit % 8));
            }
        }
    });
    let machine = Machine::on(64, machine.disk.clone());
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    assert_eq!(fs.free_counts(ROOT), Some(expected));
    // What fills the disk takes none of them.
    let room = expected.0 as usize * BLOCK_SIZE;
    assert!(write(&fs, &task, "/f", 0, &vec![b'x'; room]).unwrap() < room);
    assert_eq!(fs.free_counts(ROOT).unwrap().0, 0);
    assert_eq!(write(&fs, &task, "/g", 0, b"x"), Err(Errno::ENOSPC));
    unmount(&fs, &task).unwrap();
}

/// Zones that follow each other are freed together; these do not.
#[test]
fn zones_that_stand_backwards_are_freed() {
    let (machine, _) = with_a_file();
    inode(&machine, 2, |inode| inode.zones[..INDIRECT].reverse());
    let machine = Machine::on(64, machine.disk.clone());
    machine.run(|fs, task| fs.sys_unlink(task, b"/f").unwrap());
}

/// The next zone is the one behind the last that was taken, so that what is written
/// stands in a row; what becomes free before it waits for the next turn.
#[test]
fn zones_and_inodes_are_taken_in_turn() {
    let machine = Machine::new(300);
    machine.run(|fs, task| {
        for name in ["/a", "/b"] {
            write(fs, task, name, 0, b"text").unwrap();
        }
        fs.sys_unlink(task, b"/b").unwrap();
        fs.sys_sync().unwrap();
        write(fs, task, "/c", 0, b"text").unwrap();
        assert_eq!(fs.sys_stat(task, b"/a").unwrap().st_ino, 2);
        assert_eq!(fs.sys_stat(task, b"/c").unwrap().st_ino, 4);
    });
    let zone = |number| inode(&machine, number, |_| {}).zones[0].0;
    assert_eq!(zone(4), zone(2) + 2);
}

/// What is set aside for the next files is free for all others: it is counted, it is
/// not in use on the disk after a `sync`, and a broken file can't give it back.
#[test]
fn zones_that_are_set_aside_are_free() {
    let (machine, _) = with_a_file();
    let map = || {
        let bytes = machine.disk.to_bytes();
        bytes[geometry(&machine).zone_map() as usize * BLOCK_SIZE..][..BLOCK_SIZE].to_vec()
    };
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    let before = map();
    let free = fs.free_counts(ROOT).unwrap().0;
    write(&fs, &task, "/a", 0, b"x").unwrap();
    fs.sys_sync().unwrap();
    let ones = |map: &[u8]| map.iter().map(|byte| byte.count_ones()).sum::<u32>();
    assert_eq!(ones(&map()), ones(&before) + 1);
    write(&fs, &task, "/b", 0, b"x").unwrap();
    assert_eq!(fs.free_counts(ROOT).unwrap().0, free - 2);
    fs.sys_sync().unwrap();
    assert_eq!(ones(&map()), ones(&before) + 2);
    unmount(&fs, &task).unwrap();
    // A file refers to the zone behind that of the next file.
    let next = inode(&machine, 4, |_| {}).zones[0].0 + 1;
    inode(&machine, 3, |inode| inode.zones[0] = Zone(next + 1));
    let machine = Machine::on(64, machine.disk.clone());
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    write(&fs, &task, "/c", 0, b"x").unwrap();
    let _ = fs.sys_unlink(&task, b"/a");
    let said = machine.host.take_messages().concat();
    let told = format!("freeing zone {}, which is free already", next + 1);
    assert!(said.contains(&told), "{said}");
    unmount(&fs, &task).unwrap();
}

/// Bitmaps of two blocks, of which the first is full.
#[test]
fn the_second_block_of_a_bitmap() {
    let options = Options {
        inodes: Some(8500),
        ..Options::new(9000)
    };
    let machine = Machine::with(256, &options);
    let geometry = geometry(&machine);
    assert_eq!((geometry.imap_blocks, geometry.zmap_blocks), (2, 2));
    machine.disk.with_bytes(|bytes| {
        for map in [geometry.inode_map(), geometry.zone_map()] {
            bytes[map as usize * BLOCK_SIZE..][..BLOCK_SIZE].fill(0xff);
        }
    });
    let free = (
        geometry.data_zones() - (BITS_PER_BLOCK - 1),
        u32::from(geometry.ninodes) - (BITS_PER_BLOCK - 1),
    );
    let machine = Machine::on(64, machine.disk.clone());
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    assert_eq!(fs.free_counts(ROOT), Some(free));
    write(&fs, &task, "/f", 0, &pattern(10 * BLOCK_SIZE, 1)).unwrap();
    let number = fs.sys_stat(&task, b"/f").unwrap().st_ino;
    assert_eq!(u32::from(number), BITS_PER_BLOCK);
    // Ten blocks and a list.
    assert_eq!(fs.free_counts(ROOT), Some((free.0 - 11, free.1 - 1)));
    fs.sys_sync().unwrap();
    let first = geometry.firstdatazone + (BITS_PER_BLOCK - 1) as u16;
    let zones = inode(&machine, number, |_| {}).zones;
    assert_eq!((zones[0], zones[1]), (Zone(first), Zone(first + 1)));
    // To the end, and not further.
    let room = (free.0 - 11) as usize * BLOCK_SIZE;
    let written = write(&fs, &task, "/g", 0, &vec![b'x'; room]).unwrap();
    assert!(written < room && written + 5 * BLOCK_SIZE > room);
    assert_eq!(fs.free_counts(ROOT).unwrap().0, 0);
    for name in [b"/f", b"/g"] {
        fs.sys_unlink(&task, name).unwrap();
    }
    assert_eq!(fs.free_counts(ROOT), Some(free));
    unmount(&fs, &task).unwrap();
}
