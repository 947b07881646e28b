// SPDX-License-Identifier: GPL-2.0-or-later
//! Addresses, page table entries and page tables
//! (Intel SDM vol. 3, 4.3 "32-Bit Paging").
//!
//! ```text
//! linear address   31      22 21      12 11         0
//!                  directory  table      offset
//! entry            31                 12 11         0
//!                  frame                 flags
//! ```

use super::PAGE_SIZE;
use bitflags::bitflags;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Entries in a page directory or a page table.
pub(super) const ENTRIES: usize = 1024;

/// An address after paging, as it goes to the memory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(transparent)]
pub struct PhysicalAddress(pub u32);

impl PhysicalAddress {
    /// The number of the page, counted from address 0 (0.11: `MAP_NR`).
    pub(super) const fn number(self) -> usize {
        self.0 as usize / PAGE_SIZE
    }
}

/// An address after segmentation, before paging.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(transparent)]
pub struct LinearAddress(pub u32);

impl LinearAddress {
    /// The page directory's entry for this address.
    pub(super) const fn directory_index(self) -> usize {
        (self.0 >> 22) as usize
    }

    /// The page table's entry for this address.
    pub(super) const fn table_index(self) -> usize {
        (self.0 >> 12) as usize % ENTRIES
    }

    /// The start of the page.
    pub const fn page(self) -> LinearAddress {
        LinearAddress(self.0 & !(PAGE_SIZE as u32 - 1))
    }
}

bitflags! {
    /// The low bits of a page directory or page table entry
    /// (Intel SDM vol. 3, 4.3 "32-Bit Paging").
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub struct PageFlags: u32 {
        /// The entry is valid.
        const PRESENT = 1 << 0;
        /// It may be written.
        const WRITE = 1 << 1;
        /// Ring 3 may use it.
        const USER = 1 << 2;
        /// The processor has used it.
        const ACCESSED = 1 << 5;
        /// The page belongs to the kernel, whoever may use it: fork does not copy
        /// the entry. The processor ignores this bit.
        const KERNEL = 1 << 9;
    }
}

const FLAGS: u32 = PAGE_SIZE as u32 - 1;

/// A page directory or a page table entry: a frame's address and flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Entry(u32);

impl Entry {
    pub(super) const NONE: Entry = Entry(0);

    pub(super) const fn new(frame: PhysicalAddress, flags: PageFlags) -> Entry {
        Entry(frame.0 | flags.bits())
    }

    /// The page that the entry refers to.
    pub const fn frame(self) -> PhysicalAddress {
        PhysicalAddress(self.0 & !FLAGS)
    }

    /// The flags that have a name.
    pub const fn flags(self) -> PageFlags {
        PageFlags::from_bits_truncate(self.0)
    }

    pub(super) const fn is_present(self) -> bool {
        self.0 & PageFlags::PRESENT.bits() != 0
    }

    pub(super) const fn without(self, flags: PageFlags) -> Entry {
        Entry(self.0 & !flags.bits())
    }

    pub(super) const fn with(self, flags: PageFlags) -> Entry {
        Entry(self.0 | flags.bits())
    }
}

/// 1024 entries. They are atomic, because the processor sets flags in them unknown
/// to the compiler; each access is still one plain instruction.
#[repr(C, align(4096))]
pub(super) struct PageTable([AtomicU32; ENTRIES]);

impl PageTable {
    pub(super) const fn new() -> PageTable {
        PageTable([const { AtomicU32::new(0) }; ENTRIES])
    }

    pub(super) fn get(&self, index: usize) -> Entry {
        Entry(self.0[index].load(Relaxed))
    }

    pub(super) fn set(&self, index: usize, entry: Entry) {
        self.0[index].store(entry.0, Relaxed);
    }
}
