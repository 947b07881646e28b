// SPDX-License-Identifier: GPL-2.0-or-later
//! Random system calls in any number, for `make soak`.
//!
//! `usertests -s FIRST COUNT` makes COUNT calls as a user, `usertests -S FIRST
//! COUNT` as the super-user in a jail without device nodes. They come in rounds
//! of [`CALLS`]: round `n` is made of seed `n`, so `usertests -s n 1` makes it
//! again, as far as the order in which processes run allows. After each round
//! the [`runner`](crate::runner) looks whether anything was lost.
//!
//! In a round a few workers run at the same time, with all that they fork. The
//! names of the arguments in the table of system calls say what to draw for
//! them: most calls mean something, some are rubbish. A worker makes a limited
//! number of calls. When only sleepers are left, they are killed.

use crate::fuzz::{any_call, take_name_away};
use crate::runner;
use crate::support::{Failure, Outcome, Test, address, number, read_file, write_file};
use abi::signal::Signal;
use abi::sys::stat::{S_IFBLK, S_IFCHR, S_IFIFO, S_IFMT};
use abi::sys::time::Timeval;
use abi::sys::types::Device;
use abi::sys::wait::WNOHANG;
use abi::unistd::number::{self as call, ARGUMENTS, NR_SYSTEM_CALLS};
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::CStr;
use core::ops::Range;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use user::calls::{self, Fd, Pid};
use user::{eprintln, println};

/// Calls of a round.
const CALLS: u32 = 500;
/// Workers that run at the same time.
const WORKERS: u32 = 4;
/// Calls that a worker makes, with what it forks.
const CALLS_OF_WORKER: u32 = 64;
/// A worker reports each time when it has made so many calls.
const CALLS_OF_REPORT: u32 = 4;
/// Where it reports; its calls draw descriptors below.
const REPORT: Fd = Fd(19);
/// When nobody has reported for so many ticks, all who are left may be asleep.
const TICKS: u32 = 3;
/// So often those who seem to be at work are waited for.
const PATIENCE: u32 = 20;
/// The user that makes the calls, as in `/etc/passwd`.
const GUEST: (u16, u8) = (100, 100);

/// The seed of the round.
static ROUND: AtomicU32 = AtomicU32::new(0);
/// 1 if the super-user makes the calls.
static IS_ROOT: AtomicU32 = AtomicU32::new(0);

/// Makes rounds until `count` calls were made; the exit status.
pub fn run(is_root: bool, arguments: &[&CStr]) -> i32 {
    let number_in = |text: &&CStr| text.to_str().ok()?.parse().ok();
    let numbers: Vec<u32> = arguments.iter().filter_map(number_in).collect();
    let [first, count] = numbers[..] else {
        eprintln!("usertests: say the first round and the number of calls");
        return 2;
    };
    IS_ROOT.store(is_root.into(), Relaxed);
    let test = Test {
        name: "",
        about: "",
        run: round,
    };
    let rounds = count.div_ceil(CALLS).max(1);
    let last = first.saturating_add(rounds - 1);
    match runner::run_again(&test, first..=last, |round| ROUND.store(round, Relaxed)) {
        Ok(()) => {
            println!("soak: {} calls, nothing lost", rounds * CALLS);
            0
        }
        Err(Failure(reason)) => {
            println!("soak: round {} FAILED: {reason}", ROUND.load(Relaxed));
            1
        }
    }
}

/// One round, in a directory of its own.
fn round() -> Outcome {
    let before = must!(pids());
    make_tree()?;
    let (mut made, mut generation) = (0, 0);
    while made < CALLS {
        let (reader, writer) = must!(calls::pipe());
        for worker in 0..WORKERS {
            // With the table of tasks full there are enough of them.
            if let Ok(None) = calls::fork() {
                work(writer, [ROUND.load(Relaxed), generation, worker]);
            }
        }
        must!(calls::close(writer));
        made += must!(reports(reader, &before)) * CALLS_OF_REPORT;
        must!(calls::close(reader));
        kill_all_but(&before)?;
        generation += 1;
    }
    Ok(())
}

