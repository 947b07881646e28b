// SPDX-License-Identifier: GPL-2.0-or-later
//! When, and in which order, changed buffers are written to the disk.
//!
//! Each changed buffer has a [`Rank`]. A buffer of rank [`Rank::Data`] may be
//! written at any moment, and is written when it is wanted for another block. Only
//! [`Fs::flush`] writes all others, rank by rank: each rank is on the disk before
//! the next begins, and what was freed comes last.
//!
//! Meanwhile nobody changes a buffer of another rank: [`Buffer::change`] makes such
//! changes with the order lock held. So when a rank is written, all that it refers
//! to in lower ranks is on the disk already. A disk with a cache of its own is told
//! to write that cache between two ranks.
//!
//! Each driver has an order lock of its own, and when the devices of all drivers
//! are written, floppies come last: a broken floppy, which takes minutes, makes
//! nobody else wait.
//!
//! All this assumes that a sector is written either whole or not at all.

use super::marks::Marked;
use super::{Buffer, BufferHead, Cache, SEARCH, WriteRest};
use crate::Fs;
use crate::platform::Direction;
use abi::sys::types::{Device, major};
use abi::{Errno, Result};
use core::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use sync::{SleepGuard, SleepLock};

/// How a buffer was changed since it was written. The ranks are in the order of
/// writing, each with a bit of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub(crate) enum Rank {
    /// It was not changed.
    Clean = 0,
    /// It may be written at any time. Such are the contents of files and of devices
    /// that are not mounted; bitmaps, since a bit is set before the disk refers to
    /// its zone or inode, and cleared after that reference has gone; and a new list
    /// of zones or block of a directory, since the disk does not refer to it yet.
    Data = 1,
    /// A list of zones that the disk refers to. It comes after new lists.
    Lists = 1 << 1,
    /// The inode table. It comes after the lists and blocks that inodes refer to.
    Inodes = 1 << 2,
    /// A block of a directory, in which names were made or removed in any order. It
    /// comes after the inodes.
    Names = 1 << 3,
    /// As [`Rank::Names`], but an old file has got a name in it.
    Arrivals = 1 << 4,
    /// As [`Rank::Names`], but a file that has another name has lost one in it. It
    /// comes after all arrivals, so that one of the two names is always on the
    /// disk.
    Removals = 1 << 5,
}

/// A set of ranks: the sum of their numbers.
#[derive(Clone, Copy)]
pub(super) struct Ranks(u8);

impl Ranks {
    const DATA: Ranks = Ranks(Rank::Data as u8);
    const LISTS: Ranks = Ranks(Rank::Lists as u8);
    const INODES: Ranks = Ranks(Rank::Inodes as u8);
    const NAMES: Ranks = Ranks(Rank::Names as u8 | Rank::Arrivals as u8);
    const REMOVALS: Ranks = Ranks(Rank::Removals as u8);
    /// What is written after the data: each set together, and before the next set.
    const ORDERED: [Ranks; 4] = [Ranks::LISTS, Ranks::INODES, Ranks::NAMES, Ranks::REMOVALS];

    /// Whether they have a rank in common.
    #[inline(always)]
    pub(super) fn meet(self, others: Ranks) -> bool {
        self.0 & others.0 != 0
    }
}

/// The devices whose buffers are to be written: those with `number & mask ==
/// wanted`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Scope {
    mask: u16,
    wanted: u16,
}

impl Scope {
    /// One device.
    pub(crate) fn device(device: Device) -> Scope {
        Scope {
            mask: u16::MAX,
            wanted: device.0,
        }
    }

    /// The devices with that major.
    fn driver(major: u8) -> Scope {
        Scope {
            mask: Device::new(u8::MAX, 0).0,
            wanted: Device::new(major, 0).0,
        }
    }

    #[inline(always)]
    pub(crate) fn has(self, device: Device) -> bool {
        device.0 & self.mask == self.wanted
    }

    fn major(self) -> u8 {
        Device(self.wanted).major()
    }
}

/// A lock for the devices of each driver.
pub(crate) struct DriverLocks([SleepLock; NR_DRIVERS]);

impl DriverLocks {
    pub(crate) const fn new() -> DriverLocks {
        DriverLocks([const { SleepLock::new() }; NR_DRIVERS])
    }

