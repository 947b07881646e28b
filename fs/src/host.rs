// SPDX-License-Identifier: GPL-2.0-or-later
//! The host's side of the seam, for `mkimage` and the tests.
//!
//! [`Host`] has buffers, tables and block devices kept in memory
//! ([`MemoryDisk`]) or in a window of an image file ([`FileDisk`]).
//! [`Editor`] puts files on a file system in a few words.
//!
//! ```
//! use fs::host::{Attributes, Editor, Host, MemoryDisk};
//! use fs::mkfs::Options;
//! use lib::sys::types::Device;
//!
//! # fn main() -> lib::Result<()> {
//! let root = Device::new(3, 2);
//! let host = Host::new(256);
//! host.attach(root, MemoryDisk::new(1440));
//! let fs = host.fs();
//! fs.mkfs(root, &Options::new(1440))?;
//! let editor = Editor::mount(&fs, root)?;
//! editor.mkdir(b"/etc", &Attributes::new(0o755))?;
//! editor.write_file(b"/etc/motd", &Attributes::new(0o644), b"Hello\n")?;
//! assert_eq!(editor.read_file(b"/etc/motd")?, b"Hello\n");
//! editor.unmount()?;
//! # Ok(())
//! # }
//! ```
//!
//! Several threads may use one [`Fs`] at once: a thread that sleeps waits on a
//! condition variable.

use crate::buffer::BufferHead;
use crate::layout::{BLOCK_SIZE, InodeNumber, u16_at};
use crate::seam::{Direction, Seam, UserBuffer, WaitQueue};
use crate::{Fs, FsTask, Tables};
use core::fmt;
use lib::fcntl::{O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY};
use lib::sys::stat::{S_IFMT, S_ISDIR};
use lib::sys::types::{Device, Time, major};
use lib::unistd::SEEK_SET;
use lib::utime::Utimbuf;
use lib::{Errno, Result};
use mm::PhysicalAddress;
use std::boxed::Box;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::string::{String, ToString};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::vec::Vec;

pub use crate::seam::{ReadInto, WriteFrom};

/// The contents of a block device.
pub trait Storage: Send {
    /// Its size in blocks of 1024 bytes.
    fn blocks(&self) -> u32;
    /// Reads a block; `number` is below [`Storage::blocks`].
    fn read(&mut self, number: u32, data: &mut [u8; BLOCK_SIZE]) -> io::Result<()>;
    /// Writes a block; `number` is below [`Storage::blocks`].
    fn write(&mut self, number: u32, data: &[u8; BLOCK_SIZE]) -> io::Result<()>;
}

/// A lock that stays usable when a thread panicked with it, as failing tests
/// do.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A block device in memory. Clones share the contents.
#[derive(Clone)]
pub struct MemoryDisk(Arc<Mutex<Vec<u8>>>);

impl MemoryDisk {
    /// All zeros.
    pub fn new(blocks: u32) -> MemoryDisk {
        MemoryDisk::from_bytes(std::vec![0; blocks as usize * BLOCK_SIZE])
    }

    /// With contents; bytes behind the last whole block can't be reached.
    pub fn from_bytes(bytes: Vec<u8>) -> MemoryDisk {
        MemoryDisk(Arc::new(Mutex::new(bytes)))
    }

    /// Does something with the contents.
    pub fn with_bytes<R>(&self, work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        work(&mut lock(&self.0))
    }

    /// A copy of the contents.
    pub fn to_bytes(&self) -> Vec<u8> {
        lock(&self.0).clone()
    }
}

impl Storage for MemoryDisk {
    fn blocks(&self) -> u32 {
        (lock(&self.0).len() / BLOCK_SIZE) as u32
    }

    fn read(&mut self, number: u32, data: &mut [u8; BLOCK_SIZE]) -> io::Result<()> {
        data.copy_from_slice(&lock(&self.0)[number as usize * BLOCK_SIZE..][..BLOCK_SIZE]);
        Ok(())
    }

    fn write(&mut self, number: u32, data: &[u8; BLOCK_SIZE]) -> io::Result<()> {
        lock(&self.0)[number as usize * BLOCK_SIZE..][..BLOCK_SIZE].copy_from_slice(data);
        Ok(())
    }
}

/// A block device in a part of a file.
pub struct FileDisk {
    file: File,
    offset: u64,
    blocks: u32,
}

impl FileDisk {
    /// The `length` bytes of `file` from `offset` on. The file is not made
    /// longer: what lies behind its end can't be read, but be written.
    pub fn new(file: File, offset: u64, length: u64) -> FileDisk {
        let blocks = u32::try_from(length / BLOCK_SIZE as u64).unwrap_or(u32::MAX);
        FileDisk {
            file,
            offset,
            blocks,
        }
    }

