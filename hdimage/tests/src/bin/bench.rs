// SPDX-License-Identifier: GPL-2.0-or-later
//! `bench`: how many ticks of `rdtsc` the kernel takes for each operation.
//!
//! In Bochs a tick is an instruction, so that two runs agree to the tick. The
//! rows are lines `name times ticks`, separated by tabs; `ticks` is for one
//! operation, the program's own loop included. Only calls of 0.11 are used.
#![no_std]
#![no_main]

use abi::Result;
use abi::fcntl::{O_CREAT, O_RDONLY, O_RDWR, O_TRUNC};
use abi::sys::stat::Stat;
use abi::unistd::SEEK_SET;
use core::arch::asm;
use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::hint::black_box;
use user::signal::restore_without_mask;
use user::syscall;
use user::{eprintln, println};

user::program!(main);

const KILOBYTE: usize = 1024;
const PAGE: usize = 4096;
const RAW_DISK: &CStr = c"/dev/hd2";
const PROGRAM: &CStr = c"/bin/true";
const FOLDERS: [&CStr; 5] = [
    c"/tmp/b1",
    c"/tmp/b1/b2",
    c"/tmp/b1/b2/b3",
    c"/tmp/b1/b2/b3/b4",
    c"/tmp/b1/b2/b3/b4/b5",
];
const DEEP: &CStr = c"/tmp/b1/b2/b3/b4/b5/f";
const FILE: &CStr = c"/tmp/bench";

/// What is copied; in the bss, so that it does not make the program larger.
/// Only the kernel reads and writes it.
struct Buffer(UnsafeCell<[u8; 64 * KILOBYTE]>);

// SAFETY: the program has one thread.
unsafe impl Sync for Buffer {}

static BUFFER: Buffer = Buffer(UnsafeCell::new([0; 64 * KILOBYTE]));

fn buffer() -> u32 {
    BUFFER.0.get() as u32
}

fn buffer_size() -> u32 {
    size_of::<Buffer>() as u32
}

fn path(path: &CStr) -> u32 {
    path.as_ptr() as u32
}

fn rdtsc() -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: reads a counter.
    unsafe { asm!("rdtsc", out("eax") low, out("edx") high, options(nomem, nostack)) };
    u64::from(high) << 32 | u64::from(low)
}

/// Measures `times` runs of an operation and prints the row.
fn row(name: &str, times: u32, operation: impl FnMut(u32) -> Result<u32>) {
    match measure(times, operation) {
        Ok(ticks) => println!("{name}\t{times}\t{ticks}"),
        Err(error) => eprintln!("bench: {name}: {error}"),
    }
}

/// The ticks of one of `times` runs of an operation.
fn measure(times: u32, mut operation: impl FnMut(u32) -> Result<u32>) -> Result<u32> {
    let start = rdtsc();
    for index in 0..times {
        operation(index)?;
    }
    Ok((rdtsc() - start) as u32 / times)
}

/// A call whose arguments are the program's own memory.
macro_rules! call {
    ($name:ident($($argument:expr),*)) => {
        // SAFETY: addresses are those of `BUFFER`, of constants and of locals
        // that are large enough for what the call stores.
        unsafe { syscall::$name($($argument),*) }
    };
}

fn exit() -> ! {
    loop {
        let _ = call!(exit(0));
    }
}

/// Runs `child` in a child process and waits for it.
fn in_child(child: impl FnOnce()) -> Result<u32> {
    if call!(fork())? == 0 {
        child();
        exit();
    }
    call!(waitpid(u32::MAX, 0, 0))
}

fn calls_and_processes() -> Result<()> {
    row("null-call", 2000, |_| call!(getppid()));
    row("fork-exit-wait", 100, |_| in_child(|| {}));
    row("fork-exec-wait", 50, |_| in_child(|| execute(PROGRAM)));
    Ok(())
}

/// Becomes another program, with no arguments but its name.
fn execute(program: &CStr) {
    let argv = [path(program), 0];
    let _ = call!(execve(
        path(program),
        argv.as_ptr() as u32,
        argv[1..].as_ptr() as u32
    ));
}

fn pipe() -> Result<[u32; 2]> {
    let mut fds = [0u32; 2];
    call!(pipe(fds.as_mut_ptr() as u32))?;
    Ok(fds)
}

