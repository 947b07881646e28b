// SPDX-License-Identifier: GPL-2.0-or-later
//! The memory of the calling program (0.11: `include/asm/segment.h`,
//! `verify_area`).
//!
//! A program names memory by offsets in its data segment. No offset is trusted:
//! [`verify_area`] checks it against the segment's size and makes every page
//! present, and writable if it is to be written, before a byte is moved. After that
//! the copy itself cannot fault, so it may run while a spinning lock is held.
//! `verify_area` loads pages from disk and so may sleep; it may not run while such
//! a lock is held.
//!
//! A copy loads the task's data selector (17h) into `ds` or `es`, and loads the
//! kernel's again when it is done. (In 0.11 `fs` has it all the time. Here `fs` stays
//! the program's own, so that no entry into the kernel needs to load it.)

use crate::descriptor::Selector;
use crate::fault;
use crate::fault::PageFault;
use crate::sched::{self, Task, current};
use abi::limits::PATH_MAX;
use abi::pod::Pod;
use abi::sys::types::UserAddress;
use abi::{Errno, Result};
use core::arch::asm;
use core::mem::MaybeUninit;
use fs::platform::UserBuffer;
use mm::LinearAddress;
use mm::memory::{self, PAGE_SIZE, PageFlags, Space, TASK_SIZE};

/// What the kernel is going to do with a piece of the program's memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// The kernel reads it.
    Read,
    /// The kernel writes it.
    Write,
}

impl Access {
    /// What the entry of a page must allow.
    const fn flags(self) -> PageFlags {
        match self {
            Access::Read => PageFlags::USER,
            Access::Write => PageFlags::USER.union(PageFlags::WRITE),
        }
    }
}

/// Prepares `size` bytes at `address` for the access. `EFAULT` if not all of them
/// belong to the program, `ENOMEM` if there is no page for them. May sleep.
#[inline(always)]
pub fn verify_area(access: Access, address: UserAddress, size: usize) -> Result<()> {
    if is_in_usable_page(access, address, size) {
        return Ok(());
    }
    verify_pages(access, address, size)
}

/// Whether all bytes are in one page that is usable, as they nearly always are.
#[inline(always)]
fn is_in_usable_page(access: Access, address: UserAddress, size: usize) -> bool {
    if address.0 >= TASK_SIZE || size > rest_of_page(address) {
        return false;
    }
    (current().space()).is_ok_and(|space| is_usable(access, space, space.at(address.0)))
}

/// As [`verify_area`], after giving way to other tasks; `EINTR` if a signal is about to
/// end the caller.
#[cold]
#[inline(never)]
fn give_way_and_verify(access: Access, address: UserAddress, size: usize) -> Result<()> {
    match sched::give_way() {
        true => each_page(access, address, size),
        false => Err(Errno::EINTR),
    }
}

#[inline(never)]
fn verify_pages(access: Access, address: UserAddress, size: usize) -> Result<()> {
    each_page(access, address, size)
}

#[inline(always)]
fn each_page(access: Access, address: UserAddress, size: usize) -> Result<()> {
    let end = (address.0 as usize)
        .checked_add(size)
        .ok_or(Errno::EFAULT)?;
    if end > TASK_SIZE as usize {
        return Err(Errno::EFAULT);
    }
    // Offsets are compared, not linear addresses, because the segment of the last
    // task ends at 4 GB.
    let space = current().space()?;
    let mut page = address.0 as usize & !(PAGE_SIZE - 1);
    while page < end {
        if !is_usable(access, space, space.at(page as u32)) {
            fault_in(current(), access, space.at(page as u32))?;
        }
        page += PAGE_SIZE;
    }
    Ok(())
}

#[inline]
fn is_usable(access: Access, space: Space, address: LinearAddress) -> bool {
    memory::lookup(space, address).is_some_and(|entry| entry.flags().contains(access.flags()))
}

/// Handles the faults that the access would cause, until it is possible.
#[cold]
fn fault_in(task: &'static Task, access: Access, address: LinearAddress) -> Result<()> {
    let write = access == Access::Write;
    let space = task.space()?;
    while !is_usable(access, space, address) {
        let protection = memory::lookup(space, address).is_some();
        let fault = PageFault {
            address,
            protection,
            write,
            user: true,
        };
        fault::handle(task, &fault)?;
    }
    Ok(())
}

