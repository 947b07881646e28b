// SPDX-License-Identifier: GPL-2.0-or-later
//! The buffer cache (0.11: `fs/buffer.c`).
//!
//! A buffer holds a copy of one block of a device. All access to blocks goes
//! through here, so there is one copy of each.
//!
//! * [`Fs::bread`] gives a [`Buffer`] with the block's contents.
//! * [`Buffer::data`] locks the contents for a moment. Drop that guard before
//!   anything that may sleep.
//! * After a change call [`Buffer::mark_dirty`]. The block is written when the
//!   buffer is wanted for another block, by [`Fs::sync_dev`], or by
//!   [`Fs::write_some_dirty`].
//! * Dropping the [`Buffer`] gives it back (0.11: `brelse`). Don't keep it
//!   longer than needed: a buffer in use can't be given to another block.
//!
//! A transfer holds the buffer's I/O lock from [`Fs::ll_rw_block`] until the
//! driver calls [`BufferHead::end_request`], possibly in an interrupt.
//!
//! A buffer that is unused, clean and unlocked may be given another block at
//! any moment while the cache lock is free, no other may. So holding a
//! [`Buffer`], or the I/O lock, is what keeps device and block as they are.

use crate::Fs;
use crate::layout::BLOCK_SIZE;
use crate::list::{Links, Slot};
use crate::seam::{Direction, SleepLock};
use core::sync::atomic::{
    AtomicBool,
    Ordering::{AcqRel, Acquire, Release},
};
use lib::lock::{IrqLock, IrqLockGuard, Word};
use lib::sys::types::{Device, major};
use lib::{Errno, Result};

/// Hash chains of the buffer cache (0.11: `NR_HASH`).
pub(crate) const NR_HASH: usize = 1024;
/// How many unused buffers are looked at for a clean one, and how many dirty
/// ones are written together when there is none.
const SEARCH: usize = 32;

/// A buffer: a block's contents and what is known of them
/// (0.11: `struct buffer_head`).
pub struct BufferHead {
    number: u32,
    /// Guarded by the cache lock.
    links: Links,
    /// Changes only under the cache lock.
    device: Word,
    /// As `device`.
    block: Word,
    /// How many [`Buffer`]s there are. Guarded by the cache lock.
    count: Word,
    /// The contents are those of the block, or newer.
    uptodate: AtomicBool,
    /// The contents are newer than the block.
    dirty: AtomicBool,
    /// The transfer under way writes.
    writing: AtomicBool,
    /// A write went wrong since this was last asked.
    write_failed: AtomicBool,
    /// Held while a transfer is under way.
    io: SleepLock,
    data: IrqLock<[u8; BLOCK_SIZE]>,
}

impl BufferHead {
    /// The buffer that stands at place `number` of the cache.
    pub const fn new(number: u32) -> BufferHead {
        BufferHead {
            number,
            links: Links::new(),
            device: Word::new(0),
            block: Word::new(0),
            count: Word::new(0),
            uptodate: AtomicBool::new(false),
            dirty: AtomicBool::new(false),
            writing: AtomicBool::new(false),
            write_failed: AtomicBool::new(false),
            io: SleepLock::new(),
            data: IrqLock::new([0; BLOCK_SIZE]),
        }
    }

    /// Its place in the cache, for [`Fs::buffer_head`].
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The device of its block.
    #[inline(always)]
    pub fn device(&self) -> Device {
        Device(self.device.get() as u16)
    }

    /// Which block of the device, counted in 1024 bytes.
    #[inline(always)]
    pub fn block(&self) -> u32 {
        self.block.get()
    }

    /// Locks the contents. Do not sleep while the guard lives.
    #[inline(always)]
    pub fn data(&self) -> IrqLockGuard<'_, [u8; BLOCK_SIZE]> {
        self.data.lock()
    }

    /// The transfer is over; `uptodate` tells whether it went well
    /// (0.11: `end_request`). Callable from an interrupt handler.
    pub fn end_request(&self, seam: &dyn crate::seam::Seam, uptodate: bool) {
        if self.writing.load(Acquire) {
            // What could not be written is still the newest there is.
            if !uptodate {
                self.write_failed.store(true, Release);
            }
        } else {
            self.uptodate.store(uptodate, Release);
        }
        self.io.unlock(seam);
    }

    /// As [`Buffer::mark_dirty`].
    pub(crate) fn set_dirty(&self) {
        self.dirty.store(true, Release);
    }

    #[inline(always)]
    fn is_uptodate(&self) -> bool {
        self.uptodate.load(Acquire)
    }

    #[inline(always)]
    fn is_dirty(&self) -> bool {
        self.dirty.load(Acquire)
    }

    #[inline(always)]
    fn is_of(&self, device: Device, block: u32) -> bool {
        self.block.get() == block && self.device.get() == u32::from(device.0)
    }
}

