// SPDX-License-Identifier: GPL-2.0-or-later
//! What is mounted for reading becomes writable, and back; what was repaired
//! through the device in between is seen.

mod common;

use abi::Errno;
use abi::Result;
use abi::fcntl::{O_CREAT, O_RDONLY, O_RDWR, O_TRUNC};
use abi::sys::stat::{S_IFBLK, S_IFDIR, S_IFREG};
use abi::sys::types::Device;
use common::{BeforeWrite, Machine, ROOT, mount, read, touch, unmount, write};
use fs::host::{MemoryDisk, ReadInto};
use fs::layout::{
    BLOCK_SIZE, DiskInode, DiskSuper, Geometry, InodeNumber, STATE_ERRORS, STATE_IN_USE,
    STATE_UNKNOWN, STATE_VALID, SUPER_BLOCK, Zone,
};
use fs::mkfs::Options;
use fs::super_block::Access;
use fs::{Fs, FsTask};
use std::io;
use std::sync::mpsc::channel;
use std::thread;

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

/// What others do between the first look at what is in use and the end of all writing
/// is in the way: a file that they open for writing, and zones that they give back.
#[test]
fn others_are_seen_while_it_is_written() {
    for flags in [O_RDWR, O_RDWR | O_TRUNC] {
        let is_cut = flags & O_TRUNC != 0;
        let machine = Machine::on(64, disk());
        let fs = &machine.host.fs();
        let task = &mount(fs).unwrap();
        write(fs, task, "/other", 0, b"text").unwrap();
        fs.sys_sync().unwrap();
        // So that nobody has to look at the bitmap that is being written.
        fs.sys_stat(task, b"/file").unwrap();
        // What is freed has the bitmaps written, last of all.
        fs.sys_unlink(task, b"/other").unwrap();
        let ((go_on, goes_on), (done, is_done)) = (channel(), channel());
        // Before the block is written, another thread does something, once.
        let block = fs.geometry(ROOT).unwrap().inode_map();
        let mut other = Some((go_on, is_done));
        let let_it_go_on = move |number, _: &_| {
            if let Some((go_on, is_done)) = other.take_if(|_| number == block) {
                go_on.send(()).map_err(io::Error::other)?;
                is_done.recv().map_err(io::Error::other)?;
            }
            Ok(())
        };
        let disk = BeforeWrite(machine.disk.clone(), let_it_go_on);
        machine.host.attach(ROOT, disk);
        let (protected, other) = thread::scope(|scope| {
            let other = copy_of(task);
            let (begun, has_begun) = channel();
            let wait = move || {
                begun.send(()).unwrap();
                goes_on.recv().unwrap();
            };
            let open = move || {
                let fd = fs.sys_open(&other, b"/file", flags, 0).unwrap() as u32;
                if is_cut {
                    fs.sys_close(&other, fd).unwrap();
                }
                done.send(()).unwrap();
                other
            };
            let opening = if is_cut {
                // Its zones are not free yet, but the inode has none any more.
                machine.host.interrupt(wait);
                scope.spawn(open)
            } else {
                scope.spawn(move || {
                    wait();
                    open()
                })
            };
            has_begun.recv().unwrap();
            let protected = fs.sys_remount(task, b"/", true);
            (protected, opening.join().unwrap())
        });
        assert_eq!(protected, Err(Errno::EBUSY), "cut: {is_cut}");
        // It can be written as before, and nothing is lost.
        touch(fs, task, "/new").unwrap();
        other.clear();
        assert_eq!(fs.sys_remount(task, b"/", true), Ok(()));
        common::check::check(&machine.disk.to_bytes()).unwrap();
        unmount(fs, task).unwrap();
    }
}

/// Zones that nobody has any more, and that are not free when nothing may be written,
/// are left to `fsck`.
#[test]
fn a_file_that_was_being_cut() {
    let machine = Machine::on(64, disk());
    let fs = &machine.host.fs();
    let task = &mount(fs).unwrap();
    let (begun, has_begun) = channel();
    let (go_on, goes_on) = channel();
    machine.host.interrupt(move || {
        begun.send(()).unwrap();
        goes_on.recv().unwrap();
    });
    thread::scope(|scope| {
        let (cutting, protecting) = (copy_of(task), copy_of(task));
        let cut = scope.spawn(move || {
            let result = fs.sys_open(&cutting, b"/file", O_RDWR | O_TRUNC, 0);
            cutting.clear();
            result
        });
        has_begun.recv().unwrap();
        let protected = scope.spawn(move || {
            let result = fs.sys_remount(&protecting, b"/", true);
            protecting.clear();
            result
        });
        while fs.sys_access(task, b"/file", 2).is_ok() {
            thread::yield_now();
        }
        go_on.send(()).unwrap();
        assert_eq!(cut.join().unwrap(), Err(Errno::EROFS));
        assert_eq!(protected.join().unwrap(), Ok(()));
    });
    assert_eq!(super_block(&machine.disk).state, STATE_IN_USE);
    unmount(fs, task).unwrap();
}

/// A task with the same directories.
fn copy_of<'fs>(task: &FsTask<'fs>) -> FsTask<'fs> {
    let copy = FsTask::new();
    copy.copy_from(task);
    copy
}

/// What was on a floppy that somebody took out while it was in use is not written to
/// the one that is in the drive by now.
#[test]
fn another_floppy_is_not_written() {
    const FLOPPY: Device = Device::new(2, 28);
    let machine = Machine::on(64, disk());
    machine.host.attach(FLOPPY, MemoryDisk::new(200));
    let fs = machine.host.fs();
    fs.mkfs(FLOPPY, &Options::new(200)).unwrap();
    let task = mount(&fs).unwrap();
    fs.sys_mkdir(&task, b"/mnt", 0o755).unwrap();
    fs.sys_mknod(&task, b"/fd", S_IFBLK | 0o600, FLOPPY)
        .unwrap();
    fs.sys_mount(&task, b"/fd", b"/mnt", false).unwrap();
    write(&fs, &task, "/mnt/file", 0, b"text").unwrap();
    fs.sys_sync().unwrap();
    let fd = fs.sys_open(&task, b"/mnt/file", O_RDONLY, 0).unwrap() as u32;
    machine.host.change_floppy();
    assert_eq!(
        read(&fs, &task, "/fd", 0, 1).map(|bytes| bytes.len()),
        Ok(1)
    );
    assert_eq!(touch(&fs, &task, "/mnt/new"), Err(Errno::EROFS));
    let again = fs.sys_remount(&task, b"/mnt", false);
    assert_eq!(again, Err(Errno::EROFS));
    fs.sys_close(&task, fd).unwrap();
    fs.sys_umount(&task, b"/mnt").unwrap();
    unmount(&fs, &task).unwrap();
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
