// SPDX-License-Identifier: GPL-2.0-or-later
//! The second half of `execve`: the old program goes, the new one comes (0.11:
//! `do_execve`, `change_ldt`, `create_tables` in `fs/exec.c`).
//!
//! The first half, which may fail, is in `fs::exec`. When [`sys_execve`] has
//! gathered program and arguments it frees the old pages and maps the
//! arguments; everything else of the new program comes by page faults.
#![deny(unsafe_code)]

use crate::deliver::deliver;
use crate::exit::do_exit;
use crate::fault;
use crate::file_system::file_system;
use crate::frame::{EFLAGS_TF, Registers};
use crate::ptrace;
use crate::sched::{self, Task, current};
use crate::segment::{self, PathBuffer, ReadSlice, get_user, put_user};
use abi::limits::ARG_MAX;
use abi::signal::Signal;
use abi::sys::types::UserAddress;
use abi::sys::wait::WaitStatus;
use abi::{Errno, Result};
use fs::exec::{ArgumentPages, Program, Script};
use mm::memory::{self, PAGE_SIZE, Space};

const WORD: u32 = 4;

/// `execve`: runs `path` with the strings of `argv` and `envp` in place of the
/// current program. `EACCES` for a traced caller if it may not read the program,
/// `ENOMEM` if there cannot be enough memory for its bss.
pub fn sys_execve(registers: &mut Registers) -> Result<u32> {
    let (path, argv, envp) = (
        UserAddress(registers.ebx),
        UserAddress(registers.ecx),
        UserAddress(registers.edx),
    );
    let task = current();
    let mut path_buffer = PathBuffer::new();
    let path = path_buffer.get_string(path)?;
    let program = file_system().find_program(&task.fs_task, path)?;
    let mut strings = ArgumentPages::new();
    let envc = count(envp)?;
    push_strings(&mut strings, envp, 0..envc)?;
    let argc = push_arguments(&mut strings, argv, program.script.as_ref(), path)?;
    let mut name = [0; 16];
    set_name(&mut name, path);
    // The tracer could read the file's contents in the program's memory.
    if !program.is_readable && ptrace::has_ordinary_tracer(task) {
        return Err(Errno::EACCES);
    }
    if pages(program.header.a_bss) > available_pages(task) {
        return Err(Errno::ENOMEM);
    }
    commit(task, task.space()?, program, name);
    match start(task, &mut strings, argc, envc) {
        Ok(stack) => set_registers(registers, task, stack),
        // There is no old program any more to go back to.
        Err(_) => {
            fault::tell_out_of_memory(task);
            do_exit(WaitStatus::from_signal(Signal::SIGKILL))
        }
    }
    if task.trace.is_traced() {
        deliver(Signal::SIGTRAP, task);
    }
    Ok(0)
}

/// How many pages may be free when the old program is gone, which has at most those
/// below its `brk`.
fn available_pages(task: &Task) -> usize {
    memory::available_pages() + pages(task.brk.get())
}

fn pages(bytes: u32) -> usize {
    (bytes as usize).div_ceil(PAGE_SIZE)
}

/// Counts the pointers before the null pointer (0.11: `count`).
fn count(pointers: UserAddress) -> Result<u32> {
    Ok(segment::vector_length(pointers, ARG_MAX / WORD as usize)? as u32)
}

fn pointer(pointers: UserAddress, index: u32) -> Result<UserAddress> {
    let address = pointers.0.checked_add(index * WORD).ok_or(Errno::EFAULT)?;
    get_user(UserAddress(address))
}

/// Pushes the arguments; those of a script are `interpreter [argument] script
/// argv[1]...`. Returns how many there are.
fn push_arguments(
    strings: &mut ArgumentPages,
    argv: UserAddress,
    script: Option<&Script>,
    path: &[u8],
) -> Result<u32> {
    let argc = count(argv)?;
    let Some(script) = script else {
        push_strings(strings, argv, 0..argc)?;
        return Ok(argc);
    };
    push_strings(strings, argv, 1..argc)?;
    strings.push_bytes(path)?;
    if let Some(argument) = script.argument() {
        strings.push_bytes(argument)?;
    }
    strings.push_bytes(script.name())?;
    let own = 2 + u32::from(script.argument().is_some());
    Ok(own + argc.saturating_sub(1))
}

