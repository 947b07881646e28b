// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs tests and sees what they leave behind.
//!
//! What must be the same after a test as before it: free pages; inodes,
//! buffers and open files in use ([`/dev/usage`](Usage)); free zones and
//! inodes of the root file system. That holds once all processes are gone (the
//! test's orphans are buried by init, and what is written late is written, so
//! there are a few tries), and because [`warm_up`] has done before what is done once:
//! the kernel keeps the stack of each task slot it has ever used, and this
//! program loads its pages when it first needs them.

use crate::support::{Failure, Test, number, read_file};
use abi::limits::{HZ, NR_TASKS};
use abi::signal::Signal;
use abi::sys::stat::S_ISDIR;
use abi::sys::types::Device;
use abi::sys::wait::WaitStatus;
use abi::{Errno, Result};
use alloc::format;
use alloc::string::String;
use core::ffi::CStr;
use core::ops::RangeInclusive;
use user::calls::{self, Pid};
use user::dirent::read_directory;
use user::signal::{Handler, sigaction};
use user::stdio;
use user::{eprintln, print, println};

/// The directory in which tests run.
const FOLDER: &CStr = c"/tmp/usertests";
/// A test that takes longer hangs.
const MOST_SECONDS: u32 = 60;
/// The same for one of [`run_again`], which may be of many calls on a slow
/// machine.
const MOST_SECONDS_OF_ROUND: u32 = 600;
/// How often usage is looked at, with a second between.
const TRIES: u32 = 4;

/// What is in use.
#[derive(PartialEq, Eq)]
struct Usage {
    kernel: String,
    zones: i32,
    inodes: u16,
}

impl Usage {
    fn now() -> Result<Usage> {
        let root = calls::ustat(Device(calls::stat(c"/")?.st_dev))?;
        let text = read_file(c"/dev/usage")?;
        // The lines behind the first one are semaphores, which stay as files do, and
        // random calls make some.
        let first = text.split(|&byte| byte == b'\n').next();
        let kernel = String::from_utf8_lossy(first.unwrap_or_default()).into_owned();
        Ok(Usage {
            kernel,
            zones: root.f_tfree,
            inodes: root.f_tinode,
        })
    }

    fn text(&self) -> String {
        format!(
            "{} zones {} inodes on disk {}",
            self.kernel, self.zones, self.inodes
        )
    }
}

/// Runs tests; the exit status.
pub fn run(tests: &[&Test]) -> i32 {
    if let Err(errno) = prepare() {
        eprintln!("usertests: {FOLDER:?}: {errno}");
        return 2;
    }
    let mut failed = 0;
    for test in tests {
        print!("{} ... ", test.name);
        stdio::flush();
        let start = seconds();
        match run_one(test, MOST_SECONDS) {
            Ok(()) => match seconds().wrapping_sub(start) {
                0 | 1 => println!("ok"),
                slow => println!("ok ({slow} s)"),
            },
            Err(Failure(reason)) => {
                failed += 1;
                if !reason.is_empty() {
                    println!("FAILED: {reason}");
                }
            }
        }
    }
    println!("{} passed, {failed} failed", tests.len() - failed);
    (failed != 0).into()
}

/// Runs a test once for each number that `set` is told before, until it fails;
/// says now and then which one.
pub fn run_again(
    test: &Test,
    numbers: RangeInclusive<u32>,
    set: impl Fn(u32),
) -> core::result::Result<(), Failure> {
    const SAID: u32 = 10;
    must!(prepare());
    for number in numbers {
        set(number);
        if number.is_multiple_of(SAID) {
            println!("round {number}");
        }
        run_one(test, MOST_SECONDS_OF_ROUND)?;
    }
    Ok(())
}

/// Seconds since the start of the machine, which `stime` does not change.
fn seconds() -> u32 {
    calls::times().map_or(0, |(_, ticks)| ticks / HZ)
}

fn prepare() -> Result<()> {
    // Sets EINTR free; what is to be done is done where it comes from.
    extern "C" fn wake(_signal: u32) {}
    sigaction(Signal::SIGALRM, Handler::Catch(wake))?;
    calls::umask(0o022);
    if calls::stat(FOLDER).is_ok() {
        clean()?;
    }
    warm_up()
}

