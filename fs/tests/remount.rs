// SPDX-License-Identifier: GPL-2.0-or-later
//! What is mounted for reading becomes writable, and back; what was repaired
//! through the device in between is seen.

mod common;

use abi::Errno;
use abi::Result;
use abi::fcntl::{O_CREAT, O_RDONLY, O_RDWR};
use abi::sys::stat::{S_IFBLK, S_IFDIR, S_IFREG};
use common::{Machine, ROOT, mount, read, touch, unmount, write};
use fs::host::{MemoryDisk, ReadInto};
use fs::layout::{
    BLOCK_SIZE, DiskInode, DiskSuper, Geometry, InodeNumber, STATE_ERRORS, STATE_IN_USE,
    STATE_UNKNOWN, STATE_VALID, SUPER_BLOCK, Zone,
};
use fs::super_block::Access;
use fs::{Fs, FsTask};

const SUPER: usize = SUPER_BLOCK as usize * BLOCK_SIZE;

fn super_block(disk: &MemoryDisk) -> DiskSuper {
    disk.with_bytes(|bytes| DiskSuper::parse(bytes[SUPER..].first_chunk().unwrap()))
}

fn with_state(disk: &MemoryDisk, state: u16) {
    let disk_super = DiskSuper {
        state,
        ..super_block(disk)
    };
    disk.with_bytes(|bytes| disk_super.store(bytes[SUPER..].first_chunk_mut().unwrap()));
}

/// The inode of `/file`.
const FILE: u16 = 2;

/// An empty file system with `/file`, and the node of its device.
fn disk() -> MemoryDisk {
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        write(fs, task, "/file", 0, b"text").unwrap();
        fs.sys_mknod(task, b"/root", S_IFBLK | 0o600, ROOT).unwrap();
    });
    machine.disk
}

/// Mounts root as the kernel does.
fn boot<'fs>(fs: &'fs Fs<'fs>) -> FsTask<'fs> {
    let task = FsTask::new();
    task.umask.set(0);
    fs.mount_root_for(ROOT, &task, Access::WriteIfClean)
        .unwrap();
    task
}

#[test]
fn a_root_that_was_not_left_clean_is_read_only_at_first() {
    for (state, is_clean) in [
        (STATE_VALID, true),
        (STATE_VALID | STATE_IN_USE, true),
        (STATE_UNKNOWN, true),
        (STATE_IN_USE, false),
        (STATE_ERRORS, false),
        (STATE_VALID | STATE_ERRORS, false),
    ] {
        let machine = Machine::on(64, disk());
        with_state(&machine.disk, state);
        let fs = machine.host.fs();
        let task = boot(&fs);
        let said = machine.host.take_messages().concat();
        let made = touch(&fs, &task, "/new");
        if is_clean {
            assert_eq!(made, Ok(()), "{state}");
            assert!(!said.contains("fsck"), "{said}");
        } else {
            assert_eq!(made, Err(Errno::EROFS), "{state}");
            assert!(said.contains("; read-only until fsck has run\n"), "{said}");
            assert_eq!(
                super_block(&machine.disk).state,
                state,
                "nothing is written"
            );
        }
        unmount(&fs, &task).unwrap();
    }
}

#[test]
fn after_a_repair_it_can_be_written() {
    let machine = Machine::on(64, disk());
    with_state(&machine.disk, STATE_IN_USE);
    let fs = machine.host.fs();
    let task = boot(&fs);
    repair(&fs, &task, |disk| disk.state = STATE_VALID);
    fs.sys_remount(&task, b"/", false).unwrap();
    // Once more changes nothing.
    fs.sys_remount(&task, b"/", false).unwrap();
    assert_eq!(super_block(&machine.disk).state, STATE_IN_USE);
    write(&fs, &task, "/file", 0, b"more").unwrap();
    unmount(&fs, &task).unwrap();
    assert_eq!(super_block(&machine.disk).state, STATE_VALID);
    common::check::check(&machine.disk.to_bytes()).unwrap();
}

/// Changes the super block through the device, as `fsck` does.
fn repair<'fs>(fs: &'fs Fs<'fs>, task: &FsTask<'fs>, change: impl FnOnce(&mut DiskSuper)) {
    let bytes = read(fs, task, "/root", SUPER as i32, BLOCK_SIZE).unwrap();
    let mut block: [u8; BLOCK_SIZE] = bytes.try_into().unwrap();
    let mut disk = DiskSuper::parse(&block);
    change(&mut disk);
    disk.store(&mut block);
    write(fs, task, "/root", SUPER as i32, &block).unwrap();
}

