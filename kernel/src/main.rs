// SPDX-License-Identifier: GPL-2.0-or-later
//! From the first Rust instruction to the shell (0.11: `init/main.c`).
//!
//! [`main`] runs once, in ring 0, on the stack of task 0: it sets up memory, traps,
//! devices and the scheduler. Then it goes to ring 3 and *becomes* task 0, which
//! makes task 1 by an ordinary `fork`, and idles. Task 1 runs [`init`] in ring 3:
//! everything from here on is system calls.
#![no_std]
#![no_main]

mod actions;
mod blk_drv;
mod chr_drv;
mod clock;
mod cmos;
mod control_registers;
mod deliver;
mod descriptor;
mod descriptor_tables;
mod execve;
mod exit;
mod fault;
mod file_system;
mod fork;
mod frame;
mod fs_calls;
mod init;
mod irq;
mod job_control;
mod kernel_thread;
mod kupdate;
#[cfg_attr(feature = "latency", path = "latency/measured.rs")]
mod latency;
mod limits;
mod math;
mod panic;
mod platform;
mod power;
mod printk;
mod ptrace;
mod record;
mod resource;
mod sched;
mod segment;
mod sem;
mod setup_data;
mod signal;
mod sleep;
mod sys;
mod system_call;
mod trace;
mod traps;

use crate::control_registers::{CR0_EM, CR0_MP, CR0_NE, CR0_PE_ET, CR0_PG, CR0_WP};
use crate::descriptor::Selector;
use crate::descriptor_tables::Tss;
use crate::frame::EFLAGS_ALWAYS_1;
use crate::sched::TASK;
use core::arch::{asm, global_asm};
use core::ops::Range;
use fs::buffer::BufferHead;
use fs::layout::BLOCK_SIZE;
use mm::memory::{self, PAGE_SIZE, Space};
use mm::{LinearAddress, PhysicalAddress};

global_asm!(
    include_str!("../../boot/head.s"),
    kernel_data = const Selector::KERNEL_DATA.0,
    kernel_stack_size = const fork::KERNEL_STACK_SIZE,
    cr0_keep = const CR0_PE_ET,
    cr0_with_x87 = const CR0_MP | CR0_NE | CR0_WP,
    cr0_toggle_x87 = const CR0_MP | CR0_EM,
    main = sym main,
    options(att_syntax),
);

unsafe extern "C" {
    // Symbols of kernel.ld and head.s; only their addresses mean anything.
    static kernel_start: u8;
    static kernel_text_end: u8;
    static kernel_end: u8;
    static task0_stack_guard: u8;
    static task0_stack_top: u8;
}

/// The first megabyte is the BIOS's, the screen's and the loader's.
const ONE_MEGABYTE: u32 = 0x10_0000;
/// What it takes to run a shell and a program: half a megabyte.
const FEWEST_PAGES: usize = 128;
/// Where the stack of task 0 in ring 3 ends: above the kernel stacks, at the
/// end of slot 0.
const TASK_0_USER_STACK_TOP: u32 = memory::KERNEL_SIZE;

fn address_of(symbol: *const u8) -> u32 {
    symbol.addr() as u32
}

/// head.s calls this. It has set flat segments and a stack, and cleared the
/// statics; all else is to be done.
extern "C" fn main() -> ! {
    setup_data::take();
    chr_drv::console::con_init();
    setup_data::check_command_line(|message| printk!("{message}\n"));
    let memory_end = memory_end();
    let cr3 = enable_paging(memory_end);
    traps::trap_init(cr3);
    sched::sched_init(cmos::time_init());
    math::math_init();
    make_task_0(cr3);
    let gapless_end = gapless_end();
    let buffers_end = buffer_memory_end(gapless_end);
    file_system::fs_init(
        &platform::PLATFORM,
        buffer_heads(address_of(&raw const kernel_end), buffers_end),
    );
    give_away_memory(blk_drv::ramdisk::rd_init(buffers_end, gapless_end));
    chr_drv::tty_init();
    blk_drv::blk_dev_init();
    clock::start_clock();
    chr_drv::random::rand_initialize();
    asm::system::sti();
    let (free, _) = memory::calc_mem();
    memory::keep_reserve(reserved_pages(free), || {
        sched::current().fs_task.may_use_reserve()
    });
    if free < FEWEST_PAGES {
        power::stop(format_args!(
            "Too little memory: {} KB. At least 2 MB are needed",
            memory_end / 1024
        ));
    }
    printk!(
        "Eleven 0.11: {} KB of memory, {free} free pages\n",
        memory_end / 1024
    );
    move_to_user_mode()
}

/// How many pages are kept for the super-user: enough for a shell and two programs,
/// but at most an eighth of all.
fn reserved_pages(free: usize) -> usize {
    const MOST: usize = 128;
    (free / 8).min(MOST)
}

/// The end of usable memory.
fn memory_end() -> u32 {
    let ends = setup_data::usable_memory().map(|stretch| stretch.end);
    ends.last().unwrap_or_default()
}

/// The end of the memory that follows the first megabyte without a gap and that the
/// kernel maps: the kernel, the buffers and the RAM disk lie in it.
fn gapless_end() -> u32 {
    let first = setup_data::usable_memory().find(|stretch| stretch.contains(&ONE_MEGABYTE));
    let end = first.map_or(ONE_MEGABYTE, |stretch| stretch.end);
    end.min(memory::PHYSICAL_LIMIT)
}