impl Slot for BufferHead {
    fn links(&self) -> &Links {
        &self.links
    }

    fn hash(&self) -> u32 {
        hash(self.device(), self.block())
    }
}

/// Neighbouring blocks get neighbouring chains; devices are spread apart.
#[inline(always)]
fn hash(device: Device, block: u32) -> u32 {
    block ^ (u32::from(device.0) << 4)
}

/// A buffer in use. Dropping it is `brelse`.
pub struct Buffer<'fs> {
    fs: &'fs Fs<'fs>,
    head: &'fs BufferHead,
}

impl Buffer<'_> {
    /// Locks the contents. Do not sleep while the guard lives.
    #[inline(always)]
    pub fn data(&self) -> IrqLockGuard<'_, [u8; BLOCK_SIZE]> {
        self.head.data()
    }

    /// The contents were changed and must get to the disk. Called after the
    /// change, so that a write that began before it does not count.
    #[inline(always)]
    pub fn mark_dirty(&self) {
        self.head.set_dirty();
    }

    /// Which block of the device.
    pub fn block(&self) -> u32 {
        self.head.block()
    }

    /// Replaces the whole contents by what `fill` stores; `fill` is handed the
    /// old bytes, which may be of no block at all.
    pub fn overwrite<R>(&self, fill: impl FnOnce(&mut [u8; BLOCK_SIZE]) -> R) -> R {
        if self.head.is_uptodate() {
            let result = fill(&mut self.data());
            self.mark_dirty();
            return result;
        }
        // Somebody else may be reading the block in: that comes first.
        let _io = self.head.io.hold(self.fs.seam);
        let result = fill(&mut self.data());
        self.head.uptodate.store(true, Release);
        self.mark_dirty();
        result
    }

    /// Keeps it in use without a handle, until [`Fs::brelse`].
    pub(crate) fn into_raw(self) -> u32 {
        let number = self.head.number;
        core::mem::forget(self);
        number
    }
}

impl Drop for Buffer<'_> {
    #[inline]
    fn drop(&mut self) {
        self.fs.brelse(self.head.number);
    }
}

/// What [`Fs::getblk`] finds among the unused buffers.
enum Victim {
    /// Clean and unlocked: may be given another block.
    Clean(u32),
    /// All that were looked at are dirty or locked; this is the oldest.
    Busy(u32),
    /// No buffer is unused.
    None,
}

impl<'fs> Fs<'fs> {
    /// Puts all buffers into the list of unused ones.
    pub(crate) fn buffer_init(&self) {
        let mut cache = self.tables.buffers.lock();
        for head in self.buffers {
            cache.put_newest(self.buffers, head.number);
        }
    }