    fn seek(&mut self, number: u32) -> io::Result<()> {
        let place = self.offset + u64::from(number) * BLOCK_SIZE as u64;
        self.file.seek(SeekFrom::Start(place)).map(drop)
    }
}

impl Storage for FileDisk {
    fn blocks(&self) -> u32 {
        self.blocks
    }

    fn read(&mut self, number: u32, data: &mut [u8; BLOCK_SIZE]) -> io::Result<()> {
        self.seek(number)?;
        self.file.read_exact(data)
    }

    fn write(&mut self, number: u32, data: &[u8; BLOCK_SIZE]) -> io::Result<()> {
        self.seek(number)?;
        self.file.write_all(data)
    }
}

/// The surroundings of a file system on the host.
#[derive(Default)]
struct HostSeam {
    disks: Mutex<Vec<(Device, Box<dyn Storage>)>>,
    /// Held between the question whether to sleep and the sleep.
    sleep: Mutex<()>,
    woken: Condvar,
    /// Sleeps that a signal may end, end.
    signal: AtomicBool,
    broken_pipes: AtomicUsize,
    reads: AtomicUsize,
    writes: AtomicUsize,
    time: AtomicU32,
    messages: Mutex<Vec<String>>,
}

impl HostSeam {
    fn sleep(
        &self,
        queue: &WaitQueue,
        busy: &mut dyn FnMut() -> bool,
        is_interrupted: impl Fn() -> bool,
    ) -> Result<()> {
        let mut guard = lock(&self.sleep);
        // Threads have no bits: the first word counts them.
        queue.sleepers[0].fetch_add(1, SeqCst);
        let mut result = Ok(());
        while result.is_ok() && busy() {
            if is_interrupted() {
                result = Err(Errno::EINTR);
            } else {
                guard = self
                    .woken
                    .wait(guard)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
        queue.sleepers[0].fetch_sub(1, SeqCst);
        result
    }

    fn transfer(&self, direction: Direction, buffer: &BufferHead) -> io::Result<()> {
        let mut disks = lock(&self.disks);
        let disk = disks
            .iter_mut()
            .find(|(device, _)| *device == buffer.device());
        let (_, disk) = disk.ok_or(io::ErrorKind::NotFound)?;
        if buffer.block() >= disk.blocks() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match direction {
            Direction::Read => {
                self.reads.fetch_add(1, SeqCst);
                disk.read(buffer.block(), &mut buffer.data())
            }
            Direction::Write => {
                self.writes.fetch_add(1, SeqCst);
                disk.write(buffer.block(), &buffer.data())
            }
        }
    }
}

impl Seam for HostSeam {
    fn sleep_while(&self, queue: &WaitQueue, busy: &mut dyn FnMut() -> bool) {
        // It can't be interrupted.
        let _ = self.sleep(queue, busy, || false);
    }

    fn interruptible_sleep_while(
        &self,
        queue: &WaitQueue,
        busy: &mut dyn FnMut() -> bool,
    ) -> Result<()> {
        self.sleep(queue, busy, || self.signal.load(SeqCst))
    }

    fn wake_up(&self, _queue: &WaitQueue) {
        let _guard = lock(&self.sleep);
        self.woken.notify_all();
    }

    fn ll_rw_block(&self, direction: Direction, buffer: &BufferHead) {
        let result = self.transfer(direction, buffer);
        if let Err(error) = &result {
            let (device, block) = (buffer.device(), buffer.block());
            self.printk(format_args!("device {device}, block {block}: {error}\n"));
        }
        buffer.end_request(self, result.is_ok());
    }

    fn device_blocks(&self, device: Device) -> u32 {
        let disks = lock(&self.disks);
        disks
            .iter()
            .find(|(it, _)| *it == device)
            .map_or(0, |(_, disk)| disk.blocks())
    }

    fn current_time(&self) -> Time {
        self.time.load(SeqCst)
    }

    fn broken_pipe(&self) {
        self.broken_pipes.fetch_add(1, SeqCst);
    }

    fn open_device(&self, device: Device, is_block: bool, _flags: u32) -> Result<()> {
        let is_there = if is_block {
            self.device_blocks(device) != 0
        } else {
            device == NULL
        };
        if is_there { Ok(()) } else { Err(Errno::ENXIO) }
    }

    fn rw_char(
        &self,
        direction: Direction,
        device: Device,
        buffer: &mut dyn UserBuffer,
        position: &mut u32,
        _flags: u32,
    ) -> Result<usize> {
        if device != NULL {
            return Err(Errno::ENXIO);
        }
        if direction == Direction::Read {
            return Ok(0);
        }
        let count = buffer.remaining();
        buffer.prepare(count)?;
        buffer.get(&mut std::vec![0; count]);
        *position = position.wrapping_add(count as u32);
        Ok(count)
    }

    fn ioctl(&self, _device: Device, _command: u32, _argument: u32) -> Result<u32> {
        Err(Errno::ENOTTY)
    }

    fn printk(&self, message: fmt::Arguments<'_>) {
        lock(&self.messages).push(message.to_string());
    }
}

/// The one character device of the host: `/dev/null`.
const NULL: Device = Device::new(major::MEM, 3);

/// Gives `mm` a megabyte for its pages: pipes and `execve` take some.
pub fn prepare_memory() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        mm::memory::mem_init(PhysicalAddress(0x10_0000), PhysicalAddress(0x20_0000));
    });
}

