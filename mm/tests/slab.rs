// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel's objects: sizes, alignment, no overlap, contents stay, all pages come
//! back.

mod common;

use common::{free, machine};
use mm::memory::slab::SlabAllocator;
use mm::memory::{PAGE_SIZE, get_free_page};
use proptest::prelude::*;
use std::alloc::{GlobalAlloc, Layout};
use std::collections::BTreeMap;

static HEAP: SlabAllocator = SlabAllocator::new();
const PAGES: u32 = 40;

/// An object that is full of one byte.
struct Object {
    pointer: *mut u8,
    layout: Layout,
    mark: u8,
}

impl Object {
    fn new(layout: Layout, mark: u8) -> Option<Object> {
        // SAFETY: no layout here is empty.
        let pointer = unsafe { HEAP.alloc(layout) };
        if pointer.is_null() {
            return None;
        }
        assert!(pointer.addr().is_multiple_of(layout.align()));
        // SAFETY: the allocator gave so many bytes.
        unsafe { pointer.write_bytes(mark, layout.size()) };
        Some(Object {
            pointer,
            layout,
            mark,
        })
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: the bytes were written when the object was made, and belong to it.
        let bytes = unsafe { std::slice::from_raw_parts(self.pointer, self.layout.size()) };
        let stays = bytes.iter().all(|&byte| byte == self.mark);
        // SAFETY: it is freed once, with its layout.
        unsafe { HEAP.dealloc(self.pointer, self.layout) };
        assert!(stays, "an object was changed");
    }
}

/// Sizes near those of the classes, and the largest one.
fn layout() -> impl Strategy<Value = Layout> {
    let near = (0..=12u32, -1..=1i32).prop_map(|(log, off)| (1i32 << log) + off);
    let size = prop_oneof![near, 1..=PAGE_SIZE as i32];
    (size, 0..=12u32).prop_filter_map("not empty, no more than a page", |(size, log)| {
        let layout = Layout::from_size_align(usize::try_from(size).ok()?, 1 << log).ok()?;
        (1..=PAGE_SIZE).contains(&layout.size()).then_some(layout)
    })
}

proptest! {
    #[test]
    fn objects_do_not_overlap_and_all_pages_come_back(
        steps in prop::collection::vec((layout(), any::<bool>(), any::<usize>()), 1..400)
    ) {
        let _turn = machine(PAGES);
        let before = free();
        let mut objects: BTreeMap<usize, Object> = BTreeMap::new();
        for (index, (layout, drops, which)) in steps.into_iter().enumerate() {
            if drops && !objects.is_empty() {
                let address = *objects.keys().nth(which % objects.len()).unwrap();
                objects.remove(&address);
                continue;
            }
            let Some(object) = Object::new(layout, index as u8) else {
                // There is no page left, or it would have given one.
                prop_assert!(get_free_page().is_none());
                continue;
            };
            let start = object.pointer.addr();
            if let Some((&below, other)) = objects.range(..=start).next_back() {
                prop_assert!(below + other.layout.size() <= start);
            }
            if let Some((&above, _)) = objects.range(start..).next() {
                prop_assert!(start + layout.size() <= above);
            }
            objects.insert(start, object);
        }
        drop(objects);
        prop_assert_eq!(free(), before);
    }
}

#[test]
fn a_page_is_full_before_the_next_is_taken() {
    let _turn = machine(PAGES);
    let before = free();
    for (size, most) in [(1, 250), (48, 62), (1024, 3), (1025, 1), (4096, 1)] {
        let layout = Layout::from_size_align(size, 1).unwrap();
        let mut objects: Vec<_> = (0..most).map(|_| Object::new(layout, 7)).collect();
        assert_eq!(free(), before - 1, "{most} objects of {size} bytes");
        // The place of an object that is freed is given away again.
        drop((objects.pop(), objects.pop()));
        while objects.len() < most {
            objects.push(Object::new(layout, 9));
        }
        assert_eq!(free(), before - 1);
        while free() == before - 1 {
            objects.push(Object::new(layout, 8));
        }
        assert!(objects.len() <= most + 5, "{} of {size}", objects.len());
        drop(objects);
        assert_eq!(free(), before);
    }
}

#[test]
fn what_is_larger_than_a_page_is_refused() {
    let _turn = machine(PAGES);
    let before = free();
    for (size, align) in [(PAGE_SIZE + 1, 1), (1, 2 * PAGE_SIZE)] {
        let layout = Layout::from_size_align(size, align).unwrap();
        assert!(Object::new(layout, 0).is_none());
    }
    assert_eq!(free(), before);
}

#[test]
fn without_a_page_there_is_no_object() {
    let _turn = machine(PAGES);
    let before = free();
    let layout = Layout::from_size_align(100, 4).unwrap();
    let first = Object::new(layout, 1).unwrap();
    let pages: Vec<_> = std::iter::from_fn(get_free_page).collect();
    let more: Vec<_> = std::iter::from_fn(|| Object::new(layout, 2)).collect();
    assert_eq!(
        more.len(),
        PAGE_SIZE / 128 - 2,
        "the rest of the first page"
    );
    drop((first, more, pages));
    assert_eq!(free(), before);
}
