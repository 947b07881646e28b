// SPDX-License-Identifier: GPL-2.0-or-later
//! Contents of files: what is written is read, and what is deleted is free.

mod common;

use abi::Errno;
use abi::fcntl::{O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY};
use abi::sys::stat::{S_IFCHR, S_IFREG};
use abi::sys::types::Device;
use abi::unistd::{SEEK_CUR, SEEK_END, SEEK_SET};
use abi::utime::Utimbuf;
use common::{Machine, check, mount, pattern, read, touch, unmount, write};
use fs::host::{ReadInto, WriteFrom};
use fs::mkfs::Options;

#[test]
fn written_is_read_back_after_a_new_mount() {
    let machine = Machine::new(2000);
    // Ends of direct, indirect and double indirect blocks, and odd sizes.
    let sizes = [
        0,
        1,
        1023,
        1024,
        1025,
        7 * 1024,
        7 * 1024 + 1,
        519 * 1024,
        519 * 1024 + 5000,
    ];
    machine.run(move |fs, task| {
        for (n, size) in sizes.iter().enumerate() {
            let bytes = pattern(*size, n as u32);
            touch(fs, task, &format!("/f{n}")).unwrap();
            assert_eq!(write(fs, task, &format!("/f{n}"), 0, &bytes), Ok(*size));
        }
    });
    let machine = Machine::on(64, machine.disk);
    machine.run(move |fs, task| {
        for (n, size) in sizes.iter().enumerate() {
            let bytes = read(fs, task, &format!("/f{n}"), 0, size + 10).unwrap();
            assert!(bytes == pattern(*size, n as u32), "file of {size} bytes");
            assert_eq!(
                fs.sys_stat(task, format!("/f{n}").as_bytes())
                    .unwrap()
                    .st_size,
                *size as i32
            );
        }
    });
}

#[test]
fn a_file_that_was_cut_has_none_of_its_old_zones() {
    const BLOCKS: usize = 530;
    let machine = Machine::new(3000);
    machine.run(|fs, task| {
        let of_file = |seed| pattern(BLOCKS * 1024, seed);
        write(fs, task, "/file", 0, &of_file(1)).unwrap();
        // Somebody has the file open, so that its inode stays in memory.
        let fd = fs.sys_open(task, b"/file", O_RDONLY, 0).unwrap() as u32;
        for block in [8, 100, BLOCKS - 1] {
            read(fs, task, "/file", block as i32 * 1024, 1024).unwrap();
            let cut = fs.sys_creat(task, b"/file", 0o644).unwrap() as u32;
            fs.sys_close(task, cut).unwrap();
            // The old zones belong to another file.
            fs.sys_sync().unwrap();
            write(fs, task, "/other", 0, &of_file(2)).unwrap();
            write(fs, task, "/file", BLOCKS as i32 * 1024, b"end").unwrap();
            let bytes = read(fs, task, "/file", 0, BLOCKS * 1024).unwrap();
            assert!(bytes.iter().all(|byte| *byte == 0), "after block {block}");
            write(fs, task, "/file", 0, &of_file(3)).unwrap();
            assert!(read(fs, task, "/file", 0, BLOCKS * 1024).unwrap() == of_file(3));
            assert!(read(fs, task, "/other", 0, BLOCKS * 1024).unwrap() == of_file(2));
        }
        fs.sys_close(task, fd).unwrap();
    });
}

#[test]
fn deleting_frees_every_zone_and_inode() {
    let machine = Machine::new(2000);
    let empty = check::check(&machine.disk.to_bytes()).unwrap();
    machine.run(|fs, task| {
        write(fs, task, "/big", 0, &pattern(700 * 1024, 1)).unwrap();
        write(fs, task, "/sparse", 600 * 1024, b"end").unwrap();
        fs.sys_unlink(task, b"/big").unwrap();
        fs.sys_unlink(task, b"/sparse").unwrap();
    });
    assert_eq!(check::check(&machine.disk.to_bytes()).unwrap(), empty);
}

