// SPDX-License-Identifier: GPL-2.0-or-later
//! The buffer cache, and block devices read and written through it.

mod common;

use abi::Errno;
use abi::fcntl::O_RDWR;
use abi::sys::stat::S_IFBLK;
use abi::sys::types::Device;
use common::{Machine, ROOT, pattern, read, write};
use fs::host::{Host, MemoryDisk, ReadInto, Storage, WriteFrom};
use fs::layout::BLOCK_SIZE;
use fs::{Fs, FsTask};
use std::io;

/// A disk of 1000 blocks; each byte of block `n` is `n`.
fn numbered() -> MemoryDisk {
    MemoryDisk::from_bytes(
        (0..1000 * BLOCK_SIZE)
            .map(|n| (n / BLOCK_SIZE) as u8)
            .collect(),
    )
}

fn host(buffers: u32) -> (Host, MemoryDisk) {
    let (host, disk) = (Host::new(buffers), numbered());
    host.attach(ROOT, disk.clone());
    (host, disk)
}

#[test]
fn a_block_is_read_once() {
    let (host, _) = host(16);
    let fs = host.fs();
    for _ in 0..3 {
        let buffer = fs.bread(ROOT, 7).unwrap();
        assert_eq!(**buffer.data(), [7; BLOCK_SIZE]);
        let same = fs.bread(ROOT, 7).unwrap();
        same.data()[0] = 1;
        assert_eq!(buffer.data()[0], 1);
        same.data()[0] = 7;
    }
    assert_eq!(host.transfers(), (1, 0));
}

#[test]
fn the_buffer_unused_longest_is_used_again() {
    let (host, _) = host(16);
    let fs = host.fs();
    for block in 0..16 {
        fs.bread(ROOT, block).unwrap();
    }
    fs.bread(ROOT, 0).unwrap();
    fs.bread(ROOT, 100).unwrap();
    assert_eq!(host.transfers().0, 17);
    fs.bread(ROOT, 0).unwrap();
    assert_eq!(host.transfers().0, 17, "block 0 had been used just before");
    fs.bread(ROOT, 1).unwrap();
    assert_eq!(host.transfers().0, 18, "block 1 was the oldest");
}

#[test]
fn a_block_of_a_file_that_is_read_again_and_again_stays_in_memory() {
    let disk = {
        let machine = Machine::new(1000);
        machine.run(|fs, task| {
            write(fs, task, "/often", 0, &pattern(BLOCK_SIZE, 1)).unwrap();
            write(fs, task, "/once", 0, &pattern(400 * BLOCK_SIZE, 2)).unwrap();
        });
        machine.disk
    };
    let machine = Machine::on(64, disk);
    machine.run(|fs, task| {
        read(fs, task, "/often", 0, 1).unwrap();
        let mut others = 0;
        for block in 0..400 {
            let offset = block * BLOCK_SIZE as i32;
            read(fs, task, "/once", offset, BLOCK_SIZE).unwrap();
            let before = machine.host.transfers().0;
            read(fs, task, "/often", 0, BLOCK_SIZE).unwrap();
            others += machine.host.transfers().0 - before;
        }
        assert_eq!(others, 0, "the file's block was read again");
    });
}

#[test]
fn a_buffer_in_use_keeps_its_block() {
    let (host, _) = host(16);
    let fs = host.fs();
    let held: Vec<_> = (0..15)
        .map(|block| fs.bread(ROOT, block).unwrap())
        .collect();
    for block in 100..200 {
        fs.bread(ROOT, block).unwrap();
    }
    for (block, buffer) in (0..).zip(&held) {
        assert_eq!((buffer.block(), buffer.data()[0]), (block, block as u8));
    }
}

/// 0.11 hung here, for raw reads never released their buffers.
#[test]
fn dirty_buffers_are_written_when_they_are_wanted() {
    let (host, disk) = host(16);
    let fs = host.fs();
    for block in 0..1000 {
        let buffer = fs.bread(ROOT, block).unwrap();
        buffer.data()[5] = 0x55;
        buffer.mark_dirty();
    }
    fs.sys_sync().unwrap();
    assert_eq!(host.transfers(), (1000, 1000));
    disk.with_bytes(|bytes| {
        for (n, block) in bytes.chunks(BLOCK_SIZE).enumerate() {
            assert_eq!((block[4], block[5]), (n as u8, 0x55));
        }
    });
}

#[test]
fn overwriting_does_not_read() {
    let (host, disk) = host(16);
    let fs = host.fs();
    fs.getblk(ROOT, 3).overwrite(|data| *data = [9; BLOCK_SIZE]);
    assert_eq!(**fs.bread(ROOT, 3).unwrap().data(), [9; BLOCK_SIZE]);
    assert_eq!(host.transfers(), (0, 0));
    fs.sys_sync().unwrap();
    assert_eq!(host.transfers(), (0, 1));
    assert_eq!(
        disk.to_bytes()[3 * BLOCK_SIZE..4 * BLOCK_SIZE],
        [9; BLOCK_SIZE]
    );
    fs.sys_sync().unwrap();
    assert_eq!(host.transfers(), (0, 1), "a clean buffer was written");
}