    /// The buffer at place `number`.
    pub fn buffer_head(&self, number: u32) -> Option<&'fs BufferHead> {
        self.buffers.get(number as usize)
    }

    /// The buffer of a block, its contents perhaps not read yet. Sleeps while
    /// all buffers are in use.
    pub fn getblk(&'fs self, device: Device, block: u32) -> Buffer<'fs> {
        loop {
            if let Some(head) = self.try_getblk(device, block) {
                return Buffer { fs: self, head };
            }
        }
    }

    /// One attempt of [`Fs::getblk`]; `None` after something was waited for.
    fn try_getblk(&'fs self, device: Device, block: u32) -> Option<&'fs BufferHead> {
        let hash = hash(device, block);
        let mut cache = self.tables.buffers.lock();
        if let Some(number) = cache.find(self.buffers, hash, |head| head.is_of(device, block)) {
            let head = self.buffer_head(number)?;
            if head.count.get() == 0 {
                cache.take(self.buffers, number);
            }
            head.count.add(1);
            return Some(head);
        }
        match self.victim(cache.unused(self.buffers)) {
            Victim::Clean(number) => {
                let head = self.buffer_head(number)?;
                cache.take(self.buffers, number);
                cache.remove(self.buffers, number);
                head.device.set(u32::from(device.0));
                head.block.set(block);
                head.count.set(1);
                head.uptodate.store(false, Release);
                head.write_failed.store(false, Release);
                cache.insert(self.buffers, number);
                Some(head)
            }
            Victim::Busy(oldest) => {
                drop(cache);
                self.write_oldest();
                self.buffer_head(oldest)?.io.wait(self.seam);
                None
            }
            Victim::None => {
                drop(cache);
                let mut all_in_use = || self.tables.buffers.lock().oldest().is_none();
                self.seam
                    .sleep_while(&self.tables.buffer_wait, &mut all_in_use);
                None
            }
        }
    }

    fn victim<'a>(&self, unused: impl Iterator<Item = (u32, &'a BufferHead)>) -> Victim {
        let mut oldest = Victim::None;
        for (number, head) in unused.take(SEARCH) {
            if !head.is_dirty() && !head.io.is_locked() {
                return Victim::Clean(number);
            }
            if let Victim::None = oldest {
                oldest = Victim::Busy(number);
            }
        }
        oldest
    }

    /// Starts to write the oldest unused buffers.
    fn write_oldest(&self) {
        for _ in 0..SEARCH {
            let cache = self.tables.buffers.lock();
            let head = cache
                .unused(self.buffers)
                .take(SEARCH)
                .map(|(_, head)| head)
                .find(|head| head.is_dirty() && head.io.try_lock());
            drop(cache);
            let Some(head) = head else { return };
            self.write_locked(head);
        }
    }

    /// Gives a buffer back. For buffers without a handle; the others are
    /// dropped.
    pub(crate) fn brelse(&self, number: u32) {
        let Some(head) = self.buffer_head(number) else {
            return;
        };
        let mut cache = self.tables.buffers.lock();
        debug_assert!(head.count.get() != 0, "buffer given back twice");
        head.count.set(head.count.get().saturating_sub(1));
        if head.count.get() != 0 {
            return;
        }
        cache.put_newest(self.buffers, number);
        drop(cache);
        if !self.tables.buffer_wait.is_empty() {
            self.seam.wake_up(&self.tables.buffer_wait);
        }
    }

    /// The buffer of a block, with its contents. `EIO` if it can't be read.
    #[inline]
    pub fn bread(&'fs self, device: Device, block: u32) -> Result<Buffer<'fs>> {
        let buffer = self.getblk(device, block);
        if buffer.head.is_uptodate() {
            return Ok(buffer);
        }
        self.start_read(buffer.head);
        self.wait_on_buffer(buffer)
    }

    /// As [`Fs::bread`], and starts to read the blocks `ahead`, if anything
    /// has to be read at all (0.11: `breada`). Zeros among `ahead` are no
    /// blocks.
    pub fn breada(
        &'fs self,
        device: Device,
        block: u32,
        ahead: impl IntoIterator<Item = u32>,
    ) -> Result<Buffer<'fs>> {
        let buffer = self.getblk(device, block);
        if buffer.head.is_uptodate() {
            return Ok(buffer);
        }
        self.start_read(buffer.head);
        for next in ahead {
            if next != 0 {
                self.start_read(self.getblk(device, next).head);
            }
        }
        self.wait_on_buffer(buffer)
    }

    /// Reads the blocks of one page; block 0 stands for zeros
    /// (0.11: `bread_page`). All transfers are started before one is awaited.
    pub fn bread_page(
        &'fs self,
        device: Device,
        blocks: [u32; 4],
        page: &mut [u8; 4 * BLOCK_SIZE],
    ) -> Result<()> {
        let buffers = blocks.map(|block| (block != 0).then(|| self.getblk(device, block)));
        for buffer in buffers.iter().flatten() {
            self.start_read(buffer.head);
        }
        for (buffer, part) in buffers.into_iter().zip(page.chunks_exact_mut(BLOCK_SIZE)) {
            match buffer {
                Some(buffer) => part.copy_from_slice(&*self.wait_on_buffer(buffer)?.data()),
                None => part.fill(0),
            }
        }
        Ok(())
    }

    /// Starts to read a block in, unless that was done or is being done.
    fn start_read(&self, head: &BufferHead) {
        if head.is_uptodate() || !head.io.try_lock() {
            return;
        }
        if head.is_uptodate() {
            head.io.unlock(self.seam);
            return;
        }
        head.writing.store(false, Release);
        self.ll_rw_block(Direction::Read, head);
    }

    fn wait_on_buffer(&self, buffer: Buffer<'fs>) -> Result<Buffer<'fs>> {
        buffer.head.io.wait(self.seam);
        if buffer.head.is_uptodate() {
            Ok(buffer)
        } else {
            Err(Errno::EIO)
        }
    }

    /// Starts to write a buffer whose I/O lock the caller took.
    fn write_locked(&self, head: &BufferHead) {
        if head.dirty.swap(false, AcqRel) {
            head.writing.store(true, Release);
            self.ll_rw_block(Direction::Write, head);
        } else {
            head.io.unlock(self.seam);
        }
    }

    /// Starts a transfer of a locked buffer.
    fn ll_rw_block(&self, direction: Direction, head: &BufferHead) {
        debug_assert!(head.io.is_locked());
        self.seam.ll_rw_block(direction, head);
    }

    /// Starts to write up to `limit` dirty buffers, from where it stopped last
    /// time, without waiting for them. For the periodic write-back. Changed
    /// inodes go into their blocks first. Returns how many.
    pub fn write_some_dirty(&'fs self, limit: usize) -> usize {
        // An inode that can't be stored now stays dirty and is reported by sync.
        let _ = self.sync_inodes(None);
        let mut started = 0;
        for _ in 0..self.buffers.len() {
            if started == limit {
                break;
            }
            let next = self.tables.write_back.get();
            self.tables.write_back.set(next.wrapping_add(1));
            let Some(head) = self.buffers.get(next as usize % self.buffers.len()) else {
                break;
            };
            if self.lock_dirty(head, None) {
                self.write_locked(head);
                started += 1;
            }
        }
        started
    }

    /// Takes the I/O lock of a buffer if it is free and there is something to
    /// write. Under the cache lock, so that it is still the same block after.
    fn lock_dirty(&self, head: &BufferHead, device: Option<Device>) -> bool {
        if !head.is_dirty() {
            return false;
        }
        let _cache = self.tables.buffers.lock();
        head.is_dirty() && device.is_none_or(|it| it == head.device()) && head.io.try_lock()
    }

    /// Writes everything that was changed on all devices, and waits until it
    /// is on the disks (0.11: `sys_sync`, which did not wait). `EIO` if
    /// something could not be written.
    pub fn sys_sync(&'fs self) -> Result<()> {
        let inodes = self.sync_inodes(None);
        self.sync_buffers(None).and(inodes)
    }

    /// As [`Fs::sys_sync`], of one device.
    pub fn sync_dev(&'fs self, device: Device) -> Result<()> {
        let inodes = self.sync_inodes(Some(device));
        self.sync_buffers(Some(device)).and(inodes)
    }

    /// Writes in three flushes, each on the disk before the next begins: data,
    /// directories and indirect blocks; the inodes that refer to them; the
    /// bitmaps. So no inode on the disk refers to blocks that were not
    /// written, and no zone is free on the disk while an inode there has it.
    fn sync_buffers(&self, device: Option<Device>) -> Result<()> {
        let mut result = Ok(());
        for rank in [Rank::Data, Rank::Inodes, Rank::Bitmaps] {
            result = self.flush(device, rank).and(result);
        }
        result
    }

    /// Writes the buffers of one rank and waits for them.
    fn flush(&self, device: Option<Device>, rank: Rank) -> Result<()> {
        let is_of_device = |head: &BufferHead| device.is_none_or(|it| it == head.device());
        for head in self.buffers {
            while head.is_dirty()
                && is_of_device(head)
                && self.rank(head.device(), head.block()) == rank
            {
                if self.lock_dirty(head, device) {
                    self.write_locked(head);
                    break;
                }
                head.io.wait(self.seam);
            }
        }
        let mut result = Ok(());
        for head in self.buffers.iter().filter(|head| is_of_device(head)) {
            head.io.wait(self.seam);
            if head.write_failed.swap(false, AcqRel) {
                result = Err(Errno::EIO);
            }
        }
        result
    }

    /// The buffers of a device are not to be believed any more: forgets what
    /// is in them (0.11: `invalidate_buffers`). Nobody may use them.
    pub fn invalidate_buffers(&self, device: Device) {
        for head in self.buffers {
            if head.device() != device {
                continue;
            }
            head.io.wait(self.seam);
            let _cache = self.tables.buffers.lock();
            if head.device() == device && head.count.get() == 0 && !head.io.is_locked() {
                head.uptodate.store(false, Release);
                head.dirty.store(false, Release);
            }
        }
    }

    /// A block was freed: what the cache holds of it need not be written.
    pub(crate) fn forget(&self, device: Device, block: u32) {
        let cache = self.tables.buffers.lock();
        let wanted = |head: &BufferHead| head.is_of(device, block);
        let number = cache.find(self.buffers, hash(device, block), wanted);
        if let Some(head) = number.and_then(|number| self.buffer_head(number)) {
            head.dirty.store(false, Release);
        }
    }

    /// If somebody changed the floppy, forgets all that is known of it
    /// (0.11: `check_disk_change`).
    pub fn check_disk_change(&'fs self, device: Device) {
        if device.major() == major::FLOPPY && self.seam.media_changed(device) {
            self.put_super(device);
            self.invalidate_inodes(device);
            self.invalidate_buffers(device);
        }
    }

    /// How many buffers are in use, for tests that look for leaks.
    pub fn buffers_in_use(&self) -> usize {
        let _cache = self.tables.buffers.lock();
        self.buffers
            .iter()
            .filter(|head| head.count.get() != 0)
            .count()
    }
}

/// What a block holds, in the order in which [`Fs::sync_dev`] writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rank {
    /// Files, directories, indirect blocks; everything on a device that is not
    /// mounted.
    Data,
    /// The inode table.
    Inodes,
    /// The bitmaps and the super block.
    Bitmaps,
}
