// SPDX-License-Identifier: GPL-2.0-or-later
//! Who gets the processor, and when.

use crate::support::{
    Failure, Outcome, Pipe, address, all_well, child, create, fate, kill_and_wait, number,
    read_file, state_of, wait_for,
};
use abi::fcntl::{O_CREAT, O_RDWR};
use abi::limits::PAGE_SIZE;
use abi::signal::Signal;
use abi::sys::time::Timeval;
use abi::sys::wait::{WNOHANG, WaitStatus};
use abi::unistd::SEEK_SET;
use alloc::vec;
use core::ffi::CStr;
use user::calls::{self, File};
use user::signal::{Handler, sigaction};

tests! {
    fork_relay "processes that fork and end by turns leave another its half of the time";
    fork_one_tick "a process with a time slice of one tick can fork";
    long_device "reading and writing much of a device gives way, and ends by SIGKILL";
    long_file "reading and writing much of a file does";
    long_disk "reading much of a disk does";
    long_unlink "freeing a large file gives way";
    long_fork "fork and exit of a large process do";
    long_exec "execve with many arguments does";
    killed_unborn "a child that is killed before it has run never runs";
    killed_as_it_forks "who is killed with his group as he forks leaves no child in it";
    tick_on_return "a clock tick on the way back to ring 3 is not overlooked";
    write_whole "signals with handlers do not cut a long write short";
}

/// The priority of an ordinary process; that of a test is 1.
const ORDINARY: i32 = 15;

/// Makes the caller an ordinary process again.
fn be_ordinary() -> Outcome {
    must!(system_call!(nice((1 - ORDINARY) as u32)));
    Ok(())
}

/// The clock tick that it is.
fn now() -> u32 {
    calls::times().map_or(0, |(_, tick)| tick)
}

fn fork_relay() -> Outcome {
    const TICKS: u32 = 100;
    let end = now() + TICKS;
    let honest = must!(child(|| {
        be_ordinary()?;
        while now() < end {}
        let (times, _) = must!(calls::times());
        let got = times.tms_utime + times.tms_stime;
        if got < TICKS * 2 / 5 {
            return Err(failure!("{got} of {TICKS} ticks"));
        }
        Ok(())
    }));
    let relay = must!(child(|| {
        be_ordinary()?;
        while now() < end {
            // The parent ends, the child goes on.
            // The table may be full of those that init has not buried yet.
            if let Ok(Some(_)) = calls::fork() {
                calls::_exit(0);
            }
        }
        Ok(())
    }));
    must!(wait_for(relay));
    all_well(&[honest])
}

fn fork_one_tick() -> Outcome {
    // As a test has: of one tick nothing is left to share.
    let busy = must!(child(|| {
        let end = now() + 20;
        while now() < end {}
        Ok(())
    }));
    for _ in 0..10 {
        all_well(&[must!(child(|| Ok(())))])?;
    }
    all_well(&[busy])
}

/// Ticks that another process may have to wait.
const MOST_WAIT: u32 = 5;
/// Ticks from SIGKILL to the end: what a large process has must be freed.
const MOST_END: u32 = 40;
/// Ticks for which a process that goes on and on is watched.
const WATCHED: u32 = 30;
/// Bytes that take long to move.
const MUCH: usize = 1 << 20;
/// Bytes whose page tables take long to copy.
const MANY_PAGES: usize = 32 << 20;

/// [`MUCH`], or a quarter of what is free: a child gets a copy of it.
fn much() -> Result<usize, Failure> {
    Ok(MUCH.min(free_pages()? / 4 * PAGE_SIZE as usize))
}

/// Half of what is free, at most [`MANY_PAGES`].
fn many_pages() -> Result<usize, Failure> {
    Ok(MANY_PAGES.min(free_pages()? / 2 * PAGE_SIZE as usize))
}

fn free_pages() -> Result<usize, Failure> {
    let usage = must!(read_file(c"/dev/usage"));
    let pages = usage.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
    let pages = core::str::from_utf8(pages).map(|text| text.parse::<usize>());
    Ok(must!(must!(pages)))
}

/// What a child does for long, with memory that it shares with its parent.
type Work = fn(&mut [u8]) -> Outcome;

/// Makes a child that does `work`, again and again if `again`, and looks how
/// long the clock stands still for this process meanwhile, and how long after
/// SIGKILL the child is there. Anybody can be unlucky: the emulator may have to
/// wait for its machine. So there are several attempts.
fn must_give_way(again: bool, size: usize, prepare: Work, work: Work) -> Outcome {
    let mut memory = vec![1; size];
    let mut waits = (0, 0);
    for _ in 0..8 {
        prepare(&mut memory)?;
        waits = watch(again, &mut memory, work)?;
        if waits.0 <= MOST_WAIT && waits.1 <= MOST_END {
            return Ok(());
        }
    }
    Err(failure!(
        "{} ticks without the processor, {} from SIGKILL to the end",
        waits.0,
        waits.1
    ))
}

