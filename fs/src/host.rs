// SPDX-License-Identifier: GPL-2.0-or-later
//! The host as a platform, for `mkimage` and the tests.
//!
//! [`Host`] has buffers, tables and block devices kept in memory
//! ([`MemoryDisk`]) or in a window of an image file ([`FileDisk`]). The file
//! system on it is used by the system calls, each with the task that makes it.
//!
//! ```
//! use fs::FsTask;
//! use fs::host::{Host, MemoryDisk};
//! use fs::mkfs::Options;
//! use abi::sys::types::Device;
//!
//! # fn main() -> abi::Result<()> {
//! let root = Device::new(3, 2);
//! let host = Host::new(256);
//! host.attach(root, MemoryDisk::new(1440));
//! let fs = host.fs();
//! fs.mkfs(root, &Options::new(1440))?;
//! let task = FsTask::new();
//! fs.mount_root(root, &task)?;
//! fs.sys_mkdir(&task, b"/etc", 0o755)?;
//! task.clear();
//! fs.umount_root(root)?;
//! # Ok(())
//! # }
//! ```
//!
//! Several threads may use one [`Fs`] at once: a thread that sleeps waits on a
//! condition variable.

mod inode;

use crate::buffer::BufferHead;
use crate::layout::BLOCK_SIZE;
use crate::platform::{Direction, OpenDevice, Platform, UserBuffer};
use crate::{Fs, Tables};
use abi::limits::HZ;
use abi::sys::types::{Device, Time};
use abi::{Errno, Result};
use core::fmt;
use mm::PhysicalAddress;
use std::boxed::Box;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::string::{String, ToString};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};
use std::vec::Vec;
use sync::{Sleep, WaitQueue};

pub use crate::platform::{ReadInto, WriteFrom};

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
struct HostPlatform {
    disks: Mutex<Vec<(Device, Box<dyn Storage>)>>,
    /// Held between the question whether to sleep and the sleep.
    sleep: Mutex<()>,
    woken: Condvar,
    /// Sleeps that a signal may end, end.
    signal: AtomicBool,
    /// The caller is not the super-user, who may have the last free slots.
    ordinary_user: AtomicBool,
    /// The floppy was changed, and nobody has noticed.
    media_changed: AtomicBool,
    broken_pipes: AtomicUsize,
    reads: AtomicUsize,
    writes: AtomicUsize,
    time: AtomicU32,
    /// Done by the next thread that gives way.
    interruption: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    messages: Mutex<Vec<String>>,
}

impl HostPlatform {
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

impl Sleep for HostPlatform {
    fn sleep_while(&self, queue: &WaitQueue, busy: &mut dyn FnMut() -> bool) {
        let mut guard = lock(&self.sleep);
        // Threads have no bits: the first word counts them.
        queue.sleepers[0].fetch_add(1, SeqCst);
        while busy() {
            guard = self
                .woken
                .wait(guard)
                .unwrap_or_else(PoisonError::into_inner);
        }
        queue.sleepers[0].fetch_sub(1, SeqCst);
    }

    fn wake_up(&self, _queue: &WaitQueue) {
        let _guard = lock(&self.sleep);
        self.woken.notify_all();
    }
}

impl<'m> Platform<'m> for HostPlatform {
    /// A thread that comes too late to be woken looks again a millisecond later.
    fn interruptible_sleep_on(&self, queue: &WaitQueue) -> Result<()> {
        let guard = lock(&self.sleep);
        if self.signal.load(SeqCst) {
            return Err(Errno::EINTR);
        }
        queue.sleepers[0].fetch_add(1, SeqCst);
        drop(self.woken.wait_timeout(guard, Duration::from_millis(1)));
        queue.sleepers[0].fetch_sub(1, SeqCst);
        Ok(())
    }

    fn may_use_reserve(&self) -> bool {
        !self.ordinary_user.load(SeqCst)
    }

    fn sleep_on_any(
        &self,
        queues: &[&WaitQueue],
        ticks: Option<u32>,
        busy: &mut dyn FnMut() -> bool,
    ) -> Result<()> {
        let start = Instant::now();
        let limit = ticks.map(|ticks| Duration::from_secs(1) / HZ * ticks);
        let mut guard = lock(&self.sleep);
        let count = |amount| {
            for queue in queues {
                queue.sleepers[0].fetch_add(amount, SeqCst);
            }
        };
        count(1);
        let mut result = Ok(());
        while result.is_ok() && busy() && limit.is_none_or(|limit| start.elapsed() < limit) {
            if self.signal.load(SeqCst) {
                result = Err(Errno::EINTR);
            } else {
                let rest =
                    limit.map_or(Duration::MAX, |limit| limit.saturating_sub(start.elapsed()));
                guard = match self.woken.wait_timeout(guard, rest) {
                    Ok((guard, _)) => guard,
                    Err(poisoned) => poisoned.into_inner().0,
                };
            }
        }
        count(u32::MAX);
        result
    }

