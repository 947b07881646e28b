// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory for the kernel's objects: a slab allocator.
//!
//! A slab is a page for objects of one size. [`SlabAllocator`] has the sizes 16, 32
//! and so on up to 1024 bytes, and whole pages. An object gets the next size that is
//! not smaller than it and its alignment. There is nothing larger than a page.
//!
//! ```text
//! page  | header | object | free  | object | free  | never used ... |
//!          |                 ^        next     ^
//!          +-- freed --------+-----------------+
//! ```
//!
//! A page is taken when no slab of the size has a free object; the slab is in the list
//! of its size as long as it has one. Whoever frees the last object of a page gives the
//! page back with it, so memory that is not in use here is always in use elsewhere.
//!
//! The pages are the kernel's own ([`get_free_page`]): the caller gets `null` if none
//! is left for it. Nothing here sleeps. Interrupt handlers must not use it.
//!
//! The classic kernel needs no heap. An edition that does registers one:
//!
//! ```text
//! #[global_allocator]
//! static HEAP: SlabAllocator = SlabAllocator::new();
//! ```

use super::frames::{Page, UserPage, get_free_page};
use super::{PAGE_SIZE, physical};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::null_mut;
use sync::Lock;

/// The smallest size, which has room for a link.
const SMALLEST: usize = 16;
const LARGEST: usize = 1024;
const CLASSES: usize = (LARGEST / SMALLEST).ilog2() as usize + 1;

/// An allocator for the kernel's objects.
pub struct SlabAllocator(Lock<Lists>);

/// For each size the first slab that has a free object, or null.
struct Lists([*mut Slab; CLASSES]);

// SAFETY: the pointers lead to pages that belong to the lists alone, and nothing in
// them depends on who uses them.
unsafe impl Send for Lists {}

/// What stands at the beginning of a slab's page.
struct Slab {
    /// The neighbours in the list.
    previous: *mut Slab,
    next: *mut Slab,
    /// The first of the objects that were freed.
    freed: *mut Link,
    /// Objects from this index on were never given away.
    unused: u16,
    /// How many objects are given away.
    used: u16,
}

/// What stands in an object that was freed.
struct Link(*mut Link);

/// The objects of one size.
#[derive(Clone, Copy)]
struct Class(usize);

impl Class {
    /// The class for an object; `None` if that is too large for all of them.
    fn of(layout: Layout) -> Option<Class> {
        let size = layout.size().max(layout.align()).max(SMALLEST);
        let class = size.next_power_of_two().ilog2() - SMALLEST.ilog2();
        (size <= LARGEST).then_some(Class(class as usize))
    }

    fn size(self) -> usize {
        SMALLEST << self.0
    }

    /// The index of the first object: the header takes the place of some.
    fn first(self) -> u16 {
        size_of::<Slab>().div_ceil(self.size()) as u16
    }

    /// How many objects a slab has.
    fn capacity(self) -> u16 {
        (PAGE_SIZE / self.size()) as u16 - self.first()
    }
}

impl SlabAllocator {
    /// An allocator without a page.
    pub const fn new() -> SlabAllocator {
        SlabAllocator(Lock::new(Lists([null_mut(); CLASSES])))
    }
}

impl Default for SlabAllocator {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: an object is given away once until it is freed, is as large as its class,
// and is aligned to that, as its page is.
unsafe impl GlobalAlloc for SlabAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if let Some(class) = Class::of(layout) {
            return self.0.lock().take(class);
        }
        if layout.size().max(layout.align()) > PAGE_SIZE {
            return null_mut();
        }
        get_free_page().map_or(null_mut(), Page::into_bytes)
    }

    unsafe fn dealloc(&self, object: *mut u8, layout: Layout) {
        match Class::of(layout) {
            // SAFETY: the caller promises that the object came from `alloc` with this
            // layout, so it is of this class, and nobody uses it any more.
            Some(class) => unsafe { self.0.lock().give_back(class, object) },
            // SAFETY: likewise, it is a whole page.
            None => drop(unsafe { Page::from_bytes(object) }),
        }
    }
}