#[test]
fn reading_ahead() {
    let (host, _) = host(32);
    let fs = host.fs();
    fs.breada(ROOT, 10, [11, 0, 12]).unwrap();
    assert_eq!(host.transfers().0, 3);
    for block in [10, 11, 12] {
        assert_eq!(fs.bread(ROOT, block).unwrap().data()[0], block as u8);
    }
    fs.breada(ROOT, 10, 20..30).unwrap();
    assert_eq!(host.transfers().0, 3, "nothing to read, so nothing ahead");
}

#[test]
fn a_page_of_blocks() {
    let (host, _) = host(32);
    let fs = host.fs();
    fs::host::prepare_memory();
    let mut page = mm::memory::get_free_user_page().unwrap();
    page.view().fill(0xEE);
    fs.bread_page(ROOT, &[5, 0, 3, 5], &mut page).unwrap();
    for (part, expected) in page.view().chunks(BLOCK_SIZE).zip([5, 0, 3, 5]) {
        assert_eq!(part, [expected; BLOCK_SIZE]);
    }
    assert_eq!(
        fs.bread_page(ROOT, &[5, 1000, 3, 5], &mut page),
        Err(Errno::EIO)
    );
    assert_eq!(fs.buffers_in_use(), 0);
}

/// A disk on which some blocks are broken.
struct Broken {
    disk: MemoryDisk,
    broken: u32,
}