#[test]
fn an_open_file_outlives_its_name_and_frees_its_zones_at_close() {
    let machine = Machine::new(500);
    machine.run(|fs, task| {
        let before = fs.free_counts(common::ROOT).unwrap();
        let fd = fs.sys_open(task, b"/f", O_CREAT | O_RDWR, 0o600).unwrap() as u32;
        fs.sys_write(task, fd, &mut WriteFrom(&pattern(20_000, 3)))
            .unwrap();
        fs.sys_unlink(task, b"/f").unwrap();
        assert_eq!(fs.sys_stat(task, b"/f"), Err(Errno::ENOENT));
        fs.sys_lseek(task, fd, 0, SEEK_SET).unwrap();
        let mut bytes = vec![0; 20_000];
        assert_eq!(fs.sys_read(task, fd, &mut ReadInto(&mut bytes)), Ok(20_000));
        assert!(bytes == pattern(20_000, 3));
        fs.sys_close(task, fd).unwrap();
        assert_eq!(fs.free_counts(common::ROOT).unwrap(), before);
    });
}

#[test]
fn holes_are_zeros_and_take_no_zones() {
    let machine = Machine::new(500);
    machine.run(|fs, task| {
        // In the double indirect part: one zone and two lists.
        let before = fs.free_counts(common::ROOT).unwrap().0;
        write(fs, task, "/hole", 2_000_000, b"x").unwrap();
        assert_eq!(before - fs.free_counts(common::ROOT).unwrap().0, 3);
        let bytes = read(fs, task, "/hole", 1_990_000, 20_000).unwrap();
        assert_eq!(bytes.len(), 10_001);
        assert!(bytes[..10_000].iter().all(|byte| *byte == 0));
        assert_eq!(bytes[10_000], b'x');
        // A block that gets its zone late is zeros around what was written.
        write(fs, task, "/hole", 5000, b"middle").unwrap();
        let bytes = read(fs, task, "/hole", 4096, 2048).unwrap();
        let mut expected = vec![0; 2048];
        expected[904..910].copy_from_slice(b"middle");
        assert_eq!(bytes, expected);
    });
}

#[test]
fn zones_that_were_others_show_nothing_of_them() {
    let machine = Machine::new(300);
    machine.run(|fs, task| {
        write(fs, task, "/secret", 0, &vec![0xAA; 200 * 1024]).unwrap();
        fs.sys_unlink(task, b"/secret").unwrap();
        for n in 0..150 {
            write(fs, task, &format!("/f{n}"), 100, b"!").unwrap_err_or_ok();
            if let Ok(bytes) = read(fs, task, &format!("/f{n}"), 0, 2000) {
                assert!(bytes.iter().all(|byte| *byte != 0xAA));
            }
        }
    });
}

trait Ignore {
    fn unwrap_err_or_ok(self);
}

impl Ignore for abi::Result<usize> {
    /// Either is fine here.
    fn unwrap_err_or_ok(self) {}
}

#[test]
fn a_full_disk_takes_what_fits() {
    let machine = Machine::new(100);
    machine.run(|fs, task| {
        let free = fs.free_counts(common::ROOT).unwrap().0;
        let written = write(fs, task, "/f", 0, &pattern(200 * 1024, 1)).unwrap();
        // One zone went to the indirect block.
        assert_eq!(written, (free as usize - 1) * 1024);
        assert_eq!(
            write(fs, task, "/f", written as i32, b"x"),
            Err(Errno::ENOSPC)
        );
        assert_eq!(fs.sys_mkdir(task, b"/d", 0o755), Err(Errno::ENOSPC));
        assert_eq!(fs.sys_stat(task, b"/d"), Err(Errno::ENOENT));
        assert!(read(fs, task, "/f", 0, written).unwrap() == pattern(200 * 1024, 1)[..written]);
        fs.sys_unlink(task, b"/f").unwrap();
        assert_eq!(fs.free_counts(common::ROOT).unwrap().0, free);
        fs.sys_mkdir(task, b"/d", 0o755).unwrap();
    });
}

#[test]
fn inodes_run_out() {
    let machine = Machine::with(
        64,
        &Options {
            inodes: Some(32),
            ..Options::new(200)
        },
    );
    machine.run(|fs, task| {
        for n in 0..31 {
            touch(fs, task, &format!("/f{n}")).unwrap();
        }
        assert_eq!(touch(fs, task, "/one-more"), Err(Errno::ENOSPC));
        assert_eq!(fs.sys_mkdir(task, b"/d", 0o755), Err(Errno::ENOSPC));
        fs.sys_unlink(task, b"/f7").unwrap();
        touch(fs, task, "/one-more").unwrap();
    });
}

