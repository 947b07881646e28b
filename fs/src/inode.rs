// SPDX-License-Identifier: GPL-2.0-or-later
//! Inodes in memory (0.11: `fs/inode.c`).
//!
//! * [`Fs::iget`] gives an [`Inode`]: an owned handle on the one copy in memory. A
//!   clone counts as another handle; dropping one is `iput`. The copy stays in
//!   memory for the next task that wants it.
//! * Single fields are read and changed at any time. Lock the inode
//!   ([`Inode::lock`]) for several steps that nobody may disturb. Functions that
//!   need this take a [`LockedInode`].
//! * A changed inode is copied to its block of the inode table by `sync`, or when
//!   another inode needs its slot.
//! * When the last handle of an inode without names is dropped, its zones and the
//!   inode itself are freed.
//!
//! Don't hold an inode's lock over [`UserBuffer::prepare`], which may have to load
//! pages of this same file.
//!
//! [`UserBuffer::prepare`]: crate::platform::UserBuffer::prepare

mod bmap;
mod handle;
mod text_busy;

pub(crate) use bmap::KeptZones;
pub use handle::{Inode, LockedInode};
pub use text_busy::Executable;

use crate::buffer::{Rank, Scope};
use crate::layout::{DiskInode, InodeNumber, Zone};
use crate::list::{Index, Links, Slot};
use crate::pipe::Pipe;
use crate::platform::Platform;
use crate::{Fs, NR_INODE, RESERVED_INODES, printk};
use abi::sys::stat::S_ISDIR;
use abi::sys::types::{Device, Time};
use abi::{Errno, Result};
use core::sync::atomic::{
    AtomicBool, AtomicI32,
    Ordering::{Acquire, Release},
};
use sync::{AtomicWord, Lock, LockGuard, SleepLock};

/// Hash chains of the inode table.
pub(crate) const NR_HASH: usize = 256;
/// How many unused inodes are looked at for one that need not be written.
const SEARCH: usize = 32;
/// An index behind the last super block.
const NO_SUPER: u32 = u32::MAX;

/// An inode in memory (0.11: `struct m_inode`).
pub(crate) struct InodeSlot {
    // Guarded by the inode table's lock.
    links: Links,
    /// The device; 0 for a pipe or an inode that was freed.
    device: AtomicWord,
    number: AtomicWord,
    /// How many handles there are.
    count: AtomicWord,
    /// The super block whose root covers this directory, plus 1; 0 for none.
    mounted: AtomicWord,

    /// How many open files write to it; below 0, how many tasks run it, negated.
    writers: AtomicI32,
    /// Its index in the table.
    index: AtomicWord,
    /// The index of its device in the table of super blocks.
    super_index: AtomicWord,
    /// The zones that files of its device may have: from `first_zone` to before
    /// `end_zone`.
    first_zone: AtomicWord,
    end_zone: AtomicWord,
    /// The operation lock.
    lock: SleepLock,
    /// The fields were filled in.
    valid: AtomicBool,
    /// The fields are newer than the inode table's. Set and cleared while
    /// `state` is locked.
    dirty: AtomicBool,
    state: Lock<InodeState>,
    pub(crate) pipe: Pipe,
}

/// The fields of an inode.
#[derive(Clone, Copy)]
pub(crate) struct InodeState {
    pub(crate) disk: DiskInode,
    pub(crate) atime: Time,
    pub(crate) ctime: Time,
    pub(crate) kept: KeptZones,
}

impl InodeState {
    /// Those of an inode that was used at `time`.
    const fn new(disk: DiskInode, time: Time) -> InodeState {
        InodeState {
            disk,
            atime: time,
            ctime: time,
            kept: KeptZones::NONE,
        }
    }
}

/// What a new inode begins with.
pub(crate) struct NewInode {
    pub(crate) mode: u16,
    pub(crate) uid: u16,
    pub(crate) gid: u8,
    /// The device that it stands for, if it is a device node.
    pub(crate) rdev: Device,
}

