// SPDX-License-Identifier: GPL-2.0-or-later
//! The memory of a process: heap, stack, copy-on-write, exhaustion.

use crate::support::{
    HOLE, Outcome, Pipe, address, all_well, as_user, child, create, fate, in_child, kill_and_wait,
    killed_by, pattern,
};
use abi::Errno;
use abi::limits::PAGE_SIZE;
use abi::signal::Signal;
use abi::sys::resource::{RLIM_INFINITY, RLIMIT_STACK, Rlimit};
use abi::sys::wait::WaitStatus;
use abi::unistd::SEEK_SET;
use alloc::vec;
use alloc::vec::Vec;
use core::ptr::{read_volatile, write_volatile};
use core::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use user::calls::{self, File};
use user::env::task_size;

tests! {
    brk_grow "what brk adds is zero and can be written";
    brk_shrink "what brk takes away is gone, and zero when it comes back";
    brk_refused "brk answers the old end to what is not possible";
    brk_unaligned "the end of the heap may lie inside a page";
    stack_grow "the stack grows to several megabytes";
    stack_too_large "a stack without end is a fault, not a hang";
    null_read "reading address 0 is a fault";
    null_write "writing address 0 is a fault";
    null_execute "jumping to address 0 is a fault";
    wild_pointers "addresses that are not the program's are faults";
    end_of_segment "an access across the end of the segment is a fault";
    gap_fault "what lies between heap and stack is a fault";
    cow_parent "what the parent writes the child does not see";
    cow_child "what a child writes the parent does not see";
    cow_kernel_writes "what the kernel writes for a child the parent does not see";
    cow_siblings "ten children write the same page, each its own";
    cow_text "writing to the text changes only one process";
    data_fresh "initialised data is as the file has it, bss is zero";
    memory_exhausted "a program that takes all memory gets no more, and all of it comes back";
    memory_exhausted_fork "fork without memory for page tables is ENOMEM";
    memory_exhausted_kernel "calls that need memory that cannot be had fail";
    memory_exhausted_read "a read into memory that cannot be had is ENOMEM";
    memory_exhausted_brk "brk refuses what is not free, and leaves users less than root";
    large_sparse "pages far apart";
    read_into_shared_data "a read that sleeps into data that another process shares meanwhile";
    exec_sharing "programs that run at the same time share and do not disturb each other";
}

fn brk(end: u32) -> u32 {
    system_call!(brk(end)).unwrap_or(0)
}

fn peek(address: u32) -> u8 {
    // SAFETY: a byte of this process, or a fault that the test expects.
    unsafe { read_volatile(address as *const u8) }
}

fn poke(address: u32, byte: u8) {
    // SAFETY: a byte that nothing else uses, or a fault that the test expects.
    unsafe { write_volatile(address as *mut u8, byte) }
}

fn brk_grow() -> Outcome {
    let start = brk(0);
    check_eq!(brk(start + 0x4_0000), start + 0x4_0000);
    for at in (start..start + 0x4_0000).step_by(1000) {
        check_eq!(peek(at), 0);
        poke(at, 7);
    }
    check_eq!(peek(start), 7);
    check_eq!(brk(start), start);
    Ok(())
}

fn brk_shrink() -> Outcome {
    let start = brk(0).next_multiple_of(PAGE_SIZE);
    check_eq!(brk(start + 0x8000), start + 0x8000);
    for at in (start..start + 0x8000).step_by(512) {
        poke(at, 9);
    }
    check_eq!(brk(start + 0x2000), start + 0x2000);
    killed_by(Signal::SIGSEGV, || {
        peek(start + 0x2000);
    })?;
    check_eq!(brk(start + 0x8000), start + 0x8000);
    check_eq!(peek(start + 0x1000), 9);
    for at in (start + 0x2000..start + 0x8000).step_by(512) {
        check_eq!(peek(at), 0);
    }
    Ok(())
}

