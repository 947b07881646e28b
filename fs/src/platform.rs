// SPDX-License-Identifier: GPL-2.0-or-later
//! Everything the file system needs of its surroundings.
//!
//! The same `fs` crate runs in the kernel, in `mkimage` and in the host tests. All
//! that differs between them is in this file: how a task sleeps and is woken, how a
//! block gets to and from the disk, what time it is, and where the caller's memory
//! is. `kernel/src/platform.rs` implements it for the kernel, `fs/src/host.rs` for
//! the host.
//!
//! Rules for the kernel and for the host:
//!
//! * No [`Lock`](sync::Lock) or [`IrqLock`](sync::IrqLock) guard is
//!   alive when a method that may sleep is called.
//! * [`UserBuffer::put`] and [`UserBuffer::get`] never sleep, so they may be
//!   called under a guard; [`UserBuffer::prepare`] may sleep, so it may not.
//! * A task is in its queue before it calls the `busy()` that sends it to sleep. So
//!   whoever changes what `busy()` returns and finds the queue empty needs no
//!   [`Sleep::wake_up`].
//! * `busy()` may take a spinning lock, so the file system holds none when it
//!   calls [`Sleep::wake_up`].

use crate::buffer::BufferHead;
use abi::Result;
use abi::sys::types::{Device, Time};
use core::fmt;
use sync::{Sleep, WaitQueue};

/// Which way a transfer goes, seen from the caller: `Read` brings data in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// From the device.
    Read,
    /// To the device.
    Write,
}

/// What `select` waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// A read would not wait.
    Readable,
    /// A write of a byte would not wait.
    Writable,
    /// Something is wrong: the other end of a pipe is closed.
    Exceptional,
}

/// A character device, as one `open` has opened it (0.11 knows only its number).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenDevice {
    /// The device. It differs from the inode's where a node stands for a device
    /// that changes, as `/dev/tty` does.
    pub device: Device,
    /// A number of the driver, by which it tells this opening from later ones.
    pub generation: u32,
}

impl OpenDevice {
    /// What a file has that is no character device.
    pub const NONE: OpenDevice = OpenDevice::new(Device::NONE);

    /// A device whose openings are all alike.
    pub const fn new(device: Device) -> OpenDevice {
        OpenDevice {
            device,
            generation: 0,
        }
    }
}