/// Calls `transfer` for each part of a task's four bytes that lies in one page, with
/// the range of bytes and their place in memory. May sleep before each call.
fn each_part(
    task: &'static Task,
    access: Access,
    address: UserAddress,
    mut transfer: impl FnMut(core::ops::Range<usize>, &mut [u8]),
) -> Result<()> {
    const WORD: usize = 4;
    let end = address.0.checked_add(WORD as u32).ok_or(Errno::EFAULT)?;
    if end > TASK_SIZE {
        return Err(Errno::EFAULT);
    }
    let first = WORD.min(PAGE_SIZE - address.0 as usize % PAGE_SIZE);
    for part in [0..first, first..WORD] {
        if !part.is_empty() {
            let (space, offset) = (task.space()?, address.0 + part.start as u32);
            let linear = space.at(offset);
            fault_in(task, access, linear)?;
            // SAFETY: the task does not run, and Rust has nothing in its memory.
            let page = unsafe { memory::view(space, linear) };
            let first = offset as usize % PAGE_SIZE;
            let bytes = first..first + part.len();
            transfer(part, &mut page.ok_or(Errno::EFAULT)?[bytes]);
        }
    }
    Ok(())
}

/// Copies a word from another task, which must not run meanwhile. May sleep.
pub fn copy_from_task(task: &'static Task, address: UserAddress, word: &mut [u8; 4]) -> Result<()> {
    each_part(task, Access::Read, address, |part, memory| {
        word[part].copy_from_slice(memory);
    })
}

/// Copies a word to another task, which must not run meanwhile. A page that other
/// tasks share is copied first. May sleep.
pub fn copy_to_task(task: &'static Task, address: UserAddress, word: &[u8; 4]) -> Result<()> {
    each_part(task, Access::Write, address, |part, memory| {
        memory.copy_from_slice(&word[part]);
    })
}

/// Copies to the program (0.11: `put_fs_byte` and the like). May sleep.
#[inline]
pub fn copy_to_user(address: UserAddress, bytes: &[u8]) -> Result<()> {
    verify_area(Access::Write, address, bytes.len())?;
    put_fs(address, bytes);
    Ok(())
}

/// Copies from the program (0.11: `get_fs_byte` and the like). May sleep.
pub fn copy_from_user(address: UserAddress, bytes: &mut [u8]) -> Result<()> {
    verify_area(Access::Read, address, bytes.len())?;
    // SAFETY: the source was verified; the destination is borrowed exclusively.
    unsafe { get_fs(address, bytes.as_mut_ptr(), bytes.len()) };
    Ok(())
}

/// Copies the bytes at `address` that are in memory now, at most to the end of the
/// page; the rest of `bytes` stays as it is. Never sleeps.
pub fn peek_user(address: UserAddress, bytes: &mut [u8]) {
    let Ok(space) = current().space() else { return };
    if address.0 >= TASK_SIZE || !is_usable(Access::Read, space, space.at(address.0)) {
        return;
    }
    let count = bytes.len().min(PAGE_SIZE - address.0 as usize % PAGE_SIZE);
    // SAFETY: these bytes of one page belong to the program and are present; the
    // destination is borrowed exclusively.
    unsafe { get_fs(address, bytes.as_mut_ptr(), count) };
}

/// Copies a value to the program.
#[inline(always)]
pub fn put_user<T: Pod>(address: UserAddress, value: &T) -> Result<()> {
    copy_to_user(address, value.as_bytes())
}

/// Copies a value from the program.
pub fn get_user<T: Pod>(address: UserAddress) -> Result<T> {
    let mut value = T::zeroed();
    copy_from_user(address, value.as_bytes_mut())?;
    Ok(value)
}

/// A buffer for a path. It is not cleared, since that would take longer than to
/// copy most paths.
pub struct PathBuffer(MaybeUninit<[u8; PATH_MAX]>);

impl PathBuffer {
    /// An empty buffer.
    #[inline(always)]
    pub const fn new() -> PathBuffer {
        PathBuffer(MaybeUninit::uninit())
    }

