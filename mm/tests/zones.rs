// SPDX-License-Identifier: GPL-2.0-or-later
//! Whatever is done with pages, in either edition: no page is given twice, none is
//! lost, all come back, and nobody changes what is not his.

mod common;

use common::{HAS_HIGH, HIGH, WRITABLE, allows, free, machine};
use mm::memory::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// As few that the machine runs out of them.
const PAGES: u32 = 40;
/// Offsets in the segments; every third one is in another page table.
const OFFSETS: [u32; 6] = [
    0x1000,
    0x2000,
    0x40_0000,
    0x300_0000,
    0x300_1000,
    TASK_SIZE - 0x1000,
];

/// Something that the kernel does. A number chooses among what there is.
#[derive(Clone, Copy, Debug)]
enum Step {
    TakeForKernel,
    TakeCleared,
    TakeStale,
    Drop(usize),
    ClearAhead,
    /// Clears a part of a page and is interrupted.
    ClearInPart,
    /// Maps a page in a space.
    Map(usize, usize),
    /// A program writes.
    Write(usize, usize, u8),
    Fork(usize, usize),
    /// Maps a page of a file, which is loaded if it is not kept.
    Load(usize, u32, usize),
    Exit(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (space, offset) = (1..=3usize, 0..OFFSETS.len());
    prop_oneof![
        1 => Just(Step::TakeForKernel),
        1 => Just(Step::TakeCleared),
        1 => Just(Step::TakeStale),
        1 => any::<usize>().prop_map(Step::Drop),
        1 => Just(Step::ClearAhead),
        1 => Just(Step::ClearInPart),
        4 => (space.clone(), offset.clone()).prop_map(|(s, o)| Step::Map(s, o)),
        6 => (space.clone(), offset.clone(), 1..=u8::MAX).prop_map(|(s, o, b)| Step::Write(s, o, b)),
        2 => (space.clone(), space.clone()).prop_map(|(from, to)| Step::Fork(from, to)),
        4 => (space.clone(), 1..4u32, offset).prop_map(|(s, t, o)| Step::Load(s, t, o)),
        1 => space.prop_map(Step::Exit),
    ]
}

/// A page that is taken.
enum Taken {
    Kernel(Page),
    Program(UserPage),
}

impl Taken {
    fn address(&self) -> PhysicalAddress {
        match self {
            Taken::Kernel(page) => page.address(),
            Taken::Program(page) => page.address(),
        }
    }

    fn fill(&mut self, byte: u8) {
        match self {
            Taken::Kernel(page) => page.fill(byte),
            Taken::Program(page) => page.view().fill(byte),
        }
    }

    /// Whether all of its bytes are this one.
    fn is(&mut self, byte: u8) -> bool {
        match self {
            Taken::Kernel(page) => page[..] == [byte; PAGE_SIZE],
            Taken::Program(page) => page.view()[..] == [byte; PAGE_SIZE],
        }
    }
}

/// What must be so: the pages that are taken, and the byte that each page of each
/// space is full of.
#[derive(Default)]
struct Model {
    taken: Vec<(Taken, u8)>,
    mapped: BTreeMap<(usize, usize), u8>,
    marks: u8,
}

fn frame(space: usize, offset: usize) -> Option<PhysicalAddress> {
    let space = Space::of(space);
    Some(lookup(space, space.at(OFFSETS[offset]))?.frame())
}

/// Whether all bytes of a page that is mapped are this one.
fn is(frame: PhysicalAddress, byte: u8) -> bool {
    // SAFETY: the page is mapped, and nobody has a reference to its bytes.
    let view = unsafe { view_of(frame) };
    view[..] == [byte; PAGE_SIZE]
}

/// As a page fault does it. The page of the file is full of `byte`.
fn load(number: usize, text: u32, offset: usize, byte: u8) -> abi::Result<()> {
    let space = Space::of(number);
    let (offset, address) = (OFFSETS[offset], space.at(OFFSETS[offset]));
    let page = FilePage { text, offset };
    if share_page(page, space, address)? {
        return Ok(());
    }
    let mut loaded = get_stale_user_page().ok_or(abi::Errno::ENOMEM)?;
    loaded.view().fill(byte);
    keep_page(page, loaded);
    share_page(page, space, address).map(|shared| assert!(shared))
}

impl Model {
    fn take(&mut self, page: Option<Taken>, cleared: bool) {
        let Some(mut page) = page else { return };
        assert!(
            !cleared || page.is(0),
            "{:?} is not cleared",
            page.address()
        );
        self.marks = self.marks % 250 + 1;
        page.fill(self.marks);
        self.taken.push((page, self.marks));
    }

    fn exit(&mut self, space: usize) {
        free_page_tables(Space::of(space), || true);
        self.mapped.retain(|&(other, _), _| other != space);
    }