fn brk_refused() -> Outcome {
    let start = brk(0);
    let stack = address(&raw const start);
    let end = task_size();
    for bad in [0, 1, 0x1000, stack, end - 1, end, end + 1, u32::MAX] {
        check_eq!(brk(bad), start);
    }
    Ok(())
}

fn brk_unaligned() -> Outcome {
    let start = brk(0).next_multiple_of(PAGE_SIZE);
    for extra in [1, 2, 4095, 4096, 4097, 1] {
        check_eq!(brk(start + extra), start + extra);
        check_eq!(peek(start + extra - 1), 0);
    }
    Ok(())
}

/// Lets the stack grow so far.
fn limit_stack(bytes: i32) {
    let limit = Rlimit {
        rlim_cur: bytes,
        rlim_max: RLIM_INFINITY,
    };
    let _ = system_call!(setrlimit(RLIMIT_STACK, address(&raw const limit)));
}

#[inline(never)]
fn recurse(left: u32) -> u32 {
    let block = core::hint::black_box([left as u8; 2048]);
    if left == 0 {
        block[7].into()
    } else {
        recurse(left - 1) + u32::from(block[2047])
    }
}

fn stack_grow() -> Outcome {
    in_child(|| {
        // A little more than 4 MB, if there is so much.
        check!(recurse((free_pages() / 3).min(2100)) > 0);
        Ok(())
    })
}

fn stack_too_large() -> Outcome {
    killed_by(Signal::SIGSEGV, || {
        limit_stack(0x4_0000);
        core::hint::black_box(recurse(1_000_000));
    })
}

fn null_read() -> Outcome {
    killed_by(Signal::SIGSEGV, || {
        peek(core::hint::black_box(0));
    })?;
    killed_by(Signal::SIGSEGV, || {
        peek(core::hint::black_box(0xfff));
    })
}

fn null_write() -> Outcome {
    killed_by(Signal::SIGSEGV, || poke(core::hint::black_box(0), 1))
}

fn null_execute() -> Outcome {
    killed_by(Signal::SIGSEGV, || {
        // SAFETY: the process ends here.
        unsafe { core::arch::asm!("xor eax, eax", "jmp eax", options(noreturn)) }
    })
}

fn wild_pointers() -> Outcome {
    // Beyond the segment, where no process has a page: an emulator that does
    // not check limits must not let this test write into another process. In the
    // classic kernel these are the middles of all other segments.
    for at in (task_size() + HOLE..=u32::MAX).step_by(64 << 20) {
        killed_by(Signal::SIGSEGV, || {
            peek(at);
        })?;
        killed_by(Signal::SIGSEGV, || poke(at, 1))?;
    }
    Ok(())
}

fn end_of_segment() -> Outcome {
    poke(task_size() - 1, 1);
    // SAFETY: the process ends here: the word reaches across the end.
    killed_by(Signal::SIGSEGV, || unsafe {
        core::arch::asm!("mov dword ptr [ecx], 5", in("ecx") task_size() - 2)
    })
}

fn gap_fault() -> Outcome {
    let heap_end = brk(0).next_multiple_of(PAGE_SIZE);
    for at in [heap_end, heap_end + 0x10_0000, HOLE, task_size() / 4 * 3] {
        killed_by(Signal::SIGSEGV, || {
            peek(at);
        })?;
        killed_by(Signal::SIGSEGV, || poke(at, 1))?;
    }
    Ok(())
}

fn cow_parent() -> Outcome {
    let mut block = vec![1u8; 20000];
    let pipe = must!(Pipe::new());
    let pid = must!(child(|| {
        must!(pipe.wait_for(b'x'));
        check!(block.iter().all(|&byte| byte == 1));
        Ok(())
    }));
    block.fill(2);
    must!(calls::write(pipe.1, b"x"));
    all_well(&[pid])?;
    check!(block.iter().all(|&byte| byte == 2));
    Ok(())
}