    /// Copies a string from the program and returns it without its NUL.
    /// `ENAMETOOLONG` if it has no NUL within [`PATH_MAX`] bytes.
    pub fn get_string(&mut self, address: UserAddress) -> Result<&[u8]> {
        let length = match string_length(address, PATH_MAX) {
            Err(Errno::E2BIG) => Err(Errno::ENAMETOOLONG),
            other => other,
        }?;
        // SAFETY: `string_length` has verified that many bytes, which are no
        // more than there is room for; afterwards they are initialised.
        unsafe {
            get_fs(address, self.0.as_mut_ptr().cast(), length);
            Ok(core::slice::from_raw_parts(self.0.as_ptr().cast(), length))
        }
    }
}

/// The length of a string without its NUL, or `E2BIG` if there is none in
/// `most` bytes. All of it is verified for reading.
#[inline]
pub fn string_length(address: UserAddress, most: usize) -> Result<usize> {
    let (mut at, mut left) = (address, most);
    while left > 0 {
        // One page at a time: the next page may not belong to the program.
        let piece = rest_of_page(at).min(left);
        verify_area(Access::Read, at, piece)?;
        let length = scan_fs(at, piece);
        left -= length;
        if length < piece {
            return Ok(most - left);
        }
        at = UserAddress(at.0.checked_add(length as u32).ok_or(Errno::EFAULT)?);
    }
    Err(Errno::E2BIG)
}

/// How many words stand before the first one that is 0; a null pointer is a vector of
/// length 0. All are verified for reading. `E2BIG` if none of `most` is 0, `EINTR` if a
/// signal is about to end the caller.
pub fn vector_length(address: UserAddress, most: usize) -> Result<usize> {
    const WORD: usize = size_of::<u32>();
    if address.is_null() {
        return Ok(0);
    }
    let (mut at, mut left) = (address, most);
    while left > 0 {
        if !sched::give_way() {
            return Err(Errno::EINTR);
        }
        // A word that lies in two pages is a piece of its own.
        let piece = (rest_of_page(at) / WORD).clamp(1, left);
        verify_area(Access::Read, at, piece * WORD)?;
        let length = scan_fs_words(at, piece);
        left -= length;
        if length < piece {
            return Ok(most - left);
        }
        let bytes = (length * WORD) as u32;
        at = UserAddress(at.0.checked_add(bytes).ok_or(Errno::EFAULT)?);
    }
    Err(Errno::E2BIG)
}

/// Bytes from an address to the end of its page.
#[inline(always)]
fn rest_of_page(address: UserAddress) -> usize {
    PAGE_SIZE - address.0 as usize % PAGE_SIZE
}

/// Makes a function that counts what is before the first zero; `count` if there is none.
macro_rules! scan {
    ($name:ident, $scan:literal) => {
        fn $name(address: UserAddress, count: usize) -> usize {
            let (left, end): (usize, u32);
            // SAFETY: the caller has verified the memory for reading. `es` is restored
            // before the compiler's own code runs. The direction flag is clear.
            unsafe {
                asm!(
                    "mov edx, {user_data}",
                    "mov es, dx",
                    "xor eax, eax",
                    $scan,
                    "setz al",
                    "mov edx, ds",
                    "mov es, dx",
                    inout("ecx") count => left,
                    inout("edi") address.0 => _,
                    out("eax") end,
                    out("edx") _,
                    user_data = const Selector::USER_DATA.0,
                    options(nostack, readonly),
                );
            }
            count - left - end as usize
        }
    };
}
scan!(scan_fs, "repne scasb");
scan!(scan_fs_words, "repne scasd");

/// The selectors in `fs` and `gs`, which the kernel leaves to the program.
pub fn read_fs_gs() -> [u32; 2] {
    let (fs, gs): (u32, u32);
    // SAFETY: reading a segment register changes nothing.
    unsafe {
        asm!("mov {0:e}, fs", "mov {1:e}, gs", out(reg) fs, out(reg) gs,
            options(nomem, nostack, preserves_flags));
    }
    [fs & 0xFFFF, gs & 0xFFFF]
}

/// Lets a new program find its data selector in `fs`, and 0 in `gs`.
pub fn reset_fs_gs() {
    let data = Selector::USER_DATA.0;
    // SAFETY: ring 3 may load both, and the kernel uses these registers for nothing.
    unsafe {
        asm!("mov fs, {0:x}", "mov gs, {1:x}", in(reg) data, in(reg) 0,
            options(nomem, nostack, preserves_flags));
    }
}