    fn do_step(&mut self, step: Step) {
        match step {
            Step::TakeForKernel => self.take(get_free_page().map(Taken::Kernel), true),
            Step::TakeCleared => self.take(get_free_user_page().map(Taken::Program), true),
            Step::TakeStale => self.take(get_stale_user_page().map(Taken::Program), false),
            Step::Drop(index) => {
                if !self.taken.is_empty() {
                    let (mut page, byte) = self.taken.swap_remove(index % self.taken.len());
                    assert!(page.is(byte), "{:?} was changed", page.address());
                }
            }
            Step::ClearAhead => {
                clear_free_page(|| false);
            }
            Step::ClearInPart => {
                let calls = std::cell::Cell::new(0);
                assert!(!clear_free_page(|| calls.replace(calls.get() + 1) == 3));
            }
            Step::Map(number, offset) => {
                let space = Space::of(number);
                let address = space.at(OFFSETS[offset]);
                if !self.mapped.contains_key(&(number, offset))
                    && get_empty_page(space, address).is_ok()
                {
                    self.mapped.insert((number, offset), 0);
                }
            }
            Step::Write(number, offset, byte) => self.write(number, offset, byte),
            Step::Fork(from, to) => {
                if from == to {
                    return;
                }
                self.exit(to);
                if copy_page_tables(Space::of(from), Space::of(to), || true).is_ok() {
                    let pages = self.mapped.clone().into_iter();
                    let own = pages.filter(|((space, _), _)| *space == from);
                    self.mapped
                        .extend(own.map(|((_, offset), byte)| ((to, offset), byte)));
                }
            }
            Step::Load(number, text, offset) => {
                let byte = (text * 16) as u8 + offset as u8;
                let is_mapped = self.mapped.contains_key(&(number, offset));
                if !is_mapped && load(number, text, offset, byte).is_ok() {
                    self.mapped.insert((number, offset), byte);
                }
            }
            Step::Exit(space) => self.exit(space),
        }
    }

    /// As a program and the page faults that it causes would.
    fn write(&mut self, number: usize, offset: usize, byte: u8) {
        let space = Space::of(number);
        let address = space.at(OFFSETS[offset]);
        let is_mapped = self.mapped.contains_key(&(number, offset));
        if !allows(space, address, WRITABLE) {
            match do_wp_page(space, address) {
                Ok(()) => assert!(allows(space, address, WRITABLE)),
                Err(_) => return,
            }
        }
        assert!(is_mapped);
        let frame = frame(number, offset).unwrap();
        // SAFETY: the page is mapped, and nobody has a reference to its bytes.
        unsafe { view_of(frame) }.fill(byte);
        self.mapped.insert((number, offset), byte);
    }

    fn check(&mut self) {
        let mut frames = BTreeSet::new();
        for (page, byte) in &mut self.taken {
            assert!(page.is(*byte), "{:?} was changed", page.address());
            assert!(frames.insert(page.address()), "a page was given twice");
            if let Taken::Kernel(page) = page {
                assert!(page.address().0 < PHYSICAL_LIMIT);
            }
        }
        let mut shared = BTreeSet::new();
        for space in 1..=3 {
            for offset in 0..OFFSETS.len() {
                let expected = self.mapped.get(&(space, offset));
                let frame = frame(space, offset);
                assert_eq!(frame.is_some(), expected.is_some(), "{space} {offset}");
                if let (Some(frame), Some(byte)) = (frame, expected) {
                    assert!(is(frame, *byte), "{space} {offset}: {frame:?} was changed");
                    assert!(!frames.contains(&frame), "a page was given twice");
                    shared.insert(frame);
                }
            }
        }
        let in_use = frames.len() + shared.len();
        let (free, total) = calc_mem();
        assert!(free + in_use <= total);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_page_is_given_twice_and_none_is_lost(
        steps in prop::collection::vec(step(), 1..120)
    ) {
        let _turn = machine(PAGES);
        let before = free();
        let mut model = Model::default();
        for step in steps {
            model.do_step(step);
            model.check();
        }
        model.taken.clear();
        (1..=3).for_each(|space| model.exit(space));
        prop_assert_eq!(free(), before);
        // All that counts as free can be taken, whatever is kept.
        let pages: Vec<_> = std::iter::from_fn(get_stale_user_page).collect();
        let rest: Vec<_> = std::iter::from_fn(get_free_page).collect();
        prop_assert_eq!((pages.len() + rest.len(), free()), (before, 0));
    }
}

#[test]
fn all_pages_are_given_once_and_those_of_programs_are_high_first() {
    let _turn = machine(PAGES);
    let mut programs: Vec<_> = std::iter::from_fn(get_stale_user_page).collect();
    let kernel: Vec<_> = std::iter::from_fn(get_free_page).collect();
    assert_eq!(free(), 0);
    let all = programs.iter().map(|page| page.address());
    let all: BTreeSet<_> = all
        .chain(kernel.iter().map(|page| page.address()))
        .collect();
    assert_eq!(all.len(), programs.len() + kernel.len());
    let is_high = |page: &UserPage| page.address().0 >= HIGH;
    if HAS_HIGH {
        // What is low is kept for the kernel, since it is less than what it may need.
        assert_eq!(programs.len(), PAGES as usize);
        assert!(programs.iter().all(is_high) && !kernel.is_empty());
    } else {
        assert!(kernel.is_empty() && !programs.iter().any(is_high));
    }
    programs.clear();
    drop(kernel);
    let mut page = get_stale_user_page().unwrap();
    assert_eq!(is_high(&page), HAS_HIGH);
    page.view()[4095] = 1;
    assert_eq!(page.view()[4095], 1);
}

#[test]
fn the_reserve_is_kept_of_what_a_program_may_have() {
    let _turn = machine(PAGES);
    let (all, before) = (available_pages(), free());
    keep_reserve(3, || false);
    assert_eq!(available_pages(), all - 3);
    let pages: Vec<_> = std::iter::from_fn(get_stale_user_page).collect();
    assert_eq!((pages.len(), available_pages()), (all - 3, 0));
    drop(pages);
    let pages: Vec<_> = std::iter::from_fn(get_free_page).collect();
    // The last low pages are there for the super-user's page tables, whatever is high.
    keep_reserve(3, || true);
    let last: Vec<_> = std::iter::from_fn(get_free_page).collect();
    assert_eq!(last.len(), 3);
    drop((pages, last));
    keep_reserve(0, || true);
    assert_eq!(free(), before);
}
