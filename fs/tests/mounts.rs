// SPDX-License-Identifier: GPL-2.0-or-later
//! Mounting and unmounting.

mod common;

use abi::fcntl::{O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY};
use abi::sys::stat::S_IFBLK;
use abi::sys::types::Device;
use abi::{Errno, Result};
use common::{Machine, ROOT, check, read, touch, write};
use fs::host::{MemoryDisk, Storage};
use fs::layout::{BLOCK_SIZE, InodeNumber, SUPER_BLOCK};
use fs::mkfs::Options;
use fs::{Fs, FsTask};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use std::{io, thread};

const OTHER: Device = Device::new(3, 6);
const THIRD: Device = Device::new(3, 7);

/// A root file system with `/disk`, a node of a second one, and `/mnt`.
fn with_two(work: impl for<'a> FnOnce(&'a Fs<'a>, &FsTask<'a>)) {
    let machine = Machine::new(300);
    let disk = MemoryDisk::new(200);
    machine.host.attach(OTHER, disk.clone());
    machine.host.attach(THIRD, MemoryDisk::new(100));
    machine.run(|fs, task| {
        fs.mkfs(OTHER, &Options::new(200)).unwrap();
        fs.sys_mknod(task, b"/disk", S_IFBLK | 0o600, OTHER)
            .unwrap();
        fs.sys_mkdir(task, b"/mnt", 0o755).unwrap();
        write(fs, task, "/mnt/covered", 0, b"x").unwrap();
        work(fs, task);
        fs.sys_chdir(task, b"/").unwrap();
        if fs.geometry(OTHER).is_some() {
            fs.sys_umount(task, b"/disk").unwrap();
        }
    });
    check::check(&disk.to_bytes()).unwrap();
}

#[test]
fn a_mounted_device_covers_the_directory() {
    with_two(|fs, task| {
        fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
        assert_eq!(fs.sys_stat(task, b"/mnt/covered"), Err(Errno::ENOENT));
        fs.sys_mkdir(task, b"/mnt/d", 0o755).unwrap();
        write(fs, task, "/mnt/d/f", 0, b"text").unwrap();
        assert_eq!(fs.sys_stat(task, b"/mnt").unwrap().st_dev, OTHER.0);
        assert_eq!(
            fs.sys_stat(task, b"/mnt/..").unwrap().st_dev,
            common::ROOT.0
        );
        assert_eq!(
            fs.sys_stat(task, b"/mnt/d/../..").unwrap(),
            fs.sys_stat(task, b"/").unwrap()
        );
        fs.sys_chdir(task, b"/mnt/d").unwrap();
        assert_eq!(read(fs, task, "../../mnt/d/f", 0, 9).unwrap(), b"text");
        assert_eq!(fs.sys_umount(task, b"/disk"), Err(Errno::EBUSY));
        fs.sys_chdir(task, b"/").unwrap();

        assert_eq!(fs.sys_link(task, b"/mnt/d/f", b"/g"), Err(Errno::EXDEV));
        assert_eq!(fs.sys_rename(task, b"/mnt/d/f", b"/g"), Err(Errno::EXDEV));
        assert_eq!(fs.sys_rmdir(task, b"/mnt"), Err(Errno::EBUSY));
        assert_eq!(fs.sys_rename(task, b"/mnt", b"/m"), Err(Errno::EBUSY));
        fs.sys_umount(task, b"/disk").unwrap();
        assert!(fs.sys_stat(task, b"/mnt/covered").is_ok());
        assert_eq!(fs.sys_umount(task, b"/disk"), Err(Errno::EINVAL));

        fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
        assert_eq!(read(fs, task, "/mnt/d/f", 0, 9).unwrap(), b"text");
    });
}

#[test]
fn what_can_not_be_mounted() {
    with_two(|fs, task| {
        let mount = |device: &[u8], path: &[u8]| fs.sys_mount(task, device, path, false);
        assert_eq!(mount(b"/nothing", b"/mnt"), Err(Errno::ENOENT));
        assert_eq!(mount(b"/mnt/covered", b"/mnt"), Err(Errno::ENOTBLK));
        assert_eq!(mount(b"/disk", b"/mnt/covered"), Err(Errno::ENOTDIR));
        assert_eq!(mount(b"/disk", b"/"), Err(Errno::EBUSY));
        let node = S_IFBLK | 0o600;
        fs.sys_mknod(task, b"/root", node, common::ROOT).unwrap();
        fs.sys_mknod(task, b"/none", node, Device(0x0999)).unwrap();
        assert_eq!(mount(b"/root", b"/mnt"), Err(Errno::EBUSY));
        assert_eq!(fs.sys_umount(task, b"/root"), Err(Errno::EBUSY));
        assert_eq!(mount(b"/none", b"/mnt"), Err(Errno::ENXIO));
        mount(b"/disk", b"/mnt").unwrap();
        assert_eq!(mount(b"/disk", b"/mnt"), Err(Errno::EBUSY));
        assert_eq!(fs.mkfs(OTHER, &Options::new(200)), Err(Errno::EBUSY));
    });
}

