// SPDX-License-Identifier: GPL-2.0-or-later
//! The linear memory of a task, in the classic edition: one page directory for all.
//!
//! A [`Space`] says where a task's segments lie and which page directory maps them.
//! Here task `n` has the 64 MB from `n * 64 MB` on, and all tasks hang below the
//! one page directory, as in 0.11. (`wide/space.rs` keeps the same contract with a
//! directory for each task.)
//!
//! `fork` calls [`Space::create`] before it maps anything, and the parent calls
//! [`Space::remove`] once the task has ended and its pages are freed.

use super::table::{Entry, LinearAddress, PageTable, PhysicalAddress};
use super::{KERNEL_SIZE, KERNEL_TABLES, physical};
use abi::Result;
use abi::limits::NR_TASKS;
use sync::TaskCell;

/// Bytes in a program's segments (0.11: 64 MB).
pub const TASK_SIZE: u32 = KERNEL_SIZE;

/// The one page directory (0.11: `pg_dir`).
static PAGE_DIRECTORY: PageTable = PageTable::new();

/// Which entries of the page directory are in use, a bit for each of a task's. Fork and
/// exit look at no others.
static USED: [TaskCell<u16>; NR_TASKS] = [const { TaskCell::new(0) }; NR_TASKS];

/// The linear memory of one task.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Space {
    base: LinearAddress,
}

impl Space {
    /// Slot 0: the kernel, and task 0.
    pub const KERNEL: Space = Space::of(0);

    /// The space of task `number`.
    #[inline(always)]
    pub const fn of(number: usize) -> Space {
        Space {
            base: LinearAddress(number as u32 * TASK_SIZE),
        }
    }

    /// Where the segments start.
    #[inline(always)]
    pub const fn base(self) -> LinearAddress {
        self.base
    }

    /// Bytes in the segments.
    pub const fn size(self) -> u32 {
        TASK_SIZE
    }

    /// The linear address of an offset in the segments.
    #[inline(always)]
    pub const fn at(self, offset: u32) -> LinearAddress {
        LinearAddress(self.base.0 + offset)
    }

    /// The page directory, as `cr3` takes it.
    pub fn cr3(self) -> PhysicalAddress {
        physical::address(&PAGE_DIRECTORY)
    }

    /// Makes the page directory of an empty space. `ENOMEM` if there is no page for
    /// it.
    pub fn create(self) -> Result<()> {
        Ok(())
    }

    /// Gives back the page directory of an empty space in which no task runs, if it has
    /// one.
    pub fn remove(self) {}

    /// The entries of the page directory that are in use now.
    pub(super) fn tables(self) -> impl Iterator<Item = usize> {
        let first = self.base.directory_index();
        let mut used = USED[first / KERNEL_TABLES].get();
        core::iter::from_fn(move || {
            let next = (used != 0).then(|| first + used.trailing_zeros() as usize);
            used &= used.wrapping_sub(1);
            next
        })
    }

    /// An entry of the page directory.
    #[inline(always)]
    pub(super) fn entry(self, index: usize) -> Entry {
        PAGE_DIRECTORY.get(index)
    }

    /// Sets an entry of the page directory.
    pub(super) fn set_entry(self, index: usize, entry: Entry) {
        PAGE_DIRECTORY.set(index, entry);
        let (used, bit) = (&USED[index / KERNEL_TABLES], 1 << (index % KERNEL_TABLES));
        used.set(match entry.is_present() {
            true => used.get() | bit,
            false => used.get() & !bit,
        });
    }
}