#[test]
fn a_limit_for_the_size_of_files() {
    let machine = Machine::new(1000);
    machine.run(|fs, task| {
        task.file_size_limit.set(5000);
        assert_eq!(write(fs, task, "/f", 0, &[b'x'; 6000]), Ok(5000));
        assert_eq!(write(fs, task, "/f", 5000, b"x"), Err(Errno::EFBIG));
        assert_eq!(write(fs, task, "/f", 4999, b"y"), Ok(1));
        assert_eq!(fs.sys_stat(task, b"/f").unwrap().st_size, 5000);
    });
}

#[test]
fn the_largest_file() {
    let machine = Machine::new(1000);
    machine.run(|fs, task| {
        let end = 262_663 * 1024;
        assert_eq!(write(fs, task, "/f", end - 3, b"abcdef"), Ok(3));
        assert_eq!(write(fs, task, "/f", end, b"x"), Err(Errno::EFBIG));
        assert_eq!(read(fs, task, "/f", end - 5, 100).unwrap(), b"\0\0abc");
        assert_eq!(read(fs, task, "/f", end + 5, 100).unwrap(), b"");
        assert_eq!(fs.sys_stat(task, b"/f").unwrap().st_size, end);
    });
    // It is no error at the next mount either.
    machine.run(|fs, task| {
        let size = fs.sys_stat(task, b"/f").unwrap().st_size;
        assert_eq!(size, 262_663 * 1024);
    });
}

#[test]
fn open_flags() {
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        assert_eq!(fs.sys_open(task, b"/f", O_RDONLY, 0), Err(Errno::ENOENT));
        write(fs, task, "/f", 0, b"0123456789").unwrap();
        let exclusive = O_CREAT | O_EXCL | O_RDWR;
        assert_eq!(
            fs.sys_open(task, b"/f", exclusive, 0o600),
            Err(Errno::EEXIST)
        );
        assert_eq!(fs.sys_open(task, b"/f", 3, 0), Err(Errno::EINVAL));
        assert_eq!(fs.sys_open(task, b"/", O_WRONLY, 0), Err(Errno::EISDIR));
        assert_eq!(fs.sys_open(task, b"/f/", O_RDONLY, 0), Err(Errno::ENOTDIR));
        assert_eq!(fs.sys_open(task, b"", O_RDONLY, 0), Err(Errno::ENOENT));

        let fd = fs.sys_open(task, b"/f", O_RDONLY, 0).unwrap() as u32;
        assert_eq!(
            fs.sys_write(task, fd, &mut WriteFrom(b"x")),
            Err(Errno::EBADF)
        );
        fs.sys_close(task, fd).unwrap();
        assert_eq!(fs.sys_close(task, fd), Err(Errno::EBADF));

        let fd = fs.sys_open(task, b"/f", O_WRONLY | O_APPEND, 0).unwrap() as u32;
        let mut byte = [0];
        assert_eq!(
            fs.sys_read(task, fd, &mut ReadInto(&mut byte)),
            Err(Errno::EBADF)
        );
        fs.sys_lseek(task, fd, 2, SEEK_SET).unwrap();
        fs.sys_write(task, fd, &mut WriteFrom(b"ab")).unwrap();
        assert_eq!(fs.sys_lseek(task, fd, 0, SEEK_CUR), Ok(12));
        fs.sys_close(task, fd).unwrap();
        assert_eq!(read(fs, task, "/f", 0, 99).unwrap(), b"0123456789ab");

        let fd = fs.sys_open(task, b"/f", O_WRONLY | O_TRUNC, 0).unwrap() as u32;
        fs.sys_close(task, fd).unwrap();
        assert_eq!(read(fs, task, "/f", 0, 99).unwrap(), b"");
    });
}

#[test]
fn seeking() {
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        let fd = fs.sys_open(task, b"/f", O_CREAT | O_RDWR, 0o644).unwrap() as u32;
        fs.sys_write(task, fd, &mut WriteFrom(b"0123456789"))
            .unwrap();
        assert_eq!(fs.sys_lseek(task, fd, -3, SEEK_END), Ok(7));
        let mut bytes = [0; 2];
        assert_eq!(fs.sys_read(task, fd, &mut ReadInto(&mut bytes)), Ok(2));
        assert_eq!(&bytes, b"78");
        assert_eq!(fs.sys_lseek(task, fd, -1, SEEK_CUR), Ok(8));
        assert_eq!(fs.sys_lseek(task, fd, -1, SEEK_SET), Err(Errno::EINVAL));
        assert_eq!(
            fs.sys_lseek(task, fd, i32::MAX, SEEK_END),
            Err(Errno::EINVAL)
        );
        assert_eq!(fs.sys_lseek(task, fd, 0, 3), Err(Errno::EINVAL));
        assert_eq!(fs.sys_lseek(task, fd, 0, SEEK_CUR), Ok(8));
        // Descriptors made by dup share the position.
        let other = fs.sys_dup(task, fd).unwrap() as u32;
        assert_eq!(fs.sys_lseek(task, other, 1, SEEK_CUR), Ok(9));
        assert_eq!(fs.sys_lseek(task, fd, 0, SEEK_CUR), Ok(9));
    });
}

