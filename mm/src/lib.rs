// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory: physical pages and the one page directory (0.11's `mm/`).
//!
//! Linear memory, 4 GB, is cut into 64 slots of 64 MB. Slot 0 is the kernel's:
//! physical memory is mapped there at its own address, page 0 left out so that
//! a null pointer faults. Slot `n` belongs to task `n`, whose code and data
//! segments start at `n * 64 MB`.
//!
//! ```text
//! linear  0        64 MB     128 MB                          4 GB
//!         | kernel | task 1  | task 2  | ...      | task 63 |
//!         0 1 MB   ^ LDT base of task 1
//!         |.|kernel|buffers|pages|   |kernel stacks, guarded|
//! ```
//!
//! A page's life is `get_free_page` → `put_page` → (fork: `copy_page_tables`, then
//! `do_wp_page` at the first write) → `free_page_tables`.
#![cfg_attr(not(test), no_std)]

#[cfg(all(not(target_os = "none"), not(test)))]
extern crate std;

pub mod memory;

pub use memory::{LinearAddress, PAGE_SIZE, Page, PhysicalAddress, UserPage};