fn watch(again: bool, memory: &mut [u8], work: Work) -> Result<(u32, u32), Failure> {
    let pid = must!(child(|| {
        loop {
            work(memory)?;
            if !again {
                return Ok(());
            }
        }
    }));
    let start = now();
    let (mut last, mut most) = (start, 0);
    let mut end = None;
    while end.is_none() && last - start < WATCHED {
        let tick = now();
        most = most.max(tick - last);
        last = tick;
        end = must!(calls::waitpid(number(pid), WNOHANG));
    }
    let killed = now();
    let (expected, status) = match end {
        Some((_, status)) => (WaitStatus(0), status),
        None => {
            must!(calls::kill(number(pid), Signal::SIGKILL.number()));
            let killed = WaitStatus::from_signal(Signal::SIGKILL);
            (killed, must!(wait_for(pid)))
        }
    };
    // One that does its work once may end just before it is killed.
    if again || status != WaitStatus(0) {
        check_eq!(status, expected);
    }
    Ok((most, now() - killed))
}

fn nothing(_memory: &mut [u8]) -> Outcome {
    Ok(())
}

/// Fills the memory from the beginning of a file.
fn read_much(path: &CStr, memory: &mut [u8]) -> Outcome {
    let file = must!(File::open(path));
    must!(calls::read(file.fd(), memory));
    Ok(())
}

/// Writes the memory to the beginning of a file.
fn write_much(path: &CStr, memory: &[u8]) -> Outcome {
    let file = must!(File::open_with(path, O_RDWR | O_CREAT, 0o644));
    must!(calls::write(file.fd(), memory));
    Ok(())
}

fn long_device() -> Outcome {
    let reads: [Work; 3] = [
        |memory| read_much(c"/dev/zero", memory),
        |memory| read_much(c"/dev/urandom", memory),
        |memory| read_much(c"/dev/mem", memory),
    ];
    for read in reads {
        must_give_way(true, much()?, nothing, read)?;
    }
    must_give_way(true, much()?, nothing, |memory| {
        write_much(c"/dev/urandom", memory)
    })
}

fn long_file() -> Outcome {
    // All of it is a hole.
    let file = must!(create(c"hole"));
    must!(calls::lseek(file.fd(), MUCH as i32, SEEK_SET));
    must!(calls::write(file.fd(), b"x"));
    must_give_way(true, much()?, nothing, |memory| read_much(c"hole", memory))?;
    must_give_way(true, much()?, nothing, |memory| write_much(c"f", memory))
}

fn long_disk() -> Outcome {
    must_give_way(true, much()?, nothing, |memory| {
        read_much(c"/dev/hd2", memory)
    })
}

fn long_unlink() -> Outcome {
    let make: Work = |memory| {
        let file = must!(create(c"large"));
        must!(calls::write_all(file.fd(), memory));
        must!(calls::write_all(file.fd(), memory));
        Ok(())
    };
    must_give_way(false, much()?, make, |_| {
        must!(calls::unlink(c"large"));
        Ok(())
    })
}

fn long_fork() -> Outcome {
    must_give_way(true, many_pages()?, nothing, |_| {
        must!(fate(|| 0));
        Ok(())
    })
}

fn long_exec() -> Outcome {
    /// Too many, which is found out at the end.
    const ARGUMENTS: usize = 32000;
    const POINTER: usize = size_of::<u32>();
    let point: Work = |memory| {
        let argument = address(c"argument".as_ptr());
        for pointer in memory.chunks_exact_mut(POINTER) {
            pointer.copy_from_slice(&argument.to_ne_bytes());
        }
        memory[ARGUMENTS * POINTER..].fill(0);
        Ok(())
    };
    must_give_way(true, (ARGUMENTS + 1) * POINTER, point, |arguments| {
        let program = address(crate::helper::PROGRAM.as_ptr());
        let result = system_call!(execve(program, address(arguments), 0));
        check_eq!(result, Err(abi::Errno::E2BIG));
        Ok(())
    })
}

/// Makes a child that writes a byte before it touches any memory.
fn fork_and_write(to: calls::Fd) -> i32 {
    const FORK: i32 = 2;
    const WRITE: i32 = 4;
    let pid;
    // SAFETY: the child never leaves these instructions.
    unsafe {
        core::arch::asm!(
            "int 0x80",
            "test eax, eax",
            "jnz 3f",
            "mov eax, {write}",
            "int 0x80",
            "2: jmp 2b",
            "3:",
            write = const WRITE,
            inout("eax") FORK => pid,
            in("ebx") to.0,
            in("ecx") b"x".as_ptr(),
            in("edx") 1,
        );
    }
    pid
}