impl InodeSlot {
    pub(crate) const fn new() -> InodeSlot {
        InodeSlot {
            links: Links::new(),
            device: AtomicWord::new(0),
            number: AtomicWord::new(0),
            count: AtomicWord::new(0),
            mounted: AtomicWord::new(0),
            writers: AtomicI32::new(0),
            index: AtomicWord::new(0),
            super_index: AtomicWord::new(0),
            first_zone: AtomicWord::new(0),
            end_zone: AtomicWord::new(0),
            lock: SleepLock::new(),
            valid: AtomicBool::new(false),
            dirty: AtomicBool::new(false),
            state: Lock::new(InodeState::new(DiskInode::NONE, 0)),
            pipe: Pipe::new(),
        }
    }

    pub(crate) fn device(&self) -> Device {
        Device(self.device.get() as u16)
    }

    pub(crate) fn count(&self) -> u32 {
        self.count.get()
    }

    #[inline(always)]
    pub(crate) fn number(&self) -> InodeNumber {
        InodeNumber(self.number.get() as u16)
    }

    /// Waits until nobody has its operation lock.
    pub(crate) fn wait(&self, platform: &dyn Platform<'_>) {
        self.lock.wait(platform);
    }

    /// Its fields. Do not sleep while the guard lives.
    #[inline(always)]
    pub(crate) fn state(&self) -> LockGuard<'_, InodeState> {
        self.state.lock()
    }

    /// Whether the root of another device covers it.
    #[inline(always)]
    pub(crate) fn is_covered(&self) -> bool {
        self.mounted.get() != 0
    }

    fn is_valid(&self) -> bool {
        self.valid.load(Acquire)
    }

    fn is_dirty(&self) -> bool {
        self.dirty.load(Acquire)
    }

    fn is_of(&self, device: Device, number: InodeNumber) -> bool {
        self.number.get() == u32::from(number.0) && self.device.get() == u32::from(device.0)
    }
}

impl Slot for InodeSlot {
    fn links(&self) -> &Links {
        &self.links
    }

    fn hash(&self) -> u32 {
        hash(self.device(), self.number())
    }
}

#[inline(always)]
fn hash(device: Device, number: InodeNumber) -> u32 {
    u32::from(number.0) ^ (u32::from(device.0) << 4)
}

/// The lock of the inode table.
pub(crate) type TableGuard<'a> = LockGuard<'a, Index<NR_HASH>>;

impl<'fs> Fs<'fs> {
    /// Numbers the slots and puts them all into the list of unused ones.
    pub(crate) fn inode_init(&self) {
        let mut table = self.tables.inodes.lock();
        table.clear();
        for (index, slot) in (0..).zip(&self.tables.inode_slots) {
            slot.index.set(index);
            table.put_newest(&self.tables.inode_slots, index);
        }
    }