/// The services of the surroundings for a file system whose buffers live for `'m`.
pub trait Platform<'m>: Sleep + Sync {
    /// Sleeps until somebody wakes the queue or a signal comes, and perhaps not as long;
    /// `EINTR` if a signal is there already. The caller asks in a loop whether it still
    /// has to wait, for something that only tasks change.
    fn interruptible_sleep_on(&self, queue: &WaitQueue) -> Result<()>;

    /// As [`Sleep::sleep_while`], but on several queues at once. A signal to the caller
    /// ends it with `EINTR`. It also ends after `ticks` clock ticks, unless that is
    /// `None`.
    fn sleep_on_any(
        &self,
        queues: &[&WaitQueue],
        ticks: Option<u32>,
        busy: &mut dyn FnMut() -> bool,
    ) -> Result<()>;

    /// Lets other tasks run if it is their turn. It is called between two pieces of
    /// long work, when no spinning lock is held and the data are consistent.
    /// Returns false if a signal is about to end the caller, which then stops early
    /// where that makes sense.
    fn give_way(&self) -> bool {
        true
    }

    /// Starts the transfers of locked buffers (0.11: `ll_rw_block`, for one). Blocks
    /// that follow one another in `buffers` are moved together.
    ///
    /// When a transfer is over, now or later, the surroundings call
    /// [`BufferHead::end_request`] of its buffer. A device without a driver, or a
    /// block behind its end, ends at once with `uptodate` false.
    ///
    /// Between the locking of the first buffer and this call nobody may sleep:
    /// others may wait for the buffer, or have locked the one that is waited for.
    fn ll_rw_block(&self, direction: Direction, buffers: &[&'m BufferHead]);

    /// Makes the devices with a major number write their own caches to the media.
    /// May sleep; `EIO` if that fails.
    fn flush_cache(&self, _major: u8) -> Result<()> {
        Ok(())
    }

    /// The size of a block device in 1024-byte blocks; 0 if there is none.
    fn device_blocks(&self, device: Device) -> u32;

    /// Whether the medium of a device was changed since it was last asked
    /// (0.11: `floppy_change`). May sleep.
    fn media_changed(&self, _device: Device) -> bool {
        false
    }

    /// Seconds since 1970 (0.11: `CURRENT_TIME`).
    fn current_time(&self) -> Time;

    /// Sends SIGPIPE to the caller.
    fn broken_pipe(&self);

    /// Sends SIGXFSZ to the caller, whose limit forbids a larger file.
    fn file_too_large(&self) {}

    /// Whether the caller may take the last free files and inodes. It is called
    /// only when no others are left.
    fn may_use_reserve(&self) -> bool {
        true
    }

    /// Opens a character or block device; `ENXIO` if it has no driver. This also
    /// makes a terminal the caller's controlling terminal, which 0.11 did in
    /// `sys_open`. Returns the device that the file has open from now on.
    fn open_device(&self, device: Device, is_block: bool, flags: u32) -> Result<OpenDevice>;

    /// Called when the last descriptor of an open character device is closed. May
    /// sleep.
    fn close_device(&self, _opened: OpenDevice) {}

    /// Reads or writes a character device (0.11: `rw_char`, `crw_table`).
    /// Returns how many bytes were moved; moves `position` if the device has
    /// one.
    fn rw_char(
        &self,
        direction: Direction,
        opened: OpenDevice,
        buffer: &mut dyn UserBuffer,
        position: &mut u32,
        flags: u32,
    ) -> Result<usize>;

    /// Whether a character device is ready. Most devices always are.
    fn is_ready(&self, _opened: OpenDevice, condition: Condition) -> bool {
        condition != Condition::Exceptional
    }

    /// The queue that is woken when the result of [`Platform::is_ready`] may have
    /// changed.
    fn queue(&self, _opened: OpenDevice, _condition: Condition) -> Option<&WaitQueue> {
        None
    }

    /// Whether a character device has a position: memory has one, a terminal has
    /// none (0.11: `IS_SEEKABLE`).
    fn is_seekable(&self, device: Device) -> bool {
        device.major() == abi::sys::types::major::MEM
    }

    /// `ioctl` of a character device (0.11: `ioctl_table`), opened with
    /// `flags`.
    fn ioctl(&self, opened: OpenDevice, flags: u32, command: u32, argument: u32) -> Result<u32>;

    /// Prints a message.
    fn printk(&self, message: fmt::Arguments<'_>);
}

/// A stretch of the caller's memory, consumed from front to back.
///
/// The calling sequence for each piece is `prepare`, then take the spinning
/// locks, then `put` or `get`; where all pieces are alike, [`in_pieces`] does it:
///
/// ```text
/// while buffer.remaining() != 0 {
///     let n = piece(buffer.remaining());
///     buffer.prepare(n)?;              // may sleep: no guard alive
///     let data = block.data();         // spinning guard
///     buffer.put(&data[offset..offset + n]);
/// }
/// ```
///
/// An error ends the transfer where it is; [`moved`] says what the call answers then.
pub trait UserBuffer {
    /// Bytes left.
    fn remaining(&self) -> usize;

    /// Makes the next `count` bytes present, and writable if they are going to be
    /// written; `count` is at most [`UserBuffer::remaining`]. `EFAULT` if they do
    /// not belong to the caller, `ENOMEM` if there is no page for them. Gives way
    /// as [`Platform::give_way`] does: `EINTR` if a signal is about to end the
    /// caller.
    fn prepare(&mut self, count: usize) -> Result<()>;

    /// Copies to the caller's memory and moves on. The bytes were prepared.
    fn put(&mut self, bytes: &[u8]);

    /// Copies from the caller's memory and moves on. The bytes were prepared.
    fn get(&mut self, bytes: &mut [u8]);
}

impl<B: UserBuffer + ?Sized> UserBuffer for &mut B {
    fn remaining(&self) -> usize {
        (**self).remaining()
    }

    fn prepare(&mut self, count: usize) -> Result<()> {
        (**self).prepare(count)
    }

    fn put(&mut self, bytes: &[u8]) {
        (**self).put(bytes);
    }

    fn get(&mut self, bytes: &mut [u8]) {
        (**self).get(bytes);
    }
}

/// Moves the whole buffer by calls of `transfer`, which moves the number of bytes that it
/// is told: at most `most`, and they were prepared.
pub fn in_pieces(
    buffer: &mut dyn UserBuffer,
    most: usize,
    mut transfer: impl FnMut(&mut dyn UserBuffer, usize) -> Result<()>,
) -> Result<()> {
    while buffer.remaining() > 0 {
        let count = buffer.remaining().min(most);
        buffer.prepare(count)?;
        transfer(buffer, count)?;
    }
    Ok(())
}

/// What a transfer answers that has moved `count` bytes: how many, and what went wrong
/// only if there were none.
#[inline(always)]
pub fn moved(count: usize, result: Result<()>) -> Result<usize> {
    match count {
        0 => result.map(|()| 0),
        _ => Ok(count),
    }
}

/// The kernel's own memory, read into, as a [`UserBuffer`].
pub struct ReadInto<'a>(pub &'a mut [u8]);

impl UserBuffer for ReadInto<'_> {
    fn remaining(&self) -> usize {
        self.0.len()
    }

    fn prepare(&mut self, _count: usize) -> Result<()> {
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) {
        let count = bytes.len().min(self.0.len());
        let (here, rest) = core::mem::take(&mut self.0).split_at_mut(count);
        here.copy_from_slice(&bytes[..count]);
        self.0 = rest;
    }

    fn get(&mut self, _bytes: &mut [u8]) {}
}

/// The kernel's own memory, written from, as a [`UserBuffer`].
pub struct WriteFrom<'a>(pub &'a [u8]);

impl UserBuffer for WriteFrom<'_> {
    fn remaining(&self) -> usize {
        self.0.len()
    }

    fn prepare(&mut self, _count: usize) -> Result<()> {
        Ok(())
    }

    fn put(&mut self, _bytes: &[u8]) {}

    fn get(&mut self, bytes: &mut [u8]) {
        let count = bytes.len().min(self.0.len());
        let (here, rest) = self.0.split_at(count);
        bytes[..count].copy_from_slice(here);
        self.0 = rest;
    }
}