fn cow_child() -> Outcome {
    let mut block = vec![1u8; 20000];
    let mut on_stack = [1u8; 5000];
    in_child(|| {
        block.fill(2);
        on_stack.fill(2);
        check!(block.iter().chain(&on_stack).all(|&byte| byte == 2));
        Ok(())
    })?;
    check!(core::hint::black_box(&block).iter().all(|&byte| byte == 1));
    check!(
        core::hint::black_box(&on_stack)
            .iter()
            .all(|&byte| byte == 1)
    );
    Ok(())
}

fn cow_kernel_writes() -> Outcome {
    let file = must!(create(c"f"));
    must!(calls::write_all(file.fd(), &[7; 9000]));
    let mut block = vec![1u8; 9000];
    in_child(|| {
        must!(calls::lseek(file.fd(), 0, SEEK_SET));
        check_eq!(calls::read(file.fd(), &mut block), Ok(9000));
        check!(block.iter().all(|&byte| byte == 7));
        Ok(())
    })?;
    check!(core::hint::black_box(&block).iter().all(|&byte| byte == 1));
    Ok(())
}

fn cow_siblings() -> Outcome {
    let mut block = vec![0u8; 8192];
    let mut children = Vec::new();
    for id in 1..=10u8 {
        children.push(must!(child(|| {
            for _ in 0..3 {
                block.fill(id);
                must!(
                    in_child(|| {
                        check!(block.iter().all(|&byte| byte == id));
                        Ok(())
                    })
                    .map_err(|failure| failure.0)
                );
            }
            check!(block.iter().all(|&byte| byte == id));
            Ok(())
        })));
    }
    all_well(&children)?;
    check!(core::hint::black_box(&block).iter().all(|&byte| byte == 0));
    Ok(())
}

fn cow_text() -> Outcome {
    let at = crate::helper::run as *const () as u32;
    let byte = peek(at);
    in_child(|| {
        poke(at, !byte);
        check_eq!(peek(at), !byte);
        Ok(())
    })?;
    check_eq!(peek(at), byte);
    Ok(())
}

/// Pages of static data.
#[repr(align(4096))]
struct Pages<const BYTES: usize>([AtomicU8; BYTES]);

/// Initialised data that nothing but these tests touches.
static DATA: Pages<0x1_0000> = Pages([const { AtomicU8::new(0x5a) }; 0x1_0000]);
/// The same without contents.
static ZEROES: Pages<0x4000> = Pages([const { AtomicU8::new(0) }; 0x4000]);

fn data_fresh() -> Outcome {
    check!(DATA.0.iter().all(|byte| byte.load(Relaxed) == 0x5a));
    check!(ZEROES.0.iter().all(|byte| byte.load(Relaxed) == 0));
    Ok(())
}

/// Free pages, told without using any.
pub fn free_pages() -> u32 {
    let mut text = [0; 64];
    let Ok(file) = File::open(c"/dev/usage") else {
        return 0;
    };
    let _ = calls::read(file.fd(), &mut text);
    text.iter()
        .skip_while(|byte| !byte.is_ascii_digit())
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |value, &digit| value * 10 + u32::from(digit - b'0'))
}

/// Free pages that programs may have: the wide edition keeps some for page tables and
/// the like. By trying how far the heap may grow.
fn program_pages() -> u32 {
    let end = brk(0);
    let grows = |pages: u32| {
        let wanted = end + pages * PAGE_SIZE;
        let grows = brk(wanted) == wanted;
        brk(end);
        grows
    };
    let (mut most, mut too_much) = (0, free_pages() + 1);
    while too_much - most > 1 {
        let pages = most.midpoint(too_much);
        match grows(pages) {
            true => most = pages,
            false => too_much = pages,
        }
    }
    most
}

/// Uses page after page of the heap until programs may have only so many.
pub fn take_all_but(left: u32) {
    let mut end = brk(0).next_multiple_of(PAGE_SIZE);
    brk(end);
    loop {
        // Looking at what is free takes longer than taking a page.
        let some = program_pages().saturating_sub(left).div_ceil(2);
        if some == 0 || brk(end + some * PAGE_SIZE) == end {
            return;
        }
        for _ in 0..some {
            poke(end, 1);
            end += PAGE_SIZE;
        }
    }
}