impl Lists {
    /// Takes an object; null if there is no page for it.
    fn take(&mut self, class: Class) -> *mut u8 {
        if self.0[class.0].is_null() && !self.grow(class) {
            return null_mut();
        }
        let page = self.0[class.0];
        // SAFETY: a slab in a list is in a page of its own, which only the lists use,
        // and has a free object. That is in `freed`, or the first unused one.
        unsafe {
            let slab = &mut *page;
            slab.used += 1;
            let object = if slab.freed.is_null() {
                slab.unused += 1;
                page.byte_add(usize::from(slab.unused - 1) * class.size())
            } else {
                let object = slab.freed;
                slab.freed = (*object).0;
                object.cast()
            };
            if slab.used == class.capacity() {
                self.unlink(class, page);
            }
            object.cast()
        }
    }

    /// Makes a slab of a new page.
    fn grow(&mut self, class: Class) -> bool {
        let Some(page) = get_free_page() else {
            return false;
        };
        let slab = page.into_bytes().cast::<Slab>();
        // SAFETY: the page is large enough for a slab, aligned, and nobody else's.
        unsafe {
            slab.write(Slab {
                previous: null_mut(),
                next: null_mut(),
                freed: null_mut(),
                unused: class.first(),
                used: 0,
            });
            self.link(class, slab);
        }
        true
    }

    /// Takes back an object, and gives back its page if it was the last one there.
    ///
    /// # Safety
    /// The object came from `take` for this class, and nobody uses it any more.
    unsafe fn give_back(&mut self, class: Class, object: *mut u8) {
        let page = object
            .wrapping_sub(object.addr() % PAGE_SIZE)
            .cast::<Slab>();
        let object = object.cast::<Link>();
        // SAFETY: at the start of the object's page is its slab, and the object has
        // room for a link.
        unsafe {
            let slab = &mut *page;
            object.write(Link(slab.freed));
            slab.freed = object;
            if slab.used == class.capacity() {
                self.link(class, page);
            }
            slab.used -= 1;
            if slab.used == 0 {
                self.unlink(class, page);
                drop(Page::from_bytes(page.cast()));
            }
        }
    }

    /// Puts a slab into the list of its class, at the front.
    ///
    /// # Safety
    /// It is a slab of this class, and in no list.
    unsafe fn link(&mut self, class: Class, slab: *mut Slab) {
        let first = &mut self.0[class.0];
        // SAFETY: the slab is one, and what is in a list is one or null.
        unsafe {
            (*slab).previous = null_mut();
            (*slab).next = *first;
            if let Some(next) = first.as_mut() {
                next.previous = slab;
            }
        }
        *first = slab;
    }

    /// Takes a slab out of the list of its class.
    ///
    /// # Safety
    /// It is in that list.
    unsafe fn unlink(&mut self, class: Class, slab: *mut Slab) {
        // SAFETY: the slab is one, and its neighbours are or are null.
        unsafe {
            let (previous, next) = ((*slab).previous, (*slab).next);
            match previous.as_mut() {
                Some(previous) => previous.next = next,
                None => self.0[class.0] = next,
            }
            if let Some(next) = next.as_mut() {
                next.previous = previous;
            }
        }
    }
}

impl Page {
    /// Gives up the handle but not the page; [`Page::from_bytes`] takes it again.
    fn into_bytes(self) -> *mut u8 {
        physical::pointer(self.into_frame())
    }

    /// The page with these bytes.
    ///
    /// # Safety
    /// They came from `into_bytes`, and nobody uses them any more: from now on the page
    /// has this owner.
    unsafe fn from_bytes(bytes: *mut u8) -> Page {
        Page(UserPage(physical::address(bytes)))
    }
}
