// SPDX-License-Identifier: GPL-2.0-or-later
//! What the tests of the file system share.
#![allow(dead_code)] // Each test program uses its part of it.

pub mod check;
pub mod hostile;
pub mod power;

use abi::fcntl::{O_CREAT, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY};
use abi::sys::stat::S_IFBLK;
use abi::sys::types::Device;
use abi::{Errno, Result};
use fs::host::{Host, MemoryDisk, ReadInto, Storage, WriteFrom};
use fs::layout::BLOCK_SIZE;
use fs::mkfs::Options;
use fs::{Fs, FsTask};
use std::io;

/// The device of the root file system.
pub const ROOT: Device = Device::new(3, 2);

/// A disk in memory that does something before each write, with the number of the block
/// and what is to be written; its error is the write's.
pub struct BeforeWrite<F>(pub MemoryDisk, pub F);

impl<F> Storage for BeforeWrite<F>
where
    F: FnMut(u32, &[u8; BLOCK_SIZE]) -> io::Result<()> + Send,
{
    fn blocks(&self) -> u32 {
        self.0.blocks()
    }

    fn read(&mut self, number: u32, data: &mut [u8; BLOCK_SIZE]) -> io::Result<()> {
        self.0.read(number, data)
    }

    fn write(&mut self, number: u32, data: &[u8; BLOCK_SIZE]) -> io::Result<()> {
        (self.1)(number, data)?;
        self.0.write(number, data)
    }
}

/// A host with one empty file system in memory.
pub struct Machine {
    pub host: Host,
    pub disk: MemoryDisk,
}

impl Machine {
    pub fn new(blocks: u32) -> Machine {
        Machine::with(256, &Options::new(blocks))
    }

    pub fn with(buffers: u32, options: &Options) -> Machine {
        let machine = Machine::on(buffers, MemoryDisk::new(options.blocks));
        machine.host.set_time(1_000_000);
        machine.host.fs().mkfs(ROOT, options).expect("mkfs");
        machine
    }

    /// With empty buffers, on a disk that is there.
    pub fn on(buffers: u32, disk: MemoryDisk) -> Machine {
        let host = Host::new(buffers);
        host.attach(ROOT, disk.clone());
        Machine { host, disk }
    }

    /// Mounts, does something as root, unmounts and checks what is on the
    /// disk then, and that no handle is left.
    pub fn run<R>(&self, work: impl for<'a> FnOnce(&'a Fs<'a>, &FsTask<'a>) -> R) -> R {
        let fs = self.host.fs();
        let result = run_mounted(&fs, work);
        assert_eq!(fs.inodes_in_use(), 0, "inodes in use after umount");
        assert_eq!(fs.files_in_use(), 0, "files in use after umount");
        assert_eq!(fs.buffers_in_use(), 0, "buffers in use after umount");
        check::check(&self.disk.to_bytes()).unwrap();
        let messages = self.host.take_messages().concat();
        assert!(!messages.contains("error"), "{messages}");
        result
    }
}

fn run_mounted<'fs, R>(fs: &'fs Fs<'fs>, work: impl FnOnce(&'fs Fs<'fs>, &FsTask<'fs>) -> R) -> R {
    let task = mount(fs).expect("mount");
    let result = work(fs, &task);
    // The root directory. A count that is always 0 would find no leak.
    assert_ne!(fs.inodes_in_use(), 0);
    unmount(fs, &task).expect("unmount");
    result
}

/// A super-user with umask 0, at the root directory of [`ROOT`].
pub fn mount<'fs>(fs: &'fs Fs<'fs>) -> Result<FsTask<'fs>> {
    let task = FsTask::new();
    task.umask.set(0);
    fs.mount_root(ROOT, &task)?;
    Ok(task)
}

/// Writes everything. `EBUSY` if another task has a file open.
pub fn unmount<'fs>(fs: &'fs Fs<'fs>, task: &FsTask<'fs>) -> Result<()> {
    task.clear();
    fs.umount_root(ROOT)
}

/// Bytes that tell which byte they are.
pub fn pattern(len: usize, seed: u32) -> Vec<u8> {
    (0..len as u32)
        .map(|n| (n.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 13) as u8)
        .collect()
}

/// Opens, writes it all in one call, closes. Waits for nobody to open the
/// other end of a named pipe.
pub fn write<'fs>(
    fs: &'fs Fs<'fs>,
    task: &FsTask<'fs>,
    path: &str,
    offset: i32,
    bytes: &[u8],
) -> Result<usize> {
    let flags = O_CREAT | O_WRONLY | O_NONBLOCK;
    let fd = fs.sys_open(task, path.as_bytes(), flags, 0o644)? as u32;
    let moved = fs.sys_lseek(task, fd, offset, 0);
    let result = moved.and_then(|_| fs.sys_write(task, fd, &mut WriteFrom(bytes)));
    fs.sys_close(task, fd).expect("close");
    result
}

/// Opens, reads up to `len` bytes in one call, closes. Waits as little as
/// [`write`].
pub fn read<'fs>(
    fs: &'fs Fs<'fs>,
    task: &FsTask<'fs>,
    path: &str,
    offset: i32,
    len: usize,
) -> Result<Vec<u8>> {
    let fd = fs.sys_open(task, path.as_bytes(), O_RDONLY | O_NONBLOCK, 0)? as u32;
    let moved = fs.sys_lseek(task, fd, offset, 0);
    let mut bytes = vec![0xEE; len];
    let result = moved.and_then(|_| fs.sys_read(task, fd, &mut ReadInto(&mut bytes)));
    fs.sys_close(task, fd).expect("close");
    bytes.truncate(result?);
    Ok(bytes)
}

/// Makes an empty file.
pub fn touch<'fs>(fs: &'fs Fs<'fs>, task: &FsTask<'fs>, path: &str) -> Result<()> {
    let fd = fs.sys_open(task, path.as_bytes(), O_CREAT | O_RDWR, 0o644)? as u32;
    fs.sys_close(task, fd)
}

/// A generator of numbers that look random and are the same each time.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 16) % u64::from(limit)) as u32
    }
}

/// The number of the inode that a path names.
pub fn number<'fs>(fs: &'fs Fs<'fs>, task: &FsTask<'fs>, path: &str) -> Result<u16> {
    fs.sys_stat(task, path.as_bytes()).map(|stat| stat.st_ino)
}

/// What [`number`] says of a path that names nothing.
pub const MISSING: Result<u16> = Err(Errno::ENOENT);

/// A disk besides root's; `/disk` is its node, and `/mnt` is there for it.
pub const OTHER: Device = Device::new(3, 6);

/// Runs a test on a machine with that disk.
pub fn with_second_disk(test: impl for<'a> FnOnce(&'a Fs<'a>, &FsTask<'a>)) {
    let machine = Machine::new(300);
    machine.host.attach(OTHER, MemoryDisk::new(200));
    machine.run(|fs, task| {
        let node = S_IFBLK | 0o600;
        fs.sys_mknod(task, b"/disk", node, OTHER).unwrap();
        fs.sys_mkdir(task, b"/mnt", 0o755).unwrap();
        test(fs, task);
    });
}