#[test]
fn an_open_file_keeps_its_device_mounted() {
    with_two(|fs, task| {
        fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
        let fd = fs
            .sys_open(task, b"/mnt/f", O_CREAT | O_WRONLY, 0o644)
            .unwrap() as u32;
        assert_eq!(fs.sys_umount(task, b"/disk"), Err(Errno::EBUSY));
        fs.sys_close(task, fd).unwrap();
        fs.sys_umount(task, b"/disk").unwrap();
        // The cached inode of the covered directory is the right one again.
        touch(fs, task, "/mnt/new").unwrap();
    });
}

/// What is known of its inodes ends with the mount of a disk: it may be written as a
/// whole then.
#[test]
fn inodes_are_read_again_at_the_next_mount() {
    with_two(|fs, task| {
        fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
        write(fs, task, "/mnt/f", 0, b"text").unwrap();
        let number = fs.sys_stat(task, b"/mnt/f").unwrap().st_ino;
        let (block, offset) = fs.geometry(OTHER).unwrap().inode_place(InodeNumber(number));
        fs.sys_umount(task, b"/disk").unwrap();
        assert_eq!(fs.inodes_in_use(), 1, "more than the root directory");
        // Its size, behind mode and owner.
        let place = block as i32 * BLOCK_SIZE as i32 + offset as i32 + 4;
        write(fs, task, "/disk", place, &2u32.to_le_bytes()).unwrap();
        fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
        assert_eq!(read(fs, task, "/mnt/f", 0, 9).unwrap(), b"te");
    });
}

#[test]
fn a_read_only_mount_is_not_written() {
    with_two(|fs, task| {
        fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
        write(fs, task, "/mnt/f", 0, b"text").unwrap();
        fs.sys_umount(task, b"/disk").unwrap();
        fs.sys_mount(task, b"/disk", b"/mnt", true).unwrap();
        assert_eq!(read(fs, task, "/mnt/f", 0, 9).unwrap(), b"text");
        assert_eq!(touch(fs, task, "/mnt/g"), Err(Errno::EROFS));
        for flags in [O_WRONLY, O_RDONLY | O_TRUNC] {
            assert_eq!(fs.sys_open(task, b"/mnt/f", flags, 0), Err(Errno::EROFS));
        }
        assert_eq!(fs.sys_mkdir(task, b"/mnt/d", 0o755), Err(Errno::EROFS));
        assert_eq!(fs.sys_unlink(task, b"/mnt/f"), Err(Errno::EROFS));
        assert_eq!(fs.sys_link(task, b"/mnt/f", b"/mnt/g"), Err(Errno::EROFS));
        assert_eq!(fs.sys_rename(task, b"/mnt/f", b"/mnt/g"), Err(Errno::EROFS));
        assert_eq!(fs.sys_chmod(task, b"/mnt/f", 0o600), Err(Errno::EROFS));
        assert_eq!(fs.sys_access(task, b"/mnt/f", 2), Err(Errno::EROFS));
    });
}

#[test]
fn counting_what_is_free() {
    with_two(|fs, task| {
        assert_eq!(fs.sys_ustat(OTHER), Err(Errno::EINVAL));
        fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
        // 200 blocks: boot, super, two bitmaps, 96 inodes in 3; the root's.
        let ustat = fs.sys_ustat(OTHER).unwrap();
        assert_eq!((ustat.f_tfree, ustat.f_tinode), (200 - 7 - 1, 96 - 1));
        write(fs, task, "/mnt/f", 0, &[1; 8 * 1024]).unwrap();
        let ustat = fs.sys_ustat(OTHER).unwrap();
        assert_eq!((ustat.f_tfree, ustat.f_tinode), (200 - 7 - 1 - 9, 96 - 2));
    });
}

#[test]
fn no_file_system_no_mount() {
    for (magic, expected) in [
        (0x137Fu16, true),
        (0x138F, true),
        (0x2468, false),
        (0, false),
    ] {
        let machine = Machine::new(200);
        machine
            .disk
            .with_bytes(|bytes| bytes[1024 + 16..][..2].copy_from_slice(&magic.to_le_bytes()));
        let machine = Machine::on(64, machine.disk);
        let fs = machine.host.fs();
        let task = FsTask::new();
        assert_eq!(
            fs.mount_root(common::ROOT, &task).is_ok(),
            expected,
            "{magic:#x}"
        );
        let said = machine.host.take_messages().concat();
        assert_eq!(said.contains("bad magic"), !expected, "{said}");
        task.clear();
        assert_eq!(fs.buffers_in_use() == 0, !expected);
    }
}

