// SPDX-License-Identifier: GPL-2.0-or-later
//! Directories and a super block that the disk says wrong things of: what would
//! lose files is refused and said, and nothing that was sound is changed.

mod common;

use abi::Errno;
use abi::limits::LINK_MAX;
use common::{Machine, mount, pattern, read, touch, unmount, write};
use fs::host::MemoryDisk;
use fs::layout::{
    BLOCK_SIZE, DIRECT_ZONES, DiskInode, DiskSuper, Geometry, INDIRECT, InodeNumber, SUPER_BLOCK,
    Zone,
};
use fs::{Fs, FsTask};

/// Directories `/a`, `/a/b`, `/a/b/c`, `/q`, `/q/x` and files in them.
fn machine() -> Machine {
    let machine = Machine::new(400);
    machine.run(|fs, task| {
        for name in ["/a", "/a/b", "/a/b/c", "/q", "/q/x"] {
            fs.sys_mkdir(task, name.as_bytes(), 0o755).unwrap();
            write(fs, task, &format!("{name}file"), 0, b"here").unwrap();
        }
        write(fs, task, "/a/file", 0, b"here").unwrap();
    });
    machine
}

/// With empty buffers on the same disk.
fn again(machine: &Machine) -> Machine {
    Machine::on(64, machine.disk.clone())
}

fn inode_of(machine: &Machine, path: &str) -> InodeNumber {
    let machine = again(machine);
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    let number = fs.sys_stat(&task, path.as_bytes()).unwrap().st_ino;
    unmount(&fs, &task).unwrap();
    InodeNumber(number)
}

/// Where on the disk an inode is: the offset of its block, and that in it.
fn place(machine: &Machine, number: InodeNumber) -> (usize, usize) {
    machine.disk.with_bytes(|bytes| {
        let block = bytes[SUPER_BLOCK as usize * BLOCK_SIZE..]
            .first_chunk()
            .unwrap();
        let geometry = Geometry::check(&DiskSuper::parse(block), 400).unwrap();
        let (block, offset) = geometry.inode_place(number);
        (block as usize * BLOCK_SIZE, offset)
    })
}

fn change_inode(machine: &Machine, path: &str, change: impl FnOnce(&mut DiskInode)) {
    let (start, offset) = place(machine, inode_of(machine, path));
    machine.disk.with_bytes(|bytes| {
        let block = bytes[start..].first_chunk_mut().unwrap();
        let mut inode = DiskInode::parse(block, offset);
        change(&mut inode);
        inode.store(block, offset);
    });
}

fn set_links(machine: &Machine, path: &str, links: u8) {
    change_inode(machine, path, |inode| inode.nlinks = links);
}

/// Lets the `..` of `path` be the directory `parent`.
fn set_parent(machine: &Machine, path: &str, parent: &str) {
    let parent = inode_of(machine, parent).0.to_le_bytes();
    let mut zone = 0;
    change_inode(machine, path, |inode| zone = inode.zones[0].block());
    let entry = zone as usize * BLOCK_SIZE + 16;
    machine.disk.with_bytes(|bytes| {
        assert_eq!(&bytes[entry + 2..entry + 5], b"..\0");
        bytes[entry..entry + 2].copy_from_slice(&parent);
    });
}

/// `work` fails as damage does, and changes nothing.
fn is_refused(
    machine: &Machine,
    work: impl for<'a> FnOnce(&'a Fs<'a>, &FsTask<'a>) -> abi::Result<()>,
) {
    let machine = again(machine);
    let fs = machine.host.fs();
    let task = &mount(&fs).unwrap();
    assert_eq!(work(&fs, task), Err(Errno::EIO));
    for name in ["/a/file", "/a/bfile", "/a/b/cfile", "/q/xfile"] {
        assert_eq!(read(&fs, task, name, 0, 9).unwrap(), b"here", "{name}");
    }
    assert_eq!(touch(&fs, task, "/a/new"), Err(Errno::EROFS));
    unmount(&fs, task).unwrap();
    let messages = machine.host.take_messages().concat();
    assert!(messages.contains("file system error"), "{messages}");
    assert!(messages.contains("read-only from now on"), "{messages}");
}

#[test]
fn a_directory_with_too_few_links_loses_no_directory() {
    for links in [1, 2] {
        let machine = machine();
        set_links(&machine, "/q", links);
        is_refused(&machine, |fs, task| fs.sys_rmdir(task, b"/q/x"));
        is_refused(&machine, |fs, task| fs.sys_rename(task, b"/q/x", b"/x"));
        is_refused(&machine, |fs, task| fs.sys_rename(task, b"/a/b/c", b"/q/x"));
    }
}

#[test]
fn a_count_that_was_too_small_does_not_free_what_is_there() {
    let machine = machine();
    set_links(&machine, "/q", 1);
    is_refused(&machine, |fs, task| {
        fs.sys_mkdir(task, b"/q/y", 0o755).unwrap();
        fs.sys_rmdir(task, b"/q/y")
    });
}