fn memory_exhausted() -> Outcome {
    // What a machine of 64 MB has: nine times more than that would take long.
    with_little_memory(16_000, || {
        in_child(|| {
            let start = brk(0).next_multiple_of(PAGE_SIZE);
            take_all_but(free_pages() / 4);
            // What a child writes to must be copied, and there is not so much.
            for _ in 0..9 {
                let pages = (start..brk(0)).step_by(PAGE_SIZE as usize);
                killed_by(Signal::SIGKILL, || pages.for_each(|page| poke(page, 2)))?;
            }
            Ok(())
        })
    })?;
    in_child(|| {
        check!(pattern(0x4_0000, 1).len() == 0x4_0000);
        Ok(())
    })
}

/// Runs something while another process holds all but so many pages, so that using
/// up the rest takes no time.
pub fn with_little_memory(left: u32, run: impl FnOnce() -> Outcome) -> Outcome {
    let pipe = must!(Pipe::new());
    let holder = must!(child(|| {
        take_all_but(left);
        must!(calls::write(pipe.1, b"x"));
        loop {
            calls::pause();
        }
    }));
    must!(pipe.wait_for(b'x'));
    let result = run();
    must!(kill_and_wait(holder));
    result
}

/// Runs something in a child that has left only so many pages free, after it
/// has been run once so that its code is there.
fn with_free_pages(left: u32, run: fn()) -> Outcome {
    let before = free_pages();
    let status = must!(fate(|| {
        core::hint::black_box(recurse(4));
        let _ = free_pages();
        run();
        take_all_but(left);
        run();
        0
    }));
    // Its children may live a little longer; some pages are of the code that
    // this process has come to meanwhile.
    while free_pages() + 20 < before {}
    // It may miss a page that it needs itself.
    check!(status == WaitStatus(0) || status.term_signal().is_some());
    Ok(())
}

fn memory_exhausted_fork() -> Outcome {
    with_little_memory(300, || {
        for left in 0..10 {
            with_free_pages(left, || {
                if let Ok(None) = calls::fork() {
                    calls::_exit(0);
                }
                let _ = calls::waitpid(-1, 0);
            })?;
        }
        let status = must!(fate(|| {
            take_all_but(1);
            let are_kept = free_pages() > 1;
            match calls::fork() {
                Ok(None) => calls::_exit(0),
                Ok(Some(_)) => i32::from(!are_kept),
                Err(errno) => i32::from(are_kept || errno != Errno::ENOMEM),
            }
        }));
        check_eq!(status, WaitStatus(0));
        Ok(())
    })
}

/// A page of the stack that has not been used yet: deeper each time.
fn unused_page() -> u32 {
    static DEPTH: AtomicU32 = AtomicU32::new(1 << 20);
    task_size() - DEPTH.fetch_add(PAGE_SIZE, Relaxed)
}

/// Calls for which the kernel needs memory, or writes to the program's.
fn use_memory() {
    let zero = calls::open(c"/dev/zero", 0, 0).map_or(0, |fd| fd.0);
    let _ = system_call!(read(zero, unused_page(), PAGE_SIZE));
    let _ = system_call!(close(zero));
    if let Ok((reader, writer)) = calls::pipe() {
        let _ = calls::write(writer, b"x");
        let _ = (calls::close(reader), calls::close(writer));
    }
    let _ = calls::execve(c"/bin/no such program", &[], &[]);
}

fn memory_exhausted_kernel() -> Outcome {
    with_little_memory(300, || {
        for left in [0, 1, 2, 3, 5, 8, 13] {
            with_free_pages(left, use_memory)?;
            // The old program may be gone when the memory for the new one is
            // missing.
            let status = must!(fate(|| {
                take_all_but(left);
                i32::from(calls::execve(c"/bin/true", &[c"true"], &[]).number())
            }));
            check!(matches!(status.exit_status(), Some(0 | 12)) || status.term_signal().is_some());
        }
        Ok(())
    })
}

