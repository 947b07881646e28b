// SPDX-License-Identifier: GPL-2.0-or-later
//! The word of the super block that tells in which state a file system is.

mod common;

use abi::Errno;
use abi::fcntl::{O_CREAT, O_RDWR};
use abi::sys::stat::S_IFBLK;
use abi::sys::types::Device;
use common::{BeforeWrite, Machine, ROOT, mount, touch, unmount, write};
use fs::host::MemoryDisk;
use fs::layout::{
    BLOCK_SIZE, DiskSuper, STATE_ERRORS, STATE_IN_USE, STATE_UNKNOWN, STATE_VALID, SUPER_BLOCK,
};
use fs::mkfs::Options;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

const OTHER: Device = Device::new(3, 6);
const SUPER: usize = SUPER_BLOCK as usize * BLOCK_SIZE;

fn state(disk: &MemoryDisk) -> u16 {
    disk.with_bytes(|bytes| DiskSuper::parse(bytes[SUPER..].first_chunk().unwrap()).state)
}

fn set_state(disk: &MemoryDisk, state: u16) {
    disk.with_bytes(|bytes| {
        let block = bytes[SUPER..].first_chunk_mut().unwrap();
        let disk = DiskSuper::parse(block);
        DiskSuper { state, ..disk }.store(block);
    });
}

/// What is said when a copy of the disk is mounted, and its state when it is
/// unmounted again.
fn mounted_again(disk: &MemoryDisk) -> (String, u16) {
    let machine = Machine::on(64, MemoryDisk::from_bytes(disk.to_bytes()));
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    let _ = touch(&fs, &task, "/again");
    unmount(&fs, &task).unwrap();
    (machine.host.take_messages().concat(), state(&machine.disk))
}

#[test]
fn a_valid_file_system_is_in_use_while_it_is_mounted() {
    let machine = Machine::new(200);
    assert_eq!(state(&machine.disk), STATE_VALID);
    machine.run(|fs, task| {
        assert_eq!(state(&machine.disk), STATE_IN_USE);
        write(fs, task, "/file", 0, b"text").unwrap();
        fs.sys_sync().unwrap();
        assert_eq!(state(&machine.disk), STATE_IN_USE);
        // The power fails here.
        let (said, after) = mounted_again(&machine.disk);
        assert!(said.contains("it was not unmounted; run fsck"), "{said}");
        assert_eq!(after, STATE_IN_USE, "fsck has not seen it");
    });
    assert_eq!(state(&machine.disk), STATE_VALID);
    let (said, after) = mounted_again(&machine.disk);
    assert!(!said.contains("fsck"), "{said}");
    assert_eq!(after, STATE_VALID);
}

#[test]
fn a_disk_of_1991_is_never_marked() {
    let machine = Machine::new(200);
    set_state(&machine.disk, STATE_UNKNOWN);
    let machine = Machine::on(64, machine.disk);
    machine.run(|fs, task| {
        write(fs, task, "/file", 0, b"text").unwrap();
        fs.sys_sync().unwrap();
        assert_eq!(state(&machine.disk), STATE_UNKNOWN);
        let (said, after) = mounted_again(&machine.disk);
        assert!(!said.contains("fsck"), "{said}");
        assert_eq!(after, STATE_UNKNOWN);
    });
    assert_eq!(state(&machine.disk), STATE_UNKNOWN);
}

#[test]
fn errors_are_recorded_and_told() {
    for before in [STATE_VALID, STATE_UNKNOWN] {
        let machine = Machine::new(200);
        machine.run(|fs, task| fs.sys_mkdir(task, b"/d", 0o755).unwrap());
        // The inode bitmap says that the directory is free.
        machine
            .disk
            .with_bytes(|bytes| bytes[2 * BLOCK_SIZE] &= !(1 << 2));
        set_state(&machine.disk, before);
        let machine = Machine::on(64, machine.disk);
        let fs = machine.host.fs();
        let task = mount(&fs).unwrap();
        assert_eq!(fs.sys_stat(&task, b"/d").err(), Some(Errno::EIO));
        fs.sys_sync().unwrap();
        let (said, after) = mounted_again(&machine.disk);
        if before == STATE_UNKNOWN {
            assert_eq!(state(&machine.disk), STATE_UNKNOWN);
        } else {
            assert_eq!(state(&machine.disk), STATE_IN_USE | STATE_ERRORS);
            assert!(said.contains("errors were found on it; run fsck"), "{said}");
            assert_eq!(after, STATE_IN_USE | STATE_ERRORS);
        }
        let before = state(&machine.disk);
        unmount(&fs, &task).unwrap();
        assert_eq!(state(&machine.disk), before);
    }
}