#[test]
fn a_directory_whose_parent_is_another_is_not_removed_nor_moved() {
    let machine = machine();
    set_parent(&machine, "/q/x", "/a");
    is_refused(&machine, |fs, task| fs.sys_rmdir(task, b"/q/x"));
    is_refused(&machine, |fs, task| fs.sys_rename(task, b"/q/x", b"/x"));
    is_refused(&machine, |fs, task| fs.sys_rename(task, b"/a/b/c", b"/q/x"));
}

#[test]
fn no_directory_is_moved_below_itself() {
    let machine = machine();
    set_parent(&machine, "/a/b", "/");
    is_refused(&machine, |fs, task| fs.sys_rename(task, b"/a", b"/a/b/a"));
    let machine = self::machine();
    set_parent(&machine, "/a/b", "/q");
    is_refused(&machine, |fs, task| fs.sys_rename(task, b"/a", b"/a/b/c/a"));
}

#[test]
fn too_many_links_do_no_harm() {
    let machine = machine();
    set_links(&machine, "/q/x", 3);
    set_links(&machine, "/q", 9);
    let machine = again(&machine);
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    assert_eq!(fs.sys_rmdir(&task, b"/q/x"), Ok(()));
    unmount(&fs, &task).unwrap();
    change_inode(&machine, "/q", |inode| assert_eq!(inode.nlinks, 8));
}

#[test]
fn a_count_of_links_never_runs_over() {
    let machine = machine();
    set_links(&machine, "/q", u8::MAX);
    set_links(&machine, "/a/file", LINK_MAX);
    let machine = again(&machine);
    let fs = machine.host.fs();
    let task = &mount(&fs).unwrap();
    assert_eq!(fs.sys_mkdir(task, b"/q/y", 0o755), Err(Errno::EMLINK));
    assert_eq!(fs.sys_rename(task, b"/a/b", b"/q/b"), Err(Errno::EMLINK));
    assert_eq!(fs.sys_link(task, b"/a/file", b"/l"), Err(Errno::EMLINK));
    let links = |name: &[u8]| fs.sys_stat(task, name).unwrap().st_nlink;
    assert_eq!((links(b"/q"), links(b"/a/file")), (u8::MAX, LINK_MAX));
    unmount(&fs, task).unwrap();
}

/// Every file of a sound disk is there with its contents, or cannot be read; what
/// is written goes over none of them.
#[test]
fn a_wrong_number_in_the_super_block_changes_no_file() {
    let sound = machine().disk.to_bytes();
    let files = ["/a/file", "/a/bfile", "/a/b/cfile", "/q/xfile"];
    let mut refused = 0;
    // ninodes, nzones, imap_blocks, zmap_blocks, firstdatazone, log_zone_size,
    // magic: each two bytes.
    for field in [0, 2, 4, 6, 8, 10, 16] {
        for number in [0u16, 1, 2, 3, 5, 9, 20, 100, 399, 401, 8192, u16::MAX] {
            let mut bytes = sound.clone();
            let place = SUPER_BLOCK as usize * BLOCK_SIZE + field;
            bytes[place..place + 2].copy_from_slice(&number.to_le_bytes());
            let what = format!("field {field}, {number}");
            let machine = Machine::on(64, MemoryDisk::from_bytes(bytes.clone()));
            let fs = machine.host.fs();
            let Ok(task) = mount(&fs) else {
                refused += 1;
                assert!(machine.disk.to_bytes() == bytes, "{what}");
                continue;
            };
            for name in files {
                if let Ok(found) = read(&fs, &task, name, 0, 9) {
                    assert_eq!(found, b"here", "{what}: {name}");
                }
            }
            let _ = unmount(&fs, &task);
            // The super block says what it said, but for the state; the rest is
            // as it was.
            let after = machine.disk.to_bytes();
            let state = SUPER_BLOCK as usize * BLOCK_SIZE + 18;
            assert!(after[..state] == bytes[..state], "{what}");
            assert!(after[state + 2..] == bytes[state + 2..], "{what}");
        }
    }
    assert!(refused >= 40, "{refused}");
}

#[test]
fn all_is_read_that_lies_in_front_of_a_list_that_is_lost() {
    let machine = machine();
    let bytes = pattern(10 * BLOCK_SIZE, 7);
    machine.run(|fs, task| write(fs, task, "/file", 0, &bytes).unwrap());
    // No file may have the zone, so what is in it is no list.
    change_inode(&machine, "/file", |inode| inode.zones[INDIRECT] = Zone(1));
    let machine = again(&machine);
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    let direct = DIRECT_ZONES as usize * BLOCK_SIZE;
    let found = read(&fs, &task, "/file", 0, bytes.len()).unwrap();
    assert_eq!(found.len(), direct);
    assert!(found == bytes[..direct]);
    let behind = read(&fs, &task, "/file", direct as i32, 1);
    assert_eq!(behind, Err(Errno::EIO));
    unmount(&fs, &task).unwrap();
}