/// Changes an inode through the device.
fn repair_inode<'fs>(
    fs: &'fs Fs<'fs>,
    task: &FsTask<'fs>,
    number: u16,
    change: impl FnOnce(&mut DiskInode),
) {
    let geometry: Geometry = fs.geometry(ROOT).unwrap();
    let (block, offset) = geometry.inode_place(InodeNumber(number));
    let place = block as i32 * BLOCK_SIZE as i32;
    let bytes = read(fs, task, "/root", place, BLOCK_SIZE).unwrap();
    let mut bytes: [u8; BLOCK_SIZE] = bytes.try_into().unwrap();
    let mut inode = DiskInode::parse(&bytes, offset);
    change(&mut inode);
    inode.store(&mut bytes, offset);
    write(fs, task, "/root", place, &bytes).unwrap();
}

/// An inode that was in memory before the repair is read anew.
#[test]
fn unused_inodes_are_not_stale() {
    let machine = Machine::on(64, disk());
    with_state(&machine.disk, STATE_IN_USE);
    let fs = machine.host.fs();
    let task = boot(&fs);
    let stat = fs.sys_stat(&task, b"/file").unwrap();
    assert_eq!((stat.st_ino, stat.st_size), (FILE, 4));
    repair_inode(&fs, &task, FILE, |inode| inode.size = 2);
    fs.sys_remount(&task, b"/", false).unwrap();
    assert_eq!(fs.sys_stat(&task, b"/file").unwrap().st_size, 2);
    assert_eq!(read(&fs, &task, "/file", 0, 9).unwrap(), b"te");
    unmount(&fs, &task).unwrap();
}

/// Inodes in use are read again; what became something else keeps all of it for
/// reading only.
#[test]
fn used_inodes_are_not_stale() {
    let machine = Machine::on(64, disk());
    with_state(&machine.disk, STATE_IN_USE);
    let fs = machine.host.fs();
    let task = boot(&fs);
    let fd = fs.sys_open(&task, b"/file", O_RDONLY, 0).unwrap() as u32;
    let change = |change: fn(&mut DiskInode)| repair_inode(&fs, &task, FILE, change);
    let again = || fs.sys_remount(&task, b"/", false);
    change(|inode| inode.nlinks = 0);
    assert_eq!(again(), Err(Errno::EBUSY));
    change(|inode| (inode.nlinks, inode.mode) = (1, S_IFDIR | 0o755));
    assert_eq!(again(), Err(Errno::EBUSY));
    assert_eq!(touch(&fs, &task, "/new"), Err(Errno::EROFS));
    // A node in use leads to the device that it was opened for.
    let node = fs.sys_open(&task, b"/root", O_RDONLY, 0).unwrap() as u32;
    let number = fs.sys_stat(&task, b"/root").unwrap().st_ino;
    let lead_to = |device: u16| {
        repair_inode(&fs, &task, number, |inode| inode.zones[0] = Zone(device));
    };
    change(|inode| (inode.nlinks, inode.mode) = (1, S_IFREG | 0o600));
    lead_to(ROOT.0 + 1);
    assert_eq!(again(), Err(Errno::EBUSY));
    lead_to(ROOT.0);
    fs.sys_close(&task, node).unwrap();
    change(|inode| (inode.size, inode.mode) = (2, S_IFREG | 0o600));
    // The root directory has one more name by now.
    repair_inode(&fs, &task, 1, |inode| inode.nlinks = 3);
    assert_eq!(again(), Ok(()));
    let mut bytes = [0; 9];
    let read = fs.sys_read(&task, fd, &mut ReadInto(&mut bytes));
    assert_eq!((read, &bytes[..2]), (Ok(2), &b"te"[..]));
    assert_eq!(fs.sys_stat(&task, b"/").unwrap().st_nlink, 3);
    fs.sys_close(&task, fd).unwrap();
    unmount(&fs, &task).unwrap();
}

#[test]
fn another_geometry_is_refused() {
    let machine = Machine::on(64, disk());
    with_state(&machine.disk, STATE_IN_USE);
    let fs = machine.host.fs();
    let task = boot(&fs);
    repair(&fs, &task, |disk| disk.nzones -= 1);
    assert_eq!(fs.sys_remount(&task, b"/", false), Err(Errno::EBUSY));
    repair(&fs, &task, |disk| disk.nzones += 1);
    assert_eq!(fs.sys_remount(&task, b"/", false), Ok(()));
    unmount(&fs, &task).unwrap();
}