fn pipes() -> Result<()> {
    let (there, back) = (pipe()?, pipe()?);
    if call!(fork())? == 0 {
        call!(close(there[1]))?;
        while call!(read(there[0], buffer(), 1)) == Ok(1) {
            call!(write(back[1], buffer(), 1))?;
        }
        exit();
    }
    let there_and_back = |_| {
        call!(write(there[1], buffer(), 1))?;
        call!(read(back[0], buffer(), 1))
    };
    row("pipe-round-trip", 500, there_and_back);
    context_switch(there_and_back)?;
    close_all(&[there[0], there[1], back[0], back[1]])?;
    call!(waitpid(u32::MAX, 0, 0))?;

    let line = pipe()?;
    if call!(fork())? == 0 {
        call!(close(line[1]))?;
        while call!(read(line[0], buffer(), PAGE as u32))? > 0 {}
        exit();
    }
    row("pipe-4k", 256, |_| {
        call!(write(line[1], buffer(), PAGE as u32))
    });
    close_all(&line)?;
    call!(waitpid(u32::MAX, 0, 0))?;
    Ok(())
}

/// A task switch alone: half of what a round trip takes longer than the same
/// calls without a second task.
fn context_switch(there_and_back: impl FnMut(u32) -> Result<u32>) -> Result<()> {
    const TIMES: u32 = 500;
    let own = pipe()?;
    let calls = measure(TIMES, |_| {
        for _ in 0..2 {
            call!(write(own[1], buffer(), 1))?;
            call!(read(own[0], buffer(), 1))?;
        }
        Ok(0)
    })?;
    close_all(&own)?;
    let ticks = measure(TIMES, there_and_back)?.saturating_sub(calls) / 2;
    println!("context-switch\t{TIMES}\t{ticks}");
    Ok(())
}

fn close_all(fds: &[u32]) -> Result<()> {
    fds.iter().try_for_each(|&fd| call!(close(fd)).map(drop))
}

fn files() -> Result<()> {
    let size = KILOBYTE as u32;
    let file = call!(open(path(FILE), O_RDWR | O_CREAT | O_TRUNC, 0o644))?;
    row("write-1k-new", 256, |_| call!(write(file, buffer(), size)));
    call!(lseek(file, 0, SEEK_SET))?;
    row("write-1k-over", 256, |_| call!(write(file, buffer(), size)));
    call!(lseek(file, 0, SEEK_SET))?;
    row("read-1k-cached", 256, |_| call!(read(file, buffer(), size)));
    call!(lseek(file, 0, SEEK_SET))?;
    row("read-64k-cached", 4, |_| {
        call!(read(file, buffer(), 64 * size))
    });
    row("sync-256k", 1, |_| call!(sync()));
    call!(close(file))?;
    row("unlink-256k", 1, |_| call!(unlink(path(FILE))));
    let disk = call!(open(path(RAW_DISK), O_RDONLY, 0))?;
    call!(lseek(disk, 8 << 20, SEEK_SET))?;
    row("read-1k-disk", 512, |_| call!(read(disk, buffer(), size)));
    call!(close(disk))?;
    Ok(())
}

fn open_and_close(name: &CStr) -> Result<u32> {
    let fd = call!(open(path(name), O_RDONLY, 0))?;
    call!(close(fd))
}

fn paths() -> Result<()> {
    for folder in FOLDERS {
        call!(mkdir(path(folder), 0o755))?;
    }
    let deep = call!(creat(path(DEEP), 0o644))?;
    call!(close(deep))?;
    row("open-close-1", 500, |_| open_and_close(c"/bin"));
    row("open-close-6", 500, |_| open_and_close(DEEP));
    let mut stat = Stat::default();
    row("stat-6", 500, |_| {
        call!(stat(path(DEEP), (&raw mut stat) as u32))
    });
    call!(unlink(path(DEEP)))?;
    row("create", 200, |index| {
        let fd = call!(creat(path(numbered(&mut [0; 16], index)), 0o644))?;
        call!(close(fd))
    });
    row("unlink", 200, |index| {
        call!(unlink(path(numbered(&mut [0; 16], index))))
    });
    for folder in FOLDERS.iter().rev() {
        call!(rmdir(path(folder)))?;
    }
    Ok(())
}

fn directories() -> Result<()> {
    const NAMES: u32 = 500;
    const FOLDER: &CStr = FOLDERS[0];
    const NAMES_OF_A_READ: usize = 512;
    row("mkdir-rmdir", 100, |_| {
        call!(mkdir(path(FOLDER), 0o755))?;
        call!(rmdir(path(FOLDER)))
    });
    call!(mkdir(path(FOLDER), 0o755))?;
    for index in 0..NAMES {
        let file = call!(creat(path(numbered(&mut [0; 16], index)), 0o644))?;
        call!(close(file))?;
    }
    row("read-dir-500", 10, |_| {
        let folder = call!(open(path(FOLDER), O_RDONLY, 0))?;
        while call!(read(folder, buffer(), NAMES_OF_A_READ as u32))? > 0 {}
        call!(close(folder))
    });
    for index in 0..NAMES {
        call!(unlink(path(numbered(&mut [0; 16], index))))?;
    }
    call!(rmdir(path(FOLDER))).map(drop)
}

