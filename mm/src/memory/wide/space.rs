// SPDX-License-Identifier: GPL-2.0-or-later
//! The linear memory of a task, in the wide edition: a page directory for each.
//!
//! A [`Space`] says where a task's segments lie and which page directory maps them.
//! Here each task has the 4032 MB from 64 MB on, in a page directory of its own. The
//! processor loads its address into `cr3` from the TSS, at each task switch. The
//! first 64 MB are the kernel's in every directory: all refer to the same page
//! tables, which are static. (`space.rs` keeps the same contract with one directory.)
//!
//! `fork` calls [`Space::create`] before it maps anything, and the parent calls
//! [`Space::remove`] once the task has ended and its pages are freed.

use super::frames::{add_clean_page, get_free_page};
use super::table::{Entry, LinearAddress, PageTable, PhysicalAddress};
use super::{KERNEL_SIZE, KERNEL_TABLES, Table, UsedEntries, physical};
use abi::limits::NR_TASKS;
use abi::{Errno, Result};
use core::sync::atomic::AtomicU16;
use sync::AtomicWord;

/// Bytes in a program's segments: all but the kernel's 64 MB.
pub const TASK_SIZE: u32 = 0u32.wrapping_sub(KERNEL_SIZE);

/// The page directory of task 0, which holds nothing but the kernel's tables.
static PAGE_DIRECTORY: PageTable = PageTable::new();
static PAGE_DIRECTORY_USED: UsedEntries = [const { AtomicU16::new(0) }; 2];

/// The physical address of each other task's page directory, or 0.
static DIRECTORIES: [AtomicWord; NR_TASKS] = [const { AtomicWord::new(0) }; NR_TASKS];

/// The linear memory of one task.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Space {
    number: usize,
}

impl Space {
    /// Slot 0: the kernel, and task 0.
    pub const KERNEL: Space = Space::of(0);

    /// The space of task `number`.
    #[inline(always)]
    pub const fn of(number: usize) -> Space {
        Space { number }
    }

    /// Where the segments start.
    #[inline(always)]
    pub const fn base(self) -> LinearAddress {
        match self.number {
            0 => LinearAddress(0),
            _ => LinearAddress(KERNEL_SIZE),
        }
    }

    /// Bytes in the segments.
    pub const fn size(self) -> u32 {
        match self.number {
            0 => KERNEL_SIZE,
            _ => TASK_SIZE,
        }
    }

    /// The linear address of an offset in the segments.
    #[inline(always)]
    pub const fn at(self, offset: u32) -> LinearAddress {
        LinearAddress(self.base().0 + offset)
    }

    /// The page directory, as `cr3` takes it.
    pub fn cr3(self) -> PhysicalAddress {
        match self.number {
            0 => physical::address(&PAGE_DIRECTORY),
            number => PhysicalAddress(DIRECTORIES[number].get()),
        }
    }

    /// Makes the page directory of an empty space. `ENOMEM` if there is no page for
    /// it.
    pub fn create(self) -> Result<()> {
        let directory = &DIRECTORIES[self.number];
        if directory.get() == 0 {
            let page = get_free_page().ok_or(Errno::ENOMEM)?;
            directory.set(page.into_frame().0);
            for index in 0..KERNEL_TABLES {
                self.directory().set(index, PAGE_DIRECTORY.get(index));
            }
        }
        // Whatever table there was is freed.
        self.directory().set_used_counts([0, 0]);
        Ok(())
    }

    /// Gives back the page directory of an empty space in which no task runs, if it has
    /// one.
    pub fn remove(self) {
        if DIRECTORIES[self.number].get() == 0 {
            return;
        }
        let directory = self.directory();
        for index in 0..KERNEL_TABLES {
            directory.set(index, Entry::NONE);
        }
        directory.set_used_counts([0, 0]);
        add_clean_page(self.cr3());
        DIRECTORIES[self.number].set(0);
    }

    /// The entries of the page directory that may be in use, behind those of the kernel.
    pub(super) fn tables(self) -> impl Iterator<Item = usize> {
        self.directory().used_from(self.base().directory_index())
    }

    /// An entry of the page directory.
    #[inline(always)]
    pub(super) fn entry(self, index: usize) -> Entry {
        self.directory().get(index)
    }

    /// Sets an entry of the page directory.
    pub(super) fn set_entry(self, index: usize, entry: Entry) {
        self.directory().map(index, entry);
    }

    /// The page directory; like a page table, it knows which of its entries may be in
    /// use.
    #[inline(always)]
    fn directory(self) -> Table {
        match self.number {
            0 => Table {
                entries: &PAGE_DIRECTORY,
                used: &PAGE_DIRECTORY_USED,
            },
            number => {
                let frame = DIRECTORIES[number].get();
                debug_assert!(frame != 0, "task {number} has no page directory");
                Table::at(PhysicalAddress(frame))
            }
        }
    }
}
