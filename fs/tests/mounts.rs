// SPDX-License-Identifier: GPL-2.0-or-later
//! Mounting and unmounting.

mod common;

use common::{Machine, check, read, touch, write};
use fs::host::MemoryDisk;
use fs::mkfs::Options;
use fs::{Fs, FsTask};
use lib::Errno;
use lib::fcntl::{O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY};
use lib::sys::stat::S_IFBLK;
use lib::sys::types::Device;

const OTHER: Device = Device::new(3, 6);

/// A root file system with `/disk`, a node of a second one, and `/mnt`.
fn with_two(work: impl for<'a> FnOnce(&'a Fs<'a>, &FsTask<'a>)) {
    let machine = Machine::new(300);
    let disk = MemoryDisk::new(200);
    machine.host.attach(OTHER, disk.clone());
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
        task.release();
        assert_eq!(fs.buffers_in_use() == 0, !expected);
    }
}
