// SPDX-License-Identifier: GPL-2.0-or-later
//! Page faults of programs: loading on demand, sharing, copy-on-write
//! (0.11: `do_no_page`, `share_page`, `do_wp_page` in `mm/memory.c`).
//!
//! `mm` knows pages and page tables, and `fs` knows files. A fault needs both, so
//! it is handled here. For a missing page there are four cases, in this order: it
//! does not belong to the program and is refused; it is kept in memory for those that
//! run the same file, and it is shared; it is read from that file; or it is a page of
//! zeroes.
//!
//! ```text
//! offset 0               end_data      brk                       64 MB
//!        |   text, data    | bss, heap | no memory   |    stack   |
//! ```
#![deny(unsafe_code)]

mod page_fault;

pub use page_fault::PageFault;

use crate::deliver::deliver;
use crate::file_system::file_system;
use crate::printk;
use crate::sched::{self, HZ, INIT_PID, Task};
use abi::a_out::ZMAGIC_TEXT_OFFSET;
use abi::signal::Signal;
use abi::sys::resource::RLIMIT_STACK;
use abi::{Errno, Result};
use fs::Executable;
use mm::UserPage;
use mm::memory::{self, FilePage, PAGE_SIZE, Space, TASK_SIZE, get_stale_user_page};
use sync::AtomicWord;

const PAGE: u32 = PAGE_SIZE as u32;
const BLOCK: u32 = 1024;

/// Makes the access possible that faulted. `EFAULT` if the address does not belong
/// to the program, `ENOMEM` if there is no page, `EIO` if it cannot be read. May
/// sleep.
#[inline(always)]
pub fn handle(task: &'static Task, fault: &PageFault) -> Result<()> {
    let space = task.space()?;
    let offset = fault.address.0.wrapping_sub(space.base().0);
    if offset >= TASK_SIZE {
        return Err(Errno::EFAULT);
    }
    match (fault.protection, fault.write) {
        (true, true) => memory::do_wp_page(space, fault.address),
        (true, false) => Err(Errno::EFAULT),
        (false, write) => do_no_page(task, space, offset & !(PAGE - 1), write),
    }
}

#[inline(never)]
fn do_no_page(task: &'static Task, space: Space, offset: u32, write: bool) -> Result<()> {
    if !belongs_to(task, offset) {
        return Err(Errno::EFAULT);
    }
    let address = space.at(offset);
    let text = match offset < task.end_data.get() {
        true => task.executable.lock().as_ref().map(Executable::text),
        // The heap and the stack are in no file.
        false => None,
    };
    let Some(text) = text else {
        return memory::get_empty_page(space, address);
    };
    let page = FilePage { text, offset };
    if memory::share_page(page, space, address)? {
        return match write {
            true => memory::do_wp_page(space, address),
            false => Ok(()),
        };
    }
    let mut loaded = load_page(task, offset)?;
    if offset == 0 && has_no_page_0(task, &mut loaded) {
        task.start_code.set(PAGE);
        return Err(Errno::EFAULT);
    }
    if write {
        return memory::put_page(loaded, space, address);
    }
    memory::keep_page(page, loaded);
    memory::share_page(page, space, address).map(drop)
}

/// Whether nothing is linked to page 0, because the program starts behind it and
/// has only zeroes there. Then a null pointer must fault.
fn has_no_page_0(task: &Task, page: &mut UserPage) -> bool {
    task.entry.get() >= PAGE && page.view().iter().all(|&byte| byte == 0)
}

/// Whether the page belongs to text, data, heap or stack.
fn belongs_to(task: &Task, offset: u32) -> bool {
    let heap_end = task.brk.get().next_multiple_of(PAGE);
    let largest_stack = task.limits.get(RLIMIT_STACK);
    let stack_end = task.start_stack.get().saturating_sub(largest_stack);
    (task.start_code.get()..heap_end).contains(&offset) || offset >= stack_end
}

/// Reads a page of text or data; all bytes behind `end_data` are zero.
fn load_page(task: &Task, offset: u32) -> Result<UserPage> {
    let executable = task.executable.lock().clone().ok_or(Errno::EFAULT)?;
    let mut page = get_stale_user_page().ok_or(Errno::ENOMEM)?;
    let data = (task.end_data.get() - offset).min(PAGE);
    let first_block = (ZMAGIC_TEXT_OFFSET + offset) / BLOCK;
    let mut blocks = [0; (PAGE / BLOCK) as usize];
    let blocks = &mut blocks[..data.div_ceil(BLOCK) as usize];
    let inode = executable.lock();
    for (block, number) in blocks.iter_mut().zip(first_block..) {
        *block = inode.zone(number)?.block();
    }
    drop(inode);
    file_system().bread_page(executable.device(), blocks, &mut page)?;
    page.view()[data as usize..].fill(0);
    Ok(page)
}

/// Ends a program that cannot go on because there is no free page, and prints its
/// name (0.11: `oom`). Init is not ended, since the system needs it: it tries again
/// when others have run.
pub fn out_of_memory(task: &Task) {
    if task.pid.get() == INIT_PID {
        return sched::schedule();
    }
    tell_out_of_memory(task);
    deliver(Signal::SIGKILL, task);
}

/// Prints which program is ended because there is no free page. Of many within a
/// few seconds it prints only the first ones, so that nobody can fill the screen
/// with these messages.
pub fn tell_out_of_memory(task: &Task) {
    const PERIOD: u32 = 10 * HZ;
    const MOST: u32 = 5;
    static START: AtomicWord = AtomicWord::new(0);
    static COUNT: AtomicWord = AtomicWord::new(0);
    if sched::jiffies().wrapping_sub(START.get()) >= PERIOD {
        if COUNT.get() > MOST {
            printk!("Out of memory: {} more were killed\n", COUNT.get() - MOST);
        }
        START.set(sched::jiffies());
        COUNT.set(0);
    }
    COUNT.add(1);
    if COUNT.get() <= MOST {
        // The name of its file may contain anything, even escape sequences.
        let name = task.name.lock().map(|byte| match byte {
            b'!'..=b'~' | 0 => byte,
            _ => b'?',
        });
        let name = core::str::from_utf8(&name).unwrap_or("?");
        let (name, pid) = (name.trim_end_matches('\0'), task.pid.get());
        printk!("Out of memory: {name} (process {pid}) was killed\n");
    }
}

/// How many pages the heap needs so that it ends at `brk`.
pub fn heap_growth(task: &Task, brk: u32) -> u32 {
    let old_end = task.brk.get().next_multiple_of(PAGE);
    brk.next_multiple_of(PAGE).saturating_sub(old_end) / PAGE
}

/// Gives back the pages of the heap behind its new, lower end.
pub fn shrink_heap(task: &Task, brk: u32) -> Result<()> {
    let new_end = brk.next_multiple_of(PAGE);
    let old_end = task.brk.get().next_multiple_of(PAGE);
    if new_end < old_end {
        let space = task.space()?;
        let (start, end) = (space.at(new_end), space.at(old_end));
        memory::free_pages(space, start, end, sched::give_way);
    }
    Ok(())
}