/// How many reports come until the workers have ended or are asleep.
fn reports(reader: Fd, before: &[u32]) -> abi::Result<u32> {
    let (mut reports, mut waits) = (0, 0);
    loop {
        let mut sets = [1 << reader.0, 0, 0];
        let mut ticks = Timeval::from_ticks(TICKS);
        if calls::select(reader.0 + 1, &mut sets, Some(&mut ticks))? == 0 {
            let is_at_work = |task: &(u32, u8)| !before.contains(&task.0) && task.1 == b'R';
            waits += 1;
            if waits < PATIENCE && tasks()?.iter().any(is_at_work) {
                continue;
            }
            return Ok(reports);
        }
        waits = 0;
        match calls::read(reader, &mut [0; 64])? {
            0 => return Ok(reports),
            count => reports += count as u32,
        }
    }
}

/// The processes that there are, and the letter for what each is doing.
fn tasks() -> abi::Result<Vec<(u32, u8)>> {
    let text = read_file(c"/dev/ps")?;
    let task = |line: &[u8]| {
        let mut words = line.split(|&byte| byte == b' ');
        let pid = str::from_utf8(words.next()?).ok()?.parse().ok()?;
        Some((pid, *words.nth(3)?.first()?))
    };
    Ok(text.split(|&byte| byte == b'\n').filter_map(task).collect())
}

fn pids() -> abi::Result<Vec<u32>> {
    Ok(tasks()?.into_iter().map(|(pid, _)| pid).collect())
}

/// Ends all processes but those that were there before.
fn kill_all_but(before: &[u32]) -> Outcome {
    const MOST_TICKS: u32 = 500;
    for _ in 0..MOST_TICKS {
        while let Ok(Some(_)) = calls::waitpid(-1, WNOHANG) {}
        let mut others = must!(pids());
        others.retain(|pid| !before.contains(pid));
        if others.is_empty() {
            return Ok(());
        }
        for pid in others {
            // It may have ended by now.
            let _ = calls::kill(number(Pid(pid)), Signal::SIGKILL.number());
        }
        let mut tick = Timeval::from_ticks(1);
        must!(calls::select(0, &mut [0; 3], Some(&mut tick)));
    }
    let tasks = must!(read_file(c"/dev/ps"));
    let tasks = String::from_utf8_lossy(&tasks).into_owned();
    Err(failure!(
        "processes that do not end, beside {before:?}:\n{tasks}"
    ))
}

/// A small tree in the directory `w`, which is the worker's; nothing above it
/// can be entered.
fn make_tree() -> Outcome {
    must!(calls::chmod(c".", 0o700));
    must!(calls::mkdir(c"w", 0o777));
    must!(calls::mkdir(c"w/d", 0o777));
    must!(write_file(c"w/a", &[b'a'; 3000]));
    must!(write_file(c"w/d/b", b"#!x\n"));
    must!(calls::symlink(c"d/b", c"w/l"));
    must!(calls::mknod(c"w/p", S_IFIFO | 0o666, Device(0)));
    must!(write_file(c"w/x", &must!(read_file(c"/bin/true"))));
    let (uid, gid) = GUEST;
    for path in [c"w", c"w/d", c"w/a", c"w/d/b", c"w/p"] {
        must!(calls::chown(path, uid, gid));
        must!(calls::chmod(path, 0o777));
    }
    // The program belongs to root and changes the id.
    must!(calls::chmod(c"w/x", 0o6755));
    Ok(())
}

/// The life of a worker, which reports to `writer`.
fn work(writer: Fd, seed: [u32; 3]) -> ! {
    // With a worker that cannot begin, the round makes no progress, and that
    // is seen.
    let _ = prepare(writer);
    let mut worker = Worker::new(seed);
    while worker.left > 0 {
        worker.left -= 1;
        worker.step();
        if worker.left.is_multiple_of(CALLS_OF_REPORT) {
            let _ = calls::write(REPORT, b".");
        }
    }
    calls::_exit(0)
}

fn prepare(writer: Fd) -> abi::Result<()> {
    calls::dup2(writer, REPORT)?;
    for fd in 0..REPORT.0 {
        let _ = calls::close(Fd(fd));
    }
    calls::setsid()?;
    calls::alarm(2);
    calls::chdir(c"w")?;
    if IS_ROOT.load(Relaxed) == 1 {
        calls::chroot(c".")?;
    } else {
        let (uid, gid) = GUEST;
        calls::setgid(gid)?;
        calls::setuid(uid)?;
    }
    Ok(())
}