    /// The lock for the devices with that major.
    #[inline(always)]
    pub(crate) fn of(&self, major: u8) -> &SleepLock {
        &self.0[usize::from(major) % NR_DRIVERS]
    }
}

/// Majors that have a lock of their own; there are fewer drivers.
const NR_DRIVERS: usize = 8;

impl BufferHead {
    #[inline(always)]
    fn ranks(&self) -> Ranks {
        Ranks(self.rank.load(Acquire))
    }

    #[inline(always)]
    pub(super) fn is_dirty(&self) -> bool {
        self.rank.load(Acquire) != Rank::Clean as u8
    }

    /// Whether it is dirty or on its way from or to the disk.
    #[inline(always)]
    pub(super) fn is_busy(&self) -> bool {
        // Both are looked at together, because most buffers are neither.
        self.is_dirty() | self.io.is_locked()
    }

    /// Whether it may be written now.
    pub(super) fn is_data(&self) -> bool {
        self.rank.load(Acquire) == Rank::Data as u8
    }

    pub(super) fn set_clean(&self) {
        self.rank.store(Rank::Clean as u8, Release);
    }

    /// Whether the buffer must be written before a change of rank `next`. Otherwise
    /// one block would have an arrival that removals elsewhere wait for, and a
    /// removal that waits for arrivals elsewhere.
    fn conflicts(&self, next: Rank) -> bool {
        let rank = self.rank.load(Acquire);
        rank == Rank::Arrivals as u8 && next == Rank::Removals
            || rank == Rank::Removals as u8 && next == Rank::Arrivals
    }
}

impl<'fs> Buffer<'fs> {
    /// Calls `change`, which changes the contents, and gives the buffer the rank
    /// `rank`. `change` must not sleep. Takes the order lock, and may have to write
    /// other buffers first.
    #[inline]
    pub(crate) fn change(&self, rank: Rank, change: impl FnOnce()) {
        let Buffer { fs, head } = *self;
        loop {
            let order = fs.hold_order(head.device().major());
            if !head.conflicts(rank) {
                change();
                return fs.raise_rank(head, rank);
            }
            drop(order);
            // What can't be written is reported by the next sync.
            let _ = fs.flush(Scope::device(head.device()));
        }
    }

    /// As [`Buffer::mark_dirty`], for a block of the inode table. The order lock is
    /// held.
    pub(crate) fn mark_inodes_dirty(&self) {
        self.fs.raise_rank(self.head, Rank::Inodes);
    }
}

impl<'fs> Fs<'fs> {
    /// As [`Buffer::change`], for a block. `change` gets its buffer. `EIO` if it can't be
    /// read.
    #[inline(always)]
    pub(crate) fn change_in_order(
        &'fs self,
        device: Device,
        block: u32,
        rank: Rank,
        change: impl Fn(&BufferHead) + Copy,
    ) -> Result<()> {
        let order = self.hold_order(device.major());
        let cache = self.tables.buffers.lock();
        let head = self.find_buffer(&cache, device, block);
        if let Some(head) = head.filter(|head| head.is_uptodate() && !head.conflicts(rank)) {
            head.uses.add(1);
            change(head);
            self.raise_rank(head, rank);
            return Ok(());
        }
        drop(cache);
        drop(order);
        self.change_slowly(device, block, rank, &{ change })
    }

    /// As [`Fs::change_in_order`], for a block that must be read or written first.
    #[cold]
    fn change_slowly(
        &'fs self,
        device: Device,
        block: u32,
        rank: Rank,
        change: &dyn Fn(&BufferHead),
    ) -> Result<()> {
        let buffer = self.bread(device, block)?;
        buffer.change(rank, || change(buffer.head));
        Ok(())
    }

    /// As [`Buffer::mark_dirty`].
    #[inline(always)]
    pub(crate) fn set_dirty(&self, head: &BufferHead) {
        // A higher rank stays.
        if !head.is_dirty() {
            let (clean, data) = (Rank::Clean as u8, Rank::Data as u8);
            let _ = head.rank.compare_exchange(clean, data, AcqRel, Acquire);
            self.tables.marks.set(head.number);
        }
    }

