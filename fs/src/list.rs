// SPDX-License-Identifier: GPL-2.0-or-later
//! Finding a buffer or an inode by its number, and finding the buffer that may get
//! another block first.
//!
//! Both tables are slices of slots. A slot with an identity is in a hash chain. The
//! list has all buffers in the order in which they may get another identity (0.11:
//! `free_list`). All steps take constant time, except for the walk along a chain.
//!
//! The links are in the slots (0.11: `b_next`, `b_prev_free`, ...), the ends in an
//! [`Index`]. A lock holds the [`Index`], and guards the links too.

use sync::TaskCell;

/// The end of a chain or list.
const END: u32 = u32::MAX;

/// The links of one slot.
pub struct Links {
    chain: TaskCell<u32>,
    older: TaskCell<u32>,
    newer: TaskCell<u32>,
}

impl Links {
    /// Links of a slot in no chain and no list. They mean nothing until it is in
    /// one.
    pub const fn new() -> Links {
        Links {
            chain: TaskCell::new(0),
            older: TaskCell::new(0),
            newer: TaskCell::new(0),
        }
    }
}

/// What an [`Index`] can link.
pub trait Slot {
    /// Its index in the table.
    fn number(&self) -> u32;
    /// Its links.
    fn links(&self) -> &Links;
    /// A number calculated from its identity.
    fn hash(&self) -> u32;
}

/// The hash chains and the list.
pub struct Index<const CHAINS: usize> {
    chains: [u32; CHAINS],
    oldest: u32,
    newest: u32,
}

impl<const CHAINS: usize> Index<CHAINS> {
    const MASK: usize = {
        assert!(CHAINS.is_power_of_two());
        CHAINS - 1
    };

    /// An index that must be cleared before it is used. It is all zeros, so that it
    /// takes no room in the kernel's file.
    pub const fn new() -> Self {
        Index {
            chains: [0; CHAINS],
            oldest: 0,
            newest: 0,
        }
    }

    /// Removes all slots.
    pub fn clear(&mut self) {
        self.chains.fill(END);
        (self.oldest, self.newest) = (END, END);
    }

    /// The slot in the chain of `hash` for which `wanted` holds.
    #[inline(always)]
    pub fn find<S: Slot>(
        &self,
        slots: &[S],
        hash: u32,
        wanted: impl Fn(&S) -> bool,
    ) -> Option<u32> {
        let mut number = self.chains[hash as usize & Self::MASK];
        while let Some(slot) = slots.get(number as usize) {
            if wanted(slot) {
                return Some(number);
            }
            number = slot.links().chain.get();
        }
        None
    }

    /// Puts a slot into the chain of its identity.
    #[inline(always)]
    pub fn insert<S: Slot>(&mut self, slot: &S) {
        let head = &mut self.chains[slot.hash() as usize & Self::MASK];
        slot.links().chain.set(*head);
        *head = slot.number();
    }

    /// Takes a slot out of the chain of its identity, if it is in it.
    #[inline]
    pub fn remove<S: Slot>(&mut self, slots: &[S], slot: &S) {
        let number = slot.number();
        let behind = slot.links().chain.get();
        let head = &mut self.chains[slot.hash() as usize & Self::MASK];
        if *head == number {
            *head = behind;
            return;
        }
        let mut before = *head;
        while let Some(other) = slots.get(before as usize) {
            let next = other.links().chain.get();
            if next == number {
                other.links().chain.set(behind);
                return;
            }
            before = next;
        }
    }

    /// The slots of the list, the oldest first. A slot may be moved as soon as the
    /// iterator has given it.
    pub fn oldest_first<'a, S: Slot>(
        &self,
        slots: &'a [S],
    ) -> impl Iterator<Item = &'a S> + use<'a, S, CHAINS> {
        let mut number = self.oldest;
        core::iter::from_fn(move || {
            let slot = slots.get(number as usize)?;
            number = slot.links().newer.get();
            Some(slot)
        })
    }

    /// Takes a slot out of the list.
    #[inline(always)]
    fn take<S: Slot>(&mut self, slots: &[S], slot: &S) {
        let (older, newer) = (slot.links().older.get(), slot.links().newer.get());
        match slots.get(older as usize) {
            Some(other) => other.links().newer.set(newer),
            None => self.oldest = newer,
        }
        match slots.get(newer as usize) {
            Some(other) => other.links().older.set(older),
            None => self.newest = older,
        }
    }

    /// Moves a slot of the list to its end.
    #[inline(always)]
    pub fn make_newest<S: Slot>(&mut self, slots: &[S], slot: &S) {
        if self.newest != slot.number() {
            self.take(slots, slot);
            self.put_newest(slots, slot);
        }
    }

    /// Puts a slot at the end of the list.
    #[inline(always)]
    pub fn put_newest<S: Slot>(&mut self, slots: &[S], slot: &S) {
        let number = slot.number();
        slot.links().older.set(self.newest);
        slot.links().newer.set(END);
        match slots.get(self.newest as usize) {
            Some(other) => other.links().newer.set(number),
            None => self.oldest = number,
        }
        self.newest = number;
    }
}