#[test]
fn a_directory_names_what_is_mounted_on_it() {
    with_two(|fs, task| {
        let umount = |path: &[u8]| fs.sys_umount(task, path);
        fs.sys_symlink(task, b"mnt/.", b"/link").unwrap();
        fs.sys_symlink(task, b"/disk", b"/node").unwrap();
        let paths: [&[u8]; 7] = [
            b"/mnt",
            b"/mnt/",
            b"/mnt/..//mnt/.",
            b"mnt/d/..",
            b"/link",
            b"/node",
            b"/disk",
        ];
        for path in paths {
            fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
            let _ = fs.sys_mkdir(task, b"/mnt/d", 0o755);
            assert_eq!(umount(b"/mnt/d"), Err(Errno::EINVAL));
            assert_eq!(umount(path), Ok(()), "{path:?}");
            assert!(fs.sys_stat(task, b"/mnt/covered").is_ok());
        }
        // The directory of nothing, root, and what is neither.
        assert_eq!(umount(b"/mnt"), Err(Errno::EINVAL));
        assert_eq!(umount(b"/link"), Err(Errno::EINVAL));
        assert_eq!(umount(b"/"), Err(Errno::EBUSY));
        assert_eq!(umount(b"/mnt/covered"), Err(Errno::ENOTBLK));
        fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
        fs.sys_chdir(task, b"/mnt").unwrap();
        assert_eq!(umount(b"."), Err(Errno::EBUSY));
        fs.sys_chdir(task, b"/").unwrap();
        let user = FsTask::new();
        user.copy_from(task);
        user.euid.set(5);
        assert_eq!(fs.sys_umount(&user, b"/mnt"), Err(Errno::EPERM));
        user.clear();
    });
}

/// A disk that, when its super block is read, says so and waits.
struct Gate {
    disk: MemoryDisk,
    reached: Sender<()>,
    go_on: Receiver<()>,
}

impl Storage for Gate {
    fn blocks(&self) -> u32 {
        self.disk.blocks()
    }

    fn read(&mut self, number: u32, data: &mut [u8; BLOCK_SIZE]) -> io::Result<()> {
        if number == SUPER_BLOCK {
            self.reached.send(()).expect("the test waits");
            self.go_on.recv().expect("the test answers");
        }
        self.disk.read(number, data)
    }

    fn write(&mut self, number: u32, data: &[u8; BLOCK_SIZE]) -> io::Result<()> {
        self.disk.write(number, data)
    }
}

/// Mounts a device on the empty directory `/mnt`; while its super block is
/// read somebody else, whose working directory is root, does something.
fn while_mounting(
    meanwhile: impl for<'a> FnOnce(&'a Fs<'a>, &FsTask<'a>) + Send,
    expected: Result<()>,
) {
    let machine = Machine::new(300);
    let (reached, is_reached) = channel();
    let (answer, go_on) = channel();
    let disk = Machine::new(200).disk;
    let before = disk.to_bytes();
    machine.host.attach(
        OTHER,
        Gate {
            disk: disk.clone(),
            reached,
            go_on,
        },
    );
    machine.run(|fs, task| {
        fs.sys_mknod(task, b"/disk", S_IFBLK | 0o600, OTHER)
            .unwrap();
        fs.sys_mkdir(task, b"/mnt", 0o755).unwrap();
        let other = FsTask::new();
        other.copy_from(task);
        thread::scope(|scope| {
            let mount = scope.spawn(|| fs.sys_mount(task, b"/disk", b"/mnt", false));
            is_reached.recv_timeout(Duration::from_secs(30)).unwrap();
            // What is needed for it is in memory.
            meanwhile(fs, &other);
            answer.send(()).unwrap();
            assert_eq!(mount.join().unwrap(), expected);
        });
        assert_eq!(fs.geometry(OTHER).is_some(), expected.is_ok());
        let here = fs.sys_stat(&other, b".").unwrap();
        assert_eq!(here.st_dev, common::ROOT.0);
        other.clear();
        if expected.is_ok() {
            fs.sys_umount(task, b"/mnt").unwrap();
        }
    });
    // The mark of a file system that is in use has gone as well.
    assert!(disk.to_bytes() == before);
}

#[test]
fn nobody_is_in_a_directory_that_is_covered_meanwhile() {
    while_mounting(|_, _| (), Ok(()));
    while_mounting(
        |fs, other| fs.sys_chdir(other, b"/mnt").unwrap(),
        Err(Errno::EBUSY),
    );
    while_mounting(
        |fs, other| fs.sys_rmdir(other, b"/mnt").unwrap(),
        Err(Errno::ENOENT),
    );
}

/// Each of two mounted devices is entered and left by its own directory.
#[test]
fn two_devices_at_once() {
    with_two(|fs, task| {
        fs.sys_mount(task, b"/disk", b"/mnt", false).unwrap();
        fs.sys_mkdir(task, b"/mnt/d", 0o755).unwrap();
        // One that is mounted in the other.
        fs.sys_mknod(task, b"/third", S_IFBLK | 0o600, THIRD)
            .unwrap();
        fs.mkfs(THIRD, &Options::new(100)).unwrap();
        fs.sys_mount(task, b"/third", b"/mnt/d", false).unwrap();
        let device = |path: &str| fs.sys_stat(task, path.as_bytes()).unwrap().st_dev;
        assert_eq!(device("/mnt"), OTHER.0);
        assert_eq!(device("/mnt/d"), THIRD.0);
        assert_eq!(device("/mnt/d/.."), OTHER.0);
        assert_eq!(device("/mnt/d/../.."), ROOT.0);
        fs.sys_umount(task, b"/third").unwrap();
        assert_eq!(device("/mnt/d"), OTHER.0);
    });
}
