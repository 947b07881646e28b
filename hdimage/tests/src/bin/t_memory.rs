// SPDX-License-Identifier: GPL-2.0-or-later
//! Uses memory, up to gigabytes of it, and looks whether each page keeps what was
//! written there. Prints `ok`, or what is wrong.
//!
//! ```text
//! t_memory fill MB         a heap of so many megabytes
//! t_memory heaps N MB      N processes at once, each with so much heap above 2 GB
//! t_memory stacks N MB     the same with pages of the stack
//! t_memory stack MB        a stack that grows so far by calls
//! t_memory bss MB          a program with so many zeroes behind its data
//! t_memory fork MB         a child writes to a heap that it shares
//! t_memory secret MB       what another process has written is not to be seen
//! t_memory file MB         memory goes to a file and comes back
//! t_memory trace           another process looks into the memory and changes it
//! t_memory physical FROM TO   finds its pages between so many megabytes of /dev/mem
//! t_memory hold MB         keeps so much heap until it is killed
//! ```
#![no_std]
#![no_main]

extern crate alloc;

use abi::Errno;
use abi::a_out::Exec;
use abi::fcntl::{O_CREAT, O_RDWR, O_TRUNC};
use abi::limits::PAGE_SIZE;
use abi::pod::Pod;
use abi::ptrace::{PTRACE_CONT, PTRACE_PEEKDATA, PTRACE_POKEDATA, PTRACE_TRACEME};
use abi::signal::Signal;
use abi::sys::resource::{RLIM_INFINITY, RLIMIT_STACK, Rlimit};
use abi::sys::wait::WaitStatus;
use abi::unistd::{SEEK_CUR, SEEK_SET};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::hint::black_box;
use core::ops::Range;
use core::ptr::{read_volatile, write_volatile};
use programs::number::unsigned;
use user::calls::{self, Fd, File, Pid};
use user::env::{self, task_size};
use user::{println, syscall};

user::program!(main);

const MEGABYTE: u32 = 1 << 20;
/// Who takes longer hangs, and is ended.
const MOST_SECONDS: u32 = 55;
const TWO_GIGABYTES: u32 = 1 << 31;
/// The last word of a page.
const LAST: u32 = PAGE_SIZE - 4;
/// What is made for a moment.
const FILE: &CStr = c"/tmp/t_memory";

/// Nothing, or what is wrong.
type Outcome = Result<(), String>;

/// What is wrong if a call fails.
fn failed(what: &'static str) -> impl Fn(Errno) -> String {
    move |errno| format!("{what}: {errno}")
}

fn main() -> i32 {
    calls::alarm(MOST_SECONDS);
    let words: Vec<&[u8]> = env::args().iter().map(|word| word.to_bytes()).collect();
    let number = |index: usize| words.get(index).and_then(|word| unsigned(word, 10));
    let (first, second) = (number(1).unwrap_or(0), number(2).unwrap_or(0));
    let result = match words.first().copied() {
        Some(b"fill") => fill(first),
        Some(b"heaps") => at_once(first, &|| heap_above_2_gb(second)),
        Some(b"stacks") => at_once(first, &|| unused_stack(second)),
        Some(b"stack") => stack(first),
        Some(b"bss") => bss(first),
        Some(b"has-bss") => has_bss(first),
        Some(b"fork") => fork(first),
        Some(b"secret") => secret(first),
        Some(b"file") => file(first),
        Some(b"trace") => trace(),
        Some(b"physical") => physical(first, second),
        Some(b"hold") => hold(first),
        _ => Err("no such word: see the head of its source".into()),
    };
    match result {
        Ok(()) => println!("ok"),
        Err(ref reason) => println!("t_memory: {reason}"),
    }
    result.is_err().into()
}

fn word_at(address: u32) -> u32 {
    // SAFETY: an aligned word of the heap or the stack that is only used by addresses.
    unsafe { read_volatile(address as *const u32) }
}

fn set_word(address: u32, word: u32) {
    // SAFETY: as in `word_at`.
    unsafe { write_volatile(address as *mut u32, word) }
}

/// Moves the end of the heap to `end`; 0 only asks. Tells where it is now.
fn brk(end: u32) -> Result<u32, String> {
    // SAFETY: what is above the heap now is nobody's.
    unsafe { syscall::brk(end) }.map_err(failed("brk"))
}

/// Makes the heap end at `end`.
fn grow_heap(end: u32) -> Outcome {
    match brk(end)? {
        new if new == end => Ok(()),
        _ => Err(format!("the heap does not grow to {end:#x}")),
    }
}