/// Does once what makes the numbers change the first time only.
fn warm_up() -> Result<()> {
    let mut children = [None; NR_TASKS];
    for child in &mut children {
        match calls::fork() {
            Ok(Some(pid)) => *child = Some(pid),
            Ok(None) => loop {
                calls::pause();
            },
            Err(_) => break,
        }
    }
    for pid in children.into_iter().flatten() {
        calls::kill(number(pid), Signal::SIGKILL.number())?;
        calls::waitpid(number(pid), 0)?;
    }
    let nothing = Test {
        name: "",
        about: "",
        run: || Ok(()),
    };
    // The second time everything is as it will be.
    for _ in 0..2 {
        let _ = run_one(&nothing, MOST_SECONDS);
    }
    Ok(())
}

fn run_one(test: &Test, seconds: u32) -> core::result::Result<(), Failure> {
    let before = must!(Usage::now());
    must!(calls::mkdir(FOLDER, 0o777));
    must!(calls::chmod(FOLDER, 0o777));
    let result = run_in_child(test, seconds);
    must!(clean());
    let mut after = must!(Usage::now());
    for _ in 1..TRIES {
        if after == before {
            break;
        }
        calls::sync();
        calls::alarm(1);
        calls::pause();
        after = must!(Usage::now());
    }
    result?;
    if after == before {
        Ok(())
    } else {
        Err(Failure(format!(
            "leak: {}, then {}",
            before.text(),
            after.text()
        )))
    }
}

fn run_in_child(test: &Test, most_seconds: u32) -> core::result::Result<(), Failure> {
    let Some(pid) = must!(calls::fork()) else {
        let _ = calls::setpgid(Pid(0), Pid(0));
        let _ = sigaction(Signal::SIGALRM, Handler::Default);
        // Tests wait by looking again and again: let them give way soon.
        let _ = system_call!(nice(100));
        must!(calls::chdir(FOLDER));
        let Err(Failure(reason)) = (test.run)() else {
            calls::_exit(0);
        };
        println!("FAILED: {reason}");
        stdio::flush();
        calls::_exit(1)
    };
    calls::alarm(most_seconds);
    let mut result = calls::waitpid(number(pid), 0);
    let hung = result == Err(Errno::EINTR);
    if hung {
        let _ = calls::kill(-number(pid), Signal::SIGKILL.number());
        result = calls::waitpid(number(pid), 0);
    }
    // Whatever of its group is left: after a failure its children sleep on.
    let start = seconds();
    while calls::kill(-number(pid), Signal::SIGKILL.number()).is_ok() && seconds() < start + 5 {}
    calls::alarm(0);
    match must!(result) {
        _ if hung => Err(Failure(format!("hung, killed after {most_seconds} s"))),
        Some((_, WaitStatus(0))) => Ok(()),
        Some((_, status)) => Err(match status.term_signal() {
            Some(signal) => Failure(format!("killed by SIG{}", signal.name())),
            // It has said why.
            None => Failure(String::new()),
        }),
        None => Err(failure!("waitpid tells nothing")),
    }
}

/// Removes the directory, in a child so that no memory stays in use.
fn clean() -> Result<()> {
    let Some(pid) = calls::fork()? else {
        let removed = calls::chdir(FOLDER)
            .and_then(|()| remove_contents())
            .and_then(|()| calls::rmdir(FOLDER));
        calls::_exit(removed.is_err().into());
    };
    match calls::waitpid(number(pid), 0)? {
        Some((_, WaitStatus(0))) => Ok(()),
        _ => Err(Errno::ENOTEMPTY),
    }
}

fn remove_contents() -> Result<()> {
    for entry in read_directory(c".")? {
        if matches!(entry.name(), b"." | b"..") {
            continue;
        }
        let name = alloc::ffi::CString::new(entry.name()).map_err(|_| Errno::EINVAL)?;
        if S_ISDIR(calls::lstat(&name)?.st_mode) {
            calls::chdir(&name)?;
            remove_contents()?;
            calls::chdir(c"..")?;
            calls::rmdir(&name)?;
        } else {
            calls::unlink(&name)?;
        }
    }
    Ok(())
}