/// 0.11 truncated device nodes, and freed the device number as a zone.
#[test]
fn a_device_node_is_not_truncated() {
    let machine = Machine::new(200);
    machine.run(|fs, task| {
        let null = Device::new(1, 3);
        fs.sys_mknod(task, b"/null", S_IFCHR | 0o666, null).unwrap();
        // A device number that could be a zone's.
        let odd = Device::new(0, 199);
        fs.sys_mknod(task, b"/odd", S_IFCHR | 0o666, odd).unwrap();
        let fd = fs.sys_open(task, b"/null", O_WRONLY | O_TRUNC, 0).unwrap() as u32;
        assert_eq!(fs.sys_write(task, fd, &mut WriteFrom(b"gone")), Ok(4));
        assert_eq!(
            fs.sys_open(task, b"/odd", O_WRONLY | O_TRUNC, 0),
            Err(Errno::ENXIO)
        );
        assert_eq!(fs.sys_stat(task, b"/null").unwrap().st_rdev, null.0);
        assert_eq!(fs.sys_stat(task, b"/odd").unwrap().st_rdev, odd.0);
        fs.sys_unlink(task, b"/odd").unwrap();
    });
}

#[test]
fn times_follow_the_clock() {
    let machine = Machine::new(200);
    let fs = machine.host.fs();
    let task = mount(&fs).unwrap();
    let times = |path: &[u8]| {
        let stat = fs.sys_stat(&task, path).unwrap();
        (stat.st_atime, stat.st_mtime, stat.st_ctime)
    };
    machine.host.set_time(100);
    write(&fs, &task, "/f", 0, b"text").unwrap();
    assert_eq!(times(b"/f"), (100, 100, 100));
    machine.host.set_time(200);
    read(&fs, &task, "/f", 0, 9).unwrap();
    assert_eq!(times(b"/f"), (200, 100, 100));
    machine.host.set_time(300);
    fs.sys_chmod(&task, b"/f", 0o600).unwrap();
    assert_eq!(times(b"/f"), (200, 100, 300));
    machine.host.set_time(400);
    write(&fs, &task, "/f", 0, b"T").unwrap();
    assert_eq!(times(b"/f"), (200, 400, 400));
    touch(&fs, &task, "/dated").unwrap();
    fs.sys_chmod(&task, b"/dated", 0o4755).unwrap();
    let old = Utimbuf {
        actime: 7,
        modtime: 7,
    };
    fs.sys_utime(&task, b"/dated", Some(old)).unwrap();
    assert_eq!(times(b"/dated"), (7, 7, 400));
    assert_eq!(
        fs.sys_stat(&task, b"/dated").unwrap().st_mode,
        S_IFREG | 0o4755
    );
    machine.host.set_time(500);
    fs.sys_unlink(&task, b"/dated").unwrap();
    assert_eq!(times(b"/"), (1_000_000, 500, 500));
    unmount(&fs, &task).unwrap();
}

#[test]
fn a_file_longer_than_a_block_of_the_bitmap_is_freed_whole() {
    let machine = Machine::new(12_000);
    machine.run(|fs, task| {
        let before = fs.free_counts(common::ROOT).unwrap();
        write(fs, task, "/f", 0, &common::pattern(9_000 * 1024, 1)).unwrap();
        assert!(before.0 - fs.free_counts(common::ROOT).unwrap().0 > 9_000);
        fs.sys_unlink(task, b"/f").unwrap();
        fs.sys_sync().unwrap();
        assert_eq!(fs.free_counts(common::ROOT).unwrap(), before);
        // The zones are free indeed.
        write(fs, task, "/g", 0, &common::pattern(11_000 * 1024, 2)).unwrap();
        fs.sys_unlink(task, b"/g").unwrap();
    });
}