/// So many megabytes more of heap.
fn more_heap(megabytes: u32) -> Result<Range<u32>, String> {
    let start = brk(0)?.next_multiple_of(PAGE_SIZE);
    let end = start + megabytes * MEGABYTE;
    grow_heap(end)?;
    Ok(start..end)
}

fn pages(memory: &Range<u32>) -> impl Iterator<Item = u32> {
    memory.clone().step_by(PAGE_SIZE as usize)
}

/// What stands in a word: another number at each place and for each process.
fn mark(address: u32, seed: u32) -> u32 {
    address ^ seed.wrapping_mul(0x9E37_79B9)
}

/// Writes the first and the last word of each page.
fn write(memory: &Range<u32>, seed: u32) {
    for page in pages(memory) {
        for at in [page, page + LAST] {
            set_word(at, mark(at, seed));
        }
    }
}

/// Whether each page still has what [`write`] has put there.
fn check(memory: &Range<u32>, seed: u32) -> Outcome {
    for page in pages(memory) {
        for at in [page, page + LAST] {
            if word_at(at) != mark(at, seed) {
                return Err(format!("{:#x} at {at:#x}", word_at(at)));
            }
        }
    }
    Ok(())
}

/// Whether all words are zero.
fn check_zero(memory: &Range<u32>) -> Outcome {
    for at in memory.clone().step_by(size_of::<u32>()) {
        if word_at(at) != 0 {
            return Err(format!("{:#x} at {at:#x}, not 0", word_at(at)));
        }
    }
    Ok(())
}

fn fill(megabytes: u32) -> Outcome {
    let memory = more_heap(megabytes)?;
    write(&memory, 1);
    check(&memory, 1)
}

/// Makes a child that does something; its exit status is 0 if it went well.
fn child(run: impl FnOnce() -> Outcome) -> Result<Pid, String> {
    match calls::fork().map_err(failed("fork"))? {
        Some(pid) => Ok(pid),
        None => {
            calls::alarm(MOST_SECONDS);
            let result = run();
            if let Err(reason) = &result {
                println!("t_memory: process {}: {reason}", calls::getpid());
                user::stdio::flush();
            }
            calls::_exit(result.is_err().into())
        }
    }
}

/// Waits for the end of a child, which must have gone well.
fn wait(child: Pid) -> Outcome {
    match calls::waitpid(child.0 as i32, 0).map_err(failed("waitpid"))? {
        Some((_, WaitStatus(0))) => Ok(()),
        end => Err(format!("a child ended as {end:?}")),
    }
}

/// A pipe that processes wait at for each other.
struct Pipe(Fd, Fd);

impl Pipe {
    fn new() -> Result<Pipe, String> {
        let (reader, writer) = calls::pipe().map_err(failed("pipe"))?;
        Ok(Pipe(reader, writer))
    }

    fn tell(&self) -> Outcome {
        calls::write_all(self.1, b"x").map_err(failed("write"))
    }

    fn wait(&self) -> Outcome {
        match calls::read(self.0, &mut [0]).map_err(failed("read"))? {
            1 => Ok(()),
            _ => Err("nobody tells".into()),
        }
    }
}

/// Lets `count` processes use memory at once: all have it before one writes, and all
/// have written before one looks.
fn at_once(count: u32, memory: &dyn Fn() -> Result<Range<u32>, String>) -> Outcome {
    let ready = Pipe::new()?;
    // One for each step, as who is ahead must not take what others wait for.
    let go = [Pipe::new()?, Pipe::new()?];
    let step = |number: usize| ready.tell().and_then(|()| go[number].wait());
    let mut children = Vec::new();
    for seed in 1..=count {
        children.push(child(|| {
            let memory = memory()?;
            step(0)?;
            write(&memory, seed);
            step(1)?;
            check(&memory, seed)
        })?);
    }
    for go in &go {
        (0..count).try_for_each(|_| ready.wait())?;
        (0..count).try_for_each(|_| go.tell())?;
    }
    children.into_iter().try_for_each(wait)
}

/// Heap above 2 GB. What lies below it is never touched, so it takes no memory.
fn heap_above_2_gb(megabytes: u32) -> Result<Range<u32>, String> {
    let memory = TWO_GIGABYTES..TWO_GIGABYTES + megabytes * MEGABYTE;
    grow_heap(memory.end)?;
    Ok(memory)
}

/// Lets the stack grow without a limit.
fn unlimit_stack() -> Outcome {
    let limit = Rlimit {
        rlim_cur: RLIM_INFINITY,
        rlim_max: RLIM_INFINITY,
    };
    calls::setrlimit(RLIMIT_STACK, &limit).map_err(failed("setrlimit"))
}