/// Words of a page.
const PAGE: usize = 4096 / size_of::<u32>();
/// Words of the memory that calls read and write. Somewhere in it a page begins.
const WORDS: usize = 3 * PAGE;

/// Draws calls and makes them.
struct Worker {
    random: u32,
    /// Calls that it may still make.
    left: u32,
    memory: [u32; WORDS],
}

impl Worker {
    fn new(seed: [u32; 3]) -> Worker {
        let mut worker = Worker {
            random: seed[0] ^ seed[1] << 20 ^ seed[2] << 28,
            left: CALLS_OF_WORKER,
            memory: [0; WORDS],
        };
        // The first numbers of neighbouring seeds are alike.
        for _ in 0..4 {
            worker.next();
        }
        worker.fill(0..WORDS);
        worker
    }

    /// A linear congruential generator (Numerical Recipes, 7.1).
    fn next(&mut self) -> u32 {
        self.random = self
            .random
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        self.random.rotate_left(16)
    }

    fn below(&mut self, bound: u32) -> u32 {
        self.next() % bound
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u32) as usize]
    }

    /// Small words and addresses of this memory, as structures hold them.
    fn fill(&mut self, places: Range<usize>) {
        for place in places {
            let random = self.next();
            self.memory[place] = match random % 4 {
                0 | 1 => random / 4 % 64,
                2 => self.pointer(),
                _ => self.next(),
            };
        }
    }

    /// One call.
    fn step(&mut self) {
        if self.below(16) == 0 {
            let page = self.below(3) as usize * PAGE;
            self.fill(page..page + PAGE);
        }
        let number = match self.below(32) {
            0 => self.next(),
            1 => NR_SYSTEM_CALLS as u32 + self.below(16),
            _ => self.below(NR_SYSTEM_CALLS as u32),
        };
        let names = ARGUMENTS.get(number as usize).copied().unwrap_or(&[]);
        let mut arguments = [0; 4];
        for (index, argument) in arguments.iter_mut().enumerate() {
            *argument = match names.get(index) {
                Some(name) if self.below(8) != 0 => self.argument(name),
                _ => self.rubbish(),
            };
        }
        if self.is_allowed(number, arguments) {
            let result = any_call(number, arguments);
            self.after(number, result);
            take_name_away(number, arguments[0], result);
        }
    }

    /// What fits an argument of this name.
    fn argument(&mut self, name: &str) -> u32 {
        match name {
            "fd" | "old_fd" | "new_fd" => self.below(REPORT.0),
            "path" | "old_path" | "new_path" | "target" | "directory" | "name" => self.path(),
            "count" | "size" | "length" | "nfds" => self.size(),
            "pid" | "pgid" => self.pid(),
            "signal" => self.below(34),
            "options" => WNOHANG | self.below(4),
            "seconds" => self.below(3),
            "mode" | "mask" => self.mode(),
            "flags" => self.one_of(&[0, 1, 2, 0o100, 0o102, 0o302, 0o1102, 0o2101, 0o4000]),
            "command" => match self.below(2) {
                0 => self.below(10),
                _ => 0x5400 + self.below(0x30),
            },
            "device" => match self.below(2) {
                0 => self.path(),
                _ => self.one_of(&[0x302, 0x301, 0x101, 0x103, 0x21C, 0]),
            },
            "uid" | "ruid" | "euid" => self.one_of(&[0, 100, 101, 0xFFFF, u32::MAX]),
            "gid" | "rgid" | "egid" => self.one_of(&[0, 100, 255, 256, u32::MAX]),
            "request" => self.below(26),
            "offset" | "origin" | "increment" | "status" | "who" | "resource" | "limit" => {
                match self.below(3) {
                    0 => self.rubbish(),
                    _ => self.below(20),
                }
            }
            _ => self.pointer(),
        }
    }

    fn path(&mut self) -> u32 {
        const PATHS: [&CStr; 28] = [
            c"a",
            c"b",
            c"c",
            c"d",
            c"d/a",
            c"d/b",
            c"d/c",
            c"d/e/f",
            c"l",
            c"m",
            c"p",
            c"q",
            c"x",
            c"x",
            c".",
            c"..",
            c"d/..",
            c"d/../a",
            c"",
            c"/",
            c"l/b",
            c"a-name-that-is-much-longer-than-one-can-be",
            c"./././././d/./../d/../d/./a",
            c"/dev/null",
            c"/dev/zero",
            c"/dev/tty2",
            c"/dev/usage",
            c"/bin/true",
        ];
        match self.below(12) {
            0 => self.pointer(),
            _ => self.one_of(&PATHS).as_ptr() as u32,
        }
    }

    /// Somewhere in memory, or close to the end of a page or of the program.
    fn pointer(&mut self) -> u32 {
        let memory = address(&self.memory);
        let page = (memory + 4096) & !4095;
        match self.below(16) {
            0 => 0,
            1 => page - self.below(16),
            2 => user::env::task_size() - self.below(0x4000),
            3 => self.next(),
            4 => self.below(0x10000),
            _ => memory + (self.below(2 * WORDS as u32) & !3),
        }
    }

    fn size(&mut self) -> u32 {
        match self.below(8) {
            0 => self.rubbish(),
            1 => self.below(0x10000),
            _ => self.one_of(&[
                0, 1, 16, 20, 32, 100, 511, 512, 1023, 1024, 1025, 4095, 4096,
            ]),
        }
    }

    fn mode(&mut self) -> u32 {
        let mode = self.one_of(&[0, 0o644, 0o755, 0o777, 0o4755, 0o6711, 0o1777, 0o10666]);
        // As compilers of the time leave it: rubbish in the upper half.
        mode | if self.below(4) == 0 {
            self.next() << 16
        } else {
            0
        }
    }

    /// The caller, its group, its parent, its children, or nobody.
    fn pid(&mut self) -> u32 {
        let me = calls::getpid().0;
        match self.below(8) {
            0 => 0,
            1 => me.wrapping_neg(),
            2 => u32::MAX,
            3 => self.rubbish(),
            _ => (me + self.below(8)).wrapping_sub(3),
        }
    }

    fn rubbish(&mut self) -> u32 {
        const EDGES: [u32; 8] = [0, 1, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000, !1, !0];
        match self.below(4) {
            0 => self.one_of(&EDGES),
            1 => self.pointer(),
            2 => self.below(64),
            _ => self.next(),
        }
    }

    /// Whether the call may be made. A user may make all of them. The
    /// super-user may neither end the machine nor leave the jail nor reach those
    /// who watch him.
    fn is_allowed(&mut self, number: u32, [first, second, ..]: [u32; 4]) -> bool {
        // Who sleeps or writes to the disk holds the others up: less often.
        let is_slow = matches!(number, call::pause | call::sigsuspend | call::sync);
        if is_slow && self.below(8) != 0 {
            return false;
        }
        if IS_ROOT.load(Relaxed) == 0 {
            return true;
        }
        match number {
            call::setup | call::reboot | call::mount | call::umount => false,
            call::mknod => !matches!(second as u16 & S_IFMT, S_IFBLK | S_IFCHR),
            call::kill => is_within(first),
            call::ptrace => is_within(second),
            call::setpgid => is_within(first),
            _ => true,
        }
    }

    /// What is to be done about what a call has done.
    fn after(&mut self, number: u32, result: i32) {
        match number {
            // The two share what is left, and draw different numbers.
            call::fork if result == 0 => {
                self.left /= 2;
                self.random ^= calls::getpid().0 << 8;
            }
            call::fork if result > 0 => self.left -= self.left / 2,
            // Above a new root one could go up.
            call::chroot if result == 0 => {
                let _ = calls::chdir(c"/");
            }
            _ => {}
        }
    }
}

/// Whether a process that `kill` would reach is a worker: the caller, its
/// group, or one that came later. The workers of the round before have ended.
fn is_within(pid: u32) -> bool {
    let target = (pid as i32).unsigned_abs();
    target == 0 || pid != u32::MAX && target >= calls::getpid().0
}