/// Pushes the strings that some pointers point to, the last one first.
fn push_strings(
    strings: &mut ArgumentPages,
    pointers: UserAddress,
    range: core::ops::Range<u32>,
) -> Result<()> {
    for index in range.rev() {
        let string = pointer(pointers, index)?;
        let length = segment::string_length(string, ARG_MAX)?;
        strings.push(&mut ReadSlice::new(string, length as u32))?;
    }
    Ok(())
}

/// The last component of the path, for `ps`.
fn set_name(name: &mut [u8; 16], path: &[u8]) {
    let start = path
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |slash| slash + 1);
    let length = (path.len() - start).min(name.len() - 1);
    name[..length].copy_from_slice(&path[start..start + length]);
}

/// Replaces the old program by the new one.
///
/// Tasks that run the same file share its pages. So the old pages must go before
/// others see the new file, and from there on nothing may sleep until all belongs
/// to the new program.
fn commit(task: &'static Task, space: Space, program: Program<'static>, name: [u8; 16]) {
    let header = program.header;
    // Its tracer has been looked for already, so nobody may begin to trace it now.
    task.guarded.set(1);
    memory::free_page_tables(space, sched::give_way);
    let old = task.executable.lock().replace(program.executable);
    *task.name.lock() = name;
    task.actions.forget_handlers();
    // The tracer would get the new rights too.
    if !task.trace.is_traced() {
        task.fs_task.euid.set(program.euid.into());
        task.fs_task.egid.set(program.egid.into());
    }
    let is_guarded = program.is_set_id || !program.is_readable;
    task.guarded.set(is_guarded.into());
    crate::math::drop_state(task);
    task.semaphores.set(0);
    let end_data = header.a_text + header.a_data;
    task.start_code.set(0);
    task.end_code.set(header.a_text);
    task.end_data.set(end_data);
    task.brk.set(end_data + header.a_bss);
    task.entry.set(header.a_entry);
    // From here on it may sleep.
    drop(old);
    task.fs_task.close_on_exec();
}

/// Maps the argument pages and builds the vectors; returns the stack pointer.
fn start(task: &Task, strings: &mut ArgumentPages, argc: u32, envc: u32) -> Result<u32> {
    task.start_stack
        .set(strings.start() & !(PAGE_SIZE as u32 - 1));
    let space = task.space()?;
    for (offset, page) in strings.take_pages() {
        memory::put_page(page, space, space.at(offset))?;
    }
    create_tables(strings, argc, envc)
}

/// Makes the vectors that point to the strings. `_start` finds at `esp`:
///
/// ```text
/// esp -> argc
///        argv pointer
///        envp pointer
///        argv[0] .. argv[argc-1], null
///        envp[0] .. envp[envc-1], null
///        strings
/// ```
fn create_tables(strings: &mut ArgumentPages, argc: u32, envc: u32) -> Result<u32> {
    let envp = (strings.start() & !(WORD - 1)) - WORD * (envc + 1);
    let argv = envp - WORD * (argc + 1);
    let stack = argv - 3 * WORD;
    put_user(UserAddress(stack), &[argc, argv, envp])?;
    put_vector(argv, argc, strings)?;
    put_vector(envp, envc, strings)?;
    Ok(stack)
}

/// Stores pointers to the last `count` strings, and a null pointer; pops the strings.
fn put_vector(vector: u32, count: u32, strings: &mut ArgumentPages) -> Result<()> {
    for index in 0..count {
        sched::give_way();
        put_user(UserAddress(vector + WORD * index), &strings.start())?;
        strings.pop(|last| segment::string_length(UserAddress(last), ARG_MAX))?;
    }
    put_user(UserAddress(vector + WORD * count), &0u32)
}

/// Sets the registers that the program starts with. Nothing of the old program is
/// left but the trap flag of a tracer.
fn set_registers(registers: &mut Registers, task: &Task, stack: u32) {
    let step = EFLAGS_TF * u32::from(task.trace.is_stepped());
    registers.start_program(task.entry.get(), stack, step);
    segment::reset_fs_gs();
}
