// SPDX-License-Identifier: GPL-2.0-or-later
//! Every system call with arguments from a seeded generator.
//!
//! Nothing is asked of the results: the kernel must not panic, nothing may
//! hang but the process that calls, and nothing may be lost (the runner looks).

use crate::support::{Outcome, address, child, number};
use abi::Errno;
use abi::signal::Signal;
use abi::sys::wait::WNOHANG;
use abi::unistd::number::{self as call, NR_SYSTEM_CALLS};
use core::arch::asm;
use user::calls::{self, Fd};
use user::env::task_size;

tests! {
    fuzz_user "all calls with random arguments, as a user";
    fuzz_root "all calls with random arguments, as the superuser in a chroot";
    fuzz_unknown "numbers that are no calls, with random arguments, are ENOSYS";
}

/// Calls of each number.
const CALLS: u32 = 150;
/// Ticks that the calls of one number may take.
const MOST_TICKS: u32 = 100;

/// Ends the caller, makes more of it, or waits for ever.
const NOT_AT_ALL: [u32; 4] = [call::exit, call::fork, call::pause, call::sigsuspend];
/// Changes what all others rely on: the clock, the names, other processes,
/// the disks behind device nodes.
const NOT_AS_ROOT: [u32; 8] = [
    call::stime,
    call::settimeofday,
    call::sethostname,
    call::reboot,
    call::kill,
    call::ptrace,
    call::mknod,
    call::sync,
];

/// A linear congruential generator (Numerical Recipes, 7.1).
struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0.rotate_left(16)
    }

    /// A number such as a program might pass, or its opposite.
    fn argument(&mut self, buffer: &[u8]) -> u32 {
        let edges = [
            0,
            1,
            0x1000,
            task_size() - 1,
            task_size(),
            i32::MAX as u32,
            1 << 31,
            u32::MAX - 1,
            u32::MAX,
            0xFFFF,
        ];
        match self.next() % 6 {
            0 => self.next() % 32,
            1 => edges[self.next() as usize % edges.len()],
            2 | 3 => address(buffer) + self.next() % buffer.len() as u32,
            4 => task_size() - self.next() % 0x4000,
            _ => self.next(),
        }
    }
}

/// System call `number`, whatever it is.
pub fn any_call(number: u32, [a, b, c, d]: [u32; 4]) -> i32 {
    let eax;
    // SAFETY: the process may be ruined by what the call writes; it does
    // nothing of importance any more. esi is exchanged as in `abi::syscall`.
    unsafe {
        asm!("xchg esi, edi", "int 0x80", "xchg esi, edi", inlateout("eax") number => eax,
            in("ebx") a, in("ecx") b, in("edx") c, inlateout("edi") d => _);
    }
    eax
}

/// A semaphore stays when its maker ends; other tests want a table with room.
pub fn take_name_away(number: u32, name: u32, result: i32) {
    if number == call::sem_open && result > 0 {
        any_call(call::sem_unlink, [name, 0, 0, 0]);
    }
}

/// Lets a child make calls of one number; kills it when its time is over.
fn calls_of(number_of_call: u32, seed: u32, prepare: impl FnOnce() -> Outcome) -> Outcome {
    let pid = must!(child(|| {
        for fd in 0..20 {
            let _ = calls::close(Fd(fd));
        }
        prepare()?;
        let mut random = Random(seed ^ number_of_call);
        let mut buffer = [0u8; 4096];
        for byte in &mut buffer {
            // Short strings of few letters, so that names meet again.
            *byte = match random.next() % 8 {
                0 | 1 => 0,
                2 => b'.',
                3 => random.next() as u8,
                other => b'a' + other as u8,
            };
        }
        for _ in 0..CALLS {
            let arguments = core::array::from_fn(|_| random.argument(&buffer));
            let result = any_call(number_of_call, arguments);
            take_name_away(number_of_call, arguments[0], result);
        }
        calls::_exit(0)
    }));
    let ticks = || calls::times().map_or(0, |(_, ticks)| ticks);
    let start = ticks();
    loop {
        match calls::waitpid(number(pid), WNOHANG) {
            Ok(Some((_, status))) if status.stop_signal().is_none() => return Ok(()),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(failure!("call {number_of_call}: {errno:?}")),
        }
        // To open a semaphore takes no time, and its maker has to take its name away.
        if number_of_call != call::sem_open && ticks() - start > MOST_TICKS {
            must!(calls::kill(number(pid), Signal::SIGKILL.number()));
        }
    }
}

fn all_calls() -> impl Iterator<Item = u32> {
    (0..NR_SYSTEM_CALLS as u32).filter(|number| !NOT_AT_ALL.contains(number))
}

fn fuzz_user() -> Outcome {
    for number in all_calls() {
        calls_of(number, 0x1991_0917, || {
            must!(calls::setgid(77));
            must!(calls::setuid(777));
            Ok(())
        })?;
    }
    Ok(())
}

fn fuzz_root() -> Outcome {
    must!(calls::mkdir(c"jail", 0o777));
    for number in all_calls().filter(|number| !NOT_AS_ROOT.contains(number)) {
        calls_of(number, 0x1992_0312, || {
            must!(calls::chroot(c"jail"));
            must!(calls::chdir(c"/"));
            Ok(())
        })?;
    }
    Ok(())
}

fn fuzz_unknown() -> Outcome {
    let mut random = Random(42);
    let buffer = [0; 64];
    for round in 0..2000 {
        let number = match round % 3 {
            0 => NR_SYSTEM_CALLS as u32 + random.next() % 1000,
            1 => random.next() | 1 << 31,
            _ => (NR_SYSTEM_CALLS as u32).max(random.next()),
        };
        let arguments = core::array::from_fn(|_| random.argument(&buffer));
        check_eq!(any_call(number, arguments), Errno::ENOSYS.to_eax());
    }
    Ok(())
}