/// Pages of the stack, far below what is in use.
fn unused_stack(megabytes: u32) -> Result<Range<u32>, String> {
    unlimit_stack()?;
    let end = task_size() - 4 * MEGABYTE;
    Ok(end - megabytes * MEGABYTE..end)
}

fn stack(megabytes: u32) -> Outcome {
    const FRAME: usize = 64 << 10;
    #[inline(never)]
    fn deeper(left: u32) -> u32 {
        let mut frame = [0u8; FRAME];
        for (number, page) in frame.chunks_mut(PAGE_SIZE as usize).enumerate() {
            page[0] = left as u8 ^ number as u8;
        }
        let wrong = match left {
            0 => 0,
            _ => deeper(left - 1),
        };
        let pages = black_box(&frame).chunks(PAGE_SIZE as usize);
        let same = pages
            .enumerate()
            .filter(|(number, page)| page[0] == left as u8 ^ *number as u8);
        wrong + (FRAME as u32 / PAGE_SIZE - same.count() as u32)
    }
    unlimit_stack()?;
    match deeper(megabytes * MEGABYTE / FRAME as u32) {
        0 => Ok(()),
        wrong => Err(format!("{wrong} pages of the stack have changed")),
    }
}

/// Makes a copy of this program whose header asks for so much more, and runs that.
fn bss(megabytes: u32) -> Outcome {
    let mut program = Vec::new();
    let own = File::open(c"/usr/lib/tests/t_memory").map_err(failed("t_memory"))?;
    let mut buffer = [0; 1024];
    loop {
        match calls::read(own.fd(), &mut buffer).map_err(failed("read"))? {
            0 => break,
            count => program.extend_from_slice(&buffer[..count]),
        }
    }
    let mut header = Exec::parse(&program).ok_or("t_memory has no header")?;
    header.a_bss += megabytes * MEGABYTE;
    program[..size_of::<Exec>()].copy_from_slice(header.as_bytes());
    let copy = File::open_with(FILE, O_RDWR | O_CREAT | O_TRUNC, 0o755).map_err(failed("copy"))?;
    calls::write_all(copy.fd(), &program).map_err(failed("copy"))?;
    drop(copy);
    let number = alloc::ffi::CString::new(format!("{megabytes}")).unwrap_or_default();
    let runs = child(|| {
        let words = [c"t_memory", c"has-bss", &number];
        Err(failed("execve")(calls::execve(FILE, &words, &[])))
    })?;
    let result = wait(runs);
    let _ = calls::unlink(FILE);
    result
}

/// The zeroes that [`bss`] has asked for are the last ones, below the heap, of which
/// this program has used little.
fn has_bss(megabytes: u32) -> Outcome {
    let end = brk(0)? & !(PAGE_SIZE - 1);
    let memory = end - (megabytes - 1) * MEGABYTE..end - MEGABYTE;
    check_zero(&memory)?;
    write(&memory, 1);
    check(&memory, 1)
}

fn fork(megabytes: u32) -> Outcome {
    let memory = more_heap(megabytes)?;
    write(&memory, 1);
    // Every fourth page, so that all page tables are changed.
    let changed = || memory.clone().step_by(4 * PAGE_SIZE as usize);
    let writer = child(|| {
        check(&memory, 1)?;
        for page in changed() {
            set_word(page, mark(page, 2));
        }
        for page in changed() {
            if word_at(page) != mark(page, 2) || word_at(page + LAST) != mark(page + LAST, 1) {
                return Err(format!("the copy of {page:#x} is wrong"));
            }
        }
        Ok(())
    })?;
    wait(writer)?;
    check(&memory, 1)
}

fn secret(megabytes: u32) -> Outcome {
    let written = Pipe::new()?;
    let keeper = child(|| {
        let memory = more_heap(megabytes)?;
        for at in memory.step_by(size_of::<u32>()) {
            set_word(at, mark(at, 1));
        }
        written.tell()?;
        loop {
            calls::pause();
        }
    })?;
    written.wait()?;
    check_zero(&more_heap(megabytes)?)?;
    calls::kill(keeper.0 as i32, Signal::SIGKILL.number()).map_err(failed("kill"))?;
    calls::waitpid(keeper.0 as i32, 0).map_err(failed("waitpid"))?;
    // Among them is what the other has given back.
    check_zero(&more_heap(megabytes)?)
}

