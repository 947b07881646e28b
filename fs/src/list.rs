// SPDX-License-Identifier: GPL-2.0-or-later
//! Finding a buffer or an inode by its number, and finding the buffer that may get
//! another block first.
//!
//! Both tables are slices of slots. A slot with an identity is in a hash chain. All steps
//! take constant time, except for the walk along a chain.
//!
//! The links are in the slots (0.11: `b_next`), the heads of the chains in an [`Index`]. A
//! lock holds the [`Index`], and guards the links too.

use sync::TaskCell;

/// The end of a chain.
const END: u32 = u32::MAX;

/// The link of one slot: the number of the slot behind it in its chain.
pub struct Links(TaskCell<u32>);

impl Links {
    /// That of a slot in no chain. It means nothing until it is in one.
    pub const fn new() -> Links {
        Links(TaskCell::new(0))
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

/// Goes round all slots, as those are given other identities (the clock algorithm).
pub struct Hand(TaskCell<u32>);

impl Hand {
    /// It is at the first slot.
    pub const fn new() -> Hand {
        Hand(TaskCell::new(0))
    }

    /// Moves it to slot `number`, which may be one behind the last.
    #[inline(always)]
    pub fn set(&self, number: u32) {
        self.0.set(number);
    }

    /// The slots with their numbers from the hand on, again and again.
    #[inline(always)]
    pub fn slots<'a, S>(&self, slots: &'a [S]) -> impl Iterator<Item = (u32, &'a S)> + use<'a, S> {
        let mut next = self.0.get();
        core::iter::from_fn(move || {
            let (number, slot) = match slots.get(next as usize) {
                Some(slot) => (next, slot),
                None => (0, slots.first()?),
            };
            next = number + 1;
            Some((number, slot))
        })
    }
}

/// The hash chains.
pub struct Index<const CHAINS: usize> {
    chains: [u32; CHAINS],
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
        }
    }

    /// Removes all slots.
    pub fn clear(&mut self) {
        self.chains.fill(END);
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
            number = slot.links().0.get();
        }
        None
    }

    /// Puts a slot into the chain of its identity.
    #[inline(always)]
    pub fn insert<S: Slot>(&mut self, slot: &S) {
        let head = &mut self.chains[slot.hash() as usize & Self::MASK];
        slot.links().0.set(*head);
        *head = slot.number();
    }

    /// Takes a slot out of the chain of its identity, if it is in it.
    #[inline]
    pub fn remove<S: Slot>(&mut self, slots: &[S], slot: &S) {
        let number = slot.number();
        let behind = slot.links().0.get();
        let head = &mut self.chains[slot.hash() as usize & Self::MASK];
        if *head == number {
            *head = behind;
            return;
        }
        let mut before = *head;
        while let Some(other) = slots.get(before as usize) {
            let next = other.links().0.get();
            if next == number {
                other.links().0.set(behind);
                return;
            }
            before = next;
        }
    }
}