    fn ll_rw_block(&self, direction: Direction, buffers: &[&BufferHead]) {
        for buffer in buffers {
            let result = self.transfer(direction, buffer);
            if let Err(error) = &result {
                let (device, block) = (buffer.device(), buffer.block());
                self.printk(format_args!("{device}, block {block}: {error}\n"));
            }
            buffer.end_request(self, direction, result.is_ok());
        }
    }

    fn device_blocks(&self, device: Device) -> u32 {
        let disks = lock(&self.disks);
        disks
            .iter()
            .find(|(it, _)| *it == device)
            .map_or(0, |(_, disk)| disk.blocks())
    }

    fn give_way(&self) -> bool {
        let interruption = lock(&self.interruption).take();
        if let Some(interrupt) = interruption {
            interrupt();
        }
        true
    }

    fn media_changed(&self, _device: Device) -> bool {
        self.media_changed.swap(false, SeqCst)
    }

    fn current_time(&self) -> Time {
        self.time.load(SeqCst)
    }

    fn broken_pipe(&self) {
        self.broken_pipes.fetch_add(1, SeqCst);
    }

    fn open_device(&self, device: Device, is_block: bool, _flags: u32) -> Result<OpenDevice> {
        let is_there = if is_block {
            self.device_blocks(device) != 0
        } else {
            device == Device::NULL
        };
        if is_there {
            Ok(OpenDevice::new(device))
        } else {
            Err(Errno::ENXIO)
        }
    }

    fn rw_char(
        &self,
        direction: Direction,
        opened: OpenDevice,
        buffer: &mut dyn UserBuffer,
        position: &mut u32,
        _flags: u32,
    ) -> Result<usize> {
        if opened.device != Device::NULL {
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

    fn ioctl(&self, _: OpenDevice, _flags: u32, _command: u32, _argument: u32) -> Result<u32> {
        Err(Errno::ENOTTY)
    }

    fn printk(&self, message: fmt::Arguments<'_>) {
        lock(&self.messages).push(message.to_string());
    }
}

/// Gives `mm` a megabyte for its pages: pipes and `execve` take some.
pub fn prepare_memory() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        mm::memory::mem_init(PhysicalAddress(0x10_0000), PhysicalAddress(0x20_0000));
    });
}

/// So many empty buffers.
pub fn buffers(count: u32) -> Vec<BufferHead> {
    let buffer = |number| BufferHead::new(number, Box::new([0; BLOCK_SIZE]));
    (0..count).map(buffer).collect()
}

/// Buffers, tables, block devices and a clock.
pub struct Host {
    platform: HostPlatform,
    buffers: Vec<BufferHead>,
    tables: Box<Tables>,
}

impl Host {
    /// With so many buffers (see [`Fs::new`]) and no device. The time is 0.
    pub fn new(buffers: u32) -> Host {
        let host = Host {
            platform: HostPlatform::default(),
            buffers: self::buffers(buffers),
            tables: Box::default(),
        };
        Fs::new(&host.platform, &host.buffers, &host.tables);
        prepare_memory();
        host
    }

    /// Adds a block device, in place of one with the same number.
    pub fn attach(&self, device: Device, disk: impl Storage + 'static) {
        let mut disks = lock(&self.platform.disks);
        disks.retain(|(other, _)| *other != device);
        disks.push((device, Box::new(disk)));
    }

    /// The file system on it all, as the last use left it. What is to begin
    /// with empty buffers begins with another [`Host`].
    pub fn fs(&self) -> Fs<'_> {
        Fs::join(&self.platform, &self.buffers, &self.tables)
    }

    /// Sets the clock, in seconds since 1970.
    pub fn set_time(&self, time: Time) {
        self.platform.time.store(time, SeqCst);
    }

    /// What the file system has reported since this was last asked.
    pub fn take_messages(&self) -> Vec<String> {
        core::mem::take(&mut lock(&self.platform.messages))
    }

    /// Lets callers be an ordinary user, who may not take the last files and
    /// inodes, or the super-user again.
    pub fn set_ordinary_user(&self, ordinary: bool) {
        self.platform.ordinary_user.store(ordinary, SeqCst);
    }

    /// Has the next thread that gives way do something first.
    pub fn interrupt(&self, work: impl FnOnce() + Send + 'static) {
        *lock(&self.platform.interruption) = Some(Box::new(work));
    }

    /// Tells that there is another floppy in the drive; it is noticed once.
    pub fn change_floppy(&self) {
        self.platform.media_changed.store(true, SeqCst);
    }

    /// Lets sleeps that a signal ends end with `EINTR`, or no more.
    pub fn set_signal(&self, pending: bool) {
        self.platform.signal.store(pending, SeqCst);
        self.platform.wake_up(&WaitQueue::new());
    }

    /// How often a SIGPIPE was sent.
    pub fn broken_pipes(&self) -> usize {
        self.platform.broken_pipes.load(SeqCst)
    }

    /// How many blocks were read and written.
    pub fn transfers(&self) -> (usize, usize) {
        (
            self.platform.reads.load(SeqCst),
            self.platform.writes.load(SeqCst),
        )
    }
}
