// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory for programs (0.11: `lib/malloc.c`).
//!
//! As in 0.11, memory comes in buckets of powers of two: a request is rounded up to
//! the next size, each size has a list of free pieces, and a piece that is freed
//! goes back to its list. If the list is empty, the piece is taken from the end of
//! the data segment, which `brk` moves up. Nothing goes back to the kernel:
//! programs do not run long, and pages that are never used cost nothing.

use crate::single::Single;
use crate::syscall;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// log2 of the smallest piece; it must hold a pointer.
const SMALLEST: u32 = 4;
/// Sizes: 16 bytes to 2 GB, which is more than Rust asks for at once.
const SIZES: usize = 28;
/// By how much the data segment grows at least.
const GROWTH: u32 = 16 * 1024;

/// Whether the last request failed.
static OUT_OF_MEMORY: AtomicBool = AtomicBool::new(false);

/// Whether the program has just asked for memory and got none.
pub fn is_out_of_memory() -> bool {
    OUT_OF_MEMORY.load(Relaxed)
}

/// The first word of a free piece.
struct FreePiece {
    next: Option<NonNull<FreePiece>>,
}

/// The state behind [`BrkAllocator`].
struct Buckets {
    free: [Option<NonNull<FreePiece>>; SIZES],
    /// The memory from `brk` that no piece has yet: `start..end`.
    start: u32,
    end: u32,
}

/// The allocator of a program; [`program!`](crate::program) makes the one.
pub struct BrkAllocator(Single<Buckets>);

impl BrkAllocator {
    /// An allocator without memory; it takes some at the first request.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> BrkAllocator {
        BrkAllocator(Single::new(Buckets {
            free: [None; SIZES],
            start: 0,
            end: 0,
        }))
    }
}

/// Which list serves a request: the index of the smallest power of two that
/// is neither below its size nor below its alignment.
fn bucket(layout: Layout) -> usize {
    let size = layout.size().max(layout.align()).max(1 << SMALLEST);
    (size.next_power_of_two().trailing_zeros() - SMALLEST) as usize
}

impl Buckets {
    fn allocate(&mut self, bucket: usize) -> Option<NonNull<u8>> {
        let list = self.free.get_mut(bucket)?;
        match *list {
            Some(piece) => {
                // SAFETY: a piece on a list is ours, and holds its `next`.
                *list = unsafe { piece.as_ref().next };
                Some(piece.cast())
            }
            None => self.carve(1 << (bucket as u32 + SMALLEST)),
        }
    }

    /// Takes a piece off the data segment, aligned to its size up to a page.
    fn carve(&mut self, size: u32) -> Option<NonNull<u8>> {
        if self.end == 0 {
            // SAFETY: `brk(0)` only tells where the segment ends.
            self.end = unsafe { syscall::brk(0) }.ok()?;
            self.start = self.end;
        }
        let start = self
            .start
            .checked_next_multiple_of(size.min(abi::limits::PAGE_SIZE))?;
        let piece_end = start.checked_add(size)?;
        if piece_end > self.end {
            self.grow(piece_end.checked_add(GROWTH)?);
            // Near the end of memory the exact size may still be available.
            self.grow(piece_end);
            if piece_end > self.end {
                return None;
            }
        }
        self.start = piece_end;
        NonNull::new(start as *mut u8)
    }

    /// Asks for a data segment that ends at `end`, if it does not yet.
    fn grow(&mut self, end: u32) {
        if end > self.end {
            // SAFETY: the segment only grows. The answer is its new end, or
            // the old one if there is no more room or memory.
            self.end = unsafe { syscall::brk(end) }.map_or(self.end, |new| new.max(self.end));
        }
    }

    /// # Safety
    /// `piece` came from [`Buckets::allocate`] with the same bucket.
    unsafe fn free(&mut self, piece: NonNull<u8>, bucket: usize) {
        let piece = piece.cast::<FreePiece>();
        if let Some(list) = self.free.get_mut(bucket) {
            // SAFETY: the piece is nobody's now, and large enough.
            unsafe { piece.write(FreePiece { next: *list }) };
            *list = Some(piece);
        }
    }
}

// SAFETY: pieces are disjoint, at least as large and as aligned as asked for
// (nothing asks for more alignment than a page), and stay until freed.
unsafe impl GlobalAlloc for BrkAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let piece = self.0.lock().allocate(bucket(layout));
        OUT_OF_MEMORY.store(piece.is_none(), Relaxed);
        piece.map_or(ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        if let Some(piece) = NonNull::new(piece) {
            // SAFETY: the same layout gives the same bucket.
            unsafe { self.0.lock().free(piece, bucket(layout)) };
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Ok(new_layout) = Layout::from_size_align(new_size, layout.align()) else {
            return ptr::null_mut();
        };
        if bucket(new_layout) == bucket(layout) {
            return piece;
        }
        // SAFETY: two different pieces; the smaller size lies in both.
        unsafe {
            let new = self.alloc(new_layout);
            if !new.is_null() {
                ptr::copy_nonoverlapping(piece, new, layout.size().min(new_size));
                self.dealloc(piece, layout);
            }
            new
        }
    }
}