impl Storage for Broken {
    fn blocks(&self) -> u32 {
        self.disk.blocks()
    }
    fn read(&mut self, number: u32, data: &mut [u8; BLOCK_SIZE]) -> io::Result<()> {
        if number == self.broken {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.disk.read(number, data)
    }
    fn write(&mut self, number: u32, data: &[u8; BLOCK_SIZE]) -> io::Result<()> {
        if number == self.broken {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.disk.write(number, data)
    }
}

#[test]
fn errors_of_the_disk_are_told() {
    let host = Host::new(32);
    host.attach(
        ROOT,
        Broken {
            disk: numbered(),
            broken: 8,
        },
    );
    let fs = host.fs();
    assert_eq!(fs.bread(ROOT, 8).map(drop), Err(Errno::EIO));
    assert_eq!(fs.bread(ROOT, 1000).map(drop), Err(Errno::EIO));
    assert_eq!(fs.bread(Device::new(9, 9), 0).map(drop), Err(Errno::EIO));
    assert!(fs.bread(ROOT, 9).is_ok());
    fs.getblk(ROOT, 8).overwrite(|data| *data = [1; BLOCK_SIZE]);
    assert_eq!(fs.sys_sync(), Err(Errno::EIO));
    assert_eq!(fs.sys_sync(), Ok(()), "told twice");
    assert_eq!(
        fs.bread(ROOT, 8).unwrap().data()[0],
        1,
        "what could not be written is kept"
    );
    assert_eq!(fs.buffers_in_use(), 0);
}

/// Opens a node of a second disk of 100 blocks.
fn open_disk<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>) -> u32 {
    fs.sys_mknod(task, b"/disk", S_IFBLK | 0o600, Device(0x0305))
        .unwrap();
    fs.sys_open(task, b"/disk", O_RDWR, 0).unwrap() as u32
}

#[test]
fn block_devices_as_files() {
    let machine = Machine::new(200);
    let disk = MemoryDisk::from_bytes(pattern(100 * BLOCK_SIZE, 4));
    machine.host.attach(Device::new(3, 5), disk.clone());
    machine.run(|fs, task| {
        let fd = open_disk(fs, task);
        let mut bytes = vec![0; 200 * BLOCK_SIZE];
        assert_eq!(
            fs.sys_read(task, fd, &mut ReadInto(&mut bytes)),
            Ok(100 * BLOCK_SIZE)
        );
        assert!(bytes[..100 * BLOCK_SIZE] == pattern(100 * BLOCK_SIZE, 4));
        assert_eq!(fs.sys_read(task, fd, &mut ReadInto(&mut bytes)), Ok(0));
        fs.sys_lseek(task, fd, 1500, 0).unwrap();
        assert_eq!(fs.sys_write(task, fd, &mut WriteFrom(&[7; 2000])), Ok(2000));
        fs.sys_lseek(task, fd, 100 * 1024 - 10, 0).unwrap();
        assert_eq!(fs.sys_write(task, fd, &mut WriteFrom(&[7; 2000])), Ok(10));
        assert_eq!(
            fs.sys_write(task, fd, &mut WriteFrom(&[7; 2000])),
            Err(Errno::ENOSPC)
        );
        fs.sys_close(task, fd).unwrap();
        fs.sys_sync().unwrap();
    });
    let bytes = disk.to_bytes();
    assert!(bytes[1500..3500] == [7; 2000] && bytes[102_390..] == [7; 10]);
    assert!(bytes[..1500] == pattern(1500, 4) && bytes[3500] == pattern(3501, 4)[3500]);
}

#[test]
fn reading_thousands_of_raw_blocks_leaves_no_buffer_in_use() {
    let machine = Machine::with(32, &fs::mkfs::Options::new(200));
    machine
        .host
        .attach(Device::new(3, 5), MemoryDisk::new(5000));
    machine.run(|fs, task| {
        let fd = open_disk(fs, task);
        let before = fs.buffers_in_use();
        let mut bytes = vec![0; 5000 * BLOCK_SIZE];
        assert_eq!(
            fs.sys_read(task, fd, &mut ReadInto(&mut bytes)),
            Ok(5000 * BLOCK_SIZE)
        );
        assert_eq!(fs.buffers_in_use(), before);
    });
}

#[test]
fn what_was_deleted_is_not_written() {
    let machine = Machine::new(300);
    machine.run(|fs, task| {
        fs.sys_sync().unwrap();
        let before = machine.host.transfers().1;
        write(fs, task, "/f", 0, &pattern(100 * 1024, 1)).unwrap();
        fs.sys_unlink(task, b"/f").unwrap();
        fs.sys_sync().unwrap();
        // The directory, and the inodes and two bitmaps before and after the
        // inode and its zones are freed.
        assert_eq!(machine.host.transfers().1 - before, 7);
    });
}

#[test]
fn few_buffers_are_enough() {
    let machine = Machine::with(12, &fs::mkfs::Options::new(2000));
    machine.run(|fs, task| {
        let bytes = pattern(800 * 1024, 1);
        write(fs, task, "/f", 0, &bytes).unwrap();
        assert!(read(fs, task, "/f", 0, 800 * 1024).unwrap() == bytes);
    });
}

#[test]
fn sync_waits_until_everything_is_on_the_disk() {
    let machine = Machine::new(300);
    machine.run(|fs, task| {
        write(fs, task, "/f", 0, &pattern(9000, 1)).unwrap();
        fs.sys_sync().unwrap();
        common::check::check(&machine.disk.to_bytes()).unwrap();
        let copy = Machine::on(64, MemoryDisk::from_bytes(machine.disk.to_bytes()));
        copy.run(|fs, task| {
            assert!(read(fs, task, "/f", 0, 9000).unwrap() == pattern(9000, 1));
        });
        fs.sys_unlink(task, b"/f").unwrap();
        fs.sys_sync().unwrap();
        common::check::check(&machine.disk.to_bytes()).unwrap();
    });
}

#[test]
fn sync_writes_the_changed_buffers_and_no_others() {
    let (host, disk) = host(200);
    let fs = host.fs();
    for block in 0..200 {
        fs.bread(ROOT, block).unwrap();
    }
    let changed = [0, 31, 32, 33, 63, 64, 150, 199];
    for block in changed {
        let buffer = fs.bread(ROOT, block).unwrap();
        buffer.data()[5] = 0xAA;
        buffer.mark_dirty();
    }
    fs.sys_sync().unwrap();
    assert_eq!(host.transfers(), (200, changed.len()));
    fs.sys_sync().unwrap();
    assert_eq!(host.transfers(), (200, changed.len()));
    // What was written is written again when it is changed again.
    let buffer = fs.bread(ROOT, 63).unwrap();
    buffer.data()[5] = 0xBB;
    buffer.mark_dirty();
    drop(buffer);
    fs.sys_sync().unwrap();
    assert_eq!(host.transfers().1, changed.len() + 1);
    let bytes = disk.to_bytes();
    let byte = |block: u32| bytes[block as usize * BLOCK_SIZE + 5];
    for block in 0..200 {
        let expected = match block {
            63 => 0xBB,
            _ if changed.contains(&block) => 0xAA,
            _ => block as u8,
        };
        assert_eq!(byte(block), expected, "block {block}");
    }
}

#[test]
fn who_reads_on_in_order_has_more_read_ahead() {
    let (host, _) = host(200);
    let fs = host.fs();
    fs.breada(ROOT, 100, 101..900).unwrap();
    assert_eq!(host.transfers().0, 1 + 15);
    fs.breada(ROOT, 116, 117..900).unwrap();
    assert_eq!(host.transfers().0, 16 + 1 + 31);
}

#[test]
fn reading_ahead_waits_for_no_buffer() {
    let (host, _) = host(16);
    let fs = host.fs();
    let in_use: Vec<_> = (0..12).map(|n| fs.bread(ROOT, n).unwrap()).collect();
    let buffer = fs.breada(ROOT, 100, 101..=116).unwrap();
    assert_eq!(buffer.data()[0], 100);
    // The blocks ahead get the three buffers that are left.
    assert_eq!(host.transfers().0, 12 + 1 + 3);
    let more: Vec<_> = (20..23).map(|n| fs.bread(ROOT, n).unwrap()).collect();
    drop(buffer);
    let buffer = fs.breada(ROOT, 200, 201..=216).unwrap();
    assert_eq!(buffer.data()[0], 200);
    assert_eq!(host.transfers().0, 12 + 1 + 3 + 3 + 1);
    drop((in_use, more));
}