/// Writes memory to a file and reads it back elsewhere, in pieces across pages.
fn file(megabytes: u32) -> Outcome {
    const PIECE: usize = 10_007;
    let memory = more_heap(2 * megabytes)?;
    let middle = memory.start + megabytes * MEGABYTE;
    let (from, to) = (memory.start..middle, middle..memory.end);
    for at in from.clone().step_by(size_of::<u32>()) {
        set_word(at, mark(at, 1));
    }
    let file = File::open_with(FILE, O_RDWR | O_CREAT | O_TRUNC, 0o644).map_err(failed("file"))?;
    let _ = calls::unlink(FILE);
    // SAFETY: both halves of the heap that was just taken; nobody else has them.
    let (source, target) = unsafe {
        let length = from.len();
        (
            core::slice::from_raw_parts(from.start as *const u8, length),
            core::slice::from_raw_parts_mut(to.start as *mut u8, length),
        )
    };
    for piece in source.chunks(PIECE) {
        calls::write_all(file.fd(), piece).map_err(failed("write"))?;
    }
    calls::lseek(file.fd(), 0, SEEK_SET).map_err(failed("lseek"))?;
    for piece in target.chunks_mut(PIECE - 1) {
        let length = piece.len();
        match calls::read(file.fd(), piece).map_err(failed("read"))? {
            count if count == length => {}
            count => return Err(format!("{count} bytes, not {length}")),
        }
    }
    match source == target {
        true => Ok(()),
        false => Err("the file has other bytes".into()),
    }
}

fn trace() -> Outcome {
    let memory = unused_stack(1)?;
    let last = memory.end - PAGE_SIZE / 2;
    let traced = child(|| {
        write(&memory, 1);
        set_word(last, 7);
        calls::ptrace(PTRACE_TRACEME, Pid(0), 0, 0).map_err(failed("ptrace"))?;
        calls::raise(Signal::SIGSTOP).map_err(failed("raise"))?;
        check(&memory, 1)?;
        match word_at(last) {
            8 => Ok(()),
            word => Err(format!("{word:#x}, not what was poked")),
        }
    })?;
    let stopped = calls::waitpid(traced.0 as i32, 0).map_err(failed("waitpid"))?;
    if stopped.is_none_or(|(_, status)| status.stop_signal() != Some(Signal::SIGSTOP)) {
        return Err(format!("it does not stop: {stopped:?}"));
    }
    let call = |request, at, word| calls::ptrace(request, traced, at, word);
    for page in pages(&memory) {
        let word = call(PTRACE_PEEKDATA, page, 0).map_err(failed("peek"))?;
        if word != mark(page, 1) {
            return Err(format!("{word:#x} is seen at {page:#x}"));
        }
    }
    let word = call(PTRACE_PEEKDATA, last, 0).map_err(failed("peek"))?;
    call(PTRACE_POKEDATA, last, word + 1).map_err(failed("poke"))?;
    call(PTRACE_CONT, 1, 0).map_err(failed("continue"))?;
    wait(traced)
}

/// Looks for pages of its own in a part of physical memory, and changes them there.
fn physical(from: u32, to: u32) -> Outcome {
    let memory = more_heap(to - from)?;
    write(&memory, 1);
    let device = File::open_with(c"/dev/mem", O_RDWR, 0).map_err(failed("/dev/mem"))?;
    let seek = |place: i32, how| calls::lseek(device.fd(), place, how).map_err(failed("lseek"));
    seek((from * MEGABYTE) as i32, SEEK_SET)?;
    let mut page = vec![0; PAGE_SIZE as usize];
    let mut changed = 0;
    for _ in 0..(to - from) * MEGABYTE / PAGE_SIZE {
        let count = calls::read(device.fd(), &mut page).map_err(failed("read"))?;
        if count != page.len() {
            break;
        }
        let word = |at: u32| u32::from_bytes(&page[at as usize..]).unwrap_or(0);
        // The mark tells the address.
        let address = mark(word(0), 1);
        let is_own = memory.contains(&address)
            && address.is_multiple_of(PAGE_SIZE)
            && word(LAST) == mark(address + LAST, 1);
        if is_own {
            seek(-(PAGE_SIZE as i32), SEEK_CUR)?;
            calls::write_all(device.fd(), &mark(address, 2).to_le_bytes())
                .map_err(failed("write"))?;
            if word_at(address) != mark(address, 2) {
                return Err(format!("{address:#x} is not where /dev/mem has it"));
            }
            seek(PAGE_SIZE as i32 - 4, SEEK_CUR)?;
            changed += 1;
        }
    }
    match changed {
        0 => Err("no page of this program is there".into()),
        _ => Ok(()),
    }
}

fn hold(megabytes: u32) -> Outcome {
    let memory = more_heap(megabytes)?;
    write(&memory, 1);
    calls::alarm(0);
    println!("held");
    user::stdio::flush();
    loop {
        calls::pause();
    }
}
