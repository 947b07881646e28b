// SPDX-License-Identifier: GPL-2.0-or-later
//! Whatever tasks do, each finds in its memory what it has put there, and nobody
//! else's: random steps of several tasks beside a model of what each must see, in
//! either edition.

mod common;

use common::{WRITABLE, allows};
use mm::memory::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Once;

/// The tasks, by the number of their slots.
const TASKS: [usize; 3] = [1, 2, 63];
/// Pages at both ends of a space, on both sides of the end of a page table, and in
/// the midst.
const OFFSETS: [u32; 6] = [
    0,
    0x1000,
    0x3F_F000,
    0x40_0000,
    TASK_SIZE / 2,
    TASK_SIZE - 0x1000,
];

/// A step that the kernel makes for a task; a task and an offset are indices.
#[derive(Clone, Debug)]
enum Step {
    /// It gets a page with this byte everywhere.
    Map(usize, usize, u8),
    /// It writes this byte at the start of a page, if it has that.
    Write(usize, usize, u8),
    /// It gives a page back.
    Unmap(usize, usize),
    /// Another task, which has no memory, becomes its copy.
    Fork(usize, usize),
    /// It gets a page of a file.
    Load(usize, u32, usize),
    /// It ends.
    Exit(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (task, page) = (0..TASKS.len(), 0..OFFSETS.len());
    let place = (task.clone(), page.clone());
    prop_oneof![
        4 => (place.clone(), any::<u8>()).prop_map(|((t, p), byte)| Step::Map(t, p, byte)),
        4 => (place.clone(), any::<u8>()).prop_map(|((t, p), byte)| Step::Write(t, p, byte)),
        1 => place.prop_map(|(t, p)| Step::Unmap(t, p)),
        2 => (task.clone(), task.clone()).prop_map(|(a, b)| Step::Fork(a, b)),
        3 => (task.clone(), 1..4u32, page).prop_map(|(t, text, p)| Step::Load(t, text, p)),
        1 => task.prop_map(Step::Exit),
    ]
}

/// What each task must see: the first byte of each page that it has and all others, by
/// the page's offset.
type Model = [BTreeMap<u32, (u8, u8)>; TASKS.len()];

fn space(task: usize) -> Space {
    Space::of(TASKS[task])
}

/// Does the step, and what it means for the model.
fn make(step: &Step, model: &mut Model) {
    match *step {
        Step::Map(task, page, byte) => {
            let (space, offset) = (space(task), OFFSETS[page]);
            if model[task].contains_key(&offset) {
                return;
            }
            model[task].insert(offset, (byte, byte));
            let mut page = get_free_user_page().unwrap();
            page.view().fill(byte);
            put_page(page, space, space.at(offset)).unwrap();
        }
        Step::Write(task, page, byte) => {
            if let Some((first, _)) = model[task].get_mut(&OFFSETS[page]) {
                *first = byte;
                write(space(task), OFFSETS[page], byte);
            }
        }
        Step::Unmap(task, page) => {
            let (space, offset) = (space(task), OFFSETS[page]);
            let end = offset.wrapping_add(PAGE_SIZE as u32);
            // The kernel frees pages of the heap, which ends below the stack.
            if end < TASK_SIZE {
                free_pages(space, space.at(offset), space.at(end), || true);
                model[task].remove(&offset);
            }
        }
        Step::Fork(task, child) if model[child].is_empty() && task != child => {
            copy_page_tables(space(task), space(child), || true).unwrap();
            model[child] = model[task].clone();
        }
        Step::Load(task, text, page) => {
            let (space, offset) = (space(task), OFFSETS[page]);
            if model[task].contains_key(&offset) {
                return;
            }
            let (page, byte) = (FilePage { text, offset }, (text * 16) as u8 + page as u8);
            model[task].insert(offset, (byte, byte));
            if !share_page(page, space, space.at(offset)).unwrap() {
                let mut loaded = get_stale_user_page().unwrap();
                loaded.view().fill(byte);
                keep_page(page, loaded);
                assert!(share_page(page, space, space.at(offset)).unwrap());
            }
        }
        Step::Exit(task) => {
            free_page_tables(space(task), || true);
            model[task].clear();
        }
        Step::Fork(..) => {}
    }
}

/// Writes to a page as a program does: a fault first, if it may not be written.
fn write(space: Space, offset: u32, byte: u8) {
    let address = space.at(offset);
    if !allows(space, address, WRITABLE) {
        do_wp_page(space, address).unwrap();
    }
    // SAFETY: nobody else has a view open.
    unsafe { view(space, address) }.unwrap()[0] = byte;
}

/// Compares what the tasks see with the model.
fn look(model: &Model) {
    for (task, pages) in model.iter().enumerate() {
        let space = space(task);
        for offset in OFFSETS {
            // SAFETY: nobody else has a view open.
            let seen = unsafe { view(space, space.at(offset)) }.map(|page| {
                assert!(page[1..].iter().all(|&byte| byte == page[1]));
                (page[0], page[1])
            });
            let expected = pages.get(&offset).copied();
            assert_eq!(seen, expected, "task {task} at {offset:#x}");
        }
    }
}

fn prepare_machine() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        setup_paging(PhysicalAddress(0));
        // A little of what the kernel maps, and behind it what the edition knows of.
        let low = 0x10_0000..0x14_0000;
        let high = PHYSICAL_LIMIT..MEMORY_LIMIT.min(PHYSICAL_LIMIT + 0x10_0000);
        let usable = [low, high].into_iter();
        let start = make_zones(PhysicalAddress(0x10_0000), usable.clone());
        for Range { start: first, end } in usable {
            mem_init(PhysicalAddress(first.max(start.0)), PhysicalAddress(end));
        }
        for task in 0..TASKS.len() {
            space(task).create().unwrap();
        }
    });
}

// There is one "physical memory" for all tests, so this is the only one here.
proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn each_task_sees_its_own_memory(steps in prop::collection::vec(step(), 1..60)) {
        prepare_machine();
        let before = calc_mem().0;
        let mut model = Model::default();
        for step in &steps {
            make(step, &mut model);
            look(&model);
        }
        for task in 0..TASKS.len() {
            free_page_tables(space(task), || true);
        }
        assert_eq!(calc_mem().0, before, "pages are lost");
    }
}