    /// Raises the rank of a buffer after a change. The order lock is held.
    fn raise_rank(&self, head: &BufferHead, next: Rank) {
        let rank = head.rank.load(Acquire);
        // New blocks keep their rank.
        if rank != Rank::Data as u8 && rank < next as u8 {
            head.rank.store(next as u8, Release);
            self.tables.marks.set(head.number);
        }
    }

    /// Visits the buffers that are changed or being written, group by group, and gives
    /// way between the groups.
    #[inline(always)]
    fn each_group(&self, mut visit: impl FnMut(Marked<'fs>)) {
        for group in self.tables.marks.groups(self.buffers) {
            visit(group);
            self.platform.give_way();
        }
    }

    /// Takes the order lock of a driver.
    #[inline(always)]
    fn hold_order(&self, major: u8) -> SleepGuard<'_> {
        self.tables.order_locks.of(major).hold(self.platform)
    }

    /// Writes everything that was changed on all devices, and waits until it
    /// is on the disks (0.11: `sys_sync`, which did not wait). `EIO` if
    /// something could not be written.
    pub fn sys_sync(&'fs self) -> Result<()> {
        let mut result = Ok(());
        self.each_driver(|driver| result = self.sync(driver).and(result));
        result
    }

    /// As [`Fs::sys_sync`], for one device.
    pub fn sync_dev(&'fs self, device: Device) -> Result<()> {
        self.sync(Scope::device(device))
    }

    fn sync(&'fs self, scope: Scope) -> Result<()> {
        let inodes = self.sync_inodes(scope);
        self.flush(scope).and(inodes)
    }

    /// As [`Fs::flush`], for all devices; the next sync reports what can't be
    /// written.
    pub(super) fn flush_all(&'fs self) {
        self.each_driver(|driver| _ = self.flush(driver));
    }

    /// Calls `write` for the devices of each driver that may have something to
    /// write: first for those that are mounted, after which few buffers are left to
    /// look at, and for floppies last.
    fn each_driver(&'fs self, mut write: impl FnMut(Scope)) {
        let bit = |device: Device| 1u32 << (u32::from(device.major()) % u32::BITS);
        let floppy = bit(Device::new(major::FLOPPY, 0));
        let mut write_those = |mut majors: u32| {
            while majors != 0 {
                write(Scope::driver(majors.trailing_zeros() as u8));
                majors &= majors - 1;
            }
        };
        let supers = self.tables.supers.iter();
        // No device has major 0.
        let mounted = supers.fold(0, |set, block| set | bit(block.device())) & !1;
        write_those(mounted & !floppy);
        let mut changed = 0;
        self.each_group(|group| group.for_each(|head| changed |= bit(head.device())));
        write_those(changed & !mounted & !floppy);
        write_those((mounted | changed) & floppy);
    }

    /// Writes all changed buffers of the devices in `scope`, and waits for them.
    /// After this, what was freed can be used again.
    ///
    /// The caller may have locked inodes, but may not hold the order lock.
    pub(crate) fn flush(&'fs self, scope: Scope) -> Result<()> {
        self.give_back_spares(scope);
        // The largest part is written without the order lock, so that nobody waits
        // for it.
        let mut result = self.write_step(scope, Ranks::DATA);
        let _order = self.hold_order(scope.major());
        let ranks = self.ranks(scope);
        let steps = Ranks::ORDERED.iter().filter(|step| ranks.meet(**step));
        if steps.clone().next().is_some() {
            // Now what was changed since, or is being written: the rest may refer
            // to it.
            result = self.write_step(scope, Ranks::DATA).and(result);
        }
        for step in steps {
            result = self.write_step(scope, *step).and(result);
        }
        for block in &self.tables.supers {
            if scope.has(block.device()) && !block.device().is_none() {
                result = self.release_freed(block).and(result);
                result = self.record_damage(block).and(result);
            }
        }
        result
    }

    /// The ranks that buffers in `scope` have. The order lock is held, so that
    /// nobody else gives a buffer a rank above [`Rank::Data`].
    fn ranks(&self, scope: Scope) -> Ranks {
        let mut ranks = Ranks(0);
        self.each_group(|group| {
            let ours = group.filter(|head| scope.has(head.device()));
            ours.for_each(|head| ranks.0 |= head.ranks().0);
        });
        ranks
    }

