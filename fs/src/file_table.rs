// SPDX-License-Identifier: GPL-2.0-or-later
//! Open files (0.11: `fs/file_table.c`, `struct file`).
//!
//! A [`File`] is an owned handle on an entry of the table, which has the
//! inode, the position and the flags. `dup` and `fork` clone handles, so they
//! share the entry. Dropping the last handle closes the file.

use crate::inode::Inode;
use crate::platform::OpenDevice;
use crate::{Fs, NR_FILE, RESERVED_FILES};
use abi::fcntl::{O_ACCMODE, O_RDONLY, O_WRONLY};
use abi::sys::stat::S_ISREG;
use abi::sys::types::Device;
use abi::{Errno, Result};
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use sync::{Lock, SleepGuard, SleepLock, TaskCell};

/// All open files (0.11: `file_table`).
pub(crate) struct FileTable {
    slots: [FileSlot; NR_FILE],
    free: Lock<FreeList>,
}

/// The entries that are not in use.
struct FreeList {
    /// The index of the first; [`NR_FILE`] if there is none.
    first: u32,
    /// How many there are.
    count: u32,
}

impl FreeList {
    /// Whether no entry is free for the caller.
    fn is_empty(&self, may_use_reserve: impl FnOnce() -> bool) -> bool {
        self.count == 0 || (self.count <= RESERVED_FILES && !may_use_reserve())
    }
}

/// An open file (0.11: `struct file`).
pub(crate) struct FileSlot {
    /// How many handles there are. Guarded by the table's lock.
    count: TaskCell<u32>,
    /// Its index in the table.
    index: TaskCell<u32>,
    /// In a free entry, the index of the next free one.
    next_free: TaskCell<u32>,
    /// The index of its inode, which is counted. This field and the three below are
    /// set once for each opening.
    inode: TaskCell<u32>,
    file_type: TaskCell<u32>,
    /// The number that the driver of a character device has given.
    device: TaskCell<u32>,
    generation: TaskCell<u32>,
    /// Open flags (`abi::fcntl`).
    flags: TaskCell<u32>,
    /// The byte to be read or written next. Guarded by `position_lock`.
    position: TaskCell<u32>,
    position_lock: SleepLock,
}

impl FileSlot {
    const fn new() -> FileSlot {
        FileSlot {
            count: TaskCell::new(0),
            index: TaskCell::new(0),
            next_free: TaskCell::new(0),
            inode: TaskCell::new(0),
            file_type: TaskCell::new(0),
            device: TaskCell::new(0),
            generation: TaskCell::new(0),
            flags: TaskCell::new(0),
            position: TaskCell::new(0),
            position_lock: SleepLock::new(),
        }
    }
}

impl FileTable {
    pub(crate) const fn new() -> FileTable {
        FileTable {
            slots: [const { FileSlot::new() }; NR_FILE],
            free: Lock::new(FreeList { first: 0, count: 0 }),
        }
    }

    /// Numbers the entries and puts them all into the list of free ones.
    pub(crate) fn init(&self) {
        let mut free = self.free.lock();
        for (index, slot) in (0..).zip(&self.slots) {
            slot.index.set(index);
            slot.next_free.set(index + 1);
        }
        *free = FreeList {
            first: 0,
            count: NR_FILE as u32,
        };
    }

    /// Whether a regular file is open for writing whose inode has an index that
    /// `is_wanted`.
    pub(crate) fn any_writable(&self, is_wanted: impl Fn(u32) -> bool) -> bool {
        let _free = self.free.lock();
        self.slots.iter().any(|slot| {
            slot.count.get() != 0
                && S_ISREG(slot.file_type.get() as u16)
                && slot.flags.get() & O_ACCMODE != O_RDONLY
                && is_wanted(slot.inode.get())
        })
    }

    /// Takes a free entry, counted once. The last ones are only for callers for
    /// which `may_use_reserve` is true.
    fn get_empty(&self, may_use_reserve: impl FnOnce() -> bool) -> Result<&FileSlot> {
        self.free.with(|free| {
            if free.is_empty(may_use_reserve) {
                return Err(Errno::ENFILE);
            }
            let slot = self.slots.get(free.first as usize).ok_or(Errno::ENFILE)?;
            free.first = slot.next_free.get();
            free.count -= 1;
            slot.count.set(1);
            Ok(slot)
        })
    }

    /// Gives up a handle on an entry. Returns false, and changes nothing, if it is the last
    /// one.
    fn uncount(&self, slot: &FileSlot) -> bool {
        self.free.with(|_| {
            let count = slot.count.get();
            debug_assert!(count != 0, "file closed twice");
            let is_shared = count > 1;
            if is_shared {
                slot.count.set(count - 1);
            }
            is_shared
        })
    }

    /// Puts an entry back that only the caller has.
    fn put_empty(&self, slot: &FileSlot) {
        self.free.with(|free| {
            slot.count.set(0);
            slot.next_free.set(free.first);
            free.first = slot.index.get();
            free.count += 1;
        });
    }
}

/// A handle on an open file. Dropping the last one closes it, which may sleep.
pub struct File<'fs> {
    pub(crate) fs: &'fs Fs<'fs>,
    slot: &'fs FileSlot,
}

/// A handle that is not counted, since something else keeps what it is on: an open file
/// has its inode, and a task its open files, which nobody else closes.
pub struct Borrowed<'a, T> {
    handle: ManuallyDrop<T>,
    _owner: PhantomData<&'a T>,
}