    fn slot(&self, index: u32) -> Option<&'fs InodeSlot> {
        self.tables.inode_slots.get(index as usize)
    }

    /// Makes a handle again of what [`Inode::into_raw`] kept.
    pub(crate) fn inode_from_raw(&'fs self, index: u32) -> Option<Inode<'fs>> {
        self.slot(index).map(|slot| Inode { fs: self, slot })
    }

    /// One more handle on what [`Inode::into_raw`] keeps.
    #[inline]
    pub(crate) fn share_inode(
        &'fs self,
        _table: &TableGuard<'_>,
        index: u32,
    ) -> Option<Inode<'fs>> {
        let slot = self.slot(index)?;
        slot.count.add(1);
        Some(Inode { fs: self, slot })
    }

    /// The inode with a number on a mounted device. `EIO` if there can't be such an
    /// inode or it can't be read, `ENFILE` if all of memory's inodes that the caller
    /// may take are in use. It does not follow mounts: see [`Fs::cross_mount`].
    pub fn iget(&'fs self, device: Device, number: InodeNumber) -> Result<Inode<'fs>> {
        let inode = self.get_slot(device, number)?;
        if !inode.slot.is_valid() {
            inode.read()?;
        }
        if inode.nlinks() == 0 {
            let what = format_args!("a directory entry for inode {number}, which has no links");
            self.fs_error(device, what);
            return Err(Errno::EIO);
        }
        Ok(inode)
    }

    /// The slot of an inode, counted; its fields may not be filled in yet.
    fn get_slot(&'fs self, device: Device, number: InodeNumber) -> Result<Inode<'fs>> {
        let slots = &self.tables.inode_slots;
        loop {
            let mut table = self.tables.inodes.lock();
            let is_it = |slot: &InodeSlot| slot.is_of(device, number);
            if let Some(index) = table.find(slots, hash(device, number), is_it) {
                let slot = self.slot(index).ok_or(Errno::EIO)?;
                return Ok(self.count_slot(&mut table, slot));
            }
            let (super_index, block) = self.get_super(device).ok_or(Errno::EIO)?;
            let geometry = block.geometry();
            if !geometry.has_inode(number) {
                drop(table);
                self.fs_error(device, format_args!("a directory entry for inode {number}"));
                return Err(Errno::EIO);
            }
            let Some((mut table, slot)) = self.get_empty_inode(table)? else {
                continue;
            };
            slot.super_index.set(super_index);
            slot.first_zone.set(u32::from(geometry.firstdatazone));
            slot.end_zone.set(u32::from(geometry.nzones));
            slot.device.set(u32::from(device.0));
            slot.number.set(u32::from(number.0));
            table.insert(slots, slot.index.get());
            return Ok(Inode { fs: self, slot });
        }
    }

    /// The slot of an inode whose fields are filled in, if it has one.
    #[inline]
    pub(crate) fn find_valid(
        &'fs self,
        table: &TableGuard<'_>,
        device: Device,
        number: InodeNumber,
    ) -> Option<&'fs InodeSlot> {
        let is_it = |slot: &InodeSlot| slot.is_of(device, number);
        let index = table.find(&self.tables.inode_slots, hash(device, number), is_it)?;
        self.slot(index).filter(|slot| slot.is_valid())
    }

    /// A handle on an inode in memory.
    #[inline]
    pub(crate) fn count_slot(
        &'fs self,
        table: &mut TableGuard<'_>,
        slot: &'fs InodeSlot,
    ) -> Inode<'fs> {
        if slot.count.get() == 0 {
            self.take_slot(table, slot);
        }
        slot.count.add(1);
        Inode { fs: self, slot }
    }

    /// Takes an unused slot into use.
    #[inline(always)]
    fn take_slot(&self, table: &mut TableGuard<'_>, slot: &InodeSlot) {
        table.take(&self.tables.inode_slots, slot.index.get());
        self.tables.used_inodes.add(1);
    }

    /// Takes the slot that was unused longest. It has no identity and is counted
    /// once. `None` after a changed inode was written to make room, for which the
    /// table was unlocked; `ENFILE` if all slots that the caller may take are in
    /// use.
    fn get_empty_inode<'a>(
        &'fs self,
        mut table: TableGuard<'a>,
    ) -> Result<Option<(TableGuard<'a>, &'fs InodeSlot)>> {
        let slots = &self.tables.inode_slots;
        let left = NR_INODE as u32 - self.tables.used_inodes.get();
        if left <= RESERVED_INODES && !self.platform.may_use_reserve() {
            return Err(Errno::ENFILE);
        }
        // Takes the oldest, but one that must be written first only if most of them
        // must.
        let is_clean = |(_, slot): &(u32, &InodeSlot)| !slot.is_dirty();
        let clean = table.oldest_first(slots).take(SEARCH).find(is_clean);
        let clean = clean.map(|(index, _)| index);
        let index = clean.or(table.oldest()).ok_or(Errno::ENFILE)?;
        let slot = self.slot(index).ok_or(Errno::ENFILE)?;
        self.take_slot(&mut table, slot);
        slot.count.set(1);
        if slot.is_dirty() {
            drop(table);
            // `write` reports an error, and then the slot is clean, too.
            let _ = Inode { fs: self, slot }.write();
            return Ok(None);
        }
        table.remove(slots, index);
        slot.forget_identity();
        Ok(Some((table, slot)))
    }

    /// Whether an inode has a slot.
    pub(crate) fn is_in_memory(&self, device: Device, number: InodeNumber) -> bool {
        let table = self.tables.inodes.lock();
        let is_it = |slot: &InodeSlot| slot.is_of(device, number);
        table
            .find(&self.tables.inode_slots, hash(device, number), is_it)
            .is_some()
    }

    /// An inode without device, for a pipe (0.11: `get_pipe_inode`).
    pub(crate) fn get_pipe_inode(&'fs self) -> Result<Inode<'fs>> {
        loop {
            if let Some((_table, slot)) = self.get_empty_inode(self.tables.inodes.lock())? {
                slot.valid.store(true, Release);
                return Ok(Inode { fs: self, slot });
            }
        }
    }

    /// The inode in memory of a number that was free on the disk.
    pub(crate) fn make_inode(
        &'fs self,
        device: Device,
        super_index: u32,
        number: InodeNumber,
        new: &NewInode,
    ) -> Result<Inode<'fs>> {
        let inode = self.get_slot(device, number)?;
        let now = self.current_time();
        debug_assert_eq!(inode.super_index(), super_index);
        // If an inode is free on the disk but in use in memory, the file system is
        // broken: a directory has a name for it.
        if inode.count() != 1 {
            self.fs_error(device, format_args!("inode {number} is free and in use"));
            return Err(Errno::EIO);
        }
        let mut disk = DiskInode {
            mode: new.mode,
            uid: new.uid,
            gid: new.gid,
            nlinks: 1,
            time: now,
            ..DiskInode::default()
        };
        disk.zones[0] = Zone(new.rdev.0);
        inode.update(|state| *state = InodeState::new(disk, now));
        inode.slot.valid.store(true, Release);
        Ok(inode)
    }

    /// Gives up a handle (0.11: `iput`). The last one of an inode without
    /// names frees it. May sleep.
    fn iput(&'fs self, inode: &Inode<'fs>) {
        let slot = inode.slot;
        let slots = &self.tables.inode_slots;
        let mut table = self.tables.inodes.lock();
        debug_assert!(slot.count.get() != 0, "inode given back twice");
        let is_last = slot.count.get() <= 1;
        let mut is_known = is_last && slot.is_valid() && !slot.device().is_none();
        if is_known && inode.nlinks() == 0 {
            // No directory entry refers to it any more. A task that has found one
            // before may still count it and give it back.
            drop(table);
            self.free(inode);
            table = self.tables.inodes.lock();
            is_known = false;
        }
        let count = slot.count.get().saturating_sub(1);
        slot.count.set(count);
        if count == 0 {
            let used = &self.tables.used_inodes;
            used.set(used.get().saturating_sub(1));
            if is_known {
                table.put_newest(slots, slot.index.get());
            } else {
                table.put_oldest(slots, slot.index.get());
            }
        }
    }

    /// Frees the zones and the number of an inode without names; this is its only
    /// handle. The inode on the disk stays as it is until the disk has no name for
    /// it either.
    fn free(&'fs self, inode: &Inode<'fs>) {
        let slot = inode.slot;
        if !inode.is_read_only() {
            // fsck has to free what could not be freed here.
            let _ = inode.write();
            self.free_inode(inode.super_index(), slot.number());
            let _ = inode.lock().free_zones();
        } else if let Some(block) = self.super_block(inode.super_index()) {
            block.leave_to_fsck();
        }
        if S_ISDIR(inode.mode()) {
            let mut names = self.tables.names.lock();
            names.forget_directory(slot.device(), slot.number());
        }
        let mut table = self.tables.inodes.lock();
        table.remove(&self.tables.inode_slots, slot.index.get());
        slot.forget_identity();
    }

    /// Copies an inode to its block of the inode table (0.11: `write_inode`).
    fn write_inode(&'fs self, slot: &InodeSlot) -> Result<()> {
        if !slot.is_dirty() {
            return Ok(());
        }
        // If it has no file system, it was freed a moment ago.
        let Some(block) = self.super_block(slot.super_index.get()) else {
            return Ok(());
        };
        let (block, offset) = block.geometry().inode_place(slot.number());
        let buffer = self.bread(slot.device(), block).inspect_err(|_| {
            printk!(self, "{}: inode {} is lost\n", slot.device(), slot.number());
            slot.dirty.store(false, Release);
        })?;
        buffer.change(Rank::Inodes, || {
            let state = slot.state.lock();
            // Another task may have freed or written it while the block was read.
            if slot.dirty.swap(false, core::sync::atomic::Ordering::AcqRel) {
                state.disk.store(&mut buffer.data(), offset);
            }
        });
        Ok(())
    }

    /// Copies all changed inodes of the devices in `scope` to their blocks
    /// (0.11: `sync_inodes`).
    pub(crate) fn sync_inodes(&'fs self, scope: Scope) -> Result<()> {
        let mut result = Ok(());
        for slot in &self.tables.inode_slots {
            if !slot.is_dirty() {
                continue;
            }
            self.platform.give_way();
            let mut table = self.tables.inodes.lock();
            let is_wanted = scope.has(slot.device());
            // The slot may have another inode by now.
            if slot.device().is_none() || !slot.is_dirty() || !is_wanted {
                continue;
            }
            if slot.count.get() == 0 {
                self.take_slot(&mut table, slot);
            }
            slot.count.add(1);
            drop(table);
            result = Inode { fs: self, slot }.write().and(result);
        }
        result
    }

    /// Forgets the unused inodes of a device, and the changes of the others (0.11:
    /// `invalidate_inodes`).
    pub(crate) fn invalidate_inodes(&self, device: Device) {
        for slot in &self.tables.inode_slots {
            let _table = self.tables.inodes.lock();
            if slot.device() == device && slot.count.get() != 0 {
                printk!(
                    self,
                    "inode {} of changed {device} is in use\n",
                    slot.number()
                );
                slot.dirty.store(false, Release);
            }
        }
        self.forget_unused_inodes(device);
    }

    /// Forgets the unused inodes of a device.
    pub(crate) fn forget_unused_inodes(&self, device: Device) {
        self.tables.names.lock().forget_device(device);
        let slots = &self.tables.inode_slots;
        for (index, slot) in (0..).zip(slots) {
            let mut table = self.tables.inodes.lock();
            if slot.device() != device || slot.count.get() != 0 {
                continue;
            }
            table.take(slots, index);
            table.remove(slots, index);
            slot.forget_identity();
            table.put_oldest(slots, index);
        }
    }

    /// One more handle on the inode in `slot`, if it belongs to the device and is
    /// in use.
    pub(crate) fn used_inode(
        &'fs self,
        slot: &'fs InodeSlot,
        device: Device,
    ) -> Option<Inode<'fs>> {
        let _table = self.tables.inodes.lock();
        let is_it = slot.device() == device && slot.count.get() != 0 && slot.is_valid();
        is_it.then(|| {
            slot.count.add(1);
            Inode { fs: self, slot }
        })
    }

    /// Whether an inode of the device is in use that has no name any more. It stays
    /// on the disk until it is closed.
    pub(crate) fn has_nameless_inode(&self, device: Device) -> bool {
        let _table = self.tables.inodes.lock();
        let is_nameless = |slot: &InodeSlot| {
            let is_used = slot.count.get() != 0 && slot.device() == device;
            is_used && slot.is_valid() && slot.state().disk.nlinks == 0
        };
        self.tables.inode_slots.iter().any(is_nameless)
    }

    /// How many inodes are in use, for tests that look for leaks.
    pub fn inodes_in_use(&self) -> usize {
        let _table = self.tables.inodes.lock();
        self.tables
            .inode_slots
            .iter()
            .filter(|slot| slot.count.get() != 0)
            .count()
    }
}

impl InodeSlot {
    /// Makes it no inode of a device. The table is locked, and the slot is out of
    /// its chain.
    fn forget_identity(&self) {
        let mut state = self.state.lock();
        *state = InodeState::new(DiskInode::NONE, 0);
        self.dirty.store(false, Release);
        self.valid.store(false, Release);
        self.device.set(0);
        self.number.set(0);
        self.mounted.set(0);
        self.super_index.set(NO_SUPER);
    }
}