/// Files whose blocks are not in memory: what has been read since has driven
/// them out.
fn cold() -> Result<()> {
    const COPY: &CStr = c"/tmp/b1";
    const SIZE: u32 = 4096 * KILOBYTE as u32;
    let piece = buffer_size();
    copy(PROGRAM, COPY)?;
    let file = call!(open(path(FILE), O_RDWR | O_CREAT | O_TRUNC, 0o644))?;
    for _ in 0..SIZE / piece {
        call!(write(file, buffer(), piece))?;
    }
    call!(sync())?;
    let disk = call!(open(path(RAW_DISK), O_RDONLY, 0))?;
    for _ in 0..2 * SIZE / piece {
        call!(read(disk, buffer(), piece))?;
    }
    call!(close(disk))?;
    call!(lseek(file, 0, SEEK_SET))?;
    row("read-4m-file", 1, |_| {
        while call!(read(file, buffer(), piece))? > 0 {}
        Ok(0)
    });
    call!(close(file))?;
    row("exec-cold", 1, |_| in_child(|| execute(COPY)));
    call!(unlink(path(FILE)))?;
    call!(unlink(path(COPY))).map(drop)
}

fn copy(from: &CStr, to: &CStr) -> Result<()> {
    let from = call!(open(path(from), O_RDONLY, 0))?;
    let to = call!(creat(path(to), 0o755))?;
    loop {
        let count = call!(read(from, buffer(), buffer_size()))?;
        if count == 0 {
            return close_all(&[from, to]);
        }
        call!(write(to, buffer(), count))?;
    }
}

/// The name of the file number `index`, below 1000.
fn numbered(name: &mut [u8; 16], index: u32) -> &CStr {
    name[..8].copy_from_slice(b"/tmp/b1/");
    for (place, divisor) in [100, 10, 1].into_iter().enumerate() {
        name[8 + place] = b'0' + (index / divisor % 10) as u8;
    }
    CStr::from_bytes_until_nul(name).unwrap_or_default()
}

fn faults() -> Result<()> {
    const PAGES: u32 = 256;
    let heap = call!(brk(0))?.next_multiple_of(PAGE as u32);
    call!(brk(heap + PAGES * PAGE as u32))?;
    let touch = |index: u32| {
        let address = (heap + index * PAGE as u32) as *mut u8;
        // SAFETY: `brk` has just given us these pages.
        unsafe { address.write_volatile(1) };
        Ok(0)
    };
    row("fault-zero", PAGES, touch);
    let child = call!(fork())?;
    if child == 0 {
        let _ = call!(pause());
        exit();
    }
    row("fault-cow", PAGES, touch);
    call!(kill(child, abi::signal::Signal::SIGKILL.number()))?;
    call!(waitpid(child, 0, 0))?;
    call!(brk(heap)).map(drop)
}

extern "C" fn handler(signal: u32) {
    black_box(signal);
}

fn signals() -> Result<()> {
    let pid = call!(getpid())?;
    let signal = abi::signal::Signal::SIGUSR1.number();
    row("signal", 200, |_| {
        set_handler(signal)?;
        call!(kill(pid, signal))
    });
    Ok(())
}

fn set_handler(signal: u32) -> Result<u32> {
    call!(signal(
        signal,
        handler as extern "C" fn(u32) as usize as u32,
        restore_without_mask as *const () as u32
    ))
}

/// Leaves the machine alone for a second, so that what a kernel does when it
/// is idle has been done, as on a machine that waits for its user.
fn settle() -> Result<()> {
    let signal = abi::signal::Signal::SIGALRM.number();
    set_handler(signal)?;
    call!(alarm(1))?;
    // Ends with EINTR.
    let _ = call!(pause());
    Ok(())
}

fn main() -> i32 {
    let result = settle()
        .and_then(|()| calls_and_processes())
        .and_then(|()| pipes())
        .and_then(|()| files())
        .and_then(|()| paths())
        .and_then(|()| faults())
        .and_then(|()| signals())
        .and_then(|()| directories())
        .and_then(|()| cold());
    match result {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("bench: {error}");
            1
        }
    }
}