/// How far buffers reach: the more memory, the more buffers (0.11:
/// `buffer_memory_end`).
fn buffer_memory_end(memory_end: u32) -> u32 {
    const MEGABYTE: u32 = ONE_MEGABYTE;
    let start = address_of(&raw const kernel_end);
    match memory_end / MEGABYTE {
        12.. => 5 * MEGABYTE,
        6.. => 3 * MEGABYTE,
        _ => start + memory_end.saturating_sub(start) / 4,
    }
}

/// Maps memory at its own address and switches paging on (0.11: `setup_paging` in
/// head.s). Gaps are mapped too, but nobody gets their pages.
fn enable_paging(memory_end: u32) -> u32 {
    let cr3 = memory::setup_paging(PhysicalAddress(memory_end)).0;
    // SAFETY: all of the kernel, its stack and its tables lie below
    // `memory_end` and are mapped where they are, so the next instruction is
    // still the next instruction.
    unsafe {
        asm!("mov cr3, {0}", "mov {0}, cr0", "or {0}, {pg}", "mov cr0, {0}",
            inout(reg) cr3 => _, pg = const CR0_PG);
    }
    memory::expose_kernel_text(
        LinearAddress(address_of(&raw const kernel_start)),
        LinearAddress(address_of(&raw const kernel_text_end)),
    );
    memory::protect_guard(LinearAddress(address_of(&raw const task0_stack_guard)));
    if setup_data::parameters().expose_tss {
        let pages = descriptor_tables::tss_pages();
        memory::expose_tss(pages.start, pages.end);
        printk!("The TSSs are exposed to ring 3, as the command line has it\n");
    }
    cr3
}

/// Makes task 0 of what runs now.
fn make_task_0(cr3: u32) {
    let tss = Tss {
        esp0: address_of(&raw const task0_stack_top),
        cr3,
        ldt: Selector::ldt(0).0.into(),
        ..Tss::new()
    };
    TASK[0].set_context(tss);
    TASK[0].set_state(sched::State::Running);
    TASK[0].start_stack.set(TASK_0_USER_STACK_TOP);
    // Task 1 inherits this name.
    TASK[0].name.lock()[..4].copy_from_slice(b"init");
    descriptor_tables::load_task_register(0);
}

/// Makes buffers of a stretch of memory: the heads from its start on, their blocks at
/// its end (0.11: `buffer_init`).
fn buffer_heads(start: u32, end: u32) -> &'static [BufferHead] {
    const BLOCK: u32 = BLOCK_SIZE as u32;
    let start = start.next_multiple_of(align_of::<BufferHead>() as u32);
    let end = end / BLOCK * BLOCK;
    let count = end.saturating_sub(start) / (size_of::<BufferHead>() as u32 + BLOCK);
    let first: *mut BufferHead = core::ptr::with_exposed_provenance_mut(start as usize);
    let blocks = end - count * BLOCK;
    let blocks: *mut [u8; BLOCK_SIZE] = core::ptr::with_exposed_provenance_mut(blocks as usize);
    // SAFETY: the memory between the kernel's end and `end` exists and is mapped.
    // Nobody has it yet, and nobody else gets it. Heads and blocks do not overlap.
    // Any bytes are a valid block, and every head is written before the slice is
    // made.
    unsafe {
        for index in 0..count {
            let memory = &mut *blocks.add(index as usize);
            first
                .add(index as usize)
                .write(BufferHead::new(index, memory));
        }
        core::slice::from_raw_parts(first, count as usize)
    }
}

/// Makes free pages of all memory that neither the kernel nor a buffer has: what
/// lies above the buffers, and what the loader used below 640 KB.
fn give_away_memory(buffers_end: u32) {
    let buffers_end =
        memory::make_zones(PhysicalAddress(buffers_end), setup_data::usable_memory()).0;
    for Range { start, end } in setup_data::usable_memory() {
        memory::mem_init(
            PhysicalAddress(start),
            PhysicalAddress(end.min(ONE_MEGABYTE)),
        );
        memory::mem_init(
            PhysicalAddress(start.max(buffers_end)),
            PhysicalAddress(end),
        );
    }
}

/// Goes to ring 3 by pretending to return from an interrupt that came from
/// there. The code is the kernel's own, seen through task 0's segments, whose
/// base is 0; the stack is a page of its own.
fn move_to_user_mode() -> ! {
    const STACK_SIZE: u32 = 2 * PAGE_SIZE as u32;
    const EFLAGS: u32 = asm::system::EFLAGS_IF | EFLAGS_ALWAYS_1;
    for page in (TASK_0_USER_STACK_TOP - STACK_SIZE..TASK_0_USER_STACK_TOP).step_by(PAGE_SIZE) {
        memory::get_empty_page(Space::KERNEL, LinearAddress(page))
            .expect("no memory for the first stack");
    }
    // SAFETY: the frame is what IRETD expects to go to ring 3: selectors of
    // task 0's LDT, a mapped stack, and code that ring 3 may read.
    unsafe {
        asm!(
            "mov ds, {data:x}",
            "mov es, {data:x}",
            "mov fs, {data:x}",
            "mov gs, {data:x}",
            "push {data}",
            "push {stack}",
            "push {flags}",
            "push {code}",
            "push {entry}",
            "iretd",
            data = in(reg) u32::from(Selector::USER_DATA.0),
            stack = in(reg) TASK_0_USER_STACK_TOP - 16,
            flags = in(reg) EFLAGS,
            code = in(reg) u32::from(Selector::USER_CODE.0),
            entry = in(reg) init::task_0 as extern "C" fn() -> ! as usize,
            options(noreturn)
        );
    }
}