/// Buffers, tables, block devices and a clock.
pub struct Host {
    seam: HostSeam,
    buffers: Vec<BufferHead>,
    tables: Box<Tables>,
}

impl Host {
    /// With so many buffers (see [`Fs::new`]) and no device. The time is 0.
    pub fn new(buffers: u32) -> Host {
        let host = Host {
            seam: HostSeam::default(),
            buffers: (0..buffers).map(BufferHead::new).collect(),
            tables: Box::default(),
        };
        Fs::new(&host.seam, &host.buffers, &host.tables);
        prepare_memory();
        host
    }

    /// Adds a block device, in place of one with the same number.
    pub fn attach(&self, device: Device, disk: impl Storage + 'static) {
        let mut disks = lock(&self.seam.disks);
        disks.retain(|(other, _)| *other != device);
        disks.push((device, Box::new(disk)));
    }

    /// The file system on it all, as the last use left it. What is to begin
    /// with empty buffers begins with another [`Host`].
    pub fn fs(&self) -> Fs<'_> {
        Fs::join(&self.seam, &self.buffers, &self.tables)
    }

    /// Sets the clock, in seconds since 1970.
    pub fn set_time(&self, time: Time) {
        self.seam.time.store(time, SeqCst);
    }

    /// What the file system has reported since this was last asked.
    pub fn take_messages(&self) -> Vec<String> {
        core::mem::take(&mut lock(&self.seam.messages))
    }

    /// Lets sleeps that a signal ends end with `EINTR`, or no more.
    pub fn set_signal(&self, pending: bool) {
        self.seam.signal.store(pending, SeqCst);
        self.seam.wake_up(&WaitQueue::new());
    }

    /// How often a SIGPIPE was sent.
    pub fn broken_pipes(&self) -> usize {
        self.seam.broken_pipes.load(SeqCst)
    }

    /// How many blocks were read and written.
    pub fn transfers(&self) -> (usize, usize) {
        (self.seam.reads.load(SeqCst), self.seam.writes.load(SeqCst))
    }
}

/// What a new file gets beside its contents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attributes {
    /// Permissions; for [`Editor::mknod`] also the type.
    pub mode: u16,
    /// Owner.
    pub uid: u16,
    /// Group.
    pub gid: u8,
    /// When it was last changed; `None` for now ([`Host::set_time`]).
    pub mtime: Option<Time>,
}

impl Attributes {
    /// The super-user's, changed now.
    pub const fn new(mode: u16) -> Attributes {
        Attributes {
            mode,
            uid: 0,
            gid: 0,
            mtime: None,
        }
    }
}

/// An entry of a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirectoryEntry {
    /// Which inode it refers to.
    pub inode: InodeNumber,
    /// The name.
    pub name: Vec<u8>,
}

/// Changes a file system as the super-user does, with umask 0. Paths begin at
/// its root.
pub struct Editor<'fs> {
    fs: &'fs Fs<'fs>,
    device: Device,
    task: FsTask<'fs>,
}