/// Errors that were found before the repair, while nothing could be written, are in
/// the way no more; those found later are.
#[test]
fn after_errors() {
    let machine = Machine::on(64, disk());
    with_state(&machine.disk, STATE_IN_USE);
    let fs = machine.host.fs();
    let task = boot(&fs);
    // Nobody has looked at the file yet, so it is not in memory.
    let set_links = |count| repair_inode(&fs, &task, FILE, |inode| inode.nlinks = count);
    set_links(0);
    assert_eq!(read(&fs, &task, "/file", 0, 1), Err(Errno::EIO));
    set_links(1);
    repair(&fs, &task, |disk| disk.state = STATE_VALID);
    assert_eq!(fs.sys_remount(&task, b"/", false), Ok(()));
    assert_eq!(fs.sys_remount(&task, b"/", true), Ok(()));
    assert_eq!(super_block(&machine.disk).state & STATE_VALID, STATE_VALID);
    // Now nothing can be written again.
    set_links(0);
    assert_eq!(read(&fs, &task, "/file", 0, 1), Err(Errno::EIO));
    set_links(1);
    assert_eq!(fs.sys_remount(&task, b"/", false), Ok(()));
    set_links(0);
    assert_eq!(read(&fs, &task, "/file", 0, 1), Err(Errno::EIO));
    set_links(1);
    assert_eq!(touch(&fs, &task, "/new"), Err(Errno::EROFS));
    assert_eq!(fs.sys_remount(&task, b"/", false), Err(Errno::EROFS));
    unmount(&fs, &task).unwrap();
}

#[test]
fn for_reading_only() {
    let machine = Machine::on(64, disk());
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    let protect = || fs.sys_remount(&task, b"/", true);
    let fd = fs.sys_open(&task, b"/file", O_RDWR, 0).unwrap() as u32;
    assert_eq!(protect(), Err(Errno::EBUSY), "open for writing");
    fs.sys_close(&task, fd).unwrap();
    let fd = fs
        .sys_open(&task, b"/gone", O_CREAT | O_RDONLY, 0o600)
        .unwrap() as u32;
    fs.sys_unlink(&task, b"/gone").unwrap();
    assert_eq!(protect(), Err(Errno::EBUSY), "removed, and open");
    // It can still be written.
    write(&fs, &task, "/file", 0, b"more").unwrap();
    fs.sys_close(&task, fd).unwrap();
    let fd = fs.sys_open(&task, b"/file", O_RDONLY, 0).unwrap() as u32;
    assert_eq!(protect(), Ok(()), "open for reading");
    assert_eq!(super_block(&machine.disk).state & STATE_VALID, STATE_VALID);
    assert_eq!(touch(&fs, &task, "/new"), Err(Errno::EROFS));
    assert_eq!(
        fs.sys_open(&task, b"/file", O_RDWR, 0).err(),
        Some(Errno::EROFS)
    );
    common::check::check(&machine.disk.to_bytes()).unwrap();
    assert_eq!(fs.sys_remount(&task, b"/", false), Ok(()));
    assert_eq!(super_block(&machine.disk).state, STATE_IN_USE);
    write(&fs, &task, "/file", 0, b"once").unwrap();
    fs.sys_close(&task, fd).unwrap();
    unmount(&fs, &task).unwrap();
    assert_eq!(super_block(&machine.disk).state & STATE_VALID, STATE_VALID);
}

#[test]
fn who_may_and_what() -> Result<()> {
    let machine = Machine::on(64, disk());
    let fs = machine.host.fs();
    let task = mount(&fs)?;
    fs.sys_mkdir(&task, b"/d", 0o777)?;
    assert_eq!(fs.sys_remount(&task, b"/d", true), Err(Errno::EINVAL));
    assert_eq!(fs.sys_remount(&task, b"/nothing", true), Err(Errno::ENOENT));
    assert_eq!(fs.sys_remount(&task, b"/file", true), Err(Errno::ENOTBLK));
    task.euid.set(7);
    assert_eq!(fs.sys_remount(&task, b"/", true), Err(Errno::EPERM));
    task.euid.set(0);
    unmount(&fs, &task)
}
