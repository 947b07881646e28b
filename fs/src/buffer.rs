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
//!   buffer is wanted for another block, by [`Fs::sys_sync`] or by [`Fs::sync_dev`].
//!   Blocks with references, and what they refer to, must be written in a certain
//!   order: change these by [`Buffer::change`] instead.
//! * Dropping the [`Buffer`] gives it back (0.11: `brelse`). Don't keep it
//!   longer than needed: a buffer in use can't be given to another block.
//!
//! A transfer holds the buffer's I/O lock from before
//! [`Platform::ll_rw_block`](crate::platform::Platform::ll_rw_block) until the driver calls [`BufferHead::end_request`], possibly in an interrupt.
//!
//! Only a buffer that is unused, clean and unlocked may be given another block, at
//! any moment at which the cache lock is free. So whoever holds a [`Buffer`], or
//! the I/O lock, can rely on its device and block.

mod marks;
mod write_back;

pub(crate) use marks::{MOST_BUFFERS, Marks};
pub(crate) use write_back::{DriverLocks, Rank, Scope};

use write_back::is_slow;

use crate::Fs;
use crate::file_dev::ZEROS;
use crate::layout::BLOCK_SIZE;
use crate::list::{Index, Links, Slot};
use crate::platform::Direction;
use abi::sys::types::{Device, major};
use abi::{Errno, Result};
use core::ops::Range;
use core::sync::atomic::{
    AtomicBool, AtomicU8,
    Ordering::{Acquire, Release},
};
use mm::UserPage;
use sync::{IrqLock, IrqLockGuard, Sleep, SleepLock, TaskCell};

/// Where to find the buffers.
pub(crate) type Cache = Index<NR_HASH>;
/// Hash chains of the buffer cache, a few buffers in each (0.11: `NR_HASH`).
pub(crate) const NR_HASH: usize = 4096;
/// How many unused buffers are looked at for a clean one, and how many dirty
/// ones are written together when there is none.
const SEARCH: usize = 32;
/// The most blocks that are read ahead when a block must be read.
pub(crate) const READ_AHEAD: u32 = SEARCH as u32 - 1;

/// The memory of a buffer's contents (0.11: `b_data`). What is in it before the
/// first block is read does not matter, because nobody looks at a buffer that is
/// not up to date. So it is not zeroed, which would take a third of the time of a
/// boot.
#[cfg(not(any(test, feature = "host")))]
pub type Memory = &'static mut [u8; BLOCK_SIZE];
/// On the host the buffer owns its memory, and can be dropped.
#[cfg(any(test, feature = "host"))]
pub type Memory = Box<[u8; BLOCK_SIZE]>;

/// A buffer: a block's contents and what is known of them
/// (0.11: `struct buffer_head`).
pub struct BufferHead {
    number: u32,
    /// Guarded by the cache lock.
    links: Links,
    /// Changes only under the cache lock.
    device: TaskCell<u32>,
    /// Changes only under the cache lock, too.
    block: TaskCell<u32>,
    /// How many [`Buffer`]s there are. Guarded by the cache lock.
    count: TaskCell<u32>,
    /// How often it was used since [`Fs::find_free`] has passed it. To be read ahead is
    /// no use.
    uses: TaskCell<u32>,
    /// The contents are the block's, or newer.
    uptodate: AtomicBool,
    /// Whether and how the contents are newer than the block: a [`Rank`].
    rank: AtomicU8,
    /// A write failed since this was last read.
    write_failed: AtomicBool,
    /// Held while a transfer is under way.
    io: SleepLock,
    /// Its contents: see [`BufferHead::data`].
    pub data: IrqLock<Memory>,
}