impl<T> Borrowed<'_, T> {
    #[inline(always)]
    pub(crate) fn new(handle: T) -> Self {
        Borrowed {
            handle: ManuallyDrop::new(handle),
            _owner: PhantomData,
        }
    }
}

impl<T> Deref for Borrowed<'_, T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        &self.handle
    }
}

impl<'fs> Inode<'fs> {
    /// The same handle once more; only one of the two may be dropped.
    #[inline(always)]
    pub(crate) fn same(&self) -> Inode<'fs> {
        let Inode { fs, slot } = *self;
        Inode { fs, slot }
    }
}

impl Clone for File<'_> {
    #[inline]
    fn clone(&self) -> Self {
        let files = &self.fs.tables.files;
        files.free.with(|_| self.slot.count.add(1));
        File {
            fs: self.fs,
            slot: self.slot,
        }
    }
}

impl Drop for File<'_> {
    #[inline]
    fn drop(&mut self) {
        let files = &self.fs.tables.files;
        if files.uncount(self.slot) {
            return;
        }
        // Nobody else has the entry; it is free when the inode is closed.
        let inode = self.inode().same();
        let opened = || self.open_device();
        (self.fs).close_inode(&inode, self.file_type(), self.flags(), opened);
        files.put_empty(self.slot);
    }
}

impl<'fs> File<'fs> {
    /// Its inode.
    #[inline]
    pub fn inode(&self) -> Borrowed<'_, Inode<'fs>> {
        self.inode_in(self.fs)
    }

    /// As [`File::inode`], for a caller who has the file system.
    #[inline]
    pub(crate) fn inode_in(&self, fs: &'fs Fs<'fs>) -> Borrowed<'_, Inode<'fs>> {
        // The index was valid when the file was opened, and the table does not
        // shrink.
        let index = (self.slot.inode.get() as usize).min(crate::NR_INODE - 1);
        let slot = &fs.tables.inode_slots[index];
        Borrowed::new(Inode { fs, slot })
    }

    /// The same file for a task that has this handle for as long as `'a`.
    #[inline(always)]
    pub(crate) fn borrowed<'a>(&self) -> Borrowed<'a, File<'fs>> {
        Borrowed::new(File {
            fs: self.fs,
            slot: self.slot,
        })
    }

    /// The type of file that it was opened as.
    #[inline]
    pub fn file_type(&self) -> u16 {
        self.slot.file_type.get() as u16
    }

    /// The number that a character device's driver has given when it was opened.
    #[inline]
    pub fn open_device(&self) -> OpenDevice {
        OpenDevice {
            device: Device(self.slot.device.get() as u16),
            generation: self.slot.generation.get(),
        }
    }

    /// Open flags (`abi::fcntl`).
    #[inline]
    pub fn flags(&self) -> u32 {
        self.slot.flags.get()
    }

    /// Changes the flags of `mask`.
    pub(crate) fn set_flags(&self, mask: u32, flags: u32) {
        self.slot.flags.set(self.flags() & !mask | flags & mask);
    }

    /// Whether it was opened for reading.
    #[inline]
    pub fn is_readable(&self) -> bool {
        self.flags() & O_ACCMODE != O_WRONLY
    }

    /// Whether it was opened for writing.
    #[inline]
    pub fn is_writable(&self) -> bool {
        self.flags() & O_ACCMODE != O_RDONLY
    }

    /// Keeps other tasks that share the file from moving its position. If there is one
    /// handle, nobody else has the file, and nobody can get it from the caller.
    pub(crate) fn lock_position(&self) -> Option<SleepGuard<'fs>> {
        let is_shared = self.slot.count.get() > 1;
        is_shared.then(|| self.slot.position_lock.hold(self.fs.platform))
    }

    pub(crate) fn position(&self) -> u32 {
        self.slot.position.get()
    }

    pub(crate) fn set_position(&self, position: u32) {
        self.slot.position.set(position);
    }
}

impl<'fs> Fs<'fs> {
    /// Opens an inode: takes an entry of the table, with the inode, the type of
    /// file that it serves as, and position 0. `ENFILE` if no entry is free for the
    /// caller; then the inode is closed.
    #[inline(always)]
    pub(crate) fn new_file(
        &'fs self,
        inode: Inode<'fs>,
        file_type: u16,
        flags: u32,
        opened: OpenDevice,
    ) -> Result<File<'fs>> {
        let slot = (self.tables.files)
            .get_empty(|| self.may_use_reserve())
            .inspect_err(|_| self.close_inode(&inode, file_type, flags, || opened))?;
        slot.file_type.set(u32::from(file_type));
        slot.device.set(u32::from(opened.device.0));
        slot.generation.set(opened.generation);
        slot.inode.set(inode.into_raw());
        slot.flags.set(flags);
        slot.position.set(0);
        Ok(File { fs: self, slot })
    }

    /// Whether the caller may take the last entries.
    #[cold]
    fn may_use_reserve(&self) -> bool {
        self.platform.may_use_reserve()
    }

    /// Checks that a file can be opened now; `ENFILE` if not.
    pub(crate) fn check_free_file(&self) -> Result<()> {
        let is_full = (self.tables.files.free.lock()).is_empty(|| self.may_use_reserve());
        if is_full { Err(Errno::ENFILE) } else { Ok(()) }
    }

    /// How many files are open, for tests that look for leaks.
    pub fn files_in_use(&self) -> usize {
        let _free = self.tables.files.free.lock();
        self.tables
            .files
            .slots
            .iter()
            .filter(|slot| slot.count.get() != 0)
            .count()
    }
}
