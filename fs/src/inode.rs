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

use crate::buffer::Scope;
use crate::layout::{DiskInode, InodeNumber};
use crate::list::{Index, Links, Slot};
use crate::pipe::Pipe;
use crate::platform::Platform;
use crate::{Fs, NR_INODE, RESERVED_INODES, printk};
use abi::sys::types::{Device, Time};
use abi::{Errno, Result};
use core::sync::atomic::AtomicI32;
use sync::{Lock, LockGuard, SleepLock, TaskCell};

/// Hash chains of the inode table.
pub(crate) const NR_HASH: usize = 1024;
/// An index behind the last super block.
const NO_SUPER: u32 = u32::MAX;

/// An inode in memory (0.11: `struct m_inode`).
pub(crate) struct InodeSlot {
    // Guarded by the inode table's lock.
    links: Links,
    /// What [`identity`] says; 0 for a pipe or an inode that was freed.
    identity: TaskCell<u32>,
    /// How many handles there are.
    count: TaskCell<u32>,
    /// Not 0 if it was used since the clock's hand came by: see
    /// [`Fs::get_empty_inode`].
    was_used: TaskCell<u32>,
    /// The entries of this directory in front of that position are in use.
    pub(crate) full_to: TaskCell<u32>,
    /// The age of the set of names that knows those of this directory; 0 if none does.
    pub(crate) names_age: TaskCell<u32>,
    /// The super block whose root covers this directory, plus 1; 0 for none.
    mounted: TaskCell<u32>,

    /// How many open files write to it; below 0, how many tasks run it, negated.
    writers: AtomicI32,
    /// The number of what this program contains. It gets a new one when it is run for the
    /// first time since it may have been written.
    text: TaskCell<u32>,
    /// Its index in the table.
    pub(crate) index: TaskCell<u32>,
    /// The index of its device in the table of super blocks.
    super_index: TaskCell<u32>,
    /// The zones that files of its device may have: from `first_zone` to before
    /// `end_zone`.
    first_zone: TaskCell<u32>,
    end_zone: TaskCell<u32>,
    /// The operation lock.
    lock: SleepLock,
    /// The fields were filled in.
    valid: TaskCell<bool>,
    /// The fields are newer than the inode table's. Set and cleared while
    /// `state` is locked.
    dirty: TaskCell<bool>,
    /// The name cache may have names of this directory.
    has_known_names: TaskCell<bool>,
    pub(crate) state: Lock<InodeState>,
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

impl InodeSlot {
    pub(crate) const fn new() -> InodeSlot {
        InodeSlot {
            links: Links::new(),
            identity: TaskCell::new(0),
            count: TaskCell::new(0),
            was_used: TaskCell::new(0),
            full_to: TaskCell::new(0),
            names_age: TaskCell::new(0),
            mounted: TaskCell::new(0),
            writers: AtomicI32::new(0),
            text: TaskCell::new(0),
            index: TaskCell::new(0),
            super_index: TaskCell::new(0),
            first_zone: TaskCell::new(0),
            end_zone: TaskCell::new(0),
            lock: SleepLock::new(),
            valid: TaskCell::new(false),
            dirty: TaskCell::new(false),
            has_known_names: TaskCell::new(false),
            state: Lock::new(InodeState::new(DiskInode::NONE, 0)),
            pipe: Pipe::new(),
        }
    }

    #[inline(always)]
    pub(crate) fn identity(&self) -> u32 {
        self.identity.get()
    }

    #[inline(always)]
    pub(crate) fn device(&self) -> Device {
        Device((self.identity.get() >> 16) as u16)
    }

    pub(crate) fn count(&self) -> u32 {
        self.count.get()
    }

    #[inline(always)]
    pub(crate) fn number(&self) -> InodeNumber {
        InodeNumber(self.identity.get() as u16)
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

    /// A copy of its fields on the disk.
    #[inline(always)]
    pub(crate) fn disk(&self) -> DiskInode {
        self.state.get().disk
    }

    /// Whether the root of another device covers it.
    #[inline(always)]
    pub(crate) fn is_covered(&self) -> bool {
        self.mounted.get() != 0
    }

    /// Whether it is an inode of a device to which no directory entry refers.
    fn is_nameless(&self) -> bool {
        self.disk().nlinks == 0 && self.valid.get() && !self.device().is_none()
    }

    /// Notes that the name cache has a name of this directory.
    pub(crate) fn note_known_name(&self) {
        self.has_known_names.set(true);
    }
}

impl Slot for InodeSlot {
    fn number(&self) -> u32 {
        self.index.get()
    }