#[test]
fn what_fsck_minix_says_is_believed() {
    // It sets one bit and leaves the rest as it is.
    let machine = Machine::new(200);
    set_state(&machine.disk, STATE_IN_USE | STATE_VALID);
    let (said, after) = mounted_again(&machine.disk);
    assert!(!said.contains("fsck"), "{said}");
    assert_eq!(after, STATE_VALID);
}

#[test]
fn the_mark_is_the_first_and_the_last_thing_written() {
    let machine = Machine::new(200);
    let written = Arc::new(Mutex::new(vec![]));
    let list = written.clone();
    let remember = move |number, data: &[u8; BLOCK_SIZE]| {
        let state = DiskSuper::parse(data).state;
        list.lock().unwrap().push((number, state));
        Ok(())
    };
    let watched = BeforeWrite(machine.disk.clone(), remember);
    machine.host.attach(ROOT, watched);
    machine.run(|fs, task| {
        for n in 0..30 {
            write(fs, task, &format!("/{n}"), 0, &[1; 5000]).unwrap();
        }
    });
    let written = written.lock().unwrap();
    assert_eq!(written.first(), Some(&(SUPER_BLOCK, STATE_IN_USE)));
    assert_eq!(written.last(), Some(&(SUPER_BLOCK, STATE_VALID)));
    let marks = written.iter().filter(|(block, _)| *block == SUPER_BLOCK);
    assert_eq!(marks.count(), 2);
}

#[test]
fn a_disk_that_cannot_be_marked_is_read_only() {
    let machine = Machine::new(200);
    let refuse = |_, _: &_| Err(io::ErrorKind::ReadOnlyFilesystem.into());
    let protected = BeforeWrite(machine.disk.clone(), refuse);
    machine.host.attach(ROOT, protected);
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    assert_eq!(touch(&fs, &task, "/new"), Err(Errno::EROFS));
    unmount(&fs, &task).unwrap();
    let said = machine.host.take_messages().concat();
    assert!(
        said.contains("cannot be written, so it is read-only"),
        "{said}"
    );
}

#[test]
fn the_end_of_all_leaves_what_is_mounted_valid() {
    let machine = Machine::new(200);
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    write(&fs, &task, "/file", 0, b"text").unwrap();
    // What has no name any more is on another disk.
    machine.host.attach(OTHER, MemoryDisk::new(100));
    fs.mkfs(OTHER, &Options::new(100)).unwrap();
    fs.sys_mknod(&task, b"/disk", S_IFBLK | 0o600, OTHER)
        .unwrap();
    fs.sys_mkdir(&task, b"/mnt", 0o755).unwrap();
    fs.sys_mount(&task, b"/disk", b"/mnt", false).unwrap();
    fs.sys_open(&task, b"/mnt/file", O_CREAT | O_RDWR, 0o600)
        .unwrap();
    fs.sys_unlink(&task, b"/mnt/file").unwrap();
    fs.shut_down().unwrap();
    assert_eq!(state(&machine.disk), STATE_VALID);
    common::check::check(&machine.disk.to_bytes()).unwrap();
    assert_eq!(touch(&fs, &task, "/new"), Err(Errno::EROFS));
}

#[test]
fn a_removed_file_that_is_still_open_is_left_to_fsck() {
    let machine = Machine::new(200);
    let fs = machine.host.fs();
    let task = &mount(&fs).unwrap();
    fs.sys_open(task, b"/file", O_CREAT | O_RDWR, 0o600)
        .unwrap();
    fs.sys_unlink(task, b"/file").unwrap();
    fs.shut_down().unwrap();
    assert_eq!(state(&machine.disk), STATE_IN_USE);
}

/// Who is in the midst of changing a file changes it to the end.
#[test]
fn the_end_of_all_waits_for_what_is_locked() {
    let machine = Machine::new(200);
    let fs = &machine.host.fs();
    let task = mount(fs).unwrap();
    touch(fs, &task, "/file").unwrap();
    let file = fs.namei(&task, b"/file").unwrap();
    let is_down = &AtomicBool::new(false);
    thread::scope(|scope| {
        let locked = file.lock();
        scope.spawn(move || {
            fs.shut_down().unwrap();
            is_down.store(true, SeqCst);
        });
        thread::sleep(Duration::from_millis(100));
        assert!(!is_down.load(SeqCst));
        drop(locked);
    });
    assert!(is_down.load(SeqCst));
}