/// Moves bytes to the program, which must have been verified.
fn put_fs(address: UserAddress, bytes: &[u8]) {
    debug_assert!(address.0 as usize + bytes.len() <= TASK_SIZE as usize);
    // SAFETY: all callers have verified the destination for writing, so it is
    // inside the segment and does not fault; Rust has nothing there. `es` is
    // restored before the compiler's own code runs. `esi` cannot be named as an
    // operand, so it is exchanged. The direction flag is clear.
    unsafe {
        asm!(
            "mov eax, {user_data}",
            "mov es, ax",
            "xchg esi, {source}",
            "mov eax, ecx",
            "shr ecx, 2",
            "rep movsd",
            "mov ecx, eax",
            "and ecx, 3",
            "rep movsb",
            "xchg esi, {source}",
            "mov eax, ds",
            "mov es, ax",
            source = inout(reg) bytes.as_ptr() => _,
            out("eax") _,
            inout("ecx") bytes.len() => _,
            inout("edi") address.0 => _,
            user_data = const Selector::USER_DATA.0,
        );
    }
}

/// Moves bytes from the program.
///
/// # Safety
/// The source must have been verified for reading, and `to` be valid for
/// writing `count` bytes.
unsafe fn get_fs(address: UserAddress, to: *mut u8, count: usize) {
    // SAFETY: the caller promises that both are valid. The registers are treated as
    // in `put_fs`.
    unsafe {
        asm!(
            "mov eax, {user_data}",
            "mov ds, ax",
            "xchg esi, {source}",
            "mov eax, ecx",
            "shr ecx, 2",
            "rep movsd",
            "mov ecx, eax",
            "and ecx, 3",
            "rep movsb",
            "xchg esi, {source}",
            "mov eax, es",
            "mov ds, ax",
            source = inout(reg) address.0 => _,
            out("eax") _,
            inout("ecx") count => _,
            inout("edi") to => _,
            user_data = const Selector::USER_DATA.0,
        );
    }
}

/// A buffer of the program, as `read` and `write` get it. The kernel only reads it if
/// `IS_READ`, as for `write(2)`; else it fills it.
pub struct UserSlice<const IS_READ: bool> {
    /// What is left begins here.
    address: UserAddress,
    /// It ends before this, or before 4 GB more than this.
    end: u32,
    /// What was prepared ends before this.
    prepared: u32,
}

/// A buffer that the kernel fills.
pub type FilledSlice = UserSlice<false>;
/// A buffer that the kernel reads.
pub type ReadSlice = UserSlice<true>;

impl<const IS_READ: bool> UserSlice<IS_READ> {
    const ACCESS: Access = if IS_READ { Access::Read } else { Access::Write };

    /// The `size` bytes at `address`.
    pub fn new(address: UserAddress, size: u32) -> Self {
        UserSlice {
            address,
            end: address.0.wrapping_add(size),
            prepared: address.0,
        }
    }

    #[inline(always)]
    fn advance(&mut self, count: usize) {
        // To move more than was prepared would be a bug of the caller, and could
        // fault in ring 0.
        assert!(count as u32 <= self.prepared - self.address.0);
        self.address.0 += count as u32;
    }
}

impl<const IS_READ: bool> UserBuffer for UserSlice<IS_READ> {
    #[inline(always)]
    fn remaining(&self) -> usize {
        self.end.wrapping_sub(self.address.0) as usize
    }

    #[inline(always)]
    fn prepare(&mut self, count: usize) -> Result<()> {
        debug_assert!(count <= self.remaining());
        if sched::must_give_way() || !is_in_usable_page(Self::ACCESS, self.address, count) {
            give_way_and_verify(Self::ACCESS, self.address, count)?;
        }
        self.prepared = self.address.0 + count as u32;
        Ok(())
    }

    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        let address = self.address;
        assert!(Self::ACCESS == Access::Write);
        self.advance(bytes.len());
        put_fs(address, bytes);
    }

    #[inline(always)]
    fn get(&mut self, bytes: &mut [u8]) {
        let address = self.address;
        self.advance(bytes.len());
        // SAFETY: `advance` asserts that the bytes were prepared; the
        // destination is borrowed exclusively.
        unsafe { get_fs(address, bytes.as_mut_ptr(), bytes.len()) };
    }
}
