// SPDX-License-Identifier: GPL-2.0-or-later
//! The bitmaps: which zone and which inode is taken, which is given back, and what is
//! said of a wrong bit.

mod common;

use common::{Machine, ROOT, mount, pattern, touch, unmount, write};
use fs::layout::{BITS_PER_BLOCK, BLOCK_SIZE, DIRECT_ZONES, DiskInode, INDIRECT, Zone};
use fs::layout::{DiskSuper, Geometry, InodeNumber, u16_at};
use fs::mkfs::Options;
use lib::Errno;

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