    fn links(&self) -> &Links {
        &self.links
    }

    fn hash(&self) -> u32 {
        self.identity()
    }
}

/// Device and number in one word.
#[inline(always)]
pub(crate) fn identity(device: Device, number: InodeNumber) -> u32 {
    u32::from(device.0) << 16 | u32::from(number.0)
}

/// Where to find the inodes.
pub(crate) type Table = Index<NR_HASH>;
/// The lock of the inode table.
pub(crate) type TableGuard<'a> = LockGuard<'a, Table>;

impl<'fs> Fs<'fs> {
    /// Numbers the slots.
    pub(crate) fn inode_init(&self) {
        self.tables.inodes.lock().clear();
        for (index, slot) in (0..).zip(&self.tables.inode_slots) {
            slot.index.set(index);
        }
    }

    #[inline(always)]
    pub(crate) fn slot(&self, index: u32) -> Option<&'fs InodeSlot> {
        self.tables.inode_slots.get(index as usize)
    }

    /// Makes a handle again of what [`Inode::into_raw`] kept.
    pub(crate) fn inode_from_raw(&'fs self, index: u32) -> Option<Inode<'fs>> {
        self.slot(index).map(|slot| Inode { fs: self, slot })
    }

    /// One more handle on what [`Inode::into_raw`] keeps.
    pub(crate) fn share_inode(&'fs self, table: &Table, index: u32) -> Option<Inode<'fs>> {
        self.slot(index).map(|slot| self.count_slot(table, slot))
    }

    /// The inode with a number on a mounted device. `EIO` if there can't be such an
    /// inode or it can't be read, `ENFILE` if all of memory's inodes that the caller
    /// may take are in use. It does not follow mounts: see [`Fs::cross_mount`].
    pub fn iget(&'fs self, device: Device, number: InodeNumber) -> Result<Inode<'fs>> {
        let known = self.tables.inodes.with(|table| {
            let slot = self.find_slot(table, identity(device, number))?;
            Some(self.count_slot(table, slot))
        });
        let inode = known.map_or_else(|| self.get_slot(device, number), Ok)?;
        if !inode.slot.valid.get() {
            inode.read()?;
        }
        if inode.nlinks() == 0 {
            let what = format_args!("a directory entry for inode {number}, which has no links");
            return Err(self.fs_error(device, what));
        }
        Ok(inode)
    }

    /// The slot of an inode, counted; its fields may not be filled in yet.
    fn get_slot(&'fs self, device: Device, number: InodeNumber) -> Result<Inode<'fs>> {
        loop {
            let table = self.tables.inodes.lock();
            if let Some(slot) = self.find_slot(&table, identity(device, number)) {
                return Ok(self.count_slot(&table, slot));
            }
            let (super_index, block) = self.get_super(device).ok_or(Errno::EIO)?;
            let geometry = block.geometry();
            if !geometry.has_inode(number) {
                drop(table);
                let what = format_args!("a directory entry for inode {number}");
                return Err(self.fs_error(device, what));
            }
            let Some((mut table, slot)) = self.get_empty_inode(table)? else {
                continue;
            };
            slot.super_index.set(super_index);
            slot.first_zone.set(u32::from(geometry.firstdatazone));
            slot.end_zone.set(u32::from(geometry.nzones));
            slot.identity.set(identity(device, number));
            table.insert(slot);
            return Ok(Inode { fs: self, slot });
        }
    }

    /// The slot of an inode, if it has one; its fields may not be filled in yet.
    #[inline(always)]
    pub(crate) fn find_slot(&self, table: &Table, identity: u32) -> Option<&'fs InodeSlot> {
        let is_it = |slot: &InodeSlot| slot.identity() == identity;
        self.slot(table.find(&self.tables.inode_slots, identity, is_it)?)
    }

    /// One more handle on an inode in memory.
    #[inline(always)]
    pub(crate) fn count_slot(&'fs self, _table: &Table, slot: &'fs InodeSlot) -> Inode<'fs> {
        if slot.count.replace(slot.count.get() + 1) == 0 {
            self.tables.used_inodes.add(1);
        }
        Inode { fs: self, slot }
    }

    /// Takes a slot that nobody uses. It has no identity and is counted once. `None`
    /// after a changed inode was written to make room, for which the table was
    /// unlocked; `ENFILE` if all slots that the caller may take are in use.
    ///
    /// This is the clock algorithm: a hand goes round the table, and takes a slot that
    /// was not used since it came by last. (0.11 takes any that is not in use.)
    #[inline(always)]
    fn get_empty_inode<'a>(
        &'fs self,
        mut table: TableGuard<'a>,
    ) -> Result<Option<(TableGuard<'a>, &'fs InodeSlot)>> {
        let left = NR_INODE as u32 - self.tables.used_inodes.get();
        if left <= RESERVED_INODES && !self.platform.may_use_reserve() {
            return Err(Errno::ENFILE);
        }
        let hand = &self.tables.inode_hand;
        let mut slots = hand.slots(&self.tables.inode_slots).take(2 * NR_INODE);
        let found = slots.find(|(_, slot)| slot.count.get() == 0 && slot.was_used.replace(0) == 0);
        let (number, slot) = found.ok_or(Errno::ENFILE)?;
        hand.set(number + u32::from(!slot.dirty.get()));
        let inode = self.count_slot(&table, slot);
        if slot.dirty.get() {
            drop(table);
            // `write` reports an error, and then the slot is clean, too.
            let _ = inode.write();
            drop(inode);
            slot.was_used.set(0);
            return Ok(None);
        }
        core::mem::forget(inode);
        self.forget_identity(&mut table, slot);
        Ok(Some((table, slot)))
    }

    /// Whether an inode has a slot.
    pub(crate) fn is_in_memory(&self, device: Device, number: InodeNumber) -> bool {
        let identity = identity(device, number);
        (self.tables.inodes).with(|table| self.find_slot(table, identity).is_some())
    }

    /// An inode without device, for a pipe (0.11: `get_pipe_inode`).
    pub(crate) fn get_pipe_inode(&'fs self) -> Result<Inode<'fs>> {
        loop {
            if let Some((_table, slot)) = self.get_empty_inode(self.tables.inodes.lock())? {
                *slot.state() = InodeState::new(DiskInode::NONE, 0);
                slot.valid.set(true);
                return Ok(Inode { fs: self, slot });
            }
        }
    }

    /// The inode in memory of a number that was free on the disk, with the fields of
    /// `disk` and the time of now.
    pub(crate) fn make_inode(
        &'fs self,
        device: Device,
        super_index: u32,
        number: InodeNumber,
        disk: DiskInode,
    ) -> Result<Inode<'fs>> {
        let inode = self.get_slot(device, number)?;
        let now = self.current_time();
        debug_assert_eq!(inode.super_index(), super_index);
        // If an inode is free on the disk but in use in memory, the file system is
        // broken: a directory has a name for it.
        if inode.slot.count() != 1 {
            let what = format_args!("inode {number} is free and in use");
            return Err(self.fs_error(device, what));
        }
        let disk = DiskInode { time: now, ..disk };
        inode.update(|state| *state = InodeState::new(disk, now));
        inode.slot.valid.set(true);
        Ok(inode)
    }

    /// Gives up a handle (0.11: `iput`). The last one of an inode without
    /// names frees it. May sleep.
    #[inline(never)]
    fn iput(inode: &Inode<'fs>) {
        let Inode { fs, slot } = *inode;
        if !fs.tables.inodes.with(|_| fs.uncount_slot(slot)) {
            // No directory entry refers to it any more. A task that has found one
            // before may still count it and give it back.
            fs.free(inode);
        }
    }

    /// One handle less on an inode in memory. Returns false, and changes nothing, if it is
    /// the last one of an inode without names.
    #[inline(always)]
    fn uncount_slot(&self, slot: &InodeSlot) -> bool {
        let count = slot.count.get();
        debug_assert!(count != 0, "inode given back twice");
        if count > 1 {
            slot.count.set(count - 1);
        } else if slot.is_nameless() {
            return false;
        } else {
            slot.count.set(0);
            self.tables.used_inodes.add(u32::MAX);
            // One that was freed is not kept.
            slot.was_used.set(slot.identity());
        }
        true
    }

    /// Frees the zones and the number of an inode without names, and gives up this
    /// handle, which is the only one. The inode on the disk stays as it is until the disk
    /// has no name for it either.
    #[inline(never)]
    fn free(&'fs self, inode: &Inode<'fs>) {
        let slot = inode.slot;
        if !inode.is_read_only() {
            // An entry of a broken disk must not find it as it was; and fsck has to free what
            // could not be freed here.
            let _ = inode.write();
            self.free_inode(inode.super_index(), slot.number());
            let _ = inode.lock().free_zones();
        } else if let Some(block) = self.super_block(inode.super_index()) {
            block.leave_to_fsck();
        }
        if slot.has_known_names.get() {
            (self.tables.names.lock()).forget_where(|directory| directory == slot.identity());
        }
        self.forget_identity(&mut self.tables.inodes.lock(), slot);
        // The next inode gets this slot.
        self.tables.inode_hand.set(slot.index.get());
        Fs::iput(inode);
    }

    /// Copies all changed inodes of the devices in `scope` to their blocks
    /// (0.11: `sync_inodes`).
    pub(crate) fn sync_inodes(&'fs self, scope: Scope) -> Result<()> {
        let mut result = Ok(());
        // Few are changed, so the others are skipped some at a time.
        let is_dirty = |any, slot: &InodeSlot| any | slot.dirty.get();
        let (groups, _) = self.tables.inode_slots.as_chunks();
        let has_dirty = |slots: &&[InodeSlot; 8]| slots.iter().fold(false, is_dirty);
        for slot in groups.iter().filter(has_dirty).flatten() {
            self.platform.give_way();
            let table = self.tables.inodes.lock();
            let is_wanted = scope.has(slot.device());
            // The slot may have another inode by now.
            if slot.device().is_none() || !slot.dirty.get() || !is_wanted {
                continue;
            }
            let inode = self.count_slot(&table, slot);
            drop(table);
            result = inode.write().and(result);
        }
        result
    }

    /// Forgets the unused inodes of a device, and the changes of the others (0.11:
    /// `invalidate_inodes`).
    pub(crate) fn invalidate_inodes(&self, device: Device) {
        for slot in &self.tables.inode_slots {
            let _table = self.tables.inodes.lock();
            if slot.device() == device && slot.count.get() != 0 {
                let number = slot.number();
                printk!(self, "inode {number} of changed {device} is in use\n");
                slot.dirty.set(false);
            }
        }
        self.forget_unused_inodes(device);
    }

    /// Forgets the unused inodes of a device.
    pub(crate) fn forget_unused_inodes(&self, device: Device) {
        self.tables.names.lock().forget_device(device);
        for slot in &self.tables.inode_slots {
            let mut table = self.tables.inodes.lock();
            if slot.device() == device && slot.count.get() == 0 {
                self.forget_identity(&mut table, slot);
            }
        }
    }

    /// One more handle on the inode in `slot`, if it belongs to the device and is
    /// in use.
    pub(crate) fn used_inode(
        &'fs self,
        slot: &'fs InodeSlot,
        device: Device,
    ) -> Option<Inode<'fs>> {
        let table = self.tables.inodes.lock();
        let is_it = slot.device() == device && slot.count.get() != 0 && slot.valid.get();
        is_it.then(|| self.count_slot(&table, slot))
    }

    /// Whether an inode of the device is in use that has no name any more. It stays
    /// on the disk until it is closed.
    pub(crate) fn has_nameless_inode(&self, device: Device) -> bool {
        let _table = self.tables.inodes.lock();
        let mut slots = self.tables.inode_slots.iter();
        slots.any(|slot| slot.count.get() != 0 && slot.device() == device && slot.is_nameless())
    }

    /// How many inodes are in use, for tests that look for leaks.
    pub fn inodes_in_use(&self) -> usize {
        self.tables.used_inodes.get() as usize
    }

    /// Takes a slot out of its chain, and makes it no inode of a device.
    fn forget_identity(&self, table: &mut Table, slot: &InodeSlot) {
        table.remove(&self.tables.inode_slots, slot);
        // The others are filled in before it is valid.
        slot.state.with(|state| state.disk.nlinks = 0);
        slot.dirty.set(false);
        slot.valid.set(false);
        slot.was_used.set(0);
        slot.has_known_names.set(false);
        slot.identity.set(0);
        slot.full_to.set(0);
        slot.text.set(0);
        slot.names_age.set(0);
        slot.mounted.set(0);
        slot.super_index.set(NO_SUPER);
    }
}