    /// Writes the changed blocks of the inode table. The order lock has been held
    /// since lower ranks were written.
    pub(crate) fn write_inode_blocks(&self, device: Device) -> Result<()> {
        self.write_step(Scope::device(device), Ranks::INODES)
    }

    /// Writes a buffer that may be written at any time, and waits for it.
    pub(crate) fn write_now(&self, head: &'fs BufferHead) -> Result<()> {
        while let Some(head) = self.start_transfers(Direction::Write, [head], BufferHead::is_data) {
            head.io.wait(self.platform);
        }
        head.io.wait(self.platform);
        let has_failed = head.write_failed.swap(false, AcqRel);
        (!has_failed).then_some(()).ok_or(Errno::EIO)
    }

    /// Writes the buffers of some ranks and waits for them.
    fn write_step(&self, scope: Scope, ranks: Ranks) -> Result<()> {
        // What was changed keeps its block, so the device is looked at last.
        let is_wanted = |head: &BufferHead| head.ranks().meet(ranks) && scope.has(head.device());
        self.each_group(|group| {
            while let Some(head) = self.start_transfers(Direction::Write, group, is_wanted) {
                head.io.wait(self.platform);
            }
        });
        let mut result = Ok(());
        let needs_mark = |head: &BufferHead| head.is_busy() | head.write_failed.load(Acquire);
        self.each_group(|mut group| {
            while group.word != 0 {
                self.tables.marks.clear(group);
                let mut in_transfer = Marked { word: 0, ..group };
                for head in group.filter(|head| needs_mark(head)) {
                    if scope.has(head.device()) {
                        // Those are looked at again, when their transfers are over.
                        let is_locked = u32::from(head.io.is_locked());
                        in_transfer.word |= is_locked << (head.number % u32::BITS);
                        if head.write_failed.swap(false, AcqRel) {
                            result = Err(Errno::EIO);
                        }
                    }
                    if needs_mark(head) {
                        self.tables.marks.set(head.number);
                    }
                }
                in_transfer.for_each(|head| head.io.wait(self.platform));
                group = in_transfer;
            }
        });
        self.platform.flush_cache(scope.major()).and(result)
    }

    /// Makes one of the oldest unused buffers clean, or waits until one is, for a
    /// task that wants one for `device`. Calls `write_rest` if none of them may be
    /// written at any time.
    pub(super) fn clean_oldest(&'fs self, device: Device, write_rest: WriteRest<'fs>) {
        let is_started = self.write_oldest(device);
        let cache = self.tables.buffers.lock();
        let in_transfer = self.oldest(&cache, device).find(|head| head.io.is_locked());
        drop(cache);
        match in_transfer {
            Some(head) => head.io.wait(self.platform),
            None if !is_started => write_rest(self, device),
            None => {}
        }
    }

    /// Starts to write those of the oldest unused buffers that may be written now.
    /// Returns whether there are any.
    fn write_oldest(&self, device: Device) -> bool {
        let mut heads = [None; SEARCH];
        self.tables.buffers.with(|cache| {
            let mut changed = self.oldest(cache, device).filter(|head| head.is_data());
            heads.fill_with(|| changed.next());
        });
        let changed = heads.into_iter().flatten();
        self.start_transfers(Direction::Write, changed, BufferHead::is_data);
        heads[0].is_some()
    }

    /// The next unused buffers, for a task that wants one for `device`; slow ones are
    /// skipped.
    fn oldest(&self, _cache: &Cache, device: Device) -> impl Iterator<Item = &'fs BufferHead> {
        let heads = self.tables.buffer_hand.slots(self.buffers);
        let heads = heads.take(self.buffers.len()).map(|(_, head)| head);
        let is_unused = move |head: &&BufferHead| head.count.get() == 0 && !is_slow(head, device);
        heads.filter(is_unused).take(SEARCH)
    }
}

/// Whether a buffer is still to be written to a floppy. That is too slow for a task
/// that wants a buffer for another device.
pub(super) fn is_slow(head: &BufferHead, device: Device) -> bool {
    let is_floppy = |device: Device| device.major() == major::FLOPPY;
    is_floppy(head.device()) && !is_floppy(device) && head.is_busy()
}