fn memory_exhausted_read() -> Outcome {
    with_little_memory(300, || {
        let status = must!(fate(|| {
            let zero = calls::open(c"/dev/zero", 0, 0).map_or(0, |fd| fd.0);
            let read = || system_call!(read(zero, unused_page(), PAGE_SIZE));
            if read() != Ok(PAGE_SIZE) {
                return 1;
            }
            take_all_but(0);
            i32::from(read() != Err(Errno::ENOMEM))
        }));
        check_eq!(status, WaitStatus(0));
        Ok(())
    })
}

fn memory_exhausted_brk() -> Outcome {
    let end = brk(0);
    let bytes = |pages: u32| pages * PAGE_SIZE;
    in_child(|| {
        check_eq!(brk(end + bytes(program_pages() + 2)), end);
        let most = end + bytes(program_pages() - 20);
        check_eq!(brk(most), most);
        // What was promised before does not count: nobody has used it.
        check_eq!(brk(most + bytes(10)), most + bytes(10));
        check_eq!(brk(end), end);
        Ok(())
    })?;
    let free = program_pages();
    as_user(100, 10, || {
        check_eq!(brk(end + bytes(free - 20)), end);
        let most = end + bytes(free / 2);
        check_eq!(brk(most), most);
        Ok(())
    })
}

fn large_sparse() -> Outcome {
    const TABLE: u32 = 0x40_0000;
    // They belong to the stack.
    let first = task_size() - 14 * TABLE;
    let pages = (first..task_size() - 3 * TABLE).step_by(TABLE as usize);
    limit_stack(RLIM_INFINITY);
    for at in pages.clone() {
        poke(at, 5);
    }
    in_child(|| {
        for at in pages.clone() {
            check_eq!(peek(at), 5);
            poke(at, 6);
        }
        Ok(())
    })?;
    check_eq!(peek(first + TABLE), 5);
    Ok(())
}

fn read_into_shared_data() -> Outcome {
    let pipe = must!(Pipe::new());
    // Somewhere on the disk where nothing has been read yet.
    let (_, ticks) = must!(calls::times());
    let place = |page: usize| ((8 << 20) + (ticks % 4096) * 1024 + page as u32 * 0x4_0000) as i32;
    let reader = must!(child(|| {
        let disk = must!(File::open(c"/dev/hd0"));
        let mut expected = [0; 1024];
        for page in 0..16 {
            let into = address(&raw const DATA.0[page * 4096]);
            must!(calls::lseek(disk.fd(), place(page), SEEK_SET));
            must!(calls::write(pipe.1, b"x"));
            check_eq!(system_call!(read(disk.fd().0, into, 1024)), Ok(1024));
            must!(calls::lseek(disk.fd(), place(page), SEEK_SET));
            check_eq!(calls::read(disk.fd(), &mut expected), Ok(1024));
            for (index, &byte) in expected.iter().enumerate() {
                check_eq!(DATA.0[page * 4096 + index].load(Relaxed), byte);
            }
            check_eq!(DATA.0[page * 4096 + 1024].load(Relaxed), 0x5a);
        }
        Ok(())
    }));
    let other = must!(child(|| {
        for page in 0..16 {
            must!(pipe.wait_for(b'x'));
            for index in 0..4096 {
                check_eq!(DATA.0[page * 4096 + index].load(Relaxed), 0x5a);
            }
        }
        Ok(())
    }));
    all_well(&[reader, other])
}

fn exec_sharing() -> Outcome {
    let mut children = Vec::new();
    for _ in 0..8 {
        children.push(must!(child(|| {
            let errno = calls::execve(c"/bin/sh", &[c"sh", c"-c", c"A=1; test $A = 1"], &[]);
            Err(failure!("{errno:?}"))
        })));
    }
    all_well(&children)
}