impl<'fs> Editor<'fs> {
    /// Mounts a device. `EINVAL` if there is no Minix file system on it; the
    /// messages say more.
    pub fn mount(fs: &'fs Fs<'fs>, device: Device) -> Result<Editor<'fs>> {
        let task = FsTask::new();
        task.umask.set(0);
        fs.mount_root(device, &task)?;
        Ok(Editor { fs, device, task })
    }

    /// The task that does it all.
    pub fn task(&self) -> &FsTask<'fs> {
        &self.task
    }

    /// The file system.
    pub fn fs(&self) -> &'fs Fs<'fs> {
        self.fs
    }

    /// Writes everything and unmounts. `EBUSY` if another task has a file open.
    pub fn unmount(self) -> Result<()> {
        self.task.release();
        self.fs.umount_root(self.device)
    }

    /// Makes a directory.
    pub fn mkdir(&self, path: &[u8], attributes: &Attributes) -> Result<()> {
        self.fs.sys_mkdir(&self.task, path, 0o700)?;
        self.set_attributes(path, attributes)
    }

    /// Makes a device node or a named pipe: `attributes.mode` has the type.
    pub fn mknod(&self, path: &[u8], attributes: &Attributes, device: Device) -> Result<()> {
        self.fs.sys_mknod(
            &self.task,
            path,
            u32::from(attributes.mode),
            u32::from(device.0),
        )?;
        self.set_attributes(path, attributes)
    }

    /// Makes a file, or replaces the contents of one.
    pub fn write_file(&self, path: &[u8], attributes: &Attributes, bytes: &[u8]) -> Result<()> {
        self.write_blocks(path, attributes, bytes, false)
    }

    /// As [`Editor::write_file`], but blocks of nothing but zeros take no room
    /// on the disk. The last block is always written.
    pub fn write_file_with_holes(
        &self,
        path: &[u8],
        attributes: &Attributes,
        bytes: &[u8],
    ) -> Result<()> {
        self.write_blocks(path, attributes, bytes, true)
    }

    fn write_blocks(
        &self,
        path: &[u8],
        attributes: &Attributes,
        bytes: &[u8],
        with_holes: bool,
    ) -> Result<()> {
        let flags = O_CREAT | O_TRUNC | O_WRONLY;
        let fd = self.fs.sys_open(&self.task, path, flags, 0o600)? as u32;
        let result = self.fill(fd, bytes, with_holes);
        self.fs.sys_close(&self.task, fd).and(result)?;
        self.set_attributes(path, attributes)
    }

    fn fill(&self, fd: u32, bytes: &[u8], with_holes: bool) -> Result<()> {
        if !with_holes {
            return self.write_all(fd, bytes);
        }
        let last = bytes.len().saturating_sub(1) / BLOCK_SIZE;
        for (n, block) in bytes.chunks(BLOCK_SIZE).enumerate() {
            if n == last || block.iter().any(|byte| *byte != 0) {
                let position = i32::try_from(n * BLOCK_SIZE).map_err(|_| Errno::EFBIG)?;
                self.fs.sys_lseek(&self.task, fd, position, SEEK_SET)?;
                self.write_all(fd, block)?;
            }
        }
        Ok(())
    }

    fn write_all(&self, fd: u32, bytes: &[u8]) -> Result<()> {
        let mut rest = WriteFrom(bytes);
        while rest.remaining() != 0 {
            self.fs.sys_write(&self.task, fd, &mut rest)?;
        }
        Ok(())
    }

    /// Makes another name for a file.
    pub fn link(&self, old: &[u8], new: &[u8]) -> Result<()> {
        self.fs.sys_link(&self.task, old, new)
    }

    /// Makes a symbolic link.
    pub fn symlink(&self, target: &[u8], path: &[u8]) -> Result<()> {
        self.fs.sys_symlink(&self.task, target, path)
    }

    /// Sets owner, permissions and time of what is there.
    pub fn set_attributes(&self, path: &[u8], attributes: &Attributes) -> Result<()> {
        let (uid, gid) = (u32::from(attributes.uid), u32::from(attributes.gid));
        self.fs.sys_chown(&self.task, path, uid, gid)?;
        self.fs
            .sys_chmod(&self.task, path, u32::from(attributes.mode & !S_IFMT))?;
        match attributes.mtime {
            Some(time) => {
                let times = Utimbuf {
                    actime: time,
                    modtime: time,
                };
                self.fs.sys_utime(&self.task, path, Some(times))
            }
            None => Ok(()),
        }
    }

    /// The whole contents of a file. They fit into memory: a file has at most
    /// 256 MB. Holes are zeros.
    pub fn read_file(&self, path: &[u8]) -> Result<Vec<u8>> {
        let fd = self.fs.sys_open(&self.task, path, O_RDONLY, 0)? as u32;
        let result = self.read_all(fd);
        self.fs.sys_close(&self.task, fd).and(result)
    }

    fn read_all(&self, fd: u32) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut piece = std::vec![0; 1 << 16];
        loop {
            let count = self
                .fs
                .sys_read(&self.task, fd, &mut ReadInto(&mut piece))?;
            if count == 0 {
                return Ok(bytes);
            }
            bytes.extend_from_slice(&piece[..count]);
        }
    }

    /// The entries of a directory that are in use, in their order on the disk;
    /// `.` and `..` are among them.
    pub fn read_dir(&self, path: &[u8]) -> Result<Vec<DirectoryEntry>> {
        if !S_ISDIR(self.fs.sys_stat(&self.task, path)?.st_mode) {
            return Err(Errno::ENOTDIR);
        }
        let geometry = self.fs.geometry(self.device).ok_or(Errno::EIO)?;
        let bytes = self.read_file(path)?;
        let entries = bytes
            .chunks_exact(geometry.entry_size())
            .map(|entry| DirectoryEntry {
                inode: InodeNumber(u16_at(entry, 0)),
                name: entry[2..]
                    .iter()
                    .copied()
                    .take_while(|byte| *byte != 0)
                    .collect(),
            });
        Ok(entries.filter(|entry| entry.inode.0 != 0).collect())
    }
}