impl BufferHead {
    /// The buffer with index `number` in the cache, with memory for its contents.
    pub const fn new(number: u32, memory: Memory) -> BufferHead {
        BufferHead {
            number,
            links: Links::new(),
            device: TaskCell::new(0),
            // Those without a device are spread over the chains.
            block: TaskCell::new(number),
            count: TaskCell::new(0),
            uses: TaskCell::new(0),
            uptodate: AtomicBool::new(false),
            rank: AtomicU8::new(Rank::Clean as u8),
            write_failed: AtomicBool::new(false),
            io: SleepLock::new(),
            data: IrqLock::new(memory),
        }
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

    /// Exclusive access to the contents; interrupts are masked until the guard is
    /// dropped. Do not sleep while it lives.
    #[inline(always)]
    pub fn data(&self) -> IrqLockGuard<'_, Memory> {
        self.data.lock()
    }

    /// Calls `work`, a few steps that surely do not sleep, with the contents. Only the
    /// handler that moves them in a transfer uses them too, and only tasks begin one.
    #[inline(always)]
    pub(crate) fn with_data<R>(&self, work: impl FnOnce(&mut [u8; BLOCK_SIZE]) -> R) -> R {
        self.data.with(self.io.is_locked(), |data| work(data))
    }

    /// Ends the transfer; `uptodate` tells whether it succeeded (0.11:
    /// `end_request`). Interrupt handlers may call it.
    #[inline]
    pub fn end_request(&self, sleep: &dyn Sleep, direction: Direction, uptodate: bool) {
        match direction {
            Direction::Read => self.uptodate.store(uptodate, Release),
            // The contents are still the newest.
            Direction::Write if !uptodate => self.write_failed.store(true, Release),
            Direction::Write => {}
        }
        self.io.unlock(sleep);
    }

    #[inline(always)]
    fn is_uptodate(&self) -> bool {
        self.uptodate.load(Acquire)
    }
}

impl Slot for BufferHead {
    fn number(&self) -> u32 {
        self.number
    }

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

impl<'fs> Buffer<'fs> {
    /// Exclusive access to the contents: see [`BufferHead::data`].
    #[inline(always)]
    pub fn data(&self) -> IrqLockGuard<'_, Memory> {
        self.head.data()
    }

    /// Notes that the contents were changed and must get to the disk. Call it after
    /// the change, so that a write that began before does not count.
    #[inline(always)]
    pub fn mark_dirty(&self) {
        self.fs.set_dirty(self.head);
    }

    /// Which block of the device.
    pub fn block(&self) -> u32 {
        self.head.block()
    }

    /// What the cache knows of it.
    #[inline(always)]
    pub(crate) fn head(&self) -> &'fs BufferHead {
        self.head
    }

    /// The file system that has this buffer.
    pub(crate) fn fs(&self) -> &'fs Fs<'fs> {
        self.fs
    }

    /// Replaces the whole contents by what `fill` stores. `fill` gets the old
    /// bytes, which may belong to no block.
    pub fn overwrite<R>(&self, fill: impl FnOnce(&mut [u8; BLOCK_SIZE]) -> R) -> R {
        // Another task may be reading the block in; wait for that first.
        let must_wait = !self.head.is_uptodate();
        let _io = must_wait.then(|| self.head.io.hold(self.fs.platform));
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
        self.fs.brelse(self.head);
    }
}

/// What a task calls that wants a buffer for a device, when no unused buffer may be
/// written at any time: it writes the others.
type WriteRest<'fs> = fn(&'fs Fs<'fs>, Device);