fn killed_unborn() -> Outcome {
    const ROUNDS: usize = 20;
    let pipe = must!(Pipe::new());
    for _ in 0..ROUNDS {
        let pid = fork_and_write(pipe.1);
        must!(calls::kill(pid, Signal::SIGKILL.number()));
        must!(wait_for(calls::Pid(pid as u32)));
    }
    must!(calls::write(pipe.1, b"."));
    let lived = must!(calls::read(pipe.0, &mut [0; ROUNDS + 1])) - 1;
    // The clock may tick between the two calls.
    check!(lived < ROUNDS / 4);
    Ok(())
}

/// Fork of a large process takes most of its time, and gives way at a clock tick:
/// then it is killed.
fn killed_as_it_forks() -> Outcome {
    const ROUNDS: u32 = 25;
    /// Ticks that a process may take to end.
    const TICKS: u32 = 50;
    let memory = vec![1u8; many_pages()? / 2];
    for round in 0..ROUNDS {
        let leader = must!(child(|| {
            must!(calls::setpgid(calls::Pid(0), calls::Pid(0)));
            loop {
                let waiting = must!(child(|| {
                    check!(memory[0] == 1);
                    calls::pause();
                    Ok(())
                }));
                must!(kill_and_wait(waiting));
            }
        }));
        let group = -number(leader);
        while calls::kill(group, 0).is_err() {}
        // Who wakes has more of his time slice left than who forks, so he has the
        // processor at once.
        let mut time = Timeval {
            tv_sec: 0,
            tv_usec: 10_000 * (1 + round as i32 % 3),
        };
        must!(calls::select(0, &mut [0; 3], Some(&mut time)));
        must!(calls::kill(group, Signal::SIGKILL.number()));
        must!(wait_for(leader));
        let end = now() + TICKS;
        while calls::kill(group, 0).is_ok() {
            if now() >= end {
                must!(calls::kill(group, Signal::SIGKILL.number()));
                return Err(failure!("round {round}: a child lives on"));
            }
        }
    }
    Ok(())
}

/// The low half of the time stamp counter.
pub fn time_stamp() -> u32 {
    // SAFETY: reading it changes nothing.
    unsafe { core::arch::x86::_rdtsc() as u32 }
}

/// Looks at the time stamp, last looked at when it was `last`, until it is `end`;
/// or until the processor was away for longer than `away`, which is told.
fn was_away(last: &mut u32, end: u32, away: u32) -> bool {
    loop {
        let now = time_stamp();
        let gap = now.wrapping_sub(core::mem::replace(last, now));
        if gap > away || (end.wrapping_sub(now) as i32) < 0 {
            return gap > away;
        }
    }
}

/// The time stamp when this process has its next turn.
fn next_turn() -> u32 {
    const AWAY: u32 = 5000;
    let mut last = time_stamp();
    let never = last.wrapping_add(i32::MAX as u32);
    while !was_away(&mut last, never, AWAY) {}
    last
}

/// Two processes share the processor, a clock tick each. One makes a system call
/// a little before the tick that ends its turn, each time a little earlier: one
/// of the calls is on its way back when the clock ticks. Only where the clock is
/// as exact as Bochs's can that be aimed at.
fn tick_on_return() -> Outcome {
    let other = must!(child(|| {
        loop {
            core::hint::spin_loop();
        }
    }));
    let result = call_before_ticks();
    must!(kill_and_wait(other));
    result
}

fn call_before_ticks() -> Outcome {
    const TURNS: u32 = 10;
    const EXACT: u32 = 100;
    const EARLIEST: u32 = 1000;
    let mut back = next_turn();
    let (mut shortest, mut longest) = (u32::MAX, 0);
    for _ in 0..TURNS {
        let next = next_turn();
        let turn = next.wrapping_sub(back);
        (shortest, longest) = (shortest.min(turn), longest.max(turn));
        back = next;
    }
    if longest - shortest > EXACT {
        return Ok(());
    }
    let tick = shortest / 2;
    let mut overlooked = 0;
    for early in (0..EARLIEST).step_by(3) {
        let mut last = next_turn();
        let end = last.wrapping_add(tick);
        if !was_away(&mut last, end.wrapping_sub(early), tick / 2) {
            calls::getpid();
            let late = end.wrapping_add(tick / 2);
            overlooked += u32::from(!was_away(&mut last, late, tick / 2));
        }
    }
    check_eq!(overlooked, 0);
    Ok(())
}

fn write_whole() -> Outcome {
    extern "C" fn wake(_signal: u32) {}
    let writer = must!(child(|| {
        must!(sigaction(Signal::SIGUSR1, Handler::Catch(wake)));
        let file = must!(create(c"f"));
        check_eq!(calls::write(file.fd(), &vec![1; MUCH]), Ok(MUCH));
        must!(sigaction(Signal::SIGUSR1, Handler::Ignore));
        Ok(())
    }));
    while must!(state_of(writer)) != Some(b'Z') {
        // From then on it has its handler.
        if calls::stat(c"f").is_ok_and(|stat| stat.st_size > 0) {
            must!(calls::kill(number(writer), Signal::SIGUSR1.number()));
        }
    }
    all_well(&[writer])
}