impl<'fs> Fs<'fs> {
    /// The buffer with index `number`.
    pub(crate) fn buffer_head(&self, number: u32) -> Option<&'fs BufferHead> {
        self.buffers.get(number as usize)
    }

    /// The buffer of a block; its contents may not be read yet. Sleeps while all
    /// buffers are in use.
    #[inline]
    pub fn getblk(&'fs self, device: Device, block: u32) -> Buffer<'fs> {
        self.getblk_or(device, block, |fs, _| fs.flush_all())
    }

    /// As [`Fs::getblk`], but with another way to make buffers clean.
    fn getblk_or(&'fs self, device: Device, block: u32, write_rest: WriteRest<'fs>) -> Buffer<'fs> {
        loop {
            match self.getblk_now(device, block) {
                Some(head) => return Buffer { fs: self, head },
                None => self.await_unused(device, write_rest),
            }
        }
    }

    #[cold]
    fn await_unused(&'fs self, device: Device, write_rest: WriteRest<'fs>) {
        let mut all_in_use = || self.buffers_in_use() == self.buffers.len();
        if all_in_use() {
            self.platform
                .sleep_while(&self.tables.buffer_wait, &mut all_in_use);
        } else {
            self.clean_oldest(device, write_rest);
        }
    }

    /// The buffer of a block, if there is one (0.11: `find_buffer`).
    #[inline(always)]
    fn find_buffer(&self, cache: &Cache, device: Device, block: u32) -> Option<&'fs BufferHead> {
        let number = u32::from(device.0);
        let is_wanted = |head: &BufferHead| head.block() == block && head.device.get() == number;
        self.buffer_head(cache.find(self.buffers, hash(device, block), is_wanted)?)
    }

    /// The buffer of a block, counted: the one that there is, or one that is free.
    #[inline(always)]
    fn getblk_now(&'fs self, device: Device, block: u32) -> Option<&'fs BufferHead> {
        self.tables.buffers.with(|cache| {
            if let Some(head) = self.find_buffer(cache, device, block) {
                head.uses.add(1);
                head.count.add(1);
                return Some(head);
            }
            let head = self.reuse(cache, device, block)?;
            head.count.set(1);
            Some(head)
        })
    }

    /// Gives a block that has no buffer one that is unused, clean and unlocked.
    #[inline(always)]
    fn reuse(&self, cache: &mut Cache, device: Device, block: u32) -> Option<&'fs BufferHead> {
        let head = self.find_free(cache, device)?;
        cache.remove(self.buffers, head);
        head.device.set(u32::from(device.0));
        head.block.set(block);
        head.uses.set(0);
        head.uptodate.store(false, Release);
        head.write_failed.store(false, Release);
        cache.insert(head);
        Some(head)
    }

    /// The next buffer that is unused, clean and unlocked, for a block of `device`. The
    /// hand goes past it, and past what was used again since it was passed last (the clock
    /// algorithm). So nothing is moved when a block is used, and blocks that are read once,
    /// one after another, do not drive out all others. If there is none, the hand stays at
    /// the first that must be written.
    #[inline(always)]
    fn find_free(&self, _cache: &Cache, device: Device) -> Option<&'fs BufferHead> {
        let (hand, mut left, mut first_busy) = (&self.tables.buffer_hand, SEARCH, None);
        for (number, head) in hand.slots(self.buffers).take(2 * self.buffers.len()) {
            if head.count.get() != 0 || head.uses.get() > 1 {
                head.uses.set(0);
            } else if !head.is_busy() {
                hand.set(number + 1);
                return Some(head);
            } else if !is_slow(head, device) {
                first_busy = first_busy.or(Some(number));
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        hand.set(first_busy?);
        None
    }

    /// Gives back a buffer without a handle. Buffers with a handle are dropped
    /// instead.
    #[inline]
    pub(crate) fn brelse(&self, head: &BufferHead) {
        self.tables.buffers.with(|_| {
            debug_assert!(head.count.get() != 0, "buffer given back twice");
            head.count.set(head.count.get().saturating_sub(1));
        });
        if !self.tables.buffer_wait.is_empty() {
            self.platform.wake_up(&self.tables.buffer_wait);
        }
    }

    /// The buffer of a block, with its contents. `EIO` if it can't be read.
    #[inline]
    pub fn bread(&'fs self, device: Device, block: u32) -> Result<Buffer<'fs>> {
        self.read(self.getblk(device, block))
    }

    /// As [`Fs::bread`], for a block of the inode table, during [`Fs::flush`].
    pub(crate) fn bread_inodes(&'fs self, device: Device, block: u32) -> Result<Buffer<'fs>> {
        self.read(self.getblk_or(device, block, |fs, device| {
            // The step that writes them all reports errors.
            let _ = fs.write_inode_blocks(device);
        }))
    }

    #[inline(always)]
    fn read(&self, buffer: Buffer<'fs>) -> Result<Buffer<'fs>> {
        if buffer.head.is_uptodate() {
            return Ok(buffer);
        }
        self.start_transfers(Direction::Read, [buffer.head], |head| !head.is_uptodate());
        self.wait_on_buffer(buffer)
    }

    /// Calls `work` with the buffer of a block whose contents are in memory: as
    /// [`Fs::bread`], but the buffer is not counted, since it keeps its block while the
    /// cache lock is held. `None` if the block has to be read first. `work` must not
    /// sleep.
    #[inline(always)]
    pub(crate) fn with_cached<R>(
        &self,
        device: Device,
        block: u32,
        work: impl FnOnce(&BufferHead) -> R,
    ) -> Option<R> {
        self.tables.buffers.with(|cache| {
            let head = self.find_buffer(cache, device, block)?;
            head.uses.add(1);
            head.is_uptodate().then(|| work(head))
        })
    }

    /// Calls `change` with the contents of a block, and marks it dirty. If `change`
    /// stores the whole block, it need not be read first, and this does not fail.
    #[inline(always)]
    pub(crate) fn change_block(
        &'fs self,
        device: Device,
        block: u32,
        is_whole: bool,
        mut change: impl FnMut(&mut [u8; BLOCK_SIZE]),
    ) -> Result<()> {
        let changed = self.tables.buffers.with(|cache| {
            let head = match self.find_buffer(cache, device, block) {
                // Until the cache is unlocked nobody can find it and begin to read it.
                None if is_whole => self.reuse(cache, device, block),
                known => known.filter(|head| head.is_uptodate()),
            }?;
            head.uses.add(1);
            head.with_data(&mut change);
            head.uptodate.store(true, Release);
            self.set_dirty(head);
            Some(())
        });
        if changed.is_some() {
            return Ok(());
        }
        let buffer = match is_whole {
            true => self.getblk(device, block),
            false => self.bread(device, block)?,
        };
        buffer.overwrite(change);
        Ok(())
    }

    /// As [`Fs::bread`], and starts to read the blocks `ahead`, if anything
    /// has to be read at all (0.11: `breada`): up to [`READ_AHEAD`] if the block before was
    /// read, too, else half as many, and as many as there are buffers for. Zeros among
    /// `ahead` are no blocks.
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
        let before = self.find_buffer(&self.tables.buffers.lock(), device, block.wrapping_sub(1));
        let most = READ_AHEAD as usize / if before.is_some() { 1 } else { 2 };
        // The blocks are found first, because that may sleep.
        let mut blocks = [0; READ_AHEAD as usize];
        for (found, next) in blocks.iter_mut().zip(ahead).take(most) {
            *found = next;
        }
        let is_ours = buffer.head.io.try_lock();
        if is_ours && buffer.head.is_uptodate() {
            buffer.head.io.unlock(self.platform);
            return Ok(buffer);
        }
        let (mut locked, mut count) = ([buffer.head; SEARCH], usize::from(is_ours));
        // The cache is locked until all are locked.
        let mut cache = self.tables.buffers.lock();
        for block in blocks.into_iter().filter(|block| *block != 0) {
            if self.find_buffer(&cache, device, block).is_none()
                && let Some(head) = self.reuse(&mut cache, device, block)
                && head.io.try_lock()
            {
                locked[count] = head;
                count += 1;
            }
        }
        drop(cache);
        self.platform.ll_rw_block(Direction::Read, &locked[..count]);
        self.wait_on_buffer(buffer)
    }

    /// Reads the blocks of one page, or of its beginning; block 0 stands for zeros (0.11:
    /// `bread_page`). Starts the other transfers before it waits for the first.
    pub fn bread_page(
        &'fs self,
        device: Device,
        blocks: &[u32],
        page: &mut UserPage,
    ) -> Result<()> {
        for (n, &block) in blocks.iter().enumerate() {
            // A view of the page lives for one copy only, since a read may sleep.
            let mut put = |bytes: &[u8; BLOCK_SIZE]| page.view().as_chunks_mut().0[n] = *bytes;
            if block == 0 {
                put(&ZEROS);
            } else if self
                .with_cached(device, block, |head| put(&head.data()))
                .is_none()
            {
                let ahead = blocks.iter().copied().skip(n + 1);
                put(&self.breada(device, block, ahead)?.data());
            }
        }
        Ok(())
    }

    /// Starts to transfer the wanted ones of at most [`SEARCH`] buffers. Returns one that
    /// is wanted too, but is being transferred already. Only the owner of the I/O lock
    /// makes a buffer clean, before the transfer begins.
    #[inline(always)]
    fn start_transfers(
        &self,
        direction: Direction,
        heads: impl IntoIterator<Item = &'fs BufferHead>,
        is_wanted: impl Fn(&BufferHead) -> bool,
    ) -> Option<&'fs BufferHead> {
        let mut in_transfer = None;
        let mut locked = [self.buffers.first()?; SEARCH];
        let mut places = locked.iter_mut();
        for head in heads {
            if !head.io.try_lock() {
                in_transfer = is_wanted(head).then_some(head).or(in_transfer);
            } else if !is_wanted(head) {
                head.io.unlock(self.platform);
            } else if let Some(place) = places.next() {
                // What is still to be read was not changed.
                head.set_clean();
                *place = head;
            }
        }
        let count = SEARCH - places.len();
        self.platform.ll_rw_block(direction, &locked[..count]);
        in_transfer
    }

    fn wait_on_buffer(&self, buffer: Buffer<'fs>) -> Result<Buffer<'fs>> {
        buffer.head.uses.add(1);
        buffer.head.io.wait(self.platform);
        if buffer.head.is_uptodate() {
            Ok(buffer)
        } else {
            Err(Errno::EIO)
        }
    }

    /// Forgets the contents of all buffers of a device, because they may be wrong,
    /// and the changes of those that are in use (0.11: `invalidate_buffers`).
    pub fn invalidate_buffers(&self, device: Device) {
        for head in self.buffers {
            self.platform.give_way();
            if head.device() != device {
                continue;
            }
            head.io.wait(self.platform);
            let _cache = self.tables.buffers.lock();
            if head.device() == device && !head.io.is_locked() {
                head.set_clean();
                if head.count.get() == 0 {
                    head.uptodate.store(false, Release);
                }
            }
        }
    }

    /// Forgets blocks that were freed: their buffers need not be written.
    pub(crate) fn forget(&self, device: Device, blocks: Range<u32>) {
        let cache = self.tables.buffers.lock();
        // Only marked buffers can be changed. If they are few, only they are looked at.
        let count = self.tables.marks.count.get();
        if count + self.buffers.len() as u32 / u32::BITS < blocks.end - blocks.start {
            let marked = (self.tables.marks.groups(self.buffers).flatten()).take(count as usize);
            return marked
                .filter(|head| head.device() == device && blocks.contains(&head.block()))
                .for_each(BufferHead::set_clean);
        }
        blocks
            .filter_map(|block| self.find_buffer(&cache, device, block))
            .for_each(BufferHead::set_clean);
    }

    /// Forgets everything about a floppy that was changed for another (0.11:
    /// `check_disk_change`).
    pub fn check_disk_change(&'fs self, device: Device) {
        if device.major() == major::FLOPPY && self.platform.media_changed(device) {
            self.put_super(device);
            self.invalidate_inodes(device);
            self.invalidate_buffers(device);
        }
    }

    /// How many buffers there are.
    pub fn buffer_count(&self) -> usize {
        self.buffers.len()
    }

    /// How many buffers are in use, for tests that look for leaks.
    pub fn buffers_in_use(&self) -> usize {
        let _cache = self.tables.buffers.lock();
        let in_use = |head: &&BufferHead| head.count.get() != 0;
        self.buffers.iter().filter(in_use).count()
    }
}
